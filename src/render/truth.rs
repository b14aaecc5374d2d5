//! Conditions: which branch of an `{{#if}}` holds is known before handlebars sees the template.
//!
//! What is decided here need not be parsed there, and most templates need nothing else.

use std::borrow::Cow;

use serde_json::Value as Json;

/// The value of a name, `None` if that is not for us to say.
type Get<'g, 'n> = &'g dyn Fn(&str) -> Option<Cow<'n, Json>>;

/// Whether the condition of `tag` (`{{#if …}}`, `{{#unless …}}`, `{{else if …}}`, `{{else}}`) holds; `None` if it is not for us to say.
pub(super) fn holds(tag: &str, get: Get<'_, '_>) -> Option<bool> {
    let inner = tag.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    if inner == "else" {
        return Some(true);
    }
    let (condition, wanted) = match inner.strip_prefix("#unless ") {
        Some(condition) => (condition, false),
        None => (inner.strip_prefix("#if ").or_else(|| inner.strip_prefix("else if "))?, true),
    };
    let mut rest = condition.trim();
    let value = value(&mut rest, get)?;
    rest.is_empty().then(|| is_true(&value) == wanted)
}

/// The value at the beginning of `rest`, which is taken off: a name, a text in quotes, or `(eq …)`, `(ne …)`, `(and …)`, `(or …)`, `(not …)`.
fn value<'n>(rest: &mut &str, get: Get<'_, 'n>) -> Option<Cow<'n, Json>> {
    if let Some(text) = rest.strip_prefix('"') {
        let end = text.find('"')?;
        let value = Json::String(text[..end].to_owned());
        *rest = text[end + 1..].trim_start();
        return Some(Cow::Owned(value));
    }
    if let Some(call) = rest.strip_prefix('(') {
        let (name, arguments) = call.trim_start().split_once(char::is_whitespace)?;
        *rest = arguments.trim_start();
        let mut values = Vec::new();
        while !rest.starts_with(')') {
            values.push(value(rest, get)?);
        }
        *rest = rest[1..].trim_start();
        let answer = match (name, values.as_slice()) {
            ("eq", [left, right]) => left == right,
            ("ne", [left, right]) => left != right,
            ("not", [only]) => !is_true(only),
            ("and", [_, _, ..]) => values.iter().all(|value| is_true(value)),
            ("or", [_, _, ..]) => values.iter().any(|value| is_true(value)),
            _ => return None,
        };
        return Some(Cow::Owned(Json::Bool(answer)));
    }
    let end = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after.trim_start();
    get(name)
}

/// As handlebars sees it.
fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64().is_some_and(|number| number != 0.0 && !number.is_nan()),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::{super::names::Names, Json, holds};

    fn global<'n>(names: &'n Names, name: &str) -> Option<Cow<'n, Json>> {
        name.starts_with("a.").then(|| names.get(name).map_or(Cow::Owned(Json::Null), Cow::Borrowed))
    }

    #[test]
    fn conditions_are_decided_as_handlebars_does() {
        let mut names = Names::new();
        let values =
            json!({"yes": true, "no": false, "zero": 0, "one": 1, "text": "java", "empty": "", "list": [1], "none": [], "nothing": null});
        names.set("a", values.clone());
        let engine = super::super::helpers::engine();
        for condition in [
            "a.yes",
            "a.no",
            "a.zero",
            "a.one",
            "a.text",
            "a.empty",
            "a.list",
            "a.none",
            "a.nothing",
            "(eq a.text \"java\")",
            "(ne a.text \"java\")",
            "(eq a.text \"node\")",
            "(and a.yes a.text)",
            "(and a.yes a.no)",
            "(or a.no a.one)",
            "(or a.no a.empty)",
            "(not a.none)",
            "(and (eq a.text \"java\") (not a.no) a.list)",
        ] {
            for block in ["if", "unless"] {
                let ours = holds(&format!("{{{{#{block} {condition}}}}}"), &|name| global(&names, name));
                let theirs =
                    engine.render_template(&format!("{{{{#{block} {condition}}}}}x{{{{/{block}}}}}"), &json!({"a": values})).unwrap();
                assert_eq!(ours, Some(theirs == "x"), "{block} {condition}");
            }
        }
    }

    #[test]
    fn what_a_loop_binds_is_left_alone() {
        let names = Names::new();
        for tag in ["{{#if module.port}}", "{{#if (gt a.one 2)}}", "{{#each a.list as |x|}}", "{{#if @last}}"] {
            assert_eq!(holds(tag, &|name| global(&names, name)), None, "{tag}");
        }
    }
}
