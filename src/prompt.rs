//! Asking a person. The only user of dialoguer.

use std::{cell::RefCell, collections::VecDeque, io};

use dialoguer::{Confirm, FuzzySelect, Input, Select, theme::ColorfulTheme};

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
    /// One of `items`; typing narrows the list.
    fn search(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize>;
    /// One of `items`.
    fn choose(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize>;
    /// A line of text that `check` accepts.
    fn line(&self, prompt: &str, default: Option<&str>, check: Check<'_>) -> Result<String>;
    /// Yes or no.
    fn confirm(&self, prompt: &str, default: bool) -> Result<bool>;
}

/// Asks on the terminal, on stderr, so that stdout stays data.
pub struct Terminal {
    is_interactive: bool,
    theme: ColorfulTheme,
}

impl Terminal {
    /// Asks if `is_interactive`: stdin and stderr are terminals.
    pub fn new(is_interactive: bool) -> Self {
        Self { is_interactive, theme: ColorfulTheme::default() }
    }
}

impl Ask for Terminal {
    fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    fn search(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        let asked =
            FuzzySelect::with_theme(&self.theme).with_prompt(prompt).items(lines(items)).default(default).max_length(12).interact_opt();
        chosen(asked)
    }

    fn choose(&self, prompt: &str, items: &[Item], default: usize) -> Result<usize> {
        chosen(Select::with_theme(&self.theme).with_prompt(prompt).items(lines(items)).default(default).interact_opt())
    }

    fn line(&self, prompt: &str, default: Option<&str>, check: Check<'_>) -> Result<String> {
        let mut input = Input::<String>::with_theme(&self.theme).with_prompt(prompt).allow_empty(true);
        // An empty default would be shown as `()`.
        if let Some(default) = default.filter(|default| !default.is_empty()) {
            input = input.default(default.to_owned());
        }
        answered(input.validate_with(|typed: &String| check(typed)).interact_text())
    }

    fn confirm(&self, prompt: &str, default: bool) -> Result<bool> {
        match answered(Confirm::with_theme(&self.theme).with_prompt(prompt).default(default).interact_opt())? {
            Some(answer) => Ok(answer),
            None => Err(Error::interrupted()),
        }
    }
}

fn lines(items: &[Item]) -> Vec<String> {
    let widest = items.iter().map(|item| console::measure_text_width(&item.title)).max().unwrap_or(0);
    items
        .iter()
        .map(|item| match item.help.as_str() {
            "" => item.title.clone(),
            help => format!("{}  {help}", console::pad_str(&item.title, widest, console::Alignment::Left, None)),
        })
        .collect()
}

fn chosen(asked: dialoguer::Result<Option<usize>>) -> Result<usize> {
    answered(asked)?.ok_or_else(Error::interrupted)
}

/// Ctrl-C at a prompt is an interruption, not a failure; the cursor that the prompt hid comes back.
fn answered<T>(asked: dialoguer::Result<T>) -> Result<T> {
    asked.map_err(|dialoguer::Error::IO(error)| {
        // Nothing can be done about a terminal that is gone.
        let _ = console::Term::stderr().show_cursor();
        match error.kind() {
            io::ErrorKind::Interrupted => Error::interrupted(),
            _ => Error::failed("failed to ask on the terminal").because(error),
        }
    })
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
