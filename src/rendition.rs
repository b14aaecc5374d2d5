//! What is rendered of a kit: how far solved, for whom, with which mistake.

use serde::{Deserialize, Serialize};

use crate::manifest::Number;

/// Who a rendering is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Without hidden tests.
    #[default]
    Learner,
    /// With hidden tests.
    Grader,
}

/// One parameter for every command that renders: starter, solution, catch-up, variants and the grader's copy are the same function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendition {
    /// Milestones solved: 0 is the starter, the last one the reference solution.
    pub at: Number,
    /// The last milestone of a shorter course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Number>,
    /// For whom.
    #[serde(default)]
    pub audience: Audience,
    /// A known-wrong solution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// What answers are derived from that differ a learner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
}

impl Rendition {
    /// The rendering with `at` milestones solved, for a learner.
    pub fn solved(at: Number) -> Self {
        Self { at, ..Self::default() }
    }

    /// The last milestone of the course, of `last` that the kit has.
    pub fn last(&self, last: Number) -> Number {
        self.until.map_or(last, |until| until.min(last))
    }
}
