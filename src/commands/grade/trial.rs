//! One run of a row's tests.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use super::{
    container::{self, Container},
    needs::left_alone,
};
use crate::{
    commands::check::{
        build::{NOT_COMPILED, ROUNDS, telling},
        left_out::{left_out, not_loaded},
    },
    disk::Workplace,
    error::{Error, Result},
    grade::{GradedKit, Status, has_crashed},
    manifest::{Check, Number},
    milestone::{TestCase, read_report},
    process::{Interrupts, Limits, run_within},
    progress::LeftOut,
    tree::{RelPath, Tree},
};

/// How rows are graded.
pub(super) struct How {
    /// How long one run may take.
    pub(super) time: Duration,
    pub(super) container: Option<Container>,
    /// The servers that tests may want and that are not there, each with the variables that could name one.
    pub(super) missing: BTreeMap<String, Vec<String>>,
    /// What was found of commands that ran no test: why they run none on what was handed out either, if so.
    pub(super) controls: Mutex<BTreeMap<Vec<String>, Option<String>>>,
    pub(super) upto: Number,
    /// Whether what has not changed is run again.
    pub(super) is_forced: bool,
    pub(super) cache: PathBuf,
}

/// What came of a run.
pub(super) enum Trial {
    Ran(Ran),
    /// No test ran, in a sentence and in the build's words.
    Stopped {
        status: Status,
        why: String,
        said: Vec<String>,
    },
}

/// What the tests say.
pub(super) struct Ran {
    pub(super) cases: Vec<TestCase>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) is_success: bool,
    pub(super) log: String,
    pub(super) command: Vec<String>,
}

/// The command that runs the tests up to `upto`: as the kit has it, and so that Maven counts the tests and keeps what they print out of its own words.
pub(super) fn command(check: &Check, upto: Number) -> Vec<String> {
    let mut command = check.command_for(upto);
    if command.first().is_some_and(|program| program.contains("mvn")) {
        command.retain(|word| word != "-q" && word != "--quiet");
        command.insert(1, "-Dmaven.test.redirectTestOutputToFile=true".to_owned());
    }
    command
}

/// Runs the tests up to `upto` in a folder that is made for it. A test file of the kit that does not compile is left out, as `check` does.
pub(super) fn tried(kit: &GradedKit, mut tree: Tree, upto: Number, time: Duration, how: &How, interrupts: &Interrupts) -> Result<Trial> {
    let check = kit.course.check.as_ref().ok_or_else(|| Error::failed("the kit does not say how the tests run"))?;
    let command = command(check, upto);
    let is_test = |path: &str| kit.is_test(path);
    let mut left: Vec<LeftOut> = Vec::new();
    let mut first: Option<Trial> = None;
    for _ in 0..ROUNDS {
        let place = Workplace::of(&tree)?;
        let (ran, root) = match &how.container {
            Some(container) => (container.run(&kit.stack, &place, &command, time, interrupts)?, Path::new(container::ROOT)),
            None => (run_within(place.root(), &command, &limits(time, &place), interrupts)?, place.root()),
        };
        let stopped = |status, why: &str| Trial::Stopped { status, why: why.to_owned(), said: said(&ran.output, root) };
        let Some(is_success) = ran.is_success else {
            let why = format!("the tests had not ended after {} s", time.as_secs());
            return Ok(stopped(Status::TimedOut, &why));
        };
        if has_crashed(&ran.output) {
            return Ok(stopped(Status::Crashed, "the code ended the program that the tests run in"));
        }
        if how.container.is_some() && Container::was_killed(&ran) {
            return Ok(stopped(Status::Crashed, "the tests were killed, as for more memory than they may use"));
        }
        let mut cases = Vec::new();
        let Some(reports) = place.reports(&check.reports)? else {
            return Ok(stopped(Status::Untrusted, "the reports are larger than any test has to say"));
        };
        for (_, report) in reports {
            match read_report(&report) {
                Ok(read) => cases.extend(read),
                Err(_) => return Ok(stopped(Status::Untrusted, "a report cannot be read, and the build's own can")),
            }
        }
        if let Some(why) = left_alone(&cases, &how.missing) {
            return Err(Error::failed(why));
        }
        if !cases.is_empty() {
            left.extend(not_loaded(&mut cases, &ran.output, root, &is_test));
            return Ok(Trial::Ran(Ran { cases, left_out: left, is_success, log: ran.output, command }));
        }
        // What is left out may be missed by the others; only the first run says what is wrong.
        let more = left_out(&ran.output, root, &is_test);
        first.get_or_insert_with(|| match NOT_COMPILED.iter().any(|word| ran.output.contains(word)) {
            true => stopped(Status::NotCompiled, "the code does not compile"),
            false if is_success => stopped(Status::NoTests, "no test ran"),
            false => stopped(Status::NoTests, "the build ended before a test ran"),
        });
        if more.is_empty() {
            break;
        }
        for file in &more {
            drop(RelPath::new(file.path.as_str()).map(|path| tree.remove(&path)));
        }
        left.extend(more);
    }
    first.ok_or_else(|| Error::failed("no test ran"))
}

/// What the build said of what is wrong, without the folder that nobody has.
fn said(output: &str, root: &Path) -> Vec<String> {
    let here = format!("{}/", root.display());
    telling(output).into_iter().map(|line| line.replace(&here, "")).collect()
}

fn limits(time: Duration, place: &Workplace) -> Limits {
    let mut environment: Vec<(OsString, OsString)> = std::env::vars_os().filter(|(name, _)| is_passed_on(name)).collect();
    for name in ["TMPDIR", "TMP", "TEMP"] {
        environment.push((name.into(), place.temporary().into()));
    }
    Limits { time, environment }
}

/// What build tools and servers need. The rest of the environment may hold secrets, and is nobody's business.
fn is_passed_on(name: &OsStr) -> bool {
    const NAMES: [&str; 26] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "SHELL",
        "JAVA_HOME",
        "M2_HOME",
        "DOCKER_HOST",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "USERPROFILE",
        "SYSTEMROOT",
        "COMSPEC",
        "PATHEXT",
        "APPDATA",
        "LOCALAPPDATA",
        "XDG_RUNTIME_DIR",
    ];
    const BEGINNINGS: [&str; 6] = ["LC_", "MAVEN_", "MVNW_", "IT_", "TESTCONTAINERS_", "DOCKER_TLS"];
    // A password for the Maven repository is the wrapper's, and the tests need none.
    const SECRETS: [&str; 2] = ["MVNW_USERNAME", "MVNW_PASSWORD"];
    name.to_str().is_some_and(|name| {
        let is_one = NAMES.iter().any(|known| if cfg!(windows) { known.eq_ignore_ascii_case(name) } else { *known == name });
        (is_one || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))) && !SECRETS.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{command, is_passed_on};
    use crate::manifest::Check;

    #[test]
    fn maven_counts_aloud() {
        let check = |words: &str| Check { command: words.split(' ').map(str::to_owned).collect(), reports: Vec::new(), when: None };
        assert_eq!(
            command(&check("./mvnw -B -q -Dkit.tests={tags} test"), 1),
            ["./mvnw", "-Dmaven.test.redirectTestOutputToFile=true", "-B", "-Dkit.tests=none()|m1", "test"]
        );
        assert_eq!(command(&check("node run.js -q {upto}"), 2), ["node", "run.js", "-q", "2"]);
    }

    #[test]
    fn secrets_of_the_environment_stay_there() {
        for (name, expected) in
            [("PATH", true), ("LC_ALL", true), ("IT_POSTGRES_URL", true), ("GITHUB_TOKEN", false), ("MVNW_PASSWORD", false)]
        {
            assert_eq!(is_passed_on(OsStr::new(name)), expected, "{name}");
        }
    }
}
