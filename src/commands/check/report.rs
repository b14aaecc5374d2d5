//! What a check found, for programs and pages.

use std::path::Path;

use super::{Turn, build::Stopped, found::Found, json, junit, markdown};
use crate::{
    cli::CheckArgs,
    course::Course,
    disk,
    env::Env,
    error::{Error, Result},
    manifest::Number,
};

/// What there is to report.
pub(super) enum Report<'a> {
    /// What the tests said.
    Found(&'a Found<'a>),
    /// That there were none.
    Stopped { course: &'a Course, upto: Number, stopped: &'a Stopped },
}

/// Who reads stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Person,
    Program,
}

impl Reader {
    pub(super) fn is_for_people(self) -> bool {
        self == Self::Person
    }
}

/// Whether the options agree on what goes to stdout.
pub(super) fn agree(args: &CheckArgs) -> Result<()> {
    let claims =
        [(args.json, "--json"), (is_stdout(args.junit.as_deref()), "--junit -"), (is_stdout(args.markdown.as_deref()), "--markdown -")];
    let claims: Vec<&str> = claims.iter().filter(|(is_claimed, _)| *is_claimed).map(|(_, option)| *option).collect();
    match claims.as_slice() {
        [one, another, ..] => {
            Err(Error::usage(format!("`{one}` and `{another}` cannot both go to stdout")).hint("name a file for one of them"))
        }
        _ => Ok(()),
    }
}

fn is_stdout(file: Option<&Path>) -> bool {
    file == Some(Path::new("-"))
}

/// Writes what was asked for, and says who reads stdout.
pub(super) fn write(args: &CheckArgs, turn: Turn, report: &Report<'_>, env: &mut Env) -> Result<Reader> {
    for (file, text) in
        [(&args.junit, junit::text as fn(&Report<'_>) -> Result<String>), (&args.markdown, |report| Ok(markdown::text(report)))]
    {
        let Some(file) = file else { continue };
        let text = text(report)?;
        if is_stdout(Some(file)) {
            env.out.print(&text);
        } else {
            disk::write_anew(&env.path(file), &text)?;
        }
    }
    match (args.json, turn, report) {
        (true, Turn::Only, Report::Found(found)) => env.out.json(&json::found(found))?,
        (true, Turn::First | Turn::Again, Report::Found(found)) => env.out.json_line(&json::found(found))?,
        (true, Turn::First | Turn::Again, Report::Stopped { stopped, .. }) => env.out.json_line(&json::stopped(stopped))?,
        // Alone, the exit code and the error say it.
        (true, Turn::Only, Report::Stopped { .. }) | (false, ..) => {}
    }
    let is_claimed = args.json || is_stdout(args.junit.as_deref()) || is_stdout(args.markdown.as_deref());
    Ok(if is_claimed { Reader::Program } else { Reader::Person })
}
