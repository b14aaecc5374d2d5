//! What one check found.

use crate::{
    course::{Course, Step},
    error::{Error, ErrorKind},
    manifest::Number,
    milestone::{Outcome, TestCase},
    progress::{Verdict, judge},
};

use super::{build::Ran, words::name};

/// What the tests say of a learner's milestones.
pub(super) struct Found<'c> {
    pub(super) course: &'c Course,
    /// The last milestone that was looked at.
    pub(super) upto: Number,
    /// The milestone that was reached before, and the one that is now.
    pub(super) before: Number,
    pub(super) now: Number,
    /// What worked before and does not any more.
    pub(super) broken: Vec<Verdict<'c>>,
    /// What was asked for.
    pub(super) wanted: Vec<Verdict<'c>>,
}

impl<'c> Found<'c> {
    /// Of what ran, where `reached` was reached before; what comes after `from` was asked for.
    pub(super) fn of(course: &'c Course, ran: &Ran, upto: Number, reached: Number, from: Number) -> Self {
        let verdicts = judge(course, &ran.cases, &ran.left_out, upto);
        let done = verdicts.iter().take_while(|verdict| verdict.is_done()).map(Verdict::number).last().unwrap_or(0);
        let (earlier, wanted): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(|verdict| verdict.number() <= from);
        let broken = earlier.into_iter().filter(|verdict| !verdict.is_done()).collect();
        Self { course, upto, before: reached, now: reached.max(done), broken, wanted }
    }

    /// Everything that there is something to say about.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Verdict<'c>> {
        self.broken.iter().chain(&self.wanted)
    }

    /// The test to look at first.
    pub(super) fn first_failure(&self) -> Option<&TestCase> {
        self.verdicts().flat_map(|verdict| &verdict.cases).find(|case| case.outcome == Outcome::Failed)
    }

    /// The milestone after the one that is reached.
    pub(super) fn next(&self) -> Option<&'c Step> {
        self.course.milestones.iter().find(|step| step.number == self.now + 1)
    }

    /// The error that it is while something is red.
    pub(super) fn error(&self) -> Option<Error> {
        let verdict = self.verdicts().find(|verdict| !verdict.is_done())?;
        let what = if verdict.number() <= self.before { "worked before and does not any more" } else { "is not reached yet" };
        let error = Error::new(ErrorKind::ChecksFailed, format!("{} {what}", name(verdict)));
        Some(match verdict.step {
            _ if !verdict.left_out.is_empty() => error.hint(
                "a test file that is broken works again once what it uses is there again; `stagekit diff` shows what differs from the kit",
            ),
            _ if verdict.count(Outcome::Skipped) > 0 && verdict.count(Outcome::Failed) == 0 => {
                error.hint("a test that was skipped says what it misses, such as a server; the README says how to have one")
            }
            Some(step) => error.hint(format!("`stagekit hint {0}` helps, and so does docs/milestones/{0}.md", step.number)),
            None => error,
        })
    }
}
