//! Node.js: `package.json`, whichever program installs from it.

mod launch;
mod listen;
mod output;
mod prisma;

use std::collections::BTreeSet;

use launch::{Started, package_of};

use super::{
    Project, Source, Survey,
    facts::Facts,
    health::{health, of_files},
    metrics::metrics,
    pins, servers, words,
};
use crate::{
    stack::{Command, Language, Module, Origin},
    tree::RelPath,
};

/// Frameworks by their package; the more particular ones first, because they bring the others along.
const FRAMEWORKS: [(&str, &str); 7] = [
    ("next", "next"),
    ("@nestjs/core", "nest"),
    ("nuxt", "nuxt"),
    ("fastify", "fastify"),
    ("express", "express"),
    ("koa", "koa"),
    ("hono", "hono"),
];

/// Lock files, what writes them, and how it installs exactly what they say.
const LOCKS: [(&str, &str); 4] =
    [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm")];

/// Where the code of a server often begins, when nothing says where.
const MAINS: [&str; 12] = [
    "server.js",
    "index.js",
    "app.js",
    "src/server.js",
    "src/index.js",
    "src/app.js",
    "src/main.js",
    "src/server.ts",
    "src/index.ts",
    "src/app.ts",
    "src/main.ts",
    "server.mjs",
];

/// Folders that compilers write to.
const COMPILED: [&str; 4] = ["dist", "build", "out", "lib"];

/// What the name of a file may end in that a command names without it.
const ENDS: [&str; 7] = ["", ".js", ".mjs", ".cjs", ".ts", "/index.js", "/index.ts"];

/// The lines of Node.js that are in use, the newest first.
const LINES: [u32; 3] = [24, 22, 20];

/// Libraries that keep a database in a file.
const IN_FILES: [&str; 4] = ["better-sqlite3", "sqlite3", "sqlite", "lowdb"];

/// What Next.js packs a server into that needs no `node_modules`, below its project.
const STANDALONE: &str = ".next/standalone";

pub(super) fn wants(name: &str) -> bool {
    matches!(name, "package.json" | "schema.prisma" | "pnpm-workspace.yaml" | "tsconfig.json")
        || name.starts_with("prisma.config.")
        || name.starts_with("next.config.")
        || is_code(name)
        // In a folder `config`.
        || matches!(name, "default.js" | "default.ts" | "default.cjs")
}

/// Whether such a file often holds a server, or the routes that it answers.
fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = [".js", ".mjs", ".cjs", ".ts"].iter().find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| matches!(stem, "server" | "index" | "app" | "main" | "app.module"))
}

/// The files that scripts start, whatever they are called, and that were not read: `./bin/www`, `src/boot` for `src/boot.js`.
pub(super) fn started_files(survey: &Survey) -> Vec<String> {
    let is_read = |path: &str| RelPath::new(path).is_ok_and(|path| survey.files.get(&path).is_some());
    let packages = survey.files.iter().filter_map(|(path, entry)| Some((path.as_str().strip_suffix("package.json")?, entry.text()?)));
    let mut found = BTreeSet::new();
    for (folder, text) in packages.filter(|(folder, _)| folder.is_empty() || folder.ends_with('/')) {
        let Ok(facts) = Facts::of_json(text) else { continue };
        let named = facts.below("scripts").map(|(_, fact)| fact).chain(facts.get("main"));
        for word in named.flat_map(|fact| fact.value.split_whitespace()).filter(|word| !word.starts_with('-')) {
            let word = word.trim_start_matches("./").trim_end_matches('/');
            let sources = source_stems(word).into_iter().chain([word.to_owned()]);
            let paths = sources.flat_map(|stem| ENDS.map(|end| format!("{folder}{stem}{end}")));
            found.extend(paths.filter(|path| survey.paths.contains(path) && !is_read(path)));
        }
    }
    found.into_iter().collect()
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["package.json"]) else { return };
    project.language(Language::Node, "npm", &source.sure(1));
    let Some(facts) = project.facts(source, Facts::of_json(source.text)) else { return };

    // 1. what it is called, for which Node.js, and what installs it
    if let Some(name) = facts.get("name") {
        project.named(name.value.rsplit('/').next().unwrap_or(&name.value), source.sure(name.line));
    }
    language_version(project, source, &facts);
    build_tool(project, source, &facts);

    let members = members(project, source, &facts);
    project.stack.workspaces = !members.is_empty();
    if project.stack.language_version.is_empty() {
        for member in &members {
            language_version(project, member.source, &member.facts);
        }
    }

    // 2. framework and servers
    let all: Vec<(Source<'_>, &Facts)> =
        std::iter::once((source, &facts)).chain(members.iter().map(|member| (member.source, &member.facts))).collect();
    for (source, facts) in &all {
        framework(project, *source, facts);
        for (name, fact) in facts.below("dependencies") {
            if let Some(kind) = servers::of_library(name) {
                project.service(kind, None, source.sure(fact.line));
            }
        }
    }
    prisma::read(project, &all);

    // 3. how it is built, tested and started
    let script = |facts: &Facts, name: &str| {
        // What `npm init` writes where there is no test.
        facts.get(&format!("scripts.{name}")).filter(|script| !script.value.contains("no test specified")).cloned()
    };
    let found = |name: &str| {
        let own = script(&facts, name).map(|fact| (project.run(name), source.sure(fact.line)));
        own.or_else(|| {
            let mut of_members = members.iter().filter_map(|member| Some(member.source.sure(script(&member.facts, name)?.line)));
            of_members.next().map(|origin| (project.run_in_all(name), origin))
        })
    };
    let (tested, built) = (found("test"), found("build"));
    if let Some((command, origin)) = tested {
        project.tested(command, Vec::new(), Vec::new(), origin);
    } else {
        project.note(source.path, "has no script `test`");
    }
    if let Some((command, origin)) = built {
        project.stack.build = Some(Command { command });
        project.origin("build", origin);
    }
    let files = &project.survey.paths;
    let at_root = project.stack.directory.clone();
    let whole = Package { directory: ".", at_root: &at_root, source, facts: &facts, of_whole: &facts, files };
    module(project, &whole, members.is_empty());
    for member in &members {
        let at_root = project.path(&member.directory);
        let (directory, source) = (member.directory.as_str(), member.source);
        module(project, &Package { directory, at_root: &at_root, source, facts: &member.facts, of_whole: &facts, files }, false);
    }
    if !members.is_empty() && project.stack.modules.is_empty() {
        project.note(source.path, "nothing here says what is started: no package of the workspace has a script `start`");
    }
}

/// A package of a workspace.
struct Member<'s> {
    /// Its folder below the project.
    directory: String,
    source: Source<'s>,
    facts: Facts,
}

/// The packages that the workspace names: in `package.json`, as npm and Yarn read it, or in pnpm's own file.
fn members<'s>(project: &mut Project<'s>, source: Source<'_>, facts: &Facts) -> Vec<Member<'s>> {
    let mut globs: Vec<String> = Vec::new();
    if let Some(own) = project.source(&["pnpm-workspace.yaml"]) {
        let listed = project.facts(own, Facts::of_yaml(own.text)).unwrap_or_default();
        globs.extend(listed.below("packages").map(|(_, fact)| fact.value.clone()));
    } else {
        let listed = facts.below("workspaces").filter(|(rest, _)| rest.trim_start_matches("packages.").parse::<usize>().is_ok());
        globs.extend(listed.map(|(_, fact)| fact.value.clone()));
    }
    let plain = |glob: &str| glob.trim_start_matches("./").trim_end_matches('/').to_owned();
    let (left_out, wanted): (Vec<_>, Vec<_>) = globs.iter().partition(|glob| glob.starts_with('!'));
    let is_one = |folder: &str| {
        let holds = |glob: &str| fast_glob::glob_match(plain(glob), folder);
        wanted.iter().any(|glob| holds(glob)) && !left_out.iter().any(|glob| holds(glob.trim_start_matches('!')))
    };
    let sources = project.sources(|path| path.strip_suffix("/package.json").is_some_and(&is_one));
    let mut found = Vec::new();
    for own in sources {
        let directory = project.below(&own).trim_end_matches("/package.json").to_owned();
        if let Some(facts) = project.facts(own, Facts::of_json(own.text)) {
            found.push(Member { directory, source: own, facts });
        }
    }
    if found.is_empty() && !wanted.is_empty() {
        project.note(source.path, format!("names packages of a workspace, and there are none at {}", super::listed(&globs)));
    }
    found
}

impl Project<'_> {
    /// How a script of the project is run.
    fn run(&self, script: &str) -> Vec<String> {
        let tool = self.stack.build_tool.as_str();
        if script == "test" { words(&[tool, script]) } else { words(&[tool, "run", script]) }
    }

    /// How a script is run in all packages of a workspace that have it.
    fn run_in_all(&self, script: &str) -> Vec<String> {
        match (self.stack.build_tool.as_str(), self.stack.berry) {
            ("pnpm", _) => words(&["pnpm", "--recursive", "run", script]),
            ("yarn", true) => words(&["yarn", "workspaces", "foreach", "--all", "--topological-dev", "run", script]),
            // Of a Yarn that has this only where every package has the script, `npm` knows better.
            _ => words(&["npm", "run", script, "--workspaces", "--if-present"]),
        }
    }
}

fn framework(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    if project.stack.framework != "none" {
        return;
    }
    for (package, name) in FRAMEWORKS {
        if let Some(fact) = facts.get(&format!("dependencies.{package}")) {
            let version = fact.value.trim_start_matches(['^', '~', '=', 'v', '>']);
            let is_number = version.starts_with(|c: char| c.is_ascii_digit());
            project.framework(name, is_number.then_some(version), source.sure(fact.line));
            break;
        }
    }
}

fn language_version(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    let of = |key: &str| facts.get(key).and_then(|fact| Some((pins::short(Language::Node, &fact.value)?, source.sure(fact.line))));
    let engines = || facts.get("engines.node").and_then(|fact| engine(&fact.value, source, fact.line));
    if let Some((version, origin)) = pins::version(project, Language::Node).or_else(|| of("volta.node")).or_else(engines) {
        project.language_version(&version, origin);
    }
}

/// The line that `engines` asks for. Where it begins with one that has ended, a newer one that it also allows is taken, which is a guess.
fn engine(range: &str, source: Source<'_>, line: usize) -> Option<(String, Origin)> {
    let first = pins::short(Language::Node, range)?;
    let number: u32 = first.parse().ok()?;
    if number >= LINES[LINES.len() - 1] {
        return Some((first, source.sure(line)));
    }
    Some(match LINES.iter().find(|line| allows(range, **line)) {
        Some(newest) => (newest.to_string(), source.unsure(line)),
        None => (first, source.sure(line)),
    })
}

/// Whether a range of versions, `^18.17 || >=20.5 <23`, holds all of a line but for its beginning.
fn allows(range: &str, line: u32) -> bool {
    range.split("||").any(|part| {
        // `>= 18` is one word as well as two.
        let part = ["<", ">", "=", "^", "~"].iter().fold(part.replace(',', " "), |part, sign| part.replace(&format!("{sign} "), sign));
        let mut bounds = part.split_whitespace().peekable();
        bounds.peek().is_some()
            && bounds.all(|bound| {
                let start = bound.find(|c: char| c.is_ascii_digit()).unwrap_or(bound.len());
                let number: Option<u32> = bound[start..].split('.').next().and_then(|number| number.parse().ok());
                number.is_some_and(|number| match &bound[..start] {
                    ">=" | ">" => line >= number,
                    "<" => line < number,
                    "<=" => line <= number,
                    _ => line == number,
                })
            })
    })
}

fn build_tool(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    // `pnpm@9.1.0`, as corepack reads it.
    let named = facts.get("packageManager").and_then(|fact| Some((fact.value.split('@').next()?.to_owned(), source.sure(fact.line))));
    let lock = LOCKS.iter().find(|(file, _)| project.has(file));
    let locked = lock.map(|(file, tool)| ((*tool).to_owned(), Origin { place: project.path(file), certain: true }));
    if let Some((tool, origin)) = named.or(locked) {
        project.stack.build_tool = tool;
        project.origin("build_tool", origin);
    }
    project.stack.lock_file = lock.map(|(file, _)| (*file).to_owned());
    // Yarn 1 knows no `.yarnrc.yml`, and the later ones nothing else.
    let number = facts.get("packageManager").and_then(|fact| fact.value.strip_prefix("yarn@"));
    let is_later = number.map_or_else(|| project.has(".yarnrc.yml"), |number| !number.starts_with("1."));
    project.stack.berry = project.stack.build_tool == "yarn" && is_later;
    if project.has("bun.lockb") || project.has("bun.lock") {
        project.note(source.path, "is installed by bun, which is not known here: what is made uses npm");
    }
}

/// The sources that a build may make a file of, without their ends: `src/main` of `dist/main.js`.
fn source_stems(made: &str) -> Vec<String> {
    let Some((_, rest)) = made.split_once('/').filter(|(folder, _)| COMPILED.contains(folder)) else { return Vec::new() };
    let stem = [".js", ".mjs", ".cjs"].iter().find_map(|end| rest.strip_suffix(end)).unwrap_or(rest);
    vec![format!("src/{stem}"), stem.to_owned()]
}

/// A package that may start something.
struct Package<'p> {
    /// Its folder below the project; `.` is the project.
    directory: &'p str,
    /// Its folder below the repository's root.
    at_root: &'p str,
    source: Source<'p>,
    facts: &'p Facts,
    /// What the project itself says, where this is a package of its workspace.
    of_whole: &'p Facts,
    /// All paths of the repository.
    files: &'p BTreeSet<String>,
}

impl Package<'_> {
    fn is_member(&self) -> bool {
        self.directory != "."
    }

    /// The path below the project of what lies at `path` in the package.
    fn at(&self, path: &str) -> String {
        super::below(self.directory, path)
    }

    fn script(&self, name: &str) -> Option<&str> {
        self.facts.get(&format!("scripts.{name}")).map(|fact| fact.value.as_str())
    }

    fn line_of_script(&self, name: &str) -> usize {
        self.facts.get(&format!("scripts.{name}")).map_or(1, |fact| fact.line)
    }

    fn depends_on(&self, package: &str) -> bool {
        self.facts.get(&format!("dependencies.{package}")).is_some()
    }

    /// Whether a program comes with a package that is not in the image.
    fn is_only_for_development(&self, program: &str) -> bool {
        let package = package_of(program);
        let is_in = |facts: &Facts, part: &str| facts.get(&format!("{part}.{package}")).is_some();
        let is_delivered = [self.facts, self.of_whole].iter().any(|facts| is_in(facts, "dependencies"));
        !is_delivered && [self.facts, self.of_whole].iter().any(|facts| is_in(facts, "devDependencies"))
    }

    /// The file that a word of a command line means, below the package: `./bin/www`, `src/boot` for `src/boot.js`, `src` for `src/index.js`.
    fn file(&self, project: &Project<'_>, word: &str) -> Option<String> {
        let word = word.trim_start_matches("./").trim_end_matches('/');
        if word.is_empty() || word.starts_with('-') {
            return None;
        }
        ENDS.iter().map(|end| format!("{word}{end}")).find(|path| project.has(&self.at(path)))
    }

    /// The source of what a build makes: `src/main.ts` of `dist/main`.
    fn source_of(&self, project: &Project<'_>, word: &str) -> Option<String> {
        source_stems(word.trim_start_matches("./")).iter().find_map(|path| self.file(project, path))
    }

    /// The `main` that is there.
    fn main(&self, project: &Project<'_>) -> Option<String> {
        let main = self.facts.get("main")?.value.trim_start_matches("./").to_owned();
        project.has(&self.at(&main)).then_some(main)
    }

    /// Where the code of a server often begins.
    fn guessed(&self, project: &Project<'_>) -> Option<String> {
        MAINS.iter().find(|main| project.has(&self.at(main))).map(|main| (*main).to_owned())
    }

    /// The program that builds pages, where the package is nothing else.
    fn site(&self) -> Option<&str> {
        let build = self.script("build")?;
        ["vite", "astro", "docusaurus", "react-scripts", "ng", "vue-cli-service", "eleventy", "gatsby"]
            .into_iter()
            .find(|program| build.split(|c: char| c.is_whitespace() || c == '&').any(|word| word == *program))
    }
}

/// Adds what a package starts.
fn module(project: &mut Project<'_>, package: &Package<'_>, is_wanted: bool) {
    let Some(started) = launch::started(project, package, is_wanted) else { return };
    let (directory, source, facts) = (package.directory, package.source, package.facts);
    let name = match facts.get("name").filter(|_| package.is_member()) {
        Some(name) => super::slug(name.value.rsplit('/').next().unwrap_or(&name.value)),
        None if package.is_member() => super::slug(directory.rsplit('/').next().unwrap_or(directory)),
        None => project.stack.name.clone(),
    };
    let mut module = Module::named(&name, started.words.clone());
    directory.clone_into(&mut module.directory);
    module.environment = started.environment.iter().filter(|(name, _)| name != "PORT").cloned().collect();
    project.origin(&format!("modules.{name}"), started.origin.clone());
    if !started.is_sure {
        project.origin(&format!("modules.{name}.launch"), Origin { certain: false, ..started.origin.clone() });
    }
    let is_next = package.depends_on("next");
    if is_next && launch::standalone(project, directory).is_some() {
        module.artifact = Some(STANDALONE.to_owned());
        // What is packed listens where the host's name leads to, which in a container is not where it is asked how it is.
        module.host_variable = Some("HOSTNAME".to_owned());
    }
    let code = code(project, package, &started);
    let code = listen::read(project, &mut module, package, &started, code);
    health(project, &mut module, &code);
    // Below another path than `/` all of them lie below that.
    let is_based = next_config(project, directory).is_some_and(|source| source.text.contains("basePath"));
    if let Some((route, file)) = (is_next && !is_based).then(|| of_files(file_routes(project, directory))).flatten() {
        module.health_path = Some(route);
        project.origin(&format!("modules.{name}.health_path"), Origin { place: project.path(file), certain: false });
    }
    for fact in IN_FILES.iter().filter_map(|name| facts.get(&format!("dependencies.{name}"))) {
        project.note(&source.at(fact.line), super::KEPT_IN_A_FILE);
    }
    metrics(project, &mut module, |name| Some(source.sure(facts.get(&format!("dependencies.{name}"))?.line)));
    project.stack.modules.push(module);
}

/// The code of what is started: its entry, where servers often begin, and what lies beside that.
fn code<'s>(project: &Project<'s>, package: &Package<'_>, started: &Started) -> Vec<Source<'s>> {
    let script = started.script.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
    let mut words = started.words.iter().skip(1).map(String::as_str).chain(script);
    let entry = words.find_map(|word| package.file(project, word).or_else(|| package.source_of(project, word)));
    let places = entry.into_iter().chain(package.main(project)).chain(package.guessed(project));
    let mut code: Vec<Source<'_>> = places.filter_map(|place| project.source(&[&package.at(&place)])).collect();
    // What the entry imports, and what is built into it.
    let inside = if package.is_member() { format!("{}/", package.directory) } else { String::new() };
    let is_beside = |path: &str| path.strip_prefix("src/").unwrap_or(path).matches('/').count() == 0 && is_code(path);
    code.extend(project.sources(|path| path.strip_prefix(&inside).is_some_and(is_beside)));
    code
}

/// The paths that Next.js answers by code: `app/api/health/route.ts`, `pages/api/health.js`. A folder in brackets is no part of the path.
fn file_routes<'s>(project: &Project<'s>, directory: &str) -> impl Iterator<Item = (String, &'s str)> {
    let prefix = if directory == "." { String::new() } else { format!("{directory}/") };
    project.paths().filter_map(move |path| {
        let inside = path.strip_prefix(prefix.as_str())?;
        let inside = inside.strip_prefix("src/").unwrap_or(inside);
        let (stem, end) = inside.rsplit_once('.')?;
        if !["js", "jsx", "mjs", "ts", "tsx"].contains(&end) {
            return None;
        }
        let route = stem
            .strip_prefix("app/")
            .and_then(|rest| rest.strip_suffix("/route"))
            .or_else(|| stem.strip_prefix("pages/").filter(|rest| rest.starts_with("api/")))?;
        let parts: Vec<&str> = route.split('/').filter(|part| !part.starts_with('(')).collect();
        Some((format!("/{}", parts.join("/")), path))
    })
}

/// The configuration of Next.js.
fn next_config<'s>(project: &Project<'s>, directory: &str) -> Option<Source<'s>> {
    let names = ["next.config.js", "next.config.mjs", "next.config.cjs", "next.config.ts", "next.config.mts"];
    names.iter().find_map(|name| project.source(&[&super::below(directory, name)]))
}

/// The last number on the line that can be a port: `listen(process.env.PORT || 3000`.
fn port_in(line: &str) -> Option<u16> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .filter_map(|word| word.parse().ok())
        .rfind(|port: &u16| *port >= 80)
}

#[cfg(test)]
mod tests {
    use super::{LINES, Source, engine};

    #[test]
    fn the_lines_in_use_are_those_of_our_images() {
        let versions: toml::Table = toml::from_str(include_str!("../../templates/versions.toml")).expect("a table");
        let said = |name: &str| versions["node"][name].as_str().and_then(|number| number.parse().ok());
        assert_eq!((said("latest"), said("min")), (Some(LINES[0]), LINES.last().copied()));
    }

    #[test]
    fn a_line_that_has_ended_is_left_where_a_newer_one_will_do() {
        for (range, version, is_sure) in [
            (">=20", "20", true),
            ("^20.19.0 || >=22.12.0", "20", true),
            ("22.x", "22", true),
            (">=18", "24", false),
            (">= 16.0.0", "24", false),
            (">=18 <23", "22", false),
            (">=18.0.0, <=20", "20", false),
            ("^18.17.0 || >=20.5.0", "24", false),
            ("18 || 20 || 22", "22", false),
            ("^18", "18", true),
            ("18.x", "18", true),
            (">=16 <19", "16", true),
        ] {
            let found = engine(range, Source { path: "package.json", text: "" }, 1);
            assert_eq!(found.map(|(version, origin)| (version, origin.certain)), Some((version.to_owned(), is_sure)), "{range}");
        }
    }
}
