//! What a feature renders from: stated by a kit, or detected in a foreign repository.

pub mod boot;
mod class;
mod metrics;
mod plain;
mod service;
mod set;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

pub use class::Class;
pub use metrics::{MetricsLibrary, RequestMetrics};
pub use plain::{LONGEST_NAME, is_yaml_word};
pub use set::NOWHERE;

use crate::condition::Condition;

/// The languages that features know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// CPython.
    Python,
    /// Node.js, JavaScript or TypeScript.
    Node,
    /// Java on a JVM.
    Java,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// A static site.
    Static,
}

/// A repository as its build, run and test see it. Every field is there in templates, absent ones as null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, as templates ask for it")]
pub struct Stack {
    /// The project's name: of the compose project, of images.
    pub name: String,
    /// The main language.
    pub language: Language,
    /// The version to run with.
    pub language_version: String,
    /// The versions to test with, oldest first.
    #[serde(default)]
    pub versions: Vec<String>,
    /// `none`, `spring-boot`, `express`, …
    #[serde(default = "none")]
    pub framework: String,
    /// Its version.
    pub framework_version: Option<String>,
    /// `maven`, `gradle`, `npm`, `pnpm`, `yarn`, `pip`, `poetry`, `uv`, `pipenv`, `go`, `cargo` or `none`.
    #[serde(default = "none")]
    pub build_tool: String,
    /// Whether the build tool's wrapper script is in the repository.
    #[serde(default)]
    pub wrapper: bool,
    /// Whether its packages lie in folders of their own that are installed together, as npm, pnpm and Yarn have it.
    #[serde(default, skip_serializing_if = "is_no")]
    pub workspaces: bool,
    /// Whether the Yarn that installs it is a later one than Yarn 1.
    #[serde(default, skip_serializing_if = "is_no")]
    pub berry: bool,
    /// The file that pins the dependencies; absent where nothing is to be installed.
    pub lock_file: Option<String>,
    /// What pip reads to install from the `lock_file`, where that is more than `requirements*.txt`: the file itself and those that it takes in; only
    /// `.` where it names the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<String>,
    /// The extras of a Python project without which it does not start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// Whether its build file names parts of it by their folders: what it depends on is not known from the build file alone.
    #[serde(default, skip_serializing_if = "is_no")]
    pub path_dependencies: bool,
    /// Whether a Go program is compiled with code in C.
    #[serde(default, skip_serializing_if = "is_no")]
    pub cgo: bool,
    /// Packages of Debian that it is built with and that are not in the image of its language: `protobuf-compiler`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_packages: Vec<String>,
    /// The branch that CI publishes from.
    #[serde(default = "main")]
    pub default_branch: String,
    /// Where the project lies in its repository; `.` is the root.
    #[serde(default = "dot")]
    pub directory: String,
    /// Names of environment variables that must be given at run time and stand in no file.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Environment variables that may be given at run time.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// How it is tested.
    pub test: Option<TestRun>,
    /// How it is built.
    pub build: Option<Command>,
    /// What makes code of the project's own files before it is built, by a program that is installed with it: Prisma's client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generate: Vec<Command>,
    /// What can be run.
    #[serde(default)]
    pub modules: Vec<Module>,
    /// The servers it talks to.
    #[serde(default)]
    pub services: Vec<Service>,
    /// What a class has agreed on, where one works with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Where each field was read and how sure that is, by the field's name. Empty for a kit, which states its stack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
}

impl Stack {
    /// One that nothing is known of but its name and language.
    pub fn named(name: &str, language: Language) -> Self {
        Self {
            name: name.to_owned(),
            language,
            language_version: String::new(),
            versions: Vec::new(),
            framework: none(),
            framework_version: None,
            build_tool: none(),
            wrapper: false,
            workspaces: false,
            berry: false,
            lock_file: None,
            includes: Vec::new(),
            extras: Vec::new(),
            path_dependencies: false,
            cgo: false,
            system_packages: Vec::new(),
            default_branch: main(),
            directory: dot(),
            secrets: Vec::new(),
            settings: Vec::new(),
            test: None,
            build: None,
            generate: Vec::new(),
            modules: Vec::new(),
            services: Vec::new(),
            class: None,
            origins: BTreeMap::new(),
        }
    }

    /// Whether the images of its version of Node.js stand on an older Debian than ours: the lines that ended before that came.
    pub fn has_old_image(&self) -> bool {
        let number = self.language_version.split('.').next().and_then(|number| number.parse::<u32>().ok());
        self.language == Language::Node && number.is_some_and(|number| number < 20 || matches!(number, 21 | 23))
    }

    /// Whether anything of it waits for requests.
    pub fn listens(&self) -> bool {
        self.modules.iter().any(|module| module.port.is_some())
    }

    /// Whether it reads each file of a folder as a property, as Spring Boot does from 2.4 on: earlier ones are started by the class path.
    pub fn reads_secret_files(&self) -> bool {
        let is_early = |module: &Module| module.launch.get(1).is_some_and(|word| word == "-cp");
        self.framework == "spring-boot" && !self.modules.iter().any(is_early)
    }

    /// Where a module says whether it is stuck itself, whatever the servers do that it talks to; none where its framework has no such place.
    pub fn liveness_path(&self, module: &Module) -> Option<String> {
        let health = module.health_path.as_deref()?;
        let (end, path) = match self.framework.as_str() {
            "spring-boot" if self.reads_secret_files() => ("/actuator/health", "/liveness"),
            "quarkus" => ("/q/health", "/live"),
            // What ends so and lies elsewhere may be a route of the program's own.
            "micronaut" if health == "/health" => ("/health", "/liveness"),
            _ => return None,
        };
        let all = health.strip_suffix("/readiness").unwrap_or(health);
        all.ends_with(end).then(|| format!("{all}{path}"))
    }

    /// Whether what has this condition applies here.
    pub fn meets(&self, condition: Option<&Condition>) -> bool {
        condition.is_none_or(|condition| condition.holds(&|name| self.condition_text(name)))
    }

    /// A field's text, for the conditions of features: `language`, `build_tool`, `framework`, `wrapper`, `secrets`, `modules`, `services`,
    /// `ports` (something listens), `metrics` (something serves metrics of its own), `process_metrics` and `request_metrics` (it is known that some
    /// of them are such), `nested` (the project lies in a folder of its repository).
    pub fn condition_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let yes_or_no = |holds: bool| Cow::Borrowed(if holds { "true" } else { "false" });
        Some(match name {
            "language" => self.language.name().into(),
            "build_tool" => self.build_tool.as_str().into(),
            "framework" => self.framework.as_str().into(),
            "wrapper" => yes_or_no(self.wrapper),
            "secrets" => yes_or_no(!self.secrets.is_empty()),
            "modules" => yes_or_no(!self.modules.is_empty()),
            "ports" => yes_or_no(self.listens()),
            "metrics" => yes_or_no(self.modules.iter().any(|module| module.metrics().is_some())),
            "process_metrics" => yes_or_no(self.modules.iter().any(Module::has_process_metrics)),
            "request_metrics" => yes_or_no(self.modules.iter().any(|module| module.request_metrics().is_some())),
            "services" => yes_or_no(!self.services.is_empty()),
            "nested" => yes_or_no(self.directory != "."),
            _ => return None,
        })
    }
}

impl Language {
    /// As manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Java => "java",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Static => "static",
        }
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node.js",
            Self::Java => "Java",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Static => "HTML",
        }
    }
}

impl Module {
    /// One that is started so, and of which nothing else is known.
    pub fn named(name: &str, launch: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            title: String::new(),
            directory: dot(),
            launch,
            sources: Vec::new(),
            artifact: None,
            main_class: None,
            port: None,
            port_variable: None,
            host_variable: None,
            health_path: None,
            health_host: None,
            metrics_path: None,
            metrics_library: None,
            stop_seconds: ten(),
            environment: BTreeMap::new(),
        }
    }
}

/// The names that a feature's conditions may use.
pub const CONDITION_NAMES: [&str; 12] = [
    "language",
    "build_tool",
    "framework",
    "wrapper",
    "secrets",
    "modules",
    "ports",
    "metrics",
    "process_metrics",
    "request_metrics",
    "services",
    "nested",
];

/// Where a field of a stack was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// File and line, `pom.xml:14`.
    pub place: String,
    /// Whether it was written there, as opposed to guessed from it.
    pub certain: bool,
}

/// A command in exec form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Program and arguments.
    pub command: Vec<String>,
}

/// How a project is tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRun {
    /// What a developer types.
    pub command: Vec<String>,
    /// What CI adds.
    #[serde(default)]
    pub ci_arguments: Vec<String>,
    /// Globs of JUnit XML files.
    #[serde(default)]
    pub reports: Vec<String>,
    /// What CI sets.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What the command that installs the project gets besides, so that there is what the tests need: an extra, a group or a file, as the build
    /// tool takes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install: Vec<String>,
    /// What is installed for the tests in place of the stack's `lock_file`: a file of requirements that takes in all that they need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements: Option<String>,
}

/// Something that can be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its name: of the image, of the service in compose.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub title: String,
    /// Its folder.
    #[serde(default = "dot")]
    pub directory: String,
    /// How it is started, in exec form.
    pub launch: Vec<String>,
    /// What it needs at run time besides what is built.
    #[serde(default)]
    pub sources: Vec<String>,
    /// What the build makes.
    pub artifact: Option<String>,
    /// Where a JVM starts.
    pub main_class: Option<String>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// The environment variable that changes the port.
    pub port_variable: Option<String>,
    /// The environment variable that changes the address it listens on.
    pub host_variable: Option<String>,
    /// A path that answers 200 when it can serve.
    pub health_path: Option<String>,
    /// The host that it wants to be asked for at that path, where it is not any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_host: Option<String>,
    /// The path at which it serves metrics to Prometheus. Features know by themselves where Spring Boot does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_path: Option<String>,
    /// The library by which it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_library: Option<String>,
    /// Seconds it needs to stop after SIGTERM.
    #[serde(default = "ten")]
    pub stop_seconds: u32,
    /// Its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// A server that the project talks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// `postgresql`, `mysql`, `redis`, `rabbitmq`, `kafka`, …
    pub kind: String,
    /// Its name in compose; the kind if not given.
    pub name: Option<String>,
    /// The version wanted.
    pub version: Option<String>,
    /// The environment names by which the app reads it, with `{host}`, `{port}`, `{user}`, `{password}`, `{database}` in the values.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Those by which the tests read it; none where they read the same.
    #[serde(default)]
    pub test_environment: BTreeMap<String, String>,
    /// Whether the tests need it. CI does without one that they start themselves, or replace by something in memory.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub tests: bool,
}

/// An environment variable that may be given at run time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it does, in one line.
    pub help: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_no(value: &bool) -> bool {
    !*value
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_yes(value: &bool) -> bool {
    *value
}

fn none() -> String {
    "none".to_owned()
}

fn main() -> String {
    "main".to_owned()
}

fn dot() -> String {
    ".".to_owned()
}

fn ten() -> u32 {
    10
}

#[cfg(test)]
mod tests {
    use super::{Language, Module, Stack};

    #[test]
    fn liveness_is_asked_where_the_framework_has_it() {
        for (framework, health, expected) in [
            ("spring-boot", "/actuator/health", Some("/actuator/health/liveness")),
            ("spring-boot", "/tides/actuator/health/readiness", Some("/tides/actuator/health/liveness")),
            ("spring-boot", "/health", None),
            ("quarkus", "/api/q/health", Some("/api/q/health/live")),
            ("micronaut", "/health", Some("/health/liveness")),
            ("micronaut", "/api/health", None),
            ("fastapi", "/health", None),
        ] {
            let mut stack = Stack::named("shop", Language::Java);
            framework.clone_into(&mut stack.framework);
            let mut module = Module::named("shop", vec!["java".to_owned(), "-jar".to_owned(), "app.jar".to_owned()]);
            module.health_path = Some(health.to_owned());
            stack.modules = vec![module];
            assert_eq!(stack.liveness_path(&stack.modules[0]).as_deref(), expected, "{framework} {health}");
        }
    }
}
