//! A class of repositories in known states, most of them hostile, graded with the real program and the real build tool.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value as Json;
use stagekit::{
    digest::hex,
    handout::{Form, Handout, Row as Student},
    manifest::Number,
    receipt,
    rendition::Rendition,
    tree::Tree,
};

use crate::{
    arguments::Arguments,
    cell::Cell,
    checks::{Check, kits},
    outcome::{Outcome, Row},
    proof::proven,
    world::{World, run as run_to_end, tail},
};

/// The kit whose class it is, and where its course ends for them: grading a class takes minutes as it is.
const KIT: &str = "cli-calculator";
const UNTIL: Number = 2;

/// A kit with unit and integration tests, which Maven counts apart; its first milestone needs no server.
const SPRING: (&str, Number) = ("user-api", 1);

/// How long one run of the tests may take, in seconds: the endless loop waits for it twice.
const LIMIT: u32 = 150;

/// What grading consists of.
const SOURCES: [&str; 9] = [
    "src/commands/grade.rs",
    "src/commands/grade",
    "src/disk/submission.rs",
    "src/disk/workplace.rs",
    "src/grade.rs",
    "src/grade",
    "src/process/bare.rs",
    "src/process/limits.rs",
    "tests/deep/class.rs",
];

pub fn checks() -> [Check; 1] {
    [Check { name: "class", run }]
}

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let sources = match sources() {
        Ok(sources) => sources,
        Err(why) => return vec![Row::new("class", KIT, None, "", Outcome::Failed(why), 0.0)],
    };
    let wanted = [(KIT, UNTIL), SPRING].into_iter().filter(|(name, _)| kits(world, arguments).any(|kit| kit.name.get_ref() == name));
    let row = |(kit, until): (&str, Number)| {
        let rendition = Rendition { at: until, until: Some(until), ..Rendition::default() };
        let cell = Cell { kit: kit.to_owned(), settings: Vec::new(), rendition, jdk: None };
        let students = || -> Result<Vec<Expected>, String> {
            match kit {
                KIT => Ok(expected(&text(world, &cell, "src/main/java/com/example/calc/Main.java")?, &text(world, &cell, "pom.xml")?)),
                _ => Ok(vec![Expected::honest("starter", 0, &[]), Expected::honest("finished", 1, &[1])]),
            }
        };
        proven(world, "class", &[&cell], &sources, || graded(world, &cell, &students()?))
    };
    wanted.map(row).collect()
}

/// What is done to a student's repository: a file gets this text, or goes.
pub type Change = (&'static str, Option<String>);

/// A student, with what grading has to say.
pub struct Expected {
    pub folder: &'static str,
    pub at: Number,
    pub changes: Vec<Change>,
    pub status: &'static str,
    /// Milestones whose points are all earned; the others earn none.
    pub done: &'static [Number],
    /// A file that has to be told of, and how.
    pub told: Option<(&'static str, &'static str)>,
}

impl Expected {
    /// Somebody who has solved so much and played no trick.
    pub fn honest(folder: &'static str, at: Number, done: &'static [Number]) -> Self {
        Self { folder, at, changes: Vec::new(), status: "graded", done, told: None }
    }
}

fn expected(main: &str, pom: &str) -> Vec<Expected> {
    const MAIN: &str = "src/main/java/com/example/calc/Main.java";
    let trick = |folder, changes, told| Expected { folder, at: 0, changes, status: "graded", done: &[], told };
    let some = |path, text: &str| (path, Some(text.to_owned()));
    // Runs as soon as a test touches the program.
    let first = |code: &str| some(MAIN, &main.replacen("class Main {", &format!("class Main {{\n    static {{\n{code}\n    }}\n"), 1));
    let passing = r#"<testsuite name=\"com.example.calc.M1TokenizerTest\"><testcase name=\"a\" classname=\"com.example.calc.M1TokenizerTest\"/></testsuite>"#;
    let plant = format!(
        "try {{ java.nio.file.Files.writeString(java.nio.file.Path.of(\"target/surefire-reports/TEST-com.example.calc.M1TokenizerTest.xml\"), \"{passing}\"); }} \
         catch (java.io.IOException e) {{ }}\nRuntime.getRuntime().halt(0);"
    );
    let empty = "package com.example.calc;\n\nimport org.junit.jupiter.api.Tag;\nimport org.junit.jupiter.api.Test;\n\n@Tag(\"m1\")\nclass M1TokenizerTest {\n    @Test\n    void good() {}\n}\n";
    let skipping = pom.replacen(
        "<properties>",
        "<properties>\n    <skipTests>true</skipTests>\n    <maven.test.failure.ignore>true</maven.test.failure.ignore>",
        1,
    );
    let extension =
        "<extensions><extension><groupId>com.example</groupId><artifactId>evil</artifactId><version>1</version></extension></extensions>\n";
    let listener = "com.example.calc.Evil\n";
    let evil = "package com.example.calc;\n\npublic class Evil {}\n";
    let assertions = "package org.junit.jupiter.api;\n\npublic class Assertions {}\n";
    vec![
        Expected::honest("starter", 0, &[]),
        Expected::honest("one", 1, &[1]),
        Expected::honest("finished", 2, &[1, 2]),
        Expected { status: "not-compiled", ..trick("not-compiled", vec![some(MAIN, "package com.example.calc;\n\nclass Main {")], None) },
        Expected { at: 2, status: "timed-out", ..trick("loop", vec![first("boolean on = true;\nwhile (on) {}")], None) },
        trick(
            "tampered",
            vec![some("src/test/java/com/example/calc/M1TokenizerTest.java", empty)],
            Some(("src/test/java/com/example/calc/M1TokenizerTest.java", "edited")),
        ),
        trick(
            "skipping",
            vec![
                ("pom.xml", Some(skipping)),
                some(".mvn/maven.config", "-Dkit.tests=none()\n-DskipTests\n-Dmaven.test.failure.ignore=true\n"),
            ],
            Some(("pom.xml", "edited")),
        ),
        trick("extension", vec![some(".mvn/extensions.xml", extension)], Some((".mvn/extensions.xml", "extra"))),
        trick("wrapper", vec![some("mvnw", "#!/bin/sh\nmkdir -p target/surefire-reports\nexit 0\n")], Some(("mvnw", "edited"))),
        Expected { at: 2, status: "crashed", ..trick("exit", vec![first("System.exit(0);")], None) },
        Expected { status: "crashed", ..trick("planted", vec![first(&plant)], None) },
        trick("left", vec![some("target/surefire-reports/TEST-com.example.calc.M1TokenizerTest.xml", &passing.replace('\\', ""))], None),
        trick(
            "listener",
            vec![
                some("src/main/resources/junit-platform.properties", "junit.jupiter.extensions.autodetection.enabled=true\n"),
                some("src/main/resources/META-INF/services/org.junit.platform.launcher.TestExecutionListener", listener),
                some("src/test/resources/META-INF/services/org.junit.jupiter.api.extension.Extension", listener),
                some("src/test/java/com/example/calc/Evil.java", evil),
            ],
            Some(("src/main/resources/META-INF/services/org.junit.platform.launcher.TestExecutionListener", "extra")),
        ),
        trick(
            "shadow",
            vec![
                some("src/main/java/com/example/calc/M1TokenizerTest.java", empty),
                some("src/main/java/com/example/calc/Assertions.java", assertions),
            ],
            Some(("src/main/java/com/example/calc/Assertions.java", "extra")),
        ),
        Expected { at: 1, done: &[1], ..trick("deleted", vec![("pom.xml", None), ("mvnw", None)], Some(("pom.xml", "deleted"))) },
        Expected {
            at: 1,
            done: &[1],
            ..trick(
                "prints",
                vec![first(
                    "try (java.io.FileOutputStream err = new java.io.FileOutputStream(\"/dev/stderr\")) {\nfor (int i = 0; i < 300; i++) { err.write(\"nothing of interest, many times\\n\".repeat(3000).getBytes()); }\n} catch (java.io.IOException e) { }",
                )],
                None,
            )
        },
    ]
}

/// The text of a file of the starter.
pub fn text(world: &World, cell: &Cell, path: &str) -> Result<String, String> {
    let (tree, _) = rendering(world, cell, 0)?;
    let found = tree.iter().find(|(known, _)| known.as_str() == path).and_then(|(_, entry)| entry.text().map(str::to_owned));
    found.ok_or_else(|| format!("the kit has no {path}"))
}

/// The cell with so many milestones solved, and its digest.
fn rendering(world: &World, cell: &Cell, at: Number) -> Result<(Tree, String), String> {
    let at = Cell { rendition: Rendition { at, ..cell.rendition.clone() }, ..cell.clone() };
    at.render(world).map(|(tree, rendered, _)| (tree, receipt::digest_of(&rendered)))
}

/// Writes the students' repositories, and what was handed out to them.
pub fn handed_out(world: &World, cell: &Cell, folder: &Path, students: &[Expected]) -> Result<(), String> {
    let (_, _, answers) = cell.render(world)?;
    let (_, digest) = rendering(world, cell, 0)?;
    let mut rows = Vec::new();
    for (index, student) in students.iter().enumerate() {
        let root = folder.join(student.folder);
        let (tree, _) = rendering(world, cell, student.at)?;
        for (path, entry) in tree.iter() {
            put(&root.join(path.as_str()), &entry.bytes)?;
        }
        for (path, change) in &student.changes {
            let path = root.join(path);
            match change {
                Some(text) => put(&path, text.as_bytes())?,
                None => fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?,
            }
        }
        rows.push(Student {
            number: index + 2,
            name: student.folder.to_owned(),
            folder: student.folder.to_owned(),
            seed: None,
            digest: digest.clone(),
            answers: answers.clone(),
            record: BTreeMap::new(),
        });
    }
    let handout = Handout {
        format_version: 1,
        stagekit: env!("CARGO_PKG_VERSION").to_owned(),
        kit: cell.kit.clone(),
        version: world.kit(&cell.kit)?.version.clone(),
        form: Form::Dir,
        at: 0,
        until: cell.rendition.until,
        variant_seed: None,
        templates: String::new(),
        updates: 0,
        row: rows,
    };
    put(&folder.join("handout.toml"), handout.to_toml().map_err(|error| error.to_string())?.as_bytes())
}

fn graded(world: &World, cell: &Cell, students: &[Expected]) -> Result<(), String> {
    // 1. the class
    let folder = world.fresh("class")?;
    handed_out(world, cell, &folder, students)?;

    // 2. graded
    let (program, limit) = (env!("CARGO_BIN_EXE_stagekit"), LIMIT.to_string());
    let words = [program, "grade", ".", "--quiet", "-j", "2", "--timeout", &limit, "--results", "results.json"];
    let mut command = world.command(&folder, &words, world.jdk(None)?);
    let ran = run_to_end(&mut command, Duration::from_secs(3600))?;
    if ran.status.code() != Some(0) {
        return Err(format!("grading ends with {:?}: {}", ran.status.code(), tail(&ran.output, 20)));
    }

    // 3. exactly the table
    judged(world, &cell.kit, &folder.join("results.json"), students)?;
    fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Whether the results are what was expected, and of whom they are not.
pub fn judged(world: &World, kit: &str, file: &Path, students: &[Expected]) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let results: Json = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let points = |number: Number| -> Result<u64, String> {
        let milestones = &world.kit(kit)?.milestone;
        let found = milestones.iter().find(|milestone| milestone.number() == number);
        found.map(|milestone| milestone.points.into()).ok_or_else(|| format!("there is no milestone {number}"))
    };
    let mut wrong = Vec::new();
    for student in students {
        let found = results["rows"].as_array().into_iter().flatten().find(|row| row["folder"] == student.folder);
        let Some(row) = found else {
            wrong.push(format!("{} is not there", student.folder));
            continue;
        };
        let wanted = student.done.iter().map(|number| points(*number)).sum::<Result<u64, _>>()?;
        if row["status"] != student.status || row["points"] != wanted {
            let said = format!("{} has {} points and is {}: {}", student.folder, row["points"], row["status"], row["note"]);
            wrong.push(format!("{said}, not {wanted} and {}", student.status));
        }
        if let Some((path, kind)) = student.told
            && !row["remarks"].as_array().into_iter().flatten().any(|remark| remark["path"] == path && remark["kind"] == kind)
        {
            wrong.push(format!("of {} nobody is told that {path} is {kind}: {}", student.folder, row["remarks"]));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes)).map_err(failed)
}

/// The digest of what grading consists of.
pub fn sources() -> Result<String, String> {
    digest_of(&SOURCES)
}

/// The digest of these files of the project; of a folder those that lie in it.
pub fn digest_of(sources: &[&str]) -> Result<String, String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    for source in sources {
        let path = project.join(source);
        let files = if path.is_dir() {
            fs::read_dir(&path).map_err(|error| format!("{source}: {error}"))?.filter_map(Result::ok).map(|entry| entry.path()).collect()
        } else {
            vec![path]
        };
        for file in files {
            found.insert(file.clone(), fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
    }
    Ok(hex(&found.into_values().collect::<Vec<_>>().concat()))
}
