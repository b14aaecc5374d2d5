//! A program that is not trusted to end, to be brief, or to keep off what is not its own.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fmt::Write as _,
    io::{self, Read as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{Group, Interrupts, LINGER, TICK, resolved};
use crate::error::{Error, Result};

/// The largest file that it may write, in bytes; where the system can say so (Linux).
#[cfg(target_os = "linux")]
const MOST_OF_A_FILE: u64 = 1 << 30;

/// What is kept of what it says, in bytes: so much of its beginning, and so much of its end.
const KEPT: usize = 2 << 20;

/// What it may do.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct Limited {
    /// Whether it ended well; `None` if its time was up.
    pub is_success: Option<bool>,
    /// Its exit code; `None` if something else has ended it.
    pub code: Option<i32>,
    /// What it said on both streams; of much the beginning and the end.
    pub output: String,
}

/// Runs a program in `root` within `limits`. When it has ended, all that it has started is ended as well, as far as it has not left its process
/// group; so is the program itself when its time is up or a signal arrives, and the latter is the error
/// [`Interrupted`](crate::error::ErrorKind).
pub fn run_within(root: &Path, words: &[String], limits: &Limits, interrupts: &Interrupts) -> Result<Limited> {
    let Some((program, arguments)) = words.split_first() else { return Err(Error::failed("there is no command to run")) };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::failed(format!("`{program}` is not there, and the tests run with it")).hint("install it, or put it on the PATH")
        }
        _ => Error::failed(format!("failed to run `{program}`")).because(error),
    };
    let (mut reader, writer) = io::pipe().map_err(failed)?;
    let mut command = Command::new(resolved(root, program));
    command.args(arguments).current_dir(root).stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    command.env_clear().envs(limits.environment.iter().map(|(name, value)| (name, value)));
    let start = Instant::now();
    let (group, mut child) = Group::start(&mut command).map_err(failed)?;
    drop(command);
    #[cfg(target_os = "linux")]
    bound(&child);

    let said = Arc::new(Mutex::new(Said::default()));
    let (ended, end) = mpsc::channel();
    let (read, all_read) = mpsc::channel();
    let into = Arc::clone(&said);
    thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            into.lock().unwrap_or_else(PoisonError::into_inner).add(&buffer[..count]);
        }
        let _ = read.send(());
    });
    thread::spawn(move || ended.send(child.wait()));
    let status = loop {
        match end.recv_timeout(TICK) {
            Ok(status) => break Some(status.map_err(failed)?),
            Err(mpsc::RecvTimeoutError::Timeout) if interrupts.arrived() => break None,
            Err(mpsc::RecvTimeoutError::Timeout) if start.elapsed() >= limits.time => break None,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::failed(format!("failed to wait for `{program}`"))),
        }
    };
    // Whatever it has left running could still write its reports.
    group.end();
    if interrupts.arrived() {
        return Err(Error::interrupted());
    }
    let _ = all_read.recv_timeout(LINGER);
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Limited { is_success: status.map(|status| status.success()), code: status.and_then(|status| status.code()), output: said.text() })
}

/// What it says is bounded; so are its files, or a loop would fill the disk in seconds.
#[cfg(target_os = "linux")]
fn bound(child: &std::process::Child) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let most = Rlimit { current: Some(MOST_OF_A_FILE), maximum: Some(MOST_OF_A_FILE) };
    // One that has ended already needs no bounds.
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Fsize, most);
}

/// The beginning and the end of what is said.
#[derive(Debug, Default)]
struct Said {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: usize,
}

impl Said {
    fn add(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..over);
        self.dropped += over;
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.dropped > 0 {
            let _ = write!(text, "\n[{} bytes are left out here]\n", self.dropped);
        }
        let (front, back) = self.tail.as_slices();
        text.push_str(&String::from_utf8_lossy(&[front, back].concat()));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Said};

    #[test]
    fn of_much_the_beginning_and_the_end_are_kept() {
        let mut said = Said::default();
        said.add(b"first\n");
        for _ in 0..700 {
            said.add(&[b'x'; 10_000]);
        }
        said.add(b"\nlast");
        let text = said.text();
        assert!(text.starts_with("first\nxxx") && text.ends_with("xxx\nlast"));
        assert!(text.contains("bytes are left out here") && text.len() < 2 * KEPT + 100, "{}", text.len());
        let mut little = Said::default();
        little.add(b"all of it");
        assert_eq!(little.text(), "all of it");
    }
}
