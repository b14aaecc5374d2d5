//! The template tree: embedded, with a folder of the user's laid over it, as roadmap, kits, features, partials and versions.

use std::{borrow::Cow, collections::BTreeMap};

use include_dir::{Dir, DirEntry, include_dir};
use serde::de::DeserializeOwned;

use crate::{
    error::{Error, ErrorKind, Fault, Result, nearest},
    manifest::{self, FeatureManifest, KitManifest},
    roadmap::Roadmap,
};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A file of the template tree.
pub type Bytes = Cow<'static, [u8]>;

/// All templates that a command sees.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Lies over the embedded tree: path below `templates/` → content.
    overlay: BTreeMap<String, Vec<u8>>,
    /// Where the overlay was read, for messages.
    overlay_root: Option<String>,
}

impl Catalog {
    /// The embedded tree alone.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The embedded tree with `overlay` (path → content) over it; `root` names the folder it came from.
    pub fn with_overlay(overlay: BTreeMap<String, Vec<u8>>, root: impl Into<String>) -> Self {
        Self { overlay, overlay_root: Some(root.into()) }
    }

    /// The file at `path` below `templates/`.
    pub fn file(&self, path: &str) -> Option<Bytes> {
        match self.overlay.get(path) {
            Some(bytes) => Some(bytes.clone().into()),
            None => EMBEDDED.get_file(path).map(|file| file.contents().into()),
        }
    }

    /// How messages name the file at `path` below `templates/`.
    pub fn place(&self, path: &str) -> String {
        match &self.overlay_root {
            Some(root) if self.overlay.contains_key(path) => format!("{root}/{path}"),
            _ => format!("templates/{path}"),
        }
    }

    /// The paths of all files below the folder `folder`, in order.
    pub fn files_below(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        if folder.is_empty() {
            collect(EMBEDDED.entries(), &mut found);
        } else if let Some(dir) = EMBEDDED.get_dir(folder) {
            collect(dir.entries(), &mut found);
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        found.extend(self.overlay.range(prefix.clone()..).map(|(path, _)| path).take_while(|path| path.starts_with(&prefix)).cloned());
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The names of the folders in `kits` or `features`.
    fn names(&self, folder: &str, manifest: &str) -> Vec<String> {
        let mut names: Vec<String> = EMBEDDED
            .get_dir(folder)
            .into_iter()
            .flat_map(Dir::dirs)
            .filter_map(|dir| dir.path().file_name()?.to_str().map(str::to_owned))
            .chain(
                self.overlay
                    .keys()
                    .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/')?.split_once('/').map(|(name, _)| name.to_owned())),
            )
            .filter(|name| self.file(&format!("{folder}/{name}/{manifest}")).is_some())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The kits' names in order.
    pub fn kit_names(&self) -> Vec<String> {
        self.names("kits", "kit.toml")
    }

    /// The features' names in order.
    pub fn feature_names(&self) -> Vec<String> {
        self.names("features", "feature.toml")
    }

    /// The manifest of a kit.
    pub fn kit(&self, name: &str) -> Result<KitManifest> {
        let path = format!("kits/{name}/kit.toml");
        if self.file(&path).is_none() {
            let names = self.kit_names();
            let error = Error::usage(format!("there is no kit `{name}`"));
            return Err(match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`? `stagekit list` shows all kits")),
                None => error.hint("`stagekit list` shows all kits"),
            });
        }
        self.toml(&path)
    }

    /// The manifests of all kits, by stage and name.
    pub fn kits(&self) -> Result<Vec<KitManifest>> {
        let mut kits = self.kit_names().iter().map(|name| self.kit(name)).collect::<Result<Vec<_>>>()?;
        kits.sort_by(|a, b| (a.stage, a.name.get_ref()).cmp(&(b.stage, b.name.get_ref())));
        Ok(kits)
    }

    /// The manifest of a feature.
    pub fn feature(&self, name: &str) -> Result<FeatureManifest> {
        self.toml(&format!("features/{name}/feature.toml"))
    }

    /// The text of a partial.
    pub fn partial(&self, name: &str) -> Option<Cow<'static, str>> {
        match self.file(&format!("partials/{name}.hbs"))? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// Every version that templates name.
    pub fn versions(&self) -> Result<toml::Table> {
        self.toml("versions.toml")
    }

    /// The roadmap.
    pub fn roadmap(&self) -> Result<Roadmap> {
        self.toml("roadmap.toml")
    }

    /// A manifest at `path`, or an error with all its faults.
    pub fn toml<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let place = self.place(path);
        let bytes = self.file(path).ok_or_else(|| Error::failed(format!("`{place}` is missing")))?;
        let unreadable = |faults| {
            Error::faults(ErrorKind::Failed, format!("`{place}` cannot be used"), faults)
                .hint("`stagekit templates lint` shows every fault")
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(vec![Fault::new(&place, "is not UTF-8")]))?;
        manifest::read(&place, text).map_err(unreadable)
    }
}

fn collect(entries: &[DirEntry<'static>], found: &mut Vec<String>) {
    for entry in entries {
        match entry {
            DirEntry::Dir(dir) => collect(dir.entries(), found),
            DirEntry::File(file) => found.extend(file.path().to_str().map(|path| path.replace('\\', "/"))),
        }
    }
}
