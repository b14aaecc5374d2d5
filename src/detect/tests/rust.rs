//! Cargo packages as people write them.

use super::{check, survey};
use crate::detect::detect;
use crate::stack::Stack;

fn stack(files: &[(&str, &str)]) -> Stack {
    detect(&survey(files), None).unwrap().stack
}

fn notes(files: &[(&str, &str)]) -> String {
    let notes = detect(&survey(files), None).unwrap().notes;
    notes.into_iter().map(|note| format!("{} {}", note.place, note.message)).collect::<Vec<_>>().join("\n")
}

const MAIN: &str = "fn main() {\n    serve();\n}\n";

#[test]
fn what_a_workspace_says_of_dependencies_counts() {
    let root = "[workspace]\nmembers = [\"api\"]\n[workspace.dependencies]\naxum = \"0.8\"\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\ncache = { package = \"redis\", version = \"1\" }\nlapin = \"3\"\n";
    let api = "[package]\nname = \"api\"\n[dependencies]\naxum.workspace = true\nsqlx = { workspace = true, features = [\"macros\"] }\ncache = { workspace = true }\nqueue = { path = \"../queue\" }\n[target.'cfg(unix)'.dependencies]\nrdkafka = \"0.37\"\n[dev-dependencies]\nmysql_async = \"1\"\n";
    let queue = "[package]\nname = \"queue\"\n[dependencies]\nlapin.workspace = true\n";
    let files =
        [("Cargo.toml", root), ("api/Cargo.toml", api), ("api/src/main.rs", MAIN), ("queue/Cargo.toml", queue), ("queue/src/lib.rs", "")];
    let found = stack(&files);
    let kinds: Vec<&str> = found.services.iter().map(|service| service.kind.as_str()).collect();
    assert_eq!((found.framework.as_str(), kinds), ("axum", vec!["postgresql", "redis", "kafka", "rabbitmq"]));
    assert_eq!(found.framework_version.as_deref(), Some("0.8"));
}

#[test]
fn a_port_is_looked_for_in_all_of_a_program() {
    let cargo = ("Cargo.toml", "[package]\nname = \"shop\"\nrust-version = \"1.85\"\n");
    for (files, port, variable, health) in [
        (
            vec![
                ("src/config.rs", "pub fn port() -> u16 {\n    env::var(\"PORT\").ok().and_then(|p| p.parse().ok()).unwrap_or(3000)\n}\n"),
                ("src/routes.rs", "    .route(\"/healthz\", get(ok))\n"),
            ],
            3000,
            Some("PORT"),
            Some("/healthz"),
        ),
        (
            vec![("src/server.rs", "// TcpListener::bind(\"0.0.0.0:1234\")\nTcpListener::bind(\"0.0.0.0:4000\").await?;\n")],
            4000,
            None,
            None,
        ),
        (vec![("src/server.rs", "HttpServer::new(app).bind((\"0.0.0.0\", 8081))?\n")], 8081, None, None),
    ] {
        let files: Vec<(&str, &str)> = [vec![cargo, ("src/main.rs", MAIN)], files].concat();
        let found = stack(&files);
        let module = &found.modules[0];
        assert_eq!(
            (module.port, module.port_variable.as_deref(), module.health_path.as_deref()),
            (Some(port), variable, health),
            "{files:?}"
        );
    }
}

#[test]
fn rocket_listens_without_being_told() {
    let cargo = ("Cargo.toml", "[package]\nname = \"shop\"\n[dependencies]\nrocket = \"0.5\"\n");
    let main = ("src/main.rs", "#[launch]\nfn rocket() -> _ { rocket::build() }\n");
    for (more, port) in [(vec![], 8000), (vec![("Rocket.toml", "[default]\nport = 9000\n[release]\nport = 9001\n")], 9001)] {
        let files: Vec<(&str, &str)> = [vec![cargo, main], more].concat();
        let found = stack(&files);
        let module = &found.modules[0];
        let variables = (module.port_variable.as_deref(), module.host_variable.as_deref());
        assert_eq!((module.port, variables), (Some(port), (Some("ROCKET_PORT"), Some("ROCKET_ADDRESS"))));
    }
}

#[test]
fn programs_are_those_that_listen_and_the_one_that_is_run_by_default() {
    let bind = "fn main() {\n    TcpListener::bind(\"0.0.0.0:5000\");\n}\n";
    let named = |more: &str| format!("[package]\nname = \"shop\"\nrust-version = \"1.85\"\n{more}");
    let tail = |modules: &[&'static str]| [&["shop in .", "rust 1.85", "cargo", "cargo test"], modules].concat();
    let (plain, run, placed) =
        (named(""), named("default-run = \"admin\"\n"), named("[[bin]]\nname = \"shopd\"\npath = \"daemon/main.rs\"\n"));
    check(
        &[("Cargo.toml", &plain), ("src/main.rs", bind), ("src/bin/seed.rs", MAIN), ("src/bin/admin.rs", &bind.replace("5000", "5001"))],
        &tail(&["shop in .: /app/shop :5000", "target/release/shop", "admin in .: /app/admin :5001", "target/release/admin"]),
    );
    check(
        &[("Cargo.toml", &run), ("src/bin/api/main.rs", bind), ("src/bin/admin.rs", bind)],
        &tail(&["admin in .: /app/admin :5000", "target/release/admin"]),
    );
    check(&[("Cargo.toml", &placed), ("daemon/main.rs", bind)], &tail(&["shopd in .: /app/shopd :5000", "target/release/shopd"]));
}

#[test]
fn what_a_build_wants_besides_is_told() {
    let cargo = "[package]\nname = \"shop\"\nrust-version = \"1.40\"\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n[build-dependencies]\ntonic-build = \"0.14\"\n";
    let main = "fn main() {\n    TcpListener::bind(\"127.0.0.1:3000\");\n    sqlx::query!(\"select 1\");\n}\n";
    let told = notes(&[("Cargo.toml", cargo), ("src/main.rs", main)]);
    for expected in [
        "Cargo.toml:7 `tonic-build` runs `protoc`",
        "src/main.rs:3 asks a database",
        "src/main.rs:2 listens on the loopback",
        "1.40 is older than any image",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    let with = cargo.replace("[build-dependencies]", "[build-dependencies]\nprotoc-bin-vendored = \"3\"");
    let files = [("Cargo.toml", with.as_str()), ("src/main.rs", main), (".sqlx/query-1.json", "{}")];
    let told = notes(&files);
    assert!(!told.contains("protoc") && !told.contains("asks a database"), "{told}");
    let test = stack(&files).test.expect("a test");
    assert_eq!(test.environment.get("SQLX_OFFLINE").map(String::as_str), Some("true"));
}
