//! Names that languages, package managers and file systems accept: what breaks a rule, and what would keep it.

use super::words::{java_keeps, keyword_of, taken_by};
use crate::tree::is_reserved_name;

/// A broken rule and why it is one.
pub(super) type Broken = (&'static str, String);

/// Greatest length of a slug or an identifier in characters; a label of a host name may have 63.
pub(super) const NAME_LENGTH: usize = 60;

/// Greatest length of a package in characters, so that a class's path stays well below Windows' 260.
pub(super) const PACKAGE_LENGTH: usize = 80;

/// Why `name` is no slug of at most `max` characters.
pub(super) fn slug(name: &str, max: usize) -> Result<(), Broken> {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('-').all(word) {
        return Err(("slug", "must be words of `a` to `z` and digits, joined by `-`, with a letter first".to_owned()));
    }
    within(name, max)?;
    unreserved(name)?;
    no_keyword(name)?;
    match taken_by(name) {
        Some(why) => Err(("taken-name", format!("`{name}` cannot be a project's name: {why}"))),
        None => Ok(()),
    }
}

/// The slug that was probably meant.
pub(super) fn near_slug(raw: &str, max: usize) -> String {
    let slug = cut(words_of(raw).join("-").trim_start_matches(|c: char| !c.is_ascii_lowercase()), max, '-').to_owned();
    if slug.is_empty() || self::slug(&slug, max).is_ok() { slug } else { format!("{}-app", cut(&slug, max.saturating_sub(4), '-')) }
}

/// Why `name` is no identifier of at most `max` characters.
pub(super) fn identifier(name: &str, max: usize) -> Result<(), Broken> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !letters || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(("identifier", "must be ASCII letters, digits and `_`, with a letter first".to_owned()));
    }
    within(name, max)?;
    unreserved(name)?;
    no_keyword(name)
}

/// The identifier that was probably meant.
pub(super) fn near_identifier(raw: &str, max: usize) -> String {
    let folded: String = raw.chars().flat_map(fold).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let words: Vec<&str> = folded.split('_').filter(|word| !word.is_empty()).collect();
    let joined = words.join("_");
    let name = cut(joined.trim_start_matches(|c: char| !c.is_ascii_alphabetic()), max, '_').to_owned();
    if name.is_empty() || identifier(&name, max).is_ok() { name } else { format!("{}_", cut(&name, max.saturating_sub(1), '_')) }
}

/// Why `name` is no Java package of at most `max` characters.
pub(super) fn package(name: &str, max: usize) -> Result<(), Broken> {
    for part in name.split('.') {
        let letters = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !letters || !part.starts_with(|c: char| c.is_ascii_lowercase()) {
            let must = "must be parts of `a` to `z`, digits and `_`, joined by `.`, each with a letter first";
            return Err(("package", must.to_owned()));
        }
    }
    within(name, max)?;
    for part in name.split('.') {
        unreserved(part)?;
        if java_keeps(part) {
            return Err(("keyword", format!("`{part}` is a keyword of Java")));
        }
    }
    match name.split('.').next() {
        Some(first @ ("java" | "javax")) => Err(("java-package", format!("packages below `{first}` belong to Java itself"))),
        _ => Ok(()),
    }
}

/// The package that was probably meant.
pub(super) fn near_package(raw: &str, max: usize) -> String {
    let part = |part: &str| {
        let folded: String = part.chars().flat_map(fold).map(|c| c.to_ascii_lowercase()).collect();
        let kept: String = folded.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let part = kept.trim_start_matches('_').to_owned();
        match part.chars().next() {
            Some(first) if first.is_ascii_digit() => format!("n{part}"),
            _ if java_keeps(&part) || is_reserved_name(&part) => part + "_",
            _ => part,
        }
    };
    let mut parts: Vec<String> = raw.split(['.', '/', '\\', ':']).map(part).filter(|part| !part.is_empty()).collect();
    if matches!(parts.first().map(String::as_str), Some("java" | "javax")) {
        parts.insert(0, "org".to_owned());
    }
    cut(&parts.join("."), max, '.').to_owned()
}

/// The words of a name that was written in whatever way: `NotesServer`, `notes_server`, `Notes server`.
fn words_of(raw: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in raw.chars().flat_map(fold) {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && after_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A Latin letter without its diacritics; any other character as it is.
fn fold(c: char) -> impl Iterator<Item = char> {
    let ascii = match c.to_lowercase().next().unwrap_or(c) {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    };
    ascii.chars().chain(ascii.is_empty().then_some(c))
}

/// At most `max` bytes of an ASCII name, without a joint at its end.
fn cut(name: &str, max: usize, joint: char) -> &str {
    name.get(..max).unwrap_or(name).trim_end_matches(joint)
}

fn within(name: &str, max: usize) -> Result<(), Broken> {
    let length = name.len();
    if length > max { Err(("too-long", format!("is {length} characters long, at most {max} are possible"))) } else { Ok(()) }
}

fn unreserved(name: &str) -> Result<(), Broken> {
    if is_reserved_name(name) { Err(("windows-reserved", format!("Windows reserves the file name `{name}`"))) } else { Ok(()) }
}

fn no_keyword(name: &str) -> Result<(), Broken> {
    match keyword_of(name) {
        Some(language) => Err(("keyword", format!("`{name}` is a keyword of {language}"))),
        None => Ok(()),
    }
}
