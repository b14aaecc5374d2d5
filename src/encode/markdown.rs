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
    /// Column at which its content begins; a line that begins before it could end a list item, and the fence with it.
    column: usize,
    /// It is not indented so far that it could be code itself.
    certain: bool,
}

/// Whether a fenced block ends at a line.
enum End {
    Not,
    Closed,
    /// It could end here, depending on the containers around it.
    Unclear,
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
        let mut lines = lines.into_iter();
        while let Some(line) = lines.next() {
            let content = content(self.line(&line));
            let lower = content.text.to_ascii_lowercase();
            let fence = fence(&content);
            if fence.is_none() && !content.text.is_empty() && !is_html(&lower) {
                prose.end = line.end;
                continue;
            }
            self.prose(prose);
            prose = line.end..line.end;
            let (rule, end) = match fence {
                Some(fence) => ("code", self.end_of_code(&fence, &mut lines)),
                None if is_html(&lower) => ("html", self.end_of_html(&line, &mut lines)),
                None => continue,
            };
            let Some(end) = end else {
                // What follows could be anything.
                return self.refuse(line.start..self.file.len(), rule, "a block of code or HTML, or behind one whose end is unclear");
            };
            self.refuse(line.start..end, rule, "a block of code or HTML");
            prose = end..end;
        }
        self.prose(prose);
    }

    /// The end of a block of code, if it is closed where it was opened.
    fn end_of_code(&self, fence: &Fence, lines: &mut impl Iterator<Item = Range<usize>>) -> Option<usize> {
        lines.find_map(|line| match fence.ends(self.line(&line)) {
            End::Not => None,
            End::Closed => Some(Some(line.end)),
            End::Unclear => Some(None),
        })?
    }

    /// The end of a block of HTML that begins with `first`, if no other block could begin in it and go on behind it.
    fn end_of_html(&self, first: &Range<usize>, lines: &mut impl Iterator<Item = Range<usize>>) -> Option<usize> {
        let lower = |line: &Range<usize>| content(self.line(line)).text.to_ascii_lowercase();
        let mark_of = |lower: &str| HTML_BLOCKS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, end)| *end);
        let begin = lower(first);
        let mark = mark_of(&begin);
        let ends = |line: &str| mark.map_or(line.trim().is_empty(), |mark| line.to_ascii_lowercase().contains(mark));
        if ends(&begin) {
            return Some(first.end);
        }
        let end = lines.find_map(|line| {
            let lower = lower(&line);
            let goes_on = fence(&content(self.line(&line))).is_some() || mark_of(&lower).is_some_and(|mark| !lower.contains(mark));
            let ends = ends(self.line(&line));
            (ends || goes_on).then(|| ends.then_some(line.end))
        });
        end.unwrap_or(Some(self.file.len()))
    }

    /// Lines between empty lines. Where among them a paragraph, a list item or a table begins is not known here, so what goes over a line's end
    /// could end anywhere.
    fn prose(&mut self, part: Range<usize>) {
        let text = self.file.get(part.clone()).unwrap_or_default();
        let mut closed = true;
        for line in lines(text) {
            closed &= self.prose_line(&(part.start + line.start..part.start + line.end));
        }
        if !closed {
            self.refuse(part.clone(), "open-line", "lines of which one leaves code, a tag or a link open");
        }
        // A definition may go on to the next lines with its label, its target and its title.
        let definition = |line: &Range<usize>| content(text.get(line.clone()).unwrap_or_default()).text.starts_with('[');
        if text.contains("]:") && lines(text).iter().any(definition) {
            self.refuse(part.clone(), "link", "lines with the definition of a link");
        }
        self.inlines(part);
    }

    /// One line of prose; whether all ends in it that begins in it.
    fn prose_line(&mut self, line: &Range<usize>) -> bool {
        let text = self.line(line);
        let content = content(text);
        if content.indent >= 4 {
            self.refuse(line.clone(), "indented", "a line with four blanks before it, which could be code");
        }
        let mut start = line.start;
        for cell in text.split_inclusive('|') {
            self.inlines(start..start + cell.len());
            start += cell.len();
        }
        self.inlines(line.clone())
    }

    /// Refuses what is no prose inside of lines; whether all ends that begins.
    fn inlines(&mut self, part: Range<usize>) -> bool {
        let mut closed = true;
        let mut cursor = Cursor::new(self.file.get(..part.end).unwrap_or_default());
        cursor.at = part.start;
        loop {
            cursor.skip_to(|byte| matches!(byte, b'\\' | b'`' | b'<' | b'[' | b']' | b'$' | b'&' | b':' | b'w' | b'W'));
            let Some(c) = cursor.peek() else { break };
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
                    let ends = loop {
                        ahead.eat_while(|c| c != '`');
                        match ahead.eat_while(|c| c == '`').len() {
                            0 => break false,
                            length if length == run => break true,
                            _ => {}
                        }
                    };
                    if ends {
                        self.refuse(start..ahead.at, "code", "a code span");
                        cursor = ahead;
                    }
                    closed &= ends;
                }
                '<' => {
                    cursor.next();
                    let end = if cursor.rest().starts_with("!--") { "-->" } else { ">" };
                    if cursor.peek().is_some_and(|c| c == HOLE || c.is_ascii_alphabetic() || "/!?".contains(c)) {
                        closed &= cursor.eat_through(end).ends_with(end);
                        self.refuse(start..cursor.at, "html", "HTML");
                    }
                }
                '[' => {
                    self.brackets(cursor.clone());
                    cursor.next();
                }
                ']' if cursor.rest().starts_with("](") => {
                    cursor.next();
                    closed &= parenthesis(&mut cursor);
                    self.refuse(start..cursor.at, "link", "the target of a link");
                }
                '$' => {
                    // GitHub reads `$…$` as mathematics; which `$` is a price is hard to tell.
                    cursor.next();
                    let end = cursor.rest().find('$').filter(|end| *end > 0).map_or(start, |end| cursor.at + end);
                    self.refuse(start..end, "math", "a formula");
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
        closed
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
    /// Whether the block ends at this line: not at all, by its own mark, or perhaps.
    fn ends(&self, line: &str) -> End {
        let inside = line.trim_start_matches(if self.quoted { &[' ', '>'][..] } else { &[' '] });
        let column = line.len() - inside.len();
        let rest = inside.trim_start_matches(self.mark);
        if inside.len() - rest.len() >= self.length && rest.trim().is_empty() {
            return if self.certain && column == self.column && self.quoted == line.trim_start().starts_with('>') {
                End::Closed
            } else {
                End::Unclear
            };
        }
        let unquoted = self.quoted && !line.trim_start().starts_with('>');
        if unquoted || (column < self.column && !inside.is_empty()) { End::Unclear } else { End::Not }
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
    opens.then_some(Fence { mark, length, quoted: content.quoted, column: content.column + content.indent, certain: content.indent < 4 })
}

/// Whether a line may begin a block of HTML.
fn is_html(lower: &str) -> bool {
    lower.strip_prefix('<').is_some_and(|rest| rest.starts_with(|c: char| c == HOLE || c.is_ascii_alphabetic() || "/!?".contains(c)))
}

/// Moves over the parenthesis that comes next; whether it ends.
fn parenthesis(cursor: &mut Cursor<'_>) -> bool {
    let mut depth = 0_usize;
    while let Some(c) = cursor.next() {
        match c {
            '\\' => drop(cursor.next()),
            '(' => depth += 1,
            ')' if depth == 1 => return true,
            ')' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// Moves over `www.` in any case.
fn is_www(cursor: &mut Cursor<'_>) -> bool {
    let www = cursor.rest().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    if www {
        cursor.at += 4;
    }
    www
}
