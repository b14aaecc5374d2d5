//! `stagekit update` and `stagekit diff`: a repository and the kit that it was made from.

use serde_json::json;

use super::{repository::Repository, solution::marked, text};
use crate::{
    cli::{Conflicts, DiffArgs, UpdateArgs},
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    interview::{Given, settle},
    manifest::Number,
    output::Ink,
    plan::{Deleted, Plan, plan},
    process,
    receipt::{self, LayerKind, Receipt},
    render::Renderer,
    tree::{RelPath, Tree},
};

/// Brings a repository to its kit as this stagekit has it.
pub fn run(args: &UpdateArgs, env: &mut Env) -> Result<()> {
    // 1. where; nothing half done may be lost in a merge
    let repository = Repository::around(env)?;
    refuse_unfinished(&repository)?;
    if !args.allow_dirty && !args.dry_run && !args.diff && process::has_changes(&repository.root) {
        return Err(Error::new(ErrorKind::Conflict, "there are changes that git has not recorded, nothing was written")
            .hint("commit them first, so that the update can be taken back; or give `--allow-dirty`"));
    }

    // 2. the kit as it is now, with the same answers
    let catalog = env.catalog.clone();
    let (receipt, fresh, dropped) = now(&repository, &Renderer::new(&catalog, &repository.kit()?.name)?)?;
    for name in dropped {
        env.out.warn(format!("the kit does not ask for `{name}` any more; the answer is dropped"));
    }

    // 3. what that changes
    let base = repository.base()?;
    let paths: Vec<&RelPath> = base.paths().chain(fresh.paths()).collect();
    let there = disk::read(&repository.root, paths)?;
    let planned = plan(&base, &there, &fresh, Deleted::Say);
    let mut planned = if args.conflicts == Conflicts::Markers { planned.with_markers() } else { planned };
    if base == fresh {
        // What the user has changed is no difference between two versions of the kit.
        planned = Plan::default();
    }
    let (from, to) = (repository.kit()?.version.clone(), receipt.layer.first().map_or_else(String::new, |layer| layer.version.clone()));
    if args.json {
        env.out.json(&json!({"kit": repository.kit()?.name, "from": from, "to": to, "written": !args.dry_run && !args.diff, "plan": planned.to_json()}))?;
    } else if args.diff {
        text::print_diff(&planned.diff(), &mut env.out);
    } else {
        env.out.print(&planned.listing());
    }
    if args.dry_run || args.diff {
        env.out.say("nothing was written");
        return Ok(());
    }
    if let Some(refusal) = planned.refusal() {
        return Err(refusal);
    }
    if !planned.is_settled() && env.ask.is_interactive() && !args.yes {
        env.out.flush();
        if !env.ask.confirm("Write it?", true)? {
            return Err(Error::interrupted());
        }
    }

    // 4. written, and told
    let mut receipt = receipt;
    receipt.pending = planned.pending().cloned().collect();
    repository.apply(&planned, &receipt, &fresh)?;
    let ink = env.out.talk_palette();
    let done = match (planned.is_settled(), from == to) {
        (true, _) => format!("{} with version {to} of the kit", ink.paint(Ink::Good, "up to date")),
        (false, true) => format!("{} within version {to} of the kit", ink.paint(Ink::Good, "updated")),
        (false, false) => format!("{} from version {from} of the kit to {to}", ink.paint(Ink::Good, "updated")),
    };
    env.out.say(done);
    marked(&planned).map_or(Ok(()), Err)
}

/// Shows how a repository differs from its kit.
pub fn diff(args: &DiffArgs, env: &mut Env) -> Result<()> {
    let repository = Repository::around(env)?;
    let base = repository.base()?;
    let there = disk::read(&repository.root, base.paths())?;
    let changes = plan(&base, &base, &there, Deleted::Say);
    if args.json {
        return env.out.json(&changes.to_json());
    }
    text::print_diff(&changes.diff(), &mut env.out);
    if changes.is_settled() {
        env.out.say("every file of the kit is as it was rendered");
    }
    Ok(())
}

fn refuse_unfinished(repository: &Repository) -> Result<()> {
    let unfinished = repository.unfinished()?;
    if unfinished.is_empty() {
        return Ok(());
    }
    let faults = unfinished.iter().map(|path| Fault::new(path.as_str(), "conflict markers stand in it")).collect();
    Err(Error::faults(ErrorKind::Conflict, "an earlier merge is not finished, nothing was written", faults)
        .hint("choose one version at each `<<<<<<<`, and remove the markers"))
}

/// Receipt and files of the repository as the kit would render it now, and the answers that it has no question for any more.
fn now(repository: &Repository, renderer: &Renderer<'_>) -> Result<(Receipt, Tree, Vec<String>)> {
    let layer = repository.kit()?;
    let kit = renderer.kit();
    let failed = |error| Error::failed("the receipt's answers cannot be read").because(error);
    let mut stated = toml::Table::try_from(&layer.answers).map_err(failed)?;
    // Not every question can be answered with nothing; what is empty there came from the default.
    let may_be_empty = |name: &str| kit.question(name).is_some_and(|question| question.min == Some(0));
    stated.retain(|name, value| value.as_str() != Some("") || may_be_empty(name));
    let (known, dropped): (toml::Table, toml::Table) = stated.into_iter().partition(|(name, _)| kit.question(name).is_some());
    // As a file's: an answer to what is not asked any more does no harm.
    let file = Some((format!("{}/receipt.toml", receipt::FOLDER), known));
    let answers = settle(kit, &Given { file, seed: layer.rendition.seed.as_deref(), ..Given::default() }, &mut |_| {})?;
    let rendered = renderer.render(&answers, &layer.rendition)?;
    let mut fresh = receipt::base_tree(&rendered);

    // Reference code that was taken over stays at its milestone.
    let numbers: std::collections::BTreeSet<Number> = repository.receipt.taken.values().copied().collect();
    for number in numbers {
        let later = renderer.render(&answers, &crate::rendition::Rendition { at: number, ..layer.rendition.clone() })?;
        for (path, _) in repository.receipt.taken.iter().filter(|(_, of_path)| **of_path == number) {
            match later.tree.get(path) {
                Some(entry) => fresh.insert(path.clone(), entry.clone()),
                None => fresh.remove(path),
            };
        }
    }

    let mut receipt = Receipt::of_kit(kit.name.get_ref(), &kit.version, &rendered, &answers, &layer.rendition);
    receipt.taken.clone_from(&repository.receipt.taken);
    receipt.layer.extend(repository.receipt.layer.iter().filter(|layer| layer.kind != LayerKind::Kit).cloned());
    Ok((receipt, fresh, dropped.into_iter().map(|(name, _)| name).collect()))
}
