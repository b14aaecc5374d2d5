//! `stagekit new`, as far as a small kit shows it.

use crate::transcript::Transcript;

#[test]
fn questions_are_listed_as_show_lists_them() {
    let listed = Transcript::of("new tiny-server --list-questions").fixture("small").run();
    let shown = Transcript::of("show tiny-server").fixture("small").run();
    let indented: Vec<String> = listed.stdout.lines().map(|line| format!("  {line}")).collect();
    assert!(shown.stdout.contains(&format!("Questions\n{}\n\n", indented.join("\n"))), "{}\n---\n{}", shown.stdout, listed.stdout);
    assert_eq!((listed.stderr.as_str(), listed.status), ("", 0));
}

#[test]
fn questions_are_there_as_json() {
    insta::assert_snapshot!(Transcript::of("new tiny-server --list-questions --json").fixture("small").story());
}

#[test]
fn missing_answers_are_named_where_nobody_can_be_asked() {
    let ended = Transcript::of("new tiny-lab --yes")
        .fixture("small")
        .status(2)
        .stderr(
            "error: 1 answer for kit `tiny-lab` cannot be used\n\
             \x20 --set name=…: is missing: lower-case words joined by `-`\n\
             hint: `stagekit new tiny-lab --list-questions` shows every question with its choices\n",
        )
        .check();
    assert_eq!(ended.files(), [""; 0]);
}

#[test]
fn a_repository_is_made_and_the_next_step_told() {
    let ended = Transcript::of("new tiny-server mine --yes")
        .fixture("small")
        .stderr(
            "created Tiny server in `mine` (5 files)\n\n\
             next:\n  \
             cd mine                              # go there\n  \
             python3 -m tiny                      # start the server\n  \
             curl http://127.0.0.1:8080/          # ask it\n  \
             python3 -m unittest --milestones 1   # see what milestone 1 wants\n\n\
             milestone 1 of 2: One page (45 min)\n  read docs/milestones/1.md; `stagekit check` runs its tests\n",
        )
        .check();
    assert_eq!(
        ended.files(),
        [
            "mine/.stagekit/.gitattributes",
            "mine/.stagekit/.gitignore",
            "mine/.stagekit/base.tar",
            "mine/.stagekit/receipt.toml",
            "mine/README.md",
            "mine/docs/milestones/1.md",
            "mine/docs/milestones/2.md",
            "mine/milestone.cfg",
            "mine/tiny/__main__.py",
        ]
    );
}

#[test]
fn next_steps_follow_the_answers_and_the_milestone() {
    Transcript::of("new tiny-server mine --yes --at 1 --set port=4321 --set language=java")
        .fixture("small")
        .stderr(
            "created Tiny server in `mine` (5 files)\n\n\
             next:\n  \
             cd mine                              # go there\n  \
             curl http://127.0.0.1:4321/          # ask it\n  \
             python3 -m unittest --milestones 2   # see what milestone 2 wants\n\n\
             milestone 2 of 2: Many at once (1 h 15 min)\n  read docs/milestones/2.md; `stagekit check` runs its tests\n",
        )
        .check();
    let steps = |arguments: &str| {
        let ended = Transcript::of(&format!("new tiny-server mine --yes --json {arguments}")).fixture("small").run();
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        told["next_steps"].clone()
    };
    assert_eq!(
        steps("--solution --set port=4321"),
        serde_json::json!([
            {"command": "python3 -m tiny", "why": "start the server"},
            {"command": "curl http://127.0.0.1:4321/", "why": "ask it"},
        ])
    );
    assert_eq!(steps("--until 1 --at 1"), steps("--solution"), "a shorter course has a last milestone, too");
}

#[test]
fn a_seed_makes_a_variant_of_http_server_and_the_same_one_again() {
    let zip = |arguments: &str| {
        let ended = Transcript::of(&format!("new http-server --yes --zip out.zip {arguments}")).run();
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        std::fs::read(ended.dir.path().join("out.zip")).unwrap()
    };
    let (ada, grace) = (zip("--seed ada"), zip("--seed grace"));
    assert!(ada == zip("--seed ada") && ada != grace);
    let port = |arguments: &str| {
        let ended = Transcript::of(&format!("new http-server --yes --dry-run --json {arguments}")).run();
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(told["next_steps"][1]["command"].as_str().unwrap().contains(&format!(":{}/", told["answers"]["port"])));
        told["answers"]["port"].as_u64().unwrap()
    };
    assert_ne!(port("--seed ada"), port("--seed grace"));
    assert_eq!(port("--seed ada --set port=4321"), 4321, "what is said goes before what is drawn");
    assert_eq!(port(""), 8080);
}

#[test]
fn an_archive_has_one_folder_in_it() {
    let zip = Transcript::of("new tiny-server --yes --set name=mine --zip out.zip").fixture("small").run();
    let bytes = std::fs::read(zip.dir.path().join("out.zip")).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("mine/.stagekit/receipt.toml"), "{}", zip.stderr);
    let tar = Transcript::of("new tiny-server --yes --set name=mine --tar out.tar").fixture("small").run();
    let tree = stagekit::archive::untar(&std::fs::read(tar.dir.path().join("out.tar")).unwrap()).unwrap();
    let others: Vec<_> = tree.paths().filter(|path| !path.as_str().starts_with("mine/")).collect();
    assert!(tree.len() > 3 && others.is_empty(), "{others:?}");
}

#[test]
fn answers_of_the_wrong_kind_are_named_all_at_once() {
    let answers =
        format!("name = \"{}\"\nlanguage = 3\nport = \"x\"\ndocker = \"yes\"\ndescription = [\"d\"]\nnmae = 1\n", "n-".repeat(300));
    let ended = Transcript::of("new tiny-server mine --yes --answers a.toml").fixture("small").file("a.toml", answers).run();
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str(), ended.status),
        (
            "",
            "error: 6 answers for kit `tiny-server` cannot be used\n\
             \x20 a.toml: description: is an array; one line of text\n\
             \x20 a.toml: docker: must be `true` or `false`, without quotes [rule bool] (true or false)\n\
             \x20 a.toml: language: must be a text: `\"3\"` [rule text] (a choice of python, java)\n\
             \x20 a.toml: name: must be words of `a` to `z` and digits, joined by `-`, with a letter first [rule slug] (try `name=n-n-n-n-n-n-n-n-n-n-n-n-n-n-n-n-n-n-n-n`)\n\
             \x20 a.toml: nmae: is no question of this kit (did you mean `name`?)\n\
             \x20 a.toml: port: must be a whole number, without quotes [rule int] (a whole number from 1024 to 65535)\n\
             hint: `stagekit new tiny-server --list-questions` shows every question with its choices\n",
            2
        )
    );
    let long = format!("description=\"{}\"", "x".repeat(300));
    Transcript::with(["new", "tiny-server", "mine", "--yes", "--set", &long])
        .fixture("small")
        .status(2)
        .stderr(
            "error: 1 answer for kit `tiny-server` cannot be used\n\
             \x20 --set description: is 302 characters long, at most 200 are possible [rule too-long] (one line of text)\n\
             hint: `stagekit new tiny-server --list-questions` shows every question with its choices\n",
        )
        .check();
    let long = format!("description = \"{}\"\n", "x".repeat(1 << 20));
    Transcript::of("new tiny-server mine --yes --answers a.toml")
        .fixture("small")
        .file("a.toml", long)
        .status(2)
        .stderr("error: `a.toml` has more than 1 MiB, which no answers have\n")
        .check();
    Transcript::of("new tiny-server mine --yes --at 9 --until 0")
        .fixture("small")
        .status(2)
        .stderr(
            "error: there is no such milestone\n  --at: `tiny-server` has milestones 0 to 2\n  --until: `tiny-server` has milestones 1 to 2\n\
             hint: `stagekit show tiny-server` lists them\n",
        )
        .check();
}

#[test]
fn a_dry_run_writes_nothing() {
    let ended = Transcript::of("new tiny-server mine --yes --dry-run").fixture("small").run();
    assert!(ended.stdout.starts_with("create  .stagekit/.gitattributes\n"), "{}", ended.stdout);
    assert_eq!((ended.stderr.as_str(), ended.status), ("nothing was written; without `--dry-run` this goes to `mine`\n", 0));
    assert_eq!(ended.files(), [""; 0]);
}

#[test]
fn what_dead_runs_left_beside_the_target_is_removed() {
    let prepared =
        Transcript::of("new tiny-server mine --yes").fixture("small").file(".other.stagekit-lock", "").file(".other.stagekit-new/x", "x");
    let ended = prepared.file(".foreign.stagekit-new/x", "x").run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let beside: Vec<_> = ended.files().into_iter().filter(|path| !path.starts_with("mine/")).collect();
    assert_eq!(beside, [".foreign.stagekit-new/x"]);
}
