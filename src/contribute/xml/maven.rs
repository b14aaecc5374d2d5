//! What Maven's conventions say: the order of elements, and what makes two of them the same one.

use serde_json::Value;

use super::read::Element;

/// The order of a `project`'s children, from <https://maven.apache.org/developers/conventions/code.html#pom-code-convention>.
const PROJECT: &[&str] = &[
    "modelVersion",
    "parent",
    "groupId",
    "artifactId",
    "version",
    "packaging",
    "name",
    "description",
    "url",
    "inceptionYear",
    "organization",
    "licenses",
    "developers",
    "contributors",
    "mailingLists",
    "prerequisites",
    "modules",
    "scm",
    "issueManagement",
    "ciManagement",
    "distributionManagement",
    "properties",
    "dependencyManagement",
    "dependencies",
    "repositories",
    "pluginRepositories",
    "build",
    "reporting",
    "profiles",
];

/// The order of a `build`'s children, from <https://maven.apache.org/xsd/maven-4.0.0.xsd>.
const BUILD: &[&str] = &[
    "sourceDirectory",
    "scriptSourceDirectory",
    "testSourceDirectory",
    "outputDirectory",
    "testOutputDirectory",
    "extensions",
    "defaultGoal",
    "resources",
    "testResources",
    "directory",
    "finalName",
    "filters",
    "pluginManagement",
    "plugins",
];

/// What makes two elements the same one.
#[derive(PartialEq)]
pub(super) enum Identity {
    Artifact([String; 4]),
    Id(String),
    Whole(Value),
    Name,
}

pub(super) fn identity(container: &str, name: &str, value: &Value) -> Identity {
    let field = |field: &str, default: &str| value.get(field).and_then(Value::as_str).unwrap_or(default).to_owned();
    if matches!(name, "dependency" | "plugin" | "extension" | "exclusion") && value.get("artifactId").is_some() {
        let group = if name == "plugin" { "org.apache.maven.plugins" } else { "" };
        return Identity::Artifact([field("groupId", group), field("artifactId", ""), field("type", "jar"), field("classifier", "")]);
    }
    let container = container.to_lowercase();
    let name = name.to_lowercase();
    let plurals = [format!("{name}s"), format!("{name}es"), format!("{}ies", name.strip_suffix('y').unwrap_or("\n"))];
    if !plurals.iter().any(|plural| container.ends_with(plural)) {
        return Identity::Name;
    }
    match value.get("id").and_then(Value::as_str) {
        Some(id) => Identity::Id(id.to_owned()),
        None => Identity::Whole(value.clone()),
    }
}

/// Among the children of `parent`, where a new one of this name goes.
pub(super) fn slot(parent: &Element, name: &str) -> usize {
    let order = match parent.name.as_str() {
        "project" => PROJECT,
        "build" => BUILD,
        _ => &[],
    };
    let rank = |name: &str| order.iter().position(|known| *known == name);
    match rank(name) {
        None => parent.children.len(),
        Some(own) => {
            let before = |child: &Element| rank(&child.name).is_some_and(|rank| rank <= own);
            let after = |child: &Element| rank(&child.name).is_some_and(|rank| rank > own);
            let behind = parent.children.iter().rposition(before).map(|index| index + 1);
            behind.or_else(|| parent.children.iter().position(after)).unwrap_or(parent.children.len())
        }
    }
}
