//! `stagekit templates`, and `--templates`.

use std::fs;

use crate::transcript::{Transcript, fixtures};

#[test]
fn an_export_is_the_templates_in_effect() {
    let ended = Transcript::of("templates export mine").fixture("small").run();
    let files = ended.files();
    for expected in ["mine/roadmap.toml", "mine/kits/tiny-server/kit.toml", "mine/kits/tiny-lab/kit.toml"] {
        assert!(files.iter().any(|file| file == expected), "{expected} is missing in {files:?}");
    }
    let exported = fs::read(ended.dir.path().join("mine/roadmap.toml")).unwrap();
    assert_eq!(exported, fs::read(fixtures().join("small/roadmap.toml")).unwrap());
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr, ended.status),
        (
            "",
            format!(
                "wrote {} files to `mine`\nhint: change them, then `stagekit templates lint mine` and `stagekit --templates mine list`\n",
                files.len()
            ),
            0
        )
    );
}

#[test]
fn an_export_gives_the_same_kits_back() {
    let mine = Transcript::of("-q templates export deep/er/mine").fixture("small").check();
    let dir = mine.dir.path().join("deep/er/mine");
    let before = Transcript::of("list --json").fixture("small").run();
    let after = Transcript::of("list --json").env("STAGEKIT_TEMPLATES", dir).run();
    assert_eq!(before.stdout, after.stdout);
}

#[test]
fn an_export_goes_into_an_empty_folder_and_no_other() {
    let ended = Transcript::of("-q templates export .").cwd("empty").check();
    assert!(ended.files().contains(&"empty/roadmap.toml".to_owned()), "{:?}", ended.files());

    let ended = Transcript::of("templates export mine")
        .file("mine/notes.txt", "mine")
        .status(3)
        .stderr("error: `[DIR]/mine` exists and is not empty: it holds `notes.txt`\nhint: choose another folder, or empty this one\n")
        .check();
    assert_eq!(ended.files(), ["mine/notes.txt"]);
}

#[cfg(unix)]
#[test]
fn an_export_leaves_nothing_behind_where_it_cannot_write() {
    let ended = Transcript::of("templates export file/mine")
        .file("file", "a file where a folder is wanted")
        .status(1)
        .stderr("error: failed to create `[DIR]/file/mine`: Not a directory (os error 20)\n")
        .check();
    assert_eq!(ended.files(), ["file"]);
}

#[test]
fn the_flag_goes_before_the_environment() {
    let dir = fixtures().join("small");
    Transcript::with(["--templates".as_ref(), dir.as_os_str(), "list".as_ref(), "--search".as_ref(), "tiny-lab".as_ref()])
        .env("STAGEKIT_TEMPLATES", "nowhere")
        .stdout("Stage 41: Small Things\n  tiny-lab  Tiny lab (1 milestone, 30 min)\n")
        .check();
}

#[test]
fn a_folder_without_templates_is_refused() {
    Transcript::of("list --templates mine")
        .file("mine/notes.txt", "mine")
        .status(1)
        .stderr(
            "error: `mine` holds no templates\n\
             hint: a folder of templates holds `features`, `kits`, `partials`, `roadmap.toml`, `versions.toml`; `stagekit templates export DIR` writes one\n",
        )
        .check();
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_there_is_refused() {
    Transcript::of("list --templates mine")
        .status(1)
        .stderr("error: failed to read `[DIR]/mine`: No such file or directory (os error 2)\n")
        .check();
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_refused_because_it_could_go_round() {
    let run = Transcript::of("list --templates mine").file("mine/roadmap.toml", "");
    std::os::unix::fs::symlink("..", run.dir().join("mine/kits")).unwrap();
    run.status(1).stderr("error: `[DIR]/mine/kits` is a symbolic link to a folder\nhint: copy the folder to where the link is\n").check();
}

#[cfg(unix)]
#[test]
fn what_is_no_file_or_far_too_large_is_not_read() {
    let run = Transcript::of("list --templates mine").file("mine/roadmap.toml", "");
    std::os::unix::fs::symlink("/dev/zero", run.dir().join("mine/versions.toml")).unwrap();
    run.status(1).stderr("error: `[DIR]/mine/versions.toml` is not a regular file\nhint: take it out of the templates\n").check();

    let run = Transcript::of("list --templates mine").file("mine/kits/a/files/huge", "");
    fs::File::options().write(true).open(run.dir().join("mine/kits/a/files/huge")).unwrap().set_len(300 << 20).unwrap();
    run.status(1)
        .stderr(
            "error: `[DIR]/mine/kits/a/files/huge` has 300 MiB, and no file of a template can have more than 16\n\
             hint: take it out of the templates\n",
        )
        .check();
}

/// What `templates lint` says of the templates below `place`. The built-in ones are looked at, too, and are not this file's.
fn faults_of(run: Transcript, place: &str) -> Vec<String> {
    let ended = run.run();
    assert_eq!((ended.stdout.as_str(), ended.status), ("", 1));
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(" in the templates\n"), "{}", ended.stderr);
    ended.stderr.lines().filter_map(|line| line.trim_start().strip_prefix(place)).map(str::to_owned).collect()
}

#[test]
fn the_built_in_templates_have_no_fault() {
    let ended = Transcript::of("templates lint").fixture("small").run();
    assert!(ended.stderr.ends_with(": no fault\n"), "{}", ended.stderr);
    assert_eq!((ended.stdout.as_str(), ended.status), ("", 0));
}

#[test]
fn every_fault_is_told_at_once() {
    assert_eq!(
        faults_of(Transcript::of("templates lint").fixture("broken"), "[FIXTURES]/broken/"),
        [
            "kits/tilted/kit.toml:2: [[stack]]: missing field `language`",
            "kits/tilted/kit.toml:2: there is no question `name`",
            "kits/tilted/kit.toml:5: unknown key `tilte` (did you mean `title`?)",
            "kits/tilted/kit.toml:9: builds on itself: tilted on tilted",
            "kits/tilted/kit.toml:9: there is no kit `chess`, neither here nor on the roadmap",
            "kits/tilted/kit.toml:11: a kit with milestones needs `[[check]]`",
            "kits/tilted/kit.toml:11: a kit with milestones needs `[[state]]`",
            "kits/tilted/kit.toml:11: a kit with milestones needs `[smoke]`",
            "kits/tilted/kit.toml:12: milestone 1 has no hint",
            "kits/tilted/kit.toml:12: milestone 1 has no test",
            "kits/tilted/kit.toml:15: unknown key `minuts` (did you mean `minutes`?)"
        ]
    );
}

#[test]
fn faults_are_there_as_json() {
    let ended = Transcript::of("templates lint --json").fixture("broken").run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        told["faults"][2],
        serde_json::json!({"file": "[FIXTURES]/broken/kits/tilted/kit.toml", "line": 5, "message": "unknown key `tilte`", "hint": "did you mean `title`?"})
    );
    assert_eq!(ended.status, 1);
}

#[test]
fn a_roadmap_that_contradicts_itself_is_a_fault() {
    let roadmap = "format_version = 1\ntitle = \"T\"\nstage = []\nidea = [{ text = \"Chat\" }]\n\
                   timeline = [{ months = \"Week 1\", focus = \"f\", stages = [3] }]\n";
    let run = Transcript::of("templates lint mine").file("mine/roadmap.toml", roadmap);
    assert_eq!(
        faults_of(run, "mine/"),
        ["roadmap.toml: `Chat` has neither `kits` nor a `note`", "roadmap.toml: `Week 1` names stage 3, which is not there"]
    );
}

#[test]
fn a_version_for_old_languages_that_nothing_names_is_a_fault() {
    let usual = include_str!("../../templates/versions.toml");
    let versions = format!("{usual}\n[older.python.\"3.5\"]\npoetry.versoin = \"1.1.15\"\nimages.python = \"slim-buster\"\n");
    let line = versions.lines().count() - 1;
    let run = Transcript::of("templates lint mine").file("mine/versions.toml", &versions);
    let told = format!("versions.toml:{line}: `older.python.\"3.5\"` has a `poetry.versoin`, which stands in place of nothing");
    assert_eq!(faults_of(run, "mine/"), [told]);
}
