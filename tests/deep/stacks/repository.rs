//! A fixture as people have it: a git repository, to which `stagekit add` adds all that fits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value as Json, json};
use stagekit::{
    digest::hex,
    receipt::{LayerKind, Receipt},
    stack::Stack,
    tree::{Entry, RelPath, Tree},
};

use crate::{
    cell::commit,
    world::{World, run as run_to_end},
};

/// A fixture as a git repository, and what it becomes.
pub struct Repository {
    pub name: String,
    pub folder: PathBuf,
    before: Tree,
}

/// A project of it with its features.
pub struct Project {
    /// Within the repository.
    pub directory: String,
    pub folder: PathBuf,
    pub stack: Stack,
}

/// What the build of a fixture is told besides, because the packages come from a mirror here: it signs nothing, and its certificate is another.
const TOLD: [(&str, &str); 3] = [
    ("pnpm-fastify", "npm_config_manage_package_manager_versions=false"),
    ("uv-fastapi", "UV_SYSTEM_CERTS=true"),
    ("yarn-express", "COREPACK_INTEGRITY_KEYS=0"),
];

/// After which line of its Dockerfile.
const FIRST: &str = "WORKDIR /build\n";

/// What every proof depends on besides the files and its check.
const SOURCE: &str = include_str!("repository.rs");

impl Repository {
    pub fn copy(world: &World, name: &str, from: &Path) -> Result<Self, String> {
        let folder = world.fresh(&format!("added-{name}"))?;
        let words = [from.as_os_str(), folder.as_os_str()];
        run_to_end(Command::new("cp").arg("-r").args(words), Duration::from_secs(30))?.ok("cp")?;
        commit(&folder)?;
        let before = tree(&folder)?;
        Ok(Self { name: name.to_owned(), folder, before })
    }

    /// Tells the build of its image what it has to know here.
    pub fn tell(&self) -> Result<(), String> {
        let Some((_, told)) = TOLD.iter().find(|(name, _)| *name == self.name) else { return Ok(()) };
        let path = self.folder.join("Dockerfile");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let (start, end) = text.split_once(FIRST).ok_or_else(|| format!("{} has no `{}`", path.display(), FIRST.trim()))?;
        fs::write(&path, format!("{start}{FIRST}ENV {told}\n{end}")).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What CI would be given.
    pub fn commit(&self) -> Result<(), String> {
        commit(&self.folder)
    }

    /// Everything that fits, in every project.
    pub fn add_all(&self) -> Result<Vec<Project>, String> {
        let services = self.folder.join("services");
        let mut directories: Vec<String> = match fs::read_dir(&services) {
            Ok(listed) => listed.flatten().map(|entry| format!("services/{}", entry.file_name().to_string_lossy())).collect(),
            Err(_) => vec![".".to_owned()],
        };
        directories.sort();
        let mut projects = Vec::new();
        for directory in directories {
            let list = self.stagekit(&["add", "--list", "--json", "--in", &directory])?;
            let fitting: Vec<&str> = list
                .as_array()
                .into_iter()
                .flatten()
                .filter(|offer| offer["fits"] == true && offer["lacks"] == json!([]))
                .filter_map(|offer| offer["name"].as_str())
                .collect();
            let words = |more: &[&'static str]| {
                [&["add", "--in", &directory, "--yes", "--json"][..], more, &fitting]
                    .concat()
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>()
            };
            let said = self.stagekit(&words(&[]))?;
            if said["written"] != true {
                return Err(format!("nothing was written: {said}"));
            }
            let again = self.stagekit(&words(&["--dry-run"]))?;
            if again["plan"]["settled"] != true {
                return Err(format!("adding the same twice changes something: {again}"));
            }
            let receipt = self.receipt()?;
            let layer = receipt.layer.iter().rfind(|layer| layer.kind == LayerKind::Feature && layer.directory == directory);
            let stack = layer.ok_or_else(|| format!("no layer is for `{directory}`"))?.stack.clone();
            projects.push(Project { folder: self.folder.join(&directory), directory, stack });
        }
        Ok(projects)
    }

    /// The files without those that only other features than these have written: what is proven of one feature does not depend on another.
    pub fn read_by(&self, features: &[&str]) -> Result<Tree, String> {
        let mut writers: BTreeMap<RelPath, BTreeSet<String>> = BTreeMap::new();
        for layer in self.receipt()?.layer {
            let contributed = layer.contribution.iter().map(|recorded| recorded.contribution.path.clone());
            for path in layer.files.iter().cloned().chain(contributed) {
                writers.entry(path).or_default().insert(layer.name.clone());
            }
        }
        let is_read = |path: &RelPath| {
            self.before.get(path).is_some()
                || writers.get(path).is_none_or(|writers| writers.iter().any(|writer| features.contains(&writer.as_str())))
        };
        let mut read = Tree::new();
        for (path, entry) in tree(&self.folder)?.iter().filter(|(path, _)| is_read(path)) {
            read.insert(path.clone(), entry.clone());
        }
        Ok(read)
    }

    fn receipt(&self) -> Result<Receipt, String> {
        let receipt = fs::read_to_string(self.folder.join(".stagekit/receipt.toml")).map_err(|error| error.to_string())?;
        Receipt::read(&receipt).map_err(|error| error.to_string())
    }

    /// Everything that was added goes, and nothing else.
    pub fn remove_all(&self) -> Result<(), String> {
        let receipt = self.receipt()?;
        let directories: BTreeSet<&str> = receipt.layer.iter().map(|layer| layer.directory.as_str()).collect();
        for directory in directories {
            let names = receipt.layer.iter().filter(|layer| layer.directory == directory).map(|layer| layer.name.as_str());
            let words: Vec<&str> = ["remove", "--in", directory, "--yes", "--json"].into_iter().chain(names).collect();
            self.stagekit(&words)?;
        }
        let after = tree(&self.folder)?;
        let paths =
            |tree: &Tree| tree.paths().map(|path| path.as_str().to_owned()).filter(|path| !path.ends_with(".env")).collect::<BTreeSet<_>>();
        let changed: Vec<&str> =
            self.before.iter().filter(|(path, entry)| after.get(path) != Some(entry)).map(|(path, _)| path.as_str()).collect();
        let left: Vec<String> = paths(&after).difference(&paths(&self.before)).cloned().collect();
        if changed.is_empty() && left.is_empty() { Ok(()) } else { Err(format!("changed: {changed:?}, left: {left:?}")) }
    }

    fn stagekit(&self, words: &[impl AsRef<std::ffi::OsStr>]) -> Result<Json, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stagekit"));
        command.args(words).current_dir(&self.folder).env("XDG_DATA_HOME", self.folder.with_extension("home"));
        let shown: Vec<_> = words.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let done = command.output().map_err(|error| error.to_string())?;
        if !done.status.success() {
            return Err(format!("stagekit {}: {}\n{}", shown.join(" "), done.status, String::from_utf8_lossy(&done.stderr)));
        }
        serde_json::from_slice(&done.stdout).map_err(|error| format!("stagekit {}: {error}", shown.join(" ")))
    }
}

/// Of everything that a proof depends on: the files, the check, and what is proven of them.
pub fn key_of(tree: &Tree, sources: &str, what: &str) -> String {
    let mut all = Vec::new();
    for (path, entry) in tree.iter().filter(|(path, _)| !path.as_str().starts_with(".stagekit/")) {
        all.extend(format!("{path}\0{}\0{}\0", entry.executable, entry.bytes.len()).into_bytes());
        all.extend_from_slice(&entry.bytes);
    }
    all.extend(format!("{SOURCE}{sources}\0{what}").into_bytes());
    hex(&all)
}

/// The files of a folder, without git's.
pub fn tree(folder: &Path) -> Result<Tree, String> {
    let listed = run_to_end(
        Command::new("find").args([".", "-path", "./.git", "-prune", "-o", "-type", "f", "-print"]).current_dir(folder),
        Duration::from_secs(30),
    )?
    .ok("find")?;
    let mut tree = Tree::new();
    for path in listed.lines().filter_map(|line| line.strip_prefix("./")) {
        let bytes = fs::read(folder.join(path)).map_err(|error| format!("{path}: {error}"))?;
        tree.insert(RelPath::new(path)?, Entry::new(bytes));
    }
    Ok(tree)
}
