//! The health check of an image notices: asked at a port that is not the program's, the container is unhealthy.

use std::path::Path;

use super::{
    ENGINE, Judge, Proof, altered, docker,
    repository::{Project, Repository},
};
use crate::{operations::eventually, world::World};

pub const HEALTH: Judge = Judge {
    name: "added-health",
    fixtures: &["go-http", "npm-express", "pip-flask", "plain-maven", "static-site"],
    source: include_str!("health.rs"),
    reads: &[],
    needs: &[ENGINE],
    proofs: &[Proof { option: "", prove: noticed }],
};

/// Where the Dockerfile of a fixture says which port is asked, and what it is to say instead.
const PORTS: [(&str, &str, &str); 5] = [
    ("go-http", "os.Getenv(\"PORT\")", "\"9\""),
    ("npm-express", "port: process.env.PORT", "port: 9"),
    ("pip-flask", "'127.0.0.1', 8000", "'127.0.0.1', 9"),
    ("plain-maven", "/127.0.0.1/$(printenv PORT)", "/127.0.0.1/9"),
    ("static-site", "http://127.0.0.1:8080/", "http://127.0.0.1:9/"),
];

fn noticed(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let module = project.stack.modules.first().ok_or("the stack has no module")?;
    let (target, tag) = (format!("run-{}", module.name), format!("deep-health-{}", repository.name));
    let build = || {
        let words = ["build", "--quiet", "--pull=false", "--target", &target, "--tag", &tag, "."];
        docker(&repository.folder, &words, 600)
    };
    build()?;
    becomes(&tag, "healthy", &[])?;
    let (_, port, wrong) = PORTS.iter().find(|(name, ..)| *name == repository.name).ok_or("nobody knows where the port stands")?;
    altered(&repository.folder.join("Dockerfile"), port, wrong, || {
        build()?;
        // As the image says it, but sooner.
        becomes(&tag, "unhealthy", &["--health-interval", "1s", "--health-start-period", "1s"])
    })
}

/// A container that is removed in the end.
struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker(Path::new("."), &["rm", "--force", "--volumes", &self.0], 30);
    }
}

fn becomes(image: &str, health: &str, more: &[&str]) -> Result<(), String> {
    let words = ["run", "--detach", "--init", "--pull", "never", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"];
    let id = docker(Path::new("."), &[&words, more, &[image]].concat(), 30)?;
    let container = Container(id.trim().to_owned());
    eventually(60, || match docker(Path::new("."), &["inspect", "--format", "{{.State.Health.Status}}", &container.0], 20)?.trim() {
        known if known == health => Ok(()),
        other => Err(format!("the container is {other}, not {health}")),
    })
}
