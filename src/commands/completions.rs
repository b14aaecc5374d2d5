//! `stagekit completions`: a completion script.

use clap::CommandFactory;

use crate::{
    cli::{Cli, CompletionsArgs},
    env::Env,
    error::Result,
};

/// Prints the script.
pub fn run(args: &CompletionsArgs, env: &mut Env) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "stagekit", &mut script);
    env.out.bytes(&script);
    Ok(())
}
