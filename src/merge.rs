//! Three texts into one: what was rendered before, what the user made of it, what is rendered now.

use diffy::{ConflictStyle, MergeOptions};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both sides' changes, side by side.
    Clean(Vec<u8>),
    /// Both sides changed the same place differently.
    Conflicted {
        /// The text with both sides' versions between markers: `<<<<<<< yours`, `=======`, `>>>>>>> kit`.
        markers: Vec<u8>,
        /// Number of such places.
        hunks: usize,
    },
}

/// Length of a marker, as git writes it.
const MARKER: usize = 7;

/// Merges what `mine` and `theirs` changed since `base`.
///
/// Line ends do not count as changes: the result has those of `mine`. The same change on both sides is no conflict. `None` means that
/// there is nothing to merge line by line: one of the texts is binary (it has a NUL or is not UTF-8), and both sides changed it.
pub fn merge(base: &[u8], mine: &[u8], theirs: &[u8]) -> Option<Merged> {
    if mine == theirs || theirs == base {
        return Some(Merged::Clean(mine.to_vec()));
    }
    let (Some(base_text), Some(mine_text), Some(theirs_text)) = (text(base), text(mine), text(theirs)) else {
        return (mine == base).then(|| Merged::Clean(theirs.to_vec()));
    };
    let (before, own, new) = (Lines::of(base_text), Lines::of(mine_text), Lines::of(theirs_text));
    // The end of the last line is merged apart from the lines, or else it would make a conflict of two unrelated changes there.
    let is_closed = if own.is_closed == before.is_closed { new.is_closed } else { own.is_closed };
    let marker = [&before, &own, &new].into_iter().map(Lines::longest_marker).max().unwrap_or(0).max(MARKER - 1) + 1;
    let mut options = MergeOptions::new();
    options.set_conflict_style(ConflictStyle::Merge).set_conflict_marker_length(marker);
    match options.merge(&before.joined(), &own.joined(), &new.joined()) {
        Ok(merged) => {
            let lines: Vec<&str> = merged.split_terminator('\n').collect();
            Some(Merged::Clean(own.written(&lines, is_closed, &new)))
        }
        Err(conflicted) => {
            let [open, middle, close] = [("<", " ours"), ("=", ""), (">", " theirs")].map(|(sign, name)| sign.repeat(marker) + name);
            let mut hunks = 0;
            let lines: Vec<&str> = conflicted
                .split_terminator('\n')
                .map(|line| match line {
                    line if line == open => {
                        hunks += 1;
                        "<<<<<<< yours"
                    }
                    line if line == middle => "=======",
                    line if line == close => ">>>>>>> kit",
                    line => line,
                })
                .collect();
            Some(Merged::Conflicted { markers: own.written(&lines, true, &new), hunks })
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// A text's lines, each apart from its line end.
struct Lines<'t> {
    lines: Vec<(&'t str, &'t str)>,
    /// Whether the last line has a line end; a text without lines has what it needs.
    is_closed: bool,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let split = |line: &'t str| {
            let content = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
            (content, &line[content.len()..])
        };
        Self { lines: text.split_inclusive('\n').map(split).collect(), is_closed: text.is_empty() || text.ends_with('\n') }
    }

    fn contents(&self) -> Vec<&'t str> {
        self.lines.iter().map(|(content, _)| *content).collect()
    }

    /// The text with `\n` behind every line.
    fn joined(&self) -> String {
        self.lines.iter().flat_map(|(content, _)| [content, "\n"]).collect()
    }

    /// Length of the longest run of marker signs that starts a line.
    fn longest_marker(&self) -> usize {
        let run = |line: &str, sign: char| line.len() - line.trim_start_matches(sign).len();
        self.lines.iter().flat_map(|(line, _)| ['<', '=', '>'].map(|sign| run(line, sign))).max().unwrap_or(0)
    }

    /// The line end that most lines have.
    fn line_end(&self) -> Option<&'static str> {
        let (crlf, all) = self
            .lines
            .iter()
            .filter(|(_, end)| end.ends_with('\n'))
            .fold((0, 0), |(crlf, all), (_, end)| (crlf + usize::from(end.ends_with("\r\n")), all + 1));
        (all > 0).then_some(if crlf * 2 > all { "\r\n" } else { "\n" })
    }

    /// `lines` as a file: those that are ours with the line ends they have here, the others with the usual one.
    fn written(&self, lines: &[&str], is_closed: bool, other: &Self) -> Vec<u8> {
        let usual = self.line_end().or(other.line_end()).unwrap_or("\n");
        let own = self.contents();
        let mut ends = vec![usual; lines.len()];
        for operation in capture_diff_slices(Algorithm::Myers, &own, lines) {
            if let DiffOp::Equal { old_index, new_index, len } = operation {
                for offset in 0..len {
                    let end = self.lines[old_index + offset].1;
                    if end.ends_with('\n') {
                        ends[new_index + offset] = end;
                    }
                }
            }
        }
        let mut result = String::new();
        for (index, (line, end)) in lines.iter().zip(ends).enumerate() {
            result.push_str(line);
            if is_closed || index + 1 < lines.len() {
                result.push_str(end);
            }
        }
        result.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Merged, merge};

    fn clean(base: &str, mine: &str, theirs: &str) -> String {
        match merge(base.as_bytes(), mine.as_bytes(), theirs.as_bytes()) {
            Some(Merged::Clean(bytes)) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn changes_in_different_places_come_together() {
        let base = "a\nb\nc\nd\ne\n";
        for (mine, theirs, merged) in [
            (base, "A\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n"),
            ("a\nb\nc\nd\nE\n", "A\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n"),
            ("a\nb\nd\ne\n", "a\nb\nc\nd\ne\nf\n", "a\nb\nd\ne\nf\n"),
            ("a\nb\nC\nd\ne\n", "a\nb\nC\nd\ne\n", "a\nb\nC\nd\ne\n"),
            ("x\na\nb\nc\nd\ne\n", "x\na\nb\nc\nd\ne\ny\n", "x\na\nb\nc\nd\ne\ny\n"),
            ("", base, ""),
        ] {
            assert_eq!(clean(base, mine, theirs), merged);
        }
    }

    #[test]
    fn line_ends_are_not_changes() {
        assert_eq!(clean("a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nB\nc\n"), "a\r\nB\r\nc\r\n");
        assert_eq!(clean("a\r\nb\r\nc\r\n", "A\nb\nc\n", "a\r\nb\r\nC\r\n"), "A\nb\nC\n");
        assert_eq!(clean("a\nb\nc\n", "a\r\nb\nc\nd\n", "0\na\nb\nc\n"), "0\na\r\nb\nc\nd\n");
        assert_eq!(clean("a\n", "a\r\n", "a\n"), "a\r\n");
        assert_eq!(clean("", "", "a\r\n"), "a\r\n");
    }

    #[test]
    fn the_end_of_the_last_line_is_a_change_of_its_own() {
        for (base, mine, theirs, merged) in [
            ("a\nb", "a\nb\n", "A\nb", "A\nb\n"),
            ("a\nb\n", "a\nb", "A\nb\n", "A\nb"),
            ("a\nb", "a\nb\n", "a\nb\nc", "a\nb\nc\n"),
            ("a", "a", "a\n", "a\n"),
            ("a\nb", "x\na\nb", "a\nb\nc", "x\na\nb\nc"),
        ] {
            assert_eq!(clean(base, mine, theirs), merged, "{base:?} {mine:?} {theirs:?}");
        }
    }

    #[test]
    fn different_changes_in_one_place_are_marked() {
        let conflict = |base: &str, mine: &str, theirs: &str| match merge(base.as_bytes(), mine.as_bytes(), theirs.as_bytes()) {
            Some(Merged::Conflicted { markers, hunks }) => (String::from_utf8(markers).unwrap(), hunks),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            conflict("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n"),
            ("a\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> kit\nc\n".to_owned(), 1)
        );
        assert_eq!(
            conflict("a\r\nb", "a\r\nmine", "a\r\ntheirs"),
            ("a\r\n<<<<<<< yours\r\nmine\r\n=======\r\ntheirs\r\n>>>>>>> kit\r\n".to_owned(), 1)
        );
        assert_eq!(
            conflict("1\na\nb\nc\n2\n", "x\na\nb\nc\nx\n", "y\na\nb\nc\ny\n"),
            ("<<<<<<< yours\nx\n=======\ny\n>>>>>>> kit\na\nb\nc\n<<<<<<< yours\nx\n=======\ny\n>>>>>>> kit\n".to_owned(), 2)
        );
        // What looks like a marker in a text is none.
        assert_eq!(conflict("a\n", "<<<<<<< ours\n=======\n", "=======\n>>>>>>> theirs\n").1, 1);
    }

    #[test]
    fn binary_files_are_taken_whole_or_not_at_all() {
        assert_eq!(merge(b"\0a", b"\0a", b"\0b"), Some(Merged::Clean(b"\0b".to_vec())));
        assert_eq!(merge(b"\0a", b"\0b", b"\0a"), Some(Merged::Clean(b"\0b".to_vec())));
        assert_eq!(merge(b"\0a", b"\0b", b"\0b"), Some(Merged::Clean(b"\0b".to_vec())));
        assert_eq!(merge(b"\0a", b"\0b", b"\0c"), None);
        assert_eq!(merge(b"a\n", b"a\nb\n", b"\xff"), None);
    }

    /// A text of few different lines, so that they meet; any line ends, with or without the last.
    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(&["a", "b", "c", "", "d ", "<<<<<<< ours", "=======", ">>>>>>> theirs", "\r"][..]);
        let end = prop::sample::select(&["\n", "\n", "\n", "\r\n"][..]);
        (vec((line, end), 0..12), any::<bool>()).prop_map(|(lines, is_closed)| {
            let text: String = lines.into_iter().flat_map(|(line, end)| [line, end]).collect();
            if is_closed { text } else { text.trim_end_matches(['\r', '\n']).to_owned() }
        })
    }

    /// A text without regard to line ends, but for whether there is one at the end.
    fn plain(text: &str) -> (Vec<&str>, bool) {
        (text.split_terminator('\n').map(|line| line.trim_end_matches('\r')).collect(), text.is_empty() || text.ends_with('\n'))
    }

    /// `base` with some lines taken out and new ones, found nowhere else, put in.
    fn edited(base: &str, edits: &[(usize, bool)], sign: &str) -> (String, Vec<String>) {
        let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
        let mut added = Vec::new();
        for (number, (at, is_new)) in edits.iter().enumerate() {
            let at = at % (lines.len() + 1);
            if *is_new || at == lines.len() {
                added.push(format!("{sign}{number}"));
                lines.insert(at, format!("{sign}{number}"));
            } else if !lines[at].starts_with(sign) {
                lines.remove(at);
            }
        }
        (lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect(), added)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_side_that_changed_nothing_does_not_matter(base in text(), side in text()) {
            prop_assert_eq!(clean(&base, &side, &base), side.clone());
            prop_assert_eq!(clean(&base, &side, &side), side.clone());
            let merged = clean(&base, &base, &side);
            prop_assert_eq!(plain(&merged), plain(&side));
            let other_ends = base.replace("\r\n", "\n").replace('\n', "\r\n");
            prop_assert_eq!(clean(&base, &side, &other_ends), side.clone());
        }

        #[test]
        fn the_same_change_with_other_line_ends_is_the_same(base in text(), side in text()) {
            let other_ends = side.replace("\r\n", "\n").replace('\n', "\r\n");
            prop_assert_eq!(clean(&base, &side, &other_ends), side);
        }

        #[test]
        fn what_one_side_added_is_there(
            base in text(),
            own in vec((0..20_usize, any::<bool>()), 0..4),
            new in vec((0..20_usize, any::<bool>()), 0..4),
        ) {
            let ((mine, own), (theirs, new)) = (edited(&base, &own, "mine"), edited(&base, &new, "theirs"));
            match merge(base.as_bytes(), mine.as_bytes(), theirs.as_bytes()) {
                Some(Merged::Clean(merged)) => {
                    let merged = String::from_utf8(merged).unwrap();
                    for added in own.iter().chain(&new) {
                        prop_assert_eq!(merged.lines().filter(|line| line == added).count(), 1, "{}", merged);
                    }
                }
                Some(Merged::Conflicted { markers, hunks }) => {
                    let marked = String::from_utf8(markers).unwrap();
                    prop_assert!(hunks > 0 && marked.matches("<<<<<<< yours").count() == hunks);
                    for added in own.iter().chain(&new) {
                        prop_assert!(marked.lines().any(|line| line == added), "{}", marked);
                    }
                }
                None => prop_assert!(false, "texts are always merged"),
            }
        }

        #[test]
        fn nothing_breaks_on_any_bytes(texts in vec(vec(prop::sample::select(&b"ab\n\r\0\xff<=>"[..]), 0..9), 3)) {
            merge(&texts[0], &texts[1], &texts[2]);
        }
    }
}
