//! A kit's cURL tour runs against its solution, and what it prints is what it says. That of a Spring kit needs servers: `boot` makes it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use stagekit::{manifest::Number, rendition::Rendition};

use super::{proven, solutions, spring::is_spring};
use crate::{
    arguments::Arguments,
    cell::Cell,
    outcome::Row,
    world::{World, run as run_to_end},
};

/// What a proof depends on besides the cell.
const SOURCE: &str = include_str!("tour.rs");

const TOUR: &str = "requests/tour.sh";

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, solution) in solutions(world, arguments).into_iter().filter(|(kit, _)| !is_spring(kit)) {
        // At the start, half way and at the end: the tour says what it cannot show yet.
        for at in [0, kit.last() / 2, kit.last()].into_iter().filter(|at| arguments.wants_at(*at)) {
            let cell = Cell { rendition: Rendition::solved(at), ..solution.clone() };
            if cell.render(world).is_ok_and(|(tree, _, _)| tree.paths().any(|path| path.as_str() == TOUR)) {
                rows.push(proven(world, "tour", &cell, &cell.option(), SOURCE, || toured(world, &cell, at)));
            }
        }
    }
    rows
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn toured(world: &World, cell: &Cell, at: Number) -> Result<(), String> {
    let made = cell.make(world, &format!("tour-{at}-{}", cell.option().replace('=', "-")))?;
    let jdk = world.jdk(None)?;
    let module = made.rendered.stack.modules.first().ok_or("the stack has no module")?;
    if let Some(build) = &made.rendered.stack.build {
        let words: Vec<String> =
            build.command.iter().cloned().chain(["-q", "-DskipTests", "-Dkit.warnings=-nowarn"].map(str::to_owned)).collect();
        run_to_end(&mut world.command(&made.folder, &words, jdk), Duration::from_secs(300))?.ok("build")?;
    }
    let launch: Vec<String> = module
        .launch
        .iter()
        .map(|word| if word == "app.jar" { module.artifact.clone().unwrap_or_default() } else { word.clone() })
        .collect();
    let mut command = world.command(&made.folder, &launch, jdk);
    command.env(module.port_variable.as_deref().unwrap_or("PORT"), "0").stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
    let mut server = Server(command.spawn().map_err(|error| error.to_string())?);
    let mut first = String::new();
    let stdout = server.0.stdout.take().ok_or("no stdout")?;
    BufReader::new(stdout).read_line(&mut first).map_err(|error| error.to_string())?;
    let base = first.trim().strip_prefix("listening on ").ok_or_else(|| format!("the server said `{first}`"))?.to_owned();
    let ran = run_to_end(Command::new(made.folder.join(TOUR)).env("BASE", base).current_dir(&made.folder), Duration::from_secs(120))?;
    ran.ok(TOUR).map(drop)
}
