//! Somebody else's git repository: read at its HEAD, and given a branch. Its branches, index and working tree stay as they are.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{
    error::{Error, Result},
    tree::{Entry, RelPath, Tree},
};

/// The largest file that is read: no kit has one of that size.
const MOST_BYTES: usize = 16 << 20;

/// A git repository, bare or not.
#[derive(Clone, Debug)]
pub struct Git {
    dir: PathBuf,
}

/// A commit to be made on a branch of its own.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'b> {
    /// Its name, such as `stagekit/update-1`.
    pub name: &'b str,
    /// `Name <address>`, as author and committer; the time is that of the commit before, so that the same change is the same commit.
    pub author: (&'b str, &'b str),
    /// The commit's message.
    pub message: &'b str,
    /// The files that change; without content they go.
    pub files: &'b [(RelPath, Option<Entry>)],
    /// A file that does not exist yet, for an index that is nobody's.
    pub index: &'b Path,
}

impl Git {
    /// The repository at `path`, if it is one itself: one around it does not count.
    pub fn at(path: &Path) -> Option<Self> {
        let dot = path.join(".git");
        let is_bare = || path.join("HEAD").is_file() && path.join("objects").is_dir();
        let dir = if dot.exists() { Some(dot) } else { is_bare().then(|| path.to_path_buf()) };
        dir.map(|dir| Self { dir })
    }

    /// The commit that HEAD names.
    pub fn head(&self) -> Result<String> {
        self.text(&["rev-parse", "--verify", "HEAD^{commit}"])
    }

    /// The files of `commit`; links, submodules and what is larger than any kit's file are left out.
    pub fn tree(&self, commit: &str) -> Result<Tree> {
        let list = self.run(&["ls-tree", "-r", "-z", "-l", commit], &[], b"")?;
        let wanted: Vec<(RelPath, bool, &str)> = list.split(|byte| *byte == 0).filter_map(listed).collect();
        let ids: String = wanted.iter().flat_map(|(_, _, id)| [*id, "\n"]).collect();
        let out = self.run(&["cat-file", "--batch"], &[], ids.as_bytes())?;
        let mut rest = out.as_slice();
        let mut tree = Tree::new();
        for (path, executable, id) in wanted {
            let (content, after) = object(rest).ok_or_else(|| Error::failed(format!("`git cat-file` does not give `{id}` of `{path}`")))?;
            tree.insert(path, Entry { bytes: content.to_vec().into(), executable });
            rest = after;
        }
        Ok(tree)
    }

    /// Makes the commit after `parent`, and the branch on it. The branch may be there if it is at that commit.
    pub fn branch(&self, parent: &str, branch: &Branch<'_>) -> Result<String> {
        let index = [("GIT_INDEX_FILE", branch.index.as_os_str())];
        self.run(&["read-tree", parent], &index, b"")?;
        let mut changes = Vec::new();
        for (path, entry) in branch.files {
            let (mode, id) = match entry {
                Some(entry) => {
                    let id = self.run(&["hash-object", "-w", "--no-filters", "--stdin"], &[], &entry.bytes)?;
                    (if entry.executable { "100755" } else { "100644" }, String::from_utf8_lossy(&id).trim().to_owned())
                }
                None => ("0", "0".repeat(parent.len())),
            };
            changes.extend(format!("{mode} {id}\t{path}\0").into_bytes());
        }
        self.run(&["update-index", "-z", "--index-info"], &index, &changes)?;
        let tree = self.run(&["write-tree"], &index, b"")?;
        let tree = String::from_utf8_lossy(&tree).trim().to_owned();
        let date = format!("@{} +0000", self.text(&["show", "--no-patch", "--format=%ct", parent])?);
        let (name, address) = branch.author;
        let by = [
            ("GIT_AUTHOR_NAME", name),
            ("GIT_AUTHOR_EMAIL", address),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", name),
            ("GIT_COMMITTER_EMAIL", address),
            ("GIT_COMMITTER_DATE", &date),
        ]
        .map(|(variable, value)| (variable, OsStr::new(value)));
        let commit = self.run(&["commit-tree", &tree, "-p", parent, "-m", branch.message], &by, b"")?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        let reference = format!("refs/heads/{}", branch.name);
        match self.text(&["rev-parse", "--verify", "--quiet", &reference]) {
            Ok(there) if there == commit => {}
            Ok(_) => {
                return Err(Error::failed(format!("the branch `{}` is there, and is another one", branch.name)).hint("delete or rename it"));
            }
            Err(_) => drop(self.run(&["update-ref", &reference, &commit, &"0".repeat(parent.len())], &[], b"")?),
        }
        Ok(commit)
    }

    fn text(&self, words: &[&str]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.run(words, &[], b"")?).trim().to_owned())
    }

    /// Runs git there. The repository is a student's: nothing that it configures is run.
    fn run(&self, words: &[&str], environment: &[(&str, &OsStr)], stdin: &[u8]) -> Result<Vec<u8>> {
        let failed = |error| Error::failed("failed to run `git`").because(error);
        let mut command = Command::new("git");
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "--git-dir"]).arg(&self.dir).args(words);
        command.envs(environment.iter().copied()).env_remove("GIT_WORK_TREE").env("GIT_NO_REPLACE_OBJECTS", "1");
        command.env("GIT_NO_LAZY_FETCH", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let pipe = child.stdin.take();
        let done = thread::scope(|scope| {
            // Beside the reading: neither pipe holds everything.
            scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(stdin)));
            child.wait_with_output()
        })
        .map_err(failed)?;
        if done.status.success() {
            return Ok(done.stdout);
        }
        let said = String::from_utf8_lossy(&done.stderr).lines().next().unwrap_or("it said nothing").to_owned();
        Err(Error::failed(format!("`git {}` failed in `{}`: {said}", words.first().unwrap_or(&""), self.dir.display())))
    }
}

/// `<mode> <kind> <id> <size>\t<path>` of a file.
fn listed(line: &[u8]) -> Option<(RelPath, bool, &str)> {
    let (what, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = what.split_ascii_whitespace();
    let (mode, kind, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let is_file = kind == "blob" && mode != "120000" && size.parse::<usize>().is_ok_and(|size| size <= MOST_BYTES);
    is_file.then(|| RelPath::new(path).ok()).flatten().map(|path| (path, mode == "100755", id))
}

/// The content of the first object, and what comes after it.
fn object(out: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = out.iter().position(|byte| *byte == b'\n')?;
    let size: usize = std::str::from_utf8(&out[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = out.get(end + 1..end + 1 + size)?;
    Some((content, out.get(end + 2 + size..)?))
}
