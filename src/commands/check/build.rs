//! Runs the repository's own tests.

use std::time::{Duration, SystemTime};

use crate::{
    commands::repository::Repository,
    course::{Course, shell_line},
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    manifest::Number,
    milestone::{TestCase, read_report},
    process::{self, Interrupts},
};

/// A report is as old as the clock's last tick when it is written, which is a little before the time that a program reads.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What compilers and interpreters say of code that they do not take.
const NOT_COMPILED: [&str; 3] = ["COMPILATION ERROR", "SyntaxError", "error: could not compile"];

/// Lines of what the build said, where it could not run the tests.
const SAID: usize = 25;

/// What came of running the tests.
pub(super) enum Tests {
    /// What they say.
    Ran(Vec<TestCase>),
    /// None of them ran.
    Stopped(Stopped),
}

/// Why no test ran: the code does not compile, or the build cannot start.
pub(super) struct Stopped {
    /// That in a word.
    pub(super) what: &'static str,
    /// What the build said of it.
    pub(super) said: Vec<String>,
    hint: String,
}

impl Stopped {
    /// The same as an error.
    pub(super) fn error(&self) -> Error {
        Error::new(ErrorKind::ChecksFailed, self.what).hint(&self.hint)
    }
}

/// What the repository's own tests say of everything up to `upto`.
pub(super) fn tests(repository: &Repository, course: &Course, upto: Number, interrupts: &Interrupts, env: &mut Env) -> Result<Tests> {
    let check = course.check.as_ref().ok_or_else(|| Error::failed("the receipt does not say how the tests run"))?;
    let command = check.command_for(upto);
    let line = shell_line(&command);
    env.out.say(format!("running the tests up to milestone {upto}: {line}"));
    let start = SystemTime::now() - CLOCK_TICK;
    let mut shown = None;
    let ran = process::run(&repository.root, &command, interrupts, &mut |so_far| {
        let seconds = so_far.as_secs();
        if shown.replace(seconds) != Some(seconds) {
            env.out.progress(format!("{seconds} s …"));
        }
    });
    env.out.progress("");
    let ran = ran?;
    let log = repository.log(&ran.output)?;
    let mut cases = Vec::new();
    for (path, report) in disk::written_since(&repository.root, &check.reports, start)? {
        let read = read_report(&report);
        cases.extend(read.map_err(|why| Error::failed(format!("failed to read the report `{}`: {why}", path.display())))?);
    }
    if !cases.is_empty() {
        return Ok(Tests::Ran(cases));
    }
    let here = format!("{}/", repository.root.display());
    let what = if ran.is_success {
        "no test ran"
    } else if NOT_COMPILED.iter().any(|word| ran.output.contains(word)) {
        "the code does not compile, so no test ran"
    } else {
        "the tests could not run: the code does not build, or the build cannot start"
    };
    Ok(Tests::Stopped(Stopped {
        what,
        said: telling(&ran.output).into_iter().map(|line| line.replace(&here, "")).collect(),
        hint: format!("`{}` has all that was said; `{line}` says it again", repository.shown(&log, env)),
    }))
}

/// What a build tool says beside the error itself.
const NOISE: [&str; 4] = ["[Help", "To see the full stack trace", "Re-run Maven", "For more information about the errors"];

/// The lines that say what is wrong, each once; where none does, the last ones.
fn telling(output: &str) -> Vec<&str> {
    let lines: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let is_telling = |line: &str| ["error", "Error", "ERROR", "Exception"].iter().any(|word| line.contains(word));
    let is_noise = |line: &str| line.ends_with("[ERROR]") || NOISE.iter().any(|noise| line.contains(noise));
    let mut telling: Vec<&str> = Vec::new();
    for line in lines.iter().filter(|line| is_telling(line) && !is_noise(line)) {
        if telling.len() < SAID && !telling.contains(line) {
            telling.push(line);
        }
    }
    if telling.is_empty() { lines[lines.len().saturating_sub(SAID)..].to_vec() } else { telling }
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn what_the_build_says_of_errors_is_told() {
        assert_eq!(telling("a\n[ERROR] b\nc\n"), ["[ERROR] b"]);
        assert_eq!(telling("[ERROR] b\n[ERROR]\n[ERROR] b\n[ERROR] -> [Help 1]\n"), ["[ERROR] b"]);
        assert_eq!(telling("a\n\nb\n"), ["a", "b"]);
    }
}
