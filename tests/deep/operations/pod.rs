//! A pod without a cluster: its container as the engine runs it, with what the manifest says of user, files, limits, environment and probes.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value as Json;

use super::{curl, docker, eventually};

/// Removed in the end, with its network.
pub struct Pods {
    network: String,
    containers: Vec<String>,
    folder: PathBuf,
}

/// A running container and the address that probes reach it at.
pub struct Pod {
    id: String,
    address: String,
    container: Json,
}

impl Pods {
    /// `folder`: where volumes lie.
    pub fn new(name: &str, folder: &Path) -> Result<Self, String> {
        let network = format!("deep-pods-{name}");
        let _ = docker(&["network", "rm", &network], 30);
        docker(&["network", "create", &network], 30)?;
        Ok(Self { network, containers: Vec::new(), folder: folder.to_owned() })
    }

    /// Starts the first container of the workload's template. `host`: the service's name; `config`: what `envFrom` adds; `secrets`: the files of the secret.
    pub fn start(&mut self, host: &str, workload: &Json, config: &[(String, String)], secrets: &[(String, String)]) -> Result<Pod, String> {
        let spec = &workload["spec"]["template"]["spec"];
        let container = spec["containers"][0].clone();
        let (user, group) = (number(&spec["securityContext"]["runAsUser"])?, number(&spec["securityContext"]["runAsGroup"])?);
        let fs_group = number(&spec["securityContext"]["fsGroup"])?;
        let mut words: Vec<String> =
            ["run", "--detach", "--pull", "never", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"].map(str::to_owned).into();
        // A container that ends is started again, as in a cluster.
        words.extend(["--restart", "always"].map(str::to_owned));
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        say("--network", self.network.clone());
        say("--network-alias", host.to_owned());
        say("--user", format!("{user}:{group}"));
        say("--group-add", fs_group.to_string());
        let limits = &container["resources"]["limits"];
        say("--memory", limits["memory"].as_str().ok_or("no memory limit")?.replace("Mi", "m").replace("Gi", "g"));
        say("--cpus", limits["cpu"].as_str().ok_or("no CPU limit")?.to_owned());
        // A kubelet says where the cluster is; some programs tell by it that they run in one.
        say("--env", "KUBERNETES_SERVICE_HOST=10.96.0.1".to_owned());
        say("--env", "KUBERNETES_SERVICE_PORT=443".to_owned());
        for (name, value) in config {
            say("--env", format!("{name}={value}"));
        }
        let mut known: Vec<(String, String)> = Vec::new();
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = text(&variable["name"])?;
            let value = match variable["valueFrom"]["secretKeyRef"]["key"].as_str() {
                Some(key) => {
                    let found = secrets.iter().find(|(name, _)| name == key);
                    found.ok_or_else(|| format!("the secret has no `{key}`"))?.1.clone()
                }
                // `$(NAME)` is what stands before it.
                None => {
                    known.iter().fold(text(&variable["value"])?.to_owned(), |value, (name, of)| value.replace(&format!("$({name})"), of))
                }
            };
            say("--env", format!("{name}={value}"));
            known.push((name.to_owned(), value));
        }
        // The public images' users have other numbers than those of the stand-ins, and some programs want to know who they are.
        let own = self.folder.join(format!("{host}-passwd"));
        write(&own, &format!("root:x:0:0::/root:/bin/sh\n{host}:x:{user}:{group}::/:/bin/sh\n"))?;
        say("--volume", format!("{}:/etc/passwd:ro", own.display()));
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let (name, path) = (text(&mount["name"])?, text(&mount["mountPath"])?);
            let volume = spec["volumes"].as_array().into_iter().flatten().find(|volume| volume["name"] == name);
            match volume {
                Some(volume) if volume["emptyDir"].is_object() => {
                    let folder = self.volume(&format!("{host}-{name}"), fs_group, 0o2777)?;
                    say("--volume", format!("{}:{path}", folder.display()));
                }
                Some(volume) if volume["secret"].is_object() => {
                    if secrets.is_empty() {
                        return Err(format!("it waits for the secret {}, which nobody makes", volume["secret"]["secretName"]));
                    }
                    let folder = self.volume(&format!("{host}-{name}"), fs_group, 0o750)?;
                    let mode = u32::try_from(number(&volume["secret"]["defaultMode"])?).map_err(|error| error.to_string())?;
                    for (name, value) in secrets {
                        let file = folder.join(name);
                        write(&file, value)?;
                        owned(&file, fs_group, mode)?;
                    }
                    say("--volume", format!("{}:{path}:ro", folder.display()));
                }
                // A claim of the set: a folder of root's that the group may write to.
                None => say("--volume", format!("{}:{path}", self.volume(&format!("{host}-{name}"), fs_group, 0o2775)?.display())),
                Some(other) => return Err(format!("a volume of a kind that nobody knows here: {other}")),
            }
        }
        if container["securityContext"]["readOnlyRootFilesystem"] == true {
            words.push("--read-only".to_owned());
            if host == "rabbitmq" {
                // The public image has the settings that a stand-in writes when it starts.
                let folder = self.volume("rabbitmq-settings", fs_group, 0o2775)?;
                words.extend(["--volume".to_owned(), format!("{}:/etc/rabbitmq/conf.d", folder.display())]);
            }
        }
        let listed = |key: &str| container[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
        let mut command = listed("command");
        if let Some(program) = command.next() {
            words.extend(["--entrypoint".to_owned(), program]);
        }
        words.push(text(&container["image"])?.to_owned());
        words.extend(command.chain(listed("args")));
        let id = docker(&words.iter().map(String::as_str).collect::<Vec<_>>(), 60)?;
        self.containers.push(id.clone());
        let address = docker(&["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", &id], 20)?;
        let pod = Pod { id, address, container };
        pod.starts().map_err(|why| format!("{host}: {why}\n{}", docker(&["logs", "--tail", "30", &pod.id], 20).unwrap_or_default()))?;
        Ok(pod)
    }

    fn volume(&self, name: &str, group: u64, mode: u32) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        owned(&folder, group, mode)?;
        Ok(folder)
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        for id in &self.containers {
            let _ = docker(&["rm", "--force", "--volumes", id], 60);
        }
        let _ = docker(&["network", "rm", &self.network], 30);
    }
}

/// All probes that a container may have.
const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

impl Pod {
    /// The startup probe, as often as it may be asked; then the other two. What has none has started when it runs.
    fn starts(&self) -> Result<(), String> {
        if !PROBES.iter().any(|which| self.container[which].is_object()) {
            return Ok(());
        }
        let probe = &self.container["startupProbe"];
        let seconds = number(&probe["periodSeconds"])? * number(&probe["failureThreshold"])?;
        eventually(seconds, || self.probe("startupProbe"))?;
        eventually(10, || self.probe("readinessProbe"))?;
        self.probe("livenessProbe")
    }

    /// How often it has ended and was started again.
    pub fn restarts(&self) -> Result<u64, String> {
        let count = docker(&["inspect", "--format", "{{.RestartCount}}", &self.id], 20)?;
        count.trim().parse().map_err(|_| format!("`{}` is no number", count.trim()))
    }

    /// Asks once.
    pub fn probe(&self, which: &str) -> Result<(), String> {
        let probe = &self.container[which];
        if probe["httpGet"].is_object() {
            let (port, path) = (self.port(&probe["httpGet"]["port"])?, text(&probe["httpGet"]["path"])?);
            let mut words = Vec::new();
            for header in probe["httpGet"]["httpHeaders"].as_array().into_iter().flatten() {
                words.extend(["--header".to_owned(), format!("{}: {}", text(&header["name"])?, text(&header["value"])?)]);
            }
            words.push(format!("http://{}:{port}{path}", self.address));
            return match curl(&words.iter().map(String::as_str).collect::<Vec<_>>())? {
                (status, _) if (200..400).contains(&status) => Ok(()),
                (status, body) => Err(format!("{which}: {status} {body}")),
            };
        }
        if probe["tcpSocket"].is_object() {
            let address =
                format!("{}:{}", self.address, self.port(&probe["tcpSocket"]["port"])?).parse().map_err(|error| format!("{error}"))?;
            return TcpStream::connect_timeout(&address, Duration::from_secs(2)).map(drop).map_err(|error| format!("{which}: {error}"));
        }
        let command = probe["exec"]["command"].as_array().ok_or_else(|| format!("{which} asks nothing"))?;
        let words: Vec<&str> = ["exec", &self.id].into_iter().chain(command.iter().filter_map(Json::as_str)).collect();
        docker(&words, 10).map(drop)
    }

    /// The number of a port that may be given by its name.
    fn port(&self, port: &Json) -> Result<u64, String> {
        if let Some(port) = port.as_u64() {
            return Ok(port);
        }
        let mut ports = self.container["ports"].as_array().into_iter().flatten();
        ports
            .find(|known| known["name"] == *port)
            .and_then(|known| known["containerPort"].as_u64())
            .ok_or_else(|| format!("no port is called {port}"))
    }

    /// Nothing in it runs on, or does again.
    pub fn pause(&self, paused: bool) -> Result<(), String> {
        docker(&[if paused { "pause" } else { "unpause" }, &self.id], 20).map(drop)
    }

    /// It ends, and is not started again.
    pub fn end(&self) -> Result<(), String> {
        docker(&["stop", "--time", "1", &self.id], 30).map(drop)
    }
}

fn number(value: &Json) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("`{value}` is no number"))
}

fn text(value: &Json) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("`{value}` is no text"))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn owned(path: &Path, group: u64, mode: u32) -> Result<(), String> {
    let group = u32::try_from(group).map_err(|error| error.to_string())?;
    chown(path, Some(0), Some(group))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|error| format!("{}: {error}", path.display()))
}
