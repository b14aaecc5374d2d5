//! A static site: files that a web server delivers as they are.

use super::Project;
use crate::stack::{Language, Module};

pub(super) fn read(project: &mut Project<'_>) {
    let Some(source) = project.source(&["index.html", "public/index.html"]) else { return };
    project.language(Language::Static, "none", &source.sure(1));
    let mut module = Module::named(&project.stack.name, Vec::new());
    module.sources = vec![if project.has("index.html") { "." } else { "public" }.to_owned()];
    // Nobody says where it is served: the image that we make of it decides.
    module.port = Some(8080);
    module.health_path = Some("/".to_owned());
    project.origin(&format!("modules.{}", module.name), source.sure(1));
    project.stack.modules.push(module);
}
