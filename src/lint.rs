//! Every fault in the templates: manifests, names, blocks, and what only rendering shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    answers::{Answers, Kind, Value},
    catalog::Catalog,
    error::Fault,
    manifest::{self, FeatureManifest, KitManifest, Question, sample, validate_feature, validate_kit},
    render::Renderer,
    rendition::{Audience, Rendition},
    template::{Node, ROOTS, Template},
};

/// Renderings a kit is tried with at most, so that a kit with many switches stays checkable.
const MOST_VARIANTS: usize = 48;

/// All faults of `catalog`, sorted, none twice.
pub fn lint(catalog: &Catalog) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut used = Used::default();
    match catalog.roadmap() {
        Ok(roadmap) => faults.extend(roadmap.faults(&catalog.place("roadmap.toml"))),
        Err(error) => faults.extend(error.listed().iter().cloned()),
    }
    let mut features = BTreeMap::new();
    for name in catalog.feature_names() {
        match read::<FeatureManifest>(catalog, &format!("features/{name}/feature.toml")) {
            Ok((place, text, feature)) => {
                faults.extend(validate_feature(&place, &text, &name, &feature));
                faults.extend(templates(catalog, &format!("features/{name}/files"), &["stack", "course", "v"], None, &mut used));
                faults.extend(unmatched(catalog, &place, &format!("features/{name}/files"), &feature.files));
                features.insert(name, feature);
            }
            Err(more) => faults.extend(more),
        }
    }
    for feature in features.values() {
        for wanted in feature.requires.iter().filter(|wanted| !features.contains_key(*wanted)) {
            faults.push(Fault::new(
                catalog.place(&format!("features/{}/feature.toml", feature.name.get_ref())),
                format!("requires the feature `{wanted}`, which does not exist"),
            ));
        }
    }
    for name in catalog.kit_names() {
        match read::<KitManifest>(catalog, &format!("kits/{name}/kit.toml")) {
            Ok((place, text, kit)) => faults.extend(kit_faults(catalog, &place, &text, &name, kit, &features, &mut used)),
            Err(more) => faults.extend(more),
        }
    }
    for file in catalog.files_below("partials") {
        let name = file.trim_start_matches("partials/").trim_end_matches(".hbs");
        if !used.partials.contains(name) {
            faults.push(Fault::new(catalog.place(&file), "no template includes this partial"));
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

fn read<T: serde::de::DeserializeOwned>(catalog: &Catalog, path: &str) -> Result<(String, String, T), Vec<Fault>> {
    let place = catalog.place(path);
    let text =
        String::from_utf8(catalog.file(path).unwrap_or_default().into_owned()).map_err(|_| vec![Fault::new(&place, "is not UTF-8")])?;
    let manifest = manifest::read(&place, &text)?;
    Ok((place, text, manifest))
}

fn kit_faults(
    catalog: &Catalog,
    place: &str,
    text: &str,
    name: &str,
    kit: KitManifest,
    features: &BTreeMap<String, FeatureManifest>,
    used: &mut Used,
) -> Vec<Fault> {
    let folder = format!("kits/{name}/files");
    let mut faults = validate_kit(place, text, name, &kit);
    faults.extend(templates(catalog, &folder, &ROOTS, Some((&kit, place)), used));
    faults.extend(unmatched(catalog, place, &folder, &kit.files));
    let carried: BTreeSet<&str> = kit.feature.iter().map(|used| used.name.get_ref().as_str()).collect();
    for used in &kit.feature {
        match features.get(used.name.get_ref()) {
            None => faults.push(
                Fault::new(place, format!("there is no feature `{}`", used.name.get_ref()))
                    .at(manifest::line_of(text, used.name.span().start)),
            ),
            Some(feature) => {
                for wanted in feature.requires.iter().filter(|wanted| !carried.contains(wanted.as_str())) {
                    faults.push(Fault::new(
                        place,
                        format!("feature `{}` requires `{wanted}`, which the kit does not carry", used.name.get_ref()),
                    ));
                }
            }
        }
    }
    faults.extend(rendered(catalog, place, kit));
    faults
}

/// Faults of the templates below `folder`: syntax, numbers, traps, roots that are not known there.
fn templates(catalog: &Catalog, folder: &str, roots: &[&str], kit: Option<(&KitManifest, &str)>, used: &mut Used) -> Vec<Fault> {
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
    if let Some((kit, place)) = kit {
        for trap in kit.trap.iter().filter(|trap| !traps.contains(trap.name.get_ref())) {
            faults.push(Fault::new(place, format!("trap `{}` stands in no template", trap.name.get_ref())));
        }
    }
    faults
}

fn node_faults(
    template: &Template,
    node: &Node,
    roots: &[&str],
    kit: Option<(&KitManifest, &str)>,
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
fn unmatched(catalog: &Catalog, place: &str, folder: &str, rules: &[manifest::FilesRule]) -> Vec<Fault> {
    let files = catalog.files_below(folder);
    let inside: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix(folder)?.strip_prefix('/')).collect();
    let idle = rules.iter().filter(|rule| !inside.iter().any(|file| fast_glob::glob_match(rule.glob.get_ref(), file)));
    let lost = files.iter().zip(&inside).filter(|(_, file)| !rules.iter().any(|rule| fast_glob::glob_match(rule.glob.get_ref(), file)));
    idle.map(|rule| Fault::new(place, format!("`{}` matches no file", rule.glob.get_ref())))
        .chain(
            lost.map(|(file, _)| Fault::new(catalog.place(file), "no `[[files]]` entry of the manifest names it, so it is never rendered")),
        )
        .collect()
}

/// What only rendering shows: paths owned twice, names without value, texts in places where they cannot stand, missing docs, checks that do not fit.
fn rendered(catalog: &Catalog, place: &str, kit: KitManifest) -> Vec<Fault> {
    let mut faults = Vec::new();
    let variants = variants(&kit);
    let (last, traps) = (kit.last(), kit.trap.clone());
    let renderer = match Renderer::of(catalog, kit) {
        Ok(renderer) => renderer,
        Err(error) => return error.listed().to_vec(),
    };
    let kit = renderer.kit();
    for answers in &variants {
        let holds = |condition: &Option<crate::condition::Condition>| answers.meet(condition.as_ref());
        for (table, count) in [
            ("check", kit.check.iter().filter(|entry| holds(&entry.when)).count()),
            ("state", kit.state.iter().filter(|entry| holds(&entry.when)).count()),
        ] {
            if last > 0 && count != 1 {
                faults.push(Fault::new(
                    place,
                    format!("{count} `[[{table}]]` entries hold for {}; exactly one must", described(answers, kit)),
                ));
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
            match renderer.try_render(answers, &rendition) {
                Err(more) => faults.extend(more),
                Ok(rendered) => {
                    let is_there = |path: &str| rendered.tree.paths().any(|there| there.as_str() == path);
                    let docs = (1..=last).map(|number| format!("docs/milestones/{number}.md"));
                    let state = rendered.course.state.iter().map(|state| state.path.clone());
                    faults.extend(
                        docs.chain(state)
                            .filter(|path| !is_there(path))
                            .map(|path| Fault::new(place, format!("`{path}` is not rendered at {}", rendition.at))),
                    );
                }
            }
        }
    }
    faults
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
    said.filter_map(|question| answers.get(question.name()).map(|value| format!("{}={value}", question.name())))
        .collect::<Vec<_>>()
        .join(" ")
}
