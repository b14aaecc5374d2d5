//! YAML: quoted scalars on one line, told from plain and block scalars by indentation (YAML 1.2.2 §§ 6–8).

use super::{
    position::{Place, Position, refused},
    source::{Cursor, HOLE, holes},
};

/// The place of each text, in order.
pub(super) fn places(file: &str) -> Vec<Place> {
    let mut lexer = Lexer { cursor: Cursor::new(file), places: Vec::new(), flow: 0, parent: -1, open: Open::Nothing };
    while lexer.cursor.peek().is_some() {
        lexer.line();
    }
    lexer.places
}

/// A scalar that the next lines may belong to.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    Plain,
    Block,
}

struct Lexer<'a> {
    cursor: Cursor<'a>,
    places: Vec<Place>,
    /// Open brackets and braces.
    flow: usize,
    /// Column of the key or the dash that the next node belongs to; what is indented more belongs to that node.
    parent: isize,
    open: Open,
}

impl Lexer<'_> {
    /// One line, or all lines of what is in brackets.
    fn line(&mut self) {
        let start = self.cursor.at;
        self.cursor.eat_while(|c| c == ' ');
        let indent = self.column(start, self.cursor.at);
        if self.cursor.at_line_end() {
            self.cursor.next();
            return;
        }
        match self.open {
            Open::Plain if indent > self.parent && self.cursor.peek() != Some('#') => return self.skip_line("unquoted", "a plain scalar"),
            Open::Block if indent > self.parent => return self.skip_line("block-scalar", "a block scalar"),
            _ => self.open = Open::Nothing,
        }
        if indent == 0 {
            if self.cursor.peek() == Some('%') {
                return self.skip_line("unquoted", "a directive");
            }
            if self.cursor.eat("---") || self.cursor.eat("...") {
                self.parent = -1;
            }
        }
        while self.flow > 0 || !self.cursor.at_line_end() {
            if self.cursor.peek().is_none() {
                return;
            }
            self.token(start);
        }
        self.cursor.next();
    }

    /// One token of the line that starts at `line`.
    fn token(&mut self, line: usize) {
        let column = self.column(line, self.cursor.at);
        let in_flow = self.flow > 0;
        let mut ahead = self.cursor.clone();
        let Some(c) = ahead.next() else { return };
        let blank_follows = ahead.peek().is_none_or(char::is_whitespace);
        match c {
            _ if c.is_whitespace() => self.cursor = ahead,
            '#' => {
                let comment = holes(self.cursor.eat_line());
                self.refuse(comment, "comment", "a comment");
            }
            '"' | '\'' => self.quoted(c, column),
            '[' | '{' => {
                self.flow += 1;
                self.cursor = ahead;
            }
            ']' | '}' if in_flow => {
                self.flow -= 1;
                self.cursor = ahead;
            }
            ',' if in_flow => self.cursor = ahead,
            ':' if in_flow || blank_follows => self.cursor = ahead,
            '-' | '?' if blank_follows => {
                self.own(column);
                self.cursor = ahead;
            }
            '|' | '>' if !in_flow => {
                let header = holes(self.cursor.eat_line());
                self.refuse(header, "block-scalar", "the head of a block scalar");
                self.open = Open::Block;
            }
            '!' | '&' => {
                let property = holes(self.cursor.eat_while(|c| !c.is_whitespace()));
                self.refuse(property, "unquoted", "a tag or an anchor");
            }
            _ => self.plain(column),
        }
    }

    /// A quoted scalar.
    fn quoted(&mut self, quote: char, column: isize) {
        let start = self.cursor.at;
        self.cursor.next();
        // For each text whether it stands behind an escape.
        let mut texts = Vec::new();
        let closed = loop {
            match self.cursor.next() {
                None => break false,
                Some('\\') if quote == '"' => {
                    let code = matches!(self.cursor.peek(), Some('x' | 'u' | 'U' | HOLE));
                    if self.cursor.peek() != Some(HOLE) {
                        self.cursor.next();
                    }
                    if code {
                        self.cursor.eat_while(|c| c.is_ascii_hexdigit());
                    }
                    if code && self.cursor.eat("\0") {
                        texts.push(true);
                    }
                }
                Some('\'') if quote == '\'' && self.cursor.eat("'") => {}
                Some(HOLE) => texts.push(false),
                Some(c) if c == quote => break true,
                Some(_) => {}
            }
        };
        let one_line = !self.cursor.text.get(start..self.cursor.at).unwrap_or_default().contains('\n');
        let is_key = self.is_key();
        if is_key {
            self.own(column);
        }
        let place = match quote {
            _ if !closed => refused("unclosed", "it stands in a string that does not end"),
            _ if !one_line => {
                refused("multi-line", "it stands in a string of several lines, which are folded; a text may stand in one of one line")
            }
            _ if is_key => refused("key", "it stands in a key; a text may be a value"),
            '"' => Ok(Position::YamlDouble),
            _ => Ok(Position::YamlSingle),
        };
        let escape = || refused("escape", "it stands behind a `\\` escape, which could take its first characters");
        self.places.extend(texts.into_iter().map(|behind_escape| if behind_escape { escape() } else { place.clone() }));
        if closed && !is_key && !self.ends_node() {
            // `"a" b` is no YAML; what follows is not to be trusted.
            self.plain(column);
        }
    }

    /// Whether what was just read is the key of a mapping.
    fn is_key(&self) -> bool {
        let behind = self.cursor.rest().trim_start_matches([' ', '\t']);
        behind.strip_prefix(':').is_some_and(|value| self.flow > 0 || value.is_empty() || value.starts_with(char::is_whitespace))
    }

    /// Whether the node that was just read may end here.
    fn ends_node(&self) -> bool {
        let behind = self.cursor.rest().trim_start_matches([' ', '\t']);
        behind.is_empty() || behind.starts_with(['\n', '#']) || (self.flow > 0 && behind.starts_with([',', ']', '}']))
    }

    /// A plain scalar: up to `: `, ` #`, the end of the line, or in brackets the next of `,[]{}`.
    fn plain(&mut self, column: isize) {
        let in_flow = self.flow > 0;
        let mut before = ' ';
        while let Some(c) = self.cursor.peek() {
            let mut ahead = self.cursor.clone();
            ahead.next();
            match c {
                '\n' if !in_flow => break,
                '#' if before.is_whitespace() && self.cursor.at > 0 => break,
                ',' | '[' | ']' | '{' | '}' if in_flow => break,
                ':' if ahead.peek().is_none_or(|c| c.is_whitespace() || (in_flow && ",[]{}".contains(c))) => {
                    self.own(column);
                    self.cursor = ahead;
                    return;
                }
                HOLE => self.refuse(1, "unquoted", "a plain scalar"),
                _ => {}
            }
            before = c;
            self.cursor = ahead;
        }
        if !in_flow {
            self.open = Open::Plain;
        }
    }

    /// A key or a dash at `column` owns what follows.
    fn own(&mut self, column: isize) {
        if self.flow == 0 {
            self.parent = column;
        }
    }

    fn skip_line(&mut self, rule: &'static str, what: &str) {
        let texts = holes(self.cursor.eat_line());
        self.refuse(texts, rule, what);
        self.cursor.next();
    }

    fn refuse(&mut self, texts: usize, rule: &'static str, what: &str) {
        let message = format!("it stands in {what}; a text may stand between quotes on one line");
        self.places.extend((0..texts).map(|_| refused(rule, &message)));
    }

    /// Column of `at` in the line that starts at `line`.
    fn column(&self, line: usize, at: usize) -> isize {
        let columns = self.cursor.text.get(line..at).map_or(0, |read| read.chars().count());
        isize::try_from(columns).unwrap_or(isize::MAX)
    }
}
