//! `stagekit solution`: how the reference does it.

use serde_json::json;

use super::{
    repository::{Repository, milestone},
    text,
};
use crate::{
    cli::{Conflicts, SolutionArgs},
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    manifest::Number,
    output::Ink,
    plan::{Deleted, Op, Plan, plan},
    progress::worked_on,
    receipt::Receipt,
    tree::{RelPath, Tree},
};

/// Shows what the reference changes in a milestone, or takes it over.
pub fn run(args: &SolutionArgs, env: &mut Env) -> Result<()> {
    // 1. which milestone
    let repository = Repository::around(env)?;
    let course = repository.course()?;
    let reached = repository.reached()?;
    let number = args.milestone.unwrap_or(worked_on(course, reached));
    let step = milestone(course, number)?;

    // 2. the reference before and after it
    let catalog = env.catalog.clone();
    let renderer = repository.renderer(&catalog)?;
    let before = repository.at(&renderer, number - 1)?;
    let after = repository.at(&renderer, number)?;
    if !args.apply {
        let shown = if args.mine { against_mine(&repository, &before, &after)? } else { plan(&before, &before, &after, Deleted::Say) };
        return show(args, number, &shown, env);
    }

    // 3. taken over, where the learner's own code leaves room for it
    if number > reached + 1 {
        return Err(Error::usage(format!("milestone {number} builds on milestone {}, which is not reached yet", number - 1))
            .hint(format!("`stagekit solution {} --apply` comes first", reached + 1)));
    }
    let paths: Vec<&RelPath> = before.paths().chain(after.paths()).collect();
    let there = disk::read(&repository.root, paths)?;
    let planned = plan(&before, &there, &after, Deleted::Conflict);
    let planned = if args.conflicts == Conflicts::Markers { planned.with_markers() } else { planned };
    if args.dry_run {
        return preview(args, &planned, env);
    }
    if let Some(refusal) = planned.refusal() {
        return Err(refusal);
    }
    let (receipt, base) = taken(&repository, &planned, &after, number)?;
    repository.apply(&planned, &receipt, &base)?;

    // 4. told
    if args.json {
        env.out.json(&json!({"milestone": number, "plan": planned.to_json()}))?;
    } else {
        env.out.print(&planned.listing());
        let ink = env.out.talk_palette();
        env.out.say(format!("{} the reference's milestone {number}: {}", ink.paint(Ink::Good, "took over"), step.title));
        env.out.hint("`stagekit check` runs its tests");
    }
    marked(&planned).map_or(Ok(()), Err)
}

/// What the reference has after the milestone instead of the learner's files, as far as the milestone touches them.
fn against_mine(repository: &Repository, before: &Tree, after: &Tree) -> Result<Plan> {
    let changes = plan(before, before, after, Deleted::Say);
    let touched: Vec<&RelPath> = changes.steps().iter().filter(|step| step.op != Op::Keep).map(|step| &step.path).collect();
    let mine = disk::read(&repository.root, touched.iter().copied())?;
    let wanted: Tree = touched.iter().filter_map(|path| Some(((*path).clone(), after.get(path)?.clone()))).collect();
    Ok(plan(&mine, &mine, &wanted, Deleted::Say))
}

fn show(args: &SolutionArgs, number: Number, shown: &Plan, env: &mut Env) -> Result<()> {
    if args.json {
        return env.out.json(&json!({"milestone": number, "plan": shown.to_json(), "diff": shown.diff()}));
    }
    text::print_diff(&shown.diff(), &mut env.out);
    if shown.is_settled() {
        env.out.say("there is no difference");
    } else if !args.mine {
        env.out.hint(format!("`stagekit solution {number} --mine` compares with your files, `--apply` takes it over"));
    }
    Ok(())
}

fn preview(args: &SolutionArgs, planned: &Plan, env: &mut Env) -> Result<()> {
    if args.json {
        return env.out.json(&planned.to_json());
    }
    env.out.print(&planned.listing());
    env.out.say("nothing was written");
    Ok(())
}

/// Receipt and base once the plan is carried out: they move forward on exactly the paths that are taken.
fn taken(repository: &Repository, planned: &Plan, after: &Tree, number: Number) -> Result<(Receipt, Tree)> {
    let mut receipt = repository.receipt.clone();
    let mut base = repository.base()?;
    for step in planned.steps().iter().filter(|step| step.op == Op::Remove || step.op.entry().is_some()) {
        match after.get(&step.path) {
            Some(entry) => base.insert(step.path.clone(), entry.clone()),
            None => base.remove(&step.path),
        };
        receipt.taken.insert(step.path.clone(), number);
    }
    receipt.pending = repository.unfinished()?;
    receipt.pending.extend(planned.pending().cloned());
    receipt.pending.sort();
    receipt.pending.dedup();
    Ok((receipt, base))
}

/// The error of a plan that was carried out and left somebody something to choose.
pub(super) fn marked(planned: &Plan) -> Option<Error> {
    let files: Vec<String> = planned.pending().map(|path| format!("`{path}`")).collect();
    if files.is_empty() {
        return None;
    }
    let message = format!("conflict markers stand in {}", files.join(", "));
    Some(Error::new(ErrorKind::Conflict, message).hint("choose one version at each `<<<<<<<`, and remove the markers"))
}
