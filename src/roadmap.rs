//! The roadmap as data: stages, goals, topics, practices, timeline, project ideas.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Fault, Result};

/// `roadmap.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roadmap {
    /// Version of this format: 1.
    pub format_version: u32,
    /// Its title.
    pub title: String,
    /// The stages in order.
    pub stage: Vec<Stage>,
    /// How long they take.
    pub timeline: Vec<Span>,
    /// Projects along the way.
    pub idea: Vec<Item>,
}

/// One stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Greater than that of the stage before.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// What a learner reaches. A stage of further study may have none.
    pub goal: Option<String>,
    /// What is learnt.
    pub topics: Vec<TopicGroup>,
    /// What is built.
    #[serde(default)]
    pub practice: Vec<Item>,
}

/// Topics under one heading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicGroup {
    /// `Learn`, `Learn (SQL)`, …
    pub heading: String,
    /// The topics.
    pub items: Vec<Item>,
}

/// A topic, a practice or a project idea.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The roadmap's words.
    pub text: String,
    /// The kits that serve it. One that the catalogue does not have is planned; nobody writes that down twice.
    #[serde(default)]
    pub kits: Vec<String>,
    /// Where something is to be practised and no kit serves it: what to do instead.
    pub note: Option<String>,
}

/// A part of the timeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// `Month 1–2`.
    pub months: String,
    /// What is done in it.
    pub focus: String,
    /// The stages.
    pub stages: Vec<u32>,
}

impl Roadmap {
    /// The stage with this number.
    pub fn stage(&self, number: u32) -> Result<&Stage> {
        self.stage.iter().find(|stage| stage.number == number).ok_or_else(|| {
            let error = Error::usage(format!("there is no stage {number}"));
            match (self.stage.first(), self.stage.last()) {
                (Some(first), Some(last)) => error.hint(format!("the stages are {} to {}", first.number, last.number)),
                _ => error,
            }
        })
    }

    /// Everything that names kits, in order: topics and practices by stage, then the ideas.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.stage.iter().flat_map(Stage::items).chain(&self.idea)
    }

    /// The kits that are named, in order, none twice.
    pub fn kits(&self) -> Vec<&str> {
        distinct(self.items())
    }

    /// What is wrong in it beyond what its types refuse; `place` names the file.
    pub fn faults(&self, place: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut refuse = |message: String| faults.push(Fault::new(place, message));
        if self.format_version != 1 {
            refuse(format!("`format_version` is {}, this stagekit reads 1", self.format_version));
        }
        for pair in self.stage.windows(2).filter(|pair| pair[1].number <= pair[0].number) {
            refuse(format!("stage {} stands after stage {}", pair[1].number, pair[0].number));
        }
        for span in &self.timeline {
            for number in span.stages.iter().filter(|number| self.stage(**number).is_err()) {
                refuse(format!("`{}` names stage {number}, which is not there", span.months));
            }
        }
        for item in self.stage.iter().flat_map(|stage| &stage.practice).chain(&self.idea) {
            if item.kits.is_empty() && item.note.is_none() {
                refuse(format!("`{}` has neither `kits` nor a `note`", item.text));
            }
        }
        faults
    }
}

impl Stage {
    /// Its topics and practices.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.topics.iter().flat_map(|group| &group.items).chain(&self.practice)
    }

    /// The kits that are named in it, in order, none twice.
    pub fn kits(&self) -> Vec<&str> {
        distinct(self.items())
    }
}

fn distinct<'i>(items: impl Iterator<Item = &'i Item>) -> Vec<&'i str> {
    let mut kits: Vec<&str> = Vec::new();
    for kit in items.flat_map(|item| &item.kits) {
        if !kits.contains(&kit.as_str()) {
            kits.push(kit);
        }
    }
    kits
}

#[cfg(test)]
mod tests {
    use super::{Item, Roadmap, Span, Stage};

    fn item(text: &str) -> Item {
        Item { text: text.to_owned(), kits: Vec::new(), note: None }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let stage = |number, practice| Stage { number, title: "Java".to_owned(), goal: None, topics: Vec::new(), practice };
        let timeline = vec![Span { months: "Month 1".to_owned(), focus: "Java".to_owned(), stages: vec![2, 7] }];
        let roadmap = Roadmap {
            format_version: 2,
            title: String::new(),
            stage: vec![stage(2, vec![item("build")]), stage(2, Vec::new())],
            timeline,
            idea: vec![item("chat")],
        };
        let told: Vec<String> = roadmap.faults("roadmap.toml").iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "roadmap.toml: `format_version` is 2, this stagekit reads 1",
                "roadmap.toml: stage 2 stands after stage 2",
                "roadmap.toml: `Month 1` names stage 7, which is not there",
                "roadmap.toml: `build` has neither `kits` nor a `note`",
                "roadmap.toml: `chat` has neither `kits` nor a `note`",
            ]
        );
    }
}
