//! Cargo packages and workspaces.

use std::collections::BTreeSet;

use super::{
    Project, Source,
    facts::{Fact, Facts},
    health::health,
    metrics::metrics,
    pins, ports, servers, words,
};
use crate::stack::{Command, Language, Module};

const FRAMEWORKS: [&str; 6] = ["axum", "actix-web", "rocket", "warp", "poem", "salvo"];

/// Libraries of a build that run `protoc`, and those that bring it along.
const PROTOC: [&str; 3] = ["prost-build", "tonic-build", "tonic-prost-build"];
const WITH_PROTOC: [&str; 2] = ["protoc-bin-vendored", "protobuf-src"];

/// Where Rocket listens if nothing else is said, and by which variables that changes; <https://rocket.rs/guide/v0.5/configuration/>.
const ROCKET: (u16, &str, &str) = (8000, "ROCKET_PORT", "ROCKET_ADDRESS");

/// Macros of sqlx that ask a database when they are compiled; <https://docs.rs/sqlx/latest/sqlx/macro.query.html>.
const ASKED: [&str; 3] = ["query!(", "query_as!(", "query_scalar!("];

/// What shows that something listens, in a program's first file and in its others.
const SIGNS: [&str; 6] = ["bind(", "TcpListener", "SocketAddr", "run(", "0.0.0.0", "127.0.0.1"];
const BOUND: [&str; 2] = ["bind(", "TcpListener"];

pub(super) fn wants(name: &str) -> bool {
    matches!(name, "Cargo.toml" | "rust-toolchain.toml" | "Rocket.toml") || name.ends_with(".rs")
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["Cargo.toml"]) else { return };
    project.language(Language::Rust, "cargo", &source.sure(1));
    let Some(facts) = project.facts(source, Facts::of_toml(source.text)) else { return };

    // 1. what it is called, and for which Rust
    if let Some(name) = facts.get("package.name") {
        project.named(&name.value, source.sure(name.line));
    }
    let toolchain = project.source(&["rust-toolchain.toml"]).and_then(|source| {
        let facts = Facts::of_toml(source.text).ok()?;
        let channel = facts.get("toolchain.channel")?;
        if ["nightly", "beta"].iter().any(|other| channel.value.starts_with(other)) {
            project.note(&source.at(channel.line), format!("`{}` has no image: it is built with a stable Rust", channel.value));
        }
        Some((pins::short(Language::Rust, &channel.value)?, source.sure(channel.line)))
    });
    let stated = ["package.rust-version", "workspace.package.rust-version"].iter().find_map(|key| facts.get(key));
    let stated = stated.and_then(|fact| Some((pins::short(Language::Rust, &fact.value)?, source.sure(fact.line))));
    if let Some((version, origin)) = toolchain.or_else(|| pins::version(project, Language::Rust)).or(stated) {
        project.version_with_image(Language::Rust, version, origin);
    }

    // 2. the packages: its own, and those of the workspace
    let mut packages = vec![(".".to_owned(), source)];
    for (_, member) in facts.below("workspace.members") {
        let prefix = member.value.split('*').next().unwrap_or_default();
        let is_glob = member.value.contains('*');
        let fits = |path: &str| {
            path.strip_suffix("/Cargo.toml").is_some_and(|folder| if is_glob { folder.starts_with(prefix) } else { folder == member.value })
        };
        for found in project.sources(fits) {
            let below = project.below(&found);
            packages.push((below.trim_end_matches("/Cargo.toml").to_owned(), found));
        }
    }
    let mut read = BTreeSet::new();
    let mut at = 0;
    while let Some((directory, source)) = packages.get(at).cloned() {
        at += 1;
        if !read.insert(directory.clone()) {
            continue;
        }
        let Some(own) = project.facts(source, Facts::of_toml(source.text)) else { continue };
        // A package that it takes from a folder is a member, too.
        for path in dependencies(&own).filter(|said| said.what == "path").filter_map(|said| folder(&directory, said.value)) {
            if let Some(source) = project.source(&[&super::below(&path, "Cargo.toml")]) {
                packages.push((path, source));
            }
        }
        package(project, &directory, source, &own, &facts);
    }

    // 3. how it is built and tested
    project.stack.lock_file = project.has("Cargo.lock").then(|| "Cargo.lock".to_owned());
    let locked: &[&str] = if project.stack.lock_file.is_some() { &["--locked"] } else { &[] };
    project.stack.build = Some(Command { command: [words(&["cargo", "build", "--release"]), words(locked)].concat() });
    project.tested(words(&["cargo", "test"]), words(locked), Vec::new(), source.sure(1));
    let is_prepared = is_prepared(project);
    if let Some(test) = project.stack.test.as_mut().filter(|_| is_prepared) {
        // The tests have a database, but it has no tables yet when the queries are compiled.
        test.environment.insert("SQLX_OFFLINE".to_owned(), "true".to_owned());
    }
    if project.stack.modules.is_empty() {
        project.note(source.path, "nothing here says what is started: no `src/main.rs`");
    }
}

/// What a manifest says of a dependency.
#[derive(Clone, Copy)]
struct Said<'f> {
    /// As the manifest calls it, or as its package is called where that is said.
    name: &'f str,
    /// `version`, `features`, `workspace`, `package`, `path`, …
    what: &'f str,
    value: &'f str,
    line: usize,
}

impl<'f> Said<'f> {
    fn new((rest, fact): (&'f str, &'f Fact)) -> Self {
        let (name, what) = rest.split_once('.').unwrap_or((rest, "version"));
        let (what, value) = (what.split('.').next().unwrap_or(what), fact.value.as_str());
        Self { name: if what == "package" { value } else { name }, what, value, line: fact.line }
    }
}

/// What is said of the dependencies of the program, those for one system included; not of those of its tests and its build.
fn dependencies(facts: &Facts) -> impl Iterator<Item = Said<'_>> {
    let all = facts.all().filter_map(|(key, fact)| {
        let for_system = || key.strip_prefix("target.")?.split_once(".dependencies.").map(|(_, rest)| rest);
        Some((key.strip_prefix("dependencies.").or_else(for_system)?, fact))
    });
    all.map(Said::new)
}

/// The same with what the workspace says of them, on the lines of the package.
fn with_shared<'f>(facts: &'f Facts, root: &'f Facts) -> Vec<Said<'f>> {
    let mut found = Vec::new();
    for said in dependencies(facts) {
        found.push(said);
        if said.what == "workspace" {
            let shared = root.below("workspace.dependencies").filter(|(rest, _)| rest.split('.').next() == Some(said.name));
            found.extend(shared.map(|shared| Said { line: said.line, ..Said::new(shared) }));
        }
    }
    found
}

/// The folder below the project that a path leads to from another one.
fn folder(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').filter(|part| *part != ".").collect();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Whether what a database would say of the queries is written down beside them.
fn is_prepared(project: &Project<'_>) -> bool {
    project.paths().any(|path| path.split('/').any(|part| part == ".sqlx") || path.ends_with("sqlx-data.json"))
}

fn package(project: &mut Project<'_>, directory: &str, source: Source<'_>, facts: &Facts, root: &Facts) {
    // 1. what it depends on
    let stated = with_shared(facts, root);
    for said in &stated {
        if FRAMEWORKS.contains(&said.name) && project.stack.framework == "none" {
            let version = stated.iter().find(|other| other.name == said.name && other.what == "version").map(|other| other.value);
            project.framework(said.name, version, source.sure(said.line));
        }
        // Some libraries are for several servers, and their features say which.
        let key = if said.what == "features" { format!("{}/{}", said.name, said.value) } else { said.name.to_owned() };
        if let Some(kind) = servers::of_library(&key) {
            project.service(kind, None, source.sure(said.line));
        }
    }
    let depends = |name: &str| stated.iter().find(|said| said.name == name);
    let builds = |name: &&&str| facts.has(&format!("build-dependencies.{name}"));
    if let Some(library) = PROTOC.iter().find(builds).filter(|_| !WITH_PROTOC.iter().any(|name| builds(&name))) {
        let line = source.line_of(library);
        project.note(
            &source.at(line),
            format!("`{library}` runs `protoc`, which neither the image nor CI has: install protobuf-compiler there, or build with protoc-bin-vendored"),
        );
    }

    // 2. its programs, and all that they are made of
    let package = facts.get("package.name").map_or_else(|| project.stack.name.clone(), |fact| fact.value.clone());
    let below = |path: &str| super::below(directory, path);
    let whole = project
        .sources(|path| path.strip_prefix(below("src/").as_str()).is_some_and(|rest| !rest.starts_with("bin/") && !rest.contains("test")));
    let asked = whole.iter().find_map(|source| Some((source, ports::statements(source, &ASKED).first()?.0)));
    if let Some((source, line)) = asked.filter(|_| depends("sqlx").is_some() && !is_prepared(project)) {
        let told =
            "asks a database when it is compiled, and an image is built without one: `cargo sqlx prepare` writes down what it would say";
        project.note(&source.at(line), told);
    }
    for (binary, main) in mains(project, directory, facts, &package) {
        let is_first = main.path.ends_with("src/main.rs");
        let name = super::slug(if is_first { &package } else { &binary });
        let mut module = Module::named(&name, vec![format!("/app/{binary}")]);
        directory.clone_into(&mut module.directory);
        module.artifact = Some(format!("target/release/{binary}"));
        let others = whole.iter().copied().filter(|source| source.path != main.path && !source.path.ends_with("src/main.rs"));
        let code: Vec<Source<'_>> = std::iter::once(main).chain(others).collect();
        listens(project, &mut module, &code);
        if let Some(said) = depends("rocket") {
            rocket(project, &mut module, &source.sure(said.line).place);
        }
        // What does not listen beside what does is a tool of those who run it.
        if module.port.is_none() && project.stack.modules.iter().any(|module| module.directory == directory) {
            continue;
        }
        project.origin(&format!("modules.{}", module.name), main.sure(main.line_of("fn main()")));
        module.sources = project.read_at_run_time(&code);
        health(project, &mut module, &code);
        metrics(project, &mut module, |name| {
            let (library, feature) = name.split_once('/').map_or((name, None), |(library, feature)| (library, Some(feature)));
            let is_meant = |said: &&Said<'_>| said.name == library && feature.is_none_or(|feature| said.value == feature);
            stated.iter().find(is_meant).map(|said| source.sure(said.line))
        });
        project.stack.modules.push(module);
    }
}

/// The programs of a package and where each begins: the one that `cargo run` starts first, or it alone where that is said.
fn mains<'s>(project: &Project<'s>, directory: &str, facts: &Facts, package: &str) -> Vec<(String, Source<'s>)> {
    let mut found: Vec<(String, Source<'s>)> = Vec::new();
    let mut unplaced = Vec::new();
    for (rest, name) in facts.below("bin").filter(|(rest, _)| rest.ends_with(".name")) {
        let path = facts.get(&format!("bin.{}path", rest.trim_end_matches("name")));
        match path.and_then(|path| project.source(&[&super::below(directory, &path.value)])) {
            Some(source) => found.push((name.value.clone(), source)),
            None => unplaced.push(name.value.clone()),
        }
    }
    let start = super::below(directory, "src/bin/");
    let is_main = |path: &str| {
        path.strip_prefix(start.as_str())
            .is_some_and(|rest| !rest.contains('/') || rest.ends_with("/main.rs") && rest.matches('/').count() == 1)
    };
    let stem = |path: &str| path.trim_end_matches("/main.rs").trim_end_matches(".rs").rsplit('/').next().unwrap_or_default().to_owned();
    let in_bin: Vec<(String, Source<'s>)> = project
        .sources(is_main)
        .into_iter()
        .filter(|source| source.path.ends_with(".rs"))
        .map(|source| (stem(source.path), source))
        .collect();
    if let Some(main) = project.source(&[&super::below(directory, "src/main.rs")]) {
        let own = unplaced.into_iter().find(|name| in_bin.iter().all(|(other, _)| other != name));
        found.insert(0, (own.unwrap_or_else(|| package.to_owned()), main));
    }
    found.extend(in_bin);
    let mut seen = BTreeSet::new();
    found.retain(|(_, source)| seen.insert(source.path));
    match facts.get("package.default-run") {
        Some(default) if found.iter().any(|(name, _)| *name == default.value) => {
            found.into_iter().filter(|(name, _)| *name == default.value).collect()
        }
        _ => found,
    }
}

/// The port of a program, the first of its files first, and whether anybody outside reaches it.
fn listens(project: &mut Project<'_>, module: &mut Module, code: &[Source<'_>]) {
    let Some((main, others)) = code.split_first() else { return };
    if !project.port_from_environment(module, code) {
        let port = |line: &str| port_in(ports::code_of(line)).filter(|_| !line.contains("://"));
        let in_main = main.port(&SIGNS, port).map(|found| (main, found));
        let elsewhere = || others.iter().find_map(|source| Some((source, source.port(&BOUND, port)?)));
        if let Some((source, (port, line))) = in_main.or_else(elsewhere) {
            module.port = Some(port);
            project.origin(&format!("modules.{}.port", module.name), source.sure(line));
        }
    }
    let alone = code.iter().find_map(|source| Some((source, ports::loopback(source, &["bind(", "SocketAddr"])?)));
    if let Some((source, loopback)) = alone.filter(|_| module.port.is_some()) {
        match loopback.variable {
            Some(variable) => module.host_variable = Some(variable),
            None => project.note(&source.at(loopback.line), ports::loopback_note("`0.0.0.0` lets it listen everywhere")),
        }
    }
}

/// Rocket listens without being told where.
fn rocket(project: &mut Project<'_>, module: &mut Module, place: &str) {
    let (default, port, address) = ROCKET;
    if module.port.is_some() {
        return;
    }
    let source = project.source(&["Rocket.toml"]);
    let facts = source.and_then(|source| project.facts(source, Facts::of_toml(source.text)));
    let said = facts.as_ref().and_then(|facts| ["release.port", "default.port", "global.port"].iter().find_map(|key| facts.get(key)));
    let number = said.and_then(|fact| Some((fact.value.parse().ok()?, source?.sure(fact.line))));
    let (number, origin) = number.unwrap_or_else(|| (default, crate::stack::Origin { place: place.to_owned(), certain: true }));
    module.port = Some(number);
    (module.port_variable, module.host_variable) = (Some(port.to_owned()), Some(address.to_owned()));
    project.origin(&format!("modules.{}.port", module.name), origin);
}

/// A number of two to five digits behind `:` or `, `: `"0.0.0.0:3000"`, `([127, 0, 0, 1], 3000)`, `("0.0.0.0", 3000)`.
fn port_in(line: &str) -> Option<u16> {
    let starts = line.match_indices([':', ',']).map(|(at, _)| at + 1);
    starts
        .filter_map(|start| {
            let digits: String = line[start..].trim_start().chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok().filter(|port: &u16| *port >= 80)
        })
        .next_back()
}
