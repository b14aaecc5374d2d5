//! `stagekit update` and `stagekit solution --apply` on repositories that their users have changed: what is theirs is never lost.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use proptest::{
    prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq},
    test_runner::{Config, TestRunner},
};
use tempfile::TempDir;

use crate::transcript::{Ended, Transcript};

/// A kit whose milestone, and whose next version, change the third line of three texts and the binary file, and bring a new file.
const MANIFEST: &str = r#"
format_version = 1
name = "lines"
version = "1.0.0"
stage = 1
title = "Lines"
summary = "files with lines"
builds = "Files with lines."

[[question]]
name = "name"
prompt = "Project name"
kind = "slug"
default = "lines"

[[stack]]
language = "static"
language_version = "1"

[[files]]
glob = "always/**"

[[files]]
glob = "before/**"
until = 1

[[files]]
glob = "after/**"
from = 1

[[check]]
command = ["true"]
reports = ["reports/*.xml"]

[[state]]
path = "state.cfg"
line = "at = {at}"

[smoke]
tests = 1

[[milestone]]
number = 1
title = "One"
goal = "The third line is there."
minutes = 1
points = 1
tests = 1
fails_with = "milestone 1"
hints = ["It is the third line."]
"#;

const TEXTS: [&str; 3] = ["a.txt", "b.txt", "c.txt"];
const LINES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\n";
const NEW: &str = "one\ntwo\nTHREE\nfour\nfive\nsix\n";

/// The kit, in its first version or in the next.
pub(crate) fn kit(is_next: bool) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &str, content: &[u8]| {
        let path = dir.path().join("kits/lines").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    };
    put("kit.toml", if is_next { MANIFEST.replace("1.0.0", "1.1.0") } else { MANIFEST.to_owned() }.as_bytes());
    let third = if is_next { "THREE" } else { "{{#solution 1}}\nTHREE\n{{else}}\nthree\n{{/solution}}" };
    for name in TEXTS {
        put(&format!("files/always/{name}.hbs"), OLD.replace("three", third).as_bytes());
    }
    put("files/always/state.cfg.hbs", b"at = {{m.at}}\n");
    put("files/always/docs/milestones/1.md", b"The third line.\n");
    put("files/before/d.bin", if is_next { b"\0new\xff" } else { b"\0old\xff" });
    put("files/after/d.bin", b"\0new\xff");
    put(if is_next { "files/always/new.txt" } else { "files/after/new.txt" }, b"new\n");
    dir
}

/// What brings the new third lines, and how it is typed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Brings {
    Update,
    Solution,
}

/// Both versions of the kit, and a repository of the first as it is made.
struct Kits {
    first: TempDir,
    next: TempDir,
    made: TempDir,
}

impl Kits {
    fn new() -> Self {
        let (first, next) = (kit(false), kit(true));
        let made = Transcript::of("new lines . --yes --quiet --no-git").env("STAGEKIT_TEMPLATES", first.path()).check().dir;
        Self { first, next, made }
    }

    /// What happens in a new repository that its user has changed.
    fn run(&self, brings: Brings, words: &str, change: impl FnOnce(&Path)) -> (Files, Ended) {
        let (line, templates) = match brings {
            Brings::Update => ("update", &self.next),
            Brings::Solution => ("solution --apply", &self.first),
        };
        let run = Transcript::of(&format!("{line} {words}")).env("STAGEKIT_TEMPLATES", templates.path());
        copy(self.made.path(), run.dir());
        change(run.dir());
        let before = files(run.dir());
        (before, run.run())
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a folder; a link counts as what it names.
fn files(dir: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("an entry");
            let below = path.strip_prefix(dir).expect("below").to_owned();
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_symlink() {
                found.insert(below, fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes());
            } else {
                found.insert(below, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

/// What a case ends with.
enum Ends {
    /// This stands in the file, and the command succeeds.
    With(&'static [u8]),
    /// The file is not there, and the command succeeds.
    Gone,
    /// Exit code 3 with this in the message, and no file is another than before.
    Refused(&'static str),
}

/// Name, file, what the user did, how `update` ends, how `solution --apply` does.
type Case = (&'static str, &'static str, fn(&Path), Ends, Ends);

fn write(path: PathBuf, content: &str) {
    fs::write(path, content).expect("a file");
}

fn cases() -> Vec<Case> {
    use Ends::{Gone, Refused, With};
    let same_place = "a.txt: you and the new version changed the same place";
    let in_the_way = "new.txt: ";
    vec![
        ("untouched", "a.txt", |_| {}, With(NEW.as_bytes()), With(NEW.as_bytes())),
        (
            "edited elsewhere",
            "a.txt",
            |dir| write(dir.join("a.txt"), &OLD.replace("six", "6")),
            With(b"one\ntwo\nTHREE\nfour\nfive\n6\n"),
            With(b"one\ntwo\nTHREE\nfour\nfive\n6\n"),
        ),
        (
            "edited in the same place",
            "a.txt",
            |dir| write(dir.join("a.txt"), &OLD.replace("three", "3")),
            Refused(same_place),
            Refused(same_place),
        ),
        ("edited in the same way", "a.txt", |dir| write(dir.join("a.txt"), NEW), With(NEW.as_bytes()), With(NEW.as_bytes())),
        ("deleted", "a.txt", |dir| fs::remove_file(dir.join("a.txt")).expect("a file"), Gone, Refused("a.txt: you deleted it")),
        (
            "renamed",
            "mine.txt",
            |dir| fs::rename(dir.join("a.txt"), dir.join("mine.txt")).expect("a file"),
            With(OLD.as_bytes()),
            Refused("a.txt: you deleted it"),
        ),
        ("a new file in the way", "new.txt", |dir| write(dir.join("new.txt"), "mine\n"), Refused(in_the_way), Refused(in_the_way)),
        ("a new file that is the same", "new.txt", |dir| write(dir.join("new.txt"), "new\n"), With(b"new\n"), With(b"new\n")),
        (
            "a folder in the way",
            "new.txt/mine",
            |dir| {
                fs::create_dir(dir.join("new.txt")).expect("a folder");
                write(dir.join("new.txt/mine"), "mine\n");
            },
            Refused(in_the_way),
            Refused(in_the_way),
        ),
        (
            "a link in the place",
            "a.txt",
            |dir| {
                fs::rename(dir.join("a.txt"), dir.join("far.txt")).expect("a file");
                symlink("far.txt", dir.join("a.txt")).expect("a link");
            },
            Refused("a.txt: "),
            Refused("a.txt: "),
        ),
        (
            "CRLF",
            "a.txt",
            |dir| write(dir.join("a.txt"), &OLD.replace('\n', "\r\n")),
            With(b"one\r\ntwo\r\nTHREE\r\nfour\r\nfive\r\nsix\r\n"),
            With(b"one\r\ntwo\r\nTHREE\r\nfour\r\nfive\r\nsix\r\n"),
        ),
        (
            "no newline at the end",
            "a.txt",
            |dir| write(dir.join("a.txt"), OLD.trim_end()),
            With(NEW.trim_ascii_end().as_bytes()),
            With(NEW.trim_ascii_end().as_bytes()),
        ),
        ("an empty file", "a.txt", |dir| write(dir.join("a.txt"), ""), Refused(same_place), Refused(same_place)),
        ("binary, untouched", "d.bin", |_| {}, With(b"\0new\xff"), With(b"\0new\xff")),
        (
            "binary, edited",
            "d.bin",
            |dir| fs::write(dir.join("d.bin"), b"\0mine\xff").expect("a file"),
            Refused("d.bin: "),
            Refused("d.bin: "),
        ),
    ]
}

#[test]
fn what_the_user_did_decides_what_happens() {
    let kits = Kits::new();
    for (name, path, change, update, solution) in cases() {
        for (brings, ends) in [(Brings::Update, update), (Brings::Solution, solution)] {
            let (before, ended) = kits.run(brings, "", change);
            let told = format!("{name}, {brings:?}: {}\n{}", ended.stdout, ended.stderr);
            let after = files(ended.dir.path());
            match ends {
                Ends::With(expected) => {
                    assert_eq!((ended.status, after.get(Path::new(path)).map(Vec::as_slice)), (0, Some(expected)), "{told}");
                    assert_eq!(after[Path::new("b.txt")], NEW.as_bytes(), "{told}");
                }
                Ends::Gone => assert_eq!((ended.status, after.get(Path::new(path))), (0, None), "{told}"),
                Ends::Refused(message) => {
                    assert!(ended.status == 3 && ended.stderr.contains(message), "{told}");
                    assert_eq!(after, before, "{told}");
                }
            }
        }
    }
}

/// What a user does with a file.
#[derive(Clone, Debug)]
enum Edit {
    /// Puts a line of his own before the n-th.
    Insert(usize),
    /// Writes a line of his own in the place of the n-th.
    Replace(usize),
    /// Takes the n-th line out.
    Remove(usize),
    /// Gives all lines the line ends of Windows.
    Crlf,
    /// Takes the last line end away.
    Open,
    /// Deletes the file.
    Delete,
    /// Gives it another name.
    Rename,
}

fn edits() -> impl Strategy<Value = Vec<(usize, Edit)>> {
    let line = || 0..LINES.len() + 1;
    let edit = prop::strategy::Union::new_weighted(vec![
        (4, line().prop_map(Edit::Insert).boxed()),
        (3, line().prop_map(Edit::Replace).boxed()),
        (3, line().prop_map(Edit::Remove).boxed()),
        (1, Just(Edit::Crlf).boxed()),
        (1, Just(Edit::Open).boxed()),
        (1, Just(Edit::Delete).boxed()),
        (1, Just(Edit::Rename).boxed()),
    ]);
    prop::collection::vec((0..TEXTS.len(), edit), 0..7)
}

/// Does all of it, and says which lines the user has written.
fn edit(dir: &Path, edits: &[(usize, Edit)]) -> Vec<String> {
    let mut own = Vec::new();
    for (number, (file, edit)) in edits.iter().enumerate() {
        let path = dir.join(TEXTS[*file]);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let (end, is_open) = (if text.contains("\r\n") { "\r\n" } else { "\n" }, !text.ends_with('\n'));
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = format!("mine {number}");
        match edit {
            Edit::Insert(at) => lines.insert((*at).min(lines.len()), line.clone()),
            Edit::Replace(at) if *at < lines.len() => lines[*at].clone_from(&line),
            Edit::Remove(at) if *at < lines.len() => drop(lines.remove(*at)),
            Edit::Replace(_) | Edit::Remove(_) => {}
            Edit::Crlf => write(path.clone(), &text.replace("\r\n", "\n").replace('\n', "\r\n")),
            Edit::Open => write(path.clone(), text.trim_end()),
            Edit::Delete => fs::remove_file(&path).expect("a file"),
            Edit::Rename => fs::rename(&path, dir.join(format!("mine-{}", TEXTS[*file]))).expect("a file"),
        }
        if matches!(edit, Edit::Insert(_) | Edit::Replace(_) | Edit::Remove(_)) {
            write(path, &format!("{}{}", lines.join(end), if is_open || lines.is_empty() { "" } else { end }));
        }
        own.push(line);
    }
    own
}

/// How often a line stands in the files that are not stagekit's.
fn lines(files: &Files) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for (_, bytes) in files.iter().filter(|(path, _)| !path.starts_with(".stagekit")) {
        for line in String::from_utf8_lossy(bytes).lines() {
            *counted.entry(line.to_owned()).or_default() += 1;
        }
    }
    counted
}

#[test]
fn no_line_that_a_user_wrote_is_lost_without_a_word() {
    let kits = Kits::new();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let drawn = (prop::sample::select(vec![Brings::Update, Brings::Solution]), any::<bool>(), edits());
    let outcome = runner.run(&drawn, |(brings, with_markers, edits)| {
        let words = if with_markers { "--conflicts markers" } else { "" };
        let mut own = Vec::new();
        let (before, ended) = kits.run(brings, words, |dir| own = edit(dir, &edits));
        let after = files(ended.dir.path());
        let told = format!("{brings:?} {words}: {}\n{}", ended.stdout, ended.stderr);
        prop_assert!(matches!(ended.status, 0 | 3), "{told}");
        if ended.status == 3 && after == before {
            return Ok(());
        }
        prop_assert!(ended.status == 0 || with_markers && ended.stderr.contains("conflict markers stand in"), "{told}");
        let (was, is) = (lines(&before), lines(&after));
        for line in own.iter().filter(|line| was.contains_key(*line)) {
            prop_assert_eq!(is.get(line), was.get(line), "{}: {}", line, told);
        }
        if ended.status == 0 {
            // What the user took out of a file that nobody else changed there stays out, and what is new has come.
            for line in LINES.iter().filter(|line| **line != "three") {
                prop_assert_eq!(is.get(*line), was.get(*line), "{}: {}", line, told);
            }
            let there = TEXTS.iter().filter(|name| before.contains_key(Path::new(name))).count();
            prop_assert_eq!(is.get("THREE").copied().unwrap_or(0), there, "{}", told);
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.err().map_or_else(String::new, |why| why.to_string()));
}
