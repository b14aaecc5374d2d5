//! Where a framework hangs routes that are stated elsewhere: below another path.

use std::ops::Range;

use super::code::Code;

/// Calls that are told a path and what lies below it.
const MOUNTS: [&str; 4] = [".nest(\"", ".mount(\"", "scope(\"", ".nest_service(\""];

/// Mounts in mounts at most.
const DEEPEST: usize = 4;

/// The path of a route that stands on the line, from 1, of one of the sources, below all that it is mounted at.
pub(super) fn whole(code: &[&Code<'_>], path: &str, line: usize, route: &str) -> String {
    let mut whole = route.to_owned();
    let Some(source) = code.iter().position(|code| code.path == path) else { return whole };
    let start: usize = code[source].text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let mut at = (source, start + code[source].text[start..].find(route).unwrap_or(0));
    // Rocket and Actix mount the function behind the attribute.
    let mut names: Vec<String> = handler(code[source], line).into_iter().collect();
    let mut mounts = mounts(code);
    for _ in 0..DEEPEST {
        names.extend(enclosing(code[at.0], at.1));
        let Some(index) = mounts.iter().position(|mount| mount.holds(code, at, &names)) else { break };
        let mount = mounts.remove(index);
        let above = mount.prefix.trim_end_matches('/');
        whole = format!("{above}{whole}");
        at = (mount.source, mount.range.start);
        names.clear();
    }
    whole
}

struct Mount {
    prefix: String,
    source: usize,
    /// Where it stands in there.
    range: Range<usize>,
    text: String,
}

impl Mount {
    /// Whether what stands there is mounted: in the call itself, or in a function that the call names.
    fn holds(&self, code: &[&Code<'_>], (source, at): (usize, usize), names: &[String]) -> bool {
        let is_inside = self.source == source && self.range.contains(&at);
        let path = code[source].path;
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        let module = if stem == "mod" { path.rsplit('/').nth(1).unwrap_or(stem) } else { stem };
        let uses: Vec<&str> =
            code[self.source].text.lines().filter(|line| line.trim_start().trim_start_matches("pub ").starts_with("use ")).collect();
        let is_imported = |name: &str| {
            uses.iter()
                .any(|line| [name.to_owned(), format!("{module}::"), "::*".to_owned()].iter().any(|sign| line.contains(sign.as_str())))
        };
        let is_named = |name: &String| {
            self.text.match_indices(name.as_str()).any(|(start, _)| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let (before, after) = (&self.text[..start], &self.text[start + name.len()..]);
                let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
                // Several modules may have a function `routes`.
                let qualifier = before.strip_suffix("::").map(|before| before.rsplit(|c| !is_part(c)).next().unwrap_or_default());
                is_word && qualifier.map_or_else(|| self.source == source || is_imported(name), |qualifier| qualifier == module)
            })
        };
        is_inside || names.iter().any(is_named)
    }
}

fn mounts(code: &[&Code<'_>]) -> Vec<Mount> {
    let mut found = Vec::new();
    for (source, code) in code.iter().enumerate() {
        for sign in MOUNTS {
            for (start, _) in code.text.match_indices(sign) {
                let rest = &code.text[start + sign.len()..];
                let Some((prefix, rest)) = rest.split_once('"').filter(|(prefix, _)| prefix.starts_with('/')) else { continue };
                // A scope goes on behind its parentheses, up to those that it stands in.
                let ends_at = if sign.starts_with("scope") { -1 } else { 0 };
                let text = upto(rest, ends_at);
                let behind = start + sign.len() + prefix.len() + 1;
                found.push(Mount { prefix: prefix.to_owned(), source, range: start..behind + text.len(), text: text.to_owned() });
            }
        }
    }
    // What mounts least says most.
    found.sort_by_key(|mount| mount.text.len());
    found
}

/// The text up to the parenthesis that closes what is open: 0 for the call itself, -1 for the one around it. A statement ends it, too.
fn upto(text: &str, ends_at: i32) -> &str {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            ';' if open <= 0 => return &text[..at],
            _ => {}
        }
        if open == ends_at {
            return &text[..at];
        }
    }
    text
}

/// The function that something stands in.
fn enclosing(code: &Code<'_>, at: usize) -> Option<String> {
    code.text[..at].lines().rev().find_map(function)
}

/// The function behind the attribute on a line.
fn handler(code: &Code<'_>, line: usize) -> Option<String> {
    let is_attribute = code.text.lines().nth(line - 1)?.trim_start().starts_with("#[");
    is_attribute.then(|| code.text.lines().skip(line - 1).take(DEEPEST).find_map(function))?
}

fn function(line: &str) -> Option<String> {
    let (before, rest) = line.split_once("fn ")?;
    let is_start = before.is_empty() || before.ends_with([' ', ']']);
    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (is_start && !name.is_empty() && name != "main").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{super::super::Source, Code, whole};

    #[test]
    fn a_route_lies_below_what_it_is_mounted_at() {
        for (main, other, line, wanted) in [
            (
                "use other::health;\nrocket::build().mount(\"/api\", routes![index, health])",
                "#[get(\"/health\")]\nfn health() {}",
                1,
                "/api/health",
            ),
            (
                "use other::health;\nrocket::build().mount(\"/\", routes![index, health])",
                "#[get(\"/health\")]\nfn health() {}",
                1,
                "/health",
            ),
            (
                "App::new().service(web::scope(\"/api\").service(other::health)).service(a)",
                "#[get(\"/health\")]\nasync fn health() {}",
                1,
                "/api/health",
            ),
            (
                "App::new().service(web::scope(\"/api\").service(index)).service(other::health)",
                "#[get(\"/health\")]\nasync fn health() {}",
                1,
                "/health",
            ),
            (
                "Router::new().nest(\"/api\", other::routes()).nest(\"/users\", users::routes())",
                "fn routes() {\n    x.route(\"/health\", get(h))\n}",
                2,
                "/api/health",
            ),
            ("Router::new().nest(\"/users\", users::routes())", "fn routes() {\n    x.route(\"/health\", get(h))\n}", 2, "/health"),
            (
                "fn v1() {\n    r.nest(\"/v1\", other::routes())\n}\nfn app() {\n    r.nest(\"/api\", v1())\n}",
                "fn routes() {\n    r.route(\"/health\", h)\n}",
                2,
                "/api/v1/health",
            ),
        ] {
            let code = [Code::of(&Source { path: "src/main.rs", text: main }), Code::of(&Source { path: "src/other.rs", text: other })];
            assert_eq!(whole(&[&code[0], &code[1]], "src/other.rs", line, "/health"), wanted, "{main}");
        }
        let inline = "Router::new()\n    .nest(\"/api\", Router::new()\n        .route(\"/health\", get(h)))";
        let code = Code::of(&Source { path: "src/main.rs", text: inline });
        assert_eq!(whole(&[&code], "src/main.rs", 3, "/health"), "/api/health");
    }
}
