//! What holds for every file and every contribution: random documents in all the manners people write them in, with other parsers than
//! those that `contribute` itself uses where there are others.

#![allow(clippy::unwrap_used, clippy::format_collect)] // all of this file is tests, only the attribute is not seen

use std::fmt::Write;

use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use serde_json::{Map, Value, json};
use stagekit::{
    contribute::{Contribution, Format, contribute, missing, withdraw},
    tree::{Entry, RelPath, Tree},
};

/// Decisions, drawn from random bytes; zero when they are used up, so that shrinking leads to short and plain documents.
struct Draw {
    bytes: std::vec::IntoIter<u8>,
}

impl Draw {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into_iter() }
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.bytes.next().unwrap_or(0)) % n
    }

    /// Yes in one of `n` cases.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// Some names, none twice.
    fn names(&mut self, all: &[&'static str], least: usize) -> Vec<&'static str> {
        let count = least + self.below(4);
        let start = self.below(all.len());
        all.iter().cycle().skip(start).take(count.min(all.len())).copied().collect()
    }
}

const NAMES: &[&str] = &["a", "b", "c-d", "key", "x y", "é", "services", "8080", "test"];

const TEXTS: &[&str] = &[
    "plain",
    "two words",
    "",
    " padded ",
    "true",
    "no",
    "1",
    "1.0",
    "0x1f",
    "null",
    "~",
    "a: b",
    "a #b",
    "#",
    "- x",
    "ü€😀",
    "it's",
    "say \"so\"",
    "back\\slash",
    "two\nlines\n",
    "no end\nof line",
    "\n",
    "*x",
    "&x",
    "!x",
    "%",
    "@at",
    "`",
    "${A:-b}",
    "${{ c }}",
    "[x]",
    "{x}",
    "a,b",
    "12:30:45",
    "2026-01-01",
    "tab\there",
    "\u{7f}\u{85}\u{2028}",
    "<b>&amp;</b>",
    "]]>",
    "=",
    "1e3",
    ".5",
    ".inf",
    "trailing ",
    "a\n\n  b\n",
    "  lead\nx",
];

/// A value for a contribution.
fn value(draw: &mut Draw, depth: usize) -> toml::Value {
    match draw.below(if depth > 2 { 5 } else { 8 }) {
        0 => toml::Value::Integer(i64::try_from(draw.below(99)).unwrap() - 9),
        1 => toml::Value::Boolean(draw.one_in(2)),
        2 => toml::Value::Float([1.5, -0.25, 1e30][draw.below(3)]),
        3 | 4 => draw.of(TEXTS).into(),
        5 => (0..draw.below(4)).map(|_| value(draw, depth + 1)).collect::<Vec<_>>().into(),
        _ => {
            let names = draw.names(NAMES, 0);
            toml::Value::Table(names.into_iter().map(|name| (name.to_owned(), value(draw, depth + 1))).collect())
        }
    }
}

fn json_of(value: &toml::Value) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Ways through a document: pointers to containers, as parts.
fn containers(value: &Value, at: &mut Vec<String>, all: &mut Vec<(Vec<String>, bool, bool)>) {
    match value {
        Value::Object(table) => {
            all.push((at.clone(), false, table.is_empty()));
            for (key, value) in table {
                at.push(key.clone());
                containers(value, at, all);
                at.pop();
            }
        }
        Value::Array(list) => {
            all.push((at.clone(), true, list.is_empty()));
            for (index, value) in list.iter().enumerate() {
                at.push(index.to_string());
                containers(value, at, all);
                at.pop();
            }
        }
        _ => {}
    }
}

fn path() -> RelPath {
    RelPath::new("f").unwrap()
}

fn tree(text: &str) -> Tree {
    Tree::from_iter([(path(), Entry::new(text.as_bytes().to_vec()))])
}

fn text(tree: &Tree) -> &str {
    tree.get(&path()).unwrap().text().unwrap()
}

/// A contribution that fits a document: a new key of a table that is there, or of one that is still to be made; or an element.
fn fitting(draw: &mut Draw, format: Format, document: &Value) -> (Contribution, Value, bool) {
    let mut all = Vec::new();
    containers(document, &mut Vec::new(), &mut all);
    let (mut parts, is_list, is_empty) = if all.is_empty() { (Vec::new(), false, true) } else { all.swap_remove(draw.below(all.len())) };
    let new = value(draw, 0);
    let mut expected = document.clone();
    let pointer =
        |parts: &[String]| parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect::<String>();
    let container = parts.iter().fold(&mut expected, |value, part| match value {
        Value::Array(list) => &mut list[part.parse::<usize>().unwrap()],
        value => &mut value[part.as_str()],
    });
    let mut key = draw.of(&["new", "a new/one", "zz~", "ä.b"]).to_owned();
    if is_list {
        let elements = match json_of(&new) {
            Value::Array(list) => list,
            one => vec![one],
        };
        let list = container.as_array_mut().unwrap();
        for element in elements {
            if !list.contains(&element) {
                list.push(element);
            }
        }
        draw.of(&["", "-"]).clone_into(&mut key);
    } else {
        let mut inside = json_of(&new);
        let mut names = vec![key.clone()];
        for _ in 0..draw.below(3) {
            names.push(draw.of(&["more", "deep", "8"]).to_owned());
        }
        for name in names[1..].iter().rev() {
            inside = json!({ name: inside });
        }
        if container.is_null() {
            *container = json!({});
        }
        container.as_object_mut().unwrap().insert(key.clone(), inside);
        key = names.pop().unwrap();
        parts.extend(names);
    }
    (Contribution { path: path(), format, pointer: pointer(&parts), key, from: 0, value: new }, expected, is_empty)
}

/// Whether each line of `old` is a line of `new`, in order: as it was, or with something put in at one place. Empty brackets may come
/// to stand on two lines.
fn keeps_lines(old: &str, new: &str) -> bool {
    let mut lines = new.split('\n');
    let has = |line: &str, new: &str| {
        let (line, new) = (line.trim_end_matches('\r'), new.trim_end_matches('\r'));
        let prefix = line.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
        let suffix = line.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
        new.len() >= line.len() && prefix + suffix >= line.len()
    };
    let in_order = |line: &str| line.is_empty() || line.contains("{}") || line.contains("[]") || lines.any(|new| has(line, new));
    let mut characters = new.chars();
    old.split('\n').all(in_order) && old.chars().filter(|c| !c.is_whitespace()).all(|old| characters.any(|new| new == old))
}

/// All that holds for one contribution that fits.
fn check(before: &str, one: &Contribution, expected: &Value, is_empty: bool, parse: fn(&str) -> Value) -> Result<(), TestCaseError> {
    let all = std::slice::from_ref(one);
    let grown = contribute(tree(before), all);
    prop_assert!(grown.is_ok(), "refused: {:?} in\n{}", grown, before);
    let grown = grown.unwrap();
    let after = text(&grown);
    prop_assert_eq!(&parse(after), expected, "came out:\n{}", after);
    prop_assert!(keeps_lines(before, after), "lines were lost:\n{}\n{}", before, after);
    prop_assert_eq!(&contribute(grown.clone(), all).unwrap(), &grown);
    prop_assert!(missing(&grown, all).is_empty());
    let added = missing(&tree(before), all);
    prop_assert_eq!(added.is_empty(), after == before);
    let (back, faults) = withdraw(grown.clone(), &added);
    prop_assert_eq!(faults, vec![]);
    if !is_empty {
        prop_assert_eq!(text(&back), before, "by way of:\n{}", after);
    }
    Ok(())
}

fn line_ends(draw: &mut Draw, text: String) -> String {
    let text = if draw.one_in(4) { text.trim_end_matches('\n').to_owned() } else { text };
    if draw.one_in(4) { text.replace('\n', "\r\n") } else { text }
}

// --- JSON

fn json_text(draw: &mut Draw, depth: usize, indent: Option<usize>, out: &mut String) {
    let step = [2, 4, 1][draw.below(3)];
    let inner = indent.map(|indent| indent + step).filter(|_| !draw.one_in(5));
    let scalars = ["1", "-2.5e3", "true", "null", "\"text\"", "\"a\\\"b,}]\"", "\"\\u00e9\"", "[]", "{}"];
    if depth > 0 && (depth > 3 || draw.one_in(2)) {
        out.push_str(draw.of(&scalars));
        return;
    }
    let is_list = depth > 0 && draw.one_in(3);
    let names = draw.names(NAMES, usize::from(depth > 0));
    out.push(if is_list { '[' } else { '{' });
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(',');
            out.push_str(draw.of(&["", "", " /* c, d */", " "]));
        }
        match inner {
            Some(inner) => {
                out.push_str(draw.of(&["\n", "\n", "\n\n", "\n// own, line\n", " // behind ]\n"]));
                out.push_str(&" ".repeat(inner));
            }
            None => out.push_str(draw.of(&["", " "])),
        }
        if !is_list {
            write!(out, "\"{name}\"{}", draw.of(&[": ", ":", " : "])).unwrap();
        }
        json_text(draw, depth + 1, inner, out);
    }
    if let (Some(_), Some(indent)) = (inner, indent) {
        out.push_str(draw.of(&["", "", " // last", "\n/* end */", if names.is_empty() { "" } else { "," }]));
        write!(out, "\n{}", " ".repeat(indent)).unwrap();
    }
    out.push(if is_list { ']' } else { '}' });
}

/// The text without what JSON itself does not have.
fn parse_json(text: &str) -> Value {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let length = end.unwrap() + 2;
                plain.push_str(&rest[..length]);
                length
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").unwrap() + 2,
            c => {
                if matches!(c, '}' | ']') && plain.trim_end().ends_with(',') {
                    plain.truncate(plain.trim_end().len() - 1);
                }
                plain.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    serde_json::from_str(&plain).unwrap_or_else(|error| panic!("{error}: {text}"))
}

// --- YAML

struct Yaml {
    out: String,
    step: usize,
    dash: usize,
}

impl Yaml {
    /// Comments and blank lines between two lines.
    fn gap(&mut self, draw: &mut Draw, column: usize) {
        match draw.below(10) {
            7 => writeln!(self.out, "{}# c: [d]", " ".repeat([0, column, column + 1][draw.below(3)])).unwrap(),
            8 => self.out.push('\n'),
            9 => writeln!(self.out, "\n{}# above", " ".repeat(column)).unwrap(),
            _ => {}
        }
    }

    fn end(&mut self, draw: &mut Draw) {
        let end = draw.of(&["\n", "\n", "\n", "  # behind: it\n", " \n"]);
        self.out.push_str(end);
    }

    fn flow(&mut self, draw: &mut Draw, depth: usize) {
        let count = draw.below(3) + 1;
        let is_list = draw.one_in(2);
        self.out.push(if is_list { '[' } else { '{' });
        for (index, name) in NAMES.iter().take(count).enumerate() {
            if index > 0 {
                let comma = draw.of(&[", ", ",", " , "]);
                self.out.push_str(comma);
            }
            if !is_list {
                write!(self.out, "{name}: ").unwrap();
            }
            if depth < 2 && draw.one_in(5) {
                self.flow(draw, depth + 1);
            } else {
                let scalar = draw.of(&["1", "x", "\"q, ]\"", "'s'", "true"]);
                self.out.push_str(scalar);
            }
        }
        let close = draw.of(&["", " ", ", "]);
        self.out.push_str(close);
        self.out.push(if is_list { ']' } else { '}' });
    }

    /// What stands behind a key or dash at `column`; whether what follows must not be a blank line.
    fn value(&mut self, draw: &mut Draw, depth: usize, column: usize, in_list: bool) {
        let inside = " ".repeat(column + self.step);
        match draw.below(if depth > 3 { 8 } else { 12 }) {
            0..=2 => {
                let scalar = draw.of(&[
                    "1",
                    "text",
                    "'single: ''q'''",
                    "\"double # \\n\"",
                    "true",
                    "a b: c".get(..3).unwrap(),
                    "http://x:1/#y",
                    "${{ z }}",
                ]);
                write!(self.out, " {scalar}").unwrap();
                self.end(draw);
            }
            3 => {
                let (open, close) = if draw.one_in(2) { ("|", "") } else { (">-", "") };
                write!(self.out, " {open}\n{inside}echo 'a: b'\n\n{inside}  # no comment\n{close}").unwrap();
            }
            4 => write!(self.out, " |+ # keep\n{inside}kept\n").unwrap(),
            5 => {
                writeln!(self.out, " plain on\n{inside}two lines").unwrap();
            }
            6 | 7 => {
                self.out.push(' ');
                self.flow(draw, 0);
                self.end(draw);
            }
            8 if !in_list => {
                self.end(draw);
                let column = if draw.one_in(2) { column } else { column + self.step };
                self.list(draw, depth + 1, column);
            }
            9 if in_list => {
                self.out.push_str(&" ".repeat(self.dash - 1));
                self.map(draw, depth + 1, column + self.dash, true);
            }
            _ if !in_list => {
                self.end(draw);
                self.map(draw, depth + 1, column + self.step, false);
            }
            _ => {
                self.out.push_str(" x");
                self.end(draw);
            }
        }
    }

    fn map(&mut self, draw: &mut Draw, depth: usize, column: usize, is_begun: bool) {
        for (index, name) in draw.names(NAMES, 1).into_iter().enumerate() {
            if index > 0 || !is_begun {
                self.gap(draw, column);
                self.out.push_str(&" ".repeat(column));
            }
            match draw.below(6) {
                4 => write!(self.out, "\"{name}\":").unwrap(),
                5 => write!(self.out, "'{name}' :").unwrap(),
                _ => write!(self.out, "{name}:").unwrap(),
            }
            self.value(draw, depth, column, false);
        }
    }

    fn list(&mut self, draw: &mut Draw, depth: usize, column: usize) {
        for _ in 0..=draw.below(3) {
            self.gap(draw, column);
            write!(self.out, "{}-", " ".repeat(column)).unwrap();
            self.value(draw, depth, column, true);
        }
    }
}

fn yaml_text(draw: &mut Draw) -> String {
    let mut yaml = Yaml { out: String::new(), step: [2, 4, 3][draw.below(3)], dash: [2, 4][draw.below(2)] };
    let open = draw.of(&["", "", "# first\n", "---\n", "%YAML 1.2\n---\n", "\n"]);
    yaml.out.push_str(open);
    if !draw.one_in(12) {
        yaml.map(draw, 0, 0, false);
    }
    let close = draw.of(&["", "", "# last\n", "\n"]);
    yaml.out.push_str(close);
    let ends_in_block = yaml.out.trim_end().ends_with("comment") || yaml.out.trim_end().ends_with("kept");
    let out = line_ends(draw, std::mem::take(&mut yaml.out));
    // Without a line end, readers differ on whether the text of a last block scalar has one.
    if ends_in_block && !out.ends_with('\n') { out + "\n" } else { out }
}

fn parse_yaml(text: &str) -> Value {
    fn to_json(value: &serde_yaml_ng::Value) -> Value {
        use serde_yaml_ng::Value as Yaml;
        match value {
            Yaml::Mapping(map) => {
                let key = |key: &Yaml| key.as_str().map_or_else(|| serde_yaml_ng::to_string(key).unwrap().trim().to_owned(), str::to_owned);
                Value::Object(map.iter().map(|(name, value)| (key(name), to_json(value))).collect())
            }
            Yaml::Sequence(list) => list.iter().map(to_json).collect(),
            Yaml::Tagged(tagged) => json!({ tagged.tag.to_string(): to_json(&tagged.value) }),
            scalar => serde_json::to_value(scalar).unwrap(),
        }
    }
    to_json(&serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}")))
}

// --- TOML

fn toml_value(draw: &mut Draw, depth: usize) -> String {
    match draw.below(if depth > 2 { 5 } else { 9 }) {
        0 => "1".to_owned(),
        1 => "\"text # no\"".to_owned(),
        2 => "'lit'".to_owned(),
        3 => "2026-01-01".to_owned(),
        4 => "\"\"\"\na = 1\n[no]\n\"\"\"".to_owned(),
        5 | 6 => {
            let items: Vec<String> = (0..=draw.below(3)).map(|_| toml_value(draw, depth + 1)).collect();
            format!("[{}{}]", items.join(", "), draw.of(&["", ",", " "]))
        }
        7 => {
            let items: Vec<String> =
                (0..=draw.below(3)).map(|_| format!("\n  {},{}", toml_value(draw, 3), draw.of(&["", " # c", "\n  # own"]))).collect();
            let list = items.concat();
            format!("[{}\n]", if draw.one_in(2) && list.ends_with(',') { &list[..list.len() - 1] } else { &list })
        }
        _ => format!("{{ x = {}, y.z = 2 }}", toml_value(draw, 3)),
    }
}

fn toml_body(draw: &mut Draw, out: &mut String) {
    let names = ["a", "b", "\"q k\"", "c.d", "c.e.f", "d-e"];
    for name in names.iter().filter(|_| draw.one_in(3)).collect::<Vec<_>>() {
        out.push_str(draw.of(&["", "", "", "# c\n", "\n", "\n# d = 1\n"]));
        let value = toml_value(draw, 0);
        writeln!(out, "{}{name}{}{value}{}", draw.of(&["", "", "  "]), draw.of(&[" = ", "=", "   = "]), draw.of(&["", "", " # behind"]))
            .unwrap();
    }
}

fn toml_text(draw: &mut Draw) -> String {
    let mut out = draw.of(&["", "# first\n", "# first\n\n", "\n"]).to_owned();
    toml_body(draw, &mut out);
    let headers = ["[p]", "[p.q]", "[r.s]", "[r.s.\"t u\"]", "[[l]]", "[[l]]", "[l.m]", "[z]"];
    for header in headers.iter().filter(|_| draw.one_in(2)).collect::<Vec<_>>() {
        if *header == "[l.m]" && !out.contains("[[l]]") {
            continue;
        }
        out.push_str(draw.of(&["", "\n", "\n", "# c\n", "\n# above\n", "# below\n\n"]));
        writeln!(out, "{header}{}", draw.of(&["", "", " # behind"])).unwrap();
        toml_body(draw, &mut out);
    }
    out.push_str(draw.of(&["", "", "# last\n", "\n"]));
    line_ends(draw, out)
}

fn parse_toml(text: &str) -> Value {
    fn to_json(value: &toml::Value) -> Value {
        match value {
            toml::Value::Table(table) => {
                Value::Object(table.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<Map<_, _>>())
            }
            toml::Value::Array(list) => list.iter().map(to_json).collect(),
            // Line ends in a multi-line string are the file's.
            toml::Value::String(text) => text.replace('\r', "").into(),
            // A date is no text that reads like one.
            toml::Value::Datetime(date) => format!("the date {date}").into(),
            scalar => serde_json::to_value(scalar).unwrap(),
        }
    }
    to_json(&toml::Value::Table(toml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))))
}

// --- XML

fn xml_text(draw: &mut Draw, depth: usize, indent: usize, out: &mut String) {
    let names = ["name", "build", "properties", "plugins", "x-y", "dependencies", "modules"];
    let names: Vec<&str> = names.into_iter().filter(|_| draw.one_in(3)).collect();
    for name in names {
        let margin = format!("\n{}", "\t".repeat(indent));
        out.push_str(draw.of(&["", "", "", "\n", "\n\t<!-- a <b> -->", "<?pi?>"]));
        out.push_str(draw.of(&[margin.as_str(), &margin, &margin, ""]));
        if depth > 2 || draw.one_in(3) {
            let element = match draw.below(4) {
                0 => format!("<{name}>text &amp; more</{name}>"),
                1 => format!("<{name}  a='1' />"),
                2 => format!("<{name}><![CDATA[<x>]]></{name}>"),
                _ => format!("<{name}/>"),
            };
            out.push_str(&element);
        } else {
            write!(out, "<{name}>").unwrap();
            xml_text(draw, depth + 1, indent + 1, out);
            write!(out, "{}</{name}>", draw.of(&[margin.as_str(), &margin, ""])).unwrap();
        }
        out.push_str(draw.of(&["", "", " <!-- behind -->"]));
    }
}

/// The elements that hold no text, as pointers, each with whether it holds nothing; and the sequence of all tags and texts.
fn xml_parts(text: &str) -> (Vec<(String, bool)>, Vec<String>) {
    let mut all: Vec<(String, bool, bool)> = Vec::new();
    let (mut open, mut flat, mut at) = (Vec::<String>::new(), Vec::new(), Vec::<usize>::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (token, tail) = if rest.starts_with("<!--") {
            rest.split_at(rest.find("-->").unwrap() + 3)
        } else if rest.starts_with("<![") {
            rest.split_at(rest.find("]]>").unwrap() + 3)
        } else if rest.starts_with('<') {
            rest.split_at(rest.find('>').unwrap() + 1)
        } else {
            rest.split_at(rest.find('<').unwrap_or(rest.len()))
        };
        rest = tail;
        let name = token.trim_matches(['<', '/', '>']).split_whitespace().next().unwrap_or_default().to_owned();
        if token.starts_with("</") {
            flat.push(format!("</{name}>"));
            open.pop();
            at.pop();
        } else if token.starts_with("<![") || (!token.starts_with('<') && !token.trim().is_empty()) {
            flat.push(token.trim().to_owned());
            if let Some(index) = at.last() {
                all[*index].1 = false;
            }
        } else if token.starts_with('<') && !token.starts_with("<!") && !token.starts_with("<?") {
            flat.push(token.replace("/>", ">").replace(' ', ""));
            if let Some(index) = at.last() {
                all[*index].2 = false;
            }
            open.push(name.clone());
            at.push(all.len());
            all.push((open.join("/"), true, true));
            if token.ends_with("/>") {
                flat.push(format!("</{name}>"));
                open.pop();
                at.pop();
            }
        }
    }
    (all.into_iter().filter(|all| all.1).map(|(pointer, _, is_empty)| (pointer, is_empty)).collect(), flat)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_grows_and_shrinks(bytes in vec(any::<u8>(), 0..120)) {
        let mut draw = Draw::new(bytes);
        let mut before = String::new();
        let indent = if draw.one_in(4) { None } else { Some(0) };
        json_text(&mut draw, 0, indent, &mut before);
        let before = line_ends(&mut draw, before + "\n");
        let (one, expected, is_empty) = fitting(&mut draw, Format::Json, &parse_json(&before));
        check(&before, &one, &expected, is_empty, parse_json)?;
    }

    #[test]
    fn yaml_grows_and_shrinks(bytes in vec(any::<u8>(), 0..160)) {
        let mut draw = Draw::new(bytes);
        let before = yaml_text(&mut draw);
        let (one, expected, is_empty) = fitting(&mut draw, Format::Yaml, &parse_yaml(&before));
        check(&before, &one, &expected, is_empty && !before.trim().is_empty(), parse_yaml)?;
    }

    #[test]
    fn toml_grows_and_shrinks(bytes in vec(any::<u8>(), 0..160)) {
        let mut draw = Draw::new(bytes);
        let before = toml_text(&mut draw);
        let (one, expected, is_empty) = fitting(&mut draw, Format::Toml, &parse_toml(&before));
        // An array of tables takes tables only.
        let is_odd = before.contains(&format!("[[{}]]", one.pointer.trim_start_matches('/'))) && !one.value.is_table();
        prop_assume!(!is_odd);
        check(&before, &one, &expected, is_empty, parse_toml)?;
    }

    #[test]
    fn xml_grows_and_shrinks(bytes in vec(any::<u8>(), 0..100)) {
        let mut draw = Draw::new(bytes);
        let mut before = draw.of(&["", "<?xml version=\"1.0\"?>\n", "<!-- c -->\n"]).to_owned() + "<project>";
        xml_text(&mut draw, 0, 1, &mut before);
        before.push_str("\n</project>\n");
        let before = line_ends(&mut draw, before);
        let (pointers, flat) = xml_parts(&before);
        let (pointer, is_empty) = pointers[draw.below(pointers.len())].clone();
        let is_ambiguous = pointers.iter().filter(|(other, _)| *other == pointer).count() > 1;
        let made = draw.of(&["", "/dependencies", "/new"]);
        let is_fresh = !made.is_empty() && xml_parts(&before).1.iter().all(|token| !token.starts_with(&format!("<{}", &made[1..])));
        let pointer = if is_fresh { pointer + made } else { pointer };
        let value: toml::Value = toml::from_str::<toml::Table>(
            draw.of(&["v = 1", "v = ' <&> '", "v = { groupId = 'g', artifactId = 'a' }", "v = { '@a' = '\"', c = { d = ['1', '2'] } }", "v = ''"]),
        ).unwrap()["v"].clone();
        let key = draw.of(&["dependency", "zz", "parent"]).to_owned();
        let one = Contribution { path: path(), format: Format::Xml, pointer, key, from: 0, value };
        let all = std::slice::from_ref(&one);
        let Ok(grown) = contribute(tree(&before), all) else {
            prop_assert!(is_ambiguous || flat.is_empty() || before.contains("text") || before.contains("CDATA"), "refused in\n{}\n{:?}", before, one);
            return Ok(());
        };
        let after = text(&grown);
        let mut tokens = xml_parts(after).1.into_iter();
        prop_assert!(flat.iter().all(|old| tokens.any(|new| new == *old)), "an element was lost:\n{}", after);
        prop_assert!(roundtrips(&before, &grown, all)? || is_empty, "{:?}\nin\n{}\nis\n{}\nand back\n{}", one, before, after, text(&withdraw(grown.clone(), all).0));
    }

    #[test]
    fn lines_and_properties_grow_and_shrink(
        lines in vec(prop_oneof!["[a-c.!#/ ]{0,6}", "[ab]\\.[ab]( ?[=:] ?)[a-c\\\\ ]{0,3}"], 0..8),
        keys in vec("[a-c](\\.[a-c]){0,2}", 1..4),
        value in prop::sample::select(TEXTS),
        bytes in vec(any::<u8>(), 2),
    ) {
        let mut draw = Draw::new(bytes);
        let before = line_ends(&mut draw, lines.iter().map(|line| format!("{line}\n")).collect());
        for format in [Format::Lines, Format::Properties] {
            let value = if format == Format::Lines { "" } else { value };
            let of = |key: &String| Contribution { path: path(), format, pointer: String::new(), key: key.clone(), from: 0, value: value.into() };
            let all: Vec<Contribution> = keys.iter().map(of).collect();
            if let Ok(grown) = contribute(tree(&before), &all) {
                prop_assert!(keeps_lines(&before, text(&grown)));
                prop_assert!(roundtrips(&before, &grown, &all)?, "{}", text(&grown));
            } else {
                prop_assert_eq!(format, Format::Properties);
            }
        }
    }

    #[test]
    fn the_order_does_not_matter(bytes in vec(any::<u8>(), 0..200)) {
        let mut draw = Draw::new(bytes);
        let before = yaml_text(&mut draw);
        let document = parse_yaml(&before);
        let fitting: Vec<_> = (0..3).map(|_| fitting(&mut draw, Format::Yaml, &document)).collect();
        let is_empty = fitting.iter().any(|(_, _, is_empty)| *is_empty);
        let mut all: Vec<Contribution> = fitting.into_iter().map(|(one, _, _)| one).collect();
        let one = contribute(tree(&before), &all);
        all.reverse();
        let other = contribute(tree(&before), &all);
        prop_assert_eq!(&one, &other);
        if let Ok(grown) = one {
            prop_assert!(roundtrips(&before, &grown, &all)? || is_empty, "{}\n{}", before, text(&grown));
        }
    }

    #[test]
    fn nothing_breaks_on_any_text(text in "[a-c:\\-# \n\t{}\\[\\],\"'|>&*!<=/?%@\\\\é\r.~1]{0,40}", format in prop::sample::select(&[
        Format::Lines, Format::Properties, Format::Yaml, Format::Toml, Format::Json, Format::Xml,
    ][..]), pointer in prop::sample::select(&["", "/a", "/a/0", "a", "/a/b"][..]), key in prop::sample::select(&["a", "-", "b"][..])) {
        let one = Contribution { path: path(), format, pointer: pointer.to_owned(), key: key.to_owned(), from: 0, value: "".into() };
        let all = std::slice::from_ref(&one);
        if let Ok(grown) = contribute(tree(&text), all) {
            prop_assert_eq!(&contribute(grown.clone(), all).unwrap(), &grown);
        }
        withdraw(tree(&text), all);
        missing(&tree(&text), all);
    }
}

#[test]
fn an_element_that_is_given_twice_is_taken_out_once() {
    let before = "l:\n\n- x\n\n# above\nk: 1\n";
    let list: ::toml::Value = vec![::toml::Value::Integer(1), ::toml::Value::Integer(2), ::toml::Value::Integer(1)].into();
    let of = |key: &str, value| Contribution {
        path: path(),
        format: Format::Yaml,
        pointer: "/l".to_owned(),
        key: key.to_owned(),
        from: 0,
        value,
    };
    for all in [vec![of("-", list.clone())], vec![of("", list), of("-", 1.into())]] {
        let grown = contribute(tree(before), &all).unwrap();
        assert_eq!(text(&grown), "l:\n\n- x\n\n# above\n- 1\n\n- 2\nk: 1\n");
        assert!(roundtrips(before, &grown, &all).unwrap(), "{}", text(&withdraw(grown.clone(), &all).0));
    }
}

/// Twice is once; and whether what is taken out again leaves no trace, which it does unless a container was empty before.
fn roundtrips(before: &str, grown: &Tree, all: &[Contribution]) -> Result<bool, TestCaseError> {
    prop_assert_eq!(&contribute(grown.clone(), all).unwrap(), grown);
    let (back, faults) = withdraw(grown.clone(), &missing(&tree(before), all));
    prop_assert_eq!(faults, vec![]);
    Ok(text(&back) == before)
}
