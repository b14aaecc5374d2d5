//! What a stack may say so that features can write it down: names, paths and commands that mean the same in every file.

use super::{Module, Stack, class::is_moment};
use crate::error::Fault;

/// The longest name: Kubernetes takes 63 characters, some of which features add.
pub const LONGEST_NAME: usize = 50;

/// Whether YAML takes an unquoted word for something else than a text.
pub fn is_yaml_word(word: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"].iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// What a text may be.
#[derive(Clone, Copy)]
enum Shape {
    /// Of something that can be named by hand.
    Name,
    /// Of an image, a service, a stage.
    Service,
    Version,
    /// Below the project.
    Path,
    /// The same with wildcards.
    Glob,
    /// Of an environment variable.
    Variable,
    /// Of a URL.
    Route,
    /// Of a class.
    Class,
    /// Of a branch.
    Branch,
    /// A point in time.
    Moment,
    /// Of a repository on GitHub, with its owner.
    Repository,
    /// Of a command, which is quoted where it is written down.
    Word,
}

impl Shape {
    /// Why the text is none.
    fn refusal(self, text: &str) -> Option<&'static str> {
        let only = |more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        let starts = |with: fn(char) -> bool| text.starts_with(with);
        let is_path = |more: &str| only(more) && !text.starts_with(['/', '-']) && !text.split('/').any(|part| matches!(part, ".." | ""));
        let (holds, why) = match self {
            Self::Name => (
                only("._-") && starts(|c| c.is_ascii_alphanumeric()),
                "is no name: letters, digits, `.`, `_` and `-`, the first a letter or digit",
            ),
            Self::Service if is_yaml_word(text) => (false, "is a word that YAML reads as something else"),
            Self::Service if text.len() > LONGEST_NAME => (false, "has more than 50 characters, which Kubernetes refuses"),
            Self::Service => {
                (only("._-") && starts(|c| c.is_ascii_alphabetic()), "is no name: letters, digits, `.`, `_` and `-`, the first a letter")
            }
            Self::Version => (only("._+-") && starts(|c| c.is_ascii_alphanumeric()), "is no version"),
            Self::Path => (is_path("._/@+-"), "is no path that every file can name: letters, digits, `.`, `_`, `/`, `@`, `+` and `-`"),
            Self::Glob => {
                (is_path("._/@+-*"), "is no path that every file can name: letters, digits, `.`, `_`, `/`, `@`, `+`, `-` and `*`")
            }
            Self::Variable => (only("_") && starts(|c| !c.is_ascii_digit()), "is no name of an environment variable"),
            Self::Route => (only("._~/%-") && text.starts_with('/'), "is no path of a URL"),
            Self::Class => (only("._$") && starts(|c| !c.is_ascii_digit()), "is no class"),
            Self::Branch => {
                (only("._/-") && !text.starts_with('-'), "is no branch that every file can name: letters, digits, `.`, `_`, `/` and `-`")
            }
            Self::Moment => (is_moment(text), "is no moment as RFC 3339 writes it, such as `2026-12-24T18:00:00+01:00`"),
            Self::Repository => {
                let is_plain = is_path("._/-") && text.matches('/').count() == 1;
                (is_plain, "is no repository: `OWNER/NAME`")
            }
            Self::Word => {
                let is_read_elsewhere = ["${{", ": ", " #", "{{"].iter().any(|sign| text.contains(sign));
                (!is_read_elsewhere && !text.chars().any(char::is_control), "holds signs that a workflow would read as its own")
            }
        };
        if text.is_empty() {
            return Some("is empty");
        }
        (!holds).then_some(why)
    }
}

impl Stack {
    /// What in it no feature could write down, all at once; each at its field, or where that was read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut check = Checked { stack: self, faults: Vec::new() };
        check.one("name", Shape::Service, &self.name);
        check.one("default_branch", Shape::Branch, &self.default_branch);
        if self.directory != "." {
            check.one("directory", Shape::Path, &self.directory);
        }
        if !self.language_version.is_empty() {
            check.one("language_version", Shape::Version, &self.language_version);
        }
        check.each("versions", Shape::Version, &self.versions);
        check.each("framework_version", Shape::Version, self.framework_version.as_slice());
        check.each("lock_file", Shape::Path, self.lock_file.as_slice());
        check.each("lock_file", Shape::Path, &self.includes);
        check.each("extras", Shape::Name, &self.extras);
        check.each("system_packages", Shape::Name, &self.system_packages);
        check.each("secrets", Shape::Variable, &self.secrets);
        if let Some(build) = &self.build {
            check.each("build", Shape::Word, &build.command);
        }
        if let Some(test) = &self.test {
            check.each(
                "test",
                Shape::Word,
                test.command.iter().chain(&test.ci_arguments).chain(&test.install).chain(test.environment.values()),
            );
            check.each("test", Shape::Variable, test.environment.keys());
            check.each("test", Shape::Glob, &test.reports);
            check.each("test", Shape::Path, test.requirements.as_slice());
        }
        if let Some(class) = &self.class {
            check.each("due", Shape::Moment, class.due.as_slice());
            check.each("template", Shape::Repository, class.template.as_slice());
        }
        for module in &self.modules {
            check.module(module);
        }
        for service in &self.services {
            let field = format!("services.{}", service.kind);
            check.one(&field, Shape::Name, &service.kind);
            check.each(&field, Shape::Version, service.version.as_slice());
            check.each(&field, Shape::Variable, service.environment.keys().chain(service.test_environment.keys()));
            check.each(&field, Shape::Word, service.environment.values().chain(service.test_environment.values()));
        }
        check.faults
    }
}

struct Checked<'s> {
    stack: &'s Stack,
    faults: Vec<Fault>,
}

impl Checked<'_> {
    fn one(&mut self, field: &str, shape: Shape, text: &str) {
        let Some(why) = shape.refusal(text) else { return };
        let (place, subject) = match self.stack.origins.get(field) {
            Some(origin) => (origin.place.as_str(), format!("`{field}` ")),
            None => (field, String::new()),
        };
        let shown: String = text.chars().map(|c| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() }).collect();
        self.faults.push(Fault::new(place, format!("{subject}is `{shown}`, which {why}")));
    }

    fn each<'t>(&mut self, field: &str, shape: Shape, texts: impl IntoIterator<Item = &'t String>) {
        for text in texts {
            self.one(field, shape, text);
        }
    }

    fn module(&mut self, module: &Module) {
        let field = |name: &str| format!("modules.{}{name}", module.name);
        self.one(&field(""), Shape::Service, &module.name);
        if module.directory != "." {
            self.one(&field(".directory"), Shape::Path, &module.directory);
        }
        self.each(&field(".launch"), Shape::Word, &module.launch);
        self.each(&field(".sources"), Shape::Path, &module.sources);
        self.each(&field(".artifact"), Shape::Glob, module.artifact.as_slice());
        self.each(&field(".main_class"), Shape::Class, module.main_class.as_slice());
        self.each(&field(".port_variable"), Shape::Variable, module.port_variable.as_slice());
        self.each(&field(".host_variable"), Shape::Variable, module.host_variable.as_slice());
        self.each(&field(".health_path"), Shape::Route, module.health_path.as_slice());
        self.each(&field(".health_host"), Shape::Name, module.health_host.as_slice());
        self.each(&field(".metrics_path"), Shape::Route, module.metrics_path.as_slice());
        self.each(&field(".environment"), Shape::Variable, module.environment.keys());
        self.each(&field(".environment"), Shape::Word, module.environment.values());
        if module.title.chars().any(char::is_control) || module.title.contains(['"', '\\', '$', '{']) {
            self.faults.push(Fault::new(field(".title"), "the title holds signs that an image's label cannot have"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stack;
    use crate::stack::{Language, Module, Origin, Service};

    #[test]
    fn plain_texts_may_stand_and_others_are_named_where_they_were_read() {
        let mut stack = Stack::named("shop-2.api", Language::Java);
        stack.modules = vec![Module::named("api", vec!["java".to_owned(), "-Dx=a b".to_owned()])];
        stack.modules[0].artifact = Some("target/api-1.0.jar".to_owned());
        stack.modules[0].health_path = Some("/actuator/health".to_owned());
        assert_eq!(stack.faults(), []);
        for bad in ["a b.jar", "../a.jar", "-a", "/a", "a//b", "a$b", ""] {
            let mut stack = stack.clone();
            stack.modules[0].artifact = Some(bad.to_owned());
            let faults = stack.faults();
            let start = format!("is `{bad}`, which is ");
            assert!(faults.len() == 1 && faults[0].place == "modules.api.artifact" && faults[0].message.starts_with(&start), "{faults:?}");
        }
        stack.default_branch = "a'; rm -rf x".to_owned();
        stack.language_version = "21\n".to_owned();
        stack.modules[0].launch.push("${{ secrets.X }}".to_owned());
        stack.modules[0].port_variable = Some("1PORT".to_owned());
        stack.services = vec![Service { kind: "re dis".to_owned(), ..Service::usual("redis").expect("a kind") }];
        stack.origins.insert("language_version".to_owned(), Origin { place: "pom.xml:3".to_owned(), certain: true });
        let faults = stack.faults();
        assert_eq!(faults.len(), 5, "{faults:?}");
        assert!(
            faults.iter().any(|fault| fault.place == "pom.xml:3" && fault.message.starts_with(r"`language_version` is `21\n`")),
            "{faults:?}"
        );
    }
    #[test]
    fn a_name_is_one_for_yaml_and_kubernetes_too() {
        let long = "a".repeat(51);
        for name in ["2024", "1e5", "0x1f", "-a", "true", "No", "y", "null", long.as_str()] {
            let faults = Stack::named(name, Language::Go).faults();
            assert!(faults.len() == 1 && faults[0].place == "name", "{name}: {faults:?}");
        }
        assert_eq!(Stack::named(&long[1..], Language::Go).faults(), []);
    }
}
