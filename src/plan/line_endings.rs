//! Line endings, which do not count as changes: git's `autocrlf` must not make every file look edited.

use std::borrow::Cow;

/// How all lines of a text end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Lf,
    Crlf,
}

/// Git's rule, without its limit of 8,000 bytes: what contains a NUL is not text.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0)
}

/// The style of every line; `None` for a text without line ends, a mixed one, or no text.
fn style(bytes: &[u8]) -> Option<Style> {
    if !is_text(bytes) {
        return None;
    }
    let mut found = None;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let here = if at > 0 && bytes[at - 1] == b'\r' { Style::Crlf } else { Style::Lf };
        if found.is_some_and(|found| found != here) {
            return None;
        }
        found = Some(here);
    }
    found
}

fn to(style: Style, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(text) = line.strip_suffix(b"\n") else {
            out.extend_from_slice(line);
            continue;
        };
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(match style {
            Style::Lf => b"\n",
            Style::Crlf => b"\r\n",
        });
    }
    out
}

/// Whether two contents are equal, line endings of texts aside.
pub(super) fn same_text(one: &[u8], other: &[u8]) -> bool {
    one == other || (is_text(one) && is_text(other) && to(Style::Lf, one) == to(Style::Lf, other))
}

/// `bytes` with the line endings of `model`, if both are text and `model` has one kind of them.
pub(super) fn in_style_of<'a>(model: &[u8], bytes: &'a [u8]) -> Cow<'a, [u8]> {
    match style(model) {
        Some(wanted) if is_text(bytes) && style(bytes) != Some(wanted) => Cow::Owned(to(wanted, bytes)),
        _ => Cow::Borrowed(bytes),
    }
}

/// `fresh` with the line endings of `disk`, if those differ from what we wrote (`base`): then they are the user's, or git's, choice.
pub(super) fn like_the_user(disk: &[u8], base: &[u8], fresh: &[u8]) -> Option<Vec<u8>> {
    let (theirs, ours) = (style(disk)?, style(base)?);
    (theirs != ours && is_text(fresh)).then(|| to(theirs, fresh))
}
