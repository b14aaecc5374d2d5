//! A process of its own for what kills processes: this test binary once more.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use stagekit::{
    disk::{interrupts, recover},
    error::Result,
};

use super::{scenario, script::Script};

/// What the child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Apply,
    Create,
    Recover,
}

/// What happens to it; steps count from 0.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fate {
    pub(crate) fail_from: Option<usize>,
    pub(crate) park_at: Option<usize>,
    pub(crate) interrupt_at: Option<usize>,
}

fn command(work: Work, root: &Path, fate: Fate) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "disk::child::child", "--nocapture"]).env("STAGEKIT_WORK", format!("{work:?}")).env("STAGEKIT_ROOT", root);
    for (name, step) in [("FAIL", fate.fail_from), ("PARK", fate.park_at), ("INTERRUPT", fate.interrupt_at)] {
        if let Some(step) = step {
            command.env(format!("STAGEKIT_{name}"), step.to_string());
        }
    }
    command
}

/// Starts it and gives it back as soon as it has come to the step at which it parks.
pub(crate) fn parked(work: Work, root: &Path, fate: Fate) -> Child {
    let mut child = command(work, root, fate).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("parked")), "{work:?} never came to step {:?}", fate.park_at);
    child
}

/// Lets it come to a step and kills it there, as SIGKILL or a power cut would.
pub(crate) fn killed(work: Work, root: &Path, fate: Fate) {
    let mut child = parked(work, root, fate);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Lets it run to its end and gives back what it said of it.
pub(crate) fn ended(work: Work, root: &Path, fate: Fate) -> String {
    let output = command(work, root, fate).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().find_map(|line| line.split_once("ended: ")).map(|(_, end)| end.to_owned()).unwrap()
}

/// Nothing, unless this is the child.
#[test]
fn child() {
    let Ok(work) = env::var("STAGEKIT_WORK") else { return };
    let root = env::var("STAGEKIT_ROOT").unwrap();
    let step = |name: &str| env::var(format!("STAGEKIT_{name}")).ok().map(|step| step.parse().unwrap());
    let script = Script {
        fail_from: step("FAIL"),
        park_at: step("PARK"),
        interrupt_at: step("INTERRUPT").map(|at| (at, Some(interrupts().unwrap()))),
        ..Script::default()
    };
    let root = Path::new(&root);
    let result: Result<()> = match work.as_str() {
        "Apply" => scenario::apply(root, &script),
        "Create" => scenario::create(root, &script),
        _ => recover(root, &script).map(drop),
    };
    println!("ended: {}", result.map_or_else(|error| format!("{:?} {error}", error.kind()), |()| "well".to_owned()));
}
