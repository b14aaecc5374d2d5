//! What is printed: data to stdout, talk to stderr, colour where a person reads.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, BufWriter, ErrorKind, Write},
    path::Path,
};

use console::{Style, Term, measure_text_width};
use serde::Serialize;

use crate::error::{Error, Result};

/// Columns of prose where there is no terminal, and the most that it takes on one: longer lines are hard to read.
const WIDEST: usize = 100;
/// Columns below which text is not wrapped further.
const NARROWEST: usize = 40;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether a stream is coloured. `--color` goes before `NO_COLOR`, that before `CLICOLOR_FORCE`, and that before what the stream is.
    pub fn decide(self, is_terminal: bool, variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
            Self::Auto => {
                is_terminal && variable("TERM").is_none_or(|term| term != "dumb") && variable("CLICOLOR").is_none_or(|value| value != "0")
            }
        }
    }
}

/// The ways in which words are set off. None carries a meaning that is not in the words as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A heading.
    Heading,
    /// Something that can be typed: a kit, a flag, a command.
    Name,
    /// What is less important.
    Dim,
    /// What is there, what went well.
    Good,
    /// What deserves attention.
    Warning,
    /// What went wrong.
    Bad,
    /// What was searched for.
    Match,
}

impl Ink {
    fn style(self) -> Style {
        match self {
            Self::Heading => Style::new().bold(),
            Self::Name => Style::new().cyan(),
            Self::Dim => Style::new().dim(),
            Self::Good => Style::new().green(),
            Self::Warning => Style::new().yellow().bold(),
            Self::Bad => Style::new().red().bold(),
            Self::Match => Style::new().bold().underlined(),
        }
    }
}

/// Sets words off, or leaves them as they are where nobody would see it.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// Whether anything is set off.
    pub fn is_coloured(self) -> bool {
        self.coloured
    }

    /// The text in this ink.
    pub fn paint(self, ink: Ink, text: impl Display) -> String {
        ink.style().force_styling(self.coloured).apply_to(text).to_string()
    }
}

/// What can be written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Live {
    /// Nothing: it goes into a file, or to another program.
    Nothing,
    /// What is said.
    Talk,
    /// All that stands on the terminal, data too.
    Screen,
}

/// Where a command prints.
///
/// Printing never fails a command half-way: a reader that has gone (`stagekit list | head -1`) is no error, and any other one is kept
/// for [`Output::finish`].
pub struct Output {
    data: Box<dyn Write>,
    talk: Box<dyn Write>,
    data_palette: Palette,
    talk_palette: Palette,
    width: usize,
    quiet: bool,
    live: Live,
    is_closed: bool,
    failure: Option<io::Error>,
}

impl Output {
    /// The process's stdout and stderr.
    pub fn standard(colour: Colour) -> Self {
        let (stdout, stderr) = (Term::stdout(), Term::stderr());
        let variable = |name: &str| std::env::var_os(name);
        let columns = |term: &Term| term.size_checked().map(|(_, columns)| usize::from(columns));
        let is_live = stderr.is_term() && variable("TERM").is_none_or(|term| term != "dumb");
        Self {
            data_palette: Palette { coloured: colour.decide(stdout.is_term(), &variable) },
            talk_palette: Palette { coloured: colour.decide(stderr.is_term(), &variable) },
            live: match (is_live, stdout.is_term()) {
                (false, _) => Live::Nothing,
                (true, false) => Live::Talk,
                (true, true) => Live::Screen,
            },
            width: columns(&stdout).or_else(|| columns(&stderr)).map_or(WIDEST, |columns| columns.clamp(NARROWEST, WIDEST)),
            ..Self::to(Box::new(BufWriter::new(io::stdout())), Box::new(io::stderr()))
        }
    }

    /// Data and talk to these writers, uncoloured, 100 columns wide.
    pub fn to(data: Box<dyn Write>, talk: Box<dyn Write>) -> Self {
        let plain = Palette { coloured: false };
        Self {
            data,
            talk,
            data_palette: plain,
            talk_palette: plain,
            width: WIDEST,
            quiet: false,
            live: Live::Nothing,
            is_closed: false,
            failure: None,
        }
    }

    /// The same with both streams coloured or not.
    #[must_use]
    pub fn coloured(mut self, coloured: bool) -> Self {
        self.data_palette.coloured = coloured;
        self.talk_palette.coloured = coloured;
        self
    }

    /// The same with this many columns.
    #[must_use]
    pub fn wide(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// Says nothing but warnings and errors from now on, if `quiet`.
    pub fn set_quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// How data is set off.
    pub fn palette(&self) -> Palette {
        self.data_palette
    }

    /// How talk is set off.
    pub fn talk_palette(&self) -> Palette {
        self.talk_palette
    }

    /// Columns to wrap prose at.
    pub fn width(&self) -> usize {
        self.width
    }

    /// One line of data.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.print(text.as_ref());
        self.print("\n");
    }

    /// Data as it is.
    pub fn print(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Data that need not be text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if !self.is_closed && self.failure.is_none() {
            let written = self.data.write_all(bytes);
            self.keep(written);
        }
    }

    /// A value as indented JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Error::failed("failed to write JSON").because(error))?;
        self.line(text);
        Ok(())
    }

    /// A value as one line of JSON, printed at once: whoever reads waits for it.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| Error::failed("failed to write JSON").because(error))?;
        self.line(text);
        self.flush();
        Ok(())
    }

    /// Data wrapped at the width: the first line after `first`, the others after `rest`.
    pub fn paragraph(&mut self, first: &str, rest: &str, text: &str) {
        for line in wrap(text, self.width, first, rest) {
            self.line(line);
        }
    }

    /// Whether there is no talk.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Talk: progress and advice; nothing if quiet.
    pub fn say(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            self.talk_line(text.as_ref());
        }
    }

    /// A line of talk that the next one takes the place of; nothing where it would stay. An empty one clears it.
    pub fn progress(&mut self, text: impl AsRef<str>) {
        if self.live != Live::Nothing && !self.quiet {
            let _ = write!(self.talk, "\r\u{1b}[K{}", text.as_ref()).and_then(|()| self.talk.flush());
        }
    }

    /// Clears the screen for what takes the place of all that stands on it; nothing where there is no screen.
    pub fn clear(&mut self) {
        if self.live == Live::Screen {
            self.print("\u{1b}[H\u{1b}[2J");
        }
    }

    /// Whether nobody reads data any more.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// `warning: …`, also if quiet.
    pub fn warn(&mut self, text: impl AsRef<str>) {
        let label = self.talk_palette.paint(Ink::Warning, "warning:");
        self.talk_line(&format!("{label} {}", text.as_ref()));
    }

    /// `hint: …`; nothing if quiet.
    pub fn hint(&mut self, text: impl AsRef<str>) {
        let label = self.talk_palette.paint(Ink::Name, "hint:");
        self.say(format!("{label} {}", text.as_ref()));
    }

    /// The error, its faults indented below it, and the way out. The only place that prints errors.
    pub fn error(&mut self, error: &Error) {
        let label = self.talk_palette.paint(Ink::Bad, "error:");
        self.talk_line(&format!("{label} {error}"));
        if let Some(hint) = error.way_out() {
            let label = self.talk_palette.paint(Ink::Name, "hint:");
            self.talk_line(&format!("{label} {hint}"));
        }
    }

    /// Talk that is laid out already, also if quiet.
    pub fn talk(&mut self, text: &str) {
        self.flush();
        // Nobody is left to tell when stderr fails.
        let _ = self.talk.write_all(text.as_bytes());
    }

    /// Prints what is held back, so that somebody else (a prompt) may write to the terminal.
    pub fn flush(&mut self) {
        if !self.is_closed && self.failure.is_none() {
            let flushed = self.data.flush();
            self.keep(flushed);
        }
        // Nobody is left to tell when stderr fails.
        let _ = self.talk.flush();
    }

    /// Prints what is held back; the first thing that went wrong in printing data, if anything did.
    pub fn finish(&mut self) -> Result<()> {
        self.flush();
        match self.failure.take() {
            Some(failure) => Err(Error::io("write", Path::new("stdout"), failure)),
            None => Ok(()),
        }
    }

    fn talk_line(&mut self, text: &str) {
        self.talk(&format!("{text}\n"));
    }

    fn keep(&mut self, written: io::Result<()>) {
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.is_closed = true,
            Err(error) => self.failure = Some(error),
        }
    }
}

/// `text` in lines of at most `width` columns, the first after `first`, the others after `rest`; a longer word has a line of its own.
///
/// Painted text counts as what is seen of it.
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    let mut columns = measure_text_width(first);
    for word in text.split_whitespace() {
        let word_columns = measure_text_width(word);
        if !is_empty && columns + 1 + word_columns > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            (is_empty, columns) = (true, measure_text_width(rest));
        }
        if !is_empty {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += word_columns;
        is_empty = false;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// `text` filled with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(measure_text_width(text))))
}

#[cfg(test)]
mod tests {
    use std::{
        ffi::OsString,
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::{Colour, Ink, Output, Palette, pad, wrap};
    use crate::error::{Error, ErrorKind, Fault};

    #[derive(Clone, Default)]
    struct Sheet(Arc<Mutex<Vec<u8>>>);

    impl Sheet {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sheet {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sheets() -> (Sheet, Sheet, Output) {
        let (data, talk) = (Sheet::default(), Sheet::default());
        let output = Output::to(Box::new(data.clone()), Box::new(talk.clone()));
        (data, talk, output)
    }

    #[test]
    fn colour_obeys_the_flag_then_the_environment_then_the_stream() {
        type Case<'c> = (Colour, bool, &'c [(&'c str, &'c str)], bool);
        let cases: [Case<'_>; 12] = [
            (Colour::Auto, true, &[], true),
            (Colour::Auto, false, &[], false),
            (Colour::Auto, true, &[("NO_COLOR", "1")], false),
            (Colour::Auto, true, &[("NO_COLOR", "")], true),
            (Colour::Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Colour::Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (Colour::Auto, false, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Colour::Auto, true, &[("TERM", "dumb")], false),
            (Colour::Auto, true, &[("CLICOLOR", "0")], false),
            (Colour::Always, false, &[("NO_COLOR", "1")], true),
            (Colour::Never, true, &[("CLICOLOR_FORCE", "1")], false),
            (Colour::Auto, true, &[("TERM", "xterm"), ("CLICOLOR", "1")], true),
        ];
        for (colour, is_terminal, variables, expected) in cases {
            let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(colour.decide(is_terminal, &variable), expected, "{colour:?} {is_terminal} {variables:?}");
        }
    }

    #[test]
    fn an_error_has_its_faults_below_it_and_the_way_out_last() {
        let (data, talk, mut output) = sheets();
        let faults = vec![Fault::new("kit.toml", "unknown key `tilte`").at(3).hint("did you mean `title`?")];
        output.error(
            &Error::faults(ErrorKind::Failed, "`kit.toml` cannot be used", faults).hint("`stagekit templates lint` shows every fault"),
        );
        assert_eq!(
            talk.text(),
            "error: `kit.toml` cannot be used\n  kit.toml:3: unknown key `tilte` (did you mean `title`?)\nhint: `stagekit templates lint` shows every fault\n"
        );
        assert_eq!(data.text(), "");
    }

    #[test]
    fn quiet_leaves_data_warnings_and_errors() {
        let (data, talk, mut output) = sheets();
        output.set_quiet(true);
        output.say("working");
        output.hint("try more");
        output.warn("old");
        output.line("data");
        output.error(&Error::failed("it broke"));
        assert_eq!((data.text(), talk.text()), ("data\n".to_owned(), "warning: old\nerror: it broke\n".to_owned()));
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is() {
        for (kind, is_error) in [(io::ErrorKind::BrokenPipe, false), (io::ErrorKind::StorageFull, true)] {
            let mut output = Output::to(Box::new(Broken(kind)), Box::new(Sheet::default()));
            output.line("a");
            output.line("b");
            let end = output.finish();
            assert_eq!(end.is_err(), is_error, "{kind:?}: {end:?}");
        }
    }

    #[test]
    fn colour_changes_nothing_but_the_escape_codes() {
        let painted = Palette { coloured: true }.paint(Ink::Bad, "x");
        assert_eq!(painted, "\u{1b}[31m\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Palette { coloured: false }.paint(Ink::Bad, "x"), "x");
    }

    #[test]
    fn text_is_wrapped_at_what_is_seen() {
        assert_eq!(wrap("one two three", 9, "- ", "  "), ["- one two", "  three"]);
        assert_eq!(wrap("a-very-long-word b", 6, "", ""), ["a-very-long-word", "b"]);
        assert_eq!(wrap("", 6, "- ", ""), ["-"]);
        assert_eq!(wrap("\u{1b}[1mone\u{1b}[0m two", 7, "", ""), ["\u{1b}[1mone\u{1b}[0m two"]);
        assert_eq!(wrap("日本 語", 5, "", ""), ["日本", "語"]);
        assert_eq!(pad("日本", 5), "日本 ");
    }
}
