//! Where a Rust program listens.

use super::{
    super::{Project, Source, ports},
    address::{ELSEWHERE, Host, Spot, assigned, is_address, spots, variable},
    code::Code,
    rocket, settings,
};
use crate::stack::{Module, Origin};

/// The keys of a port in there.
const PORTS: [&str; 8] =
    ["port", "server.port", "application.port", "app.port", "http.port", "web.port", "api.port", "default.server.port"];

/// The keys of a host.
const HOSTS: [&str; 6] = ["host", "server.host", "application.host", "app.host", "http.host", "web.host"];

/// The keys of both at once.
const ADDRESSES: [&str; 12] = [
    "bind",
    "listen",
    "addr",
    "address",
    "bind_addr",
    "bind_address",
    "listen_addr",
    "listen_address",
    "server.bind",
    "server.listen",
    "server.addr",
    "server.address",
];

/// Where servers listen that a program talks to: a field that is called `port` may be theirs.
const SERVERS: [u16; 8] = [5432, 3306, 6379, 5672, 27017, 9092, 465, 587];

/// Lines of the attributes of a field at most.
const LONGEST: usize = 8;

/// What is written instead of the loopback address.
pub(super) const WAY_OUT: &str = "the address `0.0.0.0` lets it listen everywhere";

/// What is known of a program that is asked where it listens.
pub(super) struct Program<'p, 's> {
    /// Its code, what is its own first.
    pub(super) code: &'p [&'p Code<'s>],
    /// Whether it is built with Rocket.
    pub(super) is_rocket: bool,
    /// The folder of its package.
    pub(super) directory: &'p str,
}

/// Says where the module listens, and what lets it listen everywhere; a note where nothing does.
pub(super) fn read(project: &mut Project<'_>, module: &mut Module, program: &Program<'_, '_>) {
    if program.is_rocket && rocket::listens(project, module, program.code) {
        return;
    }
    let spots: Vec<Spot<'_>> = program.code.iter().flat_map(|code| spots(code)).collect();
    if let Some(origin) = port(project, module, program, &spots) {
        project.origin(&format!("modules.{}.port", module.name), origin);
        loopback(project, module, program, &spots);
    }
}

fn port(project: &mut Project<'_>, module: &mut Module, program: &Program<'_, '_>, spots: &[Spot<'_>]) -> Option<Origin> {
    for code in program.code {
        let source = code.source();
        if let Some((number, variable, line)) = from_environment(&source) {
            module.port = Some(number);
            module.port_variable = variable;
            return Some(source.sure(line));
        }
        let said = spots.iter().filter(|spot| spot.path == code.path && spot.certain);
        if let Some((spot, number)) = said.filter_map(|spot| Some((spot, spot.port?))).min_by_key(|(spot, _)| spot.is_aside) {
            module.port = Some(number);
            return Some(source.sure(spot.line));
        }
    }
    if let Some((variable, number, origin)) = of_example(project, program) {
        (module.port, module.port_variable) = (Some(number), Some(variable));
        return Some(origin);
    }
    let of_settings = |keys: &[&str]| settings::value(project, program.directory, program.code, keys);
    let port_of = |value: &str| value.rsplit(':').next()?.parse().ok().filter(|port: &u16| *port >= 80);
    let mut stated = [PORTS.as_slice(), &ADDRESSES].into_iter().filter_map(of_settings);
    if let Some((number, origin)) = stated.find_map(|stated| Some((port_of(&stated.value)?, stated.origin))) {
        module.port = Some(number);
        return Some(Origin { certain: false, ..origin });
    }
    let guessed = spots.iter().filter_map(|spot| Some((spot.is_aside, spot.source().unsure(spot.line), spot.port?)));
    let called = program.code.iter().filter_map(|code| {
        let source = code.source();
        let (number, line) = source_called(&source)?;
        Some((false, source.unsure(line), number))
    });
    let (_, origin, number) = guessed.chain(called).min_by_key(|(is_aside, ..)| *is_aside)?;
    module.port = Some(number);
    Some(origin)
}

/// The port that comes from the environment: by one of the usual names, by another one that ends so, or as an option of the command line.
fn from_environment(source: &Source<'_>) -> Option<(u16, Option<String>, usize)> {
    if let Some(port) = ports::from_environment(source) {
        return Some((port.number, Some(port.variable.to_owned()), port.line));
    }
    let lines: Vec<&str> = source.text.lines().collect();
    of_option(&lines).or_else(|| {
        lines.iter().enumerate().find_map(|(index, line)| {
            let name = variable(&lines[..=index], index + 1).filter(|name| line.contains(name.as_str()))?;
            let is_port = name.ends_with("_PORT") && !is_of_other(&name);
            let rest = lines[index..].iter().take(4).enumerate();
            let default =
                |text: &str| text.split_once("unwrap_or").or_else(|| text.split_once("default")).and_then(|(_, rest)| number(rest));
            let (offset, port) = is_port.then(|| rest.into_iter().find_map(|(offset, text)| Some((offset, default(text)?))))??;
            Some((port, Some(name), index + offset + 1))
        })
    })
}

fn is_of_other(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ELSEWHERE.iter().chain(&["pg", "metric", "grpc", "admin"]).any(|word| lower.contains(word))
}

/// clap's and its like's: `#[arg(long, env, default_value_t = 3000)]` before `port: u16`.
fn of_option(lines: &[&str]) -> Option<(u16, Option<String>, usize)> {
    lines.iter().enumerate().find_map(|(index, line)| {
        let field = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let (name, kind) = field.split_once(':')?;
        let is_port = (name == "port" || name.ends_with("_port")) && kind.trim_start().starts_with("u16") && !is_of_other(name);
        if !is_port {
            return None;
        }
        // The attributes of a field stand between it and the one before.
        let is_other = |line: &str| {
            let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ');
            line.trim_end().ends_with(['{', '}'])
                || line.trim_end().ends_with(',') && line.split_once(": ").is_some_and(|(name, _)| is_name(name.trim()))
        };
        let text: Vec<&str> = lines[..index].iter().rev().take(LONGEST).take_while(|line| !is_other(line)).copied().collect();
        let is_option =
            text.iter().any(|line| ["arg(", "clap(", "structopt(", "envconfig(", "argh("].iter().any(|sign| line.contains(sign)));
        let (offset, port) = text.iter().enumerate().find_map(|(offset, line)| Some((offset, number(line.split_once("default")?.1)?)))?;
        let env = text.iter().find_map(|line| line.split_once("env").map(|(_, rest)| rest));
        let is_variable = |rest: &str| rest.trim_start().starts_with(['=', ',', ')']);
        let named = env.filter(|rest| is_variable(rest)).map(|rest| {
            let given = rest.trim_start().strip_prefix('=').and_then(|rest| rest.split('"').nth(1));
            given.map_or_else(|| name.to_ascii_uppercase(), str::to_owned)
        });
        is_option.then_some((port, named, index - offset))
    })
}

/// The first number that can be a port.
fn number(text: &str) -> Option<u16> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    text.split(|c: char| !is_part(c))
        .find_map(|word| word.replace('_', "").trim_end_matches("u16").parse().ok().filter(|port: &u16| *port >= 80))
}

/// The number of a constant or a field that is called a port, or of what gives its default: `const PORT: u16 = 3000`, `port: 3000,`.
fn source_called(source: &Source<'_>) -> Option<(u16, usize)> {
    let lines: Vec<&str> = source.text.lines().collect();
    lines.iter().enumerate().find_map(|(index, line)| {
        let lower = line.to_ascii_lowercase();
        if is_of_other(&lower) {
            return None;
        }
        if lower.contains("fn ") && lower.contains("port") && lower.contains("-> u16") {
            return [line, lines.get(index + 1)?]
                .into_iter()
                .find_map(|line| number(line.rsplit("u16").next()?))
                .map(|port| (port, index + 2));
        }
        let constant = || assigned(line).filter(|name| name.to_ascii_lowercase().ends_with("port")).and_then(|_| line.split_once('='));
        let field = || line.split_once(':').filter(|(name, _)| name.trim().ends_with("port"));
        let (_, value) = constant().or_else(field)?;
        let value = value.trim().trim_end_matches([';', ',']).trim_matches('"').replace('_', "");
        value.parse().ok().filter(|port: &u16| *port >= 80 && !SERVERS.contains(port)).map(|port| (port, index + 1))
    })
}

/// Where the code wants the variable and has no number for it, what the example of a `.env` file says.
fn of_example(project: &Project<'_>, program: &Program<'_, '_>) -> Option<(String, u16, Origin)> {
    let examples = project.sources(|path| [".env.example", ".env.sample", ".env.template", ".env.dist"].contains(&path));
    let port_of = |line: &str| -> Option<(String, u16)> {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let is_port = (name == "PORT" || name.ends_with("_PORT")) && !is_of_other(name);
        let is_read = || program.code.iter().any(|code| code.text.contains(&format!("\"{name}\"")));
        Some((name.to_owned(), value.trim().trim_matches(['"', '\'']).parse().ok()?)).filter(|_| is_port && is_read())
    };
    examples.iter().find_map(|source| {
        let ((name, port), line) = source.find(port_of)?;
        Some((name, port, source.unsure(line)))
    })
}

/// Where the program listens on the loopback address only: the variable that changes that, else a note.
fn loopback(project: &mut Project<'_>, module: &mut Module, program: &Program<'_, '_>, spots: &[Spot<'_>]) {
    let found = spots.iter().filter(|spot| spot.host == Host::Loopback && !spot.is_aside).min_by_key(|spot| !spot.certain);
    // What a file of settings says goes before a default in the code.
    if found.is_none_or(|spot| !spot.certain) && of_settings(project, module, program, spots) {
        return;
    }
    let Some(spot) = found else { return };
    if spots.iter().any(|other| other.host == Host::Everywhere && !other.is_aside) {
        return;
    }
    match (spot.variable.as_ref().filter(|name| is_address(name)), spot.port, module.port_variable.as_ref()) {
        (Some(name), Some(port), None) if module.port == Some(port) => {
            module.environment.insert(name.clone(), format!("0.0.0.0:{port}"));
        }
        (Some(name), None, _) => module.host_variable = Some(name.clone()),
        _ => project.note(&spot.source().at(spot.line), ports::loopback_note(WAY_OUT)),
    }
}

/// Whether a file of settings says on which address the program listens: where that is the loopback address, by which variable it is changed.
fn of_settings(project: &mut Project<'_>, module: &mut Module, program: &Program<'_, '_>, spots: &[Spot<'_>]) -> bool {
    let stated = [HOSTS.as_slice(), &ADDRESSES].into_iter();
    let mut stated = stated.filter_map(|keys| settings::value(project, program.directory, program.code, keys));
    let Some(stated) = stated.find(|stated| !stated.value.contains("//")) else { return false };
    let (host, port) = stated.value.rsplit_once(':').map_or((stated.value.as_str(), None), |(host, port)| (host, Some(port)));
    let is_loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    if !is_loopback || spots.iter().any(|spot| spot.host == Host::Everywhere && !spot.is_aside) {
        return true;
    }
    match (stated.variable, port) {
        (Some(name), None) => module.host_variable = Some(name),
        (Some(name), Some(port)) => drop(module.environment.insert(name, format!("0.0.0.0:{port}"))),
        (None, _) => project.note(&stated.origin.place, ports::loopback_note(WAY_OUT)),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Source, from_environment, source_called};

    #[test]
    fn a_variable_or_an_option_says_the_port() {
        for (text, port, variable, line) in [
            ("env::var(\"PORT\").unwrap_or(\"3000\".into())", 3000, Some("PORT"), 1),
            ("env::var(\"SHOP_PORT\")\n    .ok()\n    .unwrap_or(3001)", 3001, Some("SHOP_PORT"), 3),
            ("    #[arg(long, env, default_value_t = 3002)]\n    pub port: u16,", 3002, Some("PORT"), 1),
            ("    #[clap(long, default_value = \"3003\", env = \"SHOP_PORT\")]\n    port: u16,", 3003, Some("SHOP_PORT"), 1),
            ("    #[arg(short, long, default_value_t = 3_004)]\n    port: u16,", 3004, None, 1),
            ("    #[arg(\n        long,\n        default_value_t = 3005\n    )]\n    port: u16,", 3005, None, 3),
        ] {
            let found = from_environment(&Source { path: "x", text });
            assert_eq!(found, Some((port, variable.map(str::to_owned), line)), "{text}");
        }
        assert_eq!(from_environment(&Source { path: "x", text: "env::var(\"DB_PORT\").unwrap_or(5432)" }), None);
    }

    #[test]
    fn a_number_that_is_called_a_port_may_be_one() {
        for (text, found) in [
            ("const PORT: u16 = 3000;", Some((3000, 1))),
            ("let port = 3001;", Some((3001, 1))),
            ("            port: 3002,", Some((3002, 1))),
            ("fn default_port() -> u16 {\n    3003\n}", Some((3003, 2))),
            ("    redis_port: 6379,", None),
            ("    port: 5432,", None),
            ("    port: u16,", None),
        ] {
            assert_eq!(source_called(&Source { path: "x", text }), found, "{text}");
        }
    }
}
