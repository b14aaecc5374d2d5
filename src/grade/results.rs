//! What grading gives: the format of `--json`, `--results` and `merge`, described by `docs/grade.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{admission::Remark, shard::Shard};
use crate::{
    error::{Error, Result},
    handout::Row,
    manifest::Number,
    milestone::Outcome,
    progress::LeftOut,
};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A class, or the share of it that was graded here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Version of this format: 1.
    pub format_version: u32,
    /// The stagekit that graded.
    pub stagekit: String,
    /// The kit.
    pub kit: String,
    /// Its version, of the templates that the tests came from.
    pub version: String,
    /// SHA-256 of the `handout.toml` that it was graded by, in lower-case hexadecimal.
    pub handout: String,
    /// The last milestone that was graded.
    pub upto: Number,
    /// The points that can be reached.
    pub max: u32,
    /// The milestones, in order.
    pub milestones: Vec<Head>,
    /// How many rows the whole class has.
    pub class: usize,
    /// Which share of the class this is; nothing if it is the whole, or a choice of it.
    pub shard: Option<Shard>,
    /// Whether all rows that were asked for are here: a run that was interrupted has fewer.
    pub is_complete: bool,
    /// One for each student, in the order of the folders.
    pub rows: Vec<Graded>,
}

/// A milestone of the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// From 1.
    pub number: Number,
    /// Its title.
    pub title: String,
    /// What it counts.
    pub points: u32,
    /// How many tests it has, hidden ones included.
    pub tests: u32,
}

/// What one student has reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// The repository's name.
    pub folder: String,
    /// The student.
    pub name: String,
    /// The roster's other columns.
    pub record: BTreeMap<String, String>,
    /// How it ended.
    pub status: Status,
    /// What was earned.
    pub points: u32,
    /// What can be.
    pub max: u32,
    /// The share of it in whole percent, rounded down.
    pub percent: u32,
    /// In a sentence, where there is something to say.
    pub note: String,
    /// What the tests say of each milestone.
    pub milestones: Vec<Milestone>,
    /// What was noticed: files that were edited, deleted, added or not taken.
    pub remarks: Vec<Remark>,
    /// What the build said, where no test ran.
    pub said: Vec<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The commit that was graded, where it was read from git.
    pub commit: Option<String>,
    /// SHA-256 of everything that was graded, and how: as long as it is the same, nothing runs again.
    pub key: String,
}

/// How grading a repository ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The tests ran.
    Graded,
    /// The code does not compile.
    NotCompiled,
    /// The build ended before a test ran, for another reason.
    NoTests,
    /// The time was up; what earlier milestones earn by themselves counts.
    TimedOut,
    /// The code ended the program that the tests run in; what earlier milestones earn by themselves counts.
    Crashed,
    /// The reports say something else than the build; nothing counts.
    Untrusted,
    /// There is no repository.
    Missing,
    /// It could not be read, or nothing could be run.
    Failed,
}

impl Status {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::NotCompiled => "not-compiled",
            Self::NoTests => "no-tests",
            Self::TimedOut => "timed-out",
            Self::Crashed => "crashed",
            Self::Untrusted => "untrusted",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// Whether the points say something about the student's work.
    pub fn is_graded(self) -> bool {
        !matches!(self, Self::Missing | Self::Failed)
    }
}

/// What the tests say of a milestone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// From 1; 0 is what has no milestone.
    pub number: Number,
    /// Whether all of its tests passed.
    pub done: bool,
    /// What was earned.
    pub points: u32,
    /// What can be.
    pub of_points: u32,
    /// How many tests passed.
    pub passed: usize,
    /// How many there are, those that did not run included.
    pub of_tests: usize,
    /// Test files that do not compile with the student's code.
    pub left_out: Vec<Broken>,
    /// The tests that ran.
    pub tests: Vec<Test>,
}

/// A test file that does not compile with the student's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// Below the repository's root.
    pub path: String,
    /// The line with the first error, from 1.
    pub line: Option<usize>,
    /// What is wrong there.
    pub why: String,
}

impl From<&LeftOut> for Broken {
    fn from(file: &LeftOut) -> Self {
        Self { path: file.path.clone(), line: file.line, why: file.why.clone() }
    }
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// `m<N>/<class or file>/<case>`.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What a failure said, as far as people read it.
    pub message: String,
    /// Seconds it took.
    pub seconds: f64,
}

impl Results {
    /// The results in `text`, which `place` names in messages.
    pub fn read(text: &str, place: &str) -> Result<Self> {
        let read: Self = serde_json::from_str(text).map_err(|error| {
            Error::usage(format!("`{place}` has no results of `stagekit grade`"))
                .hint("`stagekit grade --results FILE` writes them")
                .because(error)
        })?;
        if read.format_version == FORMAT {
            return Ok(read);
        }
        Err(Error::usage(format!("`{place}` has format {}; this stagekit reads format {FORMAT}", read.format_version)))
    }

    /// How many could not be graded.
    pub fn failures(&self) -> usize {
        self.rows.iter().filter(|row| !row.status.is_graded()).count()
    }
}

impl Graded {
    /// A row of which there is nothing to say yet.
    pub fn of(row: &Row, max: u32, status: Status, note: impl Into<String>) -> Self {
        Self {
            folder: row.folder.clone(),
            name: row.name.clone(),
            record: row.record.clone(),
            status,
            points: 0,
            max,
            percent: 0,
            note: note.into(),
            milestones: Vec::new(),
            remarks: Vec::new(),
            said: Vec::new(),
            seconds: 0.0,
            commit: None,
            key: String::new(),
        }
    }

    /// The same with what its milestones earn.
    #[must_use]
    pub fn earning(mut self, milestones: Vec<Milestone>) -> Self {
        self.points = milestones.iter().map(|milestone| milestone.points).sum();
        self.percent = (self.points * 100).checked_div(self.max).unwrap_or(0);
        self.milestones = milestones;
        self
    }
}
