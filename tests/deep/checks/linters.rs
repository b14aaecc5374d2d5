//! Generated files have no finding of the linters of their kind.

use std::{process::Command, time::Duration};

use super::solutions;
use crate::{
    arguments::Arguments,
    cell::{Cell, Made},
    outcome::Row,
    world::{World, run as run_to_end},
};

/// A linter, the files it is for, and how it is called; `{}` stands for the files.
struct Linter {
    name: &'static str,
    wants: fn(&str, &str) -> bool,
    command: &'static [&'static str],
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

const LINTERS: [Linter; 11] = [
    Linter {
        name: "hadolint",
        wants: |path, _| path.ends_with("Dockerfile"),
        command: &["hadolint", "--failure-threshold", "style", "{}"],
    },
    Linter {
        name: "checkov, Dockerfile",
        wants: |path, _| path.ends_with("Dockerfile"),
        command: &["checkov", "--framework", "dockerfile", "--quiet", "--compact", "--skip-download", "-f", "{}"],
    },
    Linter {
        name: "compose schema",
        wants: |path, _| path.ends_with("compose.yaml"),
        command: &["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "{}"],
    },
    Linter { name: "actionlint", wants: is_workflow, command: &["actionlint", "{}"] },
    Linter { name: "zizmor", wants: is_workflow, command: &["zizmor", "--offline", "--no-progress", "--pedantic", "{}"] },
    Linter {
        name: "checkov, workflow",
        wants: is_workflow,
        command: &["checkov", "--framework", "github_actions", "--quiet", "--compact", "--skip-download", "-f", "{}"],
    },
    Linter {
        name: "workflow schema",
        wants: is_workflow,
        command: &["check-jsonschema", "--builtin-schema", "vendor.github-workflows", "{}"],
    },
    Linter {
        name: "workflow timeouts",
        wants: is_workflow,
        command: &["check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", "{}"],
    },
    Linter {
        name: "dependabot schema",
        wants: |path, _| path.ends_with("dependabot.yml"),
        command: &["check-jsonschema", "--builtin-schema", "vendor.dependabot", "{}"],
    },
    Linter { name: "shellcheck", wants: is_shell, command: &["shellcheck", "{}"] },
    Linter { name: "shfmt", wants: is_shell, command: &["shfmt", "-d", "-i", "2", "{}"] },
];

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, cell) in solutions(world, arguments) {
        match cell.make(world, &format!("lint-{}-{}", cell.kit, cell.option().replace('=', "-"))) {
            Err(why) => rows.push(Row::of("lint", &cell.kit, Some(kit.last()), cell.option(), || Err(why))),
            Ok(made) => rows.extend(LINTERS.iter().filter_map(|linter| lint(world, &cell, &made, linter))),
        }
    }
    rows
}

fn lint(world: &World, cell: &Cell, made: &Made, linter: &Linter) -> Option<Row> {
    let files: Vec<&str> = made
        .tree
        .iter()
        .filter(|(path, entry)| entry.text().is_some_and(|text| (linter.wants)(path.as_str(), text)))
        .map(|(path, _)| path.as_str())
        .collect();
    if files.is_empty() {
        return None;
    }
    let option = format!("{} {}", cell.option(), linter.name);
    if let Err(why) = world.needs(&[linter.command[0], "--version"]) {
        return Some(Row::skipped("lint", &cell.kit, option, why));
    }
    Some(Row::of("lint", &cell.kit, Some(cell.rendition.at), option, || {
        let words = linter.command.iter().flat_map(|word| if *word == "{}" { files.clone() } else { vec![*word] });
        let words: Vec<&str> = words.collect();
        let ran = run_to_end(Command::new(words[0]).args(&words[1..]).current_dir(&made.folder), Duration::from_secs(120))?;
        ran.ok(linter.name).map(drop)
    }))
}
