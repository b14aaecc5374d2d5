//! Who may import whom: the arrows between modules, which nobody sees and which rot.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::{collections::BTreeMap, fs, path::Path};

/// Lower modules first: a pure module imports only from above itself in this list.
const PURE: [&str; 33] = [
    "error",
    "glob",
    "tree",
    "digest",
    "condition",
    "answers",
    "encode",
    "stack",
    "roadmap",
    "contribute",
    "detect",
    "merge",
    "manifest",
    "route",
    "rendition",
    "template",
    "milestone",
    "course",
    "progress",
    "catalog",
    "archive",
    "threads",
    "render",
    "receipt",
    "roster",
    "handout",
    "gitpack",
    "grade",
    "plan",
    "layers",
    "lint",
    "interview",
    "env",
];
/// Touch the world; import pure modules, never each other.
const EFFECTS: [&str; 5] = ["disk", "output", "overlay", "process", "prompt"];
/// What only one module may use.
const OWNERS: [(&str, &[&str]); 6] = [
    ("std::fs", &["disk", "overlay"]),
    ("tempfile", &["disk", "overlay"]),
    ("dialoguer", &["prompt"]),
    ("console", &["output", "prompt"]),
    ("std::process::Command", &["process"]),
    ("handlebars", &["render"]),
];

/// Module → its source without tests, its submodules' included.
fn modules() -> BTreeMap<String, String> {
    fn collect(folder: &Path, into: &mut BTreeMap<String, String>, root: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into, root);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(root).unwrap();
                let module = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&text);
                // A link in a comment is no arrow.
                let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                into.entry(module).or_default().push_str(&code);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    collect(&root, &mut found, &root);
    found
}

/// The modules that `code` names after `crate::`, in a `use` or in a path.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            found.push(word);
        } else {
            found.push(part.to_owned());
        }
    }
    found
        .into_iter()
        .map(|path| path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn arrows_point_downwards() {
    let modules = modules();
    let mut wrong = Vec::new();
    for (module, code) in &modules {
        for import in imports(code).into_iter().filter(|import| import != module && modules.contains_key(import)) {
            let is_allowed = match module.as_str() {
                // The world of a command holds the effects and is no effect itself.
                "main" | "lib" | "run" | "env" => true,
                "commands" => import != "run",
                "cli" => false,
                effect if EFFECTS.contains(&effect) => PURE.contains(&import.as_str()) && import != "env",
                pure => match (PURE.iter().position(|name| *name == pure), PURE.iter().position(|name| *name == import)) {
                    (Some(from), Some(to)) => to < from,
                    // The interview decides what to ask; who asks is handed in as `Ask`.
                    (Some(_), None) => pure == "interview" && import == "prompt",
                    (None, _) => {
                        wrong.push(format!("`{pure}` is in no list of this test"));
                        true
                    }
                },
            };
            if !is_allowed {
                wrong.push(format!("`{module}` imports `{import}`"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_effect_is_the_only_user_of_its_crate() {
    let mut wrong = Vec::new();
    for (module, code) in modules() {
        for (name, owners) in OWNERS {
            let is_used = code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            let in_list = name.split_once("::").is_some_and(|(root, item)| {
                code.contains(&format!("use {root}::{{"))
                    && code.split(&format!("use {root}::{{")).skip(1).any(|list| {
                        list.split("};")
                            .next()
                            .unwrap_or("")
                            .split([',', '{', '}', '\n'])
                            .any(|word| word.trim() == item || word.trim().starts_with(&format!("{item}::")))
                    })
            });
            if (is_used || in_list) && !owners.contains(&module.as_str()) {
                wrong.push(format!("`{module}` uses `{name}`, which is for {owners:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
