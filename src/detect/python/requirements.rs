//! Files with a requirement a line, and those that they take in.

use super::{OF_TESTS, Project, Source};
use crate::detect::Note;

/// The files that may say what the program needs where it runs, the likeliest first.
pub(super) const PRODUCTION: [&str; 9] = [
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/requirements.txt",
    "requirements/main.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements-prod.txt",
    "requirements-base.txt",
];

/// The folder that holds nothing but such files.
const FOLDER: &str = "requirements";

/// A file of requirements, and what pip reads because of it.
#[derive(Default)]
pub(super) struct Taken<'s> {
    /// The files with requirements that could be read, the first itself.
    pub(super) sources: Vec<Source<'s>>,
    /// All that are there, files of constraints too, below the project.
    pub(super) paths: Vec<String>,
    /// Whether the project itself is named, or what lies in one of its folders.
    pub(super) has_project: bool,
    /// What is named and cannot be had.
    pub(super) lacks: Vec<Note>,
}

/// What a line of such a file wants of the file system.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'l> {
    Requirements(&'l str),
    Constraints(&'l str),
    /// The project, or a package in it.
    Folder,
}

pub(super) fn wants(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_said = folder.split('/').any(|part| part == FOLDER) || name.contains("requirements") || name.contains("constraints");
    is_said && name.ends_with(".txt")
}

/// Whether a folder below `requirements` says what is installed, and nothing beside it does.
pub(super) fn is_build(name: &str) -> bool {
    name.starts_with("requirements/") && PRODUCTION.contains(&name)
}

/// The file with all that it takes in, each once.
pub(super) fn taken<'s>(project: &Project<'s>, file: &str) -> Taken<'s> {
    let mut taken = Taken::default();
    follow(project, file, false, &mut taken);
    taken
}

fn follow<'s>(project: &Project<'s>, file: &str, is_constraint: bool, taken: &mut Taken<'s>) {
    // Files may take in each other.
    if taken.paths.iter().any(|path| path == file) {
        return;
    }
    taken.paths.push(file.to_owned());
    let Some(source) = project.source(&[file]) else { return };
    if !is_constraint {
        taken.sources.push(source);
    }
    for (index, line) in source.text.lines().enumerate() {
        let (path, is_constraint) = match wanted(line) {
            Some(Wanted::Requirements(path)) => (path, is_constraint),
            Some(Wanted::Constraints(path)) => (path, true),
            Some(Wanted::Folder) => {
                taken.has_project |= !is_constraint;
                continue;
            }
            None => continue,
        };
        match beside(file, path).filter(|path| project.has(path)) {
            Some(path) => follow(project, &path, is_constraint, taken),
            None => taken.lacks.push(Note {
                place: source.at(index + 1),
                message: format!("takes in `{path}`, which is not among the project's files: pip will not install this"),
            }),
        }
    }
}

/// `-r base.txt`, `--constraint=c.txt`, `-e .`; nothing of an address.
fn wanted(line: &str) -> Option<Wanted<'_>> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    let value = |options: [&str; 2]| {
        let rest = options.iter().find_map(|option| line.strip_prefix(option))?;
        Some(rest.trim_start_matches('=').trim()).filter(|value| !value.is_empty() && !value.contains("://"))
    };
    if let Some(path) = value(["--requirement", "-r"]) {
        return Some(Wanted::Requirements(path));
    }
    if let Some(path) = value(["--constraint", "-c"]) {
        return Some(Wanted::Constraints(path));
    }
    let named = value(["--editable", "-e"]).unwrap_or(line);
    named.starts_with('.').then_some(Wanted::Folder)
}

/// The path that a file names from where it lies; nothing outside of the project.
fn beside(file: &str, path: &str) -> Option<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!path.starts_with('/')).then(|| parts.join("/"))
}

/// The files besides `requirements-dev.txt` that say in their names that they hold what the tests need, the likeliest first.
pub(super) fn of_tests(project: &Project<'_>) -> Vec<String> {
    let forms = |name: &str| {
        [
            format!("requirements-{name}.txt"),
            format!("requirements_{name}.txt"),
            format!("requirements/{name}.txt"),
            format!("{name}-requirements.txt"),
        ]
    };
    OF_TESTS.iter().flat_map(|name| forms(name)).filter(|path| path != "requirements-dev.txt" && project.has(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_other_files() {
        for (line, expected) in [
            ("-r base.txt", Some(Wanted::Requirements("base.txt"))),
            ("-rbase.txt  # all", Some(Wanted::Requirements("base.txt"))),
            ("--requirement=../base.txt", Some(Wanted::Requirements("../base.txt"))),
            ("-c constraints.txt", Some(Wanted::Constraints("constraints.txt"))),
            ("-e .", Some(Wanted::Folder)),
            (".[test]", Some(Wanted::Folder)),
            ("--editable ./lib", Some(Wanted::Folder)),
            ("-r https://x.org/r.txt", None),
            ("-e git+https://x.org/y", None),
            ("flask==3", None),
            ("# -r base.txt", None),
        ] {
            assert_eq!(wanted(line), expected, "{line}");
        }
    }

    #[test]
    fn a_path_is_meant_from_where_the_file_lies() {
        for (file, path, expected) in [
            ("requirements.txt", "requirements/prod.txt", Some("requirements/prod.txt")),
            ("requirements/prod.txt", "./base.txt", Some("requirements/base.txt")),
            ("requirements/prod.txt", "../constraints.txt", Some("constraints.txt")),
            ("requirements.txt", "../base.txt", None),
            ("requirements.txt", "/etc/base.txt", None),
        ] {
            assert_eq!(beside(file, path).as_deref(), expected, "{file} {path}");
        }
    }
}
