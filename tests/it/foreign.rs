//! `stagekit add` and the others in repositories that are not as one would wish: half written, half merged, nested, in git or not.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use sha2::{Digest as _, Sha256};

use crate::{
    add::shop,
    transcript::{Ended, Transcript},
};

fn text(ended: &Ended, path: &str) -> String {
    fs::read_to_string(ended.dir.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}\n{}", ended.stderr))
}

fn git(dir: &Path, words: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "core.excludesFile=/dev/null"];
    let done = Command::new("git").args(identity).args(words).current_dir(dir).output().expect("git");
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The shop as git has it; what is in `ignored` it does not.
fn recorded(line: &str, files: &[(&str, &str)], ignored: &str) -> Transcript {
    let shop = files.iter().fold(shop(line), |shop, (path, content)| shop.file(path, content)).file(".gitignore", ignored);
    fs::remove_dir_all(shop.dir().join(".git")).expect("a folder");
    for words in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "x"]] {
        git(shop.dir(), words);
    }
    shop
}

/// Leaves what a run leaves that dies while it writes the receipt: it is `placed`, with nothing there before, or it has just gone.
fn die_at_the_receipt(ended: &Ended, placed: bool) {
    let own = ended.dir.path().join(".stagekit");
    let receipt = fs::read(own.join("receipt.toml")).expect("a receipt");
    let mut digest = String::new();
    for byte in Sha256::digest(&receipt) {
        let _ = write!(digest, "{byte:02x}");
    }
    for folder in ["journal/new", "journal/old"] {
        fs::create_dir_all(own.join(folder)).expect("a folder");
    }
    if !placed {
        fs::rename(own.join("receipt.toml"), own.join("journal/old/0")).expect("a receipt");
        fs::write(own.join("journal/new/0"), "later").expect("a file");
        digest = "0".repeat(64);
    }
    let record = format!(
        r#"{{"format": 1, "made": [], "emptied": [], "moves": [{{"path": ".stagekit/receipt.toml", "original": {}, "fresh": "{digest}"}}]}}"#,
        !placed
    );
    fs::write(own.join("journal/record"), record).expect("a record");
}

#[test]
fn a_receipt_in_the_journal_is_put_back_by_every_command() {
    for line in ["remove editorconfig --yes", "update --allow-dirty", "diff", "add --list", "add dependabot --yes", "status"] {
        let added = shop("add editorconfig --yes").run();
        die_at_the_receipt(&added, false);
        let detected = Transcript::of("detect").after(added).run();
        assert!(detected.stderr.contains("an earlier run was stopped before its end"), "{}", detected.stderr);
        let ended = Transcript::of(line).after(detected).cwd("src").run();
        assert!(ended.stderr.contains("an earlier run was stopped before its end: 1 file is as before it"), "{line}: {}", ended.stderr);
        // A repository without a course has no status to tell.
        assert_eq!(ended.status, if line == "status" { 2 } else { 0 }, "{line}: {}", ended.stderr);
        assert!(!ended.dir.path().join(".stagekit/journal").exists(), "{line}");
    }
}

#[test]
fn a_receipt_that_goes_with_what_is_taken_back_is_not_read() {
    for (line, status) in [("add --list", 0), ("add editorconfig --yes", 0), ("update", 2)] {
        let added = shop("add editorconfig --yes").run();
        die_at_the_receipt(&added, true);
        let ended = Transcript::of(line).after(added).run();
        assert_eq!(ended.status, status, "{line}: {}", ended.stderr);
        assert!(ended.stderr.contains("an earlier run was stopped before its end: 1 file is as before it"), "{line}: {}", ended.stderr);
    }
}

#[test]
fn a_repository_within_one_is_a_repository_of_its_own() {
    let outer = shop("add editorconfig --yes")
        .file("module/.git", "gitdir: ../.git/modules/module\n")
        .file("module/go.mod", "module api\n\ngo 1.25\n")
        .run();
    let inner = Transcript::of("add github-actions --yes").cwd("module").after(outer).run();
    assert_eq!(inner.status, 0, "{}", inner.stderr);
    for path in ["module/.github/workflows/ci.yml", "module/.stagekit/receipt.toml"] {
        assert!(inner.dir.path().join(path).exists(), "{path} in {:?}", inner.files());
    }
    assert!(!text(&inner, ".stagekit/receipt.toml").contains("github-actions"));
    let removed = Transcript::of("remove editorconfig --yes").cwd("module").after(inner).run();
    assert_eq!(removed.status, 2, "{}", removed.stderr);
}

#[test]
fn a_merge_that_is_not_finished_is_not_forgotten() {
    let merged = shop("add dockerfile --yes --on-conflict merge").file("Dockerfile", "FROM a\n").run();
    assert_eq!(merged.status, 3, "{}", merged.stderr);
    let marked = text(&merged, "Dockerfile");
    let mut ended = merged;
    for line in ["add dockerfile --yes", "add editorconfig --yes", "remove dockerfile --yes", "update --allow-dirty"] {
        ended = Transcript::of(line).after(ended).run();
        assert_eq!(ended.status, 3, "{line}: {}", ended.stderr);
        assert!(ended.stderr.contains("Dockerfile: conflict markers stand in it"), "{line}: {}", ended.stderr);
        assert_eq!(text(&ended, "Dockerfile"), marked, "{line}");
    }
    fs::write(ended.dir.path().join("Dockerfile"), "FROM a\n").expect("a file");
    let added = Transcript::of("add editorconfig --yes").after(ended).run();
    assert_eq!(added.status, 0, "{}", added.stderr);
}

#[test]
fn only_what_git_can_bring_back_is_replaced() {
    let line = "add dockerfile --yes --on-conflict replace";
    let mine: &[(&str, &str)] = &[("Dockerfile", "FROM mine\n")];
    let edited = |shop: Transcript| shop.file("Dockerfile", "FROM another\n");
    for (what, shop, status) in [
        ("recorded", recorded(line, mine, ""), 0),
        ("edited", edited(recorded(line, mine, "")), 3),
        ("ignored", edited(recorded(line, &[], "Dockerfile\n")), 3),
        ("untracked", edited(recorded(line, &[], "")), 3),
        ("no git", edited(shop(line)), 3),
        ("no program", recorded(line, mine, "").env("PATH", "/nowhere"), 3),
        ("said", edited(shop(&format!("{line} --allow-dirty"))), 0),
    ] {
        let before = fs::read_to_string(shop.dir().join("Dockerfile")).expect("a file");
        let ended = shop.run();
        assert_eq!(ended.status, status, "{what}: {}", ended.stderr);
        assert_eq!(text(&ended, "Dockerfile") == before, status == 3, "{what}");
        let says = ended.stderr.contains("Dockerfile: git could not bring it back as it is\nhint: commit them first");
        assert_eq!(says, status == 3, "{what}: {}", ended.stderr);
    }
}

#[test]
fn base_and_receipt_are_in_every_clone_and_missed_where_they_are_not() {
    let added = recorded("add editorconfig --yes", &[], "*.tar\n*.toml\n.git*\n").run();
    git(added.dir.path(), &["add", "-A"]);
    let listed = Command::new("git").args(["ls-files", ".stagekit"]).current_dir(added.dir.path()).output().expect("git");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed, ".stagekit/.gitattributes\n.stagekit/.gitignore\n.stagekit/base.tar\n.stagekit/receipt.toml\n");

    fs::write(added.dir.path().join(".stagekit/base.tar"), "half").expect("a file");
    let cut = Transcript::of("diff").after(added).run();
    fs::remove_file(cut.dir.path().join(".stagekit/base.tar")).expect("a file");
    let (was_cut, gone) = (cut.stderr.clone(), Transcript::of("diff").after(cut).run());
    for (said, what) in [(&was_cut, "cannot be read"), (&gone.stderr, "is not there")] {
        assert!(said.contains(&format!("`.stagekit/base.tar` {what}")) && said.contains("`git checkout HEAD -- .stagekit`"), "{said}");
    }
    assert_eq!(gone.status, 1);
}

#[test]
fn a_receipt_that_says_what_cannot_be_written_is_refused() {
    for (line, edited, said) in [
        ("default_branch = \"main\"", "default_branch = \"x\\ny: z\"", r"`x\ny: z`"),
        ("directory = \".\"", "directory = \"../x\"", "`../x`"),
    ] {
        let added = shop("add dockerfile github-actions --yes").run();
        let path = added.dir.path().join(".stagekit/receipt.toml");
        let receipt = text(&added, ".stagekit/receipt.toml");
        assert!(receipt.contains(line), "{receipt}");
        fs::write(&path, receipt.replace(line, edited)).expect("a file");
        let updated = Transcript::of("update --allow-dirty --yes").after(added).run();
        assert_eq!(updated.status, 2, "{}", updated.stderr);
        let start =
            "error: the receipt says what no feature can write down, nothing was written\n  .stagekit/receipt.toml: `dockerfile` in ";
        assert!(updated.stderr.starts_with(start) && updated.stderr.contains(said), "{}", updated.stderr);
    }
}

#[test]
fn workflows_with_the_same_name_are_told_apart() {
    let go = |line: &str, folders: [&str; 2]| {
        folders.iter().fold(Transcript::of(line), |add, folder| {
            let start = if *folder == "." { String::new() } else { format!("{folder}/") };
            add.file(&format!("{start}go.mod"), "module x\n\ngo 1.25\n").file(&format!("{start}x_test.go"), "package x\n")
        })
    };
    for (folders, workflows) in [(["a/b", "a-b"], ["a-b", "a-b-2"]), ([".", "ci"], ["ci", "ci-2"])] {
        let first = go(&format!("add github-actions --yes --in {}", folders[0]), folders).file(".git/HEAD", "ref: refs/heads/main\n").run();
        assert_eq!(first.status, 0, "{}", first.stderr);
        let second = Transcript::of(&format!("add github-actions --yes --in {}", folders[1])).after(first).run();
        assert_eq!(second.status, 0, "{}", second.stderr);
        let [one, two] = workflows.map(|name| format!(".github/workflows/{name}.yml"));
        assert!(second.dir.path().join(one).exists());
        assert!(text(&second, &two).contains(&format!("      - {two}\n")), "it names itself: {}", text(&second, &two));
        let told = format!("`stagekit remove github-actions --in {}` takes it out again", folders[1]);
        assert!(second.stderr.contains(&told), "{}", second.stderr);
        let again = Transcript::of("update --allow-dirty").after(second).run();
        assert_eq!(again.status, 0, "{}", again.stderr);
        assert!(again.stderr.contains("up to date"), "{}", again.stderr);
    }
}

#[test]
fn a_file_that_is_not_utf_8_stays_where_that_is_said() {
    let bytes = b"caf\xe9\n";
    let refused = shop("add compose dockerfile --yes").file(".gitignore", bytes).run();
    assert_eq!(refused.status, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: `--on-conflict keep` leaves a file as it is that is not UTF-8"), "{}", refused.stderr);
    let kept = Transcript::of("add compose dockerfile --yes --on-conflict keep").after(refused).run();
    assert_eq!(kept.status, 0, "{}", kept.stderr);
    assert!(kept.stderr.contains("warning: .gitignore: is not UTF-8 and stays as it is; what `compose` needs in it"), "{}", kept.stderr);
    let updated = Transcript::of("update --allow-dirty").after(kept).run();
    assert_eq!(updated.status, 0, "{}", updated.stderr);
    let removed = Transcript::of("remove compose dockerfile --yes").after(updated).run();
    assert_eq!(removed.status, 0, "{}", removed.stderr);
    assert_eq!(fs::read(removed.dir.path().join(".gitignore")).expect("a file"), bytes);
}

#[test]
fn a_hint_is_one_that_helps() {
    let aside = shop("add dockerfile --yes --on-conflict aside").file("Dockerfile", "FROM a\n").file("Dockerfile.stagekit", "mine\n").run();
    assert_eq!(aside.status, 3, "{}", aside.stderr);
    let told = "hint: `--on-conflict aside` is no way out of that: move it away, or give `--on-conflict keep|replace|merge`\n";
    assert!(aside.stderr.contains("Dockerfile.stagekit: it exists") && aside.stderr.ends_with(told), "{}", aside.stderr);

    for line in ["add dockerfile --dry-run", "add dockerfile --diff"] {
        let preview = shop(line).file("Dockerfile", "FROM a\n").run();
        assert_eq!(preview.status, 3, "{line}: {}", preview.stderr);
        assert!(preview.stderr.ends_with("hint: `--on-conflict keep|replace|merge|aside` says what becomes of it\n"), "{}", preview.stderr);
    }

    let file = shop("add dockerfile --yes --in README.md").file("README.md", "").run();
    let told = "error: `--in README.md` is a file\nhint: give the folder of the project\n";
    assert_eq!((file.status, file.stderr.as_str()), (2, told));

    let added = shop("add dockerfile --yes").file("svc/go.mod", "module x\n").run();
    Transcript::of("remove dockerfile --in svc")
        .after(added)
        .status(2)
        .stderr("error: this cannot be removed, nothing was written\n  dockerfile: was not added there, but elsewhere (`--in .` says where it is)\n")
        .check();
}

#[test]
fn all_that_is_wrong_on_a_command_line_is_told_together() {
    let mut words = vec!["add", "dockerfile", "dokerfile"];
    let wrong = ["port=70000", "health_path=nope", "test=", "launch=a\nb", "name=A B;rm", "services=foo"];
    words.extend(wrong.iter().flat_map(|setting| ["--set", setting]));
    let shop = shop("x");
    let command = Transcript::with(words).after(shop.into_ended()).run();
    assert_eq!(command.status, 2, "{}", command.stderr);
    for said in [
        "--set port=70000: ",
        ".health_path: ",
        "--set test=: ",
        "--set launch=a",
        "name: is `A B;rm`",
        "--set services=foo: ",
        "dokerfile: ",
    ] {
        assert!(command.stderr.contains(said), "{said} in\n{}", command.stderr);
    }
}

#[test]
fn what_a_rust_program_is_built_with_is_installed_everywhere() {
    let manifest = "[package]
name = \"shop\"
edition = \"2024\"
rust-version = \"1.90\"
[dependencies]
sqlx = { version = \"0.8\", features = [\"postgres\"] }
[build-dependencies]
tonic-build = \"0.14\"
";
    let main = "fn main() {\n    TcpListener::bind(\"0.0.0.0:3000\");\n    sqlx::query!(\"select 1\");\n}\n";
    let added = Transcript::of("add dockerfile github-actions gitlab-ci devcontainer --yes")
        .file("Cargo.toml", manifest)
        .file("src/main.rs", main)
        .file(".sqlx/query-1.json", "{}")
        .run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    let install = "apt-get install --yes --no-install-recommends protobuf-compiler";
    for (path, line) in [
        ("Dockerfile", format!("    {install} && \\\n")),
        ("Dockerfile", "    env SQLX_OFFLINE=true cargo build --release && \\\n".to_owned()),
        (".github/workflows/ci.yml", format!("        run: sudo apt-get update && sudo {install}\n")),
        (".github/workflows/ci.yml", "          SQLX_OFFLINE: \"true\"\n".to_owned()),
        (".gitlab-ci.yml", format!("    - apt-get update && {install}\n")),
        (".gitlab-ci.yml", "    SQLX_OFFLINE:\n      value: \"true\"\n".to_owned()),
        (".devcontainer/devcontainer.json", format!(" && sudo {install}\",\n")),
    ] {
        let written = text(&added, path);
        assert!(written.contains(&line), "{path} has no `{line}`:\n{written}");
    }
}
