//! Flask: which object is served where a function makes it.

use super::{Project, Source, imported};
use crate::stack::Origin;

/// Where `flask run` looks for its variables.
pub(super) const ENVIRONMENT: &str = ".flaskenv";

/// What such functions are called.
const FACTORIES: [&str; 5] = ["create_app", "make_app", "create_application", "get_app", "app_factory"];

/// The object that `FLASK_APP` names, as servers want it.
pub(super) fn stated(project: &Project<'_>) -> Option<(String, Origin)> {
    let source = project.source(&[ENVIRONMENT])?;
    let (value, line) = source.find(|line| {
        let (name, value) = line.trim_start_matches("export ").split_once('=')?;
        (name.trim() == "FLASK_APP").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })?;
    let (file, object) = value.split_once(':').map_or((value.as_str(), None), |(file, object)| (file, Some(object)));
    let path = file.trim_end_matches(".py").replace('.', "/");
    let module = path.trim_start_matches('/').replace('/', ".");
    if module.is_empty() {
        return None;
    }
    Some(match object {
        Some(name) if FACTORIES.contains(&name) => (format!("{module}:{name}()"), source.sure(line)),
        Some(name) => (format!("{module}:{name}"), source.sure(line)),
        None => match project.source(&[&format!("{path}.py"), &format!("{path}/__init__.py")]).and_then(|code| object_in(project, &code)) {
            Some((object, _)) => (object, source.sure(line)),
            // `flask run` takes the first of several names; this is the usual one.
            None => (format!("{module}:app"), source.unsure(line)),
        },
    })
}

/// The object that one of these files has a function make, `wsgi.py` first: that is what it is for.
pub(super) fn made(project: &Project<'_>, code: &[Source<'_>]) -> Option<(String, Origin)> {
    let is_entry = |source: &&Source<'_>| source.path.rsplit('/').next() == Some("wsgi.py");
    code.iter().filter(is_entry).chain(code).find_map(|source| made_in(project, source))
}

fn made_in(project: &Project<'_>, source: &Source<'_>) -> Option<(String, Origin)> {
    let (name, line) = source.find(|line| {
        let (name, value) = line.split_once('=')?;
        let (name, function) = (name.trim_end(), value.trim_start().split('(').next()?);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && FACTORIES.contains(&function.rsplit('.').next()?)).then(|| name.to_owned())
    })?;
    Some((format!("{}:{name}", imported(project, source)), source.sure(line)))
}

fn object_in(project: &Project<'_>, source: &Source<'_>) -> Option<(String, Origin)> {
    made_in(project, source).or_else(|| super::object(project, std::slice::from_ref(source), "Flask("))
}

/// The function around the line `index` that can be called without arguments: `def create_app(config=None):`.
pub(super) fn factory<'t>(lines: &[&'t str], index: usize) -> Option<&'t str> {
    let start = lines[..index].iter().rposition(|line| line.starts_with("def ") || line.starts_with("async def "))?;
    let (name, parameters) = lines[start].strip_prefix("def ")?.split_once('(')?;
    let parameters = [&[parameters], &lines[start + 1..index]].concat().join("\n");
    let mut depth = 1;
    let end = parameters.find(|c| {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        depth == 0
    })?;
    // A comma in a default is no end of a parameter, but what follows it has none of its own either: brackets are left out.
    let plain = without_brackets(&parameters[..end]);
    let mut each = plain.split(',').map(|part| part.split('#').next().unwrap_or(part).trim()).filter(|part| !part.is_empty());
    each.all(|part| part.contains('=') || part.starts_with('*') || part == "/").then_some(name)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0;
    let mut kept = String::new();
    for c in text.chars() {
        depth -= i32::from(")]}".contains(c));
        if depth == 0 {
            kept.push(c);
        }
        depth += i32::from("([{".contains(c));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factory_can_be_called_without_arguments() {
        for (text, expected) in [
            ("def create_app():\n", Some("create_app")),
            ("def create_app() -> Flask:\n", Some("create_app")),
            ("def create_app(test_config=None):\n", Some("create_app")),
            ("def create_app(config: dict[str, str] = {}, *, debug=False):\n", Some("create_app")),
            ("def create_app(\n    config=Config(1, 2),\n    **options,\n):\n", Some("create_app")),
            ("def other():\n    pass\ndef create_app(config):\n", None),
            ("class A:\n", None),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(factory(&lines, lines.len()), expected, "{text}");
        }
    }
}
