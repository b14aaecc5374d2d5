//! `stagekit list`.

use crate::transcript::Transcript;

#[test]
fn the_kits_of_a_stage_have_course_and_options() {
    insta::assert_snapshot!(Transcript::of("list --stage 41").fixture("small").story());
}

#[test]
fn all_kits_stand_in_the_order_of_their_stages() {
    let ended = Transcript::of("list").fixture("small").run();
    // Built-in kits come before: their stages are below 41.
    assert!(ended.stdout.contains("Stage 41: Small Things\n  tiny-lab "), "{}", ended.stdout);
    assert_eq!((ended.stderr.as_str(), ended.status), ("hint: `stagekit roadmap` shows 3 more that are planned\n", 0));
}

#[test]
fn a_search_looks_at_names_titles_summaries_and_topics() {
    for (word, found) in [("NY-S", "tiny-server"), ("tiny lab", "tiny-lab"), ("same page", "tiny-server"), ("SOCKETS", "tiny-server")] {
        let ended = Transcript::with(["list", "--stage", "41", "--search", word]).fixture("small").run();
        let kits: Vec<_> = ended.stdout.lines().filter_map(|line| line.strip_prefix("  tiny-")?.split(' ').next()).collect();
        assert_eq!(kits, [found.trim_start_matches("tiny-")], "{word}: {}", ended.stdout);
    }
}

#[test]
fn a_search_that_finds_nothing_names_the_nearest() {
    Transcript::of("list --search tiny-srver")
        .fixture("small")
        .stderr("no kit matches `tiny-srver`\nhint: did you mean `tiny-server`?\n")
        .check();
    Transcript::of("list --search qqqqqq")
        .fixture("small")
        .stderr("no kit matches `qqqqqq`\nhint: `stagekit roadmap --search qqqqqq` looks in the whole roadmap\n")
        .check();
}

#[test]
fn a_stage_without_kits_says_so() {
    Transcript::of("list --stage 42")
        .fixture("small")
        .stderr("no kit of stage 42 is ready yet\nhint: `stagekit roadmap` shows what is planned\n")
        .check();
}

#[test]
fn a_stage_that_is_not_there_is_a_usage_error() {
    Transcript::of("list --stage 43")
        .fixture("small")
        .status(2)
        .stderr("error: there is no stage 43\nhint: the stages are 41 to 42\n")
        .check();
}

#[test]
fn kits_are_there_as_json() {
    insta::assert_snapshot!(Transcript::of("list --stage 41 --json").fixture("small").story());
    Transcript::of("list --search qqqqqq --json").fixture("small").stdout("{\n  \"kits\": []\n}\n").check();
}

#[test]
fn a_broken_kit_is_refused_with_all_its_faults() {
    Transcript::of("list")
        .fixture("broken")
        .status(1)
        .stderr(
            "error: `[FIXTURES]/broken/kits/tilted/kit.toml` cannot be used\n\
             \x20 [FIXTURES]/broken/kits/tilted/kit.toml:5: unknown key `tilte` (did you mean `title`?)\n\
             \x20 [FIXTURES]/broken/kits/tilted/kit.toml:15: unknown key `minuts` (did you mean `minutes`?)\n\
             hint: `stagekit templates lint` shows every fault\n",
        )
        .check();
}
