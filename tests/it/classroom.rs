//! What a class is given: autograding in the repository of a kit, and grading on many runners where a class was handed out.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::transcript::{Ended, Transcript};

/// A class of one, as `stagekit handout` writes it down.
const HANDOUT: &str = r#"format_version = 1
stagekit = "0.1.0"
kit = "http-server"
version = "1.0.0"
form = "dir"
at = 0

[[row]]
number = 2
name = "Ada Lovelace"
folder = "ada-lovelace"
digest = "sha256:00"

[row.answers]
agents = true
author = ""
ci = true
description = "A notes API without a framework"
docker = true
kubernetes = false
language = "python"
name = "x"
port = 8080
"#;

fn class(line: &str) -> Transcript {
    Transcript::of(line).file("handout.toml", HANDOUT).file("ada-lovelace/package.json", "{}").file(".git/HEAD", "ref: refs/heads/main\n")
}

fn kit(settings: &str) -> Ended {
    let made = Transcript::of(&format!("new http-server . --yes --quiet --no-git --set name=notes --set language=python{settings}")).run();
    assert_eq!(made.status, 0, "{}", made.stderr);
    made
}

fn read(ended: &Ended, path: &str) -> String {
    fs::read_to_string(ended.dir.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}\n{}", ended.stderr))
}

fn added(line: &str, ended: Ended) -> Ended {
    let added = Transcript::of(line).after(ended).run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    added
}

#[test]
fn every_push_is_checked() {
    let added = added("add classroom --yes", kit(""));
    let workflow = read(&added, ".github/workflows/classroom.yml");
    assert!(workflow.contains("run: stagekit restore --yes\n") && workflow.contains("run: stagekit check --all --junit"), "{workflow}");
    assert!(workflow.contains(">> \"$GITHUB_STEP_SUMMARY\"") && workflow.contains("permissions: {}"), "{workflow}");
    assert!(
        workflow.contains(&format!("STAGEKIT_VERSION: \"{}\"", env!("CARGO_PKG_VERSION"))),
        "what is installed is this stagekit: {workflow}"
    );
    assert!(read(&added, ".gitlab/classroom.yml").contains("stagekit check --all --junit classroom.xml --markdown classroom.md"));
    assert_eq!(read(&added, ".gitlab-ci.yml"), "include:\n  - local: /.gitlab/classroom.yml\n");
    let removed = Transcript::of("remove classroom --yes").after(added).run();
    assert_eq!(removed.status, 0, "{}", removed.stderr);
    for path in [".github/workflows/classroom.yml", ".gitlab", ".gitlab-ci.yml", "assignments.json"] {
        assert!(!removed.dir.path().join(path).exists(), "{path}");
    }
}

#[test]
fn an_assignment_has_a_test_for_each_milestone() {
    let line = "add classroom --yes --set due=2026-12-24T18:00:00+01:00 --set template=school/notes-server";
    let added = added(line, kit(" --until 3"));
    let file: Value = serde_json::from_str(&read(&added, "assignments.json")).expect("JSON");
    assert_eq!(file["schema"], "classroom50/assignments/v1");
    let assignment = &file["assignments"][0];
    assert_eq!(assignment["due"], "2026-12-24T18:00:00+01:00");
    assert_eq!(assignment["template"], serde_json::json!({"owner": "school", "repo": "notes-server", "branch": "main"}));
    assert_eq!((&assignment["mode"], &assignment["autograder"]), (&"individual".into(), &"default".into()));
    let tests = assignment["tests"].as_array().expect("tests");
    let names: BTreeSet<&str> = tests.iter().filter_map(|test| test["name"].as_str()).collect();
    assert_eq!((tests.len(), names.len()), (3, 3), "the course is cut, and no name stands twice: {names:?}");
    let receipt: toml::Table = read(&added, ".stagekit/receipt.toml").parse().expect("TOML");
    let milestones = receipt["course"]["milestones"].as_array().expect("milestones");
    for (test, milestone) in tests.iter().zip(milestones) {
        assert_eq!(test["points"].as_i64(), milestone["points"].as_integer());
        assert_eq!(test["run"].as_str(), Some(format!("stagekit restore --yes && stagekit check {}", milestone["number"]).as_str()));
        assert!(test["timeout"].as_i64().is_some_and(|seconds| (1..=600).contains(&seconds)), "{test}");
        assert!(test["name"].as_str().is_some_and(|name| (1..=100).contains(&name.len())), "{test}");
    }
}

#[cfg(unix)]
#[test]
fn every_kit_s_assignment_is_as_classroom_50_has_it() {
    let schema: Value = serde_json::from_str(include_str!("../fixtures/classroom50/assignments.schema.json")).expect("a schema");
    let list: Value = serde_json::from_str(&Transcript::of("list --json").run().stdout).expect("JSON");
    let kits: Vec<&str> = list["kits"].as_array().expect("a list").iter().filter_map(|kit| kit["name"].as_str()).collect();
    assert!(kits.len() >= 7, "{list}");
    for name in kits {
        let made = Transcript::of(&format!("new {name} . --yes --quiet --no-git")).run();
        let added = added("add classroom --yes --set due=2026-12-24T18:00:00Z --set template=school/starter", made);
        let mut file: Value = serde_json::from_str(&read(&added, "assignments.json")).expect("JSON");
        let mut wrong = Vec::new();
        crate::grade::conforms(&schema, &schema, &file, "", &mut wrong);
        assert_eq!(wrong, [""; 0], "{name}");
        let assignment = &mut file["assignments"][0];
        let slug = assignment["slug"].as_str().expect("a slug");
        let is_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!((2..=39).contains(&slug.len()) && slug.chars().all(is_slug) && !slug.starts_with('-'), "{slug}");
        let tests = assignment["tests"].as_array().expect("tests");
        let names: BTreeSet<&str> = tests.iter().filter_map(|test| test["name"].as_str()).filter(|name| name.len() <= 100).collect();
        assert_eq!(names.len(), tests.len(), "{name}: {names:?}");

        // What is wrong is found.
        assignment["tests"][0]["timeout"] = 601.into();
        assignment["tests"][0]["points"] = Value::Null;
        assignment["runtime"]["jvm"] = "25".into();
        assignment["template"]["owner"] = "".into();
        assignment.as_object_mut().expect("an assignment").remove("mode");
        crate::grade::conforms(&schema, &schema, &file, "", &mut wrong);
        assert_eq!(wrong.len(), 5, "{wrong:#?}");
    }
}

#[test]
fn without_a_date_or_a_template_an_assignment_has_none() {
    let added = added("add classroom --yes", kit(""));
    let file: Value = serde_json::from_str(&read(&added, "assignments.json")).expect("JSON");
    let assignment = file["assignments"][0].as_object().expect("an assignment");
    assert!(!assignment.contains_key("due") && !assignment.contains_key("template"), "{assignment:?}");
}

#[test]
fn a_class_is_graded_on_as_many_runners_as_one_says() {
    let many = class("add grading-github grading-gitlab grading-kubernetes --yes --set shards=12").run();
    assert_eq!(many.status, 0, "{}", many.stderr);
    let github = read(&many, ".github/workflows/grading.yml");
    assert!(github.contains("share: [1,2,3,4,5,6,7,8,9,10,11,12]") && github.contains("--shard \"$SHARE/12\""), "{github}");
    assert!(github.contains("stagekit grade merge") && github.contains("python-version: \"3."), "what the kit is built with: {github}");
    let gitlab = read(&many, ".gitlab/grading.yml");
    assert!(gitlab.matches("parallel: 12").count() == 2 && gitlab.contains("--shard \"$CI_NODE_INDEX/$CI_NODE_TOTAL\""), "{gitlab}");
    let job = read(&many, "deploy/grading/shares/job.yaml");
    assert!(job.contains("completionMode: Indexed\n  completions: 12\n  parallelism: 12\n") && job.contains("$share/12"), "{job}");
    assert!(read(&many, "scripts/fetch-repositories").starts_with("#!/bin/sh\n"));
    assert!(github.contains("scripts/fetch-repositories \"$SHARE/12\""), "a runner brings its share only: {github}");

    // The script is the same in all three, and goes with the last of them.
    let one = Transcript::of("remove grading-github grading-kubernetes --yes").after(many).run();
    assert_eq!(one.status, 0, "{}", one.stderr);
    assert!(one.dir.path().join("scripts/fetch-repositories").exists() && !one.dir.path().join("deploy").exists());
    let none = Transcript::of("remove grading-gitlab --yes").after(one).run();
    assert_eq!(none.status, 0, "{}", none.stderr);
    assert!(!none.dir.path().join("scripts").exists() && !none.dir.path().join(".gitlab-ci.yml").exists());
    assert_eq!(read(&none, "handout.toml"), HANDOUT);
}

#[test]
fn what_is_for_another_kind_of_repository_says_for_which() {
    let said = class("add classroom dockerfile --yes").run();
    assert_eq!(said.status, 2, "{}", said.stderr);
    for text in ["classroom: is for a repository that was made from a kit", "dockerfile: is for a program, and here is a class"] {
        assert!(said.stderr.contains(text), "`{text}` in {}", said.stderr);
    }
    let said = Transcript::of("add grading-gitlab --yes").after(kit("")).run();
    assert_eq!(said.status, 2, "{}", said.stderr);
    assert!(said.stderr.contains("grading-gitlab: is for the folder of a class, with its `handout.toml`"), "{}", said.stderr);
    let list: Value = serde_json::from_str(&class("add --list --json").run().stdout).expect("JSON");
    let fits: Vec<&str> =
        list.as_array().expect("a list").iter().filter(|offer| offer["fits"] == true).filter_map(|offer| offer["name"].as_str()).collect();
    assert_eq!(fits, ["grading-github", "grading-gitlab", "grading-kubernetes"]);
}

#[test]
fn what_a_class_has_agreed_on_is_looked_at() {
    for (setting, why) in [
        ("due=tomorrow", "due: is `tomorrow`, which is no moment as RFC 3339 writes it"),
        ("template=notes", "template: is `notes`, which is no repository: `OWNER/NAME`"),
        ("shards=0", "--set shards=0: `0` is no number of shares: 1 to 200"),
    ] {
        let said = Transcript::of(&format!("add classroom --yes --set {setting}")).after(kit("")).run();
        assert_eq!(said.status, 2, "{setting}: {}", said.stderr);
        assert!(said.stderr.contains(why), "`{why}` in {}", said.stderr);
        assert!(!said.dir.path().join("assignments.json").exists());
    }
    let nobody = class("add grading-github").file("handout.toml", HANDOUT.split("[[row]]").next().expect("a head")).run();
    assert_eq!((nobody.status, nobody.stderr.contains("`handout.toml` names no repository")), (2, true), "{}", nobody.stderr);
}
