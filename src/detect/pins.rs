//! Files that say which version of a language a folder wants, whatever it is built with.

use super::{Project, facts::Facts};
use crate::stack::{Language, Origin};

/// Where version managers look; the tools call a language by these names.
const MANAGERS: [&str; 3] = [".tool-versions", "mise.toml", ".mise.toml"];

/// Files of one language each.
const OF_ONE: [(&str, Language); 7] = [
    (".java-version", Language::Java),
    (".nvmrc", Language::Node),
    (".node-version", Language::Node),
    (".python-version", Language::Python),
    ("runtime.txt", Language::Python),
    (".go-version", Language::Go),
    ("rust-toolchain", Language::Rust),
];

/// SDKMAN's file: `java=21.0.5-tem`.
const SDKMAN: &str = ".sdkmanrc";

/// Node.js calls its long-supported lines by names; <https://nodejs.org/en/about/previous-releases>.
const NODE_LINES: [(&str, &str); 7] =
    [("erbium", "12"), ("fermium", "14"), ("gallium", "16"), ("hydrogen", "18"), ("iron", "20"), ("jod", "22"), ("krypton", "24")];

pub(super) fn wants(name: &str) -> bool {
    MANAGERS.contains(&name) || name == SDKMAN || OF_ONE.iter().any(|(file, _)| *file == name)
}

/// The version that such a file pins, in the project's folder or at the root.
pub(super) fn version(project: &Project<'_>, language: Language) -> Option<(String, Origin)> {
    let at_root = |name: &str| project.source(&[name]).or_else(|| project.at_root(name));
    for (name, _) in OF_ONE.iter().filter(|(_, of)| *of == language) {
        let Some(source) = at_root(name) else { continue };
        let line = source.text.lines().position(|line| !line.trim().is_empty() && !line.starts_with('#'));
        if let Some((line, version)) = line.and_then(|line| Some((line, short(language, source.text.lines().nth(line)?)?))) {
            return Some((version, source.sure(line + 1)));
        }
    }
    if let (Language::Java, Some(source)) = (language, at_root(SDKMAN))
        && let Some(fact) = Facts::of_properties(source.text).get("java")
        && let Some(version) = short(language, &fact.value)
    {
        return Some((version, source.sure(fact.line)));
    }
    MANAGERS.iter().filter_map(|name| at_root(name)).find_map(|source| {
        let names: &[&str] = match language {
            Language::Java => &["java"],
            Language::Node => &["nodejs", "node"],
            Language::Python => &["python"],
            Language::Go => &["golang", "go"],
            Language::Rust => &["rust"],
            Language::Static => &[],
        };
        if source.path.ends_with(".toml") {
            let facts = Facts::of_toml(source.text).ok()?;
            let fact = names.iter().find_map(|name| {
                facts
                    .get(&format!("tools.{name}"))
                    .or_else(|| facts.get(&format!("tools.{name}.0")))
                    .or_else(|| facts.get(&format!("tools.{name}.version")))
            })?;
            return Some((short(language, &fact.value)?, source.sure(fact.line)));
        }
        let (version, line) = source.find(|line| {
            let mut words = line.split_whitespace();
            let version = words.next().filter(|word| names.contains(word)).and_then(|_| words.next())?;
            short(language, version)
        })?;
        Some((version, source.sure(line)))
    })
}

/// What features write of a version: `21` of `temurin-21.0.5+11`, `8` of `1.8`, `20` of `lts/iron` or `>=20.11 <21`, `3.12` of `python-3.12.1`.
pub(super) fn short(language: Language, text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    if let (Language::Node, Some(line)) = (language, text.strip_prefix("lts/")) {
        return NODE_LINES.iter().find(|(name, _)| *name == line).map(|(_, version)| (*version).to_owned());
    }
    // What stands before the digits is a vendor, an operator or nothing; Rust has no vendors, and the number of a nightly is its day.
    let start = text.find(|c: char| c.is_ascii_digit())?;
    if language == Language::Rust && text[..start].contains(char::is_alphabetic) {
        return None;
    }
    if text[..start].contains('<') && !text[..start].contains('>') {
        return None;
    }
    let number: String = text[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let mut parts = number.split('.').filter(|part| !part.is_empty());
    let first = parts.next()?;
    match (language, parts.next()) {
        (Language::Java, Some(second)) if first == "1" => Some(second.to_owned()),
        (Language::Java | Language::Node | Language::Static, _) | (_, None) => Some(first.to_owned()),
        (Language::Python | Language::Go | Language::Rust, Some(second)) => Some(format!("{first}.{second}")),
    }
}

/// The oldest versions with an official image on the Debian that templates name. What a build file states as the oldest compiler that will do may be
/// older than that: a later one does as well.
const OLDEST: [(Language, (u32, u32)); 2] = [(Language::Go, (1, 20)), (Language::Rust, (1, 70))];

/// The first two numbers of a version; the second is 0 where there is none.
pub(super) fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    Some((parts.next()?, parts.next().unwrap_or(0)))
}

/// The version, unless no image has one so old.
pub(super) fn with_image(language: Language, version: String) -> Result<String, String> {
    let number = number(&version).unwrap_or_default();
    match OLDEST.iter().find(|(of, oldest)| *of == language && number < *oldest) {
        None => Ok(version),
        Some((_, (major, minor))) => Err(format!(
            "{} {version} is older than any image that there is, {major}.{minor}: the newest is used, and `--set language_version=…` says another",
            language.title()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_as_long_as_features_write_it() {
        for (language, text, expected) in [
            (Language::Java, "temurin-21.0.5+11.0.LTS", Some("21")),
            (Language::Java, "1.8", Some("8")),
            (Language::Java, "17", Some("17")),
            (Language::Java, "graalvm-community", None),
            (Language::Node, "v20.11.0", Some("20")),
            (Language::Node, "lts/jod", Some("22")),
            (Language::Node, "lts/*", None),
            (Language::Node, ">=20.11 <21", Some("20")),
            (Language::Node, "<21", None),
            (Language::Python, "python-3.12.1", Some("3.12")),
            (Language::Python, ">=3.11,<4", Some("3.11")),
            (Language::Python, "^3.12", Some("3.12")),
            (Language::Go, "1.22.1", Some("1.22")),
            (Language::Rust, "1.80", Some("1.80")),
            (Language::Rust, "stable", None),
            (Language::Rust, "nightly-2026-05-01", None),
        ] {
            assert_eq!(short(language, text).as_deref(), expected, "{text}");
        }
    }
}
