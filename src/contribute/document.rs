//! A whole document as contributions: what it would add to another one of its format.

use serde_json::Value;

use super::{Contribution, Format, model, value};
use crate::tree::RelPath;

/// What happens where both say something different of the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differing {
    /// Then there is no way to put them together.
    Refuse,
    /// What stands there stays.
    Keep,
}

impl Format {
    /// The format that a file's name tells; `None` where it tells none that can grow.
    pub fn of(path: &RelPath) -> Option<Self> {
        let name = path.file_name();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        Some(match (name, end) {
            (".gitignore" | ".dockerignore" | ".gitattributes" | ".env.example", _) => Self::Lines,
            (_, "yml" | "yaml") => Self::Yaml,
            (_, "toml") => Self::Toml,
            (_, "json") => Self::Json,
            (_, "properties") => Self::Properties,
            _ => return None,
        })
    }
}

/// What the document `text` would add to the document `there`, both of the file `path`. `None` if they cannot be put together: the format is none
/// that can grow, one of them is broken, or they differ in something and `differing` refuses that.
pub fn of_document(path: &RelPath, text: &str, there: &str, differing: Differing) -> Option<Vec<Contribution>> {
    let format = Format::of(path)?;
    let contribution = |pointer: &[String], key: &str, value: toml::Value| Contribution {
        path: path.clone(),
        format,
        pointer: pointer.iter().flat_map(|part| ["/".to_owned(), part.replace('~', "~0").replace('/', "~1")]).collect(),
        key: key.to_owned(),
        from: 0,
        value,
    };
    if format == Format::Lines {
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
        return Some(lines.map(|line| contribution(&[], line, super::no_value())).collect());
    }
    let mut found = Vec::new();
    let mut add =
        |pointer: &[String], key: &str, value: &Value| value::to_toml(value).map(|value| found.push(contribution(pointer, key, value)));
    missing(&model(format, text)?, &model(format, there)?, &mut Vec::new(), differing, &mut add)?;
    Some(found)
}

/// Takes where something is missing, its key (`-` for an element) and its value; `None` if that cannot be said.
type Add<'a> = &'a mut dyn FnMut(&[String], &str, &Value) -> Option<()>;

/// Walks through both. `None` from `add`, as from this, is the end.
fn missing(fresh: &Value, there: &Value, pointer: &mut Vec<String>, differing: Differing, add: Add<'_>) -> Option<()> {
    match (fresh, there) {
        _ if fresh == there => Some(()),
        (Value::Object(fresh), Value::Object(there)) => fresh.iter().try_for_each(|(key, value)| match there.get(key) {
            None => add(pointer, key, value),
            Some(other) => {
                pointer.push(key.clone());
                let done = missing(value, other, pointer, differing, add);
                pointer.pop();
                done
            }
        }),
        // A file that holds nothing yet.
        (Value::Object(fresh), Value::Null) if pointer.is_empty() => fresh.iter().try_for_each(|(key, value)| add(pointer, key, value)),
        (Value::Null, Value::Object(there)) if there.is_empty() => Some(()),
        (Value::Array(fresh), Value::Array(there)) => {
            fresh.iter().filter(|element| !there.contains(element)).try_for_each(|element| add(pointer, "-", element))
        }
        _ => (differing == Differing::Keep).then_some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Differing, Format, of_document};
    use crate::{
        contribute::{contribute, missing, withdraw},
        tree::{Entry, RelPath, Tree},
    };

    /// Both in one file, and without what was added again.
    fn together(name: &str, fresh: &str, there: &str, differing: Differing) -> Option<String> {
        let path = RelPath::new(name).expect("a path");
        let list = of_document(&path, fresh, there, differing)?;
        let tree = Tree::from_iter([(path.clone(), Entry::new(there.as_bytes().to_vec()))]);
        let made = missing(&tree, &list);
        let grown = contribute(tree, &list).ok()?;
        assert_eq!(
            of_document(&path, fresh, grown.get(&path)?.text()?, differing).map(|list| contribute(grown.clone(), &list)),
            Some(Ok(grown.clone()))
        );
        let (back, left) = withdraw(grown.clone(), &made);
        assert_eq!((back.get(&path)?.text()?, left), (there, vec![]), "{name}");
        Some(grown.get(&path)?.text()?.to_owned())
    }

    #[test]
    fn a_document_grows_by_what_it_does_not_have() {
        let there = "# ours\nversion: 2\nupdates:\n  - package-ecosystem: npm # of the site\n    directory: /\n";
        let fresh = "version: 2\nupdates:\n  - package-ecosystem: docker\n    directory: /\n";
        let both = format!("{there}  - package-ecosystem: docker\n    directory: /\n");
        assert_eq!(together("dependabot.yml", fresh, there, Differing::Refuse), Some(both));
        let lines = together(".dockerignore", "# What an image must not hold\n.git\ntarget\n", "target\nlogs\n", Differing::Refuse);
        assert_eq!(lines.as_deref(), Some("target\nlogs\n.git\n"));
        let tables = together("a.toml", "[tool.a]\nx = 1\n", "[tool.b]\ny = 2\n", Differing::Refuse).expect("a table comes");
        assert!(tables.starts_with("[tool.b]\ny = 2\n") && tables.contains("x = 1"), "{tables}");
    }

    #[test]
    fn what_differs_is_refused_or_stays() {
        let (there, fresh) = ("name: mine\nservices:\n  a: {image: x}\n", "name: other\nservices:\n  b: {image: y}\n");
        assert_eq!(together("compose.yaml", fresh, there, Differing::Refuse), None);
        let kept = together("compose.yaml", fresh, there, Differing::Keep).expect("theirs stays");
        assert!(kept.starts_with("name: mine\n") && kept.contains("  b:"), "{kept}");
    }

    #[test]
    fn a_key_for_its_own_sake_comes_as_an_empty_table() {
        let grown = together("compose.yaml", "volumes:\n  db:\n", "volumes:\n  mail:\n", Differing::Refuse);
        assert_eq!(grown.as_deref(), Some("volumes:\n  mail:\n  db: {}\n"));
    }

    #[test]
    fn what_is_broken_or_cannot_grow_is_refused() {
        for (name, fresh, there) in [("a.yml", "a: 1", "a: [1"), ("Dockerfile", "FROM a\n", "FROM b\n")] {
            assert_eq!(together(name, fresh, there, Differing::Keep), None, "{name}");
        }
        assert_eq!(Format::of(&RelPath::new("a/b.properties").expect("a path")), Some(Format::Properties));
    }
}
