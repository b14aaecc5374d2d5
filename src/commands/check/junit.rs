//! What a check found, as JUnit XML: a suite a milestone.
//!
//! The format is the one that CI systems read, described at <https://github.com/testmoapp/junitxml>.

use std::io;

use quick_xml::{Writer, events::BytesText};

use super::{
    build::Stopped,
    found::Found,
    report::Report,
    words::{heading, message, missing, title},
};
use crate::{
    error::{Error, Result},
    manifest::Number,
    milestone::{Outcome, TestCase},
    progress::Verdict,
};

type Xml = Writer<Vec<u8>>;

/// The whole report.
pub(super) fn text(report: &Report<'_>) -> Result<String> {
    let failed = |error| Error::failed("failed to write JUnit XML").because(error);
    let mut xml = Writer::new_with_indent(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(), b' ', 2);
    match report {
        Report::Found(found) => suites(&mut xml, found),
        Report::Stopped { course, upto, stopped } => no_test(&mut xml, &course.name, *upto, stopped),
    }
    .map_err(failed)?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn suites(xml: &mut Xml, found: &Found<'_>) -> io::Result<()> {
    let totals = found.verdicts().map(Totals::of).fold(Totals::default(), Totals::with);
    totals.element(xml, "testsuites", &found.course.name, |xml| found.verdicts().try_for_each(|verdict| suite(xml, verdict)))
}

fn suite(xml: &mut Xml, verdict: &Verdict<'_>) -> io::Result<()> {
    Totals::of(verdict).element(xml, "testsuite", &heading(verdict), |xml| {
        verdict.cases.iter().try_for_each(|case| test(xml, case))?;
        let class = format!("m{}", verdict.number());
        for file in &verdict.left_out {
            problem(xml, &class, &file.path, &file.why, &file.to_string())?;
        }
        missing(verdict).map_or(Ok(()), |missing| problem(xml, &class, "tests that did not run", &missing, &missing))
    })
}

fn test(xml: &mut Xml, case: &TestCase) -> io::Result<()> {
    let class = case.id.rsplit_once(&format!("/{}", title(case))).map_or("", |(class, _)| class);
    let (class, title, seconds) = (clean(class), clean(title(case)), seconds(case.seconds));
    let element = xml.create_element("testcase").with_attributes([("name", &*title), ("classname", &*class), ("time", &*seconds)]);
    let lines: Vec<String> = message(case).into_iter().map(clean).collect();
    let first = lines.first().map_or("", String::as_str);
    match case.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Skipped => element.write_inner_content(|xml| {
            xml.create_element("skipped").with_attribute(("message", first)).write_empty()?;
            Ok(())
        })?,
        Outcome::Failed => element.write_inner_content(|xml| {
            xml.create_element("failure").with_attribute(("message", first)).write_text_content(BytesText::new(&lines.join("\n")))?;
            Ok(())
        })?,
    };
    Ok(())
}

/// Where no test ran, one stands for all of them: a report without a failure would be taken for a good one.
fn no_test(xml: &mut Xml, course: &str, upto: Number, stopped: &Stopped) -> io::Result<()> {
    let totals = Totals { tests: 1, errors: 1, ..Totals::default() };
    totals.element(xml, "testsuites", course, |xml| {
        totals.element(xml, "testsuite", &format!("Up to milestone {upto}"), |xml| {
            problem(xml, &format!("m{upto}"), "the tests run", stopped.what, &stopped.said.join("\n"))
        })
    })
}

/// A test case that stands for what did not run.
fn problem(xml: &mut Xml, class: &str, name: &str, why: &str, text: &str) -> io::Result<()> {
    xml.create_element("testcase").with_attributes([("name", name), ("classname", class), ("time", "0.000")]).write_inner_content(
        |xml| {
            xml.create_element("error").with_attribute(("message", &*clean(why))).write_text_content(BytesText::new(&clean(text)))?;
            Ok(())
        },
    )?;
    Ok(())
}

/// What the head of a suite counts.
#[derive(Clone, Copy, Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    seconds: f64,
}

impl Totals {
    fn of(verdict: &Verdict<'_>) -> Self {
        let errors = verdict.left_out.len() + usize::from(verdict.missing > 0);
        Self {
            tests: verdict.cases.len() + errors,
            failures: verdict.count(Outcome::Failed),
            errors,
            skipped: verdict.count(Outcome::Skipped),
            seconds: verdict.cases.iter().fold(0.0, |sum, case| sum + case.seconds),
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
            seconds: self.seconds + other.seconds,
        }
    }

    /// An element with these numbers in its head.
    fn element(self, xml: &mut Xml, element: &str, name: &str, inside: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
        let counts = [("tests", self.tests), ("failures", self.failures), ("errors", self.errors), ("skipped", self.skipped)];
        let mut element = xml.create_element(element).with_attribute(("name", &*clean(name)));
        for (key, count) in counts {
            element = element.with_attribute((key, &*count.to_string()));
        }
        element.with_attribute(("time", &*seconds(self.seconds))).write_inner_content(inside)?;
        Ok(())
    }
}

pub(in crate::commands) fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// Without the characters that XML 1.0 cannot hold, escaped or not: a failure shows what a server sent.
pub(in crate::commands) fn clean(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}
