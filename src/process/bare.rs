//! What a git repository holds that is not trusted: nothing of its configuration may run, and nothing is fetched for it.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use crate::{
    error::{Error, Result},
    grade::{MOST_BYTES, MOST_FILES, MOST_OF_A_FILE, Remark, Submission},
    tree::{Entry, RelPath, Tree},
};

/// A file of a commit.
struct Blob {
    path: RelPath,
    id: String,
    executable: bool,
}

/// The files of the commit that `HEAD` names in the bare repository at `root`, of those that `looks_at` chooses; where `HEAD` names none, those of
/// the only branch.
pub fn committed(root: &Path, looks_at: &dyn Fn(&str) -> bool) -> Result<Submission> {
    let commit = commit(root)?;
    let listed = git(root, &["ls-tree", "-r", "-l", "-z", "--full-tree", &commit])?;
    let mut found = Submission { commit: Some(commit), ..Submission::default() };
    let (mut blobs, mut bytes) = (Vec::new(), 0);
    for (index, line) in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()).enumerate() {
        if index >= MOST_FILES {
            return Err(Error::failed(format!("`{}` has more than {MOST_FILES} files", root.display())));
        }
        let line = String::from_utf8_lossy(line);
        let Some((facts, path)) = line.split_once('\t') else { continue };
        if !looks_at(path) {
            continue;
        }
        let facts: Vec<&str> = facts.split_whitespace().collect();
        let [mode, kind, id, size] = facts.as_slice() else { continue };
        let size: u64 = size.parse().unwrap_or(0);
        let refuse = |why: &str| Remark::refused(path, why);
        let relative = match RelPath::new(path) {
            _ if path.contains('\u{fffd}') => Err(refuse("its name is no text, and it was not taken")),
            _ if *mode == "120000" => Err(refuse("it is a link, and none is followed")),
            _ if *kind != "blob" => Err(refuse("it is another repository, and was not taken")),
            _ if size > MOST_OF_A_FILE => Err(refuse("it is larger than 4 MiB, and was not taken")),
            Ok(relative) => Ok(relative),
            Err(_) => Err(refuse("its name cannot stand on every system, and it was not taken")),
        };
        match relative {
            Ok(path) => {
                bytes += size;
                blobs.push(Blob { path, id: (*id).to_owned(), executable: *mode == "100755" });
            }
            Err(remark) => found.refused.push(remark),
        }
        if bytes > MOST_BYTES {
            return Err(Error::failed(format!("`{}` has more than {} MiB", root.display(), MOST_BYTES >> 20)));
        }
    }
    found.files = contents(root, blobs)?;
    Ok(found)
}

/// The commit to grade.
fn commit(root: &Path) -> Result<String> {
    let line = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if let Ok(commit) = git(root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) {
        return Ok(line(commit));
    }
    let branches = line(git(root, &["for-each-ref", "--format=%(objectname)", "refs/heads"])?);
    match branches.lines().collect::<Vec<_>>().as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Error::failed(format!("`{}` has no commit", root.display()))),
        _ => Err(Error::failed(format!("`{}` has several branches, and its HEAD names none of them", root.display()))
            .hint("`git symbolic-ref HEAD refs/heads/main` there chooses one")),
    }
}

fn contents(root: &Path, blobs: Vec<Blob>) -> Result<Tree> {
    let failed = |error| Error::failed("failed to run `git`").because(error);
    let mut command = command(root, &["cat-file", "--batch"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let asked: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    // Asked beside reading: both pipes are short.
    let asking = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(asked.as_bytes())));
    let mut answer = Vec::new();
    if let Some(mut stdout) = stdout {
        stdout.read_to_end(&mut answer).map_err(failed)?;
    }
    let _ = asking.join();
    let _ = child.wait();
    let broken = || Error::failed(format!("`{}` is damaged: git cannot read one of its files", root.display()));
    let (mut tree, mut rest) = (Tree::new(), answer.as_slice());
    for blob in blobs {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = head.strip_prefix(&format!("{} blob ", blob.id)).and_then(|size| size.parse::<usize>().ok()).ok_or_else(broken)?;
        let content = rest.get(end + 1..end + 1 + size).ok_or_else(broken)?;
        tree.insert(blob.path, Entry { bytes: content.to_vec().into(), executable: blob.executable });
        rest = rest.get(end + 2 + size..).unwrap_or_default();
    }
    Ok(tree)
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let done = command(root, arguments).output().map_err(|error| Error::failed("failed to run `git`").because(error))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
    Err(Error::failed(format!("git cannot read `{}`: {said}", root.display())))
}

/// The repository may be another user's, and its configuration a stranger's: nothing of it names a program that these commands start, and what
/// it has not got is not fetched.
fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(root).args(["--no-replace-objects", "-c", "safe.directory=*", "-c", "protocol.allow=never"]);
    command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]).args(arguments).stdin(Stdio::null());
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"]
    {
        command.env_remove(name);
    }
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command
}
