//! TOML: `toml_edit` says where everything stands, lines and sections go in between.

use std::ops::Range;

use serde_json::{Map, Value};
use toml_edit::{Array, Document, InlineTable, Item, Table};

use super::{
    Broken, Candidate, Grammar, Wanted,
    flow::{self, Empty},
    outline::{self, Chain, Entry, Form, Kind, Node, What},
    text::{self, Edit},
    value,
};
use crate::error::Fault;

const COMMENTS: &[&str] = &["#"];

pub(super) const GRAMMAR: Grammar = Grammar { model: |text| Ok(parse(text)?.value), add, take, comments: COMMENTS };

fn parse(text: &str) -> Result<Node, Broken> {
    let document = Document::parse(text).map_err(|error| Broken {
        why: format!("is not TOML: {}", error.message().lines().next().unwrap_or_default()),
        line: error.span().map(|span| text::line_number(text, span.start)),
    })?;
    Ok(of_table(document.as_table(), Form::Section))
}

fn node(span: Option<Range<usize>>, form: Form, kind: Kind) -> Node {
    let value = match &kind {
        Kind::Map(entries) => Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.node.value.clone())).collect()),
        Kind::List(nodes) => nodes.iter().map(|node| node.value.clone()).collect(),
        Kind::Scalar | Kind::Empty | Kind::Alias => Value::Null,
    };
    let span = span.unwrap_or_default();
    let mut node = Node { start: span.start, end: span.end, form, kind, value };
    if form != Form::Flow {
        let items = node.items();
        node.end = items.iter().map(|item| item.end).max().unwrap_or(0).max(node.end);
        if form != Form::Section {
            node.start = items.iter().map(|item| item.start).min().unwrap_or(node.start);
        }
    }
    node
}

fn entry(key: &str, key_span: Option<Range<usize>>, node: Node) -> Entry {
    let key_span = key_span.filter(|_| matches!(node.form, Form::Flow));
    let span = key_span.unwrap_or(node.start..node.start);
    Entry { key: key.to_owned(), start: span.start, key_end: span.end, node }
}

fn of_table(table: &Table, form: Form) -> Node {
    let entries = table.iter().filter_map(|(key, item)| {
        let node = match item {
            Item::None => return None,
            Item::Value(value) => of_value(value),
            Item::Table(inner) if inner.is_dotted() => of_table(inner, Form::Dotted),
            Item::Table(inner) if inner.is_implicit() => of_table(inner, Form::Implicit),
            Item::Table(inner) => of_table(inner, Form::Section),
            Item::ArrayOfTables(list) => {
                let nodes: Vec<Node> = list.iter().map(|inner| of_table(inner, Form::Section)).collect();
                let span = nodes.first().map(|first| first.start..first.end);
                node(span, Form::Section, Kind::List(nodes))
            }
        };
        Some(entry(key, table.key(key).and_then(toml_edit::Key::span), node))
    });
    node(if form == Form::Section { table.span() } else { None }, form, Kind::Map(entries.collect()))
}

fn of_value(value: &toml_edit::Value) -> Node {
    let span = value.span();
    let scalar = match value {
        toml_edit::Value::Array(list) => return of_array(list, span),
        toml_edit::Value::InlineTable(table) => return of_inline(table, span),
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(int) => Value::from(*int.value()),
        toml_edit::Value::Float(float) => value::from_f64(*float.value()),
        toml_edit::Value::Boolean(is) => Value::from(*is.value()),
        toml_edit::Value::Datetime(date) => Value::from(format!("{}{}", value::DATE, date.value())),
    };
    Node { value: scalar, ..node(span, Form::Flow, Kind::Scalar) }
}

fn of_array(list: &Array, span: Option<Range<usize>>) -> Node {
    node(span, Form::Flow, Kind::List(list.iter().map(of_value).collect()))
}

fn of_inline(table: &InlineTable, span: Option<Range<usize>>) -> Node {
    let entries = table.iter().map(|(key, value)| {
        let node = match value {
            toml_edit::Value::InlineTable(inner) if inner.is_dotted() => {
                let inner = of_inline(inner, None);
                node(None, Form::Dotted, inner.kind)
            }
            value => of_value(value),
        };
        entry(key, table.key(key).and_then(toml_edit::Key::span), node)
    });
    node(span, Form::Flow, Kind::Map(entries.collect()))
}

fn key(key: &str) -> String {
    toml_edit::Key::new(key).to_string()
}

fn header(path: &[String]) -> String {
    path.iter().map(|part| key(part)).collect::<Vec<_>>().join(".")
}

/// The value behind an equals sign; inside brackets all on one line.
fn write(value: &Value, eol: &str) -> String {
    match value {
        // A multi-line string would take on the line ends of the file.
        Value::String(text) if eol == "\n" && !text.contains('\r') && !text.starts_with(value::DATE) => {
            toml_edit::Value::from(text.as_str()).to_string()
        }
        other => write_inline(other),
    }
}

fn write_inline(value: &Value) -> String {
    match value {
        Value::Object(table) if table.is_empty() => "{}".to_owned(),
        Value::Object(table) => {
            let items: Vec<String> = table.iter().map(|(name, value)| format!("{} = {}", key(name), write_inline(value))).collect();
            format!("{{ {} }}", items.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(write_inline).collect::<Vec<_>>().join(", ")),
        Value::String(text) => match text.strip_prefix(value::DATE) {
            Some("NaN") => "nan".to_owned(),
            Some(raw) => raw.to_owned(),
            None if text.contains(['\n', '\r']) => Value::from(text.as_str()).to_string().replace('\u{7f}', "\\u007F"),
            None => toml_edit::Value::from(text.as_str()).to_string(),
        },
        other => other.to_string(),
    }
}

/// Whether a value has a section of its own below another table.
fn is_section(value: &Value) -> bool {
    let is_filled = |value: &Value| value.as_object().is_some_and(|table| !table.is_empty());
    match value {
        Value::Array(list) => !list.is_empty() && list.iter().all(is_filled),
        value => is_filled(value),
    }
}

/// A table below its header, or a list of such tables; a blank line between sections.
fn sections(path: &[String], value: &Value, eol: &str) -> String {
    let one = |open: &str, table: &Map<String, Value>, close: &str| {
        let (inner, own): (Vec<_>, Vec<_>) = table.iter().partition(|(_, value)| is_section(value));
        let mut lines: Vec<String> = Vec::new();
        if !own.is_empty() || inner.is_empty() || open == "[[" {
            lines.push(format!("{open}{}{close}", header(path)));
        }
        lines.extend(own.into_iter().map(|(name, value)| format!("{} = {}", key(name), write(value, eol))));
        let below = inner.into_iter().map(|(name, value)| sections(&[path, std::slice::from_ref(name)].concat(), value, eol));
        let own = lines.join("\n");
        Some(own).filter(|own| !own.is_empty()).into_iter().chain(below).collect::<Vec<_>>().join("\n\n")
    };
    match value {
        Value::Object(table) => one("[", table, "]"),
        Value::Array(list) => list.iter().filter_map(Value::as_object).map(|table| one("[[", table, "]]")).collect::<Vec<_>>().join("\n\n"),
        _ => String::new(),
    }
}

/// The names of the tables along a chain; positions in arrays of tables do not stand in headers.
fn names(chain: &[(&Node, usize)]) -> Vec<String> {
    let maps: Vec<_> = chain.iter().filter(|(node, _)| matches!(node.kind, Kind::Map(_))).copied().collect();
    outline::steps(&maps)
}

/// The entries of a table that stand on lines of its own body, not below headers.
fn body(node: &Node) -> Vec<&Entry> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().filter(|entry| matches!(entry.node.form, Form::Flow | Form::Dotted)).collect(),
        _ => Vec::new(),
    }
}

/// Where comments end that directly follow the line of `end` and belong to what stands there, not to what comes next.
fn behind_comments(text: &str, end: usize) -> usize {
    let (mut last, mut next) = (end, text::next_line(text, end));
    while text[next..].trim_start_matches([' ', '\t']).starts_with('#') {
        last = next;
        next = text::next_line(text, next);
    }
    let line = &text[next..text::next_line(text, next)];
    if text::is_blank(line) { last } else { end }
}

fn comments_above(text: &str, at: usize) -> usize {
    let mut start = text::line_start(text, at);
    while start > 0 && text[text::line_start(text, start - 1)..start].trim_start().starts_with('#') {
        start = text::line_start(text, start - 1);
    }
    start
}

/// A line of a table's body: below the others, below the header, or at the top.
fn line(text: &str, table: &Node, is_root: bool, line: &str) -> Vec<Edit> {
    let last = body(table).into_iter().max_by_key(|entry| entry.end());
    if let Some(last) = last {
        let start = text::line_start(text, last.start);
        let indent = &text[start..start + text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len()];
        let line = format!("{indent}{line}");
        return vec![text::below(text, behind_comments(text, last.end()), &line), text::below(text, last.end(), &line)];
    }
    if !is_root {
        return vec![text::below(text, table.start, line)];
    }
    match table.items().iter().map(|item| item.start).min() {
        Some(first) => vec![text::above(text, comments_above(text, first), &format!("{line}\n"))],
        None => vec![text::below(text, text.len(), line)],
    }
}

/// Lines below the whole of a table, set off by a blank line.
fn section(text: &str, end: usize, is_root: bool, lines: &str) -> Vec<Edit> {
    if text::is_blank(text) {
        return vec![text::below(text, text.len(), lines)];
    }
    let lines = format!("\n{lines}");
    if is_root {
        return vec![text::below(text, text.trim_end().len(), &lines)];
    }
    vec![text::below(text, behind_comments(text, end), &lines), text::below(text, end, &lines)]
}

/// The innermost table above dotted keys that has brackets or a body of its own, and the names from there.
fn undotted<'n>(chain: &Chain<'n>, at: &'n Node, name: &str) -> (&'n Node, Vec<String>) {
    let (mut table, mut first) = (at, chain.len());
    while table.form == Form::Dotted && first > 0 {
        first -= 1;
        table = chain[first].0;
    }
    (table, [names(&chain[first..]), vec![name.to_owned()]].concat())
}

fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Some(place) = outline::place(text, &root, wanted)? else { return Ok(Vec::new()) };
    let (at, eol, is_root) = (place.at, text::eol(text), place.chain.is_empty());
    let path = |name: &str| [names(&place.chain), vec![name.to_owned()]].concat();
    let ways = match (&place.what, at.form) {
        (What::Entry(name, value), Form::Flow) => {
            vec![flow::append(text, at, COMMENTS, &Empty::Line { pad: " " }, &|_| format!("{} = {}", key(name), write_inline(value)))]
        }
        (What::Element(value), Form::Flow) => {
            vec![flow::append(text, at, COMMENTS, &Empty::Line { pad: "" }, &|_| write_inline(value))]
        }
        (What::Entry(name, value), Form::Dotted) => {
            let (table, path) = undotted(&place.chain, at, name);
            let written = format!("{} = {}", header(&path), write_inline(value));
            if table.form == Form::Flow {
                vec![flow::append(text, table, COMMENTS, &Empty::Line { pad: " " }, &|_| written.clone())]
            } else {
                let start = text::line_start(text, at.start);
                let indent = text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len();
                let last = body(at).into_iter().map(Entry::end).max().unwrap_or(at.end);
                vec![vec![text::below(text, last, &format!("{}{written}", &text[start..start + indent]))]]
            }
        }
        (What::Entry(name, value), _) if is_section(value) => {
            section(text, at.end, is_root, &sections(&path(name), value, eol)).into_iter().map(|edit| vec![edit]).collect()
        }
        (What::Entry(name, value), Form::Implicit) => {
            let table = value::nest(std::slice::from_ref(name), value.clone());
            section(text, at.end, is_root, &sections(&names(&place.chain), &table, eol)).into_iter().map(|edit| vec![edit]).collect()
        }
        (What::Entry(name, value), _) => {
            let written = format!("{} = {}", key(name), write(value, eol));
            line(text, at, is_root, &written).into_iter().map(|edit| vec![edit]).collect()
        }
        (What::Element(value) | What::Fill(value), _) => {
            let table = Value::from(vec![value.clone()]);
            section(text, at.end, is_root, &sections(&names(&place.chain), &table, eol)).into_iter().map(|edit| vec![edit]).collect()
        }
    };
    Ok(ways.into_iter().map(|edits| Candidate { edits, expected: place.expected.clone() }).collect())
}

fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Some(chain) = outline::find(text, &root, wanted)? else { return Ok(Vec::new()) };
    let mut candidates = Vec::new();
    for chain in outline::prunings(&chain) {
        let Some((container, index)) = chain.last() else { continue };
        let expected = outline::without(&root, chain, None);
        if container.form == Form::Flow {
            for edits in flow::remove(text, container, *index, COMMENTS) {
                candidates.extend(outline::candidate(edits, expected.clone()));
            }
            continue;
        }
        let items = container.items();
        let Some(item) = items.get(*index) else { continue };
        if container.form == Form::Dotted
            && let Some(comma) = text[..item.start].rfind(',')
        {
            // Inside an inline table; elsewhere this is not the document that must come out.
            candidates.extend(outline::candidate(vec![Edit::cut(comma..item.end)], expected.clone()));
        }
        let mut ways = vec![text::cut_lines(text, item.start, item.end)];
        ways.extend(text::cuts_with_blanks(text, item.start, item.end));
        // A header behind those of the tables inside it is there for this entry alone.
        if container.form == Form::Section && body(container).len() == 1 && items.iter().any(|other| other.start < container.start) {
            ways.insert(0, text::cut_lines(text, container.start, item.end));
            ways.insert(0, text::cut_lines(text, text::blanks_above(text, container.start), item.end));
        }
        let next = text::next_line(text, item.end);
        if next < text.len() && text::is_blank(&text[next..text::next_line(text, next)]) {
            ways.push(text::cut_lines(text, item.start, next));
        }
        for edit in ways {
            candidates.extend(outline::candidate(vec![edit], expected.clone()));
        }
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use crate::contribute::{
        Contribution, Format,
        tests::{Case, at},
    };

    fn toml(pointer: &str, key: &str, value: &str) -> Contribution {
        at(Format::Toml, pointer, key, value)
    }

    #[test]
    fn a_key_goes_into_the_body_of_its_table() {
        for (before, after) in [
            ("[a]\nx = 1 # c\n# end\n\n# b\n[b]\n", "[a]\nx = 1 # c\n# end\nk = \"v\"\n\n# b\n[b]\n"),
            ("[a] # c\n[a.b]\ny = 1\n", "[a] # c\nk = \"v\"\n[a.b]\ny = 1\n"),
            ("[a]\r\n  x = 1\r\n", "[a]\r\n  x = 1\r\n  k = \"v\"\r\n"),
            ("[a]\nx = [\n  1,\n]", "[a]\nx = [\n  1,\n]\nk = \"v\""),
            ("a = { x = 1 } # c\n", "a = { x = 1, k = \"v\" } # c\n"),
            ("a.x = 1\nb = 2\n", "a.x = 1\na.k = \"v\"\nb = 2\n"),
            ("[t]\nq.a.b = 1\n[a]\nx = 1\n", "[t]\nq.a.b = 1\n[a]\nx = 1\nk = \"v\"\n"),
            ("# c\n", "# c\n\n[a]\nk = \"v\"\n"),
            ("", "[a]\nk = \"v\"\n"),
            ("[a.b]\nx = 1\n\n[c]\n", "[a.b]\nx = 1\n\n[a]\nk = \"v\"\n\n[c]\n"),
        ] {
            let case = Case::of(before, &[toml("/a", "k", "'v'")]).becomes(after);
            if !before.starts_with("[a.b]") {
                case.and_back();
            }
        }
        Case::of("[t]\nq.a.b = 1\n", &[toml("/t/q/a", "c", "2")]).becomes("[t]\nq.a.b = 1\nq.a.c = 2\n").and_back();
        Case::of("# c\n\n# a\n[a]\n", &[toml("", "k", "1")]).becomes("# c\n\nk = 1\n\n# a\n[a]\n").and_back();
    }

    #[test]
    fn a_table_is_a_section_behind_its_relatives() {
        let ruff = || toml("/tool", "ruff", "{ line-length = 100, lint = { select = ['E', 'F'] } }");
        let section = "[tool.ruff]\nline-length = 100\n\n[tool.ruff.lint]\nselect = [\"E\", \"F\"]\n";
        Case::of("[tool.x]\na = 1\n\n[z]\n", &[ruff()]).becomes(&format!("[tool.x]\na = 1\n\n{section}\n[z]\n")).and_back();
        Case::of("[project]\na = 1\n", &[ruff()]).becomes(&format!("[project]\na = 1\n\n{section}")).and_back();
        Case::of("tool = { x = 1 }\n", &[ruff()])
            .becomes("tool = { x = 1, ruff = { line-length = 100, lint = { select = [\"E\", \"F\"] } } }\n")
            .and_back();
    }

    #[test]
    fn lists_grow_in_their_own_manner() {
        for (before, after) in [
            ("l = [1, 2]\n", "l = [1, 2, 3]\n"),
            ("l = [\n  1, # one\n  2\n]\n", "l = [\n  1, # one\n  2,\n  3\n]\n"),
            ("l = [\n    1,\n    # own\n    2, # two\n]\n", "l = [\n    1,\n    # own\n    2, # two\n    3,\n]\n"),
            ("m = 1\n", "m = 1\nl = [3]\n"),
        ] {
            Case::of(before, &[toml("/l", "-", "3")]).becomes(after).and_back();
        }
        Case::of("[[bin]]\nname = \"a\"\n\n[b]\n", &[toml("/bin", "-", "{ name = 'b' }")])
            .becomes("[[bin]]\nname = \"a\"\n\n[[bin]]\nname = \"b\"\n\n[b]\n")
            .and_back();
        Case::of("a = 1\n", &[toml("/bin", "-", "{ name = 'b' }")]).becomes("a = 1\n\n[[bin]]\nname = \"b\"\n").and_back();
    }

    #[test]
    fn what_cannot_be_is_said() {
        Case::of("\n[a]\nk = 1\n", &[toml("/a", "k", "2")])
            .fails(&["f:3: `/a/k` is `1`, not `2` as the contribution asks (make the two equal, or do without one of them)"]);
        Case::of("a = \n", &[toml("/a", "k", "2")])
            .fails(&["f:1: is not TOML: string values must be quoted, expected literal string, so `/a/k` cannot be placed in it"]);
        Case::of("d = 2026-01-01\n", &[toml("", "d", "'2026-01-01'")]).fails(&[
            "f:1: `/d` is `\"2026-01-01\"`, not `\"2026-01-01\"` as the contribution asks (make the two equal, or do without one of them)",
        ]);
        Case::of("d = 2026-01-01\n", &[toml("", "d", "2026-01-01")]).stays();
        Case::of("", &[toml("", "d", "[2026-01-01, nan, -inf]")]).becomes("d = [2026-01-01, nan, -inf]\n").and_back();
    }
}
