//! What a git repository holds that is not trusted: nothing of its configuration may run, and nothing is fetched for it.

use std::path::Path;

use super::git::{run, untrusted};
use crate::{
    error::{Error, Result},
    grade::{MOST_BYTES, MOST_FILES, MOST_OF_A_FILE, Remark, Submission},
    tree::{Entry, RelPath, Tree},
};

/// The longest list of files or branches that is read, in bytes: a few folders that hold each other many times can be a list without an end.
const MOST_OF_A_LIST: u64 = 8 << 20;

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
    let listed = git(root, &["ls-tree", "-r", "-l", "-z", "--full-tree", &commit], b"", MOST_OF_A_LIST)?;
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
    if let Ok(commit) = git(root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], b"", MOST_OF_A_LIST) {
        return Ok(line(commit));
    }
    let branches = line(git(root, &["for-each-ref", "--format=%(objectname)", "refs/heads"], b"", MOST_OF_A_LIST)?);
    match branches.lines().collect::<Vec<_>>().as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Error::failed(format!("`{}` has no commit", root.display()))),
        _ => Err(Error::failed(format!("`{}` has several branches, and its HEAD names none of them", root.display()))
            .hint("`git symbolic-ref HEAD refs/heads/main` there chooses one")),
    }
}

fn contents(root: &Path, blobs: Vec<Blob>) -> Result<Tree> {
    let asked: String = blobs.iter().flat_map(|blob| [&blob.id, "\n"]).collect();
    // With a line before each.
    let answer = git(root, &["cat-file", "--batch"], asked.as_bytes(), MOST_BYTES + 128 * MOST_FILES as u64)?;
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

fn git(root: &Path, arguments: &[&str], stdin: &[u8], most: u64) -> Result<Vec<u8>> {
    let mut command = untrusted();
    command.arg("--git-dir").arg(root).args(arguments);
    run(command, stdin, most).map_err(|why| Error::failed(format!("git cannot read `{}`: {why}", root.display())))
}
