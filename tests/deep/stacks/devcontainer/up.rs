//! A dev container comes up with all that its commands install, as the user that its image is for. The project's tests pass in it, and find the servers
//! of its compose file; they fail once the program is broken.

use std::{fs, io, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;

use super::{FILE, READ, devcontainer, last_object};
use crate::{
    stacks::{
        Judge, Proof,
        checks::told::tell,
        docker,
        pipelines::broken,
        repository::{Project, Repository},
    },
    world::run as run_to_end,
};

const SOURCE: &str = concat!(include_str!("../devcontainer.rs"), include_str!("up.rs"), include_str!("../checks/told.rs"));

pub const UP: Judge = Judge {
    source: SOURCE,
    proofs: &[Proof { option: "up", prove: |_, repository, project| in_container(repository, project, || tested(project)) }],
    ..READ
};

pub const RED: Judge = Judge {
    fixtures: &["npm-express"],
    source: concat!(include_str!("../devcontainer.rs"), include_str!("up.rs"), include_str!("../pipelines.rs")),
    proofs: &[Proof {
        option: "red",
        prove: |_, repository, project| {
            in_container(repository, project, || {
                broken(repository, |says| match tested(project) {
                    Err(why) if why.contains(says) => Ok(()),
                    other => Err(format!("the program is broken, and its tests end with {other:?}")),
                })
            })
        },
    }],
    ..READ
};

/// Brings it up, does it, and takes everything down again.
fn in_container(repository: &Repository, project: &Project, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    tell(repository, project)?;
    let folder = &project.folder;
    stand_in(folder)?;
    // The user of the image has the number of most people's first account; whoever verifies may be root.
    run_to_end(Command::new("chown").args(["-R", "1000:1000", "."]).current_dir(&repository.folder), Duration::from_secs(30))?
        .ok("chown")?;
    let done = up(folder).and_then(|()| work());
    let name = format!("{}-dev", project.stack.name);
    docker(folder, &["compose", "--project-name", &name, "down", "--volumes", "--remove-orphans", "--timeout", "2"], 60)?;
    done
}

fn up(folder: &Path) -> Result<(), String> {
    // The engine's own frontend knows all that is written for features; one that is named would have to be fetched.
    let said = devcontainer(folder, &["up", "--mount-workspace-git-root", "false", "--omit-syntax-directive"], 900)?;
    let up = last_object(&said)?;
    if up["outcome"] == "success" && up["remoteUser"] != "root" { Ok(()) } else { Err(format!("it has come up as {up}")) }
}

/// What has no tests shows that it is there.
fn tested(project: &Project) -> Result<(), String> {
    let command: Vec<&str> = match &project.stack.test {
        Some(test) => test.command.iter().map(String::as_str).collect(),
        None => vec!["test", "-f", FILE],
    };
    devcontainer(&project.folder, &[&["exec"], &command[..]].concat(), 900).map(drop)
}

/// The feature that Java's containers have, which can only be had from a registry.
const JAVA: &str = "ghcr.io/devcontainers/features/java:1";

/// As a stand-in takes its options.
const OPTIONS: &str = r#"{
  "id": "java",
  "name": "a stand-in",
  "version": "1.0.0",
  "options": {
    "version": { "type": "string", "default": "latest" },
    "installMaven": { "type": "boolean", "default": false },
    "mavenVersion": { "type": "string", "default": "latest" }
  }
}"#;

/// It installs no Java where none is asked for, and the Maven that is.
const INSTALL: &str = r#"set -e
[ "$VERSION" = none ] && [ "$INSTALLMAVEN" = true ]
tar -xzf "apache-maven-$MAVENVERSION-bin.tar.gz" -C /opt
ln -s "/opt/apache-maven-$MAVENVERSION/bin/mvn" /usr/local/bin/mvn
"#;

/// Writes a stand-in for the feature beside the file, where it names one.
fn stand_in(folder: &Path) -> Result<(), String> {
    let path = folder.join(FILE);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(failed)?;
    let written: Json = serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    let Some(version) = written["features"][JAVA]["mavenVersion"].as_str() else { return Ok(()) };
    eprintln!("   stand-in for {JAVA}");

    let feature = path.with_file_name("java");
    fs::create_dir_all(&feature)
        .and_then(|()| fs::write(feature.join("devcontainer-feature.json"), OPTIONS))
        .and_then(|()| fs::write(feature.join("install.sh"), INSTALL))
        .and_then(|()| fs::write(&path, text.replace(JAVA, "./java")))
        .map_err(failed)?;
    let artifact = format!("-Dartifact=org.apache.maven:apache-maven:{version}:tar.gz:bin");
    let copy = ["-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy", &artifact, "-DoutputDirectory=."];
    run_to_end(Command::new("mvn").args(copy).current_dir(&feature), Duration::from_secs(300))?.ok("mvn dependency:copy").map(drop)
}
