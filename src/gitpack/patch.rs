//! A change to a file that is not text, as `git apply` takes it (git's `diff.c`, `emit_binary_diff`; base 85 as in RFC 1924's spirit, with git's
//! own alphabet and length letters).

use std::fmt::Write as _;

use super::{blob, deflated};
use crate::{
    digest::digits,
    error::Result,
    tree::{Entry, RelPath},
};

/// Git's alphabet.
const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// Bytes a line.
const LINE: usize = 52;

/// The patch that makes `new` of `old`; without either the file comes or goes.
pub fn binary(path: &RelPath, old: Option<&Entry>, new: Option<&Entry>) -> Result<String> {
    let mode = |entry: &Entry| if entry.executable { "100755" } else { "100644" };
    let id = |entry: Option<&Entry>| entry.map_or_else(|| "0".repeat(40), |entry| digits(&blob(&entry.bytes)));
    let mut out = format!("diff --git a/{path} b/{path}\n");
    // Writing to a string cannot fail.
    let _ = match (old, new) {
        (None, Some(new)) => writeln!(out, "new file mode {}", mode(new)),
        (Some(old), None) => writeln!(out, "deleted file mode {}", mode(old)),
        (Some(old), Some(new)) if old.executable != new.executable => writeln!(out, "old mode {}\nnew mode {}", mode(old), mode(new)),
        _ => Ok(()),
    };
    let _ = writeln!(out, "index {}..{}\nGIT binary patch", id(old), id(new));
    for side in [new, old] {
        literal(&mut out, side.map_or(&[], |entry| &entry.bytes))?;
    }
    Ok(out)
}

/// The whole content: its length, then lines of base 85, each after a letter that says how many bytes it holds.
fn literal(out: &mut String, content: &[u8]) -> Result<()> {
    let _ = writeln!(out, "literal {}", content.len());
    for line in deflated(content)?.chunks(LINE) {
        let length = u8::try_from(line.len()).unwrap_or(0);
        out.push(char::from(if length <= 26 { b'A' + length - 1 } else { b'a' + length - 27 }));
        for four in line.chunks(4) {
            let mut word = (0..4).fold(0_u32, |word, at| word << 8 | u32::from(four.get(at).copied().unwrap_or(0)));
            let mut digits = [0; 5];
            for digit in digits.iter_mut().rev() {
                *digit = DIGITS[usize::try_from(word % 85).unwrap_or(0)];
                word /= 85;
            }
            out.extend(digits.map(char::from));
        }
        out.push('\n');
    }
    out.push('\n');
    Ok(())
}
