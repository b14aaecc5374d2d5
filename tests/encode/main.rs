//! Hostile texts in every type of file: each is refused by a named rule or comes back unchanged from a parser of that file.
//!
//! JSON, TOML, YAML, XML, Markdown and properties are read by crates. For Java, Kotlin, JavaScript, Python, SQL, shell, Dockerfile and HTML a
//! reader of a string, written from the language's specification, stands in here; the compilers themselves read such files in the deep verification.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_push_string, reason = "in a test a panic is the message")]

mod places;
mod readers;

use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use stagekit::{
    encode::{Misplaced, Piece, encode},
    tree::RelPath,
};

/// A realistic file with `§` for the text, and how to read it.
struct Sample {
    path: &'static str,
    template: &'static str,
    /// All strings that the file then says.
    strings: &'static [&'static str],
    read: fn(&str) -> Vec<String>,
    /// The rules that may refuse a text here.
    refusing: &'static [&'static str],
}

const UNWRITABLE: &str = "unwritable-character";

const SAMPLES: &[Sample] = &[
    Sample {
        path: "package.json",
        template: "{\n  \"name\": \"notes\",\n  \"description\": \"§\",\n  \"keywords\": [\"a\", \"§\", \"about §§.\"]\n}\n",
        strings: &["notes", "§", "a", "§", "about §§."],
        read: readers::json,
        refusing: &[],
    },
    Sample {
        path: "pyproject.toml",
        template: "[project]\nname = \"notes\"\ndescription = \"§\" # it's\nkeywords = [\n  \"§\",\n]\nauthors = [{ name = \"§\" }]\n",
        strings: &["notes", "§", "§", "§"],
        read: readers::toml,
        refusing: &[],
    },
    Sample {
        path: "openapi.yaml",
        template: "openapi: 3.1.0\ninfo:\n  title: \"§\"\n  x: [a, \"§\", {b: \"§\"}]\ntags:\n  - name: a # it's\n    description: \"§\"\n  - \"§\"\n",
        strings: &["3.1.0", "§", "a", "§", "§", "a", "§", "§"],
        read: readers::yaml,
        refusing: &[],
    },
    Sample {
        path: "single.yml",
        template: "a: '§'\nb:\n- 'it''s §'\n- '§'\n",
        strings: &["§", "it's §", "§"],
        read: readers::yaml,
        refusing: &[UNWRITABLE],
    },
    Sample {
        path: ".github/workflows/ci.yml",
        template: "name: \"§\"\njobs:\n  build:\n    name: \"§\"\n    runs-on: ubuntu-latest\n",
        strings: &["§", "§", "ubuntu-latest"],
        read: readers::yaml,
        refusing: &["github-expression"],
    },
    Sample {
        path: "compose.yaml",
        template: "services:\n  app:\n    labels:\n      title: \"§\"\n",
        strings: &["§"],
        read: readers::compose,
        refusing: &[],
    },
    Sample {
        path: "src/main/resources/application.yaml",
        template: "app:\n  title: \"§\"\n",
        strings: &["§"],
        read: readers::spring_yaml,
        refusing: &["spring-placeholder", "spring-expression"],
    },
    Sample {
        path: "src/main/resources/application.properties",
        template: "# it's\nserver.port=8080\napp.title=§\napp.tagline : §\napp.about=x\\\n  §\n",
        strings: &["8080", "§", "§", "x§"],
        read: readers::spring_properties,
        refusing: &["spring-placeholder", "spring-expression"],
    },
    Sample { path: "messages.properties", template: "a=§\nb §\n", strings: &["§", "§"], read: readers::properties, refusing: &[] },
    Sample {
        path: "pom.xml",
        template: "<?xml version=\"1.0\"?>\n<project>\n  <name>§</name>\n  <description a=\"§\" b='§'>§</description>\n</project>\n",
        strings: &["§", "§", "§", "§"],
        read: readers::xml,
        refusing: &[UNWRITABLE, "maven-interpolation"],
    },
    Sample {
        path: "index.html",
        template: "<!doctype html><title>§</title><meta name=\"description\" content=\"§\"><h1 title='§'>§</h1>",
        strings: &["§", "description", "§", "§", "§"],
        read: readers::html,
        refusing: &[UNWRITABLE],
    },
    Sample {
        path: "README.md",
        template: "# §\n\n§\n\nAbout § and **§**, [§](https://x.y).\n\n§ first\nthen §\n\n- §\n- a\n  1. §\n\n> §\n\n| § | b |\n|---|---|\n| `c` | § |\n\n## The end of §\n",
        strings: &[
            "§",
            "§",
            "About § and <strong>§, <link>§.",
            "§ first\nthen §",
            "§",
            "a",
            "§",
            "§",
            "§",
            "b",
            "<code c>",
            "§",
            "The end of §",
        ],
        read: readers::markdown,
        refusing: &[UNWRITABLE],
    },
    Sample {
        path: "src/main/java/App.java",
        template: "class App { // it's\n  static final char C = '\"';\n  static final String[] A = {\"§\", \"a\\\\§\\n\"};\n}\n",
        strings: &["§", "a\\§\n"],
        read: readers::java,
        refusing: &[],
    },
    Sample {
        path: "src/main/java/Docs.java",
        template: "@Info(title = \"§\", version = \"1\")\nclass Docs {}\n",
        strings: &["§", "1"],
        read: readers::java,
        refusing: &["spring-placeholder", "spring-expression"],
    },
    Sample {
        path: "build.gradle.kts",
        template: "description = \"§\" // it's\nval a = \"${b(\"c\")} §\"\n",
        strings: &["§", " §"],
        read: readers::kotlin,
        refusing: &[],
    },
    Sample {
        path: "src/app.mjs",
        template: "const a = \"§\"; // it's\nconst b = ['§', `x ${a} '`, \"§§\"]; /['\"]/.test('§')\n",
        strings: &["§", "§", "x ${a} '", "§§", "§"],
        read: readers::javascript,
        refusing: &[],
    },
    Sample {
        path: "notes/__init__.py",
        template: "\"\"\"The package of §.\n\nIt's § \"\"\"\nTITLE = \"§\"  # it's\nNAMES = ['§', '''§''', u\"§\"]\n",
        strings: &["The package of §.\n\nIt's § ", "§", "§", "§", "§"],
        read: readers::python,
        refusing: &[],
    },
    Sample {
        path: "db/V1__init.sql",
        template: "-- it's\ninsert into settings values ('title', '§'), ('it''s', '§');\n",
        strings: &["title", "§", "it's", "§"],
        read: readers::sql,
        refusing: &[UNWRITABLE, "sql-backslash", "flyway-placeholder"],
    },
    Sample {
        path: "scripts/init-env",
        template: "#!/usr/bin/env sh\n# it's\nset -eu\nTITLE=\"§\" NAME='§'\nprintf '%s\\n' \"a $1 §\" '§' > \"$2\"\n",
        strings: &["TITLE=§", "NAME=§", "%s\\n", "a <$1> §", "§", "<$2>"],
        read: readers::shell,
        refusing: &[UNWRITABLE],
    },
    Sample {
        path: "Dockerfile",
        template: "# it's\nFROM scratch\nLABEL title=\"§\" \\\n      about=\"a §\"\nENV TITLE=\"§\"\n",
        strings: &["§", "a §", "§"],
        read: readers::dockerfile,
        refusing: &[UNWRITABLE, "too-long"],
    },
];

/// What an evil user, a bad keyboard or a good translator would type.
fn evil() -> Vec<String> {
    let mut evil: Vec<String> = [
        "",
        "\"",
        "'",
        "`",
        "\"\"\"",
        "'''",
        "```",
        "''",
        "“smart” ‘quotes’ «»",
        "it's \"quoted\"",
        "\"; rm -rf / #",
        "'; drop table a; --",
        "${x}",
        "${project.description}",
        "#{x}",
        "{{x}}",
        "{{{x}}}",
        "{{#if a}}",
        "@x@",
        "@",
        "$x",
        "$$",
        "$",
        "$(id)",
        "`id`",
        "${{ secrets.X }}",
        "$'\\n'",
        "%s %d %",
        "!x",
        "!",
        "{x}",
        "{",
        "}",
        "#{",
        "${",
        "<!--",
        "-->",
        "--",
        "]]>",
        "<![CDATA[",
        "</project>",
        "<b>x</b>",
        "<",
        ">",
        "*/",
        "/*",
        "//",
        "\\u000a",
        "\\u0022",
        "\\",
        "\\\\",
        "\\\\\\",
        "\\n",
        "\\x41",
        "\\101",
        "\\N{DASH}",
        "a\\",
        "\\\"",
        "\\'",
        "&",
        "&amp;",
        "&#10;",
        "amp;",
        "\n",
        "a\nb",
        "\r\n",
        "\r",
        "\t",
        ": ",
        "a: b",
        "- ",
        "- a",
        "? a",
        "| a",
        "> a",
        "#",
        "# a",
        "a #",
        "a # b",
        "## a ##",
        "C#",
        "---",
        "...",
        "===",
        "***",
        "* a",
        "+ a",
        "1. a",
        "1) a",
        "12",
        "1",
        ".",
        ")",
        "~~~",
        "~a~",
        "_a_",
        "__a__",
        "*a*",
        "**",
        "[a](b)",
        "![a](b)",
        "[a]: b",
        "[x]",
        "[^1]",
        "a|b",
        "|",
        "\\|",
        "|---|",
        ":-:",
        "http://a.b/c_d_e",
        "www.a.b/c*d*",
        "https://a_b",
        "a@b.c",
        "https:",
        ":tada:",
        "%YAML",
        "&a",
        "*a",
        "!a",
        "=x",
        ":x",
        " a",
        "a ",
        "  ",
        "    a",
        "\u{a0}a\u{a0}",
        "\u{3000}a",
        "null",
        "true",
        "~",
        "0x1",
        "1e3",
        "EOF",
        "\0",
        "a\0b",
        "\u{0}1",
        "\u{1}",
        "\u{8}",
        "\u{b}",
        "\u{c}",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{80}",
        "\u{85}",
        "\u{9f}",
        "\u{ad}",
        "\u{61c}",
        "\u{200b}",
        "\u{200d}",
        "\u{200e}",
        "\u{200f}",
        "\u{202e}abc",
        "\u{2066}a\u{2069}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{feff}a",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{fdd0}",
        "\u{1fffe}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{fff9}",
        "שלום עולם",
        "مرحبا",
        "e\u{301}",
        "\u{301}",
        "\u{338}>",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙",
        "👩‍💻",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "日本語",
        "Ünïcödé",
        "ſ",
        "İ",
    ]
    .map(str::to_owned)
    .to_vec();
    evil.extend(["x", "\"", "\\", "é", "😀", "a b", "$", "'", "&"].map(|unit| unit.repeat(10_000 / unit.chars().count())));
    evil
}

/// The file with `§` replaced by the texts in turn.
fn render(path: &str, template: &str, texts: &[&str]) -> Result<String, Vec<Misplaced>> {
    let mut pieces = Vec::new();
    let mut texts = texts.iter().cycle();
    for (index, literal) in template.split('§').enumerate() {
        if index > 0 {
            pieces.push(Piece::Text { name: "a.title", value: texts.next().unwrap() });
        }
        pieces.push(Piece::Literal(literal));
    }
    encode(&RelPath::new(path).unwrap(), &pieces)
}

/// The texts come back from everywhere they went, or they are refused by a rule that may refuse them.
///
/// An empty text in Markdown is left out: nothing stands between the `**` and `[]` around it, which is for the template to ask.
fn assert_survive(sample: &Sample, texts: &[&str]) {
    if texts.contains(&"") && sample.path == "README.md" {
        return;
    }
    match render(sample.path, sample.template, texts) {
        Ok(file) => {
            let mut texts = texts.iter().cycle();
            let mut filled = |string: &str| {
                let literals: Vec<&str> = string.split('§').collect();
                literals.iter().skip(1).fold(literals[0].to_owned(), |filled, literal| filled + texts.next().unwrap() + literal)
            };
            let expected: Vec<String> = sample.strings.iter().map(|string| filled(string)).collect();
            assert_eq!((sample.read)(&file), expected, "{} in\n{file}", sample.path);
        }
        Err(misplaced) => {
            for Misplaced { rule, .. } in misplaced {
                assert!(sample.refusing.contains(&rule), "{}: {texts:?} was refused by `{rule}`", sample.path);
            }
        }
    }
}

#[test]
fn evil_texts_survive_or_are_refused() {
    for sample in SAMPLES {
        for value in evil() {
            assert_survive(sample, &[&value]);
        }
    }
}

#[test]
fn harmless_texts_are_never_refused() {
    for sample in SAMPLES {
        for value in ["Notes & more: a \"server\", it's (v2) #1 <ok>", "שלום 👩‍💻 日本語 e\u{301}", "me@example.org, 100 % of $5"]
        {
            let rendered = render(sample.path, sample.template, &[value]);
            assert!(rendered.is_ok(), "{}: {rendered:?}", sample.path);
        }
    }
}

/// Any text, evil ones in a row, or what looks like the syntax of something.
fn hostile() -> impl Strategy<Value = String> {
    let short: Vec<String> = evil().into_iter().filter(|text| text.len() < 100).collect();
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(short), 1..4).prop_map(|parts| parts.concat()),
        "[\"'`\\\\${}#@<>&*/_\\[\\]()|!~:=+.0-9a-z \n-]{0,24}",
    ]
}

proptest! {
    #[test]
    fn random_texts_survive_or_are_refused(texts in proptest::collection::vec(hostile(), 1..4)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for sample in SAMPLES {
            assert_survive(sample, &texts);
        }
    }
}
