//! Java properties, as `java.util.Properties` reads them.

use std::fmt::Write;

use serde_json::Value;

use super::{Broken, Candidate, Grammar, Wanted, left, text};
use crate::error::Fault;

pub(super) const GRAMMAR: Grammar = Grammar { model, add, take, comments: &[] };

/// One key with its value and where it stands.
struct Property<'t> {
    /// First byte of the key.
    start: usize,
    /// A byte on its last line; a value may go on over several.
    end: usize,
    key: String,
    value: String,
    /// What stands between key and value.
    separator: &'t str,
}

/// All properties; comments and blank lines are none.
fn all(text: &str) -> Vec<Property<'_>> {
    let mut properties = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = &text[at..text::next_line(text, at)];
        let start = at + (line.len() - line.trim_start_matches([' ', '\t', '\u{c}']).len());
        if text::is_blank(&text[start..at + line.len()]) || text[start..].starts_with(['#', '!']) {
            at += line.len();
            continue;
        }
        let mut next = at + line.len();
        while next < text.len() && goes_on(&text[start..next]) {
            next = text::next_line(text, next);
        }
        let end = start + text[start..next].trim_end_matches(['\r', '\n']).len();
        let logical = &text[start..end];
        let key_end = end_of_key(logical);
        let rest = &logical[key_end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\u{c}']).len();
        let sign = usize::from(rest[blank..].starts_with(['=', ':']));
        let after = &rest[blank + sign..];
        let separator = &rest[..blank + sign + (after.len() - after.trim_start_matches([' ', '\t', '\u{c}']).len())];
        properties.push(Property { start, end, key: unescape(&logical[..key_end]), value: unescape(&rest[separator.len()..]), separator });
        at = next;
    }
    properties
}

/// Whether a line ends in an odd number of backslashes.
fn goes_on(line: &str) -> bool {
    let line = line.trim_end_matches(['\r', '\n']);
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

fn end_of_key(logical: &str) -> usize {
    let mut escaped = false;
    for (at, c) in logical.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '=' | ':' | ' ' | '\t' | '\u{c}' => return at,
            _ => {}
        }
    }
    logical.len()
}

fn unescape(raw: &str) -> String {
    let mut result = String::new();
    let mut units: Vec<u16> = Vec::new();
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        if escaped == Some('u') {
            let digits: String = chars.clone().take(4).collect();
            if let (4, Ok(unit)) = (digits.len(), u16::from_str_radix(&digits, 16)) {
                units.push(unit);
                chars.nth(3);
                continue;
            }
        }
        result.push_str(&String::from_utf16_lossy(&units));
        units.clear();
        match escaped {
            None if c == '\\' => {}
            None => result.push(c),
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('f') => result.push('\u{c}'),
            Some('\r' | '\n') => while chars.next_if(|c| matches!(c, ' ' | '\t' | '\u{c}' | '\n')).is_some() {},
            Some(other) => result.push(other),
        }
    }
    result.push_str(&String::from_utf16_lossy(&units));
    result
}

/// Text that [`unescape`] and any Java read back, whichever of Latin-1 and UTF-8 they take the file for.
fn escape(raw: &str, is_key: bool) -> String {
    let mut result = String::new();
    for (at, c) in raw.char_indices() {
        match c {
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            '\u{c}' => result.push_str("\\f"),
            ' ' if is_key || at == 0 => result.push_str("\\ "),
            '=' | ':' if is_key => {
                result.push('\\');
                result.push(c);
            }
            '#' | '!' if is_key && at == 0 => {
                result.push('\\');
                result.push(c);
            }
            ' '..='~' => result.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(result, "\\u{unit:04X}");
                }
            }
        }
    }
    result
}

#[allow(clippy::unnecessary_wraps)] // the signature is that of every format
fn model(text: &str) -> Result<Value, Broken> {
    Ok(all(text).into_iter().map(|property| Value::from(vec![property.key, property.value])).collect())
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How many bytes of both keys are the same, up to and with a dot.
fn shared(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let whole = a.len() == same && b.as_bytes().get(same) == Some(&b'.');
    if whole { same } else { a.as_bytes()[..same].iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1) }
}

fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let properties = all(text);
    let value = scalar(&wanted.value);
    // The last of several is the one that counts.
    if let Some(there) = properties.iter().rfind(|property| property.key == wanted.key) {
        let same = there.value == value;
        let conflict = || wanted.conflict(text::line_number(text, there.start), &Value::from(there.value.as_str()));
        return if same { Ok(Vec::new()) } else { Err(conflict()) };
    }
    let longest = properties.iter().map(|property| shared(&property.key, &wanted.key)).max().unwrap_or(0);
    let beside = properties.iter().rposition(|property| longest > 0 && shared(&property.key, &wanted.key) == longest);
    let index = beside.map_or(properties.len(), |index| index + 1);
    let separator = beside.or(properties.len().checked_sub(1)).map_or("=", |index| match properties[index].separator {
        separator if separator.contains(['=', ':']) => separator,
        _ => "=",
    });
    let line = format!("{}{separator}{}", escape(&wanted.key, true), escape(&value, false));
    let at = beside.map_or(text.len(), |index| properties[index].end);
    let mut all: Vec<Value> = properties.into_iter().map(|property| Value::from(vec![property.key, property.value])).collect();
    all.insert(index, Value::from(vec![wanted.key.clone(), value]));
    Ok(vec![Candidate { edits: vec![text::below(text, at, &line)], expected: Value::from(all) }])
}

fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let properties = all(text);
    let Some(index) = properties.iter().rposition(|property| property.key == wanted.key) else { return Ok(Vec::new()) };
    let there = &properties[index];
    if there.value != scalar(&wanted.value) {
        return Err(left(wanted, &format!("it is `{}` now", there.value)).at(text::line_number(text, there.start)));
    }
    let edits = vec![text::cut_lines(text, there.start, there.end)];
    let mut all: Vec<Value> = properties.into_iter().map(|property| Value::from(vec![property.key, property.value])).collect();
    all.remove(index);
    Ok(vec![Candidate { edits, expected: Value::from(all) }])
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};
    use crate::contribute::tests::{Case, property};

    #[test]
    fn a_key_goes_below_its_nearest_relatives() {
        let before = "# app\nspring.application.name=x\nspring.datasource.url=jdbc:x\\\n  :y\n\nserver.port=8080\n";
        for (key, after) in [
            (
                "spring.datasource.username",
                "# app\nspring.application.name=x\nspring.datasource.url=jdbc:x\\\n  :y\nspring.datasource.username=u\n\nserver.port=8080\n",
            ),
            (
                "spring.jpa.open",
                "# app\nspring.application.name=x\nspring.datasource.url=jdbc:x\\\n  :y\nspring.jpa.open=u\n\nserver.port=8080\n",
            ),
            ("server", "# app\nspring.application.name=x\nspring.datasource.url=jdbc:x\\\n  :y\n\nserver.port=8080\nserver=u\n"),
            (
                "management.x",
                "# app\nspring.application.name=x\nspring.datasource.url=jdbc:x\\\n  :y\n\nserver.port=8080\nmanagement.x=u\n",
            ),
        ] {
            Case::of(before, &[property(key, "u")]).becomes(after).and_back();
        }
    }

    #[test]
    fn the_file_keeps_its_manner() {
        Case::of("a.b = 1\r\nc: 2", &[property("a.c", "2")]).becomes("a.b = 1\r\na.c = 2\r\nc: 2").and_back();
        Case::of("c: 2", &[property("d", "2")]).becomes("c: 2\nd: 2").and_back();
        Case::of("a 1\n", &[property("b", "2")]).becomes("a 1\nb=2\n").and_back();
    }

    #[test]
    fn what_is_there_stays() {
        Case::of("a.b : x\\\n   y\n", &[property("a.b", "xy")]).stays();
        Case::of("\na=1\n", &[property("a", "2")])
            .fails(&["f:2: `a` is `\"1\"`, not `\"2\"` as the contribution asks (make the two equal, or do without one of them)"]);
        Case::of("\na=1\n", &[property("a", "2")]).keeps("\na=1\n", &["f:2: left `a`: it is `1` now (take it out by hand)"]);
    }

    #[test]
    fn every_text_comes_back() {
        for text in ["", " a", "a = b", "ü€😀", "\\n", "a\n\tb\r\u{c}", "#x", "c:\\temp\\"] {
            assert_eq!(unescape(&escape(text, true)), text);
            assert_eq!(unescape(&escape(text, false)), text);
        }
    }
}
