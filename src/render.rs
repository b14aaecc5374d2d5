//! Kit, answers and rendition → a tree. Pure, and the same bytes for the same input on every platform.

mod evaluate;
mod flatten;
mod helpers;
mod names;
mod origin;
mod stack_data;
mod truth;

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError},
};

use memchr::memchr2;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use self::{
    flatten::{Engine, Flatten},
    names::Names,
    origin::Origin,
};
use crate::{
    answers::{Answers, Kind, Value, derived},
    catalog::{Catalog, partial_path},
    condition::Condition,
    contribute::{Contribution, contribute, missing_of_each},
    course::Course,
    digest::digits,
    error::{Error, ErrorKind, Fault, Result},
    glob::fixed,
    manifest::{FeatureManifest, FilesRule, KitManifest, NextStep, Role, tags},
    milestone,
    rendition::{Audience, Rendition},
    stack::Stack,
    template::Template,
    threads::pair,
    tree::{Entry, RelPath, Tree},
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
    catalog: &'c Catalog,
    kit: KitManifest,
    versions: Json,
    features: BTreeMap<String, FeatureManifest>,
    feature_names: Vec<String>,
    folders: RefCell<HashMap<String, Arc<Vec<Cow<'static, str>>>>>,
    sources: RefCell<HashMap<String, Arc<Source>>>,
    is_for_one: bool,
    /// One for each of two threads.
    engines: RefCell<[Engine; 2]>,
}

/// A file of the template tree.
#[derive(Debug)]
struct Source {
    content: Content,
    /// Of the file, then of the partials in it.
    digests: Vec<[u8; 32]>,
}

#[derive(Debug)]
enum Content {
    Copied(Entry),
    Rendered(Template),
    Faulty(Vec<Fault>),
}

/// A kit or a feature, as far as its files go.
struct Owner<'r> {
    name: String,
    folder: String,
    manifest: Origin<'r>,
    files: &'r [FilesRule],
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
        let versions =
            serde_json::to_value(catalog.versions()?).map_err(|error| Error::failed("versions cannot be read").because(error))?;
        Ok(Self {
            catalog,
            kit,
            versions,
            features,
            feature_names: catalog.feature_names(),
            folders: RefCell::default(),
            sources: RefCell::default(),
            is_for_one: false,
            engines: RefCell::default(),
        })
    }

    /// The same for a single rendering: a template goes as soon as its file is there, and its memory serves the next one. Fresh memory costs more
    /// than parsing does.
    #[must_use]
    pub fn for_one(self) -> Self {
        Self { is_for_one: true, ..self }
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
        let mut names = self.names(answers, rendition);
        let holds = |condition: &Option<Condition>| answers.meet(condition.as_ref());
        let manifest = Origin::new(self.catalog, format!("kits/{}/kit.toml", self.kit.name.get_ref()));
        let features: Vec<&str> = self
            .kit
            .feature
            .iter()
            .filter(|used| holds(&used.when) && rendition.at >= used.from)
            .map(|used| used.name.get_ref().as_str())
            .collect();
        let known: Vec<(String, bool)> = self.feature_names.iter().map(|name| (name.clone(), features.contains(&name.as_str()))).collect();
        let mut out = Assembly::default();
        let stack = stack_data::build(&self.kit, &manifest, &mut names, rendition, &known, &holds, &mut out.faults)
            .map_err(|more| (if out.faults.is_empty() { more } else { std::mem::take(&mut out.faults) }, None))?;
        let course = Course::of(&self.kit, rendition, &holds);
        names.set("course", course.to_json(rendition.at));
        let mut digest = Sha256::new();
        digest.update(manifest.digest());

        // 2. the kit's files, then its features', each path with one owner
        let kit_owner = Owner {
            name: self.kit.name.get_ref().clone(),
            folder: format!("kits/{}/files", self.kit.name.get_ref()),
            manifest,
            files: &self.kit.files,
        };
        self.assemble(&kit_owner, &holds, &course, &names, rendition, &mut out);
        let in_stack =
            |condition: &Option<Condition>| condition.as_ref().is_none_or(|condition| condition.holds(&|name| stack.condition_text(name)));
        let mut feature_owners = Vec::new();
        for name in &features {
            let Some(feature) = self.features.get(*name) else { continue };
            let manifest = Origin::new(self.catalog, format!("features/{name}/feature.toml"));
            digest.update(manifest.digest());
            let owner = Owner { name: (*name).to_owned(), folder: format!("features/{name}/files"), manifest, files: &feature.files };
            self.assemble(&owner, &in_stack, &course, &names, rendition, &mut out);
            feature_owners.push(owner);
        }
        self.fill(&names, rendition, &mut digest, &mut out);

        // 3. what they add to each other's files
        let mut contributions = Vec::new();
        let kit_rules = self.kit.contribution.iter().filter(|rule| holds(&rule.when)).map(|rule| (&kit_owner, rule));
        let feature_rules = feature_owners
            .iter()
            .filter_map(|owner| self.features.get(&owner.name).map(|feature| (owner, feature)))
            .flat_map(|(owner, feature)| feature.contribution.iter().filter(|rule| in_stack(&rule.when)).map(move |rule| (owner, rule)));
        for (owner, rule) in kit_rules.chain(feature_rules).filter(|(_, rule)| rendition.at >= rule.from) {
            match stack_data::contribution(&owner.manifest, rule, &names) {
                Ok(contribution) => contributions.push((owner.name.clone(), contribution)),
                Err(more) => out.faults.extend(more),
            }
        }
        if !out.faults.is_empty() {
            return Err((out.faults, Some(out.places.into_keys().collect())));
        }
        let list: Vec<Contribution> = contributions.iter().map(|(_, contribution)| contribution.clone()).collect();
        let made = missing_of_each(&out.tree, &list);
        let contributions = contributions.into_iter().zip(made).filter_map(|((owner, _), made)| Some((owner, made?))).collect();
        let tree = if list.is_empty() {
            out.tree
        } else {
            contribute(out.tree, &list).map_err(|faults| (faults, Some(out.places.keys().cloned().collect())))?
        };

        // 4. what went in
        for version in names.versions_used.into_inner().unwrap_or_else(PoisonError::into_inner) {
            digest.update(format!("{version}={}\n", names::lookup(&self.versions, &version).map(Json::to_string).unwrap_or_default()));
        }
        let digest = digits(&digest.finalize());
        Ok(Rendered {
            tree,
            roles: out.roles,
            places: out.places,
            stack,
            course,
            features: features.into_iter().map(str::to_owned).collect(),
            contributions,
            digest,
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
        let origin = Origin::new(self.catalog, format!("kits/{}/kit.toml", self.kit.name.get_ref()));
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
        let mut names = Names::new();
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
        names.set("v", self.versions.clone());
        let next = (rendition.at < last).then_some(rendition.at + 1);
        names.set("m", json!({"at": rendition.at, "last": last, "next": next, "tags": tags(rendition.at)}));
        names
    }

    fn assemble(
        &self,
        owner: &Owner<'_>,
        holds: &dyn Fn(&Option<Condition>) -> bool,
        course: &Course,
        names: &Names,
        rendition: &Rendition,
        out: &mut Assembly,
    ) {
        let mut folders: HashMap<&str, Option<String>> = HashMap::new();
        // A later rule goes before an earlier one.
        let rules: Vec<(&str, &FilesRule)> =
            owner.files.iter().rev().filter(|rule| holds(&rule.when)).map(|rule| (fixed(rule.glob.get_ref()), rule)).collect();
        for file in self.folder(&owner.folder).iter() {
            let Some(inside) = file.strip_prefix(&owner.folder).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let matches =
                |(fixed, rule): &&(&str, &FilesRule)| inside.starts_with(fixed) && fast_glob::glob_match(rule.glob.get_ref(), inside);
            let Some((_, rule)) = rules.iter().find(matches) else { continue };
            let is_there = rendition.at >= rule.from && rule.until.is_none_or(|until| rendition.at < until);
            if !is_there || rule.role == Role::Hidden && rendition.audience == Audience::Learner {
                continue;
            }
            let to = folders.entry(rule.to.as_str()).or_insert_with(|| match stack_data::plain(&owner.manifest, &rule.to, names) {
                Ok(to) => Some(to),
                Err(more) => {
                    out.faults.extend(more);
                    None
                }
            });
            let Some(to) = to else { continue };
            let (target, is_template) = target(inside, rule.stripped(), to);
            let is_of_milestone = matches!(rule.role, Role::Test | Role::Hidden) || target.starts_with("docs/milestones/");
            if is_of_milestone && milestone::of_path(&target).is_some_and(|number| number > course.last) {
                continue;
            }
            let path = match RelPath::new(target) {
                Ok(path) => path,
                Err(why) => {
                    out.faults.push(Fault::new(self.catalog.place(file), why));
                    continue;
                }
            };
            if out.claim(owner, rule, &path, self.catalog.place(file)) {
                let source = self.sources.borrow().get(file.as_ref()).map(Arc::clone);
                out.jobs.push(Job { path, file: file.clone(), is_template, source });
            }
        }
    }

    /// Renders what has an owner, on two threads: here goes most of the time of a generation.
    fn fill(&self, names: &Names, rendition: &Rendition, digest: &mut Sha256, out: &mut Assembly) {
        let jobs = std::mem::take(&mut out.jobs);
        let (catalog, is_for_one) = (self.catalog, self.is_for_one);
        let mut engines = self.engines.borrow_mut();
        let workers = engines.each_mut().map(|engine| Flatten::new(names, rendition, engine));
        let done = pair(&jobs, workers, |flatten, job| {
            let source = job.source.clone().unwrap_or_else(|| Arc::new(Source::load(catalog, &job.file, job.is_template)));
            let digests = source.digests.clone();
            let entry = match &source.content {
                Content::Copied(entry) => Ok(entry.clone()),
                Content::Rendered(template) => flatten.render(&job.path, template).map(|text| Entry::new(text.into_bytes())),
                Content::Faulty(faults) => Err(faults.clone()),
            };
            (digests, entry, (job.source.is_none() && !is_for_one).then_some(source))
        });
        let mut sources = self.sources.borrow_mut();
        for (job, (digests, entry, fresh)) in jobs.into_iter().zip(done) {
            for of_file in &digests {
                digest.update(of_file);
            }
            match entry {
                Ok(entry) => {
                    out.tree.insert(job.path, entry);
                }
                Err(more) => out.faults.extend(more),
            }
            if let Some(source) = fresh {
                sources.insert(job.file.into_owned(), source);
            }
        }
    }

    fn folder(&self, folder: &str) -> Arc<Vec<Cow<'static, str>>> {
        Arc::clone(self.folders.borrow_mut().entry(folder.to_owned()).or_insert_with(|| Arc::new(self.catalog.files_below(folder))))
    }
}

impl Source {
    fn load(catalog: &Catalog, file: &str, is_template: bool) -> Self {
        let bytes = catalog.file(file).unwrap_or_default();
        let partials = RefCell::new(BTreeSet::new());
        let content = if is_template {
            let place = catalog.place(file);
            let partial = |name: &str| {
                partials.borrow_mut().insert(name.to_owned());
                catalog.partial(name)
            };
            let text = match bytes {
                Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
                Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
            };
            let parsed = match text {
                Some(text) if memchr2(names::OPEN as u8, names::CLOSE as u8, text.as_bytes()).is_some() => {
                    Err(vec![Fault::new(&place, "a template cannot contain the control characters U+0001 and U+0002")])
                }
                Some(text) => Template::parse(&place, text, &partial),
                None => Err(vec![Fault::new(&place, "a template is UTF-8 text; leave out `.hbs` to copy a binary file")]),
            };
            match parsed {
                Ok(template) => Content::Rendered(template),
                Err(faults) => Content::Faulty(faults),
            }
        } else {
            Content::Copied(Entry::new(bytes))
        };
        let partials = partials.into_inner();
        let files = std::iter::once(catalog.digest(file)).chain(partials.iter().map(|name| catalog.digest(&partial_path(name))));
        Self { content, digests: files.collect() }
    }
}

/// A file that has an owner and is still to be rendered.
struct Job {
    path: RelPath,
    file: Cow<'static, str>,
    is_template: bool,
    /// From an earlier rendering.
    source: Option<Arc<Source>>,
}

#[derive(Default)]
struct Assembly {
    jobs: Vec<Job>,
    tree: Tree,
    roles: BTreeMap<RelPath, Role>,
    places: BTreeMap<RelPath, String>,
    faults: Vec<Fault>,
}

impl Assembly {
    /// Makes the path `owner`'s; false, and a fault, if it is another one's.
    fn claim(&mut self, owner: &Owner<'_>, rule: &FilesRule, path: &RelPath, place: String) -> bool {
        if let Some(first) = self.places.get(path) {
            let fault = owner.manifest.fault(format!("`{path}` has two owners: `{first}` and `{place}`"));
            self.faults.push(fault.at(owner.manifest.line(rule.glob.span().start)));
            return false;
        }
        self.roles.insert(path.clone(), rule.role);
        self.places.insert(path.clone(), place);
        true
    }
}

/// Where the file `inside` goes, and whether it is a template.
fn target(inside: &str, stripped: &str, to: &str) -> (String, bool) {
    let rest = inside.strip_prefix(stripped).unwrap_or(inside);
    let (rest, is_template) = rest.strip_suffix(".hbs").map_or((rest, false), |rest| (rest, true));
    let to = to.trim_end_matches('/');
    (if to.is_empty() || to == "." { rest.to_owned() } else { format!("{to}/{rest}") }, is_template)
}
