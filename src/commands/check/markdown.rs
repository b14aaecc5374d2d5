//! What a check found, as a page: to paste into a pull request, or as the summary of a CI job.

use std::fmt::Write as _;

use super::{
    build::Stopped,
    found::Found,
    report::Report,
    words::{capital, heading, message, missing, name, title},
};
use crate::{
    commands::{repository::points, text},
    course::Course,
    manifest::Number,
    milestone::{Outcome, TestCase},
    progress::Verdict,
};

/// The whole page.
pub(super) fn text(report: &Report<'_>) -> String {
    match report {
        Report::Found(found) => page(found),
        Report::Stopped { course, upto, stopped } => no_test(course, *upto, stopped),
    }
}

fn page(found: &Found<'_>) -> String {
    let course = found.course;
    // A milestone that was reached counts for nothing while it is broken: whoever reads the page may not be who says that it was reached.
    let lost = found.verdicts().filter(|verdict| verdict.number() <= found.before && !verdict.is_done()).map(Verdict::number).min();
    let reached = lost.map_or(found.now, |number| number.saturating_sub(1));
    let (done, all) = (points(course, reached), points(course, course.last));
    let all = text::count(all as usize, "point");
    let mut page = format!("## {}: milestone {reached} of {} reached, {done} of {all}\n", plain(&course.title), course.last);
    for verdict in &found.broken {
        let _ = write!(page, "\n### {} is broken\n", capital(&name(verdict)));
        table(&mut page, verdict);
    }
    for verdict in &found.wanted {
        let _ = write!(page, "\n### {}\n", plain(&heading(verdict)));
        table(&mut page, verdict);
    }
    match found.next() {
        _ if found.now == found.before => {}
        Some(next) => {
            let what = format!("{}: {} ({})", next.number, next.title, text::duration(next.minutes));
            let _ = write!(page, "\nNext is milestone {}\n", plain(&what));
        }
        None => page.push_str("\nThe project is finished.\n"),
    }
    page
}

/// What a milestone's tests say, and its first failure in full.
fn table(page: &mut String, verdict: &Verdict<'_>) {
    let points =
        verdict.step.map_or_else(String::new, |step| format!(", {} of {}", verdict.points(), text::count(step.points as usize, "point")));
    let all = text::count(verdict.tests(), "test");
    let _ = write!(page, "\n{} of {all} passed{points}.\n\n| result | test |\n| --- | --- |\n", verdict.count(Outcome::Passed));
    for case in &verdict.cases {
        let mark = match case.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "**FAILED**",
            Outcome::Skipped => "skipped",
        };
        let why = match (case.outcome, message(case).first()) {
            (Outcome::Skipped, Some(why)) => format!(": {why}"),
            _ => String::new(),
        };
        let _ = writeln!(page, "| {mark} | {} |", plain(&format!("{}{why}", title(case))));
    }
    for file in &verdict.left_out {
        let _ = writeln!(page, "| **broken** | {} |", plain(&file.to_string()));
    }
    if let Some(missing) = missing(verdict) {
        let _ = writeln!(page, "| **missing** | {missing} |");
    }
    if let Some(case) = verdict.cases.iter().find(|case| case.outcome == Outcome::Failed) {
        failure(page, case);
    }
}

fn failure(page: &mut String, case: &TestCase) {
    let _ = write!(page, "\nThe first that fails: **{}**\n\n", plain(title(case)));
    fenced(page, &message(case).join("\n"));
}

fn no_test(course: &Course, upto: Number, stopped: &Stopped) -> String {
    let mut page =
        format!("## {}: milestone {upto} of {}\n\n**{}.**\n\n", plain(&course.title), course.last, plain(&capital(stopped.what)));
    fenced(&mut page, &stopped.said.join("\n"));
    page
}

/// As it is, between more backticks than stand in it.
pub(in crate::commands) fn fenced(page: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(page, "{fence}text\n{text}\n{fence}\n");
}

/// In one line, with nothing in it that Markdown would take for its own.
pub(in crate::commands) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|~&#".contains(c) {
            plain.push('\\');
        }
        plain.push(if c.is_control() { ' ' } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{fenced, plain};

    #[test]
    fn nothing_of_a_test_s_name_is_markdown() {
        assert_eq!(plain("GET /notes?a=1&b=2 | `x`\n<b>"), r"GET /notes?a=1\&b=2 \| \`x\` \<b\>");
    }

    #[test]
    fn a_fence_is_longer_than_what_is_in_it() {
        let mut page = String::new();
        fenced(&mut page, "a ```` b");
        assert_eq!(page, "`````text\na ```` b\n`````\n");
    }
}
