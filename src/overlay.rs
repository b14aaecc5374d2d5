//! A folder of templates on disk, laid over the built-in ones, and the templates in effect as a folder.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::{
    catalog::Catalog,
    error::{self, Error, Result},
};

/// What a folder of templates can hold. Nothing else in it is read, so that a wrong folder (`/`) is told at once.
const PARTS: [&str; 5] = ["features", "kits", "partials", "roadmap.toml", "versions.toml"];

/// The built-in templates with those in `dir` over them; messages name the folder as it was typed, `shown`.
pub fn read(dir: &Path, shown: &Path) -> Result<Catalog> {
    let mut files = BTreeMap::new();
    let parts = folder(dir)?;
    for (name, path) in parts.into_iter().filter(|(name, _)| PARTS.contains(&name.as_str())) {
        collect(&path, name, &mut files)?;
    }
    if files.is_empty() {
        return Err(Error::failed(format!("`{}` holds no templates", shown.display())).hint(format!(
            "a folder of templates holds {}; `stagekit templates export DIR` writes one",
            PARTS.map(|part| format!("`{part}`")).join(", ")
        )));
    }
    Ok(Catalog::with_overlay(files, shown.to_string_lossy().trim_end_matches(['/', '\\'])))
}

/// Writes all files of `catalog` into `dir`, which is empty or not there; their number.
///
/// The files are written beside `dir` first and moved there when all of them are: a failure leaves nothing behind.
pub fn write(catalog: &Catalog, dir: &Path) -> Result<usize> {
    match fs::read_dir(dir).map(Iterator::count) {
        Ok(0) => {}
        Ok(_) => {
            return Err(Error::new(error::ErrorKind::Conflict, format!("`{}` is not empty", dir.display()))
                .hint("name a folder that is empty or not there yet"));
        }
        Err(missing) if missing.kind() == ErrorKind::NotFound => {}
        Err(other) => return Err(Error::io("read", dir, other)),
    }
    let beside = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(beside).map_err(|error| Error::io("create", beside, error))?;
    let staging =
        tempfile::Builder::new().prefix(".stagekit-").tempdir_in(beside).map_err(|error| Error::io("write into", beside, error))?;
    let files = catalog.files_below("");
    for file in &files {
        let path = staging.path().join(file);
        if let (Some(parent), Some(bytes)) = (path.parent(), catalog.file(file)) {
            fs::create_dir_all(parent).map_err(|error| Error::io("create", parent, error))?;
            fs::write(&path, bytes).map_err(|error| Error::io("write", &path, error))?;
        }
    }
    let staged = staging.keep();
    let moved = make_readable(&staged).and_then(|()| {
        // Windows renames onto no folder, not even an empty one.
        if dir.exists() { fs::remove_dir(dir) } else { Ok(()) }
    });
    moved.and_then(|()| fs::rename(&staged, dir)).map_err(|error| {
        let _ = fs::remove_dir_all(&staged);
        Error::io("create", dir, error)
    })?;
    Ok(files.len())
}

/// A temporary folder is its owner's alone; the one it becomes is as any other.
#[cfg(unix)]
fn make_readable(staged: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let usual = staged.join(".usual");
    fs::create_dir(&usual)?;
    let mode = fs::metadata(&usual)?.permissions().mode();
    fs::remove_dir(&usual)?;
    fs::set_permissions(staged, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn make_readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Names and paths in a folder, in order.
fn folder(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let unreadable = |error| Error::io("read", dir, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) => found.push((name.to_owned(), path)),
            None => return Err(Error::failed(format!("`{}` has a name that is not UTF-8", path.display()))),
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn collect(path: &Path, name: String, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let unreadable = |error| Error::io("read", path, error);
    let is_link = fs::symlink_metadata(path).map_err(unreadable)?.is_symlink();
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        files.insert(name, fs::read(path).map_err(unreadable)?);
        return Ok(());
    }
    if is_link {
        // It could lead into a folder above it, and round and round.
        return Err(
            Error::failed(format!("`{}` is a symbolic link to a folder", path.display())).hint("copy the folder to where the link is")
        );
    }
    folder(path)?.into_iter().try_for_each(|(entry, path)| collect(&path, format!("{name}/{entry}"), files))
}
