//! Values as all formats see them: what is asked for and what is there, to compare them.

use serde_json::{Map, Number, Value};

/// Stands before a date in the texts of a model, so that a date in TOML does not equal a string.
pub(super) const DATE: &str = "\u{1}date ";

/// The value of a contribution; a date becomes a text, marked by [`DATE`] where `dates` says that the format has dates.
pub(super) fn from_toml(value: &toml::Value, dates: bool) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text.clone()),
        toml::Value::Integer(int) => Value::from(*int),
        toml::Value::Float(float) => from_f64(*float),
        toml::Value::Boolean(is) => Value::Bool(*is),
        toml::Value::Datetime(date) => Value::String(format!("{}{date}", if dates { DATE } else { "" })),
        toml::Value::Array(list) => list.iter().map(|element| from_toml(element, dates)).collect(),
        toml::Value::Table(table) => Value::Object(table.iter().map(|(key, value)| (key.clone(), from_toml(value, dates))).collect()),
    }
}

/// The way back; `None` for what TOML cannot say. Nothing, as in `volumes: {db: }`, is a table without entries: so read it those who have a key
/// for its own sake.
pub(super) fn to_toml(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => toml::Value::Table(toml::Table::new()),
        Value::Bool(is) => toml::Value::Boolean(*is),
        Value::Number(number) => number.as_i64().map(toml::Value::Integer).or_else(|| number.as_f64().map(toml::Value::Float))?,
        Value::String(text) => match text.strip_prefix(DATE) {
            Some(text) => text.parse().map(toml::Value::Datetime).or_else(|_| text.parse().map(toml::Value::Float)).ok()?,
            None => toml::Value::String(text.clone()),
        },
        Value::Array(list) => toml::Value::Array(list.iter().map(to_toml).collect::<Option<_>>()?),
        Value::Object(table) => {
            toml::Value::Table(table.iter().map(|(key, value)| Some((key.clone(), to_toml(value)?))).collect::<Option<_>>()?)
        }
    })
}

/// A number; `inf` and `nan`, which not every format has, as text.
pub(super) fn from_f64(float: f64) -> Value {
    Number::from_f64(float).map_or_else(|| Value::String(format!("{DATE}{float}")), Value::Number)
}

/// The value on one line, short enough for a message.
pub(super) fn show(value: &Value) -> String {
    let text = value.to_string().replace("\\u0001date ", "");
    if text.chars().count() <= 80 { text } else { format!("{}…", text.chars().take(79).collect::<String>()) }
}

/// `value` inside a table for each of `parts`, the first outermost.
pub(super) fn nest(parts: &[String], value: Value) -> Value {
    parts.iter().rev().fold(value, |value, part| Value::Object(Map::from_iter([(part.clone(), value)])))
}

/// What stands at `path`: table keys and list positions.
pub(super) fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Object(table) => table.get(part),
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The same, to change it.
pub(super) fn at_mut<'v>(mut value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    for part in path {
        value = match value {
            Value::Object(table) => table.get_mut(part)?,
            Value::Array(list) => list.get_mut(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// Takes the entry `key` at `path` (or the element equal to `value`) out if it has that value, and the tables that this empties.
pub(super) fn strip(from: &mut Value, path: &[String], key: &str, value: &Value) {
    let is_empty = |value: &Value| match value {
        Value::Object(table) => table.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match (path.split_first(), from) {
        (Some((first, rest)), Value::Object(table)) => {
            if let Some(child) = table.get_mut(first) {
                let was_empty = is_empty(child);
                strip(child, rest, key, value);
                if is_empty(child) && !was_empty {
                    table.shift_remove(first);
                }
            }
        }
        (Some((first, rest)), Value::Array(list)) => {
            if let Some(child) = first.parse::<usize>().ok().and_then(|index| list.get_mut(index)) {
                strip(child, rest, key, value);
            }
        }
        (None, Value::Object(table)) if table.get(key) == Some(value) => {
            table.shift_remove(key);
        }
        (None, Value::Array(list)) => list.retain(|element| element != value),
        _ => {}
    }
}
