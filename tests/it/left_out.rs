//! `stagekit check` where a test file does not compile, and the compiler takes all of them or none.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
};

use crate::{
    interrupt::{is_running, pids_in, signal},
    learning::{read, write},
    transcript::{Ended, Transcript},
};

fn made(words: &str) -> Ended {
    Transcript::of(&format!("new wall . --yes --quiet --no-git {words}")).fixture("compiled").check()
}

/// What is typed there, with a folder for temporary files in which nothing may be left.
fn typed(line: &str, ended: Ended) -> Transcript {
    let temporary = temporary(&ended);
    fs::create_dir_all(&temporary).expect("a folder");
    Transcript::of(line).fixture("compiled").env("TMPDIR", temporary).after(ended)
}

fn temporary(ended: &Ended) -> PathBuf {
    ended.dir.path().join("target/tmp")
}

#[track_caller]
fn has_left_nothing(ended: &Ended) {
    let left: Vec<_> = fs::read_dir(temporary(ended)).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

const BROKEN: &str = "class M1BricksTest {\n    { missing(); }\n}\n";
const M1: &str = "src/test/java/M1BricksTest.java";
const M2: &str = "src/test/java/M2RoofTest.java";

#[test]
fn it_is_left_out_and_named_and_red_and_the_rest_runs() {
    let ended = made("--at 1");
    write(&ended, M1, BROKEN);
    let ended = typed("check --junit check.xml --markdown check.md", ended)
        .status(4)
        .stdout(
            "Milestone 1 is broken\n  broken  src/test/java/M1BricksTest.java:2: cannot find symbol: method missing()\n  \
             missing 1 test did not run: their file is broken\n\nMilestone 2: A roof (1 of 1 test, 10 of 10 points)\n  ok      it stands\n",
        )
        .stderr(
            "running the tests up to milestone 2: sh build.sh 2\n\
             leaving out what is broken: src/test/java/M1BricksTest.java:2: cannot find symbol: method missing()\n\
             error: milestone 1 worked before and does not any more\n\
             hint: a test file that is broken works again once what it uses is there again; `stagekit diff` shows what differs from the kit\n",
        )
        .check();
    has_left_nothing(&ended);
    assert_eq!((read(&ended, M1).as_str(), read(&ended, "milestone.cfg").contains("= 1\n")), (BROKEN, true));
    insta::assert_snapshot!("junit", read(&ended, "check.xml"));
    insta::assert_snapshot!("markdown", read(&ended, "check.md"));
    let log = read(&ended, ".stagekit/check.log");
    assert!(
        log.contains("[ERROR] COMPILATION ERROR") && log.contains("--- again, in a copy without src/test/java/M1BricksTest.java\n"),
        "{log}"
    );

    let ended = typed("check --json", ended).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["broken"][0]["left_out"][0]["line"], 2, "{told}");

    write(&ended, M1, "class M1BricksTest {\n}\n");
    assert_eq!(typed("check", ended).run().status, 0);
}

#[test]
fn one_that_hides_others_does_not_hide_them_for_long() {
    let ended = made("--at 1");
    write(&ended, M1, BROKEN);
    write(&ended, M2, "class M2RoofTest {\n;;;\n}\n");
    let ended = typed("check", ended).run();
    assert!(
        ended.stdout.contains("  broken  src/test/java/M1BricksTest.java:2: cannot find symbol: method missing()\n")
            && ended.stdout.contains("  broken  src/test/java/M2RoofTest.java:2: ';' expected\n"),
        "{}",
        ended.stdout
    );
    has_left_nothing(&ended);
}

#[test]
fn one_of_the_learner_s_own_and_one_of_a_later_milestone_count_too() {
    for path in ["src/test/java/MineTest.java", M2] {
        let ended = made("--at 0");
        write(&ended, path, "missing();\n");
        let ended = typed("check", ended).run();
        assert!(
            ended
                .stdout
                .starts_with(&format!("What has no milestone is broken\n  broken  {path}:1: cannot find symbol: method missing()\n\n")),
            "{}",
            ended.stdout
        );
        assert!(ended.stdout.ends_with("  ok      it stands\n"), "{}", ended.stdout);
        assert_eq!((ended.status, read(&ended, "milestone.cfg").contains("= 0\n")), (4, true), "the repository does not build");
    }
}

#[test]
fn code_that_does_not_compile_is_nothing_to_leave_out() {
    let ended = made("--at 0");
    write(&ended, "src/main/java/Wall.java", "missing();\n");
    write(&ended, M2, "missing();\n");
    let ended = typed("check", ended)
        .status(4)
        .stderr(
            "running the tests up to milestone 1: sh build.sh 1\n  [ERROR] COMPILATION ERROR :\n  \
             [ERROR] src/main/java/Wall.java:[1,5] cannot find symbol\n  [ERROR] Failed to execute goal compile: Compilation failure\n\
             error: the code does not compile, so no test ran\n\
             hint: `.stagekit/check.log` has all that was said; `sh build.sh 1` says it again\n",
        )
        .check();
    has_left_nothing(&ended);
}

#[test]
fn where_nothing_is_left_the_first_errors_are_told() {
    let ended = made("--at 0");
    for path in ["src/test/java/M0GroundTest.java", M1, M2] {
        write(&ended, path, if path == M2 { ";;;\n" } else { "missing();\n" });
    }
    let ended = typed("check --quiet --markdown -", ended)
        .status(4)
        .stdout(
            "## Wall: milestone 1 of 2\n\n**The code does not compile, so no test ran.**\n\n```text\n[ERROR] COMPILATION ERROR :\n\
             [ERROR] src/test/java/M2RoofTest.java:[1,5] ';' expected\n[ERROR] Failed to execute goal compile: Compilation failure\n```\n",
        )
        .stderr(
            "error: the code does not compile, so no test ran\n\
             hint: `.stagekit/check.log` has all that was said; `sh build.sh 1` says it again\n",
        )
        .check();
    has_left_nothing(&ended);
}

/// A check that hangs in the copy.
fn hanging() -> (Child, Vec<String>, Ended) {
    let ended = made("--at 1");
    write(&ended, M1, BROKEN);
    let pids = ended.dir.path().join("pids");
    write(&ended, "hangs", &pids.to_string_lossy());
    let transcript = typed("check", ended);
    let child = transcript.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    (child, pids_in(&pids), transcript.into_ended())
}

#[test]
fn no_signal_touches_the_file() {
    let (child, pids, ended) = hanging();
    signal("TERM", &child.id().to_string());
    assert_eq!(child.wait_with_output().expect("an end").status.code(), Some(130));
    assert!(!pids.iter().any(|pid| is_running(pid)), "{pids:?}");
    has_left_nothing(&ended);
    assert_eq!(read(&ended, M1), BROKEN);

    let (child, pids, ended) = hanging();
    signal("KILL", &child.id().to_string());
    child.wait_with_output().expect("an end");
    // Nobody was left to end them.
    for pid in &pids {
        signal("KILL", pid);
    }
    assert_eq!(read(&ended, M1), BROKEN);
    fs::remove_file(ended.dir.path().join("hangs")).expect("a file");
    assert_eq!(typed("check", ended).run().status, 4);
}
