//! What an image starts of a package: what its scripts say, without what only development has.

use super::{
    super::{Project, below, words},
    COMPILED, Package, next_config, output,
};
use crate::stack::Origin;

/// The scripts by which a server is started, the one for production first.
const SCRIPTS: [&str; 3] = ["start:prod", "start:production", "start"];

/// Programs whose package has another name.
const PROGRAMS: [(&str, &str); 17] = [
    ("nest", "@nestjs/cli"),
    ("tsc", "typescript"),
    ("docusaurus", "@docusaurus/core"),
    ("ng", "@angular/cli"),
    ("vue-cli-service", "@vue/cli-service"),
    ("babel-node", "@babel/node"),
    ("swc-node", "@swc-node/register"),
    ("tsnd", "ts-node-dev"),
    ("dotenv", "dotenv-cli"),
    ("fastify", "fastify-cli"),
    ("remix", "@remix-run/dev"),
    ("remix-serve", "@remix-run/serve"),
    ("eleventy", "@11ty/eleventy"),
    ("nuxi", "nuxt"),
    ("pm2-runtime", "pm2"),
    ("pm2", "pm2"),
    ("react-router-serve", "@react-router/serve"),
];

/// Programs that translate while they run.
const TRANSLATORS: [&str; 7] = ["tsx", "ts-node", "ts-node-dev", "tsnd", "babel-node", "swc-node", "vite-node"];

/// Servers for development: the program, and the words behind it with which it is one; none where it always is.
const DEVELOPMENT: [(&str, &[&str]); 14] = [
    ("vite", &[]),
    ("react-scripts", &["start"]),
    ("astro", &["dev", "preview"]),
    ("docusaurus", &["start", "serve"]),
    ("ng", &["serve"]),
    ("vue-cli-service", &["serve"]),
    ("webpack", &["serve"]),
    ("webpack-dev-server", &[]),
    ("parcel", &[]),
    ("gatsby", &["develop", "serve"]),
    ("eleventy", &["--serve"]),
    ("remix", &["dev", "vite:dev"]),
    ("react-router", &["dev"]),
    ("storybook", &["dev"]),
];

/// Scripts that name each other are followed so far.
const DEEPEST: usize = 3;

/// The first Node.js that runs TypeScript as it is.
const STRIPS_TYPES: u32 = 22;

/// What is started.
pub(super) struct Started {
    pub(super) words: Vec<String>,
    pub(super) origin: Origin,
    /// Whether a file says so, as opposed to what was made of it.
    pub(super) is_sure: bool,
    /// What the script gives the program besides: variables of its environment.
    pub(super) environment: Vec<(String, String)>,
    /// The script as it stands there.
    pub(super) script: String,
}

/// What a script comes to.
enum Reading {
    /// The program itself, without a package manager in between, which would swallow signals.
    Direct(Vec<String>),
    /// What the script means, as far as that can be told.
    Guess(Vec<String>),
    /// Nothing that is known: the package manager runs it.
    Script,
    /// Nothing that an image could start, and why.
    Nothing(String),
}

/// What is started of the package; a note where it should start something and nothing says what.
pub(super) fn started(project: &mut Project<'_>, package: &Package<'_>, is_wanted: bool) -> Option<Started> {
    let is_next = package.depends_on("next");
    let scripts = || SCRIPTS.iter().filter_map(|name| Some((*name, package.script(name)?)));
    if let Some(origin) = standalone(project, package.directory).filter(|_| is_next && package.script("start").is_some()) {
        let script = package.script("start").unwrap_or_default().to_owned();
        return Some(Started { words: words(&["node", "server.js"]), origin, is_sure: true, environment: Vec::new(), script });
    }
    let read: Vec<(&str, &str, Line, Reading)> = scripts()
        .map(|(name, script)| {
            let line = Line::of(package, script, 0);
            let reading = reading(project, package, &line);
            (name, script, line, reading)
        })
        .collect();
    let rank = |reading: &Reading| match reading {
        Reading::Direct(_) => 0,
        Reading::Script => 1,
        Reading::Guess(_) => 2,
        Reading::Nothing(_) => 3,
    };
    let Some((name, script, line, reading)) = read.into_iter().min_by_key(|(_, _, _, reading)| rank(reading)) else {
        return without_script(project, package, is_wanted);
    };
    let origin = package.source.sure(package.line_of_script(name));
    let tool = project.stack.build_tool.clone();
    for option in &line.left_out {
        project.note(
            &origin.place,
            format!("`{option}` is left out of what the image starts: that file is not in it; what it says is given to the container"),
        );
    }
    if !line.is_plain && matches!(reading, Reading::Guess(_)) {
        let left_out =
            "needs what `devDependencies` bring, which is not in the image: of this script only the last command is started there";
        project.note(&origin.place, left_out);
    }
    let (words, is_sure, environment) = match reading {
        Reading::Direct(words) => (words, true, line.environment),
        Reading::Guess(words) => (words, false, line.environment),
        Reading::Script if name == "start" => (words(&[&tool, name]), true, Vec::new()),
        Reading::Script => (words(&[&tool, "run", name]), true, Vec::new()),
        Reading::Nothing(why) => match entry_of(project, package).filter(|entry| !entry.ends_with(".ts")) {
            Some(file) if !package.is_member() && !is_front_end(&line) => (vec!["node".to_owned(), file], false, Vec::new()),
            _ => {
                project.note(&origin.place, why);
                return None;
            }
        },
    };
    Some(Started { words, origin, is_sure, environment, script: script.to_owned() })
}

/// What is started where no script says it.
fn without_script(project: &mut Project<'_>, package: &Package<'_>, is_wanted: bool) -> Option<Started> {
    let made = |words: Vec<String>, is_sure: bool| {
        let origin = Origin { place: package.source.at(1), certain: is_sure };
        Started { words, origin, is_sure, environment: Vec::new(), script: String::new() }
    };
    if package.depends_on("nuxt") && package.script("build").is_some() {
        return Some(made(words(&["node", output::NUXT]), true));
    }
    // A package of a workspace that has a `main` only is there for the others.
    if package.is_member() {
        return None;
    }
    if let Some(program) = package.site().filter(|_| project.stack.framework == "none") {
        let note = output::site_note(&project.stack.build_tool, program);
        project.note(package.source.path, note);
        return None;
    }
    if let Some(file) = package.main(project).or_else(|| package.guessed(project)).filter(|file| !file.ends_with(".ts")) {
        return Some(made(vec!["node".to_owned(), file], false));
    }
    if is_wanted {
        project.note(package.source.path, "nothing here says what is started: no script `start`, and no `main`");
    }
    None
}

/// The file of a server that is there, where no script names one that can be started.
fn entry_of(project: &Project<'_>, package: &Package<'_>) -> Option<String> {
    package.main(project).or_else(|| package.guessed(project))
}

/// Whether it is a server that shows pages while they are written: what else is there is no server.
fn is_front_end(line: &Line) -> bool {
    line.commands.iter().any(|words| development_server(words).is_some())
}

/// A script, as far as it is a plain command line.
struct Line {
    /// The commands that come one after the other.
    commands: Vec<Vec<String>>,
    /// What it says of the environment.
    environment: Vec<(String, String)>,
    /// Options of Node.js that an image has no use for.
    left_out: Vec<String>,
    /// Whether a shell is needed to run it.
    is_plain: bool,
}

impl Line {
    /// Follows `npm run NAME` to the script that it names.
    fn of(package: &Package<'_>, script: &str, depth: usize) -> Self {
        let commands: Vec<Vec<String>> = script
            .split("&&")
            .map(|part| part.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect::<Vec<_>>())
            .collect();
        let is_plain = commands.len() == 1 && !script.contains(['&', '|', ';', '$', '`', '>', '<', '"', '\'']);
        let mut line = Self { commands, environment: Vec::new(), left_out: Vec::new(), is_plain };
        if !is_plain {
            return line;
        }
        let Some(words) = line.commands.first_mut() else { return line };
        if words.first().is_some_and(|word| matches!(word.as_str(), "cross-env" | "env")) {
            words.remove(0);
        }
        while let Some((name, value)) = words.first().and_then(|word| assignment(word)) {
            // The image says that by itself.
            if (name.as_str(), value.as_str()) != ("NODE_ENV", "production") {
                line.environment.push((name, value));
            }
            words.remove(0);
        }
        if words.first().is_some_and(|word| word == "npx") {
            words.remove(0);
        }
        let named = called_script(words).filter(|_| depth < DEEPEST).and_then(|name| package.script(name));
        if let Some(named) = named {
            let mut other = Self::of(package, named, depth + 1);
            other.environment.extend(line.environment);
            return other;
        }
        if words.first().is_some_and(|word| word == "node") {
            line.left_out = without_env_files(words, package);
        }
        line
    }
}

/// `PORT=8080`.
fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

/// The script that a package manager is asked for, and nothing else.
fn called_script(words: &[String]) -> Option<&str> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["npm" | "yarn" | "pnpm", "run", name] | ["npm" | "yarn" | "pnpm", name @ "start"] | ["yarn" | "pnpm", name] => Some(name),
        _ => None,
    }
}

/// Takes out what names a file of variables that no image holds, and what starts the program anew when a file changes; tells the former.
fn without_env_files(words: &mut Vec<String>, package: &Package<'_>) -> Vec<String> {
    let mut left_out = Vec::new();
    let mut kept = Vec::new();
    let mut rest = std::mem::take(words).into_iter().peekable();
    while let Some(word) = rest.next() {
        let option = word.split('=').next().unwrap_or(&word).to_owned();
        if matches!(option.as_str(), "--env-file" | "--env-file-if-exists") {
            let file = word.split_once('=').map(|(_, file)| file.to_owned()).or_else(|| rest.next()).unwrap_or_default();
            let name = file.rsplit('/').next().unwrap_or(&file);
            if name.starts_with(".env") || !package.files.contains(&below(package.at_root, file.trim_start_matches("./"))) {
                left_out.push(format!("{option}={file}"));
            } else {
                kept.push(format!("{option}={file}"));
            }
        } else if option != "--watch" {
            kept.push(word);
        }
    }
    *words = kept;
    left_out
}

fn reading(project: &Project<'_>, package: &Package<'_>, line: &Line) -> Reading {
    let is_next = |words: &Vec<String>| words.first().is_some_and(|program| program == "next");
    // What a shell would put into its options is said in another way.
    if line.is_plain || line.commands.len() == 1 && line.commands.first().is_some_and(is_next) {
        return line.commands.first().map_or(Reading::Script, |words| of_command(project, package, words));
    }
    // What stands before the server needs programs that are not in the image.
    let missing = line.commands.iter().find(|words| words.first().is_some_and(|program| package.is_only_for_development(program)));
    match (missing, line.commands.last()) {
        (Some(missing), Some(last)) if missing != last => match of_command(project, package, last) {
            Reading::Direct(words) | Reading::Guess(words) => Reading::Guess(words),
            other => other,
        },
        (Some(missing), _) => of_command(project, package, missing),
        _ => Reading::Script,
    }
}

fn of_command(project: &Project<'_>, package: &Package<'_>, words_of: &[String]) -> Reading {
    let Some((program, arguments)) = words_of.split_first() else { return Reading::Script };
    let has_build = package.script("build").is_some();
    if program == "next" && package.is_member() {
        // Where it lies in a workspace, npm knows.
        return Reading::Script;
    }
    let file = arguments.iter().find(|word| package.file(project, word).is_some());
    match program.as_str() {
        "node" => Reading::Direct(words_of.to_vec()),
        "nodemon" if file.is_none_or(|file| !file.ends_with(".ts")) && !arguments.iter().any(|word| word == "--exec" || word == "-x") => {
            match file.cloned().or_else(|| entry_of(project, package)) {
                Some(file) => Reading::Direct(vec!["node".to_owned(), file]),
                None => Reading::Nothing(nothing(project, "nodemon", "is for development")),
            }
        }
        "nest" if has_build => Reading::Guess(words(&["node", "dist/main"])),
        "next" if arguments.first().is_some_and(|word| word == "dev") && has_build => Reading::Guess(next()),
        "next" => Reading::Direct(next()),
        "nuxt" | "nuxi" if has_build => Reading::Direct(words(&["node", output::NUXT])),
        "fastify" if !package.is_only_for_development(program) && !package.is_member() => {
            let rest = arguments.iter().filter(|word| !matches!(word.as_str(), "-w" | "--watch" | "-P" | "--pretty-logs"));
            Reading::Direct(std::iter::once("node_modules/.bin/fastify".to_owned()).chain(rest.cloned()).collect())
        }
        "bun" | "deno" => Reading::Nothing(nothing(project, program, "is not Node.js")),
        _ if TRANSLATORS.contains(&program.as_str()) || program == "nodemon" => {
            if program != "nodemon" && package.depends_on(package_of(program)) {
                return Reading::Script;
            }
            compiled(project, package, file.map(String::as_str))
                .map_or_else(|| Reading::Nothing(nothing(project, program, "is a dependency of development")), Reading::Guess)
        }
        _ => match development_server(words_of) {
            Some(program) if has_build => Reading::Nothing(output::site_note(&project.stack.build_tool, program)),
            Some(program) => Reading::Nothing(nothing(project, program, "is a server for development")),
            None if package.is_only_for_development(program) => {
                Reading::Nothing(nothing(project, program, "is a dependency of development"))
            }
            None => Reading::Script,
        },
    }
}

fn next() -> Vec<String> {
    words(&["node_modules/.bin/next", "start"])
}

/// The program, where it is a server that shows pages while they are written.
fn development_server(words: &[String]) -> Option<&str> {
    let (program, arguments) = words.split_first()?;
    let (_, commands) = DEVELOPMENT.iter().find(|(name, _)| name == program)?;
    (commands.is_empty() || arguments.iter().any(|word| commands.contains(&word.as_str()))).then_some(program)
}

fn nothing(project: &Project<'_>, program: &str, is: &str) -> String {
    let tool = &project.stack.build_tool;
    format!("`{tool} start` runs `{program}`, which {is} and not in the image: `--set launch=COMMAND` says what is started instead")
}

/// How the JavaScript is started that a build makes of a file, or the file itself where Node.js can do that.
fn compiled(project: &Project<'_>, package: &Package<'_>, file: Option<&str>) -> Option<Vec<String>> {
    let is_compiled = |path: &str| COMPILED.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    let of_node = |file: String| vec!["node".to_owned(), file];
    if package.script("build").is_some() {
        let named = package.facts.get("main").map(|fact| fact.value.trim_start_matches("./").to_owned());
        if let Some(main) = named.filter(|main| is_compiled(main)) {
            return Some(of_node(main));
        }
        let file = package.file(project, file?)?;
        let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
        let folder = output::folder(project, package).unwrap_or_else(|| "dist".to_owned());
        return Some(of_node(format!("{folder}/{}.js", stem.strip_prefix("src/").unwrap_or(stem))));
    }
    let number: u32 = project.stack.language_version.parse().ok()?;
    if number < STRIPS_TYPES {
        return None;
    }
    Some(of_node(package.file(project, file?)?))
}

/// The package that brings a program.
pub(super) fn package_of(program: &str) -> &str {
    PROGRAMS.iter().find(|(name, _)| *name == program).map_or(program, |(_, package)| package)
}

/// Where the configuration of Next.js says that it packs a server: `output: 'standalone'`.
pub(super) fn standalone(project: &Project<'_>, directory: &str) -> Option<Origin> {
    let source = next_config(project, directory)?;
    let ((), line) = source.find(|line| {
        let value = line.trim_start().strip_prefix("output")?.trim_start().strip_prefix(':')?.trim_start();
        ["'standalone'", "\"standalone\"", "`standalone`"].iter().any(|text| value.starts_with(text)).then_some(())
    })?;
    Some(source.sure(line))
}
