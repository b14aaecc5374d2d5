//! Streams and colour.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::transcript::Transcript;

const PLAIN: &str = "Stage 41: Small Things\n  tiny-lab  Tiny lab (1 milestone, 30 min)\n";
const COLOURED: &str = "\u{1b}[1mStage 41: Small Things\u{1b}[0m\n  \u{1b}[36mtiny-lab\u{1b}[0m  Tiny lab (1 milestone, 30 min)\n";

#[test]
fn colour_is_asked_for_or_not_there() {
    let list = |flags: &str| Transcript::of(&format!("list --search tiny-lab {flags}")).fixture("small");
    list("").stdout(PLAIN).check();
    list("").env("CLICOLOR_FORCE", "1").stdout(COLOURED).check();
    list("").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").stdout(PLAIN).check();
    list("--color always").env("NO_COLOR", "1").stdout(COLOURED).check();
    list("--color never").env("CLICOLOR_FORCE", "1").stdout(PLAIN).check();
}

#[test]
fn errors_are_coloured_like_all_else() {
    Transcript::of("--color always show nothing")
        .status(2)
        .stderr("\u{1b}[31m\u{1b}[1merror:\u{1b}[0m there is no kit `nothing`\n\u{1b}[36mhint:\u{1b}[0m `stagekit list` shows all kits\n")
        .check();
    let wrong = Transcript::of("--color always bogus").run();
    assert!(wrong.stderr.starts_with("\u{1b}[1m"), "{:?}", wrong.stderr);
    let wrong = Transcript::of("--color never bogus").env("CLICOLOR_FORCE", "1").run();
    assert!(!wrong.stderr.contains('\u{1b}'), "{:?}", wrong.stderr);
}

#[test]
fn quiet_keeps_advice_to_itself() {
    Transcript::of("list --stage 42 --quiet").fixture("small").check();
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    // The script is longer than any pipe holds, so that writing meets the closed end.
    let run = Transcript::of("completions bash");
    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(first, "_stagekit() {\n");
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let run = Transcript::of("roadmap");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = run.command().stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("error: failed to write `stdout`: No space left on device (os error 28)\n"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}
