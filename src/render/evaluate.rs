//! Loops and expressions that need no handlebars: what templates mostly say.
//!
//! handlebars parses a tag in about the time that it takes to render a whole file. So a loop is tried here first, as a whole: with everything in
//! it evaluated, or left to handlebars as if nothing had been tried. Only what means the same in both is done here; whatever would be an error,
//! or is said in another way than the templates do, is `None`. `tests` renders everything both ways.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{
    flatten::Slot,
    helpers,
    names::{Names, OPEN, lookup, split},
    truth,
};
use crate::{
    rendition::{Audience, Rendition},
    template::{Node, ROOTS, Tag, Template},
};

/// An element of a list or table that is being gone through.
struct Turn<'t> {
    /// What `as |…|` binds.
    bound: Vec<(&'t str, Cow<'t, Json>)>,
    index: usize,
    is_last: bool,
}

/// Evaluates what stands in a template under one rendition.
pub(super) struct Evaluate<'t> {
    names: &'t Names,
    rendition: &'t Rendition,
    turns: Vec<Turn<'t>>,
    slots: Vec<Slot<'t>>,
}

impl<'t> Evaluate<'t> {
    /// What an `{{#if}}`, `{{#unless}}` or `{{#each}}` gives.
    pub(super) fn control(
        names: &'t Names,
        rendition: &'t Rendition,
        template: &'t Template,
        branches: &'t [(Tag, Vec<Node>)],
    ) -> Option<Vec<Slot<'t>>> {
        let mut evaluate = Self { names, rendition, turns: Vec::new(), slots: Vec::new() };
        evaluate.branches(template, branches)?;
        Some(evaluate.slots)
    }

    /// What an expression outside any loop gives.
    pub(super) fn expression(names: &'t Names, rendition: &'t Rendition, template: &'t Template, tag: &'t Tag) -> Option<Vec<Slot<'t>>> {
        let mut evaluate = Self { names, rendition, turns: Vec::new(), slots: Vec::new() };
        evaluate.show(template, tag)?;
        Some(evaluate.slots)
    }

    fn nodes(&mut self, template: &'t Template, nodes: &'t [Node]) -> Option<()> {
        nodes.iter().try_for_each(|node| self.node(template, node))
    }

    fn node(&mut self, template: &'t Template, node: &'t Node) -> Option<()> {
        match node {
            Node::Literal(range) => self.slots.push(Slot::Literal(template.literal(range))),
            Node::Value { path, line } => self.slots.push(Slot::of_value(self.names, template, path, *line)?),
            Node::Expression(tag) => self.show(template, tag)?,
            Node::Partial(partial) => self.nodes(partial, &partial.nodes)?,
            Node::Solution { branches, rest, .. } => {
                let chosen = branches.iter().find(|(number, _)| *number <= self.rendition.at).map_or(rest, |(_, nodes)| nodes);
                self.nodes(template, chosen)?;
            }
            Node::Trap { name, wrong, right, .. } => {
                let chosen = if self.rendition.trap.as_deref() == Some(name) { wrong } else { right };
                self.nodes(template, chosen)?;
            }
            Node::Hidden { shown, instead } => {
                let chosen = if self.rendition.audience == Audience::Grader { shown } else { instead };
                self.nodes(template, chosen)?;
            }
            Node::Control { branches, .. } => self.branches(template, branches)?,
        }
        Some(())
    }

    fn branches(&mut self, template: &'t Template, branches: &'t [(Tag, Vec<Node>)]) -> Option<()> {
        let (first, body) = branches.first()?;
        if let Some((list, bound)) = &first.binds {
            return self.each(template, list, bound, body, &branches[1..]);
        }
        for (tag, nodes) in branches {
            if truth::holds(&tag.text, &|name| self.get(name))? {
                return self.nodes(template, nodes);
            }
        }
        Some(())
    }

    fn each(
        &mut self,
        template: &'t Template,
        list: &'t str,
        bound: &'t [String],
        body: &'t [Node],
        otherwise: &'t [(Tag, Vec<Node>)],
    ) -> Option<()> {
        let is_plain = otherwise.iter().all(|(tag, _)| tag.text == "{{else}}") && otherwise.len() < 2;
        // What a loop binds lives as long as the names do, unless it is a position or a key.
        let Cow::Borrowed(list) = self.get(list).filter(|_| is_plain)? else { return None };
        let elements: Vec<(Json, &'t Json)> = match list {
            Json::Array(items) => items.iter().enumerate().map(|(index, item)| (index.into(), item)).collect(),
            Json::Object(map) => map.iter().map(|(key, value)| (Json::String(key.clone()), value)).collect(),
            _ => return None,
        };
        if elements.is_empty() {
            return otherwise.first().map_or(Some(()), |(_, nodes)| self.nodes(template, nodes));
        }
        let count = elements.len();
        for (index, (key, value)) in elements.into_iter().enumerate() {
            let bound = match bound {
                [name] => vec![(name.as_str(), Cow::Borrowed(value))],
                [name, other] => vec![(name.as_str(), Cow::Borrowed(value)), (other.as_str(), Cow::Owned(key))],
                _ => return None,
            };
            self.turns.push(Turn { bound, index, is_last: index + 1 == count });
            self.nodes(template, body)?;
            self.turns.pop();
        }
        Some(())
    }

    /// The value of a bound or dotted name.
    fn get(&self, name: &str) -> Option<Cow<'t, Json>> {
        if let Some(place) = name.strip_prefix('@') {
            let turn = self.turns.last()?;
            return Some(Cow::Owned(match place {
                "first" => Json::Bool(turn.index == 0),
                "last" => Json::Bool(turn.is_last),
                "index" => turn.index.into(),
                _ => return None,
            }));
        }
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        let bound = self.turns.iter().rev().find_map(|turn| turn.bound.iter().rev().find(|(name, _)| *name == root));
        match bound {
            Some((_, value)) if rest.is_empty() => Some(value.clone()),
            Some((_, Cow::Borrowed(value))) => lookup(value, rest).ok().map(Cow::Borrowed),
            None if !rest.is_empty() && ROOTS.contains(&root) => Some(self.names.get(name).map_or(Cow::Owned(Json::Null), Cow::Borrowed)),
            _ => None,
        }
    }

    /// Puts out what stands between the braces: a name, or a helper with its arguments.
    fn show(&mut self, template: &'t Template, tag: &'t Tag) -> Option<()> {
        let inner = tag.text.strip_prefix("{{")?.strip_suffix("}}")?.trim();
        let value = if inner.contains(char::is_whitespace) {
            let mut rest = inner;
            let value = self.call(&mut rest)?;
            rest.is_empty().then_some(Cow::Owned(value))?
        } else {
            self.get(inner)?
        };
        match value {
            Cow::Borrowed(Json::String(text)) => self.text(text, (template, tag.line)),
            Cow::Owned(Json::String(text)) if !text.contains(OPEN) => self.slots.push(Slot::Shown(text.into())),
            value => match value.as_ref() {
                Json::Null => {}
                Json::Bool(_) | Json::Number(_) => self.slots.push(Slot::Shown(value.to_string().into())),
                _ => return None,
            },
        }
        Some(())
    }

    fn text(&mut self, text: &'t str, at: (&'t Template, usize)) {
        for (before, placeholder) in split(text) {
            if !before.is_empty() {
                self.slots.push(Slot::Shown(before.into()));
            }
            if let Some((_, index)) = placeholder {
                self.slots.push(Slot::Text { index, at: Some(at) });
            }
        }
    }

    /// A helper's name and its arguments, up to the end or the closing parenthesis.
    fn call(&self, rest: &mut &str) -> Option<Json> {
        let (name, arguments) = rest.split_once(char::is_whitespace)?;
        *rest = arguments.trim_start();
        let (mut words, mut named) = (Vec::new(), helpers::Named::new());
        while !rest.is_empty() && !rest.starts_with(')') {
            let key = rest.split_once('=').map(|(key, _)| key).filter(|key| key.bytes().all(|byte| byte.is_ascii_lowercase()));
            if let Some(key) = key {
                *rest = &rest[key.len() + 1..];
                if named.insert(key, self.argument(rest)?).is_some() {
                    return None;
                }
            } else {
                words.push(self.argument(rest)?);
            }
        }
        let words: Vec<&Json> = words.iter().map(AsRef::as_ref).collect();
        helpers::call(name, &words, &named)?.ok().map(Json::String)
    }

    fn argument(&self, rest: &mut &str) -> Option<Cow<'t, Json>> {
        if let Some(call) = rest.strip_prefix('(') {
            *rest = call.trim_start();
            let value = self.call(rest)?;
            *rest = rest.strip_prefix(')')?.trim_start();
            return Some(Cow::Owned(value));
        }
        if let Some(text) = rest.strip_prefix('"') {
            let (text, after) = text.split_once('"').filter(|(text, _)| !text.contains('\\'))?;
            *rest = after.trim_start();
            return Some(Cow::Owned(Json::String(text.to_owned())));
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        *rest = after.trim_start();
        if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse::<u32>().ok().map(|n| Cow::Owned(n.into())) } else { self.get(word) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{Renderer, flatten::Engine, flatten::Flatten, names::Names};
    use crate::{
        catalog::Catalog,
        error::Fault,
        lint::variants,
        rendition::{Audience, Rendition},
        template::Template,
        tree::RelPath,
    };

    fn names() -> Names {
        let mut names = Names::new();
        let motto = names.text("a.motto", "it's <1>");
        names
            .set("a", json!({"motto": motto, "on": true, "off": false, "word": "java", "none": null, "zero": 0, "quote": "\"x\" & {{y}}"}));
        names.set("v", json!({"java": "25"}));
        names.set(
            "stack",
            json!({
                "modules": [
                    {"name": "api", "port": 8080, "launch": ["run", "a b", "it's"], "environment": {"PORT": "8080", "HOST": "{host}"}, "title": null},
                    {"name": "worker", "port": null, "launch": [], "environment": {}, "title": format!("of {}", names.values["a"]["motto"].as_str().unwrap())},
                    {"name": "", "port": 0, "launch": ["x"], "environment": {"URL": "{host}:{port}"}, "title": "t"},
                ],
                "words": ["a", "b", "c"],
                "one": [true],
                "nothing": [],
                "empty": {},
                "missing": null,
            }),
        );
        names
    }

    /// What a template gives, or its faults; and whether handlebars was needed.
    fn rendered(text: &str, takes_all: bool) -> (Result<String, Vec<Fault>>, bool) {
        let (names, rendition) = (names(), Rendition::default());
        let template = Template::parse("t", text.to_owned(), &|_| None).unwrap();
        let mut engine = Engine::default();
        engine.takes_all = takes_all;
        let result = Flatten::new(&names, &rendition, &mut engine).render(&RelPath::new("t.md").unwrap(), &template);
        (result, engine.is_made())
    }

    #[test]
    fn what_needs_no_handlebars_means_what_it_means_there() {
        for text in [
            "{{#each stack.modules as |module|}}{{module.name}}:{{module.port}} {{/each}}",
            "{{#each stack.modules as |module|}}{{module.title}}{{#unless @last}}, {{/unless}}{{/each}}",
            "{{#each stack.modules as |module at|}}{{at}}{{@index}}{{#if @first}}!{{/if}}{{#if at}}?{{/if}}{{/each}}",
            "{{#each stack.modules as |module|}}{{#each module.launch as |word|}}<{{word}}>{{else}}none{{/each}}{{@index}}{{/each}}",
            "{{#each stack.modules as |module|}}{{#each module.environment as |value name|}}{{name}}={{value}};{{/each}}{{/each}}",
            "{{#each stack.modules as |m|}}{{#if m.port}}{{m.port}}{{else if m.name}}{{m.name}}{{else}}-{{/if}}{{/each}}",
            "{{#each stack.modules as |m|}}{{json (fill m.name host=\"db\" port=\"1\")}}{{shell m.launch}}{{join m.launch \"+\"}}{{/each}}",
            "{{#each stack.modules as |m|}}{{#each m.environment as |v k|}}{{fill v port=\"{host}\" host=\"h\"}}{{/each}}{{/each}}",
            "{{#each stack.nothing as |x|}}{{x}}{{else}}{{a.word}}{{/each}}{{#each stack.empty as |x|}}{{x}}{{/each}}",
            "{{#each stack.words as |word|}}{{upper word}}{{lower a.word}}{{a.quote}}{{v.java}}{{/each}}{{add a.zero 3}}{{json stack.words}}",
            "{{#each stack.one as |is|}}{{is}}{{#if is}}{{json is}}{{/if}}{{/each}}{{indent 2 a.word}}",
            "{{#each stack.words as |stack|}}{{stack}}{{#if (or a.off (ne stack \"b\"))}}.{{/if}}{{#if (and a.on (not a.off))}}{{/if}}{{/each}}",
            "{{#each stack.modules as |m|}}{{#if (eq m.title a.motto)}}{{a.motto}}{{/if}}{{#if m.title}}{{m.title}}{{/if}}\n{{/each}}",
        ] {
            let (ours, needed) = rendered(text, false);
            assert!(!needed, "{text} went to handlebars");
            assert_eq!(ours, rendered(text, true).0, "{text}");
            assert!(ours.is_ok(), "{text}: {ours:?}");
        }
    }

    #[test]
    fn what_is_wrong_or_unusual_is_left_to_handlebars() {
        for text in [
            "{{#each stack.missing as |x|}}{{x}}{{/each}}",
            "{{#each stack.modules as |m|}}{{m.launch}}{{/each}}",
            "{{#each stack.modules as |m|}}{{json m.title}}{{/each}}",
            "{{#each stack.modules as |m|}}{{add m.name 1}}{{/each}}",
            "{{#each stack.words as |m|}}{{#if (gt 2 1)}}{{m}}{{/if}}{{/each}}",
            "{{#each stack.words as |m|}}{{fill m a=\"1\" a=\"2\"}}{{/each}}",
            "{{#each stack.words as |m|}}{{join m}}{{/each}}",
            "{{join stack.words 'x'}}",
            "{{lower a.motto}}",
        ] {
            let (ours, needed) = rendered(text, false);
            assert!(needed, "{text} did not go to handlebars");
            assert_eq!(ours, rendered(text, true).0, "{text}");
        }
    }

    fn template() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "a.on",
            "a.off",
            "a.word",
            "a.none",
            "a.zero",
            "a.motto",
            "x",
            "x.name",
            "x.port",
            "x.title",
            "x.launch",
            "y",
            "k",
            "@first",
            "@last",
            "@index",
            "@key",
            "stack.words",
            "\"java\"",
            "\"\"",
            "3",
            "0",
        ]);
        let condition = prop_oneof![
            value.clone().prop_map(str::to_owned),
            (prop::sample::select(vec!["eq", "ne", "and", "or"]), value.clone(), value.clone())
                .prop_map(|(op, l, r)| format!("({op} {l} {r})")),
            value.clone().prop_map(|value| format!("(not {value})")),
        ];
        let leaf = prop_oneof![
            Just("text\n".to_owned()),
            value.clone().prop_map(|value| format!("{{{{{value}}}}}")),
            (prop::sample::select(vec!["json", "lower", "shell", "add", "join", "fill", "indent"]), value.clone(), value.clone())
                .prop_map(|(helper, one, two)| format!("{{{{{helper} {one} {two}}}}}")),
            (prop::sample::select(vec!["json", "lower", "shell"]), value).prop_map(|(helper, one)| format!("{{{{{helper} {one}}}}}")),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let body = prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat());
            let list = prop::sample::select(vec![
                "stack.modules",
                "stack.words",
                "stack.nothing",
                "stack.empty",
                "stack.missing",
                "x.launch",
                "x.environment",
            ]);
            let binds = prop::sample::select(vec!["x", "y", "x k", "y k"]);
            prop_oneof![
                (condition.clone(), body.clone(), body.clone())
                    .prop_map(|(condition, yes, no)| format!("{{{{#if {condition}}}}}{yes}{{{{else}}}}{no}{{{{/if}}}}")),
                (condition.clone(), condition.clone(), body.clone(), body.clone())
                    .prop_map(|(one, two, yes, no)| format!("{{{{#if {one}}}}}{yes}{{{{else if {two}}}}}{no}{{{{/if}}}}")),
                (condition.clone(), body.clone()).prop_map(|(condition, body)| format!("{{{{#unless {condition}}}}}{body}{{{{/unless}}}}")),
                (list, binds, body.clone(), prop::option::of(body)).prop_map(|(list, binds, body, otherwise)| {
                    let otherwise = otherwise.map(|body| format!("{{{{else}}}}{body}")).unwrap_or_default();
                    format!("{{{{#each {list} as |{binds}|}}}}{body}{otherwise}{{{{/each}}}}")
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
        #[test]
        fn every_template_means_the_same_with_and_without_handlebars(text in template()) {
            prop_assume!(Template::parse("t", text.clone(), &|_| None).is_ok());
            prop_assert_eq!(rendered(&text, false).0, rendered(&text, true).0);
        }
    }

    #[test]
    fn every_kit_is_the_same_with_and_without_handlebars() {
        let catalog = Catalog::embedded();
        for name in catalog.kit_names() {
            let ours = Renderer::new(&catalog, &name).unwrap();
            let theirs = Renderer::new(&catalog, &name).unwrap();
            theirs.templates.engines.borrow_mut().iter_mut().for_each(|engine| engine.takes_all = true);
            for answers in variants(ours.kit()) {
                for at in 0..=ours.kit().last() {
                    let rendition = Rendition { audience: Audience::Grader, ..Rendition::solved(at) };
                    let [ours, theirs] = [&ours, &theirs].map(|renderer| renderer.render(&answers, &rendition).unwrap().tree);
                    assert_eq!(ours, theirs, "{name} at {at}, {answers:?}");
                }
            }
        }
    }
}
