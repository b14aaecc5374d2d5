//! A repository in which every kind of change is due, and the calls that the tests make fail.

use std::{fs, path::Path};

use stagekit::{
    disk::{self, Watch},
    error::Result,
    plan::{Deleted, Plan, plan},
    tree::Tree,
};

use super::folder::{chmod, tree, write};

const LINES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n";

fn base() -> Tree {
    tree(&[
        ("becomes/folder", "file"),
        ("build/run.sh", "#!/bin/sh\n"),
        ("deep/er/gone.txt", "gone\n"),
        ("deep/er/est/gone.txt", "gone\n"),
        ("merged.txt", LINES),
        ("old/gone.txt", "gone\n"),
        ("replaced.txt", "1\n"),
        ("secret.txt", "1\n"),
        ("turns/into/file", "file"),
        ("unchanged.txt", "same\n"),
    ])
}

/// What the plan brings.
pub(crate) fn fresh() -> Tree {
    tree(&[
        ("becomes/folder/with/file", "file"),
        ("build/run.sh", "#!/bin/bash\n"),
        ("merged.txt", "1\n2\n3\n4\n5\n6\n7\neight\n"),
        ("new/one.txt", "1\n"),
        ("new/inner/two.sh", "#!/bin/sh\n"),
        ("new-er.txt", "3\n"),
        ("replaced.txt", "2\n"),
        ("secret.txt", "2\n"),
        ("turns", "file"),
        ("unchanged.txt", "same\n"),
    ])
}

/// Receipt and base.
pub(crate) fn last() -> Tree {
    tree(&[(".stagekit/base.tar", "base 2"), (".stagekit/receipt.toml", "receipt 2")])
}

/// A repository with the user's own things between ours.
pub(crate) fn repository(root: &Path) {
    write(root, &base());
    write(
        root,
        &tree(&[
            ("merged.txt", &format!("0\n{LINES}")),
            (".stagekit/receipt.toml", "receipt 1"),
            ("mine/own.txt", "mine\n"),
            ("deep/mine.txt", "mine\n"),
        ]),
    );
    chmod(&root.join("secret.txt"), 0o600);
    chmod(&root.join("old"), 0o750);
    chmod(&root.join("deep/er/est"), 0o700);
    fs::create_dir(root.join("mine/empty")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nowhere", root.join("mine/link")).unwrap();
}

/// The plan for that repository.
pub(crate) fn planned(root: &Path) -> Plan {
    let disk = disk::read(root, base().paths().chain(fresh().paths())).unwrap();
    plan(&base(), &disk, &fresh(), Deleted::Say)
}

pub(crate) fn apply(root: &Path, watch: &dyn Watch) -> Result<()> {
    disk::apply(root, &planned(root), &last(), watch)
}

/// A small repository for `create`.
pub(crate) fn starter() -> Tree {
    tree(&[
        (".stagekit/base.tar", "base"),
        (".stagekit/receipt.toml", "receipt"),
        ("README.md", "hello\n"),
        ("mvnw", "#!/bin/sh\n"),
        ("src/Main.java", "class Main {}\n"),
        ("src/empty", ""),
        ("src-gen/x/y/z.txt", "z\n"),
    ])
}

pub(crate) fn create(target: &Path, watch: &dyn Watch) -> Result<()> {
    disk::create(target, &starter(), watch)
}
