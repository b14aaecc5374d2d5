//! Node.js: `package.json`, whichever program installs from it.

use super::{Project, Source, facts::Facts, health::health, pins, servers, words};
use crate::stack::{Command, Language, Module, Origin};

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

pub(super) fn wants(name: &str) -> bool {
    name == "package.json" || name == "schema.prisma" || is_code(name)
}

/// Whether such a file often holds a server, or the routes that it answers.
fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = [".js", ".mjs", ".cjs", ".ts"].iter().find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| matches!(stem, "server" | "index" | "app" | "main"))
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

    // 2. framework and servers
    for (package, name) in FRAMEWORKS {
        if let Some(fact) = facts.get(&format!("dependencies.{package}")) {
            let version = fact.value.trim_start_matches(['^', '~', '=', 'v', '>']);
            let is_number = version.starts_with(|c: char| c.is_ascii_digit());
            project.framework(name, is_number.then_some(version), source.sure(fact.line));
            break;
        }
    }
    for (name, fact) in facts.below("dependencies") {
        if let Some(kind) = servers::of_library(name) {
            project.service(kind, None, source.sure(fact.line));
        }
    }
    prisma(project);

    // 3. how it is built, tested and started
    let tool = project.stack.build_tool.clone();
    let script = |name: &str| facts.get(&format!("scripts.{name}"));
    // What `npm init` writes where there is no test.
    if let Some(test) = script("test").filter(|test| !test.value.contains("no test specified")) {
        project.tested(words(&[&tool, "test"]), Vec::new(), Vec::new(), source.sure(test.line));
    } else {
        project.note(source.path, "has no script `test`");
    }
    if let Some(build) = script("build") {
        project.stack.build = Some(Command { command: words(&[&tool, "run", "build"]) });
        project.origin("build", source.sure(build.line));
    }
    module(project, source, &facts);
}

fn language_version(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    let of = |key: &str| facts.get(key).and_then(|fact| Some((pins::short(Language::Node, &fact.value)?, source.sure(fact.line))));
    if let Some((version, origin)) = pins::version(project, Language::Node).or_else(|| of("volta.node")).or_else(|| of("engines.node")) {
        project.language_version(&version, origin);
    }
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
    if project.has("bun.lockb") || project.has("bun.lock") {
        project.note(source.path, "is installed by bun, which is not known here: what is made uses npm");
    }
}

/// Prisma's schema names the database; no library in `package.json` does.
fn prisma(project: &mut Project<'_>) {
    let Some(schema) = project.source(&["prisma/schema.prisma", "schema.prisma"]) else { return };
    let provider = schema.text.lines().enumerate().filter_map(|(index, line)| {
        let value = line.trim().strip_prefix("provider")?.trim_start().strip_prefix('=')?.trim().trim_matches('"').to_owned();
        Some((value, schema.sure(index + 1)))
    });
    for (value, origin) in provider {
        if let Some(kind) = match value.as_str() {
            "postgresql" | "postgres" => Some("postgresql"),
            "mysql" => Some("mysql"),
            "mongodb" => Some("mongodb"),
            _ => None,
        } {
            project.service(kind, None, origin);
        }
    }
}

fn module(project: &mut Project<'_>, source: Source<'_>, facts: &Facts) {
    let start = facts.get("scripts.start");
    let tool = project.stack.build_tool.clone();
    // A signal reaches what is started directly; a package manager in between swallows it.
    let direct = start.and_then(|fact| {
        let words: Vec<String> = fact.value.split_whitespace().map(str::to_owned).collect();
        (words.first().is_some_and(|first| first == "node") && !fact.value.contains(['&', '|', ';', '$'])).then_some(words)
    });
    let framework = project.stack.framework.clone();
    let guessed = MAINS.iter().find(|main| project.has(main)).map(|main| (*main).to_owned());
    let main = facts.get("main").map(|fact| fact.value.trim_start_matches("./").to_owned()).filter(|main| project.has(main));
    let (launch, origin) = match (direct, start, framework.as_str()) {
        (Some(words), Some(fact), _) => (words, source.sure(fact.line)),
        (None, Some(fact), "next") => (words(&["node_modules/.bin/next", "start"]), source.sure(fact.line)),
        (None, Some(fact), _) => (words(&[&tool, "start"]), source.sure(fact.line)),
        (None, None, _) => match main.clone().or(guessed.clone()) {
            Some(file) if !file.ends_with(".ts") => (vec!["node".to_owned(), file], source.unsure(1)),
            _ => {
                project.note(source.path, "nothing here says what is started: no script `start`, and no `main`");
                return;
            }
        },
        (Some(_), None, _) => return,
    };
    let mut module = Module::named(&project.stack.name, launch.clone());
    let name = module.name.clone();
    project.origin(&format!("modules.{name}"), origin);
    let entry = launch.iter().skip(1).find(|word| project.has(word)).cloned();
    let places: Vec<String> = entry.into_iter().chain(main).chain(guessed).collect();
    let mut code: Vec<Source<'_>> = places.iter().filter_map(|place| project.source(&[place])).collect();
    // What the entry imports, and what is built into it.
    code.extend(project.sources(|path| path.strip_prefix("src/").unwrap_or(path).matches('/').count() == 0 && is_code(path)));
    let listens = code.iter().find_map(|source| Some((*source, source.port(&["listen(", "port:", "port ="], port_in)?)));
    if project.port_from_environment(&mut module, &code) {
        // Said.
    } else if let Some((source, (port, line))) = listens {
        module.port = Some(port);
        project.origin(&format!("modules.{name}.port"), source.sure(line));
    } else if matches!(framework.as_str(), "next" | "nuxt") {
        module.port = Some(3000);
        module.port_variable = Some("PORT".to_owned());
        project.origin(&format!("modules.{name}.port"), Origin { place: source.path.to_owned(), certain: true });
    }
    health(project, &mut module, &code);
    project.stack.modules.push(module);
}

/// The last number on the line that can be a port: `listen(process.env.PORT || 3000`.
fn port_in(line: &str) -> Option<u16> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .filter_map(|word| word.parse().ok())
        .rfind(|port: &u16| *port >= 80)
}
