//! The real Loki takes its file, and a line that the running program has written is found again.
//!
//! Alloy and Grafana cannot be had without their registries: what carries the lines from the containers to Loki is done here in its place.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value as Json, json};

use super::{
    ENGINE, Judge, Proof, altered,
    repository::{Project, Repository},
    running::Running,
};
use crate::{operations::eventually, world::World};

pub const LOGGING: Judge = Judge {
    name: "added-logging",
    fixtures: &["npm-express", "spring-maven"],
    source: include_str!("logging.rs"),
    reads: &["logging"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "", prove: kept }],
};

/// For the panel that shows errors: a program that starts well writes none.
const BAD: &str = r#"{"level":"error","message":"nothing is wrong"}"#;

/// The dashboard's variables, and what they are before anybody has chosen.
const VARIABLES: [(&str, &str); 5] = [("${service:regex}", ".+"), ("$service", ".+"), ("$level", ".*"), ("$search", ""), ("$__auto", "1m")];

fn kept(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let module = project.stack.modules.first().ok_or("the stack has no module")?;
    let folder = &repository.folder;
    if !folder.join("scripts/init-env").exists() {
        // Where nothing else is secret nobody makes a password: it says that one is to be written here.
        fs::write(folder.join(".env"), "GRAFANA_PASSWORD=for-this-check-only\n").map_err(|error| format!(".env: {error}"))?;
    }
    let running = Running::up(folder, &["compose.yaml", "compose.logging.yaml"], None, &[&module.name, "loki"])?;
    let found = found(&running, repository, project, &module.name);
    found.map_err(|why| format!("{why}\n{}", running.logs()))
}

fn found(running: &Running, repository: &Repository, project: &Project, module: &str) -> Result<(), String> {
    let loki = |words: &[&str]| {
        let own = ["exec", "--no-TTY", "loki", "curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "10"];
        running.compose(&[&own, words].concat(), 20)
    };

    // 1. a line as the container has written it
    let log = running.compose(&["logs", "--no-color", "--no-log-prefix", module], 20)?;
    let is_json = project.stack.framework == "spring-boot";
    let mut lines = log.lines().map(|line| line.trim_start_matches("\u{1b}[2K").trim()).filter(|line| !line.is_empty());
    let line = lines.rfind(|line| !is_json || line.starts_with('{')).ok_or_else(|| format!("no line to look for in: {log}"))?;
    if is_json && !serde_json::from_str::<Json>(line).is_ok_and(|line| line["log"]["level"].is_string()) {
        return Err(format!("the line does not say how bad it is: {line}"));
    }

    // 2. it is found, by the labels that Alloy would give it, and by how bad it is where it says so
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_nanos();
    let pushed =
        json!({"streams": [{"stream": {"service_name": module}, "values": [[now.to_string(), line], [now.to_string(), BAD]]}]}).to_string();
    loki(&["--header", "Content-Type: application/json", "--data-raw", &pushed, "http://127.0.0.1:3100/loki/api/v1/push"])?;
    let level = if is_json { " | detected_level=\"info\"" } else { "" };
    let query = format!("query={{service_name=\"{module}\"}}{level}");
    eventually(20, || {
        let answer = loki(&["--get", "--data-urlencode", &query, "http://127.0.0.1:3100/loki/api/v1/query_range"])?;
        let answer: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        let streams = answer["data"]["result"].as_array().into_iter().flatten();
        let mut values = streams.flat_map(|stream| stream["values"].as_array().into_iter().flatten());
        if values.any(|value| value[1] == line) { Ok(()) } else { Err(format!("the line is not found: {answer}")) }
    })?;

    // 3. so do the panels of the dashboard, with what Grafana puts in for its variables while nothing is chosen
    let dashboard = repository.folder.join("ops/grafana/logs/logs.json");
    let text = fs::read_to_string(&dashboard).map_err(|error| format!("{}: {error}", dashboard.display()))?;
    let dashboard: Json = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", dashboard.display()))?;
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let asked: Vec<&str> =
        panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten()).filter_map(|t| t["expr"].as_str()).collect();
    if asked.is_empty() {
        return Err("the dashboard asks for nothing".to_owned());
    }
    for expression in asked {
        let filled = VARIABLES.iter().fold(expression.to_owned(), |text, (name, value)| text.replace(name, value));
        if filled.contains('$') {
            return Err(format!("`{filled}` has a variable that nobody knows"));
        }
        let answer = loki(&["--get", "--data-urlencode", &format!("query={filled}"), "http://127.0.0.1:3100/loki/api/v1/query_range"])?;
        let answer: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        if answer["data"]["result"].as_array().is_none_or(Vec::is_empty) {
            return Err(format!("`{filled}` finds nothing: {answer}"));
        }
    }

    // 4. the counter-proof: a setting that Loki does not know
    let verify = || {
        let words = ["run", "--rm", "--no-deps", "--no-TTY", "loki", "-verify-config", "-config.file=/etc/loki/loki.yaml"];
        running.compose(&words, 30)
    };
    verify()?;
    let file = repository.folder.join("ops/loki/loki.yaml");
    altered(&file, "retention_period:", "retention_time:", || match verify() {
        Err(why) if why.contains("retention_time") => Ok(()),
        other => Err(format!("a setting that nobody knows is taken: {other:?}")),
    })
}
