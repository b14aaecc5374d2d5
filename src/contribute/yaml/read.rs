//! YAML as nodes with positions, where the parser's own spans are not where a person would put them.

use std::{collections::HashMap, ops::Range};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::COMMENTS;
use crate::contribute::{
    Broken, flow,
    outline::{Entry, Form, Kind, Node},
    text, value,
};

/// Deeper than anything that a person writes, and shallow enough for the stack.
const DEEPEST: usize = 128;

/// More values than a document has once its aliases are followed, unless it is made to exhaust memory.
const MOST: usize = 200_000;

/// The nodes of the only document; `None` if there is none.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Broken> {
    let mut reader = Reader { text, bytes: byte_positions(text), parser: Parser::new_from_str(text), anchors: HashMap::new(), values: 0 };
    let mut root = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(root),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ if root.is_some() => return Err(reader.broken("holds several YAML documents", span)),
            event => root = Some(reader.node(event, span, 0)?),
        }
    }
}

/// The parser counts characters; where in the bytes each of them is. Nothing if they are the same.
fn byte_positions(text: &str) -> Option<Vec<usize>> {
    (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
}

struct Reader<'t> {
    text: &'t str,
    bytes: Option<Vec<usize>>,
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, (Value, usize)>,
    /// Values so far, those behind aliases counted each time.
    values: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Broken> {
        match self.parser.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(Broken { why: format!("is not YAML: {}", error.info()), line: Some(error.marker().line()) }),
            None => Err(Broken { why: "is not YAML: it ends early".to_owned(), line: None }),
        }
    }

    #[allow(clippy::unused_self)] // reads as the other scanners do
    fn broken(&self, why: &str, span: Span) -> Broken {
        Broken { why: why.to_owned(), line: Some(span.start.line()) }
    }

    fn at(&self, char: usize) -> usize {
        let at = self.bytes.as_ref().map_or(char, |bytes| bytes.get(char).copied().unwrap_or(self.text.len()));
        at.min(self.text.len())
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Broken> {
        let mut start = self.at(span.start.index());
        let mut end = self.at(span.end.index());
        end = start + self.text[start..end].trim_end().len();
        let before = self.values;
        self.values += 1;
        if depth > DEEPEST || self.values > MOST {
            return Err(self.broken("is too deep or too large to be read safely", span));
        }
        let mut form = Form::Flow;
        let (anchor, tag, kind, value) = match event {
            Event::Alias(anchor) => {
                let Some((value, count)) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.broken("has an alias inside what it stands for", span));
                };
                self.values += count;
                (0, None, Kind::Alias, value)
            }
            Event::Scalar(scalar, style, anchor, tag) => {
                if scalar.is_empty() && matches!(style, ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded) {
                    // Its position may be that of whatever comes next.
                    end = start;
                } else if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    start = block_header(self.text, start).unwrap_or(start);
                }
                let empty = scalar.is_empty() && style == ScalarStyle::Plain && anchor == 0 && tag.is_none();
                let value = if style == ScalarStyle::Plain { plain(&scalar) } else { Value::from(scalar.as_ref()) };
                let value = if tag.as_ref().is_some_and(|tag| is_core(tag, "str")) { Value::from(scalar.as_ref()) } else { value };
                (anchor, tag, if empty { Kind::Empty } else { Kind::Scalar }, value)
            }
            Event::SequenceStart(anchor, tag) => {
                let mut nodes = Vec::new();
                let close = loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break self.at(span.start.index())..self.at(span.end.index());
                    }
                    nodes.push(self.node(event, span, depth + 1)?);
                };
                if let Some(close) = bracket(self.text, &close, ']') {
                    start = behind_properties(self.text, start);
                    end = close + 1;
                } else {
                    form = Form::Block;
                    end = nodes.last().map_or(start, |last| last.end);
                }
                let value = nodes.iter().map(|node| node.value.clone()).collect();
                (anchor, tag, Kind::List(nodes), value)
            }
            Event::MappingStart(anchor, tag) => {
                let mut entries: Vec<Entry> = Vec::new();
                let close = loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break self.at(span.start.index())..self.at(span.end.index());
                    }
                    let key = self.node(event, span, depth + 1)?;
                    let name = self.key(&key);
                    let (event, span) = self.next()?;
                    let node = self.node(event, span, depth + 1)?;
                    entries.push(Entry { key: name, start: key.start, key_end: key.end, node });
                };
                if let Some(close) = bracket(self.text, &close, '}') {
                    start = behind_properties(self.text, start);
                    end = close + 1;
                } else {
                    form = Form::Block;
                    end = entries.last().map_or(start, Entry::end);
                }
                let value = Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.node.value.clone())).collect());
                (anchor, tag, Kind::Map(entries), value)
            }
            _ => return Err(self.broken("is not YAML that can be followed", span)),
        };
        let value = match tag {
            Some(tag) if !tag.is_yaml_core_schema() => Value::Object(Map::from_iter([(format!("{}{}", tag.handle, tag.suffix), value)])),
            _ => value,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before));
        }
        Ok(Node { start, end, form, kind, value })
    }

    /// A key as text: what is written for a plain one, so that `on` and `8080` are what they look like.
    fn key(&self, key: &Node) -> String {
        match (&key.kind, &key.value) {
            (_, Value::String(text)) => text.clone(),
            (Kind::Scalar, _) => self.text[key.start..key.end].to_owned(),
            (_, value) => format!("? {value}"),
        }
    }
}

/// Where the `|` or `>` of a block scalar stands whose first line is that of `at`: the parser's span starts behind it.
fn block_header(text: &str, at: usize) -> Option<usize> {
    let header = text[..text::line_start(text, at)].trim_end();
    let line = text::line_start(text, header.len());
    header[line..].match_indices(['|', '>']).map(|(found, _)| line + found).find(|found| {
        let rest = header[found + 1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        rest.is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'))
    })
}

/// Where a flow collection closes; the span of its end may be that of a comma before. A block's end has none.
fn bracket(text: &str, end: &Range<usize>, bracket: char) -> Option<usize> {
    let mut at = flow::skip(text, end.start, text.len(), COMMENTS);
    if text[at..].starts_with(',') {
        at = flow::skip(text, at + 1, text.len(), COMMENTS);
    }
    (!end.is_empty() && text[at..].starts_with(bracket)).then_some(at)
}

/// Where a node itself starts, behind its anchor and its tag.
fn behind_properties(text: &str, mut at: usize) -> usize {
    while text[at..].starts_with(['&', '!']) {
        at += text[at..].find([' ', '\t', '\r', '\n']).unwrap_or(0).max(1);
        at += text[at..].len() - text[at..].trim_start().len();
    }
    at
}

fn is_core(tag: &Tag, suffix: &str) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == suffix
}

/// What a plain scalar means in the core schema (YAML 1.2.2, 10.3.2).
fn plain(text: &str) -> Value {
    let unsigned = text.trim_start_matches(['+', '-']);
    let signs = text.len() - unsigned.len();
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return value::from_f64(f64::NAN),
        _ if signs <= 1 && matches!(unsigned, ".inf" | ".Inf" | ".INF") => {
            return value::from_f64(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        _ => {}
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(int) = text.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, radix).ok()) {
            return Value::from(int);
        }
    }
    let is_number = signs <= 1
        && unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if is_number {
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            if let Ok(int) = text.parse::<i64>() {
                return Value::from(int);
            }
            if let Ok(int) = unsigned.parse::<u64>()
                && !text.starts_with('-')
            {
                return Value::from(int);
            }
        }
        if let Ok(float) = text.parse::<f64>() {
            return value::from_f64(float);
        }
    }
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        for (text, meaning) in [
            ("1", "1"),
            ("-0", "0"),
            ("0o17", "15"),
            ("1.5e3", "1500.0"),
            ("18446744073709551615", "18446744073709551615"),
            ("1-2", "\"1-2\""),
            (".", "\".\""),
            ("+", "\"+\""),
            ("yes", "\"yes\""),
            ("1.2.3", "\"1.2.3\""),
            ("~", "null"),
        ] {
            assert_eq!(plain(text).to_string(), meaning, "{text}");
        }
    }
}
