//! `stagekit restore`.

use std::fs;

use serde_json::Value;

use crate::{
    learning::{read, write},
    transcript::{Ended, Transcript},
};

const ROUTES: &str = "acceptance/test_m1_routes.py";
const JSON: &str = "acceptance/test_m2_json.py";
const WORK: &str = "notes/store.py";

/// A repository in which one test is edited and one deleted, and so is what is the learner's or a feature's.
fn tampered() -> Ended {
    let made = Transcript::of("new http-server . --yes --quiet --no-git --set language=python").run();
    let made = Transcript::of("add classroom --yes --quiet").after(made).run();
    assert_eq!(made.status, 0, "{}", made.stderr);
    write(&made, ROUTES, "# green\n");
    fs::remove_file(made.dir.path().join(JSON)).expect("a file");
    write(&made, WORK, "# mine\n");
    write(&made, "assignments.json", "{}\n");
    made
}

#[test]
fn the_kits_own_tests_are_put_back_and_nothing_else() {
    let fresh = Transcript::of("new http-server . --yes --quiet --no-git --set language=python").run();
    let dry = Transcript::of("restore --dry-run").after(tampered()).run();
    assert_eq!((dry.status, read(&dry, ROUTES).as_str()), (0, "# green\n"), "{}", dry.stderr);
    assert!(dry.stdout.starts_with(&format!("change  {ROUTES}\ncreate  {JSON}\n\n1 to create, 1 to change, ")), "{}", dry.stdout);
    assert_eq!(dry.stderr, "nothing was written\n");

    let done = Transcript::of("restore").after(dry).run();
    assert_eq!((done.status, done.stderr.as_str()), (0, "restored: the tests and the build are the kit's\n"));
    for path in [ROUTES, JSON] {
        assert_eq!(read(&done, path), read(&fresh, path), "{path}");
    }
    assert_eq!((read(&done, WORK).as_str(), read(&done, "assignments.json").as_str()), ("# mine\n", "{}\n"));

    let again = Transcript::of("restore --json").after(done).run();
    let said: Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!((again.status, &said["plan"]["settled"]), (0, &Value::Bool(true)), "{said}");
}

#[test]
fn what_was_changed_is_shown() {
    let shown = Transcript::of("restore --diff").after(tampered()).run();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, "nothing was written\n"));
    assert!(shown.stdout.contains(&format!("--- a/{ROUTES}\n+++ b/{ROUTES}\n")) && shown.stdout.contains("-# green\n"), "{}", shown.stdout);
    assert!(!shown.stdout.contains(WORK) && !shown.stdout.contains("assignments.json"), "{}", shown.stdout);
}

#[test]
fn a_repository_without_a_kit_has_nothing_to_go_back_to() {
    let said = Transcript::of("restore").run();
    assert_eq!(said.status, 2, "{}", said.stderr);
    assert!(said.stderr.starts_with("error: there is no repository of stagekit here"), "{}", said.stderr);
}
