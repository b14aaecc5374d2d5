//! The helpers that expressions may use, besides handlebars' own comparisons.

use std::{borrow::Cow, collections::BTreeMap};

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError, RenderErrorReason};
use serde_json::Value as Json;

use super::names::OPEN;
use crate::course::shell_line;

/// handlebars with our helpers, strict, and without HTML escaping.
pub(super) fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(handlebars::no_escape);
    for (name, evaluate) in HELPERS {
        register(&mut engine, name, evaluate);
    }
    engine.register_helper("fill", Box::new(fill_tag));
    engine
}

type Evaluate = fn(&[&Json]) -> Result<String, String>;

/// The arguments of a helper that have names, in the order of these.
pub(super) type Named<'a> = BTreeMap<&'a str, Cow<'a, Json>>;

const HELPERS: [(&str, Evaluate); 7] = [
    ("join", |words| Ok(list(words, 0)?.iter().map(plain).collect::<Result<Vec<_>, _>>()?.join(&text(words, 1)?))),
    ("json", |words| value(words, 0).map(std::string::ToString::to_string)),
    ("lower", |words| Ok(text(words, 0)?.to_lowercase())),
    ("upper", |words| Ok(text(words, 0)?.to_uppercase())),
    ("add", |words| match (value(words, 0)?.as_i64(), value(words, 1)?.as_i64()) {
        (Some(left), Some(right)) => Ok((left + right).to_string()),
        _ => Err("`add` wants two whole numbers".to_owned()),
    }),
    ("shell", |words| Ok(shell_line(&list(words, 0)?.iter().map(plain).collect::<Result<Vec<_>, _>>()?))),
    ("indent", |words| {
        let blanks =
            " ".repeat(value(words, 0)?.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or("`indent` wants a number of blanks first")?);
        Ok(text(words, 1)?.replace('\n', &format!("\n{blanks}")))
    }),
];

/// What a helper gives; `None` if there is none of this name that takes these arguments.
pub(super) fn call(name: &str, words: &[&Json], named: &Named<'_>) -> Option<Result<String, String>> {
    if name == "fill" {
        return Some(fill(words, named));
    }
    let (_, evaluate) = HELPERS.iter().find(|(helper, _)| *helper == name)?;
    named.is_empty().then(|| evaluate(words))
}

/// `{{fill text host="…"}}`: `{host}` in the text replaced; what is not named stays.
fn fill(words: &[&Json], named: &Named<'_>) -> Result<String, String> {
    named.iter().try_fold(text(words, 0)?, |filled, (name, value)| Ok(filled.replace(&format!("{{{name}}}"), &text(&[value.as_ref()], 0)?)))
}

fn fill_tag(helper: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output) -> HelperResult {
    let words: Vec<&Json> = helper.params().iter().map(handlebars::PathAndJson::value).collect();
    let named = helper.hash().iter().map(|(name, value)| (*name, Cow::Borrowed(value.value()))).collect();
    let filled = fill(&words, &named).map_err(|why| RenderError::from(RenderErrorReason::Other(format!("`fill`: {why}"))))?;
    out.write(&filled)?;
    Ok(())
}

fn register(engine: &mut Handlebars<'static>, name: &'static str, evaluate: Evaluate) {
    let helper =
        move |helper: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output| -> HelperResult {
            let words: Vec<&Json> = helper.params().iter().map(handlebars::PathAndJson::value).collect();
            let written = evaluate(&words).map_err(|why| RenderError::from(RenderErrorReason::Other(format!("`{name}`: {why}"))))?;
            out.write(&written)?;
            Ok(())
        };
    engine.register_helper(name, Box::new(helper));
}

fn value<'j>(words: &[&'j Json], index: usize) -> Result<&'j Json, String> {
    let value = *words.get(index).ok_or_else(|| format!("argument {} is missing", index + 1))?;
    if value.to_string().contains("\\u0001") || value.as_str().is_some_and(|text| text.contains(OPEN)) {
        return Err("a text answer cannot go through a helper; write it as `{{name}}` where it belongs".to_owned());
    }
    Ok(value)
}

fn list<'j>(words: &[&'j Json], index: usize) -> Result<&'j [Json], String> {
    value(words, index)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("argument {} is no list", index + 1))
}

fn text(words: &[&Json], index: usize) -> Result<String, String> {
    plain(value(words, index)?)
}

fn plain(value: &Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(value.to_string()),
        other => Err(format!("`{other}` is no plain value")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn helpers_give_what_their_names_say() {
        let engine = super::engine();
        let data = json!({"c": {"words": ["a", "b c", "it's"], "n": 4, "name": "Ab"}});
        for (template, expected) in [
            ("{{join c.words \"+\"}}", "a+b c+it's"),
            ("{{json c.words}}", "[\"a\",\"b c\",\"it's\"]"),
            ("{{shell c.words}}", "a 'b c' 'it'\\''s'"),
            ("{{lower c.name}}{{upper c.name}}", "abAB"),
            ("{{add c.n 1}}", "5"),
            ("{{fill \"{host}:{port}\" host=\"db\"}}", "db:{port}"),
            ("{{json (fill \"{host}\" host=c.name)}}", "\"Ab\""),
        ] {
            assert_eq!(engine.render_template(template, &data).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn a_missing_name_is_an_error() {
        assert!(super::engine().render_template("{{c.none}}", &json!({"c": {}})).is_err());
    }
}
