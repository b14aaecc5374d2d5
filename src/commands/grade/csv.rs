//! The class as CSV (RFC 4180): what learning platforms import.

use std::collections::BTreeSet;

use crate::{
    error::{Error, Result},
    grade::Results,
};

/// The whole table.
pub(super) fn text(results: &Results) -> Result<String> {
    let failed = |error| Error::failed("failed to write CSV").because(error);
    // Whatever the roster has, and first: a platform knows its students by it.
    let columns: BTreeSet<&String> = results.rows.iter().flat_map(|row| row.record.keys()).collect();
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut head: Vec<String> = columns.iter().map(|column| cell(column)).collect();
    head.extend(["name".to_owned(), "folder".to_owned()]);
    head.extend(results.milestones.iter().map(|milestone| format!("milestone_{}", milestone.number)));
    head.extend(["points", "max", "percent", "status", "note"].map(str::to_owned));
    csv.write_record(&head).map_err(failed)?;
    for row in &results.rows {
        let mut cells: Vec<String> = columns.iter().map(|column| cell(row.record.get(*column).map_or("", String::as_str))).collect();
        cells.extend([cell(&row.name), cell(&row.folder)]);
        for head in &results.milestones {
            let points = row.milestones.iter().find(|milestone| milestone.number == head.number).map_or(0, |milestone| milestone.points);
            cells.push(points.to_string());
        }
        cells.extend([row.points, row.max, row.percent].map(|number| number.to_string()));
        cells.extend([row.status.word().to_owned(), cell(&row.note)]);
        csv.write_record(&cells).map_err(failed)?;
    }
    let bytes = csv.into_inner().map_err(|error| Error::failed("failed to write CSV").because(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [("=1+1", "'=1+1"), ("@a", "'@a"), ("-1", "'-1"), ("+49", "'+49"), ("a=b", "a=b"), ("", "")] {
            assert_eq!(cell(text), expected);
        }
    }
}
