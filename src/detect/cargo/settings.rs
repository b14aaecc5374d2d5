//! Files of settings that a Rust program reads when it starts, and the variables that go before them.

use super::{
    super::{Project, Source, facts::Facts, names},
    code::Code,
};
use crate::stack::{Module, Origin, Service};

/// What is read that holds settings, at the top or in one of these folders.
const FOLDERS: [&str; 4] = ["config", "configs", "configuration", "settings"];

/// How such files are called: the first ones anywhere, the others in such a folder.
const MAIN: [&str; 8] = ["config", "configuration", "settings", "default", "base", "production", "local", "development"];

/// Variables by which one of the files is chosen.
const CHOICES: [&str; 8] = ["APP_ENVIRONMENT", "APP_ENV", "RUN_MODE", "RUN_ENV", "ENVIRONMENT", "RUST_ENV", "APP_PROFILE", "ENV"];

pub(super) fn wants(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_settings = [".toml", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let is_main = MAIN.contains(&stem.as_str());
    name == "Rocket.toml" || is_settings && is_main && (FOLDERS.contains(&folder) || MAIN[..3].contains(&stem.as_str()))
}

/// What a file of settings says.
pub(super) struct Stated {
    pub(super) value: String,
    pub(super) origin: Origin,
    /// The variable that goes before it.
    pub(super) variable: Option<String>,
}

/// What the first file of settings says that has one of the keys.
pub(super) fn value(project: &Project<'_>, directory: &str, code: &[&Code<'_>], keys: &[&str]) -> Option<Stated> {
    let naming = naming(code);
    files(project, directory).into_iter().find_map(|(source, facts)| {
        let fact = keys.iter().find_map(|key| facts.get(key))?;
        let variable = naming.as_ref().and_then(|naming| naming.variable(&fact.key));
        Some(Stated { value: fact.value.clone(), origin: source.sure(fact.line), variable })
    })
}

/// The files of settings of a package, or of the project: what holds for production goes before what holds for everyone, and that before the rest.
fn files<'s>(project: &Project<'s>, directory: &str) -> Vec<(Source<'s>, Facts)> {
    let is_here = |path: &str| {
        let path = path.strip_prefix(directory).map_or(path, |rest| rest.trim_start_matches('/'));
        wants(path) && path.matches('/').count() < 2 && path != "Rocket.toml" && !path.starts_with(".cargo/")
    };
    let mut sources = project.sources(is_here);
    let order = ["prod", "base", "default"];
    sources.sort_by_key(|source| (order.iter().position(|word| source.path.contains(word)).unwrap_or(order.len()), source.path.len()));
    let facts =
        |source: &Source<'_>| if source.path.ends_with(".toml") { Facts::of_toml(source.text) } else { Facts::of_yaml(source.text) };
    sources.into_iter().filter_map(|source| Some((source, facts(&source).ok()?))).collect()
}

/// Where the code chooses one of the files by a variable, and would take another than that for production: the image says which.
pub(super) fn choose(project: &mut Project<'_>, module: &mut Module, directory: &str, code: &[&Code<'_>]) {
    let Some((file, _)) = files(project, directory).into_iter().find(|(source, _)| source.path.contains("production.")) else { return };
    let read = code.iter().find_map(|code| {
        let source = code.source();
        let (name, line) = source.find(|line| CHOICES.into_iter().find(|name| line.contains(&format!("var(\"{name}\")"))))?;
        Some((name, source.at(line)))
    });
    let Some((name, place)) = read else { return };
    module.environment.insert(name.to_owned(), "production".to_owned());
    project.note(&place, format!("the image sets `{name}` to `production`, so that `{}` holds", file.path));
}

/// How variables are called that go before what files say: what they begin with, and what divides the parts of a key.
struct Naming {
    start: String,
    between: String,
    place: String,
}

impl Naming {
    /// The variable for a key; none where nothing divides its parts.
    fn variable(&self, key: &str) -> Option<String> {
        let is_told = !self.between.is_empty() || !key.contains('.') && !self.start.is_empty();
        is_told.then(|| format!("{}{}", self.start, key.replace('.', &self.between).to_ascii_uppercase()))
    }
}

/// The naming that the code asks for: of config, `Environment::with_prefix("APP").separator("__")`, or of figment, `Env::prefixed("APP_")`.
fn naming(code: &[&Code<'_>]) -> Option<Naming> {
    let quoted = |text: &str, sign: &str| {
        let (_, rest) = text.split_once(sign)?;
        rest.strip_prefix('"')?.split('"').next().map(str::to_owned)
    };
    code.iter().find_map(|code| {
        let source = code.source();
        let config = ["Environment::with_prefix(", "Environment::default()"]
            .into_iter()
            .find_map(|sign| source.text.find(sign).map(|at| (at, sign)));
        let figment = || ["Env::prefixed(", "Env::raw()"].into_iter().find_map(|sign| source.text.find(sign).map(|at| (at, sign)));
        let is_config = config.is_some();
        let (at, sign) = config.or_else(figment)?;
        let rest = source.text[at..].split(';').next().unwrap_or_default();
        let place = source.at(source.text[..at].matches('\n').count() + 1);
        let start = quoted(rest, sign).unwrap_or_default();
        if is_config {
            let between = quoted(rest, ".separator(").unwrap_or_default();
            let behind =
                quoted(rest, ".prefix_separator(").unwrap_or_else(|| if between.is_empty() { "_".to_owned() } else { between.clone() });
            let start = if start.is_empty() { start } else { format!("{}{behind}", start.to_ascii_uppercase()) };
            return Some(Naming { start, between, place });
        }
        Some(Naming { start: start.to_ascii_uppercase(), between: quoted(rest, ".split(").unwrap_or_default(), place })
    })
}

/// Gives servers the names by which such a program reads where they are; a note where they are not known.
pub(super) fn servers(project: &mut Project<'_>, directory: &str, code: &[&Code<'_>]) {
    let Some(naming) = naming(code) else { return };
    let files = files(project, directory);
    let kinds: Vec<String> = project.stack.services.iter().map(|service| service.kind.clone()).collect();
    for kind in &kinds {
        let usual = Service::usual(kind).map(|usual| usual.environment).unwrap_or_default();
        let is_read = |name: &String| code.iter().any(|code| code.text.contains(&format!("\"{name}\"")));
        if usual.keys().any(is_read) {
            continue;
        }
        let mut found: Vec<(String, String, Origin)> = Vec::new();
        for (source, facts) in &files {
            for (key, fact) in facts.all() {
                let plain = key.replace('.', "_").to_ascii_uppercase();
                let Some((value, name)) = names::held(&plain, &fact.value, kind).zip(naming.variable(key)) else { continue };
                if found.iter().all(|(known, ..)| *known != name) {
                    found.push((name, value, source.sure(fact.line)));
                }
            }
        }
        if !found.iter().any(|(_, value, _)| value.contains("{host}")) {
            let names: Vec<String> = usual.keys().map(|name| format!("`{name}`")).collect();
            let begin = if naming.start.is_empty() { "of its own".to_owned() } else { format!("that begin with `{}`", naming.start) };
            let names = names.join(", ");
            project.note(&naming.place, format!("reads its settings by names {begin}: whether {names} says where {kind} is, is not known"));
            continue;
        }
        let Some(service) = project.stack.services.iter_mut().find(|service| service.kind == *kind) else { continue };
        service.environment = found.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
        for (name, _, origin) in found {
            project.origin(&format!("services.{kind}.{name}"), origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::Source, Code, naming};

    #[test]
    fn code_says_how_variables_are_called() {
        for (text, wanted) in [
            ("config::Environment::with_prefix(\"APP\").prefix_separator(\"_\").separator(\"__\")", Some(("APP_", "__"))),
            ("Environment::with_prefix(\"app\")\n    .separator(\"__\"),", Some(("APP__", "__"))),
            ("Environment::with_prefix(\"APP\")", Some(("APP_", ""))),
            ("Environment::default().separator(\"__\")", Some(("", "__"))),
            ("Env::prefixed(\"APP_\").split(\"__\")", Some(("APP_", "__"))),
            ("let environment: Environment = parse();", None),
        ] {
            let code = Code::of(&Source { path: "x", text });
            let found = naming(&[&code]);
            assert_eq!(found.as_ref().map(|found| (found.start.as_str(), found.between.as_str())), wanted, "{text}");
        }
    }
}
