//! Go modules.

use std::collections::BTreeMap;

use super::{Project, Source, health::health, metrics::metrics, pins, servers, words};
use crate::stack::{Command, Language, Module, Origin};

/// Web frameworks by their module's path, without the version at its end.
const FRAMEWORKS: [(&str, &str); 4] = [
    ("github.com/gin-gonic/gin", "gin"),
    ("github.com/labstack/echo", "echo"),
    ("github.com/gofiber/fiber", "fiber"),
    ("github.com/go-chi/chi", "chi"),
];

pub(super) fn wants(name: &str) -> bool {
    name == "go.mod" || name.ends_with(".go") && !name.ends_with("_test.go")
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["go.mod"]) else { return };
    project.language(Language::Go, "go", &source.sure(1));
    let mut is_required = false;
    let mut version = None;
    for (index, line) in source.text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let origin = source.sure(index + 1);
        match words.as_slice() {
            ["module", path, ..] => {
                // `example.com/shop/v2`: the last part is a version and no name.
                let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
                let name = path.trim_matches('"').rsplit('/').find(|part| !is_version(part)).unwrap_or(path);
                project.named(name, origin);
            }
            ["go", number, ..] => version = pins::short(Language::Go, number).map(|version| (version, origin)),
            ["require", "(", ..] => is_required = true,
            [")", ..] => is_required = false,
            ["require", path, number, ..] => required(project, path, number, origin, line.contains("// indirect")),
            [path, number, ..] if is_required => required(project, path, number, origin, line.contains("// indirect")),
            _ => {}
        }
    }
    if let Some((version, origin)) = version.or_else(|| pins::version(project, Language::Go)) {
        project.language_version(&version, origin);
    }
    project.stack.lock_file = project.has("go.sum").then(|| "go.sum".to_owned());
    project.stack.build = Some(Command { command: words(&["go", "build", "./..."]) });
    project.tested(words(&["go", "test", "./..."]), words(&["-race"]), Vec::new(), source.sure(1));
    for main in mains(project) {
        module(project, source, main);
    }
    if project.stack.modules.is_empty() {
        project.note(source.path, "nothing here says what is started: no file has a `func main()`");
    }
}

fn required(project: &mut Project<'_>, path: &str, version: &str, origin: Origin, is_indirect: bool) {
    if is_indirect {
        return;
    }
    if let Some((_, name)) =
        FRAMEWORKS.iter().find(|(module, _)| path == *module || path.strip_prefix(module).is_some_and(|rest| rest.starts_with("/v")))
    {
        project.framework(name, Some(version.trim_start_matches('v')), origin.clone());
    }
    if let Some(kind) = servers::of_library(path) {
        project.service(kind, None, origin);
    }
}

/// The file of each program: those at the top and below `cmd`, and where there are none, those elsewhere.
fn mains<'s>(project: &Project<'s>) -> Vec<Source<'s>> {
    let mut by_folder: BTreeMap<&str, Source<'s>> = BTreeMap::new();
    for source in project.sources(|path| path.ends_with(".go")) {
        let has = |start: &str| source.text.lines().any(|line| line.starts_with(start));
        // A script that is run by hand says that it is not built with the rest.
        if has("package main") && has("func main()") && !has("//go:build ignore") {
            let folder = folder_of(source.path);
            let main = by_folder.entry(folder).or_insert(source);
            if source.path.ends_with("/main.go") {
                *main = source;
            }
        }
    }
    let is_usual = |source: &&Source<'s>| {
        let below = project.below(source);
        folder_of(below) == "." || below.starts_with("cmd/")
    };
    let usual: Vec<Source<'s>> = by_folder.values().filter(is_usual).copied().collect();
    if usual.is_empty() { by_folder.into_values().collect() } else { usual }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn module(project: &mut Project<'_>, build: Source<'_>, main: Source<'_>) {
    let folder = folder_of(project.below(&main));
    let name =
        if [".", "cmd"].contains(&folder) { project.stack.name.clone() } else { super::slug(folder.rsplit('/').next().unwrap_or(folder)) };
    let mut module = Module::named(&name, vec!["/app".to_owned()]);
    folder.clone_into(&mut module.directory);
    project.origin(&format!("modules.{name}"), main.sure(main.line_of("func main()")));
    let code = packages(project, build, main, folder);
    // What stands beside `main` is nearer than what several programs may share.
    let (own, shared): (Vec<Source<'_>>, Vec<_>) = code.iter().partition(|source| folder_of(project.below(source)) == folder);
    let _ = listens(project, &mut module, &own) || listens(project, &mut module, &shared);
    health(project, &mut module, &code);
    metrics(project, &mut module, |name| {
        let names = |line: &str| line.split_whitespace().any(|word| word == name) && !line.contains("// indirect");
        build.find(|line| names(line).then_some(())).map(|((), line)| build.sure(line))
    });
    project.stack.modules.push(module);
}

/// Whether one of the sources says where the program listens.
fn listens(project: &mut Project<'_>, module: &mut Module, code: &[Source<'_>]) -> bool {
    const SIGNS: [&str; 5] = ["ListenAndServe", ".Run(", ".Start(", ".Listen(", "Addr:"];
    if project.port_from_environment(module, code) {
        return true;
    }
    let is_elsewhere = |line: &str| ["localhost:", "://"].iter().any(|sign| line.contains(sign)) || line.to_lowercase().contains("redis");
    let listening = |source: &Source<'_>| source.port(&SIGNS, |line| port_in(line).filter(|_| !is_elsewhere(line)));
    let said = code.iter().find_map(|source| Some((listening(source)?, source, true)));
    // An address without a host is one to listen at, whatever takes it.
    let named = || code.iter().find_map(|source| Some((source.find(address)?, source, false)));
    let Some(((port, line), source, certain)) = said.or_else(named) else { return false };
    module.port = Some(port);
    project.origin(&format!("modules.{}.port", module.name), Origin { place: source.at(line), certain });
    true
}

/// The code of a program: its `main.go`, what stands beside that, and the packages of the module that these import, the nearest first.
fn packages<'s>(project: &Project<'s>, build: Source<'_>, main: Source<'s>, folder: &str) -> Vec<Source<'s>> {
    let named = build.find(|line| line.strip_prefix("module ").map(|path| path.trim().trim_matches('"').to_owned()));
    // Nothing is imported from a module without a name.
    let prefix = named.map_or_else(|| "\n".to_owned(), |(path, _)| format!("\"{path}/"));
    let mut code = vec![main];
    let mut folders = vec![folder.to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.get(read).cloned() {
        read += 1;
        let is_in = |path: &str| folder_of(path) == folder && path.ends_with(".go");
        let files = project.sources(is_in);
        for import in files.iter().flat_map(|file| file.text.lines()).filter_map(|line| line.split_once(&prefix)) {
            let package = import.1.split('"').next().unwrap_or_default();
            if !folders.iter().any(|known| known == package) {
                folders.push(package.to_owned());
            }
        }
        code.extend(files.into_iter().filter(|file| file.path != main.path));
    }
    code
}

/// The number of an address that has no host: `":8080"`.
fn address(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("\":")?;
    let (digits, _) = rest.split_once('"')?;
    digits.parse().ok().filter(|port| *port > 0)
}

/// The number behind a colon inside a text: `":8080"`.
fn port_in(line: &str) -> Option<u16> {
    line.match_indices(':').find_map(|(at, _)| {
        let digits: String = line[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|port| *port > 0)
    })
}
