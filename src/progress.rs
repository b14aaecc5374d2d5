//! Where a learner stands: the milestone reached, and what a run of the tests says of the next one.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    course::{Course, Step},
    manifest::{Number, State, tags},
    milestone::{Outcome, TestCase, name_of},
    tree::RelPath,
};

/// A test file that does not compile or cannot be loaded, so that the others ran without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Below the repository's root.
    pub path: String,
    /// The line with the first error, from 1.
    pub line: Option<usize>,
    /// What is wrong there.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.why),
            None => write!(f, "{}: {}", self.path, self.why),
        }
    }
}

/// What the tests say of a milestone; of number 0, of everything that has none.
#[derive(Clone, Debug)]
pub struct Verdict<'c> {
    /// The milestone; `None` for smoke tests and those that a learner has added.
    pub step: Option<&'c Step>,
    /// Its test cases, in the order of the reports.
    pub cases: Vec<TestCase>,
    /// How many of the declared tests did not run.
    pub missing: usize,
    /// Its test files that are broken.
    pub left_out: Vec<LeftOut>,
}

impl Verdict<'_> {
    /// Its number; 0 for what has no milestone.
    pub fn number(&self) -> Number {
        self.step.map_or(0, |step| step.number)
    }

    /// How many of its tests ended this way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|case| case.outcome == outcome).count()
    }

    /// How many tests it has, those that did not run included.
    pub fn tests(&self) -> usize {
        self.cases.len() + self.missing
    }

    /// Whether every declared test ran, no file was left out, and all that ran passed.
    pub fn is_done(&self) -> bool {
        self.missing == 0 && self.left_out.is_empty() && self.count(Outcome::Passed) == self.cases.len()
    }

    /// The points that are earned: the share of passed tests that are no guards, rounded down. A guard is true from the start, and worth nothing
    /// by itself; but nothing is earned while one is broken.
    pub fn points(&self) -> u32 {
        let Some(step) = self.step else { return 0 };
        if self.is_done() {
            return step.points;
        }
        let (guards, tests): (Vec<&TestCase>, Vec<&TestCase>) = self.cases.iter().partition(|case| step.guards.contains(&case.id));
        let passed = |cases: &[&TestCase]| cases.iter().filter(|case| case.outcome == Outcome::Passed).count();
        let all = (step.tests as usize).max(self.cases.len()) - step.guards.len().min(guards.len());
        if passed(&guards) < guards.len() || all == 0 {
            return 0;
        }
        u32::try_from(u64::from(step.points) * passed(&tests) as u64 / all as u64).unwrap_or(0)
    }
}

/// What `cases` say of everything up to milestone `upto`, in order; first what has no milestone.
///
/// A file of a later milestone that was left out counts there, too: the repository does not build with it.
pub fn judge<'c>(course: &'c Course, cases: &[TestCase], left_out: &[LeftOut], upto: Number) -> Vec<Verdict<'c>> {
    let of = |step: Option<&'c Step>| {
        let number = step.map_or(0, |step| step.number);
        let cases: Vec<TestCase> = cases.iter().filter(|case| case.milestone == number).cloned().collect();
        let declared = step.map_or(course.smoke_tests, |step| step.tests) as usize;
        let is_of = |file: &&LeftOut| Some(name_of(&file.path).0).filter(|number| *number <= upto).unwrap_or(0) == number;
        let left_out = left_out.iter().filter(is_of).cloned().collect();
        Verdict { step, missing: declared.saturating_sub(cases.len()), cases, left_out }
    };
    std::iter::once(None).chain(course.milestones.iter().filter(|step| step.number <= upto).map(Some)).map(of).collect()
}

/// The milestone that comes after the one that is `reached`; the last one where the course is finished.
pub fn worked_on(course: &Course, reached: Number) -> Number {
    (reached + 1).min(course.last)
}

/// The milestone that stands in the state file: of tags the highest without a gap below it.
pub fn reached(state: &State, text: &str) -> Option<Number> {
    text.lines().find_map(|line| number_in(state, line))
}

/// The state file's text with another milestone in it; `None` if it has no such line.
pub fn moved(state: &State, text: &str, number: Number) -> Option<String> {
    let line = text.lines().find(|line| number_in(state, line).is_some())?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let fresh = state.line.replace("{at}", &number.to_string()).replace("{tags}", &tags(number));
    Some(format!("{}{fresh}{}", &text[..start], &text[start + line.len()..]))
}

fn number_in(state: &State, line: &str) -> Option<Number> {
    let inside = |placeholder: &str| {
        let (before, after) = state.line.split_once(placeholder)?;
        line.trim().strip_prefix(before)?.strip_suffix(after).map(str::trim)
    };
    if let Some(number) = inside("{at}") {
        return number.parse().ok();
    }
    let names: Vec<&str> = inside("{tags}")?.split('|').map(str::trim).collect();
    names
        .contains(&"none()")
        .then(|| (1..Number::MAX).take_while(|number| names.contains(&format!("m{number}").as_str())).last().unwrap_or(0))
}

/// What stagekit remembers of a learner's work: `.stagekit/local.toml`. Git ignores it, and nothing is lost with it but hints that were shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// How many hints of a milestone were shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, usize>,
    /// What the last check saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Checked>,
}

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The milestone that was checked.
    pub milestone: Number,
    /// How many of its tests passed.
    pub passed: usize,
    /// How many it has.
    pub tests: usize,
    /// The learner's files, each with its SHA-256 in lower-case hexadecimal.
    #[serde(default)]
    pub files: BTreeMap<RelPath, String>,
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, judge, moved, reached};
    use crate::{
        course::{Course, Step},
        manifest::State,
        milestone::{Outcome, TestCase},
    };

    fn state(line: &str) -> State {
        State { path: "x".to_owned(), line: line.to_owned(), when: None }
    }

    fn case(id: &str, outcome: Outcome) -> TestCase {
        let milestone = id[1..2].parse().unwrap();
        TestCase { id: id.to_owned(), milestone, outcome, message: String::new(), seconds: 0.0 }
    }

    fn course() -> Course {
        let step = |number, tests, guards: &[&str]| Step {
            number,
            title: String::new(),
            goal: String::new(),
            minutes: 1,
            points: 10,
            tests,
            guards: guards.iter().map(|guard| (*guard).to_owned()).collect(),
        };
        Course {
            name: "k".to_owned(),
            title: "K".to_owned(),
            last: 2,
            milestones: vec![step(1, 3, &["m1/a/guard"]), step(2, 1, &[])],
            smoke_tests: 1,
            check: None,
            state: None,
        }
    }

    #[test]
    fn the_milestone_is_read_from_its_line_and_moved_in_it() {
        let config = state("milestone = {at}");
        let text = "# yours\r\nmilestone = 2\r\nother = 1\r\n";
        assert_eq!(reached(&config, text), Some(2));
        assert_eq!(moved(&config, text, 3).unwrap(), "# yours\r\nmilestone = 3\r\nother = 1\r\n");
        assert_eq!((reached(&config, "milestone = two\n"), moved(&config, "", 1)), (None, None));

        let maven = state("-Dkit.tests={tags}");
        assert_eq!(reached(&maven, "-Dkit.tests=none()\n"), Some(0));
        assert_eq!(reached(&maven, "-T1\n-Dkit.tests=none()|m1|m2\n"), Some(2));
        assert_eq!(reached(&maven, "-Dkit.tests=none()|m1|m3"), Some(1), "a gap");
        assert_eq!(reached(&maven, "-Dkit.tests=m1"), None);
        assert_eq!(moved(&maven, "-T1\n-Dkit.tests=none()", 2).unwrap(), "-T1\n-Dkit.tests=none()|m1|m2");
    }

    #[test]
    fn a_milestone_is_done_when_all_that_is_declared_ran_and_passed() {
        let course = course();
        let cases = [case("m0/s/a", Outcome::Passed), case("m1/a/x", Outcome::Passed), case("m1/a/y", Outcome::Passed)];
        let verdicts = judge(&course, &cases, &[], 1);
        assert_eq!(verdicts.len(), 2, "no milestone beyond");
        assert!(verdicts[0].is_done());
        assert_eq!((verdicts[1].missing, verdicts[1].is_done()), (1, false));

        let all = [&cases[..], &[case("m1/a/guard", Outcome::Passed)]].concat();
        assert!(judge(&course, &all, &[], 1)[1].is_done());
        let skipped = [&cases[..], &[case("m1/a/guard", Outcome::Skipped)]].concat();
        assert!(!judge(&course, &skipped, &[], 1)[1].is_done());
    }

    #[test]
    fn a_file_that_was_left_out_is_red_wherever_it_belongs() {
        let course = course();
        let cases = [
            case("m0/s/a", Outcome::Passed),
            case("m1/a/x", Outcome::Passed),
            case("m1/a/y", Outcome::Passed),
            case("m1/a/guard", Outcome::Passed),
        ];
        for (path, red) in [("src/M1ATest.java", 1), ("src/MineTest.java", 0), ("src/M2BTest.java", 0)] {
            let file = LeftOut { path: path.to_owned(), line: Some(3), why: "no".to_owned() };
            let verdicts = judge(&course, &cases, &[file], 1);
            let found: Vec<_> = verdicts.iter().filter(|verdict| !verdict.is_done()).map(super::Verdict::number).collect();
            assert_eq!(found, [red], "{path}");
        }
    }

    #[test]
    fn points_are_the_share_of_passed_tests_without_guards() {
        let course = course();
        let of = |cases: &[TestCase]| judge(&course, cases, &[], 1)[1].points();
        let (guard, x) = (case("m1/a/guard", Outcome::Passed), case("m1/a/x", Outcome::Passed));
        let red = case("m1/a/y", Outcome::Failed);
        assert_eq!(of(std::slice::from_ref(&guard)), 0);
        assert_eq!(of(&[guard.clone(), x.clone(), red.clone()]), 5);
        assert_eq!(of(&[guard.clone(), x.clone()]), 5, "what did not run is not earned");
        assert_eq!(of(&[guard, x.clone(), case("m1/a/y", Outcome::Passed)]), 10);
        assert_eq!(of(&[case("m1/a/guard", Outcome::Failed), x, red]), 0, "a broken guard");
    }
}
