//! What came out, as a table.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// How something ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Passed,
    Failed(String),
    /// It held only when it was tried again, alone; what it said first.
    Unsteady(String),
    /// With the reason; in CI that is a failure.
    Skipped(String),
    /// Proven before, with the same inputs; when.
    Recorded(String),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    pub check: &'static str,
    pub kit: String,
    pub at: Option<u32>,
    pub option: String,
    pub outcome: Outcome,
    pub seconds: f64,
}

impl Row {
    pub fn new(check: &'static str, kit: &str, at: Option<u32>, option: impl Into<String>, outcome: Outcome, seconds: f64) -> Self {
        Self { check, kit: kit.to_owned(), at, option: option.into(), outcome, seconds }
    }

    /// Runs `work` and makes a row of how it ended.
    pub fn of(
        check: &'static str,
        kit: &str,
        at: Option<u32>,
        option: impl Into<String>,
        work: impl FnOnce() -> Result<(), String>,
    ) -> Self {
        let start = std::time::Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        };
        Self::new(check, kit, at, option, outcome, start.elapsed().as_secs_f64())
    }

    pub fn skipped(check: &'static str, kit: &str, option: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(check, kit, None, option, Outcome::Skipped(why.into()), 0.0)
    }

    fn cells(&self) -> [String; 6] {
        let at = self.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let outcome = match &self.outcome {
            Outcome::Passed => "passed",
            Outcome::Unsteady(_) => "unsteady",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped(_) => "skipped",
            Outcome::Recorded(_) => "recorded",
        };
        [self.check.to_owned(), self.kit.clone(), at, self.option.clone(), outcome.to_owned(), format!("{:.1}", self.seconds)]
    }

    fn reason(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Passed => None,
            Outcome::Unsteady(why) | Outcome::Failed(why) | Outcome::Skipped(why) | Outcome::Recorded(why) => Some(why),
        }
    }
}

/// All lines; each is printed as it comes.
pub struct Table {
    rows: Vec<Row>,
    file: PathBuf,
    is_ci: bool,
}

impl Table {
    pub fn new(folder: &Path) -> Self {
        Self { rows: Vec::new(), file: folder.join("results.tsv"), is_ci: is_ci() }
    }

    pub fn add(&mut self, row: Row) {
        println!("{}", row.cells().join("  "));
        if let Some(why) = row.reason() {
            println!("    {}", why.trim_end().replace('\n', "\n    "));
        }
        self.rows.push(row);
    }

    fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.rows.iter().filter(|row| is(&row.outcome)).count()
    }

    /// Nothing failed; in CI nothing was skipped either, and something ran.
    pub fn is_good(&self) -> bool {
        let failed = self.count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        failed == 0 && (skipped == 0 || !self.is_ci) && self.rows.len() > skipped
    }

    /// The table again, whole, with the sums.
    pub fn print(&self) {
        let heading = ["check", "kit", "at", "option", "outcome", "seconds"].map(str::to_owned);
        let lines: Vec<[String; 6]> = std::iter::once(heading).chain(self.rows.iter().map(Row::cells)).collect();
        let widths: Vec<usize> = (0..6).map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)).collect();
        println!();
        for line in &lines {
            let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
        let seconds: f64 = self.rows.iter().map(|row| row.seconds).sum();
        let recorded = self.count(|outcome| matches!(outcome, Outcome::Recorded(_)));
        println!("\n{recorded} recorded, {seconds:.0} s of work; {}", self.file.display());
        for row in self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Unsteady(_) | Outcome::Failed(_) | Outcome::Skipped(_))) {
            println!("{}\n    {}", row.cells().join("  "), row.reason().unwrap_or("").lines().next().unwrap_or(""));
        }
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        if skipped > 0 && self.is_ci {
            println!("in CI nothing may be skipped: {skipped} skipped checks count as a failure");
        }
        println!(
            "deep: {} passed, {} failed, {skipped} skipped",
            self.count(|outcome| matches!(outcome, Outcome::Passed | Outcome::Unsteady(_) | Outcome::Recorded(_))),
            self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
        );
    }

    pub fn write(&self) -> Result<(), String> {
        let lines: Vec<String> = self
            .rows
            .iter()
            .map(|row| format!("{}\t{}", row.cells().join("\t"), row.reason().unwrap_or("").replace(['\n', '\t'], " ")))
            .collect();
        let text = format!("check\tkit\tat\toption\toutcome\tseconds\treason\n{}\n", lines.join("\n"));
        fs::write(&self.file, text).map_err(|error| format!("{}: {error}", self.file.display()))
    }
}

pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}
