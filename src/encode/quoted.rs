//! Languages of code, strings in quotes and comments: JSON, TOML, Java, Kotlin, JavaScript, Python, SQL.
//!
//! One lexer serves them all. A [`Syntax`] says which comments and quotes a language has and what a text may do inside each.

use super::{
    interpolation::follows_variable,
    language::{Language, Quote, Syntax},
    position::{Place, Position, refused},
    source::{Cursor, HOLE, holes},
};

/// The place of each text, in order.
pub(super) fn places(language: Language, file: &str) -> Vec<Place> {
    let mut lexer = Lexer {
        language,
        syntax: language.syntax(),
        cursor: Cursor::new(file),
        places: Vec::new(),
        annotations: Vec::new(),
        templates: 0,
        before: 0,
        toml_value: false,
        brackets: 0,
    };
    lexer.code();
    lexer.places
}

struct Lexer<'a> {
    language: Language,
    syntax: Syntax,
    cursor: Cursor<'a>,
    places: Vec<Place>,
    /// For each open `(`: whether it belongs to an annotation.
    annotations: Vec<bool>,
    /// Number of templates whose `${` is open.
    templates: usize,
    /// Where the last token that is no comment ended.
    before: usize,
    /// Since the last line end outside brackets there was a `=`.
    toml_value: bool,
    /// Open brackets and braces.
    brackets: usize,
}

impl Lexer<'_> {
    /// Code up to the end of the file, or of the template expression that it stands in.
    fn code(&mut self) {
        let outer = self.brackets;
        while let Some(c) = self.cursor.peek() {
            if self.comment() || self.string() || self.dollar_quoted() || self.regex() {
                continue;
            }
            self.cursor.next();
            match c {
                HOLE => self.places.push(refused("unquoted", "it stands outside of quotes; a text may stand in a string of one line")),
                '(' => self.annotations.push(self.opens_annotation()),
                ')' => drop(self.annotations.pop()),
                '{' | '[' => self.brackets += 1,
                '}' if self.templates > 0 && self.brackets == outer => return,
                '}' | ']' => self.brackets = self.brackets.saturating_sub(1),
                '=' => self.toml_value = true,
                '\n' if self.brackets == 0 => self.toml_value = false,
                _ => {}
            }
            if !c.is_whitespace() {
                self.before = self.cursor.at;
            }
        }
    }

    fn comment(&mut self) -> bool {
        if self.syntax.line_comments.iter().any(|mark| self.cursor.rest().starts_with(mark)) {
            let comment = holes(self.cursor.eat_line());
            self.refuse(comment, "comment", "it stands in a comment; a text may stand in a string of one line");
            return true;
        }
        if !self.syntax.block_comments || !self.cursor.eat("/*") {
            return false;
        }
        let start = self.cursor.at;
        let mut depth = 1;
        while depth > 0 && self.cursor.peek().is_some() {
            if self.cursor.eat("*/") {
                depth -= 1;
            } else if self.language == Language::Kotlin && self.cursor.eat("/*") {
                depth += 1;
            } else {
                self.cursor.next();
            }
        }
        let comment = holes(self.since(start));
        self.refuse(comment, "comment", "it stands in a comment; a text may stand in a string of one line");
        true
    }

    fn string(&mut self) -> bool {
        let Some(quote) = self.syntax.quotes.iter().find(|quote| self.cursor.rest().starts_with(quote.mark)) else { return false };
        let prefix = self.python_prefix();
        let start = self.cursor.at;
        self.cursor.eat(quote.mark);
        // For each text what is wrong with it; the rest is known behind the string, where it shows whether it was a key.
        let mut faults: Vec<Option<Place>> = Vec::new();
        let closed = loop {
            if self.cursor.eat(quote.mark) {
                break true;
            }
            if quote.template && self.cursor.eat("${") {
                let inner = self.places.len();
                self.templates += 1;
                self.code();
                self.templates -= 1;
                // Texts in the expression are refused in any case, so only their number counts.
                faults.extend(self.places.drain(inner..).map(|_| Some(refused("template", "it stands inside `${…}` of a string"))));
                continue;
            }
            match self.cursor.next() {
                None => break false,
                Some('\n') if !quote.multi_line => break false,
                Some('\\') if quote.escapes => {
                    let code = self.escape();
                    if self.cursor.eat("\0") {
                        faults
                            .push(code.then(|| refused("escape", "it stands behind a `\\` escape, which could take its first characters")));
                    }
                }
                Some('\\') if self.language == Language::Sql => break false,
                Some(HOLE) => {
                    let in_variable = self.language == Language::Kotlin && follows_variable(self.since(start).trim_end_matches(HOLE));
                    faults
                        .push(in_variable.then(|| refused("template", "it stands at a `$` variable, which would take its first letters")));
                }
                Some(_) => {}
            }
        };
        let place = self.place(quote, prefix, closed);
        self.places.extend(faults.into_iter().map(|fault| fault.unwrap_or_else(|| place.clone())));
        if !closed {
            // The lexer has lost its way, or the file is broken: nothing behind is certain.
            let rest = holes(self.cursor.rest());
            self.cursor.at = self.cursor.text.len();
            self.refuse(rest, "unclosed", "it stands behind a string that does not end");
        }
        self.before = self.cursor.at;
        true
    }

    /// What a text may do in the string that was just read.
    fn place(&self, quote: &Quote, prefix: &str, closed: bool) -> Place {
        if !closed {
            return refused("unclosed", "it stands in a string that does not end");
        }
        if self.templates > 0 {
            return refused("template", "it stands inside `${…}` of a string");
        }
        if prefix.contains(['f', 't']) {
            return refused("template", "it stands in an f-string; a text may stand in a plain string");
        }
        if prefix.contains('r') {
            return refused("raw-string", "it stands in a raw string; a text may stand in a plain string");
        }
        if prefix.contains('b') {
            return refused("bytes", "it stands in bytes; a text may stand in a plain string");
        }
        if self.is_key() {
            return refused("key", "it stands in a key; a text may be a value");
        }
        let in_annotation = self.annotations.contains(&true);
        match quote.inside {
            Ok(Position::Java { .. }) => Ok(Position::Java { annotation: in_annotation }),
            Ok(Position::Kotlin { .. }) => Ok(Position::Kotlin { annotation: in_annotation }),
            Ok(position) => Ok(position),
            Err((rule, message)) => refused(rule, message),
        }
    }

    /// Whether the string that was just read is a key.
    fn is_key(&self) -> bool {
        let next = self.cursor.rest().trim_start_matches([' ', '\t']);
        match self.language {
            Language::Json => next.trim_start().starts_with(':'),
            Language::Toml => !self.toml_value || next.starts_with(['=', '.']),
            _ => false,
        }
    }

    /// Moves over the rest of an escape; whether it is a code that more digits could follow.
    fn escape(&mut self) -> bool {
        match self.cursor.peek() {
            Some(HOLE) => true,
            Some('u' | 'U' | 'x' | 'N' | '0'..='9') => {
                self.cursor.next();
                if self.cursor.eat("{") {
                    // `\u{1f600}` and `\N{DASH}`: a text inside belongs to the code.
                    self.cursor.eat_while(|c| !matches!(c, '}' | '"' | '\'' | '\n' | HOLE));
                    return !self.cursor.eat("}");
                }
                self.cursor.eat_while(|c| c.is_ascii_hexdigit());
                true
            }
            _ => {
                self.cursor.next();
                false
            }
        }
    }

    /// The letters directly before a Python quote, in lower case.
    fn python_prefix(&self) -> &'static str {
        if self.language != Language::Python {
            return "";
        }
        let read = self.cursor.read();
        let word = read.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "f" | "t" | "rf" | "fr" | "rt" | "tr" => "f",
            "b" | "rb" | "br" => "b",
            "r" => "r",
            _ => "",
        }
    }

    /// `PostgreSQL`'s `$tag$ … $tag$`.
    fn dollar_quoted(&mut self) -> bool {
        if self.language != Language::Sql || self.cursor.peek() != Some('$') {
            return false;
        }
        let mut ahead = self.cursor.clone();
        ahead.next();
        ahead.eat_while(|c| c.is_alphanumeric() || c == '_');
        if !ahead.eat("$") {
            return false;
        }
        let tag = self.cursor.text.get(self.cursor.at..ahead.at).unwrap_or_default();
        self.cursor = ahead;
        let body = holes(self.cursor.eat_through(tag));
        self.refuse(body, "dollar-quoted", "it stands in a dollar-quoted string; a text may stand between `'`");
        true
    }

    /// A regular expression of JavaScript: a `/` where no division can be.
    fn regex(&mut self) -> bool {
        if self.language != Language::JavaScript || self.cursor.peek() != Some('/') {
            return false;
        }
        let before = self.cursor.text.get(..self.before).unwrap_or_default();
        let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().unwrap_or_default();
        let operator =
            ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof", "do", "else", "await", "yield"]
                .contains(&word);
        if !operator && (!word.is_empty() || before.ends_with([')', ']', '"', '\'', '`'])) {
            return false;
        }
        let start = self.cursor.at;
        self.cursor.next();
        let mut in_class = false;
        while let Some(c) = self.cursor.next() {
            match c {
                '\\' => drop(self.cursor.next()),
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                '\n' => {
                    self.cursor.at = start;
                    return false;
                }
                _ => {}
            }
        }
        let body = holes(self.since(start));
        self.refuse(body, "unquoted", "it stands in a regular expression; a text may stand between `\"` or `'`");
        self.before = self.cursor.at;
        true
    }

    /// Whether the `(` just read opens the arguments of an annotation.
    fn opens_annotation(&self) -> bool {
        let before = self.cursor.text.get(..self.before).unwrap_or_default();
        let name = before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'));
        name.len() < before.len() && name.ends_with('@')
    }

    /// What was read from `start` on.
    fn since(&self, start: usize) -> &str {
        self.cursor.text.get(start..self.cursor.at).unwrap_or_default()
    }

    fn refuse(&mut self, texts: usize, rule: &'static str, message: &str) {
        self.places.extend((0..texts).map(|_| refused(rule, message)));
    }
}
