//! `--diff` is a patch that git takes.

use std::{io::Write as _, path::Path, process::Command, process::Stdio};

use stagekit::{
    disk::{Unwatched, apply},
    plan::{Deleted, plan},
    tree::{Entry, RelPath, Tree},
};

use super::folder::{contents, temporary, tree, write};

/// Gives a patch to `git apply`; the reason if git does not take it.
fn git_apply(folder: &Path, patch: &str) -> Result<(), String> {
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "-"])
        .current_dir(folder)
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
    let output = git.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn has_git() -> bool {
    let there = Command::new("git").arg("--version").output().is_ok();
    if !there {
        println!("skipped: there is no git");
    }
    there
}

#[test]
fn git_and_stagekit_make_the_same_of_a_plan() {
    if !has_git() {
        return;
    }
    let many: String = (1..=40).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    let base = tree(&[
        ("a b/with blank.txt", "1\n2\n"),
        ("crlf.txt", "1\r\n2\r\n"),
        ("empties.txt", "1\n"),
        ("fills.txt", ""),
        ("gone.txt", "1\nno newline"),
        ("gone-empty.txt", ""),
        ("many.txt", &many),
        ("mode.txt", "same\n"),
        ("newline-comes.txt", "1"),
        ("newline-goes.txt", "1\n"),
        ("to-file/inner", "1\n"),
        ("to-folder", "1\n"),
        ("\u{fc}n\u{ef}code.txt", "\u{e4}\n"),
    ]);
    let mut fresh = tree(&[
        ("a b/with blank.txt", "1\nzwei\n"),
        ("crlf.txt", "1\r\nzwei\r\n"),
        ("empties.txt", ""),
        ("fills.txt", "1\n"),
        ("many.txt", &many.replace("line 3\n", "line three\n").replace("line 30\n", "").replace("line 39\n", "line 39\nline 39.5\n")),
        ("newline-comes.txt", "1\n"),
        ("newline-goes.txt", "1"),
        ("new-empty.txt", ""),
        ("new/script.sh", "#!/bin/sh\n"),
        ("to-file", "2\n"),
        ("to-folder/inner", "2\n"),
        ("\u{fc}n\u{ef}code.txt", "\u{f6}\n"),
    ]);
    fresh.insert(RelPath::new("mode.txt").unwrap(), Entry { bytes: b"same\n".into(), executable: true });
    let change = plan(&base, &base, &fresh, Deleted::Say);
    let (by_git, by_us) = (temporary(), temporary());
    for root in [&by_git, &by_us] {
        write(root.path(), &base);
    }
    git_apply(by_git.path(), &change.diff()).unwrap();
    apply(by_us.path(), &change, &Tree::new(), &Unwatched).unwrap();
    assert_eq!(contents(by_git.path()), fresh);
    assert_eq!(contents(by_us.path()), fresh);
}

#[test]
fn git_takes_the_patch_of_a_merge_into_a_file_with_other_line_endings() {
    if !has_git() {
        return;
    }
    let base = tree(&[("f", "1\n2\n3\n4\n5\n6\n")]);
    let disk = tree(&[("f", "0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n")]);
    let fresh = tree(&[("f", "1\n2\n3\n4\n5\nsix\n")]);
    let change = plan(&base, &disk, &fresh, Deleted::Say);
    let root = temporary();
    write(root.path(), &disk);
    git_apply(root.path(), &change.diff()).unwrap();
    assert_eq!(contents(root.path()), tree(&[("f", "0\r\n1\r\n2\r\n3\r\n4\r\n5\r\nsix\r\n")]));
}
