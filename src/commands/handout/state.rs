//! What of a handout is there already.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest as _, Sha256};

use crate::{
    catalog::Catalog,
    digest::digits,
    disk::{self, Over, Standing, Watch},
    error::{Error, ErrorKind, Fault, Result},
    handout::{FILE, Form, Handout, Row},
    receipt,
    render::Renderer,
    rendition::Audience,
};

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is made.
    Make,
    /// It was made by this run.
    Made,
    /// It was made before, from the same.
    There,
    /// The same, by a run that was interrupted before it could say from what.
    Undigested,
    /// It was made before, from something else: why.
    Changed(String),
    /// Something stands there that no handout has made. It must not look so to the next run.
    Foreign,
    /// It could not be made: why.
    Failed(String),
}

impl Fate {
    /// In one word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Made => "made",
            Self::There | Self::Undigested => "there",
            Self::Changed(_) => "changed",
            Self::Foreign | Self::Failed(_) => "failed",
        }
    }

    /// Why it is no other one.
    pub(super) fn why(&self) -> Option<&str> {
        match self {
            Self::Changed(why) | Self::Failed(why) => Some(why),
            Self::Foreign => Some("it exists, and no handout has made it; move it away"),
            _ => None,
        }
    }
}

/// A row and what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) row: Row,
    pub(super) fate: Fate,
}

/// A handout as it will be said to be.
pub(super) struct State {
    /// Without its rows.
    pub(super) handout: Handout,
    pub(super) work: Vec<Work>,
    /// Rows that the roster has not any more; they stay at the end.
    pub(super) kept: Vec<Row>,
    /// Their folders.
    pub(super) gone: Vec<String>,
}

impl State {
    /// What becomes of `wanted` in the folder `out`.
    pub(super) fn of(mut wanted: Handout, out: &Path, renderer: &Renderer<'_>) -> Result<Self> {
        let rows = std::mem::take(&mut wanted.row);
        let before = match disk::standing(&out.join(FILE))? {
            Standing::Nothing => None,
            _ => Some(Handout::read(&disk::read_text(&out.join(FILE))?)?),
        };
        let Some(mut before) = before else {
            let work = rows.into_iter().map(|row| Ok(Work { fate: unlisted(&row, wanted.form, out)?, row }));
            return Ok(Self { work: work.collect::<Result<_>>()?, handout: wanted, kept: Vec::new(), gone: Vec::new() });
        };
        refuse_another(&before, &wanted)?;
        let mut known: BTreeMap<String, Row> = before.row.drain(..).map(|row| (row.folder.clone(), row)).collect();
        let order: Vec<String> = known.keys().cloned().collect();
        let mut work = Vec::with_capacity(rows.len());
        for row in rows {
            work.push(match known.remove(&row.folder) {
                Some(old) => listed(row, old, &before, &wanted, out, renderer)?,
                None => Work { fate: unlisted(&row, wanted.form, out)?, row },
            });
        }
        let mut kept: Vec<Row> = order.iter().filter_map(|folder| known.remove(folder)).collect();
        kept.sort_by(|one, other| (one.number, &one.folder).cmp(&(other.number, &other.folder)));
        let gone = kept.iter().map(|row| row.folder.clone()).collect();
        // As long as a row is of other templates, each one's digest has to be looked at.
        let is_same = !work.iter().any(|work| matches!(work.fate, Fate::Changed(_))) && kept.is_empty();
        let templates = if is_same { wanted.templates } else { before.templates };
        Ok(Self { handout: Handout { templates, updates: before.updates, ..wanted }, work, kept, gone })
    }

    /// All rows in the handout's order.
    pub(super) fn whole(&self) -> Handout {
        let rows = self.work.iter().filter(|work| work.fate != Fate::Foreign).map(|work| work.row.clone());
        Handout { row: rows.chain(self.kept.iter().cloned()).collect(), ..self.handout.clone() }
    }

    /// Writes `handout.toml`.
    pub(super) fn write(&self, out: &Path, watch: &dyn Watch) -> Result<()> {
        let (path, text) = (out.join(FILE), self.whole().to_toml()?);
        if disk::standing(&path)? == Standing::File && disk::read_text(&path)? == text {
            return Ok(());
        }
        disk::put_file(&path, text.as_bytes(), Over::Replace, watch)
    }
}

/// A row that no earlier handout has.
fn unlisted(row: &Row, form: Form, out: &Path) -> Result<Fate> {
    Ok(match disk::standing(&out.join(form.name_of(&row.folder)))? {
        Standing::Nothing => Fate::Make,
        _ => Fate::Foreign,
    })
}

/// A row that an earlier handout has as `old`.
fn listed(row: Row, old: Row, before: &Handout, wanted: &Handout, out: &Path, renderer: &Renderer<'_>) -> Result<Work> {
    let fits = match wanted.form {
        Form::Dir | Form::Bare => Standing::Folder,
        Form::Zip => Standing::File,
    };
    let fate = match disk::standing(&out.join(wanted.form.name_of(&row.folder)))? {
        Standing::Nothing => return Ok(Work { row, fate: Fate::Make }),
        standing if standing != fits => {
            return Ok(Work { row: old, fate: Fate::Failed("something else stands there; move it away".to_owned()) });
        }
        _ if old.answers != row.answers => Fate::Changed(format!("it has other answers: {}", differences(&old, &row))),
        _ if old.seed != row.seed => Fate::Changed("it has another seed".to_owned()),
        _ if before.templates == wanted.templates && old.digest.is_empty() => Fate::Undigested,
        _ if before.templates == wanted.templates => Fate::There,
        _ => {
            let rendered = renderer.render(&row.answers, &wanted.rendition(&row, Audience::Learner))?;
            if receipt::digest_of(&rendered) == old.digest {
                Fate::There
            } else {
                Fate::Changed("the kit's templates have changed since".to_owned())
            }
        }
    };
    // Who it is for may have been corrected in the roster; what it was made from stays.
    let row = match fate {
        Fate::Changed(_) => old,
        _ => Row { digest: old.digest, ..row },
    };
    Ok(Work { row, fate })
}

fn differences(old: &Row, new: &Row) -> String {
    let names: std::collections::BTreeSet<&str> = old.answers.iter().chain(new.answers.iter()).map(|(name, _)| name).collect();
    let other = names.into_iter().filter(|name| old.answers.get(name) != new.answers.get(name));
    other.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn refuse_another(before: &Handout, wanted: &Handout) -> Result<()> {
    let mut faults = Vec::new();
    let mut same = |what: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            let said = |value: Option<String>| value.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
            faults.push(Fault::new(what, format!("was {}, and is {} now", said(old), said(new))));
        }
    };
    same("kit", Some(before.kit.clone()), Some(wanted.kit.clone()));
    same("kit's version", Some(before.version.clone()), Some(wanted.version.clone()));
    same("--as", Some(before.form.word().to_owned()), Some(wanted.form.word().to_owned()));
    same("--at", Some(before.at.to_string()), Some(wanted.at.to_string()));
    same("--until", before.until.map(|until| until.to_string()), wanted.until.map(|until| until.to_string()));
    same("--variant-seed", before.variant_seed.clone(), wanted.variant_seed.clone());
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::faults(ErrorKind::Conflict, "another handout is there, nothing was written", faults)
        .hint("hand out to another folder; `stagekit handout --update` brings a newer kit to this one's repositories"))
}

/// The SHA-256 of all that a catalogue can render from.
pub(super) fn templates(catalog: &Catalog) -> String {
    let paths = catalog.files_below("");
    let whole = paths.iter().fold(Sha256::new(), |digest, path| digest.chain_update(catalog.digest(path)));
    format!("sha256:{}", digits(&whole.finalize()))
}
