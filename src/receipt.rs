//! What was rendered, from what: `.stagekit/receipt.toml`, and beside it the pristine rendering, `.stagekit/base.tar`.
//!
//! `update`, `check`, `grade`, `add` and `remove` live on these two; any later stagekit reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    answers::Answers,
    archive,
    contribute::Contribution,
    course::Course,
    error::{Error, Result},
    manifest::{KitManifest, Number, Role},
    render::Rendered,
    rendition::Rendition,
    stack::Stack,
    tree::{Entry, RelPath, Tree},
};

/// The folder of everything that is stagekit's own in a repository.
pub const FOLDER: &str = ".stagekit";

/// The format of the receipt that this stagekit reads and writes.
const FORMAT: u32 = 1;

/// The files in it that are written with every change; what is this machine's alone stands beside them.
const OWN: [&str; 4] = [".gitattributes", ".gitignore", "base.tar", "receipt.toml"];

/// What git ignores of them, and what it keeps whatever is ignored above: without base or receipt every clone is of no use.
const IGNORED: &str = "# While a command runs\nlock\njournal/\n# This machine's alone\nlocal.toml\ncheck.log\n# Every clone needs them\n!.gitattributes\n\
                       !.gitignore\n!base.tar\n!receipt.toml\n";

/// `.stagekit/receipt.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version of this format: 1.
    pub format_version: u32,
    /// The stagekit that wrote it.
    pub stagekit: String,
    /// The milestones solved when the repository was made. Never changes: `update` renders the base at it.
    pub rendered_at: Number,
    /// The kit, if any, then each feature added later.
    pub layer: Vec<Layer>,
    /// The course, frozen: `check` and `status` need no matching kit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    /// Files whose reference code was taken, and of which milestone: `update` renders them at it, all others at `rendered_at`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken: BTreeMap<RelPath, Number>,
    /// Files in which conflict markers were written: a merge that the user has to finish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<RelPath>,
    /// Whose the files are; those without an entry are the kit's support.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<RelPath, Role>,
}

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    /// A kit with the features it carries.
    Kit,
    /// A feature added to a repository.
    Feature,
}

/// Something that was rendered into the repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// A kit or a feature.
    pub kind: LayerKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of everything that went into it, `sha256:…`; a version alone cannot see that `versions.toml` changed.
    pub digest: String,
    /// Where in the repository.
    pub directory: String,
    /// The features that the kit carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// How far solved, for whom.
    pub rendition: Rendition,
    /// The answers, all of them.
    pub answers: Answers,
    /// What features rendered from.
    pub stack: Stack,
    /// What was put into shared files and not there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contribution: Vec<Recorded>,
    /// The files of a feature that was added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<RelPath>,
    /// Paths where the user's own file stays instead of the feature's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<RelPath>,
    /// Files that were there before it wrote them or put something into them, as it would have or with nothing in them: they stay when it goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<RelPath>,
    /// Paths whose file of the feature stands elsewhere, because the user's own is there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aside: BTreeMap<RelPath, RelPath>,
}

/// A contribution and who made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// The kit or feature.
    pub by: String,
    /// The contribution.
    #[serde(flatten)]
    pub contribution: Contribution,
}

impl Receipt {
    /// The receipt of a new repository.
    pub fn of_kit(name: &str, version: &str, rendered: &Rendered, answers: &Answers, rendition: &Rendition) -> Self {
        let contribution =
            rendered.contributions.iter().map(|(by, contribution)| Recorded { by: by.clone(), contribution: contribution.clone() });
        let layer = Layer {
            kind: LayerKind::Kit,
            name: name.to_owned(),
            version: version.to_owned(),
            digest: digest_of(rendered),
            directory: ".".to_owned(),
            features: rendered.features.clone(),
            rendition: rendition.clone(),
            answers: answers.clone(),
            stack: rendered.stack.clone(),
            contribution: contribution.collect(),
            files: Vec::new(),
            kept: Vec::new(),
            found: Vec::new(),
            aside: BTreeMap::new(),
        };
        Self {
            format_version: FORMAT,
            stagekit: env!("CARGO_PKG_VERSION").to_owned(),
            rendered_at: rendition.at,
            layer: vec![layer],
            taken: BTreeMap::new(),
            pending: Vec::new(),
            course: (rendered.course.last > 0).then(|| rendered.course.clone()),
            roles: rendered
                .roles
                .iter()
                .filter(|(_, role)| !matches!(role, Role::Support | Role::Hidden))
                .map(|(path, role)| (path.clone(), *role))
                .collect(),
        }
    }

    /// The receipt of a repository that stagekit did not make.
    pub fn of_nothing() -> Self {
        Self {
            format_version: FORMAT,
            stagekit: env!("CARGO_PKG_VERSION").to_owned(),
            rendered_at: 0,
            layer: Vec::new(),
            course: None,
            taken: BTreeMap::new(),
            pending: Vec::new(),
            roles: BTreeMap::new(),
        }
    }

    /// The receipt in `text`; one that a later stagekit has written says more than is known here, and is refused.
    pub fn read(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            format_version: u32,
            #[serde(default)]
            stagekit: String,
        }
        let unreadable = |error| Error::failed("`.stagekit/receipt.toml` cannot be read").because(error);
        let head: Head = toml::from_str(text).map_err(unreadable)?;
        if head.format_version > FORMAT {
            let by = format!("`.stagekit/receipt.toml` was written by a newer stagekit, {}", head.stagekit.escape_debug());
            return Err(Error::failed(by).hint("install that one, or a later one"));
        }
        toml::from_str(text).map_err(unreadable)
    }

    /// The file's text.
    pub fn to_toml(&self) -> Result<String> {
        let body = toml::to_string(self).map_err(|error| Error::failed("the receipt cannot be written").because(error))?;
        Ok(format!("# Written by stagekit: what this repository was made from. `base.tar` beside it is the pristine rendering.\n\n{body}"))
    }
}

/// What a layer records of everything that went into it.
pub fn digest_of(rendered: &Rendered) -> String {
    format!("sha256:{}", rendered.digest)
}

/// The pristine rendering as `update` will compare with it: without hidden files, and without the state that the learner moves.
pub fn base(rendered: &Rendered) -> impl Iterator<Item = (&RelPath, &Entry)> + Clone {
    rendered.tree.iter().filter(|(path, _)| !matches!(rendered.roles.get(path), Some(Role::Hidden | Role::State)))
}

/// The same as a tree of its own.
pub fn base_tree(rendered: &Rendered) -> Tree {
    base(rendered).map(|(path, entry)| (path.clone(), entry.clone())).collect()
}

/// Everything that a new repository of `kit` consists of: what was rendered, and `.stagekit`.
pub fn repository(kit: &KitManifest, rendered: &Rendered, answers: &Answers, rendition: &Rendition) -> Result<Tree> {
    let mut tree = rendered.tree.clone();
    tree.extend(own_files(kit, rendered, answers, rendition)?);
    Ok(tree)
}

/// The files of `.stagekit` in a new repository of `kit`.
pub fn own_files(kit: &KitManifest, rendered: &Rendered, answers: &Answers, rendition: &Rendition) -> Result<Tree> {
    seal(&Receipt::of_kit(kit.name.get_ref(), &kit.version, rendered, answers, rendition), base(rendered))
}

/// The paths of what [`seal`] makes.
pub fn paths() -> Result<Vec<RelPath>> {
    OWN.iter().map(|name| RelPath::new(format!("{FOLDER}/{name}")).map_err(Error::failed)).collect()
}

/// The file of this name in `.stagekit`.
pub fn own<'t>(tree: &'t Tree, name: &str) -> Option<&'t Entry> {
    tree.get(&RelPath::new(format!("{FOLDER}/{name}")).ok()?)
}

/// The files of `.stagekit`, which are written after all others.
pub fn seal<'t>(receipt: &Receipt, base: impl Iterator<Item = (&'t RelPath, &'t Entry)> + Clone) -> Result<Tree> {
    let file = |name: &str, bytes: Vec<u8>| {
        RelPath::new(format!("{FOLDER}/{name}")).map(|path| (path, Entry { bytes: bytes.into(), executable: false }))
    };
    [
        file(".gitattributes", b"# The base is compared byte for byte.\nbase.tar -text -diff linguist-generated\n".to_vec()),
        file(".gitignore", IGNORED.as_bytes().to_vec()),
        file("base.tar", archive::tar_of(base, "")),
        file("receipt.toml", receipt.to_toml()?.into_bytes()),
    ]
    .into_iter()
    .collect::<Result<Tree, String>>()
    .map_err(Error::failed)
}

#[cfg(test)]
mod tests {
    use super::Receipt;

    #[test]
    fn a_receipt_of_a_newer_stagekit_is_refused() {
        let text = Receipt::of_nothing().to_toml().unwrap().replace("format_version = 1", "format_version = 99");
        let newer = text.replace(env!("CARGO_PKG_VERSION"), "9.0.0") + "[more]\n";
        let error = Receipt::read(&newer).unwrap_err();
        assert_eq!(error.to_string(), "`.stagekit/receipt.toml` was written by a newer stagekit, 9.0.0");
        assert_eq!(error.way_out(), Some("install that one, or a later one"));
    }
}
