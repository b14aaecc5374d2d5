//! `stagekit handout` to a class of a thousand: the same bytes whenever it is run, killed at any moment or on a full disk, in memory that does not
//! grow with the class.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use stagekit::{digest::hex, handout::Handout};
use tempfile::TempDir;

use crate::{
    arguments::Arguments,
    checks::{
        Check,
        faults::{Mount, Snapshot, difference, expect_code, expect_words, gather, snapshot, told},
    },
    names,
    outcome::Row,
    world::{Ran, World, run as run_program, tail},
};

/// A fixture, so that writing is what takes the time.
const KIT: &str = "stairs";

const FORMS: [&str; 3] = ["dir", "zip", "bare"];

/// How many students there are, and how many where every form is tried.
const LARGE: usize = 1000;
const SMALL: usize = 100;

/// How many times a run is killed at most, and how many of them have to be: others are faster than the hand that kills.
const KILLS: u32 = 12;
const FEWEST_KILLS: usize = 3;

/// So much more memory than for [`SMALL`] may be used for [`LARGE`]: the list of students is kept, their repositories are not.
const GROWTH: f64 = 1.3;

pub fn checks() -> [Check; 1] {
    [Check { name: "roster", run }]
}

fn run(world: &World, arguments: &Arguments) -> Vec<Row> {
    if arguments.kit.as_deref().is_some_and(|kit| kit != KIT) || arguments.option.is_some() || arguments.at.is_some() {
        return Vec::new();
    }
    let bench = match Bench::new(world) {
        Ok(bench) => bench,
        Err(why) => return vec![Row::of("roster", KIT, None, "a folder", || Err(why))],
    };
    let mut rows = vec![Row::of("roster", KIT, None, "1000 as dir", || bench.the_same("dir", LARGE))];
    rows.extend(["zip", "bare"].map(|form| Row::of("roster", KIT, None, format!("{SMALL} as {form}"), || bench.the_same(form, SMALL))));
    rows.extend(FORMS.map(|form| Row::of("roster", KIT, None, format!("memory as {form}"), || bench.memory(form))));
    rows.extend(FORMS.map(|form| match world.tool(&["id", "-u"]).as_deref() {
        Some("0") => Row::of("roster", KIT, None, format!("full disk as {form}"), || bench.full_disk(form)),
        _ => Row::skipped("roster", KIT, format!("full disk as {form}"), "only root can mount file systems"),
    }));
    rows
}

struct Bench<'w> {
    world: &'w World,
    /// In memory where the system has such a folder: nothing here is about speed of disks.
    folder: TempDir,
}

impl<'w> Bench<'w> {
    fn new(world: &'w World) -> Result<Self, String> {
        let in_folder = |folder: &Path| tempfile::Builder::new().prefix("stagekit-roster-").tempdir_in(folder);
        let folder = in_folder(Path::new("/dev/shm")).or_else(|_| in_folder(&world.folder)).map_err(told)?;
        Ok(Self { world, folder })
    }

    /// A new folder with the roster of `size` students.
    fn place(&self, name: &str, size: usize) -> Result<PathBuf, String> {
        let place = self.folder.path().join(name);
        fs::create_dir_all(&place).and_then(|()| fs::write(place.join("class.csv"), names::class(size))).map_err(told)?;
        Ok(place)
    }

    fn command(place: &Path, form: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stagekit"));
        command.args(["handout", KIT, "--roster", "class.csv", "--out", "class", "--quiet", "--variant-seed", "s", "--as", form]);
        command.current_dir(place).env("STAGEKIT_TEMPLATES", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/learning"));
        command
    }

    fn handed_out(place: &Path, form: &str) -> Result<Ran, String> {
        run_program(&mut Self::command(place, form), Duration::from_secs(300))
    }

    /// What a run that nothing happens to makes of `size` students.
    fn reference(&self, name: &str, form: &str, size: usize) -> Result<Snapshot, String> {
        let place = self.place(name, size)?;
        expect_code(&Self::handed_out(&place, form)?, 0)?;
        let made = snapshot(&place)?;
        fs::remove_dir_all(place).map_err(told)?;
        Ok(made)
    }

    // --- twice, and killed ---------------------------------------------------------------------

    fn the_same(&self, form: &str, size: usize) -> Result<(), String> {
        let start = Instant::now();
        let first = self.reference("first", form, size)?;
        let took = start.elapsed();
        let (_, text) = first.get("class/handout.toml").ok_or("there is no handout.toml")?;
        let handout = Handout::read(&String::from_utf8_lossy(text)).map_err(|error| error.to_string())?;
        let missing = handout.row.iter().filter(|row| !first.contains_key(&format!("class/{}", handout.form.name_of(&row.folder))));
        if let (rows, missing @ 1..) | (rows @ ..SMALL, missing) = (handout.row.len(), missing.count()) {
            return Err(format!("of {rows} rows {missing} have no repository"));
        }
        if let Some(difference) = difference(&first, &self.reference("again", form, size)?) {
            return Err(format!("the same again is not the same: {difference}"));
        }

        let place = self.place("killed", size)?;
        let mut killed = 0;
        for round in 0..KILLS {
            let mut child =
                Self::command(&place, form).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(told)?;
            // Anywhere in the time that a whole run takes; the sum of many is more than that.
            let draw = u32::from_str_radix(&hex(format!("{} {form} {round}", self.world.seed).as_bytes())[..4], 16).unwrap_or(0);
            thread::sleep(took / 3 * draw / 0xffff);
            killed += usize::from(child.try_wait().map_err(told)?.is_none());
            child.kill().and_then(|()| child.wait()).map_err(told)?;
        }
        if killed < FEWEST_KILLS {
            return Err(format!("only {killed} of {KILLS} runs were killed"));
        }
        expect_code(&Self::handed_out(&place, form)?, 0)?;
        let resumed = snapshot(&place)?;
        fs::remove_dir_all(place).map_err(told)?;
        difference(&first, &resumed).map_or(Ok(()), |difference| Err(format!("killed {killed} times, and gone on with: {difference}")))
    }

    // --- memory --------------------------------------------------------------------------------

    fn memory(&self, form: &str) -> Result<(), String> {
        let peaks = [SMALL, LARGE].map(|size| {
            let place = self.place("memory", size)?;
            let peak = peak(Self::command(&place, form))?;
            fs::remove_dir_all(place).map_err(told).map(|()| peak)
        });
        let [few, many] = peaks;
        let (few, many) = (few?, many?);
        eprintln!("   {form}: {few} KiB for {SMALL}, {many} KiB for {LARGE}");
        let growth = many as f64 / few as f64;
        if growth <= GROWTH {
            Ok(())
        } else {
            Err(format!("{few} KiB for {SMALL} students, {many} KiB for {LARGE}: {growth:.2} times as much"))
        }
    }

    // --- where not enough can be written -------------------------------------------------------

    fn full_disk(&self, form: &str) -> Result<(), String> {
        const STUDENTS: usize = 40;
        let reference = self.reference("roomy", form, STUDENTS)?;
        let (bytes, files) = (reference.values().map(|(_, content)| content.len()).sum::<usize>() / 1024, reference.len());
        let sizes = [10, 30, 60, 80, 90].map(|percent| format!("size={}k", bytes * percent / 100));
        let inodes = [10, 30, 60, 80, 90].map(|percent| format!("nr_inodes={}", files * percent / 100));
        gather(sizes.into_iter().chain(inodes).enumerate().map(|(number, limit)| {
            let named = |why: String| format!("{limit}: {why}");
            let point = self.folder.path().join(format!("full-{form}-{number}"));
            let roomy = if limit.starts_with("size") { "size=64m" } else { "nr_inodes=10000" };
            let mount = Mount::tmpfs(&point, roomy)?;
            fs::write(point.join("class.csv"), names::class(STUDENTS)).map_err(told)?;
            mount.again(&limit)?;
            let ran = Self::handed_out(&point, form)?;
            expect_code(&ran, 1).map_err(named)?;
            expect_words(&ran, &["No space left"]).map_err(named)?;

            // What is there is whole, and who has nothing is named.
            let found = snapshot(&point)?;
            let handout = found.get("class/handout.toml").map(|(_, text)| Handout::read(&String::from_utf8_lossy(text)));
            let rows = handout
                .transpose()
                .map_err(|error| named(error.to_string()))?
                .map_or_else(Vec::new, |handout| handout.row.iter().map(|row| handout.form.name_of(&row.folder)).collect::<Vec<_>>());
            for row in &rows {
                let of_row = |all: &Snapshot| -> Snapshot {
                    let below = format!("class/{row}/");
                    let is_of = |path: &&String| path.starts_with(&below) || path.as_str() == below.trim_end_matches('/');
                    all.keys().filter(is_of).map(|path| (path.clone(), all[path].clone())).collect()
                };
                let there = of_row(&found);
                match difference(&of_row(&reference), &there) {
                    Some(difference) if !there.is_empty() => return Err(named(format!("`{row}` is half there: {difference}"))),
                    Some(_) if !ran.output.contains(&format!("  {row}: ")) => {
                        return Err(named(format!("nobody says that `{row}` is not there: {}", tail(&ran.output, 5))));
                    }
                    _ => {}
                }
            }
            let known = |path: &String| {
                let inside = path.strip_prefix("class/").unwrap_or_default();
                ["class", "class.csv"].contains(&path.as_str())
                    || inside == "handout.toml"
                    || rows.iter().any(|row| inside.split('/').next() == Some(row))
            };
            if let Some(other) = found.keys().find(|path| !known(path)) {
                return Err(named(format!("`{other}` is left")));
            }

            mount.again(roomy)?;
            expect_code(&Self::handed_out(&point, form)?, 0).map_err(|why| named(format!("with room again: {why}")))?;
            let whole = snapshot(&point)?;
            difference(&reference, &whole).map_or(Ok(()), |difference| Err(named(format!("with room again: {difference}"))))
        }))
    }
}

/// The most memory that a program has in use, in KiB.
fn peak(mut command: Command) -> Result<u64, String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(told)?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(ended) = child.try_wait().map_err(told)? {
            return if ended.success() && peak > 0 { Ok(peak) } else { Err(format!("it ends with {ended}, and had {peak} KiB")) };
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        thread::sleep(Duration::from_millis(1));
    }
}
