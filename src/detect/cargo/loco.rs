//! Loco, whose program is a command line with the server as one of its commands; <https://loco.rs/docs/the-app/cli/>.

use super::{super::Project, package::Dependency, settings};
use crate::stack::{Module, Origin};

/// Where it listens if its configuration says nothing that can be read.
const PORT: u16 = 5150;

/// Says how it is started, if the module is one of its.
pub(super) fn read(project: &mut Project<'_>, module: &mut Module, dependencies: &[&Dependency]) -> bool {
    let Some(loco) = dependencies.iter().find(|dependency| dependency.name == "loco-rs") else { return false };
    // In its configuration it listens on the loopback address unless somebody says otherwise.
    module.launch.extend(["start", "--binding", "0.0.0.0"].map(str::to_owned));
    let stated = settings::value(project, ".", &[], &["server.port"]);
    let stated = stated.and_then(|stated| Some((stated.value.parse().ok()?, stated.origin)));
    let (port, origin) = stated.unwrap_or_else(|| (PORT, loco.origin.clone()));
    module.port = Some(port);
    module.health_path = Some("/_ping".to_owned());
    for field in ["port", "health_path"] {
        project.origin(&format!("modules.{}.{field}", module.name), Origin { certain: false, ..origin.clone() });
    }
    if project.has("config/production.yaml") {
        module.environment.insert("LOCO_ENV".to_owned(), "production".to_owned());
    }
    true
}
