//! Who is graded, and where their repositories are.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    cli::GradeArgs,
    commands::text,
    digest::hex,
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result, nearest},
    grade::{GradedKit, Shard, Submission},
    handout::{FILE, Form, Handout, Row},
    process,
};

/// The class.
pub(super) struct Class {
    pub(super) handout: Handout,
    /// The folder of its `handout.toml`.
    pub(super) folder: PathBuf,
    /// SHA-256 of that file.
    pub(super) digest: String,
    pub(super) shard: Option<Shard>,
    /// Those that are graded, in the order of their folders: the row's place in the handout, and its repository.
    pub(super) rows: Vec<(usize, Option<Source>)>,
    /// What is said before it begins: repositories that no row is about, and the like.
    warnings: Vec<String>,
}

/// A student's repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    form: Form,
    path: PathBuf,
}

impl Source {
    /// The repository at this path, if there is one.
    fn at(path: PathBuf) -> Option<Self> {
        disk::form_of(&path).map(|form| Self { form, path })
    }

    /// The files that `kit` looks at.
    pub(super) fn read(&self, kit: &GradedKit) -> Result<Submission> {
        let looks_at = |path: &str| kit.looks_at(path);
        match self.form {
            Form::Dir => disk::submitted(&self.path, &looks_at),
            Form::Zip => disk::submitted_zip(&self.path, &looks_at),
            Form::Bare => process::committed(&self.path, &looks_at),
        }
    }
}

impl Class {
    /// The class that the command line is about.
    pub(super) fn of(args: &GradeArgs, env: &Env) -> Result<Self> {
        // 1. the handout
        let given = args.path.as_deref().unwrap_or(Path::new("."));
        let path = env.path(given);
        let is_list = path.is_file() && disk::form_of(&path).is_none();
        if !is_list && disk::form_of(&path) != Some(Form::Dir) {
            return Err(Error::usage(format!("`{}` is neither a folder of repositories nor a list of them", given.display())));
        }
        let file = match &args.handout {
            Some(file) => env.path(file),
            None if is_list => return Err(Error::usage("a list does not say what was handed out").hint(format!("`--handout {FILE}` does"))),
            None => path.join(FILE),
        };
        if !file.is_file() {
            return Err(Error::usage(format!("there is no `{}`, which says what was handed out", file.display()))
                .hint("`stagekit handout` writes it; `--handout FILE` names one elsewhere"));
        }
        let text = disk::read_text(&file)?;
        let handout = Handout::read(&text)?;

        // 2. the rows
        let mut order: Vec<usize> = (0..handout.row.len()).collect();
        order.sort_by(|one, other| handout.row[*one].folder.cmp(&handout.row[*other].folder));
        let shard = args.shard.as_deref().map(|shard| shard.parse::<Shard>().map_err(Error::usage)).transpose()?;
        unknown(&args.only, &handout)?;
        let is_wanted = |place: &usize, row: &Row| {
            shard.is_none_or(|shard| shard.has(*place)) && (args.only.is_empty() || args.only.contains(&row.folder))
        };
        let order: Vec<usize> =
            order.into_iter().enumerate().filter(|(place, index)| is_wanted(place, &handout.row[*index])).map(|(_, index)| index).collect();

        // 3. their repositories
        let (sources, warnings) = if is_list { listed(&path, given, &handout)? } else { below(&path, &handout)? };
        let rows = order.into_iter().map(|index| (index, sources[index].clone())).collect();
        let folder = file.parent().map_or_else(|| env.cwd.clone(), Path::to_owned);
        Ok(Self { digest: hex(text.as_bytes()), handout, folder, shard, rows, warnings })
    }

    /// Prints whose turn it is. Their repositories need not be there yet: whoever asks may be about to fetch them.
    pub(super) fn list(&self, env: &mut Env) {
        let folders = self.rows.iter().map(|(index, _)| format!("{}\n", self.handout.row[*index].folder));
        env.out.print(&folders.collect::<String>());
    }

    /// Says what is about to happen, and what is left out.
    pub(super) fn tell(&self, env: &mut Env) {
        for warning in &self.warnings {
            env.out.warn(warning);
        }
        let share = self.shard.map_or_else(String::new, |shard| format!(", share {shard}"));
        let count = text::count(self.rows.len(), "row");
        env.out.say(format!("grading {count} of `{}`{share}", self.handout.kit));
    }
}

/// Folders that are asked for and that no row has.
fn unknown(only: &[String], handout: &Handout) -> Result<()> {
    let folders = || handout.row.iter().map(|row| row.folder.as_str());
    let faults = only.iter().filter(|wanted| !folders().any(|folder| folder == **wanted)).map(|wanted| {
        let fault = Fault::new(format!("--only {wanted}"), format!("no row of `{FILE}` has this folder"));
        match nearest(wanted, folders()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        }
    });
    let faults: Vec<Fault> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::faults(ErrorKind::Usage, "not everybody is in this class", faults)) }
}

type Found = (Vec<Option<Source>>, Vec<String>);

/// The repositories in a folder: under the name that was handed out, or under what the row's repository would be called in another form.
fn below(folder: &Path, handout: &Handout) -> Result<Found> {
    let forms = [handout.form, Form::Dir, Form::Zip, Form::Bare];
    let mut named = BTreeSet::new();
    let sources = handout.row.iter().map(|row| {
        let names = forms.iter().map(|form| form.name_of(&row.folder));
        let names: Vec<String> = names.collect();
        named.extend(names.clone());
        names.iter().find_map(|name| Source::at(folder.join(name)))
    });
    let sources = sources.collect();
    let is_stranger = |name: &String| !name.starts_with('.') && !named.contains(name) && disk::form_of(&folder.join(name)).is_some();
    Ok((sources, disk::names_in(folder)?.into_iter().filter(is_stranger).map(|name| stranger(&name)).collect()))
}

fn stranger(name: &str) -> String {
    format!("`{name}` is in no row of `{FILE}`, and is not graded")
}

/// The repositories in a list: a path whose last part is the row's folder, or that folder, a tab or a comma, and a path.
fn listed(file: &Path, shown: &Path, handout: &Handout) -> Result<Found> {
    let from = file.parent().unwrap_or(Path::new("."));
    let mut sources = vec![None; handout.row.len()];
    let (mut warnings, mut faults) = (Vec::new(), Vec::new());
    for (index, line) in disk::read_text(file)?.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row_of = |folder: &str| handout.row.iter().position(|row| row.folder == folder);
        let pair =
            line.split_once(['\t', ',']).map(|(folder, path)| (folder.trim(), path.trim())).filter(|(folder, _)| row_of(folder).is_some());
        let (folder, path) = pair.unwrap_or_else(|| {
            let name = line.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(line);
            (name.strip_suffix(".git").or_else(|| name.strip_suffix(".zip")).unwrap_or(name), line)
        });
        let Some(row) = row_of(folder) else {
            warnings.push(stranger(folder));
            continue;
        };
        let place = || Fault::new(shown.display().to_string(), format!("`{folder}` has a repository already")).at(index + 1);
        match Source::at(from.join(path)) {
            _ if sources[row].is_some() => faults.push(place()),
            None => warnings.push(format!("there is no repository at `{path}`, and `{folder}` counts as missing")),
            found => sources[row] = found,
        }
    }
    if faults.is_empty() {
        Ok((sources, warnings))
    } else {
        Err(Error::faults(ErrorKind::Usage, format!("`{}` cannot be used", shown.display()), faults))
    }
}
