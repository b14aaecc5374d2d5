//! What is really in a folder.

use std::{collections::BTreeMap, fs, path::Path};

use stagekit::tree::{Entry, RelPath, Tree};
use tempfile::TempDir;

/// A temporary folder, in memory where there is such: what is tested here syncs a lot.
pub(crate) fn temporary() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Every path below a folder: what it is, its permission bits, its content.
pub(crate) type Snapshot = BTreeMap<String, String>;

/// The folder as it is, byte for byte and bit for bit; empty if there is none.
pub(crate) fn snapshot(folder: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    if folder.exists() {
        visit(folder, "", &mut found);
    }
    found
}

fn visit(folder: &Path, prefix: &str, found: &mut Snapshot) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let meta = entry.path().symlink_metadata().unwrap();
        let content = if meta.is_symlink() {
            format!("-> {}", fs::read_link(entry.path()).unwrap().display())
        } else if meta.is_dir() {
            visit(&entry.path(), &format!("{name}/"), found);
            "folder".to_owned()
        } else {
            format!("{:?}", String::from_utf8_lossy(&fs::read(entry.path()).unwrap()))
        };
        found.insert(name, format!("{:o} {content}", mode(&meta)));
    }
}

fn mode(meta: &fs::Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o7777;
    #[cfg(not(unix))]
    return u32::from(meta.permissions().readonly());
}

/// Sets permission bits, where there are such.
pub(crate) fn chmod(path: &Path, mode: u32) {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// A tree of texts; those that start with `#!` are executable.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| (RelPath::new(*path).unwrap(), Entry::new(text.as_bytes().to_vec()))).collect()
}

/// Writes a tree as a user would have it.
pub(crate) fn write(folder: &Path, tree: &Tree) {
    for (path, entry) in tree.iter() {
        let file = folder.join(path.to_path());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &entry.bytes).unwrap();
        chmod(&file, if entry.executable { 0o755 } else { 0o644 });
    }
}

/// The files of a folder as a tree, folders left out.
pub(crate) fn contents(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    for name in snapshot(folder).into_keys().filter(|name| folder.join(name).is_file()) {
        let meta = folder.join(&name).metadata().unwrap();
        let bytes = fs::read(folder.join(&name)).unwrap();
        let executable = if cfg!(unix) { mode(&meta) & 0o100 != 0 } else { bytes.starts_with(b"#!") };
        tree.insert(RelPath::new(name).unwrap(), Entry { bytes: bytes.into(), executable });
    }
    tree
}

/// The names in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
