//! `stagekit check`: is the milestone done?

pub(super) mod build;
mod found;
mod json;
pub(super) mod junit;
pub(super) mod left_out;
pub(super) mod markdown;
mod report;
mod tell;
mod watch;
pub(super) mod words;

use self::{
    build::Tests,
    found::Found,
    report::{Report, write},
};
use super::repository::{Repository, milestone};
use crate::{
    cli::CheckArgs,
    digest::hex,
    disk,
    env::Env,
    error::Result,
    manifest::Role,
    milestone::Outcome,
    process::Interrupts,
    progress::{Checked, Verdict, worked_on},
    tree::RelPath,
};

/// Runs the tests of the milestone that is worked on.
pub fn run(args: &CheckArgs, env: &mut Env) -> Result<()> {
    report::agree(args)?;
    let interrupts = Interrupts::listen()?;
    if args.watch { watch::run(args, &interrupts, env) } else { once(args, Turn::Only, &interrupts, env) }
}

/// Which run of the tests this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// There is no other one.
    Only,
    /// Others follow.
    First,
    /// What the one before has printed is out of date.
    Again,
}

/// One run of the tests.
fn once(args: &CheckArgs, turn: Turn, interrupts: &Interrupts, env: &mut Env) -> Result<()> {
    // 1. where, and which milestone
    let repository = Repository::around(env)?;
    let course = repository.course()?;
    let reached = repository.reached()?;
    let upto = match (args.all, args.milestone) {
        (true, _) => course.last,
        (false, Some(number)) => milestone(course, number)?.number,
        (false, None) => worked_on(course, reached),
    };

    // 2. its tests, and those before it
    let tests = build::tests(&repository, course, upto, interrupts, env)?;
    if turn == Turn::Again {
        env.out.clear();
    }
    let ran = match tests {
        Tests::Ran(ran) => ran,
        Tests::Stopped(stopped) => {
            write(args, turn, &Report::Stopped { course, upto, stopped: &stopped }, env)?;
            for line in &stopped.said {
                env.out.say(format!("  {line}"));
            }
            return Err(stopped.error());
        }
    };

    // 3. what that means: what worked before, and what is wanted
    let from = if args.all { 0 } else { reached.min(upto.saturating_sub(1)) };
    let found = Found::of(course, &ran, upto, reached, from);

    // 4. kept: what was seen, and how far that is
    let mut local = repository.local();
    local.check = Some(Checked {
        milestone: upto,
        passed: found.wanted.iter().map(|verdict| verdict.count(Outcome::Passed)).sum(),
        tests: found.wanted.iter().map(Verdict::tests).sum(),
        files: files(&repository)?,
    });
    if found.now > reached {
        repository.reach(found.now, &local)?;
    } else {
        repository.keep(&local)?;
    }

    // 5. told
    if write(args, turn, &Report::Found(&found), env)?.is_for_people() {
        tell::tell(&repository, &found, env);
    }
    found.error().map_or(Ok(()), Err)
}

/// The learner's files as they are, for `status` to compare with.
fn files(repository: &Repository) -> Result<std::collections::BTreeMap<RelPath, String>> {
    let paths = repository.receipt.roles.iter().filter(|(_, role)| **role == Role::Work).map(|(path, _)| path);
    let there = disk::read(&repository.root, paths)?;
    Ok(there.iter().map(|(path, entry)| (path.clone(), hex(&entry.bytes))).collect())
}
