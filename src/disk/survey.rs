//! Looks through somebody's repository for what detection asks for.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::{
    detect::{Survey, is_wanted, rank, started_files},
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
    let mut survey = Survey { name, branch: Some(branch(&absolute).unwrap_or_else(usual)), ..Survey::default() };
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

/// Reads what is wanted: what lies in `inside` first, build files before sources, and what lies high before what lies deep. Where there is too much,
/// what is missed is what says least.
fn read(root: &Path, inside: &str, survey: &mut Survey) {
    let is_own = |path: &str| inside.is_empty() || path.strip_prefix(inside).is_some_and(|rest| rest.starts_with('/'));
    let mut wanted: Vec<&String> = survey.paths.iter().filter(|path| is_wanted(path)).collect();
    // They are in the order of their paths, and what is equal stays so.
    wanted.sort_by_cached_key(|path| (!is_own(path), rank(path), path.matches('/').count()));
    for (count, path) in wanted.into_iter().enumerate() {
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

/// The branch that the remote calls its default, else the one that is checked out; none where that is no branch.
fn branch(root: &Path) -> Option<(String, Origin)> {
    let (own, common) = git_folders(root)?;
    let named = |folder: &Path, file: &str, start: &str, certain| {
        let name = small_text(&folder.join(file))?.trim().strip_prefix(start)?.to_owned();
        Some((name, Origin { place: format!(".git/{file}"), certain }))
    };
    // Where there is no remote, nobody else has another one.
    let is_alone = !small_text(&common.join("config")).is_some_and(|config| config.contains("[remote "));
    named(&common, "refs/remotes/origin/HEAD", "ref: refs/remotes/origin/", true)
        .or_else(|| named(&own, "HEAD", "ref: refs/heads/", is_alone))
}

/// What most branches are called: a guess where none is checked out, or there is no git.
fn usual() -> (String, Origin) {
    ("main".to_owned(), Origin { place: ".".to_owned(), certain: false })
}

/// Where git keeps what is this working tree's alone, and what it has in common with others: the same unless it is a worktree. A submodule and a
/// worktree have a file that names them.
fn git_folders(root: &Path) -> Option<(PathBuf, PathBuf)> {
    let dot = root.join(".git");
    let own = match small_text(&dot) {
        Some(text) => root.join(text.trim().strip_prefix("gitdir:")?.trim()),
        None => dot,
    };
    let common = small_text(&own.join("commondir")).map_or_else(|| own.clone(), |text| own.join(text.trim()));
    Some((own, common))
}

/// The text of a file of git's. What is no file, such as a pipe, might never end.
fn small_text(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let bytes = if meta.is_file() { content(path).ok()?? } else { return None };
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{MOST_FILES, survey};
    use crate::tree::RelPath;

    #[test]
    fn build_files_are_read_before_thousands_of_sources() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["a/deep", "services/api", "services/api2"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for n in 0..=MOST_FILES {
            fs::write(root.path().join(format!("a/deep/f{n:04}.go")), "package a\n").unwrap();
        }
        for path in ["go.mod", "main.go", "services/api/go.mod", "services/api/z.go", "services/api2/a.go"] {
            fs::write(root.path().join(path), "module x\n").unwrap();
        }
        let has = |inside: Option<&str>, path: &str| {
            let found = survey(root.path(), inside).unwrap();
            assert_eq!(found.files.paths().count(), MOST_FILES);
            found.files.get(&RelPath::new(path).unwrap()).is_some()
        };
        for path in ["go.mod", "main.go", "services/api/go.mod"] {
            assert!(has(None, path), "{path}");
        }
        assert!(has(Some("services/api"), "services/api/z.go"));
        for n in 0..MOST_FILES {
            fs::write(root.path().join(format!("services/api/f{n:04}.go")), "package a\n").unwrap();
        }
        assert!(!has(Some("services/api"), "services/api2/a.go"), "its name only begins the same");
    }
    #[test]
    fn the_branch_of_a_worktree_is_its_own_and_the_remote_is_the_repositorys() {
        let place = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let branch = |folder: &str| super::branch(&place.path().join(folder)).map(|(name, origin)| (name, origin.certain));
        write("main/.git/HEAD", "ref: refs/heads/trunk\n");
        write("main/.git/config", "[core]\n");
        write("main/.git/worktrees/side/HEAD", "ref: refs/heads/side\n");
        write("main/.git/worktrees/side/commondir", "../..\n");
        write("side/.git", "gitdir: ../main/.git/worktrees/side\n");
        write("detached/.git/HEAD", "0123456789012345678901234567890123456789\n");
        assert_eq!(branch("main"), Some(("trunk".to_owned(), true)));
        assert_eq!(branch("side"), Some(("side".to_owned(), true)));
        assert_eq!((branch("detached"), branch("nowhere")), (None, None));
        write("main/.git/config", "[remote \"origin\"]\n");
        assert_eq!(branch("side"), Some(("side".to_owned(), false)));
        write("main/.git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/trunk\n");
        assert_eq!(branch("side"), Some(("trunk".to_owned(), true)));
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_in_the_place_of_gits_files_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".git")).unwrap();
        for name in ["HEAD", "config"] {
            assert!(std::process::Command::new("mkfifo").arg(root.path().join(".git").join(name)).status().unwrap().success());
        }
        assert_eq!(super::branch(root.path()), None);
    }
}
