//! The names by which a program is told where its servers are, read in its code and its configuration.

use std::collections::BTreeMap;

use super::{Project, Source, facts::Facts, ports};
use crate::stack::{Language, Origin, Service};

/// Words that the names of files have which read the environment, besides those that are read for other reasons.
const FILES: [&str; 29] = [
    "amqp",
    "broker",
    "cache",
    "client",
    "config",
    "connection",
    "consumer",
    "container",
    "data-source",
    "database",
    "datasource",
    "db",
    "dependencies",
    "env",
    "environment",
    "kafka",
    "knexfile",
    "mongo",
    "options",
    "ormconfig",
    "postgres",
    "producer",
    "queue",
    "rabbitmq",
    "redis",
    "session",
    "settings",
    "storage",
    "worker",
];

/// Files that show which variables a program wants, for people to copy.
const EXAMPLES: [&str; 5] = [".env.example", ".env.sample", ".env.template", ".env.dist", ".env.defaults"];

/// How the file begins that `stagekit add compose` writes: what stands in it was found here.
const OWN: &str = "# The secrets that this project needs. scripts/init-env makes .env from this file";

/// Ends of the names of source files.
const CODE: [&str; 10] = [".go", ".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".rs", ".java", ".kt"];

/// Words in names of variables that say which server is meant. Of several databases a common word means the first.
const WORDS: [(&str, &[&str]); 7] = [
    ("postgresql", &["POSTGRES", "POSTGRESQL", "PG", "DB", "DATABASE", "TYPEORM"]),
    ("mysql", &["MYSQL", "DB", "DATABASE", "TYPEORM"]),
    ("mariadb", &["MARIADB", "MYSQL", "DB", "DATABASE", "TYPEORM"]),
    ("redis", &["REDIS"]),
    ("rabbitmq", &["RABBITMQ", "RABBIT", "AMQP"]),
    ("kafka", &["KAFKA"]),
    ("mongodb", &["MONGO", "MONGODB", "DB", "DATABASE"]),
];

/// The variables of libpq, whose words nothing divides.
const LIBPQ: [(&str, Part); 5] = [
    ("PGHOST", Part::Host),
    ("PGPORT", Part::Port),
    ("PGUSER", Part::User),
    ("PGPASSWORD", Part::Password),
    ("PGDATABASE", Part::Database),
];

/// Lines behind the one that reads a variable on which its default may stand.
const REACH: usize = 3;

/// What of a server's address a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All of it.
    Url,
    /// Host and port.
    Address,
    Host,
    Port,
    User,
    Password,
    Database,
}

/// Ends of names, and what such a variable holds.
const ENDS: [(&str, Part); 25] = [
    ("URL", Part::Url),
    ("URI", Part::Url),
    ("DSN", Part::Url),
    ("CONNECTION_STRING", Part::Url),
    ("ADDR", Part::Address),
    ("ADDRESS", Part::Address),
    ("ENDPOINT", Part::Address),
    ("BOOTSTRAP_SERVERS", Part::Address),
    ("SERVERS", Part::Address),
    ("SERVER", Part::Address),
    ("BROKERS", Part::Address),
    ("BROKER", Part::Address),
    ("HOSTS", Part::Address),
    ("HOST", Part::Host),
    ("HOSTNAME", Part::Host),
    ("PORT", Part::Port),
    ("USER", Part::User),
    ("USERNAME", Part::User),
    ("PASSWORD", Part::Password),
    ("PASSWD", Part::Password),
    ("PASS", Part::Password),
    ("NAME", Part::Database),
    ("DBNAME", Part::Database),
    ("DB", Part::Database),
    ("DATABASE", Part::Database),
];

pub(super) fn wants(name: &str) -> bool {
    if EXAMPLES.contains(&name) {
        return true;
    }
    let Some(stem) = CODE.iter().find_map(|end| name.strip_suffix(end)) else { return false };
    let stem = stem.to_ascii_lowercase();
    FILES.iter().any(|word| stem.starts_with(word) || stem.ends_with(word)) && !is_test(name)
}

/// Gives every server the names that the program reads, in place of those that are usual; beside those by which its framework is told.
pub(super) fn read(project: &mut Project<'_>) {
    let kinds: Vec<String> = project.stack.services.iter().map(|service| service.kind.clone()).collect();
    if kinds.is_empty() {
        return;
    }
    let dialect = Dialect::of(project);
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for source in project.sources(|path| CODE.iter().any(|end| path.ends_with(end)) && !is_test(path)) {
        for (name, index, window) in variables(&source) {
            found.entry(name.clone()).or_insert_with(|| Found { window, origin: source.sure(index + 1) });
        }
    }
    for (name, window, origin) in placeholders(project) {
        found.entry(name).or_insert(Found { window, origin });
    }

    let mut read = by_kind(found, &kinds, dialect);
    // What only an example names is a guess, and none is needed where the code says it.
    for (kind, variables) in by_kind(examples(project), &kinds, dialect) {
        let is_said = read.get(kind).is_some_and(|said| holds_address(said));
        if !is_said {
            let said = read.entry(kind).or_default();
            let new: Vec<Variable> = variables.into_iter().filter(|new| said.iter().all(|old| old.0 != new.0)).collect();
            said.extend(new);
        }
    }
    for (kind, variables) in read {
        // Who asks for the port only, or the password, takes the address from elsewhere.
        if !holds_address(&variables) {
            continue;
        }
        let Some(service) = project.stack.services.iter_mut().find(|service| service.kind == kind) else { continue };
        let is_usual = Service::usual(kind).is_some_and(|usual| usual.environment == service.environment);
        if is_usual || service.environment.is_empty() {
            service.environment.clear();
        }
        for (name, value, _) in &variables {
            service.environment.insert(name.clone(), value.clone());
        }
        for (name, _, origin) in variables {
            project.origin(&format!("services.{kind}.{name}"), origin);
        }
    }
}

/// The name of a variable, what it holds, and where that was read.
type Variable = (String, String, Origin);

fn holds_address(variables: &[Variable]) -> bool {
    variables.iter().any(|(_, value, _)| value.contains("{host}"))
}

/// The variables by the server that they are about.
fn by_kind(found: BTreeMap<String, Found>, kinds: &[String], dialect: Dialect) -> BTreeMap<&str, Vec<Variable>> {
    let mut read: BTreeMap<&str, Vec<Variable>> = BTreeMap::new();
    for (name, Found { window, origin }) in found {
        let Some((kind, part)) =
            meant(&name, kinds).or_else(|| of_queue(&name, &window, kinds)).or_else(|| by_scheme(&name, &window, kinds))
        else {
            continue;
        };
        if let Some(value) = dialect.value(kind, part, &window) {
            read.entry(kind).or_default().push((name, value, origin));
        }
    }
    read
}

/// The server whose address stands behind a variable that names none: `CELERY_BROKER_URL=redis://localhost`.
fn by_scheme<'k>(name: &str, window: &str, kinds: &'k [String]) -> Option<(&'k str, Part)> {
    if !["_URL", "_URI", "_DSN", "_BACKEND", "_BROKER"].iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let line = window.lines().next()?;
    let kind = kinds.iter().find(|kind| written(line, kind).is_some_and(|address| address.contains("://")))?;
    Some((kind, Part::Url))
}

/// What the examples of `.env` files name.
fn examples(project: &Project<'_>) -> BTreeMap<String, Found> {
    let mut found = BTreeMap::new();
    for source in project.sources(|path| path.rsplit('/').next().is_some_and(|name| EXAMPLES.contains(&name))) {
        if source.text.starts_with(OWN) {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim().trim_start_matches("export ");
            let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
            // The secrets of servers, which compose asks for, have no value there.
            let is_asked_for = value.is_empty() && project.stack.secrets.iter().any(|secret| secret == name);
            if words(name).eq([name]) && !is_asked_for {
                found.entry(name.to_owned()).or_insert_with(|| Found { window: value.to_owned(), origin: source.unsure(index + 1) });
            }
        }
    }
    found
}

/// A variable that is read.
struct Found {
    /// What stands behind it, where its default may be.
    window: String,
    origin: Origin,
}

pub(super) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_file = ["_test.", ".test.", ".spec.", "Test.", "Tests.", "IT."].iter().any(|sign| name.contains(sign));
    is_file
        || name.starts_with("test_")
        || name == "conftest.py"
        || path.split('/').any(|part| matches!(part, "test" | "tests" | "__tests__"))
}

/// Which names of variables the lines of a source read, the number of the line from 0, and what stands behind it.
fn variables(source: &Source<'_>) -> Vec<(String, usize, String)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let behind = |index: usize, end: usize| {
        let rest = std::iter::once(&lines[index][end..]).chain(lines[index + 1..].iter().take(REACH).copied());
        rest.collect::<Vec<_>>().join("\n")
    };
    // pydantic's settings are called like the variables, in small letters.
    let prefix = source.text.contains("BaseSettings").then(|| {
        let prefix = source.text.split_once("env_prefix").and_then(|(_, rest)| rest.split(['"', '\'']).nth(1));
        prefix.unwrap_or_default().to_ascii_uppercase()
    });
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if ["//", "#", "*"].iter().any(|sign| line.trim_start().starts_with(sign)) {
            continue;
        }
        for name in words(line) {
            let end = ports::read_end(line, name).or_else(|| taken_out(line, name));
            found.extend(end.map(|end| (name.to_owned(), index, behind(index, end))));
        }
        if let (Some(prefix), Some((field, _))) = (&prefix, line.trim_start().split_once(':'))
            && line.starts_with([' ', '\t'])
            && field.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            let name = format!("{prefix}{}", field.to_ascii_uppercase());
            found.push((name, index, behind(index, line.find(':').unwrap_or(0))));
        }
    }
    found
}

/// The words of a line that can be a variable's name.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| {
        let is_name = word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        is_name && word.len() > 3 && word.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

/// Where a name ends that is taken out of the environment as a whole, `const { REDIS_URL } = process.env`, or stands in a placeholder.
fn taken_out(line: &str, name: &str) -> Option<usize> {
    let start = line.find(name)?;
    let end = start + name.len();
    let (before, after) = (&line[..start], &line[end..]);
    let is_placeholder = before.ends_with("${") && after.starts_with([':', '}']);
    let is_listed = before.trim_end().ends_with(['{', ',']) && after.trim_start().starts_with([',', '}']) && line.contains("process.env");
    (is_placeholder || is_listed).then_some(end)
}

/// The placeholders of a JVM's configuration, `${REDIS_URL:redis://localhost}`, but for those in the framework's own properties: it is told by
/// names of its own, which go before.
fn placeholders(project: &mut Project<'_>) -> Vec<(String, String, Origin)> {
    let own = ["spring.", "quarkus.", "micronaut.", "datasources.", "redis.uri", "rabbitmq."];
    let mut found = Vec::new();
    for source in project.sources(|path| path.contains("src/main/resources/") && is_configuration(path)) {
        let facts = if source.path.ends_with(".properties") { Ok(Facts::of_properties(source.text)) } else { Facts::of_yaml(source.text) };
        // What cannot be read was told where it was read first.
        let Ok(facts) = facts else { continue };
        for (_, fact) in facts.all().filter(|(key, _)| !own.iter().any(|own| key.starts_with(own))) {
            for (start, _) in fact.value.match_indices("${") {
                let inner = &fact.value[start + 2..];
                let end = inner.find([':', '}']).unwrap_or(inner.len());
                found.push((inner[..end].to_owned(), inner[end..].to_owned(), source.sure(fact.line)));
            }
        }
    }
    found
}

fn is_configuration(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("application.") && !name.ends_with(".md"))
}

/// Which of the servers a variable is about, and what of its address it holds.
fn meant<'k>(name: &str, kinds: &'k [String]) -> Option<(&'k str, Part)> {
    if let Some((_, part)) = LIBPQ.iter().find(|(libpq, _)| *libpq == name) {
        return Some((kinds.iter().find(|kind| *kind == "postgresql")?, *part));
    }
    let (word, part) = ENDS.iter().find_map(|(end, part)| Some((name.strip_suffix(end)?.strip_suffix('_')?, *part)))?;
    let word = word.rsplit('_').next().unwrap_or(word);
    let kind = kinds.iter().find(|kind| WORDS.iter().any(|(of, words)| of == kind && words.contains(&word)))?;
    Some((kind, part))
}

/// What a setting called `name` holds of this server, where `value` is written by default.
pub(super) fn held(name: &str, value: &str, kind: &str) -> Option<String> {
    let (_, part) = meant(name, &[kind.to_owned()])?;
    Dialect::Urls.value(kind, part, &format!("\"{value}\""))
}

/// Ends of the names by which Celery and its like are told of any server that holds their queue or their results.
const OF_QUEUES: [&str; 3] = ["BROKER_URL", "RESULT_BACKEND", "RESULT_BACKEND_URL"];

/// The server of a queue: the one whose address stands behind the variable, else the only one that can be it.
fn of_queue<'k>(name: &str, window: &str, kinds: &'k [String]) -> Option<(&'k str, Part)> {
    let is_it = OF_QUEUES.iter().any(|end| name.strip_suffix(end).is_some_and(|start| start.is_empty() || start.ends_with('_')));
    let line = window.lines().next().unwrap_or_default();
    let mut can_be = kinds.iter().filter(|kind| is_it && matches!(kind.as_str(), "redis" | "rabbitmq"));
    let (first, second) = (can_be.next()?, can_be.next());
    let stated = [Some(first), second].into_iter().flatten().find(|kind| written(line, kind).is_some());
    // Another server's address means another server.
    let only = || (second.is_none() && !line.contains("://")).then_some(first);
    Some((stated.or_else(only)?, Part::Url))
}

/// How a language's libraries write an address.
#[derive(Clone, Copy)]
enum Dialect {
    /// As a URL.
    Urls,
    /// MySQL's has a form of its own.
    Go {
        /// `lib/pq` wants an encrypted connection unless it is told otherwise.
        is_pq: bool,
    },
}

impl Dialect {
    fn of(project: &Project<'_>) -> Self {
        match project.stack.language {
            Language::Go => {
                Self::Go { is_pq: project.source(&["go.mod"]).is_some_and(|source| source.text.contains("github.com/lib/pq ")) }
            }
            _ => Self::Urls,
        }
    }

    /// What such a variable holds of such a server; nothing where that has none of it. The default behind the variable says how it is written.
    fn value(self, kind: &str, part: Part, window: &str) -> Option<String> {
        let is_database = matches!(kind, "postgresql" | "mysql" | "mariadb");
        Some(match part {
            Part::Host => "{host}".to_owned(),
            Part::Port => "{port}".to_owned(),
            Part::Address => "{host}:{port}".to_owned(),
            Part::User if is_database || kind == "rabbitmq" => "{user}".to_owned(),
            Part::Password if is_database || kind == "rabbitmq" => "{password}".to_owned(),
            Part::Database if is_database || kind == "mongodb" => "{database}".to_owned(),
            Part::Url => self.url(kind, window)?,
            Part::User | Part::Password | Part::Database => return None,
        })
    }

    fn url(self, kind: &str, window: &str) -> Option<String> {
        let usual = Service::usual(kind)?.environment.into_values().next()?;
        let default = written(window, kind);
        let tail = |text: &str| text.split_once('?').map_or_else(String::new, |(_, query)| format!("?{query}"));
        Some(match (self, kind, default) {
            (Self::Go { .. }, "mysql" | "mariadb", default) => {
                format!("{{user}}:{{password}}@tcp({{host}}:{{port}})/{{database}}{}", default.map_or_else(String::new, tail))
            }
            (_, _, Some(jdbc)) if jdbc.starts_with("jdbc:") => {
                let scheme = jdbc.split("://").next().unwrap_or(jdbc);
                let user = if jdbc.contains("user=") { "?user={user}&password={password}" } else { "" };
                format!("{scheme}://{{host}}:{{port}}/{{database}}{user}")
            }
            (_, "postgresql", Some(words)) if words.contains("host=") => {
                let tls = if words.contains("sslmode=disable") { " sslmode=disable" } else { "" };
                format!("host={{host}} port={{port}} user={{user}} password={{password}} dbname={{database}}{tls}")
            }
            (_, _, Some(url)) => {
                let (scheme, rest) = url.split_once("://")?;
                let (_, address) = usual.split_once("://")?;
                // The number of a database of Redis, the virtual host of RabbitMQ.
                let path = rest.split('?').next().and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
                let path = if address.contains("{database}") || path.is_empty() { String::new() } else { format!("/{path}") };
                format!("{scheme}://{address}{path}{}", tail(rest))
            }
            (Self::Go { is_pq: true }, "postgresql", None) => format!("{usual}?sslmode=disable"),
            (_, _, None) => usual,
        })
    }
}

/// The address of such a server that stands in the text, without what is computed in it.
fn written<'t>(text: &'t str, kind: &str) -> Option<&'t str> {
    let signs: &[&str] = match kind {
        "postgresql" => &["postgresql", "postgres", "host="],
        "mysql" | "mariadb" => &["mysql", "mariadb", "@tcp("],
        "redis" => &["redis:"],
        "rabbitmq" => &["amqp:"],
        "mongodb" => &["mongodb:"],
        _ => return None,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+:/@?&=._-()".contains(c);
    // The words of libpq's other form stand apart.
    let is_quoted = |c: char| c == '"' || c == '\'' || c == '`' || c == '\n';
    let mut pieces =
        text.split(is_quoted).flat_map(|piece| if piece.contains("host=") { vec![piece] } else { piece.split(|c| !is_plain(c)).collect() });
    pieces.find_map(|piece| {
        let piece = piece.trim_start_matches([':', '=']);
        let is_address = piece.contains("://") || piece.contains("@tcp(") || piece.contains("host=");
        (is_address && signs.iter().any(|sign| piece.contains(sign))).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Source, meant, of_queue, variables};

    #[test]
    fn a_name_says_what_it_holds() {
        let kinds = ["postgresql", "redis", "rabbitmq", "kafka"].map(str::to_owned);
        for (name, kind) in [
            ("REDIS_ADDR", Some("redis")),
            ("SHOP_REDIS_URL", Some("redis")),
            ("REDIS_POOL_SIZE", None),
            ("REDIS_MAX_PORT", None),
            ("DB_HOST", Some("postgresql")),
            ("DATABASE_URL", Some("postgresql")),
            ("PGPASSWORD", Some("postgresql")),
            ("AMQP_URL", Some("rabbitmq")),
            ("KAFKA_BOOTSTRAP_SERVERS", Some("kafka")),
            ("API_URL", None),
            ("MONGO_URL", None),
            ("URL", None),
        ] {
            assert_eq!(meant(name, &kinds).map(|(kind, _)| kind), kind, "{name}");
        }
    }

    #[test]
    fn a_queue_lies_where_its_default_says_or_where_it_can_only_be() {
        let both = ["postgresql", "redis", "rabbitmq"].map(str::to_owned);
        let (one, none) = (&both[..2], &both[..1]);
        for (name, window, kinds, kind) in [
            ("CELERY_BROKER_URL", "\", \"redis://localhost:6379/0\")", &both[..], Some("redis")),
            ("CELERY_BROKER_URL", "\", default='amqp://guest@localhost//')", &both[..], Some("rabbitmq")),
            ("CELERY_RESULT_BACKEND", "\")\nx = 'amqp://'", one, Some("redis")),
            ("BROKER_URL", "\"]", one, Some("redis")),
            ("CELERY_RESULT_BACKEND", "\", \"db+postgresql://a:b@localhost/c\")", one, None),
            ("CELERY_BROKER_URL", "\"]", &both[..], None),
            ("CELERY_BROKER_URL", "\"]", none, None),
            ("STOCKBROKER_URL", "\"]", one, None),
        ] {
            assert_eq!(of_queue(name, window, kinds).map(|(kind, _)| kind), kind, "{name}{window}");
        }
    }

    #[test]
    fn a_variable_holds_what_its_default_is_like() {
        let urls = Dialect::Urls;
        let go = Dialect::Go { is_pq: false };
        for (dialect, kind, line, value) in [
            (go, "redis", r#"Addr: cmp.Or(os.Getenv("REDIS_ADDR"), "localhost:6379")"#, Some("{host}:{port}")),
            (urls, "redis", r#"url = os.environ.get("REDIS_URL", "redis://localhost:6379/2")"#, Some("redis://{host}:{port}/2")),
            (urls, "redis", "const url = process.env.REDIS_URL ?? 'redis://localhost:6379';", Some("redis://{host}:{port}")),
            (urls, "redis", "const { REDIS_HOST } = process.env;", Some("{host}")),
            (urls, "redis", "const { REDIS_HOST = 'localhost', REDIS_DB } = process.env;", Some("{host}")),
            (urls, "redis", "password = os.environ['REDIS_PASSWORD']", None),
            (
                urls,
                "rabbitmq",
                r#"let url = env::var("AMQP_URL").unwrap_or("amqp://a:b@localhost/shop".into());"#,
                Some("amqp://{user}:{password}@{host}:{port}/shop"),
            ),
            (
                go,
                "postgresql",
                r#"dsn := env("DATABASE_URL", "postgres://a:b@localhost:5432/shop?sslmode=disable")"#,
                Some("postgres://{user}:{password}@{host}:{port}/{database}?sslmode=disable"),
            ),
            (
                Dialect::Go { is_pq: true },
                "postgresql",
                r#"os.Getenv("DATABASE_URL")"#,
                Some("postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=disable"),
            ),
            (
                go,
                "postgresql",
                r#"dsn := env("DB_DSN", "host=localhost user=a password=b dbname=shop port=5432 sslmode=disable")"#,
                Some("host={host} port={port} user={user} password={password} dbname={database} sslmode=disable"),
            ),
            (go, "mysql", r#"os.Getenv("MYSQL_DSN")"#, Some("{user}:{password}@tcp({host}:{port})/{database}")),
            (
                go,
                "mysql",
                r#"env("DB_DSN", "a:b@tcp(localhost:3306)/shop?parseTime=true")"#,
                Some("{user}:{password}@tcp({host}:{port})/{database}?parseTime=true"),
            ),
            (
                urls,
                "postgresql",
                r#"env.getOrDefault("DB_URL", "jdbc:postgresql://localhost:5432/shop");"#,
                Some("jdbc:postgresql://{host}:{port}/{database}"),
            ),
            (
                urls,
                "postgresql",
                "    database_url: str = \"postgresql+asyncpg://a:b@localhost/shop\"  # class Settings(BaseSettings)",
                Some("postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}"),
            ),
            (urls, "kafka", "brokers: (process.env.KAFKA_BROKERS || 'localhost:9092').split(',')", Some("{host}:{port}")),
            (urls, "postgresql", "// process.env.DB_HOST", None),
        ] {
            let kinds = [kind.to_owned()];
            let read = variables(&Source { path: "x", text: line });
            let mut values = read.iter().filter_map(|(name, _, window)| dialect.value(kind, meant(name, &kinds)?.1, window));
            assert_eq!(values.next().as_deref(), value, "{line}");
        }
    }
}
