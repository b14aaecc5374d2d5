//! What the pipelines and the dev container of a fixture are told besides, because the packages come from a mirror here, which signs nothing and whose
//! certificate is another, and because a stand-in has the version of its language that Debian has.

use std::{fs, io, path::PathBuf, process::Command, time::Duration};

use super::super::{
    pipelines::workflow_of,
    repository::{Project, Repository},
};
use crate::world::run as run_to_end;

/// What the files of some fixtures say, and what they say instead.
struct Told {
    fixtures: &'static [&'static str],
    found: &'static str,
    /// `{found}` is what it said, `{index}` where pip takes packages from.
    other: &'static str,
}

const COREPACK: &[&str] = &["pnpm-fastify", "yarn-express"];
const PIPENV: &[&str] = &["pipenv-flask"];
const POETRY: &[&str] = &["poetry-fastapi"];
const UV: &[&str] = &["uv-fastapi"];

/// A variable of every dev container, beside which others can stand.
const VARIABLE: &str = "      DEVCONTAINER: \"true\"\n";

const TOLD: [Told; 13] = [
    // As GitLab's file indents it: act is told by its own words.
    Told { fixtures: COREPACK, found: "\n    COREPACK_DEFAULT_TO_LATEST: \"0\"\n", other: "{found}    COREPACK_INTEGRITY_KEYS: \"0\"\n" },
    Told { fixtures: COREPACK, found: "COREPACK_DEFAULT_TO_LATEST=0", other: "{found} COREPACK_INTEGRITY_KEYS=0" },
    Told { fixtures: &["yarn-express"], found: VARIABLE, other: "{found}      COREPACK_INTEGRITY_KEYS: \"0\"\n" },
    Told { fixtures: &["pnpm-fastify"], found: VARIABLE, other: "{found}      NPM_CONFIG_MANAGE_PACKAGE_MANAGER_VERSIONS: \"false\"\n" },
    Told { fixtures: PIPENV, found: "[requires]\npython_version = \"3.11\"\n", other: "" },
    // Debian's own packages cannot be replaced.
    Told { fixtures: &["pipenv-flask", "poetry-fastapi"], found: "- python -m pip install", other: "{found} --ignore-installed" },
    // Poetry asks for the JSON of each release, which a mirror need not have. With a plugin it reads the pages that pip reads.
    Told { fixtures: POETRY, found: "pipx install", other: "{found} --preinstall" },
    Told { fixtures: POETRY, found: " poetry==", other: " poetry-plugin-pypi-mirror{found}" },
    Told {
        fixtures: POETRY,
        found: "poetry install",
        other: "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt POETRY_PYPI_MIRROR_URL={index} {found}",
    },
    Told { fixtures: UV, found: "UV_PYTHON: ${{ matrix.version }}\n", other: "UV_PYTHON: python3\n" },
    Told { fixtures: UV, found: "UV_PYTHON: $VERSION\n", other: "UV_PYTHON: python3\n    UV_SYSTEM_CERTS: \"true\"\n" },
    Told { fixtures: UV, found: "UV_PYTHON=\"$VERSION\"", other: "UV_PYTHON=python3 UV_SYSTEM_CERTS=true" },
    Told { fixtures: UV, found: VARIABLE, other: "{found}      UV_PYTHON: python3\n      UV_SYSTEM_CERTS: \"true\"\n" },
];

/// Writes it into the files of the copy. What none of them says is not there to be told.
pub fn tell(repository: &Repository, project: &Project) -> Result<(), String> {
    let here = ["Pipfile", "Jenkinsfile", ".gitlab-ci.yml", ".devcontainer/compose.yaml", ".devcontainer/devcontainer.json"];
    let workflow = repository.folder.join(workflow_of(project));
    let paths: Vec<PathBuf> = here.iter().map(|path| project.folder.join(path)).chain([workflow]).filter(|path| path.exists()).collect();
    for told in TOLD.iter().filter(|told| told.fixtures.contains(&repository.name.as_str())) {
        let mut other = told.other.replace("{found}", told.found);
        if other.contains("{index}") {
            other = other.replace("{index}", &index()?);
        }
        let mut is_told = false;
        for path in &paths {
            let read = |error: io::Error| format!("{}: {error}", path.display());
            let text = fs::read_to_string(path).map_err(read)?;
            if text.contains(told.found) {
                fs::write(path, text.replace(told.found, &other)).map_err(read)?;
                is_told = true;
            }
        }
        if !is_told {
            return Err(format!("no file of {} says `{}`", repository.name, told.found.trim()));
        }
    }
    Ok(())
}

/// Where pip takes packages from: the default that its help names.
fn index() -> Result<String, String> {
    let help =
        run_to_end(Command::new("python3").args(["-m", "pip", "install", "--help"]), Duration::from_secs(30))?.ok("pip install --help")?;
    let words: Vec<&str> = help.split_whitespace().skip_while(|word| *word != "--index-url").collect();
    let default = words.windows(2).find(|pair| pair[0] == "(default").ok_or("pip says no default index")?;
    Ok(default[1].trim_end_matches(['.', ')']).to_owned())
}
