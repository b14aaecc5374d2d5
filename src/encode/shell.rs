//! The shell: words in single and double quotes (POSIX.1-2024, shell command language, §§ 2.2, 2.3, 2.6, 2.7.4).

use super::{
    position::{Place, Position, refused},
    source::{Cursor, HOLE, holes},
};

/// Where a text may stand, for messages.
const ALLOWED: &str = "a text may stand between quotes, outside of `$(…)` and `${…}`";

/// The place of each text, in order.
pub(super) fn places(file: &str) -> Vec<Place> {
    let mut lexer = Lexer { cursor: Cursor::new(file), places: Vec::new(), substitutions: 0, heredocs: Vec::new() };
    lexer.commands();
    lexer.places
}

/// The end of a here-document that begins on the next line.
struct Heredoc {
    delimiter: String,
    strip_tabs: bool,
}

struct Lexer<'a> {
    cursor: Cursor<'a>,
    places: Vec<Place>,
    /// Substitutions that are open.
    substitutions: usize,
    heredocs: Vec<Heredoc>,
}

impl Lexer<'_> {
    /// Commands up to the end, or to the `)` of the substitution that they stand in.
    fn commands(&mut self) {
        let mut parentheses = 0;
        let mut word_starts = true;
        while let Some(c) = self.cursor.next() {
            match c {
                '#' if word_starts => {
                    let comment = holes(self.cursor.eat_line());
                    self.refuse(comment, "comment", "a comment");
                }
                '\n' => self.here_documents(),
                '\\' => self.escaped(),
                '\'' => self.single(),
                '"' => self.double(),
                '$' => self.dollar(false),
                '`' => self.backquoted(),
                '<' if self.cursor.eat("<<") => {}
                '<' if self.cursor.eat("<") => self.heredoc(),
                '(' => parentheses += 1,
                ')' if parentheses == 0 && self.substitutions > 0 => return,
                ')' if parentheses > 0 => parentheses -= 1,
                HOLE => self.refuse(1, "unquoted", "a word without quotes"),
                _ => {}
            }
            word_starts = c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')');
        }
    }

    /// What stands behind a `\`.
    fn escaped(&mut self) {
        if self.cursor.next() == Some(HOLE) {
            self.refuse(1, "escape", "the reach of a `\\`");
        }
    }

    /// Single quotes, behind the first.
    fn single(&mut self) {
        let body = self.cursor.eat_through("'");
        let (texts, closed) = (holes(body), body.ends_with('\''));
        if self.substitutions > 0 || !closed {
            self.refuse_quoted(texts, closed);
        } else {
            self.places.extend((0..texts).map(|_| Ok(Position::ShellSingle)));
        }
    }

    /// Double quotes, behind the first.
    fn double(&mut self) {
        let first = self.places.len();
        let closed = loop {
            match self.cursor.next() {
                None => break false,
                Some('"') => break true,
                Some('\\') => self.escaped(),
                Some('$') => self.dollar(true),
                Some('`') => self.backquoted(),
                Some(HOLE) => self.places.push(Ok(Position::ShellDouble)),
                Some(_) => {}
            }
        };
        if self.substitutions > 0 || !closed {
            let texts = self.places.drain(first..).count();
            self.refuse_quoted(texts, closed);
        }
    }

    fn refuse_quoted(&mut self, texts: usize, closed: bool) {
        let (rule, what) = if closed { ("shell-expansion", "a substitution") } else { ("unclosed", "a string that does not end") };
        self.refuse(texts, rule, what);
    }

    /// What stands behind a `$`; between double quotes `$'` and `$"` mean nothing.
    fn dollar(&mut self, in_quotes: bool) {
        let first = self.places.len();
        match self.cursor.peek() {
            Some('(') => {
                self.cursor.next();
                self.substitutions += 1;
                self.commands();
                self.substitutions -= 1;
                self.refuse_since(first);
            }
            Some('{') => {
                self.cursor.next();
                self.parameter();
                self.refuse_since(first);
            }
            Some('\'') if !in_quotes => {
                self.cursor.next();
                let mut texts = 0;
                while let Some(c) = self.cursor.next().filter(|c| *c != '\'') {
                    texts += usize::from(c == HOLE);
                    if c == '\\' {
                        texts += usize::from(self.cursor.next() == Some(HOLE));
                    }
                }
                self.refuse(texts, "escape", "`$'…'`");
            }
            Some('"') if !in_quotes => {
                self.cursor.next();
                self.double();
                self.refuse_since(first);
            }
            _ => {
                if self.cursor.eat_while(|c| c.is_ascii_alphanumeric() || c == '_').is_empty()
                    && self.cursor.peek().is_some_and(|c| "@*#?-$!".contains(c))
                {
                    self.cursor.next();
                } else if self.cursor.eat("\0") {
                    self.refuse(1, "shell-expansion", "the name of a variable");
                }
            }
        }
    }

    /// A parameter expansion, behind its `${`.
    fn parameter(&mut self) {
        while let Some(c) = self.cursor.next() {
            match c {
                '}' => return,
                '\\' => self.escaped(),
                '\'' => self.single(),
                '"' => self.double(),
                '$' => self.dollar(false),
                '`' => self.backquoted(),
                HOLE => self.places.push(Ok(Position::ShellDouble)),
                _ => {}
            }
        }
    }

    /// Everything up to the closing `` ` ``.
    fn backquoted(&mut self) {
        while let Some(c) = self.cursor.next().filter(|c| *c != '`') {
            let c = if c == '\\' { self.cursor.next() } else { Some(c) };
            if c == Some(HOLE) {
                self.refuse(1, "shell-expansion", "a substitution");
            }
        }
    }

    /// The delimiter of a here-document, behind `<<`.
    fn heredoc(&mut self) {
        let strip_tabs = self.cursor.eat("-");
        self.cursor.eat_while(|c| matches!(c, ' ' | '\t'));
        let mut delimiter = String::new();
        let mut quote = None;
        while let Some(c) = self.cursor.peek().filter(|c| quote.is_some() || !(c.is_whitespace() || ";&|<>()".contains(*c))) {
            self.cursor.next();
            match c {
                _ if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => quote = Some(c),
                '\\' => delimiter.extend(self.cursor.next()),
                _ => delimiter.push(c),
            }
        }
        self.refuse(holes(&delimiter), "heredoc", "the name of a here-document");
        self.heredocs.push(Heredoc { delimiter, strip_tabs });
    }

    /// The here-documents that begin behind this line end.
    fn here_documents(&mut self) {
        for Heredoc { delimiter, strip_tabs } in std::mem::take(&mut self.heredocs) {
            while self.cursor.peek().is_some() {
                let line = self.cursor.eat_line();
                self.cursor.next();
                self.refuse(holes(line), "heredoc", "a here-document");
                if delimiter == if strip_tabs { line.trim_start_matches('\t') } else { line } {
                    break;
                }
            }
        }
    }

    /// All texts since `first` stand in a substitution.
    fn refuse_since(&mut self, first: usize) {
        let texts = self.places.drain(first..).count();
        self.refuse(texts, "shell-expansion", "a substitution");
    }

    fn refuse(&mut self, texts: usize, rule: &'static str, what: &str) {
        let message = format!("it stands in {what}; {ALLOWED}");
        self.places.extend((0..texts).map(|_| refused(rule, &message)));
    }
}
