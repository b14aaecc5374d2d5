//! Python: `pyproject.toml`, requirements and what older tools left.

mod django;
mod flask;
mod procfile;
mod requirements;
mod version;

use std::collections::BTreeSet;

use requirements::{Taken, of_tests, taken};

use super::{Project, Source, Survey, below, facts::Facts, health::health, metrics::metrics, pins, servers, words};
use crate::stack::{Language, Module, Origin};

const FRAMEWORKS: [&str; 4] = ["fastapi", "django", "flask", "starlette"];

/// What shows that Python builds a folder.
pub(super) const BUILD: [&str; 11] = [
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "manage.py",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/requirements.txt",
    "requirements/main.txt",
    "requirements/base.txt",
];

/// Files with a requirement a line.
const REQUIREMENTS: [&str; 4] = ["requirements.txt", "requirements/base.txt", "requirements/production.txt", "requirements-dev.txt"];

/// What such files, groups and extras are often called that hold what the tests need, the likeliest first.
const OF_TESTS: [&str; 8] = ["test", "tests", "testing", "dev", "develop", "development", "local", "ci"];

/// What shows that there is a site of documentation.
const MKDOCS: &str = "mkdocs.yml";

/// Where PDM and Hatch have what only those want who develop.
const PDM: &str = "tool.pdm.dev-dependencies";
const HATCH: &str = "tool.hatch.envs";

/// What the file with the application object is often called, the likeliest first.
const MAINS: [&str; 10] =
    ["main.py", "app.py", "wsgi.py", "asgi.py", "server.py", "api.py", "application.py", "__init__.py", "__main__.py", "web.py"];

/// What is told by where it lies, besides what is told by its name.
pub(super) fn wants_at(path: &str) -> bool {
    requirements::wants(path) || django::wants(path)
}

/// Whether requirements in a folder of their own are there, which a project has at its root.
pub(super) fn has_requirements(survey: &Survey, folder: &str) -> bool {
    BUILD.iter().any(|name| requirements::is_build(name) && survey.paths.contains(&below(folder, name)))
}

pub(super) fn wants(name: &str) -> bool {
    let is_code = MAINS.contains(&name) || matches!(name, "manage.py" | "settings.py" | "urls.py");
    is_code
        || matches!(
            name,
            flask::ENVIRONMENT
                | procfile::FILE
                | MKDOCS
                | "pyproject.toml"
                | "setup.py"
                | "setup.cfg"
                | "Pipfile"
                | "tox.ini"
                | "pytest.ini"
        )
}

/// A requirement: name in small letters with hyphens, its version if it is one number, where.
type Requirement = (String, Option<String>, Origin);

pub(super) fn read(project: &mut Project<'_>) {
    let first = ["pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile", "manage.py"];
    let Some(source) = project.source(&first).or_else(|| project.source(&BUILD)) else { return };
    project.language(Language::Python, "pip", &source.sure(1));
    let pyproject = project.source(&["pyproject.toml"]);
    let facts = pyproject.and_then(|source| project.facts(source, Facts::of_toml(source.text))).unwrap_or_default();

    // 1. what it is called, for which Python, and what installs it
    if let (Some(source), Some(name)) = (pyproject, facts.get("project.name").or_else(|| facts.get("tool.poetry.name"))) {
        project.named(&name.value, source.sure(name.line));
    }
    let classifiers: Vec<u32> = facts
        .below("project.classifiers")
        .chain(facts.below("tool.poetry.classifiers"))
        .filter_map(|(_, fact)| version::classified(&fact.value))
        .collect();
    let stated = ["project.requires-python", "tool.poetry.dependencies.python"].iter().find_map(|key| facts.get(key));
    let stated =
        pyproject.zip(stated).and_then(|(source, fact)| Some((version::of_range(&fact.value, &classifiers)?, source.sure(fact.line))));
    let pipfile = project.source(&["Pipfile"]).and_then(|source| {
        let facts = Facts::of_toml(source.text).ok()?;
        let fact = ["requires.python_version", "requires.python_full_version"].iter().find_map(|key| facts.get(key))?;
        Some((pins::short(Language::Python, &fact.value)?, source.sure(fact.line)))
    });
    if let Some((version, origin)) = pins::version(project, Language::Python).or(stated).or(pipfile) {
        project.language_version(&version, origin);
    }
    build_tool(project, &facts);

    // 2. framework and servers
    let required = requirements(project, pyproject, &facts);
    if required.is_empty() && project.stack.lock_file.is_none() && !facts.has("build-system") {
        // Nothing is to be installed.
        "none".clone_into(&mut project.stack.build_tool);
    }
    for name in FRAMEWORKS {
        if let Some((_, version, origin)) = required.iter().find(|(found, ..)| found == name) {
            project.framework(name, version.as_deref(), origin.clone());
            break;
        }
    }
    if let ("none", Some(folder)) = (project.stack.framework.as_str(), django::folder(project)) {
        project.framework("django", None, Origin { place: project.path(&django::manage(folder)), certain: true });
    }
    for (name, _, origin) in &required {
        if let Some(kind) = servers::of_library(name) {
            project.service(kind, None, origin.clone());
        }
    }

    // 3. how it is tested and started
    test(project, source, &facts, &required);
    module(project, source, &required);
    procfile::workers(project);
    file_of_data(project);
    unstarted(project, &required);
    extras(project, &facts, &required);
}

fn build_tool(project: &mut Project<'_>, facts: &Facts) {
    let lock = [("uv.lock", "uv"), ("poetry.lock", "poetry"), ("Pipfile.lock", "pipenv")].into_iter().find(|(file, _)| project.has(file));
    let tool = lock.or_else(|| {
        let tables = [("tool.uv", "uv"), ("tool.poetry", "poetry")];
        let table = tables.into_iter().find(|(table, _)| facts.has(table)).map(|(_, tool)| ("pyproject.toml", tool));
        table.or_else(|| project.has("Pipfile").then_some(("Pipfile", "pipenv")))
    });
    if let Some((file, tool)) = tool {
        tool.clone_into(&mut project.stack.build_tool);
        project.origin("build_tool", Origin { place: project.path(file), certain: true });
    }
    let is_declared = facts.has("project") || facts.has("build-system") || project.has("setup.py") || project.has("setup.cfg");
    let files: Vec<String> = if tool.is_some() || is_declared {
        words(&["requirements.txt"])
    } else {
        // Nothing but requirements says what is installed, those of the tests where there are no others.
        [words(&requirements::PRODUCTION), words(&["requirements-dev.txt"]), of_tests(project)].concat()
    };
    let file = lock.map(|(file, _)| file.to_owned()).or_else(|| files.into_iter().find(|file| project.has(file)));
    project.stack.lock_file = file;
    if project.stack.build_tool == "pip" && project.has("pdm.lock") {
        project.note(&project.path("pdm.lock"), "is not used: pip installs the newest of what `pyproject.toml` lets be");
    }
    if project.stack.build_tool == "pip" {
        included(project);
    }
}

/// What pip has to find beside the file that it installs from.
fn included(project: &mut Project<'_>) {
    let Some(file) = project.stack.lock_file.clone() else { return };
    let Taken { paths, has_project, lacks, .. } = taken(project, &file);
    project.notes.extend(lacks);
    let is_beside = |path: &String| path.starts_with("requirements") && !path.contains('/');
    if has_project {
        project.stack.includes = words(&["."]);
    } else if !paths.iter().all(is_beside) {
        project.stack.includes = paths;
    }
}

fn requirements(project: &Project<'_>, pyproject: Option<Source<'_>>, facts: &Facts) -> Vec<Requirement> {
    let mut found = Vec::new();
    if let Some(source) = pyproject {
        let tables = ["project.dependencies", "project.optional-dependencies", "dependency-groups", PDM, HATCH];
        let listed = tables.iter().flat_map(|table| facts.below(table)).filter(|(rest, _)| !is_setting(rest));
        found.extend(listed.flat_map(|(_, fact)| required(&fact.value, &source.sure(fact.line))));
        let tables = ["tool.poetry.dependencies", "tool.poetry.dev-dependencies"];
        let in_groups = facts.below("tool.poetry.group").filter_map(|(rest, fact)| Some((rest.split_once(".dependencies.")?.1, fact)));
        for (rest, fact) in tables.iter().flat_map(|table| facts.below(table)).chain(in_groups) {
            let name = rest.split('.').next().unwrap_or(rest);
            let version = rest
                .split('.')
                .nth(1)
                .is_none_or(|key| key == "version")
                .then(|| fact.value.trim_start_matches(['^', '~', '=', '>']).to_owned());
            found.push((normal(name), version, source.sure(fact.line)));
            // `celery = { extras = ["redis"] }`
            found.extend(rest.contains(".extras.").then(|| brought(name, &fact.value, &source.sure(fact.line))).flatten());
        }
    }
    for source in requirement_files(project) {
        for (index, line) in source.text.lines().enumerate() {
            found.extend(required(line, &source.sure(index + 1)));
        }
    }
    found.extend(setup_requirements(project).into_iter().flat_map(|(text, _, origin)| required(&text, &origin)));
    if let Some(source) = project.source(&["Pipfile"])
        && let Ok(facts) = Facts::of_toml(source.text)
    {
        let packages = facts.below("packages").chain(facts.below("dev-packages"));
        found.extend(packages.map(|(rest, fact)| (normal(rest.split('.').next().unwrap_or(rest)), None, source.sure(fact.line))));
    }
    found
}

/// The files of requirements, each once, with those that they take in.
fn requirement_files<'s>(project: &Project<'s>) -> Vec<Source<'s>> {
    let own = project.stack.lock_file.iter().filter(|file| file.ends_with(".txt")).cloned();
    let known = REQUIREMENTS.iter().map(|path| (*path).to_owned());
    let mut found: Vec<Source<'s>> = Vec::new();
    for source in known.chain(own).chain(of_tests(project)).flat_map(|file| taken(project, &file).sources) {
        if found.iter().all(|known| known.path != source.path) {
            found.push(source);
        }
    }
    found
}

/// `psycopg[binary]==3.2.1 ; python_version > "3"` of PEP 508; nothing of an option, a comment or an address.
fn requirement(line: &str, origin: Origin) -> Option<Requirement> {
    let line = line.split('#').next().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(line.len());
    if end == 0 || line.starts_with('-') || line.starts_with('.') || line[end..].starts_with([':', '/']) {
        return None;
    }
    let version = line.split_once("==").map(|(_, version)| version.split(',').next().unwrap_or(version).trim().to_owned());
    Some((normal(&line[..end]), version, origin))
}

/// A requirement, and what its extras bring.
fn required(line: &str, origin: &Origin) -> Vec<Requirement> {
    let extras = line.split_once('[').and_then(|(name, rest)| Some((name, rest.split_once(']')?.0)));
    let brought = extras.into_iter().flat_map(|(name, extras)| extras.split(',').filter_map(move |extra| brought(name, extra, origin)));
    requirement(line, origin.clone()).into_iter().chain(brought).collect()
}

/// The library of a server that an extra of a queue's library brings.
fn brought(name: &str, extra: &str, origin: &Origin) -> Option<Requirement> {
    let library = match (normal(name.trim()).as_str(), extra.trim()) {
        ("celery" | "kombu" | "dramatiq", "redis") => "redis",
        ("dramatiq", "rabbitmq") => "pika",
        _ => return None,
    };
    Some((library.to_owned(), None, origin.clone()))
}

/// PEP 503.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn test(project: &mut Project<'_>, source: Source<'_>, facts: &Facts, required: &[Requirement]) {
    let is_pytest = facts.has("tool.pytest") || project.has("pytest.ini") || required.iter().any(|(name, ..)| name == "pytest");
    let has_tests = project.paths().any(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.starts_with("test_") && name.ends_with(".py") || name.ends_with("_test.py") || name == "tests.py"
    });
    let managed = django::folder(project).filter(|folder| *folder == "." || project.stack.framework == "django");
    let (command, arguments, reports): (_, &[&str], &[&str]) = if is_pytest {
        (words(&["python", "-m", "pytest"]), &["--junitxml=reports/junit.xml"], &["reports/junit.xml"])
    } else if let Some(folder) = managed {
        (django::test(folder), &["--noinput"], &[])
    } else if has_tests {
        (words(&["python", "-m", "unittest", "discover"]), &[], &[])
    } else {
        project.note(source.path, "there are no tests: no file that is called `test_….py`");
        return;
    };
    let install = installed_for_tests(project, facts, is_pytest);
    let tool = project.stack.build_tool.as_str();
    let run = match tool {
        "uv" | "poetry" | "pipenv" => words(&[tool, "run"]),
        _ => Vec::new(),
    };
    // `uv run` installs what it is told, and nothing else.
    let run = if tool == "uv" { [run, install.clone()].concat() } else { run };
    let reports = reports.iter().map(|report| (*report).to_owned()).collect();
    let declared = required.iter().find(|(name, ..)| is_pytest && name == "pytest").map(|(_, _, origin)| origin.clone());
    let origin = declared.unwrap_or_else(|| if is_pytest || managed.is_some() { source.sure(1) } else { source.unsure(1) });
    project.tested([run, command].concat(), words(arguments), reports, origin);
    let (install, requirements) = match install.as_slice() {
        [option, file] if option == "-r" && stands_alone(project, file) => (Vec::new(), Some(file.clone())),
        _ => (install, None),
    };
    if let Some(test) = &mut project.stack.test {
        (test.install, test.requirements) = (install, requirements);
    }
}

/// Whether a file of requirements takes in all that there has to be, so that it is installed in place of the one for the image: of those in a folder
/// of their own each is for one place.
fn stands_alone(project: &Project<'_>, file: &str) -> bool {
    let is_of_folder = project.stack.lock_file.as_deref().is_some_and(|lock| lock.starts_with("requirements/"));
    is_of_folder && taken(project, file).paths.len() > 1
}

/// What installing the project has to be told, so that there is what its tests need; nothing where that is installed anyway.
fn installed_for_tests(project: &Project<'_>, facts: &Facts, is_pytest: bool) -> Vec<String> {
    let is_pip = project.stack.build_tool == "pip";
    let has_lock = project.stack.lock_file.is_some();
    let named = |text: &str| requirement(text, Origin { place: String::new(), certain: true }).is_some_and(|(name, ..)| name == "pytest");
    let own = project.stack.lock_file.as_deref().filter(|file| file.ends_with(".txt"));
    let holds = |file: &str| taken(project, file).sources.iter().any(|source| source.text.lines().any(named));
    let listed = |table: &'static str| -> Vec<(String, bool)> {
        let entries = facts.below(table).filter_map(|(rest, fact)| Some((rest.split_once('.')?.0.to_owned(), named(&fact.value))));
        entries.collect()
    };

    // 1. what is installed without a word: the requirements proper, and the groups that are there by default
    let groups = [
        listed("dependency-groups"),
        facts
            .below("tool.poetry.group")
            .filter_map(|(rest, _)| rest.split_once(".dependencies."))
            .map(|(group, rest)| (group.to_owned(), rest.split('.').next() == Some("pytest")))
            .collect(),
    ]
    .concat();
    let is_default = |group: &str| match project.stack.build_tool.as_str() {
        "uv" => {
            let stated: Vec<&str> = facts.below("tool.uv.default-groups").map(|(_, fact)| fact.value.as_str()).collect();
            let is_all = facts.get("tool.uv.default-groups").is_some_and(|fact| fact.value == "all");
            is_all || if stated.is_empty() { group == "dev" } else { stated.contains(&group) }
        }
        "poetry" => facts.get(&format!("tool.poetry.group.{group}.optional")).is_none_or(|fact| fact.value != "true"),
        _ => false,
    };
    let proper = facts.below("project.dependencies").any(|(_, fact)| named(&fact.value))
        || facts.below("tool.uv.dev-dependencies").any(|(_, fact)| named(&fact.value))
        || ["tool.poetry.dependencies.pytest", "tool.poetry.dev-dependencies.pytest"]
            .iter()
            .any(|key| facts.has(key) && !is_optional(facts, key))
        || ["requirements.txt", "requirements-dev.txt"].into_iter().chain(own).any(holds);
    let of_groups = held(&groups, is_pytest);
    if proper || of_groups.iter().any(|group| is_default(group)) {
        return Vec::new();
    }

    // 2. what has to be named: a group, an extra, requirements of a tool that is not used, or a file of them
    let extras: Vec<(String, bool)> = in_extras(project, facts).into_iter().map(|(extra, name, _)| (extra, name == "pytest")).collect();
    let of_extras = held(&extras, is_pytest);
    let of_tools: Vec<(String, bool)> = in_tools(facts).into_iter().map(|(group, text)| (group.to_owned(), named(text))).collect();
    let of_tools = held(&of_tools, is_pytest).first().map(|group| (*group).to_owned()).filter(|_| is_pip);
    match (project.stack.build_tool.as_str(), of_groups.first(), of_extras.first()) {
        ("uv", Some(group), _) => words(&["--group", group]),
        ("uv", None, Some(extra)) => words(&["--extra", extra]),
        ("poetry", Some(group), _) => words(&["--with", group]),
        ("poetry", None, Some(extra)) => words(&["--extras", extra]),
        ("pip", _, Some(extra)) => vec![format!(".[{extra}]")],
        ("pip", Some(group), None) if has_lock => words(&["--group", group]),
        ("pip", Some(group), None) => words(&[".", "--group", group]),
        _ if of_tools.is_some() => {
            let texts =
                in_tools(facts).into_iter().filter(|(group, _)| of_tools.as_deref() == Some(group)).map(|(_, text)| text.to_owned());
            (!has_lock).then(|| ".".to_owned()).into_iter().chain(texts).collect()
        }
        _ if is_pip && has_lock => {
            let found = of_tests(project).into_iter().find(|file| !is_pytest || holds(file));
            found.map_or_else(Vec::new, |file| vec!["-r".to_owned(), file])
        }
        _ => Vec::new(),
    }
}

/// What PDM and Hatch list for those who develop, which pip knows nothing of: the group or the environment, and a requirement.
fn in_tools(facts: &Facts) -> Vec<(&str, &str)> {
    let entries = facts.below(PDM).chain(facts.below(HATCH)).filter(|(rest, _)| !is_setting(rest));
    entries.filter_map(|(rest, fact)| Some((rest.split_once('.')?.0, fact.value.as_str()))).collect()
}

/// Whether this is something else of an environment of Hatch than its dependencies: `default.scripts.test`.
fn is_setting(rest: &str) -> bool {
    matches!(rest.split('.').nth(1), Some(key) if key.parse::<usize>().is_err() && !key.ends_with("dependencies"))
}

/// What extras hold: the extra, the requirement's name and, where an extra lists it itself, the place.
fn in_extras(project: &Project<'_>, facts: &Facts) -> Vec<(String, String, Option<String>)> {
    let pyproject = project.source(&["pyproject.toml"]);
    let of_table = |table: &'static str| {
        facts.below(table).filter_map(move |(rest, fact)| {
            let (name, _, origin) = requirement(&fact.value, pyproject?.sure(fact.line))?;
            Some((rest.split_once('.')?.0.to_owned(), name, Some(origin.place)))
        })
    };
    // Poetry's say which of its optional dependencies they mean.
    let of_poetry = of_table("tool.poetry.extras").map(|(extra, name, _)| (extra, name, None));
    let of_setup = setup_requirements(project).into_iter().filter_map(|(text, extra, origin)| {
        let (name, _, origin) = requirement(&text, origin)?;
        Some((extra?, name, Some(origin.place)))
    });
    of_table("project.optional-dependencies").chain(of_poetry).chain(of_setup).collect()
}

/// The extras that hold what starts the program where nothing else does: its image wants them, and so do its tests.
fn extras(project: &mut Project<'_>, facts: &Facts, required: &[Requirement]) {
    let held = in_extras(project, facts);
    let lists: BTreeSet<&str> = held.iter().filter_map(|(.., place)| place.as_deref()).collect();
    let pyproject = project.source(&["pyproject.toml"]);
    let in_groups: BTreeSet<String> = facts
        .below("dependency-groups")
        .chain(facts.below("tool.poetry.group"))
        .filter_map(|(_, fact)| Some(pyproject?.sure(fact.line).place))
        .collect();
    let is_proper = |name: &str| {
        required
            .iter()
            .any(|(found, _, origin)| found == name && !lists.contains(origin.place.as_str()) && !in_groups.contains(&origin.place))
            && !is_optional(facts, &format!("tool.poetry.dependencies.{name}"))
    };
    let program = project.stack.modules.iter().filter_map(|module| module.launch.first().cloned());
    let mut found: Vec<&str> = Vec::new();
    for name in program.chain([project.stack.framework.clone()]).filter(|name| !is_proper(name)) {
        let of_name = held.iter().filter(|(_, held, _)| *held == name).map(|(extra, ..)| extra.as_str());
        // One for tests has more in it than the program wants.
        let likeliest = of_name.min_by_key(|extra| OF_TESTS.contains(extra));
        found.extend(likeliest.filter(|extra| !found.contains(extra)));
    }
    let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
    let tool = project.stack.build_tool.clone();
    let is_installed = tool == "pip" && project.stack.lock_file.is_none() || matches!(tool.as_str(), "uv" | "poetry");
    if found.is_empty() || !is_installed {
        return;
    }
    if let Some(test) = &mut project.stack.test {
        let known = test.install.len();
        install_extras(&mut test.install, &tool, &found);
        // `uv run` is told what to install as well.
        if tool == "uv" {
            let added = test.install[known..].to_vec();
            test.command.splice(2 + known..2 + known, added);
        }
    }
    project.stack.extras = found;
}

/// Adds extras to what an install is told, as its tool takes them.
fn install_extras(install: &mut Vec<String>, tool: &str, extras: &[String]) {
    let new: Vec<&String> = extras.iter().filter(|extra| !install.contains(extra)).collect();
    if tool != "pip" {
        let option = if tool == "uv" { "--extra" } else { "--extras" };
        install.extend(new.into_iter().flat_map(|extra| [option.to_owned(), extra.clone()]));
        return;
    }
    let (rest, known): (Vec<String>, Vec<String>) = std::mem::take(install).into_iter().partition(|word| !word.starts_with('.'));
    let known = known.iter().filter_map(|word| word.strip_prefix(".[")?.strip_suffix(']'));
    let all: BTreeSet<&str> = known.flat_map(|names| names.split(',')).chain(extras.iter().map(String::as_str)).collect();
    install.push(format!(".[{}]", all.into_iter().collect::<Vec<_>>().join(",")));
    install.extend(rest);
}

fn is_optional(facts: &Facts, key: &str) -> bool {
    facts.get(&format!("{key}.optional")).is_some_and(|fact| fact.value == "true")
}

/// The groups that hold what runs the tests, the likeliest first; where Python runs them itself, those whose names say that they are for tests.
fn held(groups: &[(String, bool)], is_pytest: bool) -> Vec<&str> {
    let holds = |(group, is_runner): &&(String, bool)| *is_runner || !is_pytest && OF_TESTS[..3].contains(&group.as_str());
    let mut found: Vec<&str> = groups.iter().filter(holds).map(|(group, _)| group.as_str()).collect();
    found.dedup();
    found.sort_by_key(|group| OF_TESTS.iter().position(|name| name == group).unwrap_or(OF_TESTS.len()));
    found
}

/// What `setup.cfg` requires: the text, the extra that it is for, and where.
fn setup_requirements(project: &Project<'_>) -> Vec<(String, Option<String>, Origin)> {
    let Some(source) = project.source(&["setup.cfg"]) else { return Vec::new() };
    let mut found = Vec::new();
    let (mut section, mut key) = ("", "");
    for (index, line) in source.text.lines().enumerate() {
        if line.starts_with('[') {
            (section, key) = (line.trim(), "");
            continue;
        }
        let value = match line.split_once('=') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                key = name.trim();
                value
            }
            _ => line,
        };
        let extra = match (section, key) {
            ("[options]", "install_requires") => None,
            ("[options.extras_require]", extra) if !extra.is_empty() => Some(extra.to_owned()),
            _ => continue,
        };
        found.push((value.trim().to_owned(), extra, source.sure(index + 1)));
    }
    found.retain(|(text, ..)| !text.is_empty());
    found
}

fn module(project: &mut Project<'_>, source: Source<'_>, required: &[Requirement]) {
    let has = |name: &str| required.iter().any(|(found, ..)| found == name);
    let framework = project.stack.framework.clone();
    let code = mains(project, 1);
    let served = procfile::web(project);
    let found: Option<(Vec<String>, u16, Origin)> = match framework.as_str() {
        _ if served.is_some() => served,
        "fastapi" | "starlette" => {
            let sign = if framework == "fastapi" { "FastAPI(" } else { "Starlette(" };
            let found = object(project, &code, sign).or_else(|| object(project, &mains(project, 2), sign));
            let served = found.map(|(app, origin)| match app.strip_suffix("()") {
                Some(factory) => (words(&["uvicorn", "--factory", factory, "--host", "0.0.0.0", "--port", "8000"]), 8000, origin),
                None => (words(&["uvicorn", &app, "--host", "0.0.0.0", "--port", "8000"]), 8000, origin),
            });
            // A package that can be started starts its server itself.
            served.or_else(|| packaged(project))
        }
        "flask" => flask_object(project, &code).map(|(app, origin)| {
            if has("gunicorn") {
                (words(&["gunicorn", "--bind", "0.0.0.0:8000", &app]), 8000, origin)
            } else {
                (words(&["flask", "--app", &app, "run", "--host", "0.0.0.0", "--port", "5000"]), 5000, origin)
            }
        }),
        "django" => django::launch(project, has("gunicorn")).map(|(launch, origin)| (launch, 8000, origin)),
        _ => packaged(project).or_else(|| {
            let source = code.first().filter(|source| source.text.contains("__main__"))?;
            Some((words(&["python", project.below(source)]), 0, source.unsure(source.line_of("__main__"))))
        }),
    };
    let Some((launch, port, origin)) = found else {
        if let Some(site) = project.source(&[MKDOCS]) {
            project.note(
                site.path,
                "is a site that MkDocs builds: nothing is started, and `mkdocs build` puts pages that any web server has into `site`",
            );
            return;
        }
        project.note(source.path, "nothing here says what is started: no application object and no `__main__` where they usually are");
        return;
    };
    let mut module = Module::named(&project.stack.name, launch);
    let name = module.name.clone();
    if port > 0 {
        module.port = Some(port);
        project.origin(&format!("modules.{name}.port"), Origin { certain: false, ..origin.clone() });
    }
    project.origin(&format!("modules.{name}"), origin);
    if port == 0 {
        // A server's own command says its port; a program reads it.
        project.port_from_environment(&mut module, &code);
    }
    let urls = project.sources(|path| path.rsplit('/').next() == Some("urls.py"));
    health(project, &mut module, &[code, urls].concat());
    if framework == "django" {
        django::hosts(project, &mut module);
    }
    metrics(project, &mut module, |name| required.iter().find(|(found, ..)| found == name).map(|(_, _, origin)| origin.clone()));
    project.stack.modules.push(module);
}

/// A database that is a file lies where nothing can be written, unless it is put elsewhere.
fn file_of_data(project: &mut Project<'_>) {
    let has_server = project.stack.services.iter().any(|service| matches!(service.kind.as_str(), "postgresql" | "mysql" | "mariadb"));
    if has_server || project.stack.modules.is_empty() {
        return;
    }
    let own = project.sources(|path| path.ends_with(".py") && !path.split('/').any(|part| part.starts_with("test")));
    let is_file = |line: &str| line.contains("django.db.backends.sqlite3") || line.contains("sqlite") && line.contains(":///");
    let says = |line: &str| (is_file(line) && !line.contains(":memory:") && !line.trim_start().starts_with('#')).then_some(());
    if let Some(place) = own.iter().find_map(|source| Some(source.at(source.find(says)?.1))) {
        let told = "the database is a file of SQLite: where the image runs only `/tmp` can be written, and is empty after each start. It has to lie on \
                    a volume, and each replica has one of its own";
        project.note(&place, told);
    }
}

/// Libraries that have work done by another process, and how that is usually started.
const QUEUES: [(&str, &str); 4] =
    [("celery", "celery -A NAME worker"), ("rq", "rq worker"), ("dramatiq", "dramatiq NAME"), ("huey", "huey_consumer NAME")];

/// Who has such a library and no process for it gets told: the web program only puts the work into the queue.
fn unstarted(project: &mut Project<'_>, required: &[Requirement]) {
    let is_started = |name: &str| {
        let runs = |word: &String| word.split_whitespace().any(|word| word.rsplit('/').next().is_some_and(|word| word.starts_with(name)));
        project.stack.modules.iter().any(|module| module.launch.iter().any(runs))
    };
    let found = QUEUES.iter().find_map(|(name, command)| {
        let (.., origin) = required.iter().find(|(found, ..)| found == name)?;
        (!is_started(name)).then(|| (name, command, origin.place.clone()))
    });
    if let Some((name, command, place)) = found {
        let told = format!("nothing says how the worker of `{name}` is started: a `Procfile` with `worker: {command}` does");
        project.note(&place, told);
    }
}

/// The object that the first of these files has which makes one by this sign: its module and name, or the function that makes it.
fn object(project: &Project<'_>, code: &[Source<'_>], sign: &str) -> Option<(String, Origin)> {
    code.iter().find_map(|source| {
        let lines: Vec<&str> = source.text.lines().collect();
        let index =
            lines.iter().position(|line| line.contains(sign) && (line.contains('=') || line.trim_start().starts_with("return ")))?;
        let module = imported(project, source);
        let line = lines[index];
        if !line.starts_with([' ', '\t']) {
            let name = line.split(['=', ':']).next()?.trim();
            return Some((format!("{module}:{name}"), source.sure(index + 1)));
        }
        // Made by a function that is called: an application factory.
        Some((format!("{module}:{}()", flask::factory(&lines, index)?), source.sure(index + 1)))
    })
}

/// Flask's: the one that it is told of, or that stands somewhere, or that a function is called for somewhere, or that function.
fn flask_object(project: &Project<'_>, code: &[Source<'_>]) -> Option<(String, Origin)> {
    let found = || object(project, code, "Flask(");
    let plain = || found().filter(|(app, _)| !app.ends_with("()"));
    flask::stated(project).or_else(plain).or_else(|| flask::made(project, code)).or_else(found)
}

/// The files that may hold the application object: at the top or so many folders below it, `src` or not; the likeliest first.
fn mains<'s>(project: &Project<'s>, deepest: usize) -> Vec<Source<'s>> {
    let rank = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        MAINS.iter().position(|main| *main == name)
    };
    let depth = |path: &str| path.strip_prefix("src/").unwrap_or(path).matches('/').count();
    let mut found = project.sources(|path| rank(path).is_some() && depth(path) <= deepest && !path.starts_with("tests/"));
    found.sort_by_key(|source| {
        let path = project.below(source);
        (rank(path), depth(path), path)
    });
    found
}

/// The name under which a file is imported. What lies below `src` is found there only once it is installed.
fn imported(project: &Project<'_>, source: &Source<'_>) -> String {
    let is_installed = project.has("setup.py")
        || project.has("setup.cfg")
        || project.source(&["pyproject.toml"]).is_some_and(|pyproject| pyproject.text.contains("[build-system]"));
    let path = project.below(source);
    let path = path.strip_prefix("src/").filter(|_| is_installed).unwrap_or(path);
    path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".")
}

/// A package that can be started by its name, `python -m notes`: the only one with a `__main__.py`, beside the build file or below `src`.
fn packaged(project: &Project<'_>) -> Option<(Vec<String>, u16, Origin)> {
    let mains = project.sources(|path| path.ends_with("/__main__.py") && path.trim_start_matches("src/").matches('/').count() == 1);
    let [main] = mains.as_slice() else { return None };
    let package = project.below(main).trim_start_matches("src/").trim_end_matches("/__main__.py");
    Some((words(&["python", "-m", package]), 0, main.sure(1)))
}
