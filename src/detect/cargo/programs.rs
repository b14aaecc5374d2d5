//! The programs that a Cargo project builds, and which of them an image is made for.

use std::collections::BTreeSet;

use super::{
    super::{Project, Source, below, names::is_test},
    code::Code,
    package::Package,
};

/// What code that listens has.
const LISTENS: [&str; 17] = [
    "TcpListener::bind",
    "TcpListener::new(",
    "HttpServer::new",
    "HttpServer::with",
    "Server::bind",
    "Server::builder()",
    "Server::http(",
    "Server::new(",
    "axum::serve",
    "axum_server::",
    "rocket::build",
    "rocket::custom",
    "#[launch]",
    "warp::serve",
    "tide::new",
    "start_server(",
    ".bind((",
];

/// Words in the names of programs that run beside the one that listens, and on and on as it does.
const WORKERS: [&str; 5] = ["worker", "consumer", "scheduler", "processor", "daemon"];

/// A program.
pub(super) struct Program<'s> {
    /// The number of its package.
    pub(super) package: usize,
    pub(super) name: String,
    /// Where its `main` is.
    pub(super) root: Source<'s>,
    /// Its own code: its file, and what only it is built of.
    pub(super) own: Vec<Code<'s>>,
    /// The rest of its package and those of the project that it depends on, the nearest first.
    pub(super) shared: Vec<Code<'s>>,
    /// Whether it is the one that its package is called for.
    is_usual: bool,
}

/// Where a program listens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listening {
    Itself,
    /// In what it shares with others.
    Elsewhere,
    Nowhere,
}

impl Program<'_> {
    fn listening(&self) -> Listening {
        if self.own.iter().any(|code| code.has(&LISTENS)) {
            Listening::Itself
        } else if self.shared.iter().any(|code| code.has(&LISTENS)) {
            Listening::Elsewhere
        } else {
            Listening::Nowhere
        }
    }

    fn is_worker(&self) -> bool {
        WORKERS.iter().any(|word| self.name.to_ascii_lowercase().contains(word))
    }
}

/// The programs that images are made for, and the names of the others.
pub(super) fn programs<'s>(project: &Project<'s>, packages: &[Package<'s>]) -> (Vec<Program<'s>>, Vec<String>) {
    let (mut servers, mut rest, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    for (index, package) in packages.iter().enumerate().filter(|(_, package)| package.is_member) {
        let mut found = of_package(project, packages, index);
        if let Some(default) = package.facts.get("package.default-run").filter(|fact| found.iter().any(|one| one.name == fact.value)) {
            let (chosen, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.name == default.value);
            passed.extend(others.into_iter().map(|other| other.name));
            found = chosen;
        }
        let has = |wanted: Listening| found.iter().any(|one| one.listening() == wanted);
        let wanted = if has(Listening::Itself) { Listening::Itself } else { Listening::Elsewhere };
        let (mut listening, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.listening() == wanted);
        rest.extend(others);
        // Several have what listens at hand: the one that is called like its package is most likely to use it.
        if wanted == Listening::Elsewhere && listening.iter().any(|one| one.is_usual) {
            let (usual, others): (Vec<_>, Vec<_>) = listening.into_iter().partition(|one| one.is_usual);
            rest.extend(others);
            listening = usual;
        }
        servers.extend(listening);
    }
    let (kept, others): (Vec<_>, Vec<_>) = if servers.is_empty() {
        let has_usual = rest.iter().any(|one| one.is_usual);
        rest.into_iter().partition(|one| (one.is_usual || !has_usual) && one.name != "xtask")
    } else {
        rest.into_iter().partition(Program::is_worker)
    };
    passed.extend(others.into_iter().map(|other| other.name));
    servers.extend(kept);
    servers.sort_by_key(|one| one.package);
    (servers, passed)
}

/// What Cargo builds of a package; <https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>.
fn of_package<'s>(project: &Project<'s>, packages: &[Package<'s>], index: usize) -> Vec<Program<'s>> {
    let package = &packages[index];
    let at = |path: &str| below(&package.directory, path);
    let name = package.name().map_or_else(|| project.stack.name.clone(), str::to_owned);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, path: String| {
        if found.iter().all(|(_, known)| *known != path) {
            found.push((name.to_owned(), path));
        }
    };
    let mut left_out: Vec<String> = Vec::new();
    let stated = |number: usize, what: &str| package.facts.get(&format!("bin.{number}.{what}")).map(|fact| fact.value.clone());
    for number in (0..).take_while(|number| package.facts.has(&format!("bin.{number}"))) {
        let bin = stated(number, "name").unwrap_or_else(|| name.clone());
        let usual = [format!("src/bin/{bin}.rs"), format!("src/bin/{bin}/main.rs"), "src/main.rs".to_owned()];
        let is_own = bin == name;
        let guessed = || if is_own { None } else { usual.iter().find(|path| project.has(&at(path))).cloned() };
        let path = stated(number, "path").or_else(guessed).unwrap_or_else(|| "src/main.rs".to_owned());
        let path = at(path.trim_start_matches("./"));
        let mut needed = package.facts.below("bin").filter(|(rest, _)| rest.starts_with(&format!("{number}.required-features.")));
        // It is built for those only who ask for the feature.
        if needed.any(|(_, feature)| !package.is_default(&feature.value)) {
            left_out.push(path);
        } else {
            add(&bin, path);
        }
    }
    if package.facts.get("package.autobins").is_none_or(|fact| fact.value != "false") {
        add(&name, at("src/main.rs"));
        let folder = at("src/bin/");
        for path in project.paths().filter_map(|path| path.strip_prefix(&folder)) {
            let is_file = path.strip_suffix(".rs").filter(|stem| !stem.contains('/'));
            if let Some(stem) = is_file.or_else(|| path.strip_suffix("/main.rs").filter(|stem| !stem.contains('/'))) {
                add(stem, format!("{folder}{path}"));
            }
        }
    }
    found.retain(|(_, path)| !left_out.contains(path));
    let roots: BTreeSet<String> = found.iter().map(|(_, path)| path.clone()).chain(left_out).collect();
    let programs = found.iter().filter_map(|(bin, path)| Some((bin, path, project.source(&[path])?)));
    programs
        .map(|(bin, path, root)| {
            let (own, shared) = code(project, packages, index, (path, root), &roots);
            let is_usual = *bin == name || *path == at("src/main.rs");
            Program { package: index, name: bin.clone(), root, own, shared, is_usual }
        })
        .collect()
}

/// The code of a program: its own, and that which it shares.
fn code<'s>(
    project: &Project<'s>,
    packages: &[Package<'s>],
    index: usize,
    (path, root): (&str, Source<'s>),
    roots: &BTreeSet<String>,
) -> (Vec<Code<'s>>, Vec<Code<'s>>) {
    let package = &packages[index];
    let sources = below(&package.directory, "src/");
    let is_library = package.facts.has("lib") || project.has(&below(&package.directory, "src/lib.rs"));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // A folder of its own, as opposed to that of the package, or one that several programs have.
    let has_folder = !folder.is_empty() && folder != package.directory && !folder.ends_with("src/bin") && !folder.ends_with("src");
    let is_main = path == format!("{sources}main.rs");
    let is_other = |file: &str| file != path && (roots.contains(file) || file.starts_with(&format!("{sources}bin/")));
    let mut own = vec![Code::of(&root)];
    let mut shared = Vec::new();
    for source in project.sources(|file| file.ends_with(".rs") && file != path && !is_for_tests(file)) {
        let file = project.below(&source);
        if has_folder && file.starts_with(&format!("{folder}/")) {
            own.push(Code::of(&source));
        } else if file.starts_with(&sources) && !is_other(file) {
            if is_main && !is_library {
                own.push(Code::of(&source));
            } else if is_main || is_library {
                shared.push(Code::of(&source));
            }
        }
    }
    for other in reached(packages, index).into_iter().skip(1) {
        let directory = below(&packages[other].directory, "src/");
        let is_part = |file: &str| {
            let is_program = file.starts_with(&format!("{directory}bin/")) || file == format!("{directory}main.rs");
            file.starts_with(&directory) && file.ends_with(".rs") && !is_program && !is_for_tests(file)
        };
        shared.extend(project.sources(is_part).iter().map(Code::of));
    }
    (own, shared)
}

fn is_for_tests(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_test(path) || matches!(name, "tests.rs" | "test.rs" | "test_utils.rs" | "test_helpers.rs")
}

/// The numbers of a package and of those of the project that it depends on, the nearest first.
pub(super) fn reached(packages: &[Package<'_>], index: usize) -> Vec<usize> {
    let mut found = vec![index];
    let mut at = 0;
    while let Some(index) = found.get(at).copied() {
        at += 1;
        for folder in packages[index].dependencies.iter().filter_map(|dependency| dependency.folder.as_ref()) {
            if let Some(other) = packages.iter().position(|package| package.directory == *folder)
                && !found.contains(&other)
            {
                found.push(other);
            }
        }
    }
    found
}
