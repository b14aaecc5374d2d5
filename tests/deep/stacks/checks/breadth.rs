//! The pipelines of the other stacks: that their tests run, and are green. That a broken one reddens them is shown of a few, in the same way for all.

use std::{fs, path::Path, process::Command, time::Duration};

use super::{
    super::{
        ENGINE, Judge, Proof, jenkins, pipelines,
        repository::{Project, Repository},
    },
    told::tell,
};
use crate::{
    act::{Servers, act, ended, stubs},
    world::{World, run as run_to_end, tail},
};

/// All whose tests are not run elsewhere, but those of Gradle, which cannot be had here.
pub const WORKFLOW: Judge = Judge {
    name: "added-workflow",
    fixtures: &[
        "cargo-axum",
        "cargo-http",
        "django-postgres",
        "go-redis",
        "maven-libraries",
        "maven-redis",
        "monorepo",
        "next-app",
        "npm-plain",
        "npm-workspace",
        "pip-flask",
        "pipenv-flask",
        "pnpm-fastify",
        "poetry-fastapi",
        "spring-2",
        "spring-maven",
        "spring-multi",
        "uv-fastapi",
        "yarn-express",
    ],
    source: concat!(include_str!("breadth.rs"), include_str!("told.rs"), include_str!("../../act.rs")),
    reads: &["github-actions"],
    needs: &[ENGINE, &["act", "--version"]],
    proofs: &[Proof { option: "tests", prove: executed }],
};

/// Those whose images can be had: the same, and one more, whose workflow is executed elsewhere.
const IN_CONTAINERS: &[&str] = &[
    "cargo-axum",
    "cargo-http",
    "django-postgres",
    "go-http",
    "go-redis",
    "maven-libraries",
    "maven-redis",
    "monorepo",
    "next-app",
    "npm-plain",
    "npm-workspace",
    "pip-flask",
    "pipenv-flask",
    "pnpm-fastify",
    "poetry-fastapi",
    "spring-2",
    "spring-maven",
    "spring-multi",
    "uv-fastapi",
    "yarn-express",
];

pub const GITLAB: Judge = Judge {
    name: "added-gitlab",
    fixtures: IN_CONTAINERS,
    source: concat!(include_str!("breadth.rs"), include_str!("told.rs"), include_str!("../pipelines.rs")),
    reads: &["gitlab-ci"],
    needs: &[ENGINE, &["gitlab-ci-local", "--version"], &["rsync", "--version"]],
    proofs: &[Proof {
        option: "tests",
        prove: |_, repository, project| {
            tell(repository, project)?;
            match pipelines::job(repository, project)? {
                ran if ran.status.success() && ran.output.contains("PASS") => Ok(()),
                ran => Err(format!("the job is red\n{}", tail(&ran.output, 60))),
            }
        },
    }],
};

pub const JENKINS: Judge = Judge {
    name: "added-jenkins",
    fixtures: IN_CONTAINERS,
    source: concat!(include_str!("breadth.rs"), include_str!("told.rs"), include_str!("../jenkins.rs"), include_str!("../Pipeline.groovy")),
    reads: &["jenkins"],
    needs: jenkins::JENKINS.needs,
    proofs: &[Proof {
        option: "tests",
        prove: |world, repository, project| {
            tell(repository, project)?;
            match jenkins::done(world, repository, project, &["Test"])? {
                ran if ran.status.success() && ran.output.contains("Finished: SUCCESS") => Ok(()),
                ran => Err(format!("the stage is red\n{}", tail(&ran.output, 60))),
            }
        },
    }],
};

fn executed(world: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    tell(repository, project)?;
    let file = pipelines::workflow_of(project);
    let path = repository.folder.join(&file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let stubs = stubs(world, &text)?;
    // What a job installs for itself would stay on the machine, which is the runner here.
    let own = repository.folder.with_extension("user");
    let mut variables = vec![
        "PIP_USER=1".to_owned(),
        "PIP_BREAK_SYSTEM_PACKAGES=1".to_owned(),
        format!("PYTHONUSERBASE={}", own.display()),
        // What a mirror hands out is not signed.
        "COREPACK_INTEGRITY_KEYS=0".to_owned(),
    ];
    if text.contains("pipx install") {
        variables.extend(with_pipx(world, &own)?);
    }
    let variables = variables.iter().flat_map(|variable| ["--env", variable]);
    let words: Vec<&str> = ["--workflows", &file, "--job", "test"].into_iter().chain(variables).collect();
    let servers = Servers::start(&path)?;
    let done = act(world, &repository.folder, &stubs, &words);
    drop(servers);
    ended(done?, None)
}

/// What GitHub's runner has, in the version that this was written with.
const PIPX: &str = "pipx==1.9.0";

/// The variables by which pipx is there, and what it installs is found: all of it in a folder.
fn with_pipx(world: &World, own: &Path) -> Result<[String; 5], String> {
    let tools = world.folder.join("pipx");
    if !tools.join("bin/pipx").exists() {
        let limit = Duration::from_secs(300);
        run_to_end(Command::new("python3").args(["-m", "venv"]).arg(&tools), limit)?.ok("python3 -m venv")?;
        run_to_end(Command::new(tools.join("bin/pip")).args(["install", "--quiet", PIPX]), limit)?.ok("pip install")?;
    }
    let path = std::env::var("PATH").map_err(|error| error.to_string())?;
    let (tools, own) = (tools.display(), own.display());
    Ok([
        format!("PATH={own}/bin:{tools}/bin:{path}"),
        format!("PIPX_BIN_DIR={own}/bin"),
        format!("PIPX_HOME={own}/pipx"),
        format!("POETRY_VIRTUALENVS_PATH={own}/environments"),
        format!("WORKON_HOME={own}/environments"),
    ])
}
