//! Readers of the samples: every string that a file says, in the order of the file.

use std::{iter::Peekable, str::Chars};

use comrak::nodes::NodeValue;
use saphyr::{LoadableYamlNode, Scalar, Yaml};

pub(crate) fn json(file: &str) -> Vec<String> {
    fn strings(value: &serde_json::Value) -> Vec<String> {
        match value {
            serde_json::Value::String(text) => vec![text.clone()],
            serde_json::Value::Array(items) => items.iter().flat_map(strings).collect(),
            serde_json::Value::Object(members) => members.values().flat_map(strings).collect(),
            _ => Vec::new(),
        }
    }
    strings(&serde_json::from_str(file).unwrap())
}

pub(crate) fn toml(file: &str) -> Vec<String> {
    fn strings(value: &toml::Value) -> Vec<String> {
        match value {
            toml::Value::String(text) => vec![text.clone()],
            toml::Value::Array(items) => items.iter().flat_map(strings).collect(),
            toml::Value::Table(members) => members.values().flat_map(strings).collect(),
            _ => Vec::new(),
        }
    }
    strings(&toml::Value::Table(toml::from_str(file).unwrap()))
}

pub(crate) fn yaml(file: &str) -> Vec<String> {
    fn strings(node: &Yaml<'_>) -> Vec<String> {
        match node {
            Yaml::Value(Scalar::String(text)) => vec![text.to_string()],
            Yaml::Sequence(items) => items.iter().flat_map(strings).collect(),
            Yaml::Mapping(members) => members.values().flat_map(strings).collect(),
            other => panic!("{other:?} is no string"),
        }
    }
    Yaml::load_from_str(file).unwrap().iter().flat_map(strings).collect()
}

/// As compose reads it: `$$` is a `$`, any other `$` a variable (`compose-go/template`).
pub(crate) fn compose(file: &str) -> Vec<String> {
    let plain = |text: String| {
        assert!(!text.replace("$$", "").contains('$'), "compose would interpolate {text:?}");
        text.replace("$$", "$")
    };
    yaml(file).into_iter().map(plain).collect()
}

/// As Spring Boot's build reads it: Maven replaces `@…@` first.
pub(crate) fn spring_yaml(file: &str) -> Vec<String> {
    assert!(!file.contains('@'), "Maven would filter {file}");
    yaml(file)
}

/// `java.util.Properties.load`; the crate `java-properties` does not read characters beyond U+FFFF.
pub(crate) fn properties(file: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut lines = file.split(['\n', '\r']);
    while let Some(line) = lines.next() {
        let mut line = line.trim_start_matches([' ', '\t', '\x0c']).to_owned();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        while (line.len() - line.trim_end_matches('\\').len()) % 2 == 1 {
            line.pop();
            line.push_str(lines.next().unwrap().trim_start_matches([' ', '\t', '\x0c']));
        }
        assert!(line.is_ascii(), "what this says depends on the encoding: {line}");
        let (_, behind_key) = line.split_at(line.find([' ', '\t', '\x0c', '=', ':']).unwrap());
        let value = behind_key.trim_start_matches([' ', '\t', '\x0c']);
        let value = value.strip_prefix(['=', ':']).unwrap_or(value).trim_start_matches([' ', '\t', '\x0c']);
        let mut text = String::new();
        let mut chars = value.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.next_if_eq(&'u').is_some() => text.push_str(&utf16(&mut chars)),
                '\\' => text.extend(chars.next()),
                _ => text.push(c),
            }
        }
        values.push(text);
    }
    values
}

/// As Spring Boot's build reads it: Maven replaces `@…@` first.
pub(crate) fn spring_properties(file: &str) -> Vec<String> {
    assert!(!file.contains('@'), "Maven would filter {file}");
    properties(file)
}

pub(crate) fn xml(file: &str) -> Vec<String> {
    use quick_xml::{Reader, events::Event};
    let mut reader = Reader::from_str(file);
    let (mut strings, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return strings,
            Event::Start(tag) => {
                text.clear();
                strings.extend(
                    tag.attributes()
                        .map(|attribute| attribute.unwrap().normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap().into_owned()),
                );
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference).unwrap()),
            },
            Event::End(tag) if tag.name().as_ref() != "project" => strings.push(std::mem::take(&mut text)),
            _ => {}
        }
    }
}

/// Text between tags and attributes in quotes, as HTML's tokenizer takes them apart; the sample holds no `<` or `>` inside quotes.
pub(crate) fn html(file: &str) -> Vec<String> {
    let mut strings = Vec::new();
    for tag in file.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        for (index, attribute) in tag.split(['"', '\'']).enumerate() {
            if index % 2 == 1 {
                strings.push(html_text(attribute));
            }
        }
        if tag.starts_with(['!', '/']) || tag.starts_with("meta ") {
            assert_eq!(text, "");
        } else {
            strings.push(html_text(text));
        }
    }
    strings
}

fn html_text(raw: &str) -> String {
    let mut parts = raw.split('&');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap();
        match name {
            "amp" => text.push('&'),
            "lt" => text.push('<'),
            "gt" => text.push('>'),
            "quot" => text.push('"'),
            "#39" => text.push('\''),
            _ => text.push(char::from_u32(u32::from_str_radix(name.strip_prefix("#x").unwrap(), 16).unwrap()).unwrap()),
        }
        text.push_str(rest);
    }
    text
}

/// The text of each heading, paragraph and table cell, as GitHub's dialect reads it. What is no text shows by its name.
pub(crate) fn markdown(file: &str) -> Vec<String> {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.alerts = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, file, &options);
    let mut strings: Vec<String> = Vec::new();
    for node in root.descendants() {
        let mut add = |text: &str| strings.last_mut().unwrap().push_str(text);
        match &node.data().value {
            NodeValue::Paragraph | NodeValue::Heading(_) | NodeValue::TableCell => strings.push(String::new()),
            NodeValue::Text(text) => add(text),
            NodeValue::SoftBreak => add("\n"),
            NodeValue::Strong => add("<strong>"),
            NodeValue::Code(code) => add(&format!("<code {}>", code.literal)),
            NodeValue::Link(link) if link.url == "https://x.y" => add("<link>"),
            // GitHub makes links of mail addresses; their text is unchanged.
            NodeValue::Link(link) if link.url.starts_with("mailto:") => {}
            NodeValue::Document
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::BlockQuote
            | NodeValue::Table(_)
            | NodeValue::TableRow(_) => {}
            other => strings.push(format!("{other:?}")),
        }
    }
    strings
}

/// What a backslash and the characters behind it stand for.
type Escape = fn(&mut Peekable<Chars<'_>>) -> String;

/// All string literals of a file in a language with such quotes and line comments.
fn literals(file: &str, quotes: &[&str], comment: &str, escape: Escape) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = file;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with(comment) {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(quote) = quotes.iter().find(|quote| rest.starts_with(**quote)) {
            let mut text = String::new();
            let mut chars = rest[quote.len()..].chars().peekable();
            loop {
                let left: String = chars.clone().take(quote.len()).collect();
                if left == **quote {
                    break;
                }
                match chars.next().expect("the string ends") {
                    '\\' => text.push_str(&escape(&mut chars)),
                    c => {
                        assert!(quote.len() > 1 || *quote == "`" || c != '\n', "a line ends in a string");
                        text.push(c);
                    }
                }
            }
            strings.push(text);
            let behind: String = chars.skip(quote.len()).collect();
            rest = &rest[rest.len() - behind.len()..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    strings
}

/// `digits` hexadecimal digits as a number.
fn hex(chars: &mut Peekable<Chars<'_>>, digits: usize) -> u32 {
    let digits: String = chars.take(digits).collect();
    u32::from_str_radix(&digits, 16).unwrap()
}

/// `\uXXXX` behind its `u`; two of them for a character beyond U+FFFF.
fn utf16(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut units = vec![u16::try_from(hex(chars, 4)).unwrap()];
    if (0xd800..0xdc00).contains(&units[0]) {
        assert_eq!((chars.next(), chars.next()), (Some('\\'), Some('u')));
        units.push(u16::try_from(hex(chars, 4)).unwrap());
    }
    String::from_utf16(&units).unwrap()
}

/// Escapes that all of the languages share; no other is defined.
fn common(c: char) -> String {
    match c {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '\\' => "\\",
        '"' => "\"",
        '\'' => "'",
        _ => panic!("`\\{c}` is no escape"),
    }
    .to_owned()
}

/// JLS § 3.3 turns `\uXXXX` into characters wherever an even number of backslashes stands before it, then § 3.10.7 reads the escapes.
pub(crate) fn java(file: &str) -> Vec<String> {
    let mut translated = String::new();
    let mut chars = file.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            translated.push(c);
        } else if chars.next_if_eq(&'u').is_some() {
            translated.push_str(&utf16(&mut chars));
        } else {
            translated.push(c);
            translated.extend(chars.next());
        }
    }
    let octal = |chars: &mut Peekable<Chars<'_>>| match chars.peek() {
        Some('0'..='3') => char::from_u32(u32::from_str_radix(&chars.take(3).collect::<String>(), 8).unwrap()).unwrap().to_string(),
        _ => common(chars.next().unwrap()),
    };
    literals(&translated.replace("'\"'", ""), &["\""], "//", octal)
}

/// Kotlin specification, character and string literals; the sample's template holds a string of its own.
pub(crate) fn kotlin(file: &str) -> Vec<String> {
    let file = file.replace("${b(\"c\")}", "");
    let escape: Escape = |chars| match chars.next().unwrap() {
        'u' => utf16(chars),
        '$' => "\u{f0000}".to_owned(),
        c => common(c),
    };
    let unescaped = |text: String| {
        assert!(!text.contains('$'), "Kotlin would interpolate {text:?}");
        text.replace('\u{f0000}', "$")
    };
    literals(&file, &["\""], "//", escape).into_iter().map(unescaped).collect()
}

/// ECMA-262 § 12.9.4.
pub(crate) fn javascript(file: &str) -> Vec<String> {
    let escape: Escape = |chars| match chars.next().unwrap() {
        'u' => utf16(chars),
        c => common(c),
    };
    literals(&file.replace("/['\"]/", ""), &["\"", "'", "`"], "//", escape)
}

/// Python language reference § 2.4.1.
pub(crate) fn python(file: &str) -> Vec<String> {
    let escape: Escape = |chars| match chars.next().unwrap() {
        'u' => char::from_u32(hex(chars, 4)).unwrap().to_string(),
        'U' => char::from_u32(hex(chars, 8)).unwrap().to_string(),
        c => common(c),
    };
    literals(file, &["\"\"\"", "'''", "\"", "'"], "#", escape)
}

/// SQL: a doubled quote is a quote, a backslash is itself or, in MySQL, not.
pub(crate) fn sql(file: &str) -> Vec<String> {
    let file = file.replace("-- it's\n", "");
    assert!(!file.contains('\\'));
    let mut strings = Vec::new();
    let mut chars = file.chars().peekable();
    while chars.by_ref().any(|c| c == '\'') {
        let mut text = String::new();
        while let Some(c) = chars.next() {
            if c == '\'' && chars.next_if_eq(&'\'').is_none() {
                break;
            }
            text.push(c);
        }
        strings.push(text);
    }
    strings
}

/// POSIX.1-2024, shell command language, § 2.2: the parts in quotes of each word; `$` may only stand where the sample has it.
pub(crate) fn shell(file: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let file = file.split_once("# it's\n").unwrap().1;
    for word in shell_words(file) {
        strings.extend(word);
    }
    strings
}

/// The text of each word that has quotes.
fn shell_words(file: &str) -> Vec<Option<String>> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    let mut chars = file.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\n' => words.push(std::mem::take(&mut quoted).then(|| word.clone())),
            '\'' => {
                quoted = true;
                word.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                quoted = true;
                loop {
                    match chars.next().unwrap() {
                        '"' => break,
                        '\\' => match chars.next().unwrap() {
                            c @ ('$' | '`' | '"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        '`' => panic!("a command would run"),
                        '$' => word.push_str(&format!("<${}>", chars.next().unwrap())),
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.extend(chars.next()),
            c => word.push(c),
        }
        if matches!(c, ' ' | '\n') {
            word.clear();
        }
    }
    words
}

/// `BuildKit`, `frontend/dockerfile/shell/lex.go`, `processDoubleQuote`: a backslash takes `"`, `$` and itself.
pub(crate) fn dockerfile(file: &str) -> Vec<String> {
    let escape: Escape = |chars| match chars.next().unwrap() {
        '$' => "\u{f0000}".to_owned(),
        c @ ('"' | '\\') => c.to_string(),
        c => format!("\\{c}"),
    };
    let unescaped = |text: String| {
        assert!(!text.contains('$'), "Docker would expand {text:?}");
        text.replace('\u{f0000}', "$")
    };
    literals(file, &["\""], "#", escape).into_iter().map(unescaped).collect()
}
