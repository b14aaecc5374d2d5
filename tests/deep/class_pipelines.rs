//! The pipelines of a class, executed: autograding in students' repositories, and grading on many runners.
//!
//! What cannot be had here is replaced: actions by stubs, which say so; the installed stagekit by the one that is tested, which comes from where a
//! pipeline keeps it; a cluster's nodes by the container engine.

mod assignment;
mod class;
mod cluster;
mod github;
mod gitlab;

use std::{fs, path::Path, process::Command, time::Duration};

use stagekit::{digest::hex, rendition::Rendition};

use self::class::{Class, KIT, UNTIL};
use crate::{
    arguments::Arguments,
    cell::Cell,
    checks::{Check, kits},
    class::digest_of,
    linters::lint,
    operations::kubernetes,
    outcome::{Outcome, Row},
    world::{World, run as run_to_end},
};

const NAME: &str = "class-pipelines";

/// What the outcome depends on besides the kit and the rendered pipelines.
const SOURCES: [&str; 13] = [
    "src/commands/check",
    "src/commands/check.rs",
    "src/commands/grade",
    "src/commands/grade.rs",
    "src/commands/restore.rs",
    "src/disk/submission.rs",
    "src/disk/workplace.rs",
    "src/grade",
    "src/grade.rs",
    "tests/deep/act.rs",
    "tests/deep/class_pipelines",
    "tests/deep/class_pipelines.rs",
    "tests/fixtures/classroom50",
];

pub fn checks() -> [Check; 1] {
    [Check { name: NAME, run }]
}

/// The images of the jobs, and what copies files in and out of them.
pub fn images(world: &World) -> Result<Vec<String>, String> {
    let class = Class::make(world, "class-images")?;
    let mut found = vec![gitlab::HELPER.to_owned()];
    for file in [class.student("starter").join(class::CLASSROOM_GITLAB), class.teacher.join(class::GRADING_GITLAB)] {
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        found.extend(crate::stacks::images_in(&text).map(str::to_owned));
    }
    Ok(found)
}

/// What is proven of the class, and what that needs.
struct Proof {
    option: &'static str,
    needs: &'static [&'static [&'static str]],
    prove: fn(&World, &Class) -> Result<(), String>,
}

const ACT: &[&[&str]] = &[&["act", "--version"]];
const GITLAB: &[&[&str]] =
    &[&["docker", "version", "--format", "{{.Server.Version}}"], &["gitlab-ci-local", "--version"], &["rsync", "--version"]];

const PROOFS: [Proof; 7] = [
    Proof { option: "classroom, Classroom 50", needs: &[&["check-jsonschema", "--version"]], prove: assignment::described },
    Proof { option: "classroom, GitHub", needs: ACT, prove: github::classroom },
    Proof { option: "classroom, GitLab", needs: GITLAB, prove: gitlab::classroom },
    Proof { option: "grading, GitHub", needs: ACT, prove: github::grading },
    Proof { option: "grading, GitLab", needs: GITLAB, prove: gitlab::grading },
    Proof { option: "grading, Kubernetes refused", needs: kubernetes::NEEDS, prove: cluster::refused },
    Proof { option: "grading, Kubernetes", needs: kubernetes::NEEDS, prove: cluster::grading },
];

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    if !kits(world, arguments).any(|kit| kit.name.get_ref() == KIT) {
        return Vec::new();
    }
    let made = Class::make(world, NAME).and_then(|class| Ok((key(world, &class)?, class)));
    let (key, class) = match made {
        Ok(made) => made,
        Err(why) => return vec![Row::new(NAME, KIT, None, "", Outcome::Failed(why), 0.0)],
    };
    let mut rows = Vec::new();
    for (option, folder) in [("classroom", class.student("starter")), ("grading", class.teacher.clone())] {
        match class::added(&folder) {
            Ok(tree) => rows.extend(lint(world, &Row::new(NAME, KIT, None, option, Outcome::Passed, 0.0), &folder, &tree)),
            Err(why) => rows.push(Row::new(NAME, KIT, None, option, Outcome::Failed(why), 0.0)),
        }
    }
    for proof in PROOFS {
        let key = hex(format!("{key}\0{}", proof.option).as_bytes());
        if let Some(proven) = world.records.proven(&key) {
            rows.push(Row::new(NAME, KIT, None, proof.option, Outcome::Recorded(proven), 0.0));
            continue;
        }
        if let Some(why) = proof.needs.iter().find_map(|needed| world.needs(needed).err()) {
            rows.push(Row::skipped(NAME, KIT, proof.option, why));
            continue;
        }
        let row = Row::of(NAME, KIT, None, proof.option, || (proof.prove)(world, &class));
        match row.outcome {
            Outcome::Passed => world.records.prove(&key, &format!("{NAME} {KIT} {}", proof.option)),
            _ => world.records.refute(&key),
        }
        eprintln!("   {NAME} {} {:.1} s", row.option, row.seconds);
        rows.push(row);
    }
    rows
}

/// Of everything that the proofs depend on.
fn key(world: &World, class: &Class) -> Result<String, String> {
    let cell = Cell {
        kit: KIT.to_owned(),
        settings: vec![("language".to_owned(), "python".to_owned())],
        rendition: Rendition { at: UNTIL, until: Some(UNTIL), ..Rendition::default() },
        jdk: None,
    };
    let mut all = digest_of(&SOURCES)?;
    for folder in [class.student("starter"), class.teacher.clone()] {
        for (path, entry) in class::added(&folder)?.iter() {
            all.push_str(&format!("\0{path}\0{}", hex(&entry.bytes)));
        }
    }
    let (tree, rendered, _) = cell.render(world)?;
    cell.key(world, &tree, &rendered, &all)
}

/// What a program says that must succeed.
fn said(folder: &Path, words: &[&str], seconds: u64) -> Result<String, String> {
    run_to_end(Command::new(words[0]).args(&words[1..]).current_dir(folder), Duration::from_secs(seconds))?.ok(&words.join(" "))
}

/// Does it while the file says something else in one place.
fn altered(file: &Path, found: &str, other: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(failed)?;
    if !text.contains(found) {
        return Err(format!("{} has no `{found}`", file.display()));
    }
    fs::write(file, text.replace(found, other)).map_err(failed)?;
    let worked = work();
    fs::write(file, text).map_err(failed)?;
    worked
}
