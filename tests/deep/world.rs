//! The machine: tools, JDKs, folders, templates, and how programs are run on it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

use stagekit::{catalog::Catalog, digest::hex, manifest::KitManifest};

use crate::{arguments::Arguments, records::Records, services::Services};

/// A JDK on this machine.
#[derive(Clone, Debug)]
pub struct Jdk {
    pub version: u32,
    pub home: PathBuf,
}

pub struct World {
    /// Where everything is made; emptied at the start.
    pub folder: PathBuf,
    /// The built-in templates and the fixture kit.
    pub catalog: Catalog,
    /// The manifests of all kits, by stage and name: one that cannot be read ends the verification.
    pub kits: Vec<KitManifest>,
    /// Oldest first.
    pub jdks: Vec<Jdk>,
    pub records: Records,
    pub seed: String,
    /// Of the verifier's own source.
    pub verifier: String,
    tools: Mutex<BTreeMap<String, Option<String>>>,
    services: OnceLock<Services>,
}

/// How a program ended.
pub struct Ran {
    pub status: ExitStatus,
    /// stdout and stderr, in the order of each.
    pub output: String,
}

impl Ran {
    pub fn ok(self, what: &str) -> Result<String, String> {
        if self.status.success() { Ok(self.output) } else { Err(format!("{what}: {}\n{}", self.status, tail(&self.output, 60))) }
    }
}

impl World {
    pub fn prepare(arguments: &Arguments) -> Result<Self, String> {
        let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let folder = std::env::var_os("DEEP_FOLDER").map_or_else(|| project.join("target/deep"), PathBuf::from);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let folder = folder.canonicalize().map_err(|error| error.to_string())?;
        let catalog = catalog(&project)?;
        let kits = catalog.kits().map_err(|error| error.to_string())?;
        let today = first_line(&run(Command::new("date").arg("+%F"), Duration::from_secs(5))?.output);
        let seed = if arguments.seed.is_empty() { today.clone() } else { arguments.seed.clone() };
        eprintln!("samples are drawn by `--seed {seed}`; working in {}", folder.display());
        let is_partial = arguments.kit.is_some() || arguments.at.is_some() || arguments.option.is_some() || !arguments.checks.is_empty();
        let records = Records::load(project.join("tests/deep/records.tsv"), &seed, &today, arguments.afresh, is_partial)?;
        Ok(Self {
            verifier: source_digest(&project)?,
            jdks: jdks()?,
            tools: Mutex::default(),
            services: OnceLock::new(),
            folder,
            catalog,
            kits,
            records,
            seed,
        })
    }

    /// The first line that `program arguments…` prints, or `None` if it cannot be run. Asked once.
    pub fn tool(&self, command: &[&str]) -> Option<String> {
        let mut tools = self.tools.lock().ok()?;
        let known = tools.entry(command.join(" ")).or_insert_with(|| {
            let (program, rest) = command.split_first()?;
            let ran = run(Command::new(program).args(rest), Duration::from_secs(30)).ok()?;
            ran.status.success().then(|| first_line(&ran.output))
        });
        known.clone()
    }

    /// The program, or why what needs it is skipped.
    pub fn needs(&self, command: &[&str]) -> Result<String, String> {
        self.tool(command).ok_or_else(|| format!("`{}` cannot be run here", command.join(" ")))
    }

    /// The servers, started when first asked for.
    pub fn services(&self) -> &Services {
        self.services.get_or_init(|| Services::find(self))
    }

    /// The manifest of a kit.
    pub fn kit(&self, name: &str) -> Result<&KitManifest, String> {
        self.kits.iter().find(|kit| kit.name.get_ref() == name).ok_or_else(|| format!("there is no kit `{name}`"))
    }

    /// A JDK by its version, or the oldest.
    pub fn jdk(&self, version: Option<u32>) -> Result<&Jdk, String> {
        let found = match version {
            None => self.jdks.first(),
            Some(version) => self.jdks.iter().find(|jdk| jdk.version == version),
        };
        found.ok_or_else(|| {
            format!("there is no JDK {} here; say where in JAVA_HOMES", version.map_or_else(String::new, |version| version.to_string()))
        })
    }

    /// A new folder to work in.
    pub fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(folder)
    }

    /// `command` in `folder` with this JDK first on the path.
    pub fn command(&self, folder: &Path, words: &[impl AsRef<OsStr>], jdk: &Jdk) -> Command {
        let (program, arguments) = words.split_first().map_or((OsStr::new(""), &[][..]), |(program, rest)| (program.as_ref(), rest));
        // A relative program is the repository's own script.
        let program = if program.to_string_lossy().starts_with("./") { folder.join(program).into_os_string() } else { program.to_owned() };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(jdk.home.join("bin")).chain(std::env::split_paths(&path))).unwrap_or(path);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("PATH", path).env("JAVA_HOME", &jdk.home).env_remove("CI").env("LC_ALL", "C.UTF-8");
        command
    }
}

/// The built-in templates, or those that `DEEP_TEMPLATES` names over them, and the fixture kit.
fn catalog(project: &Path) -> Result<Catalog, String> {
    let fixtures = Path::new("tests/fixtures/deep");
    let mut files = BTreeMap::new();
    // Reading a folder gives the built-in files that it does not have as well, so what counts most is read last.
    for folder in [project.join(fixtures)].into_iter().chain(std::env::var_os("DEEP_TEMPLATES").map(PathBuf::from)) {
        let read = stagekit::overlay::read(&folder, fixtures).map_err(|error| error.to_string())?;
        files.extend(read.files_below("").into_iter().filter_map(|path| Some((path.to_string(), read.file(&path)?.into_owned()))));
    }
    Ok(Catalog::with_overlay(files, fixtures.to_string_lossy()))
}

/// Runs to the end, or kills the whole process group when `limit` is over.
pub fn run(command: &mut Command, limit: Duration) -> Result<Ran, String> {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{shown}: {error}"))?;
    let readers = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if start.elapsed() > limit => {
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
                let _ = child.wait();
                return Err(format!("{shown}: not done after {} s", limit.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let output = readers.into_iter().flatten().map(|reader| reader.join().unwrap_or_default()).collect::<Vec<_>>().concat();
    Ok(Ran { status, output })
}

fn reader(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

pub fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("").to_owned()
}

/// The last `count` lines.
pub fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// What decides how a cell is made and judged, how its key is made and whether it gets a record; a change of another check does not make its
/// proof worth less. What `stagekit` itself decides (which tests a report has, what a course declares) is in `OUR_OWN`; the rest of it makes the
/// rendered files, and they are in the key.
const JUDGES: [&str; 9] = [
    "cell.rs",
    "world.rs",
    "services.rs",
    "revert.rs",
    "records.rs",
    "checks/mod.rs",
    "checks/cells.rs",
    "checks/traps.rs",
    "checks/reverts.rs",
];

const OUR_OWN: [&str; 3] = ["src/milestone.rs", "src/course.rs", "src/manifest.rs"];

fn source_digest(project: &Path) -> Result<String, String> {
    let mut all = Vec::new();
    for file in JUDGES.map(|name| project.join("tests/deep").join(name)).into_iter().chain(OUR_OWN.map(|name| project.join(name))) {
        all.extend(fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    Ok(hex(&all))
}

fn jdks() -> Result<Vec<Jdk>, String> {
    let homes: Vec<PathBuf> = match std::env::var_os("JAVA_HOMES") {
        Some(homes) => std::env::split_paths(&homes).collect(),
        None => fs::read_dir("/usr/lib/jvm")
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("bin/javac").exists())
            .collect(),
    };
    let mut list: Vec<Jdk> = Vec::new();
    for home in homes {
        let said = run(Command::new(home.join("bin/javac")).arg("-version"), Duration::from_secs(30))?.output;
        let version = said.split_whitespace().nth(1).and_then(|version| version.split('.').next()?.parse().ok());
        let version = version.ok_or_else(|| format!("{}: what version is `{said}`?", home.display()))?;
        if !list.iter().any(|jdk| jdk.version == version) {
            list.push(Jdk { version, home });
        }
    }
    list.sort_by_key(|jdk| jdk.version);
    Ok(list)
}
