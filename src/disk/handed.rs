//! What a handout writes beside the repositories, and the roster that it reads.

use std::{
    fs,
    io::{self, ErrorKind as Io, Read, Write as _},
    path::Path,
};

use super::{Verb, Watch, ask};
use crate::error::{Error, ErrorKind, Result};

/// The largest roster that is read: a hundred thousand rows are far below it.
const MOST_BYTES: u64 = 64 << 20;

/// What the temporary files of [`put_file`] begin with.
const PREFIX: &str = ".stagekit-handout-";

/// What a file that is there already means to [`put_file`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// It is a conflict.
    Refuse,
    /// The new one takes its place.
    Replace,
}

/// Writes a file, whole or not at all. What a dead run leaves, [`sweep_files`] finds: whoever calls this holds the folder's [`Lock`](super::Lock).
pub fn put_file(path: &Path, bytes: &[u8], over: Over, watch: &dyn Watch) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ask(watch, Verb::Write, path)?;
    let failed = |error| Error::io("write", path, error);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(PREFIX).tempfile_in(folder).map_err(failed)?;
    file.as_file_mut().write_all(bytes).map_err(failed)?;
    ask(watch, Verb::Commit, path)?;
    let kept = match over {
        Over::Refuse => file.persist_noclobber(path),
        Over::Replace => file.persist(path),
    };
    kept.map(drop).map_err(|refused| match refused.error.kind() {
        Io::AlreadyExists => Error::new(ErrorKind::Conflict, format!("`{}` exists", path.display())),
        _ => failed(refused.error),
    })
}

/// Removes what dead runs of [`put_file`] left in `folder`.
pub fn sweep_files(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link, or something stranger.
    Other,
}

/// What stands at `path`; a link is not followed.
pub fn standing(path: &Path) -> Result<Standing> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => Ok(Standing::File),
        Ok(meta) if meta.is_dir() => Ok(Standing::Folder),
        Ok(_) => Ok(Standing::Other),
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => Ok(Standing::Nothing),
        Err(error) => Err(Error::io("look at", path, error)),
    }
}

/// The bytes of a roster; without a path those of stdin.
pub fn read_roster(path: Option<&Path>) -> Result<Vec<u8>> {
    let failed = |error| match path {
        Some(path) => Error::io("read", path, error),
        None => Error::failed("failed to read the roster from stdin").because(error),
    };
    let source: Box<dyn Read> = match path {
        Some(path) => Box::new(fs::File::open(path).map_err(failed)?),
        None => Box::new(io::stdin().lock()),
    };
    let mut bytes = Vec::new();
    source.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::usage(format!("the roster has more than {} MiB, which no class has", MOST_BYTES >> 20)));
    }
    Ok(bytes)
}
