//! The port that a program takes from its environment, told from its code.

use super::Source;

/// Variables that usually name the port a program listens on.
const VARIABLES: [&str; 5] = ["PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT", "LISTEN_PORT"];

/// Variables that usually name the address.
const HOSTS: [&str; 6] = ["HOST", "HOSTNAME", "BIND_ADDRESS", "LISTEN_ADDRESS", "SERVER_HOST", "APP_HOST"];

/// Lines that a call goes on for at most.
const LONGEST: usize = 8;

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
    let lines: Vec<&str> = source.text.lines().map(code_of).collect();
    lines.iter().enumerate().find_map(|(index, line)| {
        let (variable, end) = VARIABLES.iter().find_map(|variable| Some((*variable, read_end(line, variable)?)))?;
        let rest = std::iter::once(&line[end..]).chain(lines[index + 1..].iter().take(REACH).copied());
        let (offset, number) = rest.enumerate().find_map(|(offset, text)| Some((offset, number(text)?)))?;
        Some(Port { number, variable, line: index + offset + 1 })
    })
}

/// What of a line is no comment.
pub(super) fn code_of(line: &str) -> &str {
    let code = line.trim_start();
    if ["//", "/*", "* ", "# "].iter().any(|sign| code.starts_with(sign)) || code == "*" || code == "#" {
        return "";
    }
    // Behind a blank only, because `//` is part of every URL.
    let ends = [" //", "\t//", "  # "].iter().filter_map(|sign| line.find(sign));
    ends.min().map_or(line, |end| &line[..end])
}

/// Where something listens that only its own host can connect to.
pub(super) struct Loopback {
    /// From 1.
    pub(super) line: usize,
    /// The variable that changes that.
    pub(super) variable: Option<String>,
}

/// The first call by one of these signs that names the loopback address.
pub(super) fn loopback(source: &Source<'_>, signs: &[&str]) -> Option<Loopback> {
    let (line, text) = statements(source, signs).into_iter().find(|(_, text)| has_loopback(text))?;
    Some(Loopback { line, variable: host_variable(&text) })
}

/// What is said of it; `way_out` is what the language writes instead.
pub(super) fn loopback_note(way_out: &str) -> String {
    format!("listens on the loopback address only, and in a container nobody outside can connect to that: {way_out}")
}

/// The calls by one of these signs, from the sign to the parenthesis that closes them, and their lines from 1.
pub(super) fn statements(source: &Source<'_>, signs: &[&str]) -> Vec<(usize, String)> {
    let lines: Vec<&str> = source.text.lines().map(code_of).collect();
    let starts = lines.iter().enumerate().filter_map(|(index, line)| {
        let start = signs.iter().filter_map(|sign| line.find(sign)).min()?;
        Some((index, start))
    });
    let whole = |(index, start): (usize, usize)| {
        let mut text = String::new();
        for line in std::iter::once(&lines[index][start..]).chain(lines[index + 1..].iter().take(LONGEST).copied()) {
            text.push_str(line);
            text.push('\n');
            if text.matches('(').count() <= text.matches(')').count() {
                break;
            }
        }
        (index + 1, text)
    };
    starts.map(whole).collect()
}

/// Whether a text names the loopback address as one to listen on, as opposed to the URL of something: `"127.0.0.1:8080"`, `'localhost'`,
/// `([127, 0, 0, 1], 3000)`.
pub(super) fn has_loopback(text: &str) -> bool {
    let is_quoted = |name: &str| {
        text.match_indices(name).any(|(start, _)| {
            let is_end = |c: char| matches!(c, '"' | '\'' | '`' | ':');
            text[..start].ends_with(['"', '\'', '`']) && text[start + name.len()..].starts_with(is_end)
        })
    };
    ["127.0.0.1", "localhost", "[::1]", "::1"].into_iter().any(is_quoted) || text.replace(' ', "").contains("[127,0,0,1]")
}

/// The variable that a text reads to know on which address to listen.
pub(super) fn host_variable(text: &str) -> Option<String> {
    HOSTS.iter().find(|variable| read_end(text, variable).is_some()).map(|variable| (*variable).to_owned())
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
    use super::{Source, from_environment, loopback};

    #[test]
    fn what_only_its_own_host_can_connect_to_is_told() {
        let signs = ["listen(", "ListenAndServe(", "bind("];
        for (text, found) in [
            ("server.listen(3000, '127.0.0.1')", Some((1, None))),
            ("app.listen({\n  port: 3000,\n  host: 'localhost',\n})", Some((1, None))),
            ("app.listen(3000, process.env.HOST || 'localhost')", Some((1, Some("HOST")))),
            ("\n\thttp.ListenAndServe(\"localhost:8080\", nil)", Some((2, None))),
            ("TcpListener::bind(([127, 0, 0, 1], 3000))", Some((1, None))),
            ("http.ListenAndServe(\":8080\", nil)", None),
            ("app.listen(3000, () => console.log('http://localhost:3000'))", None),
            ("app.listen(3000, () => console.log(`on localhost:3000`))", None),
            ("app.listen(3000); // not 'localhost'", None),
            ("app.listen(3000);\nconst db = connect('localhost');", None),
        ] {
            let told = loopback(&Source { path: "x", text }, &signs);
            assert_eq!(told.as_ref().map(|told| (told.line, told.variable.as_deref())), found, "{text}");
        }
    }

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
            ("// process.env.PORT || 3000", None),
            ("const port = process.env.PORT // 3000 at home", None),
            ("#[arg(env = \"PORT\", default_value = \"8084\")]", Some((8084, "PORT", 1))),
        ] {
            let port = from_environment(&Source { path: "x", text });
            assert_eq!(port.map(|port| (port.number, port.variable, port.line)), found, "{text}");
        }
    }
}
