//! Asking a person. The only user of dialoguer.

#[cfg(unix)]
mod interruption;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
};

use console::{Term, truncate_str};
use dialoguer::{
    Confirm, FuzzySelect, Input, MultiSelect, Select,
    theme::{ColorfulTheme, Theme as _},
};

#[cfg(unix)]
use self::interruption::Interruption;

use crate::error::{Error, Result};

/// One of several things to choose from.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is chosen.
    pub title: String,
    /// What helps to choose; may be empty.
    pub help: String,
}

/// Says why a typed answer is no good.
pub type Check<'c> = &'c dyn Fn(&str) -> Result<(), String>;

/// Asks questions; the terminal in life, a script in tests.
pub trait Ask {
    /// Whether there is anybody to ask.
    fn is_interactive(&self) -> bool;
    /// Shows what helps with the next question, until it is answered.
    fn help(&self, help: &str);
    /// One of `items`; typing narrows the list.
    fn search(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize>;
    /// One of `items`.
    fn choose(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize>;
    /// Any of `items`, in their order.
    fn several(&self, prompt: &str, items: &[Item]) -> Result<Vec<usize>>;
    /// A line of text that `check` accepts.
    fn line(&self, prompt: &str, default: Option<&str>, check: Check<'_>) -> Result<String>;
    /// Yes or no.
    fn confirm(&self, prompt: &str, default: bool) -> Result<bool>;
}

/// Asks on the terminal, on stderr, so that stdout stays data.
pub struct Terminal {
    is_interactive: bool,
    theme: ColorfulTheme,
    term: Term,
    /// Lines of help that stand above the question.
    helped: Cell<usize>,
    /// Made at the first question: who is asked nothing needs no thread.
    #[cfg(unix)]
    interruption: RefCell<Option<Interruption>>,
}

impl Terminal {
    /// Asks if `is_interactive`: stdin and stderr are terminals.
    pub fn new(is_interactive: bool) -> Self {
        Self {
            is_interactive,
            theme: ColorfulTheme::default(),
            term: Term::stderr(),
            helped: Cell::new(0),
            #[cfg(unix)]
            interruption: RefCell::default(),
        }
    }

    /// As much as fits on one line: a list whose lines wrap is not redrawn in place.
    fn fitting<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        truncate_str(text, usize::from(self.term.size().1).saturating_sub(4), "…")
    }

    fn lines(&self, items: &[Item]) -> Vec<String> {
        let widest = items.iter().map(|item| console::measure_text_width(&item.title)).max().unwrap_or(0);
        items
            .iter()
            .map(|item| match item.help.as_str() {
                "" => item.title.clone(),
                help => format!("{}  {help}", console::pad_str(&item.title, widest, console::Alignment::Left, None)),
            })
            .map(|line| self.fitting(&line).into_owned())
            .collect()
    }

    /// Puts a question, and leaves one line on the terminal: the question with what `told` makes of the answer.
    fn ask<T>(&self, prompt: &str, question: impl FnOnce() -> dialoguer::Result<Option<T>>, told: impl FnOnce(&T) -> String) -> Result<T> {
        let answer = self.listening(question)?;
        let failed = |error| Error::failed("failed to write to the terminal").because(error);
        self.term.clear_last_lines(self.helped.take()).map_err(failed)?;
        let mut line = String::new();
        // Writing to a text cannot fail.
        let _ = self.theme.format_input_prompt_selection(&mut line, prompt, &told(&answer));
        self.term.write_line(&line).map_err(failed)?;
        Ok(answer)
    }

    /// Ctrl-C and Escape at a prompt are an interruption, not a failure; the cursor that the prompt hid comes back.
    fn listening<T>(&self, question: impl FnOnce() -> dialoguer::Result<Option<T>>) -> Result<T> {
        let failed = |error| Error::failed("failed to ask on the terminal").because(error);
        #[cfg(unix)]
        let mut interruption = self.interruption.borrow_mut();
        #[cfg(unix)]
        let interruption = match &*interruption {
            Some(interruption) => interruption,
            None => interruption.insert(Interruption::listen().map_err(failed)?),
        };
        #[cfg(unix)]
        interruption.asking()?;
        let answer = question();
        #[cfg(unix)]
        interruption.answered(answer.is_err());
        match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(Error::interrupted()),
            Err(dialoguer::Error::IO(error)) => {
                // Nothing can be done about a terminal that is gone.
                let _ = self.term.show_cursor().and_then(|()| self.term.write_line(""));
                Err(if error.kind() == io::ErrorKind::Interrupted { Error::interrupted() } else { failed(error) })
            }
        }
    }
}

impl Ask for Terminal {
    fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    fn help(&self, help: &str) {
        let line = console::style(format!("  {}", self.fitting(help))).dim().for_stderr().to_string();
        // A terminal that is gone shows itself at the question.
        if self.term.write_line(&line).is_ok() {
            self.helped.set(self.helped.get() + 1);
        }
    }

    fn search(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        let question = FuzzySelect::with_theme(&self.theme)
            .with_prompt(format!("{prompt} (type to search)"))
            .items(self.lines(items))
            .default(default)
            .max_length(12)
            .report(false);
        self.ask(prompt, || question.interact_opt(), |chosen| title(items, *chosen))
    }

    fn choose(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        let question = Select::with_theme(&self.theme).with_prompt(prompt).items(self.lines(items)).default(default).report(false);
        self.ask(prompt, || question.interact_opt(), |chosen| title(items, *chosen))
    }

    fn several(&self, prompt: &str, items: &[Item]) -> Result<Vec<usize>> {
        let question = MultiSelect::with_theme(&self.theme)
            .with_prompt(format!("{prompt} (space chooses, enter ends)"))
            .items(self.lines(items))
            .report(false);
        let told = |chosen: &Vec<usize>| match chosen.as_slice() {
            [] => "(none)".to_owned(),
            chosen => chosen.iter().map(|index| title(items, *index)).collect::<Vec<_>>().join(", "),
        };
        self.ask(prompt, || question.interact_opt(), told)
    }

    fn line(&self, prompt: &str, default: Option<&str>, check: Check<'_>) -> Result<String> {
        let mut question = Input::<String>::with_theme(&self.theme).with_prompt(prompt).allow_empty(true).report(false);
        // An empty default would be shown as `()`.
        if let Some(default) = default.filter(|default| !default.is_empty()) {
            question = question.default(default.to_owned());
        }
        // A line that wraps would be cleared by half.
        let question = question.validate_with(|typed: &String| check(typed).map_err(|why| self.fitting(&why).into_owned()));
        self.ask(prompt, || question.interact_text().map(Some), |typed| if typed.is_empty() { "(none)".to_owned() } else { typed.clone() })
    }

    fn confirm(&self, prompt: &str, default: bool) -> Result<bool> {
        let question = Confirm::with_theme(&self.theme).with_prompt(prompt).default(default).report(false);
        self.ask(prompt, || question.interact_opt(), |yes| if *yes { "yes".to_owned() } else { "no".to_owned() })
    }
}

fn title(items: &[Item], chosen: usize) -> String {
    items.get(chosen).map(|item| item.title.clone()).unwrap_or_default()
}

/// Answers from a list, for tests: the title of an item, a line, `yes` or `no`; an empty text takes the default.
#[derive(Debug, Default)]
pub struct Scripted {
    answers: RefCell<VecDeque<String>>,
    /// What was asked, in order.
    pub asked: RefCell<Vec<String>>,
}

impl Scripted {
    /// Gives these answers, in order.
    pub fn new<'a>(answers: impl IntoIterator<Item = &'a str>) -> Self {
        Self { answers: RefCell::new(answers.into_iter().map(str::to_owned).collect()), asked: RefCell::default() }
    }

    fn next(&self, prompt: &str) -> Result<String> {
        self.asked.borrow_mut().push(prompt.to_owned());
        self.answers.borrow_mut().pop_front().ok_or_else(|| Error::failed(format!("the script has no answer to `{prompt}`")))
    }
}

impl Ask for Scripted {
    fn is_interactive(&self) -> bool {
        true
    }

    fn help(&self, _: &str) {}

    fn search(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        self.choose(prompt, items, default)
    }

    fn choose(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        let wanted = self.next(prompt)?;
        if wanted.is_empty() {
            return Ok(default);
        }
        items.iter().position(|item| item.title == wanted).ok_or_else(|| Error::failed(format!("`{wanted}` is no choice of `{prompt}`")))
    }

    fn several(&self, prompt: &str, items: &[Item]) -> Result<Vec<usize>> {
        let wanted = self.next(prompt)?;
        let wanted = wanted.split(',').map(str::trim).filter(|title| !title.is_empty());
        let position = |title: &str| items.iter().position(|item| item.title == title);
        wanted.map(|title| position(title).ok_or_else(|| Error::failed(format!("`{title}` is no choice of `{prompt}`")))).collect()
    }

    fn line(&self, prompt: &str, default: Option<&str>, check: Check<'_>) -> Result<String> {
        loop {
            let typed = self.next(prompt)?;
            let line = if typed.is_empty() { default.unwrap_or_default().to_owned() } else { typed };
            if check(&line).is_ok() {
                return Ok(line);
            }
        }
    }

    fn confirm(&self, prompt: &str, default: bool) -> Result<bool> {
        Ok(match self.next(prompt)?.as_str() {
            "" => default,
            answer => answer == "yes",
        })
    }
}
