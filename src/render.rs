//! Kit, answers and rendition → a tree. Pure, and the same bytes for the same input on every platform.

mod evaluate;
mod feature;
mod flatten;
mod helpers;
mod names;
mod origin;
mod stack_data;
mod templates;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

pub use self::feature::{Features, Slice};
use self::{
    names::Names,
    origin::Origin,
    templates::{Owner, Templates},
};
use crate::{
    answers::{Answers, Kind, Value, derived},
    catalog::Catalog,
    condition::Condition,
    contribute::{Contribution, contribute, missing_of_each},
    course::Course,
    error::{Error, ErrorKind, Fault, Result},
    manifest::{FeatureManifest, KitManifest, NextStep, Role, tags},
    rendition::Rendition,
    stack::Stack,
    tree::{RelPath, Tree},
};

/// What a rendering gives.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The files.
    pub tree: Tree,
    /// Whose they are.
    pub roles: BTreeMap<RelPath, Role>,
    /// The kit's or feature's template that made each file, for messages.
    pub places: BTreeMap<RelPath, String>,
    /// What features rendered from.
    pub stack: Stack,
    /// The course in this rendering.
    pub course: Course,
    /// The features in it, in the manifest's order.
    pub features: Vec<String>,
    /// What was contributed and not there before, with who did.
    pub contributions: Vec<(String, Contribution)>,
    /// Of everything that went in: templates, partials, versions, overlay. Lower-case hexadecimal SHA-256.
    pub digest: String,
}

/// A kit with its templates, parsed once for any number of renderings unless it is for one only.
#[derive(Debug)]
pub struct Renderer<'c> {
    templates: Templates<'c>,
    kit: KitManifest,
    features: BTreeMap<String, FeatureManifest>,
}

impl<'c> Renderer<'c> {
    /// The kit `name` of `catalog`.
    pub fn new(catalog: &'c Catalog, name: &str) -> Result<Self> {
        Self::of(catalog, catalog.kit(name)?)
    }

    /// The kit with this manifest.
    pub fn of(catalog: &'c Catalog, kit: KitManifest) -> Result<Self> {
        let used = kit.feature.iter().map(|used| used.name.get_ref());
        let features = used.map(|name| Ok((name.clone(), catalog.feature(name)?))).collect::<Result<_>>()?;
        Self::with_features(catalog, kit, features)
    }

    /// The same with features that have been read; one that is not among them adds nothing.
    pub(crate) fn with_features(catalog: &'c Catalog, kit: KitManifest, features: BTreeMap<String, FeatureManifest>) -> Result<Self> {
        Ok(Self { templates: Templates::new(catalog)?, kit, features })
    }

    /// The same for a single rendering: a template goes as soon as its file is there, and its memory serves the next one. Fresh memory costs more
    /// than parsing does.
    #[must_use]
    pub fn for_one(mut self) -> Self {
        self.templates.is_for_one = true;
        self
    }

    /// The kit's manifest.
    pub fn kit(&self) -> &KitManifest {
        &self.kit
    }

    /// The manifests of the features that the kit can carry.
    pub fn features(&self) -> &BTreeMap<String, FeatureManifest> {
        &self.features
    }

    /// Renders the kit. `answers` are complete and valid.
    pub fn render(&self, answers: &Answers, rendition: &Rendition) -> Result<Rendered> {
        self.try_render(answers, rendition).map_err(|faults| self.faulty(faults))
    }

    /// The error that these faults of the kit are.
    pub fn faulty(&self, faults: Vec<Fault>) -> Error {
        let name = self.kit.name.get_ref();
        Error::faults(ErrorKind::Failed, format!("kit `{name}` cannot be rendered"), faults)
            .hint("this is a fault of the kit; `stagekit templates lint` shows every one")
    }

    /// The same, with its faults as a list.
    pub fn try_render(&self, answers: &Answers, rendition: &Rendition) -> Result<Rendered, Vec<Fault>> {
        self.attempt(answers, rendition).map_err(|(faults, _)| faults)
    }

    /// The same; beside the faults the paths that have an owner all the same, unless there is no stack to render from.
    pub(crate) fn attempt(&self, answers: &Answers, rendition: &Rendition) -> Result<Rendered, (Vec<Fault>, Option<BTreeSet<RelPath>>)> {
        // 1. what templates see
        let catalog = self.templates.catalog;
        let mut names = self.names(answers, rendition);
        let holds = |condition: &Option<Condition>| answers.meet(condition.as_ref());
        let manifest = Origin::new(catalog, format!("kits/{}/kit.toml", self.kit.name.get_ref()));
        let features: Vec<&str> = self
            .kit
            .feature
            .iter()
            .filter(|used| holds(&used.when) && rendition.at >= used.from)
            .map(|used| used.name.get_ref().as_str())
            .collect();
        let known: Vec<(String, bool)> =
            self.templates.feature_names.iter().map(|name| (name.clone(), features.contains(&name.as_str()))).collect();
        let mut faults = Vec::new();
        let stack = stack_data::build(&self.kit, &manifest, &mut names, rendition, &known, &holds, &mut faults)
            .map_err(|more| (if faults.is_empty() { more } else { std::mem::take(&mut faults) }, None))?;
        let course = Course::of(&self.kit, rendition, &holds);
        names.set("course", course.to_json(rendition.at));

        // 2. the kit's files, then its features', each path with one owner
        let in_stack = |condition: &Option<Condition>| stack.meets(condition.as_ref());
        let mut owners = vec![Owner {
            name: self.kit.name.get_ref().clone(),
            folder: format!("kits/{}/files", self.kit.name.get_ref()),
            manifest,
            files: &self.kit.files,
            contributions: &self.kit.contribution,
            holds: &holds,
            directory: ".",
        }];
        let carried = features.iter().filter_map(|name| self.features.get(*name));
        owners.extend(carried.map(|feature| Owner::of_feature(catalog, feature, &in_stack, ".")));
        let composed =
            self.templates.compose(&owners, names, &course, rendition, faults).map_err(|(faults, paths)| (faults, Some(paths)))?;

        // 3. what they add to each other's files
        let list: Vec<Contribution> = composed.contributions.iter().map(|(_, contribution)| contribution.clone()).collect();
        let made = missing_of_each(&composed.tree, &list);
        let contributions = composed.contributions.into_iter().zip(made).filter_map(|((owner, _), made)| Some((owner, made?))).collect();
        let tree = if list.is_empty() {
            composed.tree
        } else {
            contribute(composed.tree, &list).map_err(|faults| (faults, Some(composed.places.keys().cloned().collect())))?
        };
        Ok(Rendered {
            tree,
            roles: composed.roles,
            places: composed.places,
            stack,
            course,
            features: features.into_iter().map(str::to_owned).collect(),
            contributions,
            digest: composed.digest,
        })
    }

    /// What to run next in this rendering: the steps that `wants` chooses, their texts filled in. A step that names `m.next` is left out where
    /// no milestone comes next.
    pub fn next_steps(
        &self,
        answers: &Answers,
        rendition: &Rendition,
        wants: &dyn Fn(&NextStep) -> bool,
    ) -> Result<Vec<NextStep>, Vec<Fault>> {
        let origin = Origin::new(self.templates.catalog, format!("kits/{}/kit.toml", self.kit.name.get_ref()));
        let mut names = self.names(answers, rendition);
        let course = Course::of(&self.kit, rendition, &|condition| answers.meet(condition.as_ref()));
        names.set("course", course.to_json(rendition.at));
        let (mut steps, mut faults) = (Vec::new(), Vec::new());
        for step in self.kit.next_step.iter().filter(|step| wants(step)) {
            match stack_data::next_step(&origin, step, &names) {
                Ok(step) => steps.extend(step),
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() { Ok(steps) } else { Err(faults) }
    }

    fn names(&self, answers: &Answers, rendition: &Rendition) -> Names {
        let mut names = self.templates.names();
        let mut map = serde_json::Map::new();
        for question in &self.kit.question {
            let name = question.name();
            let value = match answers.get(name) {
                None => Json::Null,
                Some(Value::Text(text)) if question.kind == Kind::Text => names.text(&format!("a.{name}"), text),
                Some(value) => {
                    map.extend(derived(name, question.kind, value).into_iter().map(|(name, text)| (name, Json::String(text))));
                    match value {
                        Value::Bool(value) => json!(value),
                        Value::Int(value) => json!(value),
                        Value::Text(value) => json!(value),
                    }
                }
            };
            map.insert(name.to_owned(), value);
        }
        let last = rendition.last(self.kit.last());
        names.set("a", Json::Object(map));
        let next = (rendition.at < last).then_some(rendition.at + 1);
        names.set("m", json!({"at": rendition.at, "last": last, "next": next, "tags": tags(rendition.at)}));
        names
    }
}
