//! YAML: block mappings and sequences grow by lines, flow ones inside their brackets.

mod read;
mod write;

use std::ops::Range;

use serde_json::Value;

use self::{
    read::parse,
    write::{Manner, key, write_flow},
};
use super::{
    Candidate, Grammar, Wanted,
    flow::{self, Empty},
    outline::{self, Form, Kind, Node, What},
    text::{self, Edit},
};
use crate::error::Fault;

const COMMENTS: &[&str] = &["#"];

pub(super) const GRAMMAR: Grammar =
    Grammar { model: |text| Ok(parse(text)?.map_or(Value::Null, |root| root.value)), add, take, comments: COMMENTS };

/// The column in which a block's keys or dashes stand.
fn column(text: &str, node: &Node) -> Option<usize> {
    match &node.kind {
        Kind::Map(entries) if node.form == Form::Block => {
            entries.first().map(|entry| text[text::line_start(text, entry.start)..entry.start].chars().count())
        }
        Kind::List(nodes) if node.form == Form::Block => nodes.iter().find_map(|node| {
            let dash = dash(text, node)?;
            Some(text[text::line_start(text, dash)..dash].chars().count())
        }),
        _ => None,
    }
}

/// Where the dash of a list's element stands, if it stands on the element's line.
fn dash(text: &str, element: &Node) -> Option<usize> {
    let before = text[text::line_start(text, element.start)..element.start].trim_end_matches([' ', '\t']);
    before.ends_with('-').then(|| text::line_start(text, element.start) + before.len() - 1)
}

/// Where lines that follow the byte before `end`, at `column`, may be put; the best first. Comments that stand as deep belong to what is
/// there already.
fn below(text: &str, end: usize, column: usize, body: &str) -> Vec<Edit> {
    let mut last = end;
    let mut next = text::next_line(text, end);
    let mut last_line = end;
    while next < text.len() {
        let line = &text[next..text::next_line(text, next)];
        let content = line.trim_start_matches([' ', '\t']);
        let depth = line.len() - content.len();
        if !text::is_blank(line) && !content.starts_with('#') {
            break;
        }
        if content.starts_with('#') && depth >= column {
            last = next;
        }
        last_line = next;
        next += line.len();
    }
    let mut edits = vec![text::below(text, last, body), text::below(text, end, body), text::below(text, last_line, body)];
    edits.dedup();
    edits
}

/// Whether a new entry is set off from the last one by a blank line, as the others are.
fn is_set_off(text: &str, node: &Node, column: usize, body: &str) -> bool {
    let items = node.items();
    let is_long = |range: &Range<usize>| text[range.clone()].contains('\n');
    match items.as_slice() {
        [.., before, last] => {
            text::blanks_above(text, comment_above(text, last.start)) < text::line_start(text, comment_above(text, last.start))
                && last.start > before.end
        }
        [only] => column == 0 && matches!(node.kind, Kind::Map(_)) && (is_long(only) || body.contains('\n')),
        [] => false,
    }
}

/// Where the comments directly above the line of `at` start.
fn comment_above(text: &str, at: usize) -> usize {
    let mut start = text::line_start(text, at);
    while start > 0 {
        let above = text::line_start(text, start - 1);
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let manner = Manner::of(text, root.as_ref());
    let nothing = Node { start: text.len(), end: text.len(), form: Form::Flow, kind: Kind::Empty, value: Value::Null };
    let Some(place) = outline::place(text, root.as_ref().unwrap_or(&nothing), wanted)? else { return Ok(Vec::new()) };
    let node = place.at;
    if node.form == Form::Flow && !matches!(node.kind, Kind::Empty) {
        let edits = flow::append(text, node, COMMENTS, &Empty::Line { pad: "" }, &|_| match &place.what {
            What::Entry(name, value) => format!("{}: {}", key(name, true), write_flow(value)),
            What::Element(value) | What::Fill(value) => write_flow(value),
        });
        return Ok(vec![Candidate { edits, expected: place.expected }]);
    }
    let (end, column) = match (&place.what, place.chain.last()) {
        (What::Fill(_), None) => (node.end, 0),
        (What::Fill(value), Some((parent, index))) => {
            let end = parent.items().get(*index).map_or(node.end, |item| item.end);
            let inside = match (&parent.kind, value) {
                (Kind::List(_), _) => manner.dash,
                (_, Value::Array(_)) => manner.list,
                _ => manner.step,
            };
            (end, column(text, parent).map_or(0, |column| column + inside))
        }
        _ => (node.end, column(text, node).unwrap_or(0)),
    };
    let margin = " ".repeat(column);
    let body = match &place.what {
        What::Entry(name, value) => format!("{margin}{}", manner.entry(name, value, column)),
        What::Element(value) => format!("{margin}{}", manner.element(value, column)),
        What::Fill(value) => manner.block(value, column),
    };
    let mut edits = below(text, end, column, &body);
    if is_set_off(text, node, column, &body) {
        // Behind a block scalar that keeps its blank lines there cannot be one more.
        edits.splice(0..0, below(text, end, column, &format!("\n{body}")));
    }
    let candidate = |edit: Edit| Candidate { edits: vec![edit], expected: place.expected.clone() };
    Ok(edits.into_iter().map(candidate).collect())
}

fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let root = parse(text).map_err(|broken| broken.fault(wanted))?;
    let Some(root) = root else { return Ok(Vec::new()) };
    let Some(chain) = outline::find(text, &root, wanted)? else { return Ok(Vec::new()) };
    let mut candidates = Vec::new();
    for chain in outline::prunings(&chain) {
        let Some((container, index)) = chain.last() else { continue };
        if container.form == Form::Flow {
            for edits in flow::remove(text, container, *index, COMMENTS) {
                candidates.extend(outline::candidate(edits, outline::without(&root, chain, None)));
            }
            continue;
        }
        let items = container.items();
        let Some(item) = items.get(*index) else { continue };
        let start = match &container.kind {
            Kind::List(nodes) => nodes.get(*index).and_then(|node| dash(text, node)).unwrap_or(item.start),
            _ => item.start,
        };
        let expected = outline::without(&root, chain, Some(Value::Null));
        let mut ways = Vec::new();
        if text::indent(text, start).is_some() {
            ways.push(text::cut_lines(text, start, item.end));
            ways.extend(text::cuts_with_blanks(text, start, item.end));
        } else if let Some(next) = items.get(index + 1) {
            ways.push(Edit::cut(start..next.start));
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

    fn yaml(pointer: &str, key: &str, value: &str) -> Contribution {
        at(Format::Yaml, pointer, key, value)
    }

    const COMPOSE: &str = "# who runs what
services:
  db:
    image: \"postgres:18\"   # pinned
    ports:
      - \"5432:5432\"
    # end of db

# data
volumes:
  data:
";

    #[test]
    fn a_service_is_written_as_its_neighbours_are() {
        let cache = yaml("/services", "cache", "{ image = 'redis:8', command = ['redis-server', '--save', ''], restart = 'no' }");
        Case::of(COMPOSE, std::slice::from_ref(&cache))
            .becomes(
                "# who runs what
services:
  db:
    image: \"postgres:18\"   # pinned
    ports:
      - \"5432:5432\"
    # end of db
  cache:
    image: redis:8
    command:
      - redis-server
      - \"--save\"
      - \"\"
    restart: \"no\"

# data
volumes:
  data:
",
            )
            .and_back();
        Case::of("services:\n    db:\n        ports:\n        - a\n", std::slice::from_ref(&cache))
            .becomes("services:\n    db:\n        ports:\n        - a\n    cache:\n        image: redis:8\n        command:\n        - redis-server\n        - \"--save\"\n        - \"\"\n        restart: \"no\"\n")
            .and_back();
        Case::of("services:\r\n  db: {}\r\n\r\n  app: {}", &[yaml("/services", "x", "1")])
            .becomes("services:\r\n  db: {}\r\n\r\n  app: {}\r\n\r\n  x: 1")
            .and_back();
    }

    #[test]
    fn parents_are_made_and_taken_out_again() {
        Case::of(COMPOSE, &[yaml("/services/app/healthcheck", "test", "['CMD', 'true']")])
            .becomes(&COMPOSE.replace(
                "    # end of db\n",
                "    # end of db\n  app:\n    healthcheck:\n      test:\n        - CMD\n        - \"true\"\n",
            ))
            .and_back();
        for (before, after) in [
            ("", "a:\n  b: 1\n"),
            ("# c\n", "# c\na:\n  b: 1\n"),
            ("---\n", "---\na:\n  b: 1\n"),
            ("x: 1", "x: 1\n\na:\n  b: 1"),
            ("x: 1\n...\n", "x: 1\n\na:\n  b: 1\n...\n"),
        ] {
            Case::of(before, &[yaml("/a", "b", "1")]).becomes(after).and_back();
        }
        Case::of("a: # why\n  # none\nc: 1\n", &[yaml("/a", "b", "1")]).becomes("a: # why\n  # none\n  b: 1\nc: 1\n");
    }

    #[test]
    fn lists_grow_in_their_own_manner() {
        for (before, after) in [
            ("l:\n- a\n- b # c\nm: 1\n", "l:\n- a\n- b # c\n- z\nm: 1\n"),
            ("l:\n  -   a\n", "l:\n  -   a\n  -   z\n"),
            ("l: [a, b] # c\n", "l: [a, b, z] # c\n"),
            ("l: [a,b,]\n", "l: [a,b,z,]\n"),
            ("l: [\n  a, # first\n  b # second\n]\n", "l: [\n  a, # first\n  b, # second\n  z\n]\n"),
            ("l:\n  - k: 1\n\n  - k: 2\n", "l:\n  - k: 1\n\n  - k: 2\n\n  - z\n"),
            ("l:\n  - |\n    text\n    # no comment\nm: 1\n", "l:\n  - |\n    text\n    # no comment\n  - z\nm: 1\n"),
            ("m: 1\n", "m: 1\n\nl:\n  - z\n"),
        ] {
            Case::of(before, &[yaml("/l", "-", "'z'")]).becomes(after).and_back();
        }
        Case::of("l: []\n", &[yaml("/l", "", "'z'")]).becomes("l: [z]\n");
        Case::of("l:\nm: 1\n", &[yaml("/l", "", "'z'")]).becomes("l:\n  - z\nm: 1\n");
        Case::of("l: [\"z\"]\n", &[yaml("/l", "", "'z'")]).stays();
    }

    #[test]
    fn workflow_steps_keep_their_order_and_their_scripts() {
        let steps = yaml(
            "/jobs/build/steps",
            "-",
            "[{ name = 'Test', run = \"\"\"./mvnw verify\n\n# report\n\"\"\" }, { uses = 'actions/upload-artifact@v4', if = '${{ always() }}' }]",
        );
        Case::of("on: [push]\njobs:\n  build:\n    steps:\n      - uses: actions/checkout@v5\n", &[steps])
            .becomes(
                "on: [push]
jobs:
  build:
    steps:
      - uses: actions/checkout@v5
      - name: Test
        run: |
          ./mvnw verify

          # report
      - uses: actions/upload-artifact@v4
        if: ${{ always() }}
",
            )
            .and_back();
    }

    #[test]
    fn one_contribution_may_stand_inside_another() {
        let both = [yaml("/services", "app", "{ image = 'app', depends_on = ['db'] }"), yaml("/services/app/environment", "URL", "'x'")];
        let both_in = "services:\n  app:\n    image: app\n    depends_on:\n      - db\n    environment:\n      URL: x\n";
        Case::of("", &both).becomes(both_in).and_back();
        Case::of("services:\n  app:\n    depends_on: [db]\n    image: app\n", &both)
            .becomes("services:\n  app:\n    depends_on: [db]\n    image: app\n    environment:\n      URL: x\n");
        Case::of(both_in, &both[..1])
            .fails(&["f:2: `/services/app` is `{\"image\":\"app\",\"depends_on\":[\"db\"],\"environment\":{\"URL\":\"x\"}}`, \
             not `{\"image\":\"app\",\"depends_on\":[\"db\"]}` as the contribution asks (make the two equal, or do without one of them)"]);
    }

    #[test]
    fn what_is_not_safe_is_refused() {
        let x = || yaml("/a", "x", "1");
        let by_hand = "f: there is no place where `/a/x` could go without changing something else (add it by hand: `1`)";
        for (before, fault) in [
            ("a: {b: 1}\n---\na: 2\n", "f:3: holds several YAML documents, so `/a/x` cannot be placed in it"),
            ("b: &b {c: 1}\na: *b\n", "f:2: there is an alias where `/a/x` requires a table: `{\"c\":1}`"),
            ("a: &a\n  c: 1\nb: *a\n", by_hand),
            ("b: &b {x: 1}\na:\n  <<: *b\n", "f:3: `/a/x` would shadow the `x` that `<<` brings in"),
            ("a: ~\n", "f:1: there is a scalar where `/a/x` requires a table: `null`"),
            ("a: [1]\n", "f:1: there is a list where `/a/x` requires a table"),
            ("a: {x: 2}\n", "f:1: `/a/x` is `2`, not `1` as the contribution asks (make the two equal, or do without one of them)"),
            ("a: b: c\n", "f:1: is not YAML: mapping values are not allowed in this context, so `/a/x` cannot be placed in it"),
            ("a: {x: 1}\na: {x: 1}\n", "f:2: the key `a` is there twice"),
        ] {
            Case::of(before, &[x()]).fails(&[fault]);
        }
        Case::of("a: &a\n  c: 1\nb: 2\n", &[x()]).becomes("a: &a\n  c: 1\n  x: 1\nb: 2\n").and_back();
        Case::of("a: {b: {c: 1}}\n", &[x()]).becomes("a: {b: {c: 1}, x: 1}\n").and_back();
    }

    #[test]
    fn differences_that_are_none_are_seen() {
        Case::of("'a': {\"x\": 0x1}\n", &[yaml("/a", "x", "1")]).stays();
        Case::of("a:\n  x: >-\n    one\n    two\n", &[yaml("/a", "x", "'one two'")]).stays();
    }

    #[test]
    fn what_was_changed_is_left() {
        let x = || [yaml("/a", "x", "{ y = 1 }")];
        Case::of("a:\n  x:\n    y: 2\n", &x())
            .keeps("a:\n  x:\n    y: 2\n", &["f:2: left `/a/x`: it is `{\"y\":2}` now (take it out by hand)"]);
        Case::of("a:\n  x:\n    # mine\n    y: 1\n", &x())
            .keeps("a:\n  x:\n    # mine\n    y: 1\n", &["f: left `/a/x`: there is a comment in it (take it out by hand)"]);
        Case::of("a:\n  # mine\n  x:\n    y: 1\n  z: 1\n", &x()).keeps("a:\n  # mine\n  z: 1\n", &[]);
        Case::of("l:\n  - a: 1\n    b: 2\n", &[yaml("/l/0", "a", "1")]).keeps("l:\n  - b: 2\n", &[]);
    }
}
