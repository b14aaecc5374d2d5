//! The class on a terminal.

use crate::{
    commands::text::count,
    env::Env,
    grade::{Graded, Results, Status},
    output::{Ink, pad},
};

/// The widest name; a longer one is cut.
const NAME: usize = 28;

/// A line for each student: what each milestone earned, the sum, and what there is to say.
pub(super) fn print(results: &Results, env: &mut Env) {
    let palette = env.out.palette();
    let names: Vec<String> = results.rows.iter().map(|row| name(row)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("student".len());
    let digits = results.max.to_string().len();
    let columns: Vec<usize> = results.milestones.iter().map(|head| head.points.to_string().len().max(3)).collect();
    let mut line = pad("student", width);
    for (head, column) in results.milestones.iter().zip(&columns) {
        line.push_str(&format!("  {:>column$}", format!("m{}", head.number)));
    }
    line.push_str(&format!("  {:>width$}", "points", width = 2 * digits + 4));
    env.out.line(palette.paint(Ink::Heading, line));
    for (row, name) in results.rows.iter().zip(names) {
        let mut line = pad(&name, width);
        for (head, column) in results.milestones.iter().zip(&columns) {
            let found = row.milestones.iter().find(|milestone| milestone.number == head.number);
            let (text, ink) = match found {
                Some(milestone) if milestone.done => ("\u{2714}".to_owned(), Ink::Good),
                Some(milestone) => (milestone.points.to_string(), Ink::Dim),
                None => ("-".to_owned(), Ink::Dim),
            };
            let blank = " ".repeat(column.saturating_sub(text.chars().count()));
            line.push_str(&format!("  {blank}{}", palette.paint(ink, text)));
        }
        line.push_str(&format!("  {:>digits$} of {:>digits$}", row.points, row.max));
        let status = if row.status == Status::Graded { String::new() } else { palette.paint(Ink::Bad, row.status.word()) };
        let said = [status, row.note.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        if !said.is_empty() {
            line.push_str(&format!("  {said}"));
        }
        env.out.line(line);
    }
    let sum: u64 = results.rows.iter().map(|row| u64::from(row.points)).sum();
    let graded = results.rows.len() - results.failures();
    let average = if results.rows.is_empty() { 0 } else { sum / results.rows.len() as u64 };
    env.out.line(format!(
        "\n{} of {} graded, {average} of {} points on average",
        graded,
        count(results.rows.len(), "student"),
        results.max
    ));
}

/// The name in one line, as wide as there is room.
fn name(row: &Graded) -> String {
    let name: String = row.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if name.chars().count() <= NAME { name } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}
