//! The lexical positions in which a text can stand, and an encoder for each.

use std::fmt::Write;

/// Where a text can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// A JSON string, RFC 8259 § 7.
    Json,
    /// A YAML double-quoted scalar on one line, YAML 1.2.2 § 7.3.1.
    YamlDouble,
    /// A YAML single-quoted scalar on one line, YAML 1.2.2 § 7.3.2.
    YamlSingle,
    /// A TOML basic string, TOML 1.0.
    Toml,
    /// A Java string literal, JLS § 3.10.5.
    Java {
        /// It is an argument of an annotation, where Spring looks for placeholders.
        annotation: bool,
    },
    /// A Kotlin string literal.
    Kotlin {
        /// As for Java.
        annotation: bool,
    },
    /// A JavaScript string literal with this quote, ECMA-262 § 12.9.4.
    JavaScript(char),
    /// A Python string literal with this quote, one or three of them, Python reference § 2.4.1.
    Python(char),
    /// An SQL string literal.
    Sql,
    /// Inside the shell's double quotes, POSIX shell § 2.2.3.
    ShellDouble,
    /// Inside the shell's single quotes, POSIX shell § 2.2.2.
    ShellSingle,
    /// A double-quoted value of a Dockerfile's `LABEL` or `ENV`.
    Docker,
    /// A value in a `.properties` file, `java.util.Properties.load`.
    Properties,
    /// Text of an XML element, XML 1.0 § 2.4, or the value of an attribute in either quote.
    Xml,
    /// The same in HTML.
    Html,
    /// Markdown prose, `CommonMark` 0.31 with GitHub's extensions.
    Markdown {
        /// Nothing but markers and white space stands before it on its line.
        line_start: bool,
    },
}

/// Why a text cannot stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) rule: &'static str,
    pub(super) message: String,
}

/// The position of a text, or why it is in none.
pub(super) type Place = Result<Position, Refused>;

impl Refused {
    pub(super) fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into() }
    }
}

/// A refused place.
pub(super) fn refused(rule: &'static str, message: &str) -> Place {
    Err(Refused::new(rule, message))
}

impl Position {
    /// `value` as it is written here, so that the parser of the file gives it back; refused if nothing gives it back.
    pub(super) fn encode(self, value: &str) -> Result<String, Refused> {
        match self {
            Self::Json => Ok(escaped(value, &['"', '\\'], utf16)),
            Self::YamlDouble | Self::Toml => Ok(escaped(value, &['"', '\\'], utf32)),
            // A constant of a class file, at most 65535 bytes of modified UTF-8, JVMS § 4.4.7.
            Self::Java { .. } | Self::Kotlin { .. } if value.len() > 40_000 => too_long(),
            Self::Java { .. } => Ok(escaped(value, &['"', '\\'], java)),
            Self::Kotlin { .. } => Ok(escaped(value, &['"', '\\', '$'], utf16)),
            Self::JavaScript(quote) => Ok(escaped(value, &[quote, '\\'], utf16)),
            Self::Python(quote) => Ok(escaped(value, &[quote, '\\'], utf32)),
            Self::YamlSingle => raw(value, is_invisible).map(|value| value.replace('\'', "''")),
            Self::Sql if value.contains('\\') => {
                Err(Refused::new("sql-backslash", "it contains `\\`, which MySQL and PostgreSQL read differently in a string"))
            }
            Self::Sql => raw(value, char::is_control).map(|value| value.replace('\'', "''")),
            Self::ShellDouble => raw(value, char::is_control).map(|value| prefixed(value, &['"', '\\', '$', '`'])),
            Self::ShellSingle => raw(value, char::is_control).map(|value| value.replace('\'', r"'\''")),
            // A line of a Dockerfile, at most 65535 bytes.
            Self::Docker if value.len() > 16_000 => too_long(),
            Self::Docker => raw(value, char::is_control).map(|value| prefixed(value, &['"', '\\', '$'])),
            Self::Properties => Ok(properties(value)),
            Self::Xml => raw(value, is_no_xml).map(markup),
            Self::Html => raw(value, is_no_html).map(markup),
            Self::Markdown { line_start } => raw(value, is_no_html).map(|value| markdown(value, line_start)),
        }
    }
}

/// The value, unless it holds a character that cannot be written here.
fn raw(value: &str, unwritable: impl Fn(char) -> bool) -> Result<&str, Refused> {
    match value.chars().find(|c| unwritable(*c)) {
        Some(c) => Err(Refused::new("unwritable-character", format!("it contains U+{:04X}, which cannot be written here", u32::from(c)))),
        None => Ok(value),
    }
}

fn too_long() -> Result<String, Refused> {
    Err(Refused::new("too-long", "it is longer than what can be written here"))
}

/// Characters that are escaped wherever there are escapes: what an editor does not show, what reorders a line, what some parser takes for a line end
/// or forbids.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || c.is_control()
        || is_noncharacter(c)
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// What XML 1.0 has no way to write, § 2.2.
fn is_no_xml(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// What an HTML parser drops, replaces or reports.
fn is_no_html(c: char) -> bool {
    c.is_control() || is_noncharacter(c)
}

/// A backslash before `special` characters, line ends and tabs by letter, invisible characters by number.
fn escaped(value: &str, special: &[char], by_number: fn(char) -> String) -> String {
    let mut encoded = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' => encoded.push_str("\\n"),
            '\r' => encoded.push_str("\\r"),
            '\t' => encoded.push_str("\\t"),
            _ if special.contains(&c) => encoded.extend(['\\', c]),
            _ if is_invisible(c) => encoded.push_str(&by_number(c)),
            _ => encoded.push(c),
        }
    }
    encoded
}

/// A backslash before `special` characters and nothing else.
fn prefixed(value: &str, special: &[char]) -> String {
    value.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

/// `\uXXXX` for each UTF-16 unit.
fn utf16(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut escape, unit| {
        let _ = write!(escape, "\\u{unit:04x}");
        escape
    })
}

/// `\uXXXX`, or `\UXXXXXXXX` beyond U+FFFF.
fn utf32(c: char) -> String {
    let code = u32::from(c);
    if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") }
}

/// Octal up to U+00FF: Java replaces `\u000a` before it looks for strings, JLS § 3.3. Always three digits, a digit may follow.
fn java(c: char) -> String {
    let code = u32::from(c);
    if code > 0xff { utf16(c) } else { format!("\\{code:03o}") }
}

/// What is not ASCII is escaped, since `Properties.load` of a stream and Spring Boot read ISO 8859-1 and others UTF-8. Outer blanks are
/// escaped, since the separator or the end of the line would take them.
fn properties(value: &str) -> String {
    let (first, last) = (0, value.len().saturating_sub(1));
    let mut encoded = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        match c {
            '\\' => encoded.push_str("\\\\"),
            '=' | ':' | '#' | '!' if at == first => encoded.extend(['\\', c]),
            ' ' if at == first || at == last => encoded.push_str("\\u0020"),
            ' '..='~' => encoded.push(c),
            _ => encoded.push_str(&utf16(c)),
        }
    }
    encoded
}

/// Character references for XML and HTML, in element text and in either quote.
fn markup(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => encoded.push_str("&amp;"),
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#39;"),
            _ if is_invisible(c) => encoded.push_str(&reference(c)),
            _ => encoded.push(c),
        }
    }
    encoded
}

fn reference(c: char) -> String {
    format!("&#x{:x};", u32::from(c))
}

/// Backslashes before what means something inline; at the start of a line before what starts a block; references where a backslash
/// does not help.
fn markdown(value: &str, line_start: bool) -> String {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let mut encoded = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        let after = value.get(at + c.len_utf8()..).unwrap_or_default();
        let before = value.get(..at).unwrap_or_default();
        let backslash = match c {
            '\\' | '*' | '_' | '[' | ']' | '~' | '{' => true,
            // An ordered list's marker.
            '.' | ')' if line_start && at == digits => true,
            '-' | '+' | '=' | ':' if line_start && at == 0 => true,
            // A heading's start, or its end.
            '#' => before.is_empty() || before.ends_with([' ', '#']),
            // An image, if a link follows.
            '!' => after.is_empty(),
            // GitHub makes links of addresses, in which it knows no backslashes.
            ':' => after.is_empty() || after.starts_with("//"),
            '.' => before.get(at.saturating_sub(3)..).is_some_and(|before| before.eq_ignore_ascii_case("www")),
            _ => false,
        };
        match c {
            '&' => encoded.push_str("&amp;"),
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            // These split cells and end code and formulas before backslashes are read.
            '|' | '`' | '$' => encoded.push_str(&reference(c)),
            // Lines lose outer blanks, and `**` needs something else than a blank at its inner side.
            _ if c.is_whitespace() && (at == 0 || after.is_empty()) => encoded.push_str(&reference(c)),
            // A number alone, with a literal `.` behind it, would start a list.
            '0'..='9' if line_start && at == 0 && digits == value.len() => encoded.push_str(&reference(c)),
            _ if is_invisible(c) => encoded.push_str(&reference(c)),
            _ if backslash => encoded.extend(['\\', c]),
            _ => encoded.push(c),
        }
    }
    encoded
}
