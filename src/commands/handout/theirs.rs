//! A student's repository, and what a correction is merged from: nothing of it is run or followed, and it says as little as possible itself.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::super::repository::Repository;
use crate::{
    archive, disk,
    error::{Error, Result},
    grade::{Remark, Submission},
    handout::Row,
    process,
    receipt::{self, FOLDER, Layer, LayerKind, Receipt},
    render::Rendered,
    rendition::Rendition,
    tree::{Entry, RelPath, Tree},
};

const TAKE_BACK: &str = "`.stagekit` as it was handed out is in the first commit: `git checkout COMMIT -- .stagekit` takes it back";

/// A repository as it was found: what is committed, or where there is no git what lies there.
pub(super) struct Theirs {
    /// Where git keeps it.
    pub(super) git: Option<PathBuf>,
    /// The commit.
    pub(super) head: Option<String>,
    /// Its files.
    pub(super) files: Tree,
    /// What was not taken, and why.
    refused: Vec<Remark>,
    receipt: Receipt,
}

/// A version of the kit that the teacher has.
pub(super) struct Known {
    rendered: Rendered,
    receipt: Receipt,
}

impl Known {
    /// The kit `name` in this version, rendered so with the answers of a row.
    pub(super) fn of(name: &str, version: &str, rendered: Rendered, row: &Row, rendition: &Rendition) -> Self {
        Self { receipt: Receipt::of_kit(name, version, &rendered, &row.answers, rendition), rendered }
    }
}

impl Theirs {
    /// The one at `place`.
    pub(super) fn read(place: &Path) -> Result<Self> {
        let git = disk::git_folder(place)?;
        let found = if let Some(dir) = &git { process::committed(dir, &|_| true)? } else { lying(place)? };
        let mut theirs = Self { git, head: found.commit, files: found.files, refused: found.refused, receipt: Receipt::of_nothing() };
        let text = theirs
            .own("receipt.toml")?
            .text()
            .ok_or_else(|| Error::failed(format!("`{FOLDER}/receipt.toml` is no text")).hint(TAKE_BACK))?;
        theirs.receipt = Receipt::read(text).map_err(|error| error.hint(TAKE_BACK))?;
        Ok(theirs)
    }

    /// A file of `.stagekit`.
    fn own(&self, name: &str) -> Result<&Entry> {
        let path = format!("{FOLDER}/{name}");
        let is_on_the_way = |one: &&Remark| one.path == path || one.path == FOLDER;
        match RelPath::new(path.as_str()).ok().and_then(|path| self.files.get(&path)) {
            Some(entry) => Ok(entry),
            None => Err(match self.refused.iter().find(is_on_the_way) {
                Some(one) => Error::failed(format!("`{}`: {}", one.path, one.why)),
                None => Error::failed(format!("it has no `{path}`")),
            }
            .hint(TAKE_BACK)),
        }
    }

    /// The features that its student has added.
    pub(super) fn features(&self) -> Vec<Layer> {
        self.receipt.layer.iter().filter(|layer| layer.kind == LayerKind::Feature).cloned().collect()
    }

    /// The repository in the new folder `root`, with the receipt and the base that the correction is merged from; the base as well.
    ///
    /// Kit, answers and rendition are the row's: a receipt that asks for the grader's copy or the solution gets neither. Where one of `known` is
    /// what the repository was made from, that is the base, and the repository's own only says what features brought.
    pub(super) fn laid_out(
        &self,
        kit: &str,
        row: &Row,
        rendition: &Rendition,
        known: &[Known],
        root: &Path,
        watch: &dyn disk::Watch,
    ) -> Result<(Repository, Tree)> {
        let mut receipt = self.receipt.clone();
        let layer = receipt.layer.iter_mut().find(|layer| layer.kind == LayerKind::Kit);
        let layer = layer.ok_or_else(|| Error::failed("its receipt names no kit").hint(TAKE_BACK))?;
        if layer.name != kit {
            return Err(Error::failed(format!("its receipt names the kit `{}`", layer.name)).hint(TAKE_BACK));
        }
        let base = match known.iter().find(|known| known.receipt.layer.first().is_some_and(|known| known.digest == layer.digest)) {
            Some(Known { rendered, receipt: teachers }) => {
                layer.clone_from(&teachers.layer[0]);
                receipt.taken.clear();
                let mut base = receipt::base_tree(rendered);
                let features = self.features();
                if !features.is_empty() {
                    let brought: BTreeSet<&RelPath> = features.iter().flat_map(brought_by).collect();
                    base.extend(self.base()?.into_iter().filter(|(path, _)| brought.contains(path)));
                }
                base
            }
            None if !receipt.taken.is_empty() => {
                return Err(Error::failed(
                    "it has taken over reference code, and which version of the kit it was made from is not known here",
                )
                .hint("`--from` names a folder with the templates as they were then"));
            }
            None => {
                layer.answers.clone_from(&row.answers);
                layer.rendition.clone_from(rendition);
                self.base()?
            }
        };
        let mut files = self.files.clone();
        files.extend(receipt::seal(&receipt, base.iter())?);
        disk::create(root, &files, watch)?;
        Ok((Repository::laid_out(root, receipt)?, base))
    }

    fn base(&self) -> Result<Tree> {
        let read = archive::untar(&self.own("base.tar")?.bytes);
        read.map_err(|error| Error::failed(format!("`{FOLDER}/base.tar`: {error}")).hint(TAKE_BACK))
    }

    /// What was not taken and is at, above or below one of these paths.
    pub(super) fn in_the_way<'t>(&'t self, mut changed: impl Iterator<Item = &'t RelPath>) -> Option<&'t Remark> {
        let is_below = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        changed.find_map(|path| {
            let path = path.as_str();
            self.refused.iter().find(|one| one.path == path || is_below(&one.path, path) || is_below(path, &one.path))
        })
    }
}

/// What lies in a folder, `.stagekit` included.
fn lying(place: &Path) -> Result<Submission> {
    let mut found = disk::submitted(place, &|_| true)?;
    if disk::standing(&place.join(FOLDER))? == disk::Standing::Folder {
        let own = disk::submitted(&place.join(FOLDER), &|_| true)?;
        let inside = |(path, entry)| Some((RelPath::new(format!("{FOLDER}/{path}")).ok()?, entry));
        found.files.extend(own.files.into_iter().filter_map(inside));
        found.refused.extend(own.refused.into_iter().map(|one| Remark { path: format!("{FOLDER}/{}", one.path), ..one }));
    }
    Ok(found)
}

/// The paths that a feature has brought something to.
fn brought_by(layer: &Layer) -> impl Iterator<Item = &RelPath> {
    layer.files.iter().chain(layer.aside.values()).chain(layer.contribution.iter().map(|recorded| &recorded.contribution.path))
}
