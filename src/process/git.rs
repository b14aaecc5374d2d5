//! git where it is not trusted: with bounds, and without anything that a repository configures.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::Group;
use crate::{
    error::{Error, Result},
    tree::{Entry, RelPath},
};

/// How long one run of git may take: what it reads is small, and a repository can be made so that it waits for ever.
const TIME: Duration = Duration::from_secs(30);

/// So much of what it complains about is kept, in bytes.
const COMPLAINTS: u64 = 4 << 10;

/// A commit that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Change<'c> {
    /// The commit before.
    pub parent: &'c str,
    /// `Name <address>`, as author and committer; the time is that of the commit before, so that the same change is the same commit.
    pub author: &'c str,
    /// The commit's message.
    pub message: &'c str,
    /// The files that change; without content they go.
    pub files: &'c [(RelPath, Option<Entry>)],
}

/// A commit that was made, beside the repository that it is for.
#[derive(Clone, Debug)]
pub struct Made {
    /// The commit.
    pub commit: String,
    /// The folder with the pack, and its index, of what the repository has to be given for it.
    pub packs: PathBuf,
}

/// Makes the commit in a repository of its own at `scratch`, which does not exist yet: of the student's only the `objects` are read. Neither
/// settings nor hooks, attributes, index or working tree of theirs take part. The same change gives the same pack.
pub fn commit(objects: &Path, scratch: &Path, change: &Change<'_>) -> Result<Made> {
    let format = if change.parent.len() == 64 { "sha256" } else { "sha1" };
    let own = |words: &[&str]| {
        let mut command = untrusted();
        command.args(["-c", "fastimport.unpackLimit=0"]).arg("--git-dir").arg(scratch).args(words);
        // Not even the teacher's own settings: whoever makes the commit, it is the same one.
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" });
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(objects));
        command
    };
    let run = |words: &[&str], stdin: &[u8]| {
        let failed = |why| Error::failed(format!("`git {}` cannot make a commit: {why}", words[0]));
        run(own(words), stdin, 1 << 20).map_err(failed)
    };
    run(&["init", "--quiet", "--bare", "--template=", "--object-format", format], b"")?;
    let parent = run(&["cat-file", "commit", change.parent], b"")?;
    let time = time(&parent).ok_or_else(|| Error::failed(format!("the commit `{}` has no date", change.parent)))?;
    let by = format!("{} {time} +0000", change.author);
    let message = format!("{}\n", change.message);
    let mut stream = format!(
        "feature done\ncommit refs/heads/update\nmark :1\nauthor {by}\ncommitter {by}\ndata {}\n{message}from {}\n",
        message.len(),
        change.parent
    )
    .into_bytes();
    // What goes makes room first: a file may become a folder.
    for (path, _) in change.files.iter().filter(|(_, entry)| entry.is_none()) {
        stream.extend(format!("D {path}\n").into_bytes());
    }
    for (path, entry) in change.files {
        if let Some(entry) = entry {
            let mode = if entry.executable { "100755" } else { "100644" };
            stream.extend(format!("M {mode} inline {path}\ndata {}\n", entry.bytes.len()).into_bytes());
            stream.extend_from_slice(&entry.bytes);
            stream.push(b'\n');
        }
    }
    stream.extend_from_slice(b"\nget-mark :1\ndone\n");
    let made = run(&["fast-import", "--quiet"], &stream)?;
    Ok(Made { commit: String::from_utf8_lossy(&made).trim().to_owned(), packs: scratch.join("objects/pack") })
}

/// The committer's time of a commit, in seconds since 1970.
fn time(commit: &[u8]) -> Option<u64> {
    let head = commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    let line = head.into_iter().find_map(|line| line.strip_prefix(b"committer "))?;
    let after = line.rsplit(|byte| *byte == b'>').next()?;
    std::str::from_utf8(after).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

/// A folder as `GIT_ALTERNATE_OBJECT_DIRECTORIES` takes it, which is a list.
fn quoted(folder: &Path) -> OsString {
    match folder.to_str() {
        Some(text) if text.starts_with('"') || (cfg!(unix) && text.contains(':')) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
        }
        _ => folder.into(),
    }
}

/// git, of which neither the environment nor a repository's settings choose what else is run, and which fetches nothing.
pub(super) fn untrusted() -> Command {
    let mut command = Command::new("git");
    command.args(["--no-replace-objects", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"]
    {
        command.env_remove(name);
    }
    // Older git knows nothing of `GIT_NO_LAZY_FETCH`; of protocols a repository's `protocol.ext.allow` would go before `protocol.allow`.
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_NO_LAZY_FETCH", "1");
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command
}

/// What `command` says, or why it failed. It may say `most` bytes and take [`TIME`].
pub(super) fn run(mut command: Command, stdin: &[u8], most: u64) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("it cannot be run: {error}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (group, mut child) = Group::start(&mut command).map_err(failed)?;
    let (pipe, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (ended, end) = mpsc::channel::<()>();
    let is_late = AtomicBool::new(false);
    let (late, group) = (&is_late, &group);
    thread::scope(|scope| {
        // Beside the reading: none of the pipes holds everything. Whoever does not read leaves them closed.
        scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(stdin)));
        let complaints = scope.spawn(move || {
            let mut said = Vec::new();
            let Some(mut err) = err else { return said };
            let _ = (&mut err).take(COMPLAINTS).read_to_end(&mut said);
            let _ = io::copy(&mut err, &mut io::sink());
            said
        });
        scope.spawn(move || {
            if end.recv_timeout(TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
                late.store(true, Ordering::SeqCst);
                group.end();
            }
        });
        let mut said = Vec::new();
        let read = out.map_or(Ok(0), |out| out.take(most + 1).read_to_end(&mut said));
        // Its stdout is closed now: if it has more to say it ends.
        let status = child.wait();
        drop(ended);
        let complaints = complaints.join().unwrap_or_default();
        read.map_err(failed)?;
        let status = status.map_err(failed)?;
        if is_late.load(Ordering::SeqCst) {
            return Err(format!("it takes longer than {} seconds", TIME.as_secs()));
        }
        if said.len() as u64 > most {
            return Err(format!("it says more than {} MiB", most >> 20));
        }
        if status.success() {
            return Ok(said);
        }
        let complaints = String::from_utf8_lossy(&complaints);
        Err(complaints.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{quoted, time};

    #[test]
    fn the_time_is_the_committers() {
        let commit = b"tree 1\nparent 2\nauthor A> <a@x> 1 +0000\ncommitter B > <b@x> 1700000000 -0330\n\ncommitter C <c@x> 3 +0000\n";
        assert_eq!(time(commit), Some(1_700_000_000));
        assert_eq!(time(b"tree 1\n\ncommitter C <c@x> 3 +0000\n"), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_is_one_of_a_list() {
        assert_eq!(quoted(Path::new("/a b/c\\")), "/a b/c\\");
        assert_eq!(quoted(Path::new("/a:b/\"c\\")), "\"/a:b/\\\"c\\\\\"");
    }
}
