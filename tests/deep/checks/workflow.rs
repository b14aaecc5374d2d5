//! The workflow is executed by act, on this machine; a broken test reddens it.

use std::fs;

use stagekit::rendition::Rendition;

use super::{proven, solutions};
use crate::{
    act::{Servers, act, ended, stubs},
    arguments::Arguments,
    cell::Cell,
    outcome::Row,
    world::World,
};

/// What a proof depends on besides the cell.
const SOURCE: &str = concat!(include_str!("workflow.rs"), include_str!("../act.rs"));

/// What a test of a kit says.
const SAID: &str = "docs/milestones/";

const FILE: &str = ".github/workflows/ci.yml";

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, good) in solutions(world, arguments) {
        let has_workflow = |cell: &Cell| cell.render(world).is_ok_and(|(tree, _, _)| tree.paths().any(|path| path.as_str() == FILE));
        if !has_workflow(&good) {
            continue;
        }
        let tools = world.needs(&["act", "--version"]).and_then(|_| world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]));
        if let Err(why) = tools {
            rows.push(Row::skipped("workflow", &good.kit, good.option(), why));
            continue;
        }
        let option = format!("{} green", good.option());
        rows.push(proven(world, "workflow", &good, option.trim(), SOURCE, || executed(world, &good, true)));
        // The counter-proof: a milestone that is said to be reached and is not.
        let trapped = kit.trap.iter().filter(|trap| trap.when.is_none()).map(|trap| Cell {
            rendition: Rendition { trap: Some(trap.name.get_ref().clone()), ..Rendition::solved(trap.at) },
            ..good.clone()
        });
        let Some(bad) = trapped.into_iter().find(|cell| has_workflow(cell)) else { continue };
        let option = format!("{} red", bad.option());
        rows.push(proven(world, "workflow", &bad, option.trim(), SOURCE, || executed(world, &bad, false)));
    }
    rows
}

fn executed(world: &World, cell: &Cell, is_good: bool) -> Result<(), String> {
    let made = cell.make(world, &format!("workflow-{}-{is_good}", cell.option().replace(['=', ' '], "-")))?;
    let file = made.folder.join(FILE);
    let text = fs::read_to_string(&file).map_err(|error| format!("{FILE}: {error}"))?;
    let stubs = stubs(world, &text)?;
    let has_servers = !made.rendered.stack.services.is_empty();
    let red = (!is_good).then_some(SAID);
    if is_good && !has_servers {
        return ended(act(world, &made.folder, &stubs, &[])?, None);
    }
    // `act` starts no servers where the machine itself is the runner. Jobs of one matrix publish the same ports of theirs, and so does the image's
    // compose.yaml: here they share a machine, so they go one after the other.
    let servers = Servers::start(&file)?;
    let tested = ended(act(world, &made.folder, &stubs, &["--job", "test", "--concurrent-jobs", "1"])?, red);
    drop(servers);
    if tested.is_err() || !is_good || !text.contains("\n  image:\n") {
        // What is red must be the tests, not the image that waits for them.
        return tested;
    }
    let alone: String = text.lines().filter(|line| line.trim() != "needs: test").map(|line| format!("{line}\n")).collect();
    fs::write(&file, alone).map_err(|error| format!("{FILE}: {error}"))?;
    ended(act(world, &made.folder, &stubs, &["--job", "image"])?, None)
}
