//! Students' code in a container: without network, with limits, as nobody in particular.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::needs::Needs;
use crate::{
    catalog::Catalog,
    disk::Workplace,
    error::{Error, Result},
    process::{Interrupts, Limited, Limits, run_within},
    stack::{Language, Stack},
};

/// Where the copy stands in there.
pub(super) const ROOT: &str = "/work";

/// What a container may use.
const MEMORY: &str = "2g";
const CPUS: usize = 2;
const PROCESSES: &str = "1024";
/// As everywhere: the largest file, in bytes.
const FILE: &str = "fsize=1073741824:1073741824";

/// Who runs in there where root grades.
const NOBODY: u32 = 10001;

/// How long the engine has for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The exit code of `docker run` where the engine has not started anything.
const NOT_STARTED: i32 = 125;

/// What a program ends with that the system has killed, as it does when memory is short.
const KILLED: i32 = 128 + 9;

/// How often, and how long after each other, is looked whether a container is gone: its making may be under way.
const LOOKS: usize = 10;
const BETWEEN: Duration = Duration::from_millis(200);

/// How students' code is kept apart.
#[derive(Clone, Debug)]
pub(super) struct Container {
    /// The one image for all, where one is named.
    image: Option<String>,
    versions: toml::Table,
    caches: Option<Caches>,
    is_rootless: bool,
    cpus: usize,
}

/// What Maven and its wrapper have fetched. Only these folders: beside them may lie settings with passwords.
#[derive(Clone, Debug)]
struct Caches {
    repository: PathBuf,
    wrapper: PathBuf,
}

impl Container {
    /// One of this image; without a name of the images that the kit's languages have. All that is missing is told here, before anybody is graded.
    pub(super) fn of(image: &str, needs: &Needs, catalog: &Catalog, interrupts: &Interrupts) -> Result<Self> {
        // 1. servers
        if !needs.services().is_empty() {
            let what = format!("the tests of `{}` need {}, and a container has no network", needs.kit(), needs.services().join(" and "));
            return Err(Error::failed(what).hint("leave `--container` out on a machine that is thrown away afterwards"));
        }

        // 2. the engine
        let has_docker = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| ["docker", "docker.exe"].iter().any(|name| folder.join(name).is_file()))
        });
        let without = "leave `--container` out: students' code then runs with your rights";
        if !has_docker {
            return Err(Error::failed("`docker` is not there, and `--container` runs with it").hint(format!("install it, or {without}")));
        }
        answer(interrupts).map_err(|error| error.hint(format!("start it, or {without}")))?;
        let security = docker(&["info", "--format", "{{json .SecurityOptions}}"], interrupts)?;

        // 3. images and caches
        let container = Self {
            image: Some(image.to_owned()).filter(|image| !image.is_empty()),
            versions: catalog.versions()?,
            caches: caches(),
            is_rootless: security.output.contains("name=rootless"),
            cpus: thread::available_parallelism().map_or(1, usize::from).min(CPUS),
        };
        let images: BTreeSet<String> = needs.stacks().map(|stack| container.image(stack)).collect::<Result<_>>()?;
        for image in &images {
            if docker(&["image", "inspect", "--format", "{{.Id}}", image], interrupts)?.is_success != Some(true) {
                return Err(Error::failed(format!("the image `{image}` is not there, and `--container` runs in it"))
                    .hint(format!("`docker pull {image}` fetches it, and `--container=IMAGE` names another one")));
            }
        }
        if needs.stacks().any(|stack| stack.build_tool == "maven") && container.caches.is_none() {
            return Err(Error::failed("Maven has no caches here, and without network it fetches nothing")
                .hint(format!("`stagekit new {0} trusted --solution` and `stagekit check --all` in it fill them", needs.kit())));
        }
        Ok(container)
    }

    /// The image in which code of this stack runs.
    pub(super) fn image(&self, stack: &Stack) -> Result<String> {
        let (name, key) = match (&self.image, stack.language) {
            (Some(image), _) => return Ok(image.clone()),
            (None, Language::Java) => ("eclipse-temurin", "jdk"),
            (None, Language::Python) => ("python", "python"),
            (None, Language::Node) => ("node", "node"),
            (None, language) => {
                return Err(Error::usage(format!("there is no usual image for {}", language.title())).hint("`--container=IMAGE` names one"));
            }
        };
        let end = self.versions.get("images").and_then(|images| images.get(key)).and_then(toml::Value::as_str);
        let end = end.ok_or_else(|| Error::usage("the templates name no image to run in").hint("`--container=IMAGE` names one"))?;
        Ok(format!("{name}:{}-{end}", stack.language_version))
    }

    /// Runs `command` on the copy in a container, which is gone afterwards.
    pub(super) fn run(
        &self,
        stack: &Stack,
        place: &Workplace,
        command: &[String],
        time: Duration,
        interrupts: &Interrupts,
    ) -> Result<Limited> {
        let name = place.name();
        let words = self.arguments(&self.image(stack)?, &name, place.root(), &self.user(place)?, command);
        // What runs in there has an environment of its own; this one is the engine's client's.
        let ran = run_within(place.root(), &words, &Limits { time, environment: std::env::vars_os().collect() }, interrupts);
        if !ran.as_ref().is_ok_and(|ran| ran.code.is_some()) {
            end(&name);
        }
        let ran = ran?;
        if ran.code == Some(NOT_STARTED) {
            return Err(Error::failed(format!("Docker has started no container: {}", first_line(&ran.output))));
        }
        Ok(ran)
    }

    /// Whether the system has ended the tests, and not they themselves.
    pub(super) fn was_killed(ran: &Limited) -> bool {
        ran.code == Some(KILLED)
    }

    /// Who runs in there, as `UID:GID`: whoever owns the copy, so that it can be removed afterwards, and root never.
    fn user(&self, place: &Workplace) -> Result<String> {
        // Root in there is whoever runs such an engine, and everybody else in there could not write what is theirs.
        if self.is_rootless {
            return Ok("0:0".to_owned());
        }
        match place.owner()? {
            #[cfg(unix)]
            Some((0, _)) => {
                place.give_to(NOBODY)?;
                Ok(format!("{NOBODY}:{NOBODY}"))
            }
            Some((user, group)) => Ok(format!("{user}:{group}")),
            None => Ok(format!("{NOBODY}:{NOBODY}")),
        }
    }

    /// The words of `docker run`.
    fn arguments(&self, image: &str, name: &str, root: &Path, user: &str, command: &[String]) -> Vec<String> {
        let mut words: Vec<String> = ["docker", "run", "--rm", "--init", "--pull", "never", "--name", name].map(str::to_owned).into();
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        // With a host's name that leads somewhere although there is no network.
        add(&["--label", "stagekit=grade", "--network", "none", "--hostname", "localhost", "--user", user]);
        add(&["--memory", MEMORY, "--memory-swap", MEMORY, "--cpus", &self.cpus.to_string(), "--pids-limit", PROCESSES]);
        add(&["--ulimit", FILE, "--ulimit", "core=0", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]);
        // Whatever it prints is read here, and would otherwise fill the engine's disk as well.
        add(&["--log-driver", "none", "--read-only", "--tmpfs", "/tmp:exec"]);
        add(&["--mount", &format!("type=bind,source={},target={ROOT}", root.display()), "--workdir", ROOT]);
        add(&["--env", "HOME=/tmp", "--env", "LANG=C.UTF-8"]);
        // The client hands in the proxies of its own configuration, and in their addresses may stand a password.
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
            add(&["--env", &format!("{proxy}="), "--env", &format!("{}=", proxy.to_lowercase())]);
        }
        let is_maven = command.first().is_some_and(|program| program.contains("mvn"));
        if let Some(Caches { repository, wrapper }) = self.caches.as_ref().filter(|_| is_maven) {
            add(&["--mount", &format!("type=bind,source={},target=/m2/repository,readonly", repository.display())]);
            add(&["--mount", &format!("type=bind,source={},target=/m2/wrapper,readonly", wrapper.display())]);
            // Offline, since there is no network; and whatever is there counts, from whichever mirror it came.
            let arguments = "-o -Dmaven.repo.local=/m2/repository -Daether.enhancedLocalRepository.trackingFilename=none";
            add(&["--env", "MAVEN_USER_HOME=/m2", "--env", &format!("MAVEN_ARGS={arguments}")]);
        }
        add(&[image]);
        words.extend(command.iter().cloned());
        words
    }
}

/// That Docker answers, or the error that it is where it does not.
pub(super) fn answer(interrupts: &Interrupts) -> Result<()> {
    let asked = docker(&["version", "--format", "{{.Server.Version}}"], interrupts)?;
    match asked.is_success {
        Some(true) => Ok(()),
        Some(false) => Err(Error::failed(format!("Docker does not answer: {}", first_line(&asked.output)))),
        None => Err(Error::failed(format!("Docker has not answered within {} s", PATIENCE.as_secs()))),
    }
}

/// Ends a container that may still run, or is only about to: the program that has started it was only its voice.
fn end(name: &str) {
    // A signal is why it has to go.
    let interrupts = Interrupts::none();
    let filter = format!("name=^/?{name}$");
    let mut absent = 0;
    for _ in 0..LOOKS {
        let _ = docker(&["rm", "--force", "--volumes", name], &interrupts);
        let left = docker(&["ps", "--all", "--quiet", "--filter", &filter], &interrupts);
        let is_gone = left.is_ok_and(|left| left.is_success == Some(true) && left.output.trim().is_empty());
        absent = if is_gone { absent + 1 } else { 0 };
        if absent == 2 {
            return;
        }
        thread::sleep(BETWEEN);
    }
}

fn docker(words: &[&str], interrupts: &Interrupts) -> Result<Limited> {
    let words: Vec<String> = ["docker"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    run_within(Path::new("."), &words, &Limits { time: PATIENCE, environment: std::env::vars_os().collect() }, interrupts)
}

fn first_line(said: &str) -> &str {
    said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing")
}

fn caches() -> Option<Caches> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = folder("HOME").or_else(|| folder("USERPROFILE"))?.join(".m2");
    let wrapper = folder("MAVEN_USER_HOME").unwrap_or_else(|| home.clone()).join("wrapper");
    let caches = Caches { repository: home.join("repository"), wrapper };
    Some(caches).filter(|caches| caches.repository.is_dir() && caches.wrapper.is_dir())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Caches, Container};
    use crate::{
        catalog::Catalog,
        stack::{Language, Stack},
    };

    fn container() -> Container {
        let caches = Caches { repository: "/home/a/.m2/repository".into(), wrapper: "/home/a/.m2/wrapper".into() };
        let versions = Catalog::embedded().versions().unwrap();
        Container { image: None, versions, caches: Some(caches), is_rootless: false, cpus: 2 }
    }

    fn words(command: &str) -> String {
        let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
        container().arguments("image:1", "a", Path::new("/copy"), "1:2", &command).join(" ")
    }

    #[test]
    fn a_container_has_no_network_no_rights_and_limits() {
        let said = words("node run.js");
        for wanted in [
            "--network none",
            "--user 1:2",
            "--memory 2g --memory-swap 2g",
            "--cpus 2",
            "--pids-limit 1024",
            "--cap-drop ALL",
            "--security-opt no-new-privileges",
            "--read-only",
            "--log-driver none",
            "--pull never",
            "--mount type=bind,source=/copy,target=/work ",
            "--env https_proxy= ",
        ] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(said.ends_with(" image:1 node run.js"), "{said}");
        assert!(!said.contains("m2"), "{said}");
    }

    #[test]
    fn maven_reads_its_caches_and_nothing_beside_them() {
        let said = words("./mvnw test");
        for folder in ["repository", "wrapper"] {
            assert!(said.contains(&format!("source=/home/a/.m2/{folder},target=/m2/{folder},readonly ")), "{said}");
        }
        assert!(!said.contains("source=/home/a/.m2,") && said.contains("MAVEN_ARGS=-o "), "{said}");
    }

    #[test]
    fn the_image_is_that_of_the_language() {
        let image = |language, version: &str| {
            let stack = Stack { language_version: version.to_owned(), ..Stack::named("a", language) };
            container().image(&stack).map_err(|error| error.to_string())
        };
        assert_eq!(image(Language::Java, "25").unwrap(), "eclipse-temurin:25-jdk-noble");
        assert_eq!(image(Language::Python, "3.14").unwrap(), "python:3.14-slim-trixie");
        assert_eq!(image(Language::Node, "24").unwrap(), "node:24-trixie-slim");
        assert_eq!(image(Language::Go, "1").unwrap_err(), "there is no usual image for Go");
        let named = Container { image: Some("mine:1".to_owned()), ..container() };
        assert_eq!(named.image(&Stack::named("a", Language::Go)).unwrap(), "mine:1");
    }
}
