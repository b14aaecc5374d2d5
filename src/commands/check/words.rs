//! Tests and milestones in the learner's words.

use crate::{commands::text::count, milestone::TestCase, progress::Verdict};

/// A test in the learner's words.
pub(in crate::commands) fn title(case: &TestCase) -> &str {
    case.id.splitn(3, '/').nth(2).unwrap_or(&case.id)
}

/// What did not run of a milestone, and why.
pub(super) fn missing(verdict: &Verdict<'_>) -> Option<String> {
    let why = if verdict.left_out.is_empty() { "their file is gone or does not compile" } else { "their file is broken" };
    (verdict.missing > 0).then(|| format!("{} did not run: {why}", count(verdict.missing, "test")))
}

/// A milestone as a subject.
pub(super) fn name(verdict: &Verdict<'_>) -> String {
    verdict.step.map_or_else(|| "what has no milestone".to_owned(), |step| format!("milestone {}", step.number))
}

/// The same at the beginning of a sentence.
pub(in crate::commands) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A milestone's number and title.
pub(super) fn heading(verdict: &Verdict<'_>) -> String {
    let title = verdict.step.map_or_else(String::new, |step| format!(": {}", step.title));
    format!("{}{title}", capital(&name(verdict)))
}

/// What a failure says, without the way that the program took to it.
pub(in crate::commands) fn message(case: &TestCase) -> Vec<&str> {
    let is_frame = |line: &&str| line.trim_start().starts_with("at ") && (line.starts_with('\t') || line.starts_with("    "));
    let lines = once(&case.message).lines().take_while(|line| !is_frame(line)).map(str::trim_end);
    lines.filter(|line| !line.is_empty()).collect()
}

/// A report has the message twice: as what it is, and as the beginning of the trace, behind the name of an exception.
fn once(message: &str) -> &str {
    let first = message.lines().next().unwrap_or_default();
    let head = &first[..boundary(first, 40)];
    match message[head.len()..].find(head) {
        Some(at) if !head.is_empty() => {
            let second = &message[head.len() + at..];
            let common = message.bytes().zip(second.bytes()).take_while(|(one, other)| one == other).count();
            message[..boundary(message, common)].trim_end()
        }
        _ => message,
    }
}

/// The last place up to `index` where a character begins.
fn boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{message, once};
    use crate::milestone::{Outcome, TestCase};

    #[test]
    fn a_failure_is_told_once_and_without_its_trace() {
        let long = "GET /notes: expected status 200, got 501 — milestone 1, see docs/milestones/1.md";
        assert_eq!(once(&format!("{long}java.lang.AssertionError: {long}\n\tat com.example.A.b(A.java:1)")), long);
        assert_eq!(once("no\nAssertionError: no\n    at x"), "no");
        assert_eq!((once("as it is"), once("")), ("as it is", ""));
        let case = |message: &str| TestCase {
            id: "m1/a/b".to_owned(),
            milestone: 1,
            outcome: Outcome::Failed,
            message: message.to_owned(),
            seconds: 0.0,
        };
        assert_eq!(message(&case("expected: 1\n but was: 2\n\tat A.b(A.java:1)\n\tat C")), ["expected: 1", " but was: 2"]);
    }
}
