//! A repository's layers laid over each other: its kit, if it has one, and the features that were added to it.
//!
//! A file has one owner. What a feature brings where somebody else's file stands goes into that file, if its format can take it; what goes into
//! other owners' files is recorded, so that it can be taken out again.

mod overlays;
mod ports;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    contribute::{self, Contribution, Differing, Format, contribute, missing, of_document, withdraw},
    error::Fault,
    manifest::{FeatureManifest, Role},
    plan::{Plan, Reason, same},
    receipt::{Layer, LayerKind, Recorded},
    render::Slice,
    rendition::Rendition,
    stack::Stack,
    tree::{Entry, RelPath, Tree},
};

/// What becomes of a file of somebody else's that is in the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing is written at all.
    #[default]
    Refuse,
    /// It stays, and what the feature would have written there is left out.
    Keep,
    /// The feature's file takes its place.
    Replace,
    /// Both are put together: where they differ in a setting theirs stays, text gets conflict markers.
    Merge,
    /// The feature's file goes beside it, under another name.
    Aside,
}

/// A feature of a layer, rendered.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its layer, of which what it owns and contributes is still to be found.
    pub layer: Layer,
    /// What it gives.
    pub slice: Slice,
}

/// Layers that fit: what a plan is made from, and what is recorded when it is carried out.
#[derive(Clone, Debug, Default)]
pub struct Fitted {
    /// What files go back to: what was rendered last time, and of the files that grow what stands there.
    pub base: Tree,
    /// What will stand there.
    pub fresh: Tree,
    /// What was rendered this time.
    pub own: Tree,
    /// The layers of features.
    pub layers: Vec<Layer>,
    /// Whose their files are.
    pub roles: BTreeMap<RelPath, Role>,
    /// What earlier contributions left behind, and why.
    pub left: Vec<Fault>,
}

impl Layer {
    /// One of a feature.
    pub fn of_feature(feature: &FeatureManifest, stack: &Stack) -> Self {
        Self {
            kind: LayerKind::Feature,
            name: feature.name.get_ref().clone(),
            version: feature.version.clone(),
            digest: String::new(),
            directory: stack.directory.clone(),
            features: Vec::new(),
            rendition: Rendition::default(),
            answers: crate::answers::Answers::default(),
            stack: stack.clone(),
            contribution: Vec::new(),
            files: Vec::new(),
            kept: Vec::new(),
            found: Vec::new(),
            aside: BTreeMap::new(),
        }
    }

    /// Whether both are the same feature for the same project.
    pub fn is_of(&self, name: &str, directory: &str) -> bool {
        self.kind == LayerKind::Feature && self.name == name && self.directory == directory
    }
}

/// Names under which the same file is known; a feature's goes where the repository has it.
const ALIASES: [&[&str]; 3] = [
    &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"],
    &["dependabot.yml", "dependabot.yaml"],
    &[".gitlab-ci.yml", ".gitlab-ci.yaml"],
];

/// The paths that have to be read before [`fit`] can say what becomes of them.
pub fn paths_of_interest(stored: &Tree, kit: &Tree, parts: &[Part], old: &[Layer]) -> BTreeSet<RelPath> {
    let mut paths: BTreeSet<RelPath> = stored.paths().chain(kit.paths()).cloned().collect();
    let brought = parts.iter().flat_map(|part| part.slice.tree.paths().chain(part.slice.contributions.iter().map(|one| &one.path)));
    for path in brought {
        paths.extend(aliases(path));
        paths.insert(beside(path));
        paths.insert(path.clone());
        if let Some(base) = overlays::base_of(path) {
            paths.extend(aliases(&base));
            paths.insert(base);
        }
    }
    paths.extend(old.iter().flat_map(|layer| layer.contribution.iter().map(|recorded| recorded.contribution.path.clone())));
    paths.extend(old.iter().flat_map(|layer| layer.aside.values().cloned()));
    paths
}

/// Lays the features over what the kit renders.
///
/// `stored` is what was rendered last time, `disk` what stands at [`paths_of_interest`], `old` the layers of features as the receipt has them. An
/// error lists what cannot be put together.
pub fn fit(stored: &Tree, disk: &Tree, kit: Tree, parts: Vec<Part>, old: &[Layer], on_conflict: OnConflict) -> Result<Fitted, Vec<Fault>> {
    let mut fitted = Fitted { base: stored.clone(), own: kit, ..Fitted::default() };
    let differing = if on_conflict == OnConflict::Merge { Differing::Keep } else { Differing::Refuse };
    let mut wanted: Vec<(usize, Contribution)> = Vec::new();
    // Files of the user's that a whole file of a feature goes into.
    let mut grew: Vec<(usize, RelPath)> = Vec::new();

    // 1. files, each with one owner; where there is one already, they grow it
    for (index, part) in parts.into_iter().enumerate() {
        let mut layer = part.layer;
        let earlier = old.iter().find(|earlier| earlier.is_of(&layer.name, &layer.directory));
        for (path, entry) in part.slice.tree.iter() {
            let path = &known_as(path, disk, stored);
            if earlier.is_some_and(|earlier| earlier.kept.contains(path)) {
                layer.kept.push(path.clone());
                continue;
            }
            if let Some(aside) = earlier.and_then(|earlier| earlier.aside.get(path)) {
                fitted.owned(&mut layer, aside.clone(), entry, part.slice.roles.get(path));
                layer.aside.insert(path.clone(), aside.clone());
                continue;
            }
            if let Some(there) = fitted.own.get(path) {
                match grown(path, entry, there, differing) {
                    _ if same(there, entry) => {}
                    Some(more) => wanted.extend(more.into_iter().map(|one| (index, one))),
                    None => return Err(vec![fitted.two_owners(path, &layer.name)]),
                }
                continue;
            }
            let theirs = disk.get(path).filter(|_| stored.get(path).is_none());
            if let Some(more) = fitted.placed(&mut layer, earlier, path, entry, theirs, differing) {
                grew.push((index, path.clone()));
                wanted.extend(more.into_iter().map(|one| (index, one)));
            } else {
                fitted.owned(&mut layer, path.clone(), entry, part.slice.roles.get(path));
            }
        }
        let known = part.slice.contributions.into_iter().map(|one| Contribution { path: known_as(&one.path, disk, stored), ..one });
        wanted.extend(known.map(|contribution| (index, contribution)));
        fitted.layers.push(layer);
    }

    // 2. what they want in files that are not theirs; what they wanted there last time and no more goes
    let mut growing = fitted.foreign(&wanted, old, disk);
    // A file that is or was somebody's is written by its owner, or goes with it.
    let is_nobodys = |fitted: &Fitted, path: &RelPath| fitted.own.get(path).is_none() && stored.get(path).is_none();
    let gone: Vec<Contribution> = old
        .iter()
        .flat_map(|layer| &layer.contribution)
        .map(|recorded| &recorded.contribution)
        .filter(|one| !wanted.iter().any(|(_, wanted)| wanted == *one) && !fitted.has_recorded(one) && is_nobodys(&fitted, &one.path))
        .cloned()
        .collect();
    let left;
    (growing, left) = taken_out(growing, &gone);
    fitted.left.extend(left);
    let emptied: BTreeSet<&RelPath> = gone.iter().map(|one| &one.path).collect();

    let (own, foreign): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(_, one)| fitted.own.get(&one.path).is_some());
    let mut faults = Vec::new();
    // What the user has taken out of a file of theirs since stays out.
    let mut unwanted = Vec::new();
    for (index, one) in own.iter().chain(&foreign) {
        let is_recorded = |layer: &Layer| layer.contribution.iter().any(|recorded| recorded.contribution == *one);
        let into = if fitted.own.get(&one.path).is_some() { &fitted.own } else { &growing };
        let added = missing(into, std::slice::from_ref(one));
        let is_foreign = is_nobodys(&fitted, &one.path);
        let Some(layer) = fitted.layers.get_mut(*index) else { continue };
        let is_ours = old.iter().any(|old| old.is_of(&layer.name, &layer.directory) && is_recorded(old));
        if is_ours && !added.is_empty() && is_foreign {
            unwanted.push((*index, one.clone()));
        }
        let added = if is_ours { vec![one.clone()] } else { added };
        layer.contribution.extend(added.into_iter().map(|contribution| Recorded { by: layer.name.clone(), contribution }));
    }
    for (index, path) in grew {
        if let Some(layer) = fitted.layers.get_mut(index).filter(|layer| contributions_to(&path, layer).is_empty()) {
            // It has all of it: there is nothing to take out again, and nothing to ask about.
            layer.kept.push(path);
        }
    }
    let only = |list: Vec<(usize, Contribution)>| list.into_iter().map(|(_, one)| one).collect::<Vec<_>>();
    match contribute(std::mem::take(&mut fitted.own), &only(own)) {
        Ok(tree) => fitted.own = tree,
        Err(more) => faults.extend(more),
    }
    let wanted = foreign.into_iter().filter(|one| !unwanted.contains(one)).collect();
    let growing = contribute(growing, &only(wanted)).unwrap_or_else(|more| {
        faults.extend(more);
        Tree::new()
    });
    if !faults.is_empty() {
        return Err(faults);
    }

    // 3. what a plan is made from
    fitted.fresh = fitted.own.clone();
    fitted.found(old, disk);
    for (path, entry) in growing.iter().filter(|(path, entry)| disk.get(path) != Some(entry)) {
        if let Some(there) = disk.get(path) {
            fitted.base.insert(path.clone(), there.clone());
        }
        // A file that held nothing else goes, unless it was there before.
        let was_there = || old.iter().any(|layer| layer.found.contains(path));
        if !(is_blank(entry) && emptied.contains(path)) || was_there() {
            fitted.fresh.insert(path.clone(), entry.clone());
        }
    }
    Ok(fitted)
}

/// What became of a feature's earlier contributions to a file, by the hand of its owner.
#[derive(Default)]
struct Edited {
    /// Those that say something else now: they stay, and stay recorded.
    kept: Vec<Contribution>,
    /// Those that are not there any more.
    gone: Vec<Contribution>,
    /// Where the feature would say something else now, too.
    said: Vec<Fault>,
}

impl Edited {
    /// `there`: the file as it stands, `entry`: as the feature has it now.
    fn of(recorded: &[Contribution], there: &Tree, entry: &Entry, path: &RelPath) -> Self {
        let mut edited = Self::default();
        // An element of a list is known by its value alone.
        for one in recorded.iter().filter(|one| !matches!(one.key.as_str(), "" | "-") && one.format != Format::Lines) {
            let (without, left) = withdraw(there.clone(), std::slice::from_ref(one));
            let is_changed = value_at(entry, one).is_some_and(|fresh| fresh != one.value);
            let mut say =
                |what: &str| edited.said.extend(is_changed.then(|| Fault::new(path.as_str(), format!("`{}` {what}", named(one)))));
            if !left.is_empty() {
                say("was changed here and by the feature: yours stays");
                edited.kept.push(one.clone());
            } else if without == *there && is_changed {
                say("was taken out here and changed by the feature: it stays out");
                edited.kept.push(one.clone());
                edited.gone.push(one.clone());
            }
        }
        edited
    }
}

/// What the file says at the place of the contribution.
fn value_at(entry: &Entry, one: &Contribution) -> Option<toml::Value> {
    contribute::value_at(one, entry.text()?)
}

/// The inverse of `contribute`. Of a compose file what services use stays where a service does.
fn taken_out(tree: Tree, gone: &[Contribution]) -> (Tree, Vec<Fault>) {
    let stays = |one: &&Contribution| one.pointer == "/services" && !withdraw(tree.clone(), std::slice::from_ref(one)).1.is_empty();
    let edited: BTreeSet<&RelPath> = gone.iter().filter(stays).map(|one| &one.path).collect();
    let is_used = |one: &Contribution| {
        edited.contains(&one.path)
            && ["volumes", "networks", "secrets", "configs"]
                .iter()
                .any(|of| one.pointer == format!("/{of}") || one.pointer.is_empty() && one.key == *of)
    };
    let (used, gone): (Vec<_>, Vec<_>) = gone.iter().cloned().partition(is_used);
    let (tree, mut left) = withdraw(tree, &gone);
    left.extend(used.iter().map(|one| Fault::new(one.path.as_str(), format!("left `{}`: a service that stays may use it", named(one)))));
    (tree, left)
}

fn named(one: &Contribution) -> String {
    format!("{}/{}", one.pointer, one.key)
}

fn is_same_place(one: &Contribution, other: &Contribution) -> bool {
    (&one.path, &one.pointer, &one.key) == (&other.path, &other.pointer, &other.key)
}

impl Fitted {
    /// What a file of a feature puts into the user's own that stands there; `None` where it is the feature's.
    fn placed(
        &mut self,
        layer: &mut Layer,
        earlier: Option<&Layer>,
        path: &RelPath,
        entry: &Entry,
        theirs: Option<&Entry>,
        differing: Differing,
    ) -> Option<Vec<Contribution>> {
        // What it grew by last time does not stand in its own way.
        let recorded = earlier.map_or_else(Vec::new, |earlier| contributions_to(path, earlier));
        let differing = if recorded.is_empty() { differing } else { Differing::Keep };
        let is_found = |there: &Entry| recorded.is_empty() && same(there, entry);
        if theirs.is_some_and(is_found) || earlier.is_some_and(|earlier| earlier.found.contains(path)) {
            layer.found.push(path.clone());
        }
        let there = Tree::from_iter([(path.clone(), theirs.filter(|there| !is_found(there))?.clone())]);
        let more = grown(path, entry, withdraw(there.clone(), &recorded).0.get(path)?, differing)?;
        let Edited { kept, gone, said } = Edited::of(&recorded, &there, entry, path);
        self.left.extend(said);
        layer.contribution.extend(kept.into_iter().map(|contribution| Recorded { by: layer.name.clone(), contribution }));
        Some(more.into_iter().filter(|one| !gone.iter().any(|gone| is_same_place(gone, one))).collect())
    }

    /// Whether a layer has it already, as it was.
    fn has_recorded(&self, one: &Contribution) -> bool {
        self.layers.iter().flat_map(|layer| &layer.contribution).any(|recorded| recorded.contribution == *one)
    }

    /// Files that were there before stagekit wrote them stay when it writes them no more. Those that it fills now, and that are there with nothing in
    /// them, are noted.
    fn found(&mut self, old: &[Layer], disk: &Tree) {
        for path in old.iter().flat_map(|layer| &layer.found).filter(|path| self.own.get(path).is_none()) {
            if self.base.remove(path).is_some() {
                self.left.push(Fault::new(path.as_str(), "stays: it was there before"));
            }
        }
        for layer in &mut self.layers {
            let earlier = old.iter().find(|earlier| earlier.is_of(&layer.name, &layer.directory));
            let is_new =
                |path: &RelPath| !old.iter().any(|old| old.contribution.iter().any(|recorded| recorded.contribution.path == *path));
            let paths: BTreeSet<&RelPath> = layer.contribution.iter().map(|recorded| &recorded.contribution.path).collect();
            let is_found = |path: &RelPath| {
                earlier.is_some_and(|earlier| earlier.found.contains(path)) || is_new(path) && disk.get(path).is_some_and(is_blank)
            };
            let found: Vec<RelPath> = paths
                .into_iter()
                .filter(|path| self.own.get(path).is_none() && is_found(path) && !layer.found.contains(path))
                .cloned()
                .collect();
            layer.found.extend(found);
        }
    }

    fn owned(&mut self, layer: &mut Layer, path: RelPath, entry: &Entry, role: Option<&Role>) {
        self.own.insert(path.clone(), entry.clone());
        if let Some(role) = role.filter(|role| **role != Role::Support) {
            self.roles.insert(path.clone(), *role);
        }
        layer.files.push(path);
    }

    fn two_owners(&self, path: &RelPath, second: &str) -> Fault {
        let owner = self.layers.iter().find(|other| other.files.contains(path)).map_or("the kit", |other| &other.name);
        Fault::new(path.as_str(), format!("`{second}` and `{owner}` both want to write it, each something else"))
    }

    /// The files that are nobody's here and grow, or have grown: as they stand there, empty where they do not.
    fn foreign(&self, wanted: &[(usize, Contribution)], old: &[Layer], disk: &Tree) -> Tree {
        let new = wanted.iter().map(|(_, one)| &one.path);
        let known = old.iter().flat_map(|layer| &layer.contribution).map(|recorded| &recorded.contribution.path);
        let known = known.filter(|path| disk.get(path).is_some() && self.base.get(path).is_none());
        let files = new.chain(known).filter(|path| self.own.get(path).is_none());
        files.map(|path| (path.clone(), disk.get(path).cloned().unwrap_or_else(|| Entry::new(Vec::new())))).collect()
    }

    /// Decides what `planned` leaves open, as `on_conflict` says; the plan is made anew after it.
    pub fn resolve(&mut self, planned: &Plan, disk: &Tree, on_conflict: OnConflict) {
        let open: Vec<(RelPath, Reason)> = planned.conflicts().map(|(path, reason)| (path.clone(), reason.clone())).collect();
        for (path, reason) in open {
            let Some(there) = disk.get(&path).cloned() else { continue };
            match (on_conflict, reason) {
                (_, Reason::InTheWay { .. } | Reason::Deleted) | (OnConflict::Refuse | OnConflict::Merge, _) => {}
                // It is the user's from now on.
                (OnConflict::Keep | OnConflict::Aside, Reason::EditedAndRemoved) => drop(self.base.remove(&path)),
                (OnConflict::Keep, Reason::Exists) => {
                    self.leave_out(&path);
                    if let Some(layer) = self.owner(&path) {
                        layer.files.retain(|file| *file != path);
                        layer.kept.push(path);
                    }
                }
                (OnConflict::Keep, _) => drop(self.fresh.get(&path).cloned().map(|fresh| self.base.insert(path, fresh))),
                (OnConflict::Replace, _) => drop(self.base.insert(path, there)),
                (OnConflict::Aside, _) => {
                    let Some(fresh) = self.leave_out(&path) else { continue };
                    let aside = beside(&path);
                    self.own.insert(aside.clone(), fresh.clone());
                    self.fresh.insert(aside.clone(), fresh);
                    if let Some(layer) = self.owner(&path) {
                        layer.files.retain(|file| *file != path);
                        layer.files.push(aside.clone());
                        layer.aside.insert(path, aside);
                    }
                }
            }
        }
    }

    /// What the compose files of these features expect of the one that they are laid over, and do not find there.
    pub fn unmet(&self, disk: &Tree) -> Vec<Fault> {
        let mut faults = Vec::new();
        for path in self.layers.iter().flat_map(|layer| &layer.files) {
            let (Some(base), Some(overlay)) = (overlays::base_of(path), self.fresh.get(path).and_then(Entry::text)) else { continue };
            let base = known_as(&base, disk, &self.fresh);
            let text = self.fresh.get(&base).or_else(|| disk.get(&base)).and_then(Entry::text).unwrap_or_default();
            faults.extend(overlays::unmet(path, overlay, &base, text));
        }
        faults
    }

    fn leave_out(&mut self, path: &RelPath) -> Option<Entry> {
        self.base.remove(path);
        self.own.remove(path);
        self.roles.remove(path);
        self.fresh.remove(path)
    }

    fn owner(&mut self, path: &RelPath) -> Option<&mut Layer> {
        self.layers.iter_mut().find(|layer| layer.files.contains(path))
    }
}

/// What `entry` adds to the file that stands there, if the two can be put together.
fn grown(path: &RelPath, entry: &Entry, there: &Entry, differing: Differing) -> Option<Vec<Contribution>> {
    let list = of_document(path, entry.text()?, there.text()?, differing)?;
    let both = contribute(Tree::from_iter([(path.clone(), there.clone())]), &list).ok()?;
    let is_sound = both.get(path).and_then(Entry::text).is_some_and(|text| !ports::collide(path, text));
    is_sound.then_some(list)
}

fn contributions_to(path: &RelPath, layer: &Layer) -> Vec<Contribution> {
    layer.contribution.iter().map(|recorded| &recorded.contribution).filter(|one| one.path == *path).cloned().collect()
}

fn is_blank(entry: &Entry) -> bool {
    entry.text().is_some_and(|text| text.trim().is_empty())
}

/// The path under which the repository has such a file.
fn known_as(path: &RelPath, disk: &Tree, stored: &Tree) -> RelPath {
    let has = |path: &RelPath| disk.get(path).is_some() || stored.get(path).is_some();
    if has(path) {
        return path.clone();
    }
    aliases(path).into_iter().find(has).unwrap_or_else(|| path.clone())
}

fn aliases(path: &RelPath) -> Vec<RelPath> {
    let name = path.file_name();
    let Some(names) = ALIASES.iter().find(|names| names.first() == Some(&name)) else { return Vec::new() };
    let folder = &path.as_str()[..path.as_str().len() - name.len()];
    names.iter().skip(1).filter_map(|other| RelPath::new(format!("{folder}{other}")).ok()).collect()
}

/// A name beside `path` under which the same tools still read the file: `ci.stagekit.yml`, `Dockerfile.stagekit`.
fn beside(path: &RelPath) -> RelPath {
    let name = path.file_name();
    let folder = &path.as_str()[..path.as_str().len() - name.len()];
    let aside = match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() => format!("{folder}{stem}.stagekit.{end}"),
        _ => format!("{folder}{name}.stagekit"),
    };
    RelPath::new(aside).unwrap_or_else(|_| path.clone())
}
