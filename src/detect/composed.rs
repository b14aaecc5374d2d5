//! What the project's own compose file calls things: a file that is laid over it has to use the same names.

use super::{Project, below, facts::Facts, slug};

/// The names under which compose looks for its file, in its order.
const FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

pub(super) fn wants(name: &str) -> bool {
    FILES.contains(&name)
}

/// Calls modules what the compose file calls them, where there is no doubt which is which.
pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&FILES) else { return };
    let Some(facts) = project.facts(source, Facts::of_yaml(source.text)) else { return };
    let mut built: Vec<(&str, String, usize)> = Vec::new();
    for (rest, fact) in facts.below("services") {
        let Some((name, key)) = rest.split_once('.').filter(|(name, _)| slug(name) == **name) else { continue };
        if matches!(key, "build" | "build.context") {
            built.push((name, folder(&fact.value), fact.line));
        }
    }
    // A module is told by the folder that it is built in; the only one also by the project's.
    let is_alone = project.stack.modules.len() == 1;
    for index in 0..project.stack.modules.len() {
        let module = &project.stack.modules[index];
        let is_its = |folder: &str| folder == module.directory || is_alone && folder == ".";
        let Some((name, _, line)) = only(built.iter().filter(|(_, folder, _)| is_its(folder))) else { continue };
        if *name != module.name && project.stack.modules.iter().all(|other| other.name != *name) {
            project.rename_module(index, name);
        }
        project.origin(&format!("modules.{name}"), source.sure(*line));
    }
}

impl Project<'_> {
    /// Gives a module another name, here and in what is said of it.
    fn rename_module(&mut self, index: usize, name: &str) {
        let old = std::mem::replace(&mut self.stack.modules[index].name, name.to_owned());
        let (of_old, of_new) = (format!("modules.{old}"), format!("modules.{name}"));
        let origins = std::mem::take(&mut self.stack.origins);
        let renamed = |field: String| match field.strip_prefix(&of_old) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("{of_new}{rest}"),
            _ => field,
        };
        self.stack.origins = origins.into_iter().map(|(field, origin)| (renamed(field), origin)).collect();
    }
}

/// The only one there is.
fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `./api/` → `api`; what is computed or lies outside stays as it is and is nobody's folder.
fn folder(context: &str) -> String {
    let inner = context.trim_start_matches("./").trim_end_matches('/');
    if inner.is_empty() { ".".to_owned() } else { below(".", inner) }
}
