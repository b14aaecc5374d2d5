//! Poetry's image, whose build is told more than others are: it asks an index for the JSON of each release, and a mirror need not have that.
//!
//! What is asked of the running image is what the others are asked. That the files are sound is looked at in `added`.

use super::super::{
    Judge, Proof, altered,
    cluster::KUBERNETES,
    health::HEALTH,
    metrics::MONITORING,
    repository::{Project, Repository},
};
use super::passed::PASSED;
use crate::world::World;

/// The index that pip takes packages from, for a plugin that reads the same pages.
const TOLD: &str = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt \
    POETRY_PYPI_MIRROR_URL=\"$(python -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')\"";

type Prove = fn(&World, &Repository, &Project) -> Result<(), String>;

pub fn health() -> Judge {
    of(HEALTH, |world, repository, project| told(world, repository, project, &HEALTH))
}

pub fn kubernetes() -> Judge {
    of(KUBERNETES, |world, repository, project| told(world, repository, project, &KUBERNETES))
}

pub fn monitoring() -> Judge {
    of(MONITORING, |world, repository, project| told(world, repository, project, &MONITORING))
}

pub fn nginx() -> Judge {
    of(PASSED, |world, repository, project| told(world, repository, project, &PASSED))
}

fn of(judge: Judge, prove: Prove) -> Judge {
    let option = judge.proofs.first().map_or("", |proof| proof.option);
    Judge {
        fixtures: &["poetry-fastapi"],
        source: [include_str!("poetry.rs"), judge.source].concat().leak(),
        proofs: vec![Proof { option, prove }].leak(),
        ..judge
    }
}

/// Proves what the judge does while the Dockerfile says what Poetry has to know here.
fn told(world: &World, repository: &Repository, project: &Project, judge: &Judge) -> Result<(), String> {
    let file = project.folder.join("Dockerfile");
    altered(&file, " poetry==", " poetry-plugin-pypi-mirror poetry==", || {
        altered(&file, "/poetry/bin/poetry install", &format!("{TOLD} /poetry/bin/poetry install"), || {
            judge.proofs.iter().try_for_each(|proof| (proof.prove)(world, repository, project))
        })
    })
}
