//! A real Prometheus scrapes the running service: its rules pass their tests, every metric that a rule or a dashboard names exists, traces arrive.

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Duration};

use serde_json::Value as Json;

use super::{Site, docker, eventually, get, proven, said, secrets, solutions};
use crate::{
    arguments::Arguments,
    outcome::Row,
    world::{World, run as run_to_end},
};

const PROMETHEUS: &str = "http://127.0.0.1:9090";

/// One that the verification has anyway, for the kits in Python.
const PYTHON: &str = "python:3.14-slim-trixie";

/// Takes traces as Jaeger does, and says what came. There is no Jaeger and no Grafana without their registries: their files are looked at, not run.
const RECEIVER: &str = r#"
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print(self.path, body.decode("latin-1").encode("unicode_escape").decode())
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("", 4318), Receiver).serve_forever()
"#;

/// What a proof depends on besides the files.
pub const SOURCE: &str = include_str!("monitoring.rs");

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut found = solutions(world, arguments, "monitoring");
    // The databases differ in one alert's runbook only.
    found.dedup_by_key(|cell| cell.kit.clone());
    let mut rows = Vec::new();
    for cell in found {
        rows.push(match world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            Err(why) => Row::skipped("monitoring", &cell.kit, cell.option(), why),
            Ok(_) => proven(world, "monitoring", &cell, &[SOURCE], watched),
        });
    }
    rows
}

fn watched(site: Site<'_>) -> Result<(), String> {
    rules(site)?;
    // The kit's own dashboard is among them.
    let expressions = expressions(site, 3)?;
    let secrets = secrets(site)?;
    if !secrets.iter().any(|(name, _)| name == "GRAFANA_PASSWORD") {
        return Err("`.env` has no password for Grafana".to_owned());
    }
    let system = System::up(site, None)?;
    let result =
        toured(&system).and_then(|()| scraped(&system, &expressions)).and_then(|()| traced(&system)).and_then(|()| missed(&system));
    result.map_err(|why| format!("{why}\n{}", system.logs(&system.module, 20)))
}

/// The rules as promtool judges them, and that their tests can fail.
pub fn rules(site: Site<'_>) -> Result<(), String> {
    let compose = read(site, "compose.monitoring.yaml")?;
    let image = compose.lines().find_map(|line| line.trim().strip_prefix("image: prom/prometheus:")).ok_or("no image of Prometheus")?;
    let image = format!("prom/prometheus:{image}");
    let promtool = |words: &[&str]| {
        let ops = format!("{}:/etc/prometheus:ro", site.folder.join("ops/prometheus").display());
        let all: Vec<&str> =
            ["run", "--rm", "--pull", "never", "--volume", &ops, "--entrypoint", "promtool", &image].iter().chain(words).copied().collect();
        docker(&all, 60)
    };
    promtool(&["check", "config", "/etc/prometheus/prometheus.yml"])?;
    promtool(&["test", "rules", "/etc/prometheus/tests/service.yml"])?;
    let path = site.folder.join("ops/prometheus/rules/service.yml");
    let right = read(site, "ops/prometheus/rules/service.yml")?;
    for (found, wrong) in
        [("for: 2m", "for: 9m"), ("> 0.05", "> 0.15"), ("0.95, sum", "0.40, sum"), ("bytes{area=\"heap\"} > 0)", "bytes{area=\"heap\"})")]
    {
        let broken = right.replace(found, wrong);
        if broken == right {
            return Err(format!("the rules have no `{found}`"));
        }
        fs::write(&path, broken).map_err(|error| error.to_string())?;
        let tested = promtool(&["test", "rules", "/etc/prometheus/tests/service.yml"]);
        fs::write(&path, &right).map_err(|error| error.to_string())?;
        if tested.is_ok() {
            return Err(format!("with `{wrong}` instead of `{found}` the tests of the rules pass, too"));
        }
    }
    Ok(())
}

/// What the dashboards and the rules ask, each with where it stands. `dashboards`: how many there are at least.
pub fn expressions(site: Site<'_>, dashboards: usize) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    let mut uids = BTreeSet::new();
    for (path, entry) in site.tree.iter().filter(|(path, _)| path.as_str().starts_with("ops/grafana/dashboards/")) {
        let dashboard: Json = serde_json::from_slice(&entry.bytes).map_err(|error| format!("{path}: {error}"))?;
        if !uids.insert(dashboard["uid"].as_str().ok_or_else(|| format!("{path}: no uid"))?.to_owned()) {
            return Err(format!("{path}: its uid is another one's"));
        }
        for panel in dashboard["panels"].as_array().into_iter().flatten() {
            let title = panel["title"].as_str().unwrap_or_default();
            for target in panel["targets"].as_array().into_iter().flatten() {
                if target["datasource"]["uid"] != "${datasource}" || panel["datasource"]["uid"] != "${datasource}" {
                    return Err(format!("{path}: `{title}` asks one data source, not the chosen one"));
                }
                all.push((format!("{path}, {title}"), target["expr"].as_str().unwrap_or_default().to_owned()));
            }
        }
    }
    if uids.len() < dashboards {
        return Err(format!("only the dashboards {uids:?}: {dashboards} are wanted"));
    }
    let rules: serde_json::Value =
        serde_yaml_ng::from_str(&read(site, "ops/prometheus/rules/service.yml")?).map_err(|error| error.to_string())?;
    for rule in rules["groups"][0]["rules"].as_array().into_iter().flatten() {
        let name = rule["alert"].as_str().unwrap_or_default();
        for wanted in [&rule["for"], &rule["labels"]["severity"], &rule["annotations"]["summary"]] {
            if !wanted.is_string() {
                return Err(format!("the alert {name} lacks one of for, severity, summary"));
            }
        }
        let runbook =
            rule["annotations"]["runbook"].as_str().and_then(|runbook| runbook.split_once('#')).ok_or("an alert without a runbook")?;
        let headings = read(site, runbook.0)?;
        if !headings.lines().any(|line| line.strip_prefix("## ").is_some_and(|heading| heading.to_lowercase() == runbook.1)) {
            return Err(format!("the alert {name} points to `{}`, where nothing is", runbook.1));
        }
        all.push((format!("alert {name}"), rule["expr"].as_str().unwrap_or_default().to_owned()));
    }
    Ok(all)
}

/// The metrics that an expression names: words with an underscore outside of quotes, braces and lists of labels, which are no functions.
fn metrics(expression: &str) -> BTreeSet<String> {
    let mut plain = String::new();
    let mut rest = expression;
    while let Some(start) = rest.find(['{', '"']) {
        plain.push_str(&rest[..start]);
        let end = if rest[start..].starts_with('{') { '}' } else { '"' };
        rest = rest[start + 1..].split_once(end).map_or("", |(_, after)| after);
        plain.push(' ');
    }
    plain.push_str(rest);
    let mut found = BTreeSet::new();
    for (index, part) in plain.split("by (").enumerate() {
        let part = if index == 0 { part } else { part.split_once(')').map_or("", |(_, after)| after) };
        for word in part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            if word.contains('_') && !["histogram_quantile", "__rate_interval"].contains(&word) {
                found.insert(word.to_owned());
            }
        }
    }
    found
}

/// The whole system, which is removed in the end.
pub struct System<'s> {
    site: Site<'s>,
    pub module: String,
    base: String,
}

impl Drop for System<'_> {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "5"], 90);
    }
}

impl<'s> System<'s> {
    /// `more`: the environment of the module besides.
    pub fn up(site: Site<'s>, more: Option<&Json>) -> Result<Self, String> {
        let module = site.stack.modules.first().ok_or("the stack has no module")?;
        let system = Self { site, module: module.name.clone(), base: format!("http://127.0.0.1:{}", module.port.unwrap_or(8080)) };
        let mut environment = serde_json::json!({"APP_ADMIN_EMAIL": ADMIN.0, "APP_ADMIN_PASSWORD": ADMIN.1});
        for (name, value) in more.and_then(Json::as_object).into_iter().flatten() {
            environment[name] = value.clone();
        }
        let stand_in = serde_json::json!({"services": {"jaeger": {
            "image": PYTHON,
            "command": ["python3", "-u", "-c", RECEIVER.replace('$', "$$")],
            "healthcheck": {"test": ["CMD", "true"]},
        }, system.module.clone(): {"environment": environment}}});
        fs::write(site.folder.with_extension("yaml"), stand_in.to_string()).map_err(|error| error.to_string())?;
        system.compose(&["config", "--quiet"], 30)?;
        let words =
            ["up", "--build", "--detach", "--wait", "--wait-timeout", "180", "--pull", "never", &system.module, "prometheus", "jaeger"];
        system.compose(&words, 600)?;
        Ok(system)
    }

    fn compose(&self, words: &[&str], seconds: u64) -> Result<String, String> {
        let stand_in = self.site.folder.with_extension("yaml");
        let files =
            ["compose", "--file", "compose.yaml", "--file", "compose.monitoring.yaml", "--file", stand_in.to_str().unwrap_or_default()];
        said("docker", &files.iter().chain(words).copied().collect::<Vec<_>>(), self.site.folder, seconds)
    }

    pub fn logs(&self, service: &str, lines: u32) -> String {
        self.compose(&["logs", "--no-color", "--no-log-prefix", "--tail", &lines.to_string(), service], 20).unwrap_or_default()
    }

    fn prometheus(&self, path: &str) -> Result<Json, String> {
        let (status, body) = get(&format!("{PROMETHEUS}/api/v1/{path}"))?;
        let json: Json = serde_json::from_str(&body).map_err(|error| format!("{status}: {error}: {body}"))?;
        Ok(json["data"].clone())
    }
}

/// A first administrator, for the tour of a kit that has one.
const ADMIN: (&str, &str) = ("admin@example.com", "correct horse battery staple");

/// Something to see: the kit's own tour.
fn toured(system: &System<'_>) -> Result<(), String> {
    let folder = system.site.folder;
    let tour = ["requests/tour.sh", "requests/curl.sh"].into_iter().find(|tour| folder.join(tour).exists()).ok_or("no tour")?;
    let mut command = Command::new(folder.join(tour));
    command.env("BASE", &system.base).env("APP_ADMIN_EMAIL", ADMIN.0).env("APP_ADMIN_PASSWORD", ADMIN.1).current_dir(folder);
    run_to_end(&mut command, Duration::from_secs(120))?.ok(tour).map(drop)
}

/// Prometheus has it, and knows every metric that is asked for.
pub fn scraped(system: &System<'_>, expressions: &[(String, String)]) -> Result<(), String> {
    eventually(60, || {
        let names = system.prometheus("label/__name__/values")?;
        let names: BTreeSet<&str> = names.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let missing: Vec<String> = expressions
            .iter()
            .flat_map(|(place, expression)| metrics(expression).into_iter().map(move |metric| (place, metric)))
            .filter(|(_, metric)| !names.contains(metric.as_str()))
            .map(|(place, metric)| format!("{place}: there is no metric `{metric}`"))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(missing.join("\n")) }
    })?;
    for (place, expression) in expressions {
        let asked = expression.replace("$job", &system.module).replace("$__rate_interval", "5m");
        let words = ["--silent", "--get", "--data-urlencode", &format!("query={asked}"), &format!("{PROMETHEUS}/api/v1/query")];
        let answer: Json = serde_json::from_str(&said("curl", &words, Path::new("."), 10)?).map_err(|error| error.to_string())?;
        if answer["status"] != "success" {
            return Err(format!("{place}: {answer}"));
        }
    }
    let rules = system.prometheus("rules")?;
    let alerts: Vec<&Json> =
        rules["groups"].as_array().into_iter().flatten().flat_map(|group| group["rules"].as_array().into_iter().flatten()).collect();
    if alerts.len() < 4 || alerts.iter().any(|alert| alert["health"] == "err") {
        return Err(format!("Prometheus has these rules: {alerts:?}"));
    }
    Ok(())
}

/// Traces arrive under the service's name, and the log is JSON.
fn traced(system: &System<'_>) -> Result<(), String> {
    eventually(60, || {
        let came = system.logs("jaeger", 1000);
        if came.contains("/v1/traces") && came.contains(&system.module) { Ok(()) } else { Err("no trace has come".to_owned()) }
    })?;
    let log = system.logs(&system.module, 200);
    // Compose clears the line before each.
    let lines: Vec<&str> =
        log.lines().map(|line| line.trim_start_matches("\u{1b}[2K").trim()).filter(|line| line.starts_with('{')).collect();
    if lines.is_empty()
        || lines.iter().any(|line| serde_json::from_str::<Json>(line).map_or(true, |line| !line["service"]["name"].is_string()))
    {
        return Err("the log is no JSON with the service's name".to_owned());
    }
    Ok(())
}

/// The counter-proof: a service that is gone is noticed.
pub fn missed(system: &System<'_>) -> Result<(), String> {
    system.compose(&["stop", &system.module], 60)?;
    eventually(60, || {
        let alerts = system.prometheus("alerts")?;
        let is_told = alerts["alerts"].as_array().into_iter().flatten().any(|alert| alert["labels"]["alertname"] == "ServiceDown");
        if is_told { Ok(()) } else { Err("the service is gone, and no alert is pending".to_owned()) }
    })
}

fn read(site: Site<'_>, path: &str) -> Result<String, String> {
    fs::read_to_string(site.folder.join(path)).map_err(|error| format!("{path}: {error}"))
}
