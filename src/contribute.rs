//! Structural growth of shared files: what a feature adds to a file that another one owns.
//!
//! A [`Contribution`] says which file, where in it, and what. Nothing else of the file changes: an edit is a list of insertions at byte
//! positions that a parser of the format has found, and its result is parsed again and compared with the old document plus the
//! insertion. Where that cannot be had, the file stays as it is and a [`Fault`] says why.
//!
//! | format | `pointer` | `key` | `value` |
//! | --- | --- | --- | --- |
//! | `lines` | none | the line | none |
//! | `properties` | none | the key | a scalar |
//! | `yaml`, `toml`, `json` | `/services/db`, as in RFC 6901; `""` is the root; a number is a position in a list | a key of the table there | anything |
//! | the same | a list | `-` or none: an element | the element; a list is several elements, in its order |
//! | `xml` | `project/build/plugins`; `profile[id=ci]` is the child whose `id` is `ci` | the element's name | its text, or a table of its children; `@name` is an attribute, a list is several |
//!
//! An entry of YAML is written in block style unless its table is in brackets. A block scalar that ends a file without a line end gets
//! one when something is put below it.
//!
//! An XML element is another one with the same identity if it is: `dependency` and `plugin` by group, artifact, type and classifier; an
//! element of a list (`modules/module`, `executions/execution`) by its `id`, otherwise by its whole value; any other by its name.
//!
//! What the pointer names and is not there is made. Of several contributions, one may go into what another one adds. [`withdraw`] takes out again what it finds unchanged, and the parents that this
//! leaves empty. It cannot know whether an entry was there before: record what [`missing`] lists, then it need not.

mod document;
mod flow;
mod json;
mod lines;
mod outline;
mod properties;
mod text;
mod toml;
mod value;
mod xml;
mod yaml;

use std::{borrow::Cow, cmp::Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::document::{Differing, of_document};
use self::text::Edit;
pub(crate) use self::{
    text::line_number,
    xml::{Element, parse as parse_xml},
};
use crate::{
    error::Fault,
    tree::{RelPath, Tree},
};

/// One thing that a file of somebody else's gets.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// The file that grows; its owner renders it.
    pub path: RelPath,
    /// How to read that file.
    pub format: Format,
    /// Where in it, see the table above; absent for the root, and for lines and properties.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// The line, the key, or the element's name.
    pub key: String,
    /// The milestone from which it is there; for the caller to filter by, [`contribute`] takes all that it is given.
    #[serde(default)]
    pub from: u32,
    /// A scalar, a table or a list.
    #[serde(default = "no_value")]
    pub value: ::toml::Value,
}

fn no_value() -> ::toml::Value {
    ::toml::Value::String(String::new())
}

/// The kinds of files that can grow.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A set of lines (`.gitignore`).
    Lines,
    /// Java properties.
    Properties,
    /// YAML 1.2, one document.
    Yaml,
    /// TOML.
    Toml,
    /// XML, Maven's `pom.xml` above all.
    Xml,
    /// JSON, with comments and trailing commas where the file has them.
    Json,
}

/// Adds every contribution to the file it names, or lists all that stands against it.
///
/// The order in which they are given does not matter, and what is there already is not added again. Everything outside the insertions
/// is kept byte for byte. It is a fault if the file is not there, if the key has another value, or if there is no place that is safe.
pub fn contribute(mut tree: Tree, contributions: &[Contribution]) -> Result<Tree, Vec<Fault>> {
    let (wanted, mut faults) = wanted(contributions);
    for pair in wanted.windows(2) {
        if pair[0].contradicts(&pair[1]) {
            faults.push(pair[1].fault(format!(
                "two contributions differ on `{}`: `{}` and `{}`",
                pair[1].name(),
                value::show(&pair[0].value),
                value::show(&pair[1].value)
            )));
        }
    }
    if faults.is_empty() {
        for wanted in &wanted {
            if let Err(fault) = grow(&mut tree, wanted) {
                faults.push(fault);
            }
        }
    }
    if faults.is_empty() { Ok(tree) } else { Err(faults) }
}

/// The document as a value; `None` if the text is none.
pub(crate) fn model(format: Format, text: &str) -> Option<Value> {
    (format.grammar().model)(text).ok()
}

/// What a document says where a contribution would put its key; `None` where it has no such key, and of elements of lists.
pub fn value_at(contribution: &Contribution, text: &str) -> Option<::toml::Value> {
    let wanted = Wanted::read(contribution).ok()?.pop().filter(|wanted| !wanted.is_element())?;
    let model = (wanted.format.grammar().model)(without_bom(text).1).ok()?;
    value::to_toml(value::at(&model, &wanted.parts)?.get(&wanted.key)?)
}

/// What [`contribute`] would write: the contributions that are not there yet, of several elements those that are missing. The receipt
/// records these, so that [`withdraw`] does not take out what was there before.
pub fn missing(tree: &Tree, contributions: &[Contribution]) -> Vec<Contribution> {
    missing_of_each(tree, contributions).into_iter().flatten().collect()
}

/// The same for each contribution, in their order.
pub(crate) fn missing_of_each(tree: &Tree, contributions: &[Contribution]) -> Vec<Option<Contribution>> {
    let (all, _) = wanted(contributions);
    let is_missing = |one: &Wanted| {
        let Some(text) = tree.get(&one.path).and_then(|entry| entry.text()) else { return true };
        let one = Wanted { nested: inside(one, &all), ..one.clone() };
        !matches!(added(without_bom(text).1, &one), Ok(None))
    };
    let reduce = |contribution: &Contribution| {
        let Ok(parts) = Wanted::read(contribution) else { return Some(contribution.clone()) };
        let positions: Vec<usize> = parts.iter().filter(|part| is_missing(part)).map(|part| part.position).collect();
        match &contribution.value {
            _ if positions.is_empty() => None,
            ::toml::Value::Array(list) if parts.len() == list.len() && positions.len() < list.len() => {
                let value = positions.iter().filter_map(|position| list.get(*position).cloned()).collect();
                Some(Contribution { value: ::toml::Value::Array(value), ..contribution.clone() })
            }
            _ => Some(contribution.clone()),
        }
    };
    contributions.iter().map(reduce).collect()
}

/// The inverse of [`contribute`]: takes out what is there unchanged, and says what it left and why. What is not there any more is
/// nothing to say.
pub fn withdraw(mut tree: Tree, contributions: &[Contribution]) -> (Tree, Vec<Fault>) {
    let (wanted, mut faults) = wanted(contributions);
    for wanted in wanted.iter().rev() {
        if let Err(fault) = shrink(&mut tree, wanted) {
            faults.push(fault);
        }
    }
    (tree, faults)
}

/// A contribution, read and checked. One that gives several elements is several of these.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    path: RelPath,
    format: Format,
    /// The parts of the pointer.
    parts: Vec<String>,
    key: String,
    value: Value,
    /// Position among the elements that one contribution gives.
    position: usize,
    /// What other contributions of the same call put inside this value: path from it, key, value.
    nested: Vec<(Vec<String>, String, Value)>,
}

impl Wanted {
    /// What this contribution asks for.
    fn read(contribution: &Contribution) -> Result<Vec<Self>, Fault> {
        let Contribution { path, format, pointer, key, value, .. } = contribution;
        let refuse = |why: String| Err(Fault::new(path.as_str(), format!("the contribution `{key}` {why}")));
        let parts = match format {
            Format::Lines | Format::Properties | Format::Yaml | Format::Toml | Format::Json if pointer.is_empty() => Vec::new(),
            Format::Lines | Format::Properties => {
                return refuse(format!("has the pointer `{pointer}`, where there is only a list of keys"));
            }
            Format::Xml => match xml::parts(pointer) {
                Ok(parts) => parts,
                Err(why) => return refuse(why),
            },
            Format::Yaml | Format::Toml | Format::Json => match pointer.strip_prefix('/') {
                Some(pointer) => pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect(),
                None => return refuse(format!("has the pointer `{pointer}`, which does not start with `/`")),
            },
        };
        let json = value::from_toml(value, *format == Format::Toml);
        let of = |value: Value, position: usize| Self {
            path: path.clone(),
            format: *format,
            parts: parts.clone(),
            key: key.clone(),
            value,
            position,
            nested: Vec::new(),
        };
        match format {
            Format::Lines if key.trim().is_empty() || key.contains(['\n', '\r']) => refuse("is not one line".to_owned()),
            Format::Lines if json != Value::String(String::new()) => refuse("has a value, where there are only lines".to_owned()),
            Format::Properties if key.is_empty() => refuse("has no key".to_owned()),
            Format::Properties if json.is_array() || json.is_object() => refuse("has a value that is not a scalar".to_owned()),
            Format::Xml => match xml::wanted_value(key, &json) {
                Ok(values) => Ok(values.into_iter().enumerate().map(|(position, value)| of(value, position)).collect()),
                Err(why) => refuse(why),
            },
            Format::Yaml | Format::Toml | Format::Json if is_element(key) => match json {
                Value::Array(list) => Ok(list.into_iter().enumerate().map(|(position, value)| of(value, position)).collect()),
                value => Ok(vec![of(value, 0)]),
            },
            _ => Ok(vec![of(json, 0)]),
        }
    }

    /// Whether it is an element of the list at its pointer.
    fn is_element(&self) -> bool {
        matches!(self.format, Format::Yaml | Format::Toml | Format::Json) && is_element(&self.key)
    }

    /// What a message calls it.
    fn name(&self) -> String {
        let joined = self.parts.join("/");
        match self.format {
            Format::Lines | Format::Properties => self.key.clone(),
            Format::Xml => format!("{joined}/{}", self.key),
            _ if self.is_element() => format!("/{joined}"),
            _ if joined.is_empty() => format!("/{}", self.key),
            _ => format!("/{joined}/{}", self.key),
        }
    }

    /// The order in which they are written, whatever the order in which they were given. A parent comes before what goes into it, and
    /// in a list of lines an exception (`!keep`) after the rules.
    fn order(&self, other: &Self) -> Ordering {
        let is_exception = |wanted: &Self| wanted.format == Format::Lines && wanted.key.starts_with('!');
        (&self.path, self.format, is_exception(self), &self.parts, &self.key).cmp(&(
            &other.path,
            other.format,
            is_exception(other),
            &other.parts,
            &other.key,
        ))
    }

    /// Whether a file that has one of them has the other.
    fn asks_for_the_same(&self, other: &Self) -> bool {
        let is_same_key = self.key == other.key || self.is_element() && other.is_element();
        is_same_key && (&self.path, self.format, &self.parts, &self.value) == (&other.path, other.format, &other.parts, &other.value)
    }

    /// Whether no file can satisfy both.
    fn contradicts(&self, other: &Self) -> bool {
        let keyed = !self.is_element() && !matches!(self.format, Format::Lines | Format::Xml);
        keyed && self.order(other).is_eq() && self.value != other.value
    }

    /// Whether `existing` is the value asked for, with or without what other contributions put into it.
    fn is_met_by(&self, existing: &Value) -> bool {
        if *existing == self.value {
            return true;
        }
        let mut stripped = existing.clone();
        for (path, key, value) in self.nested.iter().rev() {
            value::strip(&mut stripped, path, key, value);
        }
        stripped == self.value
    }

    /// A fault in the file.
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.path.as_str(), message)
    }

    /// The fault that something else is there.
    fn conflict(&self, line: usize, existing: &Value) -> Fault {
        let (there, asked) = (value::show(existing), value::show(&self.value));
        self.fault(format!("`{}` is `{there}`, not `{asked}` as the contribution asks", self.name()))
            .at(line)
            .hint("make the two equal, or do without one of them")
    }
}

fn is_element(key: &str) -> bool {
    key.is_empty() || key == "-"
}

/// All that is asked for, in canonical order, each once, and the contributions that ask for nothing sensible.
fn wanted(contributions: &[Contribution]) -> (Vec<Wanted>, Vec<Fault>) {
    let (mut groups, mut faults) = (Vec::new(), Vec::new());
    for contribution in contributions {
        match Wanted::read(contribution) {
            Ok(group) => groups.push(group),
            Err(fault) => faults.push(fault),
        }
    }
    // Elements that one contribution gives stay together and in their order.
    groups.retain(|group| !group.is_empty());
    let text = |group: &[Wanted]| group.iter().map(|wanted| wanted.value.to_string()).collect::<Vec<_>>();
    groups.sort_by(|a, b| a[0].order(&b[0]).then_with(|| text(a).cmp(&text(b))));
    groups.dedup();
    // Asked for twice is asked for once: taking out goes the way back, and would find the second one first.
    let mut all: Vec<Wanted> = Vec::new();
    for one in groups.into_iter().flatten() {
        if !all.iter().any(|there| there.asks_for_the_same(&one)) {
            all.push(one);
        }
    }
    let nested: Vec<_> = all.iter().map(|one| inside(one, &all)).collect();
    for (one, nested) in all.iter_mut().zip(nested) {
        one.nested = nested;
    }
    (all, faults)
}

/// What the others put inside the value that `one` asks for: the path from it, key, value.
fn inside(one: &Wanted, others: &[Wanted]) -> Vec<(Vec<String>, String, Value)> {
    let mut below = one.parts.clone();
    below.push(one.key.clone());
    let in_file = others.iter().filter(|other| other.path == one.path && other.format == one.format);
    let path = |other: &Wanted| match one.format {
        Format::Xml => xml::path_inside(one, &other.parts),
        _ => other.parts.strip_prefix(below.as_slice()).map(<[String]>::to_vec),
    };
    in_file.filter_map(|other| Some((path(other)?, other.key.clone(), other.value.clone()))).collect()
}

/// One way to do it: the edits, and the document that must come out.
struct Candidate {
    edits: Vec<Edit>,
    expected: Value,
}

/// What a format knows.
struct Grammar {
    /// The document as a value, or why the text is not one, with the line.
    model: fn(&str) -> Result<Value, Broken>,
    /// Ways to add, the best first; none if it is there already.
    add: fn(&str, &Wanted) -> Result<Vec<Candidate>, Fault>,
    /// Ways to take out, the best first; none if it is not there.
    take: fn(&str, &Wanted) -> Result<Vec<Candidate>, Fault>,
    /// What starts a comment.
    comments: &'static [&'static str],
}

/// Why a text is no document of its format.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) why: String,
    pub(crate) line: Option<usize>,
}

impl Broken {
    fn fault(self, wanted: &Wanted) -> Fault {
        let fault = wanted.fault(format!("{}, so `{}` cannot be placed in it", self.why, wanted.name()));
        match self.line {
            Some(line) => fault.at(line),
            None => fault,
        }
    }
}

impl Format {
    fn grammar(self) -> &'static Grammar {
        match self {
            Self::Lines => &lines::GRAMMAR,
            Self::Properties => &properties::GRAMMAR,
            Self::Yaml => &yaml::GRAMMAR,
            Self::Toml => &toml::GRAMMAR,
            Self::Xml => &xml::GRAMMAR,
            Self::Json => &json::GRAMMAR,
        }
    }
}

/// The text with what is wanted; `None` if it has it.
fn added(text: &str, wanted: &Wanted) -> Result<Option<String>, Fault> {
    let grammar = wanted.format.grammar();
    let candidates = (grammar.add)(text, wanted)?;
    if candidates.is_empty() {
        return Ok(None);
    }
    let grown = candidates.iter().find_map(|candidate| checked(text, candidate, grammar));
    grown.map(Some).ok_or_else(|| {
        wanted
            .fault(format!("there is no place where `{}` could go without changing something else", wanted.name()))
            .hint(format!("add it by hand: `{}`", value::show(&wanted.value)))
    })
}

/// The candidate's result, if it is the document that must come out.
fn checked(text: &str, candidate: &Candidate, grammar: &Grammar) -> Option<String> {
    let result = text::apply(text, &candidate.edits)?;
    (grammar.model)(&result).is_ok_and(|model| model == candidate.expected).then_some(result)
}

/// The text without what was wanted; `None` if it is not there.
fn taken(text: &str, wanted: &Wanted) -> Result<Option<String>, Fault> {
    let grammar = wanted.format.grammar();
    let candidates = (grammar.take)(text, wanted)?;
    if candidates.is_empty() {
        return Ok(None);
    }
    let results: Vec<(&Candidate, String)> =
        candidates.iter().filter_map(|candidate| Some((candidate, checked(text, candidate, grammar)?))).collect();
    // The exact inverse is the one from which adding leads back. A parent that a block leaves with nothing in it was made for what goes: nobody
    // writes one. Where something stands below it, only leaving it would lead back.
    let written = Wanted { value: as_written(text, wanted, grammar).unwrap_or_else(|| wanted.value.clone()), ..wanted.clone() };
    let is_exact = |result: &str| added(result, &written).is_ok_and(|again| again.as_deref() == Some(text));
    let is_whole = |candidate: &Candidate| !matches!(value::at(&candidate.expected, &wanted.parts), Some(Value::Null));
    let exact = results.iter().find(|(_, result)| is_exact(result));
    if let Some((_, result)) = exact.filter(|(candidate, _)| is_whole(candidate) || results.iter().all(|(other, _)| !is_whole(other))) {
        return Ok(Some(result.clone()));
    }
    let Some((candidate, result)) = results.into_iter().next() else {
        return Err(left(wanted, "it cannot come out without changing something else"));
    };
    let own = wanted.value.to_string();
    let cut = |edit: &Edit| grammar.comments.iter().any(|mark| text[edit.range.clone()].contains(mark) && !own.contains(mark));
    if candidate.edits.iter().any(cut) {
        return Err(left(wanted, "there is a comment in it"));
    }
    Ok(Some(result))
}

/// What is wanted with its keys in the order in which they stand: a record of it may have another.
fn as_written(text: &str, wanted: &Wanted, grammar: &Grammar) -> Option<Value> {
    let model = (grammar.model)(text).ok()?;
    match value::at(&model, &wanted.parts)? {
        Value::Object(table) => table.get(&wanted.key).filter(|there| **there == wanted.value).cloned(),
        Value::Array(list) => list.iter().rfind(|there| **there == wanted.value).cloned(),
        _ => None,
    }
}

/// The fault that something stays.
fn left(wanted: &Wanted, why: &str) -> Fault {
    wanted.fault(format!("left `{}`: {why}", wanted.name())).hint("take it out by hand")
}

fn without_bom(text: &str) -> (&str, &str) {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    }
}

/// Adds to the file in the tree.
fn grow(tree: &mut Tree, wanted: &Wanted) -> Result<(), Fault> {
    let Some(entry) = tree.get_mut(&wanted.path) else {
        return Err(wanted
            .fault(format!("the file is not there, but the contribution `{}` requires it", wanted.name()))
            .hint(format!("add the feature that owns `{}` first", wanted.path)));
    };
    let Some(text) = entry.text() else { return Err(wanted.fault("is not text, so nothing can be added to it")) };
    let (bom, text) = without_bom(text);
    if let Some(grown) = added(text, wanted)? {
        entry.bytes = Cow::Owned(format!("{bom}{grown}").into_bytes());
    }
    Ok(())
}

/// Takes out of the file in the tree.
fn shrink(tree: &mut Tree, wanted: &Wanted) -> Result<(), Fault> {
    let Some(entry) = tree.get_mut(&wanted.path) else { return Ok(()) };
    let Some(text) = entry.text() else { return Err(left(wanted, "the file is not text any more")) };
    let (bom, text) = without_bom(text);
    if let Some(shrunk) = taken(text, wanted)? {
        entry.bytes = Cow::Owned(format!("{bom}{shrunk}").into_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! What the formats' tables are written with.

    use super::{Contribution, Format, contribute, missing, no_value, withdraw};
    use crate::tree::{Entry, RelPath, Tree};

    fn path() -> RelPath {
        RelPath::new("f").unwrap()
    }

    fn tree(text: &str) -> Tree {
        Tree::from_iter([(path(), Entry::new(text.as_bytes().to_vec()))])
    }

    fn text(tree: &Tree) -> String {
        tree.get(&path()).unwrap().text().unwrap().to_owned()
    }

    #[test]
    fn a_manifest_says_what_is_contributed_and_a_receipt_says_it_again() {
        #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
        struct Manifest {
            contribution: Vec<Contribution>,
        }
        let text = "[[contribution]]
path = \"compose.yaml\"
format = \"yaml\"
pointer = \"/services\"
key = \"db\"
from = 2
value = { image = \"postgres:18\", environment = { A = \"b\" } }

[[contribution]]
path = \".gitignore\"
format = \"lines\"
key = \"reports/\"
";
        let manifest: Manifest = toml::from_str(text).unwrap();
        assert_eq!((manifest.contribution[0].from, manifest.contribution[1].from), (2, 0));
        assert_eq!(manifest.contribution[1].value, no_value());
        let again: Manifest = toml::from_str(&toml::to_string(&manifest).unwrap()).unwrap();
        assert_eq!(again, manifest);
        assert!(toml::from_str::<Manifest>(&text.replace("from = 2", "until = 2")).is_err());
    }

    #[test]
    fn a_contribution_requires_its_file_and_keeps_what_a_file_is() {
        let one = [at(Format::Json, "", "a", "1")];
        let faults = contribute(Tree::new(), &one).unwrap_err();
        assert_eq!(
            faults[0].to_string(),
            "f: the file is not there, but the contribution `/a` requires it (add the feature that owns `f` first)"
        );
        assert_eq!(missing(&Tree::new(), &one), one);
        assert_eq!(withdraw(Tree::new(), &one), (Tree::new(), vec![]));
        Case::of("\u{feff}{}", &one).becomes("\u{feff}{\n  \"a\": 1\n}").and_back();
        let binary = Tree::from_iter([(path(), Entry::new(b"\0".to_vec()))]);
        assert_eq!(contribute(binary, &one).unwrap_err()[0].message, "is not text, so nothing can be added to it");
        let mut script = tree("{}");
        script.get_mut(&path()).unwrap().executable = true;
        assert!(contribute(script, &one).unwrap().get(&path()).unwrap().executable);
    }

    #[test]
    fn faults_are_listed_together() {
        let all = [at(Format::Json, "", "a", "1"), at(Format::Json, "", "a", "2"), at(Format::Json, "x", "a", "2")];
        Case::of("{}", &all).fails(&[
            "f: the contribution `a` has the pointer `x`, which does not start with `/`",
            "f: two contributions differ on `/a`: `1` and `2`",
        ]);
        let all = [at(Format::Json, "", "a", "1"), at(Format::Json, "", "b", "1"), at(Format::Json, "", "c", "1")];
        assert_eq!(contribute(tree("{\"a\": 0, \"b\": 0}"), &all).unwrap_err().len(), 2);
    }

    #[test]
    fn only_what_was_missing_is_withdrawn() {
        let all = [at(Format::Json, "", "a", "1"), at(Format::Json, "/l", "-", "[1, 2, 3]")];
        let before = "{\"a\": 1, \"l\": [2]}";
        let added = missing(&tree(before), &all);
        assert_eq!(added, [at(Format::Json, "/l", "-", "[1, 3]")]);
        let (back, faults) = withdraw(contribute(tree(before), &all).unwrap(), &added);
        assert_eq!((text(&back).as_str(), faults), (before, vec![]));
    }

    /// A contribution whose value is TOML text.
    pub(super) fn at(format: Format, pointer: &str, key: &str, value: &str) -> Contribution {
        let table: toml::Table = toml::from_str(&format!("v = {value}")).unwrap();
        Contribution { path: path(), format, pointer: pointer.to_owned(), key: key.to_owned(), value: table["v"].clone(), from: 0 }
    }

    pub(super) fn lines(line: &str) -> Contribution {
        Contribution { value: no_value(), ..at(Format::Lines, "", line, "''") }
    }

    pub(super) fn property(key: &str, value: &str) -> Contribution {
        Contribution { value: value.into(), ..at(Format::Properties, "", key, "''") }
    }

    /// A file and what is contributed to it.
    pub(super) struct Case {
        before: String,
        contributions: Vec<Contribution>,
        after: Option<Tree>,
    }

    impl Case {
        pub(super) fn of(before: &str, contributions: &[Contribution]) -> Self {
            Self { before: before.to_owned(), contributions: contributions.to_vec(), after: None }
        }

        /// This comes out, in whatever order they are given, and a second time nothing.
        pub(super) fn becomes(mut self, after: &str) -> Self {
            let grown =
                contribute(tree(&self.before), &self.contributions).unwrap_or_else(|faults| panic!("{:?}: {faults:?}", self.before));
            assert_eq!(text(&grown), after);
            let reversed: Vec<Contribution> = self.contributions.iter().rev().cloned().collect();
            assert_eq!(contribute(tree(&self.before), &reversed).unwrap(), grown);
            assert_eq!(contribute(grown.clone(), &self.contributions).unwrap(), grown);
            assert!(missing(&grown, &self.contributions).is_empty());
            self.after = Some(grown);
            self
        }

        /// Taking it out leads back.
        pub(super) fn and_back(self) {
            let (back, faults) = withdraw(self.after.unwrap(), &self.contributions);
            assert_eq!(faults, []);
            assert_eq!(text(&back), self.before);
        }

        pub(super) fn stays(self) {
            let before = self.before.clone();
            self.becomes(&before);
        }

        pub(super) fn fails(self, faults: &[&str]) {
            let found = contribute(tree(&self.before), &self.contributions).unwrap_err();
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), faults);
        }

        /// Taking out (without having put in) leaves this and says that.
        pub(super) fn keeps(self, after: &str, faults: &[&str]) {
            let (back, found) = withdraw(tree(&self.before), &self.contributions);
            assert_eq!(text(&back), after);
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), faults);
        }
    }
}
