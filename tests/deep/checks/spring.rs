//! What only a Spring kit promises: its gates hold with servers, in containers and without either, `spring-boot:run` brings its servers along, the API is
//! what its description says, and the SBOM is there.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use stagekit::{manifest::KitManifest, milestone::Outcome as Ended, rendition::Rendition, stack::Service};

use super::{kits, proven, two_at_a_time};
use crate::{
    arguments::Arguments,
    cell::{Cell, Made},
    outcome::Row,
    world::{World, run, tail},
};

/// Part of what these rows depend on.
const SOURCE: &str = include_str!("spring.rs");

/// Where a kit listens that is booted; one after the other, and not where `compose` has its ports.
const PORT: u16 = 18_181;

/// What names the servers of a kit that has some.
const COMPOSE: &str = "compose.yaml";

/// Where a kit may have its tour.
const TOURS: [&str; 2] = ["requests/tour.sh", "requests/curl.sh"];

/// What names the first administrator of a kit that has some, and what logs somebody in then and prints an access token.
const ADMINISTRATOR: [(&str, &str); 2] = [("APP_ADMIN_EMAIL", "root@example.com"), ("APP_ADMIN_PASSWORD", "correct horse battery")];
const TOKEN: &str = "requests/token.sh";

/// A Docker engine that is nowhere.
const NOWHERE: &str = "unix:///nowhere/docker.sock";

/// Where Testcontainers looks for one whatever `DOCKER_HOST` says.
const USUAL_SOCKET: &str = "/var/run/docker.sock";

/// Whether it is one of the kits that these checks are about.
pub fn is_spring(kit: &KitManifest) -> bool {
    kit.stack.iter().any(|part| part.fields.get("framework").and_then(toml::Value::as_str) == Some("spring-boot"))
}

/// The solution of each wanted Spring kit on each of its databases, the default first.
fn solutions<'w>(world: &'w World, arguments: &Arguments) -> Vec<(&'w KitManifest, Cell)> {
    let mut found = Vec::new();
    for kit in kits(world, arguments) {
        let name = kit.name.get_ref();
        if !is_spring(kit) {
            continue;
        }
        let mut settings = vec![Vec::new()];
        if let Some(question) = kit.question("database") {
            let default = question.default.as_ref().map(ToString::to_string);
            let others = question.choices.iter().map(|choice| choice.value.clone()).filter(|value| Some(value) != default.as_ref());
            settings.extend(others.map(|value| vec![("database".to_owned(), value)]));
        }
        for settings in settings {
            if arguments.option.as_ref().is_none_or(|option| settings.contains(option)) {
                found.push((kit, Cell { kit: name.clone(), settings, rendition: Rendition::solved(kit.last()), jdk: None }));
            }
        }
    }
    found
}

fn folder(check: &str, cell: &Cell) -> String {
    format!("{check}-{}-{}-{}", cell.kit, cell.rendition.at, cell.option().replace([' ', '='], "-"))
}

/// The build with all its gates, as CI runs it.
pub fn gates(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut cells = Vec::new();
    for (kit, cell) in solutions(world, arguments) {
        let mut steps = vec![kit.last()];
        if cell.settings.is_empty() {
            steps.extend([0].into_iter().chain(cell.first_with_services(world, kit.last())));
        }
        steps.sort_unstable();
        steps.dedup();
        cells.extend(steps.into_iter().filter(|at| arguments.wants_at(*at)).map(|at| cell.at(at)));
    }
    let mut rows = two_at_a_time(&cells, |_, cell| {
        proven(world, "gates", cell, &cell.option(), SOURCE, || {
            let made = cell.make(world, &folder("gates", cell))?;
            let cases = verified(world, &made, &[])?;
            if let Some(case) = cases.iter().find(|case| case.outcome == Ended::Skipped) {
                return Err(format!("`{}` was skipped: {}", case.id, case.message));
            }
            made.is_clean()?;
            remove(&made)
        })
    });
    for (_, cell) in
        solutions(world, arguments).into_iter().filter(|(kit, cell)| cell.settings.is_empty() && arguments.wants_at(kit.last()))
    {
        rows.push(proven(world, "gates", &cell, "red without form, red with a warning, red with a null", SOURCE, || {
            gates_close(world, &cell)
        }));
    }
    rows
}

/// The counter-proof: what is badly laid out, what the compiler warns of, and on a JDK that can find it what is null unsaid, ends the build.
fn gates_close(world: &World, cell: &Cell) -> Result<(), String> {
    let made = cell.make(world, &folder("gates-close", cell))?;
    let (_, _, answers) = cell.render(world)?;
    let package = answers.text("package").ok_or("the kit has no question `package`")?;
    let file = made.folder.join("src/main/java").join(package.replace('.', "/")).join("Scratch.java");
    let build = |jdk: Option<u32>, text: String, words: &[&str], said: &str| {
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        let words = [&["./mvnw", "-B", "-ntp", "-q"], words].concat();
        let ran = run(&mut world.command(&made.folder, &words, world.jdk(jdk)?), Duration::from_secs(300))?;
        match (ran.status.success(), ran.output.contains(said)) {
            (false, true) => Ok(()),
            (true, _) => Err(format!("`{}` is green", words.join(" "))),
            (false, false) => Err(format!("`{}` does not say `{said}`\n{}", words.join(" "), tail(&ran.output, 30))),
        }
    };
    build(None, format!("package {package};\n\nclass   Scratch {{}}\n"), &["-Dmaven.test.skip=true", "verify"], "spotless")?;
    build(
        None,
        format!("package {package};\n\nclass Scratch {{\n\n    java.util.List raw;\n}}\n"),
        &["-Dspotless.check.skip=true", "compile"],
        "warnings found and -Werror specified",
    )?;
    let newest = world.jdks.last().map(|jdk| jdk.version);
    build(
        newest,
        format!(
            "package {package};\n\n@org.jspecify.annotations.NullMarked\nclass Scratch {{\n\n    Object nothing() {{\n        return null;\n    }}\n}}\n"
        ),
        &["-Dspotless.check.skip=true", "compile"],
        "[NullAway]",
    )?;
    remove(&made)
}

/// `stack.test` with what CI adds; the test cases of its reports.
fn verified(world: &World, made: &Made, more: &[&str]) -> Result<Vec<stagekit::milestone::TestCase>, String> {
    let test = made.rendered.stack.test.as_ref().ok_or("the stack has no test")?;
    let words: Vec<&str> = test.command.iter().chain(&test.ci_arguments).map(String::as_str).chain(more.iter().copied()).collect();
    let mut command = world.command(&made.folder, &words, world.jdk(None)?);
    command.envs(&test.environment).envs(world.services().environment(&made.rendered.stack)?);
    run(&mut command, Duration::from_secs(580))?.ok(&words.join(" "))?;
    let cases = made.cases(&test.reports)?;
    if cases.is_empty() { Err("no test ran".to_owned()) } else { Ok(cases) }
}

fn remove(made: &Made) -> Result<(), String> {
    fs::remove_dir_all(&made.folder).map_err(|error| error.to_string())
}

/// `./mvnw verify` where there is neither a server nor Docker: green, and it names what it skipped; red where servers are required.
pub fn serverless(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kit, cell) in
        solutions(world, arguments).into_iter().filter(|(kit, cell)| cell.settings.is_empty() && arguments.wants_at(kit.last()))
    {
        if Path::new(USUAL_SOCKET).exists() {
            rows.push(Row::skipped("serverless", &cell.kit, "", format!("Docker is at {USUAL_SOCKET}, where no test can be without it")));
            continue;
        }
        rows.push(proven(world, "serverless", &cell, "", SOURCE, || without_servers(world, &cell, kit)));
    }
    rows
}

fn without_servers(world: &World, cell: &Cell, kit: &KitManifest) -> Result<(), String> {
    let made = cell.make(world, &folder("serverless", cell))?;
    let globs = made.rendered.stack.test.as_ref().map(|test| test.reports.clone()).unwrap_or_default();
    let verify = |more: &[&str]| {
        let words = [&["./mvnw", "-B", "-ntp", "verify"], more].concat();
        let mut command = world.command(&made.folder, &words, world.jdk(None)?);
        lose_servers(&mut command);
        run(command.env("DOCKER_HOST", NOWHERE), Duration::from_secs(580))
    };
    let output = verify(&[])?.ok("without servers")?;
    let cases = made.cases(&globs)?;
    let skipped: Vec<_> = cases.iter().filter(|case| case.outcome == Ended::Skipped).collect();
    if skipped.is_empty() {
        return Err("no test was skipped".to_owned());
    }
    if let Some(case) = skipped.iter().find(|case| !case.message.contains("Docker does not answer")) {
        return Err(format!("`{}` was skipped, and says only: {}", case.id, case.message));
    }
    // Every class that asks for a server is among them, and the log names it.
    let classes = needing_servers(&made);
    if classes.is_empty() {
        return Err("no test class asks for a server".to_owned());
    }
    for class in classes {
        let says = |line: &str| line.contains("Skipped: ") && !line.contains("Skipped: 0") && line.ends_with(&format!(".{class}"));
        if !output.lines().any(says) {
            return Err(format!("the log does not say that {class} was skipped (of {} milestones)\n{}", kit.last(), tail(&output, 30)));
        }
    }
    let ran = verify(&["-Dkit.it.required=true"])?;
    match (ran.status.success(), ran.output.contains("kit.it.required")) {
        (false, true) => remove(&made),
        (true, _) => Err("with -Dkit.it.required=true it is green as well".to_owned()),
        (false, false) => Err(format!("it is red, and does not say that servers are missing\n{}", tail(&ran.output, 40))),
    }
}

/// The test classes that are annotated with `@Needs…`, by themselves or by an annotation that is.
fn needing_servers(made: &Made) -> Vec<String> {
    let classes: Vec<(&str, &str)> = made
        .tree
        .iter()
        .filter(|(path, _)| path.as_str().starts_with("src/test/"))
        .filter_map(|(path, entry)| Some((path.file_name().strip_suffix(".java")?, entry.text()?)))
        .collect();
    let annotated = |text: &str, names: &[String]| text.lines().any(|line| names.iter().any(|name| line.starts_with(name.as_str())));
    let plain = |text: &str| text.lines().any(|line| line.starts_with("@Needs") && !line.starts_with("@Needs("));
    let names: Vec<String> = classes
        .iter()
        .filter(|(name, text)| text.contains(&format!("@interface {name}")) && plain(text))
        .map(|(name, _)| format!("@{name}"))
        .collect();
    let is_annotation = |name: &str| names.contains(&format!("@{name}"));
    classes
        .iter()
        .filter(|(name, text)| !is_annotation(name) && (plain(text) || annotated(text, &names)))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// Only what the names of `IT_…` say is forgotten; Docker stays.
fn lose_servers(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IT_") || name == "KIT_IT_REQUIRED") {
        command.env_remove(name);
    }
}

/// The same tests on containers that they start themselves.
pub fn testcontainers(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (_, cell) in solutions(world, arguments).into_iter().filter(|(kit, _)| arguments.wants_at(kit.last())) {
        if let Err(why) = world.needs(&["docker", "version", "--format", "{{.Server.Version}}"]) {
            rows.push(Row::skipped("containers", &cell.kit, cell.option(), why));
            continue;
        }
        rows.push(proven(world, "containers", &cell, &cell.option(), SOURCE, || {
            let made = cell.make(world, &folder("containers", &cell))?;
            let mut command = world.command(&made.folder, &["./mvnw", "-B", "-ntp", "-Dkit.it.required=true", "verify"], world.jdk(None)?);
            lose_servers(&mut command);
            run(&mut command, Duration::from_secs(580))?.ok("with containers")?;
            remove(&made)
        }));
    }
    rows
}

/// `./mvnw -Psecurity package` lists what the jar is made of.
pub fn sbom(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for (_, cell) in
        solutions(world, arguments).into_iter().filter(|(kit, cell)| cell.settings.is_empty() && arguments.wants_at(kit.last()))
    {
        rows.push(proven(world, "sbom", &cell, "", SOURCE, || {
            let made = cell.make(world, &folder("sbom", &cell))?;
            let file = made.folder.join("target/classes/META-INF/sbom/application.cdx.json");
            let build = |more: &[&str]| {
                let words = [&["./mvnw", "-B", "-ntp", "-q", "-Dmaven.test.skip=true"], more].concat();
                run(&mut world.command(&made.folder, &words, world.jdk(None)?), Duration::from_secs(300))?.ok(&words.join(" "))
            };
            // Only who asks for it pays for it.
            build(&["process-resources"])?;
            if file.exists() {
                return Err("an SBOM is made without -Psecurity".to_owned());
            }
            build(&["-Psecurity", "package"])?;
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let bom: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let names: BTreeSet<&str> =
                bom["components"].as_array().into_iter().flatten().filter_map(|component| component["name"].as_str()).collect();
            if bom["bomFormat"] != "CycloneDX" || !names.contains("spring-boot") || names.contains("junit-jupiter-api") {
                return Err(format!("`{}` does not list what the jar holds: {names:?}", bom["bomFormat"]));
            }
            remove(&made)
        }));
    }
    rows
}

/// `./mvnw spring-boot:run` brings up the servers of compose.yaml and nothing else, answers, and stops them again; while it runs, the kit's tour is made
/// and its API is tried. On the default database at the start and half way, too: the tour says what it cannot show yet.
pub fn boot(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    for (kit, cell) in solutions(world, arguments) {
        let mut steps = vec![kit.last()];
        if cell.settings.is_empty() {
            steps.extend([0, kit.last() / 2]);
        }
        cells.extend(steps.into_iter().filter(|at| arguments.wants_at(*at)).map(|at| (kit.last(), cell.at(at))));
    }
    for (last, mut cell) in cells {
        let option = cell.option();
        let needed = [
            &["docker", "version", "--format", "{{.Server.Version}}"][..],
            &["openapi-spec-validator", "--version"],
            &["schemathesis", "--version"],
        ];
        if let Some(why) = needed.iter().find_map(|command| world.needs(command).err()) {
            rows.push(Row::skipped("boot", &cell.kit, option, why));
            continue;
        }
        cell.settings.push(("port".to_owned(), PORT.to_string()));
        rows.push(proven(world, "boot", &cell, &option, SOURCE, || {
            booted(world, &cell, |made| {
                toured(made)?;
                // Last: what is tried there may use up what a client is allowed.
                if cell.rendition.at == last && has_description(made) { description_holds(made) } else { Ok(()) }
            })
        }));
    }
    rows
}

/// A program that was started in a process group of its own, which ends with this.
struct Group(Child);

impl Group {
    fn signal(&self, signal: &str) {
        let _ = Command::new("kill").args([signal, "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.0.wait();
    }
}

/// The kit's cURL tour, if it has one, finds what it says.
fn toured(made: &Made) -> Result<(), String> {
    match TOURS.iter().map(|tour| made.folder.join(tour)).find(|tour| tour.exists()) {
        Some(tour) => {
            run(Command::new(&tour).envs(ADMINISTRATOR).current_dir(&made.folder), Duration::from_secs(120))?.ok("the tour").map(drop)
        }
        None => Ok(()),
    }
}

fn booted(world: &World, cell: &Cell, meanwhile: impl FnOnce(&Made) -> Result<(), String>) -> Result<(), String> {
    let made = cell.make(world, &folder("boot", cell))?;
    if made.folder.join("scripts/init-env").exists() {
        run(Command::new("scripts/init-env").current_dir(&made.folder), Duration::from_secs(10))?.ok("scripts/init-env")?;
    }
    let result = answers_and_stops(world, &made, meanwhile);
    if made.folder.join(COMPOSE).exists() {
        let down = ["compose", "down", "--volumes", "--timeout", "5"];
        run(Command::new("docker").args(down).current_dir(&made.folder), Duration::from_secs(60))?.ok("docker compose down")?;
    }
    result?;
    remove(&made)
}

fn answers_and_stops(world: &World, made: &Made, meanwhile: impl FnOnce(&Made) -> Result<(), String>) -> Result<(), String> {
    let module = made.rendered.stack.modules.first().ok_or("the stack has no module")?;
    let url = format!("http://127.0.0.1:{}{}", module.port.unwrap_or(8080), module.health_path.as_deref().unwrap_or("/"));
    let log = made.folder.join("boot.log");
    let file = fs::File::create(&log).map_err(|error| error.to_string())?;
    let said = || tail(&fs::read_to_string(&log).unwrap_or_default(), 40);
    let mut command =
        world.command(&made.folder, &["./mvnw", "-B", "-ntp", "-Dspotless.check.skip=true", "spring-boot:run"], world.jdk(None)?);
    lose_servers(&mut command);
    command
        .envs(ADMINISTRATOR)
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(|error| error.to_string())?)
        .stderr(file)
        .process_group(0);
    let mut group = Group(command.spawn().map_err(|error| error.to_string())?);
    let start = Instant::now();
    while !is_healthy(&url) {
        if let Some(status) = group.0.try_wait().map_err(|error| error.to_string())? {
            return Err(format!("spring-boot:run ended with {status}\n{}", said()));
        }
        if start.elapsed() > Duration::from_secs(240) {
            return Err(format!("{url} does not answer after 240 s\n{}", said()));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let wanted: BTreeSet<String> = made.rendered.stack.services.iter().map(|Service { kind, .. }| kind.clone()).collect();
    let running = running(made)?;
    if running != wanted {
        return Err(format!("{running:?} run, and the stack names {wanted:?}"));
    }
    let tried = meanwhile(made);
    group.signal("-TERM");
    // A kit may say that its servers stay, so that the next start is quick.
    let stay = made.tree.iter().any(|(path, entry)| {
        path.as_str().starts_with("src/main/resources/")
            && entry.text().is_some_and(|text| text.contains("lifecycle-management: start-only"))
    });
    let start = Instant::now();
    loop {
        let left = self::running(made)?;
        if left == (if stay { wanted.clone() } else { BTreeSet::new() }) && !is_healthy(&url) {
            return tried;
        }
        if start.elapsed() > Duration::from_secs(60) {
            return Err(format!("60 s after SIGTERM {left:?} still run\n{}", said()));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn is_healthy(url: &str) -> bool {
    run(Command::new("curl").args(["--silent", "--fail", "--max-time", "5", url]), Duration::from_secs(10))
        .is_ok_and(|ran| ran.status.success())
}

/// The services of compose.yaml that run.
fn running(made: &Made) -> Result<BTreeSet<String>, String> {
    if !made.folder.join(COMPOSE).exists() {
        return Ok(BTreeSet::new());
    }
    let listed = run(
        Command::new("docker").args(["compose", "ps", "--services", "--status", "running"]).current_dir(&made.folder),
        Duration::from_secs(30),
    )?
    .ok("docker compose ps")?;
    Ok(listed.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn has_description(made: &Made) -> bool {
    made.tree
        .iter()
        .any(|(path, entry)| path.as_str() == "pom.xml" && entry.text().is_some_and(|text| text.contains("<artifactId>springdoc")))
}

/// The API's description is valid, and no request that is made from it gets a 5xx.
fn description_holds(made: &Made) -> Result<(), String> {
    let url = format!("http://127.0.0.1:{PORT}/v3/api-docs");
    let file = made.folder.join("target/openapi.json");
    run(
        Command::new("curl").args(["--silent", "--show-error", "--fail", "--max-time", "30", "--output"]).arg(&file).arg(&url),
        Duration::from_secs(40),
    )?
    .ok(&url)?;
    run(Command::new("openapi-spec-validator").arg(&file), Duration::from_secs(60))?.ok("openapi-spec-validator")?;
    let mut command = Command::new("schemathesis");
    command.args(["run", &url, "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--max-examples", "8"]);
    // Most of an API is behind a login: without one only its refusals would be tried.
    if made.folder.join(TOKEN).exists() {
        let token =
            run(Command::new(made.folder.join(TOKEN)).envs(ADMINISTRATOR).current_dir(&made.folder), Duration::from_secs(30))?.ok(TOKEN)?;
        command.arg("--header").arg(format!("Authorization: Bearer {}", token.trim()));
    }
    command
        .args(["--max-time", "60", "--generation-deterministic", "--no-color", "--warnings", "off"])
        .current_dir(made.folder.join("target"));
    let output = run(&mut command, Duration::from_secs(180))?.ok("schemathesis")?;
    if output.contains("0 generated") || !output.contains("passed") {
        return Err(format!("schemathesis tried nothing\n{}", tail(&output, 30)));
    }
    Ok(())
}
