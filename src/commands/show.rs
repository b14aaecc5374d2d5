//! `stagekit show`.

use crate::{cli::ShowArgs, env::Env, error::Result};

/// Stub.
pub fn run(_args: &ShowArgs, _env: &mut Env) -> Result<()> {
    Ok(())
}
