//! A class of four, handed out, worked on, and with the pipelines added: small, because what is executed are the pipelines.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use stagekit::{
    disk,
    manifest::Number,
    receipt::{LayerKind, Receipt},
    tree::{RelPath, Tree},
};

use super::said;
use crate::{
    cell::commit,
    world::{World, run as run_to_end},
};

/// The kit that needs nothing but an interpreter, and where its course ends for them.
pub const KIT: &str = "http-server";
pub const UNTIL: Number = 2;

/// Over how many runners grading is spread.
pub const SHARES: usize = 2;

pub const CLASSROOM_GITHUB: &str = ".github/workflows/classroom.yml";
pub const CLASSROOM_GITLAB: &str = ".gitlab/classroom.yml";
pub const ASSIGNMENTS: &str = "assignments.json";
pub const GRADING_GITHUB: &str = ".github/workflows/grading.yml";
pub const GRADING_GITLAB: &str = ".gitlab/grading.yml";

/// A student, and what their work reaches.
pub struct Student {
    pub folder: &'static str,
    pub reached: Number,
}

pub const STUDENTS: [Student; 4] = [
    Student { folder: "finished", reached: 2 },
    Student { folder: "one", reached: 1 },
    Student { folder: "starter", reached: 0 },
    // The starter's work, a test file that plays no case, and the claim that all is reached.
    Student { folder: "tampered", reached: 0 },
];

/// What `tampered` has changed: every case of every milestone passes.
const PLAYED: &str = "            _play(self, data, server)\n";
pub const TAMPERED: &str = "acceptance/cases.py";
const CLAIMED: (&str, &str, &str) = ("milestone.cfg", "milestone = 0\n", "milestone = 2\n");

pub struct Class {
    /// What was handed out, as it came back: a git repository each, with `classroom`.
    pub returned: PathBuf,
    /// The repository that grades, with all three ways to do it.
    pub teacher: PathBuf,
    /// A folder with the program as a runner has it: without what only a debugger reads.
    pub bin: PathBuf,
    /// What the course is called, and what its milestones count.
    pub title: String,
    points: Vec<u32>,
}

impl Class {
    pub fn make(world: &World, name: &str) -> Result<Self, String> {
        let root = world.fresh(name)?;
        let kit = world.kit(KIT)?;
        let class = Self {
            returned: root.join("returned"),
            teacher: root.join("teacher"),
            bin: root.join("bin"),
            title: kit.title.clone(),
            points: kit.milestone.iter().filter(|milestone| milestone.number() <= UNTIL).map(|milestone| milestone.points).collect(),
        };
        for folder in [&class.teacher, &class.bin] {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        said(&root, &["strip", "-o", "bin/stagekit", env!("CARGO_BIN_EXE_stagekit")], 60)?;

        // 1. handed out
        let names: String = STUDENTS.iter().map(|student| format!("{}\n", student.folder)).collect();
        put(&root.join("roster.csv"), &format!("name\n{names}"))?;
        let until = UNTIL.to_string();
        let course = ["--set", "language=python", "--until", &until, "--quiet"];
        stagekit(&root, &[&["handout", KIT, "--roster", "roster.csv", "--out", "returned"], &course[..]].concat())?;

        // 2. worked on
        for student in STUDENTS.iter().filter(|student| student.reached > 0) {
            let at = student.reached.to_string();
            let solved = format!("solved-{at}");
            stagekit(&root, &[&["new", KIT, &solved, "--yes", "--no-git", "--at", &at], &course[..]].concat())?;
            said(&root, &["cp", "-r", &format!("{solved}/notes/."), &format!("returned/{}/notes", student.folder)], 10)?;
        }
        for (path, found, other) in [(TAMPERED, PLAYED, "            pass\n"), CLAIMED] {
            let file = class.student("tampered").join(path);
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            if !text.contains(found) {
                return Err(format!("{path} has no `{}`", found.trim()));
            }
            put(&file, &text.replace(found, other))?;
        }

        // 3. with the pipelines, and pushed
        for student in &STUDENTS {
            let agreed = ["--set", "due=2026-12-24T18:00:00+01:00", "--set", "template=school/notes-server"];
            let folder = class.student(student.folder);
            stagekit(&folder, &[&["add", "classroom", "--yes", "--quiet"], &agreed[..]].concat())?;
            commit(&folder)?;
        }
        said(&root, &["cp", "returned/handout.toml", "teacher"], 10)?;
        let pushed = STUDENTS.iter().map(|student| format!("{},{}\n", student.folder, class.url(student.folder)));
        put(&class.teacher.join("repositories.csv"), &pushed.collect::<String>())?;
        commit(&class.teacher)?;
        let shares = format!("shards={SHARES}");
        let words = ["add", "grading-github", "grading-gitlab", "grading-kubernetes", "--yes", "--quiet", "--set", &shares];
        stagekit(&class.teacher, &words)?;
        commit(&class.teacher)?;
        Ok(class)
    }

    pub fn student(&self, folder: &str) -> PathBuf {
        self.returned.join(folder)
    }

    /// Where a student pushes to.
    pub fn url(&self, folder: &str) -> String {
        format!("file://{}", self.student(folder).display())
    }

    /// What the page about a student's work begins with.
    pub fn heading(&self, reached: Number) -> String {
        let earned: u32 = self.points.iter().take(reached as usize).sum();
        let all: u32 = self.points.iter().sum();
        format!("## {}: milestone {reached} of {UNTIL} reached, {earned} of {all} points", self.title)
    }

    /// The table that one run grades the class to, as people and as platforms read it.
    pub fn table(&self) -> Result<(String, String), String> {
        let table = stagekit(&self.returned, &["grade", ".", "--quiet", "--csv", "class.csv"])?;
        let file = self.returned.join("class.csv");
        let csv = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        // What is compared has to be what they reach.
        for student in &STUDENTS {
            let earned: u32 = self.points.iter().take(student.reached as usize).sum();
            let row = csv.lines().find(|line| line.starts_with(&format!("{0},{0},", student.folder)));
            if !row.is_some_and(|row| row.contains(&format!(",{earned},")) && row.contains(",graded,")) {
                return Err(format!("{} does not have {earned} points: {row:?}", student.folder));
            }
        }
        Ok((table, csv))
    }

    /// Whose repositories a share has.
    pub fn share(&self, number: usize) -> Result<Vec<String>, String> {
        let share = format!("{number}/{SHARES}");
        let list = stagekit(&self.teacher, &["grade", ".", "--handout", "handout.toml", "--shard", &share, "--list"])?;
        Ok(list.lines().map(str::to_owned).collect())
    }

    /// Each share brought its repositories, and no other ones. `marks`: how the lines of a share's job begin.
    pub fn brought_its_own(&self, log: &str, marks: impl Fn(usize) -> String) -> Result<(), String> {
        for number in 1..=SHARES {
            let mark = marks(number);
            let lines = log.lines().filter(|line| line.contains(&mark)).filter_map(|line| line.split_whitespace().last());
            let brought: Vec<&str> = lines.filter(|word| STUDENTS.iter().any(|student| student.folder == *word)).collect();
            let share = self.share(number)?;
            if brought != share {
                return Err(format!("share {number} is {share:?}, and {brought:?} were brought"));
            }
        }
        Ok(())
    }
}

/// What the features have added to a repository, with the file that they share.
pub fn added(folder: &Path) -> Result<Tree, String> {
    let file = folder.join(".stagekit/receipt.toml");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let receipt = Receipt::read(&text).map_err(|error| error.to_string())?;
    let shared = RelPath::new(".gitlab-ci.yml")?;
    let features = receipt.layer.iter().filter(|layer| layer.kind == LayerKind::Feature).flat_map(|layer| &layer.files);
    disk::read(folder, features.chain([&shared])).map_err(|error| error.to_string())
}

/// What `stagekit` prints, which must succeed.
pub fn stagekit(folder: &Path, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagekit"));
    command.args(words).current_dir(folder).env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    run_to_end(&mut command, Duration::from_secs(300))?.ok(&format!("stagekit {}", words.join(" ")))
}

pub fn put(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
