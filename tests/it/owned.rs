//! Whose a file is: what was there before `stagekit add` is there after `remove`, byte for byte, and what its owner has changed since stays.

use std::fs;

use crate::transcript::{Ended, Transcript};

/// A small program with a database, where a compose file has a server and a volume.
fn shop(line: &str) -> Transcript {
    Transcript::of(line)
        .file("package.json", r#"{"name": "shop", "scripts": {"test": "node --test", "start": "node server.js"}, "engines": {"node": "24"}, "dependencies": {"pg": "8.16.3"}}"#)
        .file("package-lock.json", "{}")
        .file("server.js", "require('node:http').createServer().listen(3000)\n")
}

fn read(ended: &Ended, path: &str) -> String {
    fs::read_to_string(ended.dir.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}\n{}", ended.stderr))
}

fn write(ended: &Ended, path: &str, text: &str) {
    fs::write(ended.dir.path().join(path), text).expect("written");
}

/// What the command leaves, once it has ended well.
#[track_caller]
fn then(ended: Ended, line: &str) -> Ended {
    let ended = Transcript::of(line).after(ended).run();
    assert_eq!(ended.status, 0, "{line}: {}", ended.stderr);
    ended
}

#[test]
fn a_file_that_grew_is_as_it_was_when_all_goes() {
    for (feature, path, there) in [
        ("gitlab-ci", ".gitlab-ci.yml", "foo: 1\n"),
        ("gitlab-ci", ".gitlab-ci.yml", ""),
        ("compose", "compose.yaml", "services:\n  a:\n    image: x:1\n\n  b:\n    image: y:1\n"),
        ("compose", "compose.yaml", "services:\r\n  a:\r\n    image: x:1\r\n\r\n  b:\r\n    image: y:1\r\n"),
        ("compose", "compose.yaml", "\u{feff}services:\n  a:\n    image: x:1\n\n  b:\n    image: y:1"),
        ("compose", "compose.yaml", "# nothing yet\n"),
        ("compose", "compose.yaml", "---\n"),
        ("compose", "compose.yaml", "services: {}\nvolumes: {}\n"),
        ("compose", ".env.example", ""),
        ("dependabot", ".github/dependabot.yml", ""),
    ] {
        let added = shop(&format!("add {feature} --yes")).file(path, there).run();
        assert_eq!(added.status, 0, "{path} {there:?}: {}", added.stderr);
        let grown = read(&added, path);
        let again = then(added, &format!("add {feature} --yes"));
        assert_eq!(read(&again, path), grown, "adding twice changes nothing");
        let removed = then(again, &format!("remove {feature} --yes"));
        assert_eq!(read(&removed, path), there);
    }
}

#[test]
fn a_list_that_was_made_goes_although_something_stands_below_it() {
    let added =
        shop("add gitlab-ci --in api --yes").file("api/go.mod", "module api\n\ngo 1.24\n").file(".git/HEAD", "ref: refs/heads/main\n");
    let added = added.file(".gitlab-ci.yml", "stages: [test]\n").run();
    let text = read(&added, ".gitlab-ci.yml");
    assert!(added.status == 0 && text.contains("\ninclude:\n  - local: /api/.gitlab-ci.yml\n"), "{text}{}", added.stderr);
    write(&added, ".gitlab-ci.yml", &format!("{text}lint:\n  script: [a]\n"));
    let removed = then(added, "remove gitlab-ci --in api --yes");
    assert_eq!(read(&removed, ".gitlab-ci.yml"), "stages: [test]\n\nlint:\n  script: [a]\n");
}

#[test]
fn a_file_that_is_there_with_the_same_content_stays() {
    let updates = read(&shop("add dependabot --yes").run(), ".github/dependabot.yml");
    let ignored = read(&shop("add dockerfile --yes").run(), ".dockerignore");

    // 1. the very same
    let same = shop("add dependabot --yes").file(".github/dependabot.yml", &updates).run();
    let removed = then(then(same, "update --allow-dirty --yes"), "remove dependabot --yes");
    assert_eq!(read(&removed, ".github/dependabot.yml"), updates);
    assert!(removed.stderr.contains(".github/dependabot.yml: stays: it was there before"), "{}", removed.stderr);

    // 2. one that an update finds complete, because `add` has completed it
    let without_last = &ignored[..=ignored.trim_end().rfind('\n').expect("lines")];
    let grown = shop("add dockerfile --yes").file(".dockerignore", without_last).run();
    let removed = then(then(grown, "update --allow-dirty --yes"), "remove dockerfile --yes");
    assert_eq!(read(&removed, ".dockerignore"), without_last);
}

#[test]
fn a_file_that_lacks_nothing_is_in_nobodys_way_later() {
    let first = shop("add compose dockerfile --yes").run();
    let compose = read(&first, "compose.yaml");
    let larger = compose.replace("mem_limit: 256m", "mem_limit: 4g");
    assert_ne!(compose, larger);

    let merged = shop("add compose dockerfile --yes --on-conflict merge").file("compose.yaml", &larger).run();
    let more = then(then(merged, "add editorconfig --yes"), "update --allow-dirty --yes");
    assert_eq!(read(&more, "compose.yaml"), larger);

    let commented = format!("# mine\n{compose}");
    let added = shop("add compose dockerfile --yes").file("compose.yaml", &commented).run();
    write(&added, "compose.yaml", &commented.replace("mem_limit: 256m", "mem_limit: 4g"));
    let removed = then(then(added, "update --allow-dirty --yes"), "remove compose --yes");
    assert_eq!(read(&removed, "compose.yaml"), commented.replace("mem_limit: 256m", "mem_limit: 4g"));
}

#[test]
fn what_its_owner_has_changed_stays_and_is_told() {
    let own = "services:\n  web:\n    image: nginx:1\n";
    let added = || shop("add compose --yes").file("compose.yaml", own).run();

    // 1. a server of another version: an update does not forget it, and what it uses stays with it
    let edited = added();
    let text = read(&edited, "compose.yaml");
    let line = text.lines().find(|line| line.contains("image: postgres:")).expect("a server").to_owned();
    write(&edited, "compose.yaml", &text.replace(&line, "    image: postgres:17"));
    let removed = then(then(edited, "update --allow-dirty --yes"), "remove compose --yes");
    let left = read(&removed, "compose.yaml");
    assert!(left.contains("    image: postgres:17\n") && left.contains("\nvolumes:\n  postgresql: {}\n"), "{left}");
    for told in ["left `/services/postgresql`: it is `", "left `/volumes`: a service that stays may use it"] {
        assert!(removed.stderr.contains(told), "{}", removed.stderr);
    }

    // 2. the feature has another version, too
    let templates = tempfile::tempdir().expect("a folder");
    copied("templates", templates.path());
    let versions = templates.path().join("versions.toml");
    let known = fs::read_to_string(&versions).expect("versions");
    let image = line.trim().trim_start_matches("image: postgres:").trim_matches('"');
    assert!(known.contains(image), "{image}");
    fs::write(&versions, known.replace(image, "16.1")).expect("written");
    for (without, told) in
        [(true, "was taken out here and changed by the feature: it stays out"), (false, "was changed here and by the feature: yours stays")]
    {
        let changed = added();
        let text = if without { own.to_owned() } else { text.replace(&line, "    image: postgres:17") };
        write(&changed, "compose.yaml", &text);
        let updated = Transcript::of("update --allow-dirty --yes").env("STAGEKIT_TEMPLATES", templates.path()).after(changed).run();
        assert_eq!((updated.status, read(&updated, "compose.yaml")), (0, text), "{}", updated.stderr);
        assert!(updated.stderr.contains(&format!("compose.yaml: `/services/postgresql` {told}")), "{}", updated.stderr);
    }
}

/// A folder of this repository, with all that is in it.
fn copied(from: &str, to: &std::path::Path) {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let mut folders = vec![from.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let target = to.join(path.strip_prefix(&from).expect("below"));
            if path.is_dir() {
                fs::create_dir_all(&target).expect("a folder");
                folders.push(path);
            } else {
                fs::copy(&path, &target).expect("copied");
            }
        }
    }
}
