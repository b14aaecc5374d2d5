//! The linters, and what each of them is for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use stagekit::tree::Tree;

use crate::{
    outcome::Row,
    world::{World, run as run_to_end, tail},
};

/// A linter, the files it is for, and how it is called; `{}` stands for the files.
struct Linter {
    name: &'static str,
    wants: fn(&str, &str) -> bool,
    command: &'static [&'static str],
    /// What a file is given to it as, where it would pass over the file as it is.
    given: Option<fn(&str) -> String>,
    /// Says of its output that it has looked at the files: some linters are silent about those that they pass over.
    has_looked: fn(&str) -> bool,
}

const PLAIN: Linter = Linter { name: "", wants: |_, _| false, command: &[], given: None, has_looked: |_| true };

/// `Passed checks: 17, Failed checks: 0, Skipped checks: 0`, which checkov prints only where it has checked something.
fn has_passed_checks(output: &str) -> bool {
    output.lines().filter_map(|line| line.strip_prefix("Passed checks: ")).any(|counts| !counts.starts_with('0'))
}

/// The schema in checkov knows no expression there, and a workflow that breaks the schema is passed over without a word.
fn without_expression(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if line.trim_start().starts_with("cancel-in-progress: ${{") {
            format!("{}cancel-in-progress: true\n", &line[..line.len() - line.trim_start().len()])
        } else {
            line.to_owned()
        }
    });
    lines.collect()
}

fn is_workflow(path: &str, _: &str) -> bool {
    path.starts_with(".github/workflows/")
}

fn is_shell(_: &str, text: &str) -> bool {
    text.starts_with("#!/bin/sh")
        || text.starts_with("#!/usr/bin/env bash")
        || text.starts_with("#!/bin/bash")
        || text.starts_with("#!/usr/bin/env sh")
}

const LINTERS: [Linter; 12] = [
    Linter {
        name: "hadolint",
        wants: |path, _| path.ends_with("Dockerfile"),
        command: &["hadolint", "--failure-threshold", "style", "{}"],
        ..PLAIN
    },
    Linter {
        name: "checkov, Dockerfile",
        wants: |path, _| path.ends_with("Dockerfile"),
        command: &["checkov", "--framework", "dockerfile", "--compact", "--skip-download", "-f", "{}"],
        has_looked: has_passed_checks,
        ..PLAIN
    },
    Linter {
        name: "compose schema",
        wants: |path, _| path.rsplit('/').next().is_some_and(|name| name.starts_with("compose.") && name.ends_with(".yaml")),
        command: &["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "{}"],
        ..PLAIN
    },
    Linter { name: "actionlint", wants: is_workflow, command: &["actionlint", "{}"], ..PLAIN },
    Linter { name: "zizmor", wants: is_workflow, command: &["zizmor", "--offline", "--no-progress", "--pedantic", "{}"], ..PLAIN },
    Linter {
        name: "checkov, workflow",
        wants: is_workflow,
        command: &["checkov", "--framework", "github_actions", "--compact", "--skip-download", "-f", "{}"],
        given: Some(without_expression),
        has_looked: has_passed_checks,
    },
    Linter {
        name: "workflow schema",
        wants: is_workflow,
        command: &["check-jsonschema", "--builtin-schema", "vendor.github-workflows", "{}"],
        ..PLAIN
    },
    Linter {
        name: "workflow timeouts",
        wants: is_workflow,
        command: &["check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", "{}"],
        ..PLAIN
    },
    Linter {
        name: "GitLab schema",
        wants: |path, _| path.ends_with(".gitlab-ci.yml"),
        command: &["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "{}"],
        ..PLAIN
    },
    Linter {
        name: "dependabot schema",
        wants: |path, _| path.ends_with("dependabot.yml"),
        command: &["check-jsonschema", "--builtin-schema", "vendor.dependabot", "{}"],
        ..PLAIN
    },
    Linter { name: "shellcheck", wants: is_shell, command: &["shellcheck", "{}"], ..PLAIN },
    Linter { name: "shfmt", wants: is_shell, command: &["shfmt", "-d", "-i", "2", "{}"], ..PLAIN },
];

/// A row for each linter that has files here: `of` with the linter's name.
pub fn lint(world: &World, of: &Row, folder: &Path, tree: &Tree) -> Vec<Row> {
    LINTERS.iter().filter_map(|linter| one(world, of, folder, tree, linter)).collect()
}

fn one(world: &World, of: &Row, folder: &Path, tree: &Tree, linter: &Linter) -> Option<Row> {
    let files: Vec<&str> = tree
        .iter()
        .filter(|(path, entry)| entry.text().is_some_and(|text| (linter.wants)(path.as_str(), text)))
        .map(|(path, _)| path.as_str())
        .collect();
    if files.is_empty() {
        return None;
    }
    let option = format!("{} {}", of.option, linter.name);
    if let Err(why) = world.needs(&[linter.command[0], "--version"]) {
        return Some(Row::skipped(of.check, &of.kit, option, why));
    }
    Some(Row::of(of.check, &of.kit, of.at, option, || {
        let words = linter.command.iter().flat_map(|word| if *word == "{}" { files.clone() } else { vec![*word] });
        let words: Vec<&str> = words.collect();
        let folder = match linter.given {
            Some(given) => altered(world, folder, &files, given)?,
            None => folder.to_owned(),
        };
        let ran = run_to_end(Command::new(words[0]).args(&words[1..]).current_dir(folder), Duration::from_secs(120))?;
        let said = ran.ok(linter.name)?;
        if (linter.has_looked)(&said) { Ok(()) } else { Err(format!("{} passed over the files: {}", linter.name, tail(&said, 20))) }
    }))
}

/// The files as they are given to a linter, in a folder of their own.
fn altered(world: &World, of: &Path, files: &[&str], given: fn(&str) -> String) -> Result<PathBuf, String> {
    let name = of.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let folder = world.fresh(&format!("given-{name}"))?;
    for file in files {
        let (from, to) = (of.join(file), folder.join(file));
        let text = fs::read_to_string(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        let parent = to.parent().ok_or("a file without a folder")?;
        fs::create_dir_all(parent).and_then(|()| fs::write(&to, given(&text))).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(folder)
}
