//! Where a program serves metrics of its own, told from the libraries that it has.

use super::Project;
use crate::stack::{MetricsLibrary, Module, Origin};

/// What the first known library says; `named` gives where the build file names one.
pub(super) fn metrics(project: &mut Project<'_>, module: &mut Module, named: impl Fn(&str) -> Option<Origin>) {
    if module.port.is_none() {
        return;
    }
    let language = project.stack.language;
    let mut known = MetricsLibrary::ALL.iter().filter(|library| library.language == language);
    if let Some((library, origin)) = known.find_map(|library| Some((library, named(library.name)?))) {
        module.metrics_path = Some(library.path.to_owned());
        module.metrics_library = Some(library.name.to_owned());
        project.origin(&format!("modules.{}.metrics_path", module.name), Origin { certain: library.serves, ..origin });
    }
}
