//! What happens to one path, and why it may not.

use std::fmt;

use crate::tree::Entry;

/// What happens to one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// There is nothing, a file comes.
    Create {
        /// The file.
        fresh: Entry,
    },
    /// The file is as we left it, ours has changed.
    Change {
        /// The file as it will be, with the line endings that it has on disk.
        fresh: Entry,
    },
    /// The file is as we left it, and is not ours any more.
    Remove,
    /// Both sides changed it.
    Merge {
        /// The file with both sides' changes.
        merged: Entry,
        /// Number of places with conflict markers; 0 unless [`Plan::with_markers`](super::Plan::with_markers) was asked.
        hunks: usize,
    },
    /// The file is as it should be, or only the user changed it.
    Keep,
    /// The user's file is in the way.
    Conflict {
        /// Why.
        reason: Reason,
        /// What `--conflicts=markers` would write, and the number of marked places in it.
        markers: Option<(Entry, usize)>,
    },
}

impl Op {
    /// The op in one word, as listings and JSON show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Change { .. } => "change",
            Self::Remove => "remove",
            Self::Merge { .. } => "merge",
            Self::Keep => "keep",
            Self::Conflict { .. } => "conflict",
        }
    }

    /// The file that this op writes, if it writes one.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Create { fresh } | Self::Change { fresh } => Some(fresh),
            Self::Merge { merged, .. } => Some(merged),
            Self::Remove | Self::Keep | Self::Conflict { .. } => None,
        }
    }
}

/// Why a path cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is a file that stagekit did not write, and it differs.
    Exists,
    /// Both sides changed the same places.
    Edited {
        /// Number of places.
        hunks: usize,
    },
    /// Both sides changed a file that cannot be merged as text.
    Binary,
    /// The user edited it, we removed it.
    EditedAndRemoved,
    /// The user deleted it, and what follows needs it.
    Deleted,
    /// A file stands where a folder is needed, or the other way round.
    InTheWay {
        /// The path that is in the way.
        other: String,
    },
}

impl Reason {
    /// The reason as one word, for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Edited { .. } => "edited",
            Self::Binary => "binary",
            Self::EditedAndRemoved => "edited-and-removed",
            Self::Deleted => "deleted",
            Self::InTheWay { .. } => "in-the-way",
        }
    }

    /// What the user can do about it.
    pub fn way_out(&self) -> String {
        match self {
            Self::Exists => "move it away, then run the command again".to_owned(),
            Self::Edited { .. } | Self::Binary => "move your version away, run the command again, then put your changes back".to_owned(),
            Self::EditedAndRemoved => "delete it, or keep it under another name".to_owned(),
            Self::Deleted => "restore it, for instance with `git checkout`".to_owned(),
            Self::InTheWay { other } => format!("move `{other}` away"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("it exists and stagekit did not write it"),
            Self::Edited { hunks: 1 } => f.write_str("you and the new version changed the same place"),
            Self::Edited { hunks } => write!(f, "you and the new version changed the same {hunks} places"),
            Self::Binary => f.write_str("you and the new version changed it, and it is not text"),
            Self::EditedAndRemoved => f.write_str("you changed it, the new version does not have it"),
            Self::Deleted => f.write_str("you deleted it, the new version changes it"),
            Self::InTheWay { other } => write!(f, "`{other}` is in its way"),
        }
    }
}
