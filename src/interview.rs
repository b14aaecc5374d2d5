//! From flags, a file, a seed and a person to answers that are complete and valid. All faults at once.

use sha2::{Digest as _, Sha256};

use crate::{
    answers::{Answers, Kind, Refusal, Value},
    error::{Error, ErrorKind, Fault, Result, nearest},
    manifest::{KitManifest, Question},
    prompt::{Ask, Item},
};

/// Where answers come from, the first that has one wins: settings, file, seed, person, default.
#[derive(Default)]
pub struct Given<'g> {
    /// `--set name=value`, in order; a later one replaces an earlier one.
    pub settings: Vec<(&'g str, &'g str)>,
    /// An answers file and what it is called.
    pub file: Option<(String, toml::Table)>,
    /// `--seed`.
    pub seed: Option<&'g str>,
    /// What the project is called if nobody says so: the target folder's name.
    pub name: Option<String>,
    /// The person, if there is one who wants to be asked.
    pub person: Option<&'g dyn Ask>,
}

/// The answers to `kit`'s questions. `tell` shows a question's help before it is asked.
pub fn settle(kit: &KitManifest, given: &Given<'_>, tell: &mut dyn FnMut(&str)) -> Result<Answers> {
    let mut answers = Answers::default();
    let mut faults = unknown(kit, given);
    for question in &kit.question {
        let name = question.name();
        let is_asked = answers.meet(question.when.as_ref());
        match (stated(question, given), is_asked) {
            (Some((_, Err(refusal))), true) => faults.push(refusal),
            (Some((_, Ok(value))), true) => {
                answers.insert(name, value);
            }
            (Some((Source::Flag, _)), false) => faults.push(
                Fault::new(
                    format!("--set {name}"),
                    format!("is not asked here: it is only for {}", question.when.as_ref().map(ToString::to_string).unwrap_or_default()),
                )
                .hint("leave it out"),
            ),
            // A file may serve several kits and choices.
            (_, false) => {}
            (None, true) => {
                let default = default(question, given);
                // A person is not asked on top of faults: they would be asked in vain.
                match (given.person.filter(|_| faults.is_empty()), seeded(question, given), default) {
                    (_, Some(value), _) | (None, None, Some(value)) => {
                        answers.insert(name, value);
                    }
                    (Some(person), None, default) => {
                        answers.insert(name, ask(person, question, default.as_ref(), tell)?);
                    }
                    (None, None, None) => faults.push(Fault::new(format!("--set {name}=…"), format!("is missing: {}", wanted(question)))),
                }
            }
        }
    }
    if faults.is_empty() {
        return Ok(answers);
    }
    let kit = kit.name.get_ref();
    let heading = format!("{} answer{} for kit `{kit}` cannot be used", faults.len(), if faults.len() == 1 { "" } else { "s" });
    Err(Error::faults(ErrorKind::Usage, heading, faults)
        .hint(format!("`stagekit new {kit} --list-questions` shows every question with its choices")))
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Flag,
    File,
}

/// The answer that flags or file give, or why it is none.
fn stated(question: &Question, given: &Given<'_>) -> Option<(Source, Result<Value, Fault>)> {
    let name = question.name();
    let rule = question.rule();
    if let Some((_, raw)) = given.settings.iter().rev().find(|(set, _)| *set == name) {
        return Some((Source::Flag, rule.parse(raw).map_err(|refusal| refused(format!("--set {name}"), question, &refusal))));
    }
    let (place, table) = given.file.as_ref()?;
    let value = table.get(name)?;
    let place = format!("{place}: {name}");
    let read = match value {
        toml::Value::String(text) => Value::Text(text.clone()),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Boolean(value) => Value::Bool(*value),
        other => {
            let article = if matches!(other, toml::Value::Array(_)) { "an" } else { "a" };
            let fault = Fault::new(place, format!("is {article} {}; {}", other.type_str(), wanted(question)));
            return Some((Source::File, Err(fault)));
        }
    };
    // In a file a correction would have to be TOML; what kind is wanted is said instead.
    let checked = rule.check(&read).map_err(|refusal| {
        refused(
            place,
            question,
            &Refusal {
                correction: refusal
                    .correction
                    .filter(|_| matches!(read, Value::Text(_)) && !matches!(question.kind, Kind::Bool | Kind::Int)),
                ..refusal
            },
        )
    });
    Some((Source::File, checked.map(|()| read)))
}

/// Bytes of a correction that a message still shows.
const LONGEST_CORRECTION: usize = 80;

fn refused(place: String, question: &Question, refusal: &Refusal) -> Fault {
    let fault = Fault::new(place, format!("{} [rule {}]", refusal.message, refusal.rule));
    match &refusal.correction {
        // A whole page is no help.
        Some(correction) if correction.len() <= LONGEST_CORRECTION => fault.hint(format!("try `{}={correction}`", question.name())),
        _ => fault.hint(wanted(question)),
    }
}

/// Answers to questions that do not exist.
fn unknown(kit: &KitManifest, given: &Given<'_>) -> Vec<Fault> {
    let flags = given.settings.iter().map(|(name, _)| (format!("--set {name}"), *name));
    let file = given.file.iter().flat_map(|(place, table)| table.keys().map(move |name| (format!("{place}: {name}"), name.as_str())));
    flags
        .chain(file)
        .filter(|(_, name)| kit.question(name).is_none())
        .map(|(place, name)| {
            let fault = Fault::new(place, "is no question of this kit");
            match nearest(name, kit.question.iter().map(Question::name)) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault,
            }
        })
        .collect()
}

/// What kind of answer is wanted, for a person who gave none.
pub fn wanted(question: &Question) -> String {
    match question.kind {
        Kind::Choice => {
            format!("a choice of {}", question.choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", "))
        }
        Kind::Bool => "true or false".to_owned(),
        Kind::Int => match (question.min, question.max) {
            (Some(min), Some(max)) => format!("a whole number from {min} to {max}"),
            _ => "a whole number".to_owned(),
        },
        Kind::Slug => "lower-case words joined by `-`".to_owned(),
        Kind::Identifier => "an identifier: letters, digits and `_`".to_owned(),
        Kind::Package => "a package such as `com.example.app`".to_owned(),
        Kind::Text => "one line of text".to_owned(),
    }
}

fn default(question: &Question, given: &Given<'_>) -> Option<Value> {
    let name = (question.name() == "name").then(|| given.name.clone()).flatten().map(Value::Text);
    name.filter(|name| question.rule().check(name).is_ok()).or_else(|| question.default.clone())
}

/// The value that a seed gives: the same for the same seed and question, on every machine.
fn seeded(question: &Question, given: &Given<'_>) -> Option<Value> {
    let seed = given.seed.filter(|_| question.seeded)?;
    let hash = Sha256::digest(format!("{seed}\0{}", question.name()));
    let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    match question.kind {
        Kind::Choice => {
            let index = usize::try_from(number % u64::try_from(question.choices.len()).ok()?).ok()?;
            question.choices.get(index).map(|choice| Value::Text(choice.value.clone()))
        }
        Kind::Int => {
            let (min, max) = (question.min?, question.max?);
            let span = u64::try_from(max - min).ok()? + 1;
            Some(Value::Int(min + i64::try_from(number % span).ok()?))
        }
        _ => None,
    }
}

fn ask(person: &dyn Ask, question: &Question, default: Option<&Value>, tell: &mut dyn FnMut(&str)) -> Result<Value> {
    if !question.help.is_empty() {
        tell(&question.help);
    }
    let shown = default.map(ToString::to_string);
    match question.kind {
        Kind::Choice => {
            let items: Vec<Item> =
                question.choices.iter().map(|choice| Item { title: choice.title.clone(), help: choice.help.clone() }).collect();
            let at = question.choices.iter().position(|choice| Some(&choice.value) == shown.as_ref()).unwrap_or(0);
            let chosen = person.choose(&question.prompt, &items, at)?;
            Ok(Value::Text(question.choices.get(chosen).map(|choice| choice.value.clone()).unwrap_or_default()))
        }
        Kind::Bool => Ok(Value::Bool(person.confirm(&question.prompt, shown.as_deref() == Some("true"))?)),
        _ => {
            let rule = question.rule();
            let explain = |typed: &str| {
                rule.parse(typed).map(drop).map_err(|refusal| match refusal.correction {
                    Some(correction) if correction.len() <= LONGEST_CORRECTION => format!("try {correction}: {}", refusal.message),
                    _ => refusal.message,
                })
            };
            let typed = person.line(&question.prompt, shown.as_deref(), &explain)?;
            rule.parse(&typed).map_err(|refusal| Error::usage(refusal.message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, settle};
    use crate::{
        answers::Value,
        manifest::{KitManifest, read},
        prompt::Scripted,
    };

    fn kit() -> KitManifest {
        let text = r#"
            format_version = 1
            name = "k"
            version = "1.0.0"
            stage = 1
            title = "K"
            summary = "s"
            builds = "b"
            question = [
              { name = "name", prompt = "Name", kind = "slug", default = "k" },
              { name = "language", prompt = "Language", kind = "choice", choices = [{ value = "python", title = "Python" }, { value = "java", title = "Java" }], seeded = true },
              { name = "package", prompt = "Package", kind = "package", when = "language == 'java'" },
              { name = "port", prompt = "Port", kind = "int", default = 8080, min = 1024, max = 65535, seeded = true },
              { name = "docker", prompt = "Docker?", kind = "bool", default = true },
            ]
        "#;
        read("kit.toml", text).unwrap()
    }

    fn settled(given: &Given<'_>) -> Result<String, String> {
        let answers = settle(&kit(), given, &mut |_| {}).map_err(|error| error.to_string())?;
        Ok(answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn flags_go_before_the_file_and_defaults_fill_the_rest() {
        let file = toml::toml! { language = "java"
        port = 9000 };
        let given = Given {
            settings: vec![("language", "python"), ("port", "1"), ("port", "9001")],
            file: Some(("a.toml".to_owned(), file)),
            name: Some("my-app".to_owned()),
            ..Given::default()
        };
        assert_eq!(settled(&given).unwrap(), "docker=true language=python name=my-app port=9001");
    }

    #[test]
    fn everything_wrong_or_missing_is_listed_at_once() {
        let given = Given { settings: vec![("lang", "x"), ("port", "80"), ("package", "a.b")], ..Given::default() };
        let said = settled(&given).unwrap_err();
        for expected in [
            "4 answers for kit `k` cannot be used",
            "--set lang: is no question",
            "--set language=…: is missing: a choice of python, java",
            "--set package: is not asked here",
            "--set port: ",
        ] {
            assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_answers_again() {
        let of = |seed| {
            settled(&Given {
                seed: Some(seed),
                settings: vec![("package", "a.b")].into_iter().filter(|_| seed == "never").collect(),
                ..Given::default()
            })
        };
        let seeds: Vec<_> = (0..40).map(|n| n.to_string()).collect();
        let mut ports: Vec<_> = seeds.iter().filter_map(|seed| of(seed).ok()).collect();
        assert!(!ports.is_empty());
        assert_eq!(ports, seeds.iter().filter_map(|seed| of(seed).ok()).collect::<Vec<_>>());
        ports.dedup();
        assert!(ports.len() > 5, "{ports:?}");
    }

    #[test]
    fn a_person_is_asked_only_what_is_open() {
        let person = Scripted::new(["", "Java", "no package!", "com.example.x", ""]);
        let given = Given { settings: vec![("docker", "false")], person: Some(&person), ..Given::default() };
        let answers = settle(&kit(), &given, &mut |_| {});
        assert_eq!(person.asked.borrow().as_slice(), ["Name", "Language", "Package", "Package", "Port"]);
        assert_eq!(answers.unwrap().get("package"), Some(&Value::Text("com.example.x".to_owned())));
    }
}
