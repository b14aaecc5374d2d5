//! What Maven and Gradle projects have in common: the application's class, its framework's configuration, its servers.

mod configuration;
mod environment;

use std::collections::{BTreeMap, BTreeSet};

use configuration::Configuration;
use environment::Told;

use super::{Project, below, servers};
use crate::stack::{Module, Origin, Service, boot};

/// Ends of the names of files that often hold the class that is started.
const STARTED: [&str; 5] = ["Application", "App", "Main", "Server", "Launcher"];

pub(super) fn wants(name: &str) -> bool {
    let class = name.strip_suffix(".java").or_else(|| name.strip_suffix(".kt"));
    is_configuration(name) || class.is_some_and(|class| STARTED.iter().any(|end| class.ends_with(end)))
}

/// A framework as builds name it: what a library's name begins with.
pub(super) fn framework_of(group: &str) -> Option<&'static str> {
    match group {
        "org.springframework.boot" => Some("spring-boot"),
        "io.quarkus" | "io.quarkus.platform" => Some("quarkus"),
        "io.micronaut" | "io.micronaut.platform" | "io.micronaut.application" => Some("micronaut"),
        _ => None,
    }
}

/// The server that a library of Testcontainers starts: `org.testcontainers:postgresql`, `testcontainers-postgresql` since 2.
pub(super) fn contained(group: &str, artifact: &str) -> Option<&'static str> {
    let kind = match artifact.strip_prefix("testcontainers-") {
        Some(kind) => kind,
        None if is_for_tests(group) => artifact,
        None => return None,
    };
    Service::kinds().find(|known| *known == kind)
}

/// Whether libraries of this group are for tests, whatever they are called: that of Testcontainers has one by the name of each server.
pub(super) fn is_for_tests(group: &str) -> bool {
    group == "org.testcontainers"
}

/// A part of the build that may be runnable.
pub(super) struct Part {
    pub(super) name: String,
    /// Its folder below the project; `.` is the project's own.
    pub(super) directory: String,
    /// What the build makes, below that folder.
    pub(super) artifact: String,
    /// Libraries and where they are named.
    pub(super) libraries: BTreeMap<String, Origin>,
    /// The servers that its tests start themselves, by Testcontainers.
    pub(super) contained: BTreeSet<&'static str>,
    /// A class that the build itself names as the one to start.
    pub(super) main_class: Option<(String, Origin)>,
    /// Whether the build makes something that can be started, for what framework it is.
    pub(super) is_packaged: bool,
    /// Where the libraries are that the artifact needs beside it; `None` where it holds all of them and says what is started.
    pub(super) class_path: Option<&'static str>,
    /// The build file and the line of its name.
    pub(super) origin: Origin,
}

/// The versions of Java for which there are images for long; <https://adoptium.net/support/>.
const MAINTAINED: [u32; 5] = [8, 11, 17, 21, 25];

/// The version that builds and runs what is compiled for `level`: itself, or the next one that is maintained, which is told.
pub(super) fn maintained(project: &mut Project<'_>, level: String, origin: &Origin) -> String {
    let next = level.parse().ok().and_then(|level: u32| MAINTAINED.into_iter().find(|version| *version >= level));
    let Some(next) = next.map(|version| version.to_string()).filter(|next| *next != level) else { return level };
    project.note(
        &origin.place,
        format!("Java {level} is maintained no more: {next} builds and runs it; `--set language_version=…` says another one"),
    );
    next
}

/// Adds what can be run of these parts, and the servers that they need.
pub(super) fn add(project: &mut Project<'_>, parts: &[Part]) {
    let many = parts.len() > 1;
    for part in parts {
        let started = part.main_class.clone().or_else(|| started(project, &part.directory));
        // What is not packed into one jar with its framework is started by its class.
        let wants_class = project.stack.framework == "none" || part.class_path.is_some();
        let is_runnable = part.is_packaged && (started.is_some() || !wants_class);
        if is_runnable && (started.is_some() || !many) {
            module(project, part, started);
        }
    }
    for part in parts {
        needed(project, part);
    }
    untested(project, parts);
    if project.stack.modules.is_empty() {
        let place = project.stack.directory.clone();
        project.note(&place, "nothing here says what is started: no class with a `main` that the build packages");
    }
}

/// Adds the servers that a part's libraries are for.
fn needed(project: &mut Project<'_>, part: &Part) {
    let configuration = Configuration::read(project, &part.directory);
    for (library, origin) in &part.libraries {
        let Some(kind) = servers::of_library(library) else { continue };
        let told = Told {
            framework: &project.stack.framework,
            version: project.stack.framework_version.as_deref(),
            libraries: &part.libraries,
            configuration: &configuration,
        };
        let names = told.of(kind);
        let names: Option<Vec<(&str, &str)>> =
            names.as_ref().map(|names| names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect());
        project.service(kind, names.as_deref(), origin.clone());
    }
}

/// Says of which servers the tests have no need: every part that names one starts it in its tests, or has its tests keep their data in memory.
fn untested(project: &mut Project<'_>, parts: &[Part]) {
    let kinds: Vec<String> = project.stack.services.iter().map(|service| service.kind.clone()).collect();
    for (index, kind) in kinds.iter().enumerate() {
        let names = |part: &Part| part.libraries.keys().any(|library| servers::of_library(library) == Some(kind));
        let is_database = matches!(kind.as_str(), "postgresql" | "mysql" | "mariadb");
        let mut its = parts.iter().filter(|part| names(part));
        let is_free = its.all(|part| part.contained.contains(kind.as_str()) || is_database && is_in_memory(project, &part.directory));
        project.stack.services[index].tests = !is_free;
    }
}

/// Whether the tests of a part are configured to have their database in the program itself, or started by its address.
fn is_in_memory(project: &Project<'_>, directory: &str) -> bool {
    let folder = below(directory, "src/test/resources/");
    let addresses = ["h2:", "hsqldb:", "derby:", "sqlite:", "tc:"].map(|driver| format!("dbc:{driver}"));
    let is_named = |line: &str| line.contains("url") && addresses.iter().any(|address| line.contains(address.as_str()));
    let sources = project.sources(|path| path.strip_prefix(&folder).is_some_and(is_configuration));
    sources.iter().any(|source| source.text.lines().any(|line| !line.trim_start().starts_with('#') && is_named(line)))
}

/// Whether a file is one of those that configure a program, in one profile or in all.
fn is_configuration(name: &str) -> bool {
    let is_profile = name.starts_with("application-") && [".properties", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    configuration::FILES.contains(&name) || is_profile
}

fn module(project: &mut Project<'_>, part: &Part, started: Option<(String, Origin)>) {
    let launch = match (part.class_path, &started) {
        (Some(class_path), Some((class, _))) => super::words(&["java", "-cp", class_path, class]),
        _ if project.stack.framework == "spring-boot" => boot_launch(part, project.stack.framework_version.as_deref()),
        _ => super::words(&["java", "-jar", "app.jar"]),
    };
    let mut module = Module::named(&super::slug(&part.name), launch);
    module.directory.clone_from(&part.directory);
    module.artifact = Some(part.artifact.clone());
    let of_module = format!("modules.{}", module.name);
    let field = |name: &str| format!("{of_module}.{name}");
    project.origin(&of_module, part.origin.clone());
    if let Some((class, origin)) = started {
        module.main_class = Some(class);
        project.origin(&field("main_class"), origin);
    }
    if project.stack.framework == "spring-boot" {
        // What Spring Boot waits for at most: `spring.lifecycle.timeout-per-shutdown-phase`.
        module.stop_seconds = 30;
    }
    let configuration = Configuration::read(project, &part.directory);
    port(project, part, &mut module, &configuration);
    if project.stack.framework == "none" {
        let folder = below(&part.directory, "src/main/");
        let code = project.sources(|path| path.starts_with(&folder) && !path.contains("/resources/"));
        project.port_from_environment(&mut module, &code);
        super::health::health(project, &mut module, &code);
    }
    super::metrics::metrics(project, &mut module, |name| part.libraries.get(name).cloned());
    health(project, part, &mut module, &configuration);
    project.stack.modules.push(module);
}

/// How what Spring Boot has packed is started. A war is started whole: what is in it has other places than in a jar.
fn boot_launch(part: &Part, version: Option<&str>) -> Vec<String> {
    let launch = super::words(boot::launch(version));
    match (part.artifact.ends_with(".war"), launch[1].as_str()) {
        (true, "-cp") => super::words(&["java", "-cp", "app.war", "org.springframework.boot.loader.WarLauncher"]),
        (true, _) => super::words(&["java", "-jar", "app.war"]),
        _ => launch,
    }
}

/// Where it listens: as its configuration says, else where its framework does by itself.
fn port(project: &mut Project<'_>, part: &Part, module: &mut Module, configuration: &Configuration<'_>) {
    let (key, variable, is_listening) = match project.stack.framework.as_str() {
        "spring-boot" => ("server.port", "SERVER_PORT", is_web(part)),
        "quarkus" => ("quarkus.http.port", "QUARKUS_HTTP_PORT", true),
        "micronaut" => ("micronaut.server.port", "MICRONAUT_SERVER_PORT", true),
        // Ktor's own file, where there is one.
        _ => ("ktor.deployment.port", "PORT", false),
    };
    let field = format!("modules.{}.port", module.name);
    if let Some((source, fact)) = configuration.get("spring.main.web-application-type")
        && fact.value.eq_ignore_ascii_case("none")
    {
        return project.origin(&field, source.sure(fact.line));
    }
    let Some((source, fact)) = configuration.get(key) else {
        if is_listening {
            module.port = Some(8080);
            module.port_variable = Some(variable.to_owned());
            project.origin(&field, Origin { certain: true, ..part.origin.clone() });
        }
        return;
    };
    let (given, number) = configuration.variable(&fact.value);
    let origin = match number.as_deref().map(str::parse::<i32>) {
        Some(Ok(0)) => return project.note(&source.at(fact.line), "the port is another one each time"),
        // How Spring Boot is told not to listen.
        Some(Ok(-1)) => return project.origin(&field, source.sure(fact.line)),
        Some(Ok(number)) if u16::try_from(number).is_ok() => source.sure(fact.line),
        Some(_) => return project.note(&source.at(fact.line), format!("the port `{}` is no number", fact.value)),
        // Whoever starts it says the port: any will do.
        None => source.unsure(fact.line),
    };
    module.port = number.and_then(|number| number.parse().ok()).or(Some(8080));
    module.port_variable = Some(given.unwrap_or_else(|| variable.to_owned()));
    project.origin(&field, origin);
}

/// Whether a Spring Boot application listens: most do, and one that only works through a queue does not.
fn is_web(part: &Part) -> bool {
    let web = ["-web", "-webmvc", "-webflux", "-jersey", "-graphql", "-data-rest", "-hateoas", "-web-services", "-webservices"];
    let servers = ["spring-cloud-starter-netflix-eureka-server", "spring-cloud-config-server", "spring-boot-admin-starter-server"];
    part.libraries.keys().any(|name| {
        name.strip_prefix("spring-boot-starter").is_some_and(|rest| web.contains(&rest))
            || name.starts_with("spring-cloud-starter-gateway")
            || servers.contains(&name.as_str())
    })
}

fn health(project: &mut Project<'_>, part: &Part, module: &mut Module, configuration: &Configuration<'_>) {
    let library = match project.stack.framework.as_str() {
        "spring-boot" => "spring-boot-starter-actuator",
        "quarkus" => "quarkus-smallrye-health",
        "micronaut" => "micronaut-management",
        _ => return,
    };
    if module.port.is_none() {
        return;
    }
    let origin = part.libraries.get(library);
    if origin.is_none() {
        project.note(&part.origin.place, format!("no health endpoint: `{library}` brings one"));
    }
    if origin.is_none() && module.metrics_path.is_none() {
        return;
    }
    let is_spring = project.stack.framework == "spring-boot";
    let Paths { health, metrics, other_port } = Paths::of(project, configuration);
    let field = |name: &str| format!("modules.{}.{name}", module.name);
    // Features know by themselves where Spring Boot serves them.
    if module.metrics_path.is_some() || is_spring && metrics != "/actuator/prometheus" {
        module.metrics_path = Some(metrics);
        project.stack.origins.entry(field("metrics_path")).or_insert_with(|| origin.unwrap_or(&part.origin).clone());
    }
    let Some(place) = other_port else {
        if let Some(origin) = origin {
            module.health_path = Some(health);
            project.origin(&field("health_path"), origin.clone());
        }
        return;
    };
    let told = "the health endpoint is on a port of its own, and is not asked";
    if is_spring {
        let files = "`ops/prometheus/prometheus.yml` and the annotations of the pods";
        project.note(&place, format!("{told}; so are the metrics: what `monitoring` writes finds none until {files} name that port"));
    } else {
        project.note(&place, format!("{told}; so are the metrics, and they are not read"));
        module.metrics_path = None;
        project.stack.origins.remove(&field("metrics_path"));
    }
}

/// Where a framework answers those who run it.
struct Paths {
    health: String,
    metrics: String,
    /// Where it is said that it does so on another port than that of the program.
    other_port: Option<String>,
}

impl Paths {
    fn of(project: &mut Project<'_>, configuration: &Configuration<'_>) -> Self {
        let is_first = project.stack.framework_version.as_deref().is_some_and(|version| version.starts_with("1."));
        match project.stack.framework.as_str() {
            "quarkus" => Self::of_quarkus(project, configuration),
            "micronaut" => Self::of_micronaut(project, configuration),
            _ if is_first => Self::of_first_spring_boot(project, configuration),
            _ => Self::of_spring_boot(project, configuration),
        }
    }

    fn of_spring_boot(project: &mut Project<'_>, configuration: &Configuration<'_>) -> Self {
        let other_port = other_port(configuration, "management.server.port", "server.port");
        let before = if other_port.is_some() {
            path(project, configuration, &["management.server.base-path"], "")
        } else {
            // Where Spring MVC answers at all is part of it.
            let context = path(project, configuration, &["server.servlet.context-path", "spring.webflux.base-path"], "");
            context + &path(project, configuration, &["spring.mvc.servlet.path"], "")
        };
        let base = path(project, configuration, &["management.endpoints.web.base-path"], "/actuator");
        let health = path(project, configuration, &["management.endpoints.web.path-mapping.health"], "/health");
        let metrics = path(project, configuration, &["management.endpoints.web.path-mapping.prometheus"], "/prometheus");
        Self { health: format!("{before}{base}{health}"), metrics: format!("{before}{base}{metrics}"), other_port }
    }

    /// Before 2 the endpoints lie beside what the program itself answers, and the properties have other names.
    fn of_first_spring_boot(project: &mut Project<'_>, configuration: &Configuration<'_>) -> Self {
        let context = path(project, configuration, &["server.context-path"], "");
        let base = path(project, configuration, &["management.context-path"], "");
        let other_port = other_port(configuration, "management.port", "server.port");
        Self { health: format!("{context}{base}/health"), metrics: format!("{context}{base}/prometheus"), other_port }
    }

    fn of_quarkus(project: &mut Project<'_>, configuration: &Configuration<'_>) -> Self {
        let root = path(project, configuration, &["quarkus.http.root-path"], "");
        // What begins with a slash does not lie below what is around it.
        let below = |around: &str, key: &str, default: &str| {
            let text = configuration.known(&[key]).unwrap_or_else(|| default.to_owned());
            let inner = text.trim_matches('/');
            if text.starts_with('/') { format!("/{inner}") } else { format!("{around}/{inner}") }
        };
        let own = below(&root, "quarkus.http.non-application-root-path", "q");
        let is_other = configuration.known(&["quarkus.management.enabled"]).is_some_and(|text| text == "true");
        Self {
            health: below(own.trim_end_matches('/'), "quarkus.smallrye-health.root-path", "health"),
            metrics: below(own.trim_end_matches('/'), "quarkus.micrometer.export.prometheus.path", "metrics"),
            other_port: configuration.get("quarkus.management.enabled").filter(|_| is_other).map(|(source, fact)| source.at(fact.line)),
        }
    }

    fn of_micronaut(project: &mut Project<'_>, configuration: &Configuration<'_>) -> Self {
        let context = path(project, configuration, &["micronaut.server.context-path"], "");
        let all = path(project, configuration, &["endpoints.all.path"], "");
        let other_port = other_port(configuration, "endpoints.all.port", "micronaut.server.port");
        Self { health: format!("{context}{all}/health"), metrics: format!("{context}{all}/prometheus"), other_port }
    }
}

/// Where the port is said that those who run it ask, if it is another one than the program's own.
fn other_port(configuration: &Configuration<'_>, key: &str, own: &str) -> Option<String> {
    let (source, fact) = configuration.get(key)?;
    let is_same = configuration.get(own).is_some_and(|(_, own)| own.value == fact.value);
    (!is_same).then(|| source.at(fact.line))
}

/// A path under the first of these keys that there is, with a slash before it and none behind it; a note where it cannot be told.
fn path(project: &mut Project<'_>, configuration: &Configuration<'_>, keys: &[&str], default: &str) -> String {
    let text = match configuration.text(keys) {
        Some(Ok(text)) => text,
        Some(Err(place)) => {
            project.note(&place, format!("nothing here says the path: `{default}/` is assumed; `--set health_path=…` says another one"));
            default.to_owned()
        }
        None => default.to_owned(),
    };
    match text.trim_matches('/') {
        "" => String::new(),
        inner => format!("/{inner}"),
    }
}

/// The class with `main` in the sources of a part: one that a framework is told to start, else one that has a `main` at all.
fn started(project: &Project<'_>, directory: &str) -> Option<(String, Origin)> {
    let folders = [below(directory, "src/main/java/"), below(directory, "src/main/kotlin/")];
    let sources = project.sources(|path| folders.iter().any(|folder| path.starts_with(folder)));
    let marked = sources.iter().find(|source| source.text.contains("@SpringBootApplication") || source.text.contains("@QuarkusMain"));
    let mains = ["static void main(", "fun main(", "void main()"];
    let mut with_main = sources.iter().filter(|source| mains.iter().any(|main| source.text.contains(main)));
    let first = with_main.next();
    let is_sure = marked.is_some() || with_main.next().is_none();
    let source = marked.or(first)?;
    let (file, extension) = source.path.rsplit('/').next()?.rsplit_once('.')?;
    let package = source.text.lines().find_map(|line| line.trim().strip_prefix("package "));
    let package = package.map(|package| format!("{}.", package.trim_end_matches(';').trim())).unwrap_or_default();
    let line = mains.iter().map(|main| source.line_of(main)).find(|line| *line > 1).unwrap_or(1);
    // The `main` beside a class of Kotlin is in a class of its own.
    let suffix = if extension == "kt" { "Kt" } else { "" };
    Some((format!("{package}{file}{suffix}"), Origin { certain: is_sure, ..source.sure(line) }))
}
