//! Promise 3: each known-wrong solution turns exactly its tests red, with a message that teaches.

use stagekit::rendition::Rendition;

use super::{cells::fails_with, holds_in, proven, solutions, two_at_a_time};
use crate::{
    arguments::Arguments,
    cell::{Cell, Expected, judge},
    outcome::Row,
    world::World,
};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut cells = Vec::new();
    for (kit, solution) in solutions(world, arguments) {
        let wanted = kit.trap.iter().filter(|trap| arguments.wants_at(trap.at) && holds_in(&solution.settings, trap.when.as_ref()));
        cells.extend(wanted.map(|trap| {
            let rendition = Rendition { trap: Some(trap.name.get_ref().clone()), ..Rendition::solved(trap.at) };
            Cell { rendition, ..solution.clone() }
        }));
    }
    two_at_a_time(&cells, |index, cell| proven(world, "traps", cell, &cell.option(), "", || caught(world, cell, index)))
}

fn caught(world: &World, cell: &Cell, index: usize) -> Result<(), String> {
    let manifest = world.kit(&cell.kit)?;
    let trap = manifest.trap.iter().find(|trap| cell.rendition.trap.as_ref() == Some(trap.name.get_ref())).ok_or("no such trap")?;
    let made = cell.make_bare(&world.catalog, world, &format!("trap-{index}"))?;
    let at = cell.rendition.at;
    let upto = (at + 1).min(made.rendered.course.last);
    let (cases, _) = made.check(world, world.jdk(None)?, upto)?;
    let expected = Expected { red: trap.fails.iter().cloned().collect(), message: trap.message.clone() };
    judge(&made.rendered.course, &[], &|number| fails_with(manifest, number), &cases, at, Some(&expected))?;
    std::fs::remove_dir_all(&made.folder).map_err(|error| error.to_string())
}
