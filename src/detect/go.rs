//! Go modules.

use std::collections::BTreeMap;

use super::{Project, Source, health::health, metrics::metrics, pins, ports, servers, words};
use crate::stack::{Command, Language, Module, Origin};

/// Web frameworks by their module's path, without the version at its end.
const FRAMEWORKS: [(&str, &str); 4] = [
    ("github.com/gin-gonic/gin", "gin"),
    ("github.com/labstack/echo", "echo"),
    ("github.com/gofiber/fiber", "fiber"),
    ("github.com/go-chi/chi", "chi"),
];

/// It is written in C.
const CGO: &str = "github.com/mattn/go-sqlite3";

const SQLITE: [&str; 3] = [CGO, "modernc.org/sqlite", "github.com/glebarez/sqlite"];

/// What a line that listens has.
const SIGNS: [&str; 5] = ["ListenAndServe", ".Run(", ".Start(", ".Listen(", "Addr:"];

/// Where `Run` without an address listens, and what changes that; <https://pkg.go.dev/github.com/gin-gonic/gin#Engine.Run>.
const GIN: (u16, &str) = (8080, "PORT");

pub(super) fn wants(name: &str) -> bool {
    name == "go.mod" || name.ends_with(".go") && !name.ends_with("_test.go")
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["go.mod"]) else { return };
    project.language(Language::Go, "go", &source.sure(1));
    let mut block = "";
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
            [of @ ("require" | "replace"), "(", ..] => block = of,
            [")", ..] => block = "",
            ["require", path, number, ..] => required(project, path, number, origin, line.contains("// indirect")),
            // Another folder stands in for a module: `replace example.com/money => ./money`.
            ["replace", .., to] if is_folder(to) => project.stack.path_dependencies = true,
            [.., to] if block == "replace" && is_folder(to) => project.stack.path_dependencies = true,
            [path, number, ..] if block == "require" => required(project, path, number, origin, line.contains("// indirect")),
            _ => {}
        }
    }
    if let Some((version, origin)) = version.or_else(|| pins::version(project, Language::Go)) {
        project.version_with_image(Language::Go, version, origin);
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
    if SQLITE.contains(&path) {
        project.note(&origin.place, super::KEPT_IN_A_FILE);
    }
    project.stack.cgo |= path == CGO;
    if let Some(kind) = servers::of_library(path) {
        project.service(kind, None, origin);
    }
}

fn is_folder(to: &str) -> bool {
    to.starts_with("./") || to.starts_with("../")
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
    // What a worker shares with them may say a port all the same.
    let is_server = || code.iter().any(|source| SIGNS.iter().any(|sign| source.text.contains(sign)));
    let _ = listens(project, &mut module, &own) || is_server() && listens(project, &mut module, &shared);
    module.sources = project.read_at_run_time(&code);
    health(project, &mut module, &code);
    metrics(project, &mut module, |name| {
        let names = |line: &str| line.split_whitespace().any(|word| word == name) && !line.contains("// indirect");
        build.find(|line| names(line).then_some(())).map(|((), line)| build.sure(line))
    });
    project.stack.modules.push(module);
}

/// Whether one of the sources says where the program listens.
fn listens(project: &mut Project<'_>, module: &mut Module, code: &[Source<'_>]) -> bool {
    if project.port_from_environment(module, code) {
        return true;
    }
    let is_gin = project.stack.framework == "gin";
    let lines =
        code.iter().flat_map(|source| source.text.lines().enumerate().map(move |(index, line)| (source, index + 1, ports::code_of(line))));
    let said = lines.filter_map(|(source, number, line)| Some((source, number, line, address(line, is_gin)?)));
    let Some((source, number, line, address)) = said.min_by_key(|(_, _, line, address)| (is_aside(line), !address.certain)) else {
        return false;
    };
    module.port = Some(address.port);
    module.port_variable = address.variable.map(str::to_owned);
    project.origin(&format!("modules.{}.port", module.name), Origin { place: source.at(number), certain: address.certain });
    if address.certain && ports::has_loopback(line) {
        project.note(&source.at(number), ports::loopback_note("an address without a host lets it listen everywhere"));
    }
    true
}

/// A port that a line says.
struct Address {
    port: u16,
    variable: Option<&'static str>,
    /// Something listens there; else it is called a port only, or is an address without a host, which is one to listen at, whatever takes it.
    certain: bool,
}

fn address(line: &str, is_gin: bool) -> Option<Address> {
    if is_gin && line.contains(".Run()") {
        return Some(Address { port: GIN.0, variable: Some(GIN.1), certain: true });
    }
    let is_option = line.contains("Addr:") && line.contains("localhost:");
    let is_elsewhere = line.contains("://") || is_option || line.to_lowercase().contains("redis");
    let listens = SIGNS.iter().any(|sign| line.contains(sign)) && !is_elsewhere;
    let listening = || port_in(line).filter(|_| listens).map(|port| (port, true));
    let (port, certain) = listening().or_else(|| Some((called(line)?, false)))?;
    Some(Address { port, variable: None, certain })
}

/// Whether it is where those who run the program look, and not those who use it.
fn is_aside(line: &str) -> bool {
    ["6060", "pprof", "debug", "metrics"].iter().any(|sign| line.contains(sign))
}

/// The number of an address that has no host, `":8080"`, or of a constant that is called a port, `const port = 8085`.
fn called(line: &str) -> Option<u16> {
    let without_host = || line.split_once("\":")?.1.split_once('"').map(|(digits, _)| digits);
    let constant = || {
        let (name, value) = line.split_once('=')?;
        let name = name.trim_end_matches([':', ' ']).trim_end_matches(" int").to_lowercase();
        name.ends_with("port").then(|| value.trim().trim_matches('"'))
    };
    without_host().or_else(constant)?.parse().ok().filter(|port| *port > 0)
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

/// The number behind a colon inside a text: `":8080"`.
fn port_in(line: &str) -> Option<u16> {
    line.match_indices(':').find_map(|(at, _)| {
        let digits: String = line[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|port| *port > 0)
    })
}
