//! Reads what a student has handed in, and trusts nothing of it: no link is followed, nothing is unpacked, and everything has a bound.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufReader, Read as _},
    path::Path,
};

use super::system;
use crate::{
    error::{Error, Result},
    grade::{MOST_BYTES, MOST_FILES, MOST_OF_A_FILE, Remark, Submission},
    handout::Form,
    tree::{Entry, RelPath},
};

/// Folders that nobody hands in on purpose, and that can be large.
const LEFT: [&str; 5] = [".git", ".stagekit", "target", "node_modules", ".venv"];

const TOO_LARGE: &str = "it is larger than 4 MiB, and was not taken";
const NO_TEXT: &str = "its name is no text, and it was not taken";
const NO_NAME: &str = "its name cannot stand on every system, and it was not taken";
const LINK: &str = "it is a link, and none is followed";

/// The files below the folder `root`, of those that `looks_at` chooses.
pub fn submitted(root: &Path, looks_at: &dyn Fn(&str) -> bool) -> Result<Submission> {
    let mut reading = Reading { found: Submission::default(), bytes: 0, files: 0, root, looks_at };
    reading.folder(root, "")?;
    Ok(reading.found)
}

/// What kind of repository stands here, if any.
pub fn form_of(path: &Path) -> Option<Form> {
    let is_zip = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"));
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() && path.join("HEAD").is_file() && path.join("objects").is_dir() => Some(Form::Bare),
        Ok(meta) if meta.is_dir() => Some(Form::Dir),
        Ok(meta) if meta.is_file() && is_zip => Some(Form::Zip),
        _ => None,
    }
}

/// The names in a folder, in order.
pub fn names_in(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| Error::io("read", folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

struct Reading<'r> {
    found: Submission,
    bytes: u64,
    files: usize,
    root: &'r Path,
    looks_at: &'r dyn Fn(&str) -> bool,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, inside: &str) -> Result<()> {
        let failed = |error| Error::io("read", folder, error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let name = entry.file_name();
            let shown = |name: &str| if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
            let Some(name) = name.to_str() else {
                self.found.refused.push(Remark::refused(shown(&name.to_string_lossy()), NO_TEXT));
                continue;
            };
            let inside = shown(name);
            let kind = entry.file_type().map_err(|error| Error::io("look at", &path, error))?;
            if kind.is_dir() {
                if !LEFT.contains(&name) {
                    self.folder(&path, &inside)?;
                }
                continue;
            }
            self.count()?;
            if !(self.looks_at)(&inside) {
                continue;
            }
            match RelPath::new(&inside) {
                _ if kind.is_symlink() => self.refuse(&inside, LINK),
                _ if !kind.is_file() => self.refuse(&inside, "it is no file, and was not taken"),
                Ok(relative) => self.file(&path, relative)?,
                Err(_) => self.refuse(&inside, NO_NAME),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, relative: RelPath) -> Result<()> {
        let failed = |error| Error::io("read", path, error);
        let meta = fs::symlink_metadata(path).map_err(failed)?;
        if meta.len() > MOST_OF_A_FILE {
            self.refuse(relative.as_str(), TOO_LARGE);
            return Ok(());
        }
        let mut bytes = Vec::new();
        File::open(path).and_then(|file| file.take(MOST_OF_A_FILE).read_to_end(&mut bytes)).map_err(failed)?;
        self.bytes += bytes.len() as u64;
        self.found.files.insert(relative, system::entry(bytes, &meta));
        if self.bytes > MOST_BYTES {
            return Err(Error::failed(format!("`{}` has more than {} MiB", self.root.display(), MOST_BYTES >> 20)));
        }
        Ok(())
    }

    fn count(&mut self) -> Result<()> {
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(Error::failed(format!("`{}` has more than {MOST_FILES} files", self.root.display())));
        }
        Ok(())
    }

    fn refuse(&mut self, path: &str, why: &str) {
        self.found.refused.push(Remark::refused(path, why));
    }
}

/// The files in the zip at `path`, of those that `looks_at` chooses. One folder around everything, as file managers make it, is taken away.
pub fn submitted_zip(path: &Path, looks_at: &dyn Fn(&str) -> bool) -> Result<Submission> {
    let broken = |error: zip::result::ZipError| Error::failed(format!("`{}` is no zip that can be read", path.display())).because(error);
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    if zip.len() > MOST_FILES {
        return Err(Error::failed(format!("`{}` has more than {MOST_FILES} files", path.display())));
    }
    let names: Vec<String> = zip.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let around = around(names.iter().map(String::as_str));
    let mut found = Submission::default();
    let (mut bytes, mut seen) = (0, BTreeSet::new());
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(broken)?;
        if file.is_dir() {
            continue;
        }
        let Ok(name) = file.name() else {
            found.refused.push(Remark::refused(format!("file {} of the zip", index + 1), NO_TEXT));
            continue;
        };
        let name = name.strip_prefix(&around).unwrap_or(&name).to_owned();
        if name.split('/').any(|part| LEFT.contains(&part)) || !looks_at(&name) {
            continue;
        }
        let mut refuse = |why: &str| found.refused.push(Remark::refused(&name, why));
        let Ok(relative) = RelPath::new(&name) else {
            refuse(NO_NAME);
            continue;
        };
        if file.is_symlink() {
            refuse(LINK);
            continue;
        }
        if !seen.insert(relative.clone()) {
            refuse("it is in the zip twice, and the first was taken");
            continue;
        }
        // What the zip says of its own sizes may be a lie.
        let mut content = Vec::new();
        (&mut file).take(MOST_OF_A_FILE + 1).read_to_end(&mut content).map_err(|error| Error::io("read", path, error))?;
        if content.len() as u64 > MOST_OF_A_FILE {
            refuse(TOO_LARGE);
            continue;
        }
        bytes += content.len() as u64;
        if bytes > MOST_BYTES {
            return Err(Error::failed(format!("`{}` has more than {} MiB", path.display(), MOST_BYTES >> 20)));
        }
        let executable = file.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        found.files.insert(relative, Entry { bytes: content.into(), executable });
    }
    Ok(found)
}

/// The folder that all of these names stand in, with its `/`; empty if there is none.
fn around<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut around: Option<&str> = None;
    for name in names.filter(|name| !name.starts_with("__MACOSX/")) {
        let head = name.split_once('/').map_or("", |(head, _)| &name[..=head.len()]);
        match around {
            None => around = Some(head),
            Some(known) if known == head => {}
            Some(_) => return String::new(),
        }
    }
    around.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::{around, submitted, submitted_zip};

    #[test]
    fn a_folder_gives_files_and_no_links() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for file in ["src/A.java", "target/surefire-reports/a.xml", ".git/HEAD", "README.md", "node_modules/x/i.js"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), file).unwrap();
        }
        fs::write(root.join("src/large"), vec![0; (4 << 20) + 1]).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/passwd", root.join("src/B.java")).unwrap();
            std::os::unix::fs::symlink("/etc", root.join("src/etc")).unwrap();
        }
        let found = submitted(root, &|path| path.starts_with("src/") || path == "README.md").unwrap();
        let paths: Vec<_> = found.files.paths().map(crate::tree::RelPath::as_str).collect();
        assert_eq!(paths, ["README.md", "src/A.java"]);
        assert_eq!(found.refused.len(), if cfg!(unix) { 3 } else { 1 }, "{:?}", found.refused);
    }

    #[test]
    fn a_zip_gives_what_is_in_it_and_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
        let options = SimpleFileOptions::default();
        for (name, content) in [("ada/src/A.java", "a"), ("ada/../../evil", "b"), ("ada/target/x.xml", "c")] {
            zip.start_file(name, options).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.add_symlink("ada/src/B.java", "/etc/passwd", options).unwrap();
        zip.start_file("ada/src/bomb", options).unwrap();
        for _ in 0..8 {
            zip.write_all(&vec![0; 1 << 20]).unwrap();
        }
        zip.finish().unwrap();
        let found = submitted_zip(&path, &|_| true).unwrap();
        let paths: Vec<_> = found.files.paths().map(crate::tree::RelPath::as_str).collect();
        assert_eq!(paths, ["src/A.java"]);
        let refused: Vec<_> = found.refused.iter().map(|remark| remark.path.as_str()).collect();
        assert_eq!(refused, ["../../evil", "src/B.java", "src/bomb"]);
        fs::write(&path, "no zip").unwrap();
        assert!(submitted_zip(&path, &|_| true).is_err());
    }

    #[test]
    fn a_folder_around_everything_is_seen() {
        for (names, expected) in
            [(&["ada/", "ada/src/A", "__MACOSX/ada/._A"][..], "ada/"), (&["src/A", "pom.xml"], ""), (&["a/x", "b/y"], ""), (&[], "")]
        {
            assert_eq!(around(names.iter().copied()), expected, "{names:?}");
        }
    }
}
