//! A set of lines: `.gitignore`, `.dockerignore`, `.gitattributes`.

use serde_json::Value;

use super::{Candidate, Grammar, Wanted, text};
use crate::error::Fault;

pub(super) const GRAMMAR: Grammar =
    Grammar { model: |text| Ok(all(text).into_iter().map(|(_, line)| line).collect()), add, take, comments: &[] };

/// Where each line starts, and the line without what stands invisibly at its end.
fn all(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        (start, line.trim_end())
    });
    lines.collect()
}

#[allow(clippy::unnecessary_wraps)] // the signature is that of every format
fn add(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let key = wanted.key.trim_end();
    let mut lines: Vec<&str> = all(text).into_iter().map(|(_, line)| line).collect();
    if lines.contains(&key) {
        return Ok(Vec::new());
    }
    lines.push(key);
    Ok(vec![Candidate { edits: vec![text::below(text, text.len(), key)], expected: Value::from(lines) }])
}

#[allow(clippy::unnecessary_wraps)] // the signature is that of every format
fn take(text: &str, wanted: &Wanted) -> Result<Vec<Candidate>, Fault> {
    let lines = all(text);
    let Some(index) = lines.iter().rposition(|(_, line)| *line == wanted.key.trim_end()) else { return Ok(Vec::new()) };
    let at = lines[index].0;
    let expected = lines.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, (_, line))| *line).collect();
    Ok(vec![Candidate { edits: vec![text::cut_lines(text, at, at)], expected }])
}

#[cfg(test)]
mod tests {
    use crate::contribute::tests::{Case, lines};

    #[test]
    fn a_line_is_appended_once_with_the_line_ends_of_the_file() {
        for (before, after) in [
            ("", "reports/\n"),
            ("target/\n", "target/\nreports/\n"),
            ("target/", "target/\nreports/"),
            ("target/\r\n# own\r\n", "target/\r\n# own\r\nreports/\r\n"),
            ("a\n\n", "a\n\nreports/\n"),
        ] {
            Case::of(before, &[lines("reports/")]).becomes(after).and_back();
        }
        Case::of("reports/  \nb\n", &[lines("reports/")]).stays();
    }

    #[test]
    fn exceptions_come_after_the_rules_they_except() {
        Case::of("", &[lines("!.env.example"), lines(".env*"), lines("out/")]).becomes(".env*\nout/\n!.env.example\n").and_back();
    }

    #[test]
    fn a_line_is_one_line_without_value_and_pointer() {
        Case::of("", &[lines("a\nb")]).fails(&["f: the contribution `a\nb` is not one line"]);
        let mut value = lines("a");
        value.value = 1.into();
        Case::of("", &[value]).fails(&["f: the contribution `a` has a value, where there are only lines"]);
        let mut pointer = lines("a");
        pointer.pointer = "/x".to_owned();
        Case::of("", &[pointer]).fails(&["f: the contribution `a` has the pointer `/x`, where there is only a list of keys"]);
    }
}
