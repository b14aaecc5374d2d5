//! TOML, JSON, YAML and properties as what a reader asks of them: which value stands under a key, and on which line.

use saphyr_parser::{Event, Parser};
use serde_json::Value as Json;
use toml_edit::{Item, TableLike, Value as Toml};

use crate::contribute::line_number;

/// Deeper than anything that a person writes, and shallow enough for the stack.
const DEEPEST: usize = 64;

/// A value and where it stands. A key is the way to it: `tool.poetry.dependencies.python`, `scripts.test`, `workspaces.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// All values of a file in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    /// The last value under `key`: later documents and later lines win.
    pub(super) fn get(&self, key: &str) -> Option<&Fact> {
        self.0.iter().rev().find(|fact| fact.key == key)
    }

    /// Everything below `key`, with the rest of its way.
    pub(super) fn below<'f>(&'f self, key: &'f str) -> impl Iterator<Item = (&'f str, &'f Fact)> {
        self.0.iter().filter_map(move |fact| Some((fact.key.strip_prefix(key)?.strip_prefix('.')?, fact)))
    }

    /// Everything, with the whole way to it.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|fact| (fact.key.as_str(), fact))
    }

    /// Whether there is something at or below `key`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some() || self.below(key).next().is_some()
    }

    /// Java properties: no line that goes on, and escapes as they stand; nobody writes a port with them.
    pub(super) fn of_properties(text: &str) -> Self {
        let fact = |(index, line): (usize, &str)| {
            let line = line.trim();
            let end = line.find(['=', ':']).filter(|_| !line.starts_with(['#', '!']))?;
            Some(Fact { key: line[..end].trim().to_owned(), value: line[end + 1..].trim().to_owned(), line: index + 1 })
        };
        Self(text.lines().enumerate().filter_map(fact).collect())
    }

    pub(super) fn of_toml(text: &str) -> Result<Self, String> {
        let document = toml_edit::Document::parse(text.to_owned()).map_err(|error| error.message().to_owned())?;
        let mut facts = Vec::new();
        table(document.as_table(), "", text, &mut facts);
        Ok(Self(facts))
    }

    /// The lines are found by the names of the keys, one behind the other as they stand in the file.
    pub(super) fn of_json(text: &str) -> Result<Self, String> {
        let value: Json = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
        let mut facts = Vec::new();
        json(&value, "", text, 0, &mut facts);
        Ok(Self(facts))
    }

    /// All documents of a YAML file. Aliases count as nothing.
    pub(super) fn of_yaml(text: &str) -> Result<Self, String> {
        let mut facts = Vec::new();
        // The way to where the reader is: the key of each collection, and in a mapping whether a value comes next.
        let mut way: Vec<Level> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| format!("{} (line {})", error.info(), error.marker().line()))?;
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    if way.len() >= DEEPEST {
                        return Err("it is nested too deep".to_owned());
                    }
                    let key = next_key(&mut way);
                    way.push(Level { key, is_mapping: matches!(event, Event::MappingStart(..)), name: None, index: 0 });
                }
                Event::MappingEnd | Event::SequenceEnd => drop(way.pop()),
                Event::Scalar(value, ..) => match way.last_mut() {
                    Some(level) if level.is_mapping && level.name.is_none() => level.name = Some(value.into_owned()),
                    _ => {
                        let key = next_key(&mut way);
                        facts.push(Fact { key, value: value.into_owned(), line: span.start.line() });
                    }
                },
                Event::Alias(_) => drop(next_key(&mut way)),
                _ => {}
            }
        }
        Ok(Self(facts))
    }
}

/// A collection that is open.
struct Level {
    key: String,
    is_mapping: bool,
    name: Option<String>,
    index: usize,
}

/// The key of the value that comes now.
fn next_key(way: &mut [Level]) -> String {
    let Some(level) = way.last_mut() else { return String::new() };
    if level.is_mapping {
        let name = level.name.take().unwrap_or_default();
        joined(&level.key, &name)
    } else {
        level.index += 1;
        joined(&level.key, &(level.index - 1).to_string())
    }
}

fn joined(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

fn table(items: &dyn TableLike, key: &str, text: &str, facts: &mut Vec<Fact>) {
    for (name, item) in items.iter() {
        let key = joined(key, name);
        match item {
            Item::None => {}
            Item::Value(found) => value(found, &key, text, facts),
            Item::Table(found) => table(found, &key, text, facts),
            Item::ArrayOfTables(found) => {
                for (index, found) in found.iter().enumerate() {
                    table(found, &joined(&key, &index.to_string()), text, facts);
                }
            }
        }
    }
}

fn value(found: &Toml, key: &str, text: &str, facts: &mut Vec<Fact>) {
    match found {
        Toml::InlineTable(found) => table(found, key, text, facts),
        Toml::Array(found) => {
            for (index, found) in found.iter().enumerate() {
                value(found, &joined(key, &index.to_string()), text, facts);
            }
        }
        scalar => {
            let told = scalar.as_str().map_or_else(|| scalar.to_string().trim().to_owned(), str::to_owned);
            let line = line_number(text, scalar.span().map_or(0, |span| span.start));
            facts.push(Fact { key: key.to_owned(), value: told, line });
        }
    }
}

/// Returns where the value's last key stood. `serde_json` refuses by itself what is nested deeper than 128.
fn json(found: &Json, key: &str, text: &str, from: usize, facts: &mut Vec<Fact>) -> usize {
    let mut at = from;
    match found {
        Json::Object(entries) => {
            for (name, found) in entries {
                let quoted = Json::from(name.as_str()).to_string();
                at = text.get(at..).and_then(|rest| rest.find(&quoted)).map_or(at, |found| at + found + quoted.len());
                at = json(found, &joined(key, name), text, at, facts);
            }
        }
        Json::Array(items) => {
            for (index, found) in items.iter().enumerate() {
                let quoted = if found.is_string() { found.to_string() } else { String::new() };
                at = text.get(at..).and_then(|rest| rest.find(&quoted)).map_or(at, |found| at + found + quoted.len());
                at = json(found, &joined(key, &index.to_string()), text, at, facts);
            }
        }
        scalar => {
            let told = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
            facts.push(Fact { key: key.to_owned(), value: told, line: line_number(text, at) });
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(facts: &Facts) -> Vec<(&str, &str, usize)> {
        facts.0.iter().map(|fact| (fact.key.as_str(), fact.value.as_str(), fact.line)).collect()
    }

    #[test]
    fn every_format_says_where_a_value_stands() {
        let properties = Facts::of_properties("# port\nserver.port = 81\n! no\nname: x\nnothing\n");
        assert_eq!(told(&properties), [("server.port", "81", 2), ("name", "x", 4)]);
        let toml = Facts::of_toml("[project]\nname = \"x\"\ndependencies = [\n  \"a\",\n  \"b>1\",\n]\n[[bin]]\nport = 81\n").unwrap();
        assert_eq!(
            told(&toml),
            [("project.name", "x", 2), ("project.dependencies.0", "a", 4), ("project.dependencies.1", "b>1", 5), ("bin.0.port", "81", 8)]
        );
        let json = Facts::of_json("{\n\t\"name\": \"x\",\n\t\"engines\": {\"node\": \">=20\"},\n\t\"files\": [\n\"a\",\n2]\n}").unwrap();
        assert_eq!(told(&json), [("name", "x", 2), ("engines.node", ">=20", 3), ("files.0", "a", 5), ("files.1", "2", 5)]);
        let yaml = Facts::of_yaml("server:\n  port: ${PORT:81}\n---\na: [1, {b: c}]\nserver.port: 82\n").unwrap();
        assert_eq!(told(&yaml), [("server.port", "${PORT:81}", 2), ("a.0", "1", 4), ("a.1.b", "c", 4), ("server.port", "82", 5)]);
        assert_eq!(yaml.get("server.port").unwrap().value, "82");
        assert_eq!(yaml.below("a").map(|(rest, _)| rest).collect::<Vec<_>>(), ["0", "1.b"]);
    }

    #[test]
    fn what_is_broken_says_why() {
        assert!(Facts::of_toml("a = ").is_err() && Facts::of_json("{").is_err() && Facts::of_yaml("a: [").is_err());
        assert!(Facts::of_yaml(&"[".repeat(100)).unwrap_err().contains("too deep"));
    }
}
