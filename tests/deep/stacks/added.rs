//! All that fits has no finding of its linters, changes nothing when it is added twice, starts and answers, and goes again without a trace.

use std::{fs, path::Path, process::Command, time::Duration};

use stagekit::{
    stack::{Module, Stack},
    tree::Tree,
};

use super::{
    docker, fixtures, images_in, is_had,
    repository::{Project, Repository, key_of, tree},
    running::Running,
};
use crate::{
    arguments::Arguments,
    linters::lint,
    outcome::{Outcome, Row},
    world::{World, run as run_to_end},
};

/// What a proof depends on besides the files.
const SOURCE: &str = concat!(include_str!("added.rs"), include_str!("running.rs"));

/// Fixtures whose package manager wants more of a registry than a mirror has, and what: their files are looked at by the linters only, and said so.
const NOT_SERVED: [(&str, &str); 4] = [
    ("pnpm-fastify", "signatures of packages"),
    ("yarn-express", "signatures of packages"),
    ("poetry-fastapi", "an index in JSON"),
    ("uv-fastapi", "a certificate of a public authority"),
];

const LINTERS: &str = include_str!("../linters.rs");

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
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

/// Everything that is proven of one.
impl Repository {
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

    /// No linter has a finding.
    fn sound(&self, world: &World, of: &Row, tree: &Tree) -> Vec<Row> {
        let key = key_of(tree, SOURCE, LINTERS);
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
        if let Some(image) = images_in(&dockerfile).find(|image| !is_had(image)) {
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
        let key = key_of(tree, SOURCE, &option);
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
}

fn up(folder: &Path, stack: &Stack) -> Result<(), String> {
    let running = Running::up(folder, &["compose.yaml"], None, &[])?;
    let answered = stack.modules.iter().try_for_each(|module| answers(folder, module));
    answered.map_err(|why| format!("{why}\n{}", running.logs()))
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
