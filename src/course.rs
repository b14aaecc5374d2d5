//! A kit's milestones as one rendering sees them.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{
    condition::Condition,
    manifest::{Check, Guard, KitManifest, Number, State},
    rendition::{Audience, Rendition},
};

/// A milestone as it is frozen in a receipt: what `check` and `status` need with any later stagekit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// From 1.
    pub number: Number,
    /// Its title.
    pub title: String,
    /// What is reached.
    pub goal: String,
    /// How long it takes.
    pub minutes: u32,
    /// What it counts.
    pub points: u32,
    /// Number of test cases.
    pub tests: u32,
    /// Ids of tests that are true from the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
}

/// The course of one rendering.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// The kit.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its last milestone here; 0 without milestones.
    pub last: Number,
    /// The milestones.
    #[serde(default)]
    pub milestones: Vec<Step>,
    /// Test cases without a milestone.
    #[serde(default)]
    pub smoke_tests: u32,
    /// How the tests run.
    pub check: Option<Check>,
    /// Where the milestone reached stands.
    pub state: Option<State>,
}

impl Course {
    /// The kit's course under these answers.
    pub fn of(kit: &KitManifest, rendition: &Rendition, holds: &dyn Fn(&Option<Condition>) -> bool) -> Self {
        let last = rendition.last(kit.last());
        let applies = |guard: &Guard| holds(&guard.when) && (!guard.hidden || rendition.audience == Audience::Grader);
        let milestones = kit.milestone.iter().filter(|milestone| milestone.number() <= last).map(|milestone| Step {
            number: milestone.number(),
            title: milestone.title.clone(),
            goal: milestone.goal.clone(),
            minutes: milestone.minutes,
            points: milestone.points,
            tests: milestone.tests,
            guards: milestone
                .guards
                .iter()
                .cloned()
                .chain(milestone.guard.iter().filter(|guard| applies(guard)).map(|guard| guard.id.get_ref().clone()))
                .collect(),
        });
        Self {
            name: kit.name.get_ref().clone(),
            title: kit.title.clone(),
            last,
            milestones: milestones.collect(),
            smoke_tests: kit.smoke.map_or(0, |smoke| smoke.tests),
            check: kit.check.iter().find(|check| holds(&check.when)).cloned().map(|check| Check { when: None, ..check }),
            state: kit.state.iter().find(|state| holds(&state.when)).cloned().map(|state| State { when: None, ..state }),
        }
    }

    /// What templates see as `course`; `check` is the command line for the milestone after `at`.
    pub(crate) fn to_json(&self, at: Number) -> Json {
        let check = self.check.as_ref().map(|check| shell_line(&check.command_for((at + 1).min(self.last))));
        json!({
            "name": self.name,
            "title": self.title,
            "last": self.last,
            "milestones": self.milestones,
            "points": self.milestones.iter().map(|step| step.points).sum::<u32>(),
            "minutes": self.milestones.iter().map(|step| step.minutes).sum::<u32>(),
            "check": check,
            "state": self.state.as_ref().map(|state| &state.path),
        })
    }
}

/// Words as one line that a POSIX shell takes.
pub fn shell_line(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(is_plain) { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
