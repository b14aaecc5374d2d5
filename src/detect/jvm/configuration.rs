//! What a JVM's program is configured with in every profile: its framework's files among its resources.

use super::super::{
    Project, Source, below,
    facts::{Fact, Facts},
};

/// The names of the files that are read.
pub(super) const FILES: [&str; 3] = ["application.properties", "application.yml", "application.yaml"];

/// Placeholders in defaults of placeholders: more than anybody writes.
const DEEPEST: usize = 8;

pub(super) struct Configuration<'s> {
    files: Vec<(Source<'s>, Facts)>,
}

impl<'s> Configuration<'s> {
    /// Of the part of the build in this folder.
    pub(super) fn read(project: &mut Project<'s>, directory: &str) -> Self {
        let folders = ["src/main/resources", "src/main/resources/config"].map(|folder| below(directory, folder));
        let mut files = Vec::new();
        for path in folders.iter().flat_map(|folder| FILES.map(|name| format!("{folder}/{name}"))) {
            let Some(source) = project.source(&[&path]) else { continue };
            let is_properties = path.ends_with(".properties");
            let text = without_profiles(source.text, is_properties);
            let facts = if is_properties { Ok(Facts::of_properties(&text)) } else { Facts::of_yaml(&text) };
            files.extend(project.facts(source, facts).map(|facts| (source, facts)));
        }
        Self { files }
    }

    /// What stands under a key, however its words are joined; what Quarkus is told for production goes before.
    pub(super) fn get(&self, key: &str) -> Option<(Source<'s>, &Fact)> {
        let wanted = [format!("%prod.{key}"), key.to_owned()];
        wanted.iter().find_map(|wanted| {
            self.files.iter().find_map(|(source, facts)| {
                let last = facts.all().filter(|(key, _)| is_same(key, wanted)).last();
                last.map(|(_, fact)| (*source, fact))
            })
        })
    }

    /// Whether there is something at or below a key.
    pub(super) fn has(&self, key: &str) -> bool {
        let first = format!("{key}.0");
        self.get(key).or_else(|| self.get(&first)).is_some()
    }

    /// The text under the first of these keys that there is, as it is where nobody sets a variable. `Err` is where that cannot be told.
    pub(super) fn text(&self, keys: &[&str]) -> Option<Result<String, String>> {
        let (source, fact) = keys.iter().find_map(|key| self.get(key))?;
        Some(self.filled(&fact.value).ok_or_else(|| source.at(fact.line)))
    }

    /// The same, where it can be told.
    pub(super) fn known(&self, keys: &[&str]) -> Option<String> {
        self.text(keys)?.ok()
    }

    /// A text with its placeholders as they are where nobody sets a variable: their defaults, or what else the files say.
    fn filled(&self, text: &str) -> Option<String> {
        self.filled_to(text, 0)
    }

    fn filled_to(&self, text: &str, depth: usize) -> Option<String> {
        let Some(start) = text.find("${") else { return Some(text.to_owned()) };
        if depth >= DEEPEST {
            return None;
        }
        let inner = &text[start + 2..];
        let end = closing(inner)?;
        let value = match inner[..end].split_once(':') {
            Some((_, default)) => default.to_owned(),
            None => self.get(&inner[..end]).map(|(_, fact)| fact.value.clone())?,
        };
        self.filled_to(&format!("{}{value}{}", &text[..start], &inner[end + 1..]), depth + 1)
    }

    /// The variable by which a value is given from outside, if any, and what it is without.
    pub(super) fn variable(&self, value: &str) -> (Option<String>, Option<String>) {
        let mut variable = None;
        let mut rest = value;
        for _ in 0..DEEPEST {
            let Some(inner) = rest.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { break };
            let (name, default) = inner.split_once(':').unwrap_or((inner, ""));
            // What has points is another property.
            if variable.is_none() && !name.contains('.') {
                variable = Some(name.to_owned());
            }
            rest = default;
        }
        // As Ktor writes it.
        if let Some((name, default)) = value.strip_prefix('$').filter(|rest| !rest.starts_with('{')).and_then(|rest| rest.split_once(':')) {
            return (Some(name.to_owned()), Some(default.to_owned()));
        }
        (variable, self.filled(value))
    }
}

/// Where the bracket is that closes a placeholder.
fn closing(inner: &str) -> Option<usize> {
    let mut open = 0;
    inner.char_indices().find_map(|(at, c)| {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
        None
    })
}

/// Whether two keys are one to a framework: `context-path`, `contextPath` and `context_path` are.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |key: &'_ str| key.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect::<String>();
    one == other || one.len().abs_diff(other.len()) < 8 && letters(one) == letters(other)
}

/// Blank lines in the place of the documents that hold in some profiles only.
fn without_profiles(text: &str, is_properties: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut document = String::new();
    let mut end = |document: &mut String| {
        if is_of_profile(document, is_properties) {
            kept.extend(document.matches('\n'));
        } else {
            kept.push_str(document);
        }
        document.clear();
    };
    for line in text.split_inclusive('\n') {
        let ended = line.trim_end();
        let is_next = if is_properties { matches!(ended, "#---" | "!---") } else { ended == "---" || ended.starts_with("--- ") };
        if is_next {
            end(&mut document);
        }
        document.push_str(line);
    }
    end(&mut document);
    kept
}

fn is_of_profile(document: &str, is_properties: bool) -> bool {
    // Most say nothing of profiles, and need not be read for it.
    if !document.to_ascii_lowercase().contains("profile") {
        return false;
    }
    let facts = if is_properties { Ok(Facts::of_properties(document)) } else { Facts::of_yaml(document) };
    let Ok(facts) = facts else { return document.contains("on-profile") || document.contains("spring.profiles:") };
    let is_list = |key: &str, of: &str| key.rsplit_once('.').is_some_and(|(key, index)| is_same(key, of) && index.parse::<usize>().is_ok());
    let names = ["spring.config.activate.on-profile", "spring.profiles"];
    facts.all().any(|(key, _)| names.iter().any(|name| is_same(key, name) || is_list(key, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_profiles_are_left_out() {
        for (text, is_properties, left) in [
            ("a: 1\n---\nspring:\n  profiles: prod\nb: 2\n", false, "a: 1\n\n\n\n\n"),
            ("a: 1\n---\nspring:\n  config:\n    activate:\n      on-profile: [a, b]\n", false, "a: 1\n\n\n\n\n\n"),
            ("a: 1\n--- # next\nspring.config.activate.onProfile: a\n", false, "a: 1\n\n\n"),
            ("a: 1\n#---\nspring:\n  profiles:\n    active: a\n", false, "a: 1\n#---\nspring:\n  profiles:\n    active: a\n"),
            ("a=1\n#---\nspring.profiles=prod\nb=2\n#---\nc=3\n", true, "a=1\n\n\n\n#---\nc=3\n"),
            ("a=1\n#---\nspring.profiles.include=x\n", true, "a=1\n#---\nspring.profiles.include=x\n"),
        ] {
            assert_eq!(without_profiles(text, is_properties), left, "{text}");
        }
    }

    #[test]
    fn placeholders_are_their_defaults() {
        let source = Source { path: "x", text: "" };
        let configuration = Configuration { files: vec![(source, Facts::of_properties("app.port=7\nloop=${loop}\n"))] };
        for (value, variable, text) in [
            ("8081", None, Some("8081")),
            ("${PORT:8081}", Some("PORT"), Some("8081")),
            ("${PORT:${SERVER_PORT:8081}}", Some("PORT"), Some("8081")),
            ("${app.other:${PORT:8081}}", Some("PORT"), Some("8081")),
            ("${app.port}", None, Some("7")),
            ("${APP_PORT}", Some("APP_PORT"), None),
            ("$PORT:8080", Some("PORT"), Some("8080")),
            ("/${A:a}/${B:b}", None, Some("/a/b")),
            ("${loop}", Some("loop"), None),
            ("${", None, None),
        ] {
            let found = configuration.variable(value);
            assert_eq!((found.0.as_deref(), found.1.as_deref()), (variable, text), "{value}");
        }
    }
}
