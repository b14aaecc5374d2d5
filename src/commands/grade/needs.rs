//! What the tests of a class need that is in no repository: languages, and servers.

use std::collections::BTreeMap;

use super::{class::Class, container::answer};
use crate::{
    error::{Error, Result},
    manifest::Number,
    milestone::{Outcome, TestCase},
    process::Interrupts,
    render::Renderer,
    rendition::{Audience, Rendition},
    stack::{Service, Stack},
};

/// What the tests of those who are graded need.
pub(super) struct Needs {
    kit: String,
    /// One of each language.
    stacks: Vec<Stack>,
    /// The kinds of servers, with the variables by which tests find one.
    services: BTreeMap<String, Vec<String>>,
}

impl Needs {
    /// What the milestones up to `upto` need.
    pub(super) fn of(class: &Class, upto: Number, renderer: &Renderer<'_>) -> Result<Self> {
        let mut needs = Self { kit: class.handout.kit.clone(), stacks: Vec::new(), services: BTreeMap::new() };
        for (index, _) in class.rows.iter().filter(|(_, source)| source.is_some()) {
            let row = &class.handout.row[*index];
            let rendition = Rendition { at: upto, ..class.handout.rendition(row, Audience::Grader) };
            let stack = renderer.render(&row.answers, &rendition)?.stack;
            for service in &stack.services {
                needs.services.entry(service.kind.clone()).or_insert_with(|| variables(service));
            }
            let is_known = |known: &Stack| (known.language, &known.language_version) == (stack.language, &stack.language_version);
            if !needs.stacks.iter().any(is_known) {
                needs.stacks.push(stack);
            }
        }
        Ok(needs)
    }

    /// The kit.
    pub(super) fn kit(&self) -> &str {
        &self.kit
    }

    /// A stack of each language.
    pub(super) fn stacks(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.iter()
    }

    /// The kinds of servers.
    pub(super) fn services(&self) -> Vec<&str> {
        self.services.keys().map(String::as_str).collect()
    }

    /// The servers that are not there, each with the variables that could name one. Where Docker answers, tests start them themselves.
    pub(super) fn missing(&self, interrupts: &Interrupts) -> BTreeMap<String, Vec<String>> {
        let is_set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut missing = self.services.clone();
        missing.retain(|_, variables| !variables.iter().any(is_set));
        if !missing.is_empty() && answer(interrupts).is_ok() {
            missing.clear();
        }
        missing
    }
}

fn variables(service: &Service) -> Vec<String> {
    let own = Some(&service.test_environment).filter(|own| !own.is_empty()).unwrap_or(&service.environment);
    own.keys().cloned().collect()
}

/// The error that missing servers are before anybody is graded: every one of them is needed by the course's last milestone.
pub(super) fn refused(kit: &str, missing: &BTreeMap<String, Vec<String>>) -> Error {
    let named = missing.iter().map(|(kind, variables)| format!("{kind} (`{}`)", variables.join("`, `")));
    let what = format!("the tests of `{kit}` need servers that are not there: {}", named.collect::<Vec<_>>().join(", "));
    Error::failed(what).hint("set these variables, or start Docker: then the tests start the servers themselves")
}

/// Why tests did not run that wanted one of the servers that are missing.
pub(super) fn left_alone(cases: &[TestCase], missing: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let variables = || missing.values().flatten();
    let is_one = |case: &&TestCase| case.outcome != Outcome::Passed && variables().any(|name| case.message.contains(name.as_str()));
    let case = cases.iter().find(is_one)?;
    Some(format!("its tests need a server that is not there: {}", case.message.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::left_alone;
    use crate::milestone::{Outcome, TestCase};

    #[test]
    fn a_test_that_wants_a_missing_server_is_told() {
        let case =
            |outcome, message: &str| TestCase { id: "m1/a/b".to_owned(), milestone: 1, outcome, message: message.to_owned(), seconds: 0.0 };
        let missing = BTreeMap::from([("redis".to_owned(), vec!["IT_REDIS_URL".to_owned()])]);
        let skipped = [case(Outcome::Passed, "IT_REDIS_URL"), case(Outcome::Skipped, "no Redis: IT_REDIS_URL is not set\nat A")];
        let told = left_alone(&skipped, &missing);
        assert_eq!(told.as_deref(), Some("its tests need a server that is not there: no Redis: IT_REDIS_URL is not set"));
        assert_eq!(left_alone(&skipped, &BTreeMap::new()), None, "who says so and has one is not believed");
        assert_eq!(left_alone(&[case(Outcome::Failed, "expected 1")], &missing), None);
    }
}
