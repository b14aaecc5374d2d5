//! The real nginx in front of the running program: what it lets through, what it refuses, and what it tells.

use std::{path::Path, time::Duration};

use serde_json::json;

use super::{
    ENGINE, Judge, Proof, altered, docker,
    repository::{Project, Repository},
    running::Running,
};
use crate::{
    operations::{eventually, said},
    world::World,
};

pub const NGINX: Judge = Judge {
    name: "added-nginx",
    fixtures: &["npm-express", "spring-maven"],
    source: include_str!("entrance.rs"),
    reads: &["nginx"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "", prove: entered }],
};

const ENTRANCE: &str = "http://127.0.0.1:8088";

/// Says what it is asked, headers and all: in place of the program it shows what nginx passes on.
const ECHO: &str = r#"
import http.server, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.headers).encode())
http.server.HTTPServer(("", int(sys.argv[1])), Echo).serve_forever()
"#;

/// One that the verification has anyway.
const PYTHON: &str = "python:3.12-slim-trixie";

fn entered(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    // The public image has BusyBox's wget, the stand-in has curl.
    let asks = ["CMD", "curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8081/health"];
    let instead = json!({"services": {"nginx": {"healthcheck": {"test": asks}}}});
    let running = Running::up(&repository.folder, &["compose.yaml", "compose.nginx.yaml"], Some(&instead), &[])?;
    let held = asked(&running, repository, project);
    held.map_err(|why| format!("{why}\n{}", running.logs()))
}

fn asked(running: &Running, repository: &Repository, project: &Project) -> Result<(), String> {
    let module = project.stack.modules.first().ok_or("the stack has no module")?;
    let port = module.port.ok_or("the module has no port")?;
    let folder = &repository.folder;
    let (file, health) = (folder.join("ops/nginx/nginx.conf"), module.health_path.as_deref().unwrap_or("/"));

    // 1. nginx has no doubt about its file, and would have
    running.compose(&["exec", "--no-TTY", "nginx", "nginx", "-t"], 20)?;
    altered(&file, "server_tokens off;", "server_tokenz off;", || {
        match running.compose(&["exec", "--no-TTY", "nginx", "nginx", "-t"], 20) {
            Err(why) if why.contains("unknown directive \"server_tokenz\"") => Ok(()),
            other => Err(format!("a directive that nobody knows is taken: {other:?}")),
        }
    })?;

    // 2. who is let through, and who is not
    let is_spring = project.stack.framework == "spring-boot";
    let through = if is_spring { "/" } else { health };
    let answer = expect(200, &[&format!("{ENTRANCE}{through}")])?.to_lowercase();
    for header in ["x-content-type-options: nosniff", "x-request-id: ", "content-security-policy: ", "server: nginx\r"] {
        if !answer.contains(header) {
            return Err(format!("no header `{}` in {answer}", header.trim_end()));
        }
    }
    expect(421, &["--header", "Host: stranger.example.com", &format!("{ENTRANCE}{through}")])?;
    if is_spring {
        for path in ["/actuator/health", "/ACTUATOR/health", "/;x/actuator/health", "/actuator;x/health"] {
            expect(404, &[&format!("{ENTRANCE}{path}")])?;
        }
    }
    let large = folder.with_extension("large");
    std::fs::write(&large, vec![b'x'; 1_100_000]).map_err(|error| error.to_string())?;
    expect(413, &["--data-binary", &format!("@{}", large.display()), &format!("{ENTRANCE}{through}")])?;

    // 3. more than twenty a second and forty at once are too many, and are told when to come again
    std::thread::sleep(Duration::from_secs(2));
    let many = format!("{ENTRANCE}{through}?n=[1-150]");
    let words = ["--silent", "--parallel", "--parallel-max", "30", "--output", "/dev/null", "--write-out", "%{http_code} ", &many];
    let answers = said("curl", &words, Path::new("."), 60)?;
    let count = |status: &str| answers.split_whitespace().filter(|answer| *answer == status).count();
    if count("200") < 40 || count("429") < 20 || count("200") + count("429") != 150 {
        return Err(format!("150 requests at once: {} are let through, {} are too many: {answers}", count("200"), count("429")));
    }
    if !running.compose(&["logs", "--no-color", "--no-log-prefix", "nginx"], 20)?.contains("\"status\":\"429\"") {
        return Err("the log does not say who was refused".to_owned());
    }
    std::thread::sleep(Duration::from_secs(3));

    // 4. the counter-proof: asked at another port, the program is not there
    altered(&file, &format!("server {}:{port} ", module.name), &format!("server {}:9 ", module.name), || {
        running.compose(&["restart", "--no-deps", "nginx"], 30)?;
        eventually(20, || expect(502, &[&format!("{ENTRANCE}{through}")]).map(drop))
    })?;

    // 5. what a client claims of itself does not get through
    running.compose(&["stop", &module.name], 60)?;
    let network = format!("{}_default", project.stack.name);
    let echo = format!("deep-echo-{}", repository.name);
    let words = ["run", "--detach", "--rm", "--pull", "never", "--name", &echo, "--network", &network, "--network-alias", &module.name];
    docker(folder, &[&words[..], &[PYTHON, "python3", "-u", "-c", ECHO, &port.to_string()]].concat(), 30)?;
    let seen = running.compose(&["restart", "--no-deps", "nginx"], 30).and_then(|_| claimed());
    let _ = docker(folder, &["rm", "--force", &echo], 30);
    seen
}

/// The headers that arrive, of a client that says who it is not.
fn claimed() -> Result<(), String> {
    let claims = [
        "X-Forwarded-For: 6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "Forwarded: for=6.6.6.6",
        "X-Forwarded-Prefix: /6666",
        "X-Forwarded-Proto: h6666",
    ];
    let mut words: Vec<&str> = claims.iter().flat_map(|claim| ["--header", claim]).collect();
    words.push(ENTRANCE);
    let mut arrived = String::new();
    eventually(20, || {
        arrived = expect(200, &words)?;
        Ok(())
    })?;
    let one = arrived.lines().filter(|line| line.to_lowercase().starts_with("x-forwarded-for: ")).count();
    if one != 1 || arrived.contains("6.6.6.6") || arrived.contains("6666") {
        return Err(format!("what the client claims has got through: {arrived}"));
    }
    Ok(())
}

/// Headers and body of an answer that must have this status.
pub fn expect(status: u32, words: &[&str]) -> Result<String, String> {
    match answered(words)? {
        (is, before) if is == status => Ok(before),
        (is, before) => Err(format!("curl {}: not {status} but {is}: {before}", words.join(" "))),
    }
}

/// Status, and headers and body.
pub fn answered(words: &[&str]) -> Result<(u32, String), String> {
    let all = [&["--silent", "--show-error", "--include", "--max-time", "10", "--write-out", "\n%{http_code}"], words].concat();
    let answer = said("curl", &all, Path::new("."), 20)?;
    let (before, status) = answer.rsplit_once('\n').unwrap_or(("", &answer));
    Ok((status.parse().map_err(|_| format!("curl said `{answer}`"))?, before.to_owned()))
}
