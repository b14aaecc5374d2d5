//! What came of a correction for each student, and how it is told.

use serde_json::json;

use super::repositories;
use crate::{
    cli::HandoutArgs,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    handout::{Handout, Row},
    output::Ink,
    plan::Plan,
};

/// What came of it for one student.
#[derive(Default)]
pub(super) struct Brought {
    pub(super) end: End,
    /// The patch or the branch; of a dry run, as it would be called.
    pub(super) into: String,
    pub(super) is_written: bool,
    pub(super) plan: Plan,
}

#[derive(Default, PartialEq)]
pub(super) enum End {
    /// The change is brought.
    Done,
    /// Nothing has changed.
    #[default]
    Current,
    /// The student and the kit changed the same places: which.
    Conflict(Vec<String>),
    /// It could not be brought: why, each with the way out if there is one to name.
    Failed(Vec<(String, Option<String>)>),
}

impl End {
    /// With this error.
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed(match error.listed() {
            // What a parser shows of the text takes lines of its own.
            [] => vec![(error.to_string().lines().next().unwrap_or_default().to_owned(), error.way_out().map(str::to_owned))],
            faults => faults.iter().map(|fault| (format!("{}: {}", fault.place, fault.message), fault.hint.clone())).collect(),
        })
    }
}

/// Says what came of each, and of all.
pub(super) fn tell(args: &HandoutArgs, handout: &Handout, number: u32, results: &[Brought], env: &mut Env) -> Result<()> {
    let rows = || handout.row.iter().zip(results);
    if args.json {
        let row = |(row, brought): (&Row, &Brought)| {
            let (status, why) = match &brought.end {
                End::Done => ("updated", json!(null)),
                End::Current => ("current", json!(null)),
                End::Conflict(conflicts) => ("conflict", json!(conflicts)),
                End::Failed(faults) => ("failed", json!(faults.iter().map(|(why, _)| why).collect::<Vec<_>>())),
            };
            json!({ "number": row.number, "name": row.name, "folder": row.folder, "status": status, "why": why, "into": brought.into, "plan": brought.plan.to_json() })
        };
        let rows: Vec<_> = rows().map(row).collect();
        env.out
            .json(&json!({ "kit": handout.kit, "version": handout.version, "update": number, "written": !args.dry_run, "rows": rows }))?;
    } else {
        for (row, brought) in rows().filter(|(_, brought)| brought.end == End::Done) {
            env.out.line(format!("{}  {}", row.folder, brought.into));
            for path in brought.plan.pending() {
                env.out.line(format!("  conflict markers in {path}"));
            }
        }
    }
    let done = results.iter().filter(|brought| brought.end == End::Done).count();
    let ink = env.out.talk_palette();
    if args.dry_run {
        env.out.say(format!("nothing was written; without `--dry-run` update {number} goes to {}", repositories(done)));
    } else if done == 0 {
        env.out.say("there is nothing new for anybody");
    } else {
        env.out.say(format!("{} {number} for {}", ink.paint(Ink::Good, "update"), repositories(done)));
    }
    let (mut failed, mut conflicts) = (Vec::new(), Vec::new());
    for (row, brought) in rows() {
        match &brought.end {
            End::Failed(faults) => {
                failed.extend(faults.iter().map(|(why, hint)| Fault { hint: hint.clone(), ..Fault::new(&row.folder, why) }));
            }
            End::Conflict(places) => conflicts.extend(places.iter().map(|place| Fault::new(&row.folder, place))),
            End::Done => {
                conflicts.extend(brought.plan.pending().map(|path| Fault::new(&row.folder, format!("conflict markers stand in {path}"))));
            }
            End::Current => {}
        }
    }
    if failed.is_empty() && conflicts.is_empty() {
        return Ok(());
    }
    let hint = if conflicts.is_empty() {
        "the same command tries those again"
    } else {
        "the student and the kit changed the same places: `--conflicts markers` brings both versions, for the student to choose"
    };
    let (kind, heading) = if failed.is_empty() {
        (ErrorKind::Conflict, "not every repository can take the update as it is")
    } else {
        (ErrorKind::Failed, "not every repository got the update")
    };
    failed.extend(conflicts);
    Err(Error::faults(kind, heading, failed).hint(hint))
}
