//! Fields of a stack as a person gives them on the command line.

use super::{Command, Module, Service, Stack, TestRun};
use crate::error::nearest;

/// What can be set of the whole, in the order of the messages.
const FIELDS: [&str; 12] = [
    "name",
    "language_version",
    "versions",
    "framework_version",
    "default_branch",
    "test",
    "build",
    "modules",
    "services",
    "due",
    "template",
    "shards",
];

/// What can be set of a module.
const MODULE_FIELDS: [&str; 9] =
    ["launch", "artifact", "main_class", "port", "port_variable", "host_variable", "health_path", "metrics_path", "stop_seconds"];

/// The port of what listens nowhere, such as a worker.
pub const NOWHERE: &str = "none";

impl Stack {
    /// Sets `key` as it is written after `--set`: a field of the whole, a field of the only module, or `modules.NAME.FIELD`. Lists are separated
    /// by commas, commands are written as in a shell.
    ///
    /// An error, which says what would do, if there is no such field or the value is none for it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some(rest) = key.strip_prefix("modules.") {
            let (name, field) = rest.rsplit_once('.').ok_or("it wants the form `modules.NAME.FIELD`")?;
            let names: Vec<String> = self.modules.iter().map(|module| module.name.clone()).collect();
            let module = self.modules.iter_mut().find(|module| module.name == name);
            let module = module.ok_or_else(|| format!("there is no module `{name}`; there is {}", listed(&names)))?;
            module.set(field, value)?;
            let said = format!("modules.{name}.{field}");
            self.origins.remove(&said);
            return Ok(());
        }
        let list = || value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        match key {
            "name" => value.clone_into(&mut self.name),
            "language_version" => {
                value.clone_into(&mut self.language_version);
                self.versions = vec![value.to_owned()];
            }
            "versions" => self.versions = list(),
            "framework_version" => self.set_framework_version(value),
            "default_branch" => value.clone_into(&mut self.default_branch),
            "test" => {
                let command = words(value)?;
                // What CI adds and where the reports lie belong to the command that was there before. What is installed does not.
                let before = self.test.take().unwrap_or_default();
                self.test = Some(TestRun { command, ci_arguments: Vec::new(), reports: Vec::new(), ..before });
            }
            "due" => self.class.get_or_insert_default().due = Some(value.to_owned()),
            "template" => self.class.get_or_insert_default().template = Some(value.to_owned()),
            "shards" => self.class.get_or_insert_default().set_shards(value)?,
            "build" => self.build = Some(Command { command: words(value)? }),
            "modules" => self.keep_modules(&list())?,
            "services" => {
                let known = std::mem::take(&mut self.services);
                let mut services = Vec::new();
                for kind in list() {
                    let found = known.iter().find(|service| service.kind == kind).cloned();
                    let kinds = || listed(&Service::kinds().map(str::to_owned).collect::<Vec<_>>());
                    services.push(
                        found
                            .or_else(|| Service::usual(&kind))
                            .ok_or_else(|| format!("nobody knows a server `{kind}`; there is {}", kinds()))?,
                    );
                }
                self.secrets.retain(|secret| !known.iter().any(|service| service.secret() == Some(secret)));
                self.secrets.extend(services.iter().filter_map(Service::secret).map(str::to_owned));
                self.services = services;
            }
            _ if MODULE_FIELDS.contains(&key) => {
                match self.modules.len() {
                    0 => self.modules.push(Module::named(&self.name, Vec::new())),
                    1 => {}
                    _ => {
                        let names: Vec<String> = self.modules.iter().map(|module| module.name.clone()).collect();
                        return Err(format!("there are several modules, {}: `modules.NAME.{key}` says which one is meant", listed(&names)));
                    }
                }
                if let Some(module) = self.modules.first_mut() {
                    module.set(key, value)?;
                    let said = format!("modules.{}.{key}", module.name);
                    self.origins.remove(&said);
                }
            }
            _ => return Err(unknown(key, &[&FIELDS[..], &MODULE_FIELDS].concat())),
        }
        self.origins.remove(key);
        Ok(())
    }

    /// Leaves out all modules but these: not every program of a repository is a service.
    fn keep_modules(&mut self, names: &[String]) -> Result<(), String> {
        let known: Vec<String> = self.modules.iter().map(|module| module.name.clone()).collect();
        if let Some(name) = names.iter().find(|name| !known.contains(name)) {
            return Err(format!("there is no module `{name}`; there is {}", listed(&known)));
        }
        if names.is_empty() {
            return Err(format!("it wants names from {}", listed(&known)));
        }
        let is_left_out = |name: &String| !names.contains(name);
        for name in known.iter().filter(|name| is_left_out(name)) {
            let of_module = format!("modules.{name}");
            self.origins.retain(|field, _| *field != of_module && !field.starts_with(&format!("{of_module}.")));
        }
        self.modules.retain(|module| !is_left_out(&module.name));
        Ok(())
    }
}

impl Module {
    fn set(&mut self, field: &str, value: &str) -> Result<(), String> {
        let number = || value.parse().map_err(|_| format!("`{value}` is no whole number"));
        match field {
            "launch" => self.launch = words(value)?,
            "artifact" => self.artifact = Some(value.to_owned()),
            "main_class" => self.main_class = Some(value.to_owned()),
            // What listens nowhere is asked nowhere either.
            "port" if value == NOWHERE => (self.port, self.port_variable, self.health_path, self.metrics_path) = (None, None, None, None),
            "port" => {
                self.port = match value.parse::<u16>() {
                    Ok(0) | Err(_) => {
                        return Err(format!("`{value}` is no port: ports are 1 to 65535, and `{NOWHERE}` is for what listens nowhere"));
                    }
                    Ok(port) => Some(port),
                }
            }
            "port_variable" => self.port_variable = Some(value.to_owned()),
            "host_variable" => self.host_variable = Some(value.to_owned()),
            "health_path" => self.health_path = Some(value.to_owned()),
            "metrics_path" => self.metrics_path = Some(value.to_owned()),
            "stop_seconds" => self.stop_seconds = number()?,
            _ => return Err(unknown(field, &MODULE_FIELDS)),
        }
        Ok(())
    }
}

fn words(command: &str) -> Result<Vec<String>, String> {
    if command.chars().any(|c| matches!(c, '\n' | '\r')) {
        return Err("it wants a command on one line".to_owned());
    }
    let words = shlex::split(command).ok_or_else(|| format!("`{command}` has a quote that is not closed"))?;
    if words.is_empty() { Err("it wants a command".to_owned()) } else { Ok(words) }
}

fn unknown(field: &str, known: &[&str]) -> String {
    let near = nearest(field, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("there is no field `{field}`{near} There is {}", listed(&known.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::{Module, NOWHERE, Stack, TestRun};
    use crate::stack::{Language, Origin};

    fn stack(modules: &[&str]) -> Stack {
        let mut stack = Stack::named("shop", Language::Java);
        stack.modules = modules.iter().map(|name| Module::named(name, vec!["java".to_owned()])).collect();
        stack
    }

    #[test]
    fn a_field_of_the_only_module_needs_no_name() {
        let mut one = stack(&["api"]);
        let guess = Origin { place: "x:1".to_owned(), certain: false };
        one.origins.insert("modules.api.port".to_owned(), guess);
        one.set("port", "8080").expect("a port");
        one.set("test", "mvn -q 'a b'").expect("a command");
        one.set("language_version", "21").expect("a version");
        one.set("services", "redis, postgresql").expect("a list");
        assert_eq!((one.modules[0].port, one.origins.len()), (Some(8080), 0));
        assert_eq!(one.test.expect("a test").command, ["mvn", "-q", "a b"]);
        assert_eq!(one.versions, ["21"]);
        assert_eq!(one.services.iter().map(|service| service.kind.as_str()).collect::<Vec<_>>(), ["redis", "postgresql"]);
        assert_eq!(one.secrets, ["POSTGRES_PASSWORD"]);
    }

    #[test]
    fn another_command_for_the_tests_takes_no_arguments_of_the_one_before() {
        let mut stack = stack(&["api"]);
        stack.test = Some(TestRun {
            command: vec!["python".to_owned()],
            ci_arguments: vec!["--junitxml=reports/junit.xml".to_owned()],
            reports: vec!["reports/junit.xml".to_owned()],
            environment: [("A".to_owned(), "b".to_owned())].into(),
            install: vec![".[test]".to_owned()],
            requirements: None,
        });
        stack.set("test", "make test").expect("a command");
        let test = stack.test.expect("a test");
        assert_eq!((test.command.join(" ").as_str(), test.ci_arguments.len(), test.reports.len()), ("make test", 0, 0));
        assert_eq!((test.environment.len(), test.install), (1, vec![".[test]".to_owned()]));
    }

    #[test]
    fn a_module_that_nobody_has_found_can_be_stated() {
        let mut none = stack(&[]);
        none.set("launch", "/app/shop --serve").expect("a command");
        assert_eq!((none.modules[0].name.as_str(), none.modules[0].launch.len()), ("shop", 2));
    }

    #[test]
    fn a_module_that_listens_nowhere_is_asked_nowhere() {
        let mut one = stack(&["api"]);
        for (field, value) in [("port", "8080"), ("health_path", "/health"), ("port", NOWHERE)] {
            one.set(field, value).expect(field);
        }
        assert_eq!((one.modules[0].port, &one.modules[0].health_path), (None, &None));
    }

    #[test]
    fn modules_that_are_no_services_are_left_out() {
        let mut stack = stack(&["api", "api-v2", "migrate"]);
        for field in ["modules.api", "modules.api.port", "modules.api-v2.port", "modules.migrate"] {
            stack.origins.insert(field.to_owned(), Origin { place: "x:1".to_owned(), certain: false });
        }
        stack.set("modules", "api-v2, migrate").expect("names");
        assert_eq!(stack.modules.iter().map(|module| module.name.as_str()).collect::<Vec<_>>(), ["api-v2", "migrate"]);
        assert_eq!(stack.origins.keys().collect::<Vec<_>>(), ["modules.api-v2.port", "modules.migrate"]);
    }

    #[test]
    fn what_cannot_be_set_says_what_can() {
        let mut two = stack(&["api", "web"]);
        two.set("modules.web.port", "80").expect("a port");
        assert_eq!(two.modules[1].port, Some(80));
        for (key, value, why) in [
            ("port", "80", "there are several modules, api, web: `modules.NAME.port` says which one is meant"),
            ("modules.db.port", "80", "there is no module `db`; there is api, web"),
            ("modules.web.port", "0", "`0` is no port: ports are 1 to 65535, and `none` is for what listens nowhere"),
            ("modules", "web,db", "there is no module `db`; there is api, web"),
            ("modules", ",", "it wants names from api, web"),
            ("modules.web.stop_seconds", "x", "`x` is no whole number"),
            ("modules.port", "80", "it wants the form `modules.NAME.FIELD`"),
            ("test", "'a", "`'a` has a quote that is not closed"),
            ("test", " ", "it wants a command"),
            (
                "services",
                "redis,oracle",
                "nobody knows a server `oracle`; there is postgresql, mysql, mariadb, redis, rabbitmq, kafka, mongodb",
            ),
        ] {
            assert_eq!(two.set(key, value), Err(why.to_owned()), "{key}={value}");
        }
        let why = two.set("prot", "1").expect_err("a typing error");
        assert!(why.starts_with("there is no field `prot`; did you mean `port`? There is name, language_version"), "{why}");
    }
}
