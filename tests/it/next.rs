//! `stagekit next`, `progress` and `doctor`.

use std::net::TcpListener;

use crate::{
    learning::{made, typed},
    transcript::Transcript,
};

#[test]
fn tools_are_looked_for_as_the_answers_want_them() {
    Transcript::of("doctor stairs").fixture("learning").stdout("ok       echo 2.10 (2.9 or newer): says it again\n").check();
    typed("doctor", made("--set tall=true"))
        .status(1)
        .stdout(
            "ok       echo 2.10 (2.9 or newer): says it again\n\
             too old  old 1.0 (2 or newer): was good once\n           get it: your package manager\n\
             missing  absent: is not there\n           get it: nowhere\n\
             failing  failing 3: cannot reach its server\n           `sh -c echo failing 3; exit 1` says what is wrong\n",
        )
        .stderr("error: 3 of 4 that `stairs` needs are not as needed\n")
        .check();
}

#[test]
fn a_port_in_use_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let made = Transcript::of(&format!("new http-server . --yes --quiet --no-git --set port={port}")).check();
    let ended = Transcript::of("doctor --json").after(made).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let of_port = told["findings"].as_array().expect("findings").iter().find(|finding| finding["name"] == format!("port {port}"));
    assert_eq!(of_port.expect("the port")["state"], "busy");
}

#[test]
fn the_next_kit_takes_the_answers_along() {
    let ended = typed("next --json", made("--set author=Ada")).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    // Where a kit has no place on the roadmap, the way begins at its beginning.
    assert_eq!((&told["kit"], &told["answers"]), (&"http-server".into(), &serde_json::json!({"author": "Ada"})));
    let ended = typed("next below --start --yes --quiet", ended).run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let receipt = std::fs::read_to_string(ended.dir.path().join("below/.stagekit/receipt.toml")).expect("a receipt");
    assert!(receipt.contains("name = \"http-server\"") && receipt.contains("author = \"Ada\""), "{receipt}");
}

#[test]
fn nothing_comes_before_what_it_builds_on() {
    let ended = Transcript::of("new cli-calculator . --yes --quiet --no-git --solution").check();
    let ended = Transcript::of("next").after(ended).run();
    assert!(
        ended.stdout.contains("(refactoring-kata)\n") && ended.stdout.contains("\nIt builds on cli-calculator (done).\n"),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
}

#[test]
fn progress_shows_what_is_done_and_forgets_what_is_gone() {
    let new = Transcript::of("new http-server one --yes --quiet --no-git --at 6");
    let data = new.dir().join("data");
    let ended = new.env("XDG_DATA_HOME", &data).check();
    let ended = Transcript::of("new http-server two --yes --quiet --no-git").after(ended).env("XDG_DATA_HOME", &data).check();
    let ended = Transcript::of("progress").after(ended).env("XDG_DATA_HOME", &data).run();
    assert!(
        ended.stdout.contains(
            "\n  done     http-server: milestone 6 of 6, in [DIR]/one\n  begun    http-server: milestone 0 of 6, in [DIR]/two\nStage 2"
        ),
        "{}",
        ended.stdout
    );
    std::fs::remove_dir_all(ended.dir.path().join("two")).expect("a folder");
    let ended = Transcript::of("progress --json").after(ended).env("XDG_DATA_HOME", &data).run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["repositories"].as_array().map(Vec::len), Some(1), "{}", ended.stdout);
}

#[test]
fn without_a_folder_for_data_progress_says_so() {
    Transcript::of("progress")
        .status(1)
        .stderr("error: there is no folder for data of yours: neither `XDG_DATA_HOME` nor `HOME` is set\n")
        .check();
}
