//! What handing out costs: folders beside writing the same bytes from memory, zips beside stored zips, bare repositories beside `git fast-import`.
//!
//! `cargo bench --bench handout` hands out to 200 students in each round, `-- 1000` to a thousand, on tmpfs where there is one. Ratios are those
//! of the medians of interleaved rounds.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use stagekit::{answers::Answers, catalog::Catalog, gitpack, interview, receipt, render::Renderer, rendition::Rendition, tree::Tree};

type Done<T> = Result<T, Box<dyn Error>>;

const KIT: &str = "http-server";
const ROUNDS: usize = 5;

fn main() -> Done<()> {
    let count: usize = match std::env::args().skip(1).find(|argument| argument != "--bench") {
        Some(count) => count.parse()?,
        None => 200,
    };
    let shm = Path::new("/dev/shm");
    let place = if shm.is_dir() { tempfile::tempdir_in(shm)? } else { tempfile::tempdir()? };
    let root = place.path();
    let program = root.join("stagekit");
    fs::copy(env!("CARGO_BIN_EXE_stagekit"), &program)?;
    let roster = (0..count).fold("name\n".to_owned(), |roster, number| format!("{roster}s{number}\n"));
    fs::write(root.join("class.csv"), roster)?;
    let trees: Vec<Tree> = (0..count).map(tree).collect::<Done<_>>()?;
    println!("kit {KIT}: {count} students, {} files each", trees[0].len());

    for (form, beside) in [("dir", "the same bytes from memory"), ("zip", "stored zips"), ("bare", "git fast-import")] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let mut command = Command::new(&program);
            command.current_dir(root).args(["handout", KIT, "--roster", "class.csv", "--quiet", "--as", form, "--out"]);
            command.arg(format!("{form}-{round}"));
            let own = timed(|| succeed(&mut command))?;
            let folder = root.join(format!("{form}-{round}-beside"));
            fs::create_dir(&folder)?;
            let other = timed(|| {
                trees.iter().enumerate().try_for_each(|(number, tree)| match form {
                    "dir" => write_from_memory(tree, &folder.join(number.to_string())),
                    "zip" => store(tree, &folder.join(format!("{number}.zip"))),
                    _ => import(tree, &folder.join(format!("{number}.git"))),
                })
            })?;
            // The first one warms up.
            if round > 0 {
                ours.push(own);
                theirs.push(other);
            }
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e3
        };
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        println!("--as {form}: {ours:.0} ms; {beside}: {theirs:.0} ms; ratio {:.2}", ours / theirs);
    }
    Ok(())
}

/// What student `number` gets.
fn tree(number: usize) -> Done<Tree> {
    let catalog = Catalog::embedded();
    let renderer = Renderer::new(&catalog, KIT)?;
    let given = interview::Given { name: Some(format!("s{number}")), ..interview::Given::default() };
    let answers: Answers = interview::settle(renderer.kit(), &given, &mut |_| {})?;
    let rendition = Rendition::default();
    let rendered = renderer.render(&answers, &rendition)?;
    Ok(receipt::repository(renderer.kit(), &rendered, &answers, &rendition)?)
}

fn timed(work: impl FnOnce() -> Done<()>) -> Done<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn succeed(command: &mut Command) -> Done<()> {
    let done = command.stdin(Stdio::null()).output()?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
}

/// The least that can write these files.
fn write_from_memory(tree: &Tree, folder: &Path) -> Done<()> {
    fs::create_dir(folder)?;
    let mut made = BTreeSet::new();
    for (path, entry) in tree.iter() {
        let mut parents: Vec<&str> =
            std::iter::successors(path.parent(), |parent| parent.rsplit_once('/').map(|(above, _)| above)).collect();
        parents.reverse();
        for parent in parents.into_iter().filter(|parent| made.insert(*parent)) {
            fs::create_dir(folder.join(parent))?;
        }
        fs::write(folder.join(path.as_str()), &entry.bytes)?;
    }
    Ok(())
}

/// A zip of the same files that deflates nothing.
fn store(tree: &Tree, file: &Path) -> Done<()> {
    let mut zip = zip::ZipWriter::new(fs::File::create(file)?);
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, entry) in tree.iter() {
        zip.start_file(path.as_str(), options)?;
        zip.write_all(&entry.bytes)?;
    }
    zip.finish()?;
    Ok(())
}

fn import(tree: &Tree, folder: &Path) -> Done<()> {
    succeed(Command::new("git").args(["init", "--quiet", "--bare", "--template="]).arg(folder))?;
    let by = format!("{} {} +0000", gitpack::AUTHOR, gitpack::TIME);
    let mut stream = format!("commit refs/heads/main\nauthor {by}\ncommitter {by}\ndata 2\nm\n").into_bytes();
    for (path, entry) in tree.iter() {
        let mode = if entry.executable { "100755" } else { "100644" };
        stream.extend(format!("M {mode} inline {path}\ndata {}\n", entry.bytes.len()).bytes());
        stream.extend(entry.bytes.iter());
        stream.push(b'\n');
    }
    let mut child = Command::new("git").args(["fast-import", "--quiet"]).current_dir(folder).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no stdin")?.write_all(&stream)?;
    if child.wait()?.success() { Ok(()) } else { Err("git fast-import failed".into()) }
}
