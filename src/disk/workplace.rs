//! A folder in which a tree is built once, and which then goes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{files, system};
use crate::{
    error::{Error, Result},
    tree::Tree,
};

/// The most bytes of reports that are read.
const MOST_BYTES: u64 = 64 << 20;

/// A tree in the folder for temporary files, and beside it a folder for the temporary files of whatever runs in it. Dropped, both are removed;
/// after a SIGKILL they stay there, in nobody's way.
#[derive(Debug)]
pub struct Workplace {
    _dir: TempDir,
    root: PathBuf,
    temporary: PathBuf,
}

impl Workplace {
    /// Writes `tree`.
    pub fn of(tree: &Tree) -> Result<Self> {
        let failed = |error| Error::io("create", &std::env::temp_dir(), error);
        let dir = tempfile::Builder::new().prefix("stagekit-grade-").tempdir().map_err(failed)?;
        let (root, temporary) = (dir.path().join("repository"), dir.path().join("tmp"));
        files::make_folder(&temporary)?;
        for (path, entry) in tree.iter() {
            let to = root.join(path.to_path());
            if let Some(folder) = to.parent() {
                files::make_folder(folder)?;
            }
            system::write_new(&to, entry).map_err(|error| Error::io("write", &to, error))?;
        }
        Ok(Self { _dir: dir, root, temporary })
    }

    /// Where the tree is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where temporary files belong.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// The texts of the files that match `globs`, with their paths, in order; `None` if they are more than any test has to say.
    pub fn reports(&self, globs: &[String]) -> Result<Option<Vec<(PathBuf, String)>>> {
        let found = files::matching(&self.root, globs)?;
        let length = |path: &PathBuf| fs::symlink_metadata(path).map_or(0, |meta| meta.len());
        if found.iter().map(length).sum::<u64>() > MOST_BYTES {
            return Ok(None);
        }
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
            Ok((path, String::from_utf8_lossy(&bytes).into_owned()))
        };
        found.into_iter().map(read).collect::<Result<_>>().map(Some)
    }
}
