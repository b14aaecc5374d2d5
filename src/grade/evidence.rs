//! How far a run's test reports can be believed.
//!
//! A student's code runs where the tests run, and may write what it likes into the folder of the reports. So a report counts only as far as the
//! build tool's own words bear it out, and only for tests that the kit has.

use std::collections::BTreeSet;

use super::{
    admission::{Remark, RemarkKind},
    kit::GradedKit,
};
use crate::{
    manifest::Number,
    milestone::{Outcome, TestCase},
    progress::{LeftOut, Verdict, judge},
};

/// What Maven says when the program that the tests run in has ended by itself: something called `System.exit`, `halt` or worse.
const CRASHED: [&str; 4] = [
    "The forked VM terminated without properly saying goodbye",
    "The forked VM terminated without saying properly goodbye",
    "ExecutionException The forked VM terminated",
    "There was a timeout or other error in the fork",
];

/// What one run of a row's tests left.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'r> {
    /// The test cases of its reports.
    pub cases: &'r [TestCase],
    /// Test files of the kit that do not compile with the student's code.
    pub left_out: &'r [LeftOut],
    /// Whether the build said that all is well.
    pub is_success: bool,
    /// What it said.
    pub log: &'r str,
    /// Its command.
    pub command: &'r [String],
}

/// What it is worth.
#[derive(Clone, Debug)]
pub struct Weighed<'k> {
    /// What the tests say of each milestone, first of what has none, with what those milestones earn.
    pub verdicts: Vec<(Verdict<'k>, u32)>,
    /// Why nothing of it is believed.
    pub distrust: Option<String>,
    /// What was noticed in the reports.
    pub remarks: Vec<Remark>,
}

/// Whether the program that the tests run in has ended by itself.
pub fn has_crashed(log: &str) -> bool {
    CRASHED.iter().any(|said| log.contains(said))
}

impl Evidence<'_> {
    /// What this is worth for the milestones up to `upto` of `kit`.
    pub fn weigh<'k>(&self, kit: &'k GradedKit, upto: Number) -> Weighed<'k> {
        let distrust = self.distrust();
        let mut remarks = Vec::new();
        let cases = once(self.cases, &mut remarks);
        let (cases, surplus) = declared(kit, cases, upto, &mut remarks);
        let verdicts = judge(&kit.course, &cases, self.left_out, upto);
        let earned = |verdict: &Verdict<'_>| match distrust {
            None if !surplus.contains(&verdict.number()) => earned(verdict),
            _ => 0,
        };
        let verdicts = verdicts.into_iter().map(|verdict| (earned(&verdict), verdict)).map(|(points, verdict)| (verdict, points)).collect();
        Weighed { verdicts, distrust, remarks }
    }

    /// Why the reports contradict what the build tool said.
    fn distrust(&self) -> Option<String> {
        let passed = self.cases.iter().filter(|case| case.outcome == Outcome::Passed).count();
        if has_crashed(self.log) {
            return Some("the tests' own program was ended from within, so its reports prove nothing".to_owned());
        }
        let is_maven = self.command.first().is_some_and(|program| program.contains("mvn"));
        if is_maven && passed > 0 {
            let wants_two = self.command.iter().any(|word| word == "verify");
            let Some(said) = passed_of_maven(self.log, wants_two) else {
                return Some(format!("the reports say that {passed} tests passed, and Maven says nothing of it"));
            };
            if passed > said {
                return Some(format!("the reports say that {passed} tests passed, and Maven counted {said}"));
            }
        }
        let is_red = self.cases.iter().any(|case| case.outcome == Outcome::Failed);
        let has_skipped = self.cases.iter().any(|case| case.outcome == Outcome::Skipped);
        // Some runners take a skipped test for a failure, and a file that cannot be loaded fails without a case.
        if !self.is_success && !is_red && !has_skipped && self.left_out.is_empty() {
            return Some("the build failed, and its reports say that nothing did".to_owned());
        }
        None
    }
}

/// How many tests passed by Maven's own count. What a failure said stands before the count, so the last count is Maven's. Integration tests have one
/// of their own, behind the line that begins them; a log with that line twice has one that a failure has said, and no count in it is believed.
fn passed_of_maven(log: &str, wants_two: bool) -> Option<usize> {
    let (mut unit, mut last, mut begun) = (None, None, false);
    for line in log.lines() {
        if wants_two && begins_integration_tests(line) {
            if begun {
                return None;
            }
            begun = true;
            unit = last.take();
        } else if let Some(passed) = passed_in(line) {
            last = Some(passed);
        }
    }
    match (unit, last) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0) + other.unwrap_or(0)),
    }
}

/// `[INFO] --- failsafe:3.5.6:integration-test (default) @ shop ---`; Maven before 3.9 has the plugin's whole name.
fn begins_integration_tests(line: &str) -> bool {
    let goal = ["[INFO] --- failsafe:", "[INFO] --- maven-failsafe-plugin:"].iter().find_map(|start| line.strip_prefix(start));
    goal.is_some_and(|goal| goal.contains(":integration-test ("))
}

/// `[INFO] Tests run: 5, Failures: 1, Errors: 0, Skipped: 1` → 3; the lines of single classes say more behind it.
fn passed_in(line: &str) -> Option<usize> {
    let counts = line.trim_end().split_once("] Tests run: ")?.1;
    let mut numbers = counts.split(", ").enumerate().map(|(index, part)| {
        let name = ["", "Failures: ", "Errors: ", "Skipped: "].get(index)?;
        part.strip_prefix(name)?.parse::<usize>().ok()
    });
    let (run, failures, errors, skipped) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then(|| run.saturating_sub(failures + errors + skipped))
}

/// Each test once. One that is reported twice has not passed: one of the two reports is not the kit's.
fn once(cases: &[TestCase], remarks: &mut Vec<Remark>) -> Vec<TestCase> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let twice: BTreeSet<&str> = cases.iter().filter(|case| !seen.insert(&case.id)).map(|case| case.id.as_str()).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut kept = Vec::new();
    for case in cases {
        if !twice.contains(case.id.as_str()) {
            kept.push(case.clone());
        } else if told.insert(&case.id) {
            let why = "it was reported twice, and counts as failed";
            kept.push(TestCase { outcome: Outcome::Failed, message: why.to_owned(), ..case.clone() });
            remarks.push(Remark { path: case.id.clone(), kind: RemarkKind::Extra, why: why.to_owned() });
        }
    }
    kept
}

/// The cases that the course has, and the milestones that have more of the kit's than it declares.
fn declared(kit: &GradedKit, cases: Vec<TestCase>, upto: Number, remarks: &mut Vec<Remark>) -> (Vec<TestCase>, BTreeSet<Number>) {
    let suite = |case: &TestCase| (case.milestone, case.id.split('/').nth(1).unwrap_or_default().to_owned());
    let (mut kept, mut own) = (Vec::new(), Vec::new());
    for case in cases {
        let suite = suite(&case);
        if case.milestone == 0 || kit.has_suite(&suite) {
            kept.push(case);
        } else if kit.has_own_suite(&suite) {
            own.push(case);
        } else {
            let why = "the kit has no such test, and it was not counted";
            remarks.push(Remark { path: case.id, kind: RemarkKind::Extra, why: why.to_owned() });
        }
    }
    let mut surplus = BTreeSet::new();
    for step in kit.course.milestones.iter().filter(|step| step.number <= upto) {
        let count = kept.iter().filter(|case| case.milestone == step.number).count();
        if count > step.tests as usize {
            surplus.insert(step.number);
            let why = format!("{count} tests were reported, and the kit has {}; it earns nothing", step.tests);
            remarks.push(Remark { path: format!("milestone {}", step.number), kind: RemarkKind::Extra, why });
        }
        // The student's own tests count as far as the course asks for some; a red one is red whatever their number.
        let mut room = (step.tests as usize).saturating_sub(count);
        let (red, green): (Vec<_>, Vec<_>) =
            own.iter().filter(|case| case.milestone == step.number).cloned().partition(|case| case.outcome != Outcome::Passed);
        room = room.saturating_sub(red.len());
        kept.extend(red);
        kept.extend(green.into_iter().take(room));
    }
    (kept, surplus)
}

/// The points of a milestone; none while one of its guards did not run and pass, or a test was left out that is one.
fn earned(verdict: &Verdict<'_>) -> u32 {
    let holds = |guard: &String| verdict.cases.iter().any(|case| case.id == *guard && case.outcome == Outcome::Passed);
    if verdict.step.is_some_and(|step| step.guards.iter().all(holds)) { verdict.points() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, has_crashed, once, passed_in, passed_of_maven};
    use crate::milestone::{Outcome, TestCase};

    fn case(id: &str, outcome: Outcome) -> TestCase {
        TestCase { id: id.to_owned(), milestone: 1, outcome, message: String::new(), seconds: 0.0 }
    }

    fn distrust(cases: &[TestCase], is_success: bool, log: &str, command: &str) -> Option<String> {
        let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
        Evidence { cases, left_out: &[], is_success, log, command: &command }.distrust()
    }

    #[test]
    fn mavens_count_is_the_last_one() {
        assert_eq!(passed_in("[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1"), Some(2));
        assert_eq!(passed_in("[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in a.BTest"), None);
        assert_eq!(passed_in("Tests run: 5, Failures: 0, Errors: 0, Skipped: 0"), None, "not Maven's own");
        let log = "[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 0\n[ERROR] Tests run: 5, Failures: 2, Errors: 0, Skipped: 0\n";
        assert_eq!(passed_of_maven(log, false), Some(3));
        let begin = "[INFO] --- failsafe:3.5.4:integration-test (default) @ x ---\n";
        let both = format!(
            "{log}{begin}[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0\n[INFO] --- failsafe:3.5.4:verify (default) @ x ---\n"
        );
        assert_eq!((passed_of_maven(&both, true), passed_of_maven(&both, false), passed_of_maven("", true)), (Some(5), Some(2), None));
        let said = format!("[INFO] Tests run: 99, Failures: 0, Errors: 0, Skipped: 0\n{begin}");
        assert_eq!(passed_of_maven(&format!("{said}{both}"), true), None, "a failure has said so before the integration tests");
        assert_eq!(passed_of_maven(&format!("{both}{said}"), true), None, "and after them");
    }

    #[test]
    fn reports_that_say_more_than_the_build_are_not_believed() {
        let green = [case("m1/a/x", Outcome::Passed), case("m1/a/y", Outcome::Passed)];
        let red = [case("m1/a/x", Outcome::Passed), case("m1/a/y", Outcome::Failed)];
        let counted = |failures: usize| format!("[INFO] Tests run: 2, Failures: {failures}, Errors: 0, Skipped: 0\n");
        let maven = "./mvnw -B test";
        assert_eq!(distrust(&green, true, &counted(0), maven), None);
        assert_eq!(distrust(&red, false, &counted(1), maven), None);
        assert!(distrust(&green, false, &counted(1), maven).is_some_and(|why| why.contains("2 tests passed, and Maven counted 1")));
        assert!(distrust(&green, true, "", maven).is_some_and(|why| why.contains("says nothing")));
        assert!(distrust(&green, false, &counted(0), maven).is_some_and(|why| why.contains("nothing did")));
        assert!(distrust(&green, false, "", "node acceptance/run.js").is_some_and(|why| why.contains("nothing did")));
        assert_eq!(distrust(&red, false, "", "node acceptance/run.js"), None);
        let crashed = format!("{}The forked VM terminated without properly saying goodbye. VM crash or System.exit called?", counted(0));
        assert!(has_crashed(&crashed) && distrust(&green, true, &crashed, maven).is_some());
    }

    #[test]
    fn a_test_that_is_reported_twice_has_failed() {
        let mut remarks = Vec::new();
        let cases = [case("m1/a/x", Outcome::Failed), case("m1/a/x", Outcome::Passed), case("m1/a/y", Outcome::Passed)];
        let kept = once(&cases, &mut remarks);
        let outcomes: Vec<_> = kept.iter().map(|case| (case.id.as_str(), case.outcome)).collect();
        assert_eq!(outcomes, [("m1/a/x", Outcome::Failed), ("m1/a/y", Outcome::Passed)]);
        assert_eq!(remarks.len(), 1);
    }
}
