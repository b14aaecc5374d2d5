//! What the features make of a stack's servers, secrets and settings.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use stagekit::{
    catalog::Catalog,
    interview::{Given, settle},
    render::Renderer,
    rendition::Rendition,
};

/// A Spring application with PostgreSQL, its test job in the workflow, and a second server whose tests read what the application reads.
const MANIFEST: &str = concat!(
    r#"
format_version = 1
name = "served"
version = "1.0.0"
stage = 1
title = "Served"
summary = "s"
builds = "b"
learn = ["l"]
topics = ["t"]

[java]
min = 17
max = 25

[[question]]
name = "name"
prompt = "Name"
kind = "slug"
default = "served-app"

[[stack]]
language = "java"
language_version = "25"
versions = ["17", "25"]
framework = "spring-boot"
build_tool = "maven"
secrets = ["POSTGRES_PASSWORD"]
[[stack.settings]]
name = "KEY"
help = "A key. Without it there is none."
[stack.test]
command = ["./mvnw", "verify"]
ci_arguments = ["-Dkit.it.required=true"]
[[stack.modules]]
launch = ["java", "-jar", "app.jar"]
artifact = "target/app.jar"
port = 8080
[[stack.services]]
kind = "postgresql"
version = "18"
[stack.services.environment]
APP_URL = "jdbc:postgresql://{host}:{port}/{database}"
APP_PASSWORD = "{password}"
[stack.services.test_environment]
IT_URL = "jdbc:postgresql://{host}:{port}/{database}"
[[stack.services]]
kind = "redis"
version = "8"
[stack.services.environment]
REDIS_URL = "redis://{host}:{port}"

[[feature]]
name = "compose"
[[feature]]
name = "dockerfile"
[[feature]]
name = "github-actions"

[[files]]
glob = "**"

"#,
    include_str!("fixtures/course.toml")
);

fn rendered() -> impl Fn(&str) -> String {
    let files = [
        ("kits/served/kit.toml", MANIFEST),
        ("kits/served/files/.gitignore.hbs", "target/\n"),
        ("kits/served/files/docs/milestones/1.md", "One.\n"),
        ("kits/served/files/state.cfg.hbs", "at = {{m.at}}\n"),
    ];
    let catalog =
        Catalog::with_overlay(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into_iter().collect(), "overlay");
    let renderer = Renderer::new(&catalog, "served").unwrap();
    let answers = settle(renderer.kit(), &Given::default(), &mut |_| {}).unwrap();
    let tree = renderer.render(&answers, &Rendition::solved(0)).unwrap().tree;
    move |wanted| {
        let (_, entry) = tree.iter().find(|(path, _)| path.as_str() == wanted).unwrap();
        entry.text().unwrap().to_owned()
    }
}

/// The indented lines below the first line that is `head`.
fn below(text: &str, head: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| line.trim() != head);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = lines.peekable();
    let start = lines.peek().map_or(0, |line| depth(line));
    lines.skip(1).take_while(|line| depth(line) > start).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_test_job_sets_what_the_tests_read() {
    let workflow = rendered()(".github/workflows/ci.yml");
    let test = &workflow[workflow.find("- name: Test").unwrap()..];
    assert_eq!(below(test, "env:"), [r#"IT_URL: "jdbc:postgresql://127.0.0.1:5432/app""#, r#"REDIS_URL: "redis://127.0.0.1:6379""#]);
    assert!(test.contains("run: ./mvnw verify -Dkit.it.required=true\n"));
}

#[test]
fn the_container_gets_what_the_application_reads() {
    let compose = rendered()("compose.yaml");
    let app = &compose[compose.find("\n  served-app:").unwrap()..];
    assert_eq!(
        below(app, "environment:"),
        [
            r#"APP_PASSWORD: "${POSTGRES_PASSWORD:?run scripts/init-env}""#,
            r#"APP_URL: "jdbc:postgresql://postgresql:5432/app""#,
            r#"REDIS_URL: "redis://redis:6379""#,
            r#"KEY: "${KEY:-}""#,
        ]
    );
}

#[test]
fn a_setting_is_explained_and_not_made_up() {
    assert_eq!(
        rendered()(".env.example"),
        "# The secrets that this project needs. scripts/init-env makes .env from this file and gives every empty value a random one.\n\
         POSTGRES_PASSWORD=\n\n\
         # What may be given besides. scripts/init-env leaves it alone.\n\
         # A key. Without it there is none.\n\
         # KEY=\n"
    );
}
