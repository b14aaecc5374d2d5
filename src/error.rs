//! What can go wrong, in one shape: cause, places, hint, exit code.

use std::{fmt, io, path::Path, process::ExitCode};

/// How a command ended when it did not end well. Each kind has an exit code of its own, see [`ErrorKind::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The work could not be done.
    Failed,
    /// The command line or the answers are wrong or incomplete.
    Usage,
    /// The user's files stand in the way; nothing was written.
    Conflict,
    /// A milestone's checks are red.
    ChecksFailed,
    /// Ctrl-C; nothing was left behind.
    Interrupted,
}

impl ErrorKind {
    /// The process's exit code: 1 failed, 2 usage, 3 conflict, 4 checks failed, 130 interrupted.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Conflict => 3,
            Self::ChecksFailed => 4,
            Self::Interrupted => 130,
        }
    }
}

/// One thing that is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file or, for an answer, the flag (`--set port`).
    pub place: String,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// What is wrong: lower case, literals in backticks.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without line and hint.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), line: None, message: message.into(), hint: None }
    }

    /// The same fault at line `line` (from 1).
    #[must_use]
    pub fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same fault with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    faults: Vec<Fault>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of anything that can end a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind; the message is lower case, literals in backticks, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), faults: Vec::new(), hint: None, source: None }
    }

    /// [`ErrorKind::Failed`] with this message.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// [`ErrorKind::Usage`] with this message.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// [`ErrorKind::Interrupted`].
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "interrupted; nothing was left behind")
    }

    /// An input or output error, with what was tried (`write`, `read`, …) and where.
    pub fn io(verb: &str, path: &Path, source: io::Error) -> Self {
        let kind = if source.kind() == io::ErrorKind::Interrupted { ErrorKind::Interrupted } else { ErrorKind::Failed };
        Self::new(kind, format!("failed to {verb} `{}`", path.display())).because(source)
    }

    /// All these faults under one heading, sorted by place, none twice.
    pub fn faults(kind: ErrorKind, message: impl Into<String>, mut faults: Vec<Fault>) -> Self {
        faults.sort();
        faults.dedup();
        Self { faults, ..Self::new(kind, message) }
    }

    /// The same error with a way out: a command to run, an option to give.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of end this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The faults that this error lists.
    pub fn listed(&self) -> &[Fault] {
        &self.faults
    }

    /// The way out, if there is one to name.
    pub fn way_out(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The exit code of a process that ends with this error.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut source = self.source.as_deref().map(|s| s as &dyn std::error::Error);
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The candidate nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
