//! Promise 3: each known-wrong solution turns exactly its tests red, with a message that teaches.

use stagekit::{condition::Condition, rendition::Rendition};

use super::{
    cells::{fails_with, languages},
    kits, proven, two_at_a_time,
};
use crate::{
    arguments::Arguments,
    cell::{Cell, Expected, judge},
    outcome::Row,
    world::World,
};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut cells = Vec::new();
    for kit in kits(world, arguments) {
        let Ok(manifest) = world.catalog.kit(&kit) else { continue };
        for trap in manifest.trap.iter().filter(|trap| arguments.wants_at(trap.at)) {
            for settings in languages(&manifest) {
                let holds = |condition: &Condition| {
                    condition.holds(&|asked| settings.iter().find(|(name, _)| name == asked).map(|(_, value)| value.as_str().into()))
                };
                let is_wanted = arguments.option.as_ref().is_none_or(|option| settings.is_empty() || settings.contains(option));
                if trap.when.as_ref().is_none_or(holds) && is_wanted {
                    let rendition = Rendition { trap: Some(trap.name.get_ref().clone()), ..Rendition::solved(trap.at) };
                    cells.push(Cell { kit: kit.clone(), settings, rendition, jdk: None });
                }
            }
        }
    }
    two_at_a_time(&cells, |index, cell| proven(world, "traps", cell, &cell.option(), "", || caught(world, cell, index)))
}

fn caught(world: &World, cell: &Cell, index: usize) -> Result<(), String> {
    let manifest = world.catalog.kit(&cell.kit).map_err(|error| error.to_string())?;
    let trap = manifest.trap.iter().find(|trap| cell.rendition.trap.as_ref() == Some(trap.name.get_ref())).ok_or("no such trap")?;
    let made = cell.make(world, &format!("trap-{index}"))?;
    let at = cell.rendition.at;
    let upto = (at + 1).min(made.rendered.course.last);
    let (cases, _) = made.check(world, world.jdk(None)?, upto)?;
    let expected = Expected { red: trap.fails.iter().cloned().collect(), message: trap.message.clone() };
    judge(&made.rendered.course, &[], &|number| fails_with(&manifest, number), &cases, at, Some(&expected))?;
    std::fs::remove_dir_all(&made.folder).map_err(|error| error.to_string())
}
