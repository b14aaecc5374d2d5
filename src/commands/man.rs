//! `stagekit man`: the manual pages.

use clap::CommandFactory;

use crate::{
    cli::{Cli, ManArgs},
    disk,
    env::Env,
    error::{Error, Result},
};

/// Writes a page for `stagekit` and one for each command.
pub fn run(args: &ManArgs, env: &mut Env) -> Result<()> {
    let dir = env.path(&args.dir);
    disk::make_folder(&dir)?;
    clap_mangen::generate_to(Cli::command(), &dir).map_err(|error| Error::io("write the manual pages to", &dir, error))?;
    env.out.say(format!("wrote the manual pages to `{0}`; `man {0}/stagekit.1` shows the first", args.dir.display()));
    Ok(())
}
