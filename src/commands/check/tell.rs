//! What a check found, for people.

use super::{
    found::Found,
    words::{capital, heading, message, missing, name, title},
};
use crate::{
    commands::{
        repository::{Repository, points},
        text,
    },
    env::Env,
    milestone::Outcome,
    output::{Ink, Palette},
    progress::Verdict,
};

/// What worked before comes first, then a line a test, the first failure in full, and what is next.
pub(super) fn tell(repository: &Repository, found: &Found<'_>, env: &mut Env) {
    let palette = env.out.palette();
    for verdict in &found.broken {
        env.out.line(palette.paint(Ink::Bad, format!("{} is broken", capital(&name(verdict)))));
        print(verdict, true, env);
        env.out.line("");
    }
    for verdict in &found.wanted {
        env.out.line(counted(verdict, palette));
        print(verdict, false, env);
    }
    if let Some(case) = found.first_failure() {
        env.out.line("");
        env.out.line(palette.paint(Ink::Heading, format!("The first that fails: {}", title(case))));
        for line in message(case) {
            // What is laid out, such as a difference, keeps its layout.
            if line.starts_with(char::is_whitespace) { env.out.line(format!("  {line}")) } else { env.out.paragraph("  ", "  ", line) }
        }
    }
    if found.now > found.before {
        env.out.line("");
        open(repository, found, env);
    }
}

fn counted(verdict: &Verdict<'_>, palette: Palette) -> String {
    let points =
        verdict.step.map_or_else(String::new, |step| format!(", {} of {}", verdict.points(), text::count(step.points as usize, "point")));
    let (passed, all) = (verdict.count(Outcome::Passed), text::count(verdict.tests(), "test"));
    format!("{} ({passed} of {all}{points})", palette.paint(Ink::Heading, heading(verdict)))
}

/// A line a test; only what is not green where `only_red`.
fn print(verdict: &Verdict<'_>, only_red: bool, env: &mut Env) {
    let palette = env.out.palette();
    for case in &verdict.cases {
        let (mark, ink) = match case.outcome {
            Outcome::Passed if only_red => continue,
            Outcome::Passed => ("ok     ", Ink::Good),
            Outcome::Failed => ("FAILED ", Ink::Bad),
            Outcome::Skipped => ("skipped", Ink::Warning),
        };
        let mut line = format!("  {} {}", palette.paint(ink, mark), title(case));
        if case.outcome == Outcome::Skipped
            && let Some(why) = message(case).first()
        {
            line.push_str(&palette.paint(Ink::Dim, format!(": {why}")));
        }
        env.out.line(line);
    }
    for file in &verdict.left_out {
        env.out.line(format!("  {} {file}", palette.paint(Ink::Bad, "broken ")));
    }
    if let Some(missing) = missing(verdict) {
        env.out.line(format!("  {} {missing}", palette.paint(Ink::Bad, "missing")));
    }
}

/// Says what is done, and opens what comes next.
fn open(repository: &Repository, found: &Found<'_>, env: &mut Env) {
    let palette = env.out.palette();
    let (course, now) = (found.course, found.now);
    let (done, all) = (points(course, now), points(course, course.last));
    let what = palette.paint(Ink::Good, format!("Milestone {now} of {} is done", course.last));
    env.out.line(format!("{what}: {done} of {}.", text::count(all as usize, "point")));
    match found.next() {
        Some(next) => {
            env.out.line(format!("Next is milestone {}: {} ({})", next.number, next.title, text::duration(next.minutes)));
            repository.tell_goal(next, env);
        }
        None => env.out.line("That was the last one: the project is finished."),
    }
}
