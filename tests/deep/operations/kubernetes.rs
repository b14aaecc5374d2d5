//! A real API server takes the manifests, rolls them out and back; a container engine runs each pod as its manifest says, and its probes answer.

use std::{path::Path, process::Command, thread, time::Duration};

use serde_json::Value as Json;
use stagekit::stack::Module;

use super::{Site, eventually, pod::Pods, proven, said, secrets, solutions};
use crate::{
    arguments::Arguments,
    outcome::Row,
    world::{World, run as run_to_end},
};

/// What a proof depends on besides the files.
pub const SOURCE: &str = concat!(include_str!("kubernetes.rs"), include_str!("pod.rs"));

/// What must be here.
pub const NEEDS: &[&[&str]] =
    &[&["docker", "version", "--format", "{{.Server.Version}}"], &["kubectl", "version", "--output", "json"], &["checkov", "--version"]];

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for cell in solutions(world, arguments, "kubernetes") {
        rows.push(match NEEDS.iter().find_map(|needed| world.needs(needed).err()) {
            Some(why) => Row::skipped("kubernetes", &cell.kit, cell.option(), format!("{why} (KUBECONFIG names the cluster)")),
            None => proven(world, "kubernetes", &cell, &[SOURCE], applied),
        });
    }
    rows
}

/// What a cluster is asked about one namespace, which is deleted in the end.
struct Cluster<'s> {
    site: Site<'s>,
    namespace: String,
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        let _ = self.kubectl(&["delete", "namespace", &self.namespace, "--wait=false", "--ignore-not-found"]);
        let _ = said("kubectl", &["delete", "persistentvolume", "--selector", "deep=true", "--wait=false"], Path::new("."), 60);
    }
}

impl Cluster<'_> {
    fn kubectl(&self, words: &[&str]) -> Result<String, String> {
        let words: Vec<&str> = ["--namespace", &self.namespace].iter().chain(words).copied().collect();
        said("kubectl", &words, self.site.folder, 90)
    }

    fn json(&self, words: &[&str]) -> Result<Json, String> {
        let words: Vec<&str> = ["get", "--output", "json"].iter().chain(words).copied().collect();
        serde_json::from_str(&self.kubectl(&words)?).map_err(|error| error.to_string())
    }

    /// A volume that a claim can have: this cluster may have nobody who makes them.
    fn create_volume(&self) -> Result<(), String> {
        let file = self.site.folder.with_extension("volume.yaml");
        std::fs::write(&file, VOLUME).map_err(|error| format!("{}: {error}", file.display()))?;
        self.kubectl(&["create", "--filename", file.to_str().unwrap_or_default()]).map(drop)
    }
}

const VOLUME: &str = "apiVersion: v1
kind: PersistentVolume
metadata:
  generateName: deep-
  labels:
    deep: \"true\"
spec:
  capacity:
    storage: 1Gi
  accessModes: [ReadWriteOnce]
  hostPath:
    path: /tmp
";

/// All of it.
pub fn applied(site: Site<'_>) -> Result<(), String> {
    let stack = site.stack;
    let cluster = Cluster { site, namespace: stack.name.clone() };
    linted(site)?;

    // 1. as the README says
    cluster.kubectl(&["delete", "namespace", &cluster.namespace, "--ignore-not-found", "--timeout=60s"])?;
    for module in &stack.modules {
        let (target, tag) = (format!("run-{}", module.name), format!("{}:local", module.name));
        said("docker", &["build", "--quiet", "--pull=false", "--target", &target, "--tag", &tag, "."], site.folder, 600)?;
    }
    cluster.kubectl(&["apply", "--filename", "deploy/kubernetes/base/namespace.yaml"])?;
    let secrets = if stack.secrets.is_empty() { Vec::new() } else { secrets(site)? };
    if !secrets.is_empty() {
        cluster.kubectl(&["create", "secret", "generic", &stack.name, "--from-env-file", ".env"])?;
    }
    for _ in &stack.services {
        cluster.create_volume()?;
    }
    let said = cluster.kubectl(&["apply", "--kustomize", "deploy/kubernetes/overlays/local"])?;
    if said.contains("Warning") {
        return Err(format!("the cluster takes it with warnings:\n{said}"));
    }
    cluster
        .kubectl(&["diff", "--kustomize", "deploy/kubernetes/overlays/local"])
        .map_err(|why| format!("applied twice it changes something: {why}"))?;
    for service in &stack.services {
        cluster.kubectl(&["rollout", "status", &format!("statefulset/{}", service.kind), "--timeout=60s"])?;
    }
    cluster.kubectl(&["apply", "--kustomize", "deploy/kubernetes/overlays/production", "--dry-run=server"])?;

    for module in &stack.modules {
        scaled_and_rolled(&cluster, module)?;
    }
    restricted(&cluster)?;
    ran(&cluster, &secrets)
}

/// The rendered overlays have no finding.
fn linted(site: Site<'_>) -> Result<(), String> {
    for overlay in ["local", "production"] {
        let manifests = said("kubectl", &["kustomize", &format!("deploy/kubernetes/overlays/{overlay}")], site.folder, 30)?;
        if manifests.contains("\n      replicas:") || manifests.contains("NodePort") {
            return Err(format!("{overlay}: a deployment sets its replicas, or a port of the node is open"));
        }
        let file = site.folder.join(format!("{overlay}.yaml"));
        std::fs::write(&file, manifests).map_err(|error| error.to_string())?;
        let mut words =
            vec!["--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "--file", file.to_str().unwrap_or_default()];
        // A digest is known when the image was pushed (43); tags are not moved here, so what a node has it may keep (15). The servers of the local overlay
        // run as the numbers that their public images have (40).
        words.extend(["--skip-check", if overlay == "local" { "CKV_K8S_43,CKV_K8S_15,CKV_K8S_40" } else { "CKV_K8S_43,CKV_K8S_15" }]);
        let checked = run_to_end(Command::new("checkov").args(&words).current_dir(site.folder), Duration::from_secs(120))?;
        std::fs::remove_file(&file).map_err(|error| error.to_string())?;
        let output = checked.ok("checkov")?;
        if !output
            .lines()
            .any(|line| line.starts_with("Passed checks: ") && !line.starts_with("Passed checks: 0") && line.contains("Failed checks: 0"))
        {
            return Err(format!("{overlay}: {output}"));
        }
    }
    Ok(())
}

/// The autoscaler brings the deployment to two pods, which the service finds; one may be evicted; a new image is rolled out, and back.
fn scaled_and_rolled(cluster: &Cluster<'_>, module: &Module) -> Result<(), String> {
    let name = &module.name;
    let deployment = format!("deployment/{name}");
    eventually(60, || match &cluster.json(&[&deployment])?["status"]["readyReplicas"] {
        ready if *ready == 2 => Ok(()),
        ready => Err(format!("{ready} of 2 pods are ready")),
    })?;
    // What listens nowhere is found by nobody.
    let wanted = if module.port.is_some() { 2 } else { 0 };
    eventually(20, || {
        let slices = cluster.json(&["endpointslices", "--selector", &format!("kubernetes.io/service-name={name}")])?;
        let found =
            slices["items"].as_array().into_iter().flatten().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten()).count();
        if found == wanted { Ok(()) } else { Err(format!("services find {found} of {wanted} pods")) }
    })?;
    eventually(20, || {
        let status = &cluster.json(&[&format!("poddisruptionbudget/{name}")])?["status"];
        if status["disruptionsAllowed"] == 1 && status["expectedPods"] == 2 {
            Ok(())
        } else {
            Err(format!("the disruption budget says {status}"))
        }
    })?;
    let image = |cluster: &Cluster<'_>| {
        cluster.json(&[&deployment]).map(|found| found["spec"]["template"]["spec"]["containers"][0]["image"].clone())
    };
    let first = image(cluster)?;
    cluster.kubectl(&["set", "image", &deployment, &format!("app={name}:next")])?;
    cluster.kubectl(&["rollout", "status", &deployment, "--timeout=60s"])?;
    cluster.kubectl(&["rollout", "undo", &deployment])?;
    cluster.kubectl(&["rollout", "status", &deployment, "--timeout=60s"])?;
    let last = image(cluster)?;
    if last == first { Ok(()) } else { Err(format!("rolled back the image is {last}, not {first}")) }
}

/// The namespace refuses a pod that may do more: the counter-proof of what it takes.
fn restricted(cluster: &Cluster<'_>) -> Result<(), String> {
    match cluster.kubectl(&["run", "stranger", "--image=busybox:1.37", "--dry-run=server"]) {
        Err(why) if why.contains("violates PodSecurity \"restricted") => Ok(()),
        other => Err(format!("a pod that asks for nothing is not refused: {other:?}")),
    }
}

/// What a pod is asked once it has started.
const PROBES: [&str; 2] = ["readinessProbe", "livenessProbe"];

/// Each pod as its manifest says it, servers first.
fn ran(cluster: &Cluster<'_>, secrets: &[(String, String)]) -> Result<(), String> {
    let stack = cluster.site.stack;
    let folder = cluster.site.folder.with_extension("pods");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut pods = Pods::new(&stack.name, &folder)?;
    for service in &stack.services {
        pods.start(&service.kind, &cluster.json(&[&format!("statefulset/{}", service.kind)])?, &[], secrets)?;
    }
    for module in &stack.modules {
        let deployment = cluster.json(&[&format!("deployment/{}", module.name)])?;
        let mut config = Vec::new();
        for source in deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"].as_array().into_iter().flatten() {
            let name = source["configMapRef"]["name"].as_str().ok_or("`envFrom` names no config map")?;
            let data = cluster.json(&[&format!("configmap/{name}")])?["data"].clone();
            config.extend(
                data.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())),
            );
        }
        let pod = pods.start(&module.name, &deployment, &config, secrets)?;
        if module.port.is_none() {
            // Longer than a program takes that ends because something is missing; the engine would start it again.
            thread::sleep(Duration::from_secs(8));
            if pod.restarts()? != 0 {
                return Err(format!("{} listens nowhere, and has ended", module.name));
            }
            continue;
        }
        // What hangs is noticed, and is well again afterwards.
        pod.pause(true)?;
        let noticed = PROBES.map(|which| (which, pod.probe(which).is_err()));
        pod.pause(false)?;
        for (which, is_noticed) in noticed {
            // A connection is taken by the system, whatever the process does.
            let is_asked = module.health_path.is_some() && (which == "readinessProbe" || stack.framework == "spring-boot");
            if is_asked && !is_noticed {
                return Err(format!("the {which} of a pod that hangs is content"));
            }
        }
        eventually(20, || pod.probe("readinessProbe"))?;
        // What has ended is noticed, however it is asked.
        pod.end()?;
        if let Some(which) = PROBES.into_iter().find(|which| pod.probe(which).is_ok()) {
            return Err(format!("the {which} of a pod that has ended is content"));
        }
    }
    drop(pods);
    std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    Ok(())
}
