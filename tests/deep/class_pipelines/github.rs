//! The workflows, executed by act.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    altered,
    class::{CLASSROOM_GITHUB, Class, GRADING_GITHUB, STUDENTS, TAMPERED, put},
};
use crate::{
    act::{act, ended, stubs},
    cell::commit,
    world::{Ran, World, tail},
};

/// How act begins the line with what a job writes into its summary.
const SUMMARY: &str = "Summary - ";

/// A red workflow: `stagekit check` ends with 4 while a milestone is open, `grade` with 1 where somebody could not be graded.
const OPEN: &str = "exit status 4";
const NOT_GRADED: &str = "exit status 1";

/// What every student's push is told.
pub fn classroom(world: &World, class: &Class) -> Result<(), String> {
    let pushed = |student: &str| executed(world, class, &class.student(student), CLASSROOM_GITHUB, "check");
    for student in &STUDENTS {
        let ran = pushed(student.folder)?;
        says(&ran, &format!("{SUMMARY}{}", class.heading(student.reached)))?;
        if student.folder == "tampered" {
            says(&ran, &format!("change  {TAMPERED}"))?;
        }
        ended(ran, (student.folder != "finished").then_some(OPEN)).map_err(|why| format!("{}: {why}", student.folder))?;
        let kept = artifacts(world).join("classroom");
        let page = fs::read_to_string(kept.join("classroom.md")).map_err(|error| format!("the page is not kept: {error}"))?;
        if !page.starts_with(&class.heading(student.reached)) || !kept.join("classroom.xml").is_file() {
            return Err(format!("{}: the report that is kept begins with {:?}", student.folder, page.lines().next()));
        }
    }
    // The counter-proof: what is not put back earns all that there is.
    altered(&class.student("tampered").join(CLASSROOM_GITHUB), "run: stagekit restore --yes", "run: \"true\"", || {
        let ran = pushed("tampered")?;
        says(&ran, &format!("{SUMMARY}{}", class.heading(2)))?;
        ended(ran, None)
    })
}

/// The class on as many runners as there are shares; then with somebody whose repository is gone.
pub fn grading(world: &World, class: &Class) -> Result<(), String> {
    let (table, csv) = class.table()?;
    let graded = || executed(world, class, &class.teacher, GRADING_GITHUB, "merge");
    let joined = || fs::read_to_string(artifacts(world).join("class/class.csv")).map_err(|error| format!("no table is kept: {error}"));

    let ran = graded()?;
    class.brought_its_own(&ran.output, |number| format!("/share {number} of "))?;
    for line in table.lines() {
        says(&ran, line)?;
    }
    ended(ran, None)?;
    if joined()? != csv {
        return Err(format!("one run gives\n{csv}and the shares give\n{}", joined()?));
    }
    let pages = artifacts(world).join("class/reports");
    if let Some(student) = STUDENTS.iter().find(|student| !pages.join(format!("{}.md", student.folder)).is_file()) {
        return Err(format!("{} has no page", student.folder));
    }

    altered(&class.teacher.join("repositories.csv"), &class.url("one"), "file:///nowhere", || {
        let ran = graded()?;
        says(&ran, "`file:///nowhere` cannot be cloned")?;
        ended(ran, Some(NOT_GRADED))?;
        let joined = joined()?;
        let others = |text: &str| text.lines().filter(|line| !line.starts_with("one,")).map(str::to_owned).collect::<Vec<_>>();
        if !joined.contains(",missing,") || others(&joined) != others(&csv) {
            return Err(format!("with one who is missing the shares give\n{joined}"));
        }
        Ok(())
    })
}

/// A job with all that it needs.
fn executed(world: &World, class: &Class, folder: &Path, file: &str, job: &str) -> Result<Ran, String> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let kept = artifacts(world);
    if kept.exists() {
        fs::remove_dir_all(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    }
    let mut stubs = stubs(world, &text)?;
    for (action, stub) in &mut stubs {
        let name = action.split('@').next().unwrap_or_default().to_owned();
        if let Some((inputs, script)) = own(&name, class) {
            *stub = write(world, &name, inputs, &script)?;
        }
    }
    let variable = format!("ARTIFACTS={}", kept.display());
    act(world, folder, &stubs, &["--workflows", file, "--job", job, "--env", &variable])
}

/// Where the stubs keep what a job keeps.
fn artifacts(world: &World) -> PathBuf {
    world.folder.join("class-artifacts")
}

/// Inputs and script of the stubs that must do what the action does.
fn own(name: &str, class: &Class) -> Option<(&'static [&'static str], String)> {
    Some(match name {
        "actions/cache" => {
            let said = "echo 'stand-in for actions/cache: brings the stagekit that is tested'";
            (&["path", "key"], format!("{said}\necho '{}' >> \"$GITHUB_PATH\"\n", class.bin.display()))
        }
        "actions/upload-artifact" => (&["name", "path", "if-no-files-found", "retention-days"], UPLOAD.to_owned()),
        "actions/download-artifact" => (&["path", "pattern", "merge-multiple"], DOWNLOAD.to_owned()),
        _ => return None,
    })
}

const UPLOAD: &str = r#"echo 'stand-in for actions/upload-artifact: copies into a folder'
to="$ARTIFACTS/$NAME"
mkdir -p "$to"
while IFS= read -r file; do
  [ ! -e "$file" ] || cp -r "$file" "$to"
done <<< "$PATHS"
if [ -z "$(ls "$to")" ] && [ "$IF_NO_FILES_FOUND" = error ]; then
  echo "there is nothing to keep"
  exit 1
fi
"#;

const DOWNLOAD: &str = r#"echo 'stand-in for actions/download-artifact: copies from a folder'
[ "$MERGE_MULTIPLE" = true ]
mkdir -p "$PATHS"
for folder in "$ARTIFACTS"/$PATTERN; do
  cp -r "$folder"/. "$PATHS"
done
"#;

/// A stub whose script knows the inputs as variables; `path` as `PATHS`, for `PATH` is taken.
fn write(world: &World, name: &str, inputs: &[&str], script: &str) -> Result<PathBuf, String> {
    let folder = world.folder.join("class-stubs").join(name.replace('/', "-"));
    if folder.exists() {
        return Ok(folder);
    }
    let declared: String = inputs.iter().map(|input| format!("  {input}:\n    required: false\n")).collect();
    let variable = |input: &str| if input == "path" { "PATHS".to_owned() } else { input.replace('-', "_").to_uppercase() };
    let known: String = inputs.iter().map(|input| format!("        {}: ${{{{ inputs.{input} }}}}\n", variable(input))).collect();
    let script: String = script.lines().map(|line| format!("        {line}\n")).collect();
    let steps = format!("runs:\n  using: composite\n  steps:\n    - shell: bash\n      env:\n{known}      run: |\n{script}");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    put(&folder.join("action.yml"), &format!("name: {name}\ndescription: a stand-in\ninputs:\n{declared}{steps}"))?;
    commit(&folder)?;
    Ok(folder)
}

fn says(ran: &Ran, text: &str) -> Result<(), String> {
    if ran.output.contains(text) { Ok(()) } else { Err(format!("nobody says `{text}`\n{}", tail(&ran.output, 60))) }
}
