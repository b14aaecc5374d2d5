//! Elements as values: what is asked for, and the document that must come out.

use serde_json::{Map, Value};

use super::{pointer::is_name, read::Element};

/// What is asked for, in the form in which [`Element::value`] gives what is there: one value for each element.
pub(in crate::contribute) fn wanted_value(key: &str, value: &Value) -> Result<Vec<Value>, String> {
    fn normal(value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => Ok(Value::from(text.trim())),
            Value::Object(table) => {
                let mut result = Map::new();
                for (name, value) in table {
                    if name != "$text" && !is_name(name.strip_prefix('@').unwrap_or(name)) {
                        return Err(format!("has the child `{name}`, which is no element's name"));
                    }
                    let value = normal(value)?;
                    if name.starts_with(['@', '$']) && !value.is_string() {
                        return Err(format!("has the attribute `{name}`, which is not a scalar"));
                    }
                    match value {
                        Value::Array(list) if list.is_empty() => {}
                        value => {
                            result.insert(name.clone(), value);
                        }
                    }
                }
                Ok(if result.is_empty() { Value::from("") } else { Value::Object(result) })
            }
            Value::Array(list) => {
                let mut all = list.iter().map(normal).collect::<Result<Vec<_>, _>>()?;
                if all.iter().any(Value::is_array) {
                    return Err("has a list in a list".to_owned());
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Value::Array(all) })
            }
            other => Ok(Value::from(other.to_string())),
        }
    }
    if !is_name(key) {
        return Err("is no element's name".to_owned());
    }
    Ok(match normal(value)? {
        Value::Array(list) => list,
        value => vec![value],
    })
}

/// The model at the end of a chain.
pub(super) fn at_mut<'m>(model: &'m mut Value, chain: &[(&Element, usize)]) -> Option<&'m mut Vec<Value>> {
    let mut children = model.get_mut(3)?.as_array_mut()?;
    for (_, index) in chain {
        children = children.get_mut(*index)?.get_mut(3)?.as_array_mut()?;
    }
    Some(children)
}

/// The model of an element that is to be written.
pub(super) fn model_of(name: &str, value: &Value) -> Vec<Value> {
    let one = |value: &Value| {
        let (mut attributes, mut text, mut children) = (Vec::new(), "", Vec::new());
        match value {
            Value::Object(table) => {
                for (name, value) in table {
                    match (name.strip_prefix('@'), value.as_str()) {
                        (Some(name), Some(value)) => attributes.push(Value::from(vec![name, value])),
                        (None, Some(value)) if name == "$text" => text = value,
                        _ => children.extend(model_of(name, value)),
                    }
                }
            }
            value => text = value.as_str().unwrap_or_default(),
        }
        Value::from(vec![Value::from(name), attributes.into(), text.into(), children.into()])
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        value => vec![one(value)],
    }
}
