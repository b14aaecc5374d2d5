//! `stagekit handout --update` where the repositories are made to harm whoever brings it, and where it is killed.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    correction::{git, has_git},
    merging::kit,
    transcript::{Ended, Transcript},
};

/// Everything below a folder: what stands there, with its mode; of a link where it leads.
fn snapshot(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("a file");
            let content = match () {
                () if meta.is_symlink() => fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes(),
                () if meta.is_file() => fs::read(&path).expect("a file"),
                () => Vec::new(),
            };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path.strip_prefix(dir).expect("below").to_owned(), (meta.permissions().mode(), content));
        }
    }
    found
}

fn put(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn program(path: &Path, canary: &str) {
    put(path, format!("#!/bin/sh\n{canary}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn commit(repository: &Path) {
    git(repository, &["add", "--all"]);
    git(repository, &["commit", "--quiet", "--message", "work"]);
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
}

/// `git hash-object` of what it may not want to be one.
fn object(repository: &Path, kind: &str, content: &[u8]) -> String {
    let file = repository.join(".git/content");
    fs::write(&file, content).expect("a file");
    let id = git(repository, &["hash-object", "-t", kind, "-w", "--literally", ".git/content"]);
    fs::remove_file(file).expect("a file");
    id
}

fn edit_receipt(repository: &Path, from: &str, to: &str) {
    let file = repository.join(".stagekit/receipt.toml");
    let text = fs::read_to_string(&file).expect("a receipt");
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).expect("a receipt");
    commit(repository);
}

/// What is done to a repository: `canary` is a command that must not be run.
type Harm = fn(&Path, canary: &str);

/// What comes of it.
enum Comes {
    Branch,
    /// Nothing, and this is said.
    Nothing(&'static str),
    /// The same, and the next update, with the templates of before, is a branch.
    Later(&'static str),
}
use Comes::{Branch, Later, Nothing};

const HOOKS: [&str; 9] = [
    "applypatch-msg",
    "pre-commit",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-auto-gc",
    "fsmonitor-watchman",
];

const REPOSITORIES: [(&str, Harm, Comes); 29] = [
    ("hooks", hooks, Branch),
    ("settings", settings, Branch),
    ("promisor", promisor, Nothing("git cannot read")),
    ("gitfile", |dir, _| move_git(dir, |dot, to| put(dot, format!("gitdir: {}\n", to.display()))), Nothing("`.git` is a file")),
    ("gitlink", |dir, _| move_git(dir, |dot, to| symlink(to, dot).expect("a link")), Nothing("`.git` is a link")),
    ("commondir", |dir, _| put(&dir.join(".git/commondir"), "../../honest/.git\n"), Nothing("`.git/commondir` names a folder elsewhere")),
    ("own-link", own_link, Nothing("`.stagekit`: it is a link")),
    ("kit-link", |dir, _| link_instead(dir, "a.txt"), Nothing("`a.txt`: it is a link")),
    ("new-link", |dir, _| link_instead(dir, "new.txt"), Nothing("`new.txt`: it is a link")),
    ("huge-base", |dir, _| base(dir, &vec![0; (4 << 20) + 512]), Later("`.stagekit/base.tar`: it is larger than 4 MiB")),
    ("evil-base", evil_base, Later("`.stagekit/base.tar`: failed to read an archive: `../../evil`")),
    ("other-digest", |dir, _| edit_receipt(dir, "digest = \"sha256:", "digest = \"sha256:0"), Branch),
    (
        "no-receipt",
        |dir, _| edit_receipt(dir, "format_version = 1", "format_version = {"),
        Nothing("`.stagekit/receipt.toml` cannot be read"),
    ),
    ("wants-all", |dir, _| edit_receipt(dir, "at = 0\naudience = \"learner\"", "at = 1\naudience = \"grader\""), Branch),
    ("taken", |dir, _| edit_receipt(dir, "[[layer]]", "[taken]\n\"a.txt\" = 1\n\n[[layer]]"), Later("it has taken over reference code")),
    ("submodule", submodule, Nothing("`new.txt`: it is another repository")),
    ("detached", |dir, _| drop(git(dir, &["checkout", "--quiet", "--detach"])), Branch),
    ("branch", |dir, _| drop(git(dir, &["branch", "stagekit/update-1"])), Later("the branch `stagekit/update-1` is there")),
    ("packed", packed, Later("the branch `stagekit/update-1` is there")),
    ("prefix", |dir, _| drop(git(dir, &["branch", "stagekit"])), Nothing("the branch `stagekit` is there")),
    ("below", |dir, _| drop(git(dir, &["branch", "stagekit/update-1/x"])), Later("the branch `stagekit/update-1` is there")),
    (
        "refs-link",
        |dir, _| symlink("../../../..", dir.join(".git/refs/heads/stagekit")).expect("a link"),
        Nothing("`refs/heads/stagekit` is a link"),
    ),
    ("objects-link", objects_link, Nothing("`.git/objects` is a link")),
    ("log-link", log_link, Branch),
    ("fifo", config_fifo, Nothing("`.git/config` is a link, or nothing that git makes")),
    ("bomb", bomb, Nothing("more than 8 MiB")),
    ("sparse", |dir, _| drop(git(dir, &["sparse-checkout", "set", "docs"])), Branch),
    ("worktree", |dir, _| drop(git(dir, &["worktree", "add", "--quiet", "../../worktree", "-b", "beside"])), Branch),
    ("honest", |_, _| {}, Branch),
];

/// Those that are made otherwise than by cloning.
const OTHERS: [(&str, &[&str]); 3] = [("bare", &["--bare"]), ("shared", &["--shared"]), ("shallow", &["--depth=1"])];

fn hooks(dir: &Path, canary: &str) {
    for hook in HOOKS {
        program(&dir.join(".git/hooks").join(hook), canary);
        program(&dir.join("hooks").join(hook), canary);
    }
    commit(dir);
    git(dir, &["config", "core.hooksPath", "hooks"]);
}

fn settings(dir: &Path, canary: &str) {
    put(&dir.join(".gitattributes"), "* filter=x diff=x merge=x\n");
    commit(dir);
    // A signature, for whoever would verify it.
    let head = git(dir, &["cat-file", "commit", "HEAD"]);
    let signed = head.replacen("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1);
    let id = object(dir, "commit", format!("{signed}\n").as_bytes());
    git(dir, &["update-ref", "HEAD", &id]);
    let named = "core.fsmonitor core.sshCommand core.pager core.editor core.gitProxy core.alternateRefsCommand core.askPass gpg.program \
        gpg.ssh.program diff.external diff.x.command diff.x.textconv merge.x.driver filter.x.clean filter.x.smudge filter.x.process \
        credential.helper uploadpack.packObjectsHook sequence.editor trailer.x.command hook.x.command alias.cat-file alias.fast-import alias.init";
    let evil = dir.join(".git/evil");
    program(&evil, canary);
    for name in named.split_whitespace() {
        let is_alias = name.starts_with("alias.");
        git(dir, &["config", name, &format!("{}{}", if is_alias { "!" } else { "" }, evil.display())]);
    }
    for name in ["commit.gpgSign", "log.showSignature", "filter.x.required", "gc.auto", "maintenance.auto"] {
        git(dir, &["config", name, "1"]);
    }
    for event in HOOKS {
        git(dir, &["config", "--add", "hook.x.event", event]);
    }
}

fn promisor(dir: &Path, canary: &str) {
    put(&dir.join("lost"), "lost\n");
    commit(dir);
    let id = git(dir, &["rev-parse", "HEAD:lost"]);
    fs::remove_file(dir.join(".git/objects").join(&id[..2]).join(&id[2..])).expect("an object");
    for (name, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "evil"),
        ("remote.evil.promisor", "true"),
        ("remote.evil.url", &*format!("ext::sh -c {}", canary.replace(' ', "% "))),
        ("protocol.ext.allow", "always"),
        ("protocol.allow", "always"),
    ] {
        git(dir, &["config", name, value]);
    }
}

fn move_git(dir: &Path, leave: fn(&Path, &Path)) {
    let to = dir.parent().expect("a folder").with_file_name("elsewhere").join(dir.file_name().expect("a name"));
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::rename(dir.join(".git"), &to).expect("a folder");
    leave(&dir.join(".git"), &to);
}

fn own_link(dir: &Path, _: &str) {
    let elsewhere = dir.parent().expect("a folder").with_file_name("elsewhere");
    fs::create_dir_all(&elsewhere).expect("a folder");
    fs::rename(dir.join(".stagekit"), elsewhere.join("own")).expect("a folder");
    symlink(elsewhere.join("own"), dir.join(".stagekit")).expect("a link");
    commit(dir);
}

fn link_instead(dir: &Path, name: &str) {
    let _ = fs::remove_file(dir.join(name));
    symlink("/etc/passwd", dir.join(name)).expect("a link");
    commit(dir);
}

fn base(dir: &Path, content: &[u8]) {
    put(&dir.join(".stagekit/base.tar"), content);
    commit(dir);
}

fn evil_base(dir: &Path, _: &str) {
    // ustar: name, mode, owner, group, size, time, checksum, kind.
    let mut header = [0_u8; 512];
    for (at, text) in [(0, "../../evil"), (100, "0000644"), (108, "0000000"), (116, "0000000"), (124, "00000000004"), (136, "00000000000")]
    {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut tar = header.to_vec();
    tar.extend(b"evil");
    tar.resize(4 * 512, 0);
    base(dir, &tar);
}

fn submodule(dir: &Path, _: &str) {
    let head = git(dir, &["rev-parse", "HEAD"]);
    git(dir, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},new.txt")]);
    git(dir, &["commit", "--quiet", "--message", "work"]);
}

fn packed(dir: &Path, _: &str) {
    git(dir, &["branch", "stagekit/update-1"]);
    git(dir, &["pack-refs", "--all", "--prune"]);
}

fn objects_link(dir: &Path, _: &str) {
    let to = dir.join(".git/real");
    fs::rename(dir.join(".git/objects"), &to).expect("a folder");
    symlink(&to, dir.join(".git/objects")).expect("a link");
}

/// git would append what it knows of the new branch to this file.
fn log_link(dir: &Path, canary: &str) {
    let log = dir.join(".git/logs/refs/heads/stagekit/update-1");
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    symlink(canary.strip_prefix("touch ").expect("a command"), log).expect("a link");
}

fn config_fifo(dir: &Path, _: &str) {
    fs::remove_file(dir.join(".git/config")).expect("a file");
    fifo(&dir.join(".git/config"));
}

/// A handful of objects that are ten million files.
fn bomb(dir: &Path, _: &str) {
    let raw = |id: &str| (0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).expect("digits")).collect::<Vec<u8>>();
    let mut below = object(dir, "blob", b"x");
    for level in 0..7 {
        let mut tree = Vec::new();
        for name in 0..10 {
            tree.extend(format!("{} {name}\0", if level == 0 { "100644" } else { "40000" }).bytes());
            tree.extend(raw(&below));
        }
        below = object(dir, "tree", &tree);
    }
    let id = git(dir, &["commit-tree", &below, "-m", "bomb"]);
    git(dir, &["update-ref", "HEAD", &id]);
}

/// A class in the kit's first version, each with a clone in `clones`.
fn class(first: &Path, names: &[&str]) -> Ended {
    let roster = names.iter().fold("name\n".to_owned(), |roster, name| format!("{roster}{name}\n"));
    let ended = Transcript::of("handout lines --roster - --out class --as bare -q").env("STAGEKIT_TEMPLATES", first).stdin(roster).check();
    let clones = ended.dir.path().join("clones");
    fs::create_dir(&clones).expect("a folder");
    for name in names {
        let more = OTHERS.iter().find(|(other, _)| other == name).map_or(&[][..], |(_, more)| more);
        // A path cannot be cloned without its history.
        let url = format!("file://{}/class/{name}.git", ended.dir.path().display());
        let from = if *name == "shared" { url.trim_start_matches("file://") } else { &url };
        let to = if *name == "bare" { "bare.git" } else { name };
        git(&clones, &[&["clone", "--quiet"], more, &[from, to]].concat());
    }
    ended
}

fn update(ended: Ended, next: &Path, words: &str) -> Ended {
    let line = format!("handout --update --out class --repositories clones {words}");
    Transcript::of(&line).env("STAGEKIT_TEMPLATES", next).after(ended).run()
}

/// What is printed of those that get a branch.
fn branches(names: &[&str], number: u32) -> String {
    names.iter().fold(String::new(), |text, name| text + name + &format!("  stagekit/update-{number}\n"))
}

#[test]
fn nothing_of_a_hostile_repository_is_run_or_followed_and_each_is_told_by_name() {
    if !has_git() {
        return;
    }
    let (first, next) = (kit(false), kit(true));
    let names: Vec<&str> = REPOSITORIES.iter().map(|(name, ..)| *name).chain(OTHERS.map(|(name, _)| name)).collect();
    let ended = class(first.path(), &names);
    let root = ended.dir.path().canonicalize().expect("a folder");
    let (clones, canary) = (root.join("clones"), root.join("canary"));
    for (name, harm, _) in &REPOSITORIES {
        harm(&clones.join(name), &format!("touch {}", canary.display()));
    }
    // What the preparation itself has run is of no interest.
    let _ = fs::remove_file(&canary);
    let before = snapshot(&root);

    // 1. what would come of it, one at a time and many
    let dry = update(ended, next.path(), "--as branch -n -j 1");
    let (said, complained) = (dry.stdout.clone(), dry.stderr.clone());
    let dry = update(dry, next.path(), "--as branch -n -j 8");
    assert!((&dry.stdout, &dry.stderr) == (&said, &complained), "{said}{complained}\n---\n{}{}", dry.stdout, dry.stderr);
    assert!(snapshot(&root) == before, "a dry run has written something");

    // 2. what comes of it
    let ended = update(dry, next.path(), "--as branch");
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let mut given = Vec::new();
    for (name, _, comes) in &REPOSITORIES {
        match comes {
            Branch => given.push(*name),
            Nothing(why) | Later(why) => {
                let told = ended.stderr.lines().find(|line| line.starts_with(&format!("  {name}: ")));
                assert!(told.is_some_and(|line| line.contains(why)), "of {name} it is not said that {why}: {told:?}\n{}", ended.stderr);
            }
        }
    }
    given.extend(OTHERS.map(|(name, _)| name));
    assert_eq!(ended.stdout, branches(&given, 1), "{}", ended.stderr);
    assert!(!canary.exists(), "something of a repository was run, or a link was followed");

    // 3. beside the branches and what they need, everything is as it was
    let is_ours = |path: &Path| {
        let text = path.to_str().expect("text");
        let kept = [".git/objects/pack", ".git/refs/heads/stagekit", "bare.git/objects/pack", "bare.git/refs/heads/stagekit"];
        kept.iter().any(|kept| text.contains(kept))
    };
    let after = snapshot(&root);
    assert!(before.iter().all(|(path, found)| path.ends_with("handout.toml") || after.get(path) == Some(found)), "something was changed");
    let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path) && !is_ours(path)).collect();
    assert!(new.is_empty(), "{new:?}");
    for name in &given {
        let dir = clones.join(if *name == "bare" { "bare.git" } else { name });
        let show = |what: &str| git(&dir, &["-c", "core.fsmonitor=", "--no-pager", "cat-file", "-p", &format!("stagekit/update-1:{what}")]);
        assert_eq!(show("a.txt"), "one\ntwo\nTHREE\nfour\nfive\nsix", "{name}");
        let receipt = show(".stagekit/receipt.toml");
        assert!(receipt.contains("at = 0\naudience = \"learner\"") && receipt.contains("version = \"1.1.0\""), "{name}: {receipt}");
        git(&dir, &["-c", "core.fsmonitor=", "fsck", "--no-dangling", "--connectivity-only"]);
    }

    // 4. who had a branch of that name, and whose own word was needed and worth nothing
    let words = format!("--as branch --from {}", first.path().display());
    let ended = update(ended, next.path(), &words);
    let later = REPOSITORIES.iter().filter(|(_, _, comes)| matches!(comes, Later(_))).map(|(name, ..)| *name);
    assert_eq!(ended.stdout, branches(&later.collect::<Vec<_>>(), 2), "{}", ended.stderr);
    assert!(!canary.exists(), "something of a repository was run");
}

#[test]
fn a_folder_without_git_is_not_followed_anywhere_either() {
    let (first, next) = (kit(false), kit(true));
    let names = ["own-link", "own-fifo", "base-link", "kit-link", "kit-fifo", "huge", "honest"];
    let roster = names.iter().fold("name\n".to_owned(), |roster, name| format!("{roster}{name}\n"));
    let ended = Transcript::of("handout lines --roster - --out class -q").env("STAGEKIT_TEMPLATES", first.path()).stdin(roster).check();
    let class = ended.dir.path().join("class");
    let instead = |path: &str| {
        fs::remove_file(class.join(path)).expect("a file");
        class.join(path)
    };
    fs::rename(class.join("own-link/.stagekit"), class.join("elsewhere")).expect("a folder");
    symlink("../elsewhere", class.join("own-link/.stagekit")).expect("a link");
    fifo(&instead("own-fifo/.stagekit/receipt.toml"));
    symlink("/dev/zero", instead("base-link/.stagekit/base.tar")).expect("a link");
    symlink("/dev/zero", instead("kit-link/a.txt")).expect("a link");
    fifo(&instead("kit-fifo/a.txt"));
    // Holes: nothing of that size is on the disk.
    fs::File::create(class.join("huge/a.txt")).and_then(|file| file.set_len(1 << 40)).expect("a file");
    let ended = Transcript::of("handout --update --out class")
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .status(1)
        .stdout("honest  updates/1/honest.patch\n")
        .stderr(
            "update 1 for 1 repository\n\
             error: not every repository got the update\n\
             \x20 base-link: `.stagekit/base.tar`: it is a link, and none is followed (`.stagekit` as it was handed out is in the first commit: `git checkout COMMIT -- .stagekit` takes it back)\n\
             \x20 huge: `a.txt`: it is larger than 4 MiB, and was not taken (the kit has a change for it: move it away there)\n\
             \x20 kit-fifo: `a.txt`: it is no file, and was not taken (the kit has a change for it: move it away there)\n\
             \x20 kit-link: `a.txt`: it is a link, and none is followed (the kit has a change for it: move it away there)\n\
             \x20 own-fifo: `.stagekit/receipt.toml`: it is no file, and was not taken (`.stagekit` as it was handed out is in the first commit: `git checkout COMMIT -- .stagekit` takes it back)\n\
             \x20 own-link: `.stagekit`: it is a link, and none is followed (`.stagekit` as it was handed out is in the first commit: `git checkout COMMIT -- .stagekit` takes it back)\n\
             hint: the same command tries those again\n",
        )
        .check();
    // With the templates of before nobody's base is asked for.
    let line = format!("handout --update --out class --from {} -n", first.path().display());
    let ended = Transcript::of(&line).env("STAGEKIT_TEMPLATES", next.path()).after(ended).run();
    assert_eq!(ended.stdout, "base-link  updates/2/base-link.patch\n", "{}", ended.stderr);
    Transcript::of("handout --update --out class --from nowhere -n")
        .env("STAGEKIT_TEMPLATES", next.path())
        .after(ended)
        .status(1)
        .stderr("error: failed to read `[DIR]/nowhere`: No such file or directory (os error 2)\n")
        .check();
}

#[test]
fn an_update_that_is_killed_goes_on_and_ends_the_same() {
    if !has_git() {
        return;
    }
    let (first, next) = (kit(false), kit(true));
    let names: Vec<String> = (0..8).map(|number| format!("s{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for form in ["branch", "patch"] {
        let whole = class(first.path(), &names);
        let mut killed = Transcript::of("").into_ended();
        let copied = Command::new("cp").args(["-a"]).arg(whole.dir.path().join(".")).arg(killed.dir.path()).status().expect("cp");
        assert!(copied.success());
        let line = format!("handout --update --out class --repositories clones -q --as {form}");
        let whole = Transcript::of(&line).env("STAGEKIT_TEMPLATES", next.path()).after(whole).run();
        assert_eq!((whole.status, whole.stdout.lines().count()), (0, names.len()), "{}", whole.stderr);
        let whole = snapshot(whole.dir.path());

        let mut kills = 0;
        for round in 0..8 {
            // What is temporary and dies with the run is for nobody to compare.
            let temporary = tempfile::tempdir().expect("a folder");
            let transcript = Transcript::of(&line).env("STAGEKIT_TEMPLATES", next.path()).env("TMPDIR", temporary.path()).after(killed);
            let mut command = transcript.command();
            let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
            thread::sleep(Duration::from_millis(5 + 20 * round));
            kills += usize::from(child.try_wait().expect("a state").is_none());
            let _ = child.kill();
            child.wait().expect("an end");
            killed = transcript.into_ended();
        }
        assert!(kills > 2, "{form}: only {kills} were killed");
        let resumed = Transcript::of(&line).env("STAGEKIT_TEMPLATES", next.path()).after(killed).run();
        assert_eq!(resumed.status, 0, "{}", resumed.stderr);
        let resumed = snapshot(resumed.dir.path());
        let differ = |path: &&PathBuf| whole.get(*path) != resumed.get(*path);
        let different: Vec<_> = whole.keys().chain(resumed.keys()).filter(differ).collect();
        assert!(different.is_empty(), "{form}: {different:?}");
    }
}
