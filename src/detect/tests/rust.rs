//! Rust: which packages count, what is started of them, where it listens, and what its image needs.

use super::{Detection, detect, survey};

const AXUM: &str = "[package]\nname = \"shop\"\nrust-version = \"1.90\"\n[dependencies]\naxum = \"0.8\"\n";

const LISTENING: &str = "fn main() {\n    TcpListener::bind(\"0.0.0.0:3000\");\n}\n";

fn found(files: &[(&str, &str)]) -> Detection {
    detect(&survey(files), None).unwrap()
}

/// The modules, and where they listen: `?` marks a guess, and the last words are what the image sets.
fn started(found: &Detection) -> Vec<String> {
    let modules = found.stack.modules.iter().map(|module| {
        let origin = found.stack.origins.get(&format!("modules.{}.port", module.name));
        let guess = if origin.is_some_and(|origin| origin.certain) { "" } else { "?" };
        let port = module.port.map_or_else(String::new, |port| format!(" :{port}{guess}"));
        let words = [&module.port_variable, &module.host_variable, &module.health_path].into_iter().flatten();
        let rest = words.map(|word| format!(" {word}")).collect::<Vec<_>>().concat();
        let set = module.environment.iter().map(|(name, value)| format!(" {name}={value}")).collect::<Vec<_>>().concat();
        format!("{}{port}{rest}{set}", module.launch.join(" "))
    });
    modules.collect()
}

fn services(found: &Detection) -> Vec<String> {
    let told = |name: &String| found.stack.origins.get(&format!("services.{name}")).map_or_else(String::new, |origin| origin.place.clone());
    found.stack.services.iter().map(|service| format!("{} {}", service.kind, told(&service.kind))).collect()
}

fn notes(found: &Detection) -> Vec<String> {
    let notes = found.notes.iter().filter(|note| !note.message.starts_with("no file says which version"));
    notes.map(|note| format!("{}: {}", note.place, note.message)).collect()
}

/// What is said of a file, by the beginnings of it.
#[track_caller]
fn says(found: &Detection, expected: &[&str]) {
    let notes = notes(found);
    assert_eq!(notes.len(), expected.len(), "{notes:#?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.starts_with(expected), "{note}\n{expected}");
    }
}

#[test]
fn a_workspace_says_what_its_members_depend_on() {
    let root = "[workspace]
members = [\"crates/*\"]
exclude = [\"crates/old\"]
[workspace.dependencies]
tokio-postgres = \"0.7\"
sqlx = { version = \"0.8\", features = [\"runtime-tokio\"] }
cache = { package = \"redis\", version = \"0.27\" }
db = { path = \"crates/db\" }
lapin = \"2\"
";
    let api = "[package]
name = \"api\"
[dependencies]
axum.workspace = true
db = { workspace = true, features = [\"store\"] }
[target.'cfg(unix)'.dependencies]
rdkafka = \"0.36\"
[target.'cfg(windows)'.dependencies]
mongodb = \"3\"
[dev-dependencies]
mysql_async = \"0.34\"
";
    let db = "[package]
name = \"db\"
[features]
store = [\"dep:sqlx\", \"sqlx?/postgres\"]
queue = [\"dep:lapin\"]
[dependencies]
cache.workspace = true
sqlx = { workspace = true, optional = true }
lapin = { workspace = true, optional = true }
";
    let found = found(&[
        ("Cargo.toml", root),
        ("crates/api/Cargo.toml", api),
        ("crates/api/src/main.rs", "mod config;\nfn main() {\n    axum::serve(bind(), app());\n}\n"),
        (
            "crates/api/src/config.rs",
            "// var(\"PORT\") 9999\nlet port = env::var(\"PORT\").ok().unwrap_or(3001);\nlet url = env::var(\"PG_URL\");\n",
        ),
        ("crates/db/Cargo.toml", db),
        ("crates/db/src/lib.rs", "pub fn routes() { r.route(\"/health\", get(ok)); }\n"),
        ("crates/old/Cargo.toml", "[package]\nname = \"old\"\n[dependencies]\nmysql_async = \"1\"\n"),
        ("crates/old/src/main.rs", LISTENING),
    ]);
    assert_eq!(started(&found), ["/app/api :3001 PORT /health"]);
    assert_eq!(services(&found), ["kafka crates/api/Cargo.toml:7", "redis crates/db/Cargo.toml:7", "postgresql crates/db/Cargo.toml:8"]);
    assert_eq!(found.stack.services[2].environment.keys().collect::<Vec<_>>(), ["PG_URL"]);
    assert_eq!((found.stack.framework.as_str(), found.stack.framework_version.as_deref()), ("axum", None));
    says(&found, &[]);
}

#[test]
fn what_listens_is_what_is_started() {
    let package = |more: &str| format!("{AXUM}{more}");
    let bins = "[[bin]]\nname = \"server\"\npath = \"src/server.rs\"\n[[bin]]\nname = \"seed\"\npath = \"src/seed.rs\"\n";
    let required = "[[bin]]\nname = \"bench\"\nrequired-features = [\"bench\"]\n";
    let (quiet, by_library) = ("fn main() {}\n", "fn main() { shop::run(); }\n");
    for (manifest, files, modules, passed) in [
        (package(""), vec![("src/main.rs", LISTENING), ("src/bin/seed.rs", quiet)], vec!["shop"], "`seed`"),
        (package(""), vec![("src/bin/web.rs", LISTENING), ("src/bin/jobs-worker/main.rs", quiet)], vec!["web", "jobs-worker"], ""),
        (
            package(""),
            vec![("src/lib.rs", LISTENING), ("src/main.rs", by_library), ("src/bin/seed.rs", by_library)],
            vec!["shop"],
            "`seed`",
        ),
        (package(bins), vec![("src/server.rs", LISTENING), ("src/seed.rs", quiet)], vec!["server"], "`seed`"),
        (package(required), vec![("src/main.rs", LISTENING), ("src/bin/bench.rs", LISTENING)], vec!["shop"], ""),
        (
            format!("[package]\ndefault-run = \"b\"\n{}", &package("")["[package]\n".len()..]),
            vec![("src/bin/a.rs", LISTENING), ("src/bin/b.rs", quiet)],
            vec!["b"],
            "`a`",
        ),
        (package("[[bin]]\nname = \"shopd\"\npath = \"src/main.rs\"\n"), vec![("src/main.rs", quiet)], vec!["shopd"], ""),
    ] {
        let found = found(&[&[("Cargo.toml", manifest.as_str())], files.as_slice()].concat());
        let programs: Vec<&str> = found.stack.modules.iter().map(|module| module.launch[0].trim_start_matches("/app/")).collect();
        assert_eq!(programs, modules, "{manifest}{files:?}");
        let note = format!("Cargo.toml: nothing is made for {passed}: what listens is what is started");
        assert_eq!(notes(&found), if passed.is_empty() { Vec::new() } else { vec![note] }, "{manifest}");
    }
}

#[test]
fn cargo_is_told_what_it_would_leave_out() {
    let member = ("api/Cargo.toml", "[package]\nname = \"api\"\n");
    let main = ("api/src/main.rs", LISTENING);
    for (root, build, test) in [
        ("[workspace]\nmembers = [\"api\"]\n", "cargo build --release", "cargo test"),
        (
            "[workspace]\nmembers = [\"api\"]\n[package]\nname = \"a\"\n",
            "cargo build --release --workspace --bin api",
            "cargo test --workspace",
        ),
        (
            "[workspace]\nmembers = [\"api\", \"b\"]\ndefault-members = [\"b\"]\n",
            "cargo build --release --workspace --bin api",
            "cargo test --workspace",
        ),
    ] {
        let other = ("b/Cargo.toml", "[package]\nname = \"b\"\n");
        let stack = found(&[("Cargo.toml", root), member, main, other]).stack;
        assert_eq!(stack.build.unwrap().command.join(" "), build, "{root}");
        assert_eq!(stack.test.unwrap().command.join(" "), test, "{root}");
    }
}

#[test]
fn only_who_listens_everywhere_is_reached() {
    let loopback = "listens on the loopback address only";
    for (code, wanted, note) in [
        ("HttpServer::new(f)\n    .bind((\"0.0.0.0\", 8080))?", "/app/shop :8080", ""),
        ("HttpServer::new(f)\n    .bind((\"127.0.0.1\", 8080))?", "/app/shop :8080", "src/main.rs:2"),
        ("let a = SocketAddr::from(([127, 0, 0, 1], 3000));", "/app/shop :3000", "src/main.rs:1"),
        ("TcpListener::bind((Ipv4Addr::LOCALHOST, 3000))", "/app/shop :3000", "src/main.rs:1"),
        (
            "let host = var(\"HOST\").unwrap_or(\"127.0.0.1\".into());\nlet port = var(\"PORT\").unwrap_or(81);\nTcpListener::bind((host, port))",
            "/app/shop :81 PORT HOST",
            "",
        ),
        (
            "let a = env::var(\"LISTEN_ADDR\")\n    .unwrap_or(\"127.0.0.1:3000\".into());\nTcpListener::bind(a)",
            "/app/shop :3000 LISTEN_ADDR=0.0.0.0:3000",
            "",
        ),
        ("let host = if debug { \"127.0.0.1\" } else { \"0.0.0.0\" };\nTcpListener::bind((host, 3000))", "/app/shop :3000", ""),
        (
            "TcpListener::bind(\"0.0.0.0:3000\");\n#[cfg(test)]\nmod tests {\n    fn f() { TcpListener::bind(\"127.0.0.1:3001\"); }\n}",
            "/app/shop :3000",
            "",
        ),
        ("serve_metrics(TcpListener::bind(\"127.0.0.1:9090\"));\nTcpListener::bind(\"0.0.0.0:3000\");", "/app/shop :3000", ""),
        ("const PORT: u16 = 3000;\nTcpListener::bind(format!(\"0.0.0.0:{PORT}\"))", "/app/shop :3000?", ""),
        (
            "let log = env::var(\"RUST_LOG\").unwrap_or(\"info\".into()),\n    host: \"127.0.0.1\".into(),\n    port: 3000,",
            "/app/shop :3000?",
            "src/main.rs:2",
        ),
        ("redis::Client::open(\"redis://127.0.0.1:6379\");", "/app/shop", ""),
    ] {
        let found = found(&[("Cargo.toml", AXUM), ("src/main.rs", code)]);
        assert_eq!(started(&found), [wanted], "{code}");
        says(&found, &[format!("{note}: {loopback}").as_str()][..usize::from(!note.is_empty())]);
    }
}

#[test]
fn the_port_may_stand_in_an_example_or_in_settings() {
    let main = "fn main() {\n    let port: u16 = env::var(\"PORT\").expect(\"PORT\").parse().unwrap();\n    TcpListener::bind((\"0.0.0.0\", port));\n}\n";
    let found_in = found(&[("Cargo.toml", AXUM), ("src/main.rs", main), (".env.example", "PORT=5000\n")]);
    assert_eq!(started(&found_in), ["/app/shop :5000? PORT"]);

    let manifest = format!("{AXUM}sqlx = {{ version = \"0.8\", features = [\"postgres\"] }}\nredis = \"1\"\n");
    let settings = "let folder = base.join(\"configuration\");
let name = env::var(\"APP_ENVIRONMENT\").unwrap_or(\"local\".into());
Config::builder()
    .add_source(Environment::with_prefix(\"APP\")
        .prefix_separator(\"_\").separator(\"__\"));
TcpListener::bind(format!(\"{}:{}\", settings.host, settings.port));
";
    let found = found(&[
        ("Cargo.toml", &manifest),
        ("src/main.rs", settings),
        ("configuration/base.yaml", "application:\n  port: 8000\ndatabase:\n  host: localhost\n  username: me\nredis_pool: 5\n"),
        ("configuration/local.yaml", "application:\n  host: 127.0.0.1\n"),
        ("configuration/production.yaml", "application:\n  host: 0.0.0.0\n"),
    ]);
    assert_eq!(started(&found), ["/app/shop :8000? APP_ENVIRONMENT=production"]);
    assert_eq!(found.stack.modules[0].sources, ["configuration"]);
    let environment: Vec<_> = found.stack.services[0].environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(environment, ["APP_DATABASE__HOST={host}", "APP_DATABASE__USERNAME={user}"]);
    says(
        &found,
        &[
            "src/main.rs:2: the image sets `APP_ENVIRONMENT` to `production`",
            "src/main.rs:4: reads its settings by names that begin with `APP_`: whether `REDIS_URL` says where redis is, is not known",
        ],
    );
}

#[test]
fn a_variable_goes_before_what_settings_say() {
    let manifest = format!("{AXUM}sea-orm = {{ version = \"1\", features = [\"sqlx-postgres\", \"sqlx-sqlite\"] }}\n");
    let main = "Figment::new().merge(Toml::file(\"config.toml\")).merge(Env::prefixed(\"SHOP_\"));\nTcpListener::bind(config.bind);\n";
    let config = "bind = \"127.0.0.1:8081\"\ndatabase_url = \"postgres://me@localhost/shop\"\n";
    let found = found(&[("Cargo.toml", &manifest), ("src/main.rs", main), ("config.toml", config)]);
    assert_eq!(started(&found), ["/app/shop :8081? SHOP_BIND=0.0.0.0:8081"]);
    assert_eq!(found.stack.modules[0].sources, ["config.toml"]);
    assert_eq!(found.stack.services[0].environment.keys().collect::<Vec<_>>(), ["SHOP_DATABASE_URL"]);
    says(&found, &[]);
}

#[test]
fn loco_is_started_by_a_command_of_its_own() {
    let manifest = format!("{AXUM}loco-rs = \"0.16\"\n[[bin]]\nname = \"shop-cli\"\npath = \"src/bin/main.rs\"\n");
    let main = ("src/bin/main.rs", "fn main() {\n    cli::main::<App, Migrator>();\n}\n");
    let files = [("Cargo.toml", manifest.as_str()), main, ("config/production.yaml", "server:\n  port: 5151\n")];
    let known = found(&files);
    assert_eq!(started(&known), ["/app/shop-cli start --binding 0.0.0.0 :5151? /_ping LOCO_ENV=production"]);
    assert_eq!(known.stack.modules[0].sources, ["config"]);
    assert_eq!(started(&found(&files[..2])), ["/app/shop-cli start --binding 0.0.0.0 :5150? /_ping"]);
}

#[test]
fn rocket_has_ways_of_its_own() {
    let manifest = "[package]
name = \"notes\"
rust-version = \"1.90\"
[dependencies]
rocket = \"0.5\"
rocket_dyn_templates = \"0.2\"
rocket_db_pools = { version = \"0.2\", features = [\"sqlx_postgres\"] }
";
    let main = "#[database(\"notes\")]
struct Db(PgPool);
#[get(\"/health\")]
fn health() {}
#[launch]
fn rocket() -> _ {
    rocket::build().mount(\"/api\", routes![health])
}
";
    let files = [("Cargo.toml", manifest), ("src/main.rs", main), ("templates/a.html.tera", "")];
    let plain = found(&files);
    assert_eq!(started(&plain), ["/app/notes :8000 ROCKET_PORT ROCKET_ADDRESS /api/health"]);
    assert_eq!(plain.stack.modules[0].sources, ["templates"]);
    assert_eq!(plain.stack.origins["modules.notes"].place, "src/main.rs:5");
    let environment: Vec<_> = plain.stack.services[0].environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(environment, ["ROCKET_DATABASES={notes={url=\"postgresql://{user}:{password}@{host}:{port}/{database}\"}}"]);
    let secret = manifest.replace("\"0.5\"", "{ version = \"0.5\", features = [\"secrets\"] }");
    says(&found(&[("Cargo.toml", &secret), files[1]]), &["Cargo.toml:5: with `secrets` Rocket does not start"]);
    let open = ("Rocket.toml", "[default]\nport = 8001\n[release]\naddress = \"0.0.0.0\"\n");
    let stated = found(&[files.as_slice(), &[open]].concat());
    assert_eq!(started(&stated), ["/app/notes :8001 ROCKET_PORT /api/health"]);
    assert_eq!(stated.stack.modules[0].sources, ["Rocket.toml", "templates"]);
    let merged = main.replace("build()", "custom(Config::figment().merge((\"port\", 9000)).merge((\"address\", \"127.0.0.1\")))");
    let merged = found(&[("Cargo.toml", manifest), ("src/main.rs", &merged)]);
    assert_eq!(started(&merged), ["/app/notes :9000 /api/health"]);
    says(&merged, &["src/main.rs:7: listens on the loopback address only"]);
}

#[test]
fn what_it_is_built_with_is_installed_and_told() {
    let packages = |manifest: &str, more: &[(&str, &str)]| {
        let found = found(&[&[("Cargo.toml", manifest), ("src/main.rs", LISTENING)], more].concat());
        (found.stack.system_packages.join(" "), notes(&found).len())
    };
    let with = |more: &str| format!("{AXUM}{more}");
    for (manifest, wanted) in [
        (with("[build-dependencies]\ntonic-build = \"0.12\"\nprost-build = \"0.13\"\n"), "protobuf-compiler"),
        (with("[build-dependencies]\nprost-build = \"0.13\"\nprotoc-bin-vendored = \"3\"\n"), ""),
        (with("prost-build = \"0.13\"\n"), ""),
        (with("rdkafka = { version = \"0.36\", features = [\"cmake-build\"] }\n"), "cmake"),
        (with("[build-dependencies]\nbindgen = \"0.70\"\n"), "libclang-dev"),
    ] {
        assert_eq!(packages(&manifest, &[]), (wanted.to_owned(), usize::from(!wanted.is_empty())), "{manifest}");
    }
    let linker = "[target.x86_64-unknown-linux-gnu]
linker = \"clang\"
rustflags = [\"-C\", \"link-arg=-fuse-ld=mold\"]
[target.x86_64-pc-windows-msvc]
rustflags = [\"-fuse-ld=lld\"]
";
    assert_eq!(packages(AXUM, &[(".cargo/config.toml", linker)]), ("clang mold".to_owned(), 2));
}

#[test]
fn sqlx_needs_no_database_to_compile_where_its_answers_are_kept() {
    let asking = "use sqlx::query;\nfn main() {\n    sqlx::query!(\"select 1\");\n    TcpListener::bind(\"0.0.0.0:3000\");\n}\n";
    for (main, kept, offline, note) in [
        (asking, Some(".sqlx/query-1.json"), true, false),
        (asking, Some("sqlx-data.json"), true, false),
        (asking, None, false, true),
        ("use sqlx::query;\nfn main() {\n    sqlx::query(\"select 1\");\n}\n", None, false, false),
    ] {
        let files: Vec<_> = [("Cargo.toml", AXUM), ("src/main.rs", main)].into_iter().chain(kept.map(|path| (path, "{}"))).collect();
        let found = found(&files);
        let build = found.stack.build.as_ref().unwrap().command.join(" ");
        assert_eq!(build == "env SQLX_OFFLINE=true cargo build --release", offline, "{build}");
        assert_eq!(found.stack.test.as_ref().unwrap().environment.contains_key("SQLX_OFFLINE"), offline);
        says(&found, &["src/main.rs:3: sqlx asks a database while this is compiled"][..usize::from(note)]);
    }
}

#[test]
fn a_version_has_an_image_and_reads_the_project() {
    let of = |version: &str| format!("[package]\nname = \"shop\"\nedition = \"2021\"\nrust-version = \"{version}\"\n");
    let toolchain = |channel: &str| format!("[toolchain]\nchannel = \"{channel}\"\n");
    let newer = of("1.80").replace("2021", "2024");
    let old = "Cargo.toml:4: Rust 1.60 is older than any image that there is, 1.70";
    for (manifest, more, version, note) in [
        (of("1.80.1"), vec![], "1.80", ""),
        (of("1.60"), vec![], "", old),
        (newer, vec![], "", "Cargo.toml:4: says Rust 1.80, and edition 2024 wants 1.85"),
        (of("1.75"), vec![("Cargo.lock", "version = 4\n".to_owned())], "", "Cargo.toml:4: says Rust 1.75, and `Cargo.lock` wants 1.78"),
        (of("1.75"), vec![("Cargo.lock", "version = 3\n".to_owned())], "1.75", ""),
        (of("1.75"), vec![("rust-toolchain.toml", toolchain("1.90.0"))], "1.90", ""),
        (of("1.75"), vec![("rust-toolchain", "1.91\n".to_owned())], "1.91", ""),
        (of("1.75"), vec![("rust-toolchain.toml", toolchain("stable"))], "", "rust-toolchain.toml:2: `stable` is no version"),
        (
            of("1.75"),
            vec![("rust-toolchain", "nightly-2026-05-01\n".to_owned())],
            "",
            "rust-toolchain:1: there is no image of `nightly-2026-05-01`",
        ),
        (of("1.75"), vec![("rust-toolchain.toml", toolchain("1.60"))], "", "rust-toolchain.toml:2: Rust 1.60 is older"),
    ] {
        let main = [("Cargo.toml", manifest.as_str()), ("src/main.rs", LISTENING)];
        let more: Vec<(&str, &str)> = more.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let found = found(&[&main, more.as_slice()].concat());
        assert_eq!(found.stack.language_version, version, "{manifest}{more:?}");
        says(&found, &[note][..usize::from(!note.is_empty())]);
    }
}

#[test]
fn what_a_program_opens_is_in_its_image() {
    let main = "fn main() {
    TcpListener::bind(\"0.0.0.0:3000\");
    let a = Tera::new(\"templates/**/*.html\");
    let b = ServeDir::new(\"./web\");
    let c = include_str!(\"../static/a.css\");
    sqlx::migrate!(\"./migrations\");
    let d = fs::read_to_string(\"words.txt\");
    let e = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/assets\");
    dotenvy::dotenv().expect(\"no .env\");
    let f = ServeDir::new(\"web/img\");
    let g = ServeDir::new(\"web/dist\");
}
";
    let there = ["templates/a.html", "web/img/a.svg", "static/a.css", "migrations/1.sql", "words.txt", "assets/a.css"];
    let files: Vec<_> = [("Cargo.toml", AXUM), ("src/main.rs", main)].into_iter().chain(there.map(|path| (path, ""))).collect();
    let found = found(&files);
    assert_eq!(found.stack.modules[0].sources, ["templates", "web", "words.txt"]);
    says(
        &found,
        &[
            "src/main.rs:11: delivers `web/dist`, which does not lie in the repository",
            "src/main.rs:8: names the folder in which the program is built",
            "src/main.rs:9: ends where there is no `.env`",
        ],
    );
}

#[test]
fn what_lies_elsewhere_is_told() {
    let root = ("Cargo.toml", "[workspace]\nmembers = [\"api\"]\n");
    let member = "[package]\nname = \"api\"\nrust-version = \"1.90\"\n[dependencies]\nmoney = { path = \"../money\" }\n";
    let survey = survey(&[root, ("api/Cargo.toml", member), ("api/src/main.rs", LISTENING)]);
    let found = detect(&survey, Some("api")).unwrap();
    says(
        &found,
        &[
            "api/Cargo.toml:1: is a member of a workspace that lies above it",
            "api/Cargo.toml:5: `../money` lies outside of what is looked at",
        ],
    );
}

mod any_code {
    use super::{AXUM, detect, survey};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

        /// Pieces of what Rust files hold, in any order.
        #[test]
        fn is_read_without_a_panic(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "fn main() {", "}", "(", ")", "\"", "\n", "é", ".bind((", "TcpListener::bind(", "\"127.0.0.1:3000\"", ".nest(\"/a\", ", "scope(\"/b\")",
                "\"/health\"", "#[get(\"/health\")]", "#[cfg(test)]", "mod tests {", "#[arg(env, default_value_t = 3000)]", "port: u16,", "env::var(\"PORT\")",
                "#[database(\"a\")]", "rocket::build()", "ServeDir::new(\"a\")", "Environment::with_prefix(\"A\")", ".separator(\"_\")", ";", "/*", "*/", "// ",
            ]), 0..32),
        ) {
            let text = pieces.concat();
            let manifest = format!("{AXUM}rocket = \"0.5\"\nredis = \"1\"\n");
            let files = [("Cargo.toml", manifest.as_str()), ("src/main.rs", &text), ("src/lib.rs", &text), ("config.toml", &text), ("rust-toolchain", &text)];
            prop_assert!(detect(&survey(&files), None).is_ok());
        }
    }
}
