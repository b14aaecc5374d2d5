//! Django: where its `manage.py` lies, how it is served and tested from there, and which hosts it answers to.

use super::{Project, Source, words};
use crate::stack::{Module, Origin};

/// Folders between the project and its `manage.py` at most.
const DEEPEST: usize = 2;

/// Files of settings that hold where the program runs, the likeliest first.
const SETTINGS: [&str; 5] = ["settings/production.py", "settings/prod.py", "settings.py", "settings/base.py", "settings/__init__.py"];

/// Settings may have a folder of their own, with a file for each place where the program runs.
pub(super) fn wants(path: &str) -> bool {
    SETTINGS.iter().any(|end| path.ends_with(&format!("/{end}")))
}

/// The folder of `manage.py`: `.` is the project's own. The nearest where there are several.
pub(super) fn folder<'s>(project: &Project<'s>) -> Option<&'s str> {
    let folders = project.paths().filter_map(|path| if path == "manage.py" { Some(".") } else { path.strip_suffix("/manage.py") });
    let depth = |folder: &&str| if *folder == "." { 0 } else { folder.matches('/').count() + 1 };
    folders.filter(|folder| depth(folder) <= DEEPEST).min_by_key(|folder| (depth(folder), *folder))
}

pub(super) fn manage(folder: &str) -> String {
    if folder == "." { "manage.py".to_owned() } else { format!("{folder}/manage.py") }
}

/// Its own tests: they are looked for where one is, unless a folder is said.
pub(super) fn test(folder: &str) -> Vec<String> {
    let command = ["python".to_owned(), manage(folder), "test".to_owned()];
    command.into_iter().chain((folder != ".").then(|| folder.to_owned())).collect()
}

/// How it is started, and where that was read.
pub(super) fn launch(project: &Project<'_>, has_gunicorn: bool) -> Option<(Vec<String>, Origin)> {
    let folder = folder(project).unwrap_or(".");
    let inside = |path: &'_ str| folder == "." || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let wsgi = project.paths().find(|path| path.ends_with("/wsgi.py") && inside(path))?;
    let module = if folder == "." { wsgi } else { &wsgi[folder.len() + 1..] };
    let module = module.trim_end_matches(".py").replace('/', ".");
    let origin = Origin { place: project.path(wsgi), certain: true };
    let bound = words(&["gunicorn", "--bind", "0.0.0.0:8000"]);
    let launch = match (has_gunicorn, folder) {
        (true, ".") => [bound, vec![module]].concat(),
        (true, folder) => [bound, vec!["--chdir".to_owned(), folder.to_owned(), module]].concat(),
        (false, folder) => vec!["python".to_owned(), manage(folder), "runserver".to_owned(), "0.0.0.0:8000".to_owned()],
    };
    Some((launch, origin))
}

/// The files of settings, the likeliest first.
pub(super) fn settings<'s>(project: &Project<'s>) -> Vec<Source<'s>> {
    let rank = |path: &str| SETTINGS.iter().position(|end| path == *end || path.ends_with(&format!("/{end}")));
    let mut found = project.sources(|path| rank(path).is_some());
    found.sort_by_key(|source| rank(source.path));
    found
}

/// What the settings say of the hosts that it answers to.
#[derive(Debug, PartialEq, Eq)]
enum Hosts {
    /// These texts stand there.
    Listed(Vec<String>),
    /// This variable says it, and what stands there without it are these.
    Told(String, Vec<String>),
}

/// Who asks whether it is well calls it by an address, or `localhost`: Django has to allow that, or be asked by a name that it allows.
pub(super) fn hosts(project: &mut Project<'_>, module: &mut Module) {
    if module.health_path.is_none() {
        return;
    }
    let Some((hosts, place)) = settings(project).into_iter().find_map(|source| {
        let line = source.text.lines().position(|line| line.starts_with("ALLOWED_HOSTS"))?;
        Some((allowed(source.text, line)?, source.at(line + 1)))
    }) else {
        return;
    };
    let is_plain = |host: &&str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    let answers = |hosts: &[String]| ["localhost", "127.0.0.1"].map(|host| hosts.iter().any(|known| known == host || known == "*"));
    match hosts {
        Hosts::Listed(hosts) if answers(&hosts) == [true, true] => {}
        Hosts::Listed(hosts) => match hosts.iter().map(|host| host.trim_start_matches('.')).find(is_plain) {
            Some(host) => module.health_host = Some(host.to_owned()),
            None => project.note(&place, "allows no host: unless `DEBUG` is on, Django answers 400 to all, to those too that ask whether it is well"),
        },
        Hosts::Told(_, hosts) if answers(&hosts) == [true, true] => {}
        Hosts::Told(variable, _) => project.note(
            &place,
            format!("`{variable}` has to name `localhost` and `127.0.0.1` too: those who ask whether it is well call it so, and Django answers 400 to a host that it does not allow"),
        ),
    }
}

/// What is assigned from this line on.
fn allowed(text: &str, line: usize) -> Option<Hosts> {
    let rest: Vec<&str> = text.lines().skip(line).collect();
    let mut value = rest.first()?.split_once('=')?.1.trim().to_owned();
    for more in &rest[1..] {
        if value.matches(['(', '[']).count() <= value.matches([')', ']']).count() {
            break;
        }
        value.push_str(more.trim());
    }
    let texts: Vec<String> = value.split(['"', '\'']).skip(1).step_by(2).map(str::to_owned).collect();
    if !value.contains("env") {
        return value.starts_with(['[', '(']).then_some(Hosts::Listed(texts));
    }
    let (variable, defaults) = texts.split_first()?;
    let defaults = defaults.iter().flat_map(|text| text.split([',', ' '])).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Hosts::Told(variable.clone(), defaults.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_listed_or_told() {
        let listed = |hosts: &[&str]| Some(Hosts::Listed(words(hosts)));
        for (text, expected) in [
            ("ALLOWED_HOSTS = ['a.org', \"b.org\"]", listed(&["a.org", "b.org"])),
            ("ALLOWED_HOSTS = [\n    'a.org',\n]\nX = ['b']", listed(&["a.org"])),
            ("ALLOWED_HOSTS = []", listed(&[])),
            ("ALLOWED_HOSTS = env.list('HOSTS', default=['a.org'])", Some(Hosts::Told("HOSTS".to_owned(), words(&["a.org"])))),
            (
                "ALLOWED_HOSTS = os.environ.get('HOSTS', 'localhost,127.0.0.1').split(',')",
                Some(Hosts::Told("HOSTS".to_owned(), words(&["localhost", "127.0.0.1"]))),
            ),
            ("ALLOWED_HOSTS = hosts()", None),
        ] {
            assert_eq!(allowed(text, 0), expected, "{text}");
        }
    }
}
