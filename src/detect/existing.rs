//! What is there already that features would write.

use serde::Serialize;

use super::Survey;

/// Files, by what they are for. Paths below the repository's root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Existing {
    /// Pipelines: GitHub, GitLab, Jenkins and others.
    pub ci: Vec<String>,
    /// Dockerfiles.
    pub dockerfiles: Vec<String>,
    /// Compose files.
    pub compose: Vec<String>,
    /// Kustomize, Helm and plain manifests.
    pub kubernetes: Vec<String>,
    /// Dependabot or Renovate.
    pub updates: Vec<String>,
    /// Dev containers.
    pub devcontainers: Vec<String>,
    /// `EditorConfig`.
    pub editorconfig: Vec<String>,
}

impl Existing {
    /// What of it there is for the project in `directory`. CI and updates are looked for at the root, where their servers look.
    pub(super) fn of(survey: &Survey, directory: &str) -> Self {
        let mut existing = Self::default();
        for path in &survey.paths {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let in_project = directory == "." || path.starts_with(&format!("{directory}/"));
            let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
            let list = match (folder, name) {
                (".github/workflows", _) if is_yaml => &mut existing.ci,
                (
                    "",
                    ".gitlab-ci.yml" | "Jenkinsfile" | "azure-pipelines.yml" | "bitbucket-pipelines.yml" | ".travis.yml" | ".drone.yml",
                )
                | (".circleci", "config.yml") => &mut existing.ci,
                (".github", "dependabot.yml" | "dependabot.yaml" | "renovate.json" | "renovate.json5")
                | ("", "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json") => &mut existing.updates,
                (_, ".editorconfig") if in_project || folder.is_empty() => &mut existing.editorconfig,
                (_, "devcontainer.json" | ".devcontainer.json") if in_project || folder.is_empty() || folder == ".devcontainer" => {
                    &mut existing.devcontainers
                }
                (_, "Dockerfile" | "Containerfile") if in_project => &mut existing.dockerfiles,
                (_, name)
                    if in_project
                        && (name.starts_with("Dockerfile.") || name.ends_with(".Dockerfile") || name.ends_with(".dockerfile")) =>
                {
                    &mut existing.dockerfiles
                }
                (_, name) if in_project && is_yaml && (name.starts_with("compose.") || name.starts_with("docker-compose")) => {
                    &mut existing.compose
                }
                (_, "kustomization.yaml" | "kustomization.yml" | "Chart.yaml" | "skaffold.yaml") if in_project => &mut existing.kubernetes,
                _ => continue,
            };
            list.push(path.clone());
        }
        existing
    }

    /// Everything, by what it is for.
    pub fn all(&self) -> [(&'static str, &[String]); 7] {
        [
            ("ci", &self.ci),
            ("dockerfile", &self.dockerfiles),
            ("compose", &self.compose),
            ("kubernetes", &self.kubernetes),
            ("updates", &self.updates),
            ("devcontainer", &self.devcontainers),
            ("editorconfig", &self.editorconfig),
        ]
    }
}
