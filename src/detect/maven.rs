//! Maven: `pom.xml` with its parents and modules, as far as they lie in the repository.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Project, Source, below,
    jvm::{self, Part, framework_of},
    pins, words,
};
use crate::{
    contribute::{Element, line_number, parse_xml},
    stack::{Command, Language, Origin},
};

/// Parents of parents, modules of modules: more than any build has.
const DEEPEST: usize = 16;

pub(super) fn wants(name: &str) -> bool {
    name == "pom.xml"
}

/// A POM, and the parents of it that are in the repository, nearest first.
struct Pom<'s> {
    /// Below the project.
    directory: String,
    chain: Vec<(Source<'s>, Element)>,
}

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["pom.xml"]) else { return };
    project.language(Language::Java, "maven", &source.sure(1));
    let Some(root) = Pom::read(project, ".") else { return };

    // 1. what it is called
    if let Some((name, origin)) = root.text("artifactId") {
        project.named(&name, origin);
    }

    // 2. the modules, and the framework: the first of them that names one
    let mut poms = vec![root];
    modules(project, &mut poms);
    language_version(project, &poms);
    if let Some((name, version, origin)) = poms.iter().find_map(Pom::framework) {
        project.framework(name, version.as_deref(), origin);
    }
    let mut parts: Vec<Part> = poms
        .iter()
        .filter(|pom| pom.text("packaging").is_none_or(|(packaging, _)| packaging != "pom"))
        .map(|pom| part(project, pom, poms.len() > 1))
        .collect();
    // One run of Maven puts the libraries beside the jars: where one needs them, all have them.
    if let Some(class_path) = parts.iter().filter(|part| part.is_packaged).find_map(|part| part.class_path) {
        for part in &mut parts {
            part.class_path = Some(class_path);
        }
    }
    jvm::add(project, &parts);

    // 3. how it is built and tested
    project.stack.wrapper = project.has("mvnw");
    let maven = if project.stack.wrapper { "./mvnw" } else { "mvn" };
    let own = if poms.len() > 1 { "**/target" } else { "target" };
    project.stack.build = Some(Command { command: words(&[maven, "package"]) });
    let reports = vec![format!("{own}/surefire-reports/*.xml"), format!("{own}/failsafe-reports/*.xml")];
    project.tested(words(&[maven, "verify"]), words(&["-B", "-ntp"]), reports, source.sure(1));
}

/// The modules below the first one, each once.
fn modules<'s>(project: &mut Project<'s>, poms: &mut Vec<Pom<'s>>) {
    let mut seen = BTreeSet::from([".".to_owned()]);
    let mut next = 0;
    while let Some(pom) = poms.get(next) {
        next += 1;
        let (source, model) = &pom.chain[0];
        let mut wanted = Vec::new();
        for module in all(model, "modules/module") {
            let directory = normal(&below(&pom.directory, &module.text));
            match directory {
                Some(directory) if directory.matches('/').count() < DEEPEST => {
                    if seen.insert(directory.clone()) {
                        wanted.push((directory, source.at(line(source, module))));
                    }
                }
                _ => project.note(&source.at(line(source, module)), format!("the module `{}` is not in the project", module.text)),
            }
        }
        for (directory, place) in wanted {
            match Pom::read(project, &directory) {
                Some(pom) => poms.push(pom),
                None => project.note(&place, format!("the module `{directory}` has no pom.xml that can be read")),
            }
        }
    }
}

/// The Java that the first POM wants which says one; a parent beside the modules may say it for them.
fn language_version(project: &mut Project<'_>, poms: &[Pom<'_>]) {
    let stated = poms.iter().find_map(Pom::language_version).or_else(|| pins::version(project, Language::Java));
    if let Some((version, origin)) = stated {
        let version = jvm::maintained(project, version, &origin);
        project.language_version(&version, origin);
    } else if let Some(("spring-boot", version, origin)) = poms.iter().find_map(Pom::framework) {
        // What spring-boot-starter-parent says where nobody says anything.
        let is_old = version.is_some_and(|version| version.starts_with("2.") || version.starts_with("1."));
        project.language_version(if is_old { "8" } else { "17" }, Origin { certain: false, ..origin });
    }
}

fn part(project: &Project<'_>, pom: &Pom<'_>, is_one_of_many: bool) -> Part {
    let (source, model) = &pom.chain[0];
    let name = pom.text("artifactId").map_or_else(|| project.stack.name.clone(), |(name, _)| name);
    let framework = project.stack.framework.as_str();
    let is_war = pom.text("packaging").is_some_and(|(packaging, _)| packaging == "war");
    let end = if is_war { "war" } else { "jar" };
    let (plugins, artifact): (&[&str], String) = match framework {
        "spring-boot" => (&["spring-boot-maven-plugin"], format!("target/{}.{end}", pom.boot_file(&name))),
        "quarkus" => (&["quarkus-maven-plugin"], "target/quarkus-app/quarkus-run.jar".to_owned()),
        "micronaut" => (&["micronaut-maven-plugin"], format!("target/{}.jar", pom.shaded_file(&name))),
        _ => (
            &["maven-shade-plugin", "maven-jar-plugin", "maven-assembly-plugin", "exec-maven-plugin"],
            format!("target/{}.jar", pom.shaded_file(&name)),
        ),
    };
    let plugins: Vec<_> = plugins.iter().filter_map(|name| pom.plugin(name)).collect();
    let main_class = plugins.iter().find_map(|(source, plugin)| pom.resolved(source, deep(plugin, "mainClass")?));
    let is_startable = main_class.is_some();
    let main_class = main_class.or_else(|| pom.property("start-class")).or_else(|| pom.property("exec.mainClass"));
    let libraries = pom.libraries();
    // A plain jar is started by the class in it.
    let is_packaged = match framework {
        "spring-boot" => !plugins.is_empty(),
        // Nothing is there to serve it.
        _ if is_war => false,
        "none" => main_class.is_some() || !is_one_of_many,
        _ => !plugins.is_empty(),
    };
    // `exec-maven-plugin` starts a class and writes it into no jar.
    let is_whole = pom.plugin("maven-shade-plugin").is_some() || libraries.is_empty() && pom.plugin("maven-jar-plugin").is_some();
    let class_path = (framework == "none" && !(is_whole && is_startable)).then_some("app.jar:lib/*");
    let origin = one(model, "artifactId").map_or_else(|| source.sure(1), |found| source.sure(line(source, found)));
    Part {
        name: super::slug(&name),
        directory: pom.directory.clone(),
        artifact,
        libraries,
        contained: pom.contained(),
        main_class,
        is_packaged,
        class_path,
        origin,
    }
}

impl<'s> Pom<'s> {
    /// The POM in a folder of the project; a note where there is one that cannot be read.
    fn read(project: &mut Project<'s>, directory: &str) -> Option<Self> {
        let mut path = project.path(&below(directory, "pom.xml"));
        let mut chain: Vec<(Source<'s>, Element)> = Vec::new();
        while chain.len() < DEEPEST {
            let Some(source) = project.at_root(&path) else { break };
            if chain.iter().any(|(known, _)| known.path == source.path) {
                project.note(source.path, "is its own parent");
                break;
            }
            let model = match parse_xml(source.text) {
                Ok(model) if model.name == "project" => model,
                Ok(model) => {
                    project.note(source.path, format!("is no POM: its root is `{}`", model.name));
                    break;
                }
                Err(broken) => {
                    let place = broken.line.map_or_else(|| source.path.to_owned(), |line| source.at(line));
                    project.note(&place, broken.why);
                    break;
                }
            };
            let relative =
                one(&model, "parent").map(|parent| one(parent, "relativePath").map_or("../pom.xml".to_owned(), |path| path.text.clone()));
            let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
            chain.push((source, model));
            match relative.filter(|relative| !relative.is_empty()).and_then(|relative| normal(&below(&folder, &relative))) {
                Some(parent) => path = if parent.ends_with(".xml") { parent } else { below(&parent, "pom.xml") },
                None => break,
            }
        }
        (!chain.is_empty()).then(|| Self { directory: directory.to_owned(), chain })
    }

    /// `artifactId`, `version`, `packaging`: its own, for the version also that of the parent that it names.
    fn text(&self, name: &str) -> Option<(String, Origin)> {
        let (source, model) = self.chain.first()?;
        let found = one(model, name).or_else(|| if name == "version" { one(model, "parent/version") } else { None })?;
        self.resolved(source, found)
    }

    /// A property of it or of its parents.
    fn property(&self, name: &str) -> Option<(String, Origin)> {
        self.chain.iter().find_map(|(source, model)| {
            let properties = model.children.iter().find(|child| child.name == "properties")?;
            let found = properties.children.iter().find(|child| child.name == name)?;
            self.resolved(source, found)
        })
    }

    /// What the build calls the file that it makes, without the end: `name` and version unless it says so. A `*` stands for what is not known.
    fn file(&self, name: &str) -> String {
        let said = self.chain.iter().find_map(|(_, model)| one(model, "build/finalName"));
        let version = || self.text("version").map_or_else(|| "*".to_owned(), |(version, _)| version);
        said.map_or_else(|| format!("{name}-{}", version()), |said| self.pattern(&said.text))
    }

    /// That of what Spring Boot makes of it, which may lie beside the file that is to be used as a library.
    fn boot_file(&self, name: &str) -> String {
        let classifier = self.configured("spring-boot-maven-plugin", "classifier").map(|text| format!("-{text}"));
        self.configured("spring-boot-maven-plugin", "finalName").unwrap_or_else(|| self.file(name)) + &classifier.unwrap_or_default()
    }

    /// That of the file with the libraries in it, which may lie beside the one without.
    fn shaded_file(&self, name: &str) -> String {
        let shade = |key: &str| self.configured("maven-shade-plugin", key);
        let file = shade("finalName").unwrap_or_else(|| self.file(name));
        if shade("shadedArtifactAttached").is_none_or(|attached| attached != "true") {
            return file;
        }
        format!("{file}-{}", shade("shadedClassifierName").unwrap_or_else(|| "shaded".to_owned()))
    }

    /// What a plugin is told, in one of its runs or in all of them.
    fn configured(&self, plugin: &str, key: &str) -> Option<String> {
        let places = ["build/plugins/plugin", "build/pluginManagement/plugins/plugin"];
        let plugins = self.chain.iter().flat_map(|(_, model)| places.iter().flat_map(|place| all(model, place)));
        let mut its = plugins.filter(|found| one(found, "artifactId").is_some_and(|found| found.text == plugin));
        its.find_map(|found| {
            let ways = [format!("configuration/{key}"), format!("executions/execution/configuration/{key}")];
            ways.iter().find_map(|way| all(found, way).first().map(|found| self.pattern(&found.text)))
        })
    }

    /// A text with its properties put in, and `*` for those that are not known.
    fn pattern(&self, text: &str) -> String {
        self.filled(text, 0).unwrap_or_else(|| {
            let mut rest = text;
            let mut pattern = String::new();
            while let Some((before, after)) = rest.split_once("${") {
                let (name, after) = after.split_once('}').unwrap_or((after, ""));
                pattern = pattern + before + &self.filled(&format!("${{{name}}}"), 0).unwrap_or_else(|| "*".to_owned());
                rest = after;
            }
            pattern + rest
        })
    }

    /// What it and its parents depend on, but for what only tests need: a scope may stand where versions are managed.
    fn libraries(&self) -> BTreeMap<String, Origin> {
        let mut libraries = BTreeMap::new();
        for (source, model) in &self.chain {
            for dependency in all(model, "dependencies/dependency") {
                let Some(artifact) = one(dependency, "artifactId") else { continue };
                let group = one(dependency, "groupId").map_or("", |group| group.text.as_str());
                let scope = one(dependency, "scope").map(|scope| scope.text.as_str()).or_else(|| self.managed_scope(group, &artifact.text));
                if scope != Some("test") && !jvm::is_for_tests(group) {
                    libraries.entry(artifact.text.clone()).or_insert_with(|| source.sure(line(source, artifact)));
                }
            }
        }
        libraries
    }

    /// The servers that its tests start themselves.
    fn contained(&self) -> BTreeSet<&'static str> {
        let dependencies = self.chain.iter().flat_map(|(_, model)| all(model, "dependencies/dependency"));
        let text = |dependency: &Element, name: &str| one(dependency, name).map_or(String::new(), |found| found.text.clone());
        dependencies.filter_map(|found| jvm::contained(&text(found, "groupId"), &text(found, "artifactId"))).collect()
    }

    fn managed_scope(&self, group: &str, artifact: &str) -> Option<&str> {
        let managed = self.chain.iter().flat_map(|(_, model)| all(model, "dependencyManagement/dependencies/dependency"));
        let is = |dependency: &Element, name: &str, text: &str| one(dependency, name).is_some_and(|found| found.text == text);
        let mut its = managed.filter(|dependency| is(dependency, "groupId", group) && is(dependency, "artifactId", artifact));
        its.find_map(|dependency| one(dependency, "scope")).map(|scope| scope.text.as_str())
    }

    /// The level that it is compiled for.
    fn language_version(&self) -> Option<(String, Origin)> {
        // The last two are what Micronaut's parent asks for.
        let keys =
            ["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source", "release.version", "jdk.version"];
        let plugin = |key: &str| {
            let (source, plugin) = self.plugin("maven-compiler-plugin")?;
            self.resolved(source, one(plugin, &format!("configuration/{key}"))?)
        };
        let stated = keys.iter().find_map(|key| self.property(key));
        let (text, origin) = stated.or_else(|| ["release", "target", "source"].iter().find_map(|key| plugin(key)))?;
        Some((pins::short(Language::Java, &text)?, origin))
    }

    /// A plugin of its build, or of that of a parent, managed ones included.
    fn plugin(&self, name: &str) -> Option<(&Source<'s>, &Element)> {
        self.chain.iter().find_map(|(source, model)| {
            let places = ["build/plugins/plugin", "build/pluginManagement/plugins/plugin"];
            let mut plugins = places.iter().flat_map(|place| all(model, place));
            plugins.find(|plugin| one(plugin, "artifactId").is_some_and(|found| found.text == name)).map(|plugin| (source, plugin))
        })
    }

    /// The framework that a parent, a BOM, a plugin or a library belongs to, with its version where that is said.
    fn framework(&self) -> Option<(&'static str, Option<String>, Origin)> {
        let places = ["parent", "dependencyManagement/dependencies/dependency", "build/plugins/plugin", "dependencies/dependency"];
        let mut found: Option<(&'static str, Option<String>, Origin)> = None;
        for (source, model) in &self.chain {
            for element in places.iter().flat_map(|place| all(model, place)) {
                let Some((group, of)) =
                    one(element, "groupId").and_then(|group| Some((group, framework_of(&self.resolved(source, group)?.0)?)))
                else {
                    continue;
                };
                let version = one(element, "version").and_then(|version| self.resolved(source, version));
                match (&found, version) {
                    // The first place that also says the version.
                    (None | Some((_, None, _)), Some((version, origin))) => return Some((of, Some(version), origin)),
                    (None, None) => found = Some((of, None, source.sure(line(source, group)))),
                    _ => {}
                }
            }
        }
        found
    }

    /// The text of an element with its properties put in; nothing where one is not known.
    fn resolved(&self, source: &Source<'_>, element: &Element) -> Option<(String, Origin)> {
        Some((self.filled(&element.text, 0)?, source.sure(line(source, element))))
    }

    fn filled(&self, text: &str, depth: usize) -> Option<String> {
        let Some((before, rest)) = text.split_once("${") else { return (!text.is_empty()).then(|| text.to_owned()) };
        let (name, after) = rest.split_once('}')?;
        if depth >= DEEPEST {
            return None;
        }
        let value = self.chain.iter().find_map(|(_, model)| match name {
            "project.version" | "version" => one(model, "version").or_else(|| one(model, "parent/version")).map(|found| found.text.clone()),
            "project.artifactId" | "artifactId" => one(model, "artifactId").map(|found| found.text.clone()),
            "project.name" => one(model, "name").or_else(|| one(model, "artifactId")).map(|found| found.text.clone()),
            "project.groupId" => one(model, "groupId").or_else(|| one(model, "parent/groupId")).map(|found| found.text.clone()),
            "project.parent.artifactId" => one(model, "parent/artifactId").map(|found| found.text.clone()),
            "project.parent.version" => one(model, "parent/version").map(|found| found.text.clone()),
            _ => {
                let properties = model.children.iter().find(|child| child.name == "properties")?;
                properties.children.iter().find(|child| child.name == name).map(|found| found.text.clone())
            }
        })?;
        self.filled(&format!("{before}{value}{after}"), depth + 1)
    }
}

/// A path without `.` and `..`; nothing where it leaves the repository.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

fn line(source: &Source<'_>, element: &Element) -> usize {
    line_number(source.text, element.start)
}

/// The first element at a way of names.
fn one<'e>(element: &'e Element, way: &str) -> Option<&'e Element> {
    way.split('/').try_fold(element, |element, name| element.children.iter().find(|child| child.name == name))
}

/// All elements at a way of names.
fn all<'e>(element: &'e Element, way: &str) -> Vec<&'e Element> {
    way.split('/').fold(vec![element], |found, name| {
        found.iter().flat_map(|element| element.children.iter().filter(|child| child.name == name)).collect()
    })
}

/// The first element of this name at any depth.
fn deep<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
    element.children.iter().find_map(|child| if child.name == name { Some(child) } else { deep(child, name) })
}
