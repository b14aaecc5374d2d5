//! The features that run a service rather than build it, on real servers: what a repository gets that answers yes to their question.
//!
//! Apart from the other checks: they judge with nothing that is in here, and no proof of theirs depends on it.

pub mod kubernetes;
pub mod monitoring;
mod pod;

use std::{path::Path, process::Command, time::Duration};

use stagekit::{rendition::Rendition, stack::Stack, tree::Tree};

use crate::{
    arguments::Arguments,
    cell::{Cell, Made},
    checks::{Check, kits},
    outcome::Row,
    proof,
    world::{World, run},
};

/// All checks of this kind.
pub fn checks() -> [Check; 2] {
    [Check { name: "kubernetes", run: kubernetes::run }, Check { name: "monitoring", run: monitoring::run }]
}

/// A repository on disk, a kit's or another one, and what is known of it.
#[derive(Clone, Copy)]
pub struct Site<'s> {
    pub folder: &'s Path,
    pub tree: &'s Tree,
    pub stack: &'s Stack,
}

impl<'m> From<&'m Made> for Site<'m> {
    fn from(made: &'m Made) -> Self {
        Self { folder: &made.folder, tree: &made.tree, stack: &made.rendered.stack }
    }
}

/// What every proof of here depends on besides the rendered files and the check's own source.
const SOURCE: &str = concat!(include_str!("operations.rs"), include_str!("proof.rs"));

/// The solution of each wanted kit that has this yes-or-no question, with yes; once for each language and each database that can be chosen.
fn solutions(world: &World, arguments: &Arguments, question: &str) -> Vec<Cell> {
    let mut found = Vec::new();
    for kit in kits(world, arguments).filter(|kit| kit.question(question).is_some()) {
        let mut variants = vec![vec![(question.to_owned(), "true".to_owned())]];
        for choice in ["language", "database"].into_iter().filter_map(|name| kit.question(name)) {
            let with = |value: &str, known: &Vec<_>| [known.clone(), vec![(choice.name().to_owned(), value.to_owned())]].concat();
            variants = choice
                .choices
                .iter()
                .flat_map(|choice| variants.iter().map(|known| with(&choice.value, known)).collect::<Vec<_>>())
                .collect();
        }
        variants.retain(|settings| arguments.option.as_ref().is_none_or(|option| settings.contains(option)));
        let cell = |settings| Cell { kit: kit.name.get_ref().clone(), settings, rendition: Rendition::solved(kit.last()), jdk: None };
        found.extend(variants.into_iter().map(cell));
    }
    found
}

/// Proves something of a repository. `sources`: of the check.
fn proven(world: &World, check: &'static str, cell: &Cell, sources: &[&str], prove: impl FnOnce(Site<'_>) -> Result<(), String>) -> Row {
    let name = format!("{check}-{}-{}", cell.kit, cell.option().replace(['=', ' '], "-"));
    proof::proven(world, check, &[cell], &(sources.concat() + SOURCE), || prove(Site::from(&cell.make(world, &name)?)))
}

/// What a program says that must succeed.
pub fn said(program: &str, words: &[&str], folder: &Path, seconds: u64) -> Result<String, String> {
    let ran = run(Command::new(program).args(words).current_dir(folder), Duration::from_secs(seconds))?;
    ran.ok(&format!("{program} {}", words.join(" "))).map(|output| output.trim().to_owned())
}

fn docker(words: &[&str], seconds: u64) -> Result<String, String> {
    said("docker", words, Path::new("."), seconds)
}

/// Asks again until it holds.
pub fn eventually(seconds: u64, mut holds: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let start = std::time::Instant::now();
    loop {
        match holds() {
            Err(why) if start.elapsed() > Duration::from_secs(seconds) => return Err(format!("after {seconds} s: {why}")),
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
            Ok(()) => return Ok(()),
        }
    }
}

/// `GET` with curl: status and body.
pub fn get(url: &str) -> Result<(u32, String), String> {
    curl(&[url])
}

/// What curl is answered: status and body.
fn curl(words: &[&str]) -> Result<(u32, String), String> {
    let own = ["--silent", "--show-error", "--max-time", "3", "--write-out", "\n%{http_code}"];
    let answer = said("curl", &[&own, words].concat(), Path::new("."), 10)?;
    let (body, status) = answer.rsplit_once('\n').unwrap_or(("", &answer));
    Ok((status.parse().map_err(|_| format!("curl said `{answer}`"))?, body.to_owned()))
}

/// The secrets of a repository, made by its own script: name and value.
pub fn secrets(site: Site<'_>) -> Result<Vec<(String, String)>, String> {
    said("scripts/init-env", &[], site.folder, 10)?;
    let text = std::fs::read_to_string(site.folder.join(".env")).map_err(|error| format!(".env: {error}"))?;
    Ok(text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
