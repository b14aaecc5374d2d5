//! A `stagekit check` that is asked to end while the tests run: what it has started ends first.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    learning::{made, typed, write},
    transcript::Ended,
};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `look` sees something.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The processes that the fixture's tests consist of: the build tool, and the server that it has started.
pub(crate) fn started(dir: &Path) -> Vec<String> {
    pids_in(&dir.join("pids"))
}

/// Those that a file names, as soon as it does.
pub(crate) fn pids_in(file: &Path) -> Vec<String> {
    wait_for("the tests", || {
        let pids = fs::read_to_string(file).ok()?;
        pids.ends_with('\n').then(|| pids.split_whitespace().map(str::to_owned).collect())
    })
}

/// Whether a process still does something; one that nobody has waited for does not.
pub(crate) fn is_running(pid: &str) -> bool {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().expect("ps");
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Sends a signal.
pub(crate) fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), pid]).status().expect("kill").success());
}

fn checking(ended: Ended) -> (Child, Ended) {
    let transcript = typed("check", ended);
    let child = transcript.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    (child, transcript.into_ended())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_signal_that_asks_it_to_end_ends_the_tests_first() {
    for name in ["INT", "TERM", "HUP", "QUIT"] {
        let ended = made("--at 0");
        write(&ended, "hangs", "");
        let (child, ended) = checking(ended);
        let pids = started(ended.dir.path());
        assert!(pids.len() == 2 && pids.iter().all(|pid| is_running(pid)), "{pids:?}");
        signal(name, &child.id().to_string());
        let output = child.wait_with_output().expect("an end");
        assert_eq!(
            (output.status.code(), said(&output).as_str()),
            (Some(130), "running the tests up to milestone 1: sh check.sh 1\nerror: interrupted; nothing was left behind\n"),
            "{name}"
        );
        for pid in &pids {
            assert!(!is_running(pid), "{name}: {pid} of {pids:?} is left");
        }
        // The repository can be worked in as before.
        fs::remove_file(ended.dir.path().join("hangs")).expect("a file");
        assert_eq!(typed("check", ended).run().status, 4, "{name}");
    }
}

#[test]
fn what_does_not_want_to_end_is_ended() {
    let ended = made("--at 0");
    write(&ended, "hangs", "trap '' TERM INT HUP;");
    let (child, ended) = checking(ended);
    let pids = started(ended.dir.path());
    // Impatience does not leave it behind.
    for _ in 0..3 {
        signal("INT", &child.id().to_string());
        thread::sleep(Duration::from_millis(200));
    }
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    wait_for("the server's end", || (!pids.iter().any(|pid| is_running(pid))).then_some(()));
}
