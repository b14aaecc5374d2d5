//! Django: where its `manage.py` lies, and how it is served and tested from there.

use super::{Project, words};
use crate::stack::Origin;

/// Folders between the project and its `manage.py` at most.
const DEEPEST: usize = 2;

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
