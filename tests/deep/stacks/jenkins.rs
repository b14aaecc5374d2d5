//! The Jenkinsfile, done by `Pipeline.groovy` as Jenkins would: its scripts run in containers of the images that it names. Green, and red once a
//! test is broken; what Jenkins would refuse is refused.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    ENGINE, Judge, Proof, altered,
    pipelines::broken,
    repository::{Project, Repository},
};
use crate::world::{Ran, World, run as run_to_end, tail};

pub const JENKINS: Judge = Judge {
    name: "added-jenkins",
    fixtures: &["npm-express", "pip-redis", "plain-maven"],
    source: concat!(include_str!("jenkins.rs"), include_str!("Pipeline.groovy"), include_str!("pipelines.rs")),
    reads: &["jenkins"],
    needs: &[ENGINE, &["java", "-version"], &["mvn", "--version"]],
    proofs: &[
        Proof {
            option: "green",
            prove: |world, repository, project| match done(world, repository, project, &[])? {
                ran if ran.status.success() && ran.output.contains("Finished: SUCCESS") => Ok(()),
                ran => Err(format!("it is not green\n{}", tail(&ran.output, 60))),
            },
        },
        Proof {
            option: "red",
            prove: |world, repository, project| {
                broken(repository, |says| match done(world, repository, project, &[])? {
                    ran if ran.status.code() == Some(1) && ran.output.contains(says) => Ok(()),
                    ran => Err(format!("it is not red because of `{says}`\n{}", tail(&ran.output, 60))),
                })
            },
        },
    ],
};

pub const REFUSED: Judge = Judge { fixtures: &["npm-express"], proofs: &[Proof { option: "refused", prove: refused }], ..JENKINS };

/// Groovy's compiler, which Jenkins reads its files with.
const GROOVY: &str = "org.apache.groovy:groovy:5.1.3";

fn groovy(world: &World) -> Result<PathBuf, String> {
    let folder = world.folder.join("groovy");
    let [_, name, version] = GROOVY.split(':').collect::<Vec<_>>()[..] else { return Err(format!("`{GROOVY}` is no artifact")) };
    let jar = folder.join(format!("{name}-{version}.jar"));
    if !jar.exists() {
        let words = ["-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy", &format!("-Dartifact={GROOVY}")];
        let into = format!("-DoutputDirectory={}", folder.display());
        run_to_end(Command::new("mvn").args(words).arg(into).current_dir(&world.folder), Duration::from_secs(300))?
            .ok("mvn dependency:copy")?;
    }
    Ok(jar)
}

/// All stages, or those that are named. The image is built from what `added` has built.
pub fn done(world: &World, repository: &Repository, project: &Project, stages: &[&str]) -> Result<Ran, String> {
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deep/stacks/Pipeline.groovy");
    let mut command = Command::new("java");
    command
        .arg("-cp")
        .arg(groovy(world)?)
        .arg("groovy.ui.GroovyMain")
        .arg(pipeline)
        .arg(project.folder.join("Jenkinsfile"))
        .arg(".")
        .args(stages)
        .current_dir(&repository.folder);
    // The Python of the stand-in is Debian's, which wants to be left alone; that of the public image is not.
    run_to_end(command.env("PIP_BREAK_SYSTEM_PACKAGES", "1"), Duration::from_secs(900))
}

/// A word that Jenkins does not know, one in the wrong place, one that is missing, and a name that nobody has set.
fn refused(world: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let cases = [
        ("    agent none\n", "", "a pipeline says its agent"),
        ("disableConcurrentBuilds()", "disableConcurrentBuild()", "`disableConcurrentBuild` does not belong into options"),
        ("                axes {", "                axis {", "`axis` does not belong into"),
        ("${VERSION}", "${VERSIO}", "nothing is called `VERSIO`"),
        ("pipeline {", "pipeline {{", "Jenkinsfile:"),
    ];
    for (found, other, says) in cases {
        altered(&project.folder.join("Jenkinsfile"), found, other, || match done(world, repository, project, &[])? {
            ran if ran.status.code() == Some(2) && ran.output.contains(says) => Ok(()),
            ran => Err(format!("`{other}` for `{found}` is not refused with `{says}`\n{}", tail(&ran.output, 20))),
        })?;
    }
    Ok(())
}
