//! The jobs of GitLab, executed by gitlab-ci-local in containers of the images that they name.

use std::{fs, path::Path, process::Command, time::Duration};

use super::class::{Class, STUDENTS, TAMPERED};
use crate::world::{Ran, World, run as run_to_end, tail};

/// The image that files are copied in and out with: that of the program itself cannot be had.
pub const HELPER: &str = "deep/gitlab-helper:1";

/// Where the program keeps what it knows of a repository's pipelines.
const STATE: &str = ".gitlab-ci-local";

/// What every student's push is told.
pub fn classroom(_: &World, class: &Class) -> Result<(), String> {
    for student in STUDENTS.iter().filter(|student| student.folder != "one") {
        let folder = class.student(student.folder);
        let ran = executed(class, &folder, &[])?;
        let is_green = student.folder == "finished";
        if ran.status.success() != is_green || (!is_green && !ran.output.contains("FAIL 4")) {
            return Err(format!("{}: the pipeline ends with {}\n{}", student.folder, ran.status, tail(&ran.output, 40)));
        }
        if student.folder == "tampered" && !ran.output.contains(&format!("change  {TAMPERED}")) {
            return Err(format!("nobody says that {TAMPERED} was put back\n{}", tail(&ran.output, 40)));
        }
        let page = kept(&folder, "classroom", "classroom.md")?;
        if !page.starts_with(&class.heading(student.reached)) {
            return Err(format!("{}: the page begins with {:?}", student.folder, page.lines().next()));
        }
    }
    Ok(())
}

/// The class on as many runners as there are shares.
pub fn grading(_: &World, class: &Class) -> Result<(), String> {
    let (table, csv) = class.table()?;
    let repositories = format!("{0}:{0}:ro", class.returned.display());
    let ran = executed(class, &class.teacher, &["--variable", "CI_PIPELINE_SOURCE=web", "--volume", &repositories])?;
    if !ran.status.success() {
        return Err(format!("the pipeline ends with {}\n{}", ran.status, tail(&ran.output, 60)));
    }
    class.brought_its_own(&ran.output, |number| format!("repositories: [{number}/"))?;
    if let Some(line) = table.lines().find(|line| !ran.output.contains(line)) {
        return Err(format!("nobody says `{line}`\n{}", tail(&ran.output, 40)));
    }
    let joined = kept(&class.teacher, "merge", "class.csv")?;
    if joined == csv { Ok(()) } else { Err(format!("one run gives\n{csv}and the shares give\n{joined}")) }
}

/// All jobs of a pipeline; stagekit comes from the cache, as it does from the second pipeline on.
fn executed(class: &Class, folder: &Path, words: &[&str]) -> Result<Ran, String> {
    let cached = folder.join(format!("{STATE}/cache/stagekit-{}/.stagekit-bin/bin", env!("CARGO_PKG_VERSION")));
    let copied = fs::create_dir_all(&cached).and_then(|()| fs::copy(class.bin.join("stagekit"), cached.join("stagekit")));
    copied.map_err(|error| format!("{}: {error}", cached.display()))?;
    let own = ["--pull-policy", "if-not-present", "--helper-image", HELPER, "--color", "false"];
    run_to_end(Command::new("gitlab-ci-local").args(own).args(words).current_dir(folder), Duration::from_secs(600))
}

/// An artifact of a job.
fn kept(folder: &Path, job: &str, path: &str) -> Result<String, String> {
    let file = folder.join(format!("{STATE}/artifacts/{job}/{path}"));
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}
