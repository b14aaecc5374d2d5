//! Runs the repository's own tests.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use super::left_out::{left_out, not_loaded};
use crate::{
    commands::repository::Repository,
    course::{Course, shell_line},
    disk::{self, Copy},
    env::Env,
    error::{Error, ErrorKind, Result},
    manifest::{Check, Number},
    milestone::{TestCase, read_report},
    process::{self, Interrupts},
    progress::LeftOut,
};

/// A report is as old as the clock's last tick when it is written, which is a little before the time that a program reads.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What compilers and interpreters say of code that they do not take.
pub(in crate::commands) const NOT_COMPILED: [&str; 3] = ["COMPILATION ERROR", "SyntaxError", "error: could not compile"];

/// Lines of what the build said, where it could not run the tests.
const SAID: usize = 25;

/// How often the tests are tried: one broken file may hide others, and those that use it break with it.
pub(in crate::commands) const ROUNDS: usize = 5;

/// What came of running the tests.
pub(super) enum Tests {
    /// What they say.
    Ran(Ran),
    /// None of them ran.
    Stopped(Stopped),
}

/// What the tests say.
pub(super) struct Ran {
    pub(super) cases: Vec<TestCase>,
    /// The files that are broken.
    pub(super) left_out: Vec<LeftOut>,
}

/// Why no test ran: the code does not compile, or the build cannot start.
#[derive(Clone)]
pub(super) struct Stopped {
    /// That in a word.
    pub(super) what: &'static str,
    /// What the build said of it.
    pub(super) said: Vec<String>,
    hint: String,
}

impl Stopped {
    fn of(is_success: bool, output: &str, root: &Path, hint: String) -> Self {
        let what = match is_success {
            true => "no test ran",
            false if NOT_COMPILED.iter().any(|word| output.contains(word)) => "the code does not compile, so no test ran",
            false => "the tests could not run: the code does not build, or the build cannot start",
        };
        let here = format!("{}/", root.display());
        Self { what, said: telling(output).into_iter().map(|line| line.replace(&here, "")).collect(), hint }
    }

    /// The same as an error.
    pub(super) fn error(&self) -> Error {
        Error::new(ErrorKind::ChecksFailed, self.what).hint(&self.hint)
    }
}

/// What the repository's own tests say of everything up to `upto`.
///
/// Compilers take all test files or none. Where one of them is broken, the tests run in a copy of the repository without it, so that nothing can
/// happen to the file itself, whatever happens to this process.
pub(super) fn tests(repository: &Repository, course: &Course, upto: Number, interrupts: &Interrupts, env: &mut Env) -> Result<Tests> {
    let check = course.check.as_ref().ok_or_else(|| Error::failed("the receipt does not say how the tests run"))?;
    let command = check.command_for(upto);
    let line = shell_line(&command);
    env.out.say(format!("running the tests up to milestone {upto}: {line}"));
    let is_test = |path: &str| repository.is_test(path);
    let (mut log, mut left): (String, Vec<LeftOut>) = (String::new(), Vec::new());
    let mut copy: Option<Copy> = None;
    let mut first: Option<Stopped> = None;
    let mut round = 0;
    loop {
        round += 1;
        let root = copy.as_ref().map_or(repository.root.as_path(), Copy::root);
        let ran = build(root, check, &command, interrupts, env)?;
        log.push_str(&ran.output);
        let inside = repository.log(&log)?;
        let mut cases = ran.cases;
        if !cases.is_empty() {
            left.extend(not_loaded(&mut cases, &ran.output, root, &is_test));
            return Ok(Tests::Ran(Ran { cases, left_out: left }));
        }
        let more = left_out(&ran.output, root, &is_test);
        // What is left out may be missed by the others; only the first run says what is wrong.
        let stopped = first.get_or_insert_with(|| {
            let hint = format!("`{}` has all that was said; `{line}` says it again", repository.shown(&inside, env));
            Stopped::of(ran.is_success, &ran.output, &repository.root, hint)
        });
        if more.is_empty() || round == ROUNDS {
            return Ok(Tests::Stopped(stopped.clone()));
        }
        for file in &more {
            env.out.say(format!("leaving out what is broken: {file}"));
        }
        left.extend(more);
        let without: Vec<&str> = left.iter().map(|file| file.path.as_str()).collect();
        log.extend(["--- again, in a copy without ", &without.join(", "), "\n"]);
        copy = Some(Copy::of(&repository.root, &repository.ignored(), &without)?);
    }
}

/// What one run of the build gave.
struct Built {
    is_success: bool,
    output: String,
    cases: Vec<TestCase>,
}

/// Runs the build in `root`, and reads the reports that it has written there.
fn build(root: &Path, check: &Check, command: &[String], interrupts: &Interrupts, env: &mut Env) -> Result<Built> {
    let start = SystemTime::now() - CLOCK_TICK;
    let mut shown = None;
    let ran = process::run(root, command, interrupts, &mut |so_far| {
        let seconds = so_far.as_secs();
        if shown.replace(seconds) != Some(seconds) {
            env.out.progress(format!("{seconds} s …"));
        }
    });
    env.out.progress("");
    let ran = ran?;
    let mut cases = Vec::new();
    for (path, report) in disk::written_since(root, &check.reports, start)? {
        let read = read_report(&report);
        cases.extend(read.map_err(|why| Error::failed(format!("failed to read the report `{}`: {why}", path.display())))?);
    }
    Ok(Built { is_success: ran.is_success, output: ran.output, cases })
}

/// What a build tool says beside the error itself.
const NOISE: [&str; 4] = ["[Help", "To see the full stack trace", "Re-run Maven", "For more information about the errors"];

/// The lines that say what is wrong, each once; where none does, the last ones.
pub(in crate::commands) fn telling(output: &str) -> Vec<&str> {
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
