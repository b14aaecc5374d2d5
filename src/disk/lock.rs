//! One run at a time in a repository.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind as Io, Read as _, Write as _},
    path::{Path, PathBuf},
    process,
};

use super::{OWN_FOLDER, Verb, Watch, ask, system, tell};
use crate::error::{Error, ErrorKind, Result};

/// How often a lock is tried whose file vanishes at the same moment, because another run just ended.
const TRIES: usize = 16;

/// `.stagekit/lock`, held by this process. The system frees it when the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    file: Option<File>,
    path: PathBuf,
    folder: PathBuf,
}

impl Lock {
    /// The lock's path in this repository.
    pub(super) fn path(root: &Path) -> PathBuf {
        root.join(OWN_FOLDER).join("lock")
    }

    /// Takes the lock; another live run's is a conflict that names it.
    pub fn take(root: &Path, watch: &dyn Watch) -> Result<Self> {
        let folder = root.join(OWN_FOLDER);
        for _ in 0..TRIES {
            make_own_folder(&folder, watch)?;
            match Self::try_take(root, &folder, watch) {
                Ok(None) => {}
                Ok(Some(lock)) => return Ok(lock),
                Err(error) => {
                    // Only empty if this run made it.
                    let _ = fs::remove_dir(&folder);
                    return Err(error);
                }
            }
        }
        Err(taken(root, &Self::path(root)))
    }

    /// `None` if another run ended at the same moment and took the lock file with it.
    fn try_take(root: &Path, folder: &Path, watch: &dyn Watch) -> Result<Option<Self>> {
        let path = Self::path(root);
        let Some(file) = open(&path, watch)? else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(root, &path)),
            Err(TryLockError::Error(error)) => {
                // Without a holder it would be removed by whoever finds it; here locks do not exist at all.
                let _ = fs::remove_file(&path);
                return Err(Error::io("lock", &path, error));
            }
        }
        if !system::is_same_file(&file, &path) {
            return Ok(None);
        }
        // Only for the message of a run that finds the lock taken.
        let _ = file.set_len(0).and_then(|()| (&file).write_all(process::id().to_string().as_bytes()));
        Ok(Some(Self { file: Some(file), path, folder: folder.to_path_buf() }))
    }

    /// Gives the lock back and leaves no trace of it.
    pub fn release(mut self, watch: &dyn Watch) {
        tell(watch, Verb::Clean, &self.path);
        self.clear();
    }

    fn clear(&mut self) {
        if let Some(file) = self.file.take() {
            let _ = fs::remove_file(&self.path);
            drop(file);
            // Only empty where there is no receipt: then this run made it.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.clear();
    }
}

fn make_own_folder(folder: &Path, watch: &dyn Watch) -> Result<()> {
    let failed = |error| Error::io("create", folder, error);
    match fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => return Err(Error::new(ErrorKind::Conflict, format!("`{}` is not a folder", folder.display())).hint("move it away")),
        Err(error) if error.kind() == Io::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    ask(watch, Verb::MakeFolder, folder)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != Io::AlreadyExists => Err(failed(error)),
        _ => Ok(()),
    }
}

/// The lock file, made or found; `None` if it vanished in between.
fn open(path: &Path, watch: &dyn Watch) -> Result<Option<File>> {
    let failed = |error| Error::io("open", path, error);
    match fs::symlink_metadata(path) {
        // A repository from elsewhere could bring a symlink to a file of the user's.
        Ok(meta) if !meta.is_file() => return Err(Error::failed(format!("`{}` is not a file", path.display())).hint("remove it")),
        Ok(_) => return gone(OpenOptions::new().read(true).write(true).open(path)).map_err(failed),
        Err(error) if error.kind() == Io::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    ask(watch, Verb::Write, path)?;
    match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
        Err(error) if error.kind() == Io::AlreadyExists => Ok(None),
        result => gone(result).map_err(failed),
    }
}

fn gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn taken(root: &Path, path: &Path) -> Error {
    let mut holder = String::new();
    // Where locks are binding, as on Windows, the holder's number cannot be read.
    let _ = File::open(path).and_then(|file| file.take(20).read_to_string(&mut holder));
    let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
    Error::new(
        ErrorKind::Conflict,
        format!("`{}` exists, and another stagekit{who} is at work in it: it holds `{}`", root.display(), path.display()),
    )
    .hint("wait until it is done, then try again")
}
