//! How values are written: scalars quoted where some reader would take them for something else, blocks as the file's neighbours are.

use std::fmt::Write;

use serde_json::Value;

use crate::contribute::{
    outline::{Form, Kind, Node},
    text, value,
};

/// A text that every YAML reader, of 1.1 too, takes for that text when it is not quoted.
fn is_plain_safe(text: &str, in_flow: bool) -> bool {
    const WORDS: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", "inf"];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/' | '$' | '(') || (c == '.' && text.len() > 1));
    let number = text.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit());
    starts
        && !number
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text.trim_start_matches('.')))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(|c| matches!(c, ' '..='~') || c.is_alphanumeric())
        && !(in_flow && text.contains([',', '[', ']', '{', '}', ':', '"', '\'']))
}

fn quoted(text: &str) -> String {
    let mut result = String::new();
    for c in Value::from(text).to_string().chars() {
        // Control characters of the second kind, other line breaks and byte order marks are not printable in YAML.
        if matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            // Writing to a string does not fail.
            let _ = write!(result, "\\u{:04X}", u32::from(c));
        } else {
            result.push(c);
        }
    }
    result
}

fn scalar(value: &Value, in_flow: bool) -> String {
    match value {
        Value::String(text) => match text.strip_prefix(value::DATE) {
            Some("inf") => ".inf".to_owned(),
            Some("-inf") => "-.inf".to_owned(),
            Some(_) => ".nan".to_owned(),
            None if is_plain_safe(text, in_flow) => text.clone(),
            None => quoted(text),
        },
        other => other.to_string(),
    }
}

pub(super) fn key(text: &str, in_flow: bool) -> String {
    if is_plain_safe(text, in_flow) && text.len() <= 128 { text.to_owned() } else { quoted(text) }
}

/// The value in brackets, for flow style.
pub(super) fn write_flow(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let items: Vec<String> = table.iter().map(|(name, value)| format!("{}: {}", key(name, true), write_flow(value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(write_flow).collect::<Vec<_>>().join(", ")),
        other => scalar(other, true),
    }
}

/// How a document is indented.
pub(super) struct Manner {
    /// Columns from a key to the keys below it.
    pub(super) step: usize,
    /// Columns from a key to the dashes below it.
    pub(super) list: usize,
    /// Columns from a dash to what follows it.
    pub(super) dash: usize,
    /// Whether texts of several lines may be block scalars. One that ends a file without a line end would lose its own.
    literals: bool,
}

impl Manner {
    pub(super) fn of(text: &str, root: Option<&Node>) -> Self {
        let (mut step, mut list, mut dash) = (None, None, None);
        let mut nodes: Vec<&Node> = root.into_iter().collect();
        while let Some(node) = nodes.pop() {
            let outer = super::column(text, node);
            for index in (0..node.items().len()).rev() {
                let Some(child) = node.child(index) else { continue };
                nodes.push(child);
                if let (Kind::List(_), Form::Block, Some(at)) = (&node.kind, node.form, super::dash(text, child)) {
                    dash = Some(child.start - at).filter(|dash| *dash > 1).or(dash);
                }
                if let (Kind::Map(_), Some(outer), Some(inner)) = (&node.kind, outer, super::column(text, child)) {
                    let below = inner.checked_sub(outer);
                    match &child.kind {
                        Kind::Map(_) => step = below.filter(|step| *step > 0).or(step),
                        _ => list = below.or(list),
                    }
                }
            }
        }
        let step = step.or(list.filter(|list| *list > 0)).unwrap_or(2);
        Self { step, list: list.unwrap_or(step), dash: dash.unwrap_or(2), literals: text.is_empty() || text.ends_with('\n') }
    }

    /// A table's entry, from its key on; the key stands at `column`.
    pub(super) fn entry(&self, name: &str, value: &Value, column: usize) -> String {
        let name = key(name, false);
        match value {
            Value::Object(table) if !table.is_empty() => format!("{name}:\n{}", self.block(value, column + self.step)),
            Value::Array(list) if !list.is_empty() => format!("{name}:\n{}", self.block(value, column + self.list)),
            other => format!("{name}: {}", self.leaf(other, column)),
        }
    }

    /// A list's element, from its dash on; the dash stands at `column`.
    pub(super) fn element(&self, value: &Value, column: usize) -> String {
        let inside = column + self.dash;
        let text = match value {
            Value::Object(table) if !table.is_empty() => self.block(value, inside),
            Value::Array(list) if !list.is_empty() => self.block(value, inside),
            other => format!("{}{}", " ".repeat(inside), self.leaf(other, column)),
        };
        format!("-{}{}", " ".repeat(self.dash - 1), &text[inside..])
    }

    /// A table or list that is not empty, on lines of its own; its keys or dashes stand at `column`.
    pub(super) fn block(&self, value: &Value, column: usize) -> String {
        let margin = " ".repeat(column);
        let lines: Vec<String> = match value {
            Value::Object(table) => table.iter().map(|(name, value)| format!("{margin}{}", self.entry(name, value, column))).collect(),
            Value::Array(list) => list.iter().map(|value| format!("{margin}{}", self.element(value, column))).collect(),
            other => vec![format!("{margin}{}", self.leaf(other, column))],
        };
        lines.join("\n")
    }

    /// What stands behind a key or a dash at `column`.
    fn leaf(&self, value: &Value, column: usize) -> String {
        let Value::String(text) = value else { return write_flow(value) };
        let body = text.strip_suffix('\n').unwrap_or(text);
        let is_printable = |c: char| matches!(c, ' '..='~' | '\t') || (c.is_alphanumeric() && c > '\u{9f}');
        let is_literal = self.literals
            && body.contains('\n')
            && !body.starts_with(['\n', ' ', '\t'])
            && !body.ends_with('\n')
            && body.split('\n').all(|line| line.chars().all(is_printable) && (line.is_empty() || !text::is_blank(line)));
        if !is_literal {
            return scalar(value, false);
        }
        let margin = " ".repeat(column + self.step);
        let lines: Vec<String> =
            body.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") }).collect();
        format!("|{}\n{}", if text.ends_with('\n') { "" } else { "-" }, lines.join("\n"))
    }
}
