//! Where what a package starts listens.

use super::{
    super::{
        Project, Source,
        ports::{self, Port},
    },
    Package, Started, port_in,
};
use crate::stack::{Module, Origin};

/// What a line has on which something listens.
const SIGNS: [&str; 3] = ["listen(", "port:", "port ="];

/// Words of lines on which something else listens than what answers requests.
const BESIDE: [&str; 6] = ["metric", "prom", "pprof", "admin", "debug", "inspect"];

/// What the server is usually called.
const SERVERS: [&str; 8] = ["app", "server", "httpserver", "fastify", "api", "web", "http", "koa"];

/// Lines before the one that names a variable on which its default may stand.
const REACH: usize = 5;

/// The way out for what listens on the loopback address only.
const WAY_OUT: &str = "`host: '0.0.0.0'` lets it listen everywhere";

/// Says where the module listens. Gives back its code, that which says the port first: what else is read of it belongs to the same server.
pub(super) fn read<'s>(
    project: &mut Project<'s>,
    module: &mut Module,
    package: &Package<'_>,
    started: &Started,
    mut code: Vec<Source<'s>>,
) -> Vec<Source<'s>> {
    let settings = settings(project, package);
    let of_framework = package.depends_on("next") || package.depends_on("nuxt");
    let said = of_script(module, package, started)
        .or_else(|| from_environment(project, module, &code, &settings))
        .or_else(|| literal(module, &code))
        .or_else(|| by_cli(module, package, started))
        .or_else(|| {
            let origin = Origin { place: package.source.path.to_owned(), certain: true };
            of_framework.then(|| told(module, 3000, Some("PORT"), origin))
        });
    if let Some(origin) = said {
        let path = origin.place.rsplit_once(':').map_or(origin.place.as_str(), |(path, _)| path).to_owned();
        project.origin(&format!("modules.{}.port", module.name), origin);
        // Stable: the others stay in their order.
        code.sort_by_key(|source| source.path != path);
    }
    if !of_framework {
        loopback(project, module, package, &code);
    }
    code
}

fn told(module: &mut Module, port: u16, variable: Option<&str>, origin: Origin) -> Origin {
    module.port = Some(port);
    module.port_variable = variable.map(str::to_owned);
    origin
}

/// The files that read the environment for it: `src/config.ts`, `config/default.js`, `src/env.ts`, `src/app.module.ts`.
fn settings<'s>(project: &Project<'s>, package: &Package<'_>) -> Vec<Source<'s>> {
    let inside = if package.is_member() { format!("{}/", package.directory) } else { String::new() };
    let is_settings = |path: &str| {
        let path = path.strip_prefix("src/").unwrap_or(path);
        let in_folder = path.strip_prefix("config/").or_else(|| path.strip_prefix("configs/"));
        let name = in_folder.unwrap_or(path);
        let is_code = [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| name.ends_with(end)) && !name.contains('/');
        let starts = ["config", "env", "settings", "app.module", "app.config"].iter().any(|start| name.starts_with(start));
        is_code && (in_folder.is_some() || starts) && !name.contains(".test.") && !name.contains(".spec.")
    };
    project.sources(|path| path.strip_prefix(&inside).is_some_and(is_settings))
}

/// What the script says beside the program: `PORT=8080 node server.js`, `next start -p 8080`.
fn of_script(module: &mut Module, package: &Package<'_>, started: &Started) -> Option<Origin> {
    let origin = || Origin { certain: true, ..started.origin.clone() };
    if let Some(port) = started.environment.iter().find(|(name, _)| name == "PORT").and_then(|(_, value)| value.parse().ok()) {
        return Some(told(module, port, Some("PORT"), origin()));
    }
    let is_next = package.depends_on("next") && started.script.split_whitespace().any(|word| word == "next");
    let port = is_next.then(|| option(&started.script, &["-p", "--port"])).flatten()?;
    // What npm starts has the option, which goes before the variable; the rest is started without it.
    let is_script = started.words.first().is_some_and(|word| word != "node" && !word.ends_with("/next"));
    Some(told(module, port, (!is_script).then_some("PORT"), package.source.sure(package.line_of_script("start"))))
}

/// The number behind one of these options: `-p 8080`, `--port=8080`, `-p ${PORT:-8080}`.
fn option(script: &str, names: &[&str]) -> Option<u16> {
    let mut words = script.split([' ', '=', '\t']).filter(|word| !word.is_empty());
    words.find(|word| names.contains(word))?;
    let value = words.next()?;
    let digits = value.trim_end_matches('}');
    digits.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A port that comes from the environment: of a schema, or of the code.
fn from_environment(project: &mut Project<'_>, module: &mut Module, code: &[Source<'_>], settings: &[Source<'_>]) -> Option<Origin> {
    let schema = || settings.iter().chain(code).find_map(|source| Some((*source, of_schema(source)?)));
    let plain = |sources: &[Source<'_>]| sources.iter().any(|source| ports::from_environment(source).is_some());
    if !plain(code)
        && let Some((source, port)) = schema()
    {
        return Some(told(module, port.number, Some(port.variable), source.sure(port.line)));
    }
    let is_there = project.port_from_environment(module, code) || project.port_from_environment(module, settings);
    if !is_there {
        return None;
    }
    project.stack.origins.get(&format!("modules.{}.port", module.name)).cloned()
}

/// The port that a schema of the environment gives: `PORT: z.coerce.number().default(3001)`, `PORT: port({ default: 3001 })`, and convict's
/// `default: 3001, env: 'PORT'`.
fn of_schema(source: &Source<'_>) -> Option<Port> {
    const NAME: &str = "PORT";
    let lines: Vec<&str> = source.text.lines().map(ports::code_of).collect();
    let default = |line: &str| {
        let (_, rest) = line.split_once("default")?;
        let digits: String = rest.trim_start_matches(['(', ':', ' ', '\'', '"']).chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let port = |number: u16, index: usize| Port { number, variable: NAME, line: index + 1 };
    lines.iter().enumerate().find_map(|(index, line)| {
        let key = line.trim_start().trim_start_matches(['\'', '"']);
        if key.strip_prefix(NAME).is_some_and(|rest| rest.trim_start_matches(['\'', '"']).starts_with(':')) {
            let goes_on = |line: &&&str| [".", "}", ")", "default"].iter().any(|start| line.trim_start().starts_with(start));
            let ends = lines[index + 1..].iter().take_while(goes_on).count();
            let offset = (index..=index + ends.min(REACH)).find(|at| lines.get(*at).is_some_and(|line| default(line).is_some()))?;
            return Some(port(default(lines[offset])?, offset));
        }
        let is_convict =
            line.split_once("env:").is_some_and(|(_, rest)| rest.trim_start().trim_start_matches(['\'', '"']).starts_with("PORT"));
        if !is_convict {
            return None;
        }
        let first = index.saturating_sub(REACH);
        let at = (first..=index).rev().find(|at| default(lines[*at]).is_some())?;
        Some(port(default(lines[at])?, at))
    })
}

/// A port that stands in the code.
fn literal(module: &mut Module, code: &[Source<'_>]) -> Option<Origin> {
    let (source, port, line) = code.iter().find_map(|source| {
        let named = source.text.lines().enumerate().filter_map(|(index, line)| {
            let line = ports::code_of(line);
            let port = SIGNS.iter().any(|sign| line.contains(sign)).then(|| port_in(line))??;
            Some((rank(line), index + 1, port))
        });
        let (_, line, port) = named.min()?;
        Some((*source, port, line))
    })?;
    Some(told(module, port, None, source.sure(line)))
}

/// How likely a line is that of the server that is meant, the smallest first.
fn rank(line: &str) -> u8 {
    let lower = line.to_ascii_lowercase();
    if BESIDE.iter().any(|word| lower.contains(word)) {
        return 2;
    }
    let Some((before, _)) = lower.split_once(".listen(") else { return 0 };
    let receiver = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or(before);
    // What a call gives back is as good as a name.
    u8::from(!receiver.is_empty() && !SERVERS.iter().any(|name| receiver.ends_with(name)))
}

/// Fastify's own command listens on 3000, and on the address of a container's own network only where it is told so.
fn by_cli(module: &mut Module, package: &Package<'_>, started: &Started) -> Option<Origin> {
    let is_cli = package.depends_on("fastify-cli") && started.script.split_whitespace().next() == Some("fastify");
    if !is_cli {
        return None;
    }
    if option(&started.script, &["-a", "--address"]).is_none() && !started.script.contains("0.0.0.0") {
        module.host_variable = Some("FASTIFY_ADDRESS".to_owned());
    }
    let given = option(&started.script, &["-p", "--port"]);
    let origin = Origin { certain: true, ..started.origin.clone() };
    Some(told(module, given.unwrap_or(3000), given.is_none().then_some("PORT"), origin))
}

/// A note where the server listens on the loopback address only; the variable that changes that, where there is one.
fn loopback(project: &mut Project<'_>, module: &mut Module, package: &Package<'_>, code: &[Source<'_>]) {
    if module.port.is_none() || module.host_variable.is_some() {
        return;
    }
    let is_fastify = package.depends_on("fastify") || package.depends_on("@nestjs/platform-fastify");
    let found = code.iter().find_map(|source| {
        let own = || ports::loopback(source, &["listen(", "createServer(", "serve("]);
        let of_fastify = || is_fastify.then(|| fastify(source)).flatten();
        let loopback = own().or_else(|| by_name(source)).or_else(of_fastify)?;
        Some((*source, loopback))
    });
    let Some((source, loopback)) = found else { return };
    match loopback.variable {
        Some(variable) => module.host_variable = Some(variable),
        None => project.note(&source.at(loopback.line), ports::loopback_note(WAY_OUT)),
    }
}

/// `const hostname = '127.0.0.1'`, where what listens is told that.
fn by_name(source: &Source<'_>) -> Option<ports::Loopback> {
    const NAMES: [&str; 5] = ["hostname", "host", "HOST", "HOSTNAME", "ADDRESS"];
    let lines: Vec<&str> = source.text.lines().map(ports::code_of).collect();
    let listens = ports::statements(source, &["listen("]);
    NAMES.iter().find_map(|name| {
        let is_told =
            listens.iter().any(|(_, text)| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == *name));
        let sign = format!("{name} =");
        let index = lines.iter().position(|line| {
            line.split_once(sign.as_str()).is_some_and(|(before, after)| before.ends_with([' ', ',']) && ports::has_loopback(after))
        })?;
        is_told.then(|| ports::Loopback { line: index + 1, variable: ports::host_variable(lines[index]) })
    })
}

/// Where Fastify is told a port and no host, it listens on `localhost`.
fn fastify(source: &Source<'_>) -> Option<ports::Loopback> {
    let (line, _) = ports::statements(source, &[".listen("]).into_iter().find(|(_, text)| {
        let lower = text.to_ascii_lowercase();
        let is_known = lower.contains("port") || port_in(text).is_some();
        is_known && !["host", "address", "0.0.0.0", "'::", "\"::", "..."].iter().any(|word| lower.contains(word))
    })?;
    Some(ports::Loopback { line, variable: None })
}

#[cfg(test)]
mod tests {
    use super::{Source, of_schema, option, rank};

    #[test]
    fn a_schema_says_the_port() {
        for (text, found) in [
            ("  PORT: z.coerce.number().default(3001),", Some((3001, 1))),
            ("  PORT: z\n    .string()\n    .default('3002'),", Some((3002, 3))),
            ("  PORT: port({ default: 3003 }),", Some((3003, 1))),
            ("  PORT: Joi.number().default(3004),", Some((3004, 1))),
            ("  port: {\n    format: 'port',\n    default: 3005,\n    env: 'PORT',\n  },", Some((3005, 3))),
            ("  // PORT: z.coerce.number().default(3001),", None),
            ("  PORT: z.coerce.number(),\n  LIMIT: z.number().default(100),", None),
            ("  DB_PORT: z.coerce.number().default(5432),", None),
        ] {
            let port = of_schema(&Source { path: "x", text });
            assert_eq!(port.map(|port| (port.number, port.line)), found, "{text}");
        }
    }

    #[test]
    fn the_server_is_told_from_what_runs_beside_it() {
        for (line, wanted) in [
            ("app.listen(3000)", 0),
            ("const port = 3000", 0),
            ("createApp().listen(3000)", 0),
            ("m.listen(9090)", 1),
            ("metricsServer.listen(9090)", 2),
            ("app.listen(9229) // debug", 2),
        ] {
            assert_eq!(rank(line), wanted, "{line}");
        }
    }

    #[test]
    fn an_option_says_the_port() {
        for (script, port) in [
            ("next start -p 8080", Some(8080)),
            ("next start --port=8081", Some(8081)),
            ("next start -p ${PORT:-8082}", Some(8082)),
            ("next start -p $PORT", None),
            ("next start", None),
        ] {
            assert_eq!(option(script, &["-p", "--port"]), port, "{script}");
        }
    }
}
