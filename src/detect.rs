//! A repository's files → its stack: what it is built with, how it is tested and started, and which servers it talks to.
//!
//! Nothing is run and nothing is fetched: every finding was read in a file, and says in which and on which line.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the build tools tell their files by exact names")]

mod cargo;
mod composed;
mod existing;
mod facts;
mod generators;
mod go;
mod gradle;
mod health;
mod jvm;
mod maven;
mod metrics;
mod names;
mod node;
mod pins;
mod ports;
mod python;
mod servers;
mod site;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use existing::Existing;
use facts::Facts;

use crate::{
    error::{Error, Fault, Result},
    stack::{LONGEST_NAME, Language, Module, Origin, Stack, TestRun, is_yaml_word},
    tree::{RelPath, Tree},
};

/// What somebody's repository was seen to hold.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The name of its folder.
    pub name: String,
    /// Paths of its files, but for those in folders that tools make.
    pub paths: BTreeSet<String>,
    /// The content of those that [`is_wanted`] names.
    pub files: Tree,
    /// What could not be looked at, and why.
    pub unread: Vec<Fault>,
    /// The branch that the remote names as its default, else the one that is checked out.
    pub branch: Option<(String, Origin)>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Detection {
    /// The stack; `origins` says where each field was read.
    pub stack: Stack,
    /// CI, container and other files that are there already.
    pub existing: Existing,
    /// What a person should know: what is unsure and why, and what could not be read.
    pub notes: Vec<Note>,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The file, with its line where that is known.
    pub place: String,
    /// What is the matter.
    pub message: String,
}

/// A build tool's reading of a folder.
type Reader = fn(&mut Project<'_>);

/// The file that says which build tool a folder has, and what reads it; the first one that is there decides. What builds for the web only comes
/// after what can build a server.
const READERS: [(&[&str], Reader); 7] = [
    (&["pom.xml"], maven::read),
    (&["settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts"], gradle::read),
    (&["go.mod"], go::read),
    (&["Cargo.toml"], cargo::read),
    (&python::BUILD, python::read),
    (&["package.json"], node::read),
    (&["index.html", "public/index.html"], site::read),
];

/// Whether a file of this name says which build tool its folder has.
fn is_build(name: &str) -> bool {
    READERS.iter().any(|(names, _)| names.contains(&name))
}

/// Whether detection wants to read this file, told from its path.
pub fn is_wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_build(name)
        || name == "Dockerfile"
        || python::wants_at(path)
        || cargo::wants(path)
        || [maven::wants, gradle::wants, jvm::wants, go::wants, python::wants, node::wants, pins::wants, composed::wants, names::wants]
            .iter()
            .any(|wants| wants(name))
}

/// In which order files are read where there are more than can be: 0 for what says how a project is built and with which version, 1 for its
/// configuration, 2 for its sources.
pub fn rank(path: &str) -> u8 {
    const CODE: [&str; 12] = [".java", ".kt", ".go", ".rs", ".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts"];
    let name = path.rsplit('/').next().unwrap_or(path);
    match (is_build(name) || name == "Dockerfile" || pins::wants(name), CODE.iter().any(|end| name.ends_with(end))) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

/// Files that have any name and are what is started, told from those that were read first: they are wanted, too.
pub fn started_files(survey: &Survey) -> Vec<String> {
    node::started_files(survey)
}

/// Finds out what the repository, or its folder `directory`, is built with.
///
/// An error where there is nothing that a build tool would read, or more than one project and nobody has said which.
pub fn detect(survey: &Survey, directory: Option<&str>) -> Result<Detection> {
    let directory = match directory {
        Some(directory) => directory.to_owned(),
        None => only_project(survey)?,
    };
    if let Some(refusal) = generators::refusal(survey, &directory) {
        return Err(refusal);
    }
    let mut project = Project::new(survey, &directory);
    let mut readers = READERS.iter().filter_map(|(names, read)| names.iter().find(|name| project.has(name)).map(|name| (*name, read)));
    let Some((name, read)) = readers.next() else {
        return Err(nothing(&directory));
    };
    let others: Vec<&str> = readers.map(|(name, _)| name).filter(|name| !name.ends_with(".html")).collect();
    project.note_of_others(name, &others);
    read(&mut project);
    Ok(project.finished())
}

/// The project that a command in the folder `inside` means: the nearest at or above it that has a build file; the folder itself where none has.
pub fn nearest_project(survey: &Survey, inside: &str) -> String {
    let names = || READERS.iter().flat_map(|(names, _)| *names).filter(|name| !name.ends_with(".html"));
    let has_build = |folder: &str| names().any(|name| survey.paths.contains(&below(folder, name)));
    let above = std::iter::successors(Some(inside), |folder| {
        Some(folder.rsplit_once('/').map_or(".", |(above, _)| above)).filter(|above| above != folder)
    });
    above.into_iter().find(|folder| has_build(folder)).unwrap_or(inside).to_owned()
}

/// The folders that have a project of their own: those with a build file that do not lie in another one's.
fn projects(survey: &Survey) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Folders come before what lies in them.
    let mut folders: Vec<(&str, &str)> = survey.paths.iter().map(|path| placed(path)).collect();
    folders.sort_by_key(|(folder, _)| (folder.matches('/').count() + usize::from(*folder != "."), *folder));
    for (folder, name) in folders {
        let is_build = is_build(name) || python::has_requirements(survey, folder);
        let is_inside = found.iter().any(|outer| outer == "." || folder == outer || folder.starts_with(&format!("{outer}/")));
        let is_new = !found.iter().any(|outer| outer == folder);
        if (is_build || is_new && generators::generator(survey, folder).is_some()) && !is_inside {
            found.push(folder.to_owned());
        }
    }
    // Pages beside a program are its documentation.
    let (sites, programs): (Vec<_>, Vec<_>) = found.into_iter().partition(|folder| generators::generator(survey, folder).is_some());
    if programs.is_empty() { sites } else { programs }
}

/// The folder that a file is read for, and its name there: pages in `public` are those of the folder above.
fn placed(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let above = if folder == "public" { Some(".") } else { folder.strip_suffix("/public") };
    (above.filter(|_| name == "index.html").unwrap_or(folder), name)
}

fn only_project(survey: &Survey) -> Result<String> {
    let mut projects = projects(survey);
    match projects.len() {
        0 => Err(nothing(".")),
        1 => Ok(projects.remove(0)),
        count => {
            Err(Error::usage(format!("there are {count} projects here: {}", listed(&projects))).hint("`--in DIR` says which one is meant"))
        }
    }
}

/// The first few, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    format!("{}{}", shown.join(", "), if more == 0 { String::new() } else { format!(" and {more} more") })
}

fn nothing(directory: &str) -> Error {
    let place = if directory == "." { "here".to_owned() } else { format!("in `{directory}`") };
    Error::usage(format!("there is nothing {place} that a build tool reads")).hint(
        "looked for: pom.xml, build.gradle, go.mod, Cargo.toml, pyproject.toml, requirements.txt, package.json, index.html and the like",
    )
}

/// What programs usually open when they run.
const RUN_TIME: [&str; 12] = [
    "assets",
    "config",
    "config.toml",
    "config.yaml",
    "config.yml",
    "configuration",
    "configs",
    "migrations",
    "public",
    "static",
    "templates",
    "views",
];

/// What is said of a library that keeps a database in a file.
const KEPT_IN_A_FILE: &str = "keeps its data in a file, and the containers that are made here cannot write to their own file system: let the file lie in a \
                              volume, or below `/tmp`, which is lost with the container";

/// A folder that is being read, and what is known of it so far.
struct Project<'s> {
    survey: &'s Survey,
    /// Its `directory` is the project's folder below the repository's root; `.` is the root.
    stack: Stack,
    notes: BTreeSet<Note>,
}

/// A file of it.
#[derive(Clone, Copy)]
struct Source<'s> {
    /// Below the repository's root.
    path: &'s str,
    text: &'s str,
}

impl Source<'_> {
    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// The line, from 1, of the first line that holds this; 1 if none does.
    fn line_of(&self, wanted: &str) -> usize {
        self.text.lines().position(|line| line.contains(wanted)).map_or(1, |index| index + 1)
    }

    /// What is found on the first line that has something, and the number of that line, from 1.
    fn find<T>(&self, found_on: impl Fn(&str) -> Option<T>) -> Option<(T, usize)> {
        self.text.lines().enumerate().find_map(|(index, line)| Some((found_on(line)?, index + 1)))
    }

    fn sure(&self, line: usize) -> Origin {
        Origin { place: self.at(line), certain: true }
    }

    fn unsure(&self, line: usize) -> Origin {
        Origin { place: self.at(line), certain: false }
    }
}

impl<'s> Project<'s> {
    fn new(survey: &'s Survey, directory: &str) -> Self {
        let folder = if directory == "." { &survey.name } else { directory.rsplit('/').next().unwrap_or(directory) };
        let mut stack = Stack::named(&slug(folder), Language::Static);
        directory.clone_into(&mut stack.directory);
        let mut project = Self { survey, stack, notes: BTreeSet::new() };
        project.origin("name", Origin { place: directory.to_owned(), certain: false });
        if let Some((branch, origin)) = &survey.branch {
            project.stack.default_branch.clone_from(branch);
            project.origin("default_branch", origin.clone());
        }
        for fault in &survey.unread {
            project.note(&fault.place, &fault.message);
        }
        project
    }

    /// The path below the root of what lies at `path` in the project.
    fn path(&self, path: &str) -> String {
        below(&self.stack.directory, path)
    }

    /// The path of a source below the project.
    fn below<'p>(&self, source: &Source<'p>) -> &'p str {
        source.path.strip_prefix(self.stack.directory.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(source.path)
    }

    /// What the paths of its files begin with.
    fn prefix(&self) -> String {
        if self.stack.directory == "." { String::new() } else { format!("{}/", self.stack.directory) }
    }

    fn has(&self, path: &str) -> bool {
        self.survey.paths.contains(&self.path(path))
    }

    /// The first of these files that is there and could be read.
    fn source(&self, paths: &[&str]) -> Option<Source<'s>> {
        paths.iter().find_map(|path| self.at_root(&self.path(path)))
    }

    /// A file by its path below the repository's root.
    fn at_root(&self, path: &str) -> Option<Source<'s>> {
        let path = self.survey.paths.get(path)?;
        let entry = self.survey.files.get(&RelPath::new(path.as_str()).ok()?)?;
        Some(Source { path, text: entry.text()? })
    }

    /// The files of the project that were read and whose path below it this holds for, in the order of their paths.
    fn sources(&self, wanted: impl Fn(&str) -> bool) -> Vec<Source<'s>> {
        let prefix = self.prefix();
        let files = self.survey.files.iter().filter(|(path, _)| path.as_str().strip_prefix(prefix.as_str()).is_some_and(&wanted));
        files.filter_map(|(path, entry)| Some(Source { path: path.as_str(), text: entry.text()? })).collect()
    }

    /// The paths of the project's files, below the project.
    fn paths(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let prefix = self.prefix();
        let survey = self.survey;
        survey.paths.iter().filter_map(move |path| path.strip_prefix(prefix.as_str()))
    }

    /// Says where a field of the stack was read: `language_version`, `modules.app.port`, `services.redis`.
    fn origin(&mut self, field: &str, origin: Origin) {
        self.stack.origins.insert(field.to_owned(), origin);
    }

    fn note(&mut self, place: &str, message: impl Into<String>) {
        self.notes.insert(Note { place: place.to_owned(), message: message.into() });
    }

    fn named(&mut self, name: &str, origin: Origin) {
        self.stack.name = slug(name);
        self.origin("name", origin);
    }

    fn language(&mut self, language: Language, build_tool: &str, origin: &Origin) {
        self.stack.language = language;
        build_tool.clone_into(&mut self.stack.build_tool);
        self.origin("language", origin.clone());
        self.origin("build_tool", origin.clone());
    }

    /// The version of the language, which is also the only one that is tested.
    fn language_version(&mut self, version: &str, origin: Origin) {
        version.clone_into(&mut self.stack.language_version);
        self.stack.versions = vec![version.to_owned()];
        self.origin("language_version", origin);
    }

    /// The version of the language, if there is an image of it; a note otherwise.
    fn version_with_image(&mut self, language: Language, version: String, origin: Origin) {
        match pins::with_image(language, version) {
            Ok(version) => self.language_version(&version, origin),
            Err(why) => {
                self.note(&origin.place, why);
                self.origin("language_version", Origin { certain: false, ..origin });
            }
        }
    }

    /// Folders and files at the top of the project that the code opens when it runs: a compiled program does not hold them.
    fn read_at_run_time(&self, code: &[Source<'_>]) -> Vec<String> {
        let built_in = ["go:embed", "include_", "migrate!", "migrations!", "rust_embed", "RustEmbed", "#[folder", "#[template"];
        let lines = || code.iter().flat_map(|source| source.text.lines()).filter(|line| built_in.iter().all(|sign| !line.contains(sign)));
        let is_named = |name: &str| {
            let texts = [format!("\"{name}\""), format!("\"{name}/"), format!("\"./{name}"), format!("//{name}\""), format!("//{name}/")];
            lines().any(|line| texts.iter().any(|text| line.contains(text.as_str())))
        };
        let is_data = |path: &str| !path.ends_with(".go") && !path.ends_with(".rs");
        let is_inside = |path: &str, name: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/') && is_data(rest));
        let is_there = |name: &str| self.has(name) || self.paths().any(|path| is_inside(path, name));
        RUN_TIME.iter().filter(|name| is_there(name) && is_named(name)).map(|name| (*name).to_owned()).collect()
    }

    fn framework(&mut self, name: &str, version: Option<&str>, origin: Origin) {
        name.clone_into(&mut self.stack.framework);
        self.stack.framework_version = version.map(str::to_owned);
        self.origin("framework", origin);
    }

    fn tested(&mut self, command: Vec<String>, ci_arguments: Vec<String>, reports: Vec<String>, origin: Origin) {
        self.stack.test = Some(TestRun { command, ci_arguments, reports, ..TestRun::default() });
        self.origin("test", origin);
    }

    /// What stands in a file; a note where it cannot be read.
    fn facts(&mut self, source: Source<'_>, read: Result<Facts, String>) -> Option<Facts> {
        read.map_err(|why| self.note(source.path, format!("is not read: {why}"))).ok()
    }

    fn note_of_others(&mut self, read: &str, others: &[&str]) {
        for other in others {
            // One ecosystem may have several of the files that show it.
            let reader_of = |name: &str| READERS.iter().position(|(names, _)| names.contains(&name));
            if reader_of(read) != reader_of(other) {
                self.note(&self.path(other), format!("is not looked at: `{}` decides what this is built with", self.path(read)));
            }
        }
    }

    /// The port that one of these sources takes from the environment; whether there is one.
    fn port_from_environment(&mut self, module: &mut Module, sources: &[Source<'_>]) -> bool {
        let Some((source, port)) = sources.iter().find_map(|source| Some((source, ports::from_environment(source)?))) else { return false };
        module.port = Some(port.number);
        module.port_variable = Some(port.variable.to_owned());
        self.origin(&format!("modules.{}.port", module.name), source.sure(port.line));
        true
    }

    /// Where nothing else says on which port the only module listens, its Dockerfile may.
    fn exposed_port(&mut self) {
        let Some(source) = self.source(&["Dockerfile"]) else { return };
        let [module] = self.stack.modules.as_mut_slice() else { return };
        let exposed = source.find(|line| line.strip_prefix("EXPOSE ")?.split(['/', ' ']).next()?.parse().ok());
        if let (None, Some((port, line))) = (module.port, exposed) {
            module.port = Some(port);
            let field = format!("modules.{}.port", module.name);
            self.origin(&field, source.unsure(line));
        }
    }

    /// A module of which no file says where it listens may do so all the same: that it is a worker is a guess.
    fn guess_workers(&mut self) {
        for module in self.stack.modules.iter().filter(|module| module.port.is_none()) {
            let field = format!("modules.{}", module.name);
            let place = self.stack.origins.get(&field).map_or_else(|| self.stack.directory.clone(), |origin| origin.place.clone());
            self.stack.origins.entry(format!("{field}.port")).or_insert(Origin { place, certain: false });
        }
    }

    fn finished(mut self) -> Detection {
        self.exposed_port();
        self.guess_workers();
        names::read(&mut self);
        composed::read(&mut self);
        let is_told = self.stack.origins.contains_key("language_version");
        if self.stack.language_version.is_empty() && !is_told && self.stack.language != Language::Static {
            self.note(&self.stack.directory.clone(), format!("no file says which version of {} is wanted", self.stack.language.title()));
        }
        let existing = Existing::of(self.survey, &self.stack.directory);
        Detection { stack: self.stack, existing, notes: self.notes.into_iter().collect() }
    }
}

/// What lies at `path` in a folder; `.` is the folder itself, and the root.
fn below(directory: &str, path: &str) -> String {
    match (directory, path) {
        (".", path) => path.to_owned(),
        (directory, ".") => directory.to_owned(),
        (directory, path) => format!("{directory}/{path}"),
    }
}

/// A name as compose projects, images and Kubernetes want it: small letters, digits and hyphens, the first a letter, not too long, and no word that
/// YAML takes for something else.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    match slug.trim_end_matches('-') {
        "" => "app".to_owned(),
        slug => {
            let is_plain = slug.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_yaml_word(slug);
            let name = if is_plain { slug.to_owned() } else { format!("app-{slug}") };
            name[..name.len().min(LONGEST_NAME)].trim_end_matches('-').to_owned()
        }
    }
}

/// The texts of an environment, by name.
fn environment(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Words as a command has them.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
