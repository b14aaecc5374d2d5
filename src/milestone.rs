//! Milestones in test reports and in the names of test files.

use quick_xml::{Reader, events::Event};
use serde::{Deserialize, Serialize};

use crate::manifest::Number;

/// How a test case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not hold, or broke.
    Failed,
    /// It was not run.
    Skipped,
}

/// A test case of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestCase {
    /// `m<N>/<class or file>/<case>`; smoke tests have `m0`.
    pub id: String,
    /// Its milestone; 0 for smoke tests.
    pub milestone: Number,
    /// How it ended.
    pub outcome: Outcome,
    /// What a failure said.
    pub message: String,
    /// Seconds it took.
    pub seconds: f64,
}

/// The milestone and the rest of a test class's or file's name: `M1RoutesTest`, `test_m1_routes.py`, `m1-routes.test.js` → (1, `routes`).
///
/// A name without a milestone is 0 and itself in kebab-case.
pub fn name_of(class_or_file: &str) -> (Number, String) {
    let name = class_or_file.trim();
    if let Some((milestone, suite)) = name.split_once('/').and_then(|(m, suite)| Some((number(m)?, suite)))
        && !suite.contains('/')
    {
        return (milestone, suite.to_owned());
    }
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name =
        ["py", "js", "mjs", "cjs", "ts", "java", "kt", "json"].iter().find_map(|end| name.strip_suffix(&format!(".{end}"))).unwrap_or(name);
    let name = name.strip_suffix(".test").unwrap_or(name);
    let name = name.rsplit(['.', '$']).next().unwrap_or(name);
    let kebab = kebab(name);
    let mut parts: Vec<&str> = kebab.split('-').filter(|part| !part.is_empty()).collect();
    if parts.first() == Some(&"test") && parts.len() > 1 {
        parts.remove(0);
    }
    while parts.len() > 1 && matches!(parts.last(), Some(&("test" | "tests" | "it"))) {
        parts.pop();
    }
    match parts.first().and_then(|first| number(first)) {
        Some(milestone) => (milestone, parts[1..].join("-")),
        None => (0, parts.join("-")),
    }
}

/// `m12` → 12
fn number(part: &str) -> Option<Number> {
    part.strip_prefix(['m', 'M'])?.parse().ok()
}

/// `M1RoutesTest` → `m1-routes-test`, `test_m1_routes` → `test-m1-routes`
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '-';
    for c in name.chars() {
        if c == '_' || c == '-' || c == ' ' {
            if before != '-' {
                out.push('-');
            }
            before = '-';
            continue;
        }
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            out.push('-');
        }
        out.extend(c.to_lowercase());
        before = c;
    }
    out
}

/// The milestone that a file of the rendered tree belongs to by its name: its doc, its tests, its cases.
pub fn of_path(path: &str) -> Option<Number> {
    if let Some(doc) = path.strip_prefix("docs/milestones/").and_then(|doc| doc.strip_suffix(".md")) {
        return doc.parse().ok();
    }
    match name_of(path).0 {
        0 => None,
        milestone => Some(milestone),
    }
}

/// The test cases of a JUnit XML report, as Surefire, node's junit reporter and others write it.
///
/// The format is Ant's `junit` task's, described at <https://github.com/testmoapp/junitxml>.
pub fn read_report(xml: &str) -> Result<Vec<TestCase>, String> {
    let mut reader = Reader::from_str(xml);
    let mut suites: Vec<String> = Vec::new();
    let mut cases: Vec<TestCase> = Vec::new();
    let mut inside = false;
    let mut failing = false;
    loop {
        let event = reader.read_event().map_err(|error| format!("byte {}: {error}", reader.error_position()))?;
        match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let empty = matches!(event, Event::Empty(_));
                match tag.local_name().as_ref() {
                    "testsuite" if !empty => suites.push(attribute(tag, "name")?.unwrap_or_default()),
                    "testcase" => {
                        cases.push(case(tag, &suites)?);
                        inside = !empty;
                    }
                    name @ ("failure" | "error" | "skipped") if inside => {
                        if let Some(case) = cases.last_mut() {
                            case.outcome = if name == "skipped" { Outcome::Skipped } else { Outcome::Failed };
                            case.message = attribute(tag, "message")?.unwrap_or_default();
                        }
                        failing = !empty;
                    }
                    _ => {}
                }
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "testsuite" => drop(suites.pop()),
                "testcase" => inside = false,
                "failure" | "error" | "skipped" => failing = false,
                _ => {}
            },
            Event::Text(text) if failing => append(&mut cases, &text),
            Event::CData(text) if failing => append(&mut cases, &text),
            Event::GeneralRef(reference) if failing => {
                append(&mut cases, &quick_xml::escape::unescape(&format!("&{};", &*reference)).map_err(|error| error.to_string())?);
            }
            Event::Eof => return Ok(cases),
            _ => {}
        }
    }
}

fn append(cases: &mut [TestCase], text: &str) {
    if let Some(case) = cases.last_mut() {
        if !case.message.is_empty() && !case.message.ends_with('\n') && !text.starts_with('\n') && case.message.len() < 200 {
            case.message.push('\n');
        }
        case.message.push_str(text);
    }
}

fn case(tag: &quick_xml::events::BytesStart<'_>, suites: &[String]) -> Result<TestCase, String> {
    let name = attribute(tag, "name")?.unwrap_or_default();
    let class = attribute(tag, "classname")?.unwrap_or_default();
    let file = attribute(tag, "file")?.unwrap_or_default();
    // node's reporter writes `test` as the class of everything; there the suite is the name that says something.
    let candidates = [class.as_str(), suites.last().map_or("", String::as_str), file.as_str()];
    let spoken = candidates.iter().filter(|candidate| !candidate.is_empty() && **candidate != "test");
    let (milestone, suite) = spoken
        .clone()
        .map(|candidate| name_of(candidate))
        .find(|(milestone, suite)| *milestone > 0 || suite.starts_with("m0"))
        .or_else(|| spoken.clone().next().map(|candidate| name_of(candidate)))
        .unwrap_or_default();
    let seconds = attribute(tag, "time")?.and_then(|time| time.replace(',', "").parse().ok()).unwrap_or(0.0);
    Ok(TestCase { id: format!("m{milestone}/{suite}/{name}"), milestone, outcome: Outcome::Passed, message: String::new(), seconds })
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let Some(attribute) = tag.try_get_attribute(name).map_err(|error| error.to_string())? else { return Ok(None) };
    quick_xml::escape::unescape(&attribute.value).map(|value| Some(value.into_owned())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Outcome, name_of, of_path, read_report};

    #[test]
    fn the_three_languages_name_one_milestone() {
        for name in [
            "M1RoutesTest",
            "com.example.notes.M1RoutesTest",
            "test_m1_routes.py",
            "acceptance.test_m1_routes",
            "m1-routes.test.js",
            "m1/routes",
            "acceptance/cases/m1-routes.json",
            "a/b/M1RoutesIT.java",
        ] {
            assert_eq!(name_of(name), (1, "routes".to_owned()), "{name}");
        }
        assert_eq!(name_of("M12OpenApiTest"), (12, "open-api".to_owned()));
        assert_eq!(name_of("m0-smoke.test.js"), (0, "smoke".to_owned()));
        assert_eq!(name_of("com.example.ArchitectureTest"), (0, "architecture".to_owned()));
        assert_eq!(name_of("Main"), (0, "main".to_owned()));
    }

    #[test]
    fn files_belong_to_the_milestone_in_their_name() {
        assert_eq!(of_path("docs/milestones/4.md"), Some(4));
        assert_eq!(of_path("src/test/java/x/M3MethodsTest.java"), Some(3));
        assert_eq!(of_path("src/main/java/x/Main.java"), None);
    }

    #[test]
    fn a_report_gives_ids_outcomes_and_messages() {
        let report = r#"<?xml version="1.0"?><testsuites><testsuite name="m2/json"><testcase name="a &quot;b&quot;" classname="test" time="0.5"/>
          <testcase name="c" classname="test"><failure message="expected 200 &amp; got 501" type="x">see docs/milestones/2.md</failure></testcase>
          <testcase name="d" classname="test"><skipped/></testcase></testsuite></testsuites>"#;
        let cases = read_report(report).unwrap();
        let found: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.outcome, case.message.as_str())).collect();
        assert_eq!(
            found,
            [
                ("m2/json/a \"b\"", Outcome::Passed, ""),
                ("m2/json/c", Outcome::Failed, "expected 200 & got 501\nsee docs/milestones/2.md"),
                ("m2/json/d", Outcome::Skipped, ""),
            ]
        );
    }

    #[test]
    fn a_broken_report_is_an_error() {
        assert!(read_report("<testsuite><testcase name='x'></testsuite>").is_err());
    }
}
