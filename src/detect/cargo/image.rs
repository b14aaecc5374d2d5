//! What a Rust program needs to be built and to run, besides Cargo and its dependencies.

use super::{
    super::{Project, Source, facts::Facts},
    code::Code,
    package::{Dependency, Package},
};
use crate::stack::{Module, Origin};

/// Packages of Debian that are not in the image of Rust, by the libraries that a build script has which wants them.
const OF_SCRIPTS: [(&str, &str); 7] = [
    ("prost-build", "protobuf-compiler"),
    ("tonic-build", "protobuf-compiler"),
    ("tonic-prost-build", "protobuf-compiler"),
    ("protobuf-codegen", "protobuf-compiler"),
    ("protoc-rust", "protobuf-compiler"),
    ("cmake", "cmake"),
    ("bindgen", "libclang-dev"),
];

/// The same by libraries, or their features, whose own build scripts want them.
const OF_LIBRARIES: [(&str, &str); 9] = [
    ("etcd-client", "protobuf-compiler"),
    ("rdkafka/cmake-build", "cmake"),
    ("aws-lc-fips-sys", "cmake"),
    ("rocksdb", "libclang-dev"),
    ("rdkafka/sasl", "libsasl2-dev"),
    ("rdkafka/gssapi", "libsasl2-dev"),
    ("alsa", "libasound2-dev"),
    ("pcap", "libpcap-dev"),
    ("zmq", "libzmq3-dev"),
];

/// What brings a `protoc` of its own.
const OWN_PROTOC: [&str; 4] = ["protoc-bin-vendored", "protobuf-src", "protox", "protoc-prebuilt"];

/// Packages of Debian that Cargo's configuration wants by these words.
const LINKERS: [(&str, &str); 4] = [("clang", "clang"), ("fuse-ld=lld", "lld"), ("ld.lld", "lld"), ("mold", "mold")];

/// Macros of sqlx that ask a database while the program is compiled.
const MACROS: [&str; 9] = [
    "query!(",
    "query_as!(",
    "query_scalar!(",
    "query_file!(",
    "query_file_as!(",
    "query_file_scalar!(",
    "query_unchecked!(",
    "query_as_unchecked!(",
    "query_scalar_unchecked!(",
];

/// Calls that open what they are told, and the file servers of frameworks.
const OPENS: [&str; 18] = [
    "ServeDir::new(",
    "ServeFile::new(",
    "Files::new(",
    "FileServer::from(",
    "FileServer::new(",
    "NamedFile::open(",
    "StaticFilesEndpoint::new(",
    "StaticDir::new(",
    "warp::fs::dir(",
    "warp::fs::file(",
    "File::open(",
    "fs::read(",
    "read_to_string(",
    "read_dir(",
    "Tera::new(",
    "path_loader(",
    "File::with_name(",
    "Path::new(",
];

/// What is said of code that holds the path of its sources.
const BUILT_IN: &str = "names the folder in which the program is built, which the image that runs does not have: a path without it is looked for in \
                        `/app`";

/// Those of them that deliver what they open.
const SERVES: [&str; 4] = ["ServeDir::new(", "Files::new(", "FileServer::from(", "StaticFilesEndpoint::new("];

/// What lies in a repository and is nothing for a program to open.
const SOURCES: [&str; 8] = ["src", "target", "tests", "benches", "examples", "crates", "Cargo.toml", "Cargo.lock"];

pub(super) fn wants(path: &str) -> bool {
    path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config")
}

/// What the image for building and CI install first, and what is set there.
pub(super) fn building(project: &mut Project<'_>, packages: &[Package<'_>]) {
    let mut found: Vec<(&str, String, Origin)> = Vec::new();
    let mut add = |package: &'static str, why: String, origin: Origin| {
        if found.iter().all(|(known, ..)| *known != package) {
            found.push((package, why, origin));
        }
    };
    let has_protoc = |package: &Package<'_>| package.build_dependencies.iter().any(|one| OWN_PROTOC.contains(&one.name.as_str()));
    for package in packages {
        let scripts = package.build_dependencies.iter().flat_map(|one| OF_SCRIPTS.iter().map(move |tool| (one, tool)));
        let libraries = package.dependencies.iter().flat_map(|one| OF_LIBRARIES.iter().map(move |tool| (one, tool)));
        for (dependency, (name, tool)) in scripts.chain(libraries) {
            if let Some(origin) = dependency.named(name)
                && !(*tool == "protobuf-compiler" && has_protoc(package))
            {
                add(tool, format!("`{name}`"), origin);
            }
        }
    }
    let configuration = project.source(&[".cargo/config.toml", ".cargo/config"]).or_else(|| project.at_root(".cargo/config.toml"));
    if let Some(source) = configuration
        && let Some(facts) = project.facts(source, Facts::of_toml(source.text))
    {
        // Those for other systems are not used here.
        let is_ours = |key: &str| !["windows", "darwin", "macos", "wasm", "musl", "aarch64"].iter().any(|other| key.contains(other));
        for (key, fact) in facts.all().filter(|(key, _)| is_ours(key) && (key.contains("rustflags") || key.ends_with(".linker"))) {
            for (word, tool) in LINKERS {
                if fact.value.contains(word) {
                    add(tool, format!("`{key}`"), source.sure(fact.line));
                }
            }
        }
        if let Some(fact) = facts.get("build.target") {
            let target = &fact.value;
            let told = format!("builds for `{target}`, and the image that is made here takes what was built for its own system");
            project.note(&source.at(fact.line), told);
        } else if let Some(fact) = facts.get("build.target-dir") {
            project
                .note(&source.at(fact.line), "what is built lies elsewhere than where the image that is made here takes it from: `target`");
        }
    }
    for (tool, why, origin) in found {
        project.note(
            &origin.place,
            format!("{why} wants `{tool}`, which the image that builds and CI install; an agent of Jenkins has to have it"),
        );
        project.stack.system_packages.push(tool.to_owned());
    }
}

/// The environment without which sqlx asks a database while it compiles; a note where it can do nothing else.
pub(super) fn offline<'c>(project: &mut Project<'_>, code: impl Iterator<Item = &'c Code<'c>>) -> Option<(&'static str, &'static str)> {
    let is_kept = |path: &str| {
        path == "sqlx-data.json" || path.ends_with("/sqlx-data.json") || path.starts_with(".sqlx/") || path.contains("/.sqlx/")
    };
    if project.paths().any(is_kept) {
        return Some(("SQLX_OFFLINE", "true"));
    }
    // `query!` of something else has no `sqlx` beside it.
    let asks = |code: &&Code<'_>| code.text.contains("sqlx") && code.has(&MACROS);
    let asking = code.into_iter().filter(asks).find_map(|code| {
        let source = code.source();
        source.find(|line| MACROS.iter().any(|sign| line.contains(sign)).then_some(())).map(|((), line)| source.at(line))
    });
    if let Some(place) = asking {
        project.note(
            &place,
            "sqlx asks a database while this is compiled, and an image is built without one: `cargo sqlx prepare --workspace` keeps the answers in \
             `.sqlx`, to be committed",
        );
    }
    None
}

/// Files and folders that the program opens when it runs, and notes of what it will not find.
pub(super) fn running(project: &mut Project<'_>, module: &mut Module, code: &[&Code<'_>], dependencies: &[&Dependency]) {
    let sources: Vec<_> = code.iter().map(|code| code.source()).collect();
    let mut opened = project.read_at_run_time(&sources);
    let mut add = |name: &str| {
        if !opened.iter().any(|known| known == name) {
            opened.push(name.to_owned());
        }
    };
    for line in sources.iter().flat_map(|source| source.text.lines()) {
        if OPENS.iter().any(|sign| line.contains(sign)) && !line.contains("include_") {
            for path in line.split('"').skip(1).step_by(2) {
                // A folder that is delivered is there as it is named, and not only what it would be built in.
                let is_delivered = SERVES.iter().any(|sign| line.contains(sign));
                if let Some(path) = there(project, path, is_delivered) {
                    add(&path);
                }
            }
        }
    }
    let has = |name: &str| dependencies.iter().any(|dependency| dependency.name == name);
    if has("rocket") && project.has("Rocket.toml") {
        add("Rocket.toml");
    }
    if has("loco-rs") {
        let folders = ["config", "assets"].into_iter().filter(|folder| project.paths().any(|path| path.starts_with(&format!("{folder}/"))));
        folders.for_each(&mut add);
    }
    if (has("rocket_dyn_templates") || has("rocket_contrib")) && project.paths().any(|path| path.starts_with("templates/")) {
        add("templates");
    }
    opened.sort();
    // What lies in another one goes with that.
    let is_inside = |path: &str| opened.iter().any(|other| path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/')));
    module.sources = opened.iter().filter(|path| !is_inside(path)).cloned().collect();
    for source in &sources {
        missing(project, source);
        let at_home = source.find(|line| {
            let is_built_in = line.contains("include") || line.contains("migrate!") || line.contains("#[folder");
            (!is_built_in && (line.contains("env!(\"CARGO_MANIFEST_DIR\")") || line.contains("relative!("))).then_some(())
        });
        if let Some(((), line)) = at_home {
            project.note(&source.at(line), BUILT_IN);
        }
        let demanded = source.find(|line| {
            let rest = line.split_once("dotenv()").or_else(|| line.split_once("dotenvy::dotenv()"))?.1;
            [".expect(", ".unwrap()", "?"].iter().any(|sign| rest.trim_start().starts_with(sign)).then_some(())
        });
        if let Some(((), line)) = demanded {
            project.note(&source.at(line), "ends where there is no `.env`, and an image has none: `dotenv().ok()` goes on without");
        }
    }
}

/// Notes folders that are delivered to browsers and do not lie in the repository: something else builds them.
fn missing(project: &mut Project<'_>, source: &Source<'_>) {
    for (index, line) in source.text.lines().enumerate() {
        let Some(start) = SERVES.iter().find_map(|sign| line.find(sign)) else { continue };
        let is_path = |path: &&str| {
            !path.is_empty() && !path.starts_with('/') && path.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        };
        let Some(path) = line[start..].split('"').skip(1).step_by(2).find(is_path) else { continue };
        if there(project, path, true).is_none() && !path.contains("..") && path != "." {
            project.note(
                &source.at(index + 1),
                format!("delivers `{path}`, which does not lie in the repository: an image has it only if it is built there"),
            );
        }
    }
}

/// What there is of a path below the folder that the program is started in, without what is computed or has wildcards: `web/dist/*.js` → `web/dist`.
fn there(project: &Project<'_>, path: &str, is_whole: bool) -> Option<String> {
    let is_plain = |part: &&str| !part.is_empty() && *part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let parts: Vec<&str> = path.trim_start_matches("./").trim_end_matches('/').split('/').take_while(is_plain).collect();
    let is_there = |path: &String| {
        let inside = format!("{path}/");
        project.has(path) || project.paths().any(|path| path.starts_with(&inside))
    };
    let first = parts.first().filter(|first| !SOURCES.contains(first) && !first.starts_with('.'))?;
    let whole = parts.join("/");
    // Settings are often named without the end of their file.
    [Some(whole), (!is_whole).then(|| (*first).to_owned())].into_iter().flatten().find(is_there)
}
