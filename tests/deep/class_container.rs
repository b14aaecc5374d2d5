//! A class that is graded in containers: the same points, and code that reaches for more finds nothing and leaves nothing behind.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use stagekit::{digest::hex, manifest::Number, rendition::Rendition};

use crate::{
    arguments::Arguments,
    cell::Cell,
    checks::{Check, kits},
    class::{Expected, handed_out, judged, sources, text},
    outcome::{Outcome, Row},
    proof::proven,
    world::{World, first_line, run as run_to_end, tail},
};

const CHECK: &str = "class-container";

/// The kits whose classes they are, each in these languages, and where their courses end for them.
const HOSTILE: &str = "cli-calculator";
const OTHER: (&str, [&str; 2]) = ("http-server", ["python", "node"]);
const UNTIL: Number = 2;

/// How long one run of the tests may take, in seconds: the bomb waits for it twice.
const LIMIT: u32 = 120;

/// What a secret of the machine is called in the environment.
const SECRET: &str = "IT_SECRET";

const MAIN: &str = "src/main/java/com/example/calc/Main.java";

pub fn checks() -> [Check; 1] {
    [Check { name: CHECK, run }]
}

/// The image that is no kit's own: what Java's tests run in.
pub fn images(world: &World) -> Result<Vec<String>, String> {
    let versions = world.catalog.versions().map_err(|error| error.to_string())?;
    let text = |table: &str, key: &str| {
        let value = versions.get(table).and_then(|table| table.get(key)).and_then(toml::Value::as_str);
        value.ok_or_else(|| format!("`versions.toml` has no `{table}.{key}`"))
    };
    Ok(vec![format!("eclipse-temurin:{}-{}", text("java", "latest")?, text("images", "jdk")?)])
}

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let key = match sources() {
        Ok(sources) => sources + &hex(include_bytes!("class_container.rs")),
        Err(why) => return vec![Row::new(CHECK, HOSTILE, None, "", Outcome::Failed(why), 0.0)],
    };
    let cell = |kit: &str, settings| Cell {
        kit: kit.to_owned(),
        settings,
        rendition: Rendition { at: UNTIL, until: Some(UNTIL), ..Rendition::default() },
        jdk: None,
    };
    let mut cells = vec![cell(HOSTILE, Vec::new())];
    cells.extend(OTHER.1.map(|language| cell(OTHER.0, vec![("language".to_owned(), language.to_owned())])));
    let is_wanted = |cell: &Cell| {
        kits(world, arguments).any(|kit| *kit.name.get_ref() == cell.kit)
            && arguments.option.as_ref().is_none_or(|option| cell.settings.is_empty() || cell.settings.contains(option))
    };
    let mut rows = Vec::new();
    for cell in cells.into_iter().filter(is_wanted) {
        if let Err(why) = world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            rows.push(Row::skipped(CHECK, &cell.kit, cell.option(), why));
            continue;
        }
        let prove = if cell.kit == HOSTILE { hostile } else { harmless };
        rows.push(proven(world, CHECK, &[&cell], &key, || prove(world, &cell)));
    }
    rows
}

fn honest() -> Vec<Expected> {
    vec![Expected::honest("starter", 0, &[]), Expected::honest("one", 1, &[1]), Expected::honest("finished", 2, &[1, 2])]
}

/// The same points as without a container.
fn harmless(world: &World, cell: &Cell) -> Result<(), String> {
    let folder = world.fresh(&format!("class-{}", cell.option().replace(['=', ' '], "-")))?;
    handed_out(world, cell, &folder, &honest())?;
    grade(world, &folder, &["--container", "-j", "2"])?;
    judged(world, &cell.kit, &folder.join("results.json"), &honest())?;
    fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn hostile(world: &World, cell: &Cell) -> Result<(), String> {
    // 1. a class, and what its code must not reach
    let folder = world.fresh("class-container")?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let secret = world.folder.join("class-secret");
    fs::write(&secret, "a secret\n").map_err(|error| format!("{}: {error}", secret.display()))?;
    let students = students(&text(world, cell, MAIN)?, port, &secret);
    handed_out(world, cell, &folder, &students)?;
    let before = contents(&folder)?;

    // 2. without a container it does reach it; that fills Maven's caches, too
    grade(world, &folder, &["--only", "curious"])?;
    let reached = Expected { status: "crashed", done: &[], ..Expected::honest("curious", 2, &[]) };
    judged(world, &cell.kit, &folder.join("results.json"), &[reached])
        .map_err(|why| format!("without a container the curious one finds something, and so it should: {why}"))?;

    // 3. in one it does not, whoever is greedy costs nobody else anything, and all of them are gone afterwards
    grade(world, &folder, &["--container", "-j", "2"])?;
    judged(world, &cell.kit, &folder.join("results.json"), &students)?;
    nothing_is_left(world)?;
    if contents(&folder)? != before {
        return Err("grading has changed a student's repository".to_owned());
    }

    // 4. nor does anything stay after Ctrl-C
    interrupted(world, &folder)?;
    nothing_is_left(world)?;
    fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn students(main: &str, port: u16, secret: &Path) -> Vec<Expected> {
    // Runs as soon as a test touches the program.
    let first = |code: &str| {
        let text = main.replacen("class Main {", &format!("class Main {{\n    static {{\n{code}\n    }}\n"), 1);
        vec![(MAIN, Some(text))]
    };
    let curious = format!(
        r#"
java.util.List<String> found = new java.util.ArrayList<>();
try (java.net.Socket socket = new java.net.Socket()) {{
    socket.connect(new java.net.InetSocketAddress("127.0.0.1", {port}), 2000);
    found.add("a server of the machine");
}} catch (java.io.IOException e) {{ }}
try {{
    for (java.net.NetworkInterface network : java.util.Collections.list(java.net.NetworkInterface.getNetworkInterfaces())) {{
        if (!network.isLoopback()) {{ found.add("the network " + network); }}
    }}
    if (Integer.valueOf(0).equals(java.nio.file.Files.getAttribute(java.nio.file.Path.of("/proc/self"), "unix:uid"))) {{
        found.add("root's rights");
    }}
    for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/self/status"))) {{
        if (line.startsWith("CapEff:") && !line.endsWith("0000000000000000")) {{ found.add("rights: " + line); }}
    }}
}} catch (java.io.IOException e) {{ found.add(e.toString()); }}
for (String file : new String[] {{"{secret}", "/m2/settings.xml", "/root/.m2", "/var/run/docker.sock"}}) {{
    if (new java.io.File(file).exists()) {{ found.add(file); }}
}}
for (String folder : new String[] {{"/", "/m2", "/m2/repository", "/m2/wrapper", "/etc", "/opt"}}) {{
    try {{
        java.nio.file.Files.delete(java.nio.file.Files.writeString(java.nio.file.Path.of(folder, "planted"), ""));
        found.add("a place to write in " + folder);
    }} catch (java.io.IOException e) {{ }}
}}
if (System.getenv("{SECRET}") != null) {{ found.add("the environment"); }}
if (((com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize()
        > (2L << 30)) {{
    found.add("all of the memory");
}}
if (!found.isEmpty()) {{
    System.err.println(found);
    Runtime.getRuntime().halt(3);
}}
"#,
        secret = secret.display()
    );
    let many = r#"
java.util.List<Process> started = new java.util.ArrayList<>();
try {
    while (started.size() < 3000) { started.add(new ProcessBuilder("sleep", "600").start()); }
    Runtime.getRuntime().halt(3);
} catch (java.io.IOException | OutOfMemoryError e) {
    started.forEach(Process::destroyForcibly);
}
"#;
    // `tail` keeps all of a line that does not end.
    let much = r#"
try {
    Process hog = new ProcessBuilder("sh", "-c", "head -c 4294967296 /dev/zero | tail -n 1 | wc -c").start();
    if (new String(hog.getInputStream().readAllBytes()).strip().equals("4294967296")) { Runtime.getRuntime().halt(3); }
} catch (java.io.IOException e) { throw new IllegalStateException(e); }
"#;
    let bomb = r#"
boolean on = true;
while (on) {
    try { new ProcessBuilder("sh", "-c", "sleep 6000 & sleep 6000").start(); } catch (java.io.IOException | OutOfMemoryError e) { }
}
"#;
    let refused = |folder, code| Expected { changes: first(code), ..Expected::honest(folder, 2, &[1, 2]) };
    let mut all = honest();
    all.extend([refused("curious", curious.as_str()), refused("many", many), refused("much", much)]);
    all.push(Expected { status: "timed-out", done: &[], ..refused("bomb", bomb) });
    all
}

fn command(world: &World, folder: &Path, words: &[&str]) -> Result<Command, String> {
    let temporary = temporary(world);
    fs::create_dir_all(&temporary).map_err(|error| format!("{}: {error}", temporary.display()))?;
    let limit = LIMIT.to_string();
    let head = [env!("CARGO_BIN_EXE_stagekit"), "grade", ".", "--quiet", "--timeout", &limit, "--results", "results.json"];
    let words: Vec<&str> = head.into_iter().chain(words.iter().copied()).collect();
    let mut command = world.command(folder, &words, world.jdk(None)?);
    command.env("TMPDIR", temporary).env(SECRET, "a secret");
    Ok(command)
}

/// Where the copies are made, to see that none is left.
fn temporary(world: &World) -> std::path::PathBuf {
    world.folder.join("class-tmp")
}

fn grade(world: &World, folder: &Path, words: &[&str]) -> Result<(), String> {
    let ran = run_to_end(&mut command(world, folder, words)?, Duration::from_secs(1800))?;
    match ran.status.code() {
        Some(0) => Ok(()),
        code => Err(format!("grading ends with {code:?}: {}", tail(&ran.output, 20))),
    }
}

/// Ctrl-C while a container runs: the program says so within a few seconds.
fn interrupted(world: &World, folder: &Path) -> Result<(), String> {
    let mut command = command(world, folder, &["--container", "--only", "bomb", "--force"])?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    while containers()?.is_empty() {
        if start.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            return Err("no container was started within 60 s".to_owned());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    // Until the bomb has gone off.
    std::thread::sleep(Duration::from_secs(20));
    let done = run_to_end(Command::new("kill").args(["-INT", &child.id().to_string()]), Duration::from_secs(5))?;
    done.ok("kill")?;
    let start = Instant::now();
    let code = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status.code(),
            None if start.elapsed() > Duration::from_secs(60) => {
                let _ = child.kill();
                return Err("grading had not ended 60 s after Ctrl-C".to_owned());
            }
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    };
    if code == Some(130) { Ok(()) } else { Err(format!("grading ends with {code:?} after Ctrl-C, not with 130")) }
}

fn containers() -> Result<String, String> {
    let words = ["ps", "--all", "--quiet", "--filter", "label=stagekit=grade"];
    run_to_end(Command::new("docker").args(words), Duration::from_secs(30))?.ok("docker ps").map(|ids| first_line(&ids))
}

fn nothing_is_left(world: &World) -> Result<(), String> {
    let left = containers()?;
    if !left.is_empty() {
        return Err(format!("a container is left: {left}"));
    }
    let names = fs::read_dir(temporary(world)).map_err(|error| error.to_string())?.filter_map(Result::ok);
    match names.map(|entry| entry.file_name()).find(|name| name.to_string_lossy().starts_with("stagekit-grade-")) {
        Some(name) => Err(format!("a copy is left: {}", name.to_string_lossy())),
        None => Ok(()),
    }
}

/// Every file below the students' folders.
fn contents(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).map_err(|error| format!("{}: {error}", inside.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.strip_prefix(folder).map_err(|error| error.to_string())?.display().to_string();
            if path.is_dir() {
                if name != ".grade" {
                    folders.push(path);
                }
            } else if name.contains('/') {
                let owner = fs::metadata(&path).map(|meta| std::os::unix::fs::MetadataExt::uid(&meta)).unwrap_or_default();
                let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                found.insert(name, format!("{owner} {}", hex(&bytes)));
            }
        }
    }
    Ok(found)
}
