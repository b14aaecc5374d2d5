//! `stagekit solution`, `diff` and `update`.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{
    learning::{made, read, typed, write},
    transcript::{Ended, Transcript, fixtures},
};

/// The same kit in its next version: another first line of the work, and a page that says more.
fn newer() -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() { copy(&from, &to) } else { assert!(fs::copy(&from, &to).is_ok()) }
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    copy(&fixtures().join("learning"), dir.path());
    let change = |path: &str, from: &str, to: &str| {
        let path = dir.path().join("kits/stairs").join(path);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{}", path.display());
        fs::write(&path, text.replace(from, to)).expect("a file");
    };
    change("kit.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    change("files/docs/milestones/1.md", "Write", "Please write");
    change("files/docs/milestones/2.md", "Write", "Please write");
    change("files/work.txt.hbs", "smoke\n", "smoke\n# the steps\n");
    dir
}

fn with_newer(line: &str, newer: &TempDir, earlier: Ended) -> Transcript {
    Transcript::of(line).env("STAGEKIT_TEMPLATES", newer.path()).after(earlier)
}

#[test]
fn what_a_milestone_changes_is_shown() {
    let ended = typed("solution", made("--at 0"))
        .stdout("diff --git a/work.txt b/work.txt\n--- a/work.txt\n+++ b/work.txt\n@@ -1 +1,2 @@\n smoke\n+step 1\n")
        .stderr("hint: `stagekit solution 1 --mine` compares with your files, `--apply` takes it over\n")
        .check();
    write(&ended, "work.txt", "smoke\nstep one\n");
    typed("solution 1 --mine", ended)
        .stdout("diff --git a/work.txt b/work.txt\n--- a/work.txt\n+++ b/work.txt\n@@ -1,2 +1,2 @@\n smoke\n-step one\n+step 1\n")
        .check();
}

#[test]
fn from_the_starter_to_the_end_by_the_reference() {
    let mut ended = made("--at 0");
    for number in 1..=2 {
        ended = typed("check", ended).run();
        assert_eq!(ended.status, 4, "{}", ended.stdout);
        ended = typed("solution --apply", ended)
            .stdout("change  work.txt\n\n1 to change, 3 unchanged\n")
            .stderr(&format!(
                "took over the reference's milestone {number}: The {} step\nhint: `stagekit check` runs its tests\n",
                ["first", "second"][number - 1]
            ))
            .check();
        ended = typed("check", ended).run();
        assert_eq!(ended.status, 0, "{}", ended.stdout);
    }
    assert_eq!(read(&ended, "work.txt"), "smoke\nstep 1\nstep 2\n");
    let ended = typed("update", ended).stdout("nothing to do\n").stderr("up to date with version 0.1.0 of the kit\n").check();
    typed("diff", ended).stderr("every file of the kit is as it was rendered\n").check();
}

#[test]
fn a_later_milestone_waits_for_those_before_it() {
    typed("solution 2 --apply", made("--at 0"))
        .status(2)
        .stderr(
            "error: milestone 2 builds on milestone 1, which is not reached yet\n\
             hint: `stagekit solution 1 --apply` comes first\n",
        )
        .check();
}

#[test]
fn where_the_learner_wrote_too_nothing_is_written_unless_markers_are_wanted() {
    let ended = made("--at 0");
    write(&ended, "work.txt", "smoke\nstep one, my way\n");
    let ended = typed("solution --apply", ended)
        .status(3)
        .stderr(
            "error: 1 file is in the way, nothing was written\n  \
             work.txt: you and the new version changed the same place (move your version away, run the command again, then put your changes back)\n\
             hint: `--conflicts=markers` writes both versions into the files, for you to choose\n",
        )
        .check();
    assert_eq!(read(&ended, "work.txt"), "smoke\nstep one, my way\n");
    let ended = typed("solution --apply --conflicts markers", ended).run();
    assert!(ended.stderr.contains("error: conflict markers stand in `work.txt`\n"), "{}", ended.stderr);
    assert_eq!(ended.status, 3);
    let text = read(&ended, "work.txt");
    assert!(text.contains("<<<<<<< ") && text.contains("step one, my way\n") && text.contains("step 1\n"), "{text}");
    let ended = typed("update", ended)
        .status(3)
        .stderr(
            "error: an earlier merge is not finished, nothing was written\n  work.txt: conflict markers stand in it\n\
             hint: choose one version at each `<<<<<<<`, and remove the markers\n",
        )
        .check();
    write(&ended, "work.txt", "smoke\nstep 1\n");
    assert_eq!(typed("update", ended).run().status, 0);
}

#[test]
fn an_update_takes_what_is_new_and_leaves_what_is_the_users() {
    let newer = newer();
    let ended = made("--at 0");
    write(&ended, "work.txt", "smoke\nmy own step\n");
    write(&ended, "mine.txt", "mine\n");
    fs::remove_file(ended.dir.path().join("docs/milestones/2.md")).expect("a file");

    let ended = with_newer("hint", &newer, ended)
        .status(3)
        .stderr(
            "error: the kit `stairs` has changed since this repository was made from it\n\
             hint: `stagekit update` brings the repository to the kit as it is now\n",
        )
        .check();
    let listing = "leave   docs/milestones/2.md  (you deleted it, the new version changes it)\n";
    let before = read(&ended, ".stagekit/receipt.toml");
    let ended = with_newer("update --dry-run", &newer, ended).run();
    assert!(ended.stdout.contains("conflict  work.txt") || ended.stdout.contains("merge"), "{}", ended.stdout);
    assert_eq!((read(&ended, ".stagekit/receipt.toml"), read(&ended, "work.txt").as_str()), (before, "smoke\nmy own step\n"));

    // Two lines apart, both changes find room.
    write(&ended, "work.txt", "my own first\nsmoke\n");
    let ended = with_newer("update", &newer, ended).run();
    assert!(
        ended.stdout.contains("change  docs/milestones/1.md\n") && ended.stdout.contains(listing),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    assert!(ended.stderr.ends_with("updated from version 0.1.0 of the kit to 0.2.0\n"), "{}", ended.stderr);
    assert_eq!(read(&ended, "work.txt"), "my own first\nsmoke\n# the steps\n");
    assert_eq!((read(&ended, "docs/milestones/1.md").as_str(), read(&ended, "mine.txt").as_str()), ("Please write `step 1`.\n", "mine\n"));
    assert!(!ended.dir.path().join("docs/milestones/2.md").exists());
    assert!(read(&ended, ".stagekit/receipt.toml").contains("version = \"0.2.0\""));
    with_newer("update", &newer, ended).stdout("nothing to do\n").stderr("up to date with version 0.2.0 of the kit\n").check();
}

#[test]
fn an_update_keeps_the_reference_code_that_was_taken() {
    let newer = newer();
    let ended = typed("solution --apply --quiet", made("--at 0")).run();
    assert_eq!((ended.status, read(&ended, "work.txt").as_str()), (0, "smoke\nstep 1\n"));
    let ended = with_newer("update --quiet", &newer, ended).run();
    assert_eq!((ended.status, read(&ended, "work.txt").as_str()), (0, "smoke\n# the steps\nstep 1\n"));
}

#[test]
fn what_differs_from_the_kit_is_shown() {
    let ended = made("--at 0");
    write(&ended, "work.txt", "smoke\nmine\n");
    typed("diff", ended).stdout("diff --git a/work.txt b/work.txt\n--- a/work.txt\n+++ b/work.txt\n@@ -1 +1,2 @@\n smoke\n+mine\n").check();
}
