//! Features rendered for a repository that no kit made, or that its kit does not carry.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value as Json, json};

use super::{
    names::Names,
    templates::{Owner, Templates, complete},
};
use crate::{
    catalog::Catalog,
    condition::Condition,
    contribute::Contribution,
    course::Course,
    error::{Error, ErrorKind, Result},
    manifest::{FeatureManifest, Role},
    rendition::Rendition,
    stack::Stack,
    tree::{RelPath, Tree},
};

/// The features of a catalogue.
#[derive(Debug)]
pub struct Features<'c> {
    templates: Templates<'c>,
}

/// What one feature gives in one stack.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Its files.
    pub tree: Tree,
    /// Whose they are.
    pub roles: BTreeMap<RelPath, Role>,
    /// What it wants in files, its own or others'.
    pub contributions: Vec<Contribution>,
    /// Of everything that went in: templates, partials, versions, overlay. Lower-case hexadecimal SHA-256.
    pub digest: String,
}

impl<'c> Features<'c> {
    /// Those of `catalog`.
    pub fn new(catalog: &'c Catalog) -> Result<Self> {
        Ok(Self { templates: Templates::new(catalog)? })
    }

    /// Renders one of them. `beside` names the features that are in the same project, `course` what its repository teaches, if it does.
    ///
    /// An error if a template cannot be filled in; that is a fault of the feature.
    pub fn render(&self, feature: &FeatureManifest, stack: &Stack, beside: &BTreeSet<String>, course: Option<&Course>) -> Result<Slice> {
        let name = feature.name.get_ref();
        let failed = |error: serde_json::Error| Error::failed("the stack cannot be read").because(error);
        let mut names = self.templates.names();
        let versioned = with_versions(stack, &names);
        let versions = names.get("v").map_or(Json::Null, |versions| for_oldest(&versioned, versions.clone()));
        names.set("v", versions);
        let mut seen = serde_json::to_value(versioned).map_err(failed)?;
        complete(&mut seen, stack);
        seen["features"] =
            self.templates.feature_names.iter().map(|name| (name.replace('-', "_"), Json::Bool(beside.contains(name)))).collect();
        names.set("stack", seen);
        names.set("a", json!({}));
        names.set("m", json!({"at": 0, "last": 0, "next": null, "tags": ""}));
        let nothing = no_course();
        let course = course.unwrap_or(&nothing);
        names.set("course", course.to_json(0));

        let holds = |condition: &Option<Condition>| stack.meets(condition.as_ref());
        let owner = Owner::of_feature(self.templates.catalog, feature, &holds, &stack.directory);
        let composed = self.templates.compose(&[owner], names, course, &Rendition::default(), Vec::new()).map_err(|(faults, _)| {
            Error::faults(ErrorKind::Failed, format!("feature `{name}` cannot be rendered"), faults)
                .hint("this is a fault of the feature; please report it with what `stagekit detect --json` says")
        })?;
        let contributions = composed.contributions.into_iter().map(|(_, contribution)| contribution).collect();
        Ok(Slice { tree: composed.tree, roles: composed.roles, contributions, digest: composed.digest })
    }
}

/// The stack with our versions where nobody has said one: those of `versions.toml`, so that raising them there raises them here.
fn with_versions(stack: &Stack, names: &Names) -> Stack {
    let version = |path: String| names.get(&path).ok().and_then(|version| Some(version.as_str()?.to_owned()));
    let mut stack = stack.clone();
    for service in stack.services.iter_mut().filter(|service| service.version.is_none()) {
        service.version = version(format!("v.{}.version", service.kind));
    }
    if stack.language_version.is_empty() {
        stack.language_version = version(format!("v.{}.latest", stack.language.name())).unwrap_or_default();
    }
    stack
}

/// The versions of `versions.toml`, those for old versions of the language in the place of the usual ones where the stack has such a version.
fn for_oldest(stack: &Stack, mut versions: Json) -> Json {
    let older = versions["older"][stack.language.name()].as_object().cloned().unwrap_or_default();
    let Some(oldest) = stack.versions.iter().chain([&stack.language_version]).filter_map(|version| line(version)).min() else {
        return versions;
    };
    let mut wanted: Vec<_> = older.iter().filter_map(|(until, tables)| Some((line(until)?, tables))).collect();
    // The nearest comes last and stays.
    wanted.sort_by_key(|(until, _)| Reverse(*until));
    for (_, tables) in wanted.into_iter().filter(|(until, _)| oldest <= *until) {
        for (name, values) in tables.as_object().into_iter().flatten() {
            let usual = versions.get_mut(name).and_then(Json::as_object_mut);
            if let (Some(usual), Some(values)) = (usual, values.as_object()) {
                usual.extend(values.clone());
            }
        }
    }
    versions
}

/// The first two numbers of a version.
fn line(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

fn no_course() -> Course {
    Course { name: String::new(), title: String::new(), last: 0, milestones: Vec::new(), smoke_tests: 0, check: None, state: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Language;

    #[test]
    fn an_old_version_of_the_language_has_versions_of_its_own() {
        let versions = json!({
            "tool": {"version": "3"}, "images": {"python": "new", "node": "n"},
            "older": {"python": {"3.9": {"tool": {"version": "2"}}, "3.8": {"tool": {"version": "1"}, "images": {"python": "old"}}}},
        });
        for (language, version, others, expected) in [
            (Language::Python, "3.12", "3.13", ["3", "new"]),
            (Language::Python, "3.10", "3.10", ["3", "new"]),
            (Language::Python, "3.9.2", "3.12", ["2", "new"]),
            (Language::Python, "3.8", "3.8", ["1", "old"]),
            (Language::Python, "3.6", "3.6", ["1", "old"]),
            // The oldest that is tested counts as well.
            (Language::Python, "3.12", "3.8", ["1", "old"]),
            (Language::Python, "", "", ["3", "new"]),
            (Language::Node, "3.8", "3.8", ["3", "new"]),
        ] {
            let mut stack = Stack::named("shop", language);
            version.clone_into(&mut stack.language_version);
            stack.versions = vec![others.to_owned()];
            let found = for_oldest(&stack, versions.clone());
            assert_eq!([&found["tool"]["version"], &found["images"]["python"]], expected, "{version} {others}");
            assert_eq!(found["images"]["node"], "n");
        }
        assert_eq!(for_oldest(&Stack::named("shop", Language::Python), Json::Null), Json::Null);
    }
}
