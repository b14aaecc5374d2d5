//! The real `OpenSearch` takes its settings, the pipeline and the template, and a line that the running program has written is found again.
//!
//! Fluent Bit and Dashboards cannot be had without their registry, nor the plugin that deletes what is old: what carries the lines is done here in
//! their place, and the policy is refused for want of the plugin, and for nothing else.

use std::{thread, time::Duration};

use serde_json::{Value as Json, json};

use super::{
    ENGINE, Judge, Proof, altered,
    repository::{Project, Repository},
    running::Running,
};
use crate::operations::eventually;

pub const OPENSEARCH: Judge = Judge {
    name: "added-logging",
    fixtures: &["npm-express", "spring-maven"],
    source: concat!(include_str!("opensearch.rs"), include_str!("OpenSearch.java")),
    reads: &["logging-opensearch"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "opensearch", prove: |_, repository, project| kept(repository, project) }],
};

const FILES: [&str; 2] = ["compose.yaml", "compose.opensearch.yaml"];

fn kept(repository: &Repository, project: &Project) -> Result<(), String> {
    let module = project.stack.modules.first().ok_or("the stack has no module")?;
    let running = Running::up(&repository.folder, &FILES, None, &[&module.name, "opensearch"])?;
    let found = found(&running, repository, project, &module.name);
    found.map_err(|why| format!("{why}\n{}", running.logs()))
}

fn found(running: &Running, repository: &Repository, project: &Project, module: &str) -> Result<(), String> {
    let ask = |path: &str, body: Option<&str>, kind: &str| {
        let (url, header) = (format!("http://127.0.0.1:9200/{path}"), format!("Content-Type: {kind}"));
        let own = ["exec", "--no-TTY", "opensearch", "curl", "--silent", "--show-error", "--max-time", "10", "--header", &header, &url];
        let words: Vec<&str> = own.into_iter().chain(body.into_iter().flat_map(|body| ["--data-binary", body])).collect();
        let answer = running.compose(&words, 20)?;
        serde_json::from_str::<Json>(&answer).map_err(|error| format!("{error}: {answer}"))
    };
    let setup = || match running.compose(&["run", "--rm", "--no-TTY", "opensearch-setup"], 60) {
        Err(why) if why.contains("no handler found for uri [/_plugins/_ism/policies/logs] and method [PUT]") => Ok(()),
        other => Err(format!("the setup does not get as far as the plugin that is missing here: {other:?}")),
    };

    // 1. a pipeline with a step that nobody knows is refused, the right one is taken, and once more
    let pipeline = repository.folder.join("ops/opensearch/pipeline.yaml");
    altered(&pipeline, "  - script:", "  - skript:", || match setup() {
        Err(why) if why.contains("No processor type exists with name [skript]") => Ok(()),
        other => Err(format!("a step that nobody knows is taken: {other:?}")),
    })?;
    setup()?;
    setup()?;

    // 2. lines as Fluent Bit gives them: one that the container has written, and some that want to be something else
    let log = running.compose(&["logs", "--no-color", "--no-log-prefix", module], 20)?;
    let is_json = project.stack.framework == "spring-boot";
    let mut lines = log.lines().map(|line| line.trim_start_matches("\u{1b}[2K").trim()).filter(|line| !line.is_empty());
    let line = lines.rfind(|line| !is_json || line.starts_with('{')).ok_or_else(|| format!("no line to look for in: {log}"))?;
    let written = match serde_json::from_str::<Json>(line) {
        Ok(fields) if is_json => fields["message"].as_str().ok_or_else(|| format!("a line without a message: {line}"))?.to_owned(),
        _ => line.to_owned(),
    };
    let cases = [
        (line, written.as_str(), is_json.then_some("info")),
        (r#"{"level":50,"time":1764201600000,"msg":"of Node.js"}"#, "of Node.js", Some("error")),
        (r#"{"levelname":"WARNING","message":"of Python","log.logger":"root"}"#, "of Python", Some("warn")),
        (r#"{"service":{"name":"forged"},"container":1,"log":"a text","@timestamp":"today","_id":"x"}"#, "a text", None),
        ("{ no JSON", "{ no JSON", None),
    ];
    let bulk = cases.iter().map(|(line, ..)| {
        let record = json!({
            "@timestamp": "2026-01-01T00:00:00.000Z", "message": line, "stream": "stdout",
            "container_id": "0", "container_name": "/one", "compose_service": module,
        });
        format!("{{\"create\":{{}}}}\n{record}\n")
    });
    let answer = ask("logs/_bulk?refresh=true", Some(&bulk.collect::<String>()), "application/x-ndjson")?;
    if answer["errors"] != false {
        return Err(format!("lines are refused: {answer}"));
    }

    // 3. each is found, by the service that wrote it, by what it says, and by how bad it is
    for (line, message, level) in cases {
        let mut filter = vec![json!({"term": {"service.name": module}}), json!({"match_phrase": {"message": message}})];
        filter.extend(level.map(|level| json!({"term": {"log.level": level}})));
        let query = json!({"query": {"bool": {"filter": filter}}}).to_string();
        eventually(20, || {
            let answer = ask("logs/_search", Some(&query), "application/json")?;
            let mut hits = answer["hits"]["hits"].as_array().into_iter().flatten();
            let is_it = |hit: &Json| hit["_source"]["message"] == message && hit["_source"]["container"]["name"] == "/one";
            if hits.any(is_it) { Ok(()) } else { Err(format!("`{line}` is not found by {query}: {answer}")) }
        })?;
    }

    // 4. what is no stream of logs is not made, and a setting that nobody knows is refused
    let answer = ask("lgos/_doc", Some("{}"), "application/json")?;
    if !answer["error"]["reason"].as_str().is_some_and(|why| why.contains("no such index")) {
        return Err(format!("a misspelt index is made: {answer}"));
    }
    let file = repository.folder.join("ops/opensearch/opensearch.yml");
    altered(&file, "discovery.type:", "discovery.kind:", || {
        running.compose(&["up", "--detach", "--force-recreate", "--no-deps", "opensearch"], 60)?;
        for _ in 0..60 {
            thread::sleep(Duration::from_secs(1));
            if running.compose(&["logs", "--no-color", "opensearch"], 20)?.contains("unknown setting [discovery.kind]") {
                return Ok(());
            }
        }
        Err("a setting that nobody knows is taken".to_owned())
    })
}
