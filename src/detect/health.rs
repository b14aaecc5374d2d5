//! The path that answers when a service is well, told from its code.

use super::{Project, Source};
use crate::stack::{Module, Origin};

/// What such paths are usually called.
const PATHS: [&str; 8] = ["/healthz", "/health", "/readyz", "/ready", "/livez", "/ping", "/status", "/up"];

/// The first of the usual paths that a source names: a guess, because nobody says what it answers.
pub(super) fn health(project: &mut Project<'_>, module: &mut Module, sources: &[Source<'_>]) {
    if module.port.is_none() {
        return;
    }
    for source in sources {
        for path in PATHS {
            // Django leaves out the slash, Go may say the method.
            let bare = path.trim_start_matches('/');
            let ways = [
                format!("\"{path}\""),
                format!("'{path}'"),
                format!("`{path}`"),
                format!("\"GET {path}\""),
                format!("path(\"{bare}\""),
                format!("path('{bare}'"),
            ];
            if let Some(sign) = ways.iter().find(|sign| source.text.contains(*sign)) {
                module.health_path = Some(path.to_owned());
                project.origin(&format!("modules.{}.health_path", module.name), source.unsure(source.line_of(sign)));
                return;
            }
        }
    }
}

/// Where the file lies with which Next.js answers a path.
const ROUTES: [&str; 4] = ["app{path}/route", "src/app{path}/route", "pages{path}", "src/pages{path}"];

/// The first of the usual paths, alone or below `/api`, that a file of Next.js answers: a guess as well.
pub(super) fn route(project: &mut Project<'_>, module: &mut Module) {
    for path in PATHS.iter().flat_map(|path| [format!("/api{path}"), (*path).to_owned()]) {
        let files = ROUTES.iter().flat_map(|route| ["js", "ts"].map(|ending| format!("{}.{ending}", route.replace("{path}", &path))));
        if let Some(file) = files.map(|file| super::below(&module.directory, &file)).find(|file| project.has(file)) {
            let origin = Origin { place: project.path(&file), certain: false };
            project.origin(&format!("modules.{}.health_path", module.name), origin);
            module.health_path = Some(path);
            return;
        }
    }
}
