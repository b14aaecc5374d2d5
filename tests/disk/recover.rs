use std::fs;

use stagekit::{
    disk::{Unwatched, Verb, recover},
    error::ErrorKind,
    tree::RelPath,
};
use tempfile::TempDir;

use super::{
    child::{Fate, Work, killed, parked},
    folder::{Snapshot, names, snapshot, temporary, tree, write},
    scenario::{self, repository},
    script::Script,
};

/// A repository whose run was killed just before it was done, and what it had been before.
fn dead() -> (TempDir, Snapshot) {
    let root = temporary();
    repository(root.path());
    let script = Script::default();
    scenario::apply(root.path(), &script).unwrap();
    let park_at = Some(script.first(Verb::Commit));
    let root = temporary();
    repository(root.path());
    let before = snapshot(root.path());
    killed(Work::Apply, root.path(), Fate { park_at, ..Fate::default() });
    (root, before)
}

#[test]
fn where_no_run_died_nothing_is_done() {
    let root = temporary();
    repository(root.path());
    let (before, script) = (snapshot(root.path()), Script::default());
    assert_eq!(recover(root.path(), &script).unwrap(), None);
    assert_eq!((snapshot(root.path()), script.steps()), (before, 0));
}

#[test]
fn what_a_dead_run_did_is_taken_back_and_said() {
    let (root, before) = dead();
    let recovered = recover(root.path(), &Unwatched).unwrap().unwrap();
    assert_eq!(recovered.to_string(), "an earlier run was stopped before its end: 16 files are as before it");
    assert_eq!(snapshot(root.path()), before);
    assert_eq!(recover(root.path(), &Unwatched).unwrap(), None);
}

#[test]
fn taking_back_may_itself_be_killed_at_any_step() {
    let script = Script::default();
    recover(dead().0.path(), &script).unwrap();
    assert!(script.steps() > 15, "only {} steps", script.steps());
    for step in 0..script.steps() {
        let (root, before) = dead();
        killed(Work::Recover, root.path(), Fate { park_at: Some(step), ..Fate::default() });
        recover(root.path(), &Unwatched).unwrap();
        assert_eq!(snapshot(root.path()), before, "after a kill at step {step}");
    }
}

#[test]
fn taking_back_may_be_stopped_at_any_step_and_goes_on_later() {
    let script = Script::default();
    recover(dead().0.path(), &script).unwrap();
    for step in 0..script.steps() {
        let (root, before) = dead();
        let _ = recover(root.path(), &Script::failing_from(step));
        recover(root.path(), &Unwatched).unwrap();
        assert_eq!(snapshot(root.path()), before, "after a stop at step {step}");
    }
}

#[test]
fn what_was_edited_after_the_run_died_is_kept() {
    let (root, before) = dead();
    write(root.path(), &tree(&[("replaced.txt", "edited"), ("new/one.txt", "edited"), ("old/gone.txt", "written again")]));
    let recovered = recover(root.path(), &Unwatched).unwrap().unwrap();
    let path = |path: &str| RelPath::new(path).unwrap();
    assert_eq!(
        recovered.kept,
        [
            (path("new/one.txt"), "new/one.txt".to_owned()),
            (path("old/gone.txt"), "old/gone.txt.edited".to_owned()),
            (path("replaced.txt"), "replaced.txt.edited".to_owned()),
        ]
    );
    assert!(recovered.to_string().ends_with(
        "; `new/one.txt`, which was edited since, was left; `old/gone.txt` was edited since, which is kept as `old/gone.txt.edited`; \
         `replaced.txt` was edited since, which is kept as `replaced.txt.edited`"
    ));
    let mut after = snapshot(root.path());
    for (path, content) in [("new/one.txt", "edited"), ("old/gone.txt.edited", "written again"), ("replaced.txt.edited", "edited")] {
        assert!(after.remove(path).unwrap().ends_with(&format!("{content:?}")));
    }
    after.remove("new");
    // Somebody made this folder again, so its permissions are theirs.
    let mut before = before;
    before.remove("old");
    after.remove("old");
    assert_eq!(after, before);
}

#[test]
fn a_live_run_is_named() {
    let root = temporary();
    repository(root.path());
    let mut child = parked(Work::Apply, root.path(), Fate { park_at: Some(20), ..Fate::default() });
    let before = snapshot(root.path());
    let holder = if cfg!(unix) { format!(" (process {})", child.id()) } else { String::new() };
    let wanted = format!(
        "`{}` exists, and another stagekit{holder} is at work in it: it holds `{}`",
        root.path().display(),
        root.path().join(".stagekit").join("lock").display()
    );
    for error in [recover(root.path(), &Unwatched).unwrap_err(), scenario::apply(root.path(), &Unwatched).unwrap_err()] {
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Conflict, wanted.clone()));
    }
    assert_eq!(snapshot(root.path()), before);
    child.kill().unwrap();
    child.wait().unwrap();
    recover(root.path(), &Unwatched).unwrap();
    scenario::apply(root.path(), &Unwatched).unwrap();
}

#[test]
fn a_lock_that_nobody_holds_is_removed() {
    let root = temporary();
    write(root.path(), &tree(&[(".stagekit/lock", "4711")]));
    assert_eq!(recover(root.path(), &Unwatched).unwrap(), None);
    assert_eq!(names(root.path()), Vec::<String>::new());
}

#[test]
fn a_record_that_cannot_be_read_stops_and_says_where_the_originals_are() {
    let root = temporary();
    for record in
        ["", "{}", r#"{"format":1,"made":["../out"],"emptied":[],"moves":[]}"#, r#"{"format":2,"made":[],"emptied":[],"moves":[]}"#]
    {
        write(root.path(), &tree(&[(".stagekit/journal/record", record), (".stagekit/journal/old/0", "original")]));
        let error = recover(root.path(), &Unwatched).unwrap_err();
        assert!(error.to_string().starts_with("failed to read `"), "{error}");
        assert!(error.way_out().unwrap().contains("the originals are in"));
        assert_eq!(fs::read(root.path().join(".stagekit/journal/old/0")).unwrap(), b"original");
    }
}

/// A repository from elsewhere may bring a journal with it.
#[cfg(unix)]
#[test]
fn a_foreign_journal_does_not_lead_out_of_the_repository() {
    use std::os::unix::fs::symlink;

    let outside = temporary();
    write(outside.path(), &tree(&[("precious", "mine")]));
    let before = snapshot(outside.path());

    // A path through a symlink.
    let root = temporary();
    symlink(outside.path(), root.path().join("link")).unwrap();
    let record = r#"{"format":1,"made":["link/new"],"emptied":[["link/folder",511]],"moves":[
        {"path":"link/new","original":false,"fresh":"00"},{"path":"link/precious","original":true,"fresh":null}]}"#;
    write(root.path(), &tree(&[(".stagekit/journal/record", record), (".stagekit/journal/old/1", "evil")]));
    recover(root.path(), &Unwatched).unwrap_err();
    assert_eq!(snapshot(outside.path()), before);

    // Our own folders and files as symlinks.
    for (link, inner) in [
        (".stagekit", None),
        (".stagekit/lock", None),
        (".stagekit/journal", None),
        (".stagekit/journal/old", Some(".stagekit/journal/record")),
    ] {
        let root = temporary();
        let link = root.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let to = if link.ends_with("lock") { outside.path().join("precious") } else { outside.path().to_path_buf() };
        symlink(to, &link).unwrap();
        if let Some(inner) = inner {
            fs::write(
                root.path().join(inner),
                r#"{"format":1,"made":[],"emptied":[],"moves":[{"path":"x","original":true,"fresh":null}]}"#,
            )
            .unwrap();
        }
        let _ = recover(root.path(), &Unwatched);
        let _ = scenario::create(root.path(), &Unwatched);
        assert_eq!(snapshot(outside.path()), before, "through {}", link.display());
    }
}
