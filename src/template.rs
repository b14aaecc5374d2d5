//! Templates: the tags that are ours, told apart from everything that only looks like one.
//!
//! Names in our tags are dotted (`a.name`) or bound (`as |x|`), so braces of other languages pass untouched. What is not a tag
//! never reaches handlebars: its parser is the slow part of rendering, and the literal text needs no parsing.

use std::{borrow::Cow, ops::Range};

use memchr::{memchr, memchr_iter, memmem::Finder, memrchr};

use crate::{
    error::{Fault, nearest},
    manifest::Number,
};

/// The roots of dotted names.
pub const ROOTS: [&str; 5] = ["a", "v", "stack", "course", "m"];

/// Helpers that an expression may start with, besides handlebars' own comparisons.
pub const HELPERS: [&str; 8] = ["join", "json", "lower", "upper", "add", "shell", "indent", "fill"];

const BLOCKS: [&str; 6] = ["solution", "trap", "hidden", "if", "unless", "each"];

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its file, for messages.
    pub place: String,
    text: Cow<'static, str>,
    /// What it consists of.
    pub nodes: Vec<Node>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Node {
    /// Text that stands for itself.
    Literal(Range<usize>),
    /// `{{a.name}}`: a name that does not depend on a loop.
    Value {
        /// The dotted name.
        path: String,
        /// Line in the template, from 1.
        line: usize,
    },
    /// Any other expression; handlebars evaluates it.
    Expression(Tag),
    /// `{{> partial}}`, its template put in place.
    Partial(Template),
    /// `{{#solution N}}`.
    Solution {
        /// From which milestone on, highest first.
        branches: Vec<(Number, Vec<Node>)>,
        /// Before all of them.
        rest: Vec<Node>,
        /// Line in the template, from 1.
        line: usize,
    },
    /// `{{#trap name}}`.
    Trap {
        /// The trap's name.
        name: String,
        /// With the trap.
        wrong: Vec<Node>,
        /// Without it.
        right: Vec<Node>,
        /// Line in the template, from 1.
        line: usize,
    },
    /// `{{#hidden}}`.
    Hidden {
        /// For the grader.
        shown: Vec<Node>,
        /// For the learner.
        instead: Vec<Node>,
    },
    /// `{{#if}}`, `{{#unless}}`, `{{#each}}`; handlebars evaluates it.
    Control {
        /// Opening tag or `else` tag, and what follows it.
        branches: Vec<(Tag, Vec<Node>)>,
        /// `{{/if}}`
        close: String,
    },
}

/// A tag that handlebars evaluates.
#[derive(Clone, Debug)]
pub struct Tag {
    /// With its braces.
    pub text: String,
    /// The dotted names in it, as written.
    pub names: Vec<String>,
    /// What `as |…|` binds in it: the list's name and the bound ones.
    pub binds: Option<(String, Vec<String>)>,
    /// Line in the template, from 1.
    pub line: usize,
}

impl Template {
    /// Parses `text`. `partial` gives the text of a partial by its name. All faults at once.
    pub fn parse(
        place: &str,
        text: impl Into<Cow<'static, str>>,
        partial: &dyn Fn(&str) -> Option<Cow<'static, str>>,
    ) -> Result<Self, Vec<Fault>> {
        parse(place, text.into(), partial, &mut Vec::new(), &[])
    }

    /// A literal's text.
    pub fn literal(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    /// All nodes, those inside blocks and partials too, with the template they stand in.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&'t Self, &'t Node)) {
        self.walk_nodes(&self.nodes, visit);
    }

    fn walk_nodes<'t>(&'t self, nodes: &'t [Node], visit: &mut dyn FnMut(&'t Self, &'t Node)) {
        for node in nodes {
            visit(self, node);
            match node {
                Node::Literal(_) | Node::Value { .. } | Node::Expression(_) => {}
                Node::Partial(template) => template.walk(visit),
                Node::Solution { branches, rest, .. } => {
                    for (_, nodes) in branches {
                        self.walk_nodes(nodes, visit);
                    }
                    self.walk_nodes(rest, visit);
                }
                Node::Trap { wrong, right, .. } => {
                    self.walk_nodes(wrong, visit);
                    self.walk_nodes(right, visit);
                }
                Node::Hidden { shown, instead } => {
                    self.walk_nodes(shown, visit);
                    self.walk_nodes(instead, visit);
                }
                Node::Control { branches, .. } => {
                    for (_, nodes) in branches {
                        self.walk_nodes(nodes, visit);
                    }
                }
            }
        }
    }
}

/// What stands between the braces.
#[derive(Debug)]
enum Kind<'t> {
    Open { block: &'static str, rest: &'t str },
    Else { rest: &'t str },
    Close { block: &'t str },
    Partial { name: &'t str },
    Comment,
    Value,
    Expression,
}

struct Found<'t> {
    kind: Kind<'t>,
    span: Range<usize>,
    line: usize,
}

/// Text that stands for itself, and how many tags come before it.
struct Literal {
    tags: usize,
    range: Range<usize>,
}

/// A branch of a block: what its tag says, the tag's line, and what stands in it.
type Part<'t> = (&'t str, usize, Vec<Node>);

/// An open block while parsing.
struct Frame<'t> {
    block: &'static str,
    line: usize,
    /// What stood before the block.
    before: Vec<Node>,
    /// The branches that have ended.
    parts: Vec<Part<'t>>,
    /// What the tag of the open one says, and its line.
    open: (&'t str, usize),
}

fn parse(
    place: &str,
    text: Cow<'static, str>,
    partial: &dyn Fn(&str) -> Option<Cow<'static, str>>,
    including: &mut Vec<String>,
    outer: &[String],
) -> Result<Template, Vec<Fault>> {
    let mut faults = Vec::new();
    let nodes = nodes(place, &text, partial, including, outer, &mut faults);
    if faults.is_empty() { Ok(Template { place: place.to_owned(), text, nodes }) } else { Err(faults) }
}

fn nodes(
    place: &str,
    text: &str,
    partial: &dyn Fn(&str) -> Option<Cow<'static, str>>,
    including: &mut Vec<String>,
    outer: &[String],
    faults: &mut Vec<Fault>,
) -> Vec<Node> {
    let (tags, literals) = scan(place, text, outer, faults);
    let mut literals = literals.into_iter().peekable();
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        while let Some(literal) = literals.next_if(|literal| literal.tags <= index) {
            nodes.extend((!literal.range.is_empty()).then_some(Node::Literal(literal.range)));
        }
        let inner = tag_content(text, &tag.span);
        match &tag.kind {
            Kind::Comment => {}
            Kind::Value => nodes.push(Node::Value { path: inner.to_owned(), line: tag.line }),
            Kind::Expression => nodes.push(Node::Expression(expression(text[tag.span.clone()].to_owned(), inner, tag.line))),
            Kind::Partial { name } => {
                let indent = standalone_indent(text, &tag.span);
                match include(place, name, indent, tag.line, partial, including, &bound(&frames)) {
                    Ok(template) => nodes.push(Node::Partial(template)),
                    Err(more) => faults.extend(more),
                }
            }
            Kind::Open { block, rest } => {
                if *block == "solution" && frames.iter().any(|frame| frame.block == "solution") {
                    faults.push(Fault::new(place, "`{{#solution}}` stands inside another one").at(tag.line));
                }
                let before = std::mem::take(&mut nodes);
                frames.push(Frame { block, line: tag.line, before, parts: Vec::new(), open: (rest, tag.line) });
            }
            Kind::Else { rest } => match frames.last_mut() {
                Some(frame) => {
                    let (head, line) = std::mem::replace(&mut frame.open, (rest, tag.line));
                    frame.parts.push((head, line, std::mem::take(&mut nodes)));
                }
                None => faults.push(
                    Fault::new(place, "`{{else}}` stands outside any block")
                        .at(tag.line)
                        .hint("write `\\{{else}}` if it is another language's"),
                ),
            },
            Kind::Close { block } => match frames.pop() {
                Some(frame) if frame.block == *block => {
                    let (before, node) = close(place, frame, std::mem::take(&mut nodes), faults);
                    nodes = before;
                    nodes.push(node);
                }
                Some(frame) => {
                    faults.push(
                        Fault::new(place, format!("`{{{{/{block}}}}}` closes `{{{{#{}}}}}` of line {}", frame.block, frame.line))
                            .at(tag.line),
                    );
                    frames.push(frame);
                }
                None => faults.push(Fault::new(place, format!("`{{{{/{block}}}}}` closes nothing")).at(tag.line)),
            },
        }
    }
    nodes.extend(literals.filter(|literal| !literal.range.is_empty()).map(|literal| Node::Literal(literal.range)));
    for frame in frames {
        faults.push(Fault::new(place, format!("`{{{{#{}}}}}` is never closed", frame.block)).at(frame.line));
    }
    nodes
}

/// The names that the open `each` blocks bind.
fn bound(frames: &[Frame<'_>]) -> Vec<String> {
    // An `{{else}}` may have come since.
    let heads = frames.iter().map(|frame| frame.parts.first().map_or(frame.open.0, |(head, _, _)| head));
    heads.filter_map(binding).flat_map(|(_, names)| names).collect()
}

fn include(
    place: &str,
    name: &str,
    indent: &str,
    line: usize,
    partial: &dyn Fn(&str) -> Option<Cow<'static, str>>,
    including: &mut Vec<String>,
    outer: &[String],
) -> Result<Template, Vec<Fault>> {
    if including.iter().any(|open| open == name) {
        return Err(vec![Fault::new(place, format!("partial `{name}` includes itself")).at(line)]);
    }
    let Some(text) = partial(name) else {
        return Err(vec![Fault::new(place, format!("unknown partial `{name}`")).at(line)]);
    };
    let text = if indent.is_empty() { text } else { indented(&text, indent).into() };
    including.push(name.to_owned());
    let parsed = parse(&format!("partials/{name}.hbs"), text, partial, including, outer);
    including.pop();
    parsed
}

fn indented(text: &str, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches(['\r', '\n']).is_empty() {
            out.push_str(indent);
        }
        out.push_str(line);
    }
    out
}

/// The node that a closed block makes, and what stood before it.
fn close(place: &str, frame: Frame<'_>, last: Vec<Node>, faults: &mut Vec<Fault>) -> (Vec<Node>, Node) {
    let Frame { block, line, before, mut parts, open: (head, at) } = frame;
    parts.push((head, at, last));
    let node = match block {
        "solution" => solution(place, line, parts, faults),
        "trap" | "hidden" => two_sided(place, block, line, parts, faults),
        _ => control(block, parts),
    };
    (before, node)
}

fn solution(place: &str, line: usize, parts: Vec<Part<'_>>, faults: &mut Vec<Fault>) -> Node {
    let mut branches: Vec<(Number, Vec<Node>)> = Vec::new();
    let mut rest = None;
    for (index, (head, at, body)) in parts.into_iter().enumerate() {
        let number = if index == 0 { head.trim() } else { head.trim().strip_prefix("solution").unwrap_or(head.trim()).trim() };
        if rest.is_some() {
            faults.push(Fault::new(place, "a branch follows the closing `{{else}}` of a `{{#solution}}` chain").at(at));
        } else if number.is_empty() && index > 0 {
            rest = Some(body);
        } else {
            match number.parse::<Number>() {
                Ok(number) if number > 0 => {
                    if branches.last().is_some_and(|(above, _)| *above <= number) {
                        faults.push(
                            Fault::new(
                                place,
                                format!("`solution {number}` follows a lower or equal one; a chain goes from the highest down"),
                            )
                            .at(at),
                        );
                    }
                    branches.push((number, body));
                }
                _ => faults.push(Fault::new(place, format!("`solution {number}` wants the number of a milestone, from 1")).at(at)),
            }
        }
    }
    Node::Solution { branches, rest: rest.unwrap_or_default(), line }
}

fn two_sided(place: &str, block: &str, line: usize, parts: Vec<Part<'_>>, faults: &mut Vec<Fault>) -> Node {
    let name = parts.first().map_or("", |(head, _, _)| head.trim());
    let wants_name = block == "trap";
    if wants_name == name.is_empty() || name.contains(char::is_whitespace) {
        faults.push(Fault::new(place, format!("write `{{{{#{block}{}}}}}`", if wants_name { " name" } else { "" })).at(line));
    }
    if let Some((head, at, _)) = parts.iter().skip(1).find(|(head, _, _)| !head.trim().is_empty()) {
        faults.push(Fault::new(place, format!("`{{{{else {head}}}}}` has no meaning in `{{{{#{block}}}}}`")).at(*at));
    }
    if let Some((_, at, _)) = parts.get(2) {
        faults.push(Fault::new(place, format!("a second `{{{{else}}}}` in `{{{{#{block}}}}}`")).at(*at));
    }
    let mut sides = parts.into_iter().map(|(_, _, body)| body);
    let (first, second) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
    if wants_name {
        Node::Trap { name: name.to_owned(), wrong: first, right: second, line }
    } else {
        Node::Hidden { shown: first, instead: second }
    }
}

fn control(block: &str, parts: Vec<Part<'_>>) -> Node {
    let branches = parts
        .into_iter()
        .enumerate()
        .map(|(index, (head, line, body))| {
            let text = match (index, head.trim()) {
                (0, head) => format!("{{{{#{block} {head}}}}}"),
                (_, "") => "{{else}}".to_owned(),
                (_, head) => format!("{{{{else {head}}}}}"),
            };
            (expression(text, head, line), body)
        })
        .collect();
    Node::Control { branches, close: format!("{{{{/{block}}}}}") }
}

fn expression(text: String, inner: &str, line: usize) -> Tag {
    Tag { text, names: names_in(inner), binds: binding(inner), line }
}

/// `stack.modules as |module|` → (`stack.modules`, [`module`])
fn binding(head: &str) -> Option<(String, Vec<String>)> {
    // Most blocks bind nothing, and looking for one byte is cheaper.
    if !head.as_bytes().contains(&b'|') {
        return None;
    }
    let (list, rest) = head.split_once(" as |")?;
    let names = rest.split_once('|')?.0.split_whitespace().map(str::to_owned).collect();
    Some((list.split_whitespace().last()?.to_owned(), names))
}

/// The dotted names and lone words in an expression, without its quoted texts, helpers and loop variables.
fn names_in(inner: &str) -> Vec<String> {
    let mut names = Vec::new();
    let visible = inner.find('|').and_then(|_| inner.split_once(" as |")).map_or(inner, |(before, _)| before);
    for (index, part) in visible.split('"').enumerate() {
        if index % 2 == 0 {
            let words = part.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '='));
            names.extend(words.filter(|word| is_dotted(word)).map(str::to_owned));
        }
    }
    names
}

fn is_name(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_digit()) && is_part(word)
}

fn is_part(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_dotted(word: &str) -> bool {
    word.contains('.') && word.split('.').enumerate().all(|(index, part)| if index == 0 { is_name(part) } else { is_part(part) })
}

fn tag_content<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    text[span.start + 2..span.end - 2].trim()
}

/// The blanks before a tag that stands alone on its line.
fn standalone_indent<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[start..span.start];
    let after = text[span.end..].split('\n').next().unwrap_or("");
    if before.trim().is_empty() && after.trim().is_empty() { before } else { "" }
}

/// Our tags, and the literal text before, between and after them, both in the order of the text.
fn scan<'t>(place: &str, text: &'t str, outer: &[String], faults: &mut Vec<Fault>) -> (Vec<Found<'t>>, Vec<Literal>) {
    let mut tags: Vec<Found<'t>> = Vec::new();
    let mut literals: Vec<Literal> = Vec::new();
    let mut scopes: Vec<Vec<String>> = vec![outer.to_vec()];
    let (mut from, mut at, mut line, mut counted) = (0, 0, 1, 0);
    let braces = Finder::new("{{");
    while let Some(found) = braces.find(&text.as_bytes()[at..]) {
        let start = at + found;
        line += memchr_iter(b'\n', &text.as_bytes()[counted..start]).count();
        counted = start;
        let before = text.as_bytes()[..start].last();
        if before == Some(&b'\\') {
            literals.push(Literal { tags: tags.len(), range: from..start - 1 });
            (from, at) = (start, start + 2);
            continue;
        }
        if text[start..].starts_with("{{{") && before != Some(&b'$') {
            at = start + 1;
            continue;
        }
        let Some(end) = closing(text, start).filter(|_| before != Some(&b'$')) else {
            at = start + 2;
            continue;
        };
        let span = start..end;
        match classify(tag_content(text, &span), &scopes) {
            Ok(Some(kind)) => {
                match &kind {
                    Kind::Open { rest, .. } => scopes.push(binding(rest).map(|(_, names)| names).unwrap_or_default()),
                    Kind::Close { .. } if scopes.len() > 1 => drop(scopes.pop()),
                    _ => {}
                }
                literals.push(Literal { tags: tags.len(), range: from..start });
                tags.push(Found { kind, span, line });
                (from, at) = (end, end);
            }
            Ok(None) => at = start + 2,
            Err((message, hint)) => {
                faults.push(Fault::new(place, message).at(line).hint(hint));
                at = end;
            }
        }
    }
    literals.push(Literal { tags: tags.len(), range: from..text.len() });
    trim_marker_lines(text, &tags, &mut literals);
    (tags, literals)
}

/// The end of the tag that opens at `start`: its `}}` on the same line (a comment's anywhere).
fn closing(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    if rest.starts_with("{{!--") {
        return rest.find("--}}").map(|end| start + end + 4);
    }
    let line = memchr(b'\n', rest.as_bytes()).map_or(rest, |end| &rest[..end]);
    // The first `}` that another one follows.
    memchr_iter(b'}', line.as_bytes()).find(|end| line.as_bytes().get(end + 1) == Some(&b'}')).map(|end| start + end + 2)
}

type Problem = (String, String);

/// What the tag is; `None` if it is not ours.
fn classify<'t>(inner: &'t str, scopes: &[Vec<String>]) -> Result<Option<Kind<'t>>, Problem> {
    let is_bound = |word: &str| scopes.iter().flatten().any(|name| name == word);
    let escape = || "write `\\{{` if it is another language's".to_owned();
    if let Some(rest) = inner.strip_prefix('#') {
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return match BLOCKS.iter().find(|block| **block == word) {
            Some(block) => Ok(Some(Kind::Open { block, rest: rest.trim() })),
            None => Err((
                format!("unknown block `{{{{#{word}}}}}`"),
                nearest(word, BLOCKS).map_or_else(escape, |near| format!("did you mean `{{{{#{near}}}}}`?")),
            )),
        };
    }
    if let Some(word) = inner.strip_prefix('/') {
        return if BLOCKS.contains(&word.trim()) {
            Ok(Some(Kind::Close { block: word.trim() }))
        } else {
            Err((format!("`{{{{/{word}}}}}` closes a block that stagekit does not know"), escape()))
        };
    }
    if inner.starts_with('!') {
        return Ok(Some(Kind::Comment));
    }
    if let Some(name) = inner.strip_prefix('>') {
        return Ok(Some(Kind::Partial { name: name.trim() }));
    }
    if inner == "else" || inner.starts_with("else ") {
        return Ok(Some(Kind::Else { rest: inner[4..].trim() }));
    }
    let word = inner.split_whitespace().next().unwrap_or("");
    if is_dotted(inner) {
        let root = inner.split('.').next().unwrap_or("");
        return if ROOTS.contains(&root) && !is_bound(root) {
            Ok(Some(Kind::Value))
        } else if is_bound(root) {
            Ok(Some(Kind::Expression))
        } else {
            let near = nearest(root, ROOTS.iter().copied().chain(scopes.iter().flatten().map(String::as_str)));
            Err((format!("undeclared name `{inner}`"), near.map_or_else(escape, |near| format!("did you mean `{near}.…`?"))))
        };
    }
    Ok((is_bound(inner) || matches!(inner, "@first" | "@last" | "@index" | "@key") || HELPERS.contains(&word) && word != inner)
        .then_some(Kind::Expression))
}

/// Takes the blanks and the line end away from lines that hold nothing but markers.
fn trim_marker_lines(text: &str, tags: &[Found<'_>], literals: &mut [Literal]) {
    let is_marker = |tag: &Found<'_>| !matches!(tag.kind, Kind::Value | Kind::Expression);
    let mut index = 0;
    while index < tags.len() {
        let start = memrchr(b'\n', &text.as_bytes()[..tags[index].span.start]).map_or(0, |newline| newline + 1);
        let mut last = index;
        let mut alone = is_marker(&tags[index]) && text[start..tags[index].span.start].trim().is_empty();
        loop {
            let after = tags[last].span.end;
            let end = memchr(b'\n', &text.as_bytes()[after..]).map_or(text.len(), |newline| after + newline + 1);
            match tags.get(last + 1) {
                Some(next) if next.span.start < end => {
                    alone = alone && is_marker(next) && text[after..next.span.start].trim().is_empty();
                    last += 1;
                }
                _ => {
                    if alone && text[after..end].trim().is_empty() {
                        cut(literals, &(start..end));
                    }
                    break;
                }
            }
        }
        index = last + 1;
    }
}

/// Takes `span` out of the literals.
fn cut(literals: &mut [Literal], span: &Range<usize>) {
    // They come in order and a line is short: only those that touch it are looked at, from a binary search on.
    let first = literals.partition_point(|literal| literal.range.end < span.start);
    for Literal { range, .. } in literals[first..].iter_mut().take_while(|literal| literal.range.start < span.end) {
        if range.start < span.end && span.start < range.end {
            if range.start >= span.start {
                range.start = range.end.min(span.end);
            } else {
                range.end = span.start;
            }
        }
    }
}
