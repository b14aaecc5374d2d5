//! Where a command stands in somebody's repository: its root, and the project in it.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// The git repository around a folder, and the folder below it; the folder itself where there is none.
pub(super) fn root_of(dir: &Path) -> Result<(PathBuf, Option<String>)> {
    let dir = dir.canonicalize().map_err(|error| Error::io("find", dir, error))?;
    if !dir.is_dir() {
        return Err(Error::usage(format!("`{}` is no folder", dir.display())));
    }
    let root = dir.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&dir).to_path_buf();
    let inside = inside(&root, &dir);
    Ok((root, inside))
}

/// The folder `dir` as its repository's root names it; none if it is the root.
pub(super) fn inside(root: &Path, dir: &Path) -> Option<String> {
    dir.strip_prefix(root).ok().map(|path| path.to_string_lossy().replace('\\', "/")).filter(|path| !path.is_empty())
}

/// The folder that `--in asked` means when the command stands in `inside`.
pub(super) fn below(inside: Option<&str>, asked: &str) -> Result<String> {
    let joined = Path::new(inside.unwrap_or("")).join(asked);
    let mut parts: Vec<String> = Vec::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir if parts.pop().is_some() => {}
            _ => return Err(Error::usage(format!("`--in {asked}` leaves the repository")).hint("give a folder below its root")),
        }
    }
    Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}
