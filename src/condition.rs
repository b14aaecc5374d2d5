//! Conditions of manifests: `language == 'java' and not docker`.

use std::{fmt, iter::Peekable, str::FromStr};

use serde::{Deserialize, Serialize};

/// A condition over names; what a name means is the reader's ([`Condition::holds`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    text: String,
    node: Node,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Is(String),
    Equal(String, String),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
}

impl Condition {
    /// Whether it holds where `value` gives the text of a name (`"true"` and `"false"` for a bool).
    ///
    /// A name without a value equals nothing and is false.
    pub fn holds<'v>(&self, value: &dyn Fn(&str) -> Option<std::borrow::Cow<'v, str>>) -> bool {
        self.node.holds(value)
    }

    /// Every name with the text it is compared to, if it is.
    pub fn comparisons(&self) -> Vec<(&str, Option<&str>)> {
        let mut found = Vec::new();
        self.node.walk(&mut found);
        found
    }
}

impl Node {
    fn holds<'v>(&self, value: &dyn Fn(&str) -> Option<std::borrow::Cow<'v, str>>) -> bool {
        match self {
            Self::Is(name) => value(name).is_some_and(|v| v == "true"),
            Self::Equal(name, wanted) => value(name).is_some_and(|v| v == wanted.as_str()),
            Self::Not(inner) => !inner.holds(value),
            Self::And(left, right) => left.holds(value) && right.holds(value),
            Self::Or(left, right) => left.holds(value) || right.holds(value),
        }
    }

    fn walk<'n>(&'n self, found: &mut Vec<(&'n str, Option<&'n str>)>) {
        match self {
            Self::Is(name) => found.push((name, None)),
            Self::Equal(name, wanted) => found.push((name, Some(wanted))),
            Self::Not(inner) => inner.walk(found),
            Self::And(left, right) | Self::Or(left, right) => {
                left.walk(found);
                right.walk(found);
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.text
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = tokenize(text)?.into_iter().peekable();
        let node = parse_or(&mut tokens)?;
        match tokens.next() {
            None => Ok(Self { text: text.to_owned(), node }),
            Some(token) => Err(format!("condition `{text}`: {token} is one too many")),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Equal,
    NotEqual,
    Open,
    Close,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Quoted(text) => write!(f, "`'{text}'`"),
            Self::Equal => f.write_str("`==`"),
            Self::NotEqual => f.write_str("`!=`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
        }
    }
}

fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '=' if rest.starts_with("==") => (Token::Equal, 2),
            '!' if rest.starts_with("!=") => (Token::NotEqual, 2),
            '\'' => {
                let end = rest[1..].find('\'').ok_or_else(|| format!("condition `{text}`: a quote is not closed"))?;
                (Token::Quoted(rest[1..=end].to_owned()), end + 2)
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
            other => return Err(format!("condition `{text}`: {other:?} means nothing here")),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

type Tokens = Peekable<std::vec::IntoIter<Token>>;

fn takes(tokens: &mut Tokens, word: &str) -> bool {
    tokens.next_if(|token| matches!(token, Token::Word(w) if w == word)).is_some()
}

fn parse_or(tokens: &mut Tokens) -> Result<Node, String> {
    let mut left = parse_and(tokens)?;
    while takes(tokens, "or") {
        left = Node::Or(Box::new(left), Box::new(parse_and(tokens)?));
    }
    Ok(left)
}

fn parse_and(tokens: &mut Tokens) -> Result<Node, String> {
    let mut left = parse_not(tokens)?;
    while takes(tokens, "and") {
        left = Node::And(Box::new(left), Box::new(parse_not(tokens)?));
    }
    Ok(left)
}

fn parse_not(tokens: &mut Tokens) -> Result<Node, String> {
    if takes(tokens, "not") {
        return Ok(Node::Not(Box::new(parse_not(tokens)?)));
    }
    match tokens.next() {
        Some(Token::Open) => {
            let inner = parse_or(tokens)?;
            match tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("a parenthesis is not closed".to_owned()),
            }
        }
        Some(Token::Word(name)) => {
            let equal = match tokens.peek() {
                Some(Token::Equal) => true,
                Some(Token::NotEqual) => false,
                _ => return Ok(Node::Is(name)),
            };
            tokens.next();
            match tokens.next() {
                Some(Token::Quoted(wanted)) if equal => Ok(Node::Equal(name, wanted)),
                Some(Token::Quoted(wanted)) => Ok(Node::Not(Box::new(Node::Equal(name, wanted)))),
                _ => Err(format!("`{name}` is compared to nothing; write the value in single quotes")),
            }
        }
        Some(token) => Err(format!("{token} stands where a name is expected")),
        None => Err("a name is missing at the end".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    fn holds(condition: &str) -> bool {
        condition.parse::<Condition>().unwrap().holds(&|name| match name {
            "language" => Some("java".into()),
            "docker" => Some("true".into()),
            "ci" => Some("false".into()),
            _ => None,
        })
    }

    #[test]
    fn conditions_hold_as_written() {
        for (condition, expected) in [
            ("language == 'java'", true),
            ("language != 'java'", false),
            ("docker", true),
            ("ci", false),
            ("not ci and docker", true),
            ("ci or docker and language == 'java'", true),
            ("not (ci or docker)", false),
            ("unknown", false),
            ("unknown != 'x'", true),
        ] {
            assert_eq!(holds(condition), expected, "{condition}");
        }
    }

    #[test]
    fn a_broken_condition_says_where() {
        for (condition, expected) in [
            ("", "a name is missing at the end"),
            ("docker ci", "condition `docker ci`: `ci` is one too many"),
            ("language == java", "`language` is compared to nothing; write the value in single quotes"),
            ("(docker", "a parenthesis is not closed"),
            ("a & b", "condition `a & b`: '&' means nothing here"),
            ("language == 'java", "condition `language == 'java`: a quote is not closed"),
        ] {
            assert_eq!(condition.parse::<Condition>().unwrap_err(), expected);
        }
    }
}
