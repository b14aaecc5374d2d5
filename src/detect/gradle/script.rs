//! A build script as its statements: what is said, on which line and in which blocks. A statement goes on where brackets or a comma do.

use std::rc::Rc;

use super::super::Source;

/// Blocks in blocks that are told apart.
const DEEPEST: usize = 32;

/// A script of the build.
pub(super) struct Script<'s> {
    pub(super) source: Source<'s>,
    pub(super) statements: Vec<Statement>,
}

/// What stands between brackets, semicolons and line ends, without comments. What opens a block is one, too.
pub(super) struct Statement {
    /// Where it begins, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    block: Option<Rc<Block>>,
}

struct Block {
    name: String,
    outer: Option<Rc<Block>>,
}

impl<'s> Script<'s> {
    pub(super) fn of(source: Source<'s>) -> Self {
        let mut reader = Reader::default();
        let mut rest = source.text.chars().peekable();
        while let Some(c) = rest.next() {
            match (reader.quote, c) {
                (None, '/') if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
                (None, '/') if rest.peek() == Some(&'*') => {
                    let mut last = rest.next();
                    while !(last == Some('*') && rest.peek() == Some(&'/')) {
                        last = rest.next();
                        reader.number += usize::from(last == Some('\n'));
                        if last.is_none() {
                            break;
                        }
                    }
                    rest.next();
                }
                _ => reader.take(c),
            }
        }
        reader.end();
        Self { source, statements: reader.statements }
    }
}

/// Where the reader of a script is.
#[derive(Default)]
struct Reader {
    statements: Vec<Statement>,
    text: String,
    /// Lines before this one.
    number: usize,
    /// The line on which the text began, from 1.
    line: usize,
    quote: Option<char>,
    is_escaped: bool,
    brackets: usize,
    block: Option<Rc<Block>>,
    /// The brackets that are open around each block.
    around: Vec<usize>,
}

impl Reader {
    fn take(&mut self, c: char) {
        self.number += usize::from(c == '\n');
        if let Some(quote) = self.quote {
            if !self.is_escaped && (c == quote || c == '\n') {
                self.quote = None;
            }
            self.is_escaped = c == '\\' && !self.is_escaped;
            self.text.push(c);
            return;
        }
        match c {
            '{' => self.open(),
            '}' => {
                self.end();
                self.brackets = self.around.pop().unwrap_or_default();
                if self.around.len() < DEEPEST {
                    self.block = self.block.take().and_then(|block| block.outer.clone());
                }
            }
            ';' => self.end(),
            '\n' if self.brackets == 0 && !self.text.trim_end().ends_with(',') => self.end(),
            c => {
                match c {
                    '"' | '\'' => self.quote = Some(c),
                    '(' | '[' => self.brackets += 1,
                    ')' | ']' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                if !self.text.is_empty() || !c.is_whitespace() {
                    self.line = if self.text.is_empty() { self.number + 1 } else { self.line };
                    self.text.push(c);
                }
            }
        }
    }

    fn open(&mut self) {
        let name = self.text.trim().to_owned();
        self.end();
        if self.around.len() < DEEPEST {
            self.block = Some(Rc::new(Block { name, outer: self.block.take() }));
        }
        self.around.push(std::mem::take(&mut self.brackets));
    }

    fn end(&mut self) {
        let text = std::mem::take(&mut self.text).trim_end().to_owned();
        if !text.is_empty() {
            self.statements.push(Statement { line: self.line, text, block: self.block.clone() });
        }
    }
}

impl Statement {
    /// The blocks around it, the nearest first.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.block.as_deref(), |block| block.outer.as_deref()).map(|block| block.name.as_str())
    }

    pub(super) fn is_in(&self, name: &str) -> bool {
        self.blocks().any(|block| block == name)
    }

    /// The nearest block.
    pub(super) fn block(&self) -> &str {
        self.blocks().next().unwrap_or_default()
    }

    /// The line, from 1, on which a part of its text stands.
    pub(super) fn line_of(&self, part: &str) -> usize {
        let before = self.text.find(part).map_or("", |at| &self.text[..at]);
        self.line + before.matches('\n').count()
    }

    /// What is assigned to `name`, in any way that a script may write it: `name = x`, `name 'x'`, `name.set(x)`.
    pub(super) fn assigned(&self, name: &str) -> Option<&str> {
        let rest = self.text.strip_prefix(name)?;
        if let Some(value) = rest.strip_prefix(".set(") {
            return Some(value.trim_end().trim_end_matches(')').trim());
        }
        let value = rest.strip_prefix([' ', '\t', '=', '('])?.trim_start().trim_start_matches('=');
        Some(value.trim()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::{Script, Source};

    #[test]
    fn a_script_is_statements_in_blocks() {
        let text = "a 'x // y' // no\nsubprojects { /* { */ version = '1'; java { b } }\nimplementation(\n  'g:c',\n  \"g:d\"\n)\nf 'q',\n 'r'\n} 'open\nend\n";
        let script = Script::of(Source { path: "x", text });
        let told: Vec<String> = script
            .statements
            .iter()
            .map(|it| format!("{} {}: {}", it.line, it.blocks().collect::<Vec<_>>().join("<"), it.text.replace('\n', " ")))
            .collect();
        assert_eq!(
            told,
            [
                "1 : a 'x // y'",
                "2 : subprojects",
                "2 subprojects: version = '1'",
                "2 subprojects: java",
                "2 java<subprojects: b",
                "3 : implementation(   'g:c',   \"g:d\" )",
                "7 : f 'q',  'r'",
                "9 : 'open end",
            ]
        );
        assert_eq!(script.statements[5].line_of("g:d"), 5);
        assert_eq!(Script::of(Source { path: "x", text: &"{".repeat(100_000) }).statements.len(), 0);
        assert_eq!(Script::of(Source { path: "x", text: "/*" }).statements.len(), 0);
    }
}
