//! The addresses that Rust code says, and whether something listens there.

use super::{
    super::{Source, ports},
    code::Code,
};

/// Calls that are told an address to listen on.
const CALLS: [&str; 15] = [
    "TcpListener::bind(",
    "TcpListener::new(",
    "Server::bind(",
    "Server::http(",
    "start_server(",
    ".bind(",
    ".bind_rustls",
    ".bind_openssl(",
    ".bind_auto_h2c(",
    "axum_server::bind",
    "SocketAddr::from(",
    "SocketAddr::new(",
    "SocketAddrV4::new(",
    ".run((",
    ".listen(",
];

/// The same for what may be called with anything else.
const CALLS_WITH_ADDRESSES: [&str; 2] = [".serve(", ".run("];

/// Words of lines on which the address of something else stands.
pub(super) const ELSEWHERE: [&str; 22] = [
    "://", "db", "database", "postgres", "mysql", "redis", "kafka", "amqp", "rabbit", "mongo", "smtp", "mail", "nats", "upstream",
    "remote", "client", "connect", "proxy", "otel", "otlp", "cors", "udp",
];

/// Words of lines on which something else listens than what answers requests.
const BESIDE: [&str; 6] = ["metric", "prom", "pprof", "admin", "debug", "9090"];

/// Words of what holds an address to listen on.
const NAMES: [&str; 5] = ["addr", "host", "bind", "listen", "interface"];

/// An address that code says.
pub(super) struct Spot<'c> {
    pub(super) path: &'c str,
    pub(super) text: &'c str,
    /// From 1.
    pub(super) line: usize,
    pub(super) port: Option<u16>,
    pub(super) host: Host,
    /// Whether something listens there, as opposed to what only looks like it.
    pub(super) certain: bool,
    /// Whether it is where those who run the program look.
    pub(super) is_aside: bool,
    /// The variable that gives another one.
    pub(super) variable: Option<String>,
}

impl Spot<'_> {
    pub(super) fn source(&self) -> Source<'_> {
        Source { path: self.path, text: self.text }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Loopback,
    Everywhere,
    Unknown,
}

pub(super) fn spots<'c>(code: &'c Code<'_>) -> Vec<Spot<'c>> {
    let source = Source { path: code.path, text: &code.text };
    let lines: Vec<&str> = code.text.lines().collect();
    let is_elsewhere = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ELSEWHERE.iter().any(|word| lower.contains(word))
    };
    let is_aside = |text: &str| {
        let lower = text.to_ascii_lowercase();
        BESIDE.iter().any(|word| lower.contains(word))
    };
    let spot = |line: usize, text: &str, certain: bool| Spot {
        path: code.path,
        text: &code.text,
        line,
        port: port_in(text).or_else(|| quoted_address(text)),
        host: host(text),
        certain,
        is_aside: is_aside(text) || is_aside(lines[line - 1]),
        variable: variable(&lines, line),
    };
    let others = ports::statements(&source, &CALLS_WITH_ADDRESSES);
    let calls: Vec<(usize, String)> = ports::statements(&source, &CALLS)
        .into_iter()
        .chain(others.iter().filter(|(_, text)| host(text) != Host::Unknown).cloned())
        .map(|(line, text)| (line, call(&text).to_owned()))
        .filter(|(line, text)| !text.contains("://") && !lines[line - 1].to_ascii_lowercase().contains("udp"))
        .collect();
    let mut found: Vec<Spot<'c>> = calls.iter().map(|(line, text)| spot(*line, text, true)).collect();
    found.retain(|spot| spot.port.is_some() || spot.host != Host::Unknown);
    let is_in_call = |number: usize| calls.iter().any(|(line, text)| (*line..=line + text.matches('\n').count()).contains(&number));
    for (index, line) in lines.iter().enumerate().filter(|(index, line)| !is_in_call(index + 1) && !is_elsewhere(line)) {
        let before = lines[index.saturating_sub(2)..index].join(" ");
        let names = || NAMES.iter().any(|name| format!("{before} {line}").to_ascii_lowercase().contains(name));
        let is_told = || host(line) != Host::Unknown && names() && !is_elsewhere(&before);
        if quoted_address(line).is_some() || is_told() {
            // What is called by a name that a call is told, or what the program is asked to listen on.
            let name = assigned(line);
            let is_called = || name.is_some_and(|name| calls.iter().chain(&others).any(|(_, text)| has_word(text, name)));
            let certain = variable(&lines, index + 1).is_some_and(|name| is_address(&name)) || is_called();
            found.push(spot(index + 1, line, certain));
        }
    }
    found
}

/// A call up to the parenthesis that closes it.
fn call(text: &str) -> &str {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return &text[..=at];
                }
            }
            _ => {}
        }
    }
    text
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|part| part == word)
}

/// What a line gives a value to: `let addr = …`, `const ADDRESS: &str = …`.
pub(super) fn assigned(line: &str) -> Option<&str> {
    let code = line.trim_start().trim_start_matches("pub ");
    let rest = ["let mut ", "let ", "const ", "static "].iter().find_map(|start| code.strip_prefix(start))?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

fn host(text: &str) -> Host {
    let plain = text.replace(' ', "");
    let everywhere = ["\"0.0.0.0", "[0,0,0,0]", "[0;4]", "UNSPECIFIED", "\"[::]", "\"::\"", "new(0,0,0,0)", "from_str(\"0.0.0.0"];
    if everywhere.iter().any(|sign| plain.contains(sign)) {
        return Host::Everywhere;
    }
    let is_loopback = ports::has_loopback(text) || plain.contains("LOCALHOST") || plain.contains("new(127,0,0,1)");
    if is_loopback { Host::Loopback } else { Host::Unknown }
}

/// The port of a text that is an address to listen on: `"0.0.0.0:8080"`, `"[::1]:50051"`, `":3000"`.
fn quoted_address(line: &str) -> Option<u16> {
    line.split('"').skip(1).step_by(2).find_map(|text| {
        let (host, port) = text.rsplit_once(':')?;
        let is_host = ["", "0.0.0.0", "127.0.0.1", "localhost", "[::]", "[::1]"].contains(&host);
        port.parse().ok().filter(|port: &u16| is_host && *port >= 80)
    })
}

/// A number of two to five digits behind `:` or `, `: `"0.0.0.0:3000"`, `([127, 0, 0, 1], 3000)`, `("0.0.0.0", 3000)`.
fn port_in(line: &str) -> Option<u16> {
    let starts = line.match_indices([':', ',']).map(|(at, _)| at + 1);
    starts
        .filter_map(|start| {
            let digits: String = line[start..].trim_start().chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok().filter(|port: &u16| *port >= 80)
        })
        .next_back()
}

/// Whether a variable is called as one that says where to listen: what is read right before an address may be for something else.
pub(super) fn is_address(variable: &str) -> bool {
    let is_other = ELSEWHERE.iter().any(|word| variable.to_ascii_lowercase().contains(word));
    !is_other
        && !variable.ends_with("PORT")
        && ["ADDR", "HOST", "BIND", "LISTEN", "INTERFACE", "IP"].iter().any(|word| variable.contains(word))
}

/// The variable that is read on a line, or right before it: `env::var("HOST")`, `env = "HOST"`.
pub(super) fn variable(lines: &[&str], line: usize) -> Option<String> {
    const READS: [&str; 4] = ["var(\"", "var_os(\"", "env = \"", "from = \""];
    let on = |text: &str| {
        let at = READS.iter().find_map(|sign| text.rfind(sign).map(|at| at + sign.len()))?;
        let name = text[at..].split('"').next()?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        is_name.then(|| name.to_owned())
    };
    // A call that goes on has no end before.
    let before = lines[line.saturating_sub(4)..line - 1].iter().rev().take_while(|text| !text.trim_end().ends_with([';', '{', '}']));
    std::iter::once(&lines[line - 1]).chain(before).find_map(|text| on(text))
}

#[cfg(test)]
mod tests {
    use super::{Code, Host, Source, spots};

    fn code(text: &str) -> Code<'_> {
        Code::of(&Source { path: "x", text })
    }

    #[test]
    fn an_address_says_the_port_and_who_can_connect() {
        use Host::{Everywhere, Loopback, Unknown};
        for (text, port, host, certain) in [
            ("    .bind((\"0.0.0.0\", 8080))?.keep_alive(Duration::new(75, 9000))", Some(8080), Everywhere, true),
            ("let l = TcpListener::bind(\n    \"127.0.0.1:3000\",\n)", Some(3000), Loopback, true),
            ("let addr = SocketAddr::from(([0, 0, 0, 0], 3000));", Some(3000), Everywhere, true),
            ("let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));", Some(3000), Loopback, true),
            ("let a = \"[::1]:50051\".parse()?;\nServer::builder().add_service(s).serve(a).await", Some(50051), Loopback, true),
            ("let addr = \"127.0.0.1:3000\";\nTcpListener::bind(addr)", Some(3000), Loopback, true),
            ("warp::serve(routes).run(([127, 0, 0, 1], 3030)).await", Some(3030), Loopback, true),
            (".bind((host, port))\nlet host = env::var(\"HOST\").unwrap_or(\"127.0.0.1\".into());", None, Loopback, true),
            ("TcpListener::bind(format!(\"0.0.0.0:{port}\"))", None, Everywhere, true),
        ] {
            let code = code(text);
            let found = spots(&code);
            let told = found.iter().map(|spot| (spot.port, spot.host, spot.certain)).collect::<Vec<_>>();
            assert!(told.contains(&(port, host, certain)), "{text}: {told:?}");
            assert!(told.iter().all(|(_, found, _)| *found == host || *found == Unknown), "{text}: {told:?}");
        }
        for text in [
            "UdpSocket::bind(\"127.0.0.1:9999\")",
            "let client = Client::connect(\"127.0.0.1:7000\")",
            "let url = \"http://localhost:3000\";",
            "let redis = \"127.0.0.1:6379\";",
            "sqlx::query(\"…\").bind(8080)",
            "// TcpListener::bind(\"127.0.0.1:3000\")",
            "#[cfg(test)]\nmod tests {\n    fn a() { TcpListener::bind(\"127.0.0.1:3000\"); }\n}",
        ] {
            assert!(spots(&code(text)).is_empty(), "{text}");
        }
    }
}
