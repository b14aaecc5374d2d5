//! What may happen to `stagekit new` from outside: targets that exist, folders that cannot be written, full disks, signals at every system call
//! that writes, another run at the same time. Proven on the program itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, symlink},
        process::ExitStatusExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    arguments::Arguments,
    outcome::Row,
    world::{Ran, World, run as run_program, tail},
};

const KIT: &str = "http-server";

/// A file of the user's beside every target.
const BYSTANDER: &str = "bystander.txt";

/// What a run may be stopped at. `openat` counts only where it makes a file.
const CALLS: &str = "openat,write,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,fsync,flock,ftruncate,close";

/// How long the signals may take, all together.
const SIGNAL_SECONDS: f64 = 80.0;

pub fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    if !arguments.wants_kit(KIT) || arguments.option.is_some() {
        return Vec::new();
    }
    let bench = match Bench::new(world) {
        Ok(bench) => bench,
        Err(why) => return vec![Row::of("faults", KIT, None, "a plain run", || Err(why))],
    };
    let root = match world.tool(&["id", "-u"]).as_deref() {
        Some("0") => Ok(()),
        _ => Err("only root can mount file systems and become another user"),
    };
    let as_root = |option: &str, work: &dyn Fn() -> Result<(), String>| match root {
        Ok(()) => Row::of("faults", KIT, None, option, work),
        Err(why) => Row::skipped("faults", KIT, option, why),
    };
    vec![
        Row::of("faults", KIT, None, "target exists", || bench.target_exists()),
        as_root("read-only", &|| bench.read_only()),
        as_root("full disk", &|| bench.full_disk()),
        match world.needs(&["strace", "--version"]) {
            Ok(_) => Row::of("faults", KIT, None, "signals", || bench.signals()),
            Err(why) => Row::skipped("faults", KIT, "signals", why),
        },
        Row::of("faults", KIT, None, "two at once", || bench.two_at_once()),
    ]
}

/// Everything in a folder: the mode and the content, or where a symlink points.
pub type Snapshot = BTreeMap<String, (u32, Vec<u8>)>;

struct Bench {
    /// In memory where the system has such a folder: nothing here is about speed of disks.
    folder: TempDir,
    /// A copy that every user can run.
    program: PathBuf,
    /// What a run that nothing happens to makes.
    reference: Snapshot,
}

impl Bench {
    fn new(world: &World) -> Result<Self, String> {
        let shared = Path::new("/dev/shm");
        let base =
            if fs::metadata(shared).is_ok_and(|meta| meta.is_dir() && !meta.permissions().readonly()) { shared } else { &world.folder };
        let folder = tempfile::Builder::new()
            .prefix("stagekit-faults-")
            .tempdir_in(base)
            .or_else(|_| tempfile::Builder::new().tempdir_in(&world.folder))
            .map_err(told)?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(told)?;
        let program = folder.path().join("stagekit");
        fs::copy(env!("CARGO_BIN_EXE_stagekit"), &program).map_err(told)?;
        let mut bench = Self { folder, program, reference: Snapshot::new() };
        let parent = bench.parent("reference")?;
        bench.new_in(&parent, "t")?.ok("stagekit new")?;
        bench.reference = snapshot(&parent.join("t"))?;
        if bench.reference.len() < 20 { Err(format!("a plain run makes only {} files", bench.reference.len())) } else { Ok(bench) }
    }

    /// A new folder with somebody's file in it.
    fn parent(&self, name: &str) -> Result<PathBuf, String> {
        let parent = self.folder.path().join(name);
        fs::create_dir_all(&parent).map_err(told)?;
        fs::write(parent.join(BYSTANDER), "mine").map_err(told)?;
        Ok(parent)
    }

    fn command(&self, parent: &Path, target: &str, before: &[&str]) -> Command {
        let program = self.program.display().to_string();
        let words = [before, &[&program, "new", KIT, target, "--yes", "--no-git", "--set", "name=notes-server"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(parent).env("LC_ALL", "C.UTF-8");
        command
    }

    fn new_in(&self, parent: &Path, target: &str) -> Result<Ran, String> {
        run_program(&mut self.command(parent, target, &[]), Duration::from_secs(30))
    }

    /// The target is whole, and beside it is nothing but these.
    fn is_whole(&self, parent: &Path, target: &str, beside: &[&str]) -> Result<(), String> {
        if let Some(difference) = difference(&self.reference, &snapshot(&parent.join(target))?) {
            return Err(format!("`{target}` is not what a plain run makes: {difference}"));
        }
        holds(parent, &[beside, &[target, BYSTANDER]].concat())
    }

    // --- what is there already -----------------------------------------------------------------

    fn target_exists(&self) -> Result<(), String> {
        type Prepare = fn(&Path) -> std::io::Result<()>;
        let cases: [(&str, bool, Prepare); 9] = [
            ("an empty folder", true, |t| fs::create_dir(t)),
            ("a symlink to an empty folder", true, |t| fs::create_dir(t.with_file_name("real")).and_then(|()| symlink("real", t))),
            ("a folder with a file", false, |t| fs::create_dir(t).and_then(|()| fs::write(t.join("mine"), "x"))),
            ("a folder with a folder", false, |t| fs::create_dir_all(t.join(".git"))),
            ("a folder of another repository", false, |t| {
                fs::create_dir_all(t.join(".stagekit")).and_then(|()| fs::write(t.join(".stagekit/receipt.toml"), "x"))
            }),
            ("a symlink to a folder with a file", false, |t| {
                fs::create_dir(t.with_file_name("real"))?;
                fs::write(t.with_file_name("real").join("mine"), "x")?;
                symlink("real", t)
            }),
            ("a file", false, |t| fs::write(t, "x")),
            ("a symlink to a file", false, |t| symlink(BYSTANDER, t)),
            ("a symlink to nothing", false, |t| symlink("nothing", t)),
        ];
        gather(cases.iter().enumerate().map(|(number, (what, is_good, prepare))| {
            let parent = self.parent(&format!("exists-{number}"))?;
            let target = parent.join("t");
            prepare(&target).map_err(told)?;
            let before = snapshot(&parent)?;
            let kind = fs::symlink_metadata(&target).map_err(told)?.file_type();
            let ran = self.new_in(&parent, "t")?;
            let named = |why: String| format!("{what}: {why}");
            if *is_good {
                expect_code(&ran, 0).map_err(named)?;
                if fs::symlink_metadata(&target).map_err(told)?.file_type() != kind {
                    return Err(named("it was replaced".to_owned()));
                }
                let beside: &[&str] = if kind.is_symlink() { &["real"] } else { &[] };
                // Through the symlink.
                return self.is_whole(&parent, "t", beside).map_err(named);
            }
            expect_code(&ran, 3).map_err(named)?;
            expect_words(&ran, &["`", "t`"]).map_err(named)?;
            difference(&before, &snapshot(&parent)?).map_or(Ok(()), |difference| Err(named(format!("something was touched: {difference}"))))
        }))
    }

    // --- where nothing can be written ----------------------------------------------------------

    fn read_only(&self) -> Result<(), String> {
        let point = self.folder.path().join("read-only");
        let mount = Mount::tmpfs(&point, "size=8m")?;
        fs::write(point.join(BYSTANDER), "mine").and_then(|()| fs::create_dir(point.join("empty"))).map_err(told)?;
        mount.again("ro")?;
        let guarded = self.parent("guarded")?;
        fs::create_dir(guarded.join("empty")).map_err(told)?;
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        let cases = [("a read-only file system", &point, &[][..]), ("another user's folder", &guarded, &nobody[..])];
        let targets = ["t", "a/b/t", "empty"];
        gather(cases.iter().flat_map(|case| targets.map(|target| (case, target))).map(|((what, parent, before), target)| {
            let found = snapshot(parent)?;
            let ran = run_program(&mut self.command(parent, target, before), Duration::from_secs(30))?;
            let named = |why: String| format!("{what}, target `{target}`: {why}");
            expect_code(&ran, 1).map_err(named)?;
            expect_words(&ran, &["failed to create `", target]).map_err(named)?;
            difference(&found, &snapshot(parent)?).map_or(Ok(()), |difference| Err(named(difference)))
        }))
    }

    // --- where not enough can be written -------------------------------------------------------

    fn full_disk(&self) -> Result<(), String> {
        let limits = [
            "size=4k",
            "size=16k",
            "size=64k",
            "size=128k",
            "size=192k",
            "size=256k",
            "nr_inodes=3",
            "nr_inodes=4",
            "nr_inodes=6",
            "nr_inodes=12",
            "nr_inodes=30",
            "nr_inodes=60",
        ];
        let cases = limits.iter().flat_map(|limit| [(*limit, false), (*limit, true)]);
        gather(cases.enumerate().map(|(number, (limit, is_empty))| {
            let named = |why: String| format!("{limit}, {}: {why}", if is_empty { "empty folder" } else { "no folder" });
            let point = self.folder.path().join(format!("full-{number}"));
            let roomy = if limit.starts_with("size") { "size=16m" } else { "nr_inodes=1000" };
            let mount = Mount::tmpfs(&point, roomy)?;
            // The bystander must have its own page before the disk is full.
            fs::write(point.join(BYSTANDER), "mine").map_err(told)?;
            if is_empty {
                fs::create_dir(point.join("t")).map_err(told)?;
            }
            mount.again(limit)?;
            let before = snapshot(&point)?;
            let ran = self.new_in(&point, "t")?;
            expect_code(&ran, 1).map_err(named)?;
            expect_words(&ran, &["failed to ", "`", "No space left"]).map_err(named)?;
            if let Some(difference) = difference(&before, &snapshot(&point)?) {
                return Err(named(format!("something is left: {difference}")));
            }
            mount.again(roomy)?;
            expect_code(&self.new_in(&point, "t")?, 0)
                .and_then(|()| self.is_whole(&point, "t", &[]))
                .map_err(|why| named(format!("with room again: {why}")))
        }))
    }

    // --- signals -------------------------------------------------------------------------------

    fn signals(&self) -> Result<(), String> {
        let mut jobs = Vec::new();
        for is_empty in [false, true] {
            for (call, number) in self.calls(is_empty)? {
                jobs.extend(["KILL", "INT", "TERM"].map(|signal| Job { is_empty, signal, call: call.clone(), number }));
            }
        }
        if jobs.len() < 600 {
            return Err(format!("strace shows only {} calls to stop at: are their names still right?", jobs.len() / 3));
        }
        let start = Instant::now();
        let trial: Vec<&Job> = jobs.iter().step_by(jobs.len() / 10).collect();
        let tried = self.all(&trial);
        // Each stride sees all signals, as it is no multiple of 3.
        let most = (SIGNAL_SECONDS / (start.elapsed().as_secs_f64() / trial.len() as f64)).max(1.0);
        let mut stride = (jobs.len() as f64 / most).ceil() as usize;
        if stride > 1 && stride.is_multiple_of(3) {
            stride += 1;
        }
        let chosen: Vec<&Job> = jobs.iter().step_by(stride.max(1)).collect();
        let without = tried.and(self.all(&chosen))?;
        eprintln!(
            "   {} of {} signals (every {stride}.) at {} system calls, {:.0} s; {without} came to nothing",
            chosen.len(),
            jobs.len(),
            jobs.len() / 3,
            start.elapsed().as_secs_f64()
        );
        if without * 4 > chosen.len() { Err(format!("{without} of {} signals never came", chosen.len())) } else { Ok(()) }
    }

    /// The calls by which a plain run writes, each with its number among those of its name on its thread: that is how strace counts them.
    fn calls(&self, is_empty: bool) -> Result<BTreeSet<(String, u32)>, String> {
        let parent = self.parent(&format!("traced-{is_empty}"))?;
        if is_empty {
            fs::create_dir(parent.join("t")).map_err(told)?;
        }
        let log = self.folder.path().join(format!("trace-{is_empty}"));
        let trace = format!("trace={CALLS}");
        let ran = run_program(
            &mut self.command(&parent, "t", &["strace", "-f", "-qq", "-o", &log.display().to_string(), "-e", &trace]),
            Duration::from_secs(30),
        )?;
        ran.ok("strace")?;
        let text = fs::read_to_string(&log).map_err(told)?;
        let (mut numbers, mut found, mut writes) = (BTreeMap::<(&str, &str), u32>::new(), BTreeSet::new(), false);
        for line in text.lines() {
            let Some((thread, line)) = line.split_once(' ') else { continue };
            let Some((call, rest)) = line.trim_start().split_once('(') else { continue };
            let number = numbers.entry((thread, call)).or_default();
            *number += 1;
            let makes = call == "openat" && rest.contains("O_CREAT");
            writes = writes || makes || call.starts_with("mkdir");
            if writes && (call != "openat" || makes) {
                found.insert((call.to_owned(), *number));
            }
        }
        Ok(found)
    }

    /// Does them on all processors. The number of those whose signal did not come.
    fn all(&self, jobs: &[&Job]) -> Result<usize, String> {
        let (queue, wrong, without) = (Mutex::new(jobs.iter()), Mutex::new(Vec::new()), AtomicUsize::new(0));
        let width = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..width {
                scope.spawn(|| {
                    loop {
                        let Ok(Some(job)) = queue.lock().map(|mut queue| queue.next()) else { return };
                        let why = match self.one(job) {
                            Ok(true) => continue,
                            Ok(false) => {
                                without.fetch_add(1, Ordering::Relaxed);
                                continue;
                            }
                            Err(why) => why,
                        };
                        if let Ok(mut wrong) = wrong.lock() {
                            wrong.push(format!(
                                "SIG{} at {} {}, {}: {why}",
                                job.signal,
                                job.call,
                                job.number,
                                if job.is_empty { "empty folder" } else { "no folder" }
                            ));
                        }
                    }
                });
            }
        });
        gather(wrong.into_inner().unwrap_or_default().into_iter().map(Err))?;
        Ok(without.into_inner())
    }

    /// Whether the signal came: which thread writes what is another matter in each run, so a call may not be made at all.
    fn one(&self, job: &Job) -> Result<bool, String> {
        let parent = self.parent(&format!("signal-{}-{}-{}-{}", job.is_empty, job.signal, job.call, job.number))?;
        let target = parent.join("t");
        if job.is_empty {
            fs::create_dir(&target).map_err(told)?;
        }
        let log = tempfile::NamedTempFile::new_in(self.folder.path()).map_err(told)?;
        let (trace, inject) = (format!("trace={}", job.call), format!("inject={}:signal=SIG{}:when={}", job.call, job.signal, job.number));
        let ran = run_program(
            &mut self.command(&parent, "t", &["strace", "-f", "-qq", "-o", &log.path().display().to_string(), "-e", &trace, "-e", &inject]),
            Duration::from_secs(30),
        )?;
        let signals = fs::read_to_string(log.path()).map_err(told)?.matches(&format!("--- SIG{} ", job.signal)).count();
        if fs::read(parent.join(BYSTANDER)).map_err(told)? != b"mine" {
            return Err("somebody's file was changed".to_owned());
        }
        let is_killed = ran.status.signal() == Some(9);
        // Where both threads come to their call of that number, a second signal ends the program where it is.
        if is_killed || signals > 1 && ran.status.signal().is_some() {
            self.after_kill(&parent, job)?;
        } else {
            self.after_signal(&parent, job, &ran)?;
        }
        fs::remove_dir_all(&parent).map_err(told)?;
        Ok(is_killed || signals > 0)
    }

    fn after_signal(&self, parent: &Path, job: &Job, ran: &Ran) -> Result<(), String> {
        let untouched = || {
            if job.is_empty {
                holds(parent, &["t", BYSTANDER])?;
                holds(&parent.join("t"), &[])
            } else {
                holds(parent, &[BYSTANDER])
            }
        };
        let result = match (ran.status.code(), ran.status.signal()) {
            (Some(0), _) => self.is_whole(parent, "t", &[]),
            (Some(130), _) => untouched(),
            // Before it listens for signals, and after it has ceased to.
            (_, Some(_)) => untouched().or_else(|_| self.is_whole(parent, "t", &[])),
            _ => Err(String::new()),
        };
        result.map_err(|why| format!("{} {why}\n{}", ended(ran.status), tail(&ran.output, 5)))
    }

    fn after_kill(&self, parent: &Path, job: &Job) -> Result<(), String> {
        let mut found = snapshot(&parent.join("t"))?;
        // Of a run that died after its work was done: the next command that works there removes it.
        found.retain(|path, _| path != ".stagekit/lock" && path != ".stagekit/journal" && !path.starts_with(".stagekit/journal/"));
        let is_there = parent.join("t").exists();
        // Under way is what the journal's record says is.
        let is_under_way = parent.join("t/.stagekit/journal/record").exists();
        let is_whole = is_there && !is_under_way && difference(&self.reference, &found).is_none();
        if is_there && !is_whole && !job.is_empty {
            return Err("the target appeared before it was complete".to_owned());
        }
        let next = self.new_in(parent, "t")?;
        if !is_whole {
            return expect_code(&next, 0)
                .and_then(|()| self.is_whole(parent, "t", &[]))
                .map_err(|why| format!("the next run into the same target: {why}"));
        }
        expect_code(&next, 3).map_err(|why| format!("the next run into the complete target: {why}"))?;
        let other = self.new_in(parent, "u")?;
        expect_code(&other, 0)
            .and_then(|()| self.is_whole(parent, "u", &["t"]))
            .map_err(|why| format!("the next run into another target beside the complete one: {why}"))
    }

    // --- another run ---------------------------------------------------------------------------

    fn two_at_once(&self) -> Result<(), String> {
        let rounds = [false, true].into_iter().flat_map(|is_empty| (0..20).map(move |round| (is_empty, round)));
        gather(rounds.map(|(is_empty, round)| {
            let parent = self.parent(&format!("two-{is_empty}-{round}"))?;
            if is_empty {
                fs::create_dir(parent.join("t")).map_err(told)?;
            }
            let ran: Vec<_> = std::thread::scope(|scope| {
                let runs = [0, 1].map(|_| scope.spawn(|| self.new_in(&parent, "t")));
                runs.into_iter().map(|run| run.join().unwrap_or_else(|_| Err("it panicked".to_owned()))).collect()
            });
            let ran = ran.into_iter().collect::<Result<Vec<_>, _>>()?;
            let mut codes: Vec<_> = ran.iter().map(|ran| ran.status.code()).collect();
            codes.sort_unstable();
            let named = |why: String| format!("round {round}, {}: {why}", if is_empty { "empty folder" } else { "no folder" });
            if codes != [Some(0), Some(3)] {
                return Err(named(format!(
                    "they end with {codes:?}: {}",
                    ran.iter().map(|ran| tail(&ran.output, 3)).collect::<Vec<_>>().join("\n")
                )));
            }
            self.is_whole(&parent, "t", &[]).map_err(named)
        }))?;
        // Beside each other they are in nobody's way, and none takes the other for dead.
        gather((0..20).map(|round| {
            let parent = self.parent(&format!("beside-{round}"))?;
            std::thread::scope(|scope| {
                let runs = ["t", "u", "v"].map(|target| {
                    scope.spawn({
                        let parent = &parent;
                        move || self.new_in(parent, target)
                    })
                });
                runs.into_iter().try_for_each(|run| expect_code(&run.join().unwrap_or_else(|_| Err("it panicked".to_owned()))?, 0))
            })
            .and_then(|()| self.is_whole(&parent, "t", &["u", "v"]))
            .map_err(|why| format!("round {round}, three targets: {why}"))
        }))
    }
}

/// A signal that arrives when a system call begins.
struct Job {
    is_empty: bool,
    signal: &'static str,
    call: String,
    number: u32,
}

/// A file system in memory, unmounted at the end.
pub struct Mount(PathBuf);

impl Mount {
    pub fn tmpfs(point: &Path, options: &str) -> Result<Self, String> {
        fs::create_dir_all(point).map_err(told)?;
        run_program(
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("{options},mode=755"), "tmpfs"]).arg(point),
            Duration::from_secs(10),
        )?
        .ok("mount")?;
        Ok(Self(point.to_owned()))
    }

    pub fn again(&self, options: &str) -> Result<(), String> {
        run_program(Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0), Duration::from_secs(10))?
            .ok("mount -o remount")
            .map(drop)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = run_program(Command::new("umount").arg("--lazy").arg(&self.0), Duration::from_secs(10));
    }
}

pub fn told(error: std::io::Error) -> String {
    error.to_string()
}

fn ended(status: ExitStatus) -> String {
    format!("it ended with {status};")
}

pub fn expect_code(ran: &Ran, code: i32) -> Result<(), String> {
    if ran.status.code() == Some(code) { Ok(()) } else { Err(format!("{} {code} is right\n{}", ended(ran.status), tail(&ran.output, 6))) }
}

pub fn expect_words(ran: &Ran, words: &[&str]) -> Result<(), String> {
    let missing: Vec<_> = words.iter().filter(|word| !ran.output.contains(**word)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("the message lacks {missing:?}: {}", ran.output)) }
}

/// A folder holds just these.
fn holds(folder: &Path, names: &[&str]) -> Result<(), String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        found.insert(entry.map_err(told)?.file_name().to_string_lossy().into_owned());
    }
    let expected: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if found == expected { Ok(()) } else { Err(format!("`{}` holds {found:?}, should hold {expected:?}", folder.display())) }
}

/// All that fails, but not more than one can read.
pub fn gather(results: impl Iterator<Item = Result<(), String>>) -> Result<(), String> {
    let wrong: Vec<String> = results.filter_map(Result::err).collect();
    let more = wrong.len().saturating_sub(25);
    match (wrong.is_empty(), more) {
        (true, _) => Ok(()),
        (false, 0) => Err(wrong.join("\n")),
        (false, more) => Err(format!("{}\nand {more} more", wrong[..25].join("\n"))),
    }
}

pub fn snapshot(folder: &Path) -> Result<Snapshot, String> {
    let mut all = Snapshot::new();
    if folder.exists() {
        collect(folder, "", &mut all)?;
    }
    Ok(all)
}

fn collect(folder: &Path, prefix: &str, all: &mut Snapshot) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        let meta = fs::symlink_metadata(&path).map_err(told)?;
        let content = if meta.is_symlink() {
            fs::read_link(&path).map_err(told)?.into_os_string().into_encoded_bytes()
        } else if meta.is_dir() {
            collect(&path, &format!("{name}/"), all)?;
            Vec::new()
        } else {
            fs::read(&path).map_err(told)?
        };
        all.insert(name, (meta.mode(), content));
    }
    Ok(())
}

pub fn difference(expected: &Snapshot, found: &Snapshot) -> Option<String> {
    let paths: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let wrong: Vec<String> = paths
        .into_iter()
        .filter_map(|path| match (expected.get(path), found.get(path)) {
            (Some(_), None) => Some(format!("{path} is missing")),
            (None, Some(_)) => Some(format!("{path} is too much")),
            (one, other) => (one != other).then(|| format!("{path} differs")),
        })
        .collect();
    (!wrong.is_empty())
        .then(|| if wrong.len() > 4 { format!("{} and {} more", wrong[..4].join(", "), wrong.len() - 4) } else { wrong.join(", ") })
}
