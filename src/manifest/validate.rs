//! What must hold inside one manifest, beyond its shape. All faults at once.

use std::collections::BTreeSet;

use toml::Spanned;

use super::{
    FeatureManifest, FilesRule, KitManifest, Question, line_of,
    read::{conditions, line_of_top_key},
};
use crate::{
    answers::{Kind, Value},
    condition::Condition,
    error::{Fault, nearest},
    stack::CONDITION_NAMES,
};

/// Collects faults of one file.
struct Faults<'t> {
    place: &'t str,
    text: &'t str,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn add_at_line(&mut self, line: usize, message: impl Into<String>) {
        self.found.push(Fault::new(self.place, message).at(line));
    }

    /// At a key of the manifest itself.
    fn add_at_key(&mut self, key: &str, message: impl Into<String>) {
        self.add_at_line(line_of_top_key(self.text, key).unwrap_or(1), message);
    }

    fn add_at<T>(&mut self, value: &Spanned<T>, message: impl Into<String>) {
        self.found.push(Fault::new(self.place, message).at(line_of(self.text, value.span().start)));
    }
}

/// Faults of a kit's manifest whose text is `text` and whose folder is called `folder`.
pub fn validate_kit(place: &str, text: &str, folder: &str, kit: &KitManifest) -> Vec<Fault> {
    let mut faults = Faults { place, text, found: Vec::new() };
    heading(&mut faults, kit.format_version, &kit.name, &kit.version, folder);
    questions(&mut faults, kit);
    questions_conditions(&mut faults, kit);
    other_conditions(&mut faults, kit);
    milestones(&mut faults, kit);
    traps(&mut faults, kit);
    files(&mut faults, &kit.files, Some(kit.last()));
    unique(&mut faults, "feature", kit.feature.iter().map(|used| &used.name));
    for used in &kit.feature {
        if used.from > kit.last() {
            faults.add_at(
                &used.name,
                format!("feature `{}` comes from milestone {}, and the last is {}", used.name.get_ref(), used.from, kit.last()),
            );
        }
    }
    if !kit.milestone.is_empty() {
        for (table, is_there) in
            [("[[check]]", !kit.check.is_empty()), ("[[state]]", !kit.state.is_empty()), ("[smoke]", kit.smoke.is_some())]
        {
            if !is_there {
                faults.add_at_key("milestone", format!("a kit with milestones needs `{table}`"));
            }
        }
    }
    faults.found
}

/// Faults of a feature's manifest.
pub fn validate_feature(place: &str, text: &str, folder: &str, feature: &FeatureManifest) -> Vec<Fault> {
    let mut faults = Faults { place, text, found: Vec::new() };
    heading(&mut faults, feature.format_version, &feature.name, &feature.version, folder);
    files(&mut faults, &feature.files, None);
    for (condition, line) in conditions(text) {
        // One that cannot be read has ended the reading already.
        let Ok(condition) = condition.parse::<Condition>() else { continue };
        for (name, _) in condition.comparisons() {
            if !CONDITION_NAMES.contains(&name) {
                faults.add_at_line(
                    line,
                    format!("condition `{condition}`: a feature knows no `{name}`, only {}", CONDITION_NAMES.join(", ")),
                );
            }
        }
    }
    faults.found
}

fn heading(faults: &mut Faults<'_>, format: u32, name: &Spanned<String>, version: &str, folder: &str) {
    if format != 1 {
        faults.add_at_key("format_version", format!("`format_version` is {format}; this stagekit reads 1"));
    }
    if name.get_ref() != folder {
        faults.add_at(name, format!("`name` is `{}`, its folder is `{folder}`", name.get_ref()));
    }
    if !is_kebab(name.get_ref()) {
        faults.add_at(name, format!("`{}` is not kebab-case", name.get_ref()));
    }
    let parts: Vec<&str> = version.split('.').collect();
    if parts.len() != 3 || parts.iter().any(|part| part.parse::<u32>().is_err()) {
        faults.add_at_key("version", format!("`version` is `{version}`, not `major.minor.patch`"));
    }
}

fn questions(faults: &mut Faults<'_>, kit: &KitManifest) {
    unique(faults, "question", kit.question.iter().map(|question| &question.name));
    match kit.question("name") {
        Some(question) if question.kind == Kind::Slug && question.when.is_none() => {}
        Some(question) => faults.add_at(&question.name, "the question `name` is a `slug` without condition"),
        None => faults.add_at(&kit.name, "there is no question `name`"),
    }
    for question in &kit.question {
        if !is_snake(question.name()) {
            faults.add_at(&question.name, format!("`{}` is not snake_case", question.name()));
        }
        if (question.kind == Kind::Choice) == question.choices.is_empty() {
            faults.add_at(
                &question.name,
                format!("question `{}`: `choices` belong to kind `choice`, and a choice needs some", question.name()),
            );
        }
        if question.seeded
            && !(question.kind == Kind::Choice || question.kind == Kind::Int && question.min.is_some() && question.max.is_some())
        {
            faults
                .add_at(&question.name, format!("question `{}`: `seeded` wants a choice, or an int with `min` and `max`", question.name()));
        }
        default(faults, question);
    }
}

fn default(faults: &mut Faults<'_>, question: &Question) {
    if let Some(Err(refusal)) = question.default.as_ref().map(|value| question.rule().check(value)) {
        faults.add_at(
            &question.name,
            format!("question `{}`: its default breaks rule `{}`: {}", question.name(), refusal.rule, refusal.message),
        );
    }
}

/// The condition of a question speaks of earlier ones, in the way of their kind, and the question can be reached.
fn questions_conditions(faults: &mut Faults<'_>, kit: &KitManifest) {
    for (index, question) in kit.question.iter().enumerate() {
        let (earlier, name) = (&kit.question[..index], question.name());
        let Some(condition) = &question.when else { continue };
        let problems = condition_problems(condition, earlier);
        for problem in &problems {
            let before = if problem.ends_with("is no question") { " before this one" } else { "" };
            faults.add_at(&question.name, format!("question `{name}`, condition `{condition}`: {problem}{before}"));
        }
        if problems.is_empty() && !can_hold(condition, earlier) {
            faults.add_at(&question.name, format!("question `{name}` is never asked: `{condition}` cannot hold"));
        }
    }
}

/// Every other condition speaks of questions that there are, in the way of their kind, and can hold.
fn other_conditions(faults: &mut Faults<'_>, kit: &KitManifest) {
    for (condition, line) in conditions(faults.text) {
        let condition = match condition.parse::<Condition>() {
            Ok(condition) => condition,
            Err(why) => {
                faults.add_at_line(line, why);
                continue;
            }
        };
        let problems = condition_problems(&condition, &kit.question);
        for problem in &problems {
            faults.add_at_line(line, format!("condition `{condition}`: {problem}"));
        }
        if problems.is_empty() && !can_hold(&condition, &kit.question) {
            faults.add_at_line(line, format!("condition `{condition}` cannot hold"));
        }
    }
}

fn condition_problems(condition: &Condition, known: &[Question]) -> Vec<String> {
    let problem = |(name, compared): (&str, Option<&str>)| {
        let Some(question) = known.iter().find(|question| question.name() == name) else {
            return Some(match nearest(name, known.iter().map(Question::name)) {
                Some(near) => format!("`{name}` is no question; did you mean `{near}`?"),
                None => format!("`{name}` is no question"),
            });
        };
        match (question.kind, compared) {
            (Kind::Bool, Some(_)) => Some(format!("`{name}` is a bool; write `{name}` or `not {name}`")),
            (Kind::Bool, None) => None,
            (_, None) => Some(format!("`{name}` is no bool; compare it with a value")),
            (Kind::Choice, Some(value)) if !question.choices.iter().any(|choice| choice.value == value) => {
                Some(format!("`{value}` is no choice of `{name}`"))
            }
            _ => None,
        }
    };
    condition.comparisons().into_iter().filter_map(problem).collect()
}

/// Whether some answers make the condition hold; tried with every value of the choices and bools in it.
fn can_hold(condition: &Condition, questions: &[Question]) -> bool {
    let names: BTreeSet<&str> = condition.comparisons().into_iter().map(|(name, _)| name).collect();
    let mut worlds: Vec<Vec<(&str, String)>> = vec![Vec::new()];
    for question in questions.iter().filter(|question| names.contains(question.name())) {
        let values: Vec<String> = match question.kind {
            Kind::Choice => question.choices.iter().map(|choice| choice.value.clone()).collect(),
            Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
            // Free answers can be anything.
            _ => return true,
        };
        worlds = worlds
            .into_iter()
            .flat_map(|world| values.iter().map(move |value| [world.clone(), vec![(question.name(), value.clone())]].concat()))
            .collect();
    }
    worlds
        .iter()
        .any(|world| condition.holds(&|name| world.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str().into())))
}

fn milestones(faults: &mut Faults<'_>, kit: &KitManifest) {
    for (expected, milestone) in (1..).zip(&kit.milestone) {
        let number = milestone.number();
        if number != expected {
            faults.add_at(&milestone.number, format!("milestone {number} stands where {expected} is expected"));
        }
        if milestone.hints.is_empty() && milestone.hint.is_empty() {
            faults.add_at(&milestone.number, format!("milestone {number} has no hint"));
        }
        if milestone.tests == 0 {
            faults.add_at(&milestone.number, format!("milestone {number} has no test"));
        }
        if milestone.fails_with.is_empty() {
            faults.add_at(&milestone.number, format!("milestone {number}: `fails_with` is empty"));
        }
        for guard in milestone.guards.iter().filter(|guard| !guard.starts_with(&format!("m{number}/"))) {
            faults.add_at(&milestone.number, format!("milestone {number}: guard `{guard}` is not a test of it"));
        }
        for guard in milestone.guard.iter().filter(|guard| !guard.id.get_ref().starts_with(&format!("m{number}/"))) {
            faults.add_at(&guard.id, format!("milestone {number}: guard `{}` is not a test of it", guard.id.get_ref()));
        }
        let guards = milestone.guards.len() + milestone.guard.iter().filter(|guard| !guard.hidden).count();
        if guards >= milestone.tests as usize && milestone.tests > 0 {
            faults.add_at(&milestone.number, format!("milestone {number} has guards only: nothing tells that it is done"));
        }
    }
}

fn traps(faults: &mut Faults<'_>, kit: &KitManifest) {
    for trap in &kit.trap {
        let name = trap.name.get_ref();
        if !is_kebab(name) {
            faults.add_at(&trap.name, format!("`{name}` is not kebab-case"));
        }
        if trap.at == 0 || trap.at > kit.last() {
            faults.add_at(&trap.name, format!("trap `{name}`: there is no milestone {}", trap.at));
        }
        if trap.fails.is_empty() || trap.message.is_empty() {
            faults.add_at(&trap.name, format!("trap `{name}` names no failing test or no message"));
        }
    }
}

fn files(faults: &mut Faults<'_>, rules: &[FilesRule], last: Option<u32>) {
    for rule in rules {
        let glob = rule.glob.get_ref();
        if rule.until.is_some_and(|until| until <= rule.from) {
            faults.add_at(&rule.glob, format!("`{glob}`: `until` is not after `from`"));
        }
        if last.is_some_and(|last| rule.from > last || rule.until.is_some_and(|until| until > last)) {
            faults.add_at(&rule.glob, format!("`{glob}`: `from` or `until` is beyond the last milestone"));
        }
    }
}

fn unique<'n>(faults: &mut Faults<'_>, what: &str, names: impl Iterator<Item = &'n Spanned<String>>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.get_ref()) {
            faults.add_at(name, format!("{what} `{}` is there twice", name.get_ref()));
        }
    }
}

fn is_kebab(name: &str) -> bool {
    name.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn is_snake(name: &str) -> bool {
    !name.contains('-') && is_kebab(&name.replace('_', "-"))
}

/// A value that a question accepts, for renderings that only look for faults.
pub(crate) fn sample(question: &Question) -> Value {
    match (&question.default, question.kind) {
        (Some(default), kind) if kind != Kind::Text => default.clone(),
        (_, Kind::Bool) => Value::Bool(true),
        (_, Kind::Int) => Value::Int(question.min.unwrap_or(1)),
        (_, Kind::Choice) => Value::Text(question.choices.first().map(|choice| choice.value.clone()).unwrap_or_default()),
        (_, Kind::Package) => Value::Text("com.example.sample".to_owned()),
        (_, Kind::Slug) => Value::Text("sample-app".to_owned()),
        (_, Kind::Identifier | Kind::Text) => Value::Text("Sample".to_owned()),
    }
}
