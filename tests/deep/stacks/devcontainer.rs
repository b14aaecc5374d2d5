//! The dev container's file is what the command line of dev containers reads; where its image can be stood in for, it is brought up and the tests run in it.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;

use super::{
    ENGINE, Judge, Proof, docker,
    repository::{Project, Repository},
};
use crate::world::{World, run as run_to_end};

pub const DEVCONTAINER: Judge = Judge {
    name: "added-devcontainer",
    fixtures: &[
        "cargo-axum",
        "django-postgres",
        "go-redis",
        "gradle-kotlin",
        "monorepo",
        "npm-express",
        "pip-redis",
        "plain-maven",
        "spring-maven",
        "static-site",
    ],
    source: include_str!("devcontainer.rs"),
    reads: &["devcontainer"],
    needs: &[ENGINE, &["devcontainer", "--version"]],
    proofs: &[Proof { option: "read", prove: read }],
};

pub const BROUGHT_UP: Judge = Judge {
    name: "added-devcontainer",
    fixtures: &["npm-express", "pip-flask"],
    proofs: &[Proof { option: "up", prove: brought_up }],
    ..DEVCONTAINER
};

const FILE: &str = ".devcontainer/devcontainer.json";

/// A name, and whether a value can stand for it.
type Property = (&'static str, fn(&Json) -> bool);

/// The properties of a dev container by compose that features write, and what each is. No package has the schema itself; the names and types are those of
/// <https://containers.dev/implementors/json_reference/>.
const PROPERTIES: [Property; 12] = [
    ("name", Json::is_string),
    ("dockerComposeFile", Json::is_string),
    ("service", Json::is_string),
    ("workspaceFolder", |value| value.as_str().is_some_and(|path| path.starts_with('/'))),
    ("features", |value| value.as_object().is_some_and(|all| all.iter().all(|(name, options)| name.contains('/') && options.is_object()))),
    ("remoteEnv", |value| value.as_object().is_some_and(|all| all.values().all(Json::is_string))),
    ("forwardPorts", Json::is_array),
    ("onCreateCommand", Json::is_string),
    ("postCreateCommand", Json::is_string),
    ("customizations", Json::is_object),
    ("shutdownAction", |value| matches!(value.as_str(), Some("none" | "stopCompose"))),
    ("$schema", Json::is_string),
];

fn read(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let folder = repository.folder.join(&project.directory);
    let text = fs::read_to_string(folder.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    let written: Json = serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    for (name, value) in written.as_object().ok_or("it is no object")? {
        match PROPERTIES.iter().find(|(known, _)| known == name) {
            None => return Err(format!("{FILE}: nobody knows `{name}`")),
            Some((_, is)) if !is(value) => return Err(format!("{FILE}: `{name}` cannot be {value}")),
            Some(_) => {}
        }
    }

    // What it names of its compose file is there.
    let config = docker(&folder, &["compose", "--file", ".devcontainer/compose.yaml", "config", "--format", "json"], 30)?;
    let services: Json = serde_json::from_str(&config).map_err(|error| error.to_string())?;
    let has = |service: &str| services["services"][service].is_object();
    if !written["service"].as_str().is_some_and(has) {
        return Err(format!("the compose file has no service {}", written["service"]));
    }
    for port in written["forwardPorts"].as_array().into_iter().flatten() {
        let is_there = port.is_u64()
            || port
                .as_str()
                .and_then(|port| port.split_once(':'))
                .is_some_and(|(service, port)| has(service) && port.parse::<u16>().is_ok());
        if !is_there {
            return Err(format!("the port {port} is nobody's"));
        }
    }

    // The program reads the same, with its variables filled in.
    let said = devcontainer(&folder, &["read-configuration"], 60)?;
    let read = last_object(&said)?;
    for (name, value) in written.as_object().into_iter().flatten().filter(|(name, _)| *name != "remoteEnv") {
        if read["configuration"][name] != *value {
            return Err(format!("`{name}` is {value}, and is read as {}", read["configuration"][name]));
        }
    }

    // The counter-proof: without a service the program has no container to go to.
    let path = folder.join(FILE);
    super::altered(&path, "\"dockerComposeFile\": \"compose.yaml\"", "\"dockerComposeFile\": \"gone.yaml\"", || {
        match devcontainer(&folder, &["up"], 60) {
            Err(why) if why.contains("gone.yaml") => Ok(()),
            other => Err(format!("a compose file that is not there is taken: {other:?}")),
        }
    })
}

/// It comes up with all that its commands install, as the user that the image is for, and the project's tests pass in it.
fn brought_up(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let folder = &repository.folder;
    // The user of the image has the number of most people's first account; whoever verifies may be root.
    run_to_end(Command::new("chown").args(["-R", "1000:1000", "."]).current_dir(folder), Duration::from_secs(30))?.ok("chown")?;
    let up = devcontainer(folder, &["up", "--mount-workspace-git-root", "false"], 400).and_then(|said| {
        let up = last_object(&said)?;
        if up["outcome"] != "success" || up["remoteUser"] == "root" {
            return Err(format!("it has come up as {up}"));
        }
        let command = &project.stack.test.as_ref().ok_or("nobody knows how it is tested")?.command;
        let python = ["sh", "-c", "exec ~/venv/bin/python \"$@\""];
        let words: Vec<&str> = match command.first().map(String::as_str) {
            // In a terminal of the editor the environment is on the path.
            Some("python") => python.into_iter().chain(command.iter().map(String::as_str)).collect(),
            _ => command.iter().map(String::as_str).collect(),
        };
        devcontainer(folder, &[&["exec"], &words[..]].concat(), 200).map(drop)
    });
    let name = format!("{}-dev", project.stack.name);
    docker(folder, &["compose", "--project-name", &name, "down", "--volumes", "--remove-orphans", "--timeout", "2"], 60)?;
    up
}

fn devcontainer(folder: &Path, words: &[&str], seconds: u64) -> Result<String, String> {
    let (command, rest) = words.split_first().ok_or("no command")?;
    let mut run = Command::new("devcontainer");
    run.args([command, "--workspace-folder", "."]).args(rest).current_dir(folder);
    run_to_end(&mut run, Duration::from_secs(seconds))?.ok(&format!("devcontainer {}", words.join(" ")))
}

/// What the program answers, between what it tells.
fn last_object(said: &str) -> Result<Json, String> {
    let line = said.lines().rev().find(|line| line.starts_with('{')).ok_or_else(|| format!("no answer: {said}"))?;
    serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))
}
