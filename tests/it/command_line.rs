//! Help, version, usage errors, completions and manual pages.

use crate::transcript::Transcript;

#[test]
fn help_is_data() {
    for line in [
        "--help",
        "-h",
        "roadmap --help",
        "list --help",
        "show --help",
        "new --help",
        "check --help",
        "handout --help",
        "templates --help",
        "templates export --help",
        "templates lint --help",
        "completions --help",
        "man --help",
    ] {
        insta::assert_snapshot!(line.replace(' ', "_"), Transcript::of(line).story());
    }
}

#[test]
fn version_is_data() {
    Transcript::of("--version").stdout(concat!("stagekit ", env!("CARGO_PKG_VERSION"), "\n")).check();
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    Transcript::of("lsit")
        .status(2)
        .stderr(
            "error: unrecognized subcommand 'lsit'\n\n  tip: a similar subcommand exists: 'list'\n\n\
             Usage: stagekit [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n",
        )
        .check();
    Transcript::of("new http-server --set docker")
        .status(2)
        .stderr("error: invalid value 'docker' for '--set <NAME=VALUE>': write `docker=VALUE`\n\nFor more information, try '--help'.\n")
        .check();
    Transcript::of("new http-server --at 2 --solution")
        .status(2)
        .stderr(
            "error: the argument '--at <N>' cannot be used with '--solution'\n\n\
             Usage: stagekit new --at <N> <KIT> [DIR]\n\nFor more information, try '--help'.\n",
        )
        .check();
}

#[test]
fn no_command_and_no_terminal_is_help() {
    let ended = Transcript::of("").run();
    assert_eq!((ended.stdout, ended.status), (Transcript::of("-h").run().stdout, 0));
    assert_eq!(ended.stderr, "");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused_without_a_panic() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let broken = OsStr::from_bytes(b"tiny\xff");
    Transcript::with([broken])
        .status(2)
        .stderr(
            "error: unrecognized subcommand 'tiny\u{fffd}'\n\nUsage: stagekit [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n",
        )
        .check();
    Transcript::with(["show".as_ref(), broken])
        .status(2)
        .stderr("error: invalid UTF-8 was detected in one or more arguments\n\nUsage: stagekit show [OPTIONS] <KIT>\n\nFor more information, try '--help'.\n")
        .check();
    let ended = Transcript::with(["-q".as_ref(), "templates".as_ref(), "export".as_ref(), broken]).run();
    assert_eq!((ended.stderr.as_str(), ended.status), ("", 0));
}

#[test]
fn every_shell_has_its_completions() {
    for (shell, word) in [
        ("bash", "_stagekit()"),
        ("elvish", "edit:completion"),
        ("fish", "complete -c stagekit"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef stagekit"),
    ] {
        let ended = Transcript::of(&format!("completions {shell}")).run();
        assert!(ended.stdout.contains(word), "{shell}: {}", ended.stdout);
        assert!(ended.stdout.contains("list-questions"), "{shell}: {}", ended.stdout);
        assert_eq!((ended.stderr.as_str(), ended.status), ("", 0));
    }
}

#[test]
fn every_command_has_its_page() {
    let ended = Transcript::of("man share/man1")
        .stderr("wrote the manual pages to `share/man1`; `man share/man1/stagekit.1` shows the first\n")
        .check();
    let names = [
        "add",
        "check",
        "completions",
        "detect",
        "diff",
        "doctor",
        "grade-merge",
        "grade",
        "handout",
        "hint",
        "list",
        "man",
        "new",
        "next",
        "progress",
        "remove",
        "restore",
        "roadmap",
        "show",
        "solution",
        "status",
        "templates-export",
        "templates-lint",
        "templates",
        "update",
    ];
    let mut expected: Vec<String> = names.iter().map(|name| format!("share/man1/stagekit-{name}.1")).collect();
    expected.push("share/man1/stagekit.1".to_owned());
    assert_eq!(ended.files(), expected);
}
