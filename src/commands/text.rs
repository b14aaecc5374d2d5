//! Words that several commands print.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    error,
    output::{Ink, Output},
};

/// `45 min`, `2 h`, `8 h 30 min`.
pub(super) fn duration(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// `1 milestone`, `6 milestones`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Prints a unified diff, in colours where a terminal shows them.
pub(super) fn print_diff(diff: &str, out: &mut Output) {
    let palette = out.palette();
    if !palette.is_coloured() {
        return out.print(diff);
    }
    let painted = diff.lines().map(|line| {
        let ink = match line.as_bytes() {
            [b'd', b'i', b'f', b'f', ..] | [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Ink::Heading,
            [b'@', ..] => Ink::Name,
            [b'+', ..] => Ink::Good,
            [b'-', ..] => Ink::Bad,
            _ => return format!("{line}\n"),
        };
        format!("{}\n", palette.paint(ink, line))
    });
    out.print(&painted.collect::<String>());
}

/// Paths, sorted, as a tree: a line each for folders and files.
pub(super) fn tree<'p>(paths: impl IntoIterator<Item = &'p str>) -> Vec<String> {
    let mut root = Folder::default();
    for path in paths {
        let mut folder = &mut root;
        for part in path.split('/') {
            folder = folder.0.entry(part).or_default();
        }
    }
    let mut lines = Vec::new();
    root.draw("", &mut lines);
    lines
}

/// What stands in a folder; a file is one with nothing in it.
#[derive(Default)]
struct Folder<'p>(BTreeMap<&'p str, Folder<'p>>);

impl Folder<'_> {
    fn draw(&self, indent: &str, lines: &mut Vec<String>) {
        for (index, (name, below)) in self.0.iter().enumerate() {
            let (branch, margin) = if index + 1 < self.0.len() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
            let slash = if below.0.is_empty() { "" } else { "/" };
            lines.push(format!("{indent}{branch}{name}{slash}"));
            below.draw(&format!("{indent}{margin}"), lines);
        }
    }
}

/// Where `word` stands in `text`, in bytes, whatever their case.
pub(super) fn find(text: &str, word: &str) -> Option<Range<usize>> {
    let wanted: String = word.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().find_map(|(start, _)| {
        let mut rest = wanted.as_str();
        for (offset, char) in text[start..].char_indices() {
            if rest.is_empty() {
                return Some(start..start + offset);
            }
            for lower in char.to_lowercase() {
                rest = rest.strip_prefix(lower)?;
            }
        }
        rest.is_empty().then_some(start..text.len())
    })
}

/// The word of `texts` that is nearest to `word`, if one is near enough to be what was meant.
pub(super) fn nearest_word<'t>(word: &str, texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let words: Vec<String> = texts
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '-'))
        .filter(|part| part.len() > 2)
        .map(str::to_lowercase)
        .collect();
    error::nearest(&word.to_lowercase(), words.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{count, duration, find, nearest_word, tree};

    #[test]
    fn time_is_written_in_hours_and_minutes() {
        assert_eq!([0, 45, 60, 510].map(duration), ["0 min", "45 min", "1 h", "8 h 30 min"]);
        assert_eq!([0, 1, 2].map(|number| count(number, "kit")), ["0 kits", "1 kit", "2 kits"]);
    }

    #[test]
    fn paths_are_drawn_as_a_tree() {
        let drawn = tree(["README.md", "src/a/one.rs", "src/two.rs"]);
        assert_eq!(drawn, ["├─ README.md", "└─ src/", "   ├─ a/", "   │  └─ one.rs", "   └─ two.rs"]);
    }

    #[test]
    fn a_word_is_found_in_any_case() {
        assert_eq!(find("Key-value DB (Redis)", "redis"), Some(14..19));
        assert_eq!(find("ÄÖ Übung", "üb"), Some(5..8));
        assert_eq!(find("İstanbul", "stan"), Some(2..6));
        assert_eq!(find("aab", "ab"), Some(1..3));
        assert_eq!(find("abc", "cd"), None);
        assert_eq!(find("", "a"), None);
    }

    #[test]
    fn the_nearest_word_is_named() {
        assert_eq!(nearest_word("Reddis", ["Key-value DB (Redis)", "Docker"]), Some("redis".to_owned()));
        assert_eq!(nearest_word("zzzzzz", ["Docker"]), None);
    }
}
