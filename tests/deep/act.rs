//! Workflows are executed by act, on this machine.
//!
//! Actions cannot be fetched here: each is replaced by a stub, and is named as such. The stubs of those that set up a runtime put the version
//! that is asked for first on the path, where this machine has it, and say so where it has not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    cell::commit,
    world::{Ran, World, run as run_to_end, tail},
};

/// Executes the workflows of a repository as a push does.
pub fn act(world: &World, folder: &Path, stubs: &[(String, PathBuf)], more: &[&str]) -> Result<Ran, String> {
    let mut command = world.command(folder, &["act", "push"], world.jdk(None)?);
    command.args([
        "-P",
        "ubuntu-24.04=-self-hosted",
        "--action-offline-mode",
        "--container-daemon-socket",
        "-",
        "--pull=false",
        "--no-cache-server",
    ]);
    for (action, stub) in stubs {
        command.arg("--local-repository").arg(format!("{action}={}", stub.display()));
    }
    run_to_end(command.args(more), Duration::from_secs(1200))
}

/// Whether it ended as it should: green, or red with this among what it says.
pub fn ended(ran: Ran, red: Option<&str>) -> Result<(), String> {
    let said = ran.output.lines().filter_map(|line| Some(line[line.find(STAND_IN)?..].trim_end_matches('\'').trim_end()));
    // act prints the script of a step, too.
    for said in said.filter(|said| !said.contains("$VERSION")).collect::<BTreeSet<_>>() {
        eprintln!("   {said}");
    }
    match (ran.status.success(), red) {
        (true, None) if ran.output.contains("Job succeeded") => Ok(()),
        (false, Some(text)) if ran.output.contains(text) => Ok(()),
        (false, Some(_)) => Err(format!("the workflow is red, but no test said so\n{}", tail(&ran.output, 40))),
        (true, None) => Err(format!("no job ran\n{}", tail(&ran.output, 20))),
        (true, Some(_)) => Err(format!("the workflow is green, and a test is broken\n{}", tail(&ran.output, 60))),
        (false, None) => Err(format!("the workflow is red\n{}", tail(&ran.output, 60))),
    }
}

/// The servers that the job `test` asks for, as the runner would start them; they end with this.
pub struct Servers(Vec<String>);

/// Prints the words of a `docker run` for each of them.
const WORDS: &str = r#"
import json, shlex, sys, yaml
services = yaml.safe_load(open(sys.argv[1]))["jobs"]["test"].get("services", {}).values()
print(json.dumps([
    [word for name, value in service.get("env", {}).items() for word in ("--env", f"{name}={value}")]
    + [word for port in service.get("ports", []) for word in ("--publish", str(port))]
    + shlex.split(service.get("options", "")) + [service["image"]]
    for service in services
]))"#;

impl Servers {
    /// `file`: the workflow.
    pub fn start(file: &Path) -> Result<Self, String> {
        let words = run_to_end(Command::new("python3").args(["-c", WORDS]).arg(file), Duration::from_secs(30))?;
        let words: Vec<Vec<String>> =
            serde_json::from_str(&words.ok("the services of the workflow")?).map_err(|error| error.to_string())?;
        let mut servers = Self(Vec::new());
        for words in words {
            let mut create = Command::new("docker");
            create.args(["run", "--detach", "--rm", "--pull", "never"]).args(words);
            servers.0.push(run_to_end(&mut create, Duration::from_secs(60))?.ok("docker run")?.trim().to_owned());
        }
        let start = Instant::now();
        for id in &servers.0 {
            let inspect = ["inspect", "--format", "{{.State.Health.Status}}", id];
            while run_to_end(Command::new("docker").args(inspect), Duration::from_secs(20))?.ok("docker inspect")?.trim() != "healthy" {
                if start.elapsed() > Duration::from_secs(120) {
                    return Err("a server of the workflow is not healthy after 120 s".to_owned());
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        }
        Ok(servers)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for id in &self.0 {
            let _ = run_to_end(Command::new("docker").args(["rm", "--force", "--volumes", id]), Duration::from_secs(30));
        }
    }
}

/// How a stub begins what it prints.
const STAND_IN: &str = "stand-in for ";

/// A stub for each action that the workflow names.
pub fn stubs(world: &World, text: &str) -> Result<Vec<(String, PathBuf)>, String> {
    let actions: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("uses: ").or_else(|| line.trim().strip_prefix("- uses: "))?.split_whitespace().next())
        .collect();
    let mut stubs = Vec::new();
    for action in actions {
        let name = action.split('@').next().unwrap_or(action);
        let folder = world.folder.join("stubs").join(name.replace('/', "-"));
        write_stub(&folder, name, &script(world, name))?;
        stubs.push((action.to_owned(), folder));
    }
    Ok(stubs)
}

/// The input that names the version, and what a stub does with it as `$VERSION`.
fn script(world: &World, name: &str) -> (&'static str, String) {
    match name {
        "actions/setup-java" => {
            let homes = world.jdks.iter().map(|jdk| format!("  {}) home='{}' ;;\n", jdk.version, jdk.home.display()));
            let choose = format!("case \"$VERSION\" in\n{}  *) home= ;;\nesac\n", homes.collect::<String>());
            let take = "  echo \"$home/bin\" >> \"$GITHUB_PATH\"\n  echo \"JAVA_HOME=$home\" >> \"$GITHUB_ENV\"\n";
            ("java-version", format!("{choose}if [ -n \"$home\" ]; then\n{take}  {}else\n  {}fi\n", takes(name), lacks(name)))
        }
        "actions/setup-python" => ("python-version", linked(name, "python$VERSION", "python3 python")),
        // Only one Node.js is on a machine as `node`.
        "actions/setup-node" => {
            let is_it = "case \"$(node --version)\" in\n\"v$VERSION\"|\"v$VERSION.\"*)\n  ";
            ("node-version", format!("{is_it}{};;\n*)\n  {};;\nesac\n", takes(name), lacks(name)))
        }
        _ => ("", format!("echo '{STAND_IN}{name}: the step is replaced'\n")),
    }
}

/// Makes `program` what the `names` call, where it can be found.
fn linked(name: &str, program: &str, names: &str) -> String {
    let take = format!(
        "  folder=$(mktemp -d)\n  for name in {names}; do ln -s \"$program\" \"$folder/$name\"; done\n  echo \"$folder\" >> \"$GITHUB_PATH\"\n"
    );
    format!("if program=$(command -v \"{program}\"); then\n{take}  {}else\n  {}fi\n", takes(name), lacks(name))
}

fn takes(name: &str) -> String {
    format!("echo \"{STAND_IN}{name}: $VERSION is on this machine, and what runs from here on\"\n")
}

fn lacks(name: &str) -> String {
    format!("echo \"{STAND_IN}{name}: $VERSION is not on this machine, so the step is replaced and what is there runs\"\n")
}

fn write_stub(folder: &Path, name: &str, (input, script): &(&str, String)) -> Result<(), String> {
    let (inputs, version) = match *input {
        "" => (String::new(), String::new()),
        input => {
            (format!("inputs:\n  {input}:\n    required: true\n"), format!("      env:\n        VERSION: ${{{{ inputs.{input} }}}}\n"))
        }
    };
    let script: String = script.lines().map(|line| format!("        {line}\n")).collect();
    let text = format!(
        "name: {name}\ndescription: a stand-in\n{inputs}runs:\n  using: composite\n  steps:\n    - shell: bash\n{version}      run: |\n{script}"
    );
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join("action.yml"), text))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    if !folder.join(".git").exists() {
        commit(folder)?;
    }
    Ok(())
}
