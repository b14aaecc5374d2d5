//! The one builder of transcripts.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The folder of the fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A run of `stagekit` in an empty folder and an empty environment, to be set up and then compared or told.
///
/// ```ignore
/// Transcript::of("show nothing").status(2).stderr("error: there is no kit `nothing`\n").check();
/// insta::assert_snapshot!(Transcript::of("list").fixture("small").story());
/// ```
///
/// `check` compares exactly: what is not said must be empty, and the status 0. In what is printed the temporary folder is `[DIR]`,
/// the folder of the fixtures `[FIXTURES]`.
#[must_use]
pub(crate) struct Transcript {
    typed: String,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    dir: TempDir,
    below: PathBuf,
    stdout: String,
    stderr: String,
    status: i32,
}

/// How a run ended.
pub(crate) struct Ended {
    /// What was printed as data.
    pub(crate) stdout: String,
    /// What was said.
    pub(crate) stderr: String,
    /// The exit code; -1 after a signal.
    pub(crate) status: i32,
    /// The folder it ran in, as long as this lives.
    pub(crate) dir: TempDir,
}

impl Transcript {
    /// Runs with these words, split at blanks.
    pub(crate) fn of(line: &str) -> Self {
        Self::with(line.split_whitespace())
    }

    /// Runs with these words as they are.
    pub(crate) fn with<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Self {
        let arguments: Vec<OsString> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        let shown: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        Self {
            typed: shown.join(" "),
            arguments,
            environment: Vec::new(),
            stdin: Vec::new(),
            dir: tempfile::tempdir().expect("a temporary folder"),
            below: PathBuf::new(),
            stdout: String::new(),
            stderr: String::new(),
            status: 0,
        }
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Lays the templates of a fixture over the built-in ones.
    pub(crate) fn fixture(self, name: &str) -> Self {
        self.env("STAGEKIT_TEMPLATES", fixtures().join(name))
    }

    /// Types this.
    #[allow(dead_code, reason = "for the commands that ask")]
    pub(crate) fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().to_vec();
        self
    }

    /// Puts a file into the folder first.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// Runs where an earlier run has ended.
    pub(crate) fn after(mut self, earlier: Ended) -> Self {
        self.dir = earlier.dir;
        self
    }

    /// The folder it will run in.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs in this folder below the temporary one.
    pub(crate) fn cwd(mut self, below: &str) -> Self {
        self.below = PathBuf::from(below);
        fs::create_dir_all(self.dir.path().join(below)).expect("a folder");
        self
    }

    /// Expects this on stdout.
    pub(crate) fn stdout(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdout);
        self
    }

    /// Expects this on stderr.
    pub(crate) fn stderr(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stderr);
        self
    }

    /// Expects this exit code.
    pub(crate) fn status(mut self, code: i32) -> Self {
        self.status = code;
        self
    }

    /// The process, to do with it what `run` does not.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stagekit"));
        command.args(&self.arguments).current_dir(self.dir.path().join(&self.below)).env_clear();
        // Processes on Windows do not start without it; PATH is for programs that stagekit looks for.
        for kept in ["PATH", "SystemRoot"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it.
    pub(crate) fn run(self) -> Ended {
        let mut child = self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let mut stdin = child.stdin.take().expect("stdin");
        // A command that does not read leaves the pipe closed; that is its right.
        let _ = stdin.write_all(&self.stdin);
        drop(stdin);
        let output = child.wait_with_output().expect("an end");
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .expect("UTF-8")
                .replace(&*self.dir.path().to_string_lossy(), "[DIR]")
                .replace(&*fixtures().to_string_lossy(), "[FIXTURES]")
        };
        Ended { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code().unwrap_or(-1), dir: self.dir }
    }

    /// The folder, for what comes after a process that was not run by `run`.
    pub(crate) fn into_ended(self) -> Ended {
        Ended { stdout: String::new(), stderr: String::new(), status: 0, dir: self.dir }
    }

    /// Runs it and compares everything printed and the exit code.
    #[track_caller]
    pub(crate) fn check(self) -> Ended {
        let (typed, expected) = (self.typed.clone(), (self.stdout.clone(), self.stderr.clone(), self.status));
        let ended = self.run();
        let story = |(stdout, stderr, status): &(String, String, i32)| story(&typed, stdout, stderr, *status);
        let actual = (ended.stdout.clone(), ended.stderr.clone(), ended.status);
        assert!(actual == expected, "--- expected\n{}\n--- actual\n{}", story(&expected), story(&actual));
        ended
    }

    /// Runs it and tells everything, for a snapshot.
    pub(crate) fn story(self) -> String {
        let typed = self.typed.clone();
        let ended = self.run();
        story(&typed, &ended.stdout, &ended.stderr, ended.status)
    }
}

impl Ended {
    /// The paths of all files in the folder, in order, without those of git.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(self.dir.path(), "", &mut found);
        found.sort_unstable();
        found
    }
}

fn collect(dir: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type().expect("a type").is_dir() {
            true if entry.file_name() != ".git" => collect(&entry.path(), &format!("{path}/"), found),
            true => {}
            false => found.push(path),
        }
    }
}

/// What was typed, what came out, how it ended.
fn story(typed: &str, stdout: &str, stderr: &str, status: i32) -> String {
    let mut story = format!("$ stagekit {typed}\n{stdout}");
    if !stderr.is_empty() {
        let _ = write!(story, "[stderr]\n{stderr}");
    }
    let _ = write!(story, "[status {status}]");
    story
}
