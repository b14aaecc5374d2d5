//! A template under one rendition: blocks of the rendition resolved, literals put aside, only the tags left for handlebars.

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

use handlebars::{Context, Handlebars};
use serde_json::Value as Json;

use super::{
    evaluate::Evaluate,
    helpers,
    names::{CLOSE, Missing, Names, OPEN, lookup, split},
    truth::holds,
};
use crate::{
    encode::{Misplaced, Piece, encode},
    error::{Fault, nearest},
    rendition::{Audience, Rendition},
    template::{Node, ROOTS, Tag, Template},
    tree::RelPath,
};

/// A piece of what a template gives.
pub(super) enum Slot<'t> {
    Literal(&'t str),
    Shown(Cow<'t, str>),
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

impl<'t> Slot<'t> {
    /// What `{{path}}` gives; `None` if that is not a single value.
    pub(super) fn of_value(names: &'t Names, template: &'t Template, path: &'t str, line: usize) -> Option<Self> {
        match names.get(path) {
            Ok(Json::Null) | Err(Missing::Empty) => Some(Self::Empty { template, path, line }),
            Ok(Json::String(text)) => match text_answer(text) {
                Some(index) => Some(Self::Text { index, at: Some((template, line)) }),
                None if text.contains(OPEN) => None,
                None => Some(Self::Shown(text.into())),
            },
            Ok(value @ (Json::Bool(_) | Json::Number(_))) => Some(Self::Shown(value.to_string().into())),
            Ok(_) | Err(Missing::Undeclared(_)) => None,
        }
    }
}

/// handlebars, which is made when the first template needs it.
#[derive(Debug, Default)]
pub(super) struct Engine {
    handlebars: OnceCell<Handlebars<'static>>,
    /// Whether every loop and expression goes to it, for tests to compare with.
    pub(super) takes_all: bool,
}

#[cfg(test)]
impl Engine {
    /// Whether something needed it.
    pub(super) fn is_made(&self) -> bool {
        self.handlebars.get().is_some()
    }
}

/// Flattens and evaluates templates under one rendition.
pub(super) struct Flatten<'r> {
    names: &'r Names,
    rendition: &'r Rendition,
    engine: &'r mut Engine,
    context: OnceCell<Context>,
}

/// What a template gives, as far as that is known without handlebars.
struct Skeleton<'t> {
    parts: Vec<Part<'t>>,
    faults: Vec<Fault>,
    scopes: Vec<HashMap<String, Vec<&'t Json>>>,
    /// Whether every loop and expression goes to handlebars, also what needs it not.
    is_for_handlebars: bool,
}

enum Part<'t> {
    Slot(Slot<'t>),
    /// Left to handlebars.
    Tag(Cow<'t, str>),
}

impl<'r> Flatten<'r> {
    pub(super) fn new(names: &'r Names, rendition: &'r Rendition, engine: &'r mut Engine) -> Self {
        Self { names, rendition, engine, context: OnceCell::new() }
    }

    /// The text that `template` gives at `path`.
    pub(super) fn render(&mut self, path: &RelPath, template: &Template) -> Result<String, Vec<Fault>> {
        let mut skeleton = Skeleton { parts: Vec::new(), faults: Vec::new(), scopes: Vec::new(), is_for_handlebars: self.engine.takes_all };
        flatten(self.names, self.rendition, template, &template.nodes, &mut skeleton);
        if !skeleton.faults.is_empty() {
            return Err(skeleton.faults);
        }
        let (text, slots) = skeleton.split();
        let Some(text) = text else {
            return join(self.names, path, template, &slots.iter().collect::<Vec<_>>());
        };
        let evaluated = self.evaluate(template, &text)?;
        let mut pieces = Vec::with_capacity(slots.len());
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
            Ok(index) => slots.get(index),
            Err(index) => found.get(index),
        });
        join(self.names, path, template, &slots.collect::<Vec<_>>())
    }

    /// What handlebars makes of the tags; each skeleton is parsed once a batch.
    fn evaluate(&mut self, template: &Template, skeleton: &str) -> Result<String, Vec<Fault>> {
        let fault = |why: String| vec![Fault::new(&template.place, why)];
        if self.context.get().is_none() {
            let context = Context::wraps(&self.names.values).map_err(|error| fault(error.to_string()))?;
            // It was seen to be empty.
            let _ = self.context.set(context);
        }
        self.engine.handlebars.get_or_init(helpers::engine);
        let (Some(engine), Some(context)) = (self.engine.handlebars.get_mut(), self.context.get()) else { return Ok(String::new()) };
        if !engine.has_template(skeleton) {
            engine.register_template_string(skeleton, skeleton).map_err(|error| fault(error.reason().to_string()))?;
        }
        engine.render_with_context(skeleton, context).map_err(|error| fault(error.reason().to_string()))
    }
}

fn flatten<'t>(names: &'t Names, rendition: &'t Rendition, template: &'t Template, nodes: &'t [Node], out: &mut Skeleton<'t>) {
    for node in nodes {
        match node {
            Node::Literal(range) => out.slot(Slot::Literal(template.literal(range))),
            Node::Value { path, line } => match Slot::of_value(names, template, path, *line) {
                Some(slot) => out.slot(slot),
                None => match names.get(path) {
                    Ok(Json::String(text)) => out.mixed(text, (template, *line)),
                    Err(Missing::Undeclared(near)) => out.faults.push(undeclared(template, path, *line, near)),
                    _ => {
                        out.faults.push(Fault::new(&template.place, format!("`{path}` is a list or a table, no single value")).at(*line));
                    }
                },
            },
            Node::Expression(tag) => {
                out.check(names, template, tag);
                let evaluated = if out.is_for_handlebars || !out.scopes.is_empty() {
                    None
                } else {
                    Evaluate::expression(names, rendition, template, tag)
                };
                if let Some(slots) = evaluated {
                    out.parts.extend(slots.into_iter().map(Part::Slot));
                } else {
                    out.slot(Slot::Mark(template, tag.line));
                    out.tag(tag);
                }
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
                // Every branch is gone through for its faults, whether or not it is taken.
                let start = out.parts.len();
                for (tag, nodes) in branches {
                    out.tag(tag);
                    out.scopes.push(out.bindings(names, tag));
                    flatten(names, rendition, template, nodes, out);
                    out.scopes.pop();
                }
                out.parts.push(Part::Tag(close.into()));
                if out.is_for_handlebars || !out.scopes.is_empty() {
                    continue;
                }
                if let Some(slots) = Evaluate::control(names, rendition, template, branches) {
                    out.parts.truncate(start);
                    out.parts.extend(slots.into_iter().map(Part::Slot));
                }
            }
        }
    }
}

/// The branch that holds, if that can be said without handlebars; no nodes if none does.
fn decided<'t>(branches: &'t [(Tag, Vec<Node>)], names: &Names, out: &Skeleton<'_>) -> Option<&'t [Node]> {
    let get = |name: &str| {
        let (root, _) = name.split_once('.')?;
        out.is_global(root).then(|| names.get(name).map_or(Cow::Owned(Json::Null), Cow::Borrowed))
    };
    for (tag, nodes) in branches {
        if holds(&tag.text, &get)? {
            return Some(nodes);
        }
    }
    Some(&[])
}

impl<'t> Skeleton<'t> {
    fn slot(&mut self, slot: Slot<'t>) {
        self.parts.push(Part::Slot(slot));
    }

    /// What handlebars sees, with a placeholder for each slot; nothing if there is nothing for it to do.
    fn split(self) -> (Option<String>, Vec<Slot<'t>>) {
        use std::fmt::Write as _;
        let mut text = self.parts.iter().any(|part| matches!(part, Part::Tag(_))).then(String::new);
        let mut slots = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            match (part, &mut text) {
                (Part::Tag(tag), Some(text)) => text.push_str(&tag),
                (Part::Slot(slot), Some(text)) => {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{OPEN}s{}{CLOSE}", slots.len());
                    slots.push(slot);
                }
                (Part::Slot(slot), None) => slots.push(slot),
                (Part::Tag(_), None) => {}
            }
        }
        (text, slots)
    }

    /// A text that has text answers in it (a field of the stack).
    fn mixed(&mut self, text: &'t str, at: (&'t Template, usize)) {
        for (before, placeholder) in split(text) {
            if !before.is_empty() {
                self.slot(Slot::Shown(before.into()));
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
        self.parts.push(Part::Tag(rooted(&tag.text, &|root| self.is_global(root)).into()));
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
fn join(names: &Names, path: &RelPath, template: &Template, slots: &[&Slot<'_>]) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut length = 0;
    let mut texts = Vec::new();
    let mut mark = (template, 1);
    for slot in slots {
        match slot {
            Slot::Mark(template, line) => mark = (template, *line),
            Slot::Literal(text) => length += text.len(),
            Slot::Shown(text) => length += text.len(),
            Slot::Text { at, .. } => texts.push(at.unwrap_or(mark)),
            Slot::Empty { template, path, line } => {
                faults
                    .push(Fault::new(&template.place, format!("`{path}` has no value here")).at(*line).hint("put it inside an `{{#if}}`"));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let pieces = slots.iter().filter_map(|slot| match slot {
        Slot::Literal(text) => Some(Piece::Literal(text)),
        Slot::Shown(text) => Some(Piece::Literal(text)),
        Slot::Text { index, .. } => names.texts.get(*index).map(|(name, value)| Piece::Text { name, value }),
        Slot::Empty { .. } | Slot::Mark(..) => None,
    });
    if !texts.is_empty() {
        return encode(path, &pieces.collect::<Vec<_>>()).map_err(|misplaced| {
            misplaced
                .into_iter()
                .map(|Misplaced { name, text, rule, message, .. }| {
                    let (template, line) = texts.get(text).copied().unwrap_or((template, 1));
                    Fault::new(&template.place, format!("`{name}` cannot stand here: {message}")).at(line).hint(format!("rule `{rule}`"))
                })
                .collect()
        });
    }
    let mut out = String::with_capacity(length);
    for piece in pieces {
        if let Piece::Literal(text) = piece {
            out.push_str(text);
        }
    }
    Ok(out)
}
