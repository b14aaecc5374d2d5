//! Tables: for each type of file where a text may stand, where not and by which rule, and how it is written.

use super::{Misplaced, Piece, encode};
use crate::tree::RelPath;

/// The file at `path`; `§` stands for a text, `value` for all of them.
fn render(path: &str, template: &str, value: &str) -> Result<String, Vec<Misplaced>> {
    let mut pieces = Vec::new();
    for (index, literal) in template.split('§').enumerate() {
        if index > 0 {
            pieces.push(Piece::Text { name: "a.title", value });
        }
        pieces.push(Piece::Literal(literal));
    }
    encode(&RelPath::new(path).unwrap(), &pieces)
}

/// For each text of the template the rule that refuses it; nothing if all may stand.
fn rules(path: &str, template: &str, value: &str) -> Vec<&'static str> {
    render(path, template, value).map_or_else(|misplaced| misplaced.iter().map(|text| text.rule).collect(), |_| Vec::new())
}

fn assert_places(path: &str, table: &[(&str, &[&str])]) {
    for (template, expected) in table {
        assert_eq!(rules(path, template, "x"), *expected, "{path}:\n{template}");
    }
}

fn assert_written(path: &str, template: &str, table: &[(&str, &str)]) {
    for (value, written) in table {
        assert_eq!(render(path, template, value).as_deref(), Ok(template.replace('§', written).as_str()), "{path}: {value:?}");
    }
}

fn assert_values_refused(path: &str, template: &str, table: &[(&str, &str)]) {
    for (value, rule) in table {
        assert_eq!(rules(path, template, value), [*rule], "{path}: {value:?} in {template}");
    }
}

#[test]
fn a_misplaced_text_is_named_with_its_place() {
    let pieces = [
        Piece::Literal("# é\r\n"),
        Piece::Text { name: "a.title", value: "x" },
        Piece::Literal("a = \""),
        Piece::Text { name: "a.ok", value: "x" },
        Piece::Literal("\" # "),
        Piece::Text { name: "a.author", value: "x" },
    ];
    let misplaced = encode(&RelPath::new("a.toml").unwrap(), &pieces).unwrap_err();
    let seen: Vec<_> = misplaced.iter().map(|text| (text.name.as_str(), text.offset, text.rule, text.message.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("a.title", 6, "unquoted", "it stands outside of quotes; a text may stand in a string of one line"),
            ("a.author", 15, "comment", "it stands in a comment; a text may stand in a string of one line"),
        ]
    );
}

#[test]
fn the_name_tells_the_type_of_file() {
    for path in ["Makefile", ".env", "a.txt", "Dockerfile.dockerignore", "nginx.conf", ".gitignore", "a.bat", "build.gradle", ".sh"] {
        assert_eq!(rules(path, "x = \"§\"", "x"), ["file-type"], "{path}");
        assert_eq!(render(path, "no text", ""), Ok("no text".to_owned()));
    }
    for (path, template) in [
        ("Dockerfile.dev", "LABEL a=\"§\"\n"),
        ("api.Dockerfile", "LABEL a=\"§\"\n"),
        ("build.gradle.kts", "val a = \"§\"\n"),
        ("mvnw", "#!/bin/sh\necho \"§\"\n"),
        ("scripts/init-env", "#!/usr/bin/env -S bash\necho \"§\"\n"),
        ("README.MD", "§"),
    ] {
        assert_eq!(rules(path, template, "x"), [""; 0], "{path}");
    }
    assert_eq!(rules("run", "#!/usr/bin/env python3\nprint(\"§\")\n", "x"), ["file-type"]);
}

#[test]
fn json() {
    assert_places(
        "a.json",
        &[
            (r#"{"a": "§", "b": ["§ and §", "\"§", "\n§"]}"#, &[]),
            (r#"{"§": 1, "b§" : "§"}"#, &["key", "key"]),
            (r#"{"a": §}"#, &["unquoted"]),
            ("{ // §\n\"a\": \"§\" /* \" § */}", &["comment", "comment"]),
            (r#"{"a": "\§"}"#, &["escape"]),
            (r#"{"a": "\u00§"}"#, &["escape"]),
            ("{\"a\": \"§\n\", \"b\": \"§\"}", &["unclosed", "unclosed"]),
        ],
    );
    assert_written("a.json", r#"{"a":"§"}"#, &[("\"\\/\n\t\0é", r#"\"\\/\n\t\u0000é"#), ("\u{202e}\u{1fffe}", r"\u202e\ud83f\udffe")]);
}

#[test]
fn toml() {
    assert_places(
        "a.toml",
        &[
            ("a = \"§\" # ok\nb = [\n  \"§\", # it's\n  [\"§\"],\n]\nc = { d = \"§\" }", &[]),
            ("\"§\" = 1", &["key"]),
            ("[\"§\"]\na.\"§\" = \"§\"", &["key", "key"]),
            ("c = { \"§\" = 1 }", &["key"]),
            ("a = '§'", &["literal-string"]),
            ("a = \"\"\"\n§\"\"\"\nb = '''§'''", &["text-block", "text-block"]),
            ("a = '\\'\nb = \"§\" # \"§\"", &["comment"]),
            ("a = §", &["unquoted"]),
        ],
    );
    assert_written("a.toml", "a = \"§\"", &[("\"\\\r\u{7f}", "\\\"\\\\\\r\\u007f"), ("\u{10ffff}", "\\U0010ffff")]);
}

#[test]
fn yaml() {
    assert_places(
        "a.yaml",
        &[
            ("a: \"§\" # c\nb: '§'\nc:\n  - \"§\"\n  - d: \"§\"\n  - !!str \"§\"\ne: [\"§\", '§', {f: \"§\"}]\n", &[]),
            ("a: §\nb: x §\n§: 1\n- §\n", &["unquoted"; 4]),
            ("a: b \"§\"\n", &["unquoted"]),
            ("a: it's \"§\"\nb: \"§\"\n", &["unquoted"]),
            ("a: x\n  \"§\"\n  - \"§\"\n", &["unquoted"; 2]),
            ("a:\n    x\n  \"§\"\n", &["unquoted"]),
            ("a: \"x\" # \"§\"\n# \"§\"\n", &["comment"; 2]),
            ("run: |\n  echo \"§\"\n\n  \"§\"\nb: \"§\"\n", &["block-scalar"; 2]),
            ("- a: >-\n    \"§\"\n  b: \"§\"\n- |\n \"§\"\n- \"§\"\n", &["block-scalar"; 2]),
            ("a: \"x\n  §\"\n", &["multi-line"]),
            ("\"§\": 1\n{\"§\" : \"§\"}\n", &["key"; 2]),
            ("a: [x\n \"§\"]\nb: [x, \"§\"]\n", &["unquoted"]),
            ("a: \"\\x4§ \\§\"\n", &["escape"; 2]),
            ("a: \"§\" b\n", &[]),
            ("--- \"§\"\n---\na: \"§\"\n", &[]),
            ("a: \"§\n", &["unclosed"]),
            ("a: 'it''s §'\n", &[]),
        ],
    );
    assert_written("a.yml", "a: \"§\"\n", &[("\"\\\n\u{85}", "\\\"\\\\\\n\\u0085"), ("\u{feff}\u{1fffe}'", "\\ufeff\\U0001fffe'")]);
    assert_written("a.yml", "a: '§'\n", &[("it's \\n \"x\" # y: ", "it''s \\n \"x\" # y: ")]);
    assert_values_refused("a.yml", "a: '§'\n", &[("\n", "unwritable-character"), ("\u{202e}", "unwritable-character")]);
}

#[test]
fn java_and_kotlin() {
    assert_places(
        "A.java",
        &[
            ("var a = \"§\" + '\"' + \"\\\"§\"; // it's\nvar b = \"§\";", &[]),
            ("/* \" § */ § // § \"", &["comment", "unquoted", "comment"]),
            ("var a = '§';", &["character"]),
            ("var a = \"\"\"\n  \"§\n  \"\"\";\nvar b = \"§\";", &["text-block"]),
            ("var a = \"\\§\" + \"\\1§\" + \"\\u00§\" + \"\\n§\";", &["escape"; 3]),
        ],
    );
    assert_places(
        "a.kt",
        &[
            ("val a = \"§ $b ${c(\"x\" + '}')} §\" /* /* \" */ \" */\nval d = \"§\"", &[]),
            ("val a = \"${b(\"§\")} $c§\"", &["template"; 2]),
            ("val a = \"\"\"§ ${\"\"\"x\"\"\"} §\"\"\"", &["text-block"; 2]),
        ],
    );
    assert_written("A.java", "\"§\"", &[("\"'\\\n", "\\\"'\\\\\\n"), ("\\u000a", "\\\\u000a"), ("\0\u{31}\u{202e}", "\\0001\\u202e")]);
    assert_written("a.kt", "\"§\"", &[("$x ${y}\0", "\\$x \\${y}\\u0000")]);
    for path in ["A.java", "a.kt"] {
        let placeholders = [("${x}", "spring-placeholder"), ("#{x}", "spring-expression")];
        assert_values_refused(path, "@Info(title = a(\"§\"))", &placeholders);
        assert_values_refused(path, "@org.x.Value /* c */ (\"§\")", &placeholders);
        assert_eq!(rules(path, "@Bean() fun(\"§\")", "${x}"), [""; 0]);
    }
}

#[test]
fn javascript() {
    assert_places(
        "a.mjs",
        &[
            ("const a = \"§\" + '§' + `x ${b({c: `}`})}` + \"§\"", &[]),
            ("`§ ${\"§\"} ${`§`}` + \"§\"", &["template"; 3]),
            ("x = /[\"/]'§/.test(\"§\") / 2 / \"§\".length; return /\"/", &["unquoted"]),
            ("if (a / b) { c = \"§\" } /\"/.exec(\"§\")", &[]),
            ("// it's §\n'\\x4§' + '\\u{1§}' + '\\\n§'", &["comment", "escape", "escape"]),
        ],
    );
    assert_written("a.ts", "'§'", &[("'\"\\\u{2028}\0", "\\'\"\\\\\\u2028\\u0000")]);
    assert_written("a.js", "\"§\"", &[("'\"`${x}", "'\\\"`${x}")]);
}

#[test]
fn python() {
    assert_places(
        "a.py",
        &[
            ("\"\"\"Docs of §.\n\n\"quoted\" § \"\"\"\na = \"§\" + u'§' + '''§'''", &[]),
            ("f\"§\" + Rb'§' + r'§' + rf'''§''' + b\"§\"", &["template", "bytes", "raw-string", "template", "bytes"]),
            ("# it's §\na = '\\§' + '\\N{DASH}§'", &["comment", "escape"]),
            ("a = 'x\n§' + '§'", &["unclosed"; 2]),
            ("half\"§\"", &[]),
        ],
    );
    assert_written("a.py", "'§'", &[("'\"\\\n\0", "\\'\"\\\\\\n\\u0000"), ("\u{10ffff}", "\\U0010ffff")]);
    assert_written("a.py", "\"\"\"§\"\"\"", &[("\"\"\"", "\\\"\\\"\\\"")]);
}

#[test]
fn sql() {
    assert_places(
        "V1__a.sql",
        &[
            ("insert into a values ('§', 'it''s §'); -- it's\nselect '§'", &[]),
            (
                "-- §\n/* § */ select §, \"§\", `§`, $$ '§' $$, $x$ $$ § $x$, '§'",
                &["comment", "comment", "unquoted", "identifier", "identifier", "dollar-quoted", "dollar-quoted"],
            ),
            ("select E'\\'§', '§'", &["unclosed"; 2]),
        ],
    );
    assert_written("a.sql", "'§'", &[("it's", "it''s")]);
    assert_values_refused("a.sql", "'§'", &[("\\", "sql-backslash"), ("a\0", "unwritable-character"), ("${x}", "flyway-placeholder")]);
}

#[test]
fn properties() {
    assert_places(
        "a.properties",
        &[
            ("a=§\n  b : x § # y\nc §\nd=x\\\n  §\ne\\=f=§", &[]),
            ("# §\n ! §\n§=x\na§b", &["comment", "comment", "key", "key"]),
            ("a=\\§\nb=\\\\§\nc=\\u00§\n# \\\nd=§", &["escape"; 2]),
        ],
    );
    assert_written(
        "a.properties",
        "a = §",
        &[(" a\\b= ", "\\u0020a\\\\b=\\u0020"), ("=x", "\\=x"), ("é😀\n", "\\u00e9\\ud83d\\ude00\\u000a"), ("@x@", "@x@")],
    );
}

#[test]
fn shell() {
    assert_places(
        "a.sh",
        &[
            ("a=\"§\" b='§' # it's\necho \"it's §\" '\"' \"§\" a#b \"$# §\" $# \"§\"", &[]),
            ("echo § # §\n\\§", &["unquoted", "comment", "escape"]),
            ("cat <<EOF\n\"§\"\n EOF\nEOF\necho \"§\"", &["heredoc"]),
            ("cat <<-'A B'; cat << \"EOF\"\n\"§\"\n\tA B\n\"§\"\nEOF\n\"§\"", &["heredoc"; 2]),
            ("echo \"$(printf \"%s\" \"§\" '§' $((1 + 2)) \")\")\" `echo §` ${x:-§} \"§\"", &["shell-expansion"; 4]),
            (
                "echo ${x:-'§'} \"${y%\"§\"}\" $'§' $\"§\" \"$§\" \"$x§\" \"$?§\"",
                &["shell-expansion", "shell-expansion", "escape", "shell-expansion", "shell-expansion", "shell-expansion"],
            ),
            ("echo \"\\§ \\\\§\"", &["escape"]),
            ("read x <<< \"§\"\necho \"§", &["unclosed"]),
        ],
    );
    assert_written("a.sh", "\"§\"", &[("\"$x `y` \\ ! '", "\\\"\\$x \\`y\\` \\\\ ! '")]);
    assert_written("a.sh", "'§'", &[("it's \\ $x", "it'\\''s \\ $x")]);
    assert_values_refused("a.sh", "'§'", &[("\0", "unwritable-character"), ("\n", "unwritable-character")]);
}

#[test]
fn dockerfile() {
    assert_places(
        "Dockerfile",
        &[
            ("# it's\nFROM a\nLABEL a.b-c=\"§\" d=\"§ ${E} §\" \\\n  # c\n\n  f=\"§\"\nenv G=h I=\"§\"\n", &[]),
            (
                "FROM §\n# §\nLABEL a=§\nLABEL a='§'\nENV a \"§\"\nARG a=\"§\"\n",
                &["unquoted", "comment", "unquoted", "unquoted", "unquoted", "unquoted"],
            ),
            ("RUN echo \\\n  # x\n  \"§\"\nLABEL a=\"§\"\n", &["unquoted"]),
            ("RUN <<EOF cat <<-\"B\"\nLABEL a=\"§\"\nEOF\n\tB\nLABEL a=\"§\"\n", &["heredoc"]),
            ("# syntax=x\n# escape=`\nLABEL a=\"§\"\n", &["escape-directive"]),
            ("LABEL a=\"\\§ $x§ ${y:-§}\" b=\"x\\\n §\"\n", &["escape", "docker-variable", "docker-variable", "unquoted"]),
            ("LABEL a=\"§\"b c=\"§\"\n", &["unclosed", "unquoted"]),
            ("ONBUILD LABEL a=\"§\"\n", &["unquoted"]),
        ],
    );
    assert_written("Dockerfile", "LABEL a=\"§\"\n", &[("\"$x\\n'`é", "\\\"\\$x\\\\n'`é")]);
    assert_values_refused("Dockerfile", "LABEL a=\"§\"\n", &[("\n", "unwritable-character"), (&"x".repeat(16_001), "too-long")]);
}

#[test]
fn xml_and_html() {
    assert_places(
        "a.xml",
        &[
            ("<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a b=\"§\" c='§ \" §'>§<d/>§ &amp;§ > §</a>", &[]),
            ("§<a>§</a>§", &["unquoted"; 2]),
            ("<a><!-- § --><![CDATA[ § ]]><?b §?><§ §=\"\" c=§/></a>", &["comment", "cdata", "tag", "tag", "tag", "tag"]),
            ("<a b=\"&§\">&#x§</a>", &["escape"; 2]),
        ],
    );
    assert_places(
        "a.html",
        &[
            ("<!doctype html><title>§</title><meta name=\"description\" content=\"§\"><br>§ <p title='§'>§</p>", &[]),
            ("<script a=\"§\">\"§\" < </script>§<style>§</STYLE>§", &["raw-element"; 2]),
            (
                "<a href=\"§\" onclick='§' style=\"§\" th:text=\"§\" title=§>§</a>",
                &["attribute", "attribute", "attribute", "attribute", "tag"],
            ),
            ("<!-- § -->§", &["comment"]),
        ],
    );
    assert_written("a.xml", "<a>§</a>", &[("<&>\"']]>\r", "&lt;&amp;&gt;&quot;&#39;]]&gt;&#xd;"), ("\u{202e}", "&#x202e;")]);
    assert_values_refused(
        "a.xml",
        "<a>§</a>",
        &[("\0", "unwritable-character"), ("\u{ffff}", "unwritable-character"), ("${x}", "property-interpolation")],
    );
    assert_values_refused("a.html", "<a>§</a>", &[("\n", "unwritable-character"), ("\u{80}", "unwritable-character")]);
}

#[test]
fn markdown() {
    assert_places(
        "README.md",
        &[
            (
                "# §\n\n§ and **§**, [§](b), ![§](c) and `code` §.\n\n- §\n  1. §\n\n> §\n\n| § | a `x` § |\n|---|---|\n| § | <br> § |\n",
                &[],
            ),
            ("`§` ``a ` § `` `a\nb §`\n", &["code", "code", "open-line"]),
            ("```sh\n§\n~~~\n§\n```\n§\n", &["code"; 2]),
            ("- ~~~\n  §\n  ~~~\n  §\n> ```\n> §\n> ```\n§\n\n1. a\n   ```\n   §\n   ```\n", &["code"; 3]),
            ("> ```\n> §\n\n§\n", &["code"; 2]),
            ("- a\n  ```\nb\n```\n§\n", &["code"]),
            ("a\n\n    §\n-     §\n\t§\n", &["indented"; 3]),
            ("<p align=\"center\">\n§\n</p>\n\n§\n<!-- §\n\n§ --> §\n\n§\n", &["html"; 4]),
            ("§ <b title=\"§\">§</b>\n\n§ <!-- §\n§ -->\n", &["html", "open-line", "html", "open-line"]),
            ("[a](§ \"§\") <§> <https://§> https://x.y/§ www.§ §\n", &["link", "link", "html", "html", "link", "link"]),
            ("[§]: x\n[b]: § \"§\"\n\n[c]: d\n  §\n\n§: [a]: b\n", &["link-label", "link", "link", "link"]),
            ("- [§] a [^§] [§][b]\n", &["link-label"; 3]),
            ("---\ntitle: \"§\"\n---\n§\n", &["front-matter"]),
            ("\\§ &§ &am§\n", &["escape"; 3]),
            ("$§$ §\n$ § \n", &["math"; 2]),
            ("- a ` b\n- c `§` d\n\na `b\nc` §\n\n[a](b\nc) §\n", &["code", "open-line", "open-line"]),
        ],
    );
    assert_written(
        "a.md",
        "§",
        &[
            ("- a", "\\- a"),
            ("1. a", "1\\. a"),
            ("12", "&#x31;2"),
            ("# a #", "\\# a \\#"),
            ("C# and a.b - c (d)!", "C# and a.b - c (d)\\!"),
            ("> <b> & |", "&gt; &lt;b&gt; &amp; &#x7c;"),
            ("*a* _b_ `c` [d](e) \\", "\\*a\\* \\_b\\_ &#x60;c&#x60; \\[d\\](e) \\\\"),
            (" a ", "&#x20;a&#x20;"),
            ("http://www.a", "http\\://www\\.a"),
        ],
    );
    assert_written("a.md", "a §.", &[("- a", "- a"), ("12", "12")]);
    assert_values_refused("a.md", "§", &[("\n", "unwritable-character"), ("\0", "unwritable-character")]);
}

#[test]
fn later_readers() {
    assert_values_refused("pom.xml", "<a>§</a>", &[("${x}", "maven-interpolation"), ("a${", "maven-interpolation")]);
    assert_eq!(rules("pom.xml", "<a>§{x} $§ ${§}</a>", "$"), ["maven-interpolation"; 2]);
    assert_eq!(rules("pom.xml", "<a>$§</a>\n<a>§{x}</a>", "{"), ["maven-interpolation"]);
    for path in [".github/workflows/ci.yml", ".github/actions/a/action.yaml", "action.yml"] {
        assert_values_refused(path, "a: \"§\"\n", &[("${{ x }}", "github-expression")]);
        assert_values_refused(path, "a: \"${{ b('§') }} x\"\n", &[("x", "github-expression")]);
        assert_written(path, "a: \"${{ b }} §\"\n", &[("${x} {{", "${x} {{")]);
    }
    for path in ["compose.yaml", "docker-compose.yml", "deploy/compose.dev.yaml"] {
        assert_written(path, "a: \"${B} §\"\n", &[("$x ${y} $$", "$$x $${y} $$$$")]);
        assert_eq!(rules(path, "a: \"$§ $B§\"\nb: \"${C:-§}\"\n", "x"), ["compose-interpolation"; 3]);
    }
    for path in ["src/main/resources/application.properties", "application-dev.properties"] {
        assert_written(path, "a=§", &[("@x@", "\\u0040x\\u0040")]);
        assert_values_refused(path, "a=§", &[("${x}", "spring-placeholder"), ("#{x}", "spring-expression")]);
        assert_values_refused(path, "a=${B:§}", &[("x", "spring-placeholder")]);
    }
    assert_written("application.yaml", "a: \"§\"\n", &[("@x@", "\\u0040x\\u0040")]);
    assert_values_refused("application.yml", "a: '§'\n", &[("@x@", "maven-filter"), ("${x}", "spring-placeholder")]);
    assert_values_refused("k8s/app.yaml", "a: \"§\"\n", &[("$(X)", "kubernetes-variable")]);
    assert_values_refused("monitoring/prometheus/a.yml", "a: \"§\"\n", &[("{{ $x }}", "go-template")]);
    assert_values_refused(".vscode/a.json", "{\"a\": \"§\"}", &[("${env:X}", "editor-variable")]);
    assert_values_refused(
        "src/main/resources/templates/a.html",
        "<p>§</p>",
        &[("[[x]]", "template-language"), ("{{x}}", "template-language")],
    );
}
