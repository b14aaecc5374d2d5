//! A copy of a repository to try something in that must not happen in the repository itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::OWN_FOLDER;
use crate::error::{Error, Result};

/// A copy in the folder for temporary files. Dropped, it is removed; after a SIGKILL it stays there, in nobody's way.
#[derive(Debug)]
pub struct Copy {
    dir: TempDir,
}

impl Copy {
    /// Copies what is below `root` but for git's and stagekit's own folders, the folders in `leave`, which a build makes again, and the files in
    /// `without`. Links lead to what they lead to there.
    pub fn of(root: &Path, leave: &[String], without: &[&str]) -> Result<Self> {
        let failed = |error| Error::io("create", &std::env::temp_dir(), error);
        let dir = tempfile::Builder::new().prefix("stagekit-check-").tempdir().map_err(failed)?;
        let copy = Self { dir };
        copy.folder(root, "", &|path, is_folder| if is_folder { leave.iter().any(|left| left == path) } else { without.contains(&path) })?;
        Ok(copy)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    fn folder(&self, from: &Path, inside: &str, is_left: &dyn Fn(&str, bool) -> bool) -> Result<()> {
        let failed = |error| Error::io("copy", from, error);
        for entry in fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            // Neither a build nor a test is about a file whose name is no text.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let inside = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            let kind = entry.file_type().map_err(failed)?;
            if matches!(name.as_str(), ".git" | OWN_FOLDER) || is_left(&inside, kind.is_dir()) {
                continue;
            }
            let to = self.dir.path().join(&inside);
            let copied = if kind.is_dir() {
                fs::create_dir(&to).map_err(|error| Error::io("create", &to, error))?;
                self.folder(&path, &inside, is_left)?;
                Ok(())
            } else if kind.is_symlink() {
                link(fs::canonicalize(&path), &to)
            } else if kind.is_file() {
                fs::copy(&path, &to).map(drop)
            } else {
                Ok(())
            };
            match copied {
                // It was removed at this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => copied.map_err(|error| Error::io("copy", &path, error))?,
            }
        }
        Ok(())
    }
}

fn link(target: io::Result<PathBuf>, at: &Path) -> io::Result<()> {
    let target = target?;
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, at);
    #[cfg(not(unix))]
    {
        if target.is_file() { fs::copy(target, at).map(drop) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Copy;

    #[test]
    fn a_copy_has_what_a_build_needs_and_takes_itself_away() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for file in [".git/HEAD", ".stagekit/receipt.toml", "target/a.class", "src/target/a", "src/A.java", "src/B.java", ".env"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), file).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("src", root.join("link")).unwrap();
        let copy = Copy::of(root, &["target".to_owned()], &["src/B.java"]).unwrap();
        let at = copy.root().to_owned();
        let is_there = |file: &str| at.join(file).exists();
        for (file, expected) in [
            (".git", false),
            (".stagekit", false),
            ("target", false),
            ("src/target/a", true),
            ("src/A.java", true),
            ("src/B.java", false),
            (".env", true),
            ("link/A.java", cfg!(unix)),
        ] {
            assert_eq!(is_there(file), expected, "{file}");
        }
        drop(copy);
        assert!(!at.exists() && root.join("src/B.java").exists());
    }
}
