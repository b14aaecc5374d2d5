use std::{fs, path::Path, sync::Mutex};

use stagekit::{
    disk::{Act, Unwatched, Verb, Watch, creatable, create, create_with, sweep},
    error::{Error, ErrorKind, Result},
    tree::Tree,
};
use tempfile::TempDir;

use super::{
    child::{Fate, Work, ended, killed, parked},
    folder::{chmod, contents, names, snapshot, temporary, tree, write},
    scenario::{self, starter},
    script::Script,
};

/// The ways in which a target may stand, all of which `create` accepts.
const TARGETS: [&str; 3] = ["missing", "far/far/away", "empty"];

/// A folder with the user's things and one target of each kind.
fn place() -> TempDir {
    let place = temporary();
    write(place.path(), &tree(&[("mine/own.txt", "mine")]));
    fs::create_dir(place.path().join("empty")).unwrap();
    chmod(&place.path().join("empty"), 0o750);
    place
}

fn undisturbed(target: &str) -> Script {
    let script = Script::default();
    scenario::create(&place().path().join(target), &script).unwrap();
    script
}

#[test]
fn every_file_is_there_with_its_mode_and_nothing_else() {
    for target in TARGETS {
        let place = place();
        let mut before = snapshot(place.path());
        scenario::create(&place.path().join(target), &Unwatched).unwrap();
        assert_eq!(contents(&place.path().join(target)), starter());
        let mut after = snapshot(place.path());
        for paths in [&mut before, &mut after] {
            paths.retain(|path, _| path != "far" && path != "far/far" && !path.starts_with(&format!("{target}/")) && path != target);
        }
        assert_eq!(after, before);
    }
}

#[test]
fn an_empty_folder_stays_the_same_folder() {
    let place = place();
    let target = place.path().join("empty");
    let script = Script::default();
    scenario::create(&target, &script).unwrap();
    if cfg!(unix) {
        assert!(snapshot(place.path())["empty"].starts_with("750"), "it was replaced by another");
    }
    let placed: Vec<_> = script.seen.borrow().iter().filter(|(verb, _)| *verb == Verb::Place).map(|(_, name)| name.clone()).collect();
    assert_eq!(placed[placed.len() - 2..], ["base.tar", "receipt.toml"]);
}

#[cfg(unix)]
#[test]
fn a_symlink_to_an_empty_folder_is_that_folder() {
    let place = place();
    std::os::unix::fs::symlink("empty", place.path().join("link")).unwrap();
    scenario::create(&place.path().join("link"), &Unwatched).unwrap();
    assert_eq!(contents(&place.path().join("empty")), starter());
    assert_eq!(fs::read_link(place.path().join("link")).unwrap(), Path::new("empty"));
}

#[test]
fn what_is_in_the_way_is_named_and_stays() {
    let place = place();
    write(
        place.path(),
        &tree(&[
            ("full/a", ""),
            ("full/b", ""),
            ("full/c", ""),
            ("full/d", ""),
            ("full/e", ""),
            ("repo/.stagekit/receipt.toml", ""),
            ("file", ""),
        ]),
    );
    #[cfg(unix)]
    for (link, to) in [("to-full", "full"), ("to-file", "file"), ("to-nothing", "nowhere")] {
        std::os::unix::fs::symlink(to, place.path().join(link)).unwrap();
    }
    let before = snapshot(place.path());
    let mut rows = vec![
        ("full", "exists and is not empty: it holds `a`, `b`, `c` and 2 more"),
        ("mine", "exists and is not empty: it holds `own.txt`"),
        ("repo", "exists and is not empty: it holds `.stagekit`"),
        ("file", "exists and is a file"),
    ];
    if cfg!(unix) {
        rows.extend([
            ("to-full", "exists and is not empty: it holds `a`, `b`, `c` and 2 more"),
            ("to-file", "exists and is a file"),
            ("to-nothing", "exists and is a symlink to nothing"),
        ]);
    }
    for (target, wanted) in rows {
        let target = place.path().join(target);
        let error = scenario::create(&target, &Unwatched).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Conflict, format!("`{}` {wanted}", target.display())));
        assert!(error.way_out().is_some_and(|hint| hint.starts_with("choose another folder")));
        if !target.ends_with("repo") {
            assert_eq!(creatable(&target).unwrap_err().to_string(), error.to_string());
        }
        assert_eq!(snapshot(place.path()), before);
    }
}

#[test]
fn a_parent_that_cannot_hold_the_target_is_named() {
    let place = place();
    write(place.path(), &tree(&[("file", "")]));
    fs::create_dir(place.path().join("locked")).unwrap();
    chmod(&place.path().join("locked"), 0o555);
    let before = snapshot(place.path());
    let mut targets = vec!["file/x", "file/x/y"];
    if fs::write(place.path().join("locked/probe"), "").is_ok() {
        println!("skipped: for root every folder is writable");
        fs::remove_file(place.path().join("locked/probe")).unwrap();
    } else {
        targets.extend(["locked/x", "locked/x/y"]);
    }
    for target in targets {
        let target = place.path().join(target);
        let error = scenario::create(&target, &Unwatched).unwrap_err();
        assert!(error.to_string().starts_with(&format!("failed to create `{}`: ", target.display())), "{error}");
        assert_eq!(snapshot(place.path()), before);
    }
}

#[test]
fn a_target_without_a_name_is_a_wrong_usage() {
    let place = place();
    let error = scenario::create(&place.path().join("missing/.."), &Unwatched).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn a_fault_at_any_step_leaves_nothing() {
    for target in TARGETS {
        let script = undisturbed(target);
        let committed = script.first(Verb::Commit);
        for step in 0..script.steps() {
            let place = place();
            let before = snapshot(place.path());
            let result = scenario::create(&place.path().join(target), &Script::failing_from(step));
            if step <= committed {
                assert_eq!(result.unwrap_err().to_string(), format!("fault at step {step}"));
                assert_eq!(snapshot(place.path()), before, "after a fault at step {step} of {target}");
                scenario::create(&place.path().join(target), &Unwatched).unwrap();
            } else {
                result.unwrap();
            }
            assert_eq!(contents(&place.path().join(target)), starter());
        }
    }
}

/// Fails from a step on, whichever thread comes to it.
#[derive(Default)]
struct Shared {
    fail_from: Option<usize>,
    seen: Mutex<Vec<Verb>>,
}

impl Watch for Shared {
    fn before(&self, act: &Act<'_>) -> Result<()> {
        let mut seen = self.seen.lock().unwrap();
        seen.push(act.verb);
        if self.fail_from.is_some_and(|from| seen.len() > from) { Err(Error::failed("fault")) } else { Ok(()) }
    }
}

#[test]
fn what_two_threads_write_is_there_as_a_whole_or_not_at_all() {
    let (more, files): (Tree, Tree) = starter().into_iter().partition(|(path, _)| path.as_str().starts_with(".stagekit/"));
    for target in TARGETS {
        let undisturbed = Shared::default();
        create_with(&place().path().join(target), &files, || Ok(more.clone()), &undisturbed).unwrap();
        let seen = undisturbed.seen.into_inner().unwrap();
        let committed = seen.iter().position(|verb| *verb == Verb::Commit).unwrap();
        for step in 0..seen.len() {
            let place = place();
            let path = place.path().join(target);
            let before = snapshot(place.path());
            let result = create_with(&path, &files, || Ok(more.clone()), &Shared { fail_from: Some(step), ..Shared::default() });
            if step <= committed {
                assert_eq!(result.unwrap_err().to_string(), "fault");
                assert_eq!(snapshot(place.path()), before, "after a fault at step {step} of {target}");
                let error = create_with(&path, &files, || Err(Error::failed("no receipt")), &Unwatched).unwrap_err();
                assert_eq!(error.to_string(), "no receipt");
                assert_eq!(snapshot(place.path()), before);
                create_with(&path, &files, || Ok(more.clone()), &Unwatched).unwrap();
            } else {
                result.unwrap();
            }
            assert_eq!(contents(&path), starter());
        }
    }
}

#[test]
fn ctrl_c_at_any_step_leaves_nothing() {
    for target in TARGETS {
        for step in 0..=undisturbed(target).first(Verb::Commit) {
            let place = place();
            let before = snapshot(place.path());
            let end = ended(Work::Create, &place.path().join(target), Fate { interrupt_at: Some(step), ..Fate::default() });
            assert_eq!(end, "Interrupted interrupted; nothing was left behind");
            assert_eq!(snapshot(place.path()), before, "after Ctrl-C at step {step} of {target}");
        }
    }
}

#[test]
fn a_process_killed_at_any_step_is_in_nobodys_way() {
    for target in TARGETS {
        let script = undisturbed(target);
        let committed = script.first(Verb::Commit);
        for step in 0..script.steps() {
            let place = place();
            let path = place.path().join(target);
            killed(Work::Create, &path, Fate { park_at: Some(step), ..Fate::default() });
            if target != "empty" {
                assert_eq!(path.exists(), step > committed, "it is there as a whole or not at all");
            }
            assert!(step > committed || creatable(&path).is_ok());
            let again = scenario::create(&path, &Unwatched);
            if step > committed {
                assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict);
            } else {
                again.unwrap();
            }
            sweep(place.path(), &Unwatched);
            assert_eq!(contents(&path), starter(), "after a kill at step {step} of {target}");
            let first = target.split('/').next().unwrap();
            assert!(names(place.path()).iter().all(|name| name == first || name == "empty" || name == "mine"), "{:?}", names(place.path()));
        }
    }
}

#[test]
fn what_a_killed_process_left_is_swept_away() {
    for target in &TARGETS[..2] {
        for step in 0..=undisturbed(target).first(Verb::Commit) {
            let place = place();
            let before = snapshot(place.path());
            killed(Work::Create, &place.path().join(target), Fate { park_at: Some(step), ..Fate::default() });
            sweep(place.path(), &Unwatched);
            assert_eq!(snapshot(place.path()), before, "after a kill at step {step} of {target}");
        }
    }
}

#[test]
fn a_live_run_is_left_alone() {
    for target in TARGETS {
        let script = undisturbed(target);
        // From the first file on it holds its lock.
        let step = script.seen.borrow().iter().position(|(verb, name)| *verb == Verb::Write && !name.ends_with("lock")).unwrap();
        let place = place();
        let path = place.path().join(target);
        let mut child = parked(Work::Create, &path, Fate { park_at: Some(step), ..Fate::default() });
        let before = snapshot(place.path());
        sweep(place.path(), &Unwatched);
        let error = scenario::create(&path, &Unwatched).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(
            error.to_string().starts_with(&format!("`{}` exists", path.display())) && error.to_string().contains("another stagekit"),
            "{error}"
        );
        assert_eq!(snapshot(place.path()), before);
        child.kill().unwrap();
        child.wait().unwrap();
        scenario::create(&path, &Unwatched).unwrap();
        assert_eq!(contents(&path), starter());
    }
}

#[test]
fn what_the_user_has_under_our_temporary_names_stays() {
    for (path, text) in
        [(".missing.stagekit-new/own.txt", "mine"), (".missing.stagekit-lock", "mine"), (".missing.stagekit-lock/own.txt", "mine")]
    {
        let place = place();
        write(place.path(), &tree(&[(path, text)]));
        let before = snapshot(place.path());
        sweep(place.path(), &Unwatched);
        let error = scenario::create(&place.path().join("missing"), &Unwatched).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Conflict && error.to_string().ends_with("is in the way, and stagekit did not make it"),
            "{error}"
        );
        assert_eq!(snapshot(place.path()), before);
    }
}

#[test]
fn an_empty_tree_is_an_empty_folder() {
    let place = place();
    create(&place.path().join("missing"), &Tree::new(), &Unwatched).unwrap();
    assert_eq!(names(&place.path().join("missing")), Vec::<String>::new());
}
