//! `stagekit templates`: the templates as a folder, and what is wrong in them.

use serde_json::json;

use super::text;
use crate::{
    cli::{ExportArgs, LintArgs},
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    lint, overlay,
};

/// Writes the templates in effect into a folder.
pub fn export(args: &ExportArgs, env: &mut Env) -> Result<()> {
    let tree = overlay::tree(&env.catalog)?;
    disk::create(&env.path(&args.dir), &tree, &disk::interrupts()?)?;
    let dir = args.dir.display();
    env.out.say(format!("wrote {} to `{dir}`", text::count(tree.len(), "file")));
    env.out.hint(format!("change them, then `stagekit templates lint {dir}` and `stagekit --templates {dir} list`"));
    Ok(())
}

/// Shows every fault in the templates.
pub fn lint(args: &LintArgs, env: &mut Env) -> Result<()> {
    // 1. The templates in question.
    if let Some(dir) = &args.dir {
        env.catalog = overlay::read(&env.path(dir), dir)?;
    }
    // 2. Every fault in them.
    let faults = lint::lint(&env.catalog);
    if args.json {
        let list =
            faults.iter().map(|fault| json!({"file": fault.place, "line": fault.line, "message": fault.message, "hint": fault.hint}));
        env.out.json(&json!({ "faults": list.collect::<Vec<_>>() }))?;
    }
    if faults.is_empty() {
        env.out.say(format!(
            "{} and {}: no fault",
            text::count(env.catalog.kit_names().len(), "kit"),
            text::count(env.catalog.feature_names().len(), "feature")
        ));
        return Ok(());
    }
    let heading = format!("{} in the templates", text::count(faults.len(), "fault"));
    Err(if args.json { Error::failed(heading) } else { Error::faults(ErrorKind::Failed, heading, faults) })
}
