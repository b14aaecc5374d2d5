//! Random files of lines that are easily taken for something else: where a text is let in, its file says the same with every text.

use proptest::{prelude::Strategy, proptest, sample::select};
use saphyr::{LoadableYamlNode, Yaml};

use crate::{hostile, render};

/// A harmless text, to see what a file says.
const PLAIN: &str = "QQ";

const YAML: &[&str] = &[
    "",
    "a: \"§\"",
    "- \"§\"",
    "  - '§'",
    "  \"§\"",
    " '§'",
    "    \"§\"",
    "b: |",
    "- |",
    "  c: >-",
    "  text §",
    "# \"§\"",
    "d: x",
    "  e: \"§\" # c",
    "f: [\"§\",",
    "  x, '§']",
    "  x",
    "g: {h: \"§\", i: x",
    "}",
    "\"k\": \"§\"",
    "---",
    "--- \"§\"",
    "? l",
    ": \"§\"",
    "    x: it's \"§\"",
    "- - \"§\"",
    "- m: |",
    "'n': x \"§\"",
    "o: !!str \"§\"",
    "p: &q \"§\"",
    "r:",
    "  s:",
    "-",
    "  -",
    "t: \"x",
    "  § \"",
    "u: x # '§'",
    "v: 'x ''§'",
    "-\"§\"",
    "w: a\"§\"",
    "x:\"§\"",
    "y : \"§\"",
    "[\"§\": x]",
    "  # \"",
    "...",
    "z: |2-",
];

const MARKDOWN: &[&str] = &[
    "",
    "",
    "",
    "§",
    "# §",
    "## a § #",
    "- §",
    "  §",
    "    §",
    "      §",
    "1. §",
    "   §",
    "> §",
    "> - §",
    ">",
    "```",
    "```sh",
    "~~~",
    "  ```",
    "   ```",
    "    ```",
    "> ```",
    "- ```",
    "  - ```",
    "- ~~~~",
    "~~~~",
    "`§`",
    "a `b",
    "c` §",
    "a ``b` §",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "--> §",
    "<b>§</b>",
    "a <b>§</b>",
    "| § | b |",
    "| a | § |",
    "|---|---|",
    "a | §",
    "[a]: b",
    "[§](c)",
    "[a",
    "§](b)",
    "[§]",
    "\t§",
    "***",
    "---",
    "===",
    "* * *",
    "a <!-- §",
    "**§**",
    "_§_",
    "<pre>",
    "</pre>",
    "a § b",
    "§: x",
    "§. b",
    "1§",
    "- [§] a",
    "- [ ] §",
    "<?",
    "?>",
    "<a",
    "b>",
    "\\",
    "a\\",
    "-     §",
    "10. §",
    "    10. §",
    "+ a",
    "<script>",
    "</script>",
    "https://a.b/§",
    "a [b `c](d) §`",
    "<a@b.c> §",
    "§ §",
    "$§$",
    "a $b",
    "~§~",
    "\\`§`",
    "[^1]",
    "[^1]: §",
    ":--",
    "§ | §",
    "> > §",
    "> # §",
    "- > §",
];

/// Up to eight lines, one text at most.
fn files(lines: &'static [&'static str]) -> impl Strategy<Value = String> {
    (proptest::collection::vec(select(lines), 1..8), 0_usize..12).prop_map(|(lines, chosen)| {
        let template = lines.join("\n") + "\n";
        let count = template.matches('§').count();
        let mut hole = 0;
        template
            .split_inclusive('§')
            .map(|part| {
                hole += 1;
                if count > 0 && hole - 1 != chosen % count { part.replace('§', "x") } else { part.to_owned() }
            })
            .collect()
    })
}

/// What a YAML file says, if it is one.
fn read_yaml(file: &str) -> Option<String> {
    Yaml::load_from_str(file).ok().map(|documents| format!("{documents:?}"))
}

/// What a Markdown file says, as HTML.
fn read_markdown(file: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(file, &options)
}

proptest! {
    #[test]
    fn yaml_says_the_same_with_every_text(template in files(YAML), text in hostile()) {
        if let (Ok(plain), Ok(file)) = (render("a.yaml", &template, &[PLAIN]), render("a.yaml", &template, &[&text]))
            && let Some(said) = read_yaml(&plain)
        {
            let quoted = format!("{text:?}");
            let expected = said.replace(PLAIN, &quoted[1..quoted.len() - 1]);
            assert_eq!(read_yaml(&file), Some(expected), "{file}\n---\n{plain}");
        }
    }

    #[test]
    fn markdown_says_the_same_with_every_text(template in files(MARKDOWN), text in hostile()) {
        if text.is_empty() {
            return Ok(());
        }
        if let (Ok(plain), Ok(file)) = (render("a.md", &template, &[PLAIN]), render("a.md", &template, &[&text])) {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            let expected = read_markdown(&plain).replace(PLAIN, &escaped);
            assert_eq!(read_markdown(&file), expected, "{file}\n---\n{plain}");
        }
    }
}
