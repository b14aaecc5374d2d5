//! Markdown: prose, told from code, HTML and link targets (`CommonMark` 0.31 with GitHub's extensions).
//!
//! Blocks of Markdown nest and are full of exceptions. This lexer knows a safe part of it: where it and `CommonMark` could differ, it refuses.

use std::ops::Range;

use super::{
    position::{Place, Position, Refused},
    source::{Cursor, HOLE},
};

/// Where a text may stand, for messages.
const ALLOWED: &str = "a text may stand in Markdown's prose, headings, lists and table cells";

/// Blocks of HTML that only their own end ends, § 4.6; all others end at an empty line.
const HTML_BLOCKS: [(&str, &str); 8] = [
    ("<!--", "-->"),
    ("<![cdata[", "]]>"),
    ("<?", "?>"),
    ("<!", ">"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<pre", "</pre>"),
    ("<textarea", "</textarea>"),
];

/// The place of each text, in order.
pub(super) fn places(file: &str) -> Vec<Place> {
    let mut lexer = Lexer { file, refused: Vec::new() };
    lexer.blocks();
    file.match_indices(HOLE).map(|(at, _)| lexer.place(at)).collect()
}

/// A part of the file in which no text may stand.
struct Refusal {
    part: Range<usize>,
    rule: &'static str,
    what: &'static str,
}

struct Lexer<'a> {
    file: &'a str,
    refused: Vec<Refusal>,
}

/// A fenced block of code that is open.
struct Fence {
    mark: char,
    length: usize,
    /// It stands in a block quote, whose end ends it.
    quoted: bool,
    /// Column at which its list item's content begins; a line that begins before it ends the item.
    column: usize,
}

/// A line without the markers of the containers that it begins.
struct Content<'a> {
    text: &'a str,
    quoted: bool,
    /// It begins a list item.
    item: bool,
    /// Column at which the content of its innermost new container begins.
    column: usize,
    /// Blanks before the text, counted from `column`.
    indent: usize,
}

impl<'a> Lexer<'a> {
    fn place(&self, at: usize) -> Place {
        if let Some(Refusal { rule, what, .. }) = self.refused.iter().find(|refusal| refusal.part.contains(&at)) {
            return Err(Refused::new(rule, format!("it stands in {what}; {ALLOWED}")));
        }
        let before = self.file.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let line_start = line.chars().all(|c| c == HOLE || c.is_ascii_digit() || " \t>*+-#.)|:".contains(c));
        Ok(Position::Markdown { line_start })
    }

    /// Finds the blocks, and the prose among them.
    fn blocks(&mut self) {
        let mut lines = lines(self.file);
        let mut prose = 0..0;
        if lines.first().is_some_and(|line| self.line(line) == "---") {
            let end = lines.iter().skip(1).position(|line| self.line(line) == "---").map_or(lines.len(), |end| end + 2);
            let matter = lines.drain(..end).next_back().map_or(0, |last| last.end);
            self.refuse(0..matter, "front-matter", "the front matter");
        }
        let mut lines = lines.into_iter().peekable();
        while let Some(line) = lines.next() {
            let content = content(self.line(&line));
            let lower = content.text.to_ascii_lowercase();
            let fence = fence(&content);
            if fence.is_none() && !content.text.is_empty() && !starts_block(&content) && !is_html(&lower) {
                prose.end = line.end;
                self.prose_line(&line);
                continue;
            }
            self.inlines(prose.clone());
            prose = line.end..line.end;
            if let Some(fence) = fence {
                let mut end = line.end;
                while let Some(next) = lines.next_if(|next| !fence.is_left(self.line(next))) {
                    end = next.end;
                    if fence.is_closed(self.line(&next)) {
                        break;
                    }
                }
                self.refuse(line.start..end, "code", "a block of code");
                prose = end..end;
            } else if is_html(&lower) {
                let end_mark = HTML_BLOCKS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, end)| *end);
                let mut end = line.clone();
                let ends = |line: &str| end_mark.map_or(line.trim().is_empty(), |mark| line.to_ascii_lowercase().contains(mark));
                while !ends(self.line(&end)) {
                    let Some(next) = lines.next() else { break };
                    end = next;
                }
                self.refuse(line.start..end.end, "html", "a block of HTML");
                prose = end.end..end.end;
            } else if !content.text.is_empty() {
                prose = line.clone();
                self.prose_line(&line);
            }
        }
        self.inlines(prose);
    }

    /// What a line of prose tells on its own.
    fn prose_line(&mut self, line: &Range<usize>) {
        let text = self.line(line);
        let content = content(text);
        if content.indent >= 4 {
            self.refuse(line.clone(), "indented", "a line with four blanks before it, which could be code");
        }
        if content.text.starts_with('[') && content.text.contains("]:") {
            self.refuse(line.clone(), "link", "the definition of a link");
        }
        // Where a code span ends depends on where the paragraph began; a text is prose only if its line alone says so, too.
        let cells = if content.text.contains('|') { text.split_inclusive('|').collect() } else { vec![text] };
        let mut start = line.start;
        for cell in cells {
            self.inlines(start..start + cell.len());
            start += cell.len();
        }
    }

    /// Refuses what is no prose inside of lines.
    fn inlines(&mut self, part: Range<usize>) {
        let mut cursor = Cursor::new(self.file.get(..part.end).unwrap_or_default());
        cursor.at = part.start;
        while let Some(c) = cursor.peek() {
            let start = cursor.at;
            match c {
                '\\' => {
                    cursor.next();
                    if cursor.next() == Some(HOLE) {
                        self.refuse(start..cursor.at, "escape", "the reach of a `\\`");
                    }
                }
                '`' => {
                    let run = cursor.eat_while(|c| c == '`').len();
                    let mut ahead = cursor.clone();
                    while ahead.peek().is_some() {
                        ahead.eat_while(|c| c != '`');
                        if ahead.eat_while(|c| c == '`').len() == run {
                            self.refuse(start..ahead.at, "code", "a code span");
                            cursor = ahead;
                            break;
                        }
                    }
                }
                '<' => {
                    cursor.next();
                    let end = if cursor.rest().starts_with("!--") { "-->" } else { ">" };
                    if cursor.peek().is_some_and(|c| c == HOLE || c.is_ascii_alphabetic() || "/!?".contains(c)) {
                        cursor.eat_through(end);
                        self.refuse(start..cursor.at, "html", "HTML");
                    }
                }
                '[' => {
                    self.brackets(cursor.clone());
                    cursor.next();
                }
                ']' if cursor.rest().starts_with("](") => {
                    cursor.next();
                    let target = parenthesis(cursor.rest());
                    self.refuse(start..cursor.at + target, "link", "the target of a link");
                    cursor.at += target;
                }
                '&' => {
                    cursor.next();
                    cursor.eat_while(|c| c.is_ascii_alphanumeric() || c == '#');
                    self.refuse(cursor.at..cursor.at + 1, "escape", "the reach of a `&`");
                }
                _ if cursor.eat("://") || (c.eq_ignore_ascii_case(&'w') && is_www(&mut cursor)) => {
                    cursor.eat_while(|c| !c.is_whitespace());
                    self.refuse(start..cursor.at, "link", "an address");
                }
                _ => drop(cursor.next()),
            }
        }
    }

    /// Refuses what stands in brackets without a target behind them: a check box, a footnote, a reference.
    fn brackets(&mut self, mut cursor: Cursor<'_>) {
        let start = cursor.at;
        let mut depth = 0_usize;
        while let Some(c) = cursor.next() {
            match c {
                '\\' => drop(cursor.next()),
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                if cursor.peek() != Some('(') {
                    self.refuse(start..cursor.at, "link-label", "brackets without a target");
                }
                return;
            }
        }
    }

    fn line(&self, line: &Range<usize>) -> &'a str {
        self.file.get(line.clone()).unwrap_or_default().trim_end_matches('\n')
    }

    fn refuse(&mut self, part: Range<usize>, rule: &'static str, what: &'static str) {
        self.refused.push(Refusal { part, rule, what });
    }
}

impl Fence {
    /// Whether this line already stands outside of the container that the fence stands in.
    fn is_left(&self, line: &str) -> bool {
        let inside = if self.quoted { line.trim_start_matches([' ', '>']) } else { line.trim_start_matches(' ') };
        let unquoted = self.quoted && !line.trim_start().starts_with('>');
        unquoted || (!inside.is_empty() && line.len() - inside.len() < self.column)
    }

    fn is_closed(&self, line: &str) -> bool {
        let inside = if self.quoted { line.trim_start_matches([' ', '>']) } else { line.trim_start_matches(' ') };
        let rest = inside.trim_start_matches(self.mark);
        line.len() - inside.len() < self.column + if self.quoted { 6 } else { 4 }
            && inside.len() - rest.len() >= self.length
            && rest.trim().is_empty()
    }
}

/// The ranges of all lines, with their ends.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let range = |line: &str| {
        let range = start..start + line.len();
        start = range.end;
        range
    };
    text.split_inclusive('\n').map(range).collect()
}

/// Takes the markers of block quotes and list items off a line.
fn content(line: &str) -> Content<'_> {
    let mut content = Content { text: line, quoted: false, item: false, column: 0, indent: 0 };
    let mut column = 0;
    loop {
        let text = content.text.trim_start_matches([' ', '\t']);
        let blanks = content.text.get(..content.text.len() - text.len()).unwrap_or_default();
        content.indent = blanks.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
        content.text = text;
        if content.indent >= 4 {
            return content;
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (length, item) = match text.as_bytes().get(digits) {
            Some(b'>') if digits == 0 => (1, false),
            Some(b'-' | b'*' | b'+') if digits == 0 => (1, true),
            Some(b'.' | b')') if digits > 0 => (digits + 1, true),
            _ => return content,
        };
        let rest = text.get(length..).unwrap_or_default();
        if item && !rest.starts_with([' ', '\t']) {
            return content;
        }
        // One blank belongs to the marker.
        let blank = usize::from(rest.starts_with(' '));
        column += content.indent + length + blank;
        content = Content {
            text: rest.get(blank..).unwrap_or_default(),
            quoted: content.quoted || !item,
            item: content.item || item,
            column,
            indent: 0,
        };
    }
}

/// The fence that this line opens.
fn fence(content: &Content<'_>) -> Option<Fence> {
    let mark = content.text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = content.text.trim_start_matches(mark);
    let length = content.text.len() - info.len();
    let opens = length >= 3 && (mark == '~' || !info.contains('`'));
    // A fence that is indented as code might be opens none; taking it for one refuses more.
    opens.then_some(Fence {
        mark,
        length,
        quoted: content.quoted,
        column: if content.item { content.column } else { content.indent.saturating_sub(3) },
    })
}

/// Whether a line cannot go on with the paragraph before it.
fn starts_block(content: &Content<'_>) -> bool {
    content.item || content.text.starts_with('#') || content.text.contains('|')
}

/// Whether a line may begin a block of HTML.
fn is_html(lower: &str) -> bool {
    lower.strip_prefix('<').is_some_and(|rest| rest.starts_with(|c: char| c == HOLE || c.is_ascii_alphabetic() || "/!?".contains(c)))
}

/// Bytes of the parenthesis at the start of `text`.
fn parenthesis(text: &str) -> usize {
    let mut cursor = Cursor::new(text);
    let mut depth = 0_usize;
    while let Some(c) = cursor.next() {
        match c {
            '\\' => drop(cursor.next()),
            '(' => depth += 1,
            ')' if depth == 1 => break,
            ')' => depth -= 1,
            _ => {}
        }
    }
    cursor.at
}

/// Moves over `www.` in any case.
fn is_www(cursor: &mut Cursor<'_>) -> bool {
    let www = cursor.rest().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    if www {
        cursor.at += 4;
    }
    www
}
