use std::{fs, path::Path};

use proptest::{prelude::ProptestConfig, prop_assert, prop_assert_eq, proptest};
use stagekit::{
    disk::{Unwatched, Verb, apply, recover},
    error::ErrorKind,
    plan::{Deleted, Plan, plan},
    tree::Tree,
};
use tempfile::TempDir;

use super::{
    child::{Fate, Work, ended, killed},
    folder::{Snapshot, chmod, contents, names, snapshot, temporary, tree, write},
    scenario::{self, last, repository},
    script::Script,
};

fn made() -> (TempDir, Snapshot) {
    let root = temporary();
    repository(root.path());
    let before = snapshot(root.path());
    (root, before)
}

/// The repository after a run that was not disturbed, and all that the run did.
fn undisturbed() -> (Snapshot, Script) {
    let (root, _) = made();
    let script = Script::default();
    scenario::apply(root.path(), &script).unwrap();
    (snapshot(root.path()), script)
}

#[test]
fn a_plan_is_carried_out_and_leaves_nothing_else() {
    let (after, script) = undisturbed();
    let wanted: &[(&str, &str)] = &[
        (".stagekit", "7 folder"),
        (".stagekit/base.tar", "6 \"base 2\""),
        (".stagekit/receipt.toml", "6 \"receipt 2\""),
        ("becomes", "7 folder"),
        ("becomes/folder", "7 folder"),
        ("becomes/folder/with", "7 folder"),
        ("becomes/folder/with/file", "6 \"file\""),
        ("build", "7 folder"),
        ("build/run.sh", "7 \"#!/bin/bash\\n\""),
        ("deep", "7 folder"),
        ("deep/mine.txt", "6 \"mine\\n\""),
        ("merged.txt", "6 \"0\\n1\\n2\\n3\\n4\\n5\\n6\\n7\\neight\\n\""),
        ("mine", "7 folder"),
        ("mine/empty", "7 folder"),
        ("mine/link", "7 -> /nowhere"),
        ("mine/own.txt", "6 \"mine\\n\""),
        ("new", "7 folder"),
        ("new-er.txt", "6 \"3\\n\""),
        ("new/inner", "7 folder"),
        ("new/inner/two.sh", "7 \"#!/bin/sh\\n\""),
        ("new/one.txt", "6 \"1\\n\""),
        ("replaced.txt", "6 \"2\\n\""),
        ("secret.txt", "6 \"2\\n\""),
        ("turns", "6 \"file\""),
        ("unchanged.txt", "6 \"same\\n\""),
    ];
    if cfg!(unix) {
        // What the group and others may do is for the umask to say, except where the user had said it.
        let owners: Vec<_> = after.iter().map(|(path, what)| (path.as_str(), format!("{}{}", &what[..1], &what[3..]))).collect();
        assert_eq!(owners.iter().map(|(path, what)| (*path, what.as_str())).collect::<Vec<_>>(), wanted);
        assert!(after["secret.txt"].starts_with("600 "));
    }
    // Receipt and base come after everything else.
    let placed: Vec<_> = script.seen.borrow().iter().filter(|(verb, _)| *verb == Verb::Place).map(|(_, name)| name.clone()).collect();
    assert_eq!(placed[placed.len() - 2..], ["base.tar", "receipt.toml"]);
}

#[test]
fn a_fault_at_any_step_leaves_the_repository_as_it_was() {
    let (after, script) = undisturbed();
    let committed = script.first(Verb::Commit);
    assert!(committed > 40, "the scenario has shrunk to {committed} steps");
    for step in 0..script.steps() {
        let (root, before) = made();
        let result = scenario::apply(root.path(), &Script::failing_from(step));
        if step <= committed {
            assert_eq!(result.unwrap_err().to_string(), format!("fault at step {step}"));
            assert_eq!(snapshot(root.path()), before, "after a fault at step {step}");
            scenario::apply(root.path(), &Unwatched).unwrap();
        } else {
            result.unwrap();
        }
        assert_eq!(snapshot(root.path()), after, "the try after a fault at step {step}");
    }
}

#[test]
fn ctrl_c_at_any_step_leaves_the_repository_as_it_was() {
    let (_, script) = undisturbed();
    for step in 0..=script.first(Verb::Commit) {
        let (root, before) = made();
        let end = ended(Work::Apply, root.path(), Fate { interrupt_at: Some(step), ..Fate::default() });
        assert_eq!(end, "Interrupted interrupted; nothing was left behind");
        assert_eq!(snapshot(root.path()), before, "after Ctrl-C at step {step}");
    }
}

#[test]
fn a_process_killed_at_any_step_is_taken_back_by_the_next() {
    let (after, script) = undisturbed();
    let (recorded, committed) = (script.first(Verb::Record), script.first(Verb::Commit));
    for step in 0..script.steps() {
        let (root, before) = made();
        killed(Work::Apply, root.path(), Fate { park_at: Some(step), ..Fate::default() });
        let recovered = recover(root.path(), &Unwatched).unwrap();
        assert_eq!(recovered.is_some(), step > recorded && step <= committed, "what was said of a kill at step {step}");
        assert_eq!(&snapshot(root.path()), if step <= committed { &before } else { &after }, "after a kill at step {step}");
        scenario::apply(root.path(), &Unwatched).unwrap();
        assert_eq!(snapshot(root.path()), after, "the try after a kill at step {step}");
    }
}

#[test]
fn a_process_killed_while_it_takes_itself_back_is_taken_back_by_the_next() {
    let (after, script) = undisturbed();
    let fail_from = Some(script.first(Verb::Commit));
    let probe = Script { fail_from, ..Script::default() };
    scenario::apply(made().0.path(), &probe).unwrap_err();
    let restores = probe.first(Verb::Restore);
    assert!(probe.steps() > restores + 12, "only {} steps of taking back", probe.steps() - restores);
    for step in restores..probe.steps() {
        let (root, before) = made();
        killed(Work::Apply, root.path(), Fate { fail_from, park_at: Some(step), ..Fate::default() });
        recover(root.path(), &Unwatched).unwrap();
        assert_eq!(snapshot(root.path()), before, "after a kill at step {step}");
        scenario::apply(root.path(), &Unwatched).unwrap();
        assert_eq!(snapshot(root.path()), after, "the try after a kill at step {step}");
    }
}

#[test]
fn a_plan_with_conflicts_is_refused() {
    let (root, before) = made();
    let conflict = plan(&Tree::new(), &tree(&[("mine/own.txt", "mine\n")]), &tree(&[("mine/own.txt", "ours\n"), ("z", "")]), Deleted::Say);
    let error = apply(root.path(), &conflict, &last(), &Unwatched).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(snapshot(root.path()), before);
}

#[test]
fn a_file_that_changed_since_the_plan_was_made_is_not_touched() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("replaced.txt", |root| fs::write(root.join("replaced.txt"), "edited").unwrap()),
        ("replaced.txt", |root| fs::remove_file(root.join("replaced.txt")).unwrap()),
        ("old/gone.txt", |root| fs::write(root.join("old/gone.txt"), "edited").unwrap()),
        ("new-er.txt", |root| fs::write(root.join("new-er.txt"), "mine").unwrap()),
        ("new-er.txt", |root| fs::create_dir(root.join("new-er.txt")).unwrap()),
        #[cfg(unix)]
        ("replaced.txt", |root| chmod(&root.join("replaced.txt"), 0o755)),
    ];
    for (path, change) in changes {
        let (root, _) = made();
        let plan = scenario::planned(root.path());
        change(root.path());
        let before = snapshot(root.path());
        let error = apply(root.path(), &plan, &last(), &Unwatched).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::Conflict, format!("`{path}` changed while stagekit was at work, nothing was written"))
        );
        assert_eq!(snapshot(root.path()), before);
    }
}

#[test]
fn a_file_of_the_users_in_a_folder_that_becomes_a_file_stays() {
    let (root, _) = made();
    let plan = scenario::planned(root.path());
    fs::write(root.path().join("turns/into/mine.txt"), "mine").unwrap();
    let before = snapshot(root.path());
    let error = apply(root.path(), &plan, &last(), &Unwatched).unwrap_err();
    assert_eq!(error.to_string(), "`turns` changed while stagekit was at work, nothing was written");
    assert_eq!(snapshot(root.path()), before);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_symlink_on_the_way() {
    let (root, outside) = (temporary(), temporary());
    std::os::unix::fs::symlink(outside.path(), root.path().join("docs")).unwrap();
    let fresh = tree(&[("docs/a.md", "a"), ("b.md", "b")]);
    let error = apply(root.path(), &plan(&Tree::new(), &Tree::new(), &fresh, Deleted::Say), &Tree::new(), &Unwatched).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Conflict, "`docs` is not a folder, nothing was written"));
    assert_eq!((names(outside.path()), names(root.path())), (vec![], vec!["docs".to_owned()]));
}

#[test]
fn a_plan_without_anything_to_do_writes_nothing() {
    let (root, _) = made();
    scenario::apply(root.path(), &Unwatched).unwrap();
    let script = Script::default();
    apply(root.path(), &Plan::default(), &last(), &script).unwrap();
    assert_eq!(script.steps(), 0);
}

#[test]
fn our_own_working_files_are_no_paths_of_a_plan() {
    let root = temporary();
    for path in [".stagekit/lock", ".stagekit/journal", ".stagekit/journal/record"] {
        let plan = plan(&Tree::new(), &Tree::new(), &tree(&[(path, "x")]), Deleted::Say);
        let error = apply(root.path(), &plan, &Tree::new(), &Unwatched).unwrap_err();
        assert_eq!(error.to_string(), format!("`{path}` is a path that stagekit needs itself"));
        assert_eq!(names(root.path()), Vec::<String>::new());
    }
}

#[test]
fn a_full_disk_leaves_the_repository_as_it_was() {
    let Some(disk) = SmallDisk::mount() else { return };
    let root = disk.0.path().join("repository");
    fs::create_dir(&root).unwrap();
    repository(&root);
    let before = snapshot(&root);
    let large = "x".repeat(200 << 10);
    let fresh = tree(&[("a/new.txt", "1"), ("b/large.txt", &large), ("replaced.txt", "2\n")]);
    let base = tree(&[("replaced.txt", "1\n")]);
    let change = plan(&base, &base, &fresh, Deleted::Say);
    let error = apply(&root, &change, &last(), &Unwatched).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().starts_with("failed to write `b/large.txt`: No space left on device"), "{error}");
    assert_eq!(snapshot(&root), before);

    let target = disk.0.path().join("new");
    let error = stagekit::disk::create(&target, &fresh, &Unwatched).unwrap_err();
    assert!(error.to_string().contains("large.txt`: No space left on device"), "{error}");
    assert_eq!(names(disk.0.path()), ["repository"]);

    scenario::apply(&root, &Unwatched).unwrap();
    scenario::create(&target, &Unwatched).unwrap();
    assert_eq!(contents(&target), scenario::starter());
}

/// A file system of 192 KiB, where this may be mounted.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = temporary();
        let mount = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=192k", "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: a small disk can be mounted by root only");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_untouched_repository_becomes_the_fresh_one(
        base in proptest::collection::btree_map("[ab](/[cd]){1,2}/[ef]", ("[x-z]{0,3}\n?", proptest::bool::ANY), 0..6),
        fresh in proptest::collection::btree_map("[ab](/[cd]){1,2}/[ef]", ("[x-z]{0,3}\n?", proptest::bool::ANY), 0..6),
    ) {
        let tree_of = |files: &std::collections::BTreeMap<String, (String, bool)>| tree(&files
            .iter()
            .map(|(path, (text, executable))| (path.as_str(), if *executable { format!("#!{text}") } else { text.clone() }))
            .collect::<Vec<_>>()
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect::<Vec<_>>());
        let (base, fresh) = (tree_of(&base), tree_of(&fresh));
        let root = temporary();
        write(root.path(), &base);
        write(root.path(), &tree(&[("own/mine.txt", "mine")]));
        let disk = stagekit::disk::read(root.path(), base.paths().chain(fresh.paths())).unwrap();
        prop_assert_eq!(&disk, &base);
        apply(root.path(), &plan(&base, &disk, &fresh, Deleted::Say), &Tree::new(), &Unwatched).unwrap();
        let mut wanted = fresh.clone();
        wanted.extend_with("own/mine.txt", "mine");
        prop_assert_eq!(contents(root.path()), wanted);
        let disk = stagekit::disk::read(root.path(), fresh.paths()).unwrap();
        prop_assert!(plan(&fresh, &disk, &fresh, Deleted::Say).is_settled());
        // No empty folder stays where a file was removed.
        let empty = snapshot(root.path()).into_keys().filter(|name| root.path().join(name).is_dir()).find(|name| names(&root.path().join(name)).is_empty());
        prop_assert_eq!(empty, None);
    }
}

trait ExtendWith {
    fn extend_with(&mut self, path: &str, text: &str);
}

impl ExtendWith for Tree {
    fn extend_with(&mut self, path: &str, text: &str) {
        for (path, entry) in tree(&[(path, text)]) {
            self.insert(path, entry);
        }
    }
}
