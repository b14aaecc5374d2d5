//! The class as JUnit XML: a suite a student.
//!
//! The format is the one that CI systems read, described at <https://github.com/testmoapp/junitxml>.

use std::io;

use quick_xml::{Writer, events::BytesText};

use crate::{
    commands::check::junit::{clean, seconds},
    error::{Error, Result},
    grade::{Graded, Results, Test},
    milestone::Outcome,
};

type Xml = Writer<Vec<u8>>;

/// The whole report.
pub(super) fn text(results: &Results) -> Result<String> {
    let mut xml = Writer::new_with_indent(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(), b' ', 2);
    let written = xml
        .create_element("testsuites")
        .with_attribute(("name", &*clean(&results.kit)))
        .write_inner_content(|xml| results.rows.iter().try_for_each(|row| suite(xml, row)))
        .map(drop);
    written.map_err(|error| Error::failed("failed to write JUnit XML").because(error))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn suite(xml: &mut Xml, row: &Graded) -> io::Result<()> {
    let tests: Vec<&Test> = row.milestones.iter().flat_map(|milestone| &milestone.tests).collect();
    let problems: Vec<(String, String)> = problems(row);
    let count = |outcome| tests.iter().filter(|test| test.outcome == outcome).count().to_string();
    let element = xml
        .create_element("testsuite")
        .with_attribute(("name", &*clean(&row.folder)))
        .with_attribute(("tests", &*(tests.len() + problems.len()).to_string()))
        .with_attribute(("failures", &*count(Outcome::Failed)))
        .with_attribute(("errors", &*problems.len().to_string()))
        .with_attribute(("skipped", &*count(Outcome::Skipped)))
        .with_attribute(("time", &*seconds(row.seconds)));
    element.write_inner_content(|xml| {
        xml.create_element("properties").write_inner_content(|xml| {
            let percent = row.percent.to_string();
            for (name, value) in [("points", row.points.to_string()), ("max", row.max.to_string()), ("percent", percent)] {
                xml.create_element("property").with_attribute(("name", name)).with_attribute(("value", &*value)).write_empty()?;
            }
            Ok(())
        })?;
        tests.iter().try_for_each(|test| case(xml, test))?;
        problems.iter().try_for_each(|(name, why)| problem(xml, name, why))
    })?;
    Ok(())
}

/// What stands for tests that did not run: a report without a failure would be taken for a good one.
fn problems(row: &Graded) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    if row.status != crate::grade::Status::Graded {
        let said = std::iter::once(row.note.as_str()).chain(row.said.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
        problems.push((row.status.word().to_owned(), said));
    }
    for milestone in &row.milestones {
        let missing = milestone.of_tests.saturating_sub(milestone.tests.len());
        if missing > 0 {
            problems.push((format!("m{}", milestone.number), format!("{missing} of {} tests did not run", milestone.of_tests)));
        }
    }
    problems
}

fn case(xml: &mut Xml, test: &Test) -> io::Result<()> {
    let mut parts = test.id.splitn(3, '/');
    let class = [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()].join("/");
    let (name, time) = (clean(parts.next().unwrap_or(&test.id)), seconds(test.seconds));
    let element = xml.create_element("testcase").with_attributes([("name", &*name), ("classname", &*clean(&class)), ("time", &*time)]);
    let text = clean(&test.message);
    let first = text.lines().next().unwrap_or_default().to_owned();
    match test.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Skipped => element.write_inner_content(|xml| {
            xml.create_element("skipped").with_attribute(("message", &*first)).write_empty()?;
            Ok(())
        })?,
        Outcome::Failed => element.write_inner_content(|xml| {
            xml.create_element("failure").with_attribute(("message", &*first)).write_text_content(BytesText::new(&text))?;
            Ok(())
        })?,
    };
    Ok(())
}

fn problem(xml: &mut Xml, name: &str, why: &str) -> io::Result<()> {
    let text = clean(why);
    let first = text.lines().next().unwrap_or_default().to_owned();
    xml.create_element("testcase").with_attributes([("name", name), ("classname", "grade"), ("time", "0.000")]).write_inner_content(
        |xml| {
            xml.create_element("error").with_attribute(("message", &*first)).write_text_content(BytesText::new(&text))?;
            Ok(())
        },
    )?;
    Ok(())
}
