//! The packages of a Cargo project, and what each of them depends on: that may stand in the workspace's manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Project, Source, below, facts::Facts};
use crate::stack::Origin;

/// A package.
pub(super) struct Package<'s> {
    /// Its folder below the project.
    pub(super) directory: String,
    pub(super) source: Source<'s>,
    pub(super) facts: Facts,
    /// Whether Cargo builds its programs, as opposed to what others depend on of it.
    pub(super) is_member: bool,
    pub(super) dependencies: Vec<Dependency>,
    /// Those that are there while it is built.
    pub(super) build_dependencies: Vec<Dependency>,
}

/// Something that a package depends on.
#[derive(Clone)]
pub(super) struct Dependency {
    /// As its own package calls it, whatever it is called here.
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) features: Vec<(String, Origin)>,
    /// Its folder below the project, where it is a part of that.
    pub(super) folder: Option<String>,
    /// Where it lies otherwise, as the manifest says it.
    pub(super) outside: Option<String>,
    pub(super) origin: Origin,
}

impl Package<'_> {
    /// What it is called.
    pub(super) fn name(&self) -> Option<&str> {
        self.facts.get("package.name").map(|fact| fact.value.as_str())
    }

    /// Whether a feature holds where nobody asks for any.
    pub(super) fn is_default(&self, feature: &str) -> bool {
        enabled(&self.facts, &BTreeSet::new()).iter().any(|known| known == feature)
    }
}

impl Dependency {
    /// Where it is stated, if it is the library by this name, `prometheus`, or has its feature, `prometheus/process`.
    pub(super) fn named(&self, name: &str) -> Option<Origin> {
        let (library, feature) = name.split_once('/').map_or((name, None), |(library, feature)| (library, Some(feature)));
        match feature {
            _ if self.name != library => None,
            None => Some(self.origin.clone()),
            Some(feature) => self.features.iter().find(|(name, _)| name == feature).map(|(_, origin)| origin.clone()),
        }
    }
}

/// The project's own package, those of its workspace, and those that they name by their folders, in this order.
pub(super) fn packages<'s>(project: &mut Project<'s>, root: Source<'s>, facts: &Facts) -> Vec<Package<'s>> {
    let mut manifests: Vec<(String, Source<'s>, Facts)> = Vec::new();
    if facts.has("package") || !facts.has("workspace") {
        manifests.push((".".to_owned(), root, facts.clone()));
    }
    for (directory, source) in members(project, facts) {
        if let Some(facts) = project.facts(source, Facts::of_toml(source.text)) {
            manifests.push((directory, source, facts));
        }
    }
    let mut found: Vec<Package<'s>> = Vec::new();
    let workspace = (root, facts);
    let stated = manifests.len();
    // What members depend on is a member as well.
    let is_workspace = facts.has("workspace") || root.text.lines().any(|line| line.trim() == "[workspace]");
    // What its features are for others is known only when these have been read.
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for is_last in [false, true] {
        found.clear();
        let mut at = 0;
        while let Some((directory, source, facts)) = manifests.get(at).cloned() {
            at += 1;
            let none = BTreeSet::new();
            let features = enabled(&facts, wanted.get(&directory).unwrap_or(&none));
            let reading = Reading { directory: &directory, source, facts: &facts, workspace, features: &features };
            let (dependencies, build_dependencies) = (reading.dependencies("dependencies"), reading.dependencies("build-dependencies"));
            for folder in dependencies.iter().filter_map(|dependency| dependency.folder.as_ref()) {
                let is_new = manifests.iter().all(|(known, ..)| known != folder);
                let manifest = is_new.then(|| project.source(&[&below(folder, "Cargo.toml")])).flatten();
                let manifest = manifest.and_then(|source| Some((source, project.facts(source, Facts::of_toml(source.text))?)));
                manifests.extend(manifest.map(|(source, facts)| (folder.clone(), source, facts)));
            }
            if !is_last {
                for dependency in &dependencies {
                    let names = dependency.features.iter().map(|(name, _)| name.clone());
                    wanted.entry(dependency.folder.clone().unwrap_or_default()).or_default().extend(names);
                }
            }
            let is_member = at <= stated || is_workspace && !is_excluded(workspace.1, &directory);
            found.push(Package { directory, source, facts, is_member, dependencies, build_dependencies });
        }
    }
    found
}

/// The members of the workspace: their folders and manifests.
fn members<'s>(project: &Project<'s>, facts: &Facts) -> Vec<(String, Source<'s>)> {
    let mut found: Vec<(String, Source<'s>)> = Vec::new();
    for (_, pattern) in facts.below("workspace.members") {
        let folder_of = |path: &str| path.strip_suffix("/Cargo.toml").map(str::to_owned);
        let is_member = |path: &str| folder_of(path).is_some_and(|folder| matches(&pattern.value, &folder) && !is_excluded(facts, &folder));
        for source in project.sources(is_member) {
            let Some(folder) = folder_of(project.below(&source)) else { continue };
            if found.iter().all(|(known, _)| *known != folder) {
                found.push((folder, source));
            }
        }
    }
    found
}

fn is_excluded(facts: &Facts, folder: &str) -> bool {
    facts.below("workspace.exclude").any(|(_, pattern)| matches(&pattern.value, folder))
}

/// Whether a folder is one that a pattern of members means: `crates/*`, `./server`.
pub(super) fn matches(pattern: &str, folder: &str) -> bool {
    let parts = |path: &str| path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect::<Vec<_>>();
    let (pattern, folder) = (parts(pattern), parts(folder));
    if pattern.last().is_some_and(|last| last == "**") {
        return folder.len() >= pattern.len() && pattern.iter().zip(&folder).all(|(pattern, part)| fits(pattern, part));
    }
    pattern.len() == folder.len() && pattern.iter().zip(&folder).all(|(pattern, part)| fits(pattern, part))
}

fn fits(pattern: &str, part: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == part,
        Some((start, end)) => {
            let end = end.trim_start_matches('*');
            part.len() >= start.len() + end.len() && part.starts_with(start) && part.ends_with(end)
        }
    }
}

/// The features that hold, and what they switch on, by the package's own words: those by default, and those that are asked for.
fn enabled(facts: &Facts, asked: &BTreeSet<String>) -> Vec<String> {
    let mut names: Vec<String> = std::iter::once("default".to_owned()).chain(asked.iter().cloned()).collect();
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        at += 1;
        for (_, fact) in facts.below(&format!("features.{name}")) {
            if !names.contains(&fact.value) {
                names.push(fact.value.clone());
            }
        }
    }
    names
}

/// What a manifest's dependencies are read with.
struct Reading<'r, 's> {
    directory: &'r str,
    source: Source<'s>,
    facts: &'r Facts,
    workspace: (Source<'s>, &'r Facts),
    features: &'r [String],
}

impl Reading<'_, '_> {
    /// Those in a table, and in those of its kind that are for this system.
    fn dependencies(&self, table: &str) -> Vec<Dependency> {
        let mut keys: Vec<&str> = Vec::new();
        let mut found: BTreeMap<&str, Vec<(&str, String, Origin)>> = BTreeMap::new();
        for (key, fact) in self.facts.all() {
            let Some((name, what)) = entry(key, table) else { continue };
            if !keys.contains(&name) {
                keys.push(name);
            }
            found.entry(name).or_default().push((what, fact.value.clone(), self.source.sure(fact.line)));
        }
        keys.into_iter().filter_map(|key| self.dependency(key, found.get(key)?)).collect()
    }

    fn dependency(&self, key: &str, own: &[(&str, String, Origin)]) -> Option<Dependency> {
        let of = |said: &[(&str, String, Origin)], wanted: &str| {
            said.iter().find(|(what, ..)| *what == wanted).map(|(_, value, _)| value.clone())
        };
        let (root, whole) = self.workspace;
        let is_inherited = of(own, "workspace").is_some_and(|value| value == "true");
        let mut shared: Vec<(&str, String, Origin)> = Vec::new();
        let shared_key = format!("workspace.dependencies.{key}");
        if is_inherited {
            shared.extend(whole.get(&shared_key).map(|fact| ("version", fact.value.clone(), root.sure(fact.line))));
            shared.extend(whole.below(&shared_key).map(|(what, fact)| (what, fact.value.clone(), root.sure(fact.line))));
        }
        // What nobody switches on is not there.
        let is_optional = of(own, "optional").is_some_and(|value| value == "true");
        let switches = |feature: &String| {
            feature.strip_prefix("dep:").is_some_and(|name| name == key)
                || feature == key
                || feature.split_once('/').is_some_and(|(name, _)| name == key)
        };
        if is_optional && !self.features.iter().any(switches) {
            return None;
        }
        let origin = own.first()?.2.clone();
        let is_feature = |what: &str| what.starts_with("features.");
        let mut features: Vec<(String, Origin)> = own
            .iter()
            .chain(&shared)
            .filter(|(what, ..)| is_feature(what))
            .map(|(_, value, origin)| (value.clone(), origin.clone()))
            .collect();
        for feature in self.features {
            let Some((_, feature)) = feature.split_once('/').filter(|(name, _)| name.trim_end_matches('?') == key) else { continue };
            features.push((feature.to_owned(), origin.clone()));
        }
        let name = of(own, "package").or_else(|| of(&shared, "package")).unwrap_or_else(|| key.to_owned());
        let path = of(own, "path").map(|path| (self.directory, path)).or_else(|| Some((".", of(&shared, "path")?)));
        let folder = path.as_ref().and_then(|(directory, path)| inside(directory, path));
        let outside = path.map(|(_, path)| path).filter(|_| folder.is_none());
        Some(Dependency { name, version: of(own, "version").or_else(|| of(&shared, "version")), features, folder, outside, origin })
    }
}

/// Which dependency a key is about, and what it says of that: `dependencies.sqlx.features.0`, `target.cfg(unix).dependencies.nix`.
fn entry<'k>(key: &'k str, table: &str) -> Option<(&'k str, &'k str)> {
    let rest = match key.strip_prefix("target.") {
        None => key.strip_prefix(table)?.strip_prefix('.')?,
        Some(target) => {
            let at = target.find(&format!(".{table}."))?;
            let system = &target[..at];
            let is_other =
                ["windows", "macos", "wasm", "android", "ios"].iter().any(|other| system.contains(other)) && !system.contains("not(");
            if is_other {
                return None;
            }
            &target[at + table.len() + 2..]
        }
    };
    Some(rest.split_once('.').unwrap_or((rest, "version")))
}

/// The folder that a path in a manifest leads to, below the project; `None` outside.
fn inside(directory: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::{entry, inside, matches};

    #[test]
    fn a_pattern_means_folders() {
        for (pattern, folder, wanted) in [
            ("crates/*", "crates/api", true),
            ("crates/*", "crates/api/fuzz", false),
            ("./api/", "api", true),
            ("lib-*", "lib-core", true),
            ("lib-*", "library", false),
            ("crates/**", "crates/a/b", true),
            ("a", "b", false),
        ] {
            assert_eq!(matches(pattern, folder), wanted, "{pattern} {folder}");
        }
    }

    #[test]
    fn a_key_says_what_of_which_dependency() {
        for (key, wanted) in [
            ("dependencies.axum", Some(("axum", "version"))),
            ("dependencies.sqlx.features.0", Some(("sqlx", "features.0"))),
            ("target.cfg(unix).dependencies.nix.version", Some(("nix", "version"))),
            ("target.cfg(windows).dependencies.winapi", None),
            ("target.cfg(not(windows)).dependencies.nix", Some(("nix", "version"))),
            ("build-dependencies.cc", None),
            ("dependencies", None),
        ] {
            assert_eq!(entry(key, "dependencies"), wanted, "{key}");
        }
    }

    #[test]
    fn a_path_stays_inside() {
        assert_eq!(inside("crates/api", "../db").as_deref(), Some("crates/db"));
        assert_eq!(inside(".", "./db/").as_deref(), Some("db"));
        assert_eq!(inside("db", "..").as_deref(), Some("."));
        assert_eq!((inside(".", "../db"), inside(".", "/db")), (None, None));
    }
}
