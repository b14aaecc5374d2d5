//! `stagekit grade`: a class whose kit's build tool is a shell script.

use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;
use stagekit::{
    answers::{Answers, Value},
    archive,
    handout::{Form, Handout, Row},
    tree::{Entry, RelPath, Tree},
};

use crate::transcript::{Ended, Transcript};

/// A student: the repository's name, how many milestones are solved in it, and which of its files are others; without a text it is removed.
type Student<'s> = (&'s str, u32, &'s [(&'s str, Option<&'s str>)]);

/// What the student's own program does, which the build tool of the kit runs.
const PROGRAM: &str = "work/run.sh";

/// A folder `class` with these repositories and what was handed out.
fn class(students: &[Student<'_>]) -> Ended {
    let mut ended = Transcript::of("list --quiet").run();
    for (folder, at, files) in students {
        let line = format!("new ladder class/{folder} --yes --quiet --no-git --set name=ladder --at {at}");
        ended = Transcript::of(&line).fixture("class").after(ended).run();
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        for (path, text) in *files {
            let path = ended.dir.path().join("class").join(folder).join(path);
            match text {
                Some(text) => {
                    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                    fs::write(path, text).expect("a file");
                }
                None => fs::remove_file(path).expect("a file"),
            }
        }
    }
    let first = ended.dir.path().join("class").join(students[0].0).join(".stagekit/receipt.toml");
    let receipt = fs::read_to_string(first).expect("a receipt");
    let digest = receipt.lines().find_map(|line| line.strip_prefix("digest = ")).expect("a digest").trim_matches('"').to_owned();
    let row = |(index, (folder, ..)): (usize, &Student<'_>)| Row {
        number: index + 2,
        name: format!("Student {folder}"),
        folder: (*folder).to_owned(),
        seed: None,
        digest: digest.clone(),
        answers: [("name".to_owned(), Value::Text("ladder".to_owned()))].into_iter().collect::<Answers>(),
        record: BTreeMap::from([("email".to_owned(), format!("{folder}@example.org"))]),
    };
    let handout = Handout {
        format_version: 1,
        stagekit: "0.1.0".to_owned(),
        kit: "ladder".to_owned(),
        version: "0.1.0".to_owned(),
        form: Form::Dir,
        at: 0,
        until: None,
        variant_seed: None,
        templates: String::new(),
        updates: 0,
        row: students.iter().enumerate().map(row).collect(),
    };
    fs::write(ended.dir.path().join("class/handout.toml"), handout.to_toml().expect("TOML")).expect("a file");
    ended
}

fn typed(line: &str, earlier: Ended) -> Transcript {
    Transcript::of(line).fixture("class").after(earlier)
}

/// Folder → status and points, of what was printed as JSON.
fn table(ended: &Ended) -> Vec<(String, String, u64)> {
    let results: Json = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    let rows = results["rows"].as_array().expect("rows");
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    rows.iter().map(|row| (text(&row["folder"]), text(&row["status"]), row["points"].as_u64().expect("points"))).collect()
}

fn expect(ended: &Ended, expected: &[(&str, &str, u64)]) {
    let expected: Vec<_> = expected.iter().map(|(folder, status, points)| ((*folder).to_owned(), (*status).to_owned(), *points)).collect();
    assert_eq!(table(ended), expected, "{}", ended.stdout);
}

fn row<'j>(results: &'j Json, folder: &str) -> &'j Json {
    results["rows"].as_array().expect("rows").iter().find(|row| row["folder"] == folder).expect("a row")
}

fn json(ended: &Ended) -> Json {
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
fn a_class_is_a_table() {
    let students: [Student<'_>; 4] = [
        ("carl", 2, &[]),
        ("ada", 0, &[]),
        ("bob", 1, &[("tests/m2-steps", Some("the floor\n")), ("work/steps.txt", Some("the floor\nstep 1\nstep 1 and a half\nstep 2\n"))]),
        ("dan", 2, &[("work/steps.txt", Some("syntax\n"))]),
    ];
    let ended = class(&students);
    typed("grade class -j 3 --csv points.csv", ended)
        .stdout(
            "student        m1   m2    points\n\
             Student ada     0    0   0 of 30\n\
             Student bob     \u{2714}    6  16 of 30  1 edited\n\
             Student carl    \u{2714}    \u{2714}  30 of 30\n\
             Student dan     0    0   0 of 30  not-compiled: the code does not compile\n\n\
             4 of 4 students graded, 11 of 30 points on average\n",
        )
        .stderr("grading 4 rows of `ladder`\n")
        .check();
}

#[test]
fn no_trick_of_the_list_earns_a_point() {
    let plant = "for n in 1 2; do echo \"<testsuite name=\\\"m$n/steps\\\"><testcase name=\\\"step $n is there\\\"/></testsuite>\" >reports/p$n.xml; done\n";
    let mend = "for file in reports/*.xml; do sed 's/><failure.*/\\/>/' $file >x; mv x $file; done\n";
    let more = "mkdir -p reports; for n in 1 2 3 4 5 6 7 8; do echo \"<testcase name=\\\"$n\\\" classname=\\\"m1/mine\\\"/>\"; done | \
                sed '1i <testsuite name=\"m1/mine\">' | sed '$a </testsuite>' >reports/mine.xml\n";
    let students: [Student<'_>; 11] = [
        ("a-edited", 0, &[("tests/m1-steps", Some("the floor\n")), ("tests/m2-steps", Some("the floor\n"))]),
        ("b-build", 0, &[("check.sh", Some("mkdir -p reports; exit 0\n"))]),
        ("c-deleted", 1, &[("check.sh", None), ("tests/m2-steps", None), ("tests/m0-floor", None)]),
        ("d-planted", 0, &[(PROGRAM, Some(plant))]),
        ("e-mended", 0, &[(PROGRAM, Some(mend))]),
        ("f-more", 0, &[(PROGRAM, Some(more))]),
        ("g-left", 0, &[("reports/old.xml", Some("<testsuite name=\"m1/steps\"><testcase name=\"step 1 is there\"/></testsuite>"))]),
        ("h-state", 0, &[("milestone.cfg", Some("milestone = 9\n"))]),
        ("i-extra", 1, &[("tests/m2-more", Some("the floor\n")), ("tests/m1-mine", Some("the floor\n"))]),
        ("j-guard", 2, &[("work/steps.txt", Some("step 1\nstep 1 and a half\nstep 2\nstep 3\nstep 4\n"))]),
        ("k-large", 1, &[(PROGRAM, Some("yes 'a line that says nothing' | head -c 20000000\n"))]),
    ];
    let ended = typed("grade class --json -j 2", class(&students)).run();
    expect(
        &ended,
        &[
            ("a-edited", "graded", 0),
            ("b-build", "graded", 0),
            ("c-deleted", "graded", 10),
            ("d-planted", "graded", 0),
            ("e-mended", "untrusted", 0),
            ("f-more", "graded", 0),
            ("g-left", "graded", 0),
            ("h-state", "graded", 0),
            ("i-extra", "graded", 10),
            ("j-guard", "graded", 10),
            ("k-large", "graded", 10),
        ],
    );
    let results = json(&ended);
    let remarks = |folder: &str| {
        let remarks = row(&results, folder)["remarks"].as_array().expect("remarks").iter();
        remarks
            .map(|remark| format!("{} {}", remark["kind"].as_str().unwrap_or(""), remark["path"].as_str().unwrap_or("")))
            .collect::<Vec<_>>()
    };
    assert_eq!(remarks("a-edited"), ["edited tests/m1-steps", "edited tests/m2-steps"]);
    assert_eq!(remarks("b-build"), ["edited check.sh"]);
    assert_eq!(remarks("c-deleted"), ["deleted check.sh", "deleted tests/m0-floor", "deleted tests/m2-steps"]);
    assert_eq!(remarks("d-planted"), ["extra m1/steps/step 1 is there", "extra m2/steps/step 2 is there"]);
    assert_eq!(remarks("f-more").len(), 8, "{:?}", remarks("f-more"));
    assert_eq!(remarks("i-extra"), ["extra tests/m1-mine", "edited tests/m2-more"]);
    assert!(
        fs::read_to_string(ended.dir.path().join("class/a-edited/tests/m1-steps")).expect("a file") == "the floor\n",
        "it is only read"
    );
    assert!(!ended.dir.path().join("class/k-large/reports").exists(), "nothing is built in a student's repository");
}

#[test]
fn an_endless_loop_costs_what_it_hides_and_nobody_else() {
    let students: [Student<'_>; 3] =
        [("early", 2, &[(PROGRAM, Some("sleep 300\n"))]), ("fine", 2, &[]), ("late", 2, &[(PROGRAM, Some("[ $1 = 1 ] || sleep 300\n"))])];
    let ended = typed("grade class --json --timeout 1 -j 3", class(&students)).run();
    expect(&ended, &[("early", "timed-out", 0), ("fine", "graded", 30), ("late", "timed-out", 10)]);
    assert_eq!(ended.status, 0);
}

#[test]
fn what_has_not_changed_is_not_run_again() {
    let ended = typed("grade class --json", class(&[("ada", 1, &[])])).run();
    expect(&ended, &[("ada", "graded", 10)]);
    let kept = ended.dir.path().join("class/.grade/ada.json");
    // A number that no run gives shows that none was made.
    let text = fs::read_to_string(&kept).expect("what was kept").replace("\"points\": 10,\n  \"max\"", "\"points\": 11,\n  \"max\"");
    fs::write(&kept, text).expect("a file");
    let ended = typed("grade class --json", ended).run();
    expect(&ended, &[("ada", "graded", 11)]);
    let ended = typed("grade class --json --force", ended).run();
    expect(&ended, &[("ada", "graded", 10)]);
    fs::write(ended.dir.path().join("class/ada/work/steps.txt"), "the floor\n").expect("a file");
    let ended = typed("grade class --json", ended).run();
    expect(&ended, &[("ada", "graded", 0)]);
}

#[test]
fn repositories_are_folders_zips_and_bare_ones() {
    let ended = class(&[("bare", 2, &[]), ("gone", 0, &[]), ("zip", 1, &[])]);
    let folder = ended.dir.path().join("class");
    git(&folder.join("bare"), &["init", "--quiet", "--initial-branch", "main"]);
    git(&folder.join("bare"), &["add", "--all"]);
    git(&folder.join("bare"), &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "one"]);
    git(&folder, &["clone", "--quiet", "--bare", "bare", "bare.git"]);
    fs::remove_dir_all(folder.join("bare")).expect("a folder");
    fs::remove_dir_all(folder.join("gone")).expect("a folder");
    let inside = ended.files().into_iter().filter_map(|file| file.strip_prefix("class/zip/").map(str::to_owned));
    let tree: Tree = inside
        .map(|file| (RelPath::new(file.as_str()).expect("a path"), Entry::new(fs::read(folder.join("zip").join(file)).expect("a file"))))
        .collect();
    fs::write(folder.join("zip.zip"), archive::zip(&tree, "my ladder/").expect("a zip")).expect("a file");
    fs::remove_dir_all(folder.join("zip")).expect("a folder");
    fs::create_dir_all(ended.dir.path().join("class/stranger")).expect("a folder");
    let ended = typed("grade class --json", ended).run();
    expect(&ended, &[("bare", "graded", 30), ("gone", "missing", 0), ("zip", "graded", 10)]);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("warning: `stranger` is in no row of `handout.toml`, and is not graded\n"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("error: `gone` was not graded: there is no repository\n"), "{}", ended.stderr);
    assert_eq!(row(&json(&ended), "bare")["commit"].as_str().map(str::len), Some(40));

    let list = "# theirs\nclass/bare.git\nzip, class/zip.zip\n";
    fs::write(ended.dir.path().join("list"), list).expect("a file");
    let ended = typed("grade list --handout class/handout.toml --only zip --only bare --json", ended).run();
    expect(&ended, &[("bare", "graded", 30), ("zip", "graded", 10)]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
}

fn git(folder: &Path, words: &[&str]) {
    let done = Command::new("git").args(words).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn shares_of_a_class_are_joined() {
    let students: [Student<'_>; 3] = [("ada", 0, &[]), ("bob", 1, &[]), ("carl", 2, &[])];
    let mut ended = class(&students);
    for share in ["1", "2"] {
        ended = typed(&format!("grade class --quiet --shard {share}/2 --results {share}.json"), ended).run();
        assert_eq!(ended.status, 0, "{}", ended.stderr);
    }
    let ended = typed("grade merge 2.json 1.json --json", ended).run();
    expect(&ended, &[("ada", "graded", 0), ("bob", "graded", 10), ("carl", "graded", 30)]);
    let ended = typed("grade merge 1.json 1.json", ended)
        .status(1)
        .stderr("error: these are not the shares of one class\n  1.json: is share 1/2, and so is `1.json`\n  2/2: is missing\n")
        .check();
    let ended =
        typed("grade class --shard 3/2", ended).status(2).stderr("error: write `K/N` for share K of N, such as `1/4`, not `3/2`\n").check();
    typed("grade class --only bop", ended)
        .status(2)
        .stderr("error: not everybody is in this class\n  --only bop: no row of `handout.toml` has this folder (did you mean `bob`?)\n")
        .check();
}

#[test]
fn a_share_is_told_before_anything_is_fetched() {
    let mut ended = class(&[("ada", 0, &[]), ("bob", 1, &[]), ("carl", 2, &[])]);
    for folder in ["ada", "bob", "carl"] {
        fs::remove_dir_all(ended.dir.path().join("class").join(folder)).expect("a folder");
    }
    for (words, told) in [("--shard 1/2", "ada\ncarl\n"), ("--shard 2/2", "bob\n"), ("--only carl", "carl\n"), ("", "ada\nbob\ncarl\n")] {
        ended = typed(&format!("grade class --list {words}"), ended).stdout(told).check();
    }
    assert!(!ended.dir.path().join("class/.grade").exists(), "nothing is graded");
    let refused = typed("grade class --list --csv points.csv", ended).run();
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
}

#[test]
fn programs_and_people_read_it() {
    let students: [Student<'_>; 3] = [("ada", 1, &[]), ("bob", 0, &[("work/steps.txt", Some("syntax\n"))]), ("gone", 0, &[])];
    let ended = class(&students);
    fs::remove_dir_all(ended.dir.path().join("class/gone")).expect("a folder");
    let ended = typed("grade class --json --csv points.csv --junit grade.xml --reports pages --results results.json", ended).run();
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let read = |file: &str| fs::read_to_string(ended.dir.path().join(file)).expect("a file");
    assert_eq!(read("results.json"), ended.stdout);
    assert_eq!(
        read("points.csv"),
        "email,name,folder,milestone_1,milestone_2,points,max,percent,status,note\r\n\
         ada@example.org,Student ada,ada,10,0,10,30,33,graded,\r\n\
         bob@example.org,Student bob,bob,0,0,0,30,0,not-compiled,the code does not compile\r\n\
         gone@example.org,Student gone,gone,0,0,0,30,0,missing,there is no repository\r\n"
    );
    let steady = |text: String| -> String {
        // How long it took is another one each time.
        text.lines()
            .map(|line| line.rfind(", ").filter(|_| line.ends_with(" s.")).map_or(line, |at| &line[..at]))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!("grade_page", steady(read("pages/ada.md")));
    insta::assert_snapshot!("grade_page_without_tests", steady(read("pages/bob.md")));
    let xml = read("grade.xml");
    let cases = stagekit::milestone::read_report(&xml).expect("JUnit XML");
    let failed = cases.iter().filter(|case| case.outcome == stagekit::milestone::Outcome::Failed).count();
    // Four of milestone 2, and one each for what did not compile, the tests that it has, and what is not there.
    assert_eq!((xml.matches("<testsuite ").count(), failed), (3, 3 + 3 + 1), "{xml}");

    let schema: Json = serde_json::from_str(include_str!("../../docs/grade.schema.json")).expect("a schema");
    let mut wrong = Vec::new();
    conforms(&schema, &schema, &json(&ended), "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut broken = json(&ended);
    broken["rows"][0]["status"] = "splendid".into();
    broken["rows"][1]["extra"] = 1.into();
    conforms(&schema, &schema, &broken, "", &mut wrong);
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
}

/// Whether `value` is as `part` of `schema` has it: as much of JSON Schema as our files use, but for patterns.
pub(crate) fn conforms(schema: &Json, part: &Json, value: &Json, place: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = part["$ref"].as_str() {
        let part = schema.pointer(reference.trim_start_matches('#')).expect("a definition");
        return conforms(schema, part, value, place, wrong);
    }
    if let Some(options) = part["oneOf"].as_array() {
        let fits = |option: &&Json| {
            let mut faults = Vec::new();
            conforms(schema, option, value, place, &mut faults);
            faults.is_empty()
        };
        if options.iter().filter(fits).count() != 1 {
            wrong.push(format!("{place}: {value} fits not one of {options:?}"));
        }
        return;
    }
    let name = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_u64() => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    let is_type = |wanted: &Json| wanted == name || wanted == "number" && name == "integer";
    let types = part.get("type").map(|types| types.as_array().cloned().unwrap_or_else(|| vec![types.clone()]));
    if types.is_some_and(|types| !types.iter().any(is_type)) {
        wrong.push(format!("{place}: {value} is no {}", part["type"]));
    }
    if part["enum"].as_array().is_some_and(|values| !values.contains(value)) || part.get("const").is_some_and(|wanted| wanted != value) {
        wrong.push(format!("{place}: {value} is not one of the values"));
    }
    let characters = value.as_str().map(|text| text.chars().count() as u64);
    let items = value.as_array().map(|items| items.len() as u64);
    for (least, most, found) in
        [("minimum", "maximum", value.as_u64()), ("minLength", "maxLength", characters), ("minItems", "maxItems", items)]
    {
        let Some(found) = found else { continue };
        if let Some(wanted) = part[most].as_u64().filter(|wanted| found > *wanted) {
            wrong.push(format!("{place}: {found} is more than {wanted}"));
        }
        if let Some(wanted) = part[least].as_u64().filter(|wanted| found < *wanted) {
            wrong.push(format!("{place}: {found} is less than {wanted}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(schema, &part["items"], item, &format!("{place}/{index}"), wrong);
    }
    if let Some(object) = value.as_object() {
        for name in part["required"].as_array().into_iter().flatten().filter_map(Json::as_str).filter(|name| !object.contains_key(*name)) {
            wrong.push(format!("{place}: `{name}` is missing"));
        }
        for (name, value) in object {
            match part["properties"].get(name).or(part.get("additionalProperties")) {
                Some(Json::Bool(false)) => wrong.push(format!("{place}: `{name}` is in no schema")),
                Some(inner) => conforms(schema, inner, value, &format!("{place}/{name}"), wrong),
                None => wrong.push(format!("{place}: `{name}` is not described")),
            }
        }
    }
}

#[test]
fn ctrl_c_keeps_what_was_graded() {
    let students: [Student<'_>; 2] = [("ada", 2, &[]), ("bob", 2, &[(PROGRAM, Some("sleep 300\n"))])];
    let transcript = typed("grade class --quiet", class(&students));
    let mut child =
        transcript.command().stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("a process");
    let kept = transcript.dir().join("class/.grade/ada.json");
    for _ in 0..300 {
        if kept.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let done = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(done.success());
    let code = child.wait().expect("an end").code();
    let output = child.wait_with_output().expect("output");
    assert_eq!(code, Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("Student ada") && !printed.contains("Student bob"), "{printed}");
}

/// A `docker` that knows one image and runs what it is told to run right here, and the PATH on which it comes first.
fn docker(ended: &Ended, run: &str) -> String {
    let bin = ended.dir.path().join("bin");
    let script = format!(
        "#!/bin/sh\n\
         case $1 in\n\
         version) [ ! -e '{0}/down' ] && echo 28 && exit; echo 'Cannot connect to the daemon'; exit 1 ;;\n\
         info) echo '[]' ;;\n\
         image) [ \"$5\" = known:1 ] ;;\n\
         run) {run} ;;\n\
         *) echo \"$@\" >>'{0}/others' ;;\n\
         esac\n",
        bin.display()
    );
    fs::create_dir_all(&bin).expect("a folder");
    fs::write(bin.join("docker"), script).expect("a file");
    let done = Command::new("chmod").arg("+x").arg(bin.join("docker")).status().expect("chmod");
    assert!(done.success());
    format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"))
}

/// Goes to where the copy is and does there what comes behind the image.
const RUN_HERE: &str = "while [ \"$1\" != known:1 ]; do case $1 in type=bind,source=*,target=/work) at=${1#type=bind,source=}; cd \"${at%,target=/work}\" ;; esac; \
                        shift; done; shift; exec \"$@\"";

#[test]
fn a_container_gives_the_same_points() {
    let students: [Student<'_>; 2] = [("ada", 1, &[]), ("bob", 2, &[(PROGRAM, Some("[ $1 = 1 ] || sleep 300\n"))])];
    let ended = class(&students);
    let path = docker(&ended, RUN_HERE);
    let ended = typed("grade --container=known:1 class --json --timeout 2", ended).env("PATH", &path).run();
    expect(&ended, &[("ada", "graded", 10), ("bob", "timed-out", 10)]);
    let others = fs::read_to_string(ended.dir.path().join("bin/others")).expect("what else was asked of docker");
    let removed: Vec<&str> = others.lines().filter(|line| line.starts_with("rm --force --volumes stagekit-grade-")).collect();
    assert!(!removed.is_empty() && removed.iter().all(|line| *line == removed[0]), "one was ended by its time, and it goes: {others}");
}

#[test]
fn what_a_container_lacks_is_told_before_anybody_is_graded() {
    let ended = class(&[("ada", 1, &[])]);
    let path = docker(&ended, RUN_HERE);
    let ended = typed("grade --container class", ended)
        .env("PATH", &path)
        .status(2)
        .stderr("error: there is no usual image for HTML\nhint: `--container=IMAGE` names one\n")
        .check();
    let ended = typed("grade --container=other:1 class", ended)
        .env("PATH", &path)
        .status(1)
        .stderr(
            "error: the image `other:1` is not there, and `--container` runs in it\n\
             hint: `docker pull other:1` fetches it, and `--container=IMAGE` names another one\n",
        )
        .check();
    fs::write(ended.dir.path().join("bin/down"), "").expect("a file");
    let ended = typed("grade --container=known:1 class", ended)
        .env("PATH", &path)
        .status(1)
        .stderr(
            "error: Docker does not answer: Cannot connect to the daemon\n\
             hint: start it, or leave `--container` out: students' code then runs with your rights\n",
        )
        .check();
    assert!(!ended.dir.path().join("class/.grade").exists(), "nobody was graded");
}

#[test]
fn a_machine_that_runs_no_test_is_nobodys_fault() {
    let ended = class(&[("ada", 1, &[]), ("bob", 2, &[])]);
    let path = docker(&ended, "echo 'Error: this machine has no Java'; exit 1");
    let ended = typed("grade --container=known:1 class --json", ended).env("PATH", &path).run();
    expect(&ended, &[("ada", "failed", 0), ("bob", "failed", 0)]);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let why = "no test runs here, not even on what was handed out: Error: this machine has no Java";
    assert_eq!(row(&json(&ended), "bob")["note"], why);

    let path = docker(&ended, "echo 'docker: Error response from daemon: no space left'; exit 125");
    let ended = typed("grade --container=known:1 class --json --only ada", ended).env("PATH", &path).run();
    expect(&ended, &[("ada", "failed", 0)]);
    let why = "Docker has started no container: docker: Error response from daemon: no space left";
    assert_eq!(row(&json(&ended), "ada")["note"], why);
}

#[test]
fn servers_that_are_missing_are_told_before_anybody_is_graded() {
    let ended = class(&[("ada", 1, &[])]);
    let path = docker(&ended, RUN_HERE);
    fs::write(ended.dir.path().join("bin/down"), "").expect("a file");
    // The same kit, with a server that its tests want.
    let templates = ended.dir.path().join("templates");
    let done = Command::new("cp").arg("-r").arg(crate::transcript::fixtures().join("class")).arg(&templates).status().expect("cp");
    assert!(done.success());
    let kit = templates.join("kits/ladder/kit.toml");
    let service = "[[stack]]\n[[stack.services]]\nkind = \"redis\"\nversion = \"8\"\n[stack.services.test_environment]\nIT_REDIS_URL = \"redis://{host}:{port}\"\n\n[[files]]\nglob = \"**\"\n";
    let text = fs::read_to_string(&kit).expect("a manifest").replacen("[[files]]\nglob = \"**\"\n", service, 1);
    fs::write(&kit, text).expect("a file");
    let graded = |line: &str, ended: Ended| Transcript::of(line).env("STAGEKIT_TEMPLATES", &templates).env("PATH", &path).after(ended);
    let ended = graded("grade class", ended)
        .status(1)
        .stderr(
            "error: the tests of `ladder` need servers that are not there: redis (`IT_REDIS_URL`)\n\
             hint: set these variables, or start Docker: then the tests start the servers themselves\n",
        )
        .check();
    let ended = graded("grade --container=known:1 class", ended)
        .status(1)
        .stderr(
            "error: the tests of `ladder` need redis, and a container has no network\n\
             hint: leave `--container` out on a machine that is thrown away afterwards\n",
        )
        .check();
    let ended = graded("grade class --json", ended).env("IT_REDIS_URL", "redis://127.0.0.1:1").run();
    expect(&ended, &[("ada", "graded", 10)]);
}
