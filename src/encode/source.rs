//! A file's pieces as one text that can be scanned.

use std::ops::Range;

use super::Piece;

/// Stands for a text in what lexers read.
pub(super) const HOLE: char = '\0';

/// The pieces of a file, joined in two ways.
pub(super) struct Source {
    /// For lexers: a [`HOLE`] for each text, `\n` for every line end.
    pub(super) lexed: String,
    /// For what reads the decoded file: texts as they are.
    pub(super) plain: String,
    /// The texts in order.
    pub(super) texts: Vec<Text>,
}

/// A text inside a [`Source`].
pub(super) struct Text {
    /// Bytes of literal pieces before it.
    pub(super) offset: usize,
    /// Where it stands in [`Source::plain`].
    pub(super) range: Range<usize>,
}

impl Source {
    pub(super) fn new(pieces: &[Piece<'_>]) -> Self {
        let (mut literals, mut plain, mut lexed, mut texts) = (0, String::new(), String::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => {
                    literals += literal.len();
                    plain.push_str(literal);
                    for (index, part) in literal.split(HOLE).enumerate() {
                        lexed.extend((index > 0).then_some(char::REPLACEMENT_CHARACTER));
                        lexed.push_str(part);
                    }
                }
                Piece::Text { value, .. } => {
                    let start = plain.len();
                    plain.push_str(value);
                    lexed.push(HOLE);
                    texts.push(Text { offset: literals, range: start..plain.len() });
                }
            }
        }
        if lexed.contains('\r') {
            lexed = lexed.replace("\r\n", "\n").replace('\r', "\n");
        }
        Self { lexed, plain, texts }
    }
}

/// A place in a text that moves forward.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What was read.
    pub(super) fn read(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Moves to the next byte of a kind, which must be ASCII, or to the end of the text.
    pub(super) fn skip_to(&mut self, is_wanted: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.bytes().position(is_wanted).unwrap_or(rest.len());
    }

    /// Moves over `word` if it comes next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let comes = self.rest().starts_with(word);
        if comes {
            self.at += word.len();
        }
        comes
    }

    /// Moves over all characters that are `wanted` and gives them back.
    pub(super) fn eat_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let run = rest.find(|c| !wanted(c)).map_or(rest, |end| rest.split_at(end).0);
        self.at += run.len();
        run
    }

    /// Moves behind the next `end`, or to the end of the text, and gives back what was passed.
    pub(super) fn eat_through(&mut self, end: &str) -> &'a str {
        let rest = self.rest();
        let passed = rest.find(end).map_or(rest, |start| rest.split_at(start + end.len()).0);
        self.at += passed.len();
        passed
    }

    /// Moves to the end of the line, before its `\n`, and gives back what was passed.
    pub(super) fn eat_line(&mut self) -> &'a str {
        self.eat_while(|c| c != '\n')
    }

    /// Whether the line's end or the text's comes next.
    pub(super) fn at_line_end(&self) -> bool {
        matches!(self.peek(), None | Some('\n'))
    }
}

/// Number of texts in a part of what lexers read.
pub(super) fn holes(part: &str) -> usize {
    part.matches(HOLE).count()
}
