//! Names as folders.

use std::collections::HashMap;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::tree::RelPath;

/// What lies beside the repositories.
const RESERVED: [&str; 3] = ["handout.toml", "updates", "results"];

/// Bytes of a folder's name: with `.git` and what stands below it, it still fits where paths are short.
const LONGEST: usize = 100;

/// A person's name as a folder: its letters and digits in lower case, whatever the script, joined by `-`. Nothing is transliterated, because
/// there is no transliteration that everybody would recognise their name in.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.nfc().flat_map(char::to_lowercase) {
        match c {
            // O'Brien is one word.
            '\'' | '’' | '`' => {}
            c if c.is_alphanumeric() || is_combining_mark(c) => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').nfc().collect()
}

/// Why this cannot be a folder on every system, if it cannot.
pub(super) fn refusal(folder: &str) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    match folder {
        "" => return said("there is no letter and no digit in it"),
        _ if folder.len() > LONGEST => return Some(format!("it is longer than {LONGEST} bytes")),
        _ if folder.starts_with(['.', '-']) => return said("it starts with a dot or a dash"),
        _ if folder.ends_with(['.', ' ']) => return said("it ends in a dot or a space"),
        _ if folder.contains('/') => return said("it contains `/`"),
        _ if folder.chars().any(is_invisible) => return said("it contains characters that cannot be seen"),
        _ if RESERVED.iter().any(|reserved| folder.eq_ignore_ascii_case(reserved)) => {
            return said("stagekit keeps something of that name there");
        }
        _ => {}
    }
    // Its message begins with the path, which is named already.
    RelPath::new(folder).err().map(|why| why.rsplit_once("repository: ").map_or(why.clone(), |(_, reason)| reason.to_owned()))
}

/// Zero-width characters, and those that turn the direction of writing around.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// Folders as file systems tell them apart that do not tell upper from lower case, or one way to write `é` from the other.
#[derive(Default)]
pub(super) struct Taken(HashMap<String, usize>);

impl Taken {
    /// Who has the folder already; if nobody does, `number` has it from now on.
    pub(super) fn by(&mut self, folder: &str, number: usize) -> Option<usize> {
        let key: String = folder.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
        let first = *self.0.entry(key).or_insert(number);
        (first != number).then_some(first)
    }
}
