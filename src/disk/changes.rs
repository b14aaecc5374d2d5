//! Whether files change, told from their times and sizes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::OWN_FOLDER;

/// Folders that nobody writes in by hand.
const NEVER: [&str; 3] = [".git", OWN_FOLDER, "node_modules"];

/// What editors call files that they keep beside the one that is edited.
const BESIDE: [&str; 4] = ["~", ".swp", ".swx", ".tmp"];

/// The files of a repository at one moment.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    /// Files and folders that do not count.
    not: BTreeSet<String>,
    found: BTreeMap<String, Stamp>,
}

/// What changes when a file is written: not the content itself, so that looking costs next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self { modified: meta.modified().ok(), bytes: meta.len() }
    }
}

impl Files {
    /// All below `root` but for `not`, paths of files and folders. What cannot be looked at is not there.
    pub fn below(root: &Path, not: impl IntoIterator<Item = String>) -> Self {
        let not: BTreeSet<String> = not.into_iter().collect();
        let mut found = BTreeMap::new();
        collect(root, "", &not, &mut found);
        Self { root: root.to_owned(), not, found }
    }

    /// The same at this moment.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut found = BTreeMap::new();
        collect(&self.root, "", &self.not, &mut found);
        Self { root: self.root.clone(), not: self.not.clone(), found }
    }

    /// Takes one file as it is now.
    pub fn renew(&mut self, root: &Path, path: &str) {
        if let (Some(stamp), Ok(meta)) = (self.found.get_mut(path), fs::symlink_metadata(root.join(path))) {
            *stamp = Stamp::of(&meta);
        }
    }

    /// The first path that is new, gone, or was written since `before`. What does not count now did not count then.
    pub fn change_since(&self, before: &Self) -> Option<String> {
        let is_new = self.found.iter().find(|(path, stamp)| before.found.get(*path) != Some(stamp));
        let is_gone = || before.found.keys().find(|path| !self.found.contains_key(*path) && !self.leaves_out(path));
        is_new.map(|(path, _)| path).or_else(is_gone).cloned()
    }

    fn leaves_out(&self, path: &str) -> bool {
        self.not.contains(path) || path.match_indices('/').any(|(at, _)| self.not.contains(&path[..at]))
    }
}

fn collect(folder: &Path, inside: &str, not: &BTreeSet<String>, found: &mut BTreeMap<String, Stamp>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        if not.contains(&path) || NEVER.contains(&name.as_str()) || BESIDE.iter().any(|end| name.ends_with(end)) || name.starts_with(".#") {
            continue;
        }
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => collect(&entry.path(), &path, not, found),
            Ok(meta) => drop(found.insert(path, Stamp::of(&meta))),
            Err(_) => {}
        }
    }
}

/// What the `.gitignore` at `root` says in plain words, for where git cannot be asked: lines without a wildcard.
pub fn ignored(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let is_plain = |line: &&str| !line.is_empty() && !line.contains(['*', '?', '[', '!', '#', '\\']);
    text.lines().map(|line| line.trim().trim_matches('/')).filter(is_plain).map(str::to_owned).collect()
}
