//! Programs that stagekit starts.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::{Error, Result};

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
