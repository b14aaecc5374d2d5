//! A plan as a unified diff that `git apply` accepts: `--diff`.
//!
//! The format is the one of git's documentation, "Generating patch text with -p": extended headers, then hunks with three lines of context.

use std::{fmt::Write as _, ops::Range};

use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

use super::{Op, Plan};
use crate::tree::{Entry, RelPath};

const CONTEXT: usize = 3;

impl Plan {
    /// Everything that would be written, as git shows it; conflicts are not in it, because they write nothing.
    pub fn diff(&self) -> String {
        let mut out = String::new();
        for step in self.steps() {
            if step.op == Op::Remove || step.op.entry().is_some() {
                file(&mut out, &step.path, step.before.as_ref(), step.op.entry());
            }
        }
        out
    }
}

// Writing to a string cannot fail, so the results of `writeln!` are dropped throughout.
fn file(out: &mut String, path: &RelPath, old: Option<&Entry>, new: Option<&Entry>) {
    let _ = writeln!(out, "diff --git a/{path} b/{path}");
    let _ = match (old, new) {
        (None, Some(new)) => writeln!(out, "new file mode {}", mode(new)),
        (Some(old), None) => writeln!(out, "deleted file mode {}", mode(old)),
        (Some(old), Some(new)) if old.executable != new.executable => writeln!(out, "old mode {}\nnew mode {}", mode(old), mode(new)),
        _ => Ok(()),
    };
    let (before, after) = (old.map_or(&[][..], |entry| &entry.bytes), new.map_or(&[][..], |entry| &entry.bytes));
    if before == after {
        return;
    }
    let name = |side: &str, entry: Option<&Entry>| match entry {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name("a", old), name("b", new));
    let (Some(before), Some(after)) = (text(before), text(after)) else {
        let _ = writeln!(out, "Binary files {from} and {to} differ");
        return;
    };
    // Git ends a name that contains a blank with a tab, so that the end can be told.
    let tab = |name: &str| if name.contains(' ') { "\t" } else { "" };
    let _ = writeln!(out, "--- {from}{}\n+++ {to}{}", tab(&from), tab(&to));
    hunks(out, before, after);
}

fn mode(entry: &Entry) -> &'static str {
    if entry.executable { "100755" } else { "100644" }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn hunks(out: &mut String, before: &str, after: &str) {
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &before, &after), CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old = first.old_range().start..last.old_range().end;
        let new = first.new_range().start..last.new_range().end;
        let _ = writeln!(out, "@@ -{} +{} @@", place(&old), place(&new));
        for op in &group {
            if op.tag() == DiffTag::Equal {
                lines(out, ' ', &before[op.old_range()]);
            } else {
                lines(out, '-', &before[op.old_range()]);
                lines(out, '+', &after[op.new_range()]);
            }
        }
    }
}

/// A range of lines from 1; an empty one is named by the line before it, a length of 1 is left out.
fn place(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}

fn lines(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}
