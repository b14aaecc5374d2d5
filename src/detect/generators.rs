//! Programs that make a site of texts and layouts: what lies in the repository is nothing to deliver.

use super::{READERS, Survey, below};
use crate::error::Error;

/// One of them.
struct Generator {
    name: &'static str,
    /// Files of which one is there.
    files: &'static [&'static str],
    /// Folders of which one is there as well, because others have such files, too; none where the file says enough.
    folders: &'static [&'static str],
    /// What is typed, and where the pages come to lie.
    command: &'static str,
    output: &'static str,
}

const GENERATORS: [Generator; 3] = [
    Generator {
        name: "Hugo",
        files: &["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"],
        folders: &[],
        command: "hugo",
        output: "public",
    },
    // What Hugo's configuration was called first.
    Generator {
        name: "Hugo",
        files: &["config.toml", "config.yaml", "config.yml"],
        folders: &["archetypes", "content", "layouts"],
        command: "hugo",
        output: "public",
    },
    Generator { name: "Jekyll", files: &["_config.yml", "_config.yaml"], folders: &[], command: "jekyll build", output: "_site" },
];

/// What makes a site of the folder, and the file that says so; nothing where the folder holds a program.
pub(super) fn generator<'s>(survey: &'s Survey, folder: &str) -> Option<(&'static str, &'s str)> {
    find(survey, folder).map(|(generator, file)| (generator.name, file))
}

/// Why the folder is nothing to make an image of.
pub(super) fn refusal(survey: &Survey, folder: &str) -> Option<Error> {
    let (generator, file) = find(survey, folder)?;
    let Generator { name, command, output, .. } = generator;
    let output = below(folder, output);
    Some(
        Error::usage(format!("`{file}`: this is a site that {name} builds, and nothing is made for its sources"))
            .hint(format!("`{command}` writes the pages to `{output}`; `--in {output}` then makes an image of those")),
    )
}

fn find<'s>(survey: &'s Survey, folder: &str) -> Option<(&'static Generator, &'s str)> {
    // A package.json may be there for style sheets only, and pages are what is built.
    let of_programs = READERS.iter().flat_map(|(names, _)| *names).filter(|name| !name.ends_with(".html") && **name != "package.json");
    let has = |name: &str| survey.paths.get(&below(folder, name));
    if of_programs.into_iter().any(|name| has(name).is_some()) {
        return None;
    }
    GENERATORS.iter().find_map(|generator| {
        let file = generator.files.iter().find_map(|name| has(name))?;
        let has_folder = |name: &&str| {
            let start = format!("{}/", below(folder, name));
            survey.paths.range(start.clone()..).next().is_some_and(|path| path.starts_with(&start))
        };
        (generator.folders.is_empty() || generator.folders.iter().any(has_folder)).then_some((generator, file.as_str()))
    })
}
