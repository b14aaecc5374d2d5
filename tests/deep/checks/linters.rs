//! Generated files have no finding of the linters of their kind.

use super::solutions;
use crate::{arguments::Arguments, linters::lint, outcome::Row, world::World};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, cell) in solutions(world, arguments) {
        match cell.make(world, &format!("lint-{}-{}", cell.kit, cell.option().replace('=', "-"))) {
            Err(why) => rows.push(Row::of("lint", &cell.kit, Some(kit.last()), cell.option(), || Err(why))),
            Ok(made) => {
                let row = Row::new("lint", &cell.kit, Some(cell.rendition.at), cell.option(), crate::outcome::Outcome::Passed, 0.0);
                rows.extend(lint(world, &row, &made.folder, &made.tree));
            }
        }
    }
    rows
}
