//! The path that answers when a service is well, told from its code.

use super::{Project, Source};
use crate::stack::Module;

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
