//! `stagekit add` in repositories as people have them: those of `tests/fixtures/stacks`, small real programs of every stack that detection knows.
//!
//! Apart from the other checks, as the operations are. One check looks at all of them, the others at a few each that differ in what is judged.

mod added;
mod checks;
mod cluster;
mod devcontainer;
mod entrance;
mod health;
mod jenkins;
mod logging;
mod metrics;
mod opensearch;
mod pipelines;
mod repository;
mod running;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use stagekit::digest::hex;

pub use self::checks::checks;
use self::repository::{Project, Repository, key_of, tree};
use crate::{
    arguments::Arguments,
    outcome::{Outcome, Row},
    world::{World, run as run_to_end},
};

/// What the proofs of a judge depend on besides the files and its own source.
const SOURCE: &str = concat!(include_str!("stacks.rs"), include_str!("stacks/running.rs"), include_str!("operations.rs"));

/// A check of some fixtures.
struct Judge {
    name: &'static str,
    /// All that can be started, where none is named.
    fixtures: &'static [&'static str],
    source: &'static str,
    /// The features whose files are looked at, besides those that others build on.
    reads: &'static [&'static str],
    /// Programs that must be here, as they are asked for their versions.
    needs: &'static [&'static [&'static str]],
    proofs: &'static [Proof],
}

/// What is proven of a project: how it is called, and how.
struct Proof {
    option: &'static str,
    prove: fn(&World, &Repository, &Project) -> Result<(), String>,
}

/// Fixtures that are not started here, and why: their files are looked at by the linters only, and said so.
const NOT_STARTED: [(&str, &str); 3] = [
    ("gradle-groovy", "the image of Gradle cannot be had"),
    ("gradle-kotlin", "the image of Gradle cannot be had"),
    ("poetry-fastapi", "its package manager wants an index in JSON, which a mirror need not have"),
];

/// The features that others build on.
const GROUND: [&str; 3] = ["compose", "dockerfile", "maven-wrapper"];

/// Needed by every check that starts something.
const ENGINE: &[&str] = &["docker", "version", "--format", "{{.Server.Version}}"];

/// A row for each proof of each project, unless a record says that just this was proven before.
fn judged(world: &World, arguments: &Arguments, judges: &[Judge]) -> Vec<Row> {
    let mut rows = Vec::new();
    for judge in judges {
        let fixtures = match fixtures() {
            Ok(fixtures) => fixtures,
            Err(why) => return vec![Row::new(judge.name, "", None, "", Outcome::Failed(why), 0.0)],
        };
        let is_started = |name: &str| NOT_STARTED.iter().all(|(other, _)| *other != name);
        let is_judged = |name: &str| if judge.fixtures.is_empty() { is_started(name) } else { judge.fixtures.contains(&name) };
        for (name, from) in fixtures.iter().filter(|(name, _)| arguments.wants_kit(name) && is_judged(name)) {
            let of_judge: Vec<&str> = fixtures.iter().map(|(name, _)| name.as_str()).filter(|name| is_judged(name)).collect();
            match of_fixture(world, judge, name, from, is_drawn(world, arguments, &of_judge, name)) {
                Ok(more) => rows.extend(more),
                Err(why) => rows.push(Row::new(judge.name, name, None, "", Outcome::Failed(why), 0.0)),
            }
        }
    }
    rows
}

/// How many of the fixtures in which nothing is recorded a check looks at in a day: one in so many.
const ONE_IN: usize = 4;

/// Whether the seed draws this one of the fixtures. All are, where one is named and with `--full`.
fn is_drawn(world: &World, arguments: &Arguments, fixtures: &[&str], name: &str) -> bool {
    let mut order: Vec<&str> = fixtures.to_vec();
    order.sort_by_key(|name| hex(format!("{}\0{name}", world.seed).as_bytes()));
    let drawn = order.iter().take(fixtures.len().div_ceil(ONE_IN)).any(|drawn| *drawn == name);
    drawn || arguments.full || arguments.kit.is_some()
}

fn of_fixture(world: &World, judge: &Judge, name: &str, from: &Path, is_drawn: bool) -> Result<Vec<Row>, String> {
    let repository = Repository::copy(world, name, from)?;
    let projects = repository.add_all()?;
    let tree = repository.read_by(&[judge.reads, &GROUND].concat())?;
    repository.tell()?;
    repository.commit()?;
    let mut rows = Vec::new();
    for project in &projects {
        for proof in judge.proofs {
            let option = format!("{} {}", project.directory, proof.option).trim_start_matches(". ").trim().to_owned();
            let key = key_of(&tree, &[judge.source, SOURCE].concat(), &format!("{} {option}", judge.name));
            if let Some(proven) = world.records.proven(&key) {
                rows.push(Row::new(judge.name, name, None, option, Outcome::Recorded(proven), 0.0));
                continue;
            }
            if !is_drawn {
                eprintln!("   {} {name} {option}: not recorded, and not drawn today", judge.name);
                continue;
            }
            if let Some(why) = judge.needs.iter().find_map(|needed| world.needs(needed).err()) {
                rows.push(Row::skipped(judge.name, name, option, why));
                continue;
            }
            let row = Row::of(judge.name, name, None, &option, || (proof.prove)(world, &repository, project));
            match row.outcome {
                Outcome::Passed => world.records.prove(&key, &format!("{} {name} {option}", judge.name)),
                _ => world.records.refute(&key),
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Images that cannot be had without a registry: what is built from them is looked at by the linters only, and said so.
const NOT_HAD: [&str; 2] = ["gradle:", "mongo:"];

/// What runs a GitLab job beside the job's own image.
const HELPERS: [&str; 2] = [pipelines::HELPER, pipelines::WAITER];

fn is_had(image: &str) -> bool {
    !NOT_HAD.iter().any(|start| image.starts_with(start))
}

/// Where the fixtures are.
pub fn fixtures() -> Result<Vec<(String, PathBuf)>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks");
    let listed = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<(String, PathBuf)> =
        listed.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect();
    found.sort();
    Ok(found)
}

/// The images that the features of the fixtures name, and those that the checks need besides.
pub fn images(world: &World) -> Result<BTreeSet<String>, String> {
    let mut found: BTreeSet<String> = HELPERS.map(str::to_owned).into();
    for (name, from) in fixtures()? {
        let repository = Repository::copy(world, &name, &from)?;
        repository.add_all()?;
        for (path, entry) in tree(&repository.folder)?.iter() {
            let is_wanted: fn(&str) -> bool = match path.file_name() {
                "Dockerfile" | "compose.yaml" | "compose.nginx.yaml" => is_had,
                "compose.monitoring.yaml" => |image| image.starts_with("prom/"),
                "compose.logging.yaml" => |image| image.starts_with("grafana/loki:"),
                "compose.opensearch.yaml" => |image| image.starts_with("opensearchproject/opensearch:"),
                _ => continue,
            };
            found.extend(images_in(entry.text().unwrap_or_default()).filter(|image| is_wanted(image)).map(str::to_owned));
        }
    }
    Ok(found)
}

/// What a Dockerfile or a compose file starts from.
pub fn images_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let image = line.strip_prefix("FROM ").or_else(|| line.trim_start().strip_prefix("image: "))?.split_whitespace().next()?;
        (image.contains(':') && !image.contains('$')).then(|| image.trim_matches('"'))
    })
}

fn docker(folder: &Path, words: &[&str], seconds: u64) -> Result<String, String> {
    run_to_end(Command::new("docker").args(words).current_dir(folder), Duration::from_secs(seconds))?
        .ok(&format!("docker {}", words.join(" ")))
}

/// Does it while the file says something else in one place.
fn altered(file: &Path, found: &str, other: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if !text.contains(found) {
        return Err(format!("{} has no `{found}`", file.display()));
    }
    let write = |text: &str| fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()));
    write(&text.replace(found, other))?;
    let worked = work();
    write(&text)?;
    worked
}
