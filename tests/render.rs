//! Rendering: blocks of the rendition, names, owners, features, in a small kit made of text.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::BTreeMap;

use stagekit::{
    answers::{Answers, Value},
    catalog::Catalog,
    contribute::withdraw,
    lint::lint,
    receipt::Receipt,
    render::{Rendered, Renderer},
    rendition::{Audience, Rendition},
};

const MANIFEST: &str = r#"
format_version = 1
name = "tiny"
version = "1.0.0"
stage = 1
title = "Tiny"
summary = "s"
builds = "b"

[[question]]
name = "name"
prompt = "Name"
kind = "slug"
default = "tiny-app"

[[question]]
name = "motto"
prompt = "Motto"
kind = "text"
default = ""
min = 0

[[question]]
name = "docker"
prompt = "Docker?"
kind = "bool"
default = true

[[next_step]]
command = "app {{a.name}} {{m.next}}"
why = "w"

[[stack]]
language = "python"
language_version = "{{v.python}}"
[[stack.modules]]
launch = ["python3", "-m", "app"]
title = "{{a.motto}}"
port = 8080
[[stack.services]]
kind = "redis"
from = 2

[[feature]]
name = "box"
when = "docker"
from = 1

[[files]]
glob = "**"
[[files]]
glob = "src/**"
to = "{{a.name_snake}}"
role = "work"
[[files]]
glob = "test/**"
to = "test"
role = "test"
[[files]]
glob = "old.txt"
until = 2
[[files]]
glob = "hidden/**"
to = "test"
role = "hidden"

[[check]]
command = ["run", "{upto}"]
reports = ["r.xml"]
[[state]]
path = "milestone.cfg"
line = "milestone = {at}"
[smoke]
tests = 1

[[milestone]]
number = 1
title = "One"
goal = "g"
minutes = 5
points = 1
tests = 1
fails_with = "milestone 1"
hints = ["h"]
[[milestone]]
number = 2
title = "Two"
goal = "g"
minutes = 5
points = 1
tests = 1
fails_with = "milestone 2"
hints = ["h"]

[[trap]]
name = "wrong"
at = 1
fails = ["m1/a/b"]
message = "m"
"#;

const APP: &str = "\
start
{{#solution 2}}
  two {{a.name}}
{{else solution 1}}
  one {{#trap wrong}}WRONG{{else}}right{{/trap}}
{{else}}
  none: {{#if a.docker}}docker{{else}}bare{{/if}} {{instance}} ${{ a.name }} \\{{a.name}} {{{a.name}}}
{{/solution}}
{{#hidden}}
for the grader
{{/hidden}}
end
";

fn catalog(change: &[(&str, Option<&str>)]) -> Catalog {
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("versions.toml", "python = \"3.14\"\n"),
        ("kits/tiny/kit.toml", MANIFEST),
        ("kits/tiny/files/src/app.txt.hbs", APP),
        ("kits/tiny/files/README.md.hbs", "# {{a.name}}\n\n{{#if a.motto}}\n{{a.motto}}\n{{/if}}\n{{#each course.milestones as |step|}}\n- {{step.number}} {{step.title}}\n{{/each}}\nRun `{{course.check}}`.\n"),
        ("kits/tiny/files/milestone.cfg.hbs", "milestone = {{m.at}}\n"),
        ("kits/tiny/files/docs/milestones/1.md", "one\n"),
        ("kits/tiny/files/docs/milestones/2.md", "two\n"),
        ("kits/tiny/files/old.txt", "old\n"),
        ("kits/tiny/files/run.sh", "#!/bin/sh\n"),
        ("kits/tiny/files/test/test_m1_a.py", "1\n"),
        ("kits/tiny/files/test/test_m2_a.py", "2\n"),
        ("kits/tiny/files/hidden/test_m1_secret.py", "x\n"),
        ("features/box/feature.toml", "format_version = 1\nname = \"box\"\nversion = \"1.0.0\"\ntitle = \"Box\"\nsummary = \"s\"\n[[files]]\nglob = \"**\"\n"),
        (
            "features/box/files/box.json.hbs",
            "{\n{{#each stack.modules as |module|}}\n  \"{{module.name}}\": {\"title\": \"{{module.title}}\", \"port\": {{module.port}}, \"run\": {{json module.launch}}}{{#unless @last}},{{/unless}}\n{{/each}}\n{{#if stack.services}}\n  ,\"services\": [{{#each stack.services as |service|}}\"{{service.kind}}\"{{/each}}]\n{{/if}}\n}\n",
        ),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .collect();
    // The built-in kits are linted elsewhere, which takes its time: here they cannot be read.
    files.extend(Catalog::embedded().kit_names().into_iter().map(|kit| (format!("kits/{kit}/kit.toml"), Vec::new())));
    for (path, text) in change {
        match text {
            Some(text) => files.insert((*path).to_owned(), text.as_bytes().to_vec()),
            None => files.remove(*path),
        };
    }
    Catalog::with_overlay(files, "t")
}

fn answers(motto: &str, docker: bool) -> Answers {
    let mut answers = Answers::default();
    answers.insert("name", Value::Text("tiny-app".to_owned()));
    answers.insert("motto", Value::Text(motto.to_owned()));
    answers.insert("docker", Value::Bool(docker));
    answers
}

fn rendered(rendition: &Rendition) -> Rendered {
    let catalog = catalog(&[]);
    Renderer::new(&catalog, "tiny").unwrap().render(&answers("be \"good\"", true), rendition).unwrap()
}

fn text(rendered: &Rendered, path: &str) -> String {
    let found = rendered.tree.iter().find(|(there, _)| there.as_str() == path);
    found.unwrap_or_else(|| panic!("no {path} in {:?}", paths(rendered))).1.text().unwrap().to_owned()
}

fn paths(rendered: &Rendered) -> Vec<&str> {
    rendered.tree.paths().map(stagekit::tree::RelPath::as_str).collect()
}

fn faults_of(change: &[(&str, Option<&str>)]) -> Vec<String> {
    let is_ours = |place: &str| ["t/kits/tiny/", "t/features/box/", "t/partials/"].iter().any(|ours| place.starts_with(ours));
    lint(&catalog(change)).into_iter().filter(|fault| is_ours(&fault.place)).map(|fault| fault.to_string()).collect()
}

#[test]
fn a_milestone_is_a_rendering() {
    assert_eq!(
        text(&rendered(&Rendition::solved(0)), "tiny_app/app.txt"),
        "start\n  none: docker {{instance}} ${{ a.name }} {{a.name}} {tiny-app}\nend\n"
    );
    assert_eq!(text(&rendered(&Rendition::solved(1)), "tiny_app/app.txt"), "start\n  one right\nend\n");
    assert_eq!(text(&rendered(&Rendition::solved(2)), "tiny_app/app.txt"), "start\n  two tiny-app\nend\n");
    let trapped = Rendition { trap: Some("wrong".to_owned()), ..Rendition::solved(1) };
    assert_eq!(text(&rendered(&trapped), "tiny_app/app.txt"), "start\n  one WRONG\nend\n");
}

#[test]
fn files_come_and_go_with_milestone_audience_and_course() {
    let starter = [
        "README.md",
        "docs/milestones/1.md",
        "docs/milestones/2.md",
        "milestone.cfg",
        "old.txt",
        "run.sh",
        "test/test_m1_a.py",
        "test/test_m2_a.py",
        "tiny_app/app.txt",
    ];
    assert_eq!(paths(&rendered(&Rendition::solved(0))), starter);
    let solution = [
        "README.md",
        "box.json",
        "docs/milestones/1.md",
        "docs/milestones/2.md",
        "milestone.cfg",
        "run.sh",
        "test/test_m1_a.py",
        "test/test_m2_a.py",
        "tiny_app/app.txt",
    ];
    assert_eq!(paths(&rendered(&Rendition::solved(2))), solution);
    let grader = rendered(&Rendition { audience: Audience::Grader, ..Rendition::solved(2) });
    assert!(paths(&grader).contains(&"test/test_m1_secret.py"));
    assert!(text(&grader, "tiny_app/app.txt").contains("for the grader"));
    let short = rendered(&Rendition { until: Some(1), ..Rendition::solved(0) });
    assert_eq!(
        paths(&short),
        ["README.md", "docs/milestones/1.md", "milestone.cfg", "old.txt", "run.sh", "test/test_m1_a.py", "tiny_app/app.txt"]
    );
    assert_eq!(text(&short, "README.md"), "# tiny-app\n\nbe \"good\"\n- 1 One\nRun `run 1`.\n");
}

#[test]
fn guards_depend_on_answers_and_audience() {
    let guards = "tests = 9\nguards = [\"m1/a/always\"]\n\
        [[milestone.guard]]\nid = \"m1/a/boxed\"\nwhen = \"docker\"\n\
        [[milestone.guard]]\nid = \"m1/secret/graded\"\nhidden = true\n";
    // After the keys of the milestone itself.
    let manifest = MANIFEST.replacen(
        "tests = 1\nfails_with = \"milestone 1\"\nhints = [\"h\"]\n",
        &format!("fails_with = \"milestone 1\"\nhints = [\"h\"]\n{guards}"),
        1,
    );
    assert_ne!(manifest, MANIFEST);
    let catalog = catalog(&[("kits/tiny/kit.toml", Some(&manifest))]);
    let of = |docker: bool, audience: Audience| {
        let rendition = Rendition { audience, ..Rendition::default() };
        Renderer::new(&catalog, "tiny").unwrap().render(&answers("", docker), &rendition).unwrap().course.milestones[0].guards.clone()
    };
    assert_eq!(of(true, Audience::Learner), ["m1/a/always", "m1/a/boxed"]);
    assert_eq!(of(false, Audience::Learner), ["m1/a/always"]);
    assert_eq!(of(false, Audience::Grader), ["m1/a/always", "m1/secret/graded"]);
    let foreign = manifest.replace("m1/secret/graded", "m2/secret/graded");
    let faults = faults_of(&[("kits/tiny/kit.toml", Some(&foreign))]);
    assert_eq!(faults, ["t/kits/tiny/kit.toml:90: milestone 1: guard `m2/secret/graded` is not a test of it"]);
}

#[test]
fn a_feature_renders_from_the_stack_and_texts_are_encoded_where_they_end_up() {
    assert_eq!(
        text(&rendered(&Rendition::solved(1)), "box.json"),
        "{\n  \"tiny-app\": {\"title\": \"be \\\"good\\\"\", \"port\": 8080, \"run\": [\"python3\",\"-m\",\"app\"]}\n}\n"
    );
    assert!(text(&rendered(&Rendition::solved(2)), "box.json").contains("\"services\": [\"redis\"]"));
}

#[test]
fn scripts_are_executable() {
    let rendered = rendered(&Rendition::solved(0));
    let executable: Vec<_> = rendered.tree.iter().filter(|(_, entry)| entry.executable).map(|(path, _)| path.as_str()).collect();
    assert_eq!(executable, ["run.sh"]);
}

#[test]
fn the_digest_changes_with_anything_that_went_in() {
    let digest = |change: &[(&str, Option<&str>)]| {
        let catalog = catalog(change);
        Renderer::new(&catalog, "tiny").unwrap().render(&answers("", true), &Rendition::solved(2)).unwrap().digest
    };
    let plain = digest(&[]);
    assert_eq!(plain, digest(&[]));
    assert_eq!(plain, digest(&[("kits/tiny/files/old.txt", Some("not rendered at 2\n"))]));
    for change in [
        ("versions.toml", "python = \"3.15\"\n"),
        ("kits/tiny/files/run.sh", "#!/bin/sh\ntrue\n"),
        ("features/box/files/box.json.hbs", "{}\n"),
        ("kits/tiny/kit.toml", &MANIFEST.replace("minutes = 5", "minutes = 6")),
    ] {
        assert_ne!(plain, digest(&[(change.0, Some(change.1))]), "{} does not count", change.0);
    }
    assert_eq!(plain, digest(&[("versions.toml", Some("python = \"3.14\"\nunused = \"1\"\n"))]));
}

#[test]
fn a_receipt_has_the_contributions_that_were_missing() {
    let box_feature = "format_version = 1\nname = \"box\"\nversion = \"1.0.0\"\ntitle = \"Box\"\nsummary = \"s\"\n\
        [[files]]\nglob = \"**\"\n\
        [[contribution]]\npath = \"ignored\"\nformat = \"lines\"\nkey = \"there/\"\n\
        [[contribution]]\npath = \"ignored\"\nformat = \"lines\"\nkey = \"new/\"\n\
        [[contribution]]\npath = \"list.json\"\nformat = \"json\"\npointer = \"/l\"\nkey = \"-\"\nvalue = [1, 2, 3]\n";
    let catalog = catalog(&[
        ("features/box/feature.toml", Some(box_feature)),
        ("kits/tiny/files/ignored", Some("there/\n")),
        ("kits/tiny/files/list.json", Some("{\"l\": [2]}\n")),
    ]);
    let renderer = Renderer::new(&catalog, "tiny").unwrap();
    let (answers, rendition) = (answers("", true), Rendition::solved(1));
    let rendered = renderer.render(&answers, &rendition).unwrap();
    assert_eq!((text(&rendered, "ignored").as_str(), text(&rendered, "list.json").as_str()), ("there/\nnew/\n", "{\"l\": [2, 1, 3]}\n"));
    let receipt = Receipt::of_kit("tiny", "1.0.0", &rendered, &answers, &rendition);
    let recorded: Vec<_> = receipt.layer[0]
        .contribution
        .iter()
        .map(|made| format!("{} {} {}", made.by, made.contribution.key, made.contribution.value))
        .collect();
    assert_eq!(recorded, ["box new/ \"\"", "box - [1, 3]"]);
    // So that taking them out leads back to what was there before.
    let made: Vec<_> = receipt.layer[0].contribution.iter().map(|made| made.contribution.clone()).collect();
    let (back, left) = withdraw(rendered.tree.clone(), &made);
    assert_eq!(left, []);
    let before = |path: &str| back.iter().find(|(there, _)| there.as_str() == path).unwrap().1.text().unwrap().to_owned();
    assert_eq!((before("ignored").as_str(), before("list.json").as_str()), ("there/\n", "{\"l\": [2]}\n"));
}

#[test]
fn a_good_kit_has_no_fault() {
    assert_eq!(faults_of(&[]), Vec::<String>::new());
}

#[test]
fn lint_names_file_line_and_way_out() {
    let app = "kits/tiny/files/src/app.txt.hbs";
    for (path, text, expected) in [
        (app, "x\n{{a.nmae}}\n", "t/kits/tiny/files/src/app.txt.hbs:2: undeclared name `a.nmae` (did you mean `name`?)"),
        (app, "{{#if a.dokcer}}x{{/if}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: undeclared name `a.dokcer` (did you mean `docker`?)"),
        (
            app,
            "{{#each stack.modules as |m|}}{{m.prot}}{{/each}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:1: undeclared name `m.prot` (did you mean `port`?)",
        ),
        (app, "{{b.name}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: undeclared name `b.name` (did you mean `a.…`?)"),
        (
            app,
            "{{#sollution 1}}x{{/solution}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:1: unknown block `{{#sollution}}` (did you mean `{{#solution}}`?)",
        ),
        (app, "\n{{#solution 1}}x\n", "t/kits/tiny/files/src/app.txt.hbs:2: `{{#solution}}` is never closed"),
        (
            app,
            "{{#solution 1}}x{{else solution 2}}{{/solution}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:1: `solution 2` follows a lower or equal one; a chain goes from the highest down",
        ),
        (app, "{{#solution 3}}x{{/solution}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: `solution 3`: the last milestone is 2"),
        (
            app,
            "{{#solution 2}}{{#solution 1}}x{{/solution}}{{/solution}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:1: `{{#solution}}` stands inside another one",
        ),
        (app, "{{#trap other}}x{{/trap}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: trap `other` is not declared in the manifest"),
        (app, "{{#if a.docker}}{{/each}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: `{{/each}}` closes `{{#if}}` of line 1"),
        (app, "{{> nothing}}\n", "t/kits/tiny/files/src/app.txt.hbs:1: unknown partial `nothing`"),
        (
            app,
            "{{stack.modules}}{{#trap wrong}}{{/trap}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:1: `stack.modules` is a list or a table, no single value",
        ),
        (
            app,
            "\n{{stack.lock_file}}{{#trap wrong}}{{/trap}}\n",
            "t/kits/tiny/files/src/app.txt.hbs:2: `stack.lock_file` has no value here (put it inside an `{{#if}}`)",
        ),
        (
            "features/box/files/box.json.hbs",
            "{{a.name}}\n",
            "t/features/box/files/box.json.hbs:1: `a.name`: a feature knows only stack, course, v (it must be applicable to a repository that stagekit did not make)",
        ),
        (
            "features/box/files/README.md",
            "x\n",
            "t/features/box/feature.toml:7: `README.md` has two owners: `t/kits/tiny/files/README.md.hbs` and `t/features/box/files/README.md`",
        ),
        ("partials/lost.hbs", "x\n", "t/partials/lost.hbs: no template includes this partial"),
    ] {
        let faults = faults_of(&[(path, Some(text))]);
        assert!(faults.iter().any(|fault| fault == expected), "expected\n  {expected}\ngot\n  {}", faults.join("\n  "));
    }
    assert_eq!(
        faults_of(&[("kits/tiny/files/docs/milestones/2.md", None)]),
        ["t/kits/tiny/kit.toml:86: `docs/milestones/2.md` is not rendered"],
        "once, at however many milestones"
    );
}

#[test]
fn lint_reads_manifests_to_their_end() {
    for (from, to, expected) in [
        ("stage = 1", "stage = 1\nstagee = 2\nzzzz = 1", "t/kits/tiny/kit.toml:6: unknown key `stagee` (did you mean `stage`?)"),
        ("stage = 1", "stage = 1\nstagee = 2\nzzzz = 1", "t/kits/tiny/kit.toml:7: unknown key `zzzz`"),
        ("number = 2", "number = 3", "milestone 3 stands where 2 is expected"),
        (
            "kind = \"bool\"\ndefault = true",
            "kind = \"bool\"\ndefault = true\nwhen = \"motto\"",
            "question `docker`, condition `motto`: `motto` is no bool; compare it with a value",
        ),
        (
            "kind = \"bool\"\ndefault = true",
            "kind = \"bool\"\ndefault = true\nwhen = \"later\"",
            "condition `later`: `later` is no question before this one",
        ),
        ("when = \"docker\"", "when = \"docker and not docker\"", "t/kits/tiny/kit.toml:46: condition `docker and not docker` cannot hold"),
        ("hints = [\"h\"]\n[[milestone]]", "[[milestone]]", "milestone 1 has no hint"),
        ("glob = \"old.txt\"", "glob = \"odl.txt\"", "t/kits/tiny/kit.toml:60: `odl.txt` matches no file"),
        ("name = \"box\"", "name = \"bix\"", "there is no feature `bix`"),
        ("app {{a.name}}", "app {{a.nmae}}", "t/kits/tiny/kit.toml:30: undeclared name `a.nmae` (did you mean `name`?)"),
        ("why = \"w\"", "why = \"{{m.nxet}}\"", "t/kits/tiny/kit.toml:31: undeclared name `m.nxet` (did you mean `next`?)"),
        ("app {{a.name}}", "app {{a.motto}}", "t/kits/tiny/kit.toml:30: the text answer `a.motto` cannot stand in a command"),
        ("title = \"{{a.motto}}\"", "title = \"{{a.moto}}\"", "t/kits/tiny/kit.toml:38: undeclared name `a.moto` (did you mean `motto`?)"),
    ] {
        assert!(MANIFEST.contains(from));
        let faults = faults_of(&[("kits/tiny/kit.toml", Some(&MANIFEST.replacen(from, to, 1)))]);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "expected\n  {expected}\ngot\n  {}", faults.join("\n  "));
    }
}

#[test]
fn every_fault_is_told_once_with_its_line_however_much_else_is_wrong() {
    let manifest = [
        ("title = \"Tiny\"", "titel = \"x\"\ntitle = \"Tiny\""),
        (
            "[[next_step]]",
            "[[question]]\nname = \"ghost\"\nprompt = \"p\"\nkind = \"bool\"\ndefault = true\nwhen = \"docker and not docker\"\n[[next_step]]",
        ),
        ("hints = [\"h\"]\n[[milestone]]", "[[milestone]]"),
        ("number = 2", "number = 3"),
        ("port = 8080", "port = \"{{a.prot}}\""),
        ("glob = \"old.txt\"", "glob = \"odl.txt\""),
    ];
    let manifest = manifest.iter().fold(MANIFEST.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let faults = faults_of(&[
        ("kits/tiny/kit.toml", Some(&manifest)),
        ("kits/tiny/files/src/app.txt.hbs", Some("{{#trap wrong}}x{{/trap}}\n{{a.nmae}}\n")),
        ("kits/tiny/files/src/open.txt.hbs", Some("a\n{{#solution 1}}\nb\n")),
        ("kits/tiny/files/src/far.txt.hbs", Some("{{#solution 9}}b{{/solution}}\n")),
        ("kits/tiny/files/src/up.txt.hbs", Some("{{#solution 1}}b{{else solution 2}}c{{/solution}}\n")),
        ("kits/tiny/files/src/in.txt.hbs", Some("{{#solution 2}}\n{{#solution 1}}b{{/solution}}\n{{/solution}}\n")),
        ("kits/tiny/files/src/note.py.hbs", Some("\n# {{a.motto}}\n")),
        ("features/box/files/README.md", Some("x\n")),
        ("features/box/files/loop.yaml.hbs", Some("a:\n{{#each stack.modules as |module|}}\n  # {{module.title}}\n{{/each}}\n")),
        ("kits/tiny/files/docs/milestones/1.md", None),
    ]);
    assert_eq!(
        faults,
        [
            "t/features/box/feature.toml:7: `README.md` has two owners: `t/kits/tiny/files/README.md.hbs` and `t/features/box/files/README.md`",
            "t/features/box/files/loop.yaml.hbs:3: `a.motto` cannot stand here: it stands in a comment; a text may stand between quotes on one line (rule `comment`)",
            "t/kits/tiny/files/src/app.txt.hbs:2: undeclared name `a.nmae` (did you mean `name`?)",
            "t/kits/tiny/files/src/far.txt.hbs:1: `solution 9`: the last milestone is 3",
            "t/kits/tiny/files/src/in.txt.hbs:2: `{{#solution}}` stands inside another one",
            "t/kits/tiny/files/src/note.py.hbs:2: `a.motto` cannot stand here: it stands in a comment; a text may stand in a string of one line (rule `comment`)",
            "t/kits/tiny/files/src/open.txt.hbs:2: `{{#solution}}` is never closed",
            "t/kits/tiny/files/src/up.txt.hbs:1: `solution 2` follows a lower or equal one; a chain goes from the highest down",
            "t/kits/tiny/kit.toml:6: unknown key `titel` (did you mean `title`?)",
            "t/kits/tiny/kit.toml:31: question `ghost` is never asked: `docker and not docker` cannot hold",
            "t/kits/tiny/kit.toml:46: undeclared name `a.prot`",
            "t/kits/tiny/kit.toml:67: `odl.txt` matches no file",
            "t/kits/tiny/kit.toml:84: `docs/milestones/1.md` is not rendered",
            "t/kits/tiny/kit.toml:84: milestone 1 has no hint",
            "t/kits/tiny/kit.toml:92: `docs/milestones/3.md` is not rendered",
            "t/kits/tiny/kit.toml:92: milestone 3 stands where 2 is expected",
        ]
    );
}
