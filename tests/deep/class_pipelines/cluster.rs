//! The Indexed Job: a real API server takes it and makes its pods, the container engine runs each as the API server has it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use super::{
    altered,
    class::{Class, KIT, SHARES, put},
};
use crate::{
    operations::{eventually, said},
    world::World,
};

const SHARES_JOB: &str = "deploy/grading/shares/job.yaml";

/// A volume that the claim can have: this cluster has nobody who makes them.
const VOLUME: &str = "apiVersion: v1
kind: PersistentVolume
metadata:
  generateName: deep-class-
  labels:
    deep-class: \"true\"
spec:
  capacity:
    storage: 10Gi
  accessModes: [ReadWriteMany]
  hostPath:
    path: /tmp
";

/// What a cluster is asked; what was made there is deleted in the end.
struct Cluster<'c> {
    teacher: &'c Path,
    namespace: String,
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        // A Job that counts each index's failures keeps its pods until it has made new ones, which it may not in a namespace that ends.
        let _ = self.kubectl(&["delete", "job", "--all"]);
        let _ = self.kubectl(&["delete", "namespace", &self.namespace, "--wait=false", "--ignore-not-found"]);
        let _ = self.kubectl(&["delete", "persistentvolume", "--selector", "deep-class=true", "--wait=false"]);
    }
}

impl<'c> Cluster<'c> {
    /// With the namespace and the claim, as the README has them.
    fn prepared(class: &'c Class) -> Result<Self, String> {
        let cluster = Self { teacher: &class.teacher, namespace: format!("{KIT}-grading") };
        cluster.kubectl(&["delete", "namespace", &cluster.namespace, "--ignore-not-found", "--timeout=80s"])?;
        cluster.kubectl(&["apply", "--filename", "deploy/grading/shares/namespace.yaml"])?;
        cluster.kubectl(&["apply", "--filename", "deploy/grading/shares/class.yaml"])?;
        let file = class.bin.with_file_name("volume.yaml");
        put(&file, VOLUME)?;
        cluster.kubectl(&["create", "--filename", &file.display().to_string()])?;
        Ok(cluster)
    }

    fn kubectl(&self, words: &[&str]) -> Result<String, String> {
        said("kubectl", &[&["--namespace", &self.namespace], words].concat(), self.teacher, 90)
    }

    fn json(&self, words: &[&str]) -> Result<Json, String> {
        serde_json::from_str(&self.kubectl(&[&["get", "--output", "json"], words].concat())?).map_err(|error| error.to_string())
    }

    /// Says that a pod is done, as the node that ran it would.
    fn ended(&self, pod: &Json) -> Result<(), String> {
        let name = text(&pod["metadata"]["name"])?;
        self.kubectl(&["patch", "pod", name, "--subresource=status", "--patch", r#"{"status":{"phase":"Succeeded"}}"#]).map(drop)
    }

    /// The pods that the cluster makes of a Job, in the order of their names.
    fn pods(&self, part: &str, job: &str, count: usize) -> Result<Vec<Json>, String> {
        let said = self.kubectl(&["apply", "--kustomize", &format!("deploy/grading/{part}")])?;
        if said.contains("Warning") {
            return Err(format!("the cluster takes it with warnings:\n{said}"));
        }
        let mut found = Vec::new();
        eventually(30, || {
            let list = self.json(&["pods", "--selector", &format!("batch.kubernetes.io/job-name={job}")])?;
            found = list["items"].as_array().cloned().unwrap_or_default();
            if found.len() == count { Ok(()) } else { Err(format!("{job} has {} of {count} pods", found.len())) }
        })?;
        found.sort_by_key(|pod| pod["metadata"]["name"].as_str().map(str::to_owned));
        Ok(found)
    }
}

/// As the README says it: image, volume, shares, and the one that joins them.
pub fn grading(world: &World, class: &Class) -> Result<(), String> {
    let (_, csv) = class.table()?;
    let cluster = Cluster::prepared(class)?;
    let volume = volume(world, class)?;
    let pods = cluster.pods("shares", "grading", SHARES)?;
    eventually(30, || match cluster.json(&["persistentvolumeclaim/class"])?["status"]["phase"].as_str() {
        Some("Bound") => Ok(()),
        phase => Err(format!("the claim is {phase:?}")),
    })?;
    let image = text(&pods[0]["spec"]["containers"][0]["image"])?.to_owned();
    build(world, class, &image)?;
    for pod in &pods {
        play(world, pod, &volume)?;
        cluster.ended(pod)?;
    }
    for number in 1..=SHARES {
        let file = volume.join(format!("results/share-{number}.json"));
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let rows: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let folders = rows["rows"].as_array().into_iter().flatten().filter_map(|row| row["folder"].as_str()).collect::<Vec<_>>();
        let share = class.share(number)?;
        if folders != share {
            return Err(format!("index {} has graded {folders:?}, and share {number} is {share:?}", number - 1));
        }
    }
    cluster.kubectl(&["wait", "job/grading", "--for=condition=complete", "--timeout=60s"])?;

    let pods = cluster.pods("merge", "grading-merge", 1)?;
    play(world, &pods[0], &volume)?;
    cluster.ended(&pods[0])?;
    cluster.kubectl(&["wait", "job/grading-merge", "--for=condition=complete", "--timeout=60s"])?;
    let file = volume.join("results/class.csv");
    let joined = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    if joined != csv {
        return Err(format!("one run gives\n{csv}and the shares give\n{joined}"));
    }
    if !volume.join("results/reports/finished.md").is_file() {
        return Err("`finished` has no page".to_owned());
    }
    let _ = said("docker", &["rmi", "--force", &image], Path::new("."), 60);
    Ok(())
}

/// What is wrong in the Job, and what the API server says to it.
const WRONG: [(&str, &str, &str); 4] = [
    ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "would violate PodSecurity \"restricted"),
    ("completionMode: Indexed", "completionMode: NonIndexed", "backoffLimitPerIndex"),
    ("restartPolicy: Never", "restartPolicy: Always", "restartPolicy"),
    ("completions: ", "completion: ", "unknown field"),
];

/// The counter-proof of what is taken: each fault is refused, and the files as they are get no warning.
pub fn refused(_: &World, class: &Class) -> Result<(), String> {
    let cluster = Cluster::prepared(class)?;
    linted(class)?;
    let apply = || cluster.kubectl(&["apply", "--validate=strict", "--dry-run=server", "--kustomize", "deploy/grading/shares"]);
    let said = apply()?;
    if said.contains("Warning") {
        return Err(format!("the manifests as they are get a warning: {said}"));
    }
    WRONG.iter().try_for_each(|(found, wrong, says)| {
        altered(&class.teacher.join(SHARES_JOB), found, wrong, || match apply() {
            // What breaks the namespace's rule is told at once, and none of its pods would start.
            Ok(said) | Err(said) if said.contains(says) => Ok(()),
            other => Err(format!("with `{wrong}` it is not refused by `{says}`: {other:?}")),
        })
    })
}

/// The rendered manifests have no finding: together, for the policy of the shares is that of the pod that joins them.
fn linted(class: &Class) -> Result<(), String> {
    let rendered = ["shares", "merge"].map(|part| said("kubectl", &["kustomize", &format!("deploy/grading/{part}")], &class.teacher, 30));
    let [shares, merge] = rendered;
    let file = class.bin.with_file_name("grading.yaml");
    put(&file, &format!("{}\n---\n{}\n", shares?, merge?))?;
    // A digest is known when the image was pushed (43); tags are not moved here, so what a node has it may keep (15).
    let words = ["--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "--skip-check", "CKV_K8S_43,CKV_K8S_15", "--file"];
    let output = said("checkov", &[&words[..], &[&file.display().to_string()]].concat(), &class.teacher, 120)?;
    let is_good =
        |line: &str| line.starts_with("Passed checks: ") && !line.starts_with("Passed checks: 0") && line.contains("Failed checks: 0");
    if output.lines().any(is_good) { Ok(()) } else { Err(output) }
}

/// The volume: `handout.toml` and what the class has pushed, with the group that the cluster gives it.
fn volume(world: &World, class: &Class) -> Result<PathBuf, String> {
    let volume = world.fresh("class-volume")?;
    fs::create_dir_all(&volume).map_err(|error| format!("{}: {error}", volume.display()))?;
    let to = volume.display().to_string();
    said("cp", &["-r", "handout.toml", "repositories.csv", "scripts", &to], &class.teacher, 10)?;
    said("scripts/fetch-repositories", &[], &volume, 60)?;
    said("chgrp", &["-R", "10001", &to], &volume, 10)?;
    said("chmod", &["-R", "g+rwX,g+s", &to], &volume, 10)?;
    Ok(volume)
}

/// The image, with the stagekit that is tested: it is not published.
fn build(world: &World, class: &Class, image: &str) -> Result<(), String> {
    let context = world.fresh("class-image")?;
    fs::create_dir_all(&context).map_err(|error| format!("{}: {error}", context.display()))?;
    let from = class.teacher.join("deploy/grading/image/Dockerfile");
    let text = fs::read_to_string(&from).map_err(|error| format!("{}: {error}", from.display()))?;
    let installed = text.lines().find(|line| line.starts_with("RUN cargo install stagekit ")).ok_or("the image installs no stagekit")?;
    put(&context.join("Dockerfile"), &text.replace(installed, "COPY stagekit /opt/stagekit/bin/stagekit"))?;
    eprintln!("   stand-in for `{installed}`: the stagekit that is tested is copied");
    let program = class.bin.join("stagekit");
    fs::copy(&program, context.join("stagekit")).map_err(|error| format!("{}: {error}", program.display()))?;
    said("docker", &["build", "--quiet", "--pull=false", "--tag", image, "."], &context, 300).map(drop)
}

/// Runs a pod's container to its end. The engine knows no network policy: it runs without a network, which is less than the policy leaves.
fn play(world: &World, pod: &Json, volume: &Path) -> Result<(), String> {
    let (spec, name) = (&pod["spec"], text(&pod["metadata"]["name"])?);
    let container = &spec["containers"][0];
    let security = &spec["securityContext"];
    let limits = &container["resources"]["limits"];
    let mut words: Vec<String> = ["run", "--rm", "--pull", "never", "--network", "none", "--cap-drop", "ALL"].map(str::to_owned).into();
    words.extend(["--security-opt", "no-new-privileges", "--name"].map(str::to_owned));
    words.push(name.to_owned());
    let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
    say("--user", format!("{}:{}", security["runAsUser"], security["runAsGroup"]));
    say("--group-add", security["fsGroup"].to_string());
    say("--memory", text(&limits["memory"])?.replace("Mi", "m").replace("Gi", "g"));
    say("--cpus", text(&limits["cpu"])?.to_owned());
    for variable in container["env"].as_array().into_iter().flatten() {
        let value = match variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some(path) => field(pod, path)?,
            None => text(&variable["value"])?.to_owned(),
        };
        say("--env", format!("{}={value}", text(&variable["name"])?));
    }
    for mount in container["volumeMounts"].as_array().into_iter().flatten() {
        let of = spec["volumes"].as_array().into_iter().flatten().find(|volume| volume["name"] == mount["name"]);
        let of = of.ok_or_else(|| format!("{} is no volume", mount["name"]))?;
        let folder = if of["persistentVolumeClaim"].is_object() {
            volume.to_owned()
        } else if of["emptyDir"].is_object() {
            let folder = world.fresh(&format!("class-pods/{name}-{}", text(&mount["name"])?))?;
            let made = fs::create_dir_all(&folder).and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)));
            made.map_err(|error| format!("{}: {error}", folder.display()))?;
            folder
        } else {
            return Err(format!("a volume of a kind that nobody knows here: {of}"));
        };
        say("--volume", format!("{}:{}", folder.display(), text(&mount["mountPath"])?));
    }
    if container["securityContext"]["readOnlyRootFilesystem"] == true {
        words.push("--read-only".to_owned());
    }
    let command: Vec<&str> = container["command"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let (program, rest) = command.split_first().ok_or("the container has no command")?;
    words.extend(["--entrypoint", program, text(&container["image"])?].map(str::to_owned));
    words.extend(rest.iter().map(|word| (*word).to_owned()));
    let said = said("docker", &words.iter().map(String::as_str).collect::<Vec<_>>(), Path::new("."), 300);
    said.map(drop).map_err(|why| format!("{name}: {why}"))
}

/// `metadata.annotations['batch.kubernetes.io/job-completion-index']` of a pod, and the like.
fn field(pod: &Json, path: &str) -> Result<String, String> {
    let parts = path.strip_prefix("metadata.").and_then(|path| path.strip_suffix("']")?.split_once("['"));
    let (kind, key) = parts.ok_or_else(|| format!("`{path}` is no field that is known here"))?;
    text(&pod["metadata"][kind][key]).map(str::to_owned)
}

fn text(value: &Json) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("`{value}` is no text"))
}
