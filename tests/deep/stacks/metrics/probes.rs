//! A real Prometheus and a real blackbox exporter watch the running program: what they are told is taken, what they are asked is known, and a program
//! that is stopped is told.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;
use stagekit::stack::Module;

use crate::{
    operations::{Site, eventually, get, monitoring, said},
    stacks::{
        altered, docker,
        repository::{Project, tree},
        running::Running,
    },
};

/// Of every alert what stands in it, and with what instead its tests must not pass.
const WRONG: [(&str, &str, &str); 8] = [
    ("ServiceDown", "probe_success == 0\n        for: 2m", "probe_success == 0\n        for: 9m"),
    ("ProbesMissing", "up{job=\"probes\"} == 0", "up == 0"),
    ("SlowResponses", " and probe_success == 1", ""),
    ("MetricsMissing", " unless on (service) probe_success == 0", ""),
    ("RestartsAgainAndAgain", "[15m]) > 2", "[15m]) > 0"),
    ("FileDescriptorsNearlyUsedUp", "> 0.9", "> 0.4"),
    ("ErrorRatio", "> 0.05", "> 0.15"),
    ("SlowRequests", "0.95, service_le", "0.40, service_le"),
];

pub(super) fn watched(project: &Project) -> Result<(), String> {
    let folder = &project.folder;
    let site = Site { folder, tree: &tree(folder)?, stack: &project.stack };
    let modules: Vec<&str> =
        project.stack.modules.iter().filter(|module| module.port.is_some()).map(|module| module.name.as_str()).collect();
    if folder.join("scripts/init-env").exists() {
        said("scripts/init-env", &[], folder, 10)?;
    } else {
        // Where nothing else is secret nobody makes a password: it says that one is to be written here.
        fs::write(folder.join(".env"), "GRAFANA_PASSWORD=for-this-check-only\n").map_err(|error| format!(".env: {error}"))?;
    }
    let files = [unpublished(project)?];
    let running = Running::up(folder, &[&files[0].to_string_lossy()], None, &[&modules[..], &["prometheus"]].concat())?;
    let seen = taken(&running, folder).and_then(|()| {
        let prometheus = Prometheus::of(&running, folder)?;
        prometheus.knows(site, &modules)?;
        running.compose(&[&["stop"], &modules[..]].concat(), 60)?;
        prometheus.misses(&modules)
    });
    seen.map_err(|why| format!("{why}\n{}", running.logs()))
}

/// The two compose files as compose has put them together, without the ports of the machine: those may be taken.
fn unpublished(project: &Project) -> Result<PathBuf, String> {
    let name = format!("watched-{}", project.stack.name);
    let words =
        ["compose", "--project-name", &name, "--file", "compose.yaml", "--file", "compose.monitoring.yaml", "config", "--format", "json"];
    let mut all: Json = serde_json::from_str(&docker(&project.folder, &words, 30)?).map_err(|error| error.to_string())?;
    for service in all["services"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        service.as_object_mut().ok_or("a service is no table")?.remove("ports");
    }
    let file = project.folder.with_extension("watched.json");
    fs::write(&file, all.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}

/// Both programs take their files, the tests of the rules pass, and would not with another rule.
fn taken(running: &Running, folder: &Path) -> Result<(), String> {
    let promtool = |words: &[&str]| running.compose(&[&["exec", "--no-TTY", "prometheus", "promtool"], words].concat(), 30);
    let test = || promtool(&["test", "rules", "/etc/prometheus/tests/service.yml"]);
    promtool(&["check", "config", "/etc/prometheus/prometheus.yml"])?;
    test()?;
    let refused = |file: &Path, found: &str, wrong: &str| {
        altered(file, found, wrong, || match test() {
            Err(why) if why.contains("FAILED") => Ok(()),
            other => Err(format!("with `{wrong}` instead of `{found}` the tests of the rules say: {other:?}")),
        })
    };
    let rules = folder.join("ops/prometheus/rules/service.yml");
    for alert in alerts(&rules)? {
        let (_, found, wrong) = WRONG.iter().find(|(name, ..)| *name == alert).ok_or_else(|| format!("nobody knows the alert {alert}"))?;
        refused(&rules, found, wrong)?;
    }
    let recorded = folder.join("ops/prometheus/rules/requests.yml");
    if recorded.exists() {
        refused(&recorded, "=~\"5..\"", "=~\"4..\"")?;
        refused(&recorded, "or 0 *", "or 1 *")?;
    }
    let file = folder.join("ops/blackbox/blackbox.yml");
    let check = ["exec", "--no-TTY", "blackbox", "blackbox_exporter", "--config.check", "--config.file=/etc/blackbox/blackbox.yml"];
    running.compose(&check, 20)?;
    altered(&file, "valid_status_codes:", "valid_status:", || match running.compose(&check, 20) {
        Err(why) if why.contains("valid_status") => Ok(()),
        other => Err(format!("a setting that nobody knows is taken: {other:?}")),
    })
}

/// The names of the alerts of a file.
fn alerts(rules: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(rules).map_err(|error| format!("{}: {error}", rules.display()))?;
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    Ok(names.map(str::to_owned).collect())
}

/// The one that runs, by the address of its container.
struct Prometheus {
    api: String,
}

impl Prometheus {
    fn of(running: &Running, folder: &Path) -> Result<Self, String> {
        let id = running.compose(&["ps", "--quiet", "prometheus"], 20)?;
        let address = docker(folder, &["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id.trim()], 20)?;
        Ok(Self { api: format!("http://{}:9090/api/v1", address.trim()) })
    }

    /// Every program answers, nothing is wrong, and whatever a rule or a dashboard asks for is there.
    fn knows(&self, site: Site<'_>, modules: &[&str]) -> Result<(), String> {
        let has = |what: fn(&Module) -> bool| usize::from(site.stack.modules.iter().any(what));
        let dashboards = 1 + has(Module::has_process_metrics) + has(|module| module.request_metrics().is_some());
        for module in modules {
            eventually(60, || match self.query(&format!("probe_success{{service=\"{module}\"}} == 1"))?.as_slice() {
                [_] => Ok(()),
                other => Err(format!("{module} does not answer the probe: {other:?}")),
            })?;
        }
        for (place, expression) in monitoring::expressions(site, dashboards)? {
            // Of the alerts it is well that they find nothing: what they look at is to be there.
            let asked = if place.starts_with("alert ") {
                metrics(&self.asked("parse_query", &expression)?).into_iter().collect()
            } else {
                modules.iter().map(|module| expression.replace("$service", module).replace("$__rate_interval", "5m")).collect::<Vec<_>>()
            };
            if asked.is_empty() {
                return Err(format!("{place}: it asks for nothing"));
            }
            for asked in asked {
                // What is counted over a time takes two looks at it.
                eventually(75, || match self.query(&asked)?.as_slice() {
                    [] => Err(format!("{place}: nothing is found for `{asked}`")),
                    _ => Ok(()),
                })?;
            }
        }
        // A rule is well once it was looked at for the first time.
        eventually(60, || self.is_calm())
    }

    /// Every rule can be judged, and none has anything to say.
    fn is_calm(&self) -> Result<(), String> {
        let rules = data(&get(&format!("{}/rules", self.api))?.1)?;
        let groups = rules["groups"].as_array().into_iter().flatten();
        let all: Vec<&Json> = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten()).collect();
        // How long an answer takes says more of this machine than of the files.
        let is_slow = |rule: &Json| rule["name"].as_str().is_some_and(|name| name.starts_with("Slow"));
        let is_alarmed = |rule: &Json| !is_slow(rule) && rule["alerts"].as_array().is_some_and(|alerts| !alerts.is_empty());
        match all.iter().find(|rule| rule["health"] != "ok" || is_alarmed(rule)) {
            Some(rule) => Err(format!("a rule is not well, or somebody is alarmed: {rule}")),
            None if all.len() < 3 => Err(format!("Prometheus has only these rules: {all:?}")),
            None => Ok(()),
        }
    }

    /// The counter-proof: a program that is gone is told.
    fn misses(&self, modules: &[&str]) -> Result<(), String> {
        modules.iter().try_for_each(|module| {
            eventually(60, || match self.query(&format!("ALERTS{{alertname=\"ServiceDown\", service=\"{module}\"}}"))?.as_slice() {
                [] => Err(format!("{module} is gone, and no alert is pending")),
                _ => Ok(()),
            })
        })
    }

    /// What is found now.
    fn query(&self, expression: &str) -> Result<Vec<Json>, String> {
        let found = self.asked("query", expression)?;
        found["result"].as_array().cloned().ok_or_else(|| format!("`{expression}`: {found}"))
    }

    /// What is said of an expression.
    fn asked(&self, of: &str, expression: &str) -> Result<Json, String> {
        let (query, address) = (format!("query={expression}"), format!("{}/{of}", self.api));
        let words = ["--silent", "--get", "--max-time", "5", "--data-urlencode", &query, &address];
        data(&said("curl", &words, Path::new("."), 10)?).map_err(|why| format!("`{expression}`: {why}"))
    }
}

fn data(answer: &str) -> Result<Json, String> {
    let json: Json = serde_json::from_str(answer).map_err(|error| format!("{error}: {answer}"))?;
    if json["status"] == "success" { Ok(json["data"].clone()) } else { Err(answer.to_owned()) }
}

/// The metrics that an expression names, as Prometheus has read it.
fn metrics(read: &Json) -> BTreeSet<String> {
    match read {
        Json::Array(parts) => parts.iter().flat_map(metrics).collect(),
        Json::Object(parts) => {
            let is_named = matches!(parts.get("type").and_then(Json::as_str), Some("vectorSelector" | "matrixSelector"));
            let own = parts.get("name").and_then(Json::as_str).filter(|_| is_named).map(str::to_owned);
            own.into_iter().chain(parts.values().flat_map(metrics)).collect()
        }
        _ => BTreeSet::new(),
    }
}
