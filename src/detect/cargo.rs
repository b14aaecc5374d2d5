//! Cargo packages and workspaces.

mod address;
mod code;
mod image;
mod listen;
mod loco;
mod mounted;
mod package;
mod programs;
mod rocket;
mod settings;
mod toolchain;

use code::Code;
use package::{Dependency, Package};
use programs::Program;

use super::{KEPT_IN_A_FILE, Project, Source, facts::Facts, health::health, metrics::metrics, servers, words};
use crate::stack::{Command, Language, Module};

const FRAMEWORKS: [&str; 6] = ["axum", "actix-web", "rocket", "warp", "poem", "salvo"];

/// Libraries, or their features, that keep a database in a file.
const SQLITE: [&str; 9] = [
    "rusqlite",
    "sqlx/sqlite",
    "diesel/sqlite",
    "sea-orm/sqlx-sqlite",
    "tokio-rusqlite",
    "libsql",
    "rocket_db_pools/sqlx_sqlite",
    "redb",
    "sled",
];

/// Folders of code that neither is delivered nor says how the rest is.
const NO_PROGRAMS: [&str; 3] = ["tests", "benches", "fuzz"];

pub(super) fn wants(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_code = || name.ends_with(".rs") && !path.split('/').any(|part| NO_PROGRAMS.contains(&part));
    matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain.toml" | "main.rs")
        || is_code()
        || settings::wants(path)
        || image::wants(path)
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["Cargo.toml"]) else { return };
    project.language(Language::Rust, "cargo", &source.sure(1));
    let Some(facts) = project.facts(source, Facts::of_toml(source.text)) else { return };

    // 1. what it is called, and for which Rust
    if let Some(name) = facts.get("package.name") {
        project.named(&name.value, source.sure(name.line));
    }
    let packages = package::packages(project, source, &facts);
    toolchain::read(project, &facts, &packages);

    // 2. what it runs, and what that depends on
    let (programs, others) = programs::programs(project, &packages);
    depends(project, &packages, &programs);
    for program in &programs {
        module(project, &packages, program);
    }
    if programs.is_empty() {
        project.note(source.path, "nothing here says what is started: no `src/main.rs`");
    } else if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
        project.note(source.path, format!("nothing is made for {}: what listens is what is started", names.join(", ")));
    }

    // 3. how it is built and tested
    image::building(project, &packages);
    let code = programs.iter().flat_map(|program| program.own.iter().chain(&program.shared));
    let variable = image::offline(project, code);
    project.stack.lock_file = project.has("Cargo.lock").then(|| "Cargo.lock".to_owned());
    let locked: &[&str] = if project.stack.lock_file.is_some() { &["--locked"] } else { &[] };
    let set = variable.map(|(name, value)| vec!["env".to_owned(), format!("{name}={value}")]).unwrap_or_default();
    let chosen = selection(&facts, &packages, &programs);
    project.stack.build = Some(Command { command: [set, words(&["cargo", "build", "--release"]), chosen, words(locked)].concat() });
    // By itself Cargo tests what it builds by itself.
    let is_more = || facts.has("package") || facts.has("workspace.default-members");
    let is_whole = is_more() && packages.iter().filter(|package| package.is_member).count() > 1;
    let tested = [words(&["cargo", "test"]), words(if is_whole { &["--workspace"] } else { &[] })].concat();
    project.tested(tested, words(locked), Vec::new(), source.sure(1));
    if let (Some((name, value)), Some(test)) = (variable, project.stack.test.as_mut()) {
        test.environment.insert(name.to_owned(), value.to_owned());
    }
    above(project, source, &facts);
}

/// What Cargo is told to build where it would not build all programs by itself: at the root of a workspace it builds the root's package only.
fn selection(facts: &Facts, packages: &[Package<'_>], programs: &[Program<'_>]) -> Vec<String> {
    let is_usual = |directory: &str| {
        let mut stated = facts.below("workspace.default-members").peekable();
        if stated.peek().is_some() {
            return stated.any(|(_, pattern)| package::matches(&pattern.value, directory) || pattern.value == directory);
        }
        !facts.has("package") || directory == "."
    };
    if programs.iter().all(|program| is_usual(&packages[program.package].directory)) {
        return Vec::new();
    }
    let bins = programs.iter().flat_map(|program| ["--bin".to_owned(), program.name.clone()]);
    std::iter::once("--workspace".to_owned()).chain(bins).collect()
}

/// A member that is looked at alone is built in its workspace's folder.
fn above(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    let directory = project.stack.directory.clone();
    if directory == "." || facts.has("workspace") {
        return;
    }
    let inner = facts.all().find(|(key, fact)| key.ends_with(".workspace") && fact.value == "true");
    let line = inner.map_or(1, |(_, fact)| fact.line);
    let is_member = || {
        let root = project.at_root("Cargo.toml")?;
        let facts = Facts::of_toml(root.text).ok()?;
        let is_it = facts.below("workspace.members").any(|(_, pattern)| package::matches(&pattern.value, &directory));
        is_it.then_some(())
    };
    if is_member().is_some() || inner.is_some() {
        let told =
            "is a member of a workspace that lies above it, and cannot be built without that: `--in` its folder, or none, takes it in";
        project.note(&source.at(line), told);
    }
}

/// The framework and the servers: those of what is started first.
fn depends(project: &mut Project<'_>, packages: &[Package<'_>], programs: &[Program<'_>]) {
    let mut order: Vec<usize> = Vec::new();
    for index in programs.iter().flat_map(|program| programs::reached(packages, program.package)).chain(0..packages.len()) {
        if !order.contains(&index) {
            order.push(index);
        }
    }
    for dependency in order.into_iter().flat_map(|index| &packages[index].dependencies) {
        let name = dependency.name.as_str();
        if let Some(path) = &dependency.outside {
            let place = &dependency.origin.place;
            project.note(
                place,
                format!("`{path}` lies outside of what is looked at, and an image is built without it: `--in` a folder above takes it in"),
            );
        }
        if FRAMEWORKS.contains(&name) && project.stack.framework == "none" {
            project.framework(name, dependency.version.as_deref(), dependency.origin.clone());
        }
        // Some libraries are for several servers, and their features say which.
        let features = || dependency.features.iter().map(|(feature, origin)| (format!("{name}/{feature}"), origin));
        for (key, origin) in std::iter::once((name.to_owned(), &dependency.origin)).chain(features()) {
            if let Some(kind) = servers::of_library(&key) {
                project.service(kind, None, origin.clone());
            }
            // Where the same library can talk to a server, the file is for development.
            let is_for_server = || features().any(|(key, _)| servers::of_library(&key).is_some());
            if SQLITE.contains(&key.as_str()) && !is_for_server() {
                project.note(&origin.place, KEPT_IN_A_FILE);
            }
        }
    }
}

fn module(project: &mut Project<'_>, packages: &[Package<'_>], program: &Program<'_>) {
    let package = &packages[program.package];
    let is_only = program.root.path.ends_with("src/main.rs");
    let called = if is_only { package.name().map_or_else(|| project.stack.name.clone(), str::to_owned) } else { program.name.clone() };
    let mut module = Module::named(&super::slug(&called), vec![format!("/app/{}", program.name)]);
    package.directory.clone_into(&mut module.directory);
    module.artifact = Some(format!("target/release/{}", program.name));
    let start =
        program.root.find(|line| (line.contains("fn main()") || line.starts_with("#[launch]")).then_some(())).map_or(1, |((), line)| line);
    project.origin(&format!("modules.{}", module.name), program.root.sure(start));

    let reached = programs::reached(packages, program.package);
    let dependencies: Vec<&Dependency> = reached.iter().flat_map(|index| &packages[*index].dependencies).collect();
    let code: Vec<&Code<'_>> = program.own.iter().chain(&program.shared).collect();
    let is_rocket = dependencies.iter().any(|dependency| dependency.name == "rocket");
    let is_loco = loco::read(project, &mut module, &dependencies);
    if !is_loco {
        listen::read(project, &mut module, &listen::Program { code: &code, is_rocket, directory: &package.directory });
    }
    image::running(project, &mut module, &code, &dependencies);
    let sources: Vec<Source<'_>> = code.iter().map(|code| code.source()).collect();
    if !is_loco {
        health(project, &mut module, &sources);
    }
    if let (Some(route), Some(origin)) =
        (module.health_path.as_ref(), project.stack.origins.get(&format!("modules.{}.health_path", module.name)))
        && let Some((path, line)) = origin.place.rsplit_once(':')
    {
        module.health_path = Some(mounted::whole(&code, path, line.parse().unwrap_or(1), route));
    }
    settings::choose(project, &mut module, &package.directory, &code);
    settings::servers(project, &package.directory, &code);
    if is_rocket {
        rocket::databases(project, &code);
        if let Some(origin) = dependencies.iter().find_map(|dependency| dependency.named("rocket/secrets")) {
            project.note(&origin.place, rocket::SECRETS);
        }
    }
    metrics(project, &mut module, |name| dependencies.iter().find_map(|dependency| dependency.named(name)));
    project.stack.modules.push(module);
}
