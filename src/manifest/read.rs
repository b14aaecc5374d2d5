//! Reading a manifest: all faults that can be told apart, not only the first.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use crate::error::{Fault, nearest};

/// The manifest in `text`, or every fault in it; `place` names the file.
pub fn read<T: DeserializeOwned>(place: &str, text: &str) -> Result<T, Vec<Fault>> {
    match read_on(place, text) {
        (Some(manifest), faults) if faults.is_empty() => Ok(manifest),
        (_, faults) => Err(faults),
    }
}

/// The manifest in `text` as far as it can be read, and every fault in it.
///
/// An unknown key does not hide what is wrong behind it: it is taken out and reading goes on.
pub(crate) fn read_on<T: DeserializeOwned>(place: &str, text: &str) -> (Option<T>, Vec<Fault>) {
    let first = match toml::from_str(text) {
        Ok(manifest) => return (Some(manifest), Vec::new()),
        Err(error) => error,
    };
    let Ok(mut table) = DeTable::parse(text) else {
        return (None, vec![fault(place, text, first.message(), first.span())]);
    };
    let mut faults = Vec::new();
    loop {
        match T::deserialize(toml::Deserializer::from(table.clone())) {
            Ok(manifest) => return (Some(manifest), faults),
            Err(error) => {
                let unknown = error.message().starts_with("unknown field").then(|| error.span()).flatten();
                faults.push(fault(place, text, error.message(), error.span()));
                match unknown {
                    Some(span) if take_out(table.get_mut(), &span) => {}
                    _ => return (None, faults),
                }
            }
        }
    }
}

/// The line (from 1) of a byte offset.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn fault(place: &str, text: &str, message: &str, span: Option<Range<usize>>) -> Fault {
    let said = message.lines().next().unwrap_or(message);
    let fault = match unknown_key(message) {
        Some((_, fault)) => Fault { place: place.to_owned(), ..fault },
        None => Fault::new(place, said),
    };
    match span {
        Some(span) => fault.at(line_of(text, span.start)),
        None => fault,
    }
}

/// The key that serde does not know, and the fault without its place: unknown field `x`, expected one of `a`, `b`.
pub(crate) fn unknown_key(said: &str) -> Option<(&str, Fault)> {
    let rest = said.strip_prefix("unknown field `")?;
    let (name, known) = rest.split_once('`')?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let fault = Fault::new("", format!("unknown key `{name}`"));
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    Some((name, fault.hint(hint)))
}

/// The lines (from 1) where a manifest has this text as a value.
pub(crate) fn lines_of_value(manifest: &str, wanted: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    if let Ok(table) = DeTable::parse(manifest) {
        walk_table(table.get_ref(), &mut |_, value| {
            if value.get_ref().as_str() == Some(wanted) {
                lines.push(line_of(manifest, value.span().start));
            }
        });
    }
    lines
}

/// The lines (from 1) where a manifest has this key anywhere in `table`.
pub(crate) fn lines_of_key(manifest: &str, table: &str, wanted: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    if let Ok(parsed) = DeTable::parse(manifest) {
        for (_, value) in parsed.get_ref().iter().filter(|(key, _)| key.get_ref() == table) {
            walk(None, value, &mut |key, _| {
                if let Some(key) = key.filter(|key| key.get_ref() == wanted) {
                    lines.push(line_of(manifest, key.span().start));
                }
            });
        }
    }
    lines
}

/// The line (from 1) of a key of the manifest itself; of a list of tables the first.
pub(crate) fn line_of_top_key(manifest: &str, wanted: &str) -> Option<usize> {
    let parsed = DeTable::parse(manifest).ok()?;
    let (key, _) = parsed.get_ref().iter().find(|(key, _)| key.get_ref() == wanted)?;
    Some(line_of(manifest, key.span().start))
}

/// Every `when` of a manifest, but for those of questions, with its line (from 1).
pub(crate) fn conditions(manifest: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    if let Ok(parsed) = DeTable::parse(manifest) {
        for (_, value) in parsed.get_ref().iter().filter(|(key, _)| key.get_ref() != "question") {
            walk(None, value, &mut |key, value| {
                if let (Some(text), true) = (value.get_ref().as_str(), key.is_some_and(|key| key.get_ref() == "when")) {
                    found.push((text.to_owned(), line_of(manifest, value.span().start)));
                }
            });
        }
    }
    found
}

type Visit<'v> = dyn FnMut(Option<&Spanned<DeString<'_>>>, &Spanned<DeValue<'_>>) + 'v;

fn walk_table(table: &DeTable<'_>, visit: &mut Visit<'_>) {
    for (key, value) in table {
        walk(Some(key), value, visit);
    }
}

fn walk(key: Option<&Spanned<DeString<'_>>>, value: &Spanned<DeValue<'_>>, visit: &mut Visit<'_>) {
    visit(key, value);
    match value.get_ref() {
        DeValue::Table(table) => walk_table(table, visit),
        DeValue::Array(items) => items.iter().for_each(|item| walk(None, item, visit)),
        _ => {}
    }
}

fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let found = table.keys().find(|key| key.span() == *span).cloned();
    match found {
        Some(key) => table.remove(&key).is_some(),
        None => table.iter_mut().any(|(_, value)| take_out_of(value, span)),
    }
}

fn take_out_of(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => take_out(table, span),
        DeValue::Array(array) => array.iter_mut().any(|value| take_out_of(value, span)),
        _ => false,
    }
}
