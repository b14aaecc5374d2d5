//! The learning loop with the real program: a milestone is red for the stated reason, the reference's solution is taken over, and it is green.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value as Json;
use stagekit::{digest::hex, manifest::Number, rendition::Rendition};

use crate::{
    arguments::Arguments,
    cell::{Cell, Made},
    checks::{Check, kits},
    outcome::{Outcome, Row},
    proof::proven,
    world::{World, run as run_to_end, tail},
};

/// Milestones of a kit and language that are gone through in one run; all of them with `--full`.
const SAMPLE: usize = 1;

/// What the loop goes through.
const SOURCES: [&str; 12] = [
    "src/commands/check",
    "src/commands/check.rs",
    "src/commands/repository.rs",
    "src/commands/solution.rs",
    "src/merge.rs",
    "src/plan",
    "src/plan.rs",
    "src/process",
    "src/process.rs",
    "src/progress.rs",
    "tests/deep/learning.rs",
    "tests/deep/proof.rs",
];

pub fn checks() -> [Check; 1] {
    [Check { name: "loop", run }]
}

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    let sources = match sources() {
        Ok(sources) => sources,
        Err(why) => return vec![Row::new("loop", "", None, "", Outcome::Failed(why), 0.0)],
    };
    for kit in kits(world, arguments) {
        let languages =
            kit.question("language").map_or_else(Vec::new, |question| question.choices.iter().map(|choice| choice.value.clone()).collect());
        let languages = if languages.is_empty() { vec![None] } else { languages.into_iter().map(Some).collect() };
        for language in languages {
            let settings: Vec<_> = language.map(|language| ("language".to_owned(), language)).into_iter().collect();
            if arguments.option.as_ref().is_some_and(|option| !settings.contains(option)) {
                continue;
            }
            let mut cells: Vec<Cell> = (1..=kit.last())
                .filter(|number| arguments.wants_at(*number))
                .map(|number| Cell {
                    kit: kit.name.get_ref().clone(),
                    settings: settings.clone(),
                    rendition: Rendition::solved(number),
                    jdk: None,
                })
                .collect();
            if !arguments.full && arguments.at.is_none() {
                cells.sort_by_key(|cell| hex(format!("{}\0loop\0{}", world.seed, cell.rendition.at).as_bytes()));
                cells.truncate(SAMPLE);
            }
            rows.extend(cells.iter().map(|cell| {
                let before = cell.at(cell.rendition.at - 1);
                proven(world, "loop", &[cell, &before], &sources, || gone_through(world, cell, &before))
            }));
        }
    }
    rows
}

/// The program in a repository.
struct Learner<'w> {
    world: &'w World,
    made: Made,
    home: PathBuf,
}

impl Learner<'_> {
    /// Exit code and what it printed as JSON.
    fn says(&self, words: &[&str]) -> Result<(i32, Json), String> {
        let jdk = self.world.jdk(None)?;
        let all: Vec<&str> = std::iter::once(env!("CARGO_BIN_EXE_stagekit")).chain(words.iter().copied()).collect();
        let mut command = self.world.command(&self.made.folder, &all, jdk);
        command
            .envs(self.world.services().environment(&self.made.servers)?)
            .env("XDG_DATA_HOME", &self.home)
            .stderr(std::process::Stdio::null());
        command.env("STAGEKIT_TEMPLATES", templates(self.world)?);
        let ran = run_to_end(&mut command, Duration::from_secs(540))?;
        let start = ran.output.find('{').unwrap_or(0);
        let mut values = serde_json::Deserializer::from_str(&ran.output[start..]).into_iter::<Json>();
        let json = values
            .next()
            .and_then(Result::ok)
            .ok_or_else(|| format!("`stagekit {}` says no JSON: {}", words.join(" "), tail(&ran.output, 20)))?;
        Ok((ran.status.code().unwrap_or(-1), json))
    }
}

fn gone_through(world: &World, cell: &Cell, before: &Cell) -> Result<(), String> {
    let (number, name) = (cell.rendition.at, cell.kit.as_str());
    let made = before.make(world, &format!("loop-{name}-{number}-{}", cell.option().replace(['=', ' '], "-")))?;
    let home = made.folder.with_extension("home");
    let learner = Learner { world, made, home };

    // 1. red, and for the stated reason
    let (code, said) = learner.says(&["check", "--json"])?;
    let fails_with = fails_with(world, name, number)?;
    let wanted = &said["milestones"][0];
    let failed: Vec<&Json> = wanted["tests"].as_array().into_iter().flatten().filter(|test| test["outcome"] == "failed").collect();
    if code != 4 || wanted["number"] != number || wanted["done"] != false || said["broken"] != Json::Array(Vec::new()) {
        return Err(format!("the check of milestone {number} ends with {code}: {said}"));
    }
    if failed.is_empty() || failed.iter().any(|test| !test["message"].as_str().is_some_and(|message| message.contains(&fails_with))) {
        return Err(format!("a test of milestone {number} is not red for the stated reason, `{fails_with}`: {failed:?}"));
    }

    // 2. the reference's solution, taken over
    let (code, said) = learner.says(&["solution", "--apply", "--json"])?;
    if code != 0 {
        return Err(format!("`solution --apply` ends with {code}: {said}"));
    }
    same_files(&learner.made.folder, &cell.render(world)?.0)?;

    // 3. green, and recorded
    let (code, said) = learner.says(&["check", "--json"])?;
    if code != 0 || said["reached"] != number || said["milestones"][0]["done"] != true {
        return Err(format!("with the solution of milestone {number} the check ends with {code}: {said}"));
    }
    let (_, status) = learner.says(&["status", "--json"])?;
    if status["reached"] != number {
        return Err(format!("the status says {status}"));
    }
    for folder in [&learner.made.folder, &learner.home] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
    }
    Ok(())
}

/// A folder with all that the verification renders from: the program does not know the fixture and the drafts by itself.
fn templates(world: &World) -> Result<PathBuf, String> {
    let folder = world.folder.join("loop-templates");
    if !folder.exists() {
        for path in world.catalog.files_below("") {
            let (bytes, file) = (world.catalog.file(&path).ok_or_else(|| format!("{path} is gone"))?, folder.join(&*path));
            let parent = file.parent().ok_or("a file without a folder")?;
            fs::create_dir_all(parent).and_then(|()| fs::write(&file, &bytes)).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(folder)
}

/// What the kit says that the failures of a milestone's tests say.
fn fails_with(world: &World, kit: &str, number: Number) -> Result<String, String> {
    let milestones = &world.kit(kit)?.milestone;
    milestones
        .iter()
        .find(|milestone| milestone.number() == number)
        .map(|milestone| milestone.fails_with.clone())
        .ok_or_else(|| "no such milestone".to_owned())
}

/// The files on disk are those of the rendering, but for the line that says how far it is and what stagekit notes.
fn same_files(folder: &Path, tree: &stagekit::tree::Tree) -> Result<(), String> {
    let is_noted = |path: &str| path.starts_with(".stagekit/") || path == ".mvn/maven.config" || path == "milestone.cfg";
    let mut wrong = Vec::new();
    for (path, entry) in tree.iter().filter(|(path, _)| !is_noted(path.as_str())) {
        match fs::read(folder.join(path.as_str())) {
            Ok(bytes) if bytes == *entry.bytes => {}
            Ok(_) => wrong.push(format!("{path} is another one")),
            Err(error) => wrong.push(format!("{path}: {error}")),
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("after `solution --apply` the files are not those of the rendering: {}", wrong.join(", ")))
    }
}

/// The digest of what the loop goes through.
fn sources() -> Result<String, String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for source in SOURCES {
        let path = project.join(source);
        let files = if path.is_dir() {
            fs::read_dir(&path).map_err(|error| format!("{source}: {error}"))?.filter_map(Result::ok).map(|entry| entry.path()).collect()
        } else {
            vec![path]
        };
        for file in files.into_iter().filter(|file| file.is_file()) {
            found.insert(file.clone(), fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
    }
    Ok(hex(&found.into_values().collect::<Vec<_>>().concat()))
}
