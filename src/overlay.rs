//! A folder of templates on disk, laid over the built-in ones, and the templates in effect as a folder.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    catalog::Catalog,
    error::{Error, Result},
    tree::{Entry, RelPath, Tree},
};

/// What a folder of templates can hold. Nothing else in it is read, so that a wrong folder (`/`) is told at once.
const PARTS: [&str; 5] = ["features", "kits", "partials", "roadmap.toml", "versions.toml"];

/// The largest file that is read. All templates are held in memory.
const MOST_BYTES: u64 = 16 << 20;

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

/// All files of `catalog` as a folder of templates.
pub fn tree(catalog: &Catalog) -> Result<Tree> {
    let file = |path: Cow<'static, str>| {
        let entry = Entry::new(catalog.file(&path).unwrap_or_default());
        Ok((RelPath::new(path).map_err(Error::failed)?, entry))
    };
    catalog.files_below("").into_iter().map(file).collect()
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
    let meta = fs::metadata(path).map_err(unreadable)?;
    if !meta.is_dir() {
        // A pipe would be waited for, and a device has no end.
        if !meta.is_file() {
            return Err(Error::failed(format!("`{}` is not a regular file", path.display())).hint("take it out of the templates"));
        }
        if meta.len() > MOST_BYTES {
            let message = format!(
                "`{}` has {} MiB, and no file of a template can have more than {}",
                path.display(),
                meta.len() >> 20,
                MOST_BYTES >> 20
            );
            return Err(Error::failed(message).hint("take it out of the templates"));
        }
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
