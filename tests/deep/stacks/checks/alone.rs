//! A project brought up beside others that run: under a name of its own, with no port of this machine but one that nobody uses.

use std::{fmt::Write, fs, path::Path, process::Command, time::Duration};

use super::super::{docker, running::Running};
use crate::world::run as run_to_end;

/// The public image of nginx has `BusyBox`'s wget, the stand-in has curl.
const NGINX: &str = r#"
    ports: !override ["127.0.0.1::8080"]
    healthcheck:
      test: ["CMD", "curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8081/health"]
"#;

/// `name`: of the compose project.
pub fn alone(folder: &Path, name: &str, files: &[&str], services: &[&str]) -> Result<Running, String> {
    if folder.join("scripts/init-env").exists() {
        run_to_end(Command::new("scripts/init-env").current_dir(folder), Duration::from_secs(10))?.ok("scripts/init-env")?;
    } else {
        // Where nothing else is secret nobody makes a password: it says that one is to be written here.
        fs::write(folder.join(".env"), "GRAFANA_PASSWORD=for-this-check-only\n").map_err(|error| format!(".env: {error}"))?;
    }
    let words: Vec<&str> =
        ["compose"].into_iter().chain(files.iter().flat_map(|file| ["--file", file])).chain(["config", "--services"]).collect();
    let mut text = format!("name: {name}\nservices:\n");
    for service in docker(folder, &words, 30)?.lines() {
        let own = if service == "nginx" { NGINX } else { "\n    ports: !reset []\n" };
        let _ = write!(text, "  {service}:{own}");
    }
    let file = folder.with_extension("alone.yaml");
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Running::up(folder, &[files, &[file.to_string_lossy().as_ref()]].concat(), None, services)
}

/// The port of this machine at which nginx is reached.
pub fn port(running: &Running) -> Result<String, String> {
    let said = running.compose(&["port", "nginx", "8080"], 20)?;
    said.trim().rsplit_once(':').map(|(_, port)| port.to_owned()).ok_or_else(|| format!("nginx has no port: {said}"))
}

/// What a service has written, line by line, as it was written.
pub fn lines(running: &Running, service: &str) -> Result<Vec<String>, String> {
    let log = running.compose(&["logs", "--no-color", "--no-log-prefix", service], 20)?;
    Ok(log.lines().map(|line| line.trim_start_matches("\u{1b}[2K").trim_end().to_owned()).filter(|line| !line.is_empty()).collect())
}
