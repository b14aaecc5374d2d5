//! A template under one rendition: blocks of the rendition resolved, literals put aside, only the tags left for handlebars.

use std::collections::HashMap;

use handlebars::{Context, Handlebars};
use serde_json::Value as Json;

use super::names::{CLOSE, Missing, Names, OPEN, lookup, split};
use super::truth::holds;
use crate::{
    encode::{Misplaced, Piece, encode},
    error::{Fault, nearest},
    rendition::{Audience, Rendition},
    template::{Node, ROOTS, Tag, Template},
    tree::RelPath,
};

/// What is put back after handlebars.
enum Slot<'t> {
    Literal(&'t str),
    Shown(String),
    Text {
        index: usize,
        /// Template and line; not known of what handlebars has put there: it follows a mark.
        at: Option<(&'t Template, usize)>,
    },
    /// The template and line of the expression that follows.
    Mark(&'t Template, usize),
    /// A name without a value: a fault if it ends up in the output.
    Empty {
        template: &'t Template,
        path: &'t str,
        line: usize,
    },
}

/// Flattens and evaluates templates under one rendition.
pub(super) struct Flatten<'r> {
    pub(super) names: &'r Names,
    pub(super) rendition: &'r Rendition,
    pub(super) engine: &'r mut Handlebars<'static>,
    pub(super) context: &'r Context,
}

struct Skeleton<'t> {
    text: String,
    slots: Vec<Slot<'t>>,
    has_tags: bool,
    faults: Vec<Fault>,
    scopes: Vec<HashMap<String, Vec<&'t Json>>>,
}

impl Flatten<'_> {
    /// The text that `template` gives at `path`.
    pub(super) fn render(&mut self, path: &RelPath, template: &Template) -> Result<String, Vec<Fault>> {
        let mut skeleton = Skeleton { text: String::new(), slots: Vec::new(), has_tags: false, faults: Vec::new(), scopes: Vec::new() };
        flatten(self.names, self.rendition, template, &template.nodes, &mut skeleton);
        if !skeleton.faults.is_empty() {
            return Err(skeleton.faults);
        }
        if !skeleton.has_tags {
            return join(self.names, path, template, skeleton.slots.iter());
        }
        let evaluated = self.evaluate(template, &skeleton.text)?;
        let mut pieces = Vec::with_capacity(skeleton.slots.len());
        let mut found = Vec::new();
        for (before, placeholder) in split(&evaluated) {
            if !before.is_empty() {
                found.push(Slot::Literal(before));
                pieces.push(Err(found.len() - 1));
            }
            match placeholder {
                Some(('t', index)) => {
                    found.push(Slot::Text { index, at: None });
                    pieces.push(Err(found.len() - 1));
                }
                Some((_, index)) => pieces.push(Ok(index)),
                None => {}
            }
        }
        let slots = pieces.into_iter().filter_map(|piece| match piece {
            Ok(index) => skeleton.slots.get(index),
            Err(index) => found.get(index),
        });
        join(self.names, path, template, slots)
    }

    /// What handlebars makes of the tags; each skeleton is parsed once a batch.
    fn evaluate(&mut self, template: &Template, skeleton: &str) -> Result<String, Vec<Fault>> {
        let fault = |why: String| vec![Fault::new(&template.place, why)];
        if !self.engine.has_template(skeleton) {
            self.engine.register_template_string(skeleton, skeleton).map_err(|error| fault(error.reason().to_string()))?;
        }
        self.engine.render_with_context(skeleton, self.context).map_err(|error| fault(error.reason().to_string()))
    }
}

fn flatten<'t>(names: &'t Names, rendition: &Rendition, template: &'t Template, nodes: &'t [Node], out: &mut Skeleton<'t>) {
    for node in nodes {
        match node {
            Node::Literal(range) => out.slot(Slot::Literal(template.literal(range))),
            Node::Value { path, line } => match names.get(path) {
                Ok(Json::Null) | Err(Missing::Empty) => out.slot(Slot::Empty { template, path, line: *line }),
                Ok(Json::String(text)) => match text_answer(text) {
                    Some(index) => out.slot(Slot::Text { index, at: Some((template, *line)) }),
                    None if text.contains(OPEN) => out.mixed(text, (template, *line)),
                    None => out.slot(Slot::Shown(text.clone())),
                },
                Ok(value @ (Json::Bool(_) | Json::Number(_))) => out.slot(Slot::Shown(value.to_string())),
                Ok(_) => out.faults.push(Fault::new(&template.place, format!("`{path}` is a list or a table, no single value")).at(*line)),
                Err(Missing::Undeclared(near)) => out.faults.push(undeclared(template, path, *line, near)),
            },
            Node::Expression(tag) => {
                out.check(names, template, tag);
                out.slot(Slot::Mark(template, tag.line));
                out.tag(tag);
            }
            Node::Partial(partial) => flatten(names, rendition, partial, &partial.nodes, out),
            Node::Solution { branches, rest, .. } => {
                let chosen = branches.iter().find(|(number, _)| *number <= rendition.at).map_or(rest, |(_, nodes)| nodes);
                flatten(names, rendition, template, chosen, out);
            }
            Node::Trap { name, wrong, right, .. } => {
                let chosen = if rendition.trap.as_deref() == Some(name) { wrong } else { right };
                flatten(names, rendition, template, chosen, out);
            }
            Node::Hidden { shown, instead } => {
                let chosen = if rendition.audience == Audience::Grader { shown } else { instead };
                flatten(names, rendition, template, chosen, out);
            }
            Node::Control { branches, close } => {
                for (tag, _) in branches {
                    out.check(names, template, tag);
                }
                if let Some(chosen) = decided(branches, names, out) {
                    flatten(names, rendition, template, chosen, out);
                    continue;
                }
                for (tag, nodes) in branches {
                    out.tag(tag);
                    out.scopes.push(out.bindings(names, tag));
                    flatten(names, rendition, template, nodes, out);
                    out.scopes.pop();
                }
                out.text.push_str(close);
            }
        }
    }
}

/// The branch that holds, if that can be said without handlebars; no nodes if none does.
fn decided<'t>(branches: &'t [(Tag, Vec<Node>)], names: &Names, out: &Skeleton<'_>) -> Option<&'t [Node]> {
    for (tag, nodes) in branches {
        if holds(&tag.text, names, &|root| out.is_global(root))? {
            return Some(nodes);
        }
    }
    Some(&[])
}

impl<'t> Skeleton<'t> {
    fn slot(&mut self, slot: Slot<'t>) {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{OPEN}s{}{CLOSE}", self.slots.len());
        self.slots.push(slot);
    }

    /// A text that has text answers in it (a field of the stack).
    fn mixed(&mut self, text: &str, at: (&'t Template, usize)) {
        for (before, placeholder) in split(text) {
            if !before.is_empty() {
                self.slot(Slot::Shown(before.to_owned()));
            }
            if let Some((_, index)) = placeholder {
                self.slot(Slot::Text { index, at: Some(at) });
            }
        }
    }

    fn is_global(&self, root: &str) -> bool {
        ROOTS.contains(&root) && !self.scopes.iter().any(|scope| scope.contains_key(root))
    }

    /// Leaves a tag to handlebars.
    fn tag(&mut self, tag: &Tag) {
        self.has_tags = true;
        let text = rooted(&tag.text, &|root| self.is_global(root));
        self.text.push_str(&text);
    }

    /// Every name in a tag exists.
    fn check(&mut self, names: &'t Names, template: &Template, tag: &Tag) {
        for name in &tag.names {
            let (root, rest) = name.split_once('.').unwrap_or((name, ""));
            let bound = self.scopes.iter().rev().find_map(|scope| scope.get(root));
            let problem = match bound {
                Some(candidates) => candidates.iter().find_map(|candidate| match lookup(candidate, rest) {
                    Err(Missing::Undeclared(near)) => Some(near),
                    _ => None,
                }),
                None if ROOTS.contains(&root) => match names.get(name) {
                    Err(Missing::Undeclared(near)) => Some(near),
                    _ => None,
                },
                None => Some(nearest(root, ROOTS)),
            };
            if let Some(near) = problem {
                self.faults.push(undeclared(template, name, tag.line, near));
            }
        }
    }

    /// What `as |x|` binds: every element that the list has.
    fn bindings(&self, names: &'t Names, tag: &Tag) -> HashMap<String, Vec<&'t Json>> {
        let Some((list, bound)) = &tag.binds else { return HashMap::new() };
        let (root, rest) = list.split_once('.').unwrap_or((list, ""));
        let lists: Vec<&'t Json> = match self.scopes.iter().rev().find_map(|scope| scope.get(root)) {
            Some(candidates) => candidates
                .iter()
                .filter_map(|candidate| if rest.is_empty() { Some(*candidate) } else { lookup(candidate, rest).ok() })
                .collect(),
            None => names.get(list).ok().into_iter().collect(),
        };
        let elements = lists
            .into_iter()
            .flat_map(|list| match list {
                Json::Array(items) => items.iter().collect::<Vec<_>>(),
                Json::Object(map) => map.values().collect(),
                _ => Vec::new(),
            })
            .collect::<Vec<_>>();
        bound.iter().enumerate().map(|(index, name)| (name.clone(), if index == 0 { elements.clone() } else { Vec::new() })).collect()
    }
}

/// `tag` with `@root.` before the names that `is_global`: inside `each` handlebars would look for them in the element.
fn rooted(tag: &str, is_global: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(tag.len() + 16);
    for (index, part) in tag.split('"').enumerate() {
        if index > 0 {
            out.push('"');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        let mut rest = part;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            let end = rest[start..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
                .map_or(rest.len(), |length| start + length);
            let word = &rest[start..end];
            out.push_str(&rest[..start]);
            if word.split_once('.').is_some_and(|(root, _)| is_global(root)) {
                out.push_str("@root.");
            }
            out.push_str(word);
            rest = &rest[end..];
        }
        out.push_str(rest);
    }
    out
}

/// The index of a text answer, if the value is one and nothing else.
fn text_answer(text: &str) -> Option<usize> {
    text.strip_prefix(OPEN)?.strip_prefix('t')?.strip_suffix(CLOSE)?.parse().ok()
}

fn undeclared(template: &Template, path: &str, line: usize, near: Option<&str>) -> Fault {
    let fault = Fault::new(&template.place, format!("undeclared name `{path}`")).at(line);
    match near {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

/// Puts the slots together; text answers are encoded for the place where they stand.
fn join<'s, 't: 's>(
    names: &Names,
    path: &RelPath,
    template: &Template,
    slots: impl Iterator<Item = &'s Slot<'t>>,
) -> Result<String, Vec<Fault>> {
    let mut pieces = Vec::new();
    let mut faults = Vec::new();
    let mut length = 0;
    let mut texts = Vec::new();
    let mut mark = (template, 1);
    for slot in slots {
        match slot {
            Slot::Mark(template, line) => mark = (template, *line),
            Slot::Literal(text) => {
                length += text.len();
                pieces.push(Piece::Literal(text));
            }
            Slot::Shown(text) => {
                length += text.len();
                pieces.push(Piece::Literal(text));
            }
            Slot::Text { index, at } => {
                if let Some((name, value)) = names.texts.get(*index) {
                    texts.push((name.as_str(), at.unwrap_or(mark)));
                    pieces.push(Piece::Text { name, value });
                }
            }
            Slot::Empty { template, path, line } => {
                faults
                    .push(Fault::new(&template.place, format!("`{path}` has no value here")).at(*line).hint("put it inside an `{{#if}}`"));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    if texts.is_empty() {
        let mut out = String::with_capacity(length);
        for piece in &pieces {
            if let Piece::Literal(text) = piece {
                out.push_str(text);
            }
        }
        return Ok(out);
    }
    encode(path, &pieces).map_err(|misplaced| {
        misplaced
            .into_iter()
            .map(|Misplaced { name, text, rule, message, .. }| {
                let (template, line) = texts.get(text).map_or((template, 1), |(_, at)| *at);
                Fault::new(&template.place, format!("`{name}` cannot stand here: {message}")).at(line).hint(format!("rule `{rule}`"))
            })
            .collect()
    })
}
