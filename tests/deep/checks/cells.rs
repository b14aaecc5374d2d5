//! Promises 1, 2 and 5: every rendering builds, the right tests pass and fail, and the build leaves nothing behind.

use stagekit::{
    manifest::{KitManifest, Number},
    rendition::Audience,
};

use super::{kits, proven, selection::cells_of, two_at_a_time};
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
    let made = cell.make_bare(&world.catalog, world, &format!("cell-{index}"))?;
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
