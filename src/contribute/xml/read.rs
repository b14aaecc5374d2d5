//! XML as elements with positions.

use std::ops::Range;

use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value};

use crate::contribute::{Broken, text};

/// Deeper than anything that a person writes, and shallow enough for the stack.
const DEEPEST: usize = 128;

/// An element and the bytes it takes.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What is between its tags; nothing if it is one tag.
    pub(crate) inner: Option<Range<usize>>,
    pub(crate) children: Vec<Element>,
    /// Its own text, without blanks around it.
    pub(crate) text: String,
    pub(crate) is_commented: bool,
}

pub(crate) fn parse(text: &str) -> Result<Element, Broken> {
    let broken = |at: usize, why: String| Broken { why: format!("is not XML: {why}"), line: Some(text::line_number(text, at)) };
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    let mut at = 0;
    loop {
        let event = reader.read_event();
        let position = |position: u64| usize::try_from(position).unwrap_or(text.len()).min(text.len());
        let event = event.map_err(|error| broken(position(reader.error_position()), error.to_string()))?;
        let end = position(reader.buffer_position());
        let raw = text.get(at..end).unwrap_or_default();
        let Some(top) = open.last_mut() else { return Err(broken(at, "an end tag closes nothing".to_owned())) };
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let mut attributes = Vec::new();
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| broken(at, error.to_string()))?;
                    attributes.push((AsRef::<str>::as_ref(&attribute.key).to_owned(), unescape(&attribute.value)));
                }
                let name = AsRef::<str>::as_ref(&tag.name()).to_owned();
                let mut element = Element { name, attributes, start: at, end, ..Element::default() };
                if raw.ends_with("/>") {
                    top.children.push(element);
                } else {
                    element.inner = Some(end..end);
                    open.push(element);
                    if open.len() > DEEPEST {
                        return Err(broken(at, "it is nested too deep".to_owned()));
                    }
                }
            }
            Event::End(_) => {
                let mut element = std::mem::take(top);
                open.pop();
                element.inner = element.inner.map(|inner| inner.start..at);
                element.end = end;
                element.text.truncate(element.text.trim_end().len());
                element.text.drain(..element.text.len() - element.text.trim_start().len());
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Err(broken(at, "an end tag closes nothing".to_owned())),
                }
            }
            Event::Text(_) => top.text.push_str(raw),
            Event::GeneralRef(_) => top.text.push_str(&unescape(raw)),
            Event::CData(_) => {
                top.text.push_str(raw.strip_prefix("<![CDATA[").and_then(|raw| raw.strip_suffix("]]>")).unwrap_or(raw));
            }
            Event::Comment(_) | Event::PI(_) => top.is_commented = true,
            Event::Decl(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
        at = end;
    }
    match (open.pop(), open.is_empty()) {
        (Some(mut document), true) if document.children.len() == 1 && text::is_blank(&document.text) => Ok(document.children.remove(0)),
        (_, true) => Err(broken(text.len(), "it does not have one root".to_owned())),
        (unclosed, false) => Err(broken(text.len(), format!("`{}` is not closed", unclosed.unwrap_or_default().name))),
    }
}

/// Text with the references resolved that XML itself defines; others stay as they are.
pub(super) fn unescape(raw: &str) -> String {
    let mut result = String::new();
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find(';') else { break };
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let resolved = match &rest[1..end] {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            name => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
                (Some(digits), _) => number(digits, 16),
                (None, Some(digits)) => number(digits, 10),
                (None, None) => None,
            },
        };
        match resolved {
            Some(c) => result.push(c),
            None => result.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    result.push_str(rest);
    result
}

impl Element {
    /// Everything in its order, to see that nothing else has changed.
    pub(super) fn model(&self) -> Value {
        let attributes: Vec<Value> = self.attributes.iter().map(|(name, value)| Value::from(vec![name.as_str(), value])).collect();
        let children: Vec<Value> = self.children.iter().map(Element::model).collect();
        Value::from(vec![Value::from(self.name.as_str()), attributes.into(), self.text.as_str().into(), children.into()])
    }

    /// Its text, or its children by name: `@name` for attributes, a list for several of one name.
    pub(super) fn value(&self) -> Value {
        if self.children.is_empty() && self.attributes.is_empty() {
            return Value::from(self.text.as_str());
        }
        let mut table = Map::new();
        for (name, value) in &self.attributes {
            table.insert(format!("@{name}"), Value::from(value.trim()));
        }
        if !self.text.is_empty() {
            table.insert("$text".to_owned(), Value::from(self.text.as_str()));
        }
        for child in &self.children {
            match table.get_mut(&child.name) {
                None => {
                    table.insert(child.name.clone(), child.value());
                }
                // No element's own value is a list.
                Some(Value::Array(list)) => list.push(child.value()),
                Some(one) => *one = Value::Array(vec![one.take(), child.value()]),
            }
        }
        Value::Object(table)
    }
}
