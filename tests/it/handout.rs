//! `stagekit handout`: a class from a roster, told, made, interrupted and gone on with.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use stagekit::{archive, catalog::Catalog, handout::Handout, render::Renderer, rendition::Audience};

use crate::{
    interrupt::{signal, wait_for},
    names::class,
    transcript::{Ended, Transcript},
};

const CLASS: &str =
    "\u{feff}Name;E-Mail;Tall;Group\r\nAda Lovelace;ada@x;true;B\r\n\"Grace \"\"Amazing\"\" Hopper\";;;\r\n李小龍;li@x;false;A\r\n";

fn typed(line: &str) -> Transcript {
    Transcript::of(line).fixture("learning")
}

type Files = BTreeMap<PathBuf, (Vec<u8>, bool)>;

/// All files below a folder, and whether they can be run.
fn files(dir: &Path) -> Files {
    let (mut found, mut folders) = (Files::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let is_executable = path.metadata().expect("a file").permissions().mode() & 0o100 != 0;
                found.insert(path.strip_prefix(dir).expect("below").to_owned(), (fs::read(&path).expect("a file"), is_executable));
            }
        }
    }
    found
}

fn handout(dir: &Path) -> Handout {
    Handout::read(&fs::read_to_string(dir.join("handout.toml")).expect("a file")).expect("a handout")
}

fn git(dir: &Path, words: &[&str]) -> String {
    let done = Command::new("git").args(words).current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("git");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text").trim().to_owned()
}

#[test]
fn a_class_gets_its_repositories() {
    let ended = typed("handout stairs --roster class.csv --out class --set author=Me")
        .file("class.csv", CLASS)
        .stderr(
            "note: `Group` is no question of `stairs` and is only kept\n\
             handed out 3 repositories of `stairs` in `class`\n\
             hint: keep `class/handout.toml`: `stagekit grade` and `stagekit handout --update` need it\n",
        )
        .check();
    let dir = ended.dir.path().join("class");
    let made = handout(&dir);
    let folders: Vec<_> = made.row.iter().map(|row| (row.number, row.folder.as_str(), row.record.len())).collect();
    assert_eq!(folders, [(2, "ada-lovelace", 2), (3, "grace-amazing-hopper", 0), (4, "李小龍", 2)]);
    assert!(made.row.iter().all(|row| row.digest.starts_with("sha256:")), "{made:#?}");
    assert_eq!(
        made.row[0].answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["author=Me", "name=ada-lovelace", "tall=true"]
    );

    // A repository is what `new` makes.
    let new = typed("new stairs ada-lovelace --yes --quiet --no-git --set author=Me --set tall=true").check();
    assert_eq!(files(&dir.join("ada-lovelace")), files(&new.dir.path().join("ada-lovelace")));

    // The same again does nothing.
    let before = files(&dir);
    let again = typed("handout stairs --roster class.csv --out class --set author=Me --quiet").after(ended).check();
    assert_eq!(files(&again.dir.path().join("class")), before);
}

#[test]
fn what_would_be_made_is_told_first() {
    let ended = typed("handout stairs --roster - --out class -n")
        .stdin("name\nAda\nGrace\n")
        .stdout("make     ada    Ada\nmake     grace  Grace\n")
        .stderr("nothing was written; without `--dry-run` this goes to `class`\n")
        .check();
    assert_eq!(ended.files(), [""; 0]);
    let ended = typed("handout stairs --roster - --out class --json").stdin("name\nAda\n").run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((told["rows"][0]["repository"].as_str(), told["rows"][0]["status"].as_str()), (Some("ada"), Some("made")));
    assert_eq!(told["written"], true);
}

#[test]
fn every_fault_of_every_row_is_told_before_anything_is_written() {
    let ended = typed("handout stairs --roster class.csv --out class --set autor=x --at 9")
        .file("class.csv", "name,tall,folder\nAda,maybe,a\n,true,\nGrace,,A\n")
        .status(2)
        .stderr("error: there is no such milestone\n  --at: `stairs` has milestones 0 to 2\nhint: `stagekit show stairs` lists them\n")
        .check();
    let ended = typed("handout stairs --roster class.csv --out class --set autor=x")
        .after(ended)
        .status(2)
        .stderr(
            "error: nothing was handed out: 4 faults in `class.csv` or the answers\n\
             \x20 --set autor: is no question of this kit (did you mean `author`?)\n\
             \x20 class.csv:2: tall: must be `true` or `false` [rule bool] (true or false)\n\
             \x20 class.csv:3: has no name (fill it in, or take the row out)\n\
             \x20 class.csv:4: `A` is the folder of line 2 already (say another one in a column `folder`)\n\
             hint: `stagekit new stairs --list-questions` shows every question with its choices\n",
        )
        .check();
    assert_eq!(ended.files(), ["class.csv"]);
    let many = (0..80).fold("name,tall\n".to_owned(), |text, number| format!("{text}S{number},x\n"));
    let told = typed("handout stairs --roster - --out class").stdin(many).run();
    assert!(
        told.stderr.contains("80 faults") && told.stderr.contains("the first 50") && told.stderr.lines().count() == 52,
        "{}",
        told.stderr
    );
}

#[test]
fn a_roster_that_changes_changes_nothing_that_was_handed_out() {
    let made = typed("handout stairs --roster class.csv --out class -q").file("class.csv", "name,tall\nAda,\nGrace,\n").check();
    let before = files(&made.dir.path().join("class"));
    // Ada's answers are others now, Grace is gone, Alan is new.
    let ended = typed("handout stairs --roster class.csv --out class")
        .after(made)
        .file("class.csv", "name,tall\nAlan,\nAda,true\n")
        .status(3)
        .stderr(
            "handed out 1 repository of `stairs` in `class`\n\
             not in the roster any more, and kept: `grace`\n\
             error: 1 repository: made from something else, and left as before\n\
             \x20 ada: it has other answers: `tall`\n\
             hint: move a repository away to have it made anew\n",
        )
        .check();
    let dir = ended.dir.path().join("class");
    let row = handout(&dir).row;
    assert_eq!(row.iter().map(|row| (row.number, row.folder.as_str())).collect::<Vec<_>>(), [(2, "alan"), (2, "ada"), (3, "grace")]);
    assert_eq!(row[1].answers.text("tall").as_deref(), Some("false"), "the record is that of what was handed out");
    let after = files(&dir);
    for (path, content) in before.iter().filter(|(path, _)| *path != Path::new("handout.toml")) {
        assert_eq!(after.get(path), Some(content), "{}", path.display());
    }
    typed("handout stairs --roster class.csv --out class --at 1 --as zip")
        .after(ended)
        .status(3)
        .stderr(
            "error: another handout is there, nothing was written\n\
             \x20 --as: was `dir`, and is `zip` now\n\
             \x20 --at: was `0`, and is `1` now\n\
             hint: hand out to another folder; `stagekit handout --update` brings a newer kit to this one's repositories\n",
        )
        .check();
}

#[test]
fn a_row_that_fails_stops_no_other_one() {
    let ended = typed("handout stairs --roster - --out class")
        .file("class/bo", "mine\n")
        .stdin("name\nAda\nBo\nCy\n")
        .status(1)
        .stderr(
            "handed out 2 repositories of `stairs` in `class`\n\
             error: 1 repository: not handed out as wanted\n\
             \x20 bo: it exists, and no handout has made it; move it away\n\
             hint: the same command tries again\n",
        )
        .check();
    let dir = ended.dir.path().join("class");
    assert_eq!(fs::read_to_string(dir.join("bo")).expect("a file"), "mine\n");
    fs::remove_file(dir.join("bo")).expect("a file");
    let ended = typed("handout stairs --roster - --out class -q").stdin("name\nAda\nBo\nCy\n").after(ended).check();
    assert!(ended.dir.path().join("class/bo/.stagekit/receipt.toml").is_file());
}

#[test]
fn two_at_once_do_not_meet() {
    let made = typed("handout stairs --roster - --out class -q").stdin("name\nAda\n").check();
    let root = made.dir.path().join("class");
    let lock = stagekit::disk::Lock::take(&root, &stagekit::disk::Unwatched).expect("a lock");
    let ended = typed("handout stairs --roster - --out class -q").stdin("name\nAda\nBo\n").after(made).run();
    assert!(ended.status == 3 && ended.stderr.contains("another stagekit"), "{}", ended.stderr);
    assert!(!root.join("bo").exists());
    lock.release(&stagekit::disk::Unwatched);
    assert_eq!(typed("handout stairs --roster - --out class -q").stdin("name\nAda\nBo\n").after(ended).run().status, 0);
}

#[test]
fn a_bare_repository_is_one_that_git_takes_for_its_own() {
    if Command::new("git").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no git");
        return;
    }
    let roster = "name\nAda\nGrace\n";
    let line = "handout http-server --roster - --out class -q --set language=java";
    let dirs = Transcript::of(line).stdin(roster).check();
    let bare = Transcript::of(&format!("{line} --as bare")).stdin(roster).check();
    for name in ["ada", "grace"] {
        let repository = bare.dir.path().join(format!("class/{name}.git"));
        assert_eq!(git(&repository, &["fsck", "--strict", "--full"]), "");
        assert_eq!(git(&repository, &["rev-list", "--count", "--all"]), "1");
        let clone = bare.dir.path().join(name);
        git(bare.dir.path(), &["clone", "--quiet", &format!("class/{name}.git"), name]);
        assert_eq!(git(&clone, &["status", "--porcelain"]), "");
        fs::remove_dir_all(clone.join(".git")).expect("a folder");
        let expected = files(&dirs.dir.path().join("class").join(name));
        assert_eq!(files(&clone), expected);

        // Git's own import of the same files gives the same commit.
        let import = bare.dir.path().join(format!("{name}-import.git"));
        git(bare.dir.path(), &["init", "--quiet", "--bare", &import.to_string_lossy()]);
        let message = git(&repository, &["log", "-1", "--format=%B"]);
        let by = format!("{} {} +0000", stagekit::gitpack::AUTHOR, stagekit::gitpack::TIME);
        let message = format!("{message}\n");
        let mut stream = format!("commit refs/heads/main\nauthor {by}\ncommitter {by}\ndata {}\n{message}", message.len()).into_bytes();
        for (path, (bytes, is_executable)) in &expected {
            // Git stores a batch file without the line ends that it is checked out with.
            let stored = String::from_utf8_lossy(bytes).replace("\r\n", "\n").into_bytes();
            let bytes = if path.extension().is_some_and(|extension| extension == "cmd") { &stored } else { bytes };
            let mode = if *is_executable { "100755" } else { "100644" };
            stream.extend(format!("M {mode} inline {}\ndata {}\n", path.display(), bytes.len()).bytes());
            stream.extend(bytes);
            stream.push(b'\n');
        }
        let mut child =
            Command::new("git").args(["fast-import", "--quiet"]).current_dir(&import).stdin(Stdio::piped()).spawn().expect("git");
        std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), &stream).expect("a stream");
        assert!(child.wait().expect("an end").success());
        assert_eq!(git(&repository, &["rev-parse", "refs/heads/main"]), git(&import, &["rev-parse", "refs/heads/main"]));
    }
}

#[test]
fn every_kit_keeps_its_hidden_tests_to_itself() {
    let catalog = Catalog::embedded();
    let mut seen = 0;
    for kit in catalog.kit_names() {
        let ended = Transcript::of(&format!("handout {kit} --roster - --out class -q")).stdin("name\nAda\n").check();
        let dir = ended.dir.path().join("class");
        let handout = handout(&dir);
        let renderer = Renderer::new(&catalog, &kit).expect("a kit");
        let [theirs, graders] = [Audience::Learner, Audience::Grader]
            .map(|audience| renderer.render(&handout.row[0].answers, &handout.rendition(&handout.row[0], audience)).expect("a tree").tree);
        let hidden: Vec<_> = graders.iter().filter(|(path, entry)| theirs.get(path) != Some(entry)).collect();
        let repository = files(&dir.join("ada"));
        let base = archive::untar(&repository[Path::new(".stagekit/base.tar")].0).expect("a base");
        for (path, entry) in hidden {
            seen += 1;
            // Some files have hidden parts; the lines that only they have are nowhere.
            let known: Vec<&str> = theirs.get(path).and_then(|entry| entry.text()).map(|text| text.lines().collect()).unwrap_or_default();
            let secret = entry.text().expect("text").lines().filter(|line| line.trim().len() > 25 && !known.contains(line));
            let secret: Vec<&str> =
                secret.filter(|line| theirs.iter().all(|(_, entry)| !entry.text().unwrap_or_default().contains(line))).collect();
            assert!(!secret.is_empty(), "{kit}: {path} has nothing to hide");
            if theirs.get(path).is_none() {
                assert!(!repository.contains_key(&path.to_path()) && base.get(path).is_none(), "{kit}: {path} was handed out");
            }
            for (file, (bytes, _)) in &repository {
                let text = String::from_utf8_lossy(bytes);
                for line in &secret {
                    assert!(!text.contains(line), "{kit}: `{line}` of {path} stands in {}", file.display());
                }
            }
        }
    }
    assert!(seen >= 3, "only {seen} files are hidden");
}

fn handed_out(size: usize, words: &str) -> Ended {
    let line = format!("handout stairs --roster class.csv --out class -q --variant-seed s {words}");
    typed(&line).file("class.csv", class(size)).check()
}

/// Kills it again and again, and goes on until it is done.
fn killed(size: usize, words: &str) -> (Ended, usize) {
    let line = format!("handout stairs --roster class.csv --out class -q --variant-seed s {words}");
    let mut ended = typed(&line).file("class.csv", class(size)).into_ended();
    let mut kills = 0;
    // Any sequence without a pattern; the moments it gives are random enough.
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15 ^ size as u64;
    for round in 0..12 {
        let transcript = typed(&line).after(ended);
        let mut child = transcript.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_millis(5 + (random >> 33) % (20 + 5 * round)));
        // It may have come to its end.
        kills += usize::from(child.try_wait().expect("a state").is_none());
        let _ = child.kill();
        child.wait().expect("an end");
        ended = transcript.into_ended();
    }
    (typed(&line).after(ended).check(), kills)
}

#[test]
fn a_handout_that_is_killed_goes_on_and_ends_the_same() {
    for form in ["dir", "zip", "bare"] {
        let words = format!("--as {form}");
        let whole = handed_out(120, &words);
        let (resumed, kills) = killed(120, &words);
        assert!(kills > 2, "{form}: only {kills} were killed");
        let (whole, resumed) = (files(whole.dir.path()), files(resumed.dir.path()));
        assert_eq!(resumed.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>(), "{form}");
        assert!(whole == resumed, "{form}: some bytes differ");
    }
}

#[test]
fn a_large_class_is_handed_out_twice_with_the_same_bytes() {
    twice(200);
}

fn twice(size: usize) {
    for form in ["dir", "zip", "bare"] {
        let [one, other] = [(); 2].map(|()| files(handed_out(size, &format!("--as {form}")).dir.path()));
        assert!(one == other, "{form}: some bytes differ");
        let text = String::from_utf8(one[Path::new("class/handout.toml")].0.clone()).expect("text");
        assert_eq!(Handout::read(&text).expect("a handout").row.len(), size);
    }
}

#[test]
fn a_signal_ends_it_between_two_repositories() {
    let line = "handout stairs --roster class.csv --out class";
    let transcript = typed(line).file("class.csv", class(400));
    let child = transcript.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    let dir = transcript.dir().join("class");
    wait_for("the first repository", || (dir.is_dir() && fs::read_dir(&dir).expect("a folder").count() > 4).then_some(()));
    signal("INT", &child.id().to_string());
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("of 400 repositories were made, each of them whole\nhint: the same command goes on"), "{said}");
    let ended = typed(line).after(transcript.into_ended()).run();
    assert!(ended.status == 0 && ended.stderr.contains("there already"), "{}", ended.stderr);
    assert_eq!(fs::read_dir(ended.dir.path().join("class")).expect("a folder").count(), 401);
}
