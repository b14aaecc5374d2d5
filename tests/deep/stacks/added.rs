//! All that fits has no finding of its linters, changes nothing when it is added twice, starts and answers, and goes again without a trace.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use stagekit::{
    stack::{Module, Stack},
    tree::Tree,
};

use super::{
    GROUND, NOT_STARTED, docker, fixtures, is_drawn,
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

const LINTERS: &str = include_str!("../linters.rs");

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let fixtures = match fixtures() {
        Ok(fixtures) => fixtures,
        Err(why) => return vec![Row::new("added", "", None, "", Outcome::Failed(why), 0.0)],
    };
    let names: Vec<&str> = fixtures.iter().map(|(name, _)| name.as_str()).collect();
    let mut rows = Vec::new();
    for (name, from) in fixtures.iter().filter(|(name, _)| arguments.wants_kit(name)) {
        match Repository::copy(world, name, from) {
            Ok(repository) => rows.extend(repository.rows(world, is_drawn(world, arguments, &names, name))),
            Err(why) => rows.push(Row::new("added", name, None, "", Outcome::Failed(why), 0.0)),
        }
    }
    rows
}

/// Everything that is proven of one.
impl Repository {
    fn rows(&self, world: &World, is_drawn: bool) -> Vec<Row> {
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
        match tree(&self.folder).and_then(|all| Ok((all, self.read_by(&GROUND)?))) {
            Ok((all, ground)) => {
                rows.extend(self.sound(world, &of, &all));
                rows.extend(projects.iter().filter_map(|project| self.started(world, project, &ground, is_drawn)));
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
    fn started(&self, world: &World, project: &Project, tree: &Tree, is_drawn: bool) -> Option<Row> {
        let folder = &project.folder;
        if !folder.join("Dockerfile").exists() || !folder.join("compose.yaml").exists() {
            return None;
        }
        let option = format!("{} starts", project.directory).trim_start_matches(". ").to_owned();
        let dockerfile = fs::read_to_string(folder.join("Dockerfile")).unwrap_or_default();
        if let Some((_, why)) = NOT_STARTED.iter().find(|(name, _)| *name == self.name) {
            eprintln!("   {} {option}: not started here: {why}", self.name);
            return None;
        }
        if let Err(why) = world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            return Some(Row::skipped("added", &self.name, option, why));
        }
        let key = key_of(tree, SOURCE, &option);
        if let Some(proof) = world.records.proven(&key) {
            return Some(Row::new("added", &self.name, None, option, Outcome::Recorded(proof), 0.0));
        }
        if !is_drawn {
            eprintln!("   added {} {option}: not recorded, and not drawn today", self.name);
            return None;
        }
        let row = Row::of("added", &self.name, None, &option, || {
            self.tell()?;
            let started = up(folder, &project.stack);
            // Whether all goes again is judged of what was added.
            fs::write(folder.join("Dockerfile"), &dockerfile).map_err(|error| format!("Dockerfile: {error}"))?;
            started
        });
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

/// It is nobody's root, and answers over HTTP; what listens nowhere runs on.
fn answers(folder: &Path, module: &Module) -> Result<(), String> {
    let id = docker(folder, &["compose", "ps", "--quiet", &module.name], 20)?.trim().to_owned();
    let state = |what: &str| docker(folder, &["inspect", "--format", what, &id], 20).map(|said| said.trim().to_owned());
    let user = state("{{.Config.User}}")?;
    if user.split(':').next().and_then(|user| user.parse::<u32>().ok()).is_none_or(|user| user < 101) {
        return Err(format!("the image of {} runs as `{user}`, not as a number from 101 on", module.name));
    }
    let Some(port) = module.port else {
        // Longer than a program takes that ends because something is missing.
        thread::sleep(Duration::from_secs(8));
        return match state("{{.State.Status}} {{.RestartCount}}")?.as_str() {
            "running 0" => Ok(()),
            other => Err(format!("{} does not run on: {other}", module.name)),
        };
    };
    let address = format!("http://127.0.0.1:{port}{}", module.health_path.as_deref().unwrap_or("/"));
    let words =
        ["--silent", "--show-error", "--fail", "--max-time", "5", "--retry", "20", "--retry-all-errors", "--retry-delay", "1", &address];
    run_to_end(Command::new("curl").args(words), Duration::from_secs(60))?.ok("curl").map(drop)
}
