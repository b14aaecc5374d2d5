//! A kit's questions, for people and as data: `show` and `new --list-questions` print the same.

use serde::Serialize;

use crate::{
    answers::{Kind, Value},
    condition::Condition,
    interview::wanted,
    manifest::{Choice, KitManifest, Question},
    output::{Ink, Output},
};

/// Prints every question: how it is answered, what is asked, what the answer may be.
pub(crate) fn print(out: &mut Output, kit: &KitManifest, indent: &str) {
    let palette = out.palette();
    let deeper = format!("{indent}    ");
    let margin = format!("{deeper}  ");
    for question in &kit.question {
        out.line(format!("{indent}{}", palette.paint(Ink::Name, flag(question))));
        let help = if question.help.is_empty() { String::new() } else { format!(": {}", question.help) };
        out.paragraph(&deeper, &margin, &format!("{}{help}", question.prompt));
        out.paragraph(&deeper, &margin, &rule(question));
        let widest = question.choices.iter().map(|choice| choice.value.len()).max().unwrap_or(0);
        for choice in &question.choices {
            let help = if choice.help.is_empty() { String::new() } else { format!(": {}", choice.help) };
            let margin = " ".repeat(deeper.len() + widest + 4);
            out.paragraph(&format!("{deeper}- {:widest$}  ", choice.value), &margin, &format!("{}{help}", choice.title));
        }
    }
}

/// The questions as data.
pub(crate) fn data(kit: &KitManifest) -> Vec<QuestionData<'_>> {
    kit.question
        .iter()
        .map(|question| QuestionData {
            name: question.name(),
            flag: flag(question),
            prompt: &question.prompt,
            help: &question.help,
            kind: question.kind,
            default: question.default.as_ref(),
            choices: &question.choices,
            min: question.min,
            max: question.max,
            when: question.when.as_ref(),
            seeded: question.seeded,
        })
        .collect()
}

/// One question.
#[derive(Serialize)]
pub(crate) struct QuestionData<'k> {
    name: &'k str,
    flag: String,
    prompt: &'k str,
    help: &'k str,
    kind: Kind,
    default: Option<&'k Value>,
    choices: &'k [Choice],
    min: Option<i64>,
    max: Option<i64>,
    when: Option<&'k Condition>,
    seeded: bool,
}

fn flag(question: &Question) -> String {
    format!("--set {}=…", question.name())
}

/// Kind, range, default and when it is asked, in one line.
fn rule(question: &Question) -> String {
    let longest = match (question.kind, question.max) {
        (Kind::Slug | Kind::Text, Some(max)) => format!(", at most {max} characters"),
        _ => String::new(),
    };
    let default = match question.default.as_ref().map(ToString::to_string) {
        None => ", no default".to_owned(),
        Some(empty) if empty.is_empty() => ", empty by default".to_owned(),
        Some(value) => format!(", default `{value}`"),
    };
    let seeded = if question.seeded { ", or derived from `--seed`" } else { "" };
    let when = question.when.as_ref().map(|when| format!("; asked only if {when}")).unwrap_or_default();
    format!("{}{longest}{default}{seeded}{when}", wanted(question))
}
