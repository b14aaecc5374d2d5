//! What a check found, as data.

use serde_json::{Value as Json, json};

use super::{build::Stopped, found::Found, words::title};
use crate::{course::Step, milestone::TestCase, progress::Verdict};

/// Everything that it found.
pub(super) fn found(found: &Found<'_>) -> Json {
    let of = |verdict: &Verdict<'_>| {
        let is_guard = |case: &TestCase| verdict.step.is_some_and(|step| step.guards.contains(&case.id));
        let tests = verdict.cases.iter().map(|case| {
            json!({
                "id": case.id,
                "title": title(case),
                "outcome": case.outcome,
                "guard": is_guard(case),
                "message": case.message,
                "seconds": case.seconds,
            })
        });
        json!({
            "number": verdict.number(),
            "title": verdict.step.map(|step| &step.title),
            "done": verdict.is_done(),
            "points": verdict.points(),
            "of_points": verdict.step.map_or(0, |step| step.points),
            "missing": verdict.missing,
            "left_out": verdict.left_out,
            "tests": tests.collect::<Vec<_>>(),
        })
    };
    json!({
        "kit": found.course.name,
        "checked": found.upto,
        "reached_before": found.before,
        "reached": found.now,
        "last": found.course.last,
        "broken": found.broken.iter().map(of).collect::<Vec<_>>(),
        "milestones": found.wanted.iter().map(of).collect::<Vec<_>>(),
        "next": found.next().map(|Step { number, title, goal, minutes, .. }| {
            json!({"number": number, "title": title, "goal": goal, "minutes": minutes, "doc": format!("docs/milestones/{number}.md")})
        }),
    })
}

/// Why there is nothing to find, where a stream of answers has to have one.
pub(super) fn stopped(stopped: &Stopped) -> Json {
    json!({"error": stopped.what, "said": stopped.said})
}
