//! What a repository becomes when its kit and features are rendered anew: the one thing that `add`, `remove` and `update` do.

use std::collections::{BTreeMap, BTreeSet};

use super::{repository::Repository, text};
use crate::{
    answers::{Answers, Value},
    catalog::Catalog,
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    interview::{Given, settle},
    layers::{Fitted, OnConflict, Part, fit, paths_of_interest},
    manifest::{KitManifest, Number},
    plan::{Deleted, Plan, Reason, plan},
    receipt::{self, FOLDER, Layer, Receipt},
    render::{Features, Renderer, Slice},
    rendition::Rendition,
    tree::{Entry, RelPath, Tree},
};

/// A repository as it will be.
pub(super) struct Becoming {
    /// How it gets there.
    pub(super) planned: Plan,
    /// What is recorded then.
    pub(super) receipt: Receipt,
    /// The pristine rendering, as it will be kept.
    pub(super) base: Tree,
    /// Whether it was made from just the same.
    pub(super) is_same: bool,
    /// Answers that the kit has no question for any more.
    pub(super) dropped: Vec<String>,
    /// What earlier contributions left behind, and why.
    pub(super) left: Vec<Fault>,
    /// What features expect of the user's own files, and do not find there.
    pub(super) unmet: Vec<Fault>,
    /// The user's own files of which nothing is left.
    pub(super) replaced: Vec<RelPath>,
}

/// The repository with other answers to its kit's questions (`changed`), and with just these features beside the kit.
pub(super) fn becoming(
    repository: &Repository,
    catalog: &Catalog,
    changed: &[(String, Value)],
    features: &[Layer],
    on_conflict: OnConflict,
) -> Result<Becoming> {
    refuse_unfit(features)?;

    // 1. the kit
    let (mut receipt, kit, dropped) = match repository.kit() {
        Ok(layer) => of_kit(repository, &Renderer::new(catalog, &layer.name)?, changed)?,
        Err(_) => (Receipt::of_nothing(), Tree::new(), Vec::new()),
    };

    // 2. the features, each of which sees what is beside it
    let renderer = Features::new(catalog)?;
    let mut parts = Vec::new();
    for layer in features {
        let manifest = catalog.feature(&layer.name)?;
        let of_kit = receipt.layer.iter().filter(|kit| kit.directory == layer.directory).flat_map(|kit| &kit.features);
        let others = features.iter().filter(|other| other.directory == layer.directory).map(|other| &other.name);
        let beside: BTreeSet<String> = of_kit.chain(others).cloned().collect();
        let slice = renderer.render(&manifest, &layer.stack, &beside, repository.receipt.course.as_ref())?;
        let digest = format!("sha256:{}", slice.digest);
        parts.push(Part { layer: Layer { digest, ..Layer::of_feature(&manifest, &layer.stack) }, slice });
    }

    apart(&kit, &mut parts);

    // 3. over each other, and over what is there
    let old: Vec<Layer> = repository.features().cloned().collect();
    let stored = repository.base()?;
    let interest = paths_of_interest(&stored, &kit, &parts, &old);
    let mut there = disk::read(&repository.root, &interest)?;
    let closed = leave_closed(&mut parts, &there, &old, on_conflict);
    let unfit = |faults: Vec<Fault>| {
        let may_stay = on_conflict != OnConflict::Keep && faults.iter().any(|fault| is_closed(&there, &fault.place));
        let error = Error::faults(ErrorKind::Conflict, "the features do not fit into what is there, nothing was written", faults);
        if may_stay {
            error.hint("`--on-conflict keep` leaves a file as it is that is not UTF-8; or convert it, or move it away")
        } else {
            error
        }
    };
    let mut fitted = fit(&stored, &there, kit, parts, &old, on_conflict).map_err(unfit)?;
    let planned = plan(&fitted.base, &there, &fitted.fresh, Deleted::Say);
    let replaced = if on_conflict == OnConflict::Replace { replaceable(&planned) } else { Vec::new() };
    fitted.resolve(&planned, &there, on_conflict);
    if receipt.layer.is_empty() && fitted.layers.is_empty() {
        // Where nothing of stagekit's is left, what it knew of the repository goes too.
        let own = receipt::seal(&receipt, std::iter::empty())?;
        fitted.base.extend(disk::read(&repository.root, own.paths())?);
    }
    let unread = fitted.base.paths().chain(fitted.fresh.paths()).filter(|path| !interest.contains(path));
    there.extend(disk::read(&repository.root, unread)?);
    let planned = plan(&fitted.base, &there, &fitted.fresh, Deleted::Say);
    let planned = if on_conflict == OnConflict::Merge { planned.with_markers() } else { planned };

    // 4. what is recorded
    let unmet = fitted.unmet(&there);
    let Fitted { own, layers, roles, mut left, .. } = fitted;
    left.extend(closed);
    receipt.layer.extend(layers);
    receipt.roles.extend(roles);
    receipt.pending = planned.pending().cloned().collect();
    Ok(Becoming { planned, receipt, is_same: stored == own, base: own, dropped, left, unmet, replaced })
}

impl Becoming {
    /// Shows people how it gets there.
    pub(super) fn show(&self, as_diff: bool, env: &mut Env) {
        if as_diff {
            text::print_diff(&self.planned.diff(), &mut env.out);
        } else {
            env.out.print(&self.planned.listing());
        }
    }

    /// Tells what earlier contributions left behind.
    pub(super) fn tell_left(&self, env: &mut Env) {
        for left in &self.left {
            env.out.warn(format!("{}: {}", left.place, left.message));
        }
    }

    /// Asks whether it is to be, where there is something to do and somebody to ask.
    pub(super) fn agreed(&self, yes: bool, env: &mut Env) -> Result<()> {
        if !self.planned.is_settled() && env.ask.is_interactive() && !yes {
            env.out.flush();
            if !env.ask.confirm("Write it?", true)? {
                return Err(Error::interrupted());
            }
        }
        Ok(())
    }

    /// Carries it out: all or nothing.
    pub(super) fn apply(&self, repository: &Repository) -> Result<()> {
        let own = if self.receipt.layer.is_empty() { Tree::new() } else { receipt::seal(&self.receipt, self.base.iter())? };
        repository.apply_with(&self.planned, &own)
    }
}

/// Refuses layers that nothing could be rendered from: somebody has changed the receipt by hand, or it comes from elsewhere.
fn refuse_unfit(features: &[Layer]) -> Result<()> {
    let place = format!("{FOLDER}/receipt.toml");
    let mut faults = Vec::new();
    for layer in features {
        let of_layer = |message: String| Fault::new(&place, format!("`{}` in `{}`: {message}", layer.name, layer.directory));
        faults.extend(layer.stack.faults().into_iter().map(|fault| of_layer(fault.to_string())));
        if layer.directory != layer.stack.directory {
            faults.push(of_layer(format!("its stack is that of `{}`", layer.stack.directory)));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::faults(ErrorKind::Usage, "the receipt says what no feature can write down, nothing was written", faults)
        .hint("correct it there, or with `stagekit add FEATURE --set FIELD=VALUE`"))
}

/// Whether a file is there that nothing can be put into.
fn is_closed(there: &Tree, path: &str) -> bool {
    RelPath::new(path).is_ok_and(|path| there.get(&path).is_some_and(|entry| entry.text().is_none()))
}

/// Leaves out what features want in files that are no text, where those are to stay as they are or stayed so before; tells what that is, once.
fn leave_closed(parts: &mut [Part], there: &Tree, old: &[Layer], on_conflict: OnConflict) -> Vec<Fault> {
    let mut told = Vec::new();
    for Part { layer, slice } in parts {
        let earlier = old.iter().find(|earlier| earlier.is_of(&layer.name, &layer.directory));
        slice.contributions.retain(|one| {
            let was_kept = earlier.is_some_and(|earlier| earlier.kept.contains(&one.path));
            if !is_closed(there, one.path.as_str()) || on_conflict != OnConflict::Keep && !was_kept {
                return true;
            }
            if !layer.kept.contains(&one.path) {
                layer.kept.push(one.path.clone());
                let message = format!("is not UTF-8 and stays as it is; what `{}` needs in it is for you to add", layer.name);
                told.extend((!was_kept).then(|| Fault::new(one.path.as_str(), message)));
            }
            false
        });
    }
    told
}

/// Where GitHub reads the workflows of all projects.
const WORKFLOWS: &str = ".github/workflows/";

/// More projects than have the same name for their workflows.
const MOST_NUMBERS: usize = 1000;

/// The workflows of all projects lie in one folder, each named for its project's: where two are named the same, as those of `a/b` and `a-b`, the later
/// one gets a number.
fn apart(kit: &Tree, parts: &mut [Part]) {
    let mut owners: BTreeMap<RelPath, String> = kit.paths().map(|path| (path.clone(), ".".to_owned())).collect();
    let mut renamed: BTreeMap<(String, RelPath), RelPath> = BTreeMap::new();
    for Part { layer, slice } in parts {
        for path in slice.tree.paths().filter(|path| path.as_str().starts_with(WORKFLOWS)) {
            let is_free = |path: &RelPath| owners.get(path).is_none_or(|owner| *owner == layer.directory);
            let other = if is_free(path) { None } else { (2..MOST_NUMBERS).filter_map(|n| numbered(path, n)).find(is_free) };
            owners.entry(other.as_ref().unwrap_or(path).clone()).or_insert_with(|| layer.directory.clone());
            if let Some(fresh) = other {
                renamed.insert((layer.directory.clone(), path.clone()), fresh);
            }
        }
        for ((_, old), fresh) in renamed.iter().filter(|((directory, _), _)| *directory == layer.directory) {
            rename(slice, old, fresh);
        }
    }
}

/// `.github/workflows/a-b-2.yml`.
fn numbered(path: &RelPath, number: usize) -> Option<RelPath> {
    let (stem, end) = path.as_str().rsplit_once('.')?;
    RelPath::new(format!("{stem}-{number}.{end}")).ok()
}

/// Gives a file of the slice another name, also where it names itself.
fn rename(slice: &mut Slice, old: &RelPath, fresh: &RelPath) {
    if let Some(entry) = slice.tree.remove(old) {
        let bytes = entry.text().map(|text| text.replace(old.as_str(), fresh.as_str()).into_bytes());
        let bytes = bytes.map_or_else(|| entry.bytes.clone(), Into::into);
        slice.tree.insert(fresh.clone(), Entry { bytes, executable: entry.executable });
    }
    if let Some(role) = slice.roles.remove(old) {
        slice.roles.insert(fresh.clone(), role);
    }
    for one in slice.contributions.iter_mut().filter(|one| one.path == *old) {
        one.path = fresh.clone();
    }
}

/// The files in the way of a plan that could be replaced.
fn replaceable(planned: &Plan) -> Vec<RelPath> {
    let is_file = |reason: &Reason| !matches!(reason, Reason::InTheWay { .. } | Reason::Deleted);
    planned.conflicts().filter(|(_, reason)| is_file(reason)).map(|(path, _)| path.clone()).collect()
}

/// Receipt and files of the repository as the kit would render it now, and the answers that it has no question for any more.
fn of_kit(repository: &Repository, renderer: &Renderer<'_>, changed: &[(String, Value)]) -> Result<(Receipt, Tree, Vec<String>)> {
    let layer = repository.kit()?;
    let kit = renderer.kit();
    let stated = stated(&layer.answers, kit)?;
    let (known, dropped): (toml::Table, toml::Table) = stated.into_iter().partition(|(name, _)| kit.question(name).is_some());
    let known = with(known, changed)?;
    // As a file's: an answer to what is not asked any more does no harm.
    let file = Some((format!("{FOLDER}/receipt.toml"), known));
    let answers = settle(kit, &Given { file, seed: layer.rendition.seed.as_deref(), ..Given::default() }, &mut |_| {})?;
    let rendered = renderer.render(&answers, &layer.rendition)?;
    let mut fresh = receipt::base_tree(&rendered);

    // Reference code that was taken over stays at its milestone.
    let numbers: BTreeSet<Number> = repository.receipt.taken.values().copied().collect();
    for number in numbers {
        let later = renderer.render(&answers, &Rendition { at: number, ..layer.rendition.clone() })?;
        for (path, _) in repository.receipt.taken.iter().filter(|(_, of_path)| **of_path == number) {
            match later.tree.get(path) {
                Some(entry) => fresh.insert(path.clone(), entry.clone()),
                None => fresh.remove(path),
            };
        }
    }

    let mut receipt = Receipt::of_kit(kit.name.get_ref(), &kit.version, &rendered, &answers, &layer.rendition);
    receipt.taken.clone_from(&repository.receipt.taken);
    Ok((receipt, fresh, dropped.into_iter().map(|(name, _)| name).collect()))
}

/// Recorded answers as a person would state them to `kit`.
pub(super) fn stated(answers: &Answers, kit: &KitManifest) -> Result<toml::Table> {
    let mut stated = toml::Table::try_from(answers).map_err(unreadable)?;
    // Not every question can be answered with nothing; what is empty there came from the default.
    let may_be_empty = |name: &str| kit.question(name).is_some_and(|question| question.min == Some(0));
    stated.retain(|name, value| value.as_str() != Some("") || may_be_empty(name));
    Ok(stated)
}

fn unreadable(error: toml::ser::Error) -> Error {
    Error::failed("the recorded answers cannot be read").because(error)
}

/// The answers with those that change.
fn with(mut answers: toml::Table, changed: &[(String, Value)]) -> Result<toml::Table> {
    for (name, value) in changed {
        answers.insert(name.clone(), toml::Value::try_from(value).map_err(unreadable)?);
    }
    Ok(answers)
}
