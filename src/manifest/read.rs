//! Reading a manifest: all faults that can be told apart, not only the first.

use serde::de::DeserializeOwned;
use toml::{Spanned, de::DeTable, de::DeValue};

use crate::error::{Fault, nearest};

/// The manifest in `text`, or every fault in it; `place` names the file.
///
/// An unknown key does not hide what is wrong behind it: it is taken out and reading goes on.
pub fn read<T: DeserializeOwned>(place: &str, text: &str) -> Result<T, Vec<Fault>> {
    let first = match toml::from_str(text) {
        Ok(manifest) => return Ok(manifest),
        Err(error) => error,
    };
    let Ok(table) = DeTable::parse(text) else {
        return Err(vec![fault(place, text, first.message(), first.span())]);
    };
    let mut table = table;
    let mut faults = Vec::new();
    loop {
        match T::deserialize(toml::Deserializer::from(table.clone())) {
            Ok(_) => return Err(faults),
            Err(error) => {
                let unknown = error.message().starts_with("unknown field").then(|| error.span()).flatten();
                faults.push(fault(place, text, error.message(), error.span()));
                match unknown {
                    Some(span) if take_out(table.get_mut(), &span) => {}
                    _ => return Err(faults),
                }
            }
        }
    }
}

/// The line (from 1) of a byte offset.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn fault(place: &str, text: &str, message: &str, span: Option<std::ops::Range<usize>>) -> Fault {
    let said = message.lines().next().unwrap_or(message);
    let mut fault = Fault::new(place, said.replacen("unknown field", "unknown key", 1));
    if let Some((name, known)) = unknown_field(message) {
        fault.message = format!("unknown key `{name}`");
        fault.hint = Some(match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        });
    }
    match span {
        Some(span) => fault.at(line_of(text, span.start)),
        None => fault,
    }
}

/// serde's sentence, taken apart: unknown field `x`, expected one of `a`, `b`.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, known) = rest.split_once('`')?;
    Some((name, known.split('`').skip(1).step_by(2).collect()))
}

fn take_out(table: &mut DeTable<'_>, span: &std::ops::Range<usize>) -> bool {
    let found = table.keys().find(|key| key.span() == *span).cloned();
    match found {
        Some(key) => table.remove(&key).is_some(),
        None => table.iter_mut().any(|(_, value)| take_out_of(value, span)),
    }
}

fn take_out_of(value: &mut Spanned<DeValue<'_>>, span: &std::ops::Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => take_out(table, span),
        DeValue::Array(array) => array.iter_mut().any(|value| take_out_of(value, span)),
        _ => false,
    }
}
