//! The template tree: embedded, with a folder of the user's laid over it, as roadmap, kits, features, partials and versions.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use include_dir::{Dir, DirEntry, include_dir};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, ErrorKind, Fault, Result, nearest},
    manifest::{self, FeatureManifest, KitManifest},
    roadmap::Roadmap,
};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Every file of the embedded tree in the order of the paths: `include_dir` compares paths part by part on each look-up, which costs more than
/// rendering does.
static INDEX: LazyLock<Vec<(&'static str, &'static [u8])>> = LazyLock::new(|| {
    let mut files = Vec::with_capacity(KNOWN.len());
    collect(EMBEDDED.entries(), &mut files);
    files.sort_unstable_by_key(|(path, _)| *path);
    files
});

/// What the build found out about an embedded file.
struct Known {
    path: &'static str,
    /// The SHA-256 of path and content.
    digest: [u8; 32],
    /// A manifest in the form of [`manifest::parsed`]; empty for other files.
    parsed: &'static [u8],
}

// `KNOWN`: all of them in the order of the paths.
include!(concat!(env!("OUT_DIR"), "/known.rs"));

/// The embedded file at `path`.
fn embedded(path: &str) -> Option<&'static [u8]> {
    let at = INDEX.binary_search_by_key(&path, |(path, _)| path).ok()?;
    Some(INDEX[at].1)
}

/// The embedded files below the folder that `prefix` names with its closing slash; empty for all.
fn embedded_below(prefix: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let start = INDEX.partition_point(|(path, _)| *path < prefix);
    INDEX[start..].iter().map(|(path, _)| *path).take_while(move |path| path.starts_with(prefix))
}

/// Where a partial stands.
pub(crate) fn partial_path(name: &str) -> String {
    format!("partials/{name}.hbs")
}

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
            None => embedded(path).map(Cow::Borrowed),
        }
    }

    /// The SHA-256 of path and content of a file; an absent one counts as empty. What is embedded was hashed when this program was built.
    pub fn digest(&self, path: &str) -> [u8; 32] {
        match self.known(path) {
            Some(known) => known.digest,
            None => Sha256::new().chain_update(path).chain_update(self.file(path).unwrap_or_default()).finalize().into(),
        }
    }

    fn known(&self, path: &str) -> Option<&'static Known> {
        if self.overlay.contains_key(path) {
            return None;
        }
        let at = KNOWN.binary_search_by_key(&path, |known| known.path).ok()?;
        Some(&KNOWN[at])
    }

    /// How messages name the file at `path` below `templates/`.
    pub fn place(&self, path: &str) -> String {
        match &self.overlay_root {
            Some(root) if self.overlay.contains_key(path) => format!("{root}/{path}"),
            _ => format!("templates/{path}"),
        }
    }

    /// The paths of all files below the folder `folder`, in order.
    pub fn files_below(&self, folder: &str) -> Vec<Cow<'static, str>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut found: Vec<Cow<'static, str>> = embedded_below(&prefix).map(Cow::Borrowed).collect();
        if !self.overlay.is_empty() {
            let paths = self.overlay.range(prefix.clone()..).map(|(path, _)| path).take_while(|path| path.starts_with(&prefix));
            found.extend(paths.cloned().map(Cow::Owned));
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    /// The names of the folders in `kits` or `features`.
    fn names(&self, folder: &str, manifest: &str) -> Vec<String> {
        let prefix = format!("{folder}/");
        let name = |path: &str| Some(path.strip_prefix(&prefix)?.strip_suffix(manifest)?.strip_suffix('/')?.to_owned());
        let mut names: Vec<String> = embedded_below(&prefix).filter_map(name).collect();
        names.extend(self.overlay.keys().filter_map(|path| name(path)));
        names.retain(|name| !name.contains('/'));
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
        match self.file(&partial_path(name))? {
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
        // What is wrong with it is told from its text.
        let parsed = self.known(path).filter(|known| !known.parsed.is_empty());
        if let Some(Ok(manifest)) = parsed.map(|known| manifest::read_parsed(known.parsed)) {
            return Ok(manifest);
        }
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

fn collect(entries: &'static [DirEntry<'static>], found: &mut Vec<(&'static str, &'static [u8])>) {
    for entry in entries {
        match entry {
            DirEntry::Dir(dir) => collect(dir.entries(), found),
            // The macro writes paths with `/` on every system.
            DirEntry::File(file) => found.extend(file.path().to_str().map(|path| (path, file.contents()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::{Catalog, INDEX, KNOWN};
    use crate::manifest::{self, FeatureManifest, KitManifest};

    #[test]
    fn digests_are_those_of_the_embedded_files() {
        assert_eq!(KNOWN.iter().map(|known| known.path).collect::<Vec<_>>(), INDEX.iter().map(|(path, _)| *path).collect::<Vec<_>>());
        for (path, content) in INDEX.iter() {
            let digest = Sha256::new().chain_update(path).chain_update(content).finalize();
            assert_eq!(Catalog::embedded().digest(path), <[u8; 32]>::from(digest), "{path}");
            let overlay = Catalog::with_overlay([((*path).to_owned(), content.to_vec())].into(), "overlay");
            assert_eq!(overlay.digest(path), <[u8; 32]>::from(digest), "{path} in an overlay");
        }
    }

    #[test]
    fn manifests_are_known_as_their_texts_say() {
        let mut seen = 0;
        for (path, content) in INDEX.iter().filter(|(path, _)| path.strip_suffix(".toml").is_some()) {
            let Some(known) = Catalog::embedded().known(path).filter(|known| !known.parsed.is_empty()) else {
                assert!(path.contains("/files/"), "{path} is parsed in every run");
                continue;
            };
            let text = std::str::from_utf8(content).unwrap();
            let both = if path.ends_with("/kit.toml") {
                let known: KitManifest = manifest::read_parsed(known.parsed).unwrap();
                [format!("{known:#?}"), format!("{:#?}", manifest::read::<KitManifest>(path, text).unwrap())]
            } else if path.ends_with("/feature.toml") {
                let known: FeatureManifest = manifest::read_parsed(known.parsed).unwrap();
                [format!("{known:#?}"), format!("{:#?}", manifest::read::<FeatureManifest>(path, text).unwrap())]
            } else {
                let known: toml::Table = manifest::read_parsed(known.parsed).unwrap();
                [format!("{known:#?}"), format!("{:#?}", text.parse::<toml::Table>().unwrap())]
            };
            assert_eq!(both[0], both[1], "{path}");
            seen += 1;
        }
        assert!(seen > 3, "only {seen} manifests");
    }
}
