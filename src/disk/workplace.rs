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

    /// A name that no other one has at the same time.
    pub fn name(&self) -> String {
        self.root.parent().and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Whoever owns the tree: user and group; `None` where the system has no such numbers.
    pub fn owner(&self) -> Result<Option<(u32, u32)>> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let meta = fs::metadata(&self.root).map_err(|error| Error::io("look at", &self.root, error))?;
            Ok(Some((meta.uid(), meta.gid())))
        }
        #[cfg(not(unix))]
        Ok(None)
    }

    /// Makes this user the owner of the tree, and the group of the same number its group; only root may.
    #[cfg(unix)]
    pub fn give_to(&self, user: u32) -> Result<()> {
        give(&self.root, user)
    }

    /// The texts of the files that match `globs`, with their paths, in order; `None` if they are more than any test has to say.
    pub fn reports(&self, globs: &[String]) -> Result<Option<Vec<(PathBuf, String)>>> {
        let mut found = files::matching(&self.root, globs)?;
        // A folder of reports may have become a link to somebody else's.
        let root = fs::canonicalize(&self.root).map_err(|error| Error::io("look at", &self.root, error))?;
        found.retain(|path| fs::canonicalize(path).is_ok_and(|path| path.starts_with(&root)));
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

#[cfg(unix)]
fn give(path: &Path, user: u32) -> Result<()> {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).map_err(|error| Error::io("give away", path, error))?;
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()) {
        for entry in fs::read_dir(path).map_err(|error| Error::io("read", path, error))? {
            give(&entry.map_err(|error| Error::io("read", path, error))?.path(), user)?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::Workplace;
    use crate::tree::{Entry, RelPath, Tree};

    #[test]
    fn reports_are_those_of_the_tree_alone() {
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("secret.xml"), "not theirs").unwrap();
        let tree: Tree = [(RelPath::new("reports/a.xml").unwrap(), Entry::new(b"theirs".to_vec()))].into_iter().collect();
        let place = Workplace::of(&tree).unwrap();
        let read = || place.reports(&["reports/*.xml".to_owned()]).unwrap().unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("secret.xml"), place.root().join("reports/b.xml")).unwrap();
        let texts: Vec<String> = read().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["theirs"]);
        fs::remove_dir_all(place.root().join("reports")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.root().join("reports")).unwrap();
        assert!(read().is_empty());
    }
}
