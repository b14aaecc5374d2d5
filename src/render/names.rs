//! What templates see: one tree of values, and where its texts come from.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value as Json};

use crate::error::nearest;

/// Opens a placeholder in what handlebars sees; no template and no answer can contain it.
pub(super) const OPEN: char = '\u{1}';
/// Closes a placeholder.
pub(super) const CLOSE: char = '\u{2}';

/// The values of all names. Text answers stand in it as placeholders, so that they are encoded where they end up.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) values: Json,
    /// Name and value of each text answer; a placeholder is an index into it.
    pub(super) texts: Vec<(String, String)>,
    /// The names below `v` that were read.
    pub(super) versions_used: Mutex<BTreeSet<String>>,
}

/// Why a name has no value.
pub(super) enum Missing<'n> {
    /// Nothing of this name exists; the nearest that does.
    Undeclared(Option<&'n str>),
    /// It exists and is empty here.
    Empty,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { values: Json::Object(Map::new()), ..Self::default() }
    }

    pub(super) fn set(&mut self, root: &str, value: Json) {
        if let Json::Object(map) = &mut self.values {
            map.insert(root.to_owned(), value);
        }
    }

    /// A placeholder for a text answer; empty text stays empty, so that `{{#if a.author}}` reads as written.
    pub(super) fn text(&mut self, name: &str, value: &str) -> Json {
        if value.is_empty() {
            return Json::String(String::new());
        }
        self.texts.push((name.to_owned(), value.to_owned()));
        Json::String(format!("{OPEN}t{}{CLOSE}", self.texts.len() - 1))
    }

    /// The value of a dotted name.
    pub(super) fn get(&self, path: &str) -> Result<&Json, Missing<'_>> {
        if let Some(version) = path.strip_prefix("v.") {
            self.versions_used.lock().unwrap_or_else(PoisonError::into_inner).insert(version.to_owned());
        }
        lookup(&self.values, path)
    }

    /// `json` with the text answers themselves in the place of their placeholders.
    pub(super) fn resolved(&self, json: &Json) -> Json {
        match json {
            Json::String(text) if text.contains(OPEN) => {
                let mut out = String::new();
                for (piece, name) in split(text) {
                    out.push_str(piece);
                    if let Some(('t', index)) = name {
                        out.push_str(self.texts.get(index).map_or("", |(_, value)| value));
                    }
                }
                Json::String(out)
            }
            Json::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.resolved(value))).collect(),
            other => other.clone(),
        }
    }
}

/// The value at `path` below `root`.
pub(super) fn lookup<'j>(root: &'j Json, path: &str) -> Result<&'j Json, Missing<'j>> {
    let mut at = root;
    for part in path.split('.') {
        let next = match at {
            Json::Object(map) => map.get(part),
            Json::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        at = next.ok_or_else(|| match at {
            Json::Object(map) => Missing::Undeclared(nearest(part, map.keys().map(String::as_str))),
            Json::Null => Missing::Empty,
            _ => Missing::Undeclared(None),
        })?;
    }
    Ok(at)
}

/// Splits text at its placeholders: each piece with the placeholder that follows it, `t` for a text answer, `s` for a slot.
pub(super) fn split(text: &str) -> impl Iterator<Item = (&str, Option<(char, usize)>)> {
    text.split(CLOSE).map(|part| match part.split_once(OPEN) {
        None => (part, None),
        Some((before, name)) => {
            let mut chars = name.chars();
            (before, chars.next().zip(chars.as_str().parse().ok()))
        }
    })
}
