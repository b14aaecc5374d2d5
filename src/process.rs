//! Programs that stagekit starts.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io::{self, Read as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

mod bare;
mod git;
mod group;
mod interrupts;
mod limits;

pub use bare::committed;
pub use git::{Change, Made, commit};
pub use interrupts::Interrupts;
pub use limits::{Limited, Limits, run_within};

use self::group::Group;
use crate::{
    error::{Error, Result},
    tree::RelPath,
};

/// Whether `git` can be run.
pub fn has_git() -> bool {
    git(Path::new("."), ["--version"]).is_ok()
}

/// Makes `root` a git repository with one commit that holds everything in it; the branch is `branch`.
///
/// Hooks and templates of the user's git stay out of it: the commit is stagekit's, and running their programs on it is not ours to decide.
pub fn first_commit(root: &Path, branch: &str, message: &str) -> Result<()> {
    git(root, ["init", "--quiet", "--template=", "--initial-branch", branch])?;
    git(root, ["add", "--all"])?;
    git(root, ["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--no-verify", "--message", message])
}

/// Whether git sees changes below `root` that are not committed; false where there is no git, or no repository.
pub fn has_changes(root: &Path) -> bool {
    let status = Command::new("git").args(["status", "--porcelain", "--", "."]).current_dir(root).stdin(Stdio::null()).output();
    status.is_ok_and(|done| done.status.success() && !done.stdout.is_empty())
}

/// Those of these files below `root` that git cannot bring back as they are: not tracked, whether it ignores them or not, or changed since the last
/// commit. All of them where there is no git, or no repository.
pub fn unrecorded<'p>(root: &Path, paths: &'p [RelPath]) -> Vec<&'p RelPath> {
    let listed = |words: &[&str]| -> Option<BTreeSet<String>> {
        let mut git = Command::new("git");
        git.arg("--literal-pathspecs").args(words).arg("--").args(paths.iter().map(RelPath::as_str));
        let done = git.current_dir(root).stdin(Stdio::null()).output().ok().filter(|done| done.status.success())?;
        let names = done.stdout.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        Some(names.map(str::to_owned).collect())
    };
    let tracked = listed(&["ls-tree", "-z", "--name-only", "HEAD"]);
    let changed = listed(&["diff", "-z", "--name-only", "--relative", "--no-ext-diff", "HEAD"]);
    let (Some(tracked), Some(changed)) = (tracked, changed) else { return paths.iter().collect() };
    paths.iter().filter(|path| !tracked.contains(path.as_str()) || changed.contains(path.as_str())).collect()
}

/// What git ignores below `root`, paths of files and of whole folders; `None` where git cannot say.
pub fn ignored(root: &Path) -> Option<Vec<String>> {
    let list = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let done = Command::new("git").args(list).current_dir(root).stdin(Stdio::null()).output().ok().filter(|done| done.status.success())?;
    let paths = done.stdout.split(|byte| *byte == 0).filter_map(|path| std::str::from_utf8(path).ok());
    Some(paths.map(|path| path.trim_end_matches('/').to_owned()).filter(|path| !path.is_empty()).collect())
}

fn git<S: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = S>) -> Result<()> {
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let shown = arguments
        .iter()
        .find(|argument| !argument.to_string_lossy().starts_with('-'))
        .map_or_else(String::new, |word| format!(" {}", word.to_string_lossy()));
    let done = Command::new("git")
        .args(&arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::failed("failed to run `git`").because(error))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('*')).unwrap_or("it said nothing").to_owned();
    Err(Error::failed(format!("`git{shown}` failed: {said}")))
}

/// Whether nobody listens on this port of the loopback address.
pub fn is_free(port: u16) -> bool {
    std::net::TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// How often whoever waits for a program hears that it still runs, and how soon a signal is noticed.
const TICK: Duration = Duration::from_millis(100);

/// How long to wait, after the program's end, for the rest of what it said: something that it has started may hold the pipe open.
const LINGER: Duration = Duration::from_millis(100);

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Whether it ended well.
    pub is_success: bool,
    /// What it said, on both streams.
    pub output: String,
}

/// Runs a program of the repository in its root, with this process's environment, and tells `tick` from time to time for how long it has been
/// running. A signal that arrives meanwhile ends it and all that it has started, and is the error [`Interrupted`](crate::error::ErrorKind).
pub fn run(root: &Path, words: &[String], interrupts: &Interrupts, tick: &mut dyn FnMut(Duration)) -> Result<Ran> {
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
    let start = Instant::now();
    let (group, mut child) = Group::start(&mut command).map_err(failed)?;
    // It holds the ends of the pipe that the reader would wait for.
    drop(command);

    let said = Arc::new(Mutex::new(Vec::new()));
    let (ended, end) = mpsc::channel();
    let (read, all_read) = mpsc::channel();
    let into = Arc::clone(&said);
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
        }
        let _ = read.send(());
    });
    thread::spawn(move || ended.send(child.wait()));
    let status = loop {
        match end.recv_timeout(TICK) {
            Ok(status) => break status.map_err(failed)?,
            Err(mpsc::RecvTimeoutError::Timeout) if interrupts.arrived() => {
                group.end();
                return Err(Error::interrupted());
            }
            Err(mpsc::RecvTimeoutError::Timeout) => tick(start.elapsed()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::failed(format!("failed to wait for `{program}`"))),
        }
    };
    // It may have ended because the signal reached it as well.
    if interrupts.arrived() {
        group.end();
        return Err(Error::interrupted());
    }
    let _ = all_read.recv_timeout(LINGER);
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Ran { is_success: status.success(), output: String::from_utf8_lossy(&said).into_owned() })
}

/// A program of the repository by its path, any other one by its name; on Windows the script and the name that are meant there.
fn resolved(root: &Path, program: &str) -> std::path::PathBuf {
    match program.strip_prefix("./") {
        Some(script) if cfg!(windows) => root.join(format!("{script}.cmd")),
        Some(script) => root.join(script),
        None if cfg!(windows) && program == "python3" => "python".into(),
        None => program.into(),
    }
}
