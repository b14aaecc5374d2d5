//! The assignment for Classroom 50: it is as the format's schema has it, its commands give what they say, and what is embedded in YAML is sound shell.

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;

use super::{
    altered,
    class::{ASSIGNMENTS, CLASSROOM_GITLAB, Class, GRADING_GITLAB, STUDENTS, put},
    said,
};
use crate::world::{World, run as run_to_end, tail};

/// In our words, of what we write.
const SCHEMA: &str = "tests/fixtures/classroom50/assignments.schema.json";

/// What is wrong, and where.
const WRONG: [(&str, &str); 5] = [
    ("\"timeout\": 600", "\"timeout\": 601"),
    ("\"exit-code\": 0", "\"exit_code\": 0"),
    ("\"slug\": \"http-server\"", "\"slug\": \"HTTP\""),
    ("+01:00", ""),
    ("\"type\": \"run\"", "\"type\": \"io\""),
];

/// The scripts of the GitLab jobs and of the pods, each as a file for shellcheck.
const EMBEDDED: &str = r##"
import pathlib, sys, yaml
to, *files = map(pathlib.Path, sys.argv[1:])
to.mkdir(parents=True)
for file in files:
    for name, job in yaml.safe_load(file.read_text()).items():
        if isinstance(job, dict) and "script" in job:
            lines = job.get("before_script", []) + job["script"]
            (to / f"{file.parts[-3]}-{file.stem}-{name}.sh").write_text("#!/bin/bash\n" + "\n".join(lines) + "\n")
        elif name == "spec" and "template" in job:
            for container in job["template"]["spec"]["containers"]:
                shell, *_, script = container["command"]
                (to / f"{file.parts[-2]}-{container['name']}.sh").write_text(f"#!/bin/{shell}\n{script}\n")
print(len(list(to.iterdir())))
"##;

pub fn described(world: &World, class: &Class) -> Result<(), String> {
    let folder = class.student("starter");
    let file = folder.join(ASSIGNMENTS);
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = project.join(SCHEMA);
    let judged = || said(&folder, &["check-jsonschema", "--schemafile", &schema.display().to_string(), ASSIGNMENTS], 60);
    judged()?;
    for (found, wrong) in WRONG {
        altered(&file, found, wrong, || match judged() {
            Err(why) if why.contains("Schema validation errors") => Ok(()),
            other => Err(format!("with `{wrong}` instead of `{found}` the schema says {other:?}")),
        })?;
    }
    let text = fs::read_to_string(&file).map_err(|error| format!("{ASSIGNMENTS}: {error}"))?;
    let assignments: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let tests = assignments["assignments"][0]["tests"].as_array().ok_or("an assignment without tests")?;
    let names: BTreeSet<&str> = tests.iter().filter_map(|test| test["name"].as_str()).collect();
    if names.len() != tests.len() || names.iter().any(|name| name.len() > 100) {
        return Err(format!("the names are {names:?}"));
    }

    // The commands as they are run: each in a shell of its own, in the student's files.
    for student in &STUDENTS {
        let clone = world.fresh("class-clone")?;
        let words = ["git", "clone", "--quiet", &class.url(student.folder), &clone.display().to_string()];
        said(project, &words, 30)?;
        for (number, test) in (1..).zip(tests) {
            for (what, code) in [("setup", 0), ("run", if number <= student.reached { 0 } else { 4 })] {
                let line = test[what].as_str().unwrap_or_default();
                let path = std::env::var("PATH").unwrap_or_default();
                let mut command = Command::new("sh");
                command.args(["-c", line]).current_dir(&clone).env("PATH", format!("{}:{path}", class.bin.display()));
                let ran = run_to_end(&mut command, Duration::from_secs(600))?;
                if ran.status.code() != Some(code) {
                    let said = tail(&ran.output, 10);
                    return Err(format!("{}: `{line}` ends with {} and not {code}\n{said}", student.folder, ran.status));
                }
            }
        }
    }
    sound(world, class)
}

/// GitLab's own schema for the files that the one at the root includes; shellcheck for what stands in them and in the pods.
fn sound(world: &World, class: &Class) -> Result<(), String> {
    let mut files = Vec::new();
    for (folder, file) in [(class.student("starter"), CLASSROOM_GITLAB), (class.teacher.clone(), GRADING_GITLAB)] {
        said(&folder, &["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", file], 60)?;
        files.push(folder.join(file));
    }
    files.extend(["shares", "merge"].map(|part| class.teacher.join(format!("deploy/grading/{part}/job.yaml"))));
    let scripts = world.fresh("class-scripts")?;
    let mut words = vec!["python3".to_owned(), "-c".to_owned(), EMBEDDED.to_owned(), scripts.display().to_string()];
    words.extend(files.iter().map(|file| file.display().to_string()));
    let count = said(&class.teacher, &words.iter().map(String::as_str).collect::<Vec<_>>(), 30)?;
    if count.trim() != "8" {
        return Err(format!("{} scripts are embedded, not 8", count.trim()));
    }
    let check = || said(&scripts, &["sh", "-c", "shellcheck *.sh"], 60);
    check()?;
    // The counter-proof.
    put(&scripts.join("wrong.sh"), "#!/bin/sh\necho $1\n")?;
    match check() {
        Err(why) if why.contains("SC2086") => Ok(()),
        other => Err(format!("shellcheck finds nothing in what is wrong: {other:?}")),
    }
}
