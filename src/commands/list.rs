//! `stagekit list`.

use crate::{cli::ListArgs, env::Env, error::Result};

/// Stub.
pub fn run(_args: &ListArgs, _env: &mut Env) -> Result<()> {
    Ok(())
}
