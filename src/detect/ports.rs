//! The port that a program takes from its environment, told from its code.

use super::Source;

/// Variables that usually name the port a program listens on.
const VARIABLES: [&str; 5] = ["PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT", "LISTEN_PORT"];

/// Lines behind the one that reads the variable on which its default may stand.
const REACH: usize = 3;

/// A port by the variable that changes it.
pub(super) struct Port {
    pub(super) number: u16,
    pub(super) variable: &'static str,
    /// From 1.
    pub(super) line: usize,
}

/// The variable that one of the usual names is, and the number that holds without it: `env("PORT", "8080")`, `process.env.PORT || 3000`,
/// `{ PORT = '3000' }`.
pub(super) fn from_environment(source: &Source<'_>) -> Option<Port> {
    let lines: Vec<&str> = source.text.lines().collect();
    lines.iter().enumerate().find_map(|(index, line)| {
        let (variable, end) = VARIABLES.iter().find_map(|variable| Some((*variable, read_end(line, variable)?)))?;
        let rest = std::iter::once(&line[end..]).chain(lines[index + 1..].iter().take(REACH).copied());
        let (offset, number) = rest.enumerate().find_map(|(offset, text)| Some((offset, number(text)?)))?;
        Some(Port { number, variable, line: index + offset + 1 })
    })
}

/// Where the name of the variable ends, on a line that reads it: in quotes, behind `env.`, or taken out of an object.
pub(super) fn read_end(line: &str, variable: &str) -> Option<usize> {
    line.match_indices(variable).find_map(|(start, _)| {
        let end = start + variable.len();
        let (before, after) = (&line[..start], &line[end..]);
        let is_quoted = before.ends_with(['"', '\'']) && after.starts_with(['"', '\'']);
        let is_member = before.ends_with("env.");
        let is_taken_out = before.trim_end().ends_with(['{', ',']) && after.trim_start().starts_with('=') && !before.contains("=>");
        (is_quoted || is_member || is_taken_out).then_some(end)
    })
}

/// The first number that can be a port and is no part of a word or an address.
fn number(text: &str) -> Option<u16> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
    text.split(|c: char| !is_part(c)).find_map(|word| word.parse().ok().filter(|port: &u16| *port >= 80))
}

#[cfg(test)]
mod tests {
    use super::{Source, from_environment};

    #[test]
    fn a_port_stands_behind_its_variable() {
        for (text, found) in [
            ("addr := \":\" + cmp.Or(os.Getenv(\"PORT\"), \"8080\")", Some((8080, "PORT", 1))),
            ("let port = env::var(\"PORT\").unwrap_or_else(|_| \"8080\".to_owned());", Some((8080, "PORT", 1))),
            ("    .and_then(|_| var(\"PORT\"))\n    .unwrap_or(3000);", Some((3000, "PORT", 2))),
            ("int port = Integer.parseInt(env.getOrDefault(\"HTTP_PORT\", \"7070\"));", Some((7070, "HTTP_PORT", 1))),
            ("const { PORT = '3000', API_URL = 'http://localhost:8080' } = process.env", Some((3000, "PORT", 1))),
            ("app.listen(process.env.PORT || 3000)", Some((3000, "PORT", 1))),
            ("port := os.Getenv(\"PORT\")\nif port == \"\" {\n\tport = \"8081\"\n}", Some((8081, "PORT", 3))),
            ("redis.NewClient(&redis.Options{Addr: \"localhost:6379\"})", None),
            ("// IMPORT = 8080\nEXPORT = 9090", None),
            ("x = os.environ['PORT']", None),
        ] {
            let port = from_environment(&Source { path: "x", text });
            assert_eq!(port.map(|port| (port.number, port.variable, port.line)), found, "{text}");
        }
    }
}
