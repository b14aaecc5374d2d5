//! JSON, with comments and trailing commas where a file has them (`tsconfig.json`, `devcontainer.json`).

use serde_json::Value;

use super::{
    Broken, Candidate, Grammar, Wanted,
    flow::{self, Empty},
    outline::{self, Entry, Form, Kind, Node, What},
    text,
};
use crate::error::Fault;

const COMMENTS: &[&str] = &["//", "/*"];

/// Deeper than anything that a person writes, and shallow enough for the stack.
const DEEPEST: usize = 128;

pub(super) const GRAMMAR: Grammar = Grammar { model: |text| Ok(parse(text)?.value), add, take, comments: COMMENTS };

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

fn parse(text: &str) -> Result<Node, Broken> {
    let mut scanner = Scanner { text, at: 0 };
    let root = scanner.value(0)?;
    scanner.gap();
    if scanner.at < text.len() { Err(scanner.broken("something stands behind its end")) } else { Ok(root) }
}

impl Scanner<'_> {
    fn broken(&self, why: &str) -> Broken {
        Broken { why: format!("is not JSON: {why}"), line: Some(text::line_number(self.text, self.at)) }
    }

    fn gap(&mut self) {
        self.at = flow::skip(self.text, self.at, self.text.len(), COMMENTS);
    }

    fn takes(&mut self, sign: char) -> bool {
        self.gap();
        let is = self.text[self.at..].starts_with(sign);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        if depth > DEEPEST {
            return Err(self.broken("it is nested too deep"));
        }
        self.gap();
        let start = self.at;
        let (kind, value) = if self.takes('{') {
            let mut entries: Vec<Entry> = Vec::new();
            while !self.takes('}') {
                if !entries.is_empty() && !self.takes(',') {
                    return Err(self.broken("a `,` or `}` is missing"));
                }
                if !entries.is_empty() && self.takes('}') {
                    break;
                }
                self.gap();
                let start = self.at;
                let Value::String(key) = self.scalar()? else { return Err(self.broken("a key is not a string")) };
                let key_end = self.at;
                if !self.takes(':') {
                    return Err(self.broken("a `:` is missing"));
                }
                entries.push(Entry { key, start, key_end, node: self.value(depth + 1)? });
            }
            let value = Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.node.value.clone())).collect());
            (Kind::Map(entries), value)
        } else if self.takes('[') {
            let mut nodes: Vec<Node> = Vec::new();
            while !self.takes(']') {
                if !nodes.is_empty() && !self.takes(',') {
                    return Err(self.broken("a `,` or `]` is missing"));
                }
                if !nodes.is_empty() && self.takes(']') {
                    break;
                }
                nodes.push(self.value(depth + 1)?);
            }
            let value = nodes.iter().map(|node| node.value.clone()).collect();
            (Kind::List(nodes), value)
        } else {
            (Kind::Scalar, self.scalar()?)
        };
        Ok(Node { start, end: self.at, form: Form::Flow, kind, value })
    }

    fn scalar(&mut self) -> Result<Value, Broken> {
        let rest = &self.text[self.at..];
        let length = if rest.starts_with('"') {
            let mut escaped = false;
            let close = rest.bytes().enumerate().skip(1).find(|(_, byte)| {
                let closes = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                closes
            });
            close.map_or(rest.len(), |(close, _)| close + 1)
        } else {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.')).unwrap_or(rest.len())
        };
        let value = serde_json::from_str(&rest[..length]).map_err(|_| self.broken("this is no value"))?;
        self.at += length;
        Ok(value)
    }
}

/// How a file is written.
struct Manner {
    /// One level of indentation; `None` where everything is on one line.
    indent: Option<String>,
    /// What stands between a key and its value.
    colon: &'static str,
}

impl Manner {
    fn of(text: &str, root: &Node) -> Self {
        let mut colon = None;
        let mut indent = None;
        let mut nodes = vec![(root, "")];
        while let Some((node, outer)) = nodes.pop() {
            for (index, item) in node.items().into_iter().enumerate().rev() {
                let inner = text::indent(text, item.start).filter(|_| text::line_start(text, item.start) > node.start);
                if let Some(step) = inner.and_then(|inner| inner.strip_prefix(outer)).filter(|step| !step.is_empty()) {
                    indent = Some(step.to_owned());
                }
                if let Some(child) = node.child(index) {
                    nodes.push((child, inner.unwrap_or(outer)));
                }
            }
            if let Kind::Map(entries) = &node.kind {
                for entry in entries {
                    let tight = entry.node.start == entry.key_end + 1;
                    colon.get_or_insert(if tight { ":" } else { ": " });
                }
            }
        }
        let is_long = text.trim().contains('\n') || text.ends_with('\n') || root.items().is_empty();
        Self { indent: indent.or(is_long.then(|| "  ".to_owned())), colon: colon.unwrap_or(": ") }
    }

    fn write(&self, value: &Value, outer: Option<&str>) -> String {
        let Some((outer, step)) = outer.zip(self.indent.as_deref()) else { return self.write_inline(value) };
        let inner = format!("{outer}{step}");
        let items: Vec<String> = match value {
            Value::Object(table) if !table.is_empty() => table
                .iter()
                .map(|(key, value)| format!("{inner}{}{}{}", Value::from(key.as_str()), self.colon, self.write(value, Some(&inner))))
                .collect(),
            Value::Array(list) if !list.is_empty() => {
                list.iter().map(|value| format!("{inner}{}", self.write(value, Some(&inner)))).collect()
            }
            scalar => return scalar.to_string(),
        };
        let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
        format!("{open}\n{}\n{outer}{close}", items.join(",\n"))
    }

    fn write_inline(&self, value: &Value) -> String {
        let comma = if self.colon == ":" { "," } else { ", " };
        match value {
            Value::Object(table) => {
                let items: Vec<String> = table
                    .iter()
                    .map(|(key, value)| format!("{}{}{}", Value::from(key.as_str()), self.colon, self.write_inline(value)))
                    .collect();
                format!("{{{}}}", items.join(comma))
            }
            Value::Array(list) => format!("[{}]", list.iter().map(|value| self.write_inline(value)).collect::<Vec<_>>().join(comma)),
            scalar => scalar.to_string(),
        }
    }
}

fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Some(place) = outline::place(text, &root, wanted)? else { return Ok(Vec::new()) };
    let manner = Manner::of(text, &root);
    let line = &text[text::line_start(text, place.at.start)..];
    let outer = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let empty = match &manner.indent {
        Some(step) => Empty::Lines { item: format!("{outer}{step}"), close: outer.to_owned() },
        None => Empty::Line { pad: "" },
    };
    let compact = manner.colon == ":" && place.at.items().len() == 1;
    let edits = flow::append(text, place.at, COMMENTS, &empty, &|indent| match &place.what {
        What::Entry(key, value) => format!("{}{}{}", Value::from(key.as_str()), manner.colon, manner.write(value, indent)),
        What::Element(value) | What::Fill(value) => manner.write(value, indent),
    });
    let tight = edits.iter().map(|edit| text::Edit { text: edit.text.replacen(", ", ",", 1), ..edit.clone() }).collect();
    let edits = if compact && edits.len() == 1 && edits[0].text.starts_with(", ") { tight } else { edits };
    Ok(vec![Candidate { edits, expected: place.expected }])
}

fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Some(chain) = outline::find(text, &root, wanted)? else { return Ok(Vec::new()) };
    let mut candidates = Vec::new();
    for chain in outline::prunings(&chain) {
        let Some((container, index)) = chain.last() else { continue };
        for edits in flow::remove(text, container, *index, COMMENTS) {
            candidates.extend(outline::candidate(edits, outline::without(&root, chain, None)));
        }
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use crate::contribute::{
        Format,
        tests::{Case, at},
    };

    fn json(pointer: &str, key: &str, value: &str) -> crate::contribute::Contribution {
        at(Format::Json, pointer, key, value)
    }

    #[test]
    fn an_entry_is_written_as_its_neighbours_are() {
        let script = json("/scripts", "test", "'x'");
        for (before, after) in [
            ("{}", "{\n  \"scripts\": {\n    \"test\": \"x\"\n  }\n}"),
            ("{\"a\":1}", "{\"a\":1,\"scripts\":{\"test\":\"x\"}}"),
            ("{\"a\": 1}", "{\"a\": 1, \"scripts\": {\"test\": \"x\"}}"),
            ("{\n  \"a\": 1,\n  \"scripts\": {}\n}\n", "{\n  \"a\": 1,\n  \"scripts\": {\n    \"test\": \"x\"\n  }\n}\n"),
            (
                "{\n\t\"scripts\": {\n\t\t\"a\": \"b\"\n\t},\n\t\"c\": [1, 2]\n}\n",
                "{\n\t\"scripts\": {\n\t\t\"a\": \"b\",\n\t\t\"test\": \"x\"\n\t},\n\t\"c\": [1, 2]\n}\n",
            ),
            (
                "{\r\n    \"scripts\": {\r\n        \"a\": \"b\"\r\n    }\r\n}",
                "{\r\n    \"scripts\": {\r\n        \"a\": \"b\",\r\n        \"test\": \"x\"\r\n    }\r\n}",
            ),
            (
                "// c\n{\n  \"scripts\": { /* d */ \"a\": \"b\" },\n}",
                "// c\n{\n  \"scripts\": { /* d */ \"a\": \"b\", \"test\": \"x\" },\n}",
            ),
            (
                "{\n  \"scripts\": {\n    \"a\": \"b\" // why\n    // end\n  }\n}",
                "{\n  \"scripts\": {\n    \"a\": \"b\", // why\n    \"test\": \"x\"\n    // end\n  }\n}",
            ),
            (
                "{\n  \"scripts\": {\n    \"a\": \"b\", // why\n  },\n}",
                "{\n  \"scripts\": {\n    \"a\": \"b\", // why\n    \"test\": \"x\",\n  },\n}",
            ),
        ] {
            let case = Case::of(before, std::slice::from_ref(&script)).becomes(after);
            if !before.contains("{}") {
                case.and_back();
            }
        }
    }

    #[test]
    fn an_element_is_found_by_its_value() {
        let both = json("/files", "-", "['a', { b = 1 }]");
        Case::of("{\"files\": [\"a\"]}", std::slice::from_ref(&both)).becomes("{\"files\": [\"a\", {\"b\": 1}]}");
        Case::of("{\"files\": [{\"b\": 1}, \"a\"]}", std::slice::from_ref(&both)).stays();
        Case::of("{\"c\": 1}", std::slice::from_ref(&both)).becomes("{\"c\": 1, \"files\": [\"a\", {\"b\": 1}]}").and_back();
        Case::of("{\n  \"files\": [\n    \"z\"\n  ]\n}", &[both])
            .becomes("{\n  \"files\": [\n    \"z\",\n    \"a\",\n    {\n      \"b\": 1\n    }\n  ]\n}")
            .and_back();
    }

    #[test]
    fn what_cannot_be_is_said() {
        Case::of("{\n  \"a\": {\n    \"b\": 1\n  }\n}", &[json("/a", "b", "2")])
            .fails(&["f:3: `/a/b` is `1`, not `2` as the contribution asks (make the two equal, or do without one of them)"]);
        Case::of("{\"a\": 1}", &[json("/a", "b", "2")]).fails(&["f:1: there is a scalar where `/a/b` requires a table: `1`"]);
        Case::of("{\"a\": [1]}", &[json("/a/1", "b", "2")]).fails(&["f:1: the list of 1 has no element `1`, which `/a/1/b` goes through"]);
        Case::of("{\"a\": 1, \"a\": 2}", &[json("", "a", "2")]).fails(&["f:1: the key `a` is there twice"]);
        Case::of("{\"a\": }", &[json("", "a", "2")]).fails(&["f:1: is not JSON: this is no value, so `/a` cannot be placed in it"]);
        Case::of("{}", &[json("a", "a", "2")]).fails(&["f: the contribution `a` has the pointer `a`, which does not start with `/`"]);
    }

    #[test]
    fn what_was_changed_is_left() {
        Case::of("{\"a\": 2}", &[json("", "a", "1")]).keeps("{\"a\": 2}", &["f:1: left `/a`: it is `2` now (take it out by hand)"]);
        Case::of("{\"b\": 2}", &[json("", "a", "1")]).keeps("{\"b\": 2}", &[]);
        let commented = "{\n  \"b\": 2,\n  \"a\": {\n    // mine\n    \"c\": 1\n  }\n}";
        Case::of(commented, &[json("", "a", "{ c = 1 }")])
            .keeps(commented, &["f: left `/a`: there is a comment in it (take it out by hand)"]);
    }
}
