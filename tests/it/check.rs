//! `stagekit check`, `status` and `hint`, in a repository whose tests are a shell script.

use std::fs;

use crate::{
    learning::{made, read, typed, write},
    transcript::{Ended, Transcript},
};

fn state(ended: &Ended) -> String {
    read(ended, "milestone.cfg")
}

#[test]
fn a_milestone_is_red_until_it_is_solved_and_then_the_next_one_opens() {
    let ended = made("--at 0");
    let red = typed("check", ended)
        .status(4)
        .stdout(
            "Milestone 1: The first step (0 of 1 test, 0 of 5 points)\n  FAILED  step 1 is there\n\n\
             The first that fails: step 1 is there\n  there is no step 1: milestone 1, see docs/milestones/1.md\n",
        )
        .stderr(
            "running the tests up to milestone 1: sh check.sh 1\nerror: milestone 1 is not reached yet\n\
             hint: `stagekit hint 1` helps, and so does docs/milestones/1.md\n",
        )
        .check();
    assert_eq!(state(&red), "# the milestone that is reached\nmilestone = 0\n");

    write(&red, "work.txt", "smoke\nstep 1\n");
    let green = typed("check", red)
        .stdout(
            "Milestone 1: The first step (1 of 1 test, 5 of 5 points)\n  ok      step 1 is there\n\n\
             Milestone 1 of 2 is done: 5 of 15 points.\nNext is milestone 2: The second step (20 min)\n  \
             The second step is there, and so is the first.\n  read docs/milestones/2.md\n",
        )
        .stderr("running the tests up to milestone 1: sh check.sh 1\n")
        .check();
    assert_eq!(state(&green), "# the milestone that is reached\nmilestone = 1\n");
}

#[test]
fn what_worked_before_is_told_first() {
    let ended = made("--at 1");
    write(&ended, "work.txt", "smoke\nstep 2\n");
    let ended = typed("check", ended).run();
    assert!(
        ended.stdout.starts_with("Milestone 1 is broken\n  FAILED  step 1 is there\n\nMilestone 2: The second step (2 of 2 tests"),
        "{}",
        ended.stdout
    );
    assert!(ended.stderr.contains("error: milestone 1 worked before and does not any more\n"), "{}", ended.stderr);
    assert_eq!((ended.status, state(&ended).as_str()), (4, "# the milestone that is reached\nmilestone = 1\n"));
}

#[test]
fn a_later_milestone_counts_only_with_those_before_it() {
    let ended = made("--at 0");
    write(&ended, "work.txt", "smoke\nstep 2\n");
    let ended = typed("check 2", ended).run();
    assert!(ended.stderr.contains("error: milestone 1 is not reached yet\n"), "{}", ended.stderr);
    assert_eq!((ended.status, state(&ended).as_str()), (4, "# the milestone that is reached\nmilestone = 0\n"));
    write(&ended, "work.txt", "smoke\nstep 1\nstep 2\n");
    let ended = typed("check --all", ended).run();
    assert!(
        ended.stdout.ends_with("Milestone 2 of 2 is done: 15 of 15 points.\nThat was the last one: the project is finished.\n"),
        "{}",
        ended.stdout
    );
    assert_eq!((ended.status, state(&ended).as_str()), (0, "# the milestone that is reached\nmilestone = 2\n"));
}

#[test]
fn code_that_does_not_build_a_missing_server_and_a_missing_tool_are_told_apart() {
    let ended = made("--at 1");
    write(&ended, "does-not-compile", "");
    let ended = typed("check", ended)
        .status(4)
        .stderr(
            "running the tests up to milestone 2: sh check.sh 2\n  work.txt:1: error: that is no step\n\
             error: the tests could not run: the code does not build, or the build cannot start\n\
             hint: `.stagekit/check.log` has all that was said; `sh check.sh 2` says it again\n",
        )
        .check();
    fs::remove_file(ended.dir.path().join("does-not-compile")).expect("a file");

    write(&ended, "no-server", "");
    write(&ended, "work.txt", "smoke\nstep 1\nstep 2\n");
    let ended = typed("check", ended).run();
    assert!(ended.stdout.contains("  skipped the file is there: no server: start one\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("hint: a test that was skipped says what it misses"), "{}", ended.stderr);
    assert_eq!(ended.status, 4);

    let receipt = ended.dir.path().join(".stagekit/receipt.toml");
    let text = fs::read_to_string(&receipt).expect("a receipt").replace("\"sh\"", "\"no-such-tool\"");
    fs::write(&receipt, text).expect("a receipt");
    typed("check", ended)
        .status(1)
        .stderr(
            "running the tests up to milestone 2: no-such-tool check.sh 2\n\
             error: `no-such-tool` is not there, and the tests run with it\nhint: install it, or put it on the PATH\n",
        )
        .check();
}

#[test]
fn a_report_of_an_earlier_run_is_not_counted() {
    let ended = made("--at 0");
    let ended = typed("check 2", ended).run();
    // The second report is from that run, and says nothing of this one.
    let ended = typed("check --json", ended).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((&told["checked"], &told["reached"], &told["milestones"][0]["number"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(told["milestones"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["milestones"][0]["tests"][0]["outcome"], "failed");
}

#[test]
fn status_knows_the_way_and_what_has_changed() {
    let ended = made("--at 1");
    insta::assert_snapshot!("status", {
        let ended = typed("status", ended).run();
        ended.stdout
    });
    let ended = typed("check", made("--at 1")).run();
    let ended = typed("status", ended).run();
    assert!(
        ended.stdout.contains("Last check: milestone 2, 1 of 2 tests passed; since then 0 files of yours changed.\n"),
        "{}",
        ended.stdout
    );
    write(&ended, "work.txt", "smoke\nstep 1\nstep 2\n");
    let ended = typed("status", ended).run();
    assert!(ended.stdout.contains("since then 1 file of yours changed:\n  work.txt\n"), "{}", ended.stdout);
    let ended = typed("status --json", ended).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((&told["reached"], &told["points"], &told["changed_since"][0]), (&1.into(), &5.into(), &"work.txt".into()));
}

#[test]
fn each_hint_is_one_more_and_none_is_of_another_answer() {
    let one = typed("hint", made("--at 0"))
        .stdout("Milestone 1, hint 1 of 2\n  A step is a line.\n")
        .stderr("hint: `stagekit hint` shows the next one\n")
        .check();
    let two = typed("hint", one).stdout("Milestone 1, hint 2 of 2\n  Write `step 1`.\n").check();
    let again = typed("hint", two)
        .stdout("Milestone 1, hint 2 of 2\n  Write `step 1`.\n")
        .stderr("hint: that was the last one; `stagekit hint 1 --all` shows all of them again\n")
        .check();
    let all = typed("hint 1 --all", again).run();
    assert!(all.stdout.contains("hint 1 of 2") && all.stdout.contains("hint 2 of 2"), "{}", all.stdout);
    typed("hint 3", all).status(2).stderr("error: there is no milestone 3 in this course\nhint: it has milestones 1 to 2\n").check();
}

#[test]
fn the_repository_is_found_from_below_and_missed_elsewhere() {
    let ended = made("--at 0");
    let ended = typed("status", ended).cwd("docs/milestones").run();
    assert!(ended.stdout.ends_with("  read ../../docs/milestones/1.md\n"), "{}", ended.stdout);
    for command in ["check", "status", "hint"] {
        Transcript::of(command)
            .status(2)
            .stderr(
                "error: there is no repository of stagekit here: neither this folder nor one above it has `.stagekit/receipt.toml`\n\
                 hint: go into one, or make one with `stagekit new`\n",
            )
            .check();
    }
}

#[test]
fn git_ignores_what_is_remembered() {
    let before = made("--at 0").files();
    let ended = typed("check", typed("hint", made("--at 0")).run()).run();
    let ignored = fs::read_to_string(ended.dir.path().join(".stagekit/.gitignore")).expect("a file");
    let more: Vec<String> = ended.files().into_iter().filter(|path| path.starts_with(".stagekit/") && !before.contains(path)).collect();
    assert_eq!(more, [".stagekit/check.log", ".stagekit/local.toml"]);
    assert!(more.iter().all(|path| ignored.lines().any(|line| path.strip_prefix(".stagekit/") == Some(line))), "{ignored}");
}
