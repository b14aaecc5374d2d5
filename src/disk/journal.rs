//! The journal of a transaction: `.stagekit/journal/`.
//!
//! | path | what |
//! | --- | --- |
//! | `new/<n>` | the file that move `n` puts in place, until it does |
//! | `old/<n>` | the original that move `n` takes away, from then on |
//! | `record` | JSON, see [`Record`] |
//!
//! The record is what counts: while it is there, the transaction is under way and has to be taken back; without it, nothing has happened yet or
//! all of it has, and the journal is only to be removed. It comes and goes by one rename and one removal. How far the moves have come is told by
//! which files are still in `new` and already in `old`, so nothing is written between the moves.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, ErrorKind as Io, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{OWN_FOLDER, Verb, Watch, ask, system, tell};
use crate::{
    error::{Error, Result},
    tree::RelPath,
};

/// The record's only format so far.
const FORMAT: u32 = 1;

/// What a transaction will do, with all that taking it back needs besides the originals.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    format: u32,
    /// Folders that did not exist, outermost first.
    pub(super) made: Vec<RelPath>,
    /// Folders that will be removed if they become empty, innermost first, with their permission bits.
    pub(super) emptied: Vec<(RelPath, u32)>,
    /// Number `n` of a file in `new` and `old` is its place in this list.
    pub(super) moves: Vec<Moved>,
}

/// One path of a transaction.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moved {
    pub(super) path: RelPath,
    /// Whether there is an original.
    pub(super) original: bool,
    /// SHA-256 of what is put there, to tell it from what the user may have done to it since; `None` if nothing is.
    pub(super) fresh: Option<String>,
}

impl Record {
    pub(super) fn new(made: Vec<RelPath>, emptied: Vec<(RelPath, u32)>, moves: Vec<Moved>) -> Self {
        Self { format: FORMAT, made, emptied, moves }
    }
}

/// The journal's folder in a repository.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
}

impl Journal {
    pub(super) fn of(root: &Path) -> Self {
        Self { folder: root.join(OWN_FOLDER).join("journal") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    pub(super) fn new_file(&self, n: usize) -> PathBuf {
        self.folder.join("new").join(n.to_string())
    }

    pub(super) fn old_file(&self, n: usize) -> PathBuf {
        self.folder.join("old").join(n.to_string())
    }

    fn record(&self) -> PathBuf {
        self.folder.join("record")
    }

    /// Whether there is one, of whatever kind.
    pub(super) fn exists(&self) -> bool {
        fs::symlink_metadata(&self.folder).is_ok()
    }

    /// Makes the empty journal.
    pub(super) fn begin(&self, watch: &dyn Watch) -> Result<()> {
        for folder in [self.folder.clone(), self.folder.join("new"), self.folder.join("old")] {
            ask(watch, Verb::MakeFolder, &folder)?;
            fs::create_dir(&folder).map_err(|error| Error::io("create", &folder, error))?;
        }
        Ok(())
    }

    /// Brings the record into force, so that it and the staged files survive a power cut from here on.
    pub(super) fn record_all(&self, root: &Path, record: &Record, watch: &dyn Watch) -> Result<()> {
        let (part, whole) = (self.folder.join("record.part"), self.record());
        let failed = |error| Error::io("write", &whole, error);
        ask(watch, Verb::Write, &part)?;
        let bytes = serde_json::to_vec(record).map_err(|error| failed(error.into()))?;
        let mut file = system::create_new(&part, false).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        drop(file);
        let folders = [&self.folder.join("new"), &self.folder.join("old"), &self.folder, &root.join(OWN_FOLDER), root];
        for folder in folders {
            system::sync_folder(folder).map_err(failed)?;
        }
        ask(watch, Verb::Record, &whole)?;
        fs::rename(&part, &whole).and_then(|()| system::sync_folder(&self.folder)).map_err(failed)
    }

    /// The record, if it is in force.
    pub(super) fn read(&self) -> Result<Option<Record>> {
        let path = self.record();
        let unusable = |cause: String| {
            Error::failed(format!("failed to read `{}`: {cause}", path.display()))
                .hint(format!("the originals are in `{}`: move them back, then remove that folder", self.folder.join("old").display()))
        };
        for folder in [&self.folder, &self.folder.join("new"), &self.folder.join("old")] {
            // A repository from elsewhere must not lead out of itself.
            if fs::symlink_metadata(folder).is_ok_and(|meta| !meta.is_dir()) {
                return Err(unusable(format!("`{}` is not a folder", folder.display())));
            }
        }
        let bytes =
            match fs::symlink_metadata(&path).and_then(|meta| if meta.is_file() { fs::read(&path) } else { Err(Io::InvalidData.into()) }) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == Io::NotFound => return Ok(None),
                Err(error) => return Err(unusable(error.to_string())),
            };
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
        if record.format == FORMAT { Ok(Some(record)) } else { Err(unusable(format!("its format {} is not known here", record.format))) }
    }

    /// Takes the record out of force. After an `Ok` nothing will be taken back any more.
    pub(super) fn settle(&self) -> Result<()> {
        let path = self.record();
        fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        // From here on the work stands; whether the removal survives a power cut decides only whether it is taken back then.
        let _ = system::sync_folder(&self.folder);
        Ok(())
    }

    /// Removes what is left. Without a record nothing depends on it.
    pub(super) fn remove(&self, watch: &dyn Watch) {
        tell(watch, Verb::Clean, &self.folder);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Whether a regular file with this content stands there.
pub(super) fn holds(path: &Path, wanted: &str) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut File::open(path)?, &mut bytes)?;
            Ok(digest(&bytes) == wanted)
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == Io::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
