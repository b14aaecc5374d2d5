//! A real API server takes the manifests and refuses bad ones; each pod runs in the engine as its manifest says. What is asked is what kits are asked.

use std::path::Path;

use super::{
    Judge, Proof, altered,
    repository::{Project, Repository, tree},
};
use crate::{
    operations::{Site, kubernetes, said},
    world::World,
};

pub const KUBERNETES: Judge = Judge {
    name: "added-kubernetes",
    fixtures: &[],
    source: concat!(include_str!("cluster.rs"), include_str!("../operations/kubernetes.rs"), include_str!("../operations/pod.rs")),
    reads: &["kubernetes"],
    needs: kubernetes::NEEDS,
    proofs: &[Proof { option: "taken", prove: taken }],
};

pub const REFUSED: Judge = Judge { fixtures: &["npm-express"], proofs: &[Proof { option: "refused", prove: refused }], ..KUBERNETES };

fn taken(_: &World, _: &Repository, project: &Project) -> Result<(), String> {
    kubernetes::applied(Site { folder: &project.folder, tree: &tree(&project.folder)?, stack: &project.stack })
}

/// What is wrong in a manifest, and what the API server says to it.
const WRONG: [(&str, &str, &str); 4] = [
    ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "would violate PodSecurity \"restricted"),
    ("maxUnavailable: 0", "maxUnavailable: none", "maxUnavailable"),
    ("revisionHistoryLimit: 3", "revisionHistory: 3", "unknown field"),
    (
        "  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: ",
        "  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: not-",
        "`selector` does not match template `labels`",
    ),
];

fn refused(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let folder = &repository.folder;
    let kubectl = |words: &[&str]| said("kubectl", words, folder, 60);
    let namespace = &project.stack.name;
    kubectl(&["delete", "namespace", namespace, "--ignore-not-found", "--timeout=60s"])?;
    kubectl(&["apply", "--filename", "deploy/kubernetes/base/namespace.yaml"])?;
    let apply = || kubectl(&["apply", "--namespace", namespace, "--validate=strict", "--dry-run=server", "--kustomize", OVERLAY]);
    let judged = apply().and_then(|said| {
        if said.contains("Warning") {
            return Err(format!("the manifests as they are get a warning: {said}"));
        }
        WRONG.iter().try_for_each(|(found, wrong, says)| {
            altered(&folder.join(DEPLOYMENT), found, wrong, || match apply() {
                // What breaks the namespace's rule is told at once, and none of its pods would start.
                Ok(said) | Err(said) if said.contains(says) => Ok(()),
                other => Err(format!("with `{}` it is not refused by `{says}`: {other:?}", wrong.trim())),
            })
        })
    });
    let _ = said("kubectl", &["delete", "namespace", namespace, "--wait=false", "--ignore-not-found"], Path::new("."), 60);
    judged
}

const OVERLAY: &str = "deploy/kubernetes/overlays/local";
const DEPLOYMENT: &str = "deploy/kubernetes/base/deployment.yaml";
