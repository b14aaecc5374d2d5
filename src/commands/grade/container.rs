//! Students' code in a container: without network, with limits, as nobody in particular.

use std::path::{Path, PathBuf};

use crate::{
    catalog::Catalog,
    error::{Error, Result},
    process::{Interrupts, Limits, run_within},
};

/// What a container may use.
const MEMORY: &str = "2g";
const CPUS: &str = "2";
const PROCESSES: &str = "1024";

/// How students' code is kept apart.
#[derive(Clone, Debug)]
pub(super) struct Container {
    image: String,
    /// The folder with Maven's own caches, if there is one.
    maven: Option<PathBuf>,
}

impl Container {
    /// One of this image; without a name of the image that the kits' Java is built on.
    pub(super) fn of(image: &str, catalog: &Catalog) -> Result<Self> {
        let has_docker = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| ["docker", "docker.exe"].iter().any(|name| folder.join(name).is_file()))
        });
        if !has_docker {
            return Err(Error::failed("`docker` is not there, and `--container` runs with it")
                .hint("install it, or leave `--container` out: students' code then runs with your rights"));
        }
        let image = if image.is_empty() { default_image(catalog)? } else { image.to_owned() };
        let maven = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".m2")).filter(|folder| folder.is_dir());
        Ok(Self { image, maven })
    }

    /// Its image.
    pub(super) fn image(&self) -> &str {
        &self.image
    }

    /// The command that runs `command` in a container called `name` on the repository at `root`.
    pub(super) fn command(&self, name: &str, root: &Path, command: &[String]) -> Result<Vec<String>> {
        let owner = owner(root)?;
        Ok(arguments(&self.image, name, root, &owner, self.maven.as_deref(), command))
    }

    /// Ends the container, if it still runs: the program that has started it was only its voice.
    pub(super) fn end(&self, name: &str, root: &Path, interrupts: &Interrupts) {
        let words = ["docker", "rm", "--force", name].map(str::to_owned);
        let environment = std::env::vars_os().collect();
        let _ = run_within(root, &words, &Limits { time: std::time::Duration::from_secs(30), environment }, interrupts);
    }
}

fn default_image(catalog: &Catalog) -> Result<String> {
    let versions = catalog.versions()?;
    let text = |table: &str, key: &str| {
        let value = versions.get(table).and_then(|table| table.get(key)).and_then(toml::Value::as_str);
        value.map(str::to_owned).ok_or_else(|| Error::usage("the templates name no image to run in").hint("`--container IMAGE` names one"))
    };
    Ok(format!("eclipse-temurin:{}-{}", text("java", "latest")?, text("images", "jdk")?))
}

/// Whoever owns the copy owns what is written there, too: `UID:GID`.
fn owner(root: &Path) -> Result<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let meta = root.metadata().map_err(|error| Error::io("look at", root, error))?;
        Ok(format!("{}:{}", meta.uid(), meta.gid()))
    }
    #[cfg(not(unix))]
    {
        let _ = root;
        Ok("1000:1000".to_owned())
    }
}

/// The words of `docker run`.
fn arguments(image: &str, name: &str, root: &Path, owner: &str, maven: Option<&Path>, command: &[String]) -> Vec<String> {
    let mut words: Vec<String> =
        ["docker", "run", "--rm", "--init", "--name", name, "--network", "none", "--user", owner].map(str::to_owned).into();
    words.extend(["--memory", MEMORY, "--memory-swap", MEMORY, "--cpus", CPUS, "--pids-limit", PROCESSES].map(str::to_owned));
    words.extend(["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp:exec"].map(str::to_owned));
    words.extend(["--volume".to_owned(), format!("{}:/work", root.display()), "--workdir".to_owned(), "/work".to_owned()]);
    words.extend(["--env".to_owned(), "HOME=/tmp".to_owned()]);
    let is_maven = command.first().is_some_and(|program| program.contains("mvn"));
    if let Some(maven) = maven.filter(|_| is_maven) {
        // Maven's and its wrapper's own files, read and never written: offline, since there is no network.
        words.extend(["--volume".to_owned(), format!("{}:/m2:ro", maven.display())]);
        words.extend(["--env", "MAVEN_USER_HOME=/m2", "--env", "MAVEN_ARGS=-o -Dmaven.repo.local=/m2/repository"].map(str::to_owned));
    }
    words.push(image.to_owned());
    words.extend(command.iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{arguments, default_image};
    use crate::catalog::Catalog;

    fn words(command: &str, maven: Option<&Path>) -> String {
        let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
        arguments("image:1", "a", Path::new("/copy"), "1:2", maven, &command).join(" ")
    }

    #[test]
    fn a_container_has_no_network_no_rights_and_limits() {
        let said = words("node run.js", None);
        for wanted in
            ["--network none", "--user 1:2", "--memory 2g", "--pids-limit 1024", "--cap-drop ALL", "--read-only", "--volume /copy:/work"]
        {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(said.ends_with(" image:1 node run.js"), "{said}");
        assert!(!said.contains("m2"), "{said}");
    }

    #[test]
    fn maven_reads_its_caches_and_writes_none() {
        let said = words("./mvnw test", Some(Path::new("/home/a/.m2")));
        assert!(said.contains("--volume /home/a/.m2:/m2:ro") && said.contains("MAVEN_ARGS=-o "), "{said}");
    }

    #[test]
    fn the_image_is_one_that_the_templates_name() {
        let image = default_image(&Catalog::embedded()).unwrap();
        assert!(image.starts_with("eclipse-temurin:") && image.ends_with("-jdk-noble"), "{image}");
    }
}
