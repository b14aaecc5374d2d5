//! What type of file stands at a path, and the lexer for it.

use super::{Piece, docker, language::Language, markdown, markup, position::Place, properties, quoted, shell, yaml};
use crate::tree::RelPath;

/// A type of file with known places for texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileType {
    Quoted(Language),
    Yaml,
    Xml,
    Html,
    Markdown,
    Properties,
    Shell,
    Dockerfile,
}

impl FileType {
    /// The type by the file's name; that of a script without extension by its first line.
    pub(super) fn of(path: &RelPath, pieces: &[Piece<'_>]) -> Option<Self> {
        let name = path.file_name().to_ascii_lowercase();
        let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((&name, ""));
        Some(match extension {
            "json" => Self::Quoted(Language::Json),
            "toml" => Self::Quoted(Language::Toml),
            "java" => Self::Quoted(Language::Java),
            "kt" | "kts" => Self::Quoted(Language::Kotlin),
            "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" => Self::Quoted(Language::JavaScript),
            "py" => Self::Quoted(Language::Python),
            "sql" => Self::Quoted(Language::Sql),
            "yaml" | "yml" => Self::Yaml,
            "xml" => Self::Xml,
            "html" | "htm" => Self::Html,
            "md" => Self::Markdown,
            "properties" => Self::Properties,
            "sh" => Self::Shell,
            "dockerignore" => return None,
            _ if stem == "dockerfile" || extension == "dockerfile" => Self::Dockerfile,
            "" => return Self::by_first_line(pieces),
            _ => return None,
        })
    }

    fn by_first_line(pieces: &[Piece<'_>]) -> Option<Self> {
        let Some(Piece::Literal(literal)) = pieces.first() else { return None };
        let line = literal.lines().next()?.strip_prefix("#!")?;
        let program = line.split([' ', '/']).rfind(|word| !word.is_empty() && !word.starts_with('-'))?;
        matches!(program, "sh" | "bash" | "dash" | "ash" | "ksh").then_some(Self::Shell)
    }

    /// The place of each text in `lexed`, in order.
    pub(super) fn places(self, lexed: &str) -> Vec<Place> {
        match self {
            Self::Quoted(language) => quoted::places(language, lexed),
            Self::Yaml => yaml::places(lexed),
            Self::Xml => markup::places(markup::Markup::Xml, lexed),
            Self::Html => markup::places(markup::Markup::Html, lexed),
            Self::Markdown => markdown::places(lexed),
            Self::Properties => properties::places(lexed),
            Self::Shell => shell::places(lexed),
            Self::Dockerfile => docker::places(lexed),
        }
    }
}
