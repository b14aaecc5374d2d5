//! `stagekit templates`: the templates as a folder, and what is wrong in them.

use super::text;
use crate::{
    cli::{ExportArgs, LintArgs},
    env::Env,
    error::{Error, Result},
    overlay,
};

/// Writes the templates in effect into a folder.
pub fn export(args: &ExportArgs, env: &mut Env) -> Result<()> {
    let count = overlay::write(&env.catalog, &env.path(&args.dir))?;
    let dir = args.dir.display();
    env.out.say(format!("wrote {} to `{dir}`", text::count(count, "file")));
    env.out.hint(format!("change them, then `stagekit templates lint {dir}` and `stagekit --templates {dir} list`"));
    Ok(())
}

/// Shows every fault in the templates.
pub fn lint(args: &LintArgs, env: &mut Env) -> Result<()> {
    // 1. The templates in question.
    if let Some(dir) = &args.dir {
        env.catalog = overlay::read(&env.path(dir), dir)?;
    }
    // 2. Every fault in them: `crate::lint` goes here.
    Err(Error::failed("`templates lint` is not there yet"))
}
