//! What grading found, to where it was asked for.

use std::path::Path;

use super::{csv, junit, page, table};
use crate::{
    cli::GradeOutput,
    disk,
    env::Env,
    error::{Error, Result},
    grade::Results,
};

/// Whether the options agree on what goes to stdout.
pub(super) fn agree(output: &GradeOutput) -> Result<()> {
    let claims: Vec<&str> = claims(output).into_iter().filter(|(is_claimed, _)| *is_claimed).map(|(_, option)| option).collect();
    match claims.as_slice() {
        [one, another, ..] => {
            Err(Error::usage(format!("`{one}` and `{another}` cannot both go to stdout")).hint("name a file for one of them"))
        }
        _ => Ok(()),
    }
}

fn claims(output: &GradeOutput) -> [(bool, &'static str); 3] {
    [(output.json, "--json"), (is_stdout(output.csv.as_deref()), "--csv -"), (is_stdout(output.junit.as_deref()), "--junit -")]
}

fn is_stdout(file: Option<&Path>) -> bool {
    file == Some(Path::new("-"))
}

/// Writes all of it, and the table if nothing else goes to stdout.
pub(super) fn write(output: &GradeOutput, results: &Results, env: &mut Env) -> Result<()> {
    if let Some(file) = &output.csv {
        put(file, &csv::text(results)?, env)?;
    }
    if let Some(file) = &output.junit {
        put(file, &junit::text(results)?, env)?;
    }
    if let Some(file) = &output.results {
        let text = serde_json::to_string_pretty(results).map_err(|error| Error::failed("failed to write JSON").because(error))?;
        disk::write_anew(&env.path(file), &(text + "\n"))?;
    }
    if let Some(folder) = &output.reports {
        for row in &results.rows {
            disk::write_anew(&env.path(folder).join(format!("{}.md", row.folder)), &page::text(results, row))?;
        }
    }
    if output.json {
        env.out.json(results)?;
    }
    if !claims(output).iter().any(|(is_claimed, _)| *is_claimed) {
        table::print(results, env);
    }
    Ok(())
}

fn put(file: &Path, text: &str, env: &mut Env) -> Result<()> {
    if is_stdout(Some(file)) {
        env.out.print(text);
        return Ok(());
    }
    disk::write_anew(&env.path(file), text)
}
