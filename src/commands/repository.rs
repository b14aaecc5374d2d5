//! The repository that a command stands in.

use std::path::{Path, PathBuf};

use super::ground::root_of;
use crate::{
    archive,
    catalog::Catalog,
    course::{Course, Step},
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    manifest::{Number, Role, State},
    plan::{Deleted, Plan, plan},
    process,
    progress::{self, Local},
    receipt::{self, FOLDER, Layer, LayerKind, Receipt},
    render::Renderer,
    rendition::Rendition,
    tree::{Entry, RelPath, Tree},
};

/// What is kept of a learner's work, and what the tests said last; both are this machine's alone.
const LOCAL: &str = "local.toml";
const LOG: &str = "check.log";

/// A repository that stagekit made.
pub(super) struct Repository {
    pub(super) root: PathBuf,
    pub(super) receipt: Receipt,
    /// The files of `.stagekit` as they were when the receipt was read: whatever is decided from them is only written where they still are so.
    seen: Tree,
}

impl Repository {
    /// The one around the working directory. What an earlier run had begun there is taken back first.
    pub(super) fn around(env: &mut Env) -> Result<Self> {
        let root = rendered_around(env)?.ok_or_else(|| {
            Error::usage("there is no repository of stagekit here: neither this folder nor one above it has `.stagekit/receipt.toml`")
                .hint("go into one, or make one with `stagekit new`")
        })?;
        if let Some(known) = &env.known {
            disk::remember(known, &root);
        }
        Self::at_root(&root)
    }

    /// The same; where stagekit has made nothing yet, the git repository around the working directory, or that folder itself.
    pub(super) fn around_or_new(env: &mut Env) -> Result<Self> {
        if rendered_around(env)?.is_some() {
            return Self::around(env);
        }
        let (root, _) = root_of(&env.cwd)?;
        recovered(&root, env)?;
        let seen = disk::read(&root, &receipt::paths()?)?;
        Ok(Self { root, receipt: Receipt::of_nothing(), seen })
    }

    /// Whether stagekit has made something of it.
    pub(super) fn is_known(&self) -> bool {
        !self.receipt.layer.is_empty()
    }

    /// The features that were added to it.
    pub(super) fn features(&self) -> impl Iterator<Item = &Layer> {
        self.receipt.layer.iter().filter(|layer| layer.kind == LayerKind::Feature)
    }

    /// The one at this folder.
    pub(super) fn at_root(root: &Path) -> Result<Self> {
        let seen = disk::read(root, &receipt::paths()?)?;
        let text = receipt::own(&seen, "receipt.toml").and_then(Entry::text);
        let path = root.join(FOLDER).join("receipt.toml");
        let text = text.ok_or_else(|| Error::failed(format!("failed to read `{}`: it is not there, or no text", path.display())))?;
        Ok(Self { root: root.to_owned(), receipt: Receipt::read(text)?, seen })
    }

    /// The one that was just laid out at this folder with `receipt`, which nobody else knows of.
    pub(super) fn laid_out(root: &Path, receipt: Receipt) -> Result<Self> {
        Ok(Self { root: root.to_owned(), receipt, seen: disk::read(root, &receipt::paths()?)? })
    }

    /// Its course.
    pub(super) fn course(&self) -> Result<&Course> {
        self.receipt.course.as_ref().ok_or_else(|| Error::usage(format!("`{}` has no milestones", self.root.display())))
    }

    /// The kit that it was made from.
    pub(super) fn kit(&self) -> Result<&Layer> {
        let kit = self.receipt.layer.iter().find(|layer| layer.kind == LayerKind::Kit);
        kit.ok_or_else(|| Error::usage(format!("`{}` was not made from a kit", self.root.display())))
    }

    /// What renders the kit just as this repository was rendered; a kit that has changed since is a conflict.
    pub(super) fn renderer<'c>(&self, catalog: &'c Catalog) -> Result<Renderer<'c>> {
        let layer = self.kit()?;
        let renderer = Renderer::new(catalog, &layer.name)?;
        let rendered = renderer.render(&layer.answers, &layer.rendition)?;
        if layer.digest == receipt::digest_of(&rendered) {
            return Ok(renderer);
        }
        let changed = format!("the kit `{}` has changed since this repository was made from it", layer.name);
        Err(Error::new(ErrorKind::Conflict, changed).hint("`stagekit update` brings the repository to the kit as it is now"))
    }

    /// The kit's files with this many milestones solved, as an update compares them.
    pub(super) fn at(&self, renderer: &Renderer<'_>, number: Number) -> Result<Tree> {
        let layer = self.kit()?;
        let rendition = Rendition { at: number, ..layer.rendition.clone() };
        let rendered = renderer.render(&layer.answers, &rendition)?;
        Ok(receipt::base_tree(&rendered))
    }

    /// The pristine rendering that this repository goes back to.
    pub(super) fn base(&self) -> Result<Tree> {
        if !self.is_known() {
            return Ok(Tree::new());
        }
        let base = receipt::own(&self.seen, "base.tar").ok_or_else(|| lost("is not there"))?;
        archive::untar(&base.bytes).map_err(|error| lost("cannot be read").because(error))
    }

    /// Files in which somebody still has to choose between two versions.
    pub(super) fn unfinished(&self) -> Result<Vec<RelPath>> {
        let there = disk::read(&self.root, &self.receipt.pending)?;
        let has_markers = |entry: &Entry| entry.text().is_some_and(|text| text.lines().any(|line| line.starts_with("<<<<<<< ")));
        Ok(there.iter().filter(|(_, entry)| has_markers(entry)).map(|(path, _)| path.clone()).collect())
    }

    /// Refuses to go on where there are such files: what is pending would be forgotten.
    pub(super) fn refuse_unfinished(&self) -> Result<()> {
        let unfinished = self.unfinished()?;
        if unfinished.is_empty() {
            return Ok(());
        }
        let faults = unfinished.iter().map(|path| Fault::new(path.as_str(), "conflict markers stand in it")).collect();
        Err(Error::faults(ErrorKind::Conflict, "an earlier merge is not finished, nothing was written", faults)
            .hint("choose one version at each `<<<<<<<`, and remove the markers"))
    }

    /// Carries the plan out, and keeps receipt and base with it: all or nothing.
    pub(super) fn apply(&self, plan: &Plan, receipt: &Receipt, base: &Tree) -> Result<()> {
        self.apply_with(plan, &receipt::seal(receipt, base.iter())?)
    }

    /// The same with these files of `.stagekit`; without any, those that are there go with the plan.
    pub(super) fn apply_with(&self, plan: &Plan, own: &Tree) -> Result<()> {
        disk::apply_over(&self.root, plan, own, &self.seen, &disk::interrupts()?)
    }

    /// The milestone that is reached: what the build obeys.
    pub(super) fn reached(&self) -> Result<Number> {
        let state = self.state()?;
        let path = self.root.join(&state.path);
        progress::reached(state, &disk::read_text(&path)?).ok_or_else(|| {
            Error::failed(format!("`{}` does not say which milestone is reached", path.display()))
                .hint(format!("it wants the line `{}`", state.line.replace("{at}", "0").replace("{tags}", "none()")))
        })
    }

    /// Makes `number` the milestone that is reached, and keeps `local`: both or neither. No signal stops it half-way: whoever calls it listens.
    pub(super) fn reach(&self, number: Number, local: &Local) -> Result<()> {
        let state = self.state()?;
        let path = RelPath::new(state.path.as_str()).map_err(Error::failed)?;
        let before = disk::read(&self.root, [&path])?;
        let Some((entry, text)) = before.get(&path).and_then(|entry| Some((entry, entry.text()?))) else { return Ok(()) };
        let Some(fresh) = progress::moved(state, text, number) else { return Ok(()) };
        let fresh = Tree::from_iter([(path, Entry { bytes: fresh.into_bytes().into(), executable: entry.executable })]);
        disk::apply(&self.root, &plan(&before, &before, &fresh, Deleted::Say), &own(local)?, &disk::Unwatched)
    }

    /// What is remembered of the learner's work; nothing if that cannot be read.
    pub(super) fn local(&self) -> Local {
        disk::read_text(&self.root.join(FOLDER).join(LOCAL)).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }

    /// Remembers it.
    pub(super) fn keep(&self, local: &Local) -> Result<()> {
        disk::apply(&self.root, &plan(&Tree::new(), &Tree::new(), &Tree::new(), Deleted::Say), &own(local)?, &disk::Unwatched)
    }

    /// Keeps what the tests said, and says where.
    pub(super) fn log(&self, text: &str) -> Result<String> {
        let inside = format!("{FOLDER}/{LOG}");
        disk::write_anew(&self.root.join(&inside), text).map(|()| inside)
    }

    /// What git ignores in it, files and whole folders: what a build makes.
    pub(super) fn ignored(&self) -> Vec<String> {
        process::ignored(&self.root).unwrap_or_else(|| disk::ignored(&self.root))
    }

    /// Whether a path is a test's: one of the kit's, or one that somebody has put beside them.
    pub(super) fn is_test(&self, path: &str) -> bool {
        let is_of_tests = |role: &Role| matches!(role, Role::Test | Role::Hidden);
        let roles = &self.receipt.roles;
        if let Some((_, role)) = roles.iter().find(|(known, _)| known.as_str() == path) {
            return is_of_tests(role);
        }
        let folder = path.rsplit_once('/').map(|(folder, _)| folder);
        let is_beside = roles.iter().any(|(known, role)| is_of_tests(role) && known.parent() == folder);
        is_beside || path.starts_with("src/test/") || path.contains("/src/test/")
    }

    /// A path of it as seen from the working directory.
    pub(super) fn shown(&self, inside: &str, env: &Env) -> String {
        let path = self.root.join(inside);
        let from = std::path::absolute(&env.cwd).unwrap_or_else(|_| env.cwd.clone());
        let depth = from.strip_prefix(&self.root).map_or(0, |below| below.components().count());
        if depth > 0 {
            Path::new(&"../".repeat(depth)).join(inside).display().to_string()
        } else {
            path.strip_prefix(&from).unwrap_or(&path).display().to_string()
        }
    }

    /// Says what a milestone is to reach, and where that is explained.
    pub(super) fn tell_goal(&self, step: &Step, env: &mut Env) {
        env.out.paragraph("  ", "  ", &step.goal);
        let page = self.shown(&format!("docs/milestones/{}.md", step.number), env);
        env.out.line(format!("  read {page}"));
    }

    fn state(&self) -> Result<&State> {
        self.course()?.state.as_ref().ok_or_else(|| Error::failed("the receipt does not say where the milestone stands"))
    }
}

/// The nearest folder with a receipt at or above the working directory, after what earlier runs had begun on the way there was taken back: that
/// may have moved a receipt away, or put one there.
fn rendered_around(env: &mut Env) -> Result<Option<PathBuf>> {
    for folder in disk::folders_around(&env.cwd) {
        if disk::is_pending(&folder) || disk::is_rendered(&folder) {
            recovered(&folder, env)?;
        }
        if disk::is_rendered(&folder) {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Takes back what an earlier run had begun in this folder, and says so.
fn recovered(root: &Path, env: &mut Env) -> Result<()> {
    if let Some(recovered) = disk::recover(root, &disk::Unwatched)? {
        env.out.warn(recovered.to_string());
    }
    Ok(())
}

/// The base is of no use, and where another one may be had.
fn lost(what: &str) -> Error {
    Error::failed(format!("`{FOLDER}/base.tar` {what}, and without it nobody knows what was rendered here"))
        .hint(format!("`git checkout HEAD -- {FOLDER}` brings it back where git has it; else delete `{FOLDER}` and add the features again"))
}

/// What the milestones up to `upto` count.
pub(super) fn points(course: &Course, upto: Number) -> u32 {
    course.milestones.iter().filter(|step| step.number <= upto).map(|step| step.points).sum()
}

/// Milestone `number` of `course`.
pub(super) fn milestone(course: &Course, number: Number) -> Result<&Step> {
    course.milestones.iter().find(|step| step.number == number).ok_or_else(|| {
        Error::usage(format!("there is no milestone {number} in this course")).hint(format!("it has milestones 1 to {}", course.last))
    })
}

fn own(local: &Local) -> Result<Tree> {
    let text = toml::to_string(local).map_err(|error| Error::failed("what is remembered cannot be written").because(error))?;
    let path = RelPath::new(format!("{FOLDER}/{LOCAL}")).map_err(Error::failed)?;
    Ok(Tree::from_iter([(path, Entry { bytes: text.into_bytes().into(), executable: false })]))
}
