//! XML and HTML: element text and quoted attributes.

use std::fmt::Arguments;

use super::{
    position::{Place, Position, refused},
    source::{Cursor, HOLE, holes},
};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    Xml,
    Html,
}

/// Elements of HTML whose text is not read as text.
const RAW_ELEMENTS: [&str; 9] = ["script", "style", "iframe", "noembed", "noframes", "noscript", "plaintext", "xmp", "svg"];

/// Attributes of HTML that hold an address, code or a template's expression.
const READ_ATTRIBUTES: [&str; 9] = ["action", "formaction", "href", "src", "srcdoc", "srcset", "style", "data", "content-security-policy"];

/// Where a text may stand, for messages.
const ALLOWED: &str = "a text may stand between tags and in quoted attributes";

/// The place of each text, in order.
pub(super) fn places(markup: Markup, file: &str) -> Vec<Place> {
    let mut lexer = Lexer { markup, cursor: Cursor::new(file), places: Vec::new(), depth: 0 };
    while lexer.cursor.peek().is_some() {
        lexer.content();
    }
    lexer.places
}

struct Lexer<'a> {
    markup: Markup,
    cursor: Cursor<'a>,
    places: Vec<Place>,
    /// Elements that are open.
    depth: usize,
}

impl Lexer<'_> {
    fn content(&mut self) {
        self.cursor.skip_to(|byte| matches!(byte, b'<' | b'\0'));
        for (start, end, rule, what) in
            [("<!--", "-->", "comment", "a comment"), ("<![CDATA[", "]]>", "cdata", "CDATA"), ("<?", "?>", "tag", "an instruction")]
        {
            if self.cursor.eat(start) {
                let texts = holes(self.cursor.eat_through(end));
                return self.refuse(texts, rule, format_args!("it stands in {what}; {ALLOWED}"));
            }
        }
        if self.cursor.eat("<!") {
            let subset = self.cursor.eat_while(|c| c != '>' && c != '[');
            let texts = holes(subset) + holes(self.cursor.eat_through(if self.cursor.peek() == Some('[') { "]>" } else { ">" }));
            return self.refuse(texts, "tag", format_args!("it stands in a declaration; {ALLOWED}"));
        }
        match self.cursor.next() {
            Some('<') if self.cursor.peek().is_some_and(|c| !c.is_whitespace()) => self.tag(),
            Some(HOLE) => {
                let place = self.text();
                self.places.push(place);
            }
            _ => {}
        }
    }

    /// The place of a text between tags.
    fn text(&self) -> Place {
        if self.markup == Markup::Xml && self.depth == 0 {
            return refused("unquoted", &format!("it stands outside of the root element; {ALLOWED}"));
        }
        self.referenced().unwrap_or(Ok(self.position()))
    }

    /// Refuses a text that would end a character reference which the literal before it began.
    fn referenced(&self) -> Option<Place> {
        let before = self.cursor.read().trim_end_matches(HOLE);
        let before = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
        before.ends_with('&').then(|| refused("escape", "it stands behind a `&`, which would take its first letters"))
    }

    fn position(&self) -> Position {
        match self.markup {
            Markup::Xml => Position::Xml,
            Markup::Html => Position::Html,
        }
    }

    /// A tag, behind its `<`.
    fn tag(&mut self) {
        let closing = self.cursor.eat("/");
        let name = self.cursor.eat_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/' | '"' | '\'')).to_ascii_lowercase();
        self.refuse(holes(&name), "tag", format_args!("it stands in a tag's name; {ALLOWED}"));
        let mut attribute = String::new();
        let mut empty = false;
        loop {
            self.cursor.eat_while(char::is_whitespace);
            match self.cursor.next() {
                None | Some('>') => break,
                Some('/') => empty = true,
                Some(quote @ ('"' | '\'')) => self.value(quote, &attribute),
                Some('=') => {}
                Some(first) => {
                    let rest = self.cursor.eat_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/' | '=' | '"' | '\''));
                    attribute = format!("{first}{rest}");
                    self.refuse(holes(&attribute), "tag", format_args!("it stands in a tag without quotes; {ALLOWED}"));
                    empty = false;
                }
            }
        }
        match (closing, empty) {
            (true, _) => self.depth = self.depth.saturating_sub(1),
            (false, true) => {}
            (false, false) => self.depth += 1,
        }
        if self.markup == Markup::Html && !closing && RAW_ELEMENTS.contains(&name.as_str()) {
            self.raw_element(&name);
        }
    }

    /// The value of an attribute, behind its first quote.
    fn value(&mut self, quote: char, attribute: &str) {
        let attribute = attribute.to_ascii_lowercase();
        let read = self.markup == Markup::Html
            && (READ_ATTRIBUTES.contains(&attribute.as_str())
                || attribute.starts_with("on")
                || attribute.contains([':', '@', '.', '[', '(']));
        while let Some(c) = self.cursor.next().filter(|c| *c != quote) {
            if c == HOLE && read {
                self.refuse(1, "attribute", format_args!("it stands in `{attribute}`, which is no plain text; {ALLOWED}"));
            } else if c == HOLE {
                let place = self.referenced().unwrap_or(Ok(self.position()));
                self.places.push(place);
            }
        }
    }

    /// What stands in an element whose content is no text.
    fn raw_element(&mut self, name: &str) {
        let end = self.cursor.rest().to_ascii_lowercase().find(&format!("</{name}")).unwrap_or(self.cursor.rest().len());
        let texts = holes(self.cursor.rest().get(..end).unwrap_or_default());
        self.cursor.at += end;
        self.refuse(texts, "raw-element", format_args!("it stands in `<{name}>`, whose content is no text; {ALLOWED}"));
    }

    fn refuse(&mut self, texts: usize, rule: &'static str, message: Arguments<'_>) {
        self.places.extend((0..texts).map(|_| refused(rule, &message.to_string())));
    }
}
