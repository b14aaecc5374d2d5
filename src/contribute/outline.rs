//! What YAML, TOML and JSON have in common: tables, lists and scalars, each with the bytes it takes.

use serde_json::Value;

use super::{Candidate, Wanted, left, text, text::Edit, value};
use crate::error::Fault;

/// A value in a text.
#[derive(Debug)]
pub(super) struct Node {
    /// Its first byte; of something in brackets, the bracket.
    pub(super) start: usize,
    /// The byte after its last one.
    pub(super) end: usize,
    pub(super) form: Form,
    pub(super) kind: Kind,
    pub(super) value: Value,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// On its own or in brackets.
    Flow,
    /// A YAML block.
    Block,
    /// A TOML table or an array of tables below headers.
    Section,
    /// A TOML table that has no header of its own, only those of tables inside it.
    Implicit,
    /// A TOML table that dotted keys make.
    Dotted,
}

#[derive(Debug)]
pub(super) enum Kind {
    Map(Vec<Entry>),
    List(Vec<Node>),
    Scalar,
    /// YAML's null that is written as nothing at all: a table or a list may come to stand there.
    Empty,
    /// A YAML alias: what it stands for is written elsewhere.
    Alias,
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// First byte of the key (for a TOML section, of its header).
    pub(super) start: usize,
    /// The byte after the key.
    pub(super) key_end: usize,
    pub(super) node: Node,
}

impl Entry {
    /// The byte after the value.
    pub(super) fn end(&self) -> usize {
        self.node.end.max(self.key_end)
    }
}

impl Node {
    /// What it consists of: each child's bytes, with its key.
    pub(super) fn items(&self) -> Vec<std::ops::Range<usize>> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().map(|entry| entry.start..entry.end()).collect(),
            Kind::List(nodes) => nodes.iter().map(|node| node.start..node.end).collect(),
            Kind::Scalar | Kind::Empty | Kind::Alias => Vec::new(),
        }
    }

    /// Its child at a position.
    pub(super) fn child(&self, index: usize) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.get(index).map(|entry| &entry.node),
            Kind::List(nodes) => nodes.get(index),
            Kind::Scalar | Kind::Empty | Kind::Alias => None,
        }
    }

    fn word(&self) -> &'static str {
        match &self.kind {
            Kind::Map(_) => "a table",
            Kind::List(_) => "a list",
            Kind::Scalar => "a scalar",
            Kind::Empty => "empty",
            Kind::Alias => "an alias",
        }
    }
}

/// The containers on the way to a place, the root first, each with the position of the child that is next on the way.
pub(super) type Chain<'n> = Vec<(&'n Node, usize)>;

/// Where something is to go, and what.
pub(super) struct Place<'n> {
    /// The containers above `at`.
    pub(super) chain: Chain<'n>,
    /// The container it goes into.
    pub(super) at: &'n Node,
    pub(super) what: What,
    /// The document that must come out.
    pub(super) expected: Value,
}

/// What is to go into a container.
#[derive(Debug)]
pub(super) enum What {
    /// A new entry of a table.
    Entry(String, Value),
    /// A new element of a list.
    Element(Value),
    /// A table or list in the place of nothing.
    Fill(Value),
}

/// The position of `part` among the children of `node`.
fn step(text: &str, node: &Node, part: &str, wanted: &Wanted) -> Result<Option<usize>, Fault> {
    match &node.kind {
        Kind::Map(entries) => {
            let mut found = entries.iter().enumerate().filter(|(_, entry)| entry.key == part);
            let first = found.next();
            if let Some((_, second)) = found.next() {
                return Err(wanted.fault(format!("the key `{part}` is there twice")).at(text::line_number(text, second.start)));
            }
            Ok(first.map(|(index, _)| index))
        }
        Kind::List(nodes) => match part.parse::<usize>() {
            Ok(index) if index < nodes.len() => Ok(Some(index)),
            _ => Err(wanted
                .fault(format!("the list of {} has no element `{part}`, which `{}` goes through", nodes.len(), wanted.name()))
                .at(text::line_number(text, node.start))),
        },
        Kind::Empty => Ok(None),
        Kind::Scalar | Kind::Alias => Err(wanted
            .fault(format!("there is {} where `{}` requires a table: `{}`", node.word(), wanted.name(), value::show(&node.value)))
            .at(text::line_number(text, node.start))),
    }
}

/// As far as the pointer leads, and how many of its parts that is.
fn walk<'n>(text: &str, root: &'n Node, wanted: &Wanted) -> Result<(Chain<'n>, &'n Node, usize), Fault> {
    let (mut chain, mut node) = (Vec::new(), root);
    for (taken, part) in wanted.parts.iter().enumerate() {
        match step(text, node, part, wanted)? {
            Some(index) => {
                chain.push((node, index));
                let Some(child) = node.child(index) else { break };
                node = child;
            }
            None => return Ok((chain, node, taken)),
        }
    }
    Ok((chain, node, wanted.parts.len()))
}

/// Where what is wanted goes; `None` if it is there.
pub(super) fn place<'n>(text: &str, root: &'n Node, wanted: &Wanted) -> Result<Option<Place<'n>>, Fault> {
    let (chain, at, taken) = walk(text, root, wanted)?;
    let rest = &wanted.parts[taken..];
    let refuse = |why: String| Err(wanted.fault(why).at(text::line_number(text, at.start)));
    let asked = if wanted.is_element() { Value::from(vec![wanted.value.clone()]) } else { wanted.value.clone() };
    let what = match (&at.kind, rest.split_first()) {
        (Kind::List(nodes), None) if wanted.is_element() => {
            if nodes.iter().any(|node| wanted.is_met_by(&node.value)) {
                return Ok(None);
            }
            What::Element(wanted.value.clone())
        }
        (Kind::List(_), _) => return refuse(format!("there is a list where `{}` requires a table", wanted.name())),
        (Kind::Map(_), None) if wanted.is_element() => {
            return refuse(format!("there is a table where `{}` requires a list", wanted.name()));
        }
        (Kind::Map(entries), Some((first, rest))) => {
            merged(text, entries, first, wanted)?;
            let inside = if wanted.is_element() { asked } else { value::nest(std::slice::from_ref(&wanted.key), asked) };
            What::Entry(first.clone(), value::nest(rest, inside))
        }
        (Kind::Map(entries), None) => {
            if let Some(index) = step(text, at, &wanted.key, wanted)? {
                let there = &entries[index];
                let conflict = || wanted.conflict(text::line_number(text, there.start), &there.node.value);
                return if wanted.is_met_by(&there.node.value) { Ok(None) } else { Err(conflict()) };
            }
            merged(text, entries, &wanted.key, wanted)?;
            What::Entry(wanted.key.clone(), asked)
        }
        (Kind::Empty, _) => {
            let inside = if wanted.is_element() { asked } else { value::nest(std::slice::from_ref(&wanted.key), asked) };
            What::Fill(value::nest(rest, inside))
        }
        (Kind::Scalar | Kind::Alias, _) => {
            let required = if wanted.is_element() { "a list" } else { "a table" };
            return refuse(format!("there is {} where `{}` requires {required}: `{}`", at.word(), wanted.name(), value::show(&at.value)));
        }
    };
    let mut expected = root.value.clone();
    match (value::at_mut(&mut expected, &steps(&chain)), &what) {
        (Some(Value::Object(table)), What::Entry(key, value)) => {
            table.insert(key.clone(), value.clone());
        }
        (Some(Value::Array(list)), What::Element(value)) => list.push(value.clone()),
        (Some(empty), What::Fill(value)) => *empty = value.clone(),
        _ => return refuse(format!("`{}` cannot be found again in the document", wanted.name())),
    }
    Ok(Some(Place { chain, at, what, expected }))
}

/// Refuses a key that YAML's `<<` brings in from elsewhere: an entry beside it would shadow that.
fn merged(text: &str, entries: &[Entry], key: &str, wanted: &Wanted) -> Result<(), Fault> {
    let brings = |value: &Value| value.get(key).is_some();
    for entry in entries.iter().filter(|entry| entry.key == "<<" && matches!(entry.node.kind, Kind::Alias | Kind::List(_))) {
        if brings(&entry.node.value) || entry.node.value.as_array().is_some_and(|list| list.iter().any(brings)) {
            let fault = wanted.fault(format!("`{}` would shadow the `{key}` that `<<` brings in", wanted.name()));
            return Err(fault.at(text::line_number(text, entry.start)));
        }
    }
    Ok(())
}

/// Where what was wanted stands, its own container last in the chain; `None` if it is not there; a fault if it is another.
pub(super) fn find<'n>(text: &str, root: &'n Node, wanted: &Wanted) -> Result<Option<Chain<'n>>, Fault> {
    let Ok((mut chain, at, taken)) = walk(text, root, wanted) else { return Ok(None) };
    if taken < wanted.parts.len() {
        return Ok(None);
    }
    let index = match &at.kind {
        Kind::List(nodes) if wanted.is_element() => nodes.iter().rposition(|node| node.value == wanted.value),
        Kind::Map(entries) if !wanted.is_element() => {
            let Some(index) = entries.iter().rposition(|entry| entry.key == wanted.key) else { return Ok(None) };
            let there = &entries[index];
            if there.node.value != wanted.value {
                let fault = left(wanted, &format!("it is `{}` now", value::show(&there.node.value)));
                return Err(fault.at(text::line_number(text, there.start)));
            }
            Some(index)
        }
        _ => None,
    };
    Ok(index.map(|index| {
        chain.push((at, index));
        chain
    }))
}

/// The keys and positions along a chain.
pub(super) fn steps(chain: &[(&Node, usize)]) -> Vec<String> {
    let part = |(node, index): &(&Node, usize)| match &node.kind {
        Kind::Map(entries) => entries.get(*index).map(|entry| entry.key.clone()).unwrap_or_default(),
        _ => index.to_string(),
    };
    chain.iter().map(part).collect()
}

/// The chains that end where something may be taken out: at the thing itself, or at a parent that would be left empty. Highest first.
pub(super) fn prunings<'c, 'n>(chain: &'c [(&'n Node, usize)]) -> Vec<&'c [(&'n Node, usize)]> {
    let mut all = vec![chain];
    for length in (1..chain.len()).rev() {
        if chain[length].0.items().len() != 1 || matches!(chain[length - 1].0.kind, Kind::List(_)) {
            break;
        }
        all.push(&chain[..length]);
    }
    all.reverse();
    all
}

/// The document without what stands at the end of the chain; a container that this empties becomes `emptied`.
pub(super) fn without(root: &Node, chain: &[(&Node, usize)], emptied: Option<Value>) -> Option<Value> {
    let mut value = root.value.clone();
    let path = steps(chain);
    let (last, above) = path.split_last()?;
    let container = value::at_mut(&mut value, above)?;
    let is_empty = match container {
        Value::Object(table) => {
            table.shift_remove(last)?;
            table.is_empty()
        }
        Value::Array(elements) => {
            elements.remove(last.parse().ok()?);
            elements.is_empty()
        }
        _ => return None,
    };
    if let (true, Some(emptied)) = (is_empty, emptied) {
        *container = emptied;
    }
    Some(value)
}

/// A candidate, if the document it must lead to is known.
pub(super) fn candidate(edits: Vec<Edit>, expected: Option<Value>) -> Option<Candidate> {
    expected.map(|expected| Candidate { edits, expected })
}
