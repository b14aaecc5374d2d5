//! Every fault in the templates: manifests, names, blocks, and what only rendering shows.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use crate::{
    answers::{Answers, Kind, Value},
    catalog::Catalog,
    error::Fault,
    manifest::{self, FeatureManifest, KitManifest, Number, Question, sample, validate_feature, validate_kit},
    render::Renderer,
    rendition::{Audience, Rendition},
    roadmap::Roadmap,
    route::Route,
    template::{Node, ROOTS, Template},
    tree::RelPath,
};

/// Renderings a kit is tried with at most, so that a kit with many switches stays checkable.
const MOST_VARIANTS: usize = 48;

/// All faults of `catalog`, sorted, none twice.
pub fn lint(catalog: &Catalog) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut used = Used::default();
    let roadmap = catalog.roadmap();
    match &roadmap {
        Ok(roadmap) => faults.extend(roadmap.faults(&catalog.place("roadmap.toml"))),
        Err(error) => faults.extend(error.listed().iter().cloned()),
    }
    faults.extend(of_older(catalog));
    let mut features = BTreeMap::new();
    for name in catalog.feature_names() {
        let (source, feature) = Source::read::<FeatureManifest>(catalog, &format!("features/{name}/feature.toml"), &mut faults);
        let Some(feature) = feature else { continue };
        faults.extend(validate_feature(&source.place, &source.text, &name, &feature));
        faults.extend(templates(catalog, &format!("features/{name}/files"), &["stack", "course", "v"], None, &mut used));
        faults.extend(unmatched(catalog, &source, &format!("features/{name}/files"), &feature.files));
        features.insert(name, feature);
    }
    for feature in features.values() {
        for wanted in feature.requires.iter().filter(|wanted| !features.contains_key(*wanted)) {
            let (source, _) =
                Source::read::<FeatureManifest>(catalog, &format!("features/{}/feature.toml", feature.name.get_ref()), &mut Vec::new());
            faults.push(source.at_key("requires", format!("requires the feature `{wanted}`, which does not exist")));
        }
    }
    let mut kits = Vec::new();
    for name in catalog.kit_names() {
        let (source, kit) = Source::read::<KitManifest>(catalog, &format!("kits/{name}/kit.toml"), &mut faults);
        kits.extend(kit.map(|kit| (name, source, kit)));
    }
    faults.extend(requirements(&kits, &roadmap.as_ref().map(Roadmap::kits).unwrap_or_default()));
    for (name, source, kit) in kits {
        faults.extend(kit_faults(catalog, &source, &name, kit, &features, &mut used));
    }
    for file in catalog.files_below("partials") {
        let name = file.trim_start_matches("partials/").trim_end_matches(".hbs");
        if !used.partials.contains(name) {
            faults.push(Fault::new(catalog.place(&file), "no template includes this partial"));
        }
    }
    for fault in &mut faults {
        // A partial knows its name, not the folder that it was read from.
        if fault.place.starts_with("partials/") {
            fault.place = catalog.place(&fault.place);
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// What the templates name, over all of them.
#[derive(Default)]
struct Used {
    partials: BTreeSet<String>,
}

/// A manifest's text and where it lies.
struct Source {
    place: String,
    text: String,
}

impl Source {
    /// The source at `path`, and the manifest as far as it can be read.
    fn read<T: serde::de::DeserializeOwned>(catalog: &Catalog, path: &str, faults: &mut Vec<Fault>) -> (Self, Option<T>) {
        let place = catalog.place(path);
        if let Ok(text) = String::from_utf8(catalog.file(path).unwrap_or_default().into_owned()) {
            let (manifest, more) = manifest::read_on(&place, &text);
            faults.extend(more);
            (Self { place, text }, manifest)
        } else {
            faults.push(Fault::new(&place, "is not UTF-8"));
            (Self { place, text: String::new() }, None)
        }
    }

    fn at<T>(&self, value: &Spanned<T>, message: impl Into<String>) -> Fault {
        Fault::new(&self.place, message).at(manifest::line_of(&self.text, value.span().start))
    }

    /// At a key of the manifest itself.
    fn at_key(&self, key: &str, message: impl Into<String>) -> Fault {
        Fault::new(&self.place, message).at(manifest::line_of_top_key(&self.text, key).unwrap_or(1))
    }
}

/// What old versions of languages want in place of entries that are not there.
fn of_older(catalog: &Catalog) -> Vec<Fault> {
    let path = "versions.toml";
    let text = catalog.file(path).and_then(|bytes| String::from_utf8(bytes.into_owned()).ok()).unwrap_or_default();
    // What cannot be read is told where it is used.
    let Ok(versions) = toml_edit::Document::parse(text.as_str()) else { return Vec::new() };
    let mut faults = Vec::new();
    for (language, lines) in versions.get("older").map(entries).unwrap_or_default() {
        for (until, tables) in entries(lines) {
            for (name, values) in entries(tables) {
                for (key, value) in entries(values) {
                    if versions.get(name).and_then(|usual| usual.get(key)).is_none() {
                        let told = format!("`older.{language}.\"{until}\"` has a `{name}.{key}`, which stands in place of nothing");
                        let line = manifest::line_of(&text, value.span().map_or(0, |span| span.start));
                        faults.push(Fault::new(catalog.place(path), told).at(line));
                    }
                }
            }
        }
    }
    faults
}

fn entries(item: &toml_edit::Item) -> Vec<(&str, &toml_edit::Item)> {
    item.as_table_like().map(|table| table.iter().collect()).unwrap_or_default()
}

/// Faults of what the kits build on: what nobody has heard of, and what nobody could ever begin. `planned`: the kits of the roadmap.
fn requirements(kits: &[(String, Source, KitManifest)], planned: &[&str]) -> Vec<Fault> {
    let route = Route::of(kits.iter().map(|(_, _, kit)| kit));
    let mut faults = Vec::new();
    for (_, source, kit) in kits {
        let is_known = |wanted: &str| planned.contains(&wanted) || kits.iter().any(|(_, _, kit)| kit.name.get_ref() == wanted);
        for wanted in kit.requires_kits.iter().filter(|wanted| !is_known(wanted)) {
            faults.push(source.at_key("requires_kits", format!("there is no kit `{wanted}`, neither here nor on the roadmap")));
        }
        if let Some(circle) = route.circle(kit.name.get_ref()) {
            faults.push(source.at_key("requires_kits", format!("builds on itself: {}", circle.join(" on "))));
        }
    }
    faults
}

fn kit_faults(
    catalog: &Catalog,
    source: &Source,
    name: &str,
    kit: KitManifest,
    features: &BTreeMap<String, FeatureManifest>,
    used: &mut Used,
) -> Vec<Fault> {
    let folder = format!("kits/{name}/files");
    let mut faults = validate_kit(&source.place, &source.text, name, &kit);
    faults.extend(templates(catalog, &folder, &ROOTS, Some((&kit, source)), used));
    faults.extend(unmatched(catalog, source, &folder, &kit.files));
    let carried: BTreeSet<&str> = kit.feature.iter().map(|used| used.name.get_ref().as_str()).collect();
    for used in &kit.feature {
        let name = used.name.get_ref();
        match features.get(name) {
            None => faults.push(source.at(&used.name, format!("there is no feature `{name}`"))),
            Some(feature) => {
                for wanted in feature.requires.iter().filter(|wanted| !carried.contains(wanted.as_str())) {
                    faults.push(source.at(&used.name, format!("feature `{name}` requires `{wanted}`, which the kit does not carry")));
                }
            }
        }
    }
    faults.extend(rendered(catalog, source, kit, features));
    faults
}

/// Faults of the templates below `folder`: syntax, numbers, traps, roots that are not known there.
fn templates(catalog: &Catalog, folder: &str, roots: &[&str], kit: Option<(&KitManifest, &Source)>, used: &mut Used) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut traps = BTreeSet::new();
    for file in catalog.files_below(folder).iter().filter(|file| file.strip_suffix(".hbs").is_some()) {
        let place = catalog.place(file);
        let Ok(text) = String::from_utf8(catalog.file(file).unwrap_or_default().into_owned()) else {
            faults.push(Fault::new(place, "a template is UTF-8 text; leave out `.hbs` to copy a binary file"));
            continue;
        };
        let partials = std::cell::RefCell::new(&mut used.partials);
        let partial = |name: &str| {
            partials.borrow_mut().insert(name.to_owned());
            catalog.partial(name)
        };
        match Template::parse(&place, text, &partial) {
            Ok(template) => template.walk(&mut |template, node| faults.extend(node_faults(template, node, roots, kit, &mut traps))),
            Err(more) => faults.extend(more),
        }
    }
    if let Some((kit, source)) = kit {
        for trap in kit.trap.iter().filter(|trap| !traps.contains(trap.name.get_ref())) {
            faults.push(source.at(&trap.name, format!("trap `{}` stands in no template", trap.name.get_ref())));
        }
    }
    faults
}

fn node_faults(
    template: &Template,
    node: &Node,
    roots: &[&str],
    kit: Option<(&KitManifest, &Source)>,
    traps: &mut BTreeSet<String>,
) -> Vec<Fault> {
    let root_of = |name: &str| name.split('.').next().unwrap_or("").to_owned();
    let foreign = |name: &str, line: usize| {
        let root = root_of(name);
        (ROOTS.contains(&root.as_str()) && !roots.contains(&root.as_str())).then(|| {
            Fault::new(&template.place, format!("`{name}`: a feature knows only {}", roots.join(", ")))
                .at(line)
                .hint("it must be applicable to a repository that stagekit did not make")
        })
    };
    match node {
        Node::Value { path, line } => foreign(path, *line).into_iter().collect(),
        Node::Expression(tag) => tag.names.iter().filter_map(|name| foreign(name, tag.line)).collect(),
        Node::Control { branches, .. } => {
            branches.iter().flat_map(|(tag, _)| tag.names.iter().filter_map(|name| foreign(name, tag.line))).collect()
        }
        Node::Solution { branches, line, .. } => match kit {
            Some((kit, _)) => branches
                .iter()
                .filter(|(number, _)| *number > kit.last())
                .map(|(number, _)| {
                    Fault::new(&template.place, format!("`solution {number}`: the last milestone is {}", kit.last())).at(*line)
                })
                .collect(),
            None => vec![Fault::new(&template.place, "a feature has no milestones").at(*line)],
        },
        Node::Trap { name, line, .. } => {
            traps.insert(name.clone());
            match kit {
                Some((kit, _)) if kit.trap.iter().any(|trap| trap.name.get_ref() == name) => Vec::new(),
                _ => vec![Fault::new(&template.place, format!("trap `{name}` is not declared in the manifest")).at(*line)],
            }
        }
        Node::Literal(_) | Node::Partial(_) | Node::Hidden { .. } => Vec::new(),
    }
}

/// Rules that match nothing, and files that no rule matches.
fn unmatched(catalog: &Catalog, source: &Source, folder: &str, rules: &[manifest::FilesRule]) -> Vec<Fault> {
    let files = catalog.files_below(folder);
    let inside: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix(folder)?.strip_prefix('/')).collect();
    let idle = rules.iter().filter(|rule| !inside.iter().any(|file| fast_glob::glob_match(rule.glob.get_ref(), file)));
    let lost = files.iter().zip(&inside).filter(|(_, file)| !rules.iter().any(|rule| fast_glob::glob_match(rule.glob.get_ref(), file)));
    idle.map(|rule| source.at(&rule.glob, format!("`{}` matches no file", rule.glob.get_ref())))
        .chain(
            lost.map(|(file, _)| Fault::new(catalog.place(file), "no `[[files]]` entry of the manifest names it, so it is never rendered")),
        )
        .collect()
}

/// What only rendering shows: paths owned twice, names without value, texts in places where they cannot stand, missing docs, checks that do not fit.
fn rendered(catalog: &Catalog, source: &Source, kit: KitManifest, features: &BTreeMap<String, FeatureManifest>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let variants = variants(&kit);
    let (last, traps) = (kit.last(), kit.trap.clone());
    let renderer = match Renderer::with_features(catalog, kit, features.clone()) {
        Ok(renderer) => renderer,
        Err(error) => return error.listed().to_vec(),
    };
    let kit = renderer.kit();
    let mut lacking: BTreeMap<String, BTreeSet<Number>> = BTreeMap::new();
    for answers in &variants {
        let holds = |condition: &Option<crate::condition::Condition>| answers.meet(condition.as_ref());
        for (table, all, count) in [
            ("check", kit.check.len(), kit.check.iter().filter(|entry| holds(&entry.when)).count()),
            ("state", kit.state.len(), kit.state.iter().filter(|entry| holds(&entry.when)).count()),
        ] {
            // That there is none at all is another fault.
            if last > 0 && all > 0 && count != 1 {
                let message = format!("{count} `[[{table}]]` entries hold for {}; exactly one must", described(answers, kit));
                faults.push(source.at_key(table, message));
            }
        }
        let plain = (0..=last).map(Rendition::solved);
        let trapped = traps
            .iter()
            .filter(|trap| holds(&trap.when))
            .map(|trap| Rendition { trap: Some(trap.name.get_ref().clone()), ..Rendition::solved(trap.at) });
        for rendition in
            plain.chain(trapped).flat_map(|rendition| [rendition.clone(), Rendition { audience: Audience::Grader, ..rendition }])
        {
            faults.extend(renderer.next_steps(answers, &rendition, &|step| holds(&step.when)).err().into_iter().flatten());
            let paths = match renderer.attempt(answers, &rendition) {
                Ok(rendered) => Some(rendered.places.into_keys().collect()),
                Err((more, paths)) => {
                    faults.extend(more);
                    paths
                }
            };
            let is_lacking =
                |path: &String| paths.as_ref().is_some_and(|paths: &BTreeSet<RelPath>| !paths.iter().any(|there| there.as_str() == path));
            let state = kit.state.iter().filter(|state| holds(&state.when)).map(|state| state.path.clone());
            for path in kit.milestone.iter().map(|milestone| doc(milestone.number())).chain(state).filter(is_lacking) {
                lacking.entry(path).or_default().insert(rendition.at);
            }
        }
    }
    // Once each, at however many milestones it is missing.
    faults.extend(lacking.into_iter().map(|(path, ats)| {
        let ats = if ats.len() > last as usize {
            String::new()
        } else {
            format!(" at {}", ats.iter().map(Number::to_string).collect::<Vec<_>>().join(", "))
        };
        let message = format!("`{path}` is not rendered{ats}");
        match kit.milestone.iter().find(|milestone| path == doc(milestone.number())) {
            Some(milestone) => source.at(&milestone.number, message),
            None => source.at_key("state", message),
        }
    }));
    faults
}

fn doc(number: Number) -> String {
    format!("docs/milestones/{number}.md")
}

/// Answers to try: every combination of choices and bools where there are few, else the defaults and each single difference from them.
pub fn variants(kit: &KitManifest) -> Vec<Answers> {
    let combinations = kit.question.iter().map(|question| values(question).len()).product::<usize>();
    let mut found: Vec<Answers> = Vec::new();
    let mut push = |picks: &dyn Fn(&Question) -> Value| {
        let mut answers = Answers::default();
        for question in &kit.question {
            if answers.meet(question.when.as_ref()) {
                answers.insert(question.name(), picks(question));
            }
        }
        if !found.contains(&answers) {
            found.push(answers);
        }
    };
    push(&sample);
    if combinations <= MOST_VARIANTS {
        for mut number in 0..combinations {
            let mut chosen = BTreeMap::new();
            for question in &kit.question {
                let values = values(question);
                chosen.insert(question.name().to_owned(), values[number % values.len()].clone());
                number /= values.len();
            }
            push(&|question| chosen[question.name()].clone());
        }
    } else {
        for question in &kit.question {
            for value in values(question) {
                push(&|other| if other.name() == question.name() { value.clone() } else { sample(other) });
            }
        }
    }
    found
}

fn values(question: &Question) -> Vec<Value> {
    match question.kind {
        Kind::Choice => question.choices.iter().map(|choice| Value::Text(choice.value.clone())).collect(),
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        _ => vec![sample(question)],
    }
}

fn described(answers: &Answers, kit: &KitManifest) -> String {
    let said = kit.question.iter().filter(|question| matches!(question.kind, Kind::Choice | Kind::Bool));
    let said: Vec<String> =
        said.filter_map(|question| answers.get(question.name()).map(|value| format!("{}={value}", question.name()))).collect();
    if said.is_empty() { "every answer".to_owned() } else { said.join(" ") }
}
