//! `stagekit add`: features for a repository that is there already.

mod class;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{
    becoming::{Becoming, becoming},
    ground::{Ground, seen_from},
    repository::Repository,
    solution::marked,
};
use crate::{
    answers::{Answers, Value},
    catalog::Catalog,
    cli::{AddArgs, OnConflict as Choice},
    condition::Condition,
    detect::{Existing, detect, nearest_project},
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result, nearest},
    layers::OnConflict,
    manifest::FeatureManifest,
    output::{Ink, pad},
    process,
    prompt::Item,
    receipt::Layer,
    render::Renderer,
    rendition::Rendition,
    stack::{NOWHERE, Origin, Stack},
};

/// Adds features.
pub fn run(args: &AddArgs, env: &mut Env) -> Result<()> {
    // 1. where, and what is there
    let repository = Repository::around_or_new(env)?;
    let mut project = Project::find(&repository, args, env)?;
    let catalog = env.catalog.clone();
    let offers = offers(&catalog, &repository, &project)?;
    if args.list {
        return list(&offers, args.json, env);
    }
    repository.refuse_unfinished()?;

    // 2. which features, and what they want to know
    let (features, mut faults) = chosen(args, &offers, env)?;
    let is_unknown = !faults.is_empty();
    let given = args.settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str()));
    faults.extend(project.set(given));
    let from_kit = enabled(&repository, &catalog, &project, &features)?;
    let added: Vec<&FeatureManifest> =
        features.iter().filter(|feature| !from_kit.features.contains(feature.name.get_ref())).copied().collect();
    let guesses = project
        .settle(&added, &repository, args, faults, env)
        .map_err(|error| if is_unknown { error.hint("`stagekit add --list` shows what can be added") } else { error })?;
    for guess in &guesses {
        env.out.warn(guess.told());
    }

    // 3. what that changes
    let layers = project.layers(&repository, &added);
    let becoming = becoming(&repository, &catalog, &from_kit.answers, &layers, args.on_conflict.into())?;
    if !becoming.unmet.is_empty() {
        return Err(Error::faults(ErrorKind::Conflict, "what is added would not start, nothing was written", becoming.unmet));
    }
    let written = !args.dry_run && !args.diff;
    let names: Vec<&str> = features.iter().map(|feature| feature.name.get_ref().as_str()).collect();
    if args.json {
        env.out.json(&json!({
            "features": names,
            "directory": project.stack.directory,
            "guesses": guesses.iter().map(Guess::to_json).collect::<Vec<_>>(),
            "written": written && becoming.planned.refusal().is_none(),
            "plan": becoming.planned.to_json(),
        }))?;
    } else {
        becoming.show(args.diff, env);
    }
    if let Some(refusal) = refusal(&becoming, args.on_conflict) {
        return Err(refusal);
    }
    if !written {
        env.out.say("nothing was written");
        return Ok(());
    }
    if !args.allow_dirty {
        refuse_loss(&repository, &becoming)?;
    }
    finish(&repository, &becoming, args.yes, env)?;

    // 4. told
    let ink = env.out.talk_palette();
    let to = if project.stack.directory == "." { String::new() } else { format!(" to `{}`", project.stack.directory) };
    if becoming.planned.is_settled() {
        env.out.say(format!("{}: {}{to}", ink.paint(Ink::Good, "there already, and up to date"), names.join(", ")));
    } else {
        env.out.say(format!("{} {}{to}", ink.paint(Ink::Good, "added"), names.join(", ")));
        // A feature of several projects is only removed where somebody says of which.
        let is_elsewhere = |layer: &Layer| layer.directory != project.stack.directory && names.contains(&layer.name.as_str());
        let inside = repository.features().any(is_elsewhere).then(|| Ground::of(&repository.root, &env.cwd, None)).transpose()?;
        let inside =
            inside.map_or_else(String::new, |ground| format!(" --in {}", seen_from(ground.stood_in.as_deref(), &project.stack.directory)));
        env.out.hint(format!("`stagekit remove {}{inside}` takes it out again, `stagekit update` keeps it up to date", names.join(" ")));
    }
    marked(&becoming.planned).map_or(Ok(()), Err)
}

/// Why what is there stays as it is, and what else may become of it than was said.
fn refusal(becoming: &Becoming, choice: Choice) -> Option<Error> {
    let given = match choice {
        Choice::Refuse => None,
        Choice::Keep => Some("keep"),
        Choice::Replace => Some("replace"),
        Choice::Merge => Some("merge"),
        Choice::Aside => Some("aside"),
    };
    let all = ["keep", "replace", "merge", "aside"];
    let other = all.into_iter().filter(|one| Some(*one) != given).collect::<Vec<_>>().join("|");
    let hint = match given {
        None => format!("`--on-conflict {other}` says what becomes of it"),
        Some(given) => format!("`--on-conflict {given}` is no way out of that: move it away, or give `--on-conflict {other}`"),
    };
    becoming.planned.refusal().map(|refusal| refusal.hint(hint))
}

/// Refuses, asks, and carries the plan out.
pub(super) fn finish(repository: &Repository, becoming: &Becoming, yes: bool, env: &mut Env) -> Result<()> {
    becoming.tell_left(env);
    if let Some(refusal) = becoming.planned.refusal() {
        return Err(refusal);
    }
    becoming.agreed(yes, env)?;
    becoming.apply(repository)
}

impl From<Choice> for OnConflict {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Refuse => Self::Refuse,
            Choice::Keep => Self::Keep,
            Choice::Replace => Self::Replace,
            Choice::Merge => Self::Merge,
            Choice::Aside => Self::Aside,
        }
    }
}

/// Refuses to replace files that nobody could bring back.
fn refuse_loss(repository: &Repository, becoming: &Becoming) -> Result<()> {
    let lost = process::unrecorded(&repository.root, &becoming.replaced);
    if becoming.replaced.is_empty() || lost.is_empty() && !process::has_changes(&repository.root) {
        return Ok(());
    }
    let faults = lost.iter().map(|path| Fault::new(path.as_str(), "git could not bring it back as it is")).collect();
    let message = "files would be replaced, and git has not recorded all changes; nothing was written";
    Err(Error::faults(ErrorKind::Conflict, message, faults)
        .hint("commit them first, so that what is replaced is not lost; or give `--allow-dirty`"))
}

/// The project that features are added to.
struct Project {
    stack: Stack,
    existing: Existing,
    kind: Kind,
}

/// What says what a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its kit.
    Kit,
    /// The kit that was handed out to the class whose results it holds.
    Class,
    /// Its files.
    Found,
}

/// A finding that was not written down as such.
struct Guess {
    field: String,
    value: String,
    origin: Origin,
}

impl Guess {
    fn told(&self) -> String {
        format!("{}: `{}` is taken to be `{}`; `--set {}=…` corrects that", self.origin.place, self.field, self.value, self.field)
    }

    fn to_json(&self) -> Json {
        json!({"field": self.field, "value": self.value, "place": self.origin.place})
    }
}

impl Project {
    /// The one that `--in` means, or that the command stands in: as an earlier `add` found it, as its kit states it, or as it is found now.
    fn find(repository: &Repository, args: &AddArgs, env: &mut Env) -> Result<Self> {
        let Ground { root, stood_in, asked } = Ground::of(&repository.root, &env.cwd, args.inside.as_deref())?;
        if repository.kit().is_ok() && asked.as_deref().is_none_or(|directory| directory == ".") {
            return Ok(Self { stack: of_kit(repository, &env.catalog)?, existing: Existing::default(), kind: Kind::Kit });
        }
        let is_asked = asked.is_some();
        let directory = asked.or(stood_in);
        let known = |directory: &str| repository.features().find(|layer| layer.directory == directory && !args.anew);
        let folder = directory.as_deref().unwrap_or(".");
        if let Some(handout) = class::handout(&root, folder)? {
            let stack = known(folder).map_or_else(|| class::stack(&handout, folder, &env.catalog), |layer| Ok(layer.stack.clone()))?;
            return Ok(Self { stack, existing: Existing::default(), kind: Kind::Class });
        }
        let survey = disk::survey(&root, directory.as_deref())?;
        let directory = if is_asked { directory } else { directory.map(|inside| nearest_project(&survey, &inside)) };
        let found = detect(&survey, directory.as_deref())?;
        for note in &found.notes {
            env.out.warn(format!("{}: {}", note.place, note.message));
        }
        let stack = known(&found.stack.directory).map_or(found.stack, |layer| layer.stack.clone());
        Ok(Self { stack, existing: found.existing, kind: Kind::Found })
    }

    /// What the command line says of it; what of that cannot be is given back.
    fn set<'a>(&mut self, given: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, value) in given {
            if let Err(why) = self.stack.set(key, value) {
                let shown: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                faults.push(Fault::new(format!("--set {key}={shown}"), why));
            }
        }
        faults
    }

    /// Asks for what is missing or a guess where somebody can be asked, and refuses what features cannot be rendered from. What remains a guess is
    /// given back, to be told. `faults` are those of the command line.
    fn settle(
        &mut self,
        added: &[&FeatureManifest],
        repository: &Repository,
        args: &AddArgs,
        mut faults: Vec<Fault>,
        env: &mut Env,
    ) -> Result<Vec<Guess>> {
        let needs = |part: &str| added.iter().any(|feature| feature.needs.iter().any(|need| need == part));
        let wants = |field: &str, origin: &Origin| match field.split('.').collect::<Vec<_>>()[..] {
            ["language_version"] => !added.is_empty(),
            // Only where nothing says it: a branch that is checked out is often the right one.
            ["default_branch"] => origin.place == "." && added.iter().any(|feature| feature.name.get_ref() == "github-actions"),
            ["modules", _, "launch" | "port" | "health_path" | "main_class" | "artifact"] => needs("modules"),
            ["modules", _, "metrics_path"] => added.iter().any(|feature| feature.name.get_ref() == "monitoring"),
            ["test"] => needs("test"),
            _ => false,
        };
        let is_asked = env.ask.is_interactive() && !args.yes && self.kind == Kind::Found && faults.is_empty();
        let guesses = |stack: &Stack| -> Vec<Guess> {
            let open = stack.origins.iter().filter(|(field, origin)| !origin.certain && wants(field, origin));
            open.filter_map(|(field, origin)| Some(Guess { value: value_of(stack, field)?, field: field.clone(), origin: origin.clone() }))
                .collect()
        };
        if is_asked {
            for (need, field, prompt) in [("test", "test", "How is it tested?"), ("modules", "launch", "How is it started?")] {
                let is_missing = if need == "test" { self.stack.test.is_none() } else { self.stack.modules.is_empty() };
                if needs(need) && is_missing {
                    self.ask(field, prompt, None, env)?;
                }
            }
            for guess in guesses(&self.stack) {
                env.ask.help(&format!("{}: a guess", guess.origin.place));
                self.ask(&guess.field, &format!("{}?", guess.field), Some(&guess.value), env)?;
            }
        }

        let is_said = !faults.is_empty();
        faults.extend(added.iter().flat_map(|feature| self.misfits(feature, added, repository)));
        if !added.is_empty() || is_said {
            faults.extend(self.stack.faults().into_iter().map(|fault| fault.hint("`--set` says it in another way")));
        }
        if faults.is_empty() {
            Ok(guesses(&self.stack))
        } else {
            Err(Error::faults(ErrorKind::Usage, "this cannot be added, nothing was written", faults))
        }
    }

    fn ask(&mut self, field: &str, prompt: &str, default: Option<&str>, env: &mut Env) -> Result<()> {
        env.out.flush();
        let stack = self.stack.clone();
        let answer = env.ask.line(prompt, default, &|value| stack.clone().set(field, value))?;
        self.stack.set(field, &answer).map_err(Error::usage)
    }

    /// Why the feature cannot be rendered here.
    fn misfits(&self, feature: &FeatureManifest, added: &[&FeatureManifest], repository: &Repository) -> Vec<Fault> {
        let name = feature.name.get_ref();
        if let Some(why) = self.turns_away(feature) {
            return vec![Fault::new(name, why.0).hint(why.1)];
        }
        let mut faults = Vec::new();
        for need in feature.needs.iter().filter(|need| self.lacks(need)) {
            let (what, example) = wanted(need);
            faults.push(Fault::new(name, format!("nothing here says {what}")).hint(format!("`{example}` says it")));
        }
        if self.starts_nothing(feature, added, repository) {
            let hint = "`stagekit add compose dockerfile` starts the project itself, `--set services=postgresql` a server for it";
            faults
                .push(Fault::new(name, "has nothing to start: the project talks to no server, and no image of it is made here").hint(hint));
        }
        if !offers_something(feature, &self.stack) {
            faults.push(Fault::new(name, format!("has nothing for {}", kind_of(&self.stack))));
        }
        let missing: Vec<&str> = self.missing_beside(feature, added, repository).collect();
        if !missing.is_empty() {
            // One command for everything that was asked for.
            let beside = added.iter().flat_map(|feature| self.missing_beside(feature, added, repository));
            let whole: BTreeSet<&str> = added.iter().map(|feature| feature.name.get_ref().as_str()).chain(beside).collect();
            let whole = whole.into_iter().collect::<Vec<_>>().join(" ");
            faults.push(
                Fault::new(name, format!("wants `{}` beside it", missing.join("` and `")))
                    .hint(format!("`stagekit add {whole}` adds all of it")),
            );
        }
        faults
    }

    /// Whether it would be a compose file without a service: only an image that `dockerfile` makes is one.
    fn starts_nothing(&self, feature: &FeatureManifest, added: &[&FeatureManifest], repository: &Repository) -> bool {
        let has_servers = !self.stack.services.is_empty();
        feature.name.get_ref() == "compose" && self.kind == Kind::Found && !has_servers && !self.writes("dockerfile", added, repository)
    }

    /// Whether the feature's own files are in the project, or come now.
    fn writes(&self, feature: &str, added: &[&FeatureManifest], repository: &Repository) -> bool {
        added.iter().any(|one| one.name.get_ref() == feature) || self.is_layer(feature, repository)
    }

    /// Whether the project has the feature from an earlier run.
    fn is_layer(&self, feature: &str, repository: &Repository) -> bool {
        repository.features().any(|layer| layer.is_of(feature, &self.stack.directory))
    }

    /// The features that this one builds on and that are not here.
    fn missing_beside<'f>(
        &'f self,
        feature: &'f FeatureManifest,
        added: &'f [&FeatureManifest],
        repository: &'f Repository,
    ) -> impl Iterator<Item = &'f str> {
        feature.requires.iter().map(String::as_str).filter(|required| !self.has(required, added, repository))
    }

    /// Why the feature is for repositories of another kind, and which those are.
    fn turns_away(&self, feature: &FeatureManifest) -> Option<(&'static str, &'static str)> {
        let needs = |part: &str| feature.needs.iter().any(|need| need == part);
        if needs("course") && self.kind != Kind::Kit {
            Some(("is for a repository that was made from a kit", "`stagekit new KIT` makes one"))
        } else if needs("handout") && self.kind != Kind::Class {
            Some(("is for the folder of a class, with its `handout.toml`", "`stagekit handout KIT --roster FILE --out DIR` makes one"))
        } else if self.kind == Kind::Class && !needs("handout") {
            Some(("is for a program, and here is a class", "`stagekit add --list` shows what a class can be given"))
        } else {
            None
        }
    }

    /// Whether nobody has said this part of the stack.
    fn lacks(&self, need: &str) -> bool {
        match need {
            "test" => self.stack.test.is_none(),
            "modules" => self.stack.modules.is_empty(),
            // Where nothing is started, that is what is told.
            "port" => !self.stack.modules.is_empty() && !self.stack.listens(),
            "services" => self.stack.services.is_empty(),
            _ => false,
        }
    }

    /// Whether the feature is in the project, comes now, or somebody's own does its work.
    fn has(&self, feature: &str, added: &[&FeatureManifest], repository: &Repository) -> bool {
        let theirs = match feature {
            "dockerfile" => &self.existing.dockerfiles,
            "compose" => &self.existing.compose,
            _ => &Vec::new(),
        };
        let of_kit = || repository.kit().is_ok_and(|kit| self.kind == Kind::Kit && kit.features.iter().any(|name| name == feature));
        self.writes(feature, added, repository) || !theirs.is_empty() || of_kit()
    }

    /// All features as they will be: those of this project see it as it is described now.
    fn layers(&self, repository: &Repository, added: &[&FeatureManifest]) -> Vec<Layer> {
        let mut layers: Vec<Layer> = repository.features().cloned().collect();
        for layer in layers.iter_mut().filter(|layer| layer.directory == self.stack.directory) {
            layer.stack = self.stack.clone();
        }
        for feature in added {
            if !layers.iter().any(|layer| layer.is_of(feature.name.get_ref(), &self.stack.directory)) {
                layers.push(Layer::of_feature(feature, &self.stack));
            }
        }
        layers
    }
}

/// The stack that the kit states for what the learner has reached.
fn of_kit(repository: &Repository, catalog: &Catalog) -> Result<Stack> {
    let layer = repository.kit()?;
    let at = repository.reached().unwrap_or(layer.rendition.at);
    let rendered = Renderer::new(catalog, &layer.name)?.render(&layer.answers, &Rendition { at, ..layer.rendition.clone() })?;
    Ok(rendered.stack)
}

/// What a part of the stack says, and how a person says it.
fn wanted(need: &str) -> (&'static str, &'static str) {
    match need {
        "test" => ("how the project is tested", "--set test='COMMAND'"),
        "modules" => ("what is started, and how", "--set launch='COMMAND' --set port=PORT"),
        "port" => ("that the program listens, and on which port", "--set port=PORT"),
        _ => ("which servers the project talks to", "--set services=postgresql,redis"),
    }
}

fn value_of(stack: &Stack, field: &str) -> Option<String> {
    let module = |name: &str| stack.modules.iter().find(|module| module.name == name);
    match field.split('.').collect::<Vec<_>>()[..] {
        ["language_version"] => Some(stack.language_version.clone()),
        ["default_branch"] => Some(stack.default_branch.clone()),
        ["test"] => stack.test.as_ref().map(|test| crate::course::shell_line(&test.command)),
        ["modules", name, "launch"] => Some(crate::course::shell_line(&module(name)?.launch)),
        ["modules", name, "port"] => Some(module(name)?.port.map_or_else(|| NOWHERE.to_owned(), |port| port.to_string())),
        ["modules", name, "health_path"] => module(name)?.health_path.clone(),
        ["modules", name, "metrics_path"] => module(name)?.metrics_path.clone(),
        ["modules", name, "main_class"] => module(name)?.main_class.clone(),
        ["modules", name, "artifact"] => module(name)?.artifact.clone(),
        _ => None,
    }
}

/// `a Spring Boot project`-like words for messages.
fn kind_of(stack: &Stack) -> String {
    match (stack.framework.as_str(), stack.build_tool.as_str()) {
        ("none", "none") => format!("a project in {}", stack.language.title()),
        ("none", tool) => format!("a project in {} with {tool}", stack.language.title()),
        (framework, tool) => format!("a project in {} with {framework} and {tool}", stack.language.title()),
    }
}

fn offers_something(feature: &FeatureManifest, stack: &Stack) -> bool {
    let holds = |when: &Option<Condition>| stack.meets(when.as_ref());
    if feature.files.is_empty() {
        feature.contribution.iter().any(|rule| holds(&rule.when))
    } else {
        feature.files.iter().any(|rule| holds(&rule.when))
    }
}

/// A feature, and how it stands to the project.
struct Offer {
    feature: FeatureManifest,
    is_there: bool,
    fits: bool,
    /// What nobody has said of the project that it needs.
    lacks: Vec<String>,
}

fn offers(catalog: &Catalog, repository: &Repository, project: &Project) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for name in catalog.feature_names() {
        let feature = catalog.feature(&name)?;
        let is_layer = project.is_layer(&name, repository);
        let is_of_kit = project.kind == Kind::Kit && repository.kit()?.features.contains(&name);
        let fits = offers_something(&feature, &project.stack) && project.turns_away(&feature).is_none();
        let lacks = feature.needs.iter().filter(|need| project.lacks(need)).cloned().collect();
        offers.push(Offer { is_there: is_layer || is_of_kit, fits, lacks, feature });
    }
    Ok(offers)
}

fn list(offers: &[Offer], json: bool, env: &mut Env) -> Result<()> {
    if json {
        let all = offers.iter().map(|offer| {
            let feature = &offer.feature;
            json!({"name": feature.name.get_ref(), "title": feature.title, "summary": feature.summary, "there": offer.is_there, "fits": offer.fits, "lacks": offer.lacks})
        });
        return env.out.json(&all.collect::<Vec<_>>());
    }
    let palette = env.out.palette();
    let width = offers.iter().map(|offer| offer.feature.name.get_ref().len()).max().unwrap_or(0);
    for offer in offers {
        let name = pad(offer.feature.name.get_ref(), width);
        let (name, state) = match (offer.is_there, offer.fits, offer.lacks.first()) {
            (true, ..) => (palette.paint(Ink::Good, name), "  (there)".to_owned()),
            (false, true, None) => (palette.paint(Ink::Name, name), String::new()),
            (false, true, Some(need)) => (palette.paint(Ink::Dim, name), format!("  (nothing here says {})", wanted(need).0)),
            (false, false, _) => (palette.paint(Ink::Dim, name), "  (nothing for this project)".to_owned()),
        };
        env.out.line(format!("{name}  {}{state}", offer.feature.summary));
    }
    Ok(())
}

/// The features that were named, and the names that are none; where none were, somebody is asked.
fn chosen<'o>(args: &AddArgs, offers: &'o [Offer], env: &mut Env) -> Result<(Vec<&'o FeatureManifest>, Vec<Fault>)> {
    if args.features.is_empty() {
        return Ok((asked(args, offers, env)?, Vec::new()));
    }
    let names = || offers.iter().map(|offer| offer.feature.name.get_ref().as_str());
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for name in args.features.iter().collect::<BTreeSet<_>>() {
        if let Some(offer) = offers.iter().find(|offer| offer.feature.name.get_ref() == name) {
            found.push(&offer.feature);
            continue;
        }
        let fault = Fault::new(name, "there is no such feature");
        faults.push(match nearest(name, names()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    Ok((found, faults))
}

fn asked<'o>(args: &AddArgs, offers: &'o [Offer], env: &mut Env) -> Result<Vec<&'o FeatureManifest>> {
    let open: Vec<&Offer> = offers.iter().filter(|offer| offer.fits && !offer.is_there).collect();
    if !env.ask.is_interactive() || args.yes {
        let names: Vec<&str> = open.iter().map(|offer| offer.feature.name.get_ref().as_str()).collect();
        return Err(Error::usage("which features? nobody is there to be asked")
            .hint(format!("`stagekit add FEATURE…`, where FEATURE is one of {}", names.join(", "))));
    }
    env.out.flush();
    let items: Vec<Item> =
        open.iter().map(|offer| Item { title: offer.feature.name.get_ref().clone(), help: offer.feature.summary.clone() }).collect();
    let chosen = env.ask.several("Which features?", &items)?;
    if chosen.is_empty() {
        return Err(Error::interrupted());
    }
    Ok(chosen.into_iter().filter_map(|index| open.get(index)).map(|offer| &offer.feature).collect())
}

/// Features that the kit carries, and the answers with which it does.
pub(super) struct Enabled {
    pub(super) features: BTreeSet<String>,
    pub(super) answers: Vec<(String, Value)>,
}

/// Which of the features come by another answer to one of the kit's questions; those that are there already stay so.
fn enabled(repository: &Repository, catalog: &Catalog, project: &Project, features: &[&FeatureManifest]) -> Result<Enabled> {
    let mut enabled = Enabled { features: BTreeSet::new(), answers: Vec::new() };
    if project.kind != Kind::Kit {
        return Ok(enabled);
    }
    let layer = repository.kit()?;
    let kit = catalog.kit(&layer.name)?;
    for feature in features {
        let name = feature.name.get_ref();
        let Some(used) = kit.feature.iter().find(|used| used.name.get_ref() == name) else { continue };
        if used.from > layer.rendition.at {
            return Err(Error::usage(format!("the kit brings `{name}` with milestone {}", used.from))
                .hint(format!("`stagekit solution {} --apply` takes it over when you are there", used.from)));
        }
        let is_there = layer.answers.meet(used.when.as_ref());
        let answers = turning(used.when.as_ref(), &layer.answers, true);
        if is_there || !answers.is_empty() {
            enabled.answers.extend(answers);
            enabled.features.insert(name.clone());
        }
    }
    Ok(enabled)
}

/// The fewest answers to yes-or-no questions with which a condition holds, or holds no more; none where it is so, or cannot be.
pub(super) fn turning(when: Option<&Condition>, answers: &Answers, holds: bool) -> Vec<(String, Value)> {
    let Some(condition) = when.filter(|condition| answers.meet(Some(condition)) != holds) else { return Vec::new() };
    let open = |name: &str| answers.get(name).is_none_or(|value| *value == Value::Bool(!holds));
    let mut plain = condition.comparisons();
    plain.retain(|(name, wanted)| wanted.is_none() && open(name));
    let all: Vec<(String, Value)> = plain.iter().rev().map(|(name, _)| ((*name).to_owned(), Value::Bool(holds))).collect();
    let does = |changed: &[(String, Value)]| {
        let mut answers = answers.clone();
        for (name, value) in changed {
            answers.insert(name, value.clone());
        }
        answers.meet(Some(condition)) == holds
    };
    // What is named last is what the condition is about.
    let one = all.iter().find(|one| does(std::slice::from_ref(one))).map(|one| vec![one.clone()]);
    one.unwrap_or_else(|| if does(&all) { all } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::turning;
    use crate::answers::{Answers, Value};

    #[test]
    fn the_fewest_answers_are_turned() {
        let answers = |docker, kubernetes| -> Answers {
            let mut answers = Answers::default();
            answers.insert("docker", Value::Bool(docker));
            answers.insert("kubernetes", Value::Bool(kubernetes));
            answers.insert("language", Value::Text("java".to_owned()));
            answers
        };
        for (condition, docker, kubernetes, holds, turned) in [
            ("docker and kubernetes", true, true, false, &["kubernetes=false"][..]),
            ("docker and kubernetes", true, false, true, &["kubernetes=true"]),
            ("docker and kubernetes", false, false, true, &["kubernetes=true", "docker=true"]),
            ("docker", true, false, true, &[]),
            ("not docker", true, false, true, &[]),
            ("language == 'python'", true, true, true, &[]),
            ("language == 'java' and docker", false, true, true, &["docker=true"]),
        ] {
            let condition_read = condition.parse().expect("a condition");
            let found = turning(Some(&condition_read), &answers(docker, kubernetes), holds);
            let shown: Vec<String> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(shown, turned, "{condition}");
        }
    }
}
