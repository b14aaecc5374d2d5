//! The template tree as renderings read it: the files of a kit and of features, each path with one owner, put together.

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError},
};

use memchr::memchr2;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{
    flatten::{Engine, Flatten},
    names::{self, Names},
    origin::Origin,
    stack_data,
};
use crate::{
    catalog::{Catalog, partial_path},
    condition::Condition,
    contribute::Contribution,
    course::Course,
    digest::digits,
    error::{Error, Fault, Result},
    glob::fixed,
    manifest::{ContributionRule, FeatureManifest, FilesRule, Role},
    milestone,
    rendition::{Audience, Rendition},
    stack::Stack,
    template::Template,
    threads::pair,
    tree::{Entry, RelPath, Tree},
};

/// The templates of a catalogue, parsed once for any number of renderings unless it is for one only.
#[derive(Debug)]
pub(super) struct Templates<'c> {
    pub(super) catalog: &'c Catalog,
    versions: Json,
    pub(super) feature_names: Vec<String>,
    folders: RefCell<HashMap<String, Arc<Vec<Cow<'static, str>>>>>,
    sources: RefCell<HashMap<String, Arc<Source>>>,
    pub(super) is_for_one: bool,
    /// One for each of two threads.
    pub(super) engines: RefCell<[Engine; 2]>,
}

/// A kit or a feature, as far as its files go.
pub(super) struct Owner<'r> {
    pub(super) name: String,
    /// Its files in the catalogue.
    pub(super) folder: String,
    pub(super) manifest: Origin<'r>,
    pub(super) files: &'r [FilesRule],
    pub(super) contributions: &'r [ContributionRule],
    /// Whether what has this condition applies.
    pub(super) holds: &'r dyn Fn(&Option<Condition>) -> bool,
    /// Where the project lies in its repository; `.` is the root.
    pub(super) directory: &'r str,
}

/// What owners give together, before they add to each other's files.
pub(super) struct Composed {
    pub(super) tree: Tree,
    pub(super) roles: BTreeMap<RelPath, Role>,
    pub(super) places: BTreeMap<RelPath, String>,
    /// What each of them wants in files, its own or others'.
    pub(super) contributions: Vec<(String, Contribution)>,
    /// Of everything that went in. Lower-case hexadecimal SHA-256.
    pub(super) digest: String,
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

impl<'r> Owner<'r> {
    /// A feature in the stack that `holds` knows.
    pub(super) fn of_feature(
        catalog: &'r Catalog,
        feature: &'r FeatureManifest,
        holds: &'r dyn Fn(&Option<Condition>) -> bool,
        directory: &'r str,
    ) -> Self {
        let name = feature.name.get_ref();
        Self {
            name: name.clone(),
            folder: format!("features/{name}/files"),
            manifest: Origin::new(catalog, format!("features/{name}/feature.toml")),
            files: &feature.files,
            contributions: &feature.contribution,
            holds,
            directory,
        }
    }
}

impl<'c> Templates<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Result<Self> {
        let versions =
            serde_json::to_value(catalog.versions()?).map_err(|error| Error::failed("versions cannot be read").because(error))?;
        Ok(Self {
            catalog,
            versions,
            feature_names: catalog.feature_names(),
            folders: RefCell::default(),
            sources: RefCell::default(),
            is_for_one: false,
            engines: RefCell::default(),
        })
    }

    /// Names that know every version.
    pub(super) fn names(&self) -> Names {
        let mut names = Names::new();
        names.set("v", self.versions.clone());
        names
    }

    /// Renders the files of all owners. `faults` are those that were found before; beside them the paths that have an owner all the same.
    pub(super) fn compose(
        &self,
        owners: &[Owner<'_>],
        names: Names,
        course: &Course,
        rendition: &Rendition,
        faults: Vec<Fault>,
    ) -> Result<Composed, (Vec<Fault>, BTreeSet<RelPath>)> {
        // 1. their files
        let mut out = Assembly { faults, ..Assembly::default() };
        let mut digest = Sha256::new();
        for owner in owners {
            digest.update(owner.manifest.digest());
            self.assemble(owner, course, &names, rendition, &mut out);
        }
        self.fill(&names, rendition, &mut digest, &mut out);

        // 2. what they want in each other's
        let mut contributions = Vec::new();
        let rules = owners.iter().flat_map(|owner| owner.contributions.iter().map(move |rule| (owner, rule)));
        for (owner, rule) in rules.filter(|(owner, rule)| (owner.holds)(&rule.when) && rendition.at >= rule.from) {
            match stack_data::contribution(&owner.manifest, rule, &names) {
                Ok(contribution) => match RelPath::new(contributed(contribution.path.as_str(), owner.directory)) {
                    Ok(path) => contributions.push((owner.name.clone(), Contribution { path, ..contribution })),
                    Err(why) => out.faults.push(owner.manifest.fault(why)),
                },
                Err(more) => out.faults.extend(more),
            }
        }
        if !out.faults.is_empty() {
            return Err((out.faults, out.places.into_keys().collect()));
        }

        // 3. what went in
        for version in names.versions_used.into_inner().unwrap_or_else(PoisonError::into_inner) {
            digest.update(format!(
                "{version}={}\n",
                names::lookup(&names.values, &format!("v.{version}")).map(Json::to_string).unwrap_or_default()
            ));
        }
        Ok(Composed { tree: out.tree, roles: out.roles, places: out.places, contributions, digest: digits(&digest.finalize()) })
    }

    fn assemble(&self, owner: &Owner<'_>, course: &Course, names: &Names, rendition: &Rendition, out: &mut Assembly) {
        let mut folders: HashMap<&str, Option<String>> = HashMap::new();
        // A later rule goes before an earlier one.
        let rules: Vec<(&str, &FilesRule)> =
            owner.files.iter().rev().filter(|rule| (owner.holds)(&rule.when)).map(|rule| (fixed(rule.glob.get_ref()), rule)).collect();
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
            let path = match RelPath::new(placed(target, owner.directory)) {
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

/// Where a file of a project lies in its repository: what GitHub reads at the root alone goes to the root.
fn placed(path: String, directory: &str) -> String {
    if directory == "." {
        return path;
    }
    match path.strip_prefix(".github/workflows/") {
        Some(_) => format!(".github/workflows/{}", workflow(directory)),
        None if path.starts_with(".github/") => path,
        None => format!("{directory}/{path}"),
    }
}

/// The file name of a project's workflow: one a project, told apart by its folder.
fn workflow(directory: &str) -> String {
    if directory == "." { "ci.yml".to_owned() } else { format!("{}.yml", directory.replace('/', "-")) }
}

/// Adds to what templates see of a stack: what follows from it, and what it leaves out where there is nothing to be said.
pub(super) fn complete(seen: &mut Json, stack: &Stack) {
    seen["workflow"] = workflow(&stack.directory).into();
    seen["class"] = class(stack);
    seen["ports"] = stack.listens().into();
    for name in ["metrics", "process_metrics", "request_metrics"] {
        seen[name] = (stack.condition_text(name).as_deref() == Some("true")).into();
    }
    for (seen, module) in seen["modules"].as_array_mut().into_iter().flatten().zip(&stack.modules) {
        seen["war"] = module.launch.iter().any(|word| word == "app.war").into();
        seen["liveness_path"] = json!(stack.liveness_path(module));
        seen["health_host"] = json!(module.health_host);
        seen["metrics_path"] = json!(module.metrics());
        seen["process_metrics"] = module.has_process_metrics().into();
        seen["request_metrics"] = json!(module.request_metrics());
    }
    // CI starts those only that the tests need.
    let services = seen["services"].as_array().cloned().unwrap_or_default();
    seen["tested_services"] = services.into_iter().zip(&stack.services).filter(|(_, of)| of.tests).map(|(seen, _)| seen).collect();
    seen["secret_files"] = stack.reads_secret_files().into();
    seen["workspaces"] = stack.workspaces.into();
    seen["berry"] = stack.berry.into();
    seen["path_dependencies"] = stack.path_dependencies.into();
    seen["cgo"] = stack.cgo.into();
    seen["system_packages"] = stack.system_packages.clone().into();
    seen["old_image"] = stack.has_old_image().into();
    seen["generate"] = json!(stack.generate);
    seen["extras"] = stack.extras.clone().into();
    seen["includes"] = stack.includes.clone().into();
    if let Some(test) = &stack.test {
        seen["test"]["install"] = json!(test.install);
        seen["test"]["requirements"] = json!(test.requirements);
        // pip learnt about groups late.
        seen["test"]["groups"] = test.install.iter().any(|word| word == "--group").into();
    }
}

/// What templates see of a class: what it has agreed on, and the numbers of its shares.
fn class(stack: &Stack) -> Json {
    let class = stack.class.clone().unwrap_or_default();
    let template = class.template.as_deref().and_then(|template| template.split_once('/'));
    json!({
        "due": class.due,
        "owner": template.map(|(owner, _)| owner),
        "repository": template.map(|(_, repository)| repository),
        "shards": class.shards(),
        "shares": (1..=class.shards()).collect::<Vec<_>>(),
    })
}

/// Where the file lies that a project contributes to. GitLab reads one file at the root, which includes those of the projects.
fn contributed(path: &str, directory: &str) -> String {
    if path == ".gitlab-ci.yml" { path.to_owned() } else { placed(path.to_owned(), directory) }
}
