//! Positions in a text, and edits that leave every other byte where it is.

use std::ops::Range;

/// Replaces the bytes in `range` (often none) by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Edit {
    /// Puts `text` before the byte at `at`.
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }

    /// Takes out `range`.
    pub(super) fn cut(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// The text with all edits done; `None` if two of them overlap or one is out of bounds.
pub(super) fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut result = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        result.push_str(text.get(done..edit.range.start)?);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

/// The line end that `text` uses first.
pub(super) fn eol(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The number of the line, from 1, on which `at` lies.
pub(crate) fn line_number(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Where the line of `at` starts.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line of `at` ends, before its line end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if end < text.len() && end > at && text[..end].ends_with('\r') { end - 1 } else { end }
}

/// Where the line after that of `at` starts; the end of the text if there is none.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// What stands before `at` on its line, if that is only blanks.
pub(super) fn indent(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)..at];
    is_blank(before).then_some(before)
}

/// Whether there is nothing but blanks (or nothing at all).
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
}

/// Puts the lines of `body` (`\n` between them, none after) below the line of `at`. A text whose last line has no line end keeps it so.
pub(super) fn below(text: &str, at: usize, body: &str) -> Edit {
    let eol = eol(text);
    let body = body.replace('\n', eol);
    let next = next_line(text, at);
    if next == text.len() && !text.ends_with('\n') && !text.is_empty() {
        Edit::insert(next, format!("{eol}{body}"))
    } else {
        Edit::insert(next, format!("{body}{eol}"))
    }
}

/// Puts the lines of `body` above the line of `at`.
pub(super) fn above(text: &str, at: usize, body: &str) -> Edit {
    let eol = eol(text);
    Edit::insert(line_start(text, at), format!("{}{eol}", body.replace('\n', eol)))
}

/// Takes out the whole lines from that of `from` to that of `to`. A text whose last line has no line end keeps it so.
pub(super) fn cut_lines(text: &str, from: usize, to: usize) -> Edit {
    let (start, end) = (line_start(text, from), next_line(text, to));
    if end == text.len() && !text.ends_with('\n') && start > 0 {
        let before = start - 1;
        Edit::cut(if text[..before].ends_with('\r') { before - 1 } else { before }..end)
    } else {
        Edit::cut(start..end)
    }
}

/// Where the blank lines directly above the line of `at` start; the start of that line if there are none.
pub(super) fn blanks_above(text: &str, at: usize) -> usize {
    let mut start = line_start(text, at);
    while start > 0 {
        let above = line_start(text, start - 1);
        if !is_blank(&text[above..start]) {
            break;
        }
        start = above;
    }
    start
}

/// Takes out whole lines and blank lines directly above them: one of these, or all.
pub(super) fn cuts_with_blanks(text: &str, from: usize, to: usize) -> Vec<Edit> {
    let (all, own) = (blanks_above(text, from), line_start(text, from));
    if all == own {
        return Vec::new();
    }
    vec![cut_lines(text, own - 1, to), cut_lines(text, all, to)]
}

#[cfg(test)]
mod tests {
    use super::{Edit, above, apply, below, blanks_above, cut_lines, line_end, line_number};

    #[test]
    fn whole_lines_go_in_and_out_with_the_line_ends_of_the_text() {
        for (text, at, expected) in [
            ("", 0, "x\ny\n"),
            ("a", 0, "a\nx\ny"),
            ("a\n", 0, "a\nx\ny\n"),
            ("a\nb\n", 0, "a\nx\ny\nb\n"),
            ("a\r\nb", 1, "a\r\nx\r\ny\r\nb"),
            ("a\r\nb", 3, "a\r\nb\r\nx\r\ny"),
        ] {
            let edit = below(text, at, "x\ny");
            let grown = apply(text, std::slice::from_ref(&edit)).unwrap();
            assert_eq!(grown, expected);
            let first = grown.find('x').unwrap();
            let last = grown.find('y').unwrap();
            assert_eq!(apply(&grown, &[cut_lines(&grown, first, last)]).unwrap(), text);
        }
        assert_eq!(apply("a\r\nb", &[above("a\r\nb", 3, "x")]).unwrap(), "a\r\nx\r\nb");
    }

    #[test]
    fn positions_are_counted_by_line() {
        assert_eq!(line_number("a\nb\nc", 4), 3);
        assert_eq!(line_end("ab\r\nc", 0), 2);
        assert_eq!(line_end("ab\r\nc", 5), 5);
        assert_eq!(blanks_above("a\n\n\nb", 4), 2);
        assert_eq!(blanks_above("\n\nb", 2), 0);
        assert_eq!(apply("abc", &[Edit::cut(0..2), Edit::cut(1..3)]), None);
    }
}
