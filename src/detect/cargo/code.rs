//! The code of a package that runs: no comments and no tests, each line where it stood.

use super::super::{Source, ports};

/// What of a file runs.
pub(super) struct Code<'s> {
    pub(super) path: &'s str,
    pub(super) text: String,
}

impl<'s> Code<'s> {
    pub(super) fn of(source: &Source<'s>) -> Self {
        Self { path: source.path, text: running(source.text) }
    }

    pub(super) fn source(&self) -> Source<'_> {
        Source { path: self.path, text: &self.text }
    }

    pub(super) fn has(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.text.contains(sign))
    }
}

/// The lines of a source, with nothing in place of comments and of the modules that are there for tests.
fn running(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut in_comment = false;
    // The braces that are open inside of a test module, once it has any.
    let mut test: Option<(usize, bool)> = None;
    for line in text.lines() {
        let mut kept = ports::code_of(line);
        if in_comment || line.trim_start().starts_with("/*") {
            in_comment = !line.contains("*/");
            kept = "";
        }
        if let Some((open, has_begun)) = &mut test {
            let is_item = !kept.trim().is_empty() && !kept.trim_start().starts_with("#[");
            *open = (*open + kept.matches('{').count()).saturating_sub(kept.matches('}').count());
            *has_begun |= kept.contains('{') || is_item;
            if *has_begun && *open == 0 {
                test = None;
            }
            kept = "";
        } else if kept.trim_start().starts_with("#[cfg(test)]") {
            let rest = &kept[kept.find(']').map_or(0, |at| at + 1)..];
            let open = rest.matches('{').count().saturating_sub(rest.matches('}').count());
            test = (rest.trim().is_empty() || open > 0).then_some((open, open > 0));
            kept = "";
        }
        code.push_str(kept);
        code.push('\n');
    }
    code
}

#[cfg(test)]
mod tests {
    use super::running;

    #[test]
    fn comments_and_tests_do_not_run() {
        for (text, wanted) in [
            ("a();\n// b();\nc(); // d\n", "a();\n\nc();\n"),
            ("/*\na();\n*/\nb();\n", "\n\n\nb();\n"),
            ("a();\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nc();\n", "a();\n\n\n\n\n\nc();\n"),
            ("#[cfg(test)]\nuse a;\nb();\n", "\n\nb();\n"),
            ("#[cfg(test)]\n#[allow(unused)]\nmod tests;\nb();\n", "\n\n\nb();\n"),
        ] {
            assert_eq!(running(text), wanted, "{text}");
        }
    }
}
