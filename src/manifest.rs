//! The manifests of kits and features, and what must hold in them.
//!
//! The format is described in `docs/kit-format.md`.

mod parsed;
mod read;
mod validate;

use serde::{Deserialize, Serialize};
use toml::Spanned;

pub use self::{
    parsed::read_parsed,
    read::{line_of, read},
    validate::{validate_feature, validate_kit},
};
pub(crate) use self::{
    read::{line_of_top_key, lines_of_key, lines_of_value, read_on, unknown_key},
    validate::sample,
};
use crate::{
    answers::{Kind, Rule, Value},
    condition::Condition,
};

/// The number of a milestone, from 1; as `at`, 0 is the starter.
pub type Number = u32;

/// `kit.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitManifest {
    /// Version of this format: 1.
    pub format_version: u32,
    /// The kit's name, the same as its folder's.
    pub name: Spanned<String>,
    /// The kit's version.
    pub version: String,
    /// The roadmap's stage that it belongs to.
    pub stage: u32,
    /// Its title.
    pub title: String,
    /// One line for lists.
    pub summary: String,
    /// What is built, one paragraph.
    pub builds: String,
    /// What is learnt.
    #[serde(default)]
    pub learn: Vec<String>,
    /// Topics of the roadmap that it practises.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Kits that should come before.
    #[serde(default)]
    pub requires_kits: Vec<String>,
    /// The JDKs it builds with.
    pub java: Option<JavaRange>,
    /// What is asked.
    #[serde(default)]
    pub question: Vec<Question>,
    /// What to run next, printed after `new`.
    #[serde(default)]
    pub next_step: Vec<NextStep>,
    /// Parts of the stack, merged in order.
    #[serde(default)]
    pub stack: Vec<StackPart>,
    /// Features that it carries.
    #[serde(default)]
    pub feature: Vec<FeatureUse>,
    /// What it renders.
    #[serde(default)]
    pub files: Vec<FilesRule>,
    /// What it adds to files of features.
    #[serde(default)]
    pub contribution: Vec<ContributionRule>,
    /// What it needs on the machine.
    #[serde(default)]
    pub tool: Vec<Tool>,
    /// How its tests run.
    #[serde(default)]
    pub check: Vec<Check>,
    /// Where the milestone reached stands.
    #[serde(default)]
    pub state: Vec<State>,
    /// Tests without a milestone.
    pub smoke: Option<Smoke>,
    /// The course.
    #[serde(default)]
    pub milestone: Vec<Milestone>,
    /// Known-wrong solutions.
    #[serde(default)]
    pub trap: Vec<Trap>,
}

impl KitManifest {
    /// The number of the last milestone; 0 without any.
    pub fn last(&self) -> Number {
        self.milestone.last().map_or(0, Milestone::number)
    }

    /// The question of this name.
    pub fn question(&self, name: &str) -> Option<&Question> {
        self.question.iter().find(|question| question.name() == name)
    }
}

/// `feature.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureManifest {
    /// Version of this format: 1.
    pub format_version: u32,
    /// The feature's name, the same as its folder's.
    pub name: Spanned<String>,
    /// The feature's version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// One line for lists.
    pub summary: String,
    /// Features it cannot be without.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Parts of the stack it cannot be without.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What it renders.
    #[serde(default)]
    pub files: Vec<FilesRule>,
    /// What it adds to other owners' files.
    #[serde(default)]
    pub contribution: Vec<ContributionRule>,
}

/// JDK versions.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JavaRange {
    /// The oldest that builds it.
    pub min: u32,
    /// The newest that it is proven on.
    pub max: u32,
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The answer's name.
    pub name: Spanned<String>,
    /// What a person is asked.
    pub prompt: String,
    /// What helps to answer.
    #[serde(default)]
    pub help: String,
    /// What the answer must be.
    pub kind: Kind,
    /// The answer if none is given.
    pub default: Option<Value>,
    /// For `choice`.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// For `int` the least value.
    pub min: Option<i64>,
    /// For `int` the greatest value, for `slug` and `text` the greatest length.
    pub max: Option<i64>,
    /// Asked only where this holds.
    pub when: Option<Condition>,
    /// Derived from the seed, where there is one.
    #[serde(default)]
    pub seeded: bool,
}

impl Question {
    /// The answer's name.
    pub fn name(&self) -> &str {
        self.name.get_ref()
    }

    /// What an answer must obey.
    pub fn rule(&self) -> Rule {
        Rule { kind: self.kind, choices: self.choices.iter().map(|choice| choice.value.clone()).collect(), min: self.min, max: self.max }
    }
}

/// One value of a `choice`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// For people.
    pub title: String,
    /// What helps to choose.
    #[serde(default)]
    pub help: String,
}

/// A command that a person should run after `new`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextStep {
    /// The command line, a template.
    pub command: String,
    /// Why, a template.
    pub why: String,
    /// Where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// Some fields of the stack.
#[derive(Clone, Debug, Deserialize)]
pub struct StackPart {
    /// Where it applies.
    pub when: Option<Condition>,
    /// From which milestone on.
    #[serde(default)]
    pub from: Number,
    /// The fields, their texts templates.
    #[serde(flatten)]
    pub fields: toml::Table,
}

/// A feature that the kit carries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureUse {
    /// The feature's name.
    pub name: Spanned<String>,
    /// Where it applies.
    pub when: Option<Condition>,
    /// From which milestone on.
    #[serde(default)]
    pub from: Number,
}

/// Who a file belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The learner's.
    Work,
    /// The kit's tests.
    Test,
    /// Tests that only graders have.
    Hidden,
    /// The build's.
    Build,
    /// Everything else of the kit's.
    #[default]
    Support,
    /// Where the milestone reached stands: outside plan, base and diff.
    State,
}

/// Which files of a template folder are rendered where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesRule {
    /// Below `files/`; the part before the first wildcard is stripped.
    pub glob: Spanned<String>,
    /// Where they go, a template.
    #[serde(default = "root")]
    pub to: String,
    /// Where it applies.
    pub when: Option<Condition>,
    /// From which milestone on.
    #[serde(default)]
    pub from: Number,
    /// The milestone at which they are gone.
    pub until: Option<Number>,
    /// Whose they are.
    #[serde(default)]
    pub role: Role,
}

fn root() -> String {
    ".".to_owned()
}

impl FilesRule {
    /// The folder before the first wildcard, with its closing slash; for a plain path the path's folder.
    pub fn stripped(&self) -> &str {
        let glob = self.glob.get_ref();
        let fixed = glob.find(['*', '?', '[', '{']).map_or(glob.as_str(), |wildcard| &glob[..wildcard]);
        fixed.rfind('/').map_or("", |slash| &fixed[..=slash])
    }
}

/// A contribution with its conditions.
#[derive(Clone, Debug, Deserialize)]
pub struct ContributionRule {
    /// Where it applies.
    pub when: Option<Condition>,
    /// From which milestone on.
    #[serde(default)]
    pub from: Number,
    /// The contribution, its texts templates.
    #[serde(flatten)]
    pub fields: toml::Table,
}

/// A program that the kit needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// How its version is asked.
    pub command: Vec<String>,
    /// The least version.
    pub min: Option<String>,
    /// What for.
    pub why: String,
    /// How to get it.
    pub install: String,
    /// Where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// How the tests of milestones 1..=upto run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// In exec form, with `{upto}` and `{tags}`.
    pub command: Vec<String>,
    /// Globs of JUnit XML files.
    pub reports: Vec<String>,
    /// Where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

impl Check {
    /// The command for smoke and milestones 1 to `upto`.
    pub fn command_for(&self, upto: Number) -> Vec<String> {
        self.command.iter().map(|word| word.replace("{upto}", &upto.to_string()).replace("{tags}", &tags(upto))).collect()
    }
}

/// Milestones 1 to `upto` and what has none, as a JUnit tag expression.
pub fn tags(upto: Number) -> String {
    (1..=upto).fold("none()".to_owned(), |tags, number| format!("{tags}|m{number}"))
}

/// Where the milestone reached stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The file.
    pub path: String,
    /// Its line, with `{at}` or `{tags}`.
    pub line: String,
    /// Where it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// Tests that have no milestone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smoke {
    /// How many test cases.
    pub tests: u32,
}

/// One step of the course.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// From 1, without gaps.
    pub number: Spanned<Number>,
    /// Its title.
    pub title: String,
    /// What is reached, one sentence.
    pub goal: String,
    /// How long it takes.
    pub minutes: u32,
    /// What it counts.
    pub points: u32,
    /// Number of test cases, guards included, hidden ones not.
    pub tests: u32,
    /// Number of test cases that only graders have.
    #[serde(default)]
    pub hidden_tests: u32,
    /// Ids of tests that are true from the start.
    #[serde(default)]
    pub guards: Vec<String>,
    /// Guards with conditions; they come after `guards`.
    #[serde(default)]
    pub guard: Vec<Guard>,
    /// Stands in every failure message while the milestone is unsolved.
    pub fails_with: String,
    /// From general to concrete.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Hints with conditions; they come after `hints`.
    #[serde(default)]
    pub hint: Vec<Hint>,
}

impl Milestone {
    /// Its number.
    pub fn number(&self) -> Number {
        *self.number.get_ref()
    }
}

/// A test that is true from the start, with a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The test's id.
    pub id: Spanned<String>,
    /// Where it applies: what one platform does by itself another one leaves to the learner.
    pub when: Option<Condition>,
    /// Only graders have the test.
    #[serde(default)]
    pub hidden: bool,
}

/// A hint with a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The hint.
    pub text: String,
    /// Where it applies.
    pub when: Option<Condition>,
}

/// A known-wrong solution and what catches it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// Its name, as in `{{#trap name}}`.
    pub name: Spanned<String>,
    /// The milestone at which it is tried.
    pub at: Number,
    /// Ids of the tests that fail, all of them.
    pub fails: Vec<String>,
    /// Stands in their failure messages.
    pub message: String,
    /// Where it applies.
    pub when: Option<Condition>,
}
