//! What generating costs, beside writing the same bytes from memory and beside `cp -r` of the rendered tree.
//!
//! `cargo bench --bench generate` measures everything in one run, on tmpfs where there is one, deleting nothing while it measures: file
//! systems make files far more slowly after a large delete. `cargo bench --bench generate -- --kit NAME` takes another kit than the largest.
//! Ratios are those of interleaved rounds: of the medians, and of the fastest, which what else the machine does touches least.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use stagekit::{
    answers::Answers,
    catalog::Catalog,
    disk::{self, Unwatched},
    interview::{Given, settle},
    receipt,
    render::Renderer,
    rendition::Rendition,
    threads,
    tree::Tree,
};

type Done<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 60;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        // What the parent measures from outside.
        ["--child-generate", kit, folder, count] => {
            generate(kit, Path::new(folder), count.parse()?)?;
            println!("{}", peak_memory()?);
            Ok(())
        }
        [] => measure(&largest()?),
        ["--kit", kit] => measure(kit),
        other => Err(format!("unknown arguments {other:?}").into()),
    }
}

fn measure(kit: &str) -> Done<()> {
    let shm = Path::new("/dev/shm");
    let place = if shm.is_dir() { tempfile::tempdir_in(shm)? } else { tempfile::tempdir()? };
    let root = place.path();
    // A copy: a build that goes on meanwhile would put another program there.
    let program = root.join("stagekit");
    fs::copy(env!("CARGO_BIN_EXE_stagekit"), &program)?;
    let program = program.as_path();
    let tree = solution(kit)?;
    // The name would follow the folder's.
    let name =
        Catalog::embedded().kit(kit)?.question("name").and_then(|question| question.default.clone()).ok_or("`name` has no default")?;
    println!(
        "kit {kit}, solution: {} files, {} bytes, `.stagekit` included; on {}",
        tree.len(),
        tree.byte_count(),
        root.parent().unwrap_or(root).display()
    );

    // what is compared is the same work
    let new = |target: &Path| {
        let mut command = Command::new(program);
        // Whoever measures has no list of repositories that grows with every run.
        command.env("XDG_DATA_HOME", root.join("data"));
        command.args(["new", kit]).arg(target).args(["--yes", "--solution", "--no-git", "--quiet", "--set", &format!("name={name}")]);
        command
    };
    run(&mut new(&root.join("first")))?;
    same_bytes(&root.join("first"), &tree)?;

    // start-up: a command that reads no template, beside the cheapest program there is
    let (start, nothing) = interleaved(|_| run(Command::new(program).arg("--version")), |_| run(&mut Command::new("true")))?;
    row("start-up (`--version`)", &start, "`true`", &nothing);

    // one generation by the real program
    let model = root.join("model");
    disk::create(&model, &tree, &Unwatched)?;
    let counter = std::cell::Cell::new(0);
    let fresh = |what: &str| -> PathBuf {
        counter.set(counter.get() + 1);
        root.join(format!("{what}-{}", counter.get()))
    };
    let (one, copied) =
        interleaved(|_| run(&mut new(&fresh("one"))), |_| run(Command::new("cp").arg("-r").arg(&model).arg(fresh("copy"))))?;
    row("one generation", &one, "`cp -r`", &copied);

    // many generations by one process, each into a fresh folder
    // Nothing is deleted in between, so the more are made the fewer rounds find room.
    for (count, times) in [(200_usize, 9), (1_000, 3)] {
        let (batch, memory) = rounds(
            times,
            |_| timed(|| generate(kit, &fresh("batch"), count)),
            |_| {
                let folder = fresh("memory");
                fs::create_dir(&folder)?;
                timed(|| (0..count).try_for_each(|n| write_from_memory(&tree, &folder.join(n.to_string()))))
            },
        )?;
        row(&format!("{count} generations by one process"), &batch, "the same bytes from memory", &memory);
    }

    // system calls and memory
    let empty = fresh("empty");
    fs::create_dir(&empty)?;
    for (what, target) in [("one generation", fresh("traced")), ("one generation into an empty folder", empty)] {
        match system_calls(&mut new(&target)) {
            Ok(calls) => println!("system calls of {what}: {calls} for {} files", tree.len()),
            Err(why) => println!("system calls of {what}: not counted: {why}"),
        }
    }
    let folder = fresh("peak");
    let peak = Command::new(std::env::current_exe()?).args(["--child-generate", kit]).arg(&folder).arg("1").output()?;
    println!("peak memory of a process that generates once: {}", String::from_utf8(peak.stdout)?.trim());

    // git apart: its program costs more than the tree
    if Command::new("git").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let mut with_git = Vec::new();
        for _ in 0..7 {
            let mut command = new(&fresh("git"));
            command.arg("--git");
            with_git.push(run(&mut command)?);
        }
        with_git.sort_unstable();
        println!("one generation with `--git`, median: {:.1} ms", milliseconds(Times(with_git).median()));
    }
    Ok(())
}

fn largest() -> Done<String> {
    let catalog = Catalog::embedded();
    let sizes = catalog.kit_names().into_iter().map(|kit| Ok((solution(&kit)?.len(), kit))).collect::<Done<Vec<_>>>()?;
    sizes.into_iter().max().map(|(_, kit)| kit).ok_or_else(|| "there is no kit".into())
}

fn answers(renderer: &Renderer<'_>) -> Done<Answers> {
    Ok(settle(renderer.kit(), &Given::default(), &mut |_| {})?)
}

fn whole(renderer: &Renderer<'_>, answers: &Answers) -> stagekit::error::Result<Tree> {
    let rendition = Rendition::solved(renderer.kit().last());
    let rendered = renderer.render(answers, &rendition)?;
    receipt::repository(renderer.kit(), &rendered, answers, &rendition)
}

/// The largest rendering of a kit on its default answers.
fn solution(kit: &str) -> Done<Tree> {
    let catalog = Catalog::embedded();
    let renderer = Renderer::new(&catalog, kit)?;
    Ok(whole(&renderer, &answers(&renderer)?)?)
}

/// Renders and writes `count` times below `folder`, as a handout does: one tree is rendered while the one before is written.
fn generate(kit: &str, folder: &Path, count: usize) -> Done<()> {
    fs::create_dir(folder)?;
    let catalog = Catalog::embedded();
    let renderer = Renderer::new(&catalog, kit)?;
    let answers = answers(&renderer)?;
    let made = (0..count).map(move |n| Ok((n, whole(&renderer, &answers)?)));
    Ok(threads::ahead(made, |(n, tree)| disk::create(&folder.join(n.to_string()), &tree, &Unwatched))?)
}

/// The least that can write these files: a folder once, a file with one open, write and close.
fn write_from_memory(tree: &Tree, folder: &Path) -> Done<()> {
    use std::{collections::BTreeSet, io::Write, os::unix::fs::OpenOptionsExt};
    fs::create_dir(folder)?;
    let mut made = BTreeSet::new();
    for (path, entry) in tree.iter() {
        let mut parents: Vec<&str> =
            std::iter::successors(path.parent(), |parent| parent.rsplit_once('/').map(|(above, _)| above)).collect();
        parents.reverse();
        for parent in parents {
            if made.insert(parent) {
                fs::create_dir(folder.join(parent))?;
            }
        }
        let mode = if entry.executable { 0o777 } else { 0o666 };
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(folder.join(path.as_str()))?.write_all(&entry.bytes)?;
    }
    Ok(())
}

/// What is compared is the same work: every byte that the program wrote is the model's.
fn same_bytes(made: &Path, tree: &Tree) -> Done<()> {
    for (path, entry) in tree.iter() {
        if fs::read(made.join(path.as_str()))? != *entry.bytes {
            return Err(format!(
                "`{path}` is not what this benchmark renders: program and benchmark were built from different templates; run it again"
            )
            .into());
        }
    }
    Ok(())
}

fn run(command: &mut Command) -> Done<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let done = command.output()?;
    let took = start.elapsed();
    if done.status.success() { Ok(took) } else { Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)).into()) }
}

fn timed(work: impl FnOnce() -> Done<()>) -> Done<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// What some rounds took.
struct Times(Vec<Duration>);

impl Times {
    fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    fn least(&self) -> Duration {
        self.0[0]
    }
}

fn interleaved(ours: impl Fn(usize) -> Done<Duration>, theirs: impl Fn(usize) -> Done<Duration>) -> Done<(Times, Times)> {
    rounds(ROUNDS, ours, theirs)
}

/// Both, one after the other in each round, first or second in turn; a round to warm up does not count.
fn rounds(count: usize, ours: impl Fn(usize) -> Done<Duration>, theirs: impl Fn(usize) -> Done<Duration>) -> Done<(Times, Times)> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for round in 0..=count {
        let (a, b) = if round % 2 == 0 {
            let a = ours(round)?;
            (a, theirs(round)?)
        } else {
            let b = theirs(round)?;
            (ours(round)?, b)
        };
        if round > 0 {
            left.push(a);
            right.push(b);
        }
    }
    left.sort_unstable();
    right.sort_unstable();
    Ok((Times(left), Times(right)))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn row(what: &str, ours: &Times, beside: &str, theirs: &Times) {
    for (which, ours, theirs) in [("median", ours.median(), theirs.median()), ("fastest", ours.least(), theirs.least())] {
        println!(
            "{what}, {which}: {:.2} ms; {beside}: {:.2} ms; ratio {:.2}",
            milliseconds(ours),
            milliseconds(theirs),
            ours.as_secs_f64() / theirs.as_secs_f64()
        );
    }
}

/// Greatest resident size of this process so far, as the kernel writes it.
fn peak_memory() -> Done<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    Ok(status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?.trim().to_owned())
}

fn system_calls(command: &mut Command) -> Done<u64> {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-c", "-o", "/dev/stderr"]).arg(command.get_program()).args(command.get_args()).stdout(Stdio::null());
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let done = traced.output().map_err(|error| format!("strace: {error}"))?;
    let table = String::from_utf8_lossy(&done.stderr).into_owned();
    let total =
        table.lines().rev().find(|line| line.trim_end().ends_with("total")).ok_or_else(|| format!("strace printed no total: {table}"))?;
    // % time, seconds, microseconds a call, calls, errors, name
    Ok(total.split_whitespace().nth(3).ok_or("no number of calls")?.parse()?)
}
