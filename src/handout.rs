//! What was handed out to whom: `handout.toml`, which the teacher keeps. `grade` and `handout --update` live on it; a student's own receipt is
//! never asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    answers::Answers,
    error::{Error, Result},
    manifest::Number,
    rendition::{Audience, Rendition},
};

/// The file's name in the folder that was handed out.
pub const FILE: &str = "handout.toml";

/// `handout.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handout {
    /// Version of this format: 1.
    pub format_version: u32,
    /// The stagekit that wrote it.
    pub stagekit: String,
    /// The kit.
    pub kit: String,
    /// Its version.
    pub version: String,
    /// What each repository was made as.
    pub form: Form,
    /// How far solved.
    pub at: Number,
    /// The last milestone of a shorter course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Number>,
    /// What each row's seed is derived from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_seed: Option<String>,
    /// Of all templates that the kit could be rendered from: as long as it stays the same, so does every row's digest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub templates: String,
    /// How many corrections were handed out since; the next one is this and one more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub updates: u32,
    /// One repository each, in the order of the roster.
    #[serde(default)]
    pub row: Vec<Row>,
}

/// What a repository is handed out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A folder.
    Dir,
    /// A zip.
    Zip,
    /// A bare git repository with one commit.
    Bare,
}

/// One student's repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its line in the roster, from 1, as an editor counts; of a TOML roster its entry.
    pub number: usize,
    /// The student, as people say it.
    pub name: String,
    /// The repository's name below the folder: `<folder>`, `<folder>.zip` or `<folder>.git`.
    pub folder: String,
    /// The seed of the student's own values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// Of everything that went into the repository, `sha256:…`, as its receipt says it. Empty until the handout that makes the repository has
    /// come to its end: what goes in is known when it has been rendered, and nothing is rendered twice.
    pub digest: String,
    /// All answers.
    pub answers: Answers,
    /// The roster's other columns, such as an e-mail address, for whoever imports the results.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub record: BTreeMap<String, String>,
}

impl Handout {
    /// The manifest in `text`.
    pub fn read(text: &str) -> Result<Self> {
        let read: Self = toml::from_str(text).map_err(|error| Error::failed(format!("`{FILE}` cannot be read")).because(error))?;
        match read.format_version {
            1 => Ok(read),
            other => Err(Error::failed(format!("`{FILE}` has format {other}; this stagekit reads format 1")).hint("use a newer stagekit")),
        }
    }

    /// The file's text.
    pub fn to_toml(&self) -> Result<String> {
        let body = toml::to_string(self).map_err(|error| Error::failed(format!("`{FILE}` cannot be written")).because(error))?;
        Ok(format!(
            "# Written by stagekit: what was made for whom. Keep it: `stagekit grade` restores the tests from what it says.\n\n{body}"
        ))
    }

    /// How a row was rendered, or is for `audience`.
    pub fn rendition(&self, row: &Row, audience: Audience) -> Rendition {
        Rendition { at: self.at, until: self.until, audience, trap: None, seed: row.seed.clone() }
    }
}

impl Form {
    /// As it is typed after `--as`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dir => "dir",
            Self::Zip => "zip",
            Self::Bare => "bare",
        }
    }

    /// The name of a row's repository below the folder.
    pub fn name_of(self, folder: &str) -> String {
        match self {
            Self::Dir => folder.to_owned(),
            Self::Zip => format!("{folder}.zip"),
            Self::Bare => format!("{folder}.git"),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it in so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::{Form, Handout, Row};
    use crate::{
        answers::{Answers, Value},
        rendition::Audience,
    };

    fn handout() -> Handout {
        let answers: Answers = [("port".to_owned(), Value::Int(8081))].into_iter().collect();
        let row = Row {
            number: 2,
            name: "Ada Lovelace".to_owned(),
            folder: "ada-lovelace".to_owned(),
            seed: Some("class/ada-lovelace".to_owned()),
            digest: "sha256:00".to_owned(),
            answers,
            record: [("email".to_owned(), "ada@example.org".to_owned())].into(),
        };
        Handout {
            format_version: 1,
            stagekit: "0.1.0".to_owned(),
            kit: "http-server".to_owned(),
            version: "1.0.0".to_owned(),
            form: Form::Zip,
            at: 1,
            until: Some(3),
            variant_seed: Some("class".to_owned()),
            templates: "sha256:11".to_owned(),
            updates: 0,
            row: vec![row],
        }
    }

    #[test]
    fn it_comes_back_from_its_text() {
        let handout = handout();
        assert_eq!(Handout::read(&handout.to_toml().unwrap()).unwrap(), handout);
    }

    #[test]
    fn another_format_is_refused() {
        let text = handout().to_toml().unwrap().replace("format_version = 1", "format_version = 2");
        assert!(Handout::read(&text).unwrap_err().to_string().contains("format 2"));
    }

    #[test]
    fn a_graders_copy_differs_in_the_audience_alone() {
        let handout = handout();
        let (theirs, graders) =
            (handout.rendition(&handout.row[0], Audience::Learner), handout.rendition(&handout.row[0], Audience::Grader));
        assert_eq!((theirs.at, theirs.until, theirs.seed.as_deref()), (1, Some(3), Some("class/ada-lovelace")));
        assert_eq!(crate::rendition::Rendition { audience: Audience::Learner, ..graders }, theirs);
    }
}
