//! `stagekit check --watch`, without a terminal; with one in `terminal.rs`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use crate::{
    interrupt::{is_running, signal, started, wait_for},
    learning::{made, read, typed, write},
    transcript::Ended,
};

/// A watch that runs.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    ended: Ended,
}

impl Watch {
    fn start(options: &str, ended: Ended) -> Self {
        let transcript = typed(&format!("check --watch {options}"), ended);
        let mut command = transcript.command();
        // Both streams into one, as on a terminal.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        command.stdin(Stdio::null()).stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        let child = command.spawn().expect("a process");
        drop(command);
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self { child, lines, ended: transcript.into_ended() }
    }

    /// All lines up to the one that begins so.
    #[track_caller]
    fn until(&self, start: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(Duration::from_secs(30)) else { panic!("`{start}` does not come after {seen:#?}") };
            seen.push(line);
            if seen.last().is_some_and(|line| line.starts_with(start)) {
                return seen;
            }
        }
    }

    /// Asserts that nothing happens for a while.
    #[track_caller]
    fn is_quiet(&self) {
        let line = self.lines.recv_timeout(Duration::from_millis(1200));
        assert!(line.is_err(), "{line:?}");
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.ended, path, text);
    }

    #[track_caller]
    fn end(mut self, name: &str, code: i32) -> Ended {
        signal(name, &self.child.id().to_string());
        assert_eq!(self.child.wait().expect("an end").code(), Some(code));
        self.ended
    }
}

const WATCHING: &str = "watching for changes; Ctrl-C ends it";

#[test]
fn a_change_runs_the_tests_again_and_a_milestone_leads_to_the_next() {
    let watch = Watch::start("", made("--at 0"));
    let first = watch.until(WATCHING);
    assert_eq!(first[0], "running the tests up to milestone 1: sh check.sh 1");
    assert!(first.contains(&"error: milestone 1 is not reached yet".to_owned()), "{first:#?}");

    watch.write("work.txt", "smoke\nstep 1\n");
    let green = watch.until(WATCHING);
    assert_eq!(
        green,
        [
            "changed: work.txt",
            "running the tests up to milestone 1: sh check.sh 1",
            "Milestone 1: The first step (1 of 1 test, 5 of 5 points)",
            "  ok      step 1 is there",
            "",
            "Milestone 1 of 2 is done: 5 of 15 points.",
            "Next is milestone 2: The second step (20 min)",
            "  The second step is there, and so is the first.",
            "  read docs/milestones/2.md",
            WATCHING,
        ]
    );
    // Neither the milestone that the check has moved nor its reports are changes.
    watch.is_quiet();

    watch.write("work.txt", "smoke\nstep 1\nstep 2\n");
    let last = watch.until(WATCHING);
    assert_eq!(last[..2], ["changed: work.txt", "running the tests up to milestone 2: sh check.sh 2"]);
    assert!(last.contains(&"That was the last one: the project is finished.".to_owned()), "{last:#?}");
    let ended = watch.end("INT", 0);
    assert_eq!(read(&ended, "milestone.cfg"), "# the milestone that is reached\nmilestone = 2\n");
}

#[test]
fn what_is_new_gone_or_does_not_build_counts_and_what_git_ignores_does_not() {
    let ended = made("--at 0");
    let is_there = Command::new("git").args(["init", "--quiet"]).current_dir(ended.dir.path()).status().is_ok_and(|git| git.success());
    assert!(is_there, "git is needed");
    write(&ended, ".gitignore", "*.log\nreports/\nbuild/\n");
    let watch = Watch::start("--junit check.xml", ended);
    watch.until(WATCHING);
    let dir = watch.ended.dir.path().to_owned();

    fs::create_dir_all(dir.join("build/classes")).expect("a folder");
    for ignored in ["build/classes/a", "server.log", "reports/m1.xml", "work.txt~", ".work.txt.swp"] {
        watch.write(ignored, "x");
    }
    watch.is_quiet();

    watch.write("does-not-compile", "");
    let stopped = watch.until(WATCHING);
    assert_eq!(stopped[0], "changed: does-not-compile");
    assert!(stopped.iter().any(|line| line.starts_with("error: the tests could not run")), "{stopped:#?}");
    fs::remove_file(dir.join("does-not-compile")).expect("a file");
    assert_eq!(watch.until(WATCHING)[0], "changed: does-not-compile");

    // Many files are one change, or two where the machine is so busy that this test is held up between them.
    for index in 0..20 {
        watch.write(&format!("new-{index:02}"), "");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(watch.until(WATCHING)[0], "changed: new-00");
    let more = std::iter::from_fn(|| watch.lines.recv_timeout(Duration::from_millis(1200)).ok())
        .filter(|line| line.starts_with("changed: "))
        .count();
    assert!(more < 2, "{more} more runs");
    watch.end("TERM", 0);
}

#[test]
fn a_change_while_the_tests_run_is_not_missed() {
    let ended = made("--at 0");
    write(&ended, "slow", "");
    write(&ended, "check.sh", &format!("[ -f slow ] && sleep 1\n{}", read(&ended, "check.sh")));
    let watch = Watch::start("", ended);
    watch.until("running the tests");
    thread::sleep(Duration::from_millis(300));
    watch.write("work.txt", "smoke\nstep 1\n");
    watch.until(WATCHING);
    assert_eq!(watch.until(WATCHING)[0], "changed: work.txt");
    watch.is_quiet();
    watch.end("HUP", 0);
}

#[test]
fn a_signal_while_the_tests_run_ends_them() {
    let ended = made("--at 0");
    write(&ended, "hangs", "");
    let watch = Watch::start("", ended);
    let pids = started(watch.ended.dir.path());
    let ended = watch.end("INT", 130);
    assert!(!pids.iter().any(|pid| is_running(pid)), "{pids:?}");
    drop(ended);
}

#[test]
fn after_a_milestone_a_signal_ends_the_tests_as_before() {
    let watch = Watch::start("", made("--at 0"));
    watch.until(WATCHING);
    watch.write("work.txt", "smoke\nstep 1\n");
    watch.until(WATCHING);
    watch.write("hangs", "");
    let pids = started(watch.ended.dir.path());
    watch.end("INT", 130);
    assert!(!pids.iter().any(|pid| is_running(pid)), "{pids:?}");
}

#[test]
fn programs_get_a_line_a_run() {
    let watch = Watch::start("--json --quiet", made("--at 0"));
    let parse = |lines: Vec<String>| -> serde_json::Value { serde_json::from_str(lines.last().expect("a line")).expect("JSON") };
    assert_eq!(parse(watch.until("{"))["reached"], 0);
    watch.until("error: milestone 1 is not reached yet");
    watch.write("does-not-compile", "");
    let stopped = parse(watch.until("{"));
    assert_eq!(stopped["said"][0], "work.txt:1: error: that is no step");
    fs::remove_file(watch.ended.dir.path().join("does-not-compile")).expect("a file");
    watch.write("work.txt", "smoke\nstep 1\n");
    assert_eq!(parse(watch.until("{"))["reached"], 1);
    watch.end("INT", 0);
}

#[test]
fn it_ends_at_once_where_there_is_nothing_to_watch_and_when_nobody_reads() {
    typed("check 7 --watch", made("--at 0"))
        .status(2)
        .stderr("error: there is no milestone 7 in this course\nhint: it has milestones 1 to 2\n")
        .check();
    let transcript = typed("check --watch --quiet", made("--at 0"));
    let mut child = transcript.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a process");
    drop(child.stdout.take());
    let status = wait_for("the end", || child.try_wait().expect("a process"));
    assert_eq!(status.code(), Some(0));
}
