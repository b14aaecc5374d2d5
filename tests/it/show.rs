//! `stagekit show`.

use crate::transcript::Transcript;

#[test]
fn a_kit_has_all_that_one_needs_to_decide() {
    insta::assert_snapshot!(Transcript::of("show tiny-server").fixture("small").story());
}

#[test]
fn a_kit_is_there_as_json() {
    insta::assert_snapshot!(Transcript::of("show tiny-server --json").fixture("small").story());
}

#[test]
fn an_unknown_kit_is_a_usage_error_that_names_the_nearest() {
    Transcript::of("show tiny-srver")
        .fixture("small")
        .status(2)
        .stderr("error: there is no kit `tiny-srver`\nhint: did you mean `tiny-server`? `stagekit list` shows all kits\n")
        .check();
}

#[test]
fn a_kit_that_cannot_do_without_an_answer_has_no_default_files() {
    let ended = Transcript::of("show tiny-lab").fixture("small").run();
    assert!(ended.stdout.contains("lower-case words joined by `-`, no default\n"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("Files"), "{}", ended.stdout);
}
