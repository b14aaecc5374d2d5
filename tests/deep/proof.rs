//! What is proven of a cell outside the checks that judge every kit: once, until something changes that it depends on.

use crate::{
    cell::Cell,
    outcome::{Outcome, Row},
    world::World,
};

/// Proves something of the first cell, unless a record says that just this was proven before.
///
/// `cells`: all that it renders; `sources`: of the check, and whatever else it depends on.
pub fn proven(world: &World, check: &'static str, cells: &[&Cell], sources: &str, prove: impl FnOnce() -> Result<(), String>) -> Row {
    let cell = cells[0];
    let (at, option) = (cell.rendition.at, cell.option());
    let key = cells.iter().try_fold(format!("{check}\0{sources}"), |known, cell| {
        let (tree, rendered, _) = cell.render(world)?;
        cell.key(world, &tree, &rendered, &known)
    });
    let key = match key {
        Ok(key) => key,
        Err(why) => return Row::new(check, &cell.kit, Some(at), option, Outcome::Failed(why), 0.0),
    };
    if let Some(proof) = world.records.proven(&key) {
        return Row::new(check, &cell.kit, Some(at), option, Outcome::Recorded(proof), 0.0);
    }
    let row = Row::of(check, &cell.kit, Some(at), &option, prove);
    match row.outcome {
        Outcome::Passed => world.records.prove(&key, &format!("{check} {} at {at} {option}", cell.kit)),
        _ => world.records.refute(&key),
    }
    row
}
