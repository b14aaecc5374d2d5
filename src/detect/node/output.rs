//! Where the builds of Node.js write to.

use super::{super::Project, Package};

/// What Nuxt makes of a project: a server with the packages that it needs.
pub(super) const NUXT: &str = ".output/server/index.mjs";

/// The folder that TypeScript compiles to, where `tsconfig.json` says one.
pub(super) fn folder(project: &Project<'_>, package: &Package<'_>) -> Option<String> {
    let source = project.source(&[&package.at("tsconfig.json")])?;
    let (folder, _) = source.find(|line| {
        let value = line.split_once("\"outDir\"")?.1.split('"').nth(1)?;
        (!line.trim_start().starts_with("//")).then(|| value.trim_start_matches("./").trim_end_matches('/').to_owned())
    })?;
    Some(folder).filter(|folder| !folder.is_empty() && !folder.starts_with('.'))
}

/// What is to be done with pages that a program builds and no server of the project delivers.
pub(super) fn site_note(tool: &str, program: &str) -> String {
    format!(
        "is a site that `{program}` builds, and its own server is for development only: no image is made of it; deliver the files that \
         `{tool} run build` makes by a web server, or `--set launch=COMMAND --set port=PORT` says what serves them"
    )
}
