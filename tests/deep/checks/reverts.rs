//! Promise 4: each solution block taken back alone turns some test of its milestone red.

use std::{collections::BTreeMap, sync::Mutex};

use stagekit::{
    catalog::Catalog,
    digest::hex,
    milestone::{Outcome as Ended, TestCase},
    rendition::Rendition,
};

use super::{proven, solutions, two_at_a_time};
use crate::{
    arguments::Arguments,
    cell::Cell,
    outcome::Row,
    revert::{Block, blocks},
    world::World,
};

/// Blocks of a kit that are all tried; of a larger kit a sample of this size is.
const SAMPLE: usize = 6;

struct Job {
    cell: Cell,
    /// Below `templates/`.
    file: String,
    block: Block,
}

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut jobs = Vec::new();
    for (_, solution) in solutions(world, arguments) {
        let mut found = jobs_of(world, &solution);
        found.retain(|job| arguments.wants_at(job.block.number));
        // Drawn by the seed: the smallest hashes.
        found.sort_by_key(|job| hex(format!("{}\0{}\0{}", world.seed, job.file, job.block.line).as_bytes()));
        if !arguments.full {
            found.truncate(SAMPLE);
        }
        jobs.extend(found);
    }
    let controls = Controls::default();
    two_at_a_time(&jobs, |index, job| {
        let option = format!("{} {}:{}", job.cell.option(), job.file.rsplit('/').next().unwrap_or(""), job.block.line);
        proven(world, "reverts", &job.cell, option.trim(), &job.block.without, || caught(world, job, index, &controls))
    })
}

/// The blocks in the learner's files of this language's solution.
fn jobs_of(world: &World, solution: &Cell) -> Vec<Job> {
    let last = solution.rendition.at;
    let cell = |at| Cell { rendition: Rendition::solved(at), ..solution.clone() };
    let mut jobs = Vec::new();
    for file in world.catalog.files_below(&format!("kits/{}/files", solution.kit)).into_iter().filter(|file| file.ends_with(".hbs")) {
        let Some(text) = world.catalog.file(&file).and_then(|bytes| String::from_utf8(bytes.into_owned()).ok()) else { continue };
        for block in blocks(&text) {
            // Only what this language renders, and what a learner writes.
            let is_work = cell(block.number.min(last)).render(world).is_ok_and(|(_, rendered, _)| {
                rendered
                    .places
                    .iter()
                    .any(|(path, place)| place.ends_with(&*file) && rendered.roles.get(path) == Some(&stagekit::manifest::Role::Work))
            });
            if is_work {
                jobs.push(Job { cell: cell(block.number), file: file.to_string(), block });
            }
        }
    }
    jobs
}

/// Cells whose green is a control, with how they ended.
type Controls = Mutex<BTreeMap<String, Result<(), String>>>;

/// Where nothing is green without the block, a server that cannot be reached or a build that fails for another reason would look the same: the
/// cell with the block must be green, here and now.
fn control(world: &World, job: &Job, controls: &Controls) -> Result<(), String> {
    let mut controls = controls.lock().map_err(|error| error.to_string())?;
    let name = format!("{}-{}-{}", job.cell.kit, job.cell.option().replace(['=', ' '], "-"), job.block.number);
    let known = controls.entry(name.clone()).or_insert_with(|| {
        let made = job.cell.make_bare(&world.catalog, world, &format!("control-{name}"))?;
        let (cases, _) = made.check(world, world.jdk(None)?, job.block.number)?;
        match cases.iter().find(|case| case.outcome != Ended::Passed) {
            None => std::fs::remove_dir_all(&made.folder).map_err(|error| error.to_string()),
            Some(case) => Err(format!("`{}` is red with every block in its place, too: {}", case.id, case.message)),
        }
    });
    known.clone()
}

fn caught(world: &World, job: &Job, index: usize, controls: &Controls) -> Result<(), String> {
    let mut overlay: BTreeMap<String, Vec<u8>> = world
        .catalog
        .files_below("")
        .into_iter()
        .filter_map(|path| Some((path.to_string(), world.catalog.file(&path)?.into_owned())))
        .collect();
    overlay.insert(job.file.clone(), job.block.without.clone().into_bytes());
    let reverted = Catalog::with_overlay(overlay, "reverted");
    let made = job.cell.make_bare(&reverted, world, &format!("revert-{index}"))?;
    let number = job.block.number;
    let result = match made.check(world, world.jdk(None)?, number) {
        // What does not compile is as red as can be.
        Err(why) if why.starts_with("no test ran") => control(world, job, controls),
        Err(why) => Err(why),
        Ok((cases, _)) => {
            let red: Vec<&TestCase> = cases.iter().filter(|case| case.outcome == Ended::Failed).collect();
            if !red.iter().any(|case| case.milestone == number) {
                let others: Vec<&str> = red.iter().map(|case| case.id.as_str()).collect();
                Err(format!(
                    "without the block at line {} no test of milestone {number} is red (red elsewhere: {others:?})",
                    job.block.line
                ))
            } else if cases.iter().any(|case| case.outcome == Ended::Passed) {
                Ok(())
            } else {
                control(world, job, controls)
            }
        }
    };
    if result.is_ok() {
        std::fs::remove_dir_all(&made.folder).map_err(|error| error.to_string())?;
    }
    result
}
