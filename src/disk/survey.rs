//! Looks through somebody's repository for what detection asks for.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use crate::{
    detect::{Survey, is_wanted, started_files},
    error::{Error, Fault, Result},
    stack::Origin,
    tree::{Entry, RelPath},
};

/// Folders that tools make, wherever they are.
const MADE: [&str; 18] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "bower_components",
    ".gradle",
    ".idea",
    ".vscode",
    ".venv",
    "venv",
    "__pycache__",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".next",
    ".nuxt",
    ".terraform",
    super::OWN_FOLDER,
];

/// Folders that tools make unless they are somebody's packages, below `src`.
const OFTEN_MADE: [&str; 6] = ["target", "build", "out", "dist", "vendor", "coverage"];

/// Deeper than the package of any class that is started.
const DEEPEST: usize = 20;

/// Entries of folders that are looked at: some tenths of a second.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of a file that is read. No build file that a person wrote has more.
const MOST_BYTES: u64 = 1 << 20;

/// Files that are read.
const MOST_FILES: usize = 2_000;

/// What detection needs to know of the repository at `root`, and first of its folder `inside`. No symlink is followed, and what cannot be read is
/// told in it.
///
/// An error if `root` itself cannot be looked into.
pub fn survey(root: &Path, inside: Option<&str>) -> Result<Survey> {
    let absolute = fs::canonicalize(root).map_err(|error| Error::io("look into", root, error))?;
    let name = absolute.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut survey = Survey { name, branch: branch(&absolute), ..Survey::default() };
    let inside = inside.filter(|inside| *inside != ".").unwrap_or_default();
    if !inside.is_empty() {
        walk(&absolute, inside, "", &mut survey)?;
    }
    walk(&absolute, "", inside, &mut survey)?;
    read(&absolute, inside, &mut survey);
    for path in started_files(&survey) {
        if let (Ok(relative), Ok(Some(bytes))) = (RelPath::new(path.as_str()), content(&absolute.join(&path)))
            && std::str::from_utf8(&bytes).is_ok()
        {
            survey.files.insert(relative, Entry::new(bytes));
        }
    }
    Ok(survey)
}

/// Collects the paths below the folder `start`, but for those below `known`. Breadth first: where there is too much, what lies deep is what is
/// missed.
fn walk(root: &Path, start: &str, known: &str, survey: &mut Survey) -> Result<()> {
    let mut folders = VecDeque::from([(start.to_owned(), 0)]);
    let mut entries = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        let listed = match fs::read_dir(root.join(&folder)) {
            Ok(listed) => listed,
            Err(error) if folder.is_empty() => return Err(Error::io("look into", root, error)),
            Err(error) => {
                survey.unread.push(Fault::new(&folder, format!("cannot be looked into: {error}")));
                continue;
            }
        };
        for entry in listed.flatten() {
            entries += 1;
            // A name that is no text is none of those that are looked for.
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if kind.is_file() {
                survey.paths.insert(path);
            } else if kind.is_dir() && depth < DEEPEST && !is_made(&folder, &name) && path != known {
                folders.push_back((path, depth + 1));
            }
        }
        if entries > MOST_ENTRIES {
            let message = format!("has more than {MOST_ENTRIES} files; what lies deeper than `{folder}` was not looked at");
            survey.unread.push(Fault::new(if start.is_empty() { "." } else { start }, message));
            break;
        }
    }
    Ok(())
}

fn is_made(folder: &str, name: &str) -> bool {
    MADE.contains(&name) || OFTEN_MADE.contains(&name) && !folder.split('/').any(|part| part == "src")
}

/// Reads what is wanted, what lies in `inside` first.
fn read(root: &Path, inside: &str, survey: &mut Survey) {
    let wanted = survey.paths.iter().filter(|path| is_wanted(path));
    let (own, others): (Vec<_>, Vec<_>) = wanted.partition(|path| path.starts_with(inside));
    for (count, path) in own.into_iter().chain(others).enumerate() {
        if count == MOST_FILES {
            survey.unread.push(Fault::new(path, format!("is not read, and nor is what comes after it: {MOST_FILES} files were")));
            break;
        }
        let Ok(relative) = RelPath::new(path.as_str()) else { continue };
        match content(&root.join(path)) {
            Ok(Some(bytes)) if std::str::from_utf8(&bytes).is_ok() => drop(survey.files.insert(relative, Entry::new(bytes))),
            Ok(Some(_)) => survey.unread.push(Fault::new(path, "is not read: it is not UTF-8")),
            Ok(None) => survey.unread.push(Fault::new(path, format!("is not read: it has more than {} KiB", MOST_BYTES >> 10))),
            Err(error) => survey.unread.push(Fault::new(path, format!("cannot be read: {error}"))),
        }
    }
}

/// `None` where there is more than anyone writes.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MOST_BYTES).then_some(bytes))
}

/// The branch that the remote calls its default, else the one that is checked out.
fn branch(root: &Path) -> Option<(String, Origin)> {
    let named = |file: &str, start: &str, certain| {
        let text = fs::read_to_string(root.join(file)).ok()?;
        let name = text.trim().strip_prefix(start)?.to_owned();
        Some((name, Origin { place: file.to_owned(), certain }))
    };
    // Where there is no remote, nobody else has another one.
    let is_alone = !fs::read_to_string(root.join(".git/config")).is_ok_and(|config| config.contains("[remote "));
    named(".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/", true).or_else(|| named(".git/HEAD", "ref: refs/heads/", is_alone))
}
