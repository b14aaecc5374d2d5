//! The workflow is executed by act, the job of GitLab by gitlab-ci-local in containers of the images that it names: green, and red once a test is broken.

use std::{process::Command, time::Duration};

use super::{
    ENGINE, Judge, Proof, altered,
    repository::{Project, Repository},
};
use crate::{
    act::{Servers, act, ended, stubs},
    world::{Ran, World, run as run_to_end, tail},
};

/// What a fixture's program does wrong when its test is to be red, and what the test then says.
struct Fault {
    fixture: &'static str,
    file: &'static str,
    found: &'static str,
    wrong: &'static str,
    says: &'static str,
}

const FAULTS: [Fault; 4] = [
    Fault { fixture: "npm-express", file: "src/app.js", found: "status(409)", wrong: "status(410)", says: "a name is taken once" },
    Fault { fixture: "pip-redis", file: "jobqueue/__init__.py", found: ".rpop(", wrong: ".lpop(", says: "test_first_in_first_out" },
    Fault { fixture: "go-http", file: "clock.go", found: "Format(time.RFC3339)", wrong: "Format(time.RFC1123)", says: "--- FAIL" },
    Fault {
        fixture: "plain-maven",
        file: "src/main/java/com/acme/echo/EchoServer.java",
        found: "\"ok\\n\"",
        wrong: "\"no\\n\"",
        says: "isHealthy",
    },
];

/// Breaks the program, does it, and mends the program.
pub fn broken(repository: &Repository, work: impl FnOnce(&str) -> Result<(), String>) -> Result<(), String> {
    let fault = FAULTS.iter().find(|fault| fault.fixture == repository.name).ok_or("nobody knows how to break it")?;
    altered(&repository.folder.join(fault.file), fault.found, fault.wrong, || work(fault.says))
}

pub const WORKFLOW: Judge = Judge {
    name: "added-workflow",
    fixtures: &["go-http", "npm-express", "pip-redis", "plain-maven"],
    source: concat!(include_str!("pipelines.rs"), include_str!("../act.rs")),
    reads: &["github-actions"],
    needs: &[ENGINE, &["act", "--version"]],
    proofs: &[
        Proof { option: "green", prove: |world, repository, project| executed(world, repository, project, None) },
        Proof {
            option: "red",
            prove: |world, repository, project| broken(repository, |says| executed(world, repository, project, Some(says))),
        },
    ],
};

/// The job `test`; where it is green, the image's too.
fn executed(world: &World, repository: &Repository, project: &Project, red: Option<&str>) -> Result<(), String> {
    let file = workflow_of(project);
    let path = repository.folder.join(&file);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let stubs = stubs(world, &text)?;
    // What a job installs for itself would stay on the machine, which is the runner here.
    let installed = format!("PYTHONUSERBASE={}", repository.folder.with_extension("user").display());
    let own = ["--workflows", &file, "--env", "PIP_USER=1", "--env", "PIP_BREAK_SYSTEM_PACKAGES=1", "--env", &installed];
    let job = |name: &'static str, red| ended(act(world, &repository.folder, &stubs, &[&own[..], &["--job", name]].concat())?, red);
    let servers = Servers::start(&path)?;
    let tested = job("test", red);
    drop(servers);
    if tested.is_err() || red.is_some() || repository.name == "go-http" {
        // Its image is built from scratch by `added`.
        return tested;
    }
    altered(&path, "    needs: test\n", "", || job("image", None))
}

/// Where the workflow of a project is.
pub fn workflow_of(project: &Project) -> String {
    let name = if project.directory == "." { "ci" } else { &project.directory.replace('/', "-") };
    format!(".github/workflows/{name}.yml")
}

/// The image that files are copied in and out with, and the one that waits for a server: those of the program itself cannot be had.
pub const HELPER: &str = "deep/gitlab-helper:1";
pub const WAITER: &str = "deep/gitlab-wait:1";

pub const GITLAB: Judge = Judge {
    name: "added-gitlab",
    fixtures: &["npm-express", "pip-redis", "plain-maven"],
    source: include_str!("pipelines.rs"),
    reads: &["gitlab-ci"],
    needs: &[ENGINE, &["gitlab-ci-local", "--version"], &["rsync", "--version"]],
    proofs: &[
        Proof { option: "green", prove: |_, repository, project| ended_as(&job(repository, project)?, None) },
        Proof {
            option: "red",
            prove: |_, repository, project| broken(repository, |says| ended_as(&job(repository, project)?, Some(says))),
        },
    ],
};

/// The job `test` in a container of its own image. The image's job wants a daemon within a container, and its image; `added` does what it does.
pub fn job(repository: &Repository, project: &Project) -> Result<Ran, String> {
    let name = if project.directory == "." { "test" } else { &format!("{} test", project.directory) };
    let mut words = vec!["--pull-policy", "if-not-present", "--helper-image", HELPER, "--wait-image", WAITER, "--color", "false"];
    // The Python of the stand-in is Debian's, which wants to be left alone; that of the public image is not.
    words.extend(["--variable", "PIP_BREAK_SYSTEM_PACKAGES=1"]);
    // Nothing was pushed that a rule could compare with.
    words.extend(["--evaluate-rule-changes", "false", name]);
    run_to_end(Command::new("gitlab-ci-local").args(words).current_dir(&repository.folder), Duration::from_secs(600))
}

fn ended_as(ran: &Ran, red: Option<&str>) -> Result<(), String> {
    match (ran.status.success(), red) {
        (true, None) if ran.output.contains("PASS") => Ok(()),
        (false, Some(says)) if ran.output.contains(says) && ran.output.contains("FAIL") => Ok(()),
        (succeeded, _) => Err(format!("the job is {}\n{}", if succeeded { "green" } else { "red" }, tail(&ran.output, 60))),
    }
}
