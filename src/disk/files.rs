//! Single files, and what lies around a target.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Act, OWN_FOLDER, Verb, Watch};
use crate::{
    error::{self, Error, Result},
    glob,
};

/// The largest file of answers that is read.
const MOST_BYTES: u64 = 1 << 20;

/// Writes a file that is not there yet, an archive: whole, or not at all.
pub fn create_file(path: &Path, bytes: &[u8], watch: &dyn Watch) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watch.before(&Act { verb: Verb::Write, path })?;
    let failed = |error| Error::io("write", path, error);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".stagekit-").tempfile_in(folder).map_err(failed)?;
    // Of the file itself, whose errors do not name the temporary path.
    file.as_file_mut().write_all(bytes).map_err(failed)?;
    watch.before(&Act { verb: Verb::Commit, path })?;
    let kept = file.persist_noclobber(path);
    kept.map(drop).map_err(|refused| match refused.error.kind() {
        ErrorKind::AlreadyExists => is_there(path),
        _ => failed(refused.error),
    })
}

/// Whether [`create_file`] could write here, before anything is rendered for it.
pub fn creatable_file(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() { Err(is_there(path)) } else { Ok(()) }
}

fn is_there(path: &Path) -> Error {
    Error::new(error::ErrorKind::Conflict, format!("`{}` exists", path.display())).hint("choose another name, or remove it first")
}

/// Makes a folder and those above it, unless it is there.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))
}

/// The table in a TOML file that a person wrote; `shown` is what they call it.
pub fn read_toml(path: &Path, shown: &Path) -> Result<toml::Table> {
    let failed = |error| Error::io("read", shown, error);
    let mut text = String::new();
    // It may be a pipe, and a pipe may have no end.
    fs::File::open(path).map_err(failed)?.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Error::usage(format!("`{}` has more than {} MiB, which no answers have", shown.display(), MOST_BYTES >> 20)));
    }
    text.parse().map_err(|error: toml::de::Error| Error::usage(format!("`{}` is not TOML", shown.display())).because(error))
}

/// The git repository that `path` lies in or is, if any.
pub fn repository_around(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// The folders at and above `path` in which a receipt could be meant, innermost first: a git repository within another one is one of its own.
pub fn folders_around(path: &Path) -> Vec<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let git = path.ancestors().position(|folder| folder.join(".git").exists());
    path.ancestors().take(git.map_or(usize::MAX, |at| at + 1)).map(Path::to_owned).collect()
}

/// Whether there is a receipt in this folder.
pub fn is_rendered(root: &Path) -> bool {
    root.join(OWN_FOLDER).join("receipt.toml").is_file()
}

/// The text of a file.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Error::io("read", path, error))
}

/// The bytes of a file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::io("read", path, error))
}

/// Writes a log or a report over what was there, and makes its folder. It is no part of any transaction: the next run writes it again.
pub fn write_anew(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    fs::write(path, text).map_err(|error| Error::io("write", path, error))
}

/// The files below `root` that match one of `globs` and were written at `since` or later, with their texts, in the order of their paths.
pub fn written_since(root: &Path, globs: &[String], since: SystemTime) -> Result<Vec<(PathBuf, String)>> {
    let found = matching(root, globs)?;
    let mut texts = Vec::new();
    for path in found {
        let failed = |error| Error::io("read", &path, error);
        if fs::metadata(&path).and_then(|meta| meta.modified()).map_err(failed)? >= since {
            let text = fs::read(&path).map_err(failed)?;
            texts.push((path, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    Ok(texts)
}

/// The files below `root` that match one of `globs`, in order.
pub(super) fn matching(root: &Path, globs: &[String]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for glob in globs {
        collect(root, glob::folder(glob).unwrap_or_default(), &|path| fast_glob::glob_match(glob, path), &mut found)?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Symlinks are not followed, and no test writes reports where dependencies are kept.
fn collect(root: &Path, folder: &str, matches: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> Result<()> {
    let path = root.join(folder);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", &path, error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let inside = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !matches!(name.as_str(), ".git" | "node_modules") => collect(root, &inside, matches, found)?,
            Ok(kind) if kind.is_file() && matches(&inside) => found.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

/// The repositories that a file names, a path a line; a line that begins with `#` is a comment.
pub fn remembered(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(PathBuf::from).collect()
}

/// Adds a repository to that file. Nothing depends on it but what `progress` shows, so nothing fails here.
pub fn remember(file: &Path, root: &Path) {
    let Some(root) = root.to_str().filter(|root| !root.contains('\n')) else { return };
    // The file may be long: whoever makes many repositories reads it each time.
    if fs::read_to_string(file).unwrap_or_default().lines().any(|known| known.trim() == root) {
        return;
    }
    let _ = file.parent().map(fs::create_dir_all);
    if let Ok(mut file) = fs::OpenOptions::new().create(true).append(true).open(file) {
        let head = "# Repositories that stagekit has made or worked in, for `stagekit progress`. You may change or delete this file.\n";
        let head = if file.metadata().is_ok_and(|meta| meta.len() == 0) { head } else { "" };
        let _ = file.write_all(format!("{head}{root}\n").as_bytes());
    }
}
