//! Dockerfiles: the quoted values of `LABEL` and `ENV` (`BuildKit`, `parser/line_parsers.go` and `shell/lex.go`).

use super::{
    position::{Place, Position, refused},
    source::{Cursor, HOLE, holes},
};

/// Where a text may stand, for messages.
const ALLOWED: &str = "in a Dockerfile a text may stand in `LABEL name=\"…\"` and `ENV name=\"…\"`";

/// The place of each text, in order.
pub(super) fn places(file: &str) -> Vec<Place> {
    let mut lexer = Lexer { cursor: Cursor::new(file), places: Vec::new() };
    if other_escape(file) {
        lexer.refuse(holes(file), "escape-directive", "a file that has chosen another escape character");
        return lexer.places;
    }
    while lexer.cursor.peek().is_some() {
        lexer.instruction();
    }
    lexer.places
}

/// Whether a parser directive makes something else than `\` the escape character.
fn other_escape(file: &str) -> bool {
    let directives = file.lines().map_while(|line| line.trim_start().strip_prefix('#'));
    directives
        .filter_map(|directive| directive.split_once('='))
        .any(|(name, value)| name.trim().eq_ignore_ascii_case("escape") && value.trim() != "\\")
}

struct Lexer<'a> {
    cursor: Cursor<'a>,
    places: Vec<Place>,
}

impl Lexer<'_> {
    /// One instruction with its continued lines, or a comment.
    fn instruction(&mut self) {
        self.cursor.eat_while(char::is_whitespace);
        if self.cursor.peek() == Some('#') {
            let comment = holes(self.cursor.eat_line());
            return self.refuse(comment, "comment", "a comment");
        }
        let name = self.cursor.eat_while(|c| c.is_ascii_alphabetic()).to_ascii_uppercase();
        if matches!(name.as_str(), "LABEL" | "ENV") && self.cursor.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\\')) {
            self.pairs();
        } else {
            self.other(&name);
        }
    }

    /// `name="value"` and others, to the end of the instruction.
    fn pairs(&mut self) {
        loop {
            self.cursor.eat_while(|c| matches!(c, ' ' | '\t'));
            if self.cursor.eat("\\\n") {
                // Comments and empty lines may stand between continued lines.
                let mut ahead = self.cursor.clone();
                ahead.eat_while(char::is_whitespace);
                while ahead.peek() == Some('#') {
                    self.cursor = ahead.clone();
                    let comment = holes(self.cursor.eat_line());
                    self.refuse(comment, "comment", "a comment");
                    ahead = self.cursor.clone();
                    ahead.eat_while(char::is_whitespace);
                }
                self.cursor = ahead;
                continue;
            }
            if self.cursor.at_line_end() {
                self.cursor.next();
                return;
            }
            let name = self.cursor.eat_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
            if !name.is_empty() && self.cursor.eat("=\"") {
                if self.quoted() {
                    continue;
                }
                return self.other("");
            }
            let word = self.cursor.eat_while(|c| !c.is_whitespace() && !matches!(c, '\\' | '"' | '\''));
            let texts = holes(word);
            self.refuse(texts, "unquoted", "a word without quotes");
            if name.is_empty() && word.is_empty() || !word.contains('=') {
                // `ENV name value`, other quotes or escapes: not understood any further.
                return self.other("");
            }
        }
    }

    /// A value, behind its first quote; whether it ended where a value may end.
    fn quoted(&mut self) -> bool {
        let mut texts: Vec<Place> = Vec::new();
        let closed = loop {
            match self.cursor.next() {
                None | Some('\n') => break false,
                Some('"') => break true,
                Some('\\') => {
                    if self.cursor.peek() == Some('\n') {
                        break false;
                    }
                    if self.cursor.next() == Some(HOLE) {
                        texts.push(refused("escape", &format!("it stands behind a `\\`; {ALLOWED}")));
                    }
                }
                Some('$') => {
                    let braced = self.cursor.eat("{");
                    let name = self
                        .cursor
                        .eat_while(|c| if braced { !matches!(c, '}' | '"' | '\n') } else { c.is_ascii_alphanumeric() || c == '_' });
                    texts.extend((0..holes(name)).map(|_| refused("docker-variable", &format!("it stands inside `${{…}}`; {ALLOWED}"))));
                    if !braced && self.cursor.eat("\0") {
                        texts.push(refused("docker-variable", &format!("it stands at the name of a variable; {ALLOWED}")));
                    }
                }
                Some(HOLE) => texts.push(Ok(Position::Docker)),
                Some(_) => {}
            }
        };
        let ends = closed && self.cursor.peek().is_none_or(char::is_whitespace);
        if ends {
            self.places.append(&mut texts);
        } else {
            self.refuse(texts.len(), "unclosed", "a string that does not end on its line");
        }
        ends
    }

    /// The rest of an instruction in which no text may stand.
    fn other(&mut self, name: &str) {
        let start = self.cursor.at;
        loop {
            let line = self.cursor.eat_line();
            let goes_on = line.trim_end().ends_with('\\') || line.trim_start().starts_with('#');
            self.cursor.next();
            if !goes_on || self.cursor.peek().is_none() {
                break;
            }
        }
        let body = self.cursor.text.get(start..self.cursor.at).unwrap_or_default();
        self.refuse(holes(body), "unquoted", "an instruction without a place for it");
        if matches!(name, "RUN" | "COPY" | "ADD" | "ONBUILD") {
            for delimiter in heredocs(body) {
                while self.cursor.peek().is_some() {
                    let line = self.cursor.eat_line();
                    self.cursor.next();
                    self.refuse(holes(line), "heredoc", "a here-document");
                    if line.trim_start_matches('\t') == delimiter {
                        break;
                    }
                }
            }
        }
    }

    fn refuse(&mut self, texts: usize, rule: &'static str, what: &str) {
        let message = format!("it stands in {what}; {ALLOWED}");
        self.places.extend((0..texts).map(|_| refused(rule, &message)));
    }
}

/// The delimiters of the here-documents that `body` announces.
fn heredocs(body: &str) -> impl Iterator<Item = String> {
    body.split("<<").skip(1).filter_map(|rest| {
        let word: String = rest.trim_start_matches('-').chars().take_while(|c| !c.is_whitespace()).collect();
        let delimiter = word.replace(['"', '\''], "");
        let named = delimiter.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        named.then_some(delimiter)
    })
}
