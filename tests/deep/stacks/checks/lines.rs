//! What the programs of all stacks write is found again in Loki and in `OpenSearch`, each line as it was written and with how bad it is.
//!
//! The two servers are started once, from the files of the first project: that those of every other one are the same is asked of each. What the
//! servers refuse is asked of a few, in the same way for all.

use std::{
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value as Json, json};
use stagekit::{stack::Module, tree::Tree};

use super::{
    super::{
        ENGINE, Judge, Proof,
        entrance::answered,
        judged,
        repository::{Project, Repository, tree},
        running::Running,
    },
    alone::{alone, lines, port},
    of_listening,
};
use crate::{
    arguments::Arguments,
    operations::eventually,
    outcome::Row,
    world::{World, run as run_to_end},
};

const SOURCE: &str =
    concat!(include_str!("lines.rs"), include_str!("alone.rs"), include_str!("../entrance.rs"), include_str!("../OpenSearch.java"));

const WRITTEN: Judge = Judge {
    name: "added-logging",
    fixtures: &[],
    source: SOURCE,
    reads: &["logging", "logging-opensearch", "nginx"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "lines", prove: written }],
};

const LOGGERS: Judge = Judge {
    fixtures: &["npm-express"],
    proofs: &[Proof { option: "loggers", prove: |world, _, project| Servers::with(world, project, Servers::know_loggers) }],
    ..WRITTEN
};

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    let rows = judged(world, arguments, &[of_listening(WRITTEN), LOGGERS]);
    drop(held().take());
    rows
}

/// All that has to do with logs, and nginx: of a program that writes nothing it writes who was asked.
const FILES: [&str; 4] = ["compose.yaml", "compose.logging.yaml", "compose.opensearch.yaml", "compose.nginx.yaml"];

/// What each module writes when it starts or is asked, and the level that Loki and `OpenSearch` find in it; none is silent but those that are not here.
const SAYS: [(&str, &str, Level); 29] = [
    ("added-django-postgres", "[INFO] Listening at: http://0.0.0.0:8000", Level(Some("info"), None)),
    ("added-fastapi-metrics", "\"GET /healthz HTTP/1.1\" 200 OK", Level(Some("info"), None)),
    ("added-pip-flask", "[INFO] Listening at: http://0.0.0.0:8000", Level(Some("info"), None)),
    ("added-pip-metrics", "[INFO] Listening at: http://0.0.0.0:8000", Level(Some("info"), None)),
    ("added-pip-procfile", "[INFO] Listening at: http://0.0.0.0:8000", Level(Some("info"), None)),
    ("added-pip-redis", "\"GET /health HTTP/1.1\" 200 -", Level(None, None)),
    ("added-pipenv-flask", "\"GET /health HTTP/1.1\" 200 -", Level(None, None)),
    ("added-static-site", "\"GET / HTTP/1.1\" 200 ", Level(None, None)),
    ("clock", "listening on :8080", Level(None, None)),
    ("counter", JVM, Level(None, None)),
    ("dice", "listening on port 8080", Level(None, None)),
    ("echo", "listening on port 8080", Level(None, None)),
    ("geo", "\"GET /healthz HTTP/1.1\" 200 OK", Level(Some("info"), None)),
    ("greeter-web", "Started WebApplication", Level(Some("info"), Some("info"))),
    ("library-api", "Started LibraryApplication", Level(Some("info"), Some("info"))),
    ("links", "listening on port 3000", Level(None, None)),
    ("memos", "Listening on: http://", Level(Some("info"), None)),
    ("notes", "Server listening at http://", Level(None, Some("info"))),
    ("orders", "Started OrdersApplication", Level(Some("info"), Some("info"))),
    ("polls", "listening on port 3000", Level(None, None)),
    ("primes", "listening on 0.0.0.0:8080", Level(None, None)),
    ("sales", "taking orders from kafka:", Level(None, None)),
    ("shelf", "Ready in ", Level(None, None)),
    ("slug", JVM, Level(None, None)),
    ("throws", "Startup completed in ", Level(Some("info"), None)),
    ("tides", "Started TidesApplication", Level(Some("info"), Some("info"))),
    ("tickets", "listening on :8080", Level(None, None)),
    ("votes", "Started VotesApplication", Level(Some("info"), None)),
    ("worker", "*** Listening on texts", Level(None, None)),
];

/// What starts the container says so; the program itself is silent.
const JVM: &str = "NOTE: Picked up JDK_JAVA_OPTIONS";

/// In Loki, which looks for words in a text too, and in `OpenSearch`, which takes them from fields only.
#[derive(Clone, Copy)]
struct Level(Option<&'static str>, Option<&'static str>);

fn written(world: &World, _: &Repository, project: &Project) -> Result<(), String> {
    let listening: Vec<&Module> = project.stack.modules.iter().filter(|module| module.port.is_some()).collect();
    let services: Vec<&str> = listening.iter().map(|module| module.name.as_str()).chain(["nginx"]).collect();
    Servers::with(world, project, |servers| {
        let running = alone(&project.folder, &format!("lines-{}", project.stack.name), &FILES, &services)?;
        let port = port(&running)?;
        let kept = listening.iter().try_for_each(|module| kept(servers, &running, module, &port));
        kept.map_err(|why| format!("{why}\n{}", running.logs()))
    })
}

/// What the module has written, or nginx of it, is found again.
fn kept(servers: &Servers, running: &Running, module: &Module, port: &str) -> Result<(), String> {
    let health = module.health_path.as_deref().unwrap_or("/");
    let asked = format!("http://{}.localhost:{port}{health}", module.name);
    answered(&[&asked])?;
    let own = SAYS.iter().find(|(name, ..)| *name == module.name);
    let (service, says, level) = match own {
        Some((name, says, level)) => (*name, (*says).to_owned(), *level),
        None => ("nginx", format!("\"host\":\"{}.localhost\",\"path\":\"{health}\"", module.name), Level(None, None)),
    };
    let mut all = Vec::new();
    eventually(20, || {
        all = lines(running, service)?;
        if all.iter().any(|line| line.contains(&says)) { Ok(()) } else { Err(format!("{service} does not write `{says}`: {all:?}")) }
    })?;
    let silent = lines(running, &module.name)?;
    if own.is_none() && !silent.is_empty() {
        return Err(format!("{} is said to be silent, and writes {silent:?}", module.name));
    }
    let found = servers.find(&format!("{}-{service}", module.name), &all)?;
    let (line, is) = all.iter().zip(&found).find(|(line, _)| line.contains(&says)).ok_or("a line has gone")?;
    // The message of a line of JSON is a field of it; any other line is a message.
    let fields: Json = serde_json::from_str(line).unwrap_or_default();
    is.must_be(line, level, fields["message"].as_str().or(fields["msg"].as_str()))
}

/// The lines of other loggers than those of the fixtures, and what is to be the message where it is not the line itself.
const LINES: [(&str, Level, Option<&str>); 27] = [
    (r#"{"level":50,"time":1764201600000,"msg":"of pino"}"#, Level(None, Some("error")), Some("of pino")),
    (r#"{"level":"warn","ts":1764201600.5,"msg":"of zap"}"#, Level(Some("warn"), Some("warn")), Some("of zap")),
    (
        r#"{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"of slog: no error"}"#,
        Level(Some("info"), Some("info")),
        Some("of slog: no error"),
    ),
    (r#"{"event":"of structlog","level":"critical"}"#, Level(Some("critical"), Some("fatal")), Some("of structlog")),
    (r#"{"levelname":"INFO","message":"of Python: no error"}"#, Level(Some("info"), Some("info")), Some("of Python: no error")),
    (
        r#"{"timestamp":"2026-01-01T00:00:00Z","level":"WARN","fields":{"message":"of tracing"},"target":"app::web"}"#,
        Level(Some("warn"), Some("warn")),
        Some("of tracing"),
    ),
    (r#"{"log.level":"ERROR","message":"of Elastic's layout"}"#, Level(Some("error"), Some("error")), Some("of Elastic's layout")),
    (r#"time=2026-01-01T00:00:00Z level=WARN msg="of slog""#, Level(Some("warn"), None), None),
    ("2026/01/01 00:00:00 WARN of slog as log", Level(Some("warn"), None), None),
    ("2026-01-01T00:00:00Z  WARN app::web: of tracing", Level(Some("warn"), None), None),
    (
        "\u{1b}[2m2026-01-01T00:00:00Z\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m app::web: colours",
        Level(None, None),
        Some("2026-01-01T00:00:00Z  WARN app::web: colours"),
    ),
    ("WARNING:root:of Python", Level(Some("warn"), None), None),
    ("2026-01-01 00:00:00,000 - app - ERROR - of Python", Level(Some("error"), None), None),
    ("INFO:     172.18.0.1:52144 - \"GET /health HTTP/1.1\" 200 OK", Level(Some("info"), None), None),
    ("172.18.0.1 - - [01/Jan/2026:00:00:00 +0000] \"GET /page HTTP/1.1\" 200 2 \"-\" \"-\"", Level(None, None), None),
    ("2026-01-01 00:00:00.000  WARN 7 --- [           main] c.a.Main : of Spring Boot 2", Level(Some("warn"), None), None),
    ("java.lang.IllegalStateException: of Java", Level(None, None), None),
    ("\tat com.acme.Main.main(Main.java:7)", Level(None, None), None),
    ("  File \"/app/app.py\", line 3, in <module>", Level(None, None), None),
    (r#"{"method":"GET","path":"/","status":"200"}"#, Level(None, None), None),
    (r#"{"message":{"a":1},"level":"warn"}"#, Level(Some("warn"), Some("warn")), None),
    (r#"{"message":null,"level":"info"}"#, Level(Some("info"), Some("info")), None),
    (r#"{"":1,"a..b":2,".":3,"message":"no names"}"#, Level(None, None), Some("no names")),
    (r#"{"level":{"a":1},"message":"a level of its own"}"#, Level(None, None), Some("a level of its own")),
    // Without a level Loki takes a word for one.
    (r#"{"trace":"abc","fields":"none","msg":"texts"}"#, Level(Some("trace"), None), Some("texts")),
    ("{ no JSON", Level(None, None), None),
    ("[\"a list\"]", Level(None, None), None),
];

/// Loki and `OpenSearch`, which go when nobody needs them any more.
struct Servers {
    running: Running,
    /// Everything that they were told.
    told: Tree,
}

static SERVERS: Mutex<Option<Servers>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Servers>> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of one line: the level in Loki, and what `OpenSearch` has made of it.
struct Found {
    loki: String,
    opensearch: Json,
}

impl Found {
    fn must_be(&self, line: &str, level: Level, message: Option<&str>) -> Result<(), String> {
        let Level(loki, opensearch) = level;
        if self.loki != loki.unwrap_or("unknown") {
            return Err(format!("`{line}` is {} to Loki, not {loki:?}", self.loki));
        }
        let fields = &self.opensearch;
        if fields["log"]["level"].as_str() != opensearch {
            return Err(format!("`{line}` is not {opensearch:?} to OpenSearch: {fields}"));
        }
        if fields["message"] == message.unwrap_or(line) { Ok(()) } else { Err(format!("`{line}` has another message: {fields}")) }
    }
}

impl Servers {
    /// Does it with the servers that run, which are those that this project would start.
    fn with(world: &World, project: &Project, work: impl FnOnce(&Self) -> Result<(), String>) -> Result<(), String> {
        let mut held = held();
        let servers = match held.take() {
            Some(servers) => servers,
            None => Self::start(world, project)?,
        };
        let servers = held.insert(servers);
        if told(&project.folder)? != servers.told {
            return Err("its servers are told something else than those of the other projects".to_owned());
        }
        work(servers)
    }

    /// In a folder of their own, because that of the project goes before they do.
    fn start(world: &World, project: &Project) -> Result<Self, String> {
        let folder = world.fresh("servers")?;
        let words = [project.folder.as_os_str(), folder.as_os_str()];
        run_to_end(Command::new("cp").arg("-r").args(words), Duration::from_secs(30))?.ok("cp")?;
        let told = told(&folder)?;
        let running = alone(&folder, "lines-servers", &FILES[..3], &["loki", "opensearch"])?;
        match running.compose(&["run", "--rm", "--no-TTY", "opensearch-setup"], 120) {
            Err(why) if why.contains("no handler found for uri [/_plugins/_ism/policies/logs] and method [PUT]") => {
                Ok(Self { running, told })
            }
            other => Err(format!("the setup does not get as far as the plugin that is missing here: {other:?}\n{}", running.logs())),
        }
    }

    fn know_loggers(&self) -> Result<(), String> {
        let all: Vec<String> = LINES.iter().map(|(line, ..)| (*line).to_owned()).collect();
        let found = self.find("loggers", &all)?;
        LINES.iter().zip(found).try_for_each(|((line, level, message), found)| found.must_be(line, *level, *message))
    }

    /// Hands over the lines of a service as Alloy and Fluent Bit would, and takes each of them out again.
    fn find(&self, service: &str, all: &[String]) -> Result<Vec<Found>, String> {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_nanos();
        let at = |number: usize| (start + number as u128).to_string();
        let values: Vec<Json> = all.iter().enumerate().map(|(number, line)| json!([at(number), line])).collect();
        let pushed = json!({"streams": [{"stream": {"service_name": service}, "values": values}]}).to_string();
        self.ask("loki", &["--fail-with-body", "--header", JSON, "--data-raw", &pushed, "http://127.0.0.1:3100/loki/api/v1/push"])?;
        let records = all.iter().enumerate().map(|(number, line)| {
            let record = json!({
                "@timestamp": "2026-01-01T00:00:00.000Z", "message": line, "stream": "stdout",
                "container_id": at(number), "container_name": "/one", "compose_service": service,
            });
            format!("{{\"create\":{{}}}}\n{record}\n")
        });
        let records = records.collect::<String>();
        let url = "http://127.0.0.1:9200/logs/_bulk?refresh=true";
        let answer = self.ask("opensearch", &["--header", "Content-Type: application/x-ndjson", "--data-binary", &records, url])?;
        if !answer.contains("\"errors\":false") {
            return Err(format!("lines of {service} are refused: {answer}"));
        }
        let mut found = Vec::new();
        eventually(30, || {
            let (in_loki, indexed) = (self.in_loki(service)?, self.indexed(service)?);
            found.clear();
            for (number, line) in all.iter().enumerate() {
                let loki = in_loki.iter().find(|(time, text, _)| *time == at(number) && text == line);
                let level = loki.map(|(_, _, level)| level.clone()).ok_or_else(|| format!("`{line}` is not in Loki: {in_loki:?}"))?;
                let fields = indexed.iter().find(|fields| fields["container"]["id"] == at(number));
                let fields = fields.cloned().ok_or_else(|| format!("`{line}` is not in OpenSearch"))?;
                found.push(Found { loki: level, opensearch: fields });
            }
            Ok(())
        })?;
        // The counter-proof: nothing of it is found by the name of another.
        match (self.in_loki("nobody")?.len(), self.indexed("nobody")?.len()) {
            (0, 0) => Ok(found),
            other => Err(format!("lines are found by a name that nobody has: {other:?}")),
        }
    }

    /// Time, line and level.
    fn in_loki(&self, service: &str) -> Result<Vec<(String, String, String)>, String> {
        let query = format!("query={{service_name=\"{service}\"}}");
        let words = [
            "--fail-with-body",
            "--get",
            "--data-urlencode",
            &query,
            "--data",
            "limit=1000",
            "http://127.0.0.1:3100/loki/api/v1/query_range",
        ];
        let answer = self.ask("loki", &words)?;
        let answer: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let streams = answer["data"]["result"].as_array().into_iter().flatten();
        let values = streams.flat_map(|stream| {
            let values = stream["values"].as_array().into_iter().flatten();
            values.map(|value| (text(&value[0]), text(&value[1]), text(&stream["stream"]["detected_level"])))
        });
        Ok(values.collect())
    }

    fn indexed(&self, service: &str) -> Result<Vec<Json>, String> {
        let query = json!({"size": 1000, "query": {"term": {"service.name": service}}}).to_string();
        let answer =
            self.ask("opensearch", &["--fail-with-body", "--header", JSON, "--data-raw", &query, "http://127.0.0.1:9200/logs/_search"])?;
        let answer: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        Ok(answer["hits"]["hits"].as_array().into_iter().flatten().map(|hit| hit["_source"].clone()).collect())
    }

    fn ask(&self, server: &str, words: &[&str]) -> Result<String, String> {
        let own = ["exec", "--no-TTY", server, "curl", "--silent", "--show-error", "--max-time", "30"];
        self.running.compose(&[&own, words].concat(), 60)
    }
}

const JSON: &str = "Content-Type: application/json";

/// What the two servers are told in a project.
fn told(folder: &Path) -> Result<Tree, String> {
    let mut told = Tree::new();
    for part in ["ops/loki", "ops/opensearch"] {
        for (path, entry) in tree(&folder.join(part))?.iter() {
            told.insert(path.clone(), entry.clone());
        }
    }
    Ok(told)
}
