//! Which cells of a kit are built. No judge: what is chosen makes no proof worth less.

use std::{borrow::Cow, collections::BTreeSet};

use stagekit::{
    answers::Kind,
    manifest::{KitManifest, Number, Question},
    rendition::{Audience, Rendition},
};

use super::NASTY;
use crate::{cell::Cell, world::World};

/// Answers other than the defaults.
type Settings = Vec<(String, String)>;

/// The values of the question `language`, which every check goes through; one empty choice where a kit has no such question.
pub fn languages(manifest: &KitManifest) -> Vec<Settings> {
    match manifest.question("language") {
        Some(question) => question.choices.iter().map(|choice| vec![("language".to_owned(), choice.value.clone())]).collect(),
        None => vec![Vec::new()],
    }
}

/// The cells of a kit: every `at` of each language on the older JDK; the newer one and each other value of a choice at 0, where the first server comes
/// and at last; each yes or no the other way at last; free answers at their limits, all at once, at last.
pub fn cells_of(world: &World, manifest: &KitManifest, full: bool) -> Vec<Cell> {
    let kit = manifest.name.get_ref();
    let last = manifest.last();
    let cell = |settings: &[(String, String)], at: Number| Cell {
        kit: kit.clone(),
        settings: settings.to_vec(),
        rendition: Rendition::solved(at),
        jdk: None,
    };
    let mut cells = Vec::new();
    for language in languages(manifest) {
        let mut steps = vec![0, last];
        steps.extend(cell(&language, last).first_with_services(world, last));
        steps.sort_unstable();
        steps.dedup();
        cells.extend((0..=last).map(|at| cell(&language, at)));
        if let Some(jdk) = newest_jdk(world, manifest, &language) {
            cells.extend(steps.iter().map(|at| Cell { jdk: Some(jdk), ..cell(&language, *at) }));
        }
        // With the grader's tests, just before each milestone that has some and with everything solved; and in a course that is cut short.
        let hidden: BTreeSet<Number> =
            manifest.milestone.iter().filter(|milestone| milestone.hidden_tests > 0).map(|milestone| milestone.number() - 1).collect();
        let graded = hidden.iter().copied().chain((!hidden.is_empty()).then_some(last));
        cells.extend(
            graded.map(|at| Cell { rendition: Rendition { audience: Audience::Grader, ..Rendition::solved(at) }, ..cell(&language, at) }),
        );
        if last > 1 {
            cells.push(Cell { rendition: Rendition { until: Some(last / 2), ..Rendition::solved(last / 2) }, ..cell(&language, last / 2) });
        }
        let others = others(manifest, &language);
        for (kind, other) in &others {
            let settings = [language.clone(), vec![other.clone()]].concat();
            let ats = if *kind == Kind::Bool { vec![last] } else { steps.clone() };
            cells.extend(ats.into_iter().map(|at| cell(&settings, at)));
        }
        cells.extend(limits(manifest, &language).into_iter().map(|settings| cell(&[language.clone(), settings].concat(), last)));
        if full {
            for (index, (_, first)) in others.iter().enumerate() {
                for (_, second) in others[index + 1..].iter().filter(|(_, second)| second.0 != first.0) {
                    let settings = [language.clone(), vec![first.clone(), second.clone()]].concat();
                    cells.extend([0, last].map(|at| cell(&settings, at)));
                }
            }
        }
    }
    cells
}

/// The newest JDK, where it is another one than the oldest and the cell is Java.
fn newest_jdk(world: &World, manifest: &KitManifest, language: &Settings) -> Option<u32> {
    let is_java = manifest.java.is_some() && language.iter().all(|(_, value)| value == "java");
    let newest = world.jdks.last().map(|jdk| jdk.version).filter(|_| is_java)?;
    (Some(newest) != world.jdks.first().map(|jdk| jdk.version)).then_some(newest)
}

/// The questions that are asked in this language where all others have their defaults, but for the language itself.
fn asked<'m>(manifest: &'m KitManifest, language: &'m Settings) -> impl Iterator<Item = &'m Question> {
    let value = |asked: &str| -> Option<Cow<'m, str>> {
        let given = language.iter().find(|(name, _)| name == asked).map(|(_, value)| Cow::Borrowed(value.as_str()));
        given.or_else(|| Some(manifest.question(asked)?.default.as_ref()?.to_string().into()))
    };
    let is_asked = move |question: &&Question| question.when.as_ref().is_none_or(|condition| condition.holds(&value));
    manifest.question.iter().filter(|question| question.name() != "language").filter(is_asked)
}

/// Every value of every choice, yes or no but the default.
fn others(manifest: &KitManifest, language: &Settings) -> Vec<(Kind, (String, String))> {
    let mut found = Vec::new();
    for question in asked(manifest, language) {
        let default = question.default.as_ref().map(ToString::to_string);
        let values: Vec<String> = match question.kind {
            Kind::Choice => question.choices.iter().map(|choice| choice.value.clone()).collect(),
            Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        };
        let values = values.into_iter().filter(|value| Some(value) != default.as_ref());
        found.extend(values.map(|value| (question.kind, (question.name().to_owned(), value))));
    }
    found
}

/// The free answers at their limits: once all the shortest, once all the longest, once all the alphabetically last. Import order, line wrapping and
/// folders depend on them.
fn limits(manifest: &KitManifest, language: &Settings) -> Vec<Settings> {
    let questions: Vec<(String, Vec<String>)> = asked(manifest, language)
        .filter_map(|question| {
            let values = match question.kind {
                Kind::Package => {
                    vec!["a".to_owned(), format!("{}.{}.{}", "l".repeat(26), "m".repeat(26), "n".repeat(26)), "zz.zz.zz".to_owned()]
                }
                Kind::Slug => vec!["a".to_owned(), format!("long-{}", "x".repeat(55)), "zz".to_owned()],
                Kind::Text => vec![NASTY.to_owned()],
                Kind::Int => vec![question.min.unwrap_or(1).to_string(), question.max.unwrap_or(9).to_string()],
                Kind::Identifier | Kind::Choice | Kind::Bool => return None,
            };
            Some((question.name().to_owned(), values))
        })
        .collect();
    let cases = questions.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let at = |case: usize| questions.iter().map(move |(name, values)| (name.clone(), values[case.min(values.len() - 1)].clone())).collect();
    (0..cases).map(at).collect()
}
