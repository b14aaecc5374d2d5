//! `stagekit status`: where I am.

use serde_json::json;

use super::{
    repository::{Repository, points},
    text,
};
use crate::{
    cli::StatusArgs,
    course::Course,
    digest::hex,
    disk,
    env::Env,
    error::Result,
    manifest::{Number, Role},
    output::{Ink, pad},
    progress::Local,
    tree::RelPath,
};

/// Whose the files of a repository are, in the order in which that is told.
const OWNERS: [(Role, &str); 4] = [
    (Role::Work, "yours to write"),
    (Role::Test, "tests of the kit; `check` counts what they say"),
    (Role::Build, "build, container and CI files of the kit"),
    (Role::State, "says which milestone is reached"),
];

/// Says which milestones are reached, what they count, and what has changed since the last check.
pub fn run(args: &StatusArgs, env: &mut Env) -> Result<()> {
    // 1. where
    let repository = Repository::around(env)?;
    let course = repository.course()?;
    let reached = repository.reached()?;
    let local = repository.local();
    let changed = changed(&repository, &local)?;
    // 2. told
    if args.json {
        return env.out.json(&json!({
            "kit": course.name,
            "title": course.title,
            "root": repository.root,
            "reached": reached,
            "last": course.last,
            "points": points(course, reached),
            "of_points": points(course, course.last),
            "milestones": course.milestones,
            "last_check": local.check.as_ref().map(|check| json!({"milestone": check.milestone, "passed": check.passed, "tests": check.tests})),
            "changed_since": changed,
            "roles": repository.receipt.roles,
        }));
    }
    print(&repository, course, reached, &local, changed.as_deref(), env);
    Ok(())
}

/// The learner's files that are not as the last check saw them; `None` without a check.
fn changed(repository: &Repository, local: &Local) -> Result<Option<Vec<RelPath>>> {
    let Some(check) = &local.check else { return Ok(None) };
    let there = disk::read(&repository.root, check.files.keys())?;
    let is_other = |(path, digest): &(&RelPath, &String)| there.get(path).is_none_or(|entry| hex(&entry.bytes) != **digest);
    Ok(Some(check.files.iter().filter(is_other).map(|(path, _)| path.clone()).collect()))
}

fn print(repository: &Repository, course: &Course, reached: Number, local: &Local, changed: Option<&[RelPath]>, env: &mut Env) {
    let palette = env.out.palette();
    let (done, all) = (points(course, reached), points(course, course.last));
    let title = palette.paint(Ink::Heading, &course.title);
    env.out.line(format!("{title}: milestone {reached} of {} reached, {done} of {}", course.last, text::count(all as usize, "point")));
    env.out.line("");
    let widest = course.milestones.iter().map(|step| step.title.chars().count()).max().unwrap_or(0);
    for step in &course.milestones {
        let (mark, ink) = match step.number {
            number if number <= reached => ("done", Ink::Good),
            number if number == reached + 1 => ("next", Ink::Warning),
            _ => ("    ", Ink::Dim),
        };
        let length = format!("{}, {}", text::count(step.points as usize, "point"), text::duration(step.minutes));
        env.out.line(format!(
            "  {} {:>2}  {}  {}",
            palette.paint(ink, mark),
            step.number,
            pad(&step.title, widest),
            palette.paint(Ink::Dim, length)
        ));
    }
    env.out.line("");
    match (&local.check, changed) {
        (Some(check), Some(changed)) => {
            env.out.line(format!(
                "Last check: milestone {}, {} of {} passed; since then {} of yours changed{}",
                check.milestone,
                check.passed,
                text::count(check.tests, "test"),
                text::count(changed.len(), "file"),
                if changed.is_empty() { "." } else { ":" }
            ));
            for path in changed {
                env.out.line(format!("  {path}"));
            }
        }
        _ => env.out.line("Nothing was checked yet: `stagekit check` runs the tests."),
    }
    env.out.line("");
    env.out.line("Whose files they are:");
    for (role, what) in OWNERS {
        let count = repository.receipt.roles.values().filter(|of_file| **of_file == role).count();
        if count > 0 {
            env.out.line(format!("  {count:>3}  {what}"));
        }
    }
    if let Some(next) = course.milestones.iter().find(|step| step.number == reached + 1) {
        env.out.line("");
        env.out.line(format!("Next is milestone {}: {}", next.number, next.title));
        repository.tell_goal(next, env);
    }
}
