//! Cargo packages and workspaces.

use super::{Project, Source, facts::Facts, health::health, metrics::metrics, pins, servers, words};
use crate::stack::{Command, Language, Module};

const FRAMEWORKS: [&str; 6] = ["axum", "actix-web", "rocket", "warp", "poem", "salvo"];

pub(super) fn wants(name: &str) -> bool {
    matches!(name, "Cargo.toml" | "rust-toolchain.toml" | "main.rs")
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
        Some((pins::short(Language::Rust, &channel.value)?, source.sure(channel.line)))
    });
    let stated = ["package.rust-version", "workspace.package.rust-version"].iter().find_map(|key| facts.get(key));
    let stated = stated.and_then(|fact| Some((pins::short(Language::Rust, &fact.value)?, source.sure(fact.line))));
    if let Some((version, origin)) = toolchain.or_else(|| pins::version(project, Language::Rust)).or(stated) {
        project.language_version(&version, origin);
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
    for (directory, source) in packages {
        if let Some(facts) = project.facts(source, Facts::of_toml(source.text)) {
            package(project, &directory, source, &facts);
        }
    }

    // 3. how it is built and tested
    project.stack.lock_file = project.has("Cargo.lock").then(|| "Cargo.lock".to_owned());
    let locked: &[&str] = if project.stack.lock_file.is_some() { &["--locked"] } else { &[] };
    project.stack.build = Some(Command { command: [words(&["cargo", "build", "--release"]), words(locked)].concat() });
    project.tested(words(&["cargo", "test"]), words(locked), Vec::new(), source.sure(1));
    if project.stack.modules.is_empty() {
        project.note(source.path, "nothing here says what is started: no `src/main.rs`");
    }
}

fn package(project: &mut Project<'_>, directory: &str, source: Source<'_>, facts: &Facts) {
    for (rest, fact) in facts.below("dependencies") {
        let mut parts = rest.split('.');
        let (name, what) = (parts.next().unwrap_or(rest), parts.next());
        if FRAMEWORKS.contains(&name) && project.stack.framework == "none" {
            let version = matches!(what, None | Some("version")).then_some(fact.value.as_str());
            project.framework(name, version, source.sure(fact.line));
        }
        // Some libraries are for several servers, and their features say which.
        let key = if what == Some("features") { format!("{name}/{}", fact.value) } else { name.to_owned() };
        if let Some(kind) = servers::of_library(&key) {
            project.service(kind, None, source.sure(fact.line));
        }
    }
    let Some(main) = project.source(&[&super::below(directory, "src/main.rs")]) else { return };
    let package = facts.get("package.name").map_or_else(|| project.stack.name.clone(), |fact| fact.value.clone());
    let binary = facts.get("bin.0.name").map_or_else(|| package.clone(), |fact| fact.value.clone());
    let mut module = Module::named(&super::slug(&package), vec![format!("/app/{binary}")]);
    directory.clone_into(&mut module.directory);
    module.artifact = Some(format!("target/release/{binary}"));
    project.origin(&format!("modules.{}", module.name), main.sure(main.line_of("fn main()")));
    if !project.port_from_environment(&mut module, &[main]) {
        let signs = ["bind(", "TcpListener", "SocketAddr", "run(", "0.0.0.0", "127.0.0.1"];
        if let Some((port, line)) = main.port(&signs, port_in) {
            module.port = Some(port);
            project.origin(&format!("modules.{}.port", module.name), main.sure(line));
        }
    }
    health(project, &mut module, &[main]);
    metrics(project, &mut module, |name| {
        let (library, feature) = name.split_once('/').map_or((name, None), |(library, feature)| (library, Some(feature)));
        let key = format!("dependencies.{library}");
        let mut stated = facts.get(&key).into_iter().chain(facts.below(&key).map(|(_, fact)| fact));
        stated.find(|fact| feature.is_none_or(|feature| fact.value == feature)).map(|fact| source.sure(fact.line))
    });
    project.stack.modules.push(module);
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
