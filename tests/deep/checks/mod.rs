//! The checks that judge every kit.

pub mod cells;
pub mod containers;
pub mod faults;
pub mod hostile;
pub mod linters;
pub mod reverts;
pub mod same;
mod selection;
pub mod spring;
pub mod tour;
pub mod traps;
pub mod workflow;

use std::sync::{Mutex, RwLock};

use stagekit::{condition::Condition, manifest::KitManifest, rendition::Rendition};

use crate::{
    arguments::Arguments,
    cell::Cell,
    outcome::{Outcome, Row},
    world::World,
};

/// An accepted text with every character that some format gives a meaning to.
pub const NASTY: &str = r#"a "b" 'c' `d` \u000a \n %s #{e} <!-- f --> ]]> */ & &amp; : - x, {g} [h] |i| *j* _k_ ~l~ é עברית 🎉 \"#;

/// Held for reading by every cell that is built, for writing by one that must have the machine for itself.
static ALONE: RwLock<()> = RwLock::new(());

pub struct Check {
    pub name: &'static str,
    pub run: fn(&World, &Arguments) -> Vec<Row>,
}

/// The kits that are wanted, in order.
pub fn kits<'w>(world: &'w World, arguments: &Arguments) -> impl Iterator<Item = &'w KitManifest> {
    world.kits.iter().filter(|kit| arguments.wants_kit(kit.name.get_ref()))
}

/// The solution of each wanted kit in each wanted language.
fn solutions<'w>(world: &'w World, arguments: &Arguments) -> Vec<(&'w KitManifest, Cell)> {
    let mut found = Vec::new();
    for kit in kits(world, arguments) {
        for settings in selection::languages(kit) {
            if arguments.option.as_ref().is_none_or(|option| settings.is_empty() || settings.contains(option)) {
                let cell = Cell { kit: kit.name.get_ref().clone(), settings, rendition: Rendition::solved(kit.last()), jdk: None };
                found.push((kit, cell));
            }
        }
    }
    found
}

/// Whether a condition holds where only these answers are known.
fn holds_in(settings: &[(String, String)], condition: Option<&Condition>) -> bool {
    let value = |asked: &str| settings.iter().find(|(name, _)| name == asked).map(|(_, value)| value.as_str().into());
    condition.is_none_or(|condition| condition.holds(&value))
}

/// Proves something of a cell, unless a record says that just this was proven before. `extra`: what besides the cell the outcome depends on.
fn proven(world: &World, check: &'static str, cell: &Cell, option: &str, extra: &str, work: impl Fn() -> Result<(), String>) -> Row {
    let shared = ALONE.read();
    let at = Some(cell.rendition.at);
    let key = match cell.render(world).and_then(|(tree, rendered, _)| cell.key(world, &tree, &rendered, &format!("{check}\0{extra}"))) {
        Ok(key) => key,
        Err(why) => return Row::new(check, &cell.kit, at, option, Outcome::Failed(why), 0.0),
    };
    if let Some(proof) = world.records.proven(&key) {
        return Row::new(check, &cell.kit, at, option, Outcome::Recorded(proof), 0.0);
    }
    let mut row = Row::of(check, &cell.kit, at, option, &work);
    if let Outcome::Failed(first) = row.outcome.clone() {
        // Tests of time limits share two cores with another build here. What fails because of that holds when it has the machine for itself,
        // and is told as what it is; it gets no record.
        eprintln!("   {} {option} failed, and is tried again alone: {first}", cell.kit);
        drop(shared);
        let _alone = ALONE.write();
        let again = Row::of(check, &cell.kit, at, option, work);
        if again.outcome == Outcome::Passed {
            row.outcome = Outcome::Unsteady(first);
        }
        row.seconds += again.seconds;
    }
    match row.outcome {
        Outcome::Passed => world.records.prove(&key, &format!("{check} {} at {} {option}", cell.kit, cell.rendition.at)),
        _ => world.records.refute(&key),
    }
    row
}

/// Does `work` for all `jobs`, two at a time, each started in order; the rows in the order of the jobs.
fn two_at_a_time<J: Sync>(jobs: &[J], work: impl Fn(usize, &J) -> Row + Sync) -> Vec<Row> {
    let next = Mutex::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.lock().map(|mut next| {
                        *next += 1;
                        *next - 1
                    });
                    let Ok(Some((index, job))) = index.map(|index| jobs.get(index).map(|job| (index, job))) else { return };
                    let row = work(index, job);
                    eprintln!("   {} {:?} {} {:.1} s", row.kit, row.at, row.option, row.seconds);
                    if let Ok(mut rows) = rows.lock() {
                        rows.push((index, row));
                    }
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_default();
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}
