//! What differs between systems: modes, syncing folders, telling files apart.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    tree::Entry,
};

/// Opens a file that must not exist yet, with the mode that the user's umask leaves of 666 or 777.
pub(super) fn create_new(path: &Path, executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if executable { 0o777 } else { 0o666 });
    #[cfg(not(unix))]
    let _ = executable;
    options.open(path)
}

/// Writes a file that must not exist yet: three system calls.
pub(super) fn write_new(path: &Path, entry: &Entry) -> io::Result<File> {
    let mut file = create_new(path, entry.executable)?;
    file.write_all(&entry.bytes)?;
    Ok(file)
}

/// The permission bits; without meaning where there are none.
pub(super) fn mode(meta: &Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o7777;
    #[cfg(not(unix))]
    {
        let _ = meta;
        0
    }
}

/// Sets the permission bits, where there are such.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    return fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// The file's own permissions, with the executable bits where it may be read, or without them.
pub(super) fn with_executable(mode: u32, executable: bool) -> u32 {
    if executable { mode | ((mode & 0o444) >> 2) } else { mode & !0o111 }
}

/// A file as an entry. Where files have no executable bit it is told from the content, as rendering does.
pub(super) fn entry(bytes: Vec<u8>, meta: &Metadata) -> Entry {
    #[cfg(unix)]
    return Entry { bytes: bytes.into(), executable: mode(meta) & 0o100 != 0 };
    #[cfg(not(unix))]
    {
        let _ = meta;
        Entry::new(bytes)
    }
}

/// Makes the entries of a folder survive a power cut, where the system can.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(path)?.sync_all() {
        // Some network file systems cannot sync a folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// The same for folders below `root`; one that became a file, or went, has no entries to lose.
pub(super) fn sync_folders(root: &Path, folders: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    for folder in folders {
        let path = root.join(folder);
        match sync_folder(&path) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(Error::io("write", &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether `path` still names the file that is open: another run may have removed it and made a new one.
pub(super) fn is_same_file(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        fs::symlink_metadata(path).is_ok()
    }
}
