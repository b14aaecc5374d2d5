//! Paths inside a repository, and the bytes that stand there.

use std::{borrow::Cow, collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// A path inside a repository: relative, `/` between its parts, no way out of the root.
///
/// Ordered by bytes, which is the order of every listing and archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

/// Names that Windows reserves in every folder, with and without an extension.
const WINDOWS_RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4",
    "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Whether Windows reserves this file name, in any case and with any extension.
pub fn is_reserved_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    matches!(stem.len(), 3 | 4) && WINDOWS_RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(stem))
}

impl RelPath {
    /// The path, or why it is none: it must stay inside the root and exist on Linux, macOS and Windows alike.
    pub fn new(path: impl Into<String>) -> Result<Self, String> {
        let path = path.into();
        let refuse = |why: &str| Err(format!("`{path}` is not a path inside a repository: {why}"));
        if path.is_empty() {
            return refuse("it is empty");
        }
        if path.len() > 240 {
            return refuse("it is longer than 240 bytes");
        }
        for part in path.split('/') {
            match part {
                "" => return refuse("it has an empty part"),
                "." | ".." => return refuse("it has a part `.` or `..`"),
                _ => {}
            }
            if let Some(bad) = part.chars().find(|c| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')) {
                return refuse(&format!("it contains {bad:?}"));
            }
            if part.ends_with(['.', ' ']) {
                return refuse("a part ends in a dot or a space");
            }
            if is_reserved_name(part) {
                return refuse(&format!("Windows reserves the name `{part}`"));
            }
        }
        Ok(Self(path))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder it stands in; `None` at the root.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// The path with this system's separators.
    pub fn to_path(&self) -> PathBuf {
        self.0.split('/').collect()
    }
}

impl TryFrom<String> for RelPath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        Self::new(path)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        path.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The content; borrowed where it comes unchanged out of the embedded tree.
    pub bytes: Cow<'static, [u8]>,
    /// Whether the owner may run it.
    pub executable: bool,
}

impl Entry {
    /// A file with this content; executable if it starts with `#!`.
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let executable = bytes.starts_with(b"#!");
        Self { bytes, executable }
    }

    /// The content as text, if it is text (UTF-8 without NUL).
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

/// Paths and what stands there, in the order of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<RelPath, Entry>);

impl Tree {
    /// A tree without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `entry` at `path` and gives back what stood there.
    pub fn insert(&mut self, path: RelPath, entry: Entry) -> Option<Entry> {
        self.0.insert(path, entry)
    }

    /// Takes out what stands at `path`.
    pub fn remove(&mut self, path: &RelPath) -> Option<Entry> {
        self.0.remove(path)
    }

    /// What stands at `path`.
    pub fn get(&self, path: &RelPath) -> Option<&Entry> {
        self.0.get(path)
    }

    /// Whether something stands at `path`.
    pub fn contains(&self, path: &RelPath) -> bool {
        self.0.contains_key(path)
    }

    /// What stands at `path`, to change it.
    pub fn get_mut(&mut self, path: &RelPath) -> Option<&mut Entry> {
        self.0.get_mut(path)
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&RelPath, &Entry)> + Clone {
        self.0.iter()
    }

    /// All paths in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &RelPath> {
        self.0.keys()
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sum of the contents' lengths in bytes.
    pub fn byte_count(&self) -> usize {
        self.0.values().map(|entry| entry.bytes.len()).sum()
    }
}

impl FromIterator<(RelPath, Entry)> for Tree {
    fn from_iter<I: IntoIterator<Item = (RelPath, Entry)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Extend<(RelPath, Entry)> for Tree {
    fn extend<I: IntoIterator<Item = (RelPath, Entry)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl IntoIterator for Tree {
    type Item = (RelPath, Entry);
    type IntoIter = std::collections::btree_map::IntoIter<RelPath, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{RelPath, is_reserved_name};

    #[test]
    fn a_path_cannot_leave_the_root_or_fail_on_another_system() {
        for bad in
            ["", "/etc", "a//b", "../a", "a/./b", "a\\b", "C:a", "a/nul.txt", "a/COM1", "a.", "a /b", "a\nb", "a\0", &"x".repeat(241)]
        {
            assert!(RelPath::new(bad).is_err(), "{bad:?} was accepted");
        }
        for good in ["a", "a/b.txt", ".github/workflows/ci.yml", "src/console.rs", "ü/é"] {
            assert_eq!(RelPath::new(good).map(String::from), Ok(good.to_owned()));
        }
    }

    #[test]
    fn windows_names_are_known_in_any_case() {
        assert!(is_reserved_name("NUL.tar.gz"));
        assert!(!is_reserved_name("null"));
    }
}
