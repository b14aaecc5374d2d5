//! Reads what stands at the paths that a plan is about, and nothing else of somebody's repository.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _},
    path::Path,
};

use super::{system, walk::Walk};
use crate::{
    error::{Error, ErrorKind, Fault, Result},
    tree::{Entry, RelPath, Tree},
};

/// The most bytes of a file that is read, to be compared: far more than anybody has written by hand.
const MOST_BYTES: u64 = 64 << 20;

/// What is known of a folder on the way to a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Nowhere,
}

/// Reads these paths below `root`; what does not exist is left out. No symlink below the root is followed: one in the place of a file or of a
/// folder on the way is a conflict, as is a folder that holds other files in the place of a file. All such places are named at once.
pub fn read<'p>(root: &Path, paths: impl IntoIterator<Item = &'p RelPath>) -> Result<Tree> {
    let asked: BTreeSet<&RelPath> = paths.into_iter().collect();
    let names: BTreeSet<&str> = asked.iter().map(|path| path.as_str()).collect();
    let mut faults = Vec::new();
    let mut found = Tree::new();
    let mut walk = Walk::new(root);
    for path in asked {
        let mut in_the_way = Vec::new();
        let entry = walk.go(
            path,
            |folder, name, above| way(folder, name, above, &names, &mut in_the_way),
            |file, way| if way == Some(&Way::Nowhere) { Ok(Ok(None)) } else { read_file(root, file, path, &names) },
        )?;
        faults.append(&mut in_the_way);
        match entry {
            Ok(Some(entry)) => {
                found.insert(path.clone(), entry);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(Error::faults(ErrorKind::Conflict, "something else is in the place of files, nothing was written", faults))
    }
}

fn way(folder: &Path, name: &str, above: Option<&Way>, asked: &BTreeSet<&str>, faults: &mut Vec<Fault>) -> Result<Way> {
    if above == Some(&Way::Nowhere) {
        return Ok(Way::Nowhere);
    }
    let meta = match fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() => return Ok(Way::Open),
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Way::Nowhere),
        Err(error) => return Err(Error::io("look at", folder, error)),
    };
    // A file that becomes a folder is asked for itself, and the plan decides.
    if !meta.is_file() || !asked.contains(name) {
        let what = if meta.is_symlink() { "is a symlink, and stagekit writes through none" } else { "is a file where a folder is needed" };
        faults.push(Fault::new(name, what).hint("move it away"));
    }
    Ok(Way::Nowhere)
}

fn read_file(root: &Path, file: &Path, path: &RelPath, asked: &BTreeSet<&str>) -> Result<Result<Option<Entry>, Fault>> {
    let failed = |error| Error::io("read", file, error);
    let meta = match fs::symlink_metadata(file) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(None)),
        Err(error) => return Err(failed(error)),
    };
    let refuse = |what: &str| Ok(Err(Fault::new(path.as_str(), what).hint("move it away")));
    if meta.is_dir() {
        // A folder that becomes a file is gone once the files in it are, if there are no others.
        return if holds_only(root, file, asked)? { Ok(Ok(None)) } else { refuse("is a folder where a file belongs") };
    }
    if meta.is_symlink() {
        return refuse("is a symlink, and stagekit writes through none");
    }
    if !meta.is_file() {
        return refuse("is not a regular file");
    }
    let mut bytes = Vec::new();
    if meta.len() <= MOST_BYTES {
        fs::File::open(file).and_then(|open| open.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    }
    if meta.len().max(bytes.len() as u64) > MOST_BYTES {
        return refuse(&format!("has more than {} MiB, and stagekit compares no such file", MOST_BYTES >> 20));
    }
    Ok(Ok(Some(system::entry(bytes, &meta))))
}

/// Whether a folder holds files, all of them asked for.
fn holds_only(root: &Path, folder: &Path, asked: &BTreeSet<&str>) -> Result<bool> {
    let mut any = false;
    for entry in fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))? {
        let entry = entry.map_err(|error| Error::io("read", folder, error))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| Error::io("read", folder, error))?);
        any = true;
        let known = if kind.is_dir() { holds_only(root, &path, asked)? } else { asked.contains(relative(root, &path).as_str()) };
        if !known {
            return Ok(false);
        }
    }
    Ok(any)
}

/// A path below the root as listings show it.
fn relative(root: &Path, path: &Path) -> String {
    let parts: Vec<_> = path.strip_prefix(root).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::{MOST_BYTES, read};
    use crate::tree::RelPath;

    #[test]
    fn a_file_that_is_too_large_is_named() {
        let root = tempfile::tempdir().unwrap();
        File::create(root.path().join("Dockerfile")).unwrap().set_len(MOST_BYTES + 1).unwrap();
        let error = read(root.path(), [&RelPath::new("Dockerfile").unwrap()]).unwrap_err();
        assert!(
            error.to_string().ends_with("Dockerfile: has more than 64 MiB, and stagekit compares no such file (move it away)"),
            "{error}"
        );
    }
}
