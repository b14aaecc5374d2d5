//! `stagekit update` and `stagekit diff`: a repository and the kit that it was made from.

use std::fmt;

use serde_json::json;

use super::{becoming::becoming, repository::Repository, solution::marked, text};
use crate::{
    cli::{Conflicts, DiffArgs, UpdateArgs},
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    layers::OnConflict,
    output::Ink,
    plan::{Deleted, Plan, plan},
    process,
    receipt::{Layer, LayerKind, Receipt},
};

/// Brings a repository to its kit as this stagekit has it.
pub fn run(args: &UpdateArgs, env: &mut Env) -> Result<()> {
    // 1. where; nothing half done may be lost in a merge
    let repository = Repository::around(env)?;
    repository.refuse_unfinished()?;
    if !args.allow_dirty && !args.dry_run && !args.diff && process::has_changes(&repository.root) {
        return Err(Error::new(ErrorKind::Conflict, "there are changes that git has not recorded, nothing was written")
            .hint("commit them first, so that the update can be taken back; or give `--allow-dirty`"));
    }

    // 2. its kit and features as they are now, with the same answers; and what that changes
    let catalog = env.catalog.clone();
    let on_conflict = if args.conflicts == Conflicts::Markers { OnConflict::Merge } else { OnConflict::Refuse };
    let features: Vec<Layer> = repository.features().cloned().collect();
    let mut becoming = becoming(&repository, &catalog, &[], &features, on_conflict)?;
    for name in &becoming.dropped {
        env.out.warn(format!("the kit does not ask for `{name}` any more; the answer is dropped"));
    }
    if becoming.is_same {
        // What the user has changed is no difference between two versions of the kit.
        becoming.planned = Plan::default();
    }
    becoming.tell_left(env);
    let planned = &becoming.planned;
    let (from, to) = (Made::of(&repository.receipt), Made::of(&becoming.receipt));
    if args.json {
        env.out.json(&json!({
            "kit": from.kit,
            "from": from.version,
            "to": to.version,
            "features": repository.features().map(|layer| &layer.name).collect::<Vec<_>>(),
            "written": !args.dry_run && !args.diff,
            "plan": planned.to_json(),
        }))?;
    } else {
        becoming.show(args.diff, env);
    }
    if args.dry_run || args.diff {
        env.out.say("nothing was written");
        return Ok(());
    }
    if let Some(refusal) = planned.refusal() {
        return Err(refusal);
    }
    becoming.agreed(args.yes, env)?;

    // 3. written, and told
    becoming.apply(&repository)?;
    let ink = env.out.talk_palette();
    let done = match (planned.is_settled(), from.version == to.version) {
        (true, _) => format!("{} with {to}", ink.paint(Ink::Good, "up to date")),
        (false, true) => format!("{} within {to}", ink.paint(Ink::Good, "updated")),
        (false, false) => format!("{} from {from} to {}", ink.paint(Ink::Good, "updated"), to.version.unwrap_or_default()),
    };
    env.out.say(done);
    marked(planned).map_or(Ok(()), Err)
}

/// What a repository is made from, for people.
struct Made<'r> {
    kit: Option<&'r str>,
    version: Option<&'r str>,
}

impl<'r> Made<'r> {
    fn of(receipt: &'r Receipt) -> Self {
        let kit = receipt.layer.iter().find(|layer| layer.kind == LayerKind::Kit);
        Self { kit: kit.map(|kit| kit.name.as_str()), version: kit.map(|kit| kit.version.as_str()) }
    }
}

impl fmt::Display for Made<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "version {version} of the kit"),
            None => f.write_str("this stagekit's features"),
        }
    }
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
