//! `stagekit detect` in folders as they are: what a disk can hold that no table of texts can.

use std::{collections::BTreeSet, fmt::Write as _, fs, time::Instant};

use serde_json::Value;
use stagekit::{
    catalog::Catalog,
    detect::{Survey, detect, is_wanted},
    interview::{Given, settle},
    render::Renderer,
    rendition::Rendition,
    stack::{Module, Stack},
};

use crate::transcript::Transcript;

const POM: &str = "<project>\n  <artifactId>shop</artifactId>\n  <properties><java.version>21</java.version></properties>\n</project>\n";

#[test]
fn what_is_found_says_where_it_was_read() {
    Transcript::of("detect")
        .file("pom.xml", POM)
        .file(".git/HEAD", "ref: refs/heads/trunk\n")
        .file("Dockerfile", "FROM scratch\n")
        .stdout(
            "project     shop in .    pom.xml:2\n\
             language    Java 21      pom.xml:3\n\
             build tool  maven        pom.xml:1\n\
             built by    mvn package\n\
             tested by   mvn verify   pom.xml:1\n\
             branch      trunk        .git/HEAD\n\
             \n\
             There already\n  dockerfile    Dockerfile\n",
        )
        .stderr("warning: .: nothing here says what is started: no class with a `main` that the build packages\n")
        .check();
}

#[test]
fn the_branch_that_is_checked_out_is_a_guess_where_a_remote_may_have_another_one() {
    for (config, certain) in [("[core]\n\tbare = false\n", true), ("[remote \"origin\"]\n\turl = x\n", false)] {
        let found = Transcript::of("detect --json")
            .file("pom.xml", POM)
            .file(".git/HEAD", "ref: refs/heads/trunk\n")
            .file(".git/config", config)
            .run();
        let found: Value = serde_json::from_str(&found.stdout).expect("JSON");
        assert_eq!(found["stack"]["origins"]["default_branch"], serde_json::json!({"place": ".git/HEAD", "certain": certain}), "{config}");
    }
}

#[test]
fn a_folder_of_a_repository_means_the_project_in_it() {
    let files = || {
        Transcript::of("detect --json")
            .file("services/api/pom.xml", POM)
            .file("services/web/package.json", "{\"name\": \"web\"}")
            .file(".git/HEAD", "")
    };
    let told: Value = serde_json::from_str(&files().cwd("services/api").run().stdout).expect("JSON");
    assert_eq!((&told["stack"]["name"], &told["stack"]["directory"]), (&"shop".into(), &"services/api".into()));
    // However much lies around it.
    let mut run = files().cwd("services/api");
    for index in 0..2_100 {
        run = run.file(&format!("a/{index}/package.json"), "{}");
    }
    let told: Value = serde_json::from_str(&run.run().stdout).expect("JSON");
    assert_eq!(told["stack"]["language_version"], "21", "{told}");
    let ended = files().run();
    assert_eq!(
        (ended.status, ended.stderr.as_str()),
        (2, "error: there are 2 projects here: `services/api`, `services/web`\nhint: `--in DIR` says which one is meant\n")
    );
    let ended = Transcript::of("detect --in services/web --json").after(ended).run();
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["stack"]["origins"]["name"]["place"], "services/web/package.json:1");
    Transcript::of("detect --in ../..")
        .after(ended)
        .status(2)
        .stderr("error: `--in ../..` leaves the repository\nhint: give a folder below its root\n")
        .check();
    Transcript::of("detect")
        .status(2)
        .stderr(
            "error: there is nothing here that a build tool reads\n\
             hint: looked for: pom.xml, build.gradle, go.mod, Cargo.toml, pyproject.toml, requirements.txt, package.json, index.html and the like\n",
        )
        .check();
}

/// What a kit states of its stack and what is found in the repository that it makes: features render the same from both.
#[test]
fn a_kit_is_found_to_be_what_it_states() {
    let catalog = Catalog::embedded();
    for (kit, setting) in [
        ("http-server", ("language", "python")),
        ("http-server", ("language", "node")),
        ("http-server", ("language", "java")),
        ("cli-calculator", ("ci", "true")),
        ("user-api", ("database", "mysql")),
        ("redis-cache", ("database", "postgresql")),
    ] {
        let renderer = Renderer::new(&catalog, kit).expect("a kit");
        let given = Given { settings: vec![setting], ..Given::default() };
        let answers = settle(renderer.kit(), &given, &mut |_| {}).expect("answers");
        let last = renderer.kit().last();
        let rendered = renderer.render(&answers, &Rendition::solved(last)).expect("a rendering");
        let survey = Survey {
            name: "shop".to_owned(),
            paths: rendered.tree.paths().map(|path| path.as_str().to_owned()).collect(),
            files: rendered
                .tree
                .iter()
                .filter(|(path, _)| is_wanted(path.as_str()))
                .map(|(path, entry)| (path.clone(), entry.clone()))
                .collect(),
            ..Survey::default()
        };
        let (found, stated) = (detect(&survey, None).expect("a stack").stack, rendered.stack);
        let general = |stack: &Stack| {
            (
                stack.language,
                stack.build_tool.clone(),
                stack.framework.clone(),
                stack.framework_version.clone(),
                stack.wrapper,
                stack.directory.clone(),
            )
        };
        assert_eq!(general(&found), general(&stated), "{kit} {setting:?}");
        let kinds = |stack: &Stack| stack.services.iter().map(|service| service.kind.clone()).collect::<BTreeSet<_>>();
        assert_eq!(kinds(&found), kinds(&stated), "{kit} {setting:?}");
        if let ("maven", Some(stated)) = (stated.build_tool.as_str(), stated.modules.first()) {
            let found = &found.modules[0];
            let started =
                |module: &Module| (module.artifact.clone(), module.main_class.clone(), module.launch.clone(), module.directory.clone());
            assert_eq!(started(found), started(stated), "{kit} {setting:?}");
        }
    }
}

#[test]
fn links_that_go_round_large_files_and_bytes_that_are_no_text_do_no_harm() {
    let run = Transcript::of("detect --json")
        .file("pom.xml", POM)
        .file("huge/pom.xml", vec![b' '; (1 << 20) + 1])
        .file("bytes/package.json", [0xff, 0xfe, 0x00])
        .file("node_modules/x/package.json", "{}");
    #[cfg(unix)]
    std::os::unix::fs::symlink(".", run.dir().join("round")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", run.dir().join("Dockerfile")).expect("a link");
    let ended = run.run();
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((ended.status, &told["stack"]["language"]), (0, &"java".into()), "{}", ended.stderr);
    assert_eq!(
        told["notes"],
        serde_json::json!([
            {"place": ".", "message": "nothing here says what is started: no class with a `main` that the build packages"},
            {"place": "bytes/package.json", "message": "is not read: it is not UTF-8"},
            {"place": "huge/pom.xml", "message": "is not read: it has more than 1024 KiB"},
        ])
    );
    assert_eq!(told["existing"]["dockerfiles"], serde_json::json!([]), "a link is nobody's file");
}

#[test]
fn a_hundred_thousand_files_are_looked_through_at_once() {
    let run = Transcript::of("detect --json").file("deep/er/pom.xml", POM);
    for folder in 0..100 {
        let folder = run.dir().join(format!("data/{folder}"));
        fs::create_dir_all(&folder).expect("a folder");
        for file in 0..1000 {
            fs::File::create(folder.join(file.to_string())).expect("a file");
        }
    }
    let start = Instant::now();
    let ended = run.run();
    let seconds = start.elapsed().as_secs_f64();
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["stack"]["directory"], "deep/er");
    // Half a second is what it takes without optimisation on two busy cores; what this guards against takes minutes.
    assert!(seconds < 20.0, "{seconds} s");
}

/// The repositories that `add` is proven in, as detection reads them.
#[test]
fn the_fixtures_are_found_to_be_what_they_are() {
    let stacks = crate::transcript::fixtures().join("stacks");
    let mut told = String::new();
    let listed = fs::read_dir(&stacks).expect("a folder").map(|entry| entry.expect("an entry").path());
    for folder in listed.collect::<BTreeSet<_>>() {
        let projects = match fs::read_dir(folder.join("services")) {
            Ok(services) => services.map(|entry| format!("services/{}", entry.expect("an entry").file_name().to_string_lossy())).collect(),
            Err(_) => BTreeSet::from([".".to_owned()]),
        };
        for project in projects {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            let mut run = Transcript::of(&format!("detect --in {project}"));
            for (path, content) in files(&folder, &format!("{name}/")) {
                run = run.file(&path, content);
            }
            let ended = run.cwd(&name).run();
            let _ = write!(told, "--- {name} {project}\n{}{}", ended.stdout, ended.stderr);
        }
    }
    insta::assert_snapshot!(told);
}

fn files(folder: &std::path::Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            found.extend(files(&path, &format!("{name}/")));
        } else {
            found.push((name, fs::read(&path).expect("a file")));
        }
    }
    found
}

#[test]
fn a_start_that_a_script_only_means_is_a_guess() {
    let package = r#"{"name": "shop", "engines": {"node": "24"}, "scripts": {"start": "nest start", "build": "nest build"}, "dependencies": {"@nestjs/core": "11"}, "devDependencies": {"@nestjs/cli": "11"}}"#;
    let found = Transcript::of("detect").file("package.json", package).file("src/main.ts", "app.listen(3000);\n").run();
    let started = found.stdout.lines().find(|line| line.contains("started by")).unwrap_or_default();
    assert!(started.contains("node dist/main") && started.ends_with("(a guess)"), "{}", found.stdout);
}
