//! The temporary folder beside a target in which a new repository is rendered.
//!
//! It is called `.<name>.stagekit-new` and holds `lock`, which its run keeps locked, and `tree`, which is renamed to the target in the end. The
//! name is the same for every run with that target, so that two runs meet there, and so that a dead run's folder is found without a search.

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

const SUFFIX: &str = ".stagekit-new";

/// How often a folder is tried that another run holds or is about to remove.
const TRIES: usize = 10;

/// How long to wait for a run that may be about to remove it.
const PAUSE: Duration = Duration::from_millis(2);

/// A temporary folder that this process made and has locked.
pub(super) struct Holder {
    path: PathBuf,
    lock: Option<File>,
    tree_is_gone: bool,
}

/// Why there is no holder.
pub(super) enum Refused {
    /// The folder in which it should be made does not exist.
    NoParent,
    /// Everything else.
    Error(Error),
}

impl Holder {
    /// Makes it in `folder` for a target that is reached from there through `names`.
    pub(super) fn take(folder: &Path, names: &[&OsStr], target: &Path, watch: &dyn Watch) -> Result<Self, Refused> {
        let path = folder.join(holder_name(names));
        let failed = |error| Refused::Error(Error::io("create", target, error));
        for _ in 0..TRIES {
            ask(watch, Verb::MakeFolder, &path).map_err(Refused::Error)?;
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == Io::NotFound => return Err(Refused::NoParent),
                Err(error) if error.kind() == Io::AlreadyExists => match clear(&path, watch).map_err(Refused::Error)? {
                    Cleared::Gone => continue,
                    Cleared::Foreign => return Err(Refused::Error(foreign(&path, target))),
                    Cleared::Live => {
                        // It may only be a sweep, which is done in a moment.
                        thread::sleep(PAUSE);
                        continue;
                    }
                },
                Err(error) => return Err(failed(error)),
            }
            // From here on a failure must not leave the folder.
            let mut holder = Self { path: path.clone(), lock: None, tree_is_gone: false };
            let lock = path.join("lock");
            ask(watch, Verb::Write, &lock).map_err(Refused::Error)?;
            let file = match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(file) => file,
                // Another run took the folder for a dead one's before it was locked.
                Err(error) if matches!(error.kind(), Io::NotFound | Io::AlreadyExists) => continue,
                Err(error) => return Err(failed(error)),
            };
            match file.try_lock() {
                Ok(()) if system::is_same_file(&file, &lock) => {
                    holder.lock = Some(file);
                    return Ok(holder);
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    let _ = fs::remove_file(&lock);
                    return Err(failed(error));
                }
            }
        }
        Err(Refused::Error(at_work(target)))
    }

    /// Where the repository is rendered.
    pub(super) fn tree(&self) -> PathBuf {
        self.path.join("tree")
    }

    /// Removes it, with what is left of its tree if that was not renamed as a whole. Nothing can fail here that would matter: what stays, the
    /// next run removes.
    pub(super) fn remove(mut self, tree_is_gone: bool, watch: &dyn Watch) {
        tell(watch, Verb::Clean, &self.path);
        self.tree_is_gone = tree_is_gone;
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Without the lock it may have become another run's; then it is not empty.
        if self.lock.is_some() {
            if !self.tree_is_gone {
                let _ = fs::remove_dir_all(self.tree());
            }
            // The lock goes last, and while it is held: a folder without a lock is empty.
            let _ = fs::remove_file(self.path.join("lock"));
            self.lock = None;
        }
        let _ = fs::remove_dir(&self.path);
    }
}

fn holder_name(names: &[&OsStr]) -> OsString {
    let mut name = OsString::from(".");
    name.push(names.join(OsStr::new("+")));
    name.push(SUFFIX);
    name
}

/// Removes what dead runs left in `folder`, where targets are created; live runs are left alone. `new` and `handout` call it once before they
/// create anything: it reads the whole folder, which [`create`](super::create) never does. What cannot be removed is in nobody's way.
pub fn sweep(folder: &Path, watch: &dyn Watch) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(SUFFIX)) {
            let _ = clear(&entry.path(), watch);
        }
    }
}

enum Cleared {
    Gone,
    Live,
    Foreign,
}

/// Removes a dead run's folder. One that holds anything else is not ours.
fn clear(path: &Path, watch: &dyn Watch) -> Result<Cleared> {
    let failed = |error| Error::io("remove", path, error);
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Ok(Cleared::Foreign),
        Err(error) => return missing_is_gone(error).map_err(failed),
    }
    let mut lock = None;
    match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => {
            for entry in entries {
                match (entry.file_name().to_str(), entry.file_type().map_err(failed)?) {
                    (Some("lock"), kind) if kind.is_file() => lock = Some(entry.path()),
                    (Some("tree"), kind) if kind.is_dir() => {}
                    _ => return Ok(Cleared::Foreign),
                }
            }
        }
        Err(error) => return missing_is_gone(error).map_err(failed),
    }
    ask(watch, Verb::Clean, path)?;
    let Some(lock) = lock else {
        // Its run died before it made the lock, or is about to make it; then that run gives way.
        return match fs::remove_dir(path) {
            Ok(()) => Ok(Cleared::Gone),
            Err(error) if error.kind() == Io::DirectoryNotEmpty => Ok(Cleared::Live),
            Err(error) => missing_is_gone(error).map_err(failed),
        };
    };
    let file = match OpenOptions::new().write(true).open(&lock) {
        Ok(file) => file,
        Err(error) => return missing_is_gone(error).map_err(failed),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Cleared::Live),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    if system::is_same_file(&file, &lock) {
        drop(Holder { path: path.to_path_buf(), lock: Some(file), tree_is_gone: false });
    }
    match fs::symlink_metadata(path) {
        Ok(_) => Err(Error::failed(format!("failed to remove `{}`, which an earlier run left", path.display())).hint("remove it by hand")),
        Err(error) => missing_is_gone(error).map_err(failed),
    }
}

fn missing_is_gone(error: io::Error) -> io::Result<Cleared> {
    if error.kind() == Io::NotFound { Ok(Cleared::Gone) } else { Err(error) }
}

fn at_work(target: &Path) -> Error {
    Error::new(ErrorKind::Conflict, format!("`{}` exists, or will in a moment: another stagekit is creating it", target.display()))
        .hint("choose another folder")
}

fn foreign(path: &Path, target: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("failed to create `{}`: `{}` is in the way, and stagekit did not make it", target.display(), path.display()),
    )
    .hint("move it away")
}
