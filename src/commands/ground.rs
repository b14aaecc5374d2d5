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

/// Where a command stands in a repository, and which folder of it is asked for.
pub(super) struct Ground {
    /// The repository, without links in its path.
    pub(super) root: PathBuf,
    /// The folder that the command stands in; none if that is the root.
    pub(super) stood_in: Option<String>,
    /// What `--in` means there.
    pub(super) asked: Option<String>,
}

impl Ground {
    /// Of the repository at `root` for a command in `cwd` that was given `--in asked`.
    pub(super) fn of(root: &Path, cwd: &Path, asked: Option<&str>) -> Result<Self> {
        let found = |path: &Path| path.canonicalize().map_err(|error| Error::io("find", path, error));
        let (cwd, root) = (found(cwd)?, found(root)?);
        let stood_in = inside(&root, &cwd);
        if let Some(asked) = asked.filter(|asked| cwd.join(asked).is_file()) {
            return Err(Error::usage(format!("`--in {asked}` is a file")).hint("give the folder of the project"));
        }
        let asked = asked.map(|asked| below(stood_in.as_deref(), asked)).transpose()?;
        Ok(Self { root, stood_in, asked })
    }
}

/// The folder `dir` as its repository's root names it; none if it is the root.
fn inside(root: &Path, dir: &Path) -> Option<String> {
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

/// What `--in` has to be given for the folder `directory` by somebody who stands in `inside`.
pub(super) fn seen_from(inside: Option<&str>, directory: &str) -> String {
    let parts = |path: &'_ str| path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(inside.unwrap_or_default()), parts(directory));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let way: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::{below, seen_from};

    #[test]
    fn what_in_is_given_leads_there() {
        for (inside, directory, given) in [
            (None, ".", "."),
            (None, "services/api", "services/api"),
            (Some("services/api"), "services/api", "."),
            (Some("services/api/src"), "services/web", "../../web"),
            (Some("services"), ".", ".."),
        ] {
            assert_eq!(seen_from(inside, directory), given);
            assert_eq!(below(inside, given).unwrap(), directory);
        }
    }
}
