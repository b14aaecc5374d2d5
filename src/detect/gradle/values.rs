//! What names stand for in build scripts: properties, extra properties and variables that are given a text.

use std::collections::BTreeMap;

use super::{
    super::{Project, facts::Facts},
    quoted,
    script::{Script, Statement},
};
use crate::stack::Origin;

/// Names that stand for texts with names in them.
const DEEPEST: usize = 8;

/// More than a version or the name of a file has.
const LONGEST: usize = 200;

/// Whose names they are, where a script says so.
const OWNERS: [&str; 7] = ["rootProject.", "project.", "ext.", "extra.", "properties.", "settings.", "providers."];

#[derive(Default)]
pub(super) struct Values {
    known: BTreeMap<String, (String, Origin)>,
}

impl Values {
    /// What `gradle.properties` and the scripts say; what is said first holds.
    pub(super) fn read<'a, 's: 'a>(project: &Project<'s>, scripts: impl Iterator<Item = &'a Script<'s>>) -> Self {
        let mut values = Self::default();
        if let Some(source) = project.source(&["gradle.properties"]) {
            for (key, fact) in Facts::of_properties(source.text).all() {
                values.known.insert(key.to_owned(), (fact.value.clone(), source.sure(fact.line)));
            }
        }
        for script in scripts {
            for statement in &script.statements {
                for (name, text) in given(statement) {
                    values.known.entry(name).or_insert_with(|| (text, script.source.sure(statement.line)));
                }
            }
        }
        values
    }

    /// What an expression is: a text in quotes, or a name; and where that name was given it. Nothing where that is not known.
    pub(super) fn of(&self, expression: &str) -> Option<(String, Option<Origin>)> {
        let expression = expression.trim();
        if expression.starts_with(['"', '\'']) {
            let text = quoted(expression).first().copied()?;
            let origin =
                text.strip_prefix('$').and_then(|name| self.named(name.trim_matches(['{', '}']))).map(|(_, origin)| origin.clone());
            return Some((self.filled(text, &[])?, origin));
        }
        let (text, origin) = self.named(expression)?;
        Some((self.filled(text, &[])?, Some(origin.clone())))
    }

    /// The text with what its placeholders stand for; `own` are names that mean something else in each project.
    pub(super) fn filled(&self, text: &str, own: &[(&str, &str)]) -> Option<String> {
        self.filled_to(text, own, 0)
    }

    fn filled_to(&self, text: &str, own: &[(&str, &str)], depth: usize) -> Option<String> {
        let Some((before, rest)) = text.split_once('$') else { return Some(text.to_owned()) };
        if depth >= DEEPEST || text.len() > LONGEST {
            return None;
        }
        let (name, after) = match rest.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())),
        };
        let bare = bare(name);
        let value = own.iter().find(|(own, _)| *own == bare).map(|(_, value)| *value);
        let value = value.or_else(|| self.named(name).map(|(value, _)| value.as_str()))?;
        self.filled_to(&format!("{before}{value}{after}"), own, depth + 1)
    }

    fn named(&self, expression: &str) -> Option<&(String, Origin)> {
        self.known.get(bare(expression))
    }
}

/// `rootProject.ext.x`, `property("x")`, `extra["x"] as String`, `x.get()` → `x`.
fn bare(expression: &str) -> &str {
    let mut name = expression.trim();
    if let Some(first) = quoted(name).first() {
        return first;
    }
    while let Some(rest) = OWNERS.iter().find_map(|owner| name.strip_prefix(owner)) {
        name = rest;
    }
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(name.len());
    name[..end].trim_end_matches(".get").trim_end_matches(".toString").trim_end_matches('.')
}

/// The names that a statement gives a text, and the texts.
fn given(statement: &Statement) -> Vec<(String, String)> {
    let text = statement.text.as_str();
    let texts = quoted(text);
    // val x by extra { "1" }
    if let Some(name) = statement.block().strip_suffix("by extra")
        && let (Some(value), true) = (texts.first(), text.starts_with(['"', '\'']))
    {
        return vec![(last_word(name), (*value).to_owned())];
    }
    // val x by extra("1")
    if let (Some((name, _)), Some(value)) = (text.split_once("by extra("), texts.first()) {
        return vec![(last_word(name), (*value).to_owned())];
    }
    // set("x", "1")
    if let (Some(_), [name, value, ..]) = (text.split_once("set("), texts.as_slice())
        && (text.starts_with("ext") || text.starts_with("set(") && is_extra(statement.block()))
    {
        return vec![((*name).to_owned(), (*value).to_owned())];
    }
    let Some((name, value)) = text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else { return Vec::new() };
    let is_declared = ["def ", "val ", "var ", "String ", "final ", "const "].iter().any(|word| name.starts_with(word));
    let of_extra = ["ext.", "extra.", "project.ext.", "rootProject.ext.", "ext[", "extra[", "project.extra["];
    if !is_declared && !is_extra(statement.block()) && !of_extra.iter().any(|start| name.starts_with(start)) {
        return Vec::new();
    }
    let name = if is_declared { last_word(name.split(':').next().unwrap_or(name)) } else { bare(name).to_owned() };
    if let Some(entries) = value.strip_prefix('[') {
        let entry = |entry: &str| {
            let (key, value) = entry.split_once(':')?;
            Some((format!("{name}.{}", key.trim().trim_matches(['"', '\''])), (*quoted(value).first()?).to_owned()))
        };
        return entries.split(',').filter_map(entry).collect();
    }
    match quoted(value).first() {
        Some(text) if value.starts_with(['"', '\'']) => vec![(name, (*text).to_owned())],
        _ => Vec::new(),
    }
}

fn is_extra(block: &str) -> bool {
    matches!(block, "ext" | "extra" | "project.ext" | "rootProject.ext" | "extra.apply")
}

fn last_word(text: &str) -> String {
    text.split_whitespace().last().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::super::Source, Script, Values, given};

    #[test]
    fn names_stand_for_texts() {
        for (text, name, value) in [
            ("ext { boot = '3.1' }", "boot", "3.1"),
            ("ext { set('boot', '3.1') }", "boot", "3.1"),
            ("ext.boot = '3.1'", "boot", "3.1"),
            ("ext['boot'] = '3.1'", "boot", "3.1"),
            ("extra[\"boot\"] = \"3.1\"", "boot", "3.1"),
            ("val boot by extra(\"3.1\")", "boot", "3.1"),
            ("val boot by extra { \"3.1\" }", "boot", "3.1"),
            ("val boot: String = \"3.1\"", "boot", "3.1"),
            ("def boot = '3.1'", "boot", "3.1"),
            ("ext.versions = [\n  boot: '3.1',\n  x: '1'\n]", "versions.boot", "3.1"),
            ("boot = '3.1'", "", ""),
            ("val boot = providers.gradleProperty(\"b\")", "", ""),
        ] {
            let script = Script::of(Source { path: "x", text });
            let found = script.statements.iter().flat_map(given).next().unwrap_or_default();
            assert_eq!((found.0.as_str(), found.1.as_str()), (name, value), "{text}");
        }
    }

    #[test]
    fn an_expression_is_what_its_names_are() {
        let text = "ext { boot = '3.1'; all = \"${boot}.4\"; loop = \"$loop$loop\" }";
        let script = Script::of(Source { path: "x", text });
        let mut values = Values::default();
        for (name, value) in script.statements.iter().flat_map(given) {
            values.known.insert(name, (value, script.source.sure(1)));
        }
        for (expression, value) in [
            ("'3'", Some("3")),
            ("\"$boot\"", Some("3.1")),
            ("\"${rootProject.ext.boot}-x\"", Some("3.1-x")),
            ("all", Some("3.1.4")),
            ("project.property('boot')", Some("3.1")),
            ("extra[\"boot\"] as String", Some("3.1")),
            ("boot.get()", Some("3.1")),
            ("\"${other}\"", None),
            ("loop", None),
            ("\"$\"", None),
            ("\"${\"", None),
        ] {
            assert_eq!(values.of(expression).map(|(value, _)| value).as_deref(), value, "{expression}");
        }
    }
}
