//! The class: who gets a repository, with which answers.

use std::{collections::BTreeSet, path::Path};

use super::super::new;
use crate::{
    cli::{HandoutArgs, RosterFormat},
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    handout::Row,
    interview::{Given, settle},
    manifest::{KitManifest, Question},
    roster::{self, Format, Mapping, Student},
};

/// How many faults are shown; whoever has more has one cause for most of them.
const SHOWN: usize = 50;

/// The rows of the handout, without digests. Every fault of every row is told at once.
pub(super) fn rows(args: &HandoutArgs, kit: &KitManifest, env: &mut Env) -> Result<Vec<Row>> {
    // 1. the roster
    let path = args.roster.as_deref().filter(|path| *path != Path::new("-"));
    let shown = path.map_or_else(|| "<stdin>".to_owned(), |path| path.display().to_string());
    let bytes = disk::read_roster(path.map(|path| env.path(path)).as_deref())?;
    let is_toml = path.and_then(Path::extension).is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let format = match args.roster_format {
        Some(RosterFormat::Toml) => Format::Toml,
        None if is_toml => Format::Toml,
        Some(RosterFormat::Csv) | None => Format::Csv,
    };
    let questions: Vec<&str> = kit.question.iter().map(Question::name).collect();
    let map = args.map.iter().map(|map| Mapping::parse(map).map_err(|why| Error::usage(format!("`--map {map}`: {why}"))));
    let (roster, mut faults) = roster::read(&shown, &bytes, format, &questions, &map.collect::<Result<Vec<_>>>()?)?;
    for (column, meant) in &roster.kept {
        env.out.say(match meant {
            Some(meant) => format!("note: `{column}` is no question of `{}` and is only kept; did you mean `{meant}`?", kit.name.get_ref()),
            None => format!("note: `{column}` is no question of `{}` and is only kept", kit.name.get_ref()),
        });
    }

    // 2. their answers
    let answered: BTreeSet<&str> =
        roster.students.iter().flat_map(|student| student.answers.iter().map(|(name, _)| name.as_str())).collect();
    let file = new::answers_file(args.answers.as_deref(), env)?;
    let mut rows = Vec::with_capacity(roster.students.len());
    for student in &roster.students {
        let seed = args.variant_seed.as_ref().map(|seed| format!("{seed}/{}", student.folder));
        let for_all = args.settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str()));
        // A later one goes before an earlier one.
        let settings = for_all.chain(student.answers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let given = Given {
            settings: settings.collect(),
            file: file.clone(),
            seed: seed.as_deref(),
            name: Some(new::project_name(&student.folder)),
            person: None,
        };
        match settle(kit, &given, &mut |_| {}) {
            Ok(answers) => rows.push(Row {
                number: student.number,
                name: student.name.clone(),
                folder: student.folder.clone(),
                seed,
                digest: String::new(),
                answers,
                record: student.record.clone(),
            }),
            Err(error) => faults.extend(error.listed().iter().map(|fault| of_row(fault, student, &shown, &answered))),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(refused(faults, &shown, kit)) }
}

/// A fault of a row's answers. One in what holds for all is the same for every row, and is told once.
fn of_row(fault: &Fault, student: &Student, shown: &str, answered: &BTreeSet<&str>) -> Fault {
    let name = fault.place.strip_prefix("--set ").map(|name| name.trim_end_matches("=…"));
    match name.filter(|name| answered.contains(name)) {
        Some(name) => Fault {
            place: shown.to_owned(),
            line: Some(student.number),
            message: format!("{name}: {}", fault.message),
            hint: fault.hint.clone(),
        },
        None => fault.clone(),
    }
}

fn refused(mut faults: Vec<Fault>, shown: &str, kit: &KitManifest) -> Error {
    faults.sort();
    faults.dedup();
    let number = faults.len();
    let most = if number > SHOWN { format!(", of which these are the first {SHOWN}") } else { String::new() };
    faults.truncate(SHOWN);
    let heading = format!("nothing was handed out: {number} fault{} in `{shown}` or the answers{most}", if number == 1 { "" } else { "s" });
    Error::faults(ErrorKind::Usage, heading, faults)
        .hint(format!("`stagekit new {} --list-questions` shows every question with its choices", kit.name.get_ref()))
}
