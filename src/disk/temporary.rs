//! The temporary folder beside a target in which a new repository is rendered.
//!
//! It is called `.<name>.stagekit-new`, and becomes the target by one rename. Beside it lies `.<name>.stagekit-lock`, empty, which its run keeps
//! locked, made before the folder and removed after it. The names are the same for every run with that target, so that two runs meet there, and
//! so that a dead run's folder is found without a search.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind as Io},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{Verb, Watch, ask, system, tell};
use crate::error::{Error, ErrorKind, Result};

const FOLDER: &str = ".stagekit-new";
const LOCK: &str = ".stagekit-lock";

/// How often a lock is tried that another run holds or is about to remove.
const TRIES: usize = 10;

/// How long to wait for a run that may be about to remove it.
const PAUSE: Duration = Duration::from_millis(2);

/// A temporary folder that this process made, and its lock. Dropped, both are removed.
pub(super) struct Temporary {
    folder: PathBuf,
    lock: Lock,
    is_gone: bool,
}

/// A lock that this process holds. Dropped, it is removed.
struct Lock {
    path: PathBuf,
    _held: File,
    /// Whether a dead run had made it: then the folder, if there is one, is that run's.
    was_there: bool,
    /// Whether it stays when dropped, because that run's folder does.
    stays: bool,
}

/// Why there is no temporary folder.
pub(super) enum Refused {
    /// The folder in which it should be made does not exist.
    NoParent,
    /// Everything else.
    Error(Error),
}

impl Temporary {
    /// Makes it in `folder` for a target that is reached from there through `names`.
    pub(super) fn make(folder: &Path, names: &[&OsStr], target: &Path, watch: &dyn Watch) -> Result<Self, Refused> {
        let mut name = OsString::from(".");
        name.push(names.join(OsStr::new("+")));
        let with = |suffix| {
            let mut name = name.clone();
            name.push(suffix);
            folder.join(name)
        };
        let mut lock = Lock::take(with(LOCK), target, watch)?;
        let folder = with(FOLDER);
        make_folder(&folder, lock.was_there, target, watch).map_err(Refused::Error)?;
        lock.stays = false;
        Ok(Self { folder, lock, is_gone: false })
    }

    /// Where the repository is rendered.
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    /// Removes what is left after the rename: the lock, and some of the folder if it was not renamed as a whole. Nothing can fail here that
    /// would matter: what stays, the next run removes.
    pub(super) fn remove(mut self, is_gone: bool, watch: &dyn Watch) {
        tell(watch, Verb::Clean, &self.folder);
        self.is_gone = is_gone;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The lock goes after the folder, and while it is held: a folder without a lock is not ours.
        let removed = self.is_gone || fs::remove_dir_all(&self.folder).is_ok();
        self.lock.stays = !removed && fs::symlink_metadata(&self.folder).is_ok();
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Lock {
    fn take(path: PathBuf, target: &Path, watch: &dyn Watch) -> Result<Self, Refused> {
        let failed = |error| Refused::Error(Error::io("create", target, error));
        for _ in 0..TRIES {
            ask(watch, Verb::Write, &path).map_err(Refused::Error)?;
            let (file, was_there) = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => (file, false),
                Err(error) if error.kind() == Io::NotFound => return Err(Refused::NoParent),
                Err(error) if error.kind() == Io::AlreadyExists => match open(&path) {
                    Ok(Some(file)) => (file, true),
                    Ok(None) => return Err(Refused::Error(in_the_way(&path, target))),
                    Err(error) if error.kind() == Io::NotFound => continue,
                    Err(error) => return Err(failed(error)),
                },
                Err(error) => return Err(failed(error)),
            };
            match file.try_lock() {
                Ok(()) if system::is_same_file(&file, &path) => {
                    return Ok(Self { path, _held: file, was_there, stays: was_there });
                }
                // Its run ended at this moment.
                Ok(()) => {}
                // That may only be a sweep, which is done in a moment.
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => {
                    if !was_there {
                        let _ = fs::remove_file(&path);
                    }
                    return Err(failed(error));
                }
            }
        }
        let busy = format!("`{}` exists, or will in a moment: another stagekit is creating it", target.display());
        Err(Refused::Error(Error::new(ErrorKind::Conflict, busy).hint("choose another folder")))
    }
}

fn make_folder(folder: &Path, may_be_there: bool, target: &Path, watch: &dyn Watch) -> Result<()> {
    ask(watch, Verb::MakeFolder, folder)?;
    let failed = |error| Error::io("create", target, error);
    match fs::create_dir(folder) {
        Err(error) if error.kind() == Io::AlreadyExists && may_be_there => {
            ask(watch, Verb::Clean, folder)?;
            fs::remove_dir_all(folder).map_err(|error| Error::io("remove", folder, error))?;
            fs::create_dir(folder).map_err(failed)
        }
        Err(error) if error.kind() == Io::AlreadyExists => Err(in_the_way(folder, target)),
        result => result.map_err(failed),
    }
}

/// A dead or live run's lock; `None` if that path is something else.
fn open(path: &Path) -> io::Result<Option<File>> {
    let meta = fs::symlink_metadata(path)?;
    if meta.is_file() && meta.len() == 0 { OpenOptions::new().write(true).open(path).map(Some) } else { Ok(None) }
}

fn in_the_way(path: &Path, target: &Path) -> Error {
    let message = format!("failed to create `{}`: `{}` is in the way, and stagekit did not make it", target.display(), path.display());
    Error::new(ErrorKind::Conflict, message).hint("move it away")
}

/// Removes what dead runs left in `folder`, where targets are created; live runs are left alone. `new` and `handout` call it once before they
/// create anything: it reads the whole folder, which [`create`](super::create) never does. What cannot be removed is in nobody's way.
pub fn sweep(folder: &Path, watch: &dyn Watch) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(LOCK)).map(|name| format!("{name}{FOLDER}")) else {
            continue;
        };
        let path = entry.path();
        let Ok(Some(file)) = open(&path) else { continue };
        if name.starts_with('.') && ask(watch, Verb::Clean, &path).is_ok() && file.try_lock().is_ok() && system::is_same_file(&file, &path)
        {
            drop(Temporary { folder: folder.join(name), lock: Lock { path, _held: file, was_there: true, stays: true }, is_gone: false });
        }
    }
}
