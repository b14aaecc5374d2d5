//! A rendering for one database says nothing of the other one: neither in a file nor in a path.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use stagekit::{
    catalog::Catalog,
    interview::{Given, settle},
    render::Renderer,
    rendition::Rendition,
    tree::Tree,
};

/// What betrays a database: both its names for PostgreSQL contain the first word.
const WORDS: [(&str, &[&str]); 2] = [("postgresql", &["postgres", "psql", "pg_"]), ("mysql", &["mysql"])];

/// Says why a test that is the same for both databases does what it does. To be said without a name when that test changes for another reason: every
/// proof of its kit hangs on its bytes.
const COMPARED: &str = "// MySQL gives up the transaction that has changed less";

/// Where words of databases other than `database` stand.
fn leftovers(tree: &Tree, database: &str) -> Vec<String> {
    let others: Vec<&str> = WORDS.iter().filter(|(name, _)| *name != database).flat_map(|(_, words)| *words).copied().collect();
    let mut found = Vec::new();
    for (path, entry) in tree.iter() {
        let text = entry.text().unwrap_or_default();
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with(COMPARED))
            .map(|(index, line)| (format!("{path}:{}", index + 1), line));
        for (place, text) in lines.chain([(path.to_string(), path.as_str())]) {
            let text = text.to_lowercase();
            found.extend(others.iter().filter(|word| text.contains(**word)).map(|word| format!("{place}: {word}")));
        }
    }
    found
}

fn rendered(catalog: &Catalog, kit: &str, settings: &[(&str, &str)], at: u32) -> Tree {
    let renderer = Renderer::new(catalog, kit).unwrap();
    let answers = settle(renderer.kit(), &Given { settings: settings.to_vec(), ..Given::default() }, &mut |_| {}).unwrap();
    renderer.render(&answers, &Rendition::solved(at)).unwrap().tree
}

#[test]
fn a_rendering_does_not_speak_of_the_other_database() {
    let catalog = Catalog::embedded();
    let mut found = Vec::new();
    let mut compared = 0;
    for kit in catalog.kits().unwrap() {
        let Some(question) = kit.question("database") else { continue };
        let name = kit.name.get_ref();
        for choice in &question.choices {
            for at in 0..=kit.last() {
                let tree = rendered(&catalog, name, &[("database", &choice.value)], at);
                compared += 1;
                found.extend(leftovers(&tree, &choice.value).into_iter().map(|place| format!("{name} at {at}, {}: {place}", choice.value)));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(compared > 0, "no kit asks for a database");
}

#[test]
fn a_word_of_the_other_database_is_found() {
    let files = [
        ("kits/two/kit.toml", TWO),
        ("kits/two/files/README.md", "Stands on PostgreSQL.\nNot on MySQL.\n"),
        ("kits/two/files/mysql/x.txt", "x\n"),
        ("kits/two/files/docs/milestones/1.md", "One.\n"),
        ("kits/two/files/state.cfg.hbs", "at = {{m.at}}\n"),
    ];
    let overlay = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into_iter().collect();
    let tree = rendered(&Catalog::with_overlay(overlay, "overlay"), "two", &[], 0);
    assert_eq!(leftovers(&tree, "mysql"), ["README.md:1: postgres"]);
    assert_eq!(leftovers(&tree, "postgresql"), ["README.md:2: mysql", "mysql/x.txt: mysql"]);
}

const TWO: &str = concat!(
    r#"
format_version = 1
name = "two"
version = "1.0.0"
stage = 1
title = "Two"
summary = "two databases"
builds = "b"
learn = ["l"]
topics = ["t"]

[[question]]
name = "name"
prompt = "Name"
kind = "slug"
default = "two-app"

[[stack]]
language = "python"
language_version = "3"

[[files]]
glob = "**"

"#,
    include_str!("fixtures/course.toml")
);
