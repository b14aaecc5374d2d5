//! Promises 1, 2 and 5: every rendering builds, the right tests pass and fail, and the build leaves nothing behind.

use std::collections::BTreeSet;

use stagekit::{
    answers::Kind,
    manifest::{KitManifest, Number},
    rendition::{Audience, Rendition},
};

use super::{holds_in, kits, proven, two_at_a_time};
use crate::{
    arguments::Arguments,
    cell::{Cell, judge},
    outcome::Row,
    world::World,
};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut cells: Vec<Cell> = kits(world, arguments).flat_map(|kit| cells_of(world, kit, arguments.full)).collect();
    cells.retain(|cell| {
        arguments.wants_at(cell.rendition.at) && arguments.option.as_ref().is_none_or(|(name, value)| has(world, cell, name, value))
    });
    two_at_a_time(&cells, |index, cell| proven(world, "cells", cell, &cell.option(), "", || build(world, cell, index)))
}

fn has(world: &World, cell: &Cell, name: &str, value: &str) -> bool {
    cell.render(world).is_ok_and(|(_, _, answers)| answers.text(name).is_some_and(|answer| answer == value))
}

fn build(world: &World, cell: &Cell, index: usize) -> Result<(), String> {
    let manifest = world.kit(&cell.kit)?;
    let made = cell.make(world, &format!("cell-{index}"))?;
    let course = &made.rendered.course;
    let upto = (cell.rendition.at + 1).min(course.last);
    let (cases, _) = made.check(world, world.jdk(cell.jdk)?, upto)?;
    judge(course, &hidden(manifest, cell.rendition.audience), &|number| fails_with(manifest, number), &cases, cell.rendition.at, None)?;
    made.is_clean()?;
    // Built trees are large, and nobody looks at a green one.
    std::fs::remove_dir_all(&made.folder).map_err(|error| error.to_string())
}

/// How many hidden tests each milestone has, for whom they are there.
pub fn hidden(manifest: &KitManifest, audience: Audience) -> Vec<(Number, u32)> {
    match audience {
        Audience::Learner => Vec::new(),
        Audience::Grader => manifest.milestone.iter().map(|milestone| (milestone.number(), milestone.hidden_tests)).collect(),
    }
}

pub fn fails_with(manifest: &KitManifest, number: Number) -> String {
    manifest
        .milestone
        .iter()
        .find(|milestone| milestone.number() == number)
        .map(|milestone| milestone.fails_with.clone())
        .unwrap_or_default()
}

/// The values of the question `language`, which every check goes through; one empty choice where a kit has no such question.
pub fn languages(manifest: &KitManifest) -> Vec<Vec<(String, String)>> {
    match manifest.question("language") {
        Some(question) => question.choices.iter().map(|choice| vec![("language".to_owned(), choice.value.clone())]).collect(),
        None => vec![Vec::new()],
    }
}

/// The cells of a kit: every `at` of each language on the older JDK; the newer one and each other value of a choice at 0, where the first server comes and at last; packages and texts at their limits at last.
fn cells_of(world: &World, manifest: &KitManifest, full: bool) -> Vec<Cell> {
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
        if language.iter().all(|(_, value)| value == "java") && manifest.java.is_some() {
            let newest = world
                .jdks
                .iter()
                .map(|jdk| jdk.version)
                .filter(|version| Some(*version) != world.jdks.first().map(|jdk| jdk.version))
                .max();
            cells.extend(
                newest
                    .into_iter()
                    .flat_map(|jdk| steps.iter().map(move |at| (jdk, *at)))
                    .map(|(jdk, at)| Cell { jdk: Some(jdk), ..cell(&language, at) }),
            );
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
        let options = options(manifest, &language);
        for option in &options {
            let settings = [language.clone(), vec![option.clone()]].concat();
            let ats = if limits(manifest, &option.0) { vec![last] } else { steps.clone() };
            cells.extend(ats.into_iter().map(|at| cell(&settings, at)));
        }
        if full {
            for (index, first) in options.iter().enumerate() {
                for second in options[index + 1..].iter().filter(|second| second.0 != first.0) {
                    let settings = [language.clone(), vec![first.clone(), second.clone()]].concat();
                    cells.extend([0, last].map(|at| cell(&settings, at)));
                }
            }
        }
    }
    cells
}

fn limits(manifest: &KitManifest, name: &str) -> bool {
    manifest.question(name).is_some_and(|question| !matches!(question.kind, Kind::Choice | Kind::Bool))
}

/// Every value of every option but the default, for questions that are asked in this language.
fn options(manifest: &KitManifest, language: &[(String, String)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for question in manifest.question.iter().filter(|question| holds_in(language, question.when.as_ref()) && question.name() != "language")
    {
        let default = question.default.as_ref().map(ToString::to_string);
        let values: Vec<String> = match question.kind {
            Kind::Choice => question.choices.iter().map(|choice| choice.value.clone()).collect(),
            Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
            // The shortest, the longest and the alphabetically last: import order, line wrapping and folders depend on them.
            Kind::Package => {
                vec!["a".to_owned(), format!("{}.{}.{}", "l".repeat(26), "m".repeat(26), "n".repeat(26)), "zz.zz.zz".to_owned()]
            }
            Kind::Slug => vec!["a".to_owned(), format!("long-{}", "x".repeat(55))],
            Kind::Text => vec![crate::checks::NASTY.to_owned()],
            Kind::Int => vec![question.max.unwrap_or(9).to_string()],
            Kind::Identifier => Vec::new(),
        };
        found.extend(values.into_iter().filter(|value| Some(value) != default.as_ref()).map(|value| (question.name().to_owned(), value)));
    }
    found
}
