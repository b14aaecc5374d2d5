//! The dev container's file is what the command line of dev containers reads; where its image can be stood in for, it is brought up and the tests run in it.

mod up;

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;

use self::up::{RED, UP};
use super::{
    ENGINE, Judge, Proof, docker,
    repository::{Project, Repository},
};
use crate::world::{World, run as run_to_end};

pub const JUDGES: [Judge; 5] = [READ, Judge { fixtures: &NOT_STARTED, ..READ }, UP, Judge { fixtures: &["poetry-fastapi"], ..UP }, RED];

/// What other checks start nothing of has a dev container all the same.
const NOT_STARTED: [&str; 3] = ["gradle-groovy", "gradle-kotlin", "poetry-fastapi"];

const READ: Judge = Judge {
    name: "added-devcontainer",
    fixtures: &[],
    source: include_str!("devcontainer.rs"),
    reads: &["devcontainer"],
    needs: &[ENGINE, &["devcontainer", "--version"]],
    proofs: &[Proof { option: "read", prove: read }],
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

fn read(_: &World, _: &Repository, project: &Project) -> Result<(), String> {
    let folder = &project.folder;
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
    let config = docker(folder, &["compose", "--file", ".devcontainer/compose.yaml", "config", "--format", "json"], 30)?;
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
    let said = devcontainer(folder, &["read-configuration"], 60)?;
    let read = last_object(&said)?;
    for (name, value) in written.as_object().into_iter().flatten().filter(|(name, _)| *name != "remoteEnv") {
        if read["configuration"][name] != *value {
            return Err(format!("`{name}` is {value}, and is read as {}", read["configuration"][name]));
        }
    }

    // The counter-proof: without a service the program has no container to go to.
    let path = folder.join(FILE);
    super::altered(&path, "\"dockerComposeFile\": \"compose.yaml\"", "\"dockerComposeFile\": \"gone.yaml\"", || {
        match devcontainer(folder, &["up"], 60) {
            Err(why) if why.contains("gone.yaml") => Ok(()),
            other => Err(format!("a compose file that is not there is taken: {other:?}")),
        }
    })
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
