//! `stagekit check --junit` and `--markdown`.

use crate::{
    learning::{made, read, typed, write},
    transcript::Ended,
};

/// Milestone 2 is red, and so is what worked before.
fn red() -> Ended {
    let ended = made("--at 1");
    write(&ended, "work.txt", "smoke\n");
    write(&ended, "no-server", "");
    ended
}

#[test]
fn a_report_for_programs_and_one_for_people_are_written_beside_what_is_told() {
    let plain = typed("check", red()).run();
    let ended = typed("check --junit out/check.xml --markdown check.md", red()).run();
    assert_eq!((&ended.stdout, &ended.stderr, ended.status), (&plain.stdout, &plain.stderr, 4));
    insta::assert_snapshot!("junit", read(&ended, "out/check.xml"));
    insta::assert_snapshot!("markdown", read(&ended, "check.md"));

    let ended = typed("check --json --junit out/check.xml --markdown check.md", ended).cwd("docs").run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["broken"][0]["number"], 1);
    assert!(read(&ended, "docs/out/check.xml").contains("<testsuite name=\"Milestone 2: The second step\""), "where one stands");
}

#[test]
fn what_is_green_is_reported_with_what_is_next() {
    let ended = made("--at 0");
    write(&ended, "work.txt", "smoke\nstep 1\n");
    let ended = typed("check --markdown -", ended)
        .stdout(
            "## Stairs: milestone 1 of 2 reached, 5 of 15 points\n\n### Milestone 1: The first step\n\n\
             1 of 1 test passed, 5 of 5 points.\n\n| result | test |\n| --- | --- |\n| ok | step 1 is there |\n\n\
             Next is milestone 2: The second step (20 min)\n",
        )
        .stderr("running the tests up to milestone 1: sh check.sh 1\n")
        .check();
    let ended = typed("check 1 --junit - --quiet", ended).run();
    assert!(ended.stdout.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stairs\" tests=\"1\" failures=\"0\""));
    assert_eq!((ended.stderr.as_str(), ended.status), ("", 0));
}

#[test]
fn where_no_test_ran_a_report_says_so() {
    let ended = made("--at 0");
    write(&ended, "does-not-compile", "");
    let ended = typed("check --junit check.xml --markdown check.md", ended).run();
    assert_eq!(ended.status, 4);
    let page = "## Stairs: milestone 1 of 2\n\n\
                **The tests could not run: the code does not build, or the build cannot start.**\n\n\
                ```text\nwork.txt:1: error: that is no step\n```\n";
    assert_eq!(read(&ended, "check.md"), page);
    insta::assert_snapshot!("junit_of_no_test", read(&ended, "check.xml"));
}

#[test]
fn a_test_that_did_not_run_is_in_the_reports() {
    let ended = made("--at 1");
    write(&ended, "check.sh", &read(&ended, "check.sh").replace("while [ \"$number\" -le \"$1\" ]", "while [ \"$number\" -le 1 ]"));
    let ended = typed("check --junit check.xml --markdown check.md", ended).run();
    let (junit, page) = (read(&ended, "check.xml"), read(&ended, "check.md"));
    assert!(junit.contains("<error message=\"2 tests did not run: their file is gone or does not compile\">"), "{junit}");
    assert!(page.contains("\n| **missing** | 2 tests did not run: their file is gone or does not compile |\n"), "{page}");
    assert_eq!(ended.status, 4);
}

#[test]
fn what_a_failure_shows_breaks_no_report() {
    let ended = made("--at 0");
    // The build tool's report holds it escaped; `&#27;` is what XML 1.0 cannot hold, and some tools write all the same.
    let (hostile, seen) =
        ("got &lt;b&gt; ``` | ]]&gt; &amp;amp; &#27;[31m \u{65e5}: ", "got <b> ``` | ]]> &amp; \u{fffd}[31m \u{65e5}: milestone 1");
    let script = read(&ended, "check.sh").replace("there is no $2: ", &hostile.replace('`', "\\`"));
    write(&ended, "check.sh", &script);
    let ended = typed("check --junit check.xml --markdown check.md", ended).run();
    assert_eq!(ended.status, 4, "{}", ended.stderr);
    let cases = stagekit::milestone::read_report(&read(&ended, "check.xml")).expect("XML");
    assert!(cases[0].message.starts_with(seen), "{:?}", cases[0].message);
    let page = read(&ended, "check.md");
    assert!(page.contains("\n````text\ngot <b> ```") && page.ends_with("1.md\n````\n"), "{page}");
}

#[test]
fn stdout_is_for_one_of_them() {
    for (options, both) in [
        ("--json --junit -", "`--json` and `--junit -`"),
        ("--junit - --markdown -", "`--junit -` and `--markdown -`"),
        ("--json --markdown -", "`--json` and `--markdown -`"),
    ] {
        typed(&format!("check {options}"), made("--at 0"))
            .status(2)
            .stderr(&format!("error: {both} cannot both go to stdout\nhint: name a file for one of them\n"))
            .check();
    }
    typed("check --junit docs", made("--at 0"))
        .status(1)
        .stderr("running the tests up to milestone 1: sh check.sh 1\nerror: failed to write `[DIR]/docs`: Is a directory (os error 21)\n")
        .check();
}
