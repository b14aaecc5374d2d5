//! The stack and the contributions of a manifest: tables whose texts are templates.

use serde_json::{Map, Value as Json};

use super::{
    names::{Missing, Names, split},
    origin::Origin,
    templates::complete,
};
use crate::{
    condition::Condition,
    contribute::Contribution,
    error::Fault,
    manifest::{ContributionRule, KitManifest, NextStep},
    rendition::Rendition,
    stack::Stack,
    template::{Node, Template},
};

type Holds<'h> = &'h dyn Fn(&Option<Condition>) -> bool;

/// The stack that the kit states under these answers; `names` gets it as `stack`.
///
/// `features` says of every feature whether it is applied in the same tree. A text that cannot be filled in is one of the `faults`, and does
/// not hide those of the files; what makes no stack does.
pub(super) fn build(
    kit: &KitManifest,
    origin: &Origin<'_>,
    names: &mut Names,
    rendition: &Rendition,
    features: &[(String, bool)],
    holds: Holds<'_>,
    faults: &mut Vec<Fault>,
) -> Result<Stack, Vec<Fault>> {
    let mut merged = Map::new();
    for part in kit.stack.iter().filter(|part| holds(&part.when) && rendition.at >= part.from) {
        let fields = toml::Value::Table(part.fields.clone());
        if let Some(Json::Object(fields)) = fill(origin, &fields, names, faults, Some((rendition, holds))) {
            merge(&mut merged, fields);
        }
    }
    let project = names.get("a.name").cloned().unwrap_or_else(|_| Json::String(String::new()));
    let project = merged.entry("name").or_insert(project).clone();
    for module in merged.get_mut("modules").and_then(Json::as_array_mut).into_iter().flatten().filter_map(Json::as_object_mut) {
        module.entry("name").or_insert_with(|| project.clone());
    }
    // Text answers stay placeholders in what templates see, and are themselves in the stack that is recorded.
    let read = |json: Json| serde_json::from_value::<Stack>(json).map_err(|error| origin.refused("stack", &error.to_string()));
    let seen = read(Json::Object(merged.clone()))?;
    let stack = read(names.resolved(&Json::Object(merged)))?;
    let mut seen = serde_json::to_value(seen).map_err(|error| vec![origin.fault(error.to_string())])?;
    complete(&mut seen, &stack);
    seen["features"] = features.iter().map(|(name, is_there)| (name.replace('-', "_"), Json::Bool(*is_there))).collect();
    names.set("stack", seen);
    Ok(stack)
}

/// The contribution that a manifest states, its texts filled in.
pub(super) fn contribution(origin: &Origin<'_>, rule: &ContributionRule, names: &Names) -> Result<Contribution, Vec<Fault>> {
    let mut faults = Vec::new();
    let filled = fill(origin, &toml::Value::Table(rule.fields.clone()), names, &mut faults, None);
    if !faults.is_empty() {
        return Err(faults);
    }
    let Some(Json::Object(mut fields)) = filled.map(|fields| names.resolved(&fields)) else {
        return Err(vec![origin.fault("[[contribution]] is no table")]);
    };
    fields.insert("from".to_owned(), rule.from.into());
    serde_json::from_value(Json::Object(fields)).map_err(|error| origin.refused("contribution", &error.to_string()))
}

/// A text that is a template of plain names only, such as the `to` of a files rule.
pub(super) fn plain(origin: &Origin<'_>, text: &str, names: &Names) -> Result<String, Vec<Fault>> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    let mut faults = Vec::new();
    let filled = fill_text(origin, text, names, &mut faults);
    if faults.is_empty() { Ok(filled.as_str().map_or_else(|| filled.to_string(), str::to_owned)) } else { Err(faults) }
}

/// A step with its texts filled in, or none: one that names `m.next` is there only where a milestone comes next.
pub(super) fn next_step(origin: &Origin<'_>, step: &NextStep, names: &Names) -> Result<Option<NextStep>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut text = |text: &str| match plain(origin, text, names) {
        Ok(filled) => {
            if let Some(('t', index)) = split(&filled).find_map(|(_, placeholder)| placeholder) {
                let name = names.texts.get(index).map_or("", |(name, _)| name);
                faults.extend(origin.wherever(text, &origin.fault(format!("the text answer `{name}` cannot stand in a command"))));
            }
            filled
        }
        Err(more) => {
            faults.extend(more);
            String::new()
        }
    };
    let filled = NextStep { command: text(&step.command), why: text(&step.why), when: step.when.clone() };
    if !faults.is_empty() {
        return Err(faults);
    }
    let is_for_next = [&step.command, &step.why].iter().any(|text| text.contains("m.next"));
    let has_next = names.get("m.next").is_ok_and(|next| !next.is_null());
    Ok((has_next || !is_for_next).then_some(filled))
}

/// Lists grow, tables merge, everything else is the later one's.
fn merge(into: &mut Map<String, Json>, from: Map<String, Json>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Json::Array(list)), Json::Array(more)) => list.extend(more),
            (Some(Json::Object(table)), Json::Object(more)) => merge(table, more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// `value` with its texts rendered; elements of lists that have a `when` or `from` which does not hold are left out (`None`).
fn fill(
    origin: &Origin<'_>,
    value: &toml::Value,
    names: &Names,
    faults: &mut Vec<Fault>,
    select: Option<(&Rendition, Holds<'_>)>,
) -> Option<Json> {
    Some(match value {
        toml::Value::String(text) if text.contains("{{") => fill_text(origin, text, names, faults),
        toml::Value::String(text) => Json::String(text.clone()),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(value) => (*value).into(),
        toml::Value::Datetime(date) => Json::String(date.to_string()),
        toml::Value::Array(items) => items.iter().filter_map(|item| fill(origin, item, names, faults, select)).collect(),
        toml::Value::Table(table) => {
            let mut out = Map::new();
            for (key, value) in table {
                match (key.as_str(), select) {
                    ("when", Some((_, holds))) => match value.as_str().map(|text| (text, text.parse::<Condition>())) {
                        Some((_, Ok(condition))) if holds(&Some(condition.clone())) => {}
                        Some((_, Ok(_))) => return None,
                        Some((text, Err(why))) => faults.extend(origin.wherever(text, &origin.fault(why))),
                        None => faults.push(origin.fault("`when` wants a condition in quotes")),
                    },
                    ("from", Some((rendition, _))) => match value.as_integer() {
                        Some(from) if i64::from(rendition.at) >= from => {}
                        Some(_) => return None,
                        None => faults.push(origin.fault("`from` wants the number of a milestone")),
                    },
                    _ => {
                        if let Some(value) = fill(origin, value, names, faults, select) {
                            out.insert(key.clone(), value);
                        }
                    }
                }
            }
            Json::Object(out)
        }
    })
}

fn fill_text(origin: &Origin<'_>, text: &str, names: &Names, faults: &mut Vec<Fault>) -> Json {
    let template = match Template::parse("", text.to_owned(), &|_| None) {
        Ok(template) => template,
        Err(more) => {
            faults.extend(more.iter().flat_map(|fault| origin.wherever(text, fault)));
            return Json::Null;
        }
    };
    let mut out = String::new();
    let mut only = None;
    for node in &template.nodes {
        match node {
            Node::Literal(range) => out.push_str(template.literal(range)),
            Node::Value { path, .. } => match names.get(path) {
                Ok(Json::Null) | Err(Missing::Empty) => {}
                Ok(value) => {
                    match value {
                        Json::String(text) => out.push_str(text),
                        other => out.push_str(&other.to_string()),
                    }
                    only = Some(value.clone());
                }
                Err(Missing::Undeclared(near)) => {
                    let fault = origin.fault(format!("undeclared name `{path}`"));
                    let fault = match near {
                        Some(near) => fault.hint(format!("did you mean `{near}`?")),
                        None => fault,
                    };
                    faults.extend(origin.wherever(text, &fault));
                    only = Some(Json::Null);
                }
            },
            _ => faults.extend(origin.wherever(text, &origin.fault("only names may stand in a manifest's texts"))),
        }
    }
    match only {
        // `port = "{{a.port}}"` is the number.
        Some(value) if template.nodes.len() == 1 => value,
        _ => Json::String(out),
    }
}
