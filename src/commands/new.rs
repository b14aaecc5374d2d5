//! `stagekit new`: a repository from a kit.

use crate::{
    cli::NewArgs,
    env::Env,
    error::{Error, Result},
};

/// Makes a repository.
pub fn run(_args: &NewArgs, _env: &mut Env) -> Result<()> {
    Err(Error::failed("`new` is not there yet"))
}
