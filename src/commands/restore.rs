//! `stagekit restore`: the kit's own tests and build files, as they were made.

use serde_json::json;

use super::{repository::Repository, text};
use crate::{
    cli::RestoreArgs,
    disk,
    env::Env,
    error::{Error, Result},
    manifest::Role,
    output::Ink,
    plan::{Deleted, plan},
    tree::{RelPath, Tree},
};

/// Puts the kit's tests and build files back, wherever they were edited or deleted. The learner's own files, and those of features, stay as they are.
pub fn run(args: &RestoreArgs, env: &mut Env) -> Result<()> {
    // 1. which files the kit means to be as they were
    let repository = Repository::around(env)?;
    repository.kit()?;
    let base = repository.base()?;
    let is_of_feature = |path: &RelPath| repository.features().any(|layer| layer.files.contains(path));
    let is_kits = |path: &RelPath| matches!(repository.receipt.roles.get(path), Some(Role::Test | Role::Build)) && !is_of_feature(path);
    let fresh: Tree = base.iter().filter(|(path, _)| is_kits(path)).map(|(path, entry)| (path.clone(), entry.clone())).collect();

    // 2. which of them are not. What is there counts as what was rendered last: nothing of it is to survive.
    let there = disk::read(&repository.root, fresh.paths())?;
    let planned = plan(&there, &there, &fresh, Deleted::Say);
    let is_dry = args.dry_run || args.diff;
    if args.json {
        env.out.json(&json!({ "written": !is_dry, "plan": planned.to_json() }))?;
    } else if args.diff {
        text::print_diff(&planned.diff(), &mut env.out);
    } else {
        env.out.print(&planned.listing());
    }
    if is_dry {
        env.out.say("nothing was written");
        return Ok(());
    }
    if !planned.is_settled() && env.ask.is_interactive() && !args.yes {
        env.out.flush();
        if !env.ask.confirm("Write it?", true)? {
            return Err(Error::interrupted());
        }
    }

    // 3. written, and told
    if planned.is_settled() {
        return Ok(());
    }
    repository.apply(&planned, &repository.receipt, &base)?;
    let ink = env.out.talk_palette();
    env.out.say(format!("{}: the tests and the build are the kit's", ink.paint(Ink::Good, "restored")));
    Ok(())
}
