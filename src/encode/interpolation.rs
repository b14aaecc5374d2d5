//! Readers that interpret a file's strings after its parser: Maven, Spring, compose, GitHub, Kubernetes.

use super::{
    position::{Position, Refused},
    source::{Source, Text},
};
use crate::tree::RelPath;

/// What a later reader replaces: everything from `open` to `close`.
struct Expression {
    open: &'static str,
    close: &'static str,
    rule: &'static str,
    reader: &'static str,
}

const MAVEN: Expression = Expression { open: "${", close: "}", rule: "maven-interpolation", reader: "Maven" };
const XML: Expression = Expression { open: "${", close: "}", rule: "property-interpolation", reader: "what loads this file" };
const FLYWAY: Expression = Expression { open: "${", close: "}", rule: "flyway-placeholder", reader: "Flyway" };
const SPRING: [Expression; 2] = [
    Expression { open: "${", close: "}", rule: "spring-placeholder", reader: "Spring" },
    Expression { open: "#{", close: "}", rule: "spring-expression", reader: "Spring" },
];
const GITHUB: Expression = Expression { open: "${{", close: "}}", rule: "github-expression", reader: "GitHub Actions" };
const COMPOSE: Expression = Expression { open: "${", close: "}", rule: "compose-interpolation", reader: "compose" };
const DEV_CONTAINER: Expression = Expression { open: "${", close: "}", rule: "editor-variable", reader: "the editor" };
const KUBERNETES: Expression = Expression { open: "$(", close: ")", rule: "kubernetes-variable", reader: "Kubernetes" };
const GO_TEMPLATE: Expression = Expression { open: "{{", close: "}}", rule: "go-template", reader: "a Go template" };
const WEB_TEMPLATES: [Expression; 5] = [
    Expression { open: "[[", close: "]]", rule: "template-language", reader: "Thymeleaf" },
    Expression { open: "[(", close: ")]", rule: "template-language", reader: "Thymeleaf" },
    Expression { open: "{{", close: "}}", rule: "template-language", reader: "a template engine" },
    Expression { open: "{%", close: "%}", rule: "template-language", reader: "a template engine" },
    Expression { open: "{#", close: "#}", rule: "template-language", reader: "a template engine" },
];

/// Who interprets a file's strings.
#[derive(Default)]
pub(super) struct Readers {
    /// Texts must not hold, open or stand in any of these.
    refused: Vec<&'static Expression>,
    /// `$` is written `$$`.
    compose: bool,
    /// `@` is written as an escape: Maven filters Spring's configuration with `@` as delimiter.
    spring: bool,
}

/// The readers of the file at `path`.
pub(super) fn readers(path: &RelPath) -> Readers {
    let (path, name) = (path.as_str().to_ascii_lowercase(), path.file_name().to_ascii_lowercase());
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let yaml = matches!(extension, "yaml" | "yml");
    let below = |folders: &[&str]| path.split('/').rev().skip(1).any(|folder| folders.contains(&folder));
    let mut readers = Readers::default();
    match extension {
        "xml" => readers.refused.push(if name == "pom.xml" { &MAVEN } else { &XML }),
        "sql" => readers.refused.push(&FLYWAY),
        "html" | "htm" if below(&["templates"]) => readers.refused.extend(&WEB_TEMPLATES),
        "json" if below(&[".devcontainer", ".vscode"]) => readers.refused.push(&DEV_CONTAINER),
        "properties" | "yaml" | "yml" if stem.starts_with("application") || stem.starts_with("bootstrap") => {
            readers.refused.extend(&SPRING);
            readers.spring = true;
        }
        _ => {}
    }
    if yaml && (below(&[".github"]) || stem == "action") {
        readers.refused.push(&GITHUB);
    }
    if yaml && (stem.starts_with("compose") || stem.starts_with("docker-compose")) {
        readers.compose = true;
    }
    if yaml && below(&["k8s", "kubernetes", "kustomize", "helm", "charts"]) {
        readers.refused.push(&KUBERNETES);
    }
    if yaml && (below(&["prometheus", "alertmanager", "templates"]) || name.contains("alert") || name.contains("rules")) {
        readers.refused.push(&GO_TEMPLATE);
    }
    readers
}

impl Readers {
    /// `value` encoded for its position and for those who read it later.
    pub(super) fn encode(&self, source: &Source, text: &Text, position: Position, value: &str) -> Result<String, Refused> {
        let annotation = matches!(position, Position::Java { annotation: true } | Position::Kotlin { annotation: true });
        let in_annotation = SPRING.iter().filter(|_| annotation);
        if let Some(refused) = self.refused.iter().copied().chain(in_annotation).find_map(|expression| expression.refuses(source, text)) {
            return Err(refused);
        }
        if self.spring && position == Position::YamlSingle && value.contains('@') {
            return Err(Refused::new(
                "maven-filter",
                "it contains `@`, by which Maven marks variables in this file; use double quotes around it",
            ));
        }
        if self.compose {
            if follows_variable(line_before(source, text)) {
                return Err(Refused::new(COMPOSE.rule, "it stands at a variable of compose, which would take its first letters"));
            }
            if let Some(refused) = COMPOSE.surrounds(source, text) {
                return Err(refused);
            }
            return position.encode(&value.replace('$', "$$"));
        }
        let encoded = position.encode(value)?;
        Ok(if self.spring { encoded.replace('@', "\\u0040") } else { encoded })
    }
}

impl Expression {
    /// Whether the text holds this expression's start, makes one with its neighbours, or stands inside one.
    fn refuses(&self, source: &Source, text: &Text) -> Option<Refused> {
        let reach = self.open.len() - 1;
        let window = |mut from: usize, mut to: usize| {
            while !source.plain.is_char_boundary(from) {
                from -= 1;
            }
            while !source.plain.is_char_boundary(to) {
                to += 1;
            }
            source.plain.get(from..to).unwrap_or_default()
        };
        let around = window(text.range.start.saturating_sub(reach), (text.range.end + reach).min(source.plain.len()));
        if !text.range.is_empty() && around.contains(self.open) {
            let message = format!("it would make a `{}`, which {} replaces", self.open, self.reader);
            return Some(Refused::new(self.rule, message));
        }
        self.surrounds(source, text)
    }

    /// Whether the text stands inside an expression that starts on its line.
    fn surrounds(&self, source: &Source, text: &Text) -> Option<Refused> {
        let (_, inside) = line_before(source, text).rsplit_once(self.open)?;
        let message = format!("it stands inside a `{}…{}` of {}", self.open, self.close, self.reader);
        (!inside.contains(self.close)).then(|| Refused::new(self.rule, message))
    }
}

/// What stands before the text on its line, decoded.
fn line_before<'a>(source: &'a Source, text: &Text) -> &'a str {
    let before = source.plain.get(..text.range.start).unwrap_or_default();
    before.rsplit(['\n', '\r']).next().unwrap_or_default()
}

/// Whether `$`, or `$` and a name, stands at the end.
pub(super) fn follows_variable(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').ends_with('$')
}
