//! Takes back what a transaction did: one that failed, or one whose process died.
//!
//! Every action here is one rename, made only if the journal's files say that it is due, so that taking back can itself die anywhere and be
//! begun again.

use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, ErrorKind as Io},
    path::{Path, PathBuf},
};

use super::{
    OWN_FOLDER, Verb, Watch, ask,
    journal::{Journal, Moved, Record, holds},
    lock::Lock,
    system,
};
use crate::{
    error::{Error, Result},
    tree::RelPath,
};

/// What a dead run had done and [`recover`] took back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Paths that are as they were before that run.
    pub restored: Vec<RelPath>,
    /// Files that were changed after that run died, and where that change is kept now.
    pub kept: Vec<(RelPath, String)>,
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = match self.restored.len() {
            1 => "1 file is".to_owned(),
            n => format!("{n} files are"),
        };
        write!(f, "an earlier run was stopped before its end: {files} as before it")?;
        for (path, kept) in &self.kept {
            if path.as_str() == kept {
                write!(f, "; `{path}`, which was edited since, was left")?;
            } else {
                write!(f, "; `{path}` was edited since, which is kept as `{kept}`")?;
            }
        }
        Ok(())
    }
}

/// Takes back what a run that died had begun in this repository, if there is anything. Every command that works in a repository calls it first.
/// A live run is a conflict that names its lock.
pub fn recover(root: &Path, watch: &dyn Watch) -> Result<Option<Recovered>> {
    let journal = Journal::of(root);
    if fs::symlink_metadata(Lock::path(root)).is_err() && !journal.exists() {
        // Left by a run that died before it had its lock; where there is a receipt, the folder is not empty.
        let _ = fs::remove_dir(root.join(OWN_FOLDER));
        return Ok(None);
    }
    let lock = Lock::take(root, watch)?;
    let recovered = take_back(root, &journal, watch, false)?;
    lock.release(watch);
    Ok(recovered)
}

/// Whether a run has begun something in this repository and not come to its end.
pub fn is_pending(root: &Path) -> bool {
    Journal::of(root).exists()
}

/// Takes back what the journal's record says, then removes the journal. `None` if no record was in force. With `regardless` the watch cannot
/// stop it.
pub(super) fn take_back(root: &Path, journal: &Journal, watch: &dyn Watch, regardless: bool) -> Result<Option<Recovered>> {
    let Some(record) = journal.read()? else {
        journal.remove(watch);
        return Ok(None);
    };
    let back = Back { root, journal, record: &record, watch, regardless };
    let recovered = back.take()?;
    journal.settle()?;
    journal.remove(watch);
    Ok(Some(recovered))
}

struct Back<'a> {
    root: &'a Path,
    journal: &'a Journal,
    record: &'a Record,
    watch: &'a dyn Watch,
    regardless: bool,
}

impl Back<'_> {
    fn take(&self) -> Result<Recovered> {
        let mut recovered = Recovered::default();
        for (n, moved) in self.record.moves.iter().enumerate().filter(|(_, moved)| !moved.original) {
            self.take_out(n, moved, &mut recovered)?;
        }
        for made in self.record.made.iter().rev() {
            let path = self.root.join(made.to_path());
            if self.is_reachable(made)? {
                self.ask(&path)?;
                // It stays if something else is in it by now.
                let _ = fs::remove_dir(&path);
            }
        }
        for (folder, mode) in self.record.emptied.iter().rev() {
            self.make_again(folder, *mode)?;
        }
        for (n, moved) in self.record.moves.iter().enumerate().filter(|(_, moved)| moved.original) {
            self.put_back(n, moved, &mut recovered)?;
        }
        self.sync()?;
        Ok(recovered)
    }

    /// Takes a new file out again, back to where it was staged.
    fn take_out(&self, n: usize, moved: &Moved, recovered: &mut Recovered) -> Result<()> {
        let (path, staged) = (self.root.join(moved.path.to_path()), self.journal.new_file(n));
        let failed = |error| Error::io("take back", &path, error);
        if exists(&staged).map_err(failed)? || !self.is_reachable(&moved.path)? || !exists(&path).map_err(failed)? {
            return Ok(());
        }
        if !holds(&path, moved.fresh.as_deref().unwrap_or_default()).map_err(failed)? {
            recovered.kept.push((moved.path.clone(), moved.path.to_string()));
            return Ok(());
        }
        self.ask(&path)?;
        fs::rename(&path, &staged).map_err(failed)?;
        recovered.restored.push(moved.path.clone());
        Ok(())
    }

    /// Puts an original back, over what we had put there.
    fn put_back(&self, n: usize, moved: &Moved, recovered: &mut Recovered) -> Result<()> {
        let (path, old) = (self.root.join(moved.path.to_path()), self.journal.old_file(n));
        let failed = |error| Error::io("put back", &path, error);
        if !exists(&old).map_err(failed)? {
            return Ok(());
        }
        if !self.is_reachable(&moved.path)? {
            return Err(Error::failed(format!("failed to put back `{}`: the folder that it was in is gone", path.display()))
                .hint(format!("its content is in `{}`", old.display())));
        }
        let ours = match &moved.fresh {
            Some(fresh) => holds(&path, fresh).map_err(failed)?,
            None => false,
        };
        if !ours && exists(&path).map_err(failed)? {
            let (kept, name) = self.free_name(moved).map_err(failed)?;
            self.ask(&kept)?;
            fs::rename(&path, &kept).map_err(failed)?;
            recovered.kept.push((moved.path.clone(), name));
        }
        self.ask(&path)?;
        fs::rename(&old, &path).map_err(failed)?;
        recovered.restored.push(moved.path.clone());
        Ok(())
    }

    fn free_name(&self, moved: &Moved) -> io::Result<(PathBuf, String)> {
        let mut name = format!("{}.edited", moved.path);
        let mut next = 2;
        while exists(&self.root.join(&name))? {
            name = format!("{}.edited-{next}", moved.path);
            next += 1;
        }
        Ok((self.root.join(&name), name))
    }

    fn make_again(&self, folder: &RelPath, mode: u32) -> Result<()> {
        let path = self.root.join(folder.to_path());
        let failed = |error| Error::io("put back", &path, error);
        if exists(&path).map_err(failed)? || !self.is_reachable(folder)? {
            return Ok(());
        }
        self.ask(&path)?;
        fs::create_dir(&path).map_err(failed)?;
        system::set_mode(&path, mode).map_err(failed)
    }

    /// Whether all folders above the path are there, none of them a symlink that could lead out of the repository.
    fn is_reachable(&self, path: &RelPath) -> Result<bool> {
        let mut folder = self.root.to_path_buf();
        for part in path.parent().into_iter().flat_map(|parent| parent.split('/')) {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => return Ok(false),
                Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => return Ok(false),
                Err(error) => return Err(Error::io("look at", &folder, error)),
            }
        }
        Ok(true)
    }

    /// What was put back must be on the disk before the record goes.
    fn sync(&self) -> Result<()> {
        let folders: BTreeSet<PathBuf> = self
            .record
            .moves
            .iter()
            .map(|moved| &moved.path)
            .chain(&self.record.made)
            .chain(self.record.emptied.iter().map(|(folder, _)| folder))
            .filter_map(|path| path.to_path().parent().map(Path::to_path_buf))
            .collect();
        system::sync_folders(self.root, folders)
    }

    fn ask(&self, path: &Path) -> Result<()> {
        let answer = ask(self.watch, Verb::Restore, path);
        if self.regardless { Ok(()) } else { answer }
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}
