//! A student's results as a page that a teacher can hand back.

use std::fmt::Write as _;

use crate::{
    commands::{
        check::{
            markdown::{fenced, plain},
            words::capital,
        },
        text::count,
    },
    grade::{Graded, RemarkKind, Results, Status},
    milestone::Outcome,
};

/// So many failures of a milestone are shown in full.
const SHOWN: usize = 3;

/// The whole page.
pub(super) fn text(results: &Results, row: &Graded) -> String {
    let mut page = format!("# {}: {} of {}\n\n", plain(&row.name), row.points, count(row.max as usize, "point"));
    let commit = row.commit.as_ref().map_or_else(String::new, |commit| format!(", commit `{commit}`"));
    let _ = writeln!(page, "`{}`{commit}, milestones 1 to {} of `{}`, {:.1} s.", row.folder, results.upto, results.kit, row.seconds);
    if row.status != Status::Graded {
        let _ = write!(page, "\n**{}.**\n", plain(&capital(&row.note)));
    }
    if !row.said.is_empty() {
        page.push('\n');
        fenced(&mut page, &row.said.join("\n"));
    }
    milestones(&mut page, results, row);
    failures(&mut page, row);
    remarks(&mut page, row);
    page
}

fn milestones(page: &mut String, results: &Results, row: &Graded) {
    page.push_str("\n| milestone | tests | points |\n| --- | --- | --- |\n");
    for head in &results.milestones {
        let found = row.milestones.iter().find(|milestone| milestone.number == head.number);
        let (passed, points) = found.map_or((0, 0), |milestone| (milestone.passed, milestone.points));
        let of = found.map_or(head.tests as usize, |milestone| milestone.of_tests);
        let _ = writeln!(page, "| {}. {} | {passed} of {of} | {points} of {} |", head.number, plain(&head.title), head.points);
    }
}

fn failures(page: &mut String, row: &Graded) {
    for milestone in &row.milestones {
        let failed: Vec<_> = milestone.tests.iter().filter(|test| test.outcome != Outcome::Passed).collect();
        let missing = milestone.of_tests.saturating_sub(milestone.tests.len());
        if failed.is_empty() && milestone.left_out.is_empty() && (missing == 0 || milestone.tests.is_empty()) {
            continue;
        }
        let heading = if milestone.number == 0 { "What has no milestone".to_owned() } else { format!("Milestone {}", milestone.number) };
        let _ = write!(page, "\n## {heading}\n");
        for test in failed.iter().take(SHOWN) {
            let title = test.id.splitn(3, '/').nth(2).unwrap_or(&test.id);
            let how = if test.outcome == Outcome::Skipped { "skipped" } else { "failed" };
            let _ = write!(page, "\n**{}** {how}:\n\n", plain(title));
            fenced(page, &test.message);
        }
        if failed.len() > SHOWN {
            let _ = write!(page, "\nAnd {} more.\n", failed.len() - SHOWN);
        }
        for file in &milestone.left_out {
            let line = file.line.map_or_else(String::new, |line| format!(", line {line}"));
            let _ = write!(page, "\nThe test file `{}`{line} does not compile with this code: {}\n", file.path, plain(&file.why));
        }
        if missing > 0 {
            let _ = write!(page, "\n{} did not run.\n", capital(&count(missing, "test")));
        }
    }
}

fn remarks(page: &mut String, row: &Graded) {
    if row.remarks.is_empty() {
        return;
    }
    page.push_str("\n## What was noticed\n\n");
    for remark in &row.remarks {
        let word = match remark.kind {
            RemarkKind::Edited => "edited",
            RemarkKind::Deleted => "deleted",
            RemarkKind::Extra => "not used",
            RemarkKind::Refused => "not taken",
        };
        let _ = writeln!(page, "- {} ({word}): {}", plain(&remark.path), plain(&remark.why));
    }
}
