//! Real servers for the kits that talk to some: those that the environment names, else containers started here and removed at the end.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::Mutex,
    time::{Duration, Instant},
};

use stagekit::stack::Stack;

use crate::world::{World, run};

/// A kind of server: its image, with names of `versions.toml`, its port, how it is made and asked.
struct Recipe {
    kind: &'static str,
    image: &'static str,
    port: u16,
    environment: &'static [(&'static str, &'static str)],
    ready: &'static [&'static str],
    /// What is run in it once it is ready.
    grant: &'static [&'static str],
    /// The variable that says where one is already, and what the kits read.
    variables: &'static [(&'static str, &'static str)],
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        kind: "postgresql",
        image: "postgres:{postgresql.version}",
        port: 5432,
        environment: &[("POSTGRES_USER", "app"), ("POSTGRES_PASSWORD", "app"), ("POSTGRES_DB", "app")],
        ready: &["pg_isready", "-h", "127.0.0.1", "-U", "app", "-d", "app"],
        grant: &[],
        variables: &[
            ("IT_POSTGRES_URL", "jdbc:postgresql://127.0.0.1:{port}/app"),
            ("IT_POSTGRES_USER", "app"),
            ("IT_POSTGRES_PASSWORD", "app"),
        ],
    },
    Recipe {
        kind: "mysql",
        image: "mysql:{mysql.version}",
        port: 3306,
        environment: &[("MYSQL_ROOT_PASSWORD", "root"), ("MYSQL_USER", "app"), ("MYSQL_PASSWORD", "app"), ("MYSQL_DATABASE", "app")],
        ready: &["mysqladmin", "ping", "-h", "127.0.0.1", "-uapp", "-papp"],
        // Every test run makes a database of its own.
        grant: &["mysql", "-uroot", "-proot", "-e", r"GRANT ALL ON `it\_%`.* TO 'app'@'%'"],
        variables: &[("IT_MYSQL_URL", "jdbc:mysql://127.0.0.1:{port}/app"), ("IT_MYSQL_USER", "app"), ("IT_MYSQL_PASSWORD", "app")],
    },
    Recipe {
        kind: "redis",
        image: "redis:{redis.version}-{images.redis}",
        port: 6379,
        environment: &[],
        ready: &["redis-cli", "ping"],
        grant: &[],
        variables: &[("IT_REDIS_URL", "redis://127.0.0.1:{port}")],
    },
];

/// The servers of one run.
pub struct Services {
    versions: toml::Table,
    started: Mutex<BTreeMap<&'static str, Vec<(String, String)>>>,
    containers: Mutex<Vec<String>>,
}

impl Services {
    pub fn find(world: &World) -> Self {
        Self { versions: world.catalog.versions().unwrap_or_default(), started: Mutex::default(), containers: Mutex::default() }
    }

    /// What a repository with this stack reads to find its servers; starts those that are not there yet.
    pub fn environment(&self, stack: &Stack) -> Result<Vec<(String, String)>, String> {
        let mut all = Vec::new();
        for service in &stack.services {
            let recipe = RECIPES
                .iter()
                .find(|recipe| recipe.kind == service.kind)
                .ok_or_else(|| format!("no recipe for a {} server", service.kind))?;
            let mut started = self.started.lock().map_err(|error| error.to_string())?;
            if !started.contains_key(recipe.kind) {
                started.insert(recipe.kind, self.start(recipe)?);
            }
            all.extend(started.get(recipe.kind).into_iter().flatten().cloned());
        }
        if !all.is_empty() {
            all.push(("KIT_IT_REQUIRED".to_owned(), "true".to_owned()));
        }
        Ok(all)
    }

    fn start(&self, recipe: &Recipe) -> Result<Vec<(String, String)>, String> {
        let given: Vec<(String, String)> =
            recipe.variables.iter().filter_map(|(name, _)| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
        if !given.is_empty() {
            return Ok(given);
        }
        let image = image(&self.versions, recipe.image)?;
        let mut create = Command::new("docker");
        create.args(["run", "--detach", "--rm", "--pull", "never", "--publish", &format!("127.0.0.1::{}", recipe.port)]);
        for (name, value) in recipe.environment {
            create.args(["--env", &format!("{name}={value}")]);
        }
        let id = run(create.arg(image), Duration::from_secs(60))?.ok("docker run")?.trim().to_owned();
        self.containers.lock().map_err(|error| error.to_string())?.push(id.clone());
        let published =
            run(Command::new("docker").args(["port", &id, &recipe.port.to_string()]), Duration::from_secs(10))?.ok("docker port")?;
        let port = published.trim().rsplit(':').next().unwrap_or_default().to_owned();
        let start = Instant::now();
        // The images start once to set up and once to serve: only a second yes is one.
        let mut ready = 0;
        while ready < 3 {
            if start.elapsed() > Duration::from_secs(90) {
                return Err(format!("the {} server is not ready after 90 s", recipe.kind));
            }
            let asked = run(Command::new("docker").args(["exec", &id]).args(recipe.ready), Duration::from_secs(20))?;
            ready = if asked.status.success() { ready + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(400));
        }
        if !recipe.grant.is_empty() {
            run(Command::new("docker").args(["exec", &id]).args(recipe.grant), Duration::from_secs(20))?.ok("docker exec")?;
        }
        Ok(recipe.variables.iter().map(|(name, value)| ((*name).to_owned(), value.replace("{port}", &port))).collect())
    }
}

/// `redis:{redis.version}` with the versions that templates name.
fn image(versions: &toml::Table, name: &str) -> Result<String, String> {
    let mut out = String::new();
    for (index, part) in name.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            out.push_str(part);
            continue;
        }
        let value = part.split_once('.').and_then(|(table, key)| versions.get(table)?.get(key)?.as_str());
        out.push_str(value.ok_or_else(|| format!("`versions.toml` has no `{part}`"))?);
    }
    Ok(out)
}

/// The images that `kind`s of servers are started from.
pub fn images(world: &World, stack: &Stack) -> Result<Vec<String>, String> {
    let versions = world.catalog.versions().map_err(|error| error.to_string())?;
    RECIPES
        .iter()
        .filter(|recipe| stack.services.iter().any(|service| service.kind == recipe.kind))
        .map(|recipe| image(&versions, recipe.image))
        .collect()
}

impl Drop for Services {
    fn drop(&mut self) {
        for id in self.containers.lock().map(|ids| ids.clone()).unwrap_or_default() {
            let _ = run(Command::new("docker").args(["rm", "--force", &id]), Duration::from_secs(30));
        }
    }
}
