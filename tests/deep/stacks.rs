//! `stagekit add` in repositories as people have them: those of `tests/fixtures/stacks`, small real programs of every stack that detection knows.
//!
//! Apart from the other checks, as the operations are.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value as Json, json};
use stagekit::{
    digest::hex,
    receipt::{LayerKind, Receipt},
    stack::{Module, Stack},
    tree::{Entry, RelPath, Tree},
};

use crate::{
    arguments::Arguments,
    cell::commit,
    checks::Check,
    linters::lint,
    outcome::{Outcome, Row},
    world::{World, run as run_to_end},
};

/// All checks of this kind.
pub fn checks() -> [Check; 1] {
    [Check { name: "added", run }]
}

/// What a proof depends on besides the files.
const SOURCE: &str = include_str!("stacks.rs");

/// Fixtures whose package manager wants more of a registry than a mirror has, and what: their files are looked at by the linters only, and said so.
const NOT_SERVED: [(&str, &str); 4] = [
    ("pnpm-fastify", "signatures of packages"),
    ("yarn-express", "signatures of packages"),
    ("poetry-fastapi", "an index in JSON"),
    ("uv-fastapi", "a certificate of a public authority"),
];

const LINTERS: &str = include_str!("linters.rs");

/// Images that cannot be had without a registry: what is built from them is looked at by the linters only, and said so.
const NOT_HAD: [&str; 4] = ["gradle:", "golang:", "rust:", "mcr.microsoft.com/"];

/// Where the fixtures are.
pub fn fixtures() -> Result<Vec<(String, PathBuf)>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks");
    let listed = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<(String, PathBuf)> =
        listed.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect();
    found.sort();
    Ok(found)
}

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let fixtures = match fixtures() {
        Ok(fixtures) => fixtures,
        Err(why) => return vec![Row::new("added", "", None, "", Outcome::Failed(why), 0.0)],
    };
    let mut rows = Vec::new();
    for (name, from) in fixtures.iter().filter(|(name, _)| arguments.wants_kit(name)) {
        match Repository::copy(world, name, from) {
            Ok(repository) => rows.extend(repository.rows(world)),
            Err(why) => rows.push(Row::new("added", name, None, "", Outcome::Failed(why), 0.0)),
        }
    }
    rows
}

/// A fixture as a git repository, and what it becomes.
struct Repository {
    name: String,
    folder: PathBuf,
    before: Tree,
}

/// A project of it with its features.
struct Project {
    directory: String,
    stack: Stack,
}

impl Repository {
    fn copy(world: &World, name: &str, from: &Path) -> Result<Self, String> {
        let folder = world.fresh(&format!("added-{name}"))?;
        let words = [from.as_os_str(), folder.as_os_str()];
        run_to_end(Command::new("cp").arg("-r").args(words), Duration::from_secs(30))?.ok("cp")?;
        commit(&folder)?;
        let before = tree(&folder)?;
        Ok(Self { name: name.to_owned(), folder, before })
    }

    fn rows(&self, world: &World) -> Vec<Row> {
        let mut projects = Vec::new();
        let come = Row::of("added", &self.name, None, "comes", || {
            projects = self.add_all()?;
            Ok(())
        });
        if come.outcome != Outcome::Passed {
            return vec![come];
        }
        let mut rows = vec![come];
        let of = Row::new("added", &self.name, None, "", Outcome::Passed, 0.0);
        match tree(&self.folder) {
            Ok(tree) => {
                rows.extend(self.sound(world, &of, &tree));
                rows.extend(projects.iter().filter_map(|project| self.started(world, project, &tree)));
            }
            Err(why) => rows.push(Row::new("added", &self.name, None, "", Outcome::Failed(why), 0.0)),
        }
        rows.push(Row::of("added", &self.name, None, "goes", || self.remove_all()));
        rows
    }

    /// Everything that fits, in every project.
    fn add_all(&self) -> Result<Vec<Project>, String> {
        let services = self.folder.join("services");
        let directories: Vec<String> = match fs::read_dir(&services) {
            Ok(listed) => listed.flatten().map(|entry| format!("services/{}", entry.file_name().to_string_lossy())).collect(),
            Err(_) => vec![".".to_owned()],
        };
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
            let receipt = fs::read_to_string(self.folder.join(".stagekit/receipt.toml")).map_err(|error| error.to_string())?;
            let receipt = Receipt::read(&receipt).map_err(|error| error.to_string())?;
            let layer = receipt.layer.iter().rfind(|layer| layer.kind == LayerKind::Feature && layer.directory == directory);
            let stack = layer.ok_or_else(|| format!("no layer is for `{directory}`"))?.stack.clone();
            projects.push(Project { directory, stack });
        }
        Ok(projects)
    }

    /// No linter has a finding.
    fn sound(&self, world: &World, of: &Row, tree: &Tree) -> Vec<Row> {
        let key = key_of(tree, LINTERS);
        if let Some(proof) = world.records.proven(&key) {
            return vec![Row::new("added", &self.name, None, "sound", Outcome::Recorded(proof), 0.0)];
        }
        let rows = lint(world, of, &self.folder, tree);
        if rows.iter().all(|row| row.outcome == Outcome::Passed) {
            world.records.prove(&key, &format!("added {} sound", self.name));
        } else {
            world.records.refute(&key);
        }
        rows
    }

    /// The project's compose file brings everything up, and it answers.
    fn started(&self, world: &World, project: &Project, tree: &Tree) -> Option<Row> {
        let folder = self.folder.join(&project.directory);
        if !folder.join("Dockerfile").exists() || !folder.join("compose.yaml").exists() {
            return None;
        }
        let option = format!("{} starts", project.directory).trim_start_matches(". ").to_owned();
        let dockerfile = fs::read_to_string(folder.join("Dockerfile")).unwrap_or_default();
        if let Some(image) = images_in(&dockerfile).find(|image| NOT_HAD.iter().any(|start| image.starts_with(start))) {
            eprintln!("   {} {option}: not built here, because `{image}` cannot be had", self.name);
            return None;
        }
        if let Some((_, what)) = NOT_SERVED.iter().find(|(name, _)| *name == self.name) {
            eprintln!("   {} {option}: not built here, because its package manager wants {what}", self.name);
            return None;
        }
        if let Err(why) = world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            return Some(Row::skipped("added", &self.name, option, why));
        }
        let key = key_of(tree, &option);
        if let Some(proof) = world.records.proven(&key) {
            return Some(Row::new("added", &self.name, None, option, Outcome::Recorded(proof), 0.0));
        }
        let row = Row::of("added", &self.name, None, &option, || up(&folder, &project.stack));
        match row.outcome {
            Outcome::Passed => world.records.prove(&key, &format!("added {} {option}", self.name)),
            _ => world.records.refute(&key),
        }
        Some(row)
    }

    /// Everything that was added goes, and nothing else.
    fn remove_all(&self) -> Result<(), String> {
        let receipt = fs::read_to_string(self.folder.join(".stagekit/receipt.toml")).map_err(|error| error.to_string())?;
        let receipt = Receipt::read(&receipt).map_err(|error| error.to_string())?;
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

/// Of everything that a proof depends on: the files, this check, and what is proven of them.
fn key_of(tree: &Tree, what: &str) -> String {
    let mut all = Vec::new();
    for (path, entry) in tree.iter().filter(|(path, _)| !path.as_str().starts_with(".stagekit/")) {
        all.extend(format!("{path}\0{}\0{}\0", entry.executable, entry.bytes.len()).into_bytes());
        all.extend_from_slice(&entry.bytes);
    }
    all.extend(format!("{SOURCE}\0{what}").into_bytes());
    hex(&all)
}

fn up(folder: &Path, stack: &Stack) -> Result<(), String> {
    if folder.join("scripts/init-env").exists() {
        run_to_end(Command::new("scripts/init-env").current_dir(folder), Duration::from_secs(10))?.ok("scripts/init-env")?;
    }
    docker(folder, &["compose", "config", "--quiet"], 30)?;
    let up = docker(folder, &["compose", "up", "--build", "--detach", "--wait", "--wait-timeout", "180", "--pull", "never"], 900);
    let answered = up.and_then(|_| stack.modules.iter().try_for_each(|module| answers(folder, module)));
    let logs = if answered.is_err() {
        docker(folder, &["compose", "logs", "--no-color", "--tail", "40"], 30).unwrap_or_default()
    } else {
        String::new()
    };
    docker(folder, &["compose", "down", "--volumes", "--remove-orphans", "--timeout", "5"], 90)?;
    answered.map_err(|why| format!("{why}\n{logs}"))
}

fn docker(folder: &Path, words: &[&str], seconds: u64) -> Result<String, String> {
    run_to_end(Command::new("docker").args(words).current_dir(folder), Duration::from_secs(seconds))?
        .ok(&format!("docker {}", words.join(" ")))
}

/// It answers over HTTP, and is nobody's root.
fn answers(folder: &Path, module: &Module) -> Result<(), String> {
    let id = docker(folder, &["compose", "ps", "--quiet", &module.name], 20)?.trim().to_owned();
    let user = docker(folder, &["inspect", "--format", "{{.Config.User}}", &id], 20)?.trim().to_owned();
    if user.split(':').next().and_then(|user| user.parse::<u32>().ok()).is_none_or(|user| user < 101) {
        return Err(format!("the image of {} runs as `{user}`, not as a number from 101 on", module.name));
    }
    let Some(port) = module.port else { return Err(format!("nobody knows the port of {}", module.name)) };
    let address = format!("http://127.0.0.1:{port}{}", module.health_path.as_deref().unwrap_or("/"));
    let words =
        ["--silent", "--show-error", "--fail", "--max-time", "5", "--retry", "20", "--retry-all-errors", "--retry-delay", "1", &address];
    run_to_end(Command::new("curl").args(words), Duration::from_secs(60))?.ok("curl").map(drop)
}

/// The files of a folder, without git's.
fn tree(folder: &Path) -> Result<Tree, String> {
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

/// The images that the features of the fixtures name.
pub fn images(world: &World) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for (name, from) in fixtures()? {
        let repository = Repository::copy(world, &name, &from)?;
        repository.add_all()?;
        for (_, entry) in tree(&repository.folder)?.iter().filter(|(path, _)| matches!(path.file_name(), "Dockerfile" | "compose.yaml")) {
            let images = images_in(entry.text().unwrap_or_default());
            found.extend(images.filter(|image| !NOT_HAD.iter().any(|start| image.starts_with(start))).map(str::to_owned));
        }
    }
    Ok(found)
}

/// What a Dockerfile or a compose file starts from.
fn images_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let image = line.strip_prefix("FROM ").or_else(|| line.trim_start().strip_prefix("image: "))?.split_whitespace().next()?;
        (image.contains(':') && !image.contains('$')).then(|| image.trim_matches('"'))
    })
}
