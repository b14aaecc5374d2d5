//! `stagekit handout --update`: a corrected kit in repositories that students work in, with real git.

use std::{fs, path::Path, process::Command};

use stagekit::handout::Handout;

use crate::{
    merging::kit,
    transcript::{Ended, Transcript},
};

const ROSTER: &str = "name\nAda\nBo\nCy\n";

pub(crate) fn has_git() -> bool {
    let is_there = Command::new("git").arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: there is no git");
    }
    is_there
}

pub(crate) fn git(dir: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=S", "-c", "user.email=s@example.org"])
        .args(words)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let done = command.output().expect("git");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text").trim_end().to_owned()
}

fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join("a.txt");
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).expect("a file");
}

fn handout(ended: &Ended) -> Handout {
    Handout::read(&fs::read_to_string(ended.dir.path().join("class/handout.toml")).expect("a file")).expect("a handout")
}

/// A class with the kit's first version as bare repositories, and a clone of each that its student works in.
fn cloned(first: &Path) -> Ended {
    let ended = Transcript::of("handout lines --roster - --out class --as bare -q").env("STAGEKIT_TEMPLATES", first).stdin(ROSTER).check();
    let clones = ended.dir.path().join("clones");
    fs::create_dir(&clones).expect("a folder");
    for name in ["ada", "bo", "cy"] {
        git(&clones, &["clone", "--quiet", &format!("../class/{name}.git"), name]);
    }
    edit(&clones.join("bo"), "six", "6");
    edit(&clones.join("cy"), "three", "drei");
    for name in ["bo", "cy"] {
        git(&clones.join(name), &["commit", "--quiet", "-am", "work"]);
    }
    ended
}

#[test]
fn a_branch_brings_the_correction_and_touches_nothing_else() {
    if !has_git() {
        return;
    }
    let (first, next) = (kit(false), kit(true));
    let ended = cloned(first.path());
    let before = handout(&ended);
    let clones = ended.dir.path().join("clones");
    // What is not committed is nobody's business.
    fs::write(clones.join("bo/b.txt"), "in the middle of something\n").expect("a file");
    let state = |name: &str| {
        let dir = clones.join(name);
        [&["rev-parse", "main", "HEAD"][..], &["status", "--porcelain"], &["ls-files", "--stage"]].map(|words| git(&dir, words))
    };
    let states = ["ada", "bo", "cy"].map(state);

    let line = "handout --update --out class --as branch --repositories clones";
    let ended = Transcript::of(line)
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .status(3)
        .stdout("ada  stagekit/update-1\nbo  stagekit/update-1\n")
        .stderr(
            "update 1 for 2 repositories\n\
             error: not every repository can take the update as it is\n\
             \x20 cy: a.txt: you and the new version changed the same place\n\
             hint: the student and the kit changed the same places: `--conflicts markers` brings both versions, for the student to choose\n",
        )
        .check();
    assert_eq!(["ada", "bo", "cy"].map(state), states);
    assert_eq!(git(&clones.join("cy"), &["branch", "--list", "stagekit/*"]), "");
    assert_eq!(git(&clones.join("bo"), &["show", "stagekit/update-1:a.txt"]), "one\ntwo\nTHREE\nfour\nfive\n6");
    assert_eq!(git(&clones.join("bo"), &["rev-parse", "stagekit/update-1^"]), git(&clones.join("bo"), &["rev-parse", "main"]));
    assert_eq!(git(&clones.join("bo"), &["fsck", "--strict"]), "");
    let after = handout(&ended);
    assert_eq!((after.updates, after.version.as_str()), (1, "1.1.0"));
    let is_new = |at: usize| after.row[at].digest != before.row[at].digest;
    assert_eq!([0, 1, 2].map(is_new), [true, true, false]);

    // Merged, the repository is the new kit's.
    git(&clones.join("ada"), &["merge", "--quiet", "stagekit/update-1"]);
    let told = Transcript::of("update -n").cwd("clones/ada").env("STAGEKIT_TEMPLATES", next.path()).after(ended).cwd("clones/ada").run();
    assert!(told.status == 0 && !told.stdout.contains("to change"), "{}{}", told.stdout, told.stderr);

    // Who has it gets nothing more; who could not take it gets both versions when the teacher says so.
    let ended = Transcript::of(&format!("{line} --conflicts markers")).env("STAGEKIT_TEMPLATES", next.path()).after(told).run();
    assert_eq!((ended.stdout.as_str(), ended.status), ("cy  stagekit/update-2\n  conflict markers in a.txt\n", 3), "{}", ended.stderr);
    assert!(git(&clones.join("cy"), &["show", "stagekit/update-2:a.txt"]).contains("<<<<<<< yours\ndrei\n=======\nTHREE\n>>>>>>> kit\n"));
    assert_eq!(state("cy"), states[2]);
    let ended =
        Transcript::of(line).env("STAGEKIT_TEMPLATES", next.path()).after(ended).stderr("there is nothing new for anybody\n").check();
    assert_eq!(handout(&ended).updates, 2);
}

#[test]
fn a_bare_repository_gets_its_branch_too_and_a_dry_run_writes_nothing() {
    if !has_git() {
        return;
    }
    let (first, next) = (kit(false), kit(true));
    let ended = cloned(first.path());
    let before = fs::read_to_string(ended.dir.path().join("class/handout.toml")).expect("a file");
    let ended = Transcript::of("handout --update --out class --as branch -n")
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .stdout("ada  stagekit/update-1\nbo  stagekit/update-1\ncy  stagekit/update-1\n")
        .stderr("nothing was written; without `--dry-run` update 1 goes to 3 repositories\n")
        .check();
    assert_eq!(fs::read_to_string(ended.dir.path().join("class/handout.toml")).expect("a file"), before);
    assert_eq!(git(&ended.dir.path().join("class/ada.git"), &["branch", "--list"]), "* main");
    let ended = Transcript::of("handout --update --out class --as branch -q").env("STAGEKIT_TEMPLATES", next.path()).after(ended).run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let bare = ended.dir.path().join("class/ada.git");
    assert_eq!(git(&bare, &["show", "stagekit/update-1:new.txt"]), "new");
    assert_eq!(
        git(&bare, &["log", "--format=%s|%an", "stagekit/update-1"]),
        "Bring stagekit kit lines to 1.1.0|stagekit\nStart from the stagekit kit lines 1.0.0|stagekit"
    );
}

#[test]
fn a_patch_is_one_that_git_applies() {
    if !has_git() {
        return;
    }
    let (first, next) = (kit(false), kit(true));
    let ended = Transcript::of("handout lines --roster - --out class -q").env("STAGEKIT_TEMPLATES", first.path()).stdin(ROSTER).check();
    let class = ended.dir.path().join("class");
    edit(&class.join("bo"), "six", "6");
    fs::remove_dir_all(class.join("cy")).expect("a folder");
    let ended = Transcript::of("handout --update --out class")
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .status(1)
        .stdout("ada  updates/1/ada.patch\nbo  updates/1/bo.patch\n")
        .stderr(
            "update 1 for 2 repositories\n\
             error: not every repository got the update\n\
             \x20 cy: there is neither `[DIR]/class/cy` nor `[DIR]/class/cy.git`\n\
             hint: the same command tries those again\n",
        )
        .check();
    assert_eq!(fs::read_to_string(class.join("bo/a.txt")).expect("a file"), "one\ntwo\nthree\nfour\nfive\n6\n");
    for name in ["ada", "bo"] {
        git(&class.join(name), &["apply", &format!("../updates/1/{name}.patch")]);
        assert_eq!(fs::read(class.join(name).join("d.bin")).expect("a file"), b"\0new\xff");
        assert_eq!(fs::read_to_string(class.join(name).join("new.txt")).expect("a file"), "new\n");
    }
    assert_eq!(fs::read_to_string(class.join("bo/a.txt")).expect("a file"), "one\ntwo\nTHREE\nfour\nfive\n6\n");
    // What `update` would have done is done, the base of the next one included.
    let new = Transcript::of("new lines ada --yes -q --no-git").env("STAGEKIT_TEMPLATES", next.path()).check();
    for file in ["base.tar", "receipt.toml"] {
        let [patched, made] =
            [class.join("ada"), new.dir.path().join("ada")].map(|dir| fs::read(dir.join(".stagekit").join(file)).expect("a file"));
        assert!(patched == made, "{file} is another one");
    }
    drop(ended);
}

#[test]
fn what_cannot_be_brought_says_why() {
    let (first, next) = (kit(false), kit(true));
    let ended =
        Transcript::of("handout lines --roster - --out class -q").env("STAGEKIT_TEMPLATES", first.path()).stdin("name\nAda\n").check();
    let ended = Transcript::of("handout --update --out class --as branch -q")
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .status(1)
        .stderr("error: not every repository got the update\n  ada: it is no git repository; `--as patch` needs none\nhint: the same command tries those again\n")
        .check();
    Transcript::of("handout --update --out nowhere")
        .after(ended)
        .status(2)
        .stderr("error: there is no `nowhere/handout.toml`\nhint: `--out` names a folder that `stagekit handout` has handed out to\n")
        .check();
}

#[test]
fn a_built_in_kit_is_merged_from_the_built_in_templates() {
    let path = "kits/http-server/files/node/src/answer.js";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(path)).expect("a template");
    // Answers that came from defaults can be such that nobody may state them: the author is empty.
    let ended = Transcript::of("handout http-server --roster - --out class --set language=node -q").stdin(ROSTER).check();
    let class = ended.dir.path().join("class");
    let answer = class.join("ada/src/answer.js");
    fs::write(&answer, format!("// Ada's\n{text}")).expect("a file");
    fs::write(class.join("ada/.stagekit/base.tar"), "no archive").expect("a file");
    let line = "--templates corrected handout --update --out class";
    let ended = Transcript::of(line)
        .after(ended)
        .file(&format!("corrected/{path}"), format!("{text}// corrected\n"))
        .stdout("ada  updates/1/ada.patch\nbo  updates/1/bo.patch\ncy  updates/1/cy.patch\n")
        .stderr("update 1 for 3 repositories\n")
        .check();
    if has_git() {
        git(&class.join("ada"), &["apply", "../updates/1/ada.patch"]);
        assert_eq!(fs::read_to_string(answer).expect("a file"), format!("// Ada's\n{text}// corrected\n"));
    }
    Transcript::of(line).after(ended).stderr("there is nothing new for anybody\n").check();
}
