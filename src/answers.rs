//! Answers: what a kit's questions were answered with, and the rules that a value must keep.

mod names;
mod rule;
mod words;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::condition::Condition;

pub use rule::{Kind, Refusal, Rule};

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a question of kind `bool`.
    Bool(bool),
    /// Of a question of kind `int`.
    Int(i64),
    /// Of every other kind.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// Answers by the name of their question, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Value>);

impl Answers {
    /// The answer to this question.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// An answer's text, for conditions.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(|value| match value {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        })
    }

    /// Whether a manifest's `when` holds under these answers; without one it does.
    pub fn meet(&self, when: Option<&Condition>) -> bool {
        when.is_none_or(|condition| condition.holds(&|name| self.text(name)))
    }

    /// Whether this question is answered.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Answers a question and gives back the answer that stood there.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) -> Option<Value> {
        self.0.insert(name.into(), value)
    }

    /// Takes an answer out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// All answers in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl FromIterator<(String, Value)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(answers: I) -> Self {
        Self(answers.into_iter().collect())
    }
}

/// What templates see beside the answer itself: a slug with other joints (`_snake`, `_pascal`, `_camel`), a package as a path (`_path`).
pub fn derived(name: &str, kind: Kind, value: &Value) -> Vec<(String, String)> {
    match (kind, value) {
        (Kind::Slug, Value::Text(slug)) => {
            let pascal: String = slug.split('-').map(capitalised).collect();
            let (first, rest) = slug.split_once('-').unwrap_or((slug, ""));
            let camel = rest.split('-').fold(first.to_owned(), |camel, word| camel + &capitalised(word));
            vec![(format!("{name}_snake"), slug.replace('-', "_")), (format!("{name}_pascal"), pascal), (format!("{name}_camel"), camel)]
        }
        (Kind::Package, Value::Text(package)) => vec![(format!("{name}_path"), package.replace('.', "/"))],
        _ => Vec::new(),
    }
}

/// The word with its first letter in upper case; slugs are ASCII.
fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::{Answers, Kind, Value, derived};

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    #[test]
    fn slugs_and_packages_have_other_forms() {
        let pairs = |kind, value: &str| derived("name", kind, &text(value));
        let named = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        assert_eq!(
            pairs(Kind::Slug, "notes-http2-server"),
            named(&[("name_snake", "notes_http2_server"), ("name_pascal", "NotesHttp2Server"), ("name_camel", "notesHttp2Server")])
        );
        assert_eq!(pairs(Kind::Slug, "notes"), named(&[("name_snake", "notes"), ("name_pascal", "Notes"), ("name_camel", "notes")]));
        assert_eq!(pairs(Kind::Package, "com.example.notes"), named(&[("name_path", "com/example/notes")]));
        assert_eq!(pairs(Kind::Text, "a-b"), []);
        assert_eq!(derived("name", Kind::Bool, &Value::Bool(true)), []);
    }

    #[test]
    fn answers_are_a_table_of_plain_values() {
        let mut answers = Answers::default();
        answers.insert("docker", Value::Bool(true));
        answers.insert("port", Value::Int(8080));
        answers.insert("name", text("true"));
        let table = toml::to_string(&answers).unwrap();
        assert_eq!(table, "docker = true\nname = \"true\"\nport = 8080\n");
        assert_eq!(toml::from_str::<Answers>(&table).unwrap(), answers);
        assert_eq!(
            answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            ["docker=true", "name=true", "port=8080"]
        );
    }
}
