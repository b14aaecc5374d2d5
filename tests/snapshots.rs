//! What a change does to every rendered repository: the default rendering of each kit at starter and solution, and for every option its
//! difference from the default.
//!
//! `cargo insta review` shows what has changed.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fmt::Write as _;

use insta::assert_snapshot;
use stagekit::{
    answers::{Answers, Kind},
    catalog::Catalog,
    interview::{Given, settle},
    plan::{Deleted, plan},
    render::Renderer,
    rendition::Rendition,
    tree::Tree,
};

fn answers(renderer: &Renderer<'_>, settings: &[(&str, &str)]) -> Answers {
    settle(renderer.kit(), &Given { settings: settings.to_vec(), ..Given::default() }, &mut |_| {}).unwrap()
}

/// Every file with its content; what is no text by its length.
fn whole(tree: &Tree) -> String {
    let mut out = String::new();
    for (path, entry) in tree.iter() {
        let mode = if entry.executable { " (executable)" } else { "" };
        writeln!(out, "━━━ {path}{mode}").unwrap();
        match entry.text() {
            Some(text) => out.push_str(text),
            None => writeln!(out, "{} bytes", entry.bytes.len()).unwrap(),
        }
        if !out.ends_with('\n') {
            out.push_str("⏎ missing\n");
        }
    }
    out
}

/// Values of an option other than its default: every choice, the other bool, for free answers one that shows where they go.
fn others(kind: Kind, default: Option<&str>, choices: &[String]) -> Vec<String> {
    let all: Vec<String> = match kind {
        Kind::Choice => choices.to_vec(),
        Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
        Kind::Int => vec!["4321".to_owned()],
        Kind::Slug => vec!["other-name".to_owned()],
        Kind::Package => vec!["org.other.place".to_owned()],
        Kind::Text => vec!["It's a \"test\" & more".to_owned()],
        Kind::Identifier => vec!["other".to_owned()],
    };
    all.into_iter().filter(|value| Some(value.as_str()) != default).collect()
}

#[test]
fn default_renderings() {
    let catalog = Catalog::embedded();
    for kit in catalog.kit_names() {
        let renderer = Renderer::new(&catalog, &kit).unwrap();
        let answers = answers(&renderer, &[]);
        for at in [0, renderer.kit().last()] {
            let rendered = renderer.render(&answers, &Rendition::solved(at)).unwrap();
            assert_snapshot!(format!("{kit}@{at}"), whole(&rendered.tree));
        }
    }
}

#[test]
fn options_differ_from_the_default() {
    let catalog = Catalog::embedded();
    for kit in catalog.kit_names() {
        let renderer = Renderer::new(&catalog, &kit).unwrap();
        let last = Rendition::solved(renderer.kit().last());
        for question in &renderer.kit().question {
            let default = question.default.as_ref().map(ToString::to_string);
            let choices: Vec<String> = question.choices.iter().map(|choice| choice.value.clone()).collect();
            for value in others(question.kind, default.as_deref(), &choices) {
                // A question that is asked only under a condition is compared with the default under that condition.
                let mut context: Vec<(&str, &str)> = Vec::new();
                if let Some(condition) = &question.when {
                    context.extend(condition.comparisons().into_iter().filter_map(|(name, wanted)| Some((name, wanted?))));
                }
                let plain = renderer.render(&answers(&renderer, &context), &last).unwrap().tree;
                let changed = [context.clone(), vec![(question.name(), value.as_str())]].concat();
                let changed = renderer.render(&answers(&renderer, &changed), &last).unwrap().tree;
                let difference = plan(&plain, &plain, &changed, Deleted::Say).diff();
                let name = value.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
                assert_snapshot!(format!("{kit}@{}+{}={name}", last.at, question.name()), difference);
            }
        }
    }
}
