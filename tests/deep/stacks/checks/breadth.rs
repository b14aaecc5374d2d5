//! The pipelines of the other stacks: that their tests run, and are green. That a broken one reddens them is shown of a few, in the same way for all.

use std::fs;

use super::super::{
    ENGINE, Judge, Proof, jenkins, pipelines,
    repository::{Project, Repository},
};
use crate::{
    act::{Servers, act, ended, stubs},
    world::{World, tail},
};

/// All but those of Gradle, which cannot be had here, and those whose tool is installed with pipx: that wants a folder on the runner's path.
pub const WORKFLOW: Judge = Judge {
    name: "added-workflow",
    fixtures: &[
        "cargo-axum",
        "cargo-http",
        "django-postgres",
        "go-redis",
        "maven-libraries",
        "maven-redis",
        "next-app",
        "npm-plain",
        "npm-workspace",
        "pip-flask",
        "pnpm-fastify",
        "spring-2",
        "spring-maven",
        "spring-multi",
        "yarn-express",
    ],
    source: concat!(include_str!("breadth.rs"), include_str!("../../act.rs")),
    reads: &["github-actions"],
    needs: &[ENGINE, &["act", "--version"]],
    proofs: &[Proof { option: "tests", prove: executed }],
};

/// Those whose images can be had, with all that they need in them. The stand-in for Python's is Debian's, in which Pipenv finds no Python.
const IN_CONTAINERS: &[&str] = &[
    "django-postgres",
    "go-redis",
    "maven-libraries",
    "maven-redis",
    "next-app",
    "npm-plain",
    "npm-workspace",
    "pip-flask",
    "spring-2",
    "spring-maven",
    "spring-multi",
];

pub const GITLAB: Judge = Judge {
    name: "added-gitlab",
    fixtures: IN_CONTAINERS,
    source: concat!(include_str!("breadth.rs"), include_str!("../pipelines.rs")),
    reads: &["gitlab-ci"],
    needs: &[ENGINE, &["gitlab-ci-local", "--version"], &["rsync", "--version"]],
    proofs: &[Proof {
        option: "tests",
        prove: |_, repository, _| match pipelines::job(&repository.folder)? {
            ran if ran.status.success() && ran.output.contains("PASS") => Ok(()),
            ran => Err(format!("the job is red\n{}", tail(&ran.output, 60))),
        },
    }],
};

pub const JENKINS: Judge = Judge {
    name: "added-jenkins",
    fixtures: IN_CONTAINERS,
    source: concat!(include_str!("breadth.rs"), include_str!("../jenkins.rs"), include_str!("../Pipeline.groovy")),
    reads: &["jenkins"],
    needs: jenkins::JENKINS.needs,
    proofs: &[Proof {
        option: "tests",
        prove: |world, repository, _| match jenkins::done(world, &repository.folder, &["Test"])? {
            ran if ran.status.success() && ran.output.contains("Finished: SUCCESS") => Ok(()),
            ran => Err(format!("the stage is red\n{}", tail(&ran.output, 60))),
        },
    }],
};

fn executed(world: &World, repository: &Repository, _: &Project) -> Result<(), String> {
    const FILE: &str = ".github/workflows/ci.yml";
    let path = repository.folder.join(FILE);
    let stubs = stubs(world, &fs::read_to_string(&path).map_err(|error| format!("{FILE}: {error}"))?)?;
    // What a job installs for itself would stay on the machine, which is the runner here.
    let installed = format!("PYTHONUSERBASE={}", repository.folder.with_extension("user").display());
    let own = ["--workflows", FILE, "--env", "PIP_USER=1", "--env", "PIP_BREAK_SYSTEM_PACKAGES=1", "--env", &installed];
    // What a mirror hands out is not signed.
    let own = [&own[..], &["--env", "COREPACK_INTEGRITY_KEYS=0", "--job", "test"]].concat();
    let servers = Servers::start(&path)?;
    let done = act(world, &repository.folder, &stubs, &own);
    drop(servers);
    ended(done?, None)
}
