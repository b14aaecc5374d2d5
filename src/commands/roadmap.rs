//! `stagekit roadmap`.

use crate::{cli::RoadmapArgs, env::Env, error::Result};

/// Stub.
pub fn run(_args: &RoadmapArgs, _env: &mut Env) -> Result<()> {
    Ok(())
}
