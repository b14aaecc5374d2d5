//! The image is built, runs without root, gets healthy, answers, notices when the app hangs, and stops; compose brings everything up.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use super::{proven, solutions};
use crate::{
    arguments::Arguments,
    cell::Made,
    outcome::Row,
    world::{World, run as run_to_end},
};

/// What a proof depends on besides the cell.
const SOURCE: &str = include_str!("containers.rs");

/// The port that compose publishes here, for one after the other; not one that something else on a developer's machine has.
const PORT: &str = "18080";

pub fn images(world: &World, arguments: &Arguments) -> Vec<Row> {
    each(world, arguments, "images", "Dockerfile", image)
}

pub fn compose(world: &World, arguments: &Arguments) -> Vec<Row> {
    each(world, arguments, "compose", "compose.yaml", system)
}

/// A row for each kit and language whose solution has `file`.
fn each(world: &World, arguments: &Arguments, check: &'static str, file: &str, prove: fn(&Made) -> Result<(), String>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, mut cell) in solutions(world, arguments) {
        if kit.question("port").is_some() {
            cell.settings.push(("port".to_owned(), PORT.to_owned()));
        }
        let has_file = cell.render(world).is_ok_and(|(tree, _, _)| tree.paths().any(|path| path.as_str() == file));
        if !has_file {
            continue;
        }
        let has_services = cell.render(world).is_ok_and(|(_, rendered, _)| !rendered.stack.services.is_empty());
        if check == "images" && has_services {
            eprintln!("   {} {}: the image needs servers, so `compose` proves it", cell.kit, cell.option());
            continue;
        }
        if let Err(why) = world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            rows.push(Row::skipped(check, &cell.kit, cell.option(), why));
            continue;
        }
        let name = format!("{check}-{}-{}", cell.kit, cell.option().replace(['=', ' '], "-"));
        rows.push(proven(world, check, &cell, &cell.option(), SOURCE, || prove(&cell.make(world, &name)?)));
    }
    rows
}

/// A container that is removed in the end.
struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker(Path::new("."), &["rm", "--force", "--volumes", &self.0], 60);
    }
}

fn docker(folder: &Path, words: &[&str], seconds: u64) -> Result<String, String> {
    let ran = run_to_end(Command::new("docker").args(words).current_dir(folder), Duration::from_secs(seconds))?;
    ran.ok(&format!("docker {}", words.first().unwrap_or(&""))).map(|output| output.trim().to_owned())
}

fn image(made: &Made) -> Result<(), String> {
    let module = made.rendered.stack.modules.first().ok_or("the stack has no module")?;
    let port = module.port.ok_or("the module has no port")?.to_string();
    let tag = format!("deep-{}:local", module.name);
    docker(&made.folder, &["build", "--quiet", "--pull=false", "--tag", &tag, "."], 600)?;
    // As compose would run it; the health check of the image itself, only more often.
    let publish = format!("127.0.0.1::{port}");
    let id = docker(
        &made.folder,
        &[
            "run",
            "--detach",
            "--init",
            "--read-only",
            "--tmpfs",
            "/tmp",
            "--cap-drop",
            "ALL",
            "--publish",
            &publish,
            "--health-interval",
            "1s",
            "--health-timeout",
            "2s",
            "--health-retries",
            "2",
            &tag,
        ],
        60,
    )?;
    let container = Container(id);
    wait_for(&container, "healthy", 60)?;
    let published = docker(&made.folder, &["port", &container.0, &port], 10)?;
    let address = published.lines().next().unwrap_or_default().to_owned();
    let health = module.health_path.as_deref().unwrap_or("/");
    run_to_end(
        Command::new("curl").args(["--silent", "--show-error", "--fail", "--max-time", "5", &format!("http://{address}{health}")]),
        Duration::from_secs(10),
    )?
    .ok("curl")?;
    behaves(made, &container)
}

/// A running container is nobody's root, notices that its app hangs, and stops when it is told to.
fn behaves(made: &Made, container: &Container) -> Result<(), String> {
    let stack = &made.rendered.stack;
    let user = docker(&made.folder, &["inspect", "--format", "{{.Config.User}}", &container.0], 20)?;
    if user.split(':').next().and_then(|user| user.parse::<u32>().ok()).is_none_or(|user| user < 10_000) {
        return Err(format!("the image runs as `{user}`, not as a number from 10000 on"));
    }
    // The counter-proof: an app that hangs is noticed. Process 1 is `init`; its child is the app.
    let app = docker(&made.folder, &["top", &container.0, "-o", "pid"], 10)?;
    let app = app.lines().last().unwrap_or_default().trim().to_owned();
    run_to_end(Command::new("kill").args(["-STOP", &app]), Duration::from_secs(5))?.ok("kill")?;
    let noticed = wait_for(container, "unhealthy", 90);
    run_to_end(Command::new("kill").args(["-CONT", &app]), Duration::from_secs(5))?.ok("kill")?;
    noticed?;
    let seconds = stack.modules.first().map_or(10, |module| module.stop_seconds).to_string();
    docker(&made.folder, &["stop", "--time", &seconds, &container.0], 60)?;
    match docker(&made.folder, &["inspect", "--format", "{{.State.ExitCode}}", &container.0], 10)?.as_str() {
        "0" => Ok(()),
        // A JVM that a signal ends in order says which signal it was.
        "143" if stack.framework == "spring-boot" => {
            let log = docker(&made.folder, &["logs", "--tail", "50", &container.0], 10)?;
            if log.contains("Graceful shutdown complete") { Ok(()) } else { Err(format!("it did not stop gracefully\n{log}")) }
        }
        code => Err(format!("after SIGTERM the container ended with code {code}")),
    }
}

fn wait_for(container: &Container, state: &str, seconds: u64) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let found = docker(Path::new("."), &["inspect", "--format", "{{.State.Health.Status}}", &container.0], 10)?;
        if found == state {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(seconds) {
            let log = docker(Path::new("."), &["logs", "--tail", "20", &container.0], 10).unwrap_or_default();
            return Err(format!("the container is `{found}` after {seconds} s, not `{state}`\n{log}"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn system(made: &Made) -> Result<(), String> {
    if made.folder.join("scripts/init-env").exists() {
        run_to_end(Command::new("scripts/init-env").current_dir(&made.folder), Duration::from_secs(10))?.ok("scripts/init-env")?;
    }
    let down = || docker(&made.folder, &["compose", "down", "--volumes", "--remove-orphans", "--timeout", "5"], 90);
    docker(&made.folder, &["compose", "config", "--quiet"], 30)?;
    let up = docker(&made.folder, &["compose", "up", "--build", "--detach", "--wait", "--wait-timeout", "180", "--pull", "never"], 600);
    let answered = up.and_then(|_| {
        made.rendered.stack.modules.iter().try_for_each(|module| {
            let address = format!("http://127.0.0.1:{}{}", module.port.unwrap_or(8080), module.health_path.as_deref().unwrap_or("/"));
            run_to_end(
                Command::new("curl").args(["--silent", "--show-error", "--fail", "--max-time", "5", &address]),
                Duration::from_secs(10),
            )?
            .ok("curl")
            .map(drop)
        })
    });
    let proven = answered.and_then(|()| match made.rendered.stack.modules.first() {
        Some(module) if !made.rendered.stack.services.is_empty() => {
            let id = docker(&made.folder, &["compose", "ps", "--quiet", &module.name], 20)?;
            behaves(made, &Container(id))
        }
        _ => Ok(()),
    });
    down()?;
    proven
}
