//! The health check of an image notices: asked at a port that is not the program's, the container is unhealthy while the program answers.

use std::{fs, path::Path, thread, time::Duration};

use serde_json::{Value as Json, json};
use stagekit::stack::Module;

use super::{
    ENGINE, Judge, Proof, altered, docker,
    repository::{Project, Repository},
    running::Running,
};
use crate::{
    operations::{eventually, said},
    world::World,
};

pub const HEALTH: Judge = Judge {
    name: "added-health",
    fixtures: &[],
    source: include_str!("health.rs"),
    reads: &[],
    needs: &[ENGINE],
    proofs: &[Proof { option: "", prove: noticed }],
};

fn noticed(_: &World, _: &Repository, project: &Project) -> Result<(), String> {
    let folder = &project.folder;
    let file = folder.with_extension("health.json");
    let write = |compose: &Json| fs::write(&file, compose.to_string()).map_err(|error| format!("{}: {error}", file.display()));
    let mut compose = unpublished(folder, &project.stack.name)?;
    write(&compose)?;
    // The program may need servers; all of them and the program are waited for until they are healthy.
    let running = Running::up(folder, &[&file.to_string_lossy()], None, &[])?;
    let listening: Vec<&Module> = project.stack.modules.iter().filter(|module| module.port.is_some()).collect();
    for module in &listening {
        // As the image says it, but sooner.
        let check = &mut compose["services"][&module.name]["healthcheck"];
        (check["interval"], check["start_period"]) = (json!("1s"), json!("1s"));
    }
    write(&compose)?;
    let dockerfile = folder.join("Dockerfile");
    let text = fs::read_to_string(&dockerfile).map_err(|error| format!("{}: {error}", dockerfile.display()))?;
    let wrong = listening.iter().try_fold(text.clone(), |text, module| asked_wrongly(&text, module))?;
    altered(&dockerfile, &text, &wrong, || {
        running.compose(&["up", "--build", "--detach", "--pull", "never"], 900)?;
        listening.iter().try_for_each(|module| unhealthy(&running, module))
    })
    .map_err(|why| format!("{why}\n{}", running.logs()))
}

/// What the compose file says, as a project of another name that publishes no port: nothing else on this machine is in its way.
fn unpublished(folder: &Path, name: &str) -> Result<Json, String> {
    if folder.join("scripts/init-env").exists() {
        said("scripts/init-env", &[], folder, 10)?;
    }
    let words = ["compose", "--project-name", &format!("health-{name}"), "config", "--format", "json"];
    let mut compose: Json = serde_json::from_str(&docker(folder, &words, 30)?).map_err(|error| format!("compose.yaml: {error}"))?;
    for service in compose["services"].as_object_mut().ok_or("compose.yaml has no service")?.values_mut() {
        service.as_object_mut().and_then(|service| service.remove("ports"));
    }
    Ok(compose)
}

/// How health checks read the variable that says the port, and another port in its place: one at which nobody listens.
const READ: [(&str, &str); 4] =
    [("os.Getenv(\"NAME\")", "\"9\""), ("process.env.NAME", "9"), ("$(printenv NAME)", "9"), ("int(os.environ['NAME'])", "9")];

/// The Dockerfile with another port in the lines that ask the module.
fn asked_wrongly(text: &str, module: &Module) -> Result<String, String> {
    let port = module.port.ok_or_else(|| format!("nobody knows the port of {}", module.name))?.to_string();
    let asked = |line: &str| match &module.port_variable {
        Some(name) => READ.iter().fold(line.to_owned(), |line, (read, other)| line.replace(&read.replace("NAME", name), other)),
        None => line.replace(&port, "9"),
    };
    let wrong: String = text.lines().map(|line| if line.contains("127.0.0.1") { asked(line) } else { line.to_owned() } + "\n").collect();
    if wrong == text { Err(format!("no health check asks {} at its port", module.name)) } else { Ok(wrong) }
}

/// The program answers, and its container is unhealthy all the same.
fn unhealthy(running: &Running, module: &Module) -> Result<(), String> {
    let id = running.compose(&["ps", "--quiet", &module.name], 20)?;
    let inspected = |what: &str| docker(Path::new("."), &["inspect", "--format", what, id.trim()], 20).map(|found| found.trim().to_owned());
    let address = inspected("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")?;
    let (port, path) = (module.port.unwrap_or_default(), module.health_path.as_deref().unwrap_or("/"));
    // By the name that the health check calls it: Django answers to no other.
    let words = ["--silent", "--show-error", "--fail", "--max-time", "3", "--output", "/dev/null", "--header", "Host: localhost"];
    let url = format!("http://{address}:{port}{path}");
    eventually(90, || said("curl", &[&words[..], &[&url]].concat(), Path::new("."), 10).map(drop))?;
    // Time for a check that asks where the program answers to find that out.
    thread::sleep(Duration::from_secs(5));
    eventually(60, || match inspected("{{.State.Health.Status}}")?.as_str() {
        "unhealthy" => Ok(()),
        other => Err(format!("the container of {} is {other}, not unhealthy", module.name)),
    })
}
