//! The only writer: reads the files that a plan is about, applies the plan, and takes back what did not come to its end.
//!
//! A repository that does not exist is rendered beside its target and renamed ([`create`]). In a folder that exists every change goes through
//! a transaction ([`apply`]) with a lock, a journal and the originals in it; what a dead run left there is taken back by [`recover`].

mod apply;
mod changes;
mod copy;
mod create;
mod files;
mod git_folder;
mod handed;
mod journal;
mod lock;
mod read;
mod rollback;
mod signals;
mod submission;
mod survey;
mod system;
mod temporary;
mod walk;
mod workplace;

use std::path::Path;

pub use apply::{apply, apply_over};
pub use changes::{Files, ignored};
pub use copy::Copy;
pub use create::{creatable, create, create_with};
pub use files::{
    creatable_file, create_file, folders_around, is_rendered, make_folder, read_bytes, read_text, read_toml, remember, remembered,
    repository_around, write_anew, written_since,
};
pub use git_folder::{git_folder, give_branch};
pub use handed::{Over, Scratch, Standing, put_file, read_roster, standing, sweep_files};
pub use lock::Lock;
pub use read::read;
pub use rollback::{Recovered, is_pending, recover};
pub use signals::{Interrupts, interrupts};
pub use submission::{form_of, names_in, submitted, submitted_zip};
pub use survey::survey;
pub use temporary::sweep;
pub use workplace::Workplace;

use crate::error::Result;

/// The folder that stagekit keeps in every repository: receipt, base and, while it writes, lock and journal.
const OWN_FOLDER: &str = ".stagekit";

/// One write that is about to happen.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// What is done.
    pub verb: Verb,
    /// To which path.
    pub path: &'a Path,
}

/// The kinds of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A folder is made.
    MakeFolder,
    /// A file is written: a new repository's file, or one that waits in the journal.
    Write,
    /// The journal's record comes into force: from here on the transaction has to be finished or taken back.
    Record,
    /// An original is moved into the journal.
    MoveAway,
    /// A folder that has become empty is removed.
    RemoveFolder,
    /// A file that is ready is renamed to where it belongs.
    Place,
    /// The record is removed, or the new repository renamed to its target: it is done.
    Commit,
    /// Something is put back; an error of the watch is ignored while an [`apply`] takes itself back.
    Restore,
    /// Something temporary is removed; an error of the watch is ignored.
    Clean,
}

/// Looks on before every write. An error stops the work, and what was done is taken back.
pub trait Watch {
    /// Called before `act` happens.
    fn before(&self, act: &Act<'_>) -> Result<()>;
}

/// A watch that never stops anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn before(&self, _: &Act<'_>) -> Result<()> {
        Ok(())
    }
}

/// Asks the watch; shorter to read where it happens before every write.
fn ask(watch: &dyn Watch, verb: Verb, path: &Path) -> Result<()> {
    watch.before(&Act { verb, path })
}

/// Tells the watch where nothing may stop any more.
fn tell(watch: &dyn Watch, verb: Verb, path: &Path) {
    let _ = watch.before(&Act { verb, path });
}
