//! The roadmap as data: stages, goals, topics, practices, timeline, project ideas.

use serde::{Deserialize, Serialize};

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
    pub idea: Vec<Practice>,
}

/// One stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// From 1.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// What a learner reaches.
    pub goal: String,
    /// What is learnt.
    pub topics: Vec<TopicGroup>,
    /// What is built.
    pub practice: Vec<Practice>,
}

/// Topics under one heading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicGroup {
    /// `Learn`, `Learn (SQL)`, …
    pub heading: String,
    /// The topics.
    pub items: Vec<String>,
}

/// Something to build.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// The roadmap's words.
    pub text: String,
    /// The kits that serve it, those planned too.
    #[serde(default)]
    pub kits: Vec<String>,
    /// Where no kit serves it, why.
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
