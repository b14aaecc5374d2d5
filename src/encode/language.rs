//! The languages of code: which comments and quotes they have, and what a text may do inside each quote.

use super::position::Position;

/// A language with quotes and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Json,
    Toml,
    Java,
    Kotlin,
    JavaScript,
    Python,
    Sql,
}

/// What a language's lexer must know.
pub(super) struct Syntax {
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comments: bool,
    /// Longest first.
    pub(super) quotes: &'static [Quote],
}

/// A kind of string.
pub(super) struct Quote {
    /// Starts and ends it.
    pub(super) mark: &'static str,
    /// A backslash takes the next character with it.
    pub(super) escapes: bool,
    /// It may hold line ends.
    pub(super) multi_line: bool,
    /// It may hold code between `${` and `}`.
    pub(super) template: bool,
    /// What a text may do in it: a position, or the rule and the message that refuse it.
    pub(super) inside: Result<Position, (&'static str, &'static str)>,
}

const fn string(mark: &'static str, position: Position) -> Quote {
    Quote { mark, escapes: true, multi_line: false, template: false, inside: Ok(position) }
}

const fn no_string(mark: &'static str, multi_line: bool, rule: &'static str, message: &'static str) -> Quote {
    Quote { mark, escapes: true, multi_line, template: false, inside: Err((rule, message)) }
}

const TEXT_BLOCK: (&str, &str) = ("text-block", "it stands between triple quotes; a text may stand in a string of one line");
const CHARACTER: (&str, &str) = ("character", "it stands in a character literal; a text may stand between `\"`");

impl Language {
    pub(super) fn syntax(self) -> Syntax {
        let (line_comments, block_comments, quotes): (&'static [&'static str], bool, &'static [Quote]) = match self {
            Self::Json => (&["//"], true, const { &[string("\"", Position::Json)] }),
            Self::Toml => (
                &["#"],
                false,
                const {
                    &[
                        no_string("\"\"\"", true, TEXT_BLOCK.0, TEXT_BLOCK.1),
                        Quote { escapes: false, ..no_string("'''", true, TEXT_BLOCK.0, TEXT_BLOCK.1) },
                        string("\"", Position::Toml),
                        Quote {
                            escapes: false,
                            ..no_string("'", false, "literal-string", "it stands in a literal string; a text may stand between `\"`")
                        },
                    ]
                },
            ),
            Self::Java => (
                &["//"],
                true,
                const {
                    &[
                        no_string("\"\"\"", true, TEXT_BLOCK.0, TEXT_BLOCK.1),
                        string("\"", Position::Java { annotation: false }),
                        no_string("'", false, CHARACTER.0, CHARACTER.1),
                    ]
                },
            ),
            Self::Kotlin => (
                &["//"],
                true,
                const {
                    &[
                        Quote { escapes: false, template: true, ..no_string("\"\"\"", true, TEXT_BLOCK.0, TEXT_BLOCK.1) },
                        Quote { template: true, ..string("\"", Position::Kotlin { annotation: false }) },
                        no_string("'", false, CHARACTER.0, CHARACTER.1),
                    ]
                },
            ),
            Self::JavaScript => (
                &["//"],
                true,
                const {
                    &[
                        string("\"", Position::JavaScript('"')),
                        string("'", Position::JavaScript('\'')),
                        Quote {
                            template: true,
                            ..no_string("`", true, "template", "it stands in a template literal; a text may stand between `\"` or `'`")
                        },
                    ]
                },
            ),
            Self::Python => (
                &["#"],
                false,
                const {
                    &[
                        Quote { multi_line: true, ..string("\"\"\"", Position::Python('"')) },
                        Quote { multi_line: true, ..string("'''", Position::Python('\'')) },
                        string("\"", Position::Python('"')),
                        string("'", Position::Python('\'')),
                    ]
                },
            ),
            Self::Sql => (
                &["--"],
                true,
                const {
                    &[
                        Quote { escapes: false, multi_line: true, ..string("'", Position::Sql) },
                        Quote {
                            escapes: false,
                            ..no_string("\"", true, "identifier", "it stands in an identifier; a text may stand between `'`")
                        },
                        Quote {
                            escapes: false,
                            ..no_string("`", true, "identifier", "it stands in an identifier; a text may stand between `'`")
                        },
                    ]
                },
            ),
        };
        Syntax { line_comments, block_comments, quotes }
    }
}
