//! What a person sees and types: the real binary on a pseudo-terminal of 80 columns and 24 lines.

use std::{
    fmt::{Debug, Write as _},
    fs,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use expectrl::{
    Eof, Expect, Needle, Regex,
    process::unix::{Signal, WaitStatus},
    session::OsSession,
};
use tempfile::TempDir;

use crate::transcript::fixtures;

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";
const HIDE_CURSOR: &str = "\x1b[?25l";
const CLEAR: &str = "\x1b[H\x1b[2J";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// Text as a person reads it, at its first place: colours and cursor movements do not come into it.
fn said(text: &str) -> Regex<String> {
    let mut pattern = r"(?s)\A.*?".to_owned();
    for character in text.chars() {
        let _ = write!(pattern, r"(?:\x1b\[[0-9;?]*[A-Za-z])*\x{{{:x}}}", u32::from(character));
    }
    Regex(pattern)
}

/// A person at a terminal, in an empty folder, with a name that git knows.
struct Person {
    dir: TempDir,
}

impl Person {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "work"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        fs::write(dir.path().join("gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n").expect("a file");
        Self { dir }
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn command(&self, program: &str, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(self.work()).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", self.dir.path().join("home")).env("TERM", "xterm-256color");
        command.env("GIT_CONFIG_GLOBAL", self.dir.path().join("gitconfig")).env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// Starts `stagekit` with these arguments and the kits of the small fixture beside the built-in ones.
    fn types(&self, arguments: &str) -> Screen {
        self.types_with("small", arguments)
    }

    /// The same with the kits of another fixture.
    fn types_with(&self, fixture: &str, arguments: &str) -> Screen {
        let mut command = self.command(env!("CARGO_BIN_EXE_stagekit"), arguments);
        command.env("STAGEKIT_TEMPLATES", fixtures().join(fixture));
        let mut session = OsSession::spawn(command).expect("a pseudo-terminal");
        assert_eq!(session.get_process().get_window_size().expect("a size"), (80, 24));
        session.set_expect_timeout(Some(Duration::from_secs(120)));
        Screen { session, shown: String::new() }
    }

    /// What git prints; nothing and a reason on stderr where there is no git.
    fn git(&self, arguments: &str) -> Option<String> {
        match self.command("git", arguments).output() {
            Ok(output) => {
                assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
                Some(String::from_utf8(output.stdout).expect("UTF-8"))
            }
            Err(error) => {
                eprintln!("nothing is said about git: it cannot be run here: {error}");
                None
            }
        }
    }

    /// Asserts that nothing was written.
    #[track_caller]
    fn has_nothing(&self) {
        let left: Vec<_> = fs::read_dir(self.work()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

/// A running `stagekit`.
struct Screen {
    session: OsSession,
    /// Everything so far, with all codes.
    shown: String,
}

impl Screen {
    #[track_caller]
    fn until(&mut self, needle: impl Needle, wanted: impl Debug) {
        match self.session.expect(needle) {
            Ok(found) => self.shown.push_str(&String::from_utf8_lossy(found.as_bytes())),
            Err(error) => panic!("{wanted:?} does not come ({error}) after\n{}", self.plain()),
        }
    }

    /// Waits for this text, after all that was seen before.
    #[track_caller]
    fn see(&mut self, text: &str) -> &mut Self {
        self.until(said(text), text);
        self
    }

    #[track_caller]
    fn press(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).expect("keys");
        self
    }

    /// Waits for the end; its exit code and everything that was shown.
    #[track_caller]
    fn end(&mut self) -> (i32, String) {
        self.until(Eof, "the end");
        match self.session.get_process().wait().expect("an end") {
            WaitStatus::Exited(_, code) => (code, self.plain()),
            other => panic!("{other:?} after\n{}", self.plain()),
        }
    }

    /// Asserts that it ends as an interruption does, with a cursor.
    #[track_caller]
    fn is_interrupted(&mut self) {
        let (code, plain) = self.end();
        assert_eq!(code, 130, "{plain}");
        // At the beginning of a line: of a new one, or of one that was cleared.
        let line = plain.strip_suffix("error: interrupted; nothing was left behind\r\n");
        assert!(line.is_some_and(|before| before.ends_with(['\n', '\r'])), "{plain:?}");
        assert!(self.shown.rfind(SHOW_CURSOR) > self.shown.rfind(HIDE_CURSOR), "the cursor is hidden: {:?}", self.shown);
    }

    fn plain(&self) -> String {
        console::strip_ansi_codes(&self.shown).into_owned()
    }
}

#[test]
fn a_repository_is_made_in_conversation() {
    let person = Person::new();
    let mut screen = person.types("new");
    screen.see("? Which project? (type to search) ›").see("❯ http-server").see("tiny-lab").see("tiny-server");
    screen.press("lab").see("› lab").see("❯ tiny-lab").press("\x7f\x7f\x7f").see("tiny-server");
    screen.press("http").see("› http").see("❯ http-server").press(ENTER).see("✔ Which project? · http-server\r\n");
    screen.see("names the folder").see("? Project name (notes-server) ›").press("My Notes").press(ENTER);
    screen.see("✘ try my-notes: must be words of `a` to `z`").see("…").see("? Project name").press("my-notes").press(ENTER);
    screen.see("✔ Project name · my-notes\r\n").see("? Language ›").see("❯ Python").see("Java");
    screen.press(DOWN).see("❯ Node.js").press(ENTER).see("✔ Language · Node.js\r\n");
    screen.see("(A notes API without a framework) ›").press("Notes of mine").press(ENTER).see("· Notes of mine\r\n");
    screen.see("? Author ›").press(ENTER).see("✔ Author · (none)\r\n");
    screen.see("? Port (8080) ›").press("80").press(ENTER).see("✘ ").see("1024").see("? Port").press("8081").press(ENTER);
    screen.see("✔ Port · 8081\r\n").see("? Dockerfile and compose.yaml? (y/n) › yes").press("n").see("compose.yaml? · no\r\n");
    screen.see("? GitHub Actions and Dependabot? (y/n) › yes").press(ENTER).see("Dependabot? · yes\r\n");
    screen.see("? AGENTS.md, which asks coding assistants to be tutors? (y/n) › yes").press(ENTER).see("tutors? · yes\r\n");
    screen
        .see("HTTP server → my-notes   ")
        .see(" files, 0 of 6 milestones solved\r\n")
        .see("name         my-notes\r\n")
        .see("language     node\r\n");
    screen.see("description  Notes of mine\r\n").see("author       (none)\r\n").see("port         8081\r\n");
    screen.see("docker       no\r\n").see("ci           yes\r\n");
    screen.see("? Write it? (y/n) › yes");
    person.has_nothing();
    screen.press(ENTER).see("✔ Write it? · yes\r\n").see("created HTTP server in `my-notes` (");
    screen.see("next:").see("cd my-notes").see("npm start").see("milestone 1 of 6").see("read docs/milestones/1.md");
    let (code, plain) = screen.end();
    assert_eq!(code, 0, "{plain}");

    let made = person.work().join("my-notes");
    let package = fs::read_to_string(made.join("package.json")).expect("a package");
    assert!(package.contains(r#""name": "my-notes""#) && package.contains("Notes of mine"), "{package}");
    assert!(made.join(".github").is_dir() && !made.join("Dockerfile").exists());
    if let Some(log) = person.git("-C my-notes log --format=%an:%s") {
        assert!(plain.contains(" files, committed to git)\r\n"), "{plain}");
        assert!(log.starts_with("Ada:Start from the stagekit kit http-server ") && log.lines().count() == 1, "{log}");
        assert_eq!(person.git("-C my-notes status --porcelain").as_deref(), Some(""));
    }
}

#[test]
fn features_are_chosen_in_conversation() {
    let person = Person::new();
    let package = r#"{"name": "shop", "engines": {"node": "24"}, "scripts": {"start": "node server.js"}, "dependencies": {"redis": "5"}}"#;
    fs::write(person.work().join("package.json"), package).expect("a file");
    fs::write(person.work().join("server.js"), "app.listen(process.env.PORT || 4000)\n").expect("a file");
    let mut screen = person.types("add");
    screen.see("? Which features? (space chooses, enter ends) ›").see("compose").see("dockerfile").see("github-actions");
    screen.press(" ").see("✔ compose").press(DOWN).press(ENTER).see("✔ Which features? · compose\r\n");
    screen.see("create  compose.yaml\r\n").see("? Write it? (y/n) › yes");
    assert!(!person.work().join("compose.yaml").exists());
    screen.press(ENTER).see("added compose\r\n");
    assert_eq!(screen.end().0, 0);
    assert!(person.work().join("compose.yaml").exists());
    let mut screen = person.types("add");
    screen.see("? Which features?").press(CTRL_C).is_interrupted();
    let mut screen = person.types("add");
    screen.see("? Which features?").press(ENTER).is_interrupted();
}

#[test]
fn help_goes_and_answers_stay() {
    let person = Person::new();
    let mut screen = person.types("new http-server --set language=java");
    screen.see("  names the folder, the package metadata and the image\r\n").see("? Project name");
    screen.press("Not a Name, by far").press(ENTER).see("✘ try not-a-name-by-far: ").see("? Project name");
    // What wraps would stay when the answer is right.
    let plain = screen.plain();
    let refused = plain.lines().find_map(|line| line.find('✘').map(|start| &line[start..])).expect("a refusal");
    assert!(console::measure_text_width(refused) <= 80 && refused.ends_with('…'), "{refused}");
    screen.press(ENTER);
    // Up over the help and cleared, before the answer is written there.
    screen.until("\x1b[1A\r\x1b[2K", "the help cleared");
    screen.see("✔ Project name · notes-server\r\n").press(CTRL_C).is_interrupted();
    let mut quiet = person.types("new http-server --quiet");
    quiet.see("? Project name").press(CTRL_C).is_interrupted();
    assert!(!quiet.plain().contains("names the folder"));
}

#[test]
fn without_a_command_a_terminal_is_asked() {
    let person = Person::new();
    person.types("").see("? Which project? (type to search) ›").see("❯ http-server").press(CTRL_C).is_interrupted();
    person.has_nothing();
}

#[test]
fn every_kind_of_question_can_be_left() {
    let set = "--set name=mine --set description=d --set author=me --set port=8080";
    let questions = [
        ("new", "? Which project?"),
        ("new http-server", "? Project name"),
        (&format!("new http-server {set}"), "? Language"),
        (&format!("new http-server {set} --set language=python"), "? Dockerfile"),
        (&format!("new http-server {set} --set language=python --set docker=no --set ci=no --set agents=no"), "? Write it?"),
    ];
    for (arguments, question) in questions {
        let person = Person::new();
        person.types(arguments).see(question).press(CTRL_C).is_interrupted();
        let mut screen = person.types(arguments);
        screen.see(question);
        screen.session.get_process_mut().signal(Signal::SIGINT).expect("a signal");
        screen.is_interrupted();
        if !question.contains("name") {
            person.types(arguments).see(question).press(ESCAPE).is_interrupted();
        }
        person.has_nothing();
    }
}

#[test]
fn a_no_at_the_end_writes_nothing() {
    let person = Person::new();
    let mut screen =
        person.types("new tiny-server mine --set name=mine --set language=python --set port=8080 --set docker=no --set description=d");
    while_asked(&mut screen);
    screen.press("n").see("✔ Write it? · no\r\n").is_interrupted();
    person.has_nothing();
}

#[test]
fn there_is_no_repository_inside_another_one() {
    let person = Person::new();
    if person.git("init --quiet").is_none() {
        return;
    }
    let mut screen =
        person.types("new tiny-server mine --set name=mine --set language=python --set port=8080 --set docker=no --set description=d");
    while_asked(&mut screen);
    let (code, plain) = screen.press("y").see("✔ Write it? · yes\r\n").end();
    assert_eq!(code, 0, "{plain}");
    assert!(plain.contains("created Tiny server in `mine` (") && !plain.contains("git"), "{plain}");
    assert!(person.work().join("mine/README.md").is_file() && !person.work().join("mine/.git").exists());
}

#[test]
fn a_watch_redraws_the_screen_when_there_is_something_new_and_ends_with_ctrl_c() {
    let person = Person::new();
    let (code, plain) = person.types_with("learning", "new stairs . --yes --quiet --no-git").end();
    assert_eq!(code, 0, "{plain}");
    fs::write(person.work().join("check.sh"), {
        let script = fs::read_to_string(person.work().join("check.sh")).expect("a script");
        format!("[ -f slow ] && sleep 1\n{script}")
    })
    .expect("a script");

    let mut screen = person.types_with("learning", "check --watch");
    screen
        .see("running the tests up to milestone 1: sh check.sh 1\r\n")
        .see("FAILED  step 1 is there")
        .see("watching for changes; Ctrl-C ends it\r\n");
    assert!(!screen.shown.contains(CLEAR), "what was on the screen before: {:?}", screen.shown);

    // What was found stays until there is something new to see.
    fs::write(person.work().join("slow"), "").expect("a file");
    fs::write(person.work().join("work.txt"), "smoke\nstep 1\n").expect("a file");
    screen.see("changed: slow\r\n").see("running the tests up to milestone 1: sh check.sh 1\r\n").see("0 s …");
    assert!(!screen.shown.contains(CLEAR), "{:?}", screen.shown);
    screen.until(CLEAR, "a clear screen");
    screen.see("Milestone 1: The first step (1 of 1 test").see("Milestone 1 of 2 is done").see("watching for changes; Ctrl-C ends it\r\n");
    let (code, plain) = screen.press(CTRL_C).end();
    let is_last = plain.trim_end_matches("^C").ends_with("watching for changes; Ctrl-C ends it\r\n");
    assert_eq!((code, is_last), (0, true), "{plain:?}");

    // While the tests run they end first.
    let mut screen = person.types_with("learning", "check --watch");
    screen.see("running the tests up to milestone 2").see("0 s …").press(CTRL_C);
    let (code, plain) = screen.end();
    assert_eq!((code, plain.ends_with("\rerror: interrupted; nothing was left behind\r\n")), (130, true), "{plain:?}");
}

/// Goes on to the last question.
fn while_asked(screen: &mut Screen) {
    screen.see("? Write it? (y/n) › yes");
}
