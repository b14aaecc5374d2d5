//! Text answers, encoded for the place where they stand.
//!
//! A rendered file arrives in pieces: what the template says and what somebody answered. A lexer for the type of the file runs over
//! the literal pieces and finds the lexical position of every text; each position has its encoder. What has no position where a text
//! can stand unchanged is refused by a named rule.

mod docker;
mod file_type;
mod interpolation;
mod language;
mod markdown;
mod markup;
mod position;
mod properties;
mod quoted;
mod shell;
mod source;
#[cfg(test)]
mod tests;
mod yaml;

use self::{file_type::FileType, position::Refused, source::Source};
use crate::tree::RelPath;

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What the template says, or an answer of a kind that may stand anywhere.
    Literal(&'a str),
    /// A text answer.
    Text {
        /// The name by which the template knows it, for messages.
        name: &'a str,
        /// What was answered.
        value: &'a str,
    },
}

/// A text that stands where it cannot come back unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The name of the text.
    pub name: String,
    /// Which of the file's texts it is, from 0.
    pub text: usize,
    /// Bytes of literal pieces before it.
    pub offset: usize,
    /// Name of the rule that was broken, kebab-case.
    pub rule: &'static str,
    /// Why, and where a text may stand.
    pub message: String,
}

/// Joins the pieces of the file at `path`, each text encoded for its place; or names all texts that are misplaced.
pub fn encode(path: &RelPath, pieces: &[Piece<'_>]) -> Result<String, Vec<Misplaced>> {
    let source = Source::new(pieces);
    let places = match FileType::of(path, pieces) {
        _ if source.texts.is_empty() => Vec::new(),
        Some(file_type) => file_type.places(&source.lexed),
        None => {
            vec![Err(Refused::new("file-type", format!("no text can stand in `{}`: {FILE_TYPES}", path.file_name()))); source.texts.len()]
        }
    };
    let readers = interpolation::readers(path);
    let (mut encoded, mut misplaced) = (String::new(), Vec::new());
    let mut texts = source.texts.iter().zip(places);
    let mut count = 0;
    for piece in pieces {
        match *piece {
            Piece::Literal(literal) => encoded.push_str(literal),
            Piece::Text { name, value } => {
                let lost = || Err(Refused::new("unclosed", "its place in the file is unclear"));
                let (offset, text) = texts.next().map_or_else(
                    || (0, lost()),
                    |(text, place)| (text.offset, place.and_then(|position| readers.encode(&source, text, position, value))),
                );
                match text {
                    Ok(text) => encoded.push_str(&text),
                    Err(Refused { rule, message }) => {
                        misplaced.push(Misplaced { name: name.to_owned(), text: count, offset, rule, message });
                    }
                }
                count += 1;
            }
        }
    }
    if misplaced.is_empty() { Ok(encoded) } else { Err(misplaced) }
}

/// Where a text may stand, for messages.
const FILE_TYPES: &str = "it may stand in JSON, YAML, TOML, properties, XML, HTML, Markdown, SQL, shell, Java, Kotlin, JavaScript, \
                          TypeScript and Python files and in a `Dockerfile`";
