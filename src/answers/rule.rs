//! The rule that a question sets for its answer.

use serde::{Deserialize, Serialize};

use super::{Value, names};
use crate::error::nearest;

/// Greatest length of a text in characters, unless the question gives another one.
const TEXT_LENGTH: usize = 200;

/// What kind of value a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lower-case words joined by `-`: names of projects, artifacts, images.
    Slug,
    /// A name that Java, Python and JavaScript accept.
    Identifier,
    /// A Java package.
    Package,
    /// One of the values listed.
    Choice,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// One line of free text.
    Text,
}

/// What an answer must keep.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The kind of value.
    pub kind: Kind,
    /// The values of a `choice`.
    pub choices: Vec<String>,
    /// The least `int`; the least length of a `text` in characters, 1 if absent.
    pub min: Option<i64>,
    /// The greatest `int`; the greatest length of any other kind in characters, 200 for a `text` if absent.
    pub max: Option<i64>,
}

/// Why a value is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the rule that was broken, kebab-case.
    pub rule: &'static str,
    /// What is wrong; it reads on from the name of the question.
    pub message: String,
    /// A value that would be accepted.
    pub correction: Option<String>,
}

impl Rule {
    /// The value that somebody typed, from a flag or a prompt. A `bool` is true, false, yes, no, y, n, on or off.
    pub fn parse(&self, raw: &str) -> Result<Value, Refusal> {
        let refuse = |rule, message: &str| Err(Refusal { rule, message: message.to_owned(), correction: None });
        let value = match self.kind {
            Kind::Bool => match raw.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "on" => Value::Bool(true),
                "false" | "no" | "n" | "off" => Value::Bool(false),
                _ => return refuse("bool", "must be `true` or `false`"),
            },
            Kind::Int => match raw.trim().parse() {
                Ok(int) => Value::Int(int),
                Err(_) => return refuse("int", "must be a whole number"),
            },
            _ => Value::Text(raw.to_owned()),
        };
        self.check(&value).map(|()| value)
    }

    /// Whether this value, from a file of answers, keeps the rule. It must be of the right kind: `"8080"` is no `int`.
    pub fn check(&self, value: &Value) -> Result<(), Refusal> {
        let (rule, message) = match (self.kind, value) {
            (Kind::Bool, Value::Bool(_)) => return Ok(()),
            (Kind::Int, Value::Int(int)) => return self.bounds(*int),
            (Kind::Bool, _) => ("bool", "must be `true` or `false`, without quotes".to_owned()),
            (Kind::Int, _) => ("int", "must be a whole number, without quotes".to_owned()),
            (_, Value::Text(text)) => match self.broken(text) {
                Ok(()) => return Ok(()),
                Err(broken) => broken,
            },
            (_, Value::Bool(_) | Value::Int(_)) => ("text", format!("must be a text: `\"{value}\"`")),
        };
        let correction = self.near(&value.to_string()).filter(|near| self.accepts(near));
        Err(Refusal { rule, message, correction })
    }

    /// Whether this, typed, would be an answer.
    fn accepts(&self, raw: &str) -> bool {
        match self.kind {
            Kind::Bool | Kind::Int => self.parse(raw).is_ok(),
            _ => self.broken(raw).is_ok(),
        }
    }

    /// Which rule a text breaks.
    fn broken(&self, text: &str) -> Result<(), names::Broken> {
        match self.kind {
            Kind::Slug => names::slug(text, self.longest(names::NAME_LENGTH)),
            Kind::Identifier => names::identifier(text, self.longest(names::NAME_LENGTH)),
            Kind::Package => names::package(text, self.longest(names::PACKAGE_LENGTH)),
            Kind::Choice if self.choices.iter().any(|choice| choice == text) => Ok(()),
            Kind::Choice => Err(("choice", format!("must be one of `{}`", self.choices.join("`, `")))),
            Kind::Text => self.text(text),
            Kind::Bool | Kind::Int => Ok(()),
        }
    }

    /// A value near to this one that may keep the rule.
    fn near(&self, raw: &str) -> Option<String> {
        match self.kind {
            Kind::Slug => Some(names::near_slug(raw, self.longest(names::NAME_LENGTH))),
            Kind::Identifier => Some(names::near_identifier(raw, self.longest(names::NAME_LENGTH))),
            Kind::Package => Some(names::near_package(raw, self.longest(names::PACKAGE_LENGTH))),
            Kind::Choice => {
                let same = self.choices.iter().find(|choice| choice.eq_ignore_ascii_case(raw.trim())).map(String::as_str);
                same.or_else(|| nearest(raw, self.choices.iter().map(String::as_str))).map(str::to_owned)
            }
            Kind::Text => {
                let kept = raw.chars().filter(|c| flaw(*c).is_none_or(|(rule, _)| becomes_blank(rule)));
                let clean: String = kept.map(|c| if flaw(c).is_some() { ' ' } else { c }).collect();
                let cut: String = clean.trim().chars().take(self.text_length()).collect();
                Some(cut.trim_end().to_owned())
            }
            Kind::Bool | Kind::Int => Some(raw.to_owned()),
        }
    }

    fn bounds(&self, int: i64) -> Result<(), Refusal> {
        let (bound, word) = match (self.min, self.max) {
            (Some(min), _) if int < min => (min, "least"),
            (_, Some(max)) if int > max => (max, "most"),
            _ => return Ok(()),
        };
        let possible = self.min.is_none_or(|min| min <= bound) && self.max.is_none_or(|max| bound <= max);
        let correction = possible.then(|| bound.to_string());
        Err(Refusal { rule: "range", message: format!("must be at {word} {bound}"), correction })
    }

    fn text(&self, text: &str) -> Result<(), names::Broken> {
        if let Some((c, (rule, what))) = text.chars().find_map(|c| flaw(c).map(|flaw| (c, flaw))) {
            return Err((rule, format!("must not contain {what} (U+{:04X})", u32::from(c))));
        }
        if text.trim() != text {
            return Err(("surrounding-space", "must not begin or end with white space".to_owned()));
        }
        let (length, least, most) = (text.chars().count(), self.min.map_or(1, count), self.text_length());
        match length {
            0 if least > 0 => Err(("empty", "must not be empty".to_owned())),
            _ if length < least => Err(("too-short", format!("is {length} characters long, at least {least} are needed"))),
            _ if length > most => Err(("too-long", format!("is {length} characters long, at most {most} are possible"))),
            _ => Ok(()),
        }
    }

    fn text_length(&self) -> usize {
        self.max.map_or(TEXT_LENGTH, count)
    }

    /// The greatest length of a name: the question may ask for less than is possible, never for more.
    fn longest(&self, possible: usize) -> usize {
        self.max.map_or(possible, |max| count(max).min(possible))
    }
}

/// A length; a negative one is 0.
fn count(length: i64) -> usize {
    usize::try_from(length).unwrap_or(0)
}

/// Why a text must not contain this character.
///
/// Of the bidirectional controls those are refused that reach beyond their neighbours (embeddings, overrides, isolates: CVE-2021-42574). The marks
/// U+200E, U+200F and U+061C and the joiners U+200C and U+200D stay: Hebrew, Arabic, Persian and emoji are written with them.
fn flaw(c: char) -> Option<(&'static str, &'static str)> {
    match c {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(("line-break", "a line break")),
        _ if c.is_control() => Some(("control-character", "a control character")),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(("bidi-control", "a control of the writing direction")),
        '\u{feff}' => Some(("byte-order-mark", "a byte order mark")),
        '\u{fdd0}'..='\u{fdef}' => Some(("noncharacter", "a code point that is no character")),
        _ if u32::from(c) & 0xfffe == 0xfffe => Some(("noncharacter", "a code point that is no character")),
        _ => None,
    }
}

/// Whether a correction puts a blank in the place of what broke this rule; otherwise it leaves it out.
fn becomes_blank(rule: &str) -> bool {
    matches!(rule, "line-break" | "control-character")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

    use super::{Kind, Refusal, Rule};
    use crate::answers::Value;

    fn rule(kind: Kind) -> Rule {
        Rule { kind, choices: ["postgresql", "mysql", "none"].map(str::to_owned).to_vec(), min: None, max: None }
    }

    /// The rule that `raw` breaks and the correction, `ok` if it breaks none.
    fn broken(rule: &Rule, raw: &str) -> (&'static str, Option<String>) {
        rule.parse(raw).map_or_else(|Refusal { rule, correction, .. }| (rule, correction), |_| ("ok", None))
    }

    #[test]
    fn each_kind_names_the_rule_and_a_correction() {
        let long = "a".repeat(61);
        let long_package = format!("com.example.{}", "a".repeat(70));
        let long_text = "é".repeat(201);
        #[rustfmt::skip]
        let table: &[(Kind, &str, &str, Option<&str>)] = &[
            (Kind::Slug, "notes-server2", "ok", None),
            (Kind::Slug, "NotesServer", "slug", Some("notes-server")),
            (Kind::Slug, " Müller & Söhne ", "slug", Some("mueller-soehne")),
            (Kind::Slug, "2nd-try", "slug", Some("nd-try")),
            (Kind::Slug, "a--b-", "slug", Some("a-b")),
            (Kind::Slug, "", "slug", None),
            (Kind::Slug, "日本語", "slug", None),
            (Kind::Slug, &long, "too-long", Some(&long[..60])),
            (Kind::Slug, "com1", "windows-reserved", Some("com1-app")),
            (Kind::Slug, "class", "keyword", Some("class-app")),
            (Kind::Slug, "lambda", "keyword", Some("lambda-app")),
            (Kind::Slug, "test", "taken-name", Some("test-app")),
            (Kind::Slug, "http", "taken-name", Some("http-app")),
            (Kind::Slug, "redis", "taken-name", Some("redis-app")),
            (Kind::Slug, "node-modules", "taken-name", Some("node-modules-app")),
            (Kind::Identifier, "noteCount_2", "ok", None),
            (Kind::Identifier, "note-count", "identifier", Some("note_count")),
            (Kind::Identifier, "_x", "identifier", Some("x")),
            (Kind::Identifier, "typeof", "keyword", Some("typeof_")),
            (Kind::Identifier, "Con", "windows-reserved", Some("Con_")),
            (Kind::Package, "com.example.notes_2", "ok", None),
            (Kind::Package, "notes", "ok", None),
            (Kind::Package, "Com.Example.my-app", "package", Some("com.example.myapp")),
            (Kind::Package, "com..3d", "package", Some("com.n3d")),
            (Kind::Package, "com.int.x", "keyword", Some("com.int_.x")),
            (Kind::Package, "com.null", "keyword", Some("com.null_")),
            (Kind::Package, "com.aux", "windows-reserved", Some("com.aux_")),
            (Kind::Package, "java.notes", "java-package", Some("org.java.notes")),
            (Kind::Package, &long_package, "too-long", Some(&long_package[..80])),
            (Kind::Package, ".", "package", None),
            (Kind::Choice, "mysql", "ok", None),
            (Kind::Choice, "MySQL", "choice", Some("mysql")),
            (Kind::Choice, "postgres", "choice", Some("postgresql")),
            (Kind::Choice, "oracle", "choice", None),
            (Kind::Bool, "Yes", "ok", None),
            (Kind::Bool, "off", "ok", None),
            (Kind::Bool, "maybe", "bool", None),
            (Kind::Int, " 8080 ", "ok", None),
            (Kind::Int, "80.5", "int", None),
            (Kind::Text, "שלום ${x} <!-- */ \"'`\\ 👩‍💻 e\u{301}", "ok", None),
            (Kind::Text, "", "empty", None),
            (Kind::Text, " a ", "surrounding-space", Some("a")),
            (Kind::Text, "a\u{a0}", "surrounding-space", Some("a")),
            (Kind::Text, "a\nb", "line-break", Some("a b")),
            (Kind::Text, "a\u{2028}", "line-break", Some("a")),
            (Kind::Text, "a\0b", "control-character", Some("a b")),
            (Kind::Text, "a\u{9f}b", "control-character", Some("a b")),
            (Kind::Text, "a\u{202e}b", "bidi-control", Some("ab")),
            (Kind::Text, "a\u{2067}b", "bidi-control", Some("ab")),
            (Kind::Text, "\u{feff}a", "byte-order-mark", Some("a")),
            (Kind::Text, "a\u{1fffe}", "noncharacter", Some("a")),
            (Kind::Text, "\u{fdd0}", "noncharacter", None),
            (Kind::Text, &long_text, "too-long", Some(&long_text[..400])),
        ];
        for (kind, raw, name, correction) in table {
            assert_eq!(broken(&rule(*kind), raw), (*name, correction.map(str::to_owned)), "{kind:?} {raw:?}");
        }
    }

    #[test]
    fn bounds_are_of_the_number_or_of_the_length() {
        let bounded = |kind, min, max| Rule { min, max, ..rule(kind) };
        let port = bounded(Kind::Int, Some(1024), Some(65535));
        assert_eq!(broken(&port, "80"), ("range", Some("1024".to_owned())));
        assert_eq!(broken(&port, "70000"), ("range", Some("65535".to_owned())));
        assert_eq!(broken(&port, "65535"), ("ok", None));
        assert_eq!(broken(&bounded(Kind::Text, Some(0), None), ""), ("ok", None));
        assert_eq!(broken(&bounded(Kind::Text, Some(3), None), "ab"), ("too-short", None));
        assert_eq!(broken(&bounded(Kind::Text, None, Some(20000)), &"x".repeat(20000)), ("ok", None));
        assert_eq!(broken(&bounded(Kind::Slug, None, Some(8)), "notes-server"), ("too-long", Some("notes-se".to_owned())));
        assert_eq!(broken(&bounded(Kind::Slug, None, Some(99)), &"a".repeat(61)).0, "too-long");
    }

    #[test]
    fn a_value_from_a_file_must_be_of_the_right_kind() {
        let text = |text: &str| Value::Text(text.to_owned());
        let broken = |kind, value: &Value| rule(kind).check(value).err().map(|refusal| (refusal.rule, refusal.correction));
        assert_eq!(broken(Kind::Int, &text("8080")), Some(("int", Some("8080".to_owned()))));
        assert_eq!(broken(Kind::Bool, &text("yes")), Some(("bool", Some("yes".to_owned()))));
        assert_eq!(broken(Kind::Bool, &Value::Int(1)), Some(("bool", None)));
        assert_eq!(broken(Kind::Text, &Value::Int(1)), Some(("text", Some("1".to_owned()))));
        assert_eq!(broken(Kind::Slug, &Value::Bool(true)), Some(("text", Some("true-app".to_owned()))));
        assert_eq!(broken(Kind::Int, &Value::Int(-1)), None);
    }

    proptest! {
        #[test]
        fn a_correction_keeps_the_rule(
            kind in prop_oneof![
                Just(Kind::Slug), Just(Kind::Identifier), Just(Kind::Package), Just(Kind::Choice), Just(Kind::Bool), Just(Kind::Int), Just(Kind::Text)
            ],
            raw in prop_oneof![
                any::<String>(), "[A-Za-z0-9._ -]{0,90}", "(int|con|class|java|test|lpt1|None|[.-]){1,4}", any::<i64>().prop_map(|int| int.to_string())
            ],
            min in proptest::option::of(-5_i64..300),
            max in proptest::option::of(-5_i64..300),
        ) {
            let rule = Rule { min, max, ..rule(kind) };
            match rule.parse(&raw) {
                Ok(value) => assert_eq!(rule.check(&value), Ok(())),
                Err(Refusal { correction: Some(correction), .. }) => assert!(rule.parse(&correction).is_ok(), "{correction:?}"),
                Err(_) => {}
            }
        }
    }
}
