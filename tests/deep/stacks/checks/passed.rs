//! nginx in front of the programs of all stacks: each module is reached by its name, as itself, and is missed when it is gone.
//!
//! What depends on the file of nginx and not on the stack is asked of a few, in the same way for all: limits, and what a client claims of itself.

use serde_json::Value as Json;
use stagekit::stack::Module;

use super::{
    super::{
        ENGINE, Judge, Proof,
        entrance::{answered, expect},
        repository::{Project, Repository},
        running::Running,
    },
    alone::{alone, lines, port},
};
use crate::{operations::eventually, world::World};

pub const PASSED: Judge = Judge {
    name: "added-nginx",
    fixtures: &[],
    source: concat!(include_str!("passed.rs"), include_str!("alone.rs"), include_str!("../entrance.rs")),
    reads: &["nginx"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "passed", prove: passed }],
};

fn passed(_: &World, _: &Repository, project: &Project) -> Result<(), String> {
    let name = format!("passed-{}", project.stack.name);
    let running = alone(&project.folder, &name, &["compose.yaml", "compose.nginx.yaml"], &[])?;
    let judged = all(&running, project);
    judged.map_err(|why| format!("{why}\n{}", running.logs()))
}

fn all(running: &Running, project: &Project) -> Result<(), String> {
    running.compose(&["exec", "--no-TTY", "nginx", "nginx", "-t"], 20)?;
    let port = port(running)?;
    let listening: Vec<&Module> = project.stack.modules.iter().filter(|module| module.port.is_some()).collect();
    let first = listening.first().ok_or("no module has a port")?;
    let is_django = project.stack.framework == "django";
    for module in &listening {
        let origin = format!("http://{}.localhost:{port}", module.name);
        if is_django {
            // It knows its own names only, and those of the fixture are `localhost` and `127.0.0.1`; the compose file says so.
            expect(400, &[&origin])?;
        } else {
            reached(running, project, module, &origin)?;
        }
    }
    let origin = format!("http://localhost:{port}");
    reached(running, project, first, &origin)?;
    expect(421, &["--header", "Host: stranger.example.com", &origin])?;

    // The counter-proof: one that is stopped is not there, and nginx does not answer in its place.
    for module in &listening {
        let name = if is_django { "localhost".to_owned() } else { format!("{}.localhost", module.name) };
        running.compose(&["stop", "--timeout", "5", &module.name], 60)?;
        let asked = format!("http://{name}:{port}{}", path(project, module));
        eventually(20, || match answered(&[&asked])? {
            (502 | 504, _) => Ok(()),
            (status, answer) => Err(format!("{} is stopped, and {asked} says {status}: {answer}", module.name)),
        })?;
    }
    Ok(())
}

/// What a module is asked for: of Spring's the health is for those who run it, and what it serves begins where that lies.
fn path<'m>(project: &Project, module: &'m Module) -> &'m str {
    let health = module.health_path.as_deref().unwrap_or("/");
    if project.stack.framework == "spring-boot" { &health[..=health.find("/actuator").unwrap_or(0)] } else { health }
}

/// The module itself answers, and what it says of itself holds where it is asked.
fn reached(running: &Running, project: &Project, module: &Module, origin: &str) -> Result<(), String> {
    let asked = format!("{origin}{}", path(project, module));
    let answer = expect(200, &[&asked])?;
    let header = |name: &str| answer.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()));
    if header("x-content-type-options:").as_deref() != Some("nosniff") {
        return Err(format!("{asked} is not answered as nginx answers: {answer}"));
    }
    let request = header("x-request-id:").ok_or_else(|| format!("no request id in {answer}"))?;

    // 1. nginx has asked the module, and says so
    let mut told = Json::Null;
    eventually(10, || {
        let all = lines(running, "nginx")?;
        let line = all.iter().find(|line| line.contains(&request)).ok_or_else(|| format!("no line for {request} in {all:?}"))?;
        told = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        Ok(())
    })?;
    let upstream = told["upstream"].as_str().unwrap_or_default();
    if told["upstream_status"] != "200" || !upstream.ends_with(&format!(":{}", module.port.unwrap_or_default())) {
        return Err(format!("another than {} has answered: {told}", module.name));
    }

    // 2. a redirect leads back here
    for other in ["/css", &format!("{}/", path(project, module))] {
        let (status, answer) = answered(&[&format!("{origin}{other}")])?;
        let leads = answer.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")));
        if let Some((_, to)) = leads.filter(|(_, to)| !to.starts_with('/') && !to.starts_with(origin)) {
            return Err(format!("{origin}{other} leads away ({status}), to {to}"));
        }
    }

    // 3. who asked is known where the server believes nginx
    if ["fastapi", "starlette"].contains(&project.stack.framework.as_str()) {
        let client = format!("{}:0 - \"GET {} ", told["client"].as_str().unwrap_or_default(), path(project, module));
        let all = lines(running, &module.name)?;
        if !all.iter().any(|line| line.contains(&client)) {
            return Err(format!("`{client}` is not in {all:?}"));
        }
    }

    // 4. what is for those who run it is closed, and what is too large is not passed on
    if project.stack.framework == "spring-boot" {
        expect(404, &[&format!("{origin}/actuator/health")])?;
    }
    let large = project.folder.with_extension("large");
    std::fs::write(&large, vec![b'x'; 1_100_000]).map_err(|error| format!("{}: {error}", large.display()))?;
    expect(413, &["--data-binary", &format!("@{}", large.display()), &asked]).map(drop)
}
