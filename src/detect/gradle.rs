//! Gradle, Groovy and Kotlin DSL: what its files say in so many words. A build script is a program; what it computes is not seen.

mod script;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use script::{Script, Statement};
use values::Values;

use super::{
    Project, Source, below,
    facts::Facts,
    jvm::{self, Part, framework_of},
    pins, words,
};
use crate::stack::{Command, Language, Origin, boot};

const BUILD: [&str; 2] = ["build.gradle", "build.gradle.kts"];
const SETTINGS: [&str; 2] = ["settings.gradle", "settings.gradle.kts"];

pub(super) fn wants(name: &str) -> bool {
    BUILD.contains(&name) || SETTINGS.contains(&name) || matches!(name, "gradle.properties" | "libs.versions.toml")
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(origin) = project.source(&SETTINGS).or_else(|| project.source(&BUILD)).map(|source| source.sure(1)) else { return };
    project.language(Language::Java, "gradle", &origin);
    let settings = project.source(&SETTINGS);

    // 1. what it is called
    if let Some((name, origin)) = settings.and_then(|source| assigned(source, "rootProject.name")) {
        project.named(&name, origin);
    }

    // 2. the builds: the project's own, and those that the settings include
    let included = settings.map(included).unwrap_or_default();
    let directories: Vec<String> = std::iter::once(".".to_owned()).chain(included).collect();
    let builds: Vec<(String, Source<'_>)> = directories
        .into_iter()
        .filter_map(|directory| {
            Some((directory.clone(), project.source(&BUILD.map(|name| below(&directory, name)).each_ref().map(String::as_str))?))
        })
        .collect();
    let catalog = Catalog::read(project);
    let scripts = Scripts::read(project, &builds);
    if let Some((name, version, origin)) = scripts.framework(&catalog) {
        if version.is_none() && name == "spring-boot" {
            let told = format!("no script says in so many words which version of {name} it is: {} is assumed", boot::NEWEST);
            project.note(&origin.place, format!("{told}; `--set framework_version=…` says it, and with it how the jar is started"));
        }
        project.framework(name, version.as_deref(), origin);
    }
    let version =
        builds.iter().find_map(|(_, source)| language_version(*source, &catalog)).or_else(|| pins::version(project, Language::Java));
    if let Some((version, origin)) = version {
        project.language_version(&version, origin);
    }
    let many = builds.len() > 1;
    let parts: Vec<Part> = builds
        .iter()
        .enumerate()
        .map(|(index, (directory, source))| part(project, directory, *source, &Build { scripts: &scripts, index, catalog: &catalog }))
        .collect();
    jvm::add(project, &parts);

    // 3. how it is built and tested
    project.stack.wrapper = project.has("gradlew");
    let gradle = if project.stack.wrapper { "./gradlew" } else { "gradle" };
    let own = if many { "**/build" } else { "build" };
    let build = if project.stack.framework == "spring-boot" { "bootJar" } else { "assemble" };
    project.stack.build = Some(Command { command: words(&[gradle, build]) });
    let reports = vec![format!("{own}/test-results/**/*.xml")];
    project.tested(words(&[gradle, "check"]), words(&["--no-daemon", "--stacktrace"]), reports, origin);
}

/// The version catalogue, `gradle/libs.versions.toml`: libraries, plugins and versions by the names that build scripts use.
#[derive(Default)]
struct Catalog {
    entries: Vec<Entry>,
}

/// A library or a plugin of the catalogue, or a version: which it is, its accessor says.
struct Entry {
    /// `libs.spring.web`, `libs.plugins.spring.boot`, `libs.versions.java`.
    accessor: String,
    /// `group:name` of a library, the id of a plugin, the version itself.
    value: String,
    version: Option<String>,
    origin: Origin,
}

impl Catalog {
    fn read(project: &mut Project<'_>) -> Self {
        let Some(source) = project.source(&["gradle/libs.versions.toml"]) else { return Self::default() };
        let Some(facts) = project.facts(source, Facts::of_toml(source.text)) else { return Self::default() };
        let names = |table: &'static str| {
            let names = facts.below(table).filter_map(|(rest, _)| rest.split('.').next());
            names.collect::<std::collections::BTreeSet<&str>>()
        };
        let accessor = |prefix: &str, name: &str| format!("{prefix}.{}", name.replace(['-', '_'], "."));
        // `"21"`, or `{ strictly = "[17, 22[", prefer = "21" }`.
        let version = |key: &str| ["", ".prefer", ".strictly", ".require"].iter().find_map(|rich| facts.get(&format!("{key}{rich}")));
        let mut entries = Vec::new();
        for name in names("versions") {
            if let Some(fact) = version(&format!("versions.{name}")) {
                let accessor = accessor("libs.versions", name);
                entries.push(Entry { accessor, value: fact.value.clone(), version: None, origin: source.sure(fact.line) });
            }
        }
        for (table, prefix, keys) in [("libraries", "libs", &["module", "name", ""][..]), ("plugins", "libs.plugins", &["id", ""][..])] {
            for name in names(table) {
                let key = |key: &str| if key.is_empty() { format!("{table}.{name}") } else { format!("{table}.{name}.{key}") };
                let Some(fact) = keys.iter().find_map(|wanted| facts.get(&key(wanted))) else { continue };
                let referred = facts.get(&key("version.ref")).and_then(|referred| version(&format!("versions.{}", referred.value)));
                let stated = version(&key("version")).or(referred).map(|version| version.value.clone());
                // The short form has the version behind the last colon: `"org.springframework.boot:4.0.1"`, `"group:name:1.0"`.
                let parts = if table == "plugins" { 1 } else { 2 };
                let short = facts.get(&key("")).and_then(|fact| fact.value.split(':').nth(parts)).map(str::to_owned);
                let value = fact.value.split(':').take(parts).collect::<Vec<_>>().join(":");
                entries.push(Entry { accessor: accessor(prefix, name), value, version: stated.or(short), origin: source.sure(fact.line) });
            }
        }
        // What is used together has a name, too.
        let bundles: Vec<Entry> = facts
            .below("bundles")
            .filter_map(|(rest, fact)| {
                let library = entries.iter().find(|entry| entry.accessor == accessor("libs", &fact.value))?;
                let accessor = accessor("libs.bundles", rest.rsplit_once('.')?.0);
                Some(Entry { accessor, value: library.value.clone(), version: library.version.clone(), origin: library.origin.clone() })
            })
            .collect();
        entries.extend(bundles);
        Self { entries }
    }

    /// The plugin that the line applies: `alias(libs.plugins.x)`, `id(libs.plugins.x.get().pluginId)`.
    fn plugin_on(&self, line: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            let is_there = |text: String| line.contains(&text);
            is_there(format!("alias({})", entry.accessor)) || is_there(format!("({}.get()", entry.accessor))
        })
    }

    /// The version that the text asks for: `libs.versions.java.get().toInt()`, `libs.versions.boot`.
    fn version_in(&self, text: &str) -> Option<&Entry> {
        let start = text.find("libs.versions.")?;
        let end = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '.').map_or(text.len(), |end| start + end);
        let accessor = text[start..end].trim_end_matches(".get");
        self.entries.iter().find(|entry| entry.accessor == accessor)
    }
}

/// Text in quotes on a line, in order.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some(end) = rest[start + 1..].find(quote) else { break };
        found.push(&rest[start + 1..start + 1 + end]);
        rest = &rest[start + end + 2..];
    }
    found
}

/// The lines of a script that are no comments, from 1.
fn lines(source: Source<'_>) -> impl Iterator<Item = (usize, &str)> {
    source
        .text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.starts_with("//") && !line.starts_with('*'))
}

/// `name = "value"`, in any way that a script may write it.
fn assigned(source: Source<'_>, name: &str) -> Option<(String, Origin)> {
    lines(source).find_map(|(number, line)| {
        let rest = line.strip_prefix(name)?.trim_start().trim_start_matches(".set(").trim_start_matches('=');
        let value = quoted(rest).first().map(|text| (*text).to_owned())?;
        Some((value, source.sure(number)))
    })
}

/// The folders of `include("a", ":b:c")`.
fn included(source: Source<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_list = false;
    for (_, line) in lines(source) {
        let starts = line.strip_prefix("include").is_some_and(|rest| rest.starts_with([' ', '(', '\t']));
        if starts || is_list {
            found.extend(quoted(line).into_iter().map(|path| path.trim_start_matches(':').replace(':', "/")));
            is_list = line.ends_with(',') || line.ends_with('(');
        }
    }
    found.retain(|path| !path.is_empty() && !path.contains(".."));
    found
}

/// The scripts of a build, those of its parts first, and what names stand for in them.
struct Scripts<'s> {
    all: Vec<Script<'s>>,
    values: Values,
}

impl<'s> Scripts<'s> {
    fn read(project: &Project<'s>, builds: &[(String, Source<'s>)]) -> Self {
        let conventions = ["buildSrc/build.gradle", "buildSrc/build.gradle.kts"];
        let more = project.source(&SETTINGS).into_iter().chain(project.source(&conventions));
        let all: Vec<Script<'s>> = builds.iter().map(|(_, source)| *source).chain(more).map(Script::of).collect();
        let values = Values::read(project, all.iter());
        Self { all, values }
    }

    /// The framework that a script applies, with its version where any script says it: plugins may be versioned in the settings or the class path.
    fn framework(&self, catalog: &Catalog) -> Option<(&'static str, Option<String>, Origin)> {
        let signs = || self.all.iter().flat_map(|script| script.statements.iter().map(move |statement| (script, statement)));
        let mut found = signs().filter_map(|(script, statement)| self.sign(script.source, statement, catalog));
        let (name, version, origin) = found.next()?;
        if version.is_some() {
            return Some((name, version, origin));
        }
        let versioned = found.find(|(other, version, _)| *other == name && version.is_some());
        Some(versioned.unwrap_or((name, None, Origin { certain: false, ..origin })))
    }

    fn sign(&self, source: Source<'_>, statement: &Statement, catalog: &Catalog) -> Option<(&'static str, Option<String>, Origin)> {
        let text = statement.text.as_str();
        if let Some(first) = quoted(text).first()
            && let Some(of) = framework_of(first.split(':').next().unwrap_or(first))
            && ["id", "platform", "classpath", "apply", "mavenBom", "gradle-plugin"].iter().any(|word| text.contains(word))
        {
            if let Some(entry) = catalog.version_in(text) {
                return Some((of, Some(entry.value.clone()), entry.origin.clone()));
            }
            let here = source.sure(statement.line);
            let (version, origin) = self.version(text, first).unzip();
            return Some((of, version, origin.flatten().unwrap_or(here)));
        }
        let entry = catalog.plugin_on(text)?;
        Some((framework_of(&entry.value)?, entry.version.clone(), entry.origin.clone()))
    }

    /// The version of a plugin or of a library whose name is `first` of what is quoted: `id("x") version "1"`, `"g:x:${version}"`.
    fn version(&self, text: &str, first: &str) -> Option<(String, Option<Origin>)> {
        let found = match first.splitn(3, ':').nth(2) {
            Some(version) => self.values.of(&format!("'{version}'")),
            None => self.values.of(text.split_once(first)?.1.split_once("version")?.1.trim_start_matches([' ', '(', '='])),
        };
        found.filter(|(version, _)| version.starts_with(|c: char| c.is_ascii_digit()))
    }
}

fn language_version(source: Source<'_>, catalog: &Catalog) -> Option<(String, Origin)> {
    let signs = ["JavaLanguageVersion.of(", "jvmToolchain(", "options.release", "targetCompatibility", "sourceCompatibility", "jvmTarget"];
    signs.iter().find_map(|sign| {
        lines(source).find_map(|(number, line)| {
            let at = line.find(sign)? + sign.len();
            if line[at..].contains("libs.versions.") {
                let entry = catalog.version_in(&line[at..])?;
                return Some((pins::short(Language::Java, &entry.value)?, entry.origin.clone()));
            }
            // VERSION_1_8, VERSION_17
            let rest = line[at..].replace("VERSION_1_", "").replace("JVM_1_", "").replace('_', " ");
            Some((pins::short(Language::Java, &rest)?, source.sure(number)))
        })
    })
}

fn part(project: &Project<'_>, directory: &str, source: Source<'_>, build: &Build<'_, '_>) -> Part {
    let name = if directory == "." { project.stack.name.clone() } else { directory.rsplit('/').next().unwrap_or(directory).to_owned() };
    let base = if directory == "." { settings_name(project).unwrap_or_else(|| project.survey.name.clone()) } else { name.clone() };
    let libraries = build.libraries();
    let contained = build.contained();
    let framework = project.stack.framework.as_str();
    let is_application = APPLICATIONS.iter().any(|plugin| build.applies(plugin));
    let is_packaged = match framework {
        "spring-boot" => build.applies("org.springframework.boot"),
        "quarkus" => build.applies("io.quarkus"),
        "micronaut" => is_application || build.applies("io.micronaut.minimal.application"),
        _ => is_application || source.text.contains("Main-Class"),
    };
    // `installDist` of the plugin `application` puts the jar and its libraries into one folder.
    let is_installed = is_application && !matches!(framework, "spring-boot" | "quarkus");
    let artifact = match framework {
        "quarkus" => "build/quarkus-app/quarkus-run.jar".to_owned(),
        _ if is_installed => {
            let name = build.said("applicationName").and_then(|name| build.text(name, &base, ""));
            format!("build/install/{}/lib", name.unwrap_or_else(|| base.clone()))
        }
        "spring-boot" => format!("build/libs/{}", build.archive(&["bootJar", "BootJar"], &base)),
        _ => format!("build/libs/{}", build.archive(&["jar", "Jar"], &base)),
    };
    let main_class = assigned(source, "mainClass").or_else(|| assigned(source, "mainClassName"));
    Part {
        name: super::slug(&name),
        directory: directory.to_owned(),
        artifact,
        libraries,
        contained,
        main_class,
        is_packaged,
        class_path: is_installed.then_some("lib/*"),
        origin: source.sure(1),
    }
}

/// The plugin `application`, and those that apply it.
const APPLICATIONS: [&str; 3] = ["application", "io.micronaut.application", "io.ktor.plugin"];

/// One part of a build with what is said of it: in its own script, and in the first one of what all parts have.
struct Build<'b, 's> {
    scripts: &'b Scripts<'s>,
    /// Of its script.
    index: usize,
    catalog: &'b Catalog,
}

impl<'b, 's> Build<'b, 's> {
    /// Those of its own script come first.
    fn statements(&self) -> impl Iterator<Item = (Source<'s>, &'b Statement)> + use<'b, 's> {
        let is_first = self.index == 0;
        let own = &self.scripts.all[self.index];
        let its = own.statements.iter().filter(move |statement| !(is_first && statement.is_in("subprojects")));
        let first = self.scripts.all.first().filter(|_| !is_first);
        let of_all = |statement: &&Statement| statement.is_in("allprojects") || statement.is_in("subprojects");
        let shared =
            first.into_iter().flat_map(move |script| script.statements.iter().filter(of_all).map(|statement| (script.source, statement)));
        its.map(|statement| (own.source, statement)).chain(shared)
    }

    /// What is assigned to a name: first in its own script.
    fn said(&self, name: &str) -> Option<&'b str> {
        self.said_where(name, |_| true)
    }

    fn said_where(&self, name: &str, holds: impl Fn(&Statement) -> bool) -> Option<&'b str> {
        self.statements().filter(|(_, statement)| holds(statement)).find_map(|(_, statement)| statement.assigned(name))
    }

    /// An expression as the text that it is in a project of this name and version.
    fn text(&self, expression: &str, name: &str, version: &str) -> Option<String> {
        let own = [
            ("name", name),
            ("version", version),
            ("archiveVersion", version),
            ("archiveBaseName", name),
            ("archivesBaseName", name),
            ("archiveExtension", "jar"),
            ("archiveClassifier", ""),
        ];
        let values = &self.scripts.values;
        match quoted(expression).first() {
            Some(text) if expression.starts_with(['"', '\'']) && !expression.contains('+') => values.filled(text, &own),
            _ => values.of(expression).map(|(text, _)| text),
        }
    }

    /// `*` where a script computes it; nothing where nobody says it.
    fn version(&self) -> Option<String> {
        let is_whole = |statement: &Statement| matches!(statement.block(), "" | "allprojects" | "subprojects");
        let expression = ["version", "project.version"].iter().find_map(|name| self.said_where(name, is_whole));
        match expression {
            Some("rootProject.version" | "parent.version") if self.index != 0 => Build { index: 0, ..*self }.version(),
            Some(expression) => Some(self.text(expression, "", "*").unwrap_or_else(|| "*".to_owned())),
            None => self.scripts.values.of("version").map(|(version, _)| version),
        }
    }

    /// What the jar of the task with one of these names is called.
    fn archive(&self, tasks: &[&str], project: &str) -> String {
        let is_task = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| tasks.contains(&word));
        let of_task = |name: &str| {
            let dotted = tasks.iter().flat_map(|task| [format!("{task}.{name}"), format!("tasks.{task}.{name}")]);
            let mut found = dotted.filter_map(|name| self.said(&name));
            self.said_where(name, |statement| is_task(statement.block())).or_else(|| found.next())
        };
        let version = self.version().unwrap_or_default();
        if let Some(name) = of_task("archiveFileName") {
            return self.text(name, project, &version).unwrap_or_else(|| "*.jar".to_owned());
        }
        let base = of_task("archiveBaseName")
            .or_else(|| ["archivesBaseName", "base.archivesName", "archivesName"].iter().find_map(|name| self.said(name)));
        let text = |expression: &str| self.text(expression, project, &version).unwrap_or_else(|| "*".to_owned());
        let base = base.map_or_else(|| project.to_owned(), text);
        let version = of_task("archiveVersion").map_or_else(|| version.clone(), text);
        let classifier = of_task("archiveClassifier").map(text).unwrap_or_default();
        format!("{}.jar", [base, version, classifier].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-"))
    }

    /// What the program is built with, and not only tested: by the last parts of the names.
    fn libraries(&self) -> BTreeMap<String, Origin> {
        let mut libraries = BTreeMap::new();
        let mut add = |name: &str, origin: Origin| {
            libraries.entry(name.to_owned()).or_insert(origin);
        };
        for (source, statement) in self.statements().filter(|(_, statement)| is_of_program(statement)) {
            let text = statement.text.as_str();
            for coordinates in quoted(text) {
                let mut parts = coordinates.split(':');
                if let (Some(group), Some(artifact)) = (parts.next(), parts.next())
                    && !jvm::is_for_tests(group)
                {
                    add(artifact, source.sure(statement.line_of(coordinates)));
                }
            }
            if let (Some(group), Some(artifact)) = (argument(text, "group"), argument(text, "name"))
                && !jvm::is_for_tests(group)
            {
                add(artifact, source.sure(statement.line));
            }
            let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').collect();
            for entry in self.catalog.entries.iter().filter(|entry| words.contains(&entry.accessor.as_str())) {
                let (group, artifact) = entry.value.rsplit_once(':').unwrap_or(("", &entry.value));
                if !jvm::is_for_tests(group) {
                    add(artifact, entry.origin.clone());
                }
            }
        }
        libraries
    }

    /// The servers that its tests start themselves.
    fn contained(&self) -> BTreeSet<&'static str> {
        let of = |coordinates: &str| {
            let mut parts = coordinates.split(':');
            jvm::contained(parts.next()?, parts.next()?)
        };
        let mut found = BTreeSet::new();
        for (_, statement) in self.statements() {
            let text = statement.text.as_str();
            found.extend(quoted(text).into_iter().filter_map(of));
            if text.contains("libs.") {
                let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').collect();
                let entries = self.catalog.entries.iter().filter(|entry| words.contains(&entry.accessor.as_str()));
                found.extend(entries.filter_map(|entry| of(&entry.value)));
            }
        }
        found
    }

    /// Whether the plugin is applied: by its id, by its name in the catalogue, or by its bare name as Kotlin has it.
    fn applies(&self, plugin: &str) -> bool {
        self.statements().any(|(_, statement)| {
            let text = statement.text.as_str();
            let is_elsewhere = ["buildscript", "pluginManagement", "dependencies"].iter().any(|block| statement.is_in(block));
            let is_named = text.trim_matches('`') == plugin
                || quoted(text).contains(&plugin)
                || self.catalog.plugin_on(text).is_some_and(|entry| entry.value == plugin);
            is_named && !is_elsewhere && !text.ends_with("apply false") && !text.ends_with("apply(false)")
        })
    }
}

/// Whether a statement names what the program needs when it runs.
fn is_of_program(statement: &Statement) -> bool {
    let is_for_tests = |name: &str| name.contains("test") || name.contains("Test");
    let configuration = statement.text.split([' ', '(']).next().unwrap_or_default();
    let is_else = ["exclude", "developmentOnly", "annotationProcessor"].contains(&configuration) || statement.text.contains("project(");
    let is_listed = statement.blocks().any(|block| block == "dependencies" || block.ends_with(".dependencies"));
    let is_of_build = ["buildscript", "pluginManagement", "constraints"].iter().any(|block| statement.is_in(block));
    is_listed && !is_else && !is_of_build && !is_for_tests(configuration) && !statement.blocks().any(is_for_tests)
}

/// `name: 'x'`, `name = "x"` in the brackets of a call.
fn argument<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.match_indices(name).find_map(|(at, _)| {
        let is_word = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let value = text[at + name.len()..].trim_start().strip_prefix([':', '='])?.trim_start();
        if is_word && value.starts_with(['"', '\'']) { quoted(value).first().copied() } else { None }
    })
}

fn settings_name(project: &Project<'_>) -> Option<String> {
    assigned(project.source(&SETTINGS)?, "rootProject.name").map(|(name, _)| name)
}
