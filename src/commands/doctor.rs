//! `stagekit doctor`: is everything there that a kit needs?

use serde::Serialize;

use super::repository::Repository;
use crate::{
    answers::{Answers, Value},
    cli::DoctorArgs,
    env::Env,
    error::{Error, ErrorKind, Result},
    manifest::KitManifest,
    output::{Ink, pad},
    process::{self, Interrupts},
};

/// What a look at one tool gave.
#[derive(Serialize)]
struct Finding {
    name: String,
    state: State,
    version: Option<String>,
    wanted: Option<String>,
    why: String,
    way_out: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    Missing,
    TooOld,
    Failing,
    Busy,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::TooOld => "too old",
            Self::Failing => "failing",
            Self::Busy => "in use",
        }
    }
}

/// Looks for the tools of a kit and whether its port is free.
pub fn run(args: &DoctorArgs, env: &mut Env) -> Result<()> {
    // 1. of which kit, with which answers
    let (kit, answers) = if let Some(name) = &args.kit {
        let kit = env.catalog.kit(name)?;
        let answers = defaults(&kit);
        (kit, answers)
    } else {
        let repository = Repository::around(env)?;
        let layer = repository.kit()?;
        (env.catalog.kit(&layer.name)?, layer.answers.clone())
    };

    // 2. a look at each tool, and at the port
    let interrupts = Interrupts::listen()?;
    let tools = kit.tool.iter().filter(|tool| answers.meet(tool.when.as_ref()));
    let mut findings = Vec::new();
    for tool in tools {
        let (state, version) = look(&tool.command, tool.min.as_deref(), &interrupts)?;
        findings.push(Finding {
            name: tool.name.clone(),
            state,
            version,
            wanted: tool.min.clone(),
            why: tool.why.clone(),
            way_out: (state != State::Ok).then(|| way_out(state, &tool.command, &tool.install)),
        });
    }
    if let Some(Value::Int(port)) = answers.get("port")
        && let Ok(port) = u16::try_from(*port)
    {
        let is_free = process::is_free(port);
        findings.push(Finding {
            name: format!("port {port}"),
            state: if is_free { State::Ok } else { State::Busy },
            version: None,
            wanted: None,
            why: "where the application listens".to_owned(),
            way_out: (!is_free).then(|| "stop what listens there, if it is not the application itself".to_owned()),
        });
    }

    // 3. told
    let wrong = findings.iter().filter(|finding| finding.state != State::Ok).count();
    if args.json {
        env.out.json(&serde_json::json!({"kit": kit.name.get_ref(), "findings": findings}))?;
    } else {
        print(&findings, env);
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Error::failed(format!(
            "{wrong} of {} that `{}` needs {} not as needed",
            findings.len(),
            kit.name.get_ref(),
            if wrong == 1 { "is" } else { "are" }
        ))),
    }
}

/// The answers that hold where nobody gives others.
fn defaults(kit: &KitManifest) -> Answers {
    let mut answers = Answers::default();
    for question in &kit.question {
        if let (true, Some(default)) = (answers.meet(question.when.as_ref()), &question.default) {
            answers.insert(question.name(), default.clone());
        }
    }
    answers
}

fn look(command: &[String], min: Option<&str>, interrupts: &Interrupts) -> Result<(State, Option<String>)> {
    Ok(match process::run(std::path::Path::new("."), command, interrupts, &mut |_| {}) {
        Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
        Err(_) => (State::Missing, None),
        Ok(ran) => {
            let version = version_in(&ran.output).map(str::to_owned);
            let is_enough = match (&version, min) {
                (_, None) => true,
                (Some(version), Some(min)) => numbers(version) >= numbers(min),
                (None, Some(_)) => false,
            };
            let state = match (ran.is_success, is_enough) {
                (false, _) => State::Failing,
                (true, true) => State::Ok,
                (true, false) => State::TooOld,
            };
            (state, version)
        }
    })
}

/// The first version number in a text: `openjdk 17.0.2 2022-01-18` → `17.0.2`.
fn version_in(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.'))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn way_out(state: State, command: &[String], install: &str) -> String {
    match state {
        State::Failing => format!("`{}` says what is wrong", command.join(" ")),
        _ => format!("get it: {install}"),
    }
}

fn print(findings: &[Finding], env: &mut Env) {
    let palette = env.out.palette();
    for finding in findings {
        let ink = if finding.state == State::Ok { Ink::Good } else { Ink::Bad };
        let version = finding.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let wanted = finding.wanted.as_ref().map(|min| format!(" ({min} or newer)")).unwrap_or_default();
        let mark = pad(&palette.paint(ink, finding.state.word()), 7);
        env.out.paragraph(&format!("{mark}  "), "           ", &format!("{}{version}{wanted}: {}", finding.name, finding.why));
        if let Some(way_out) = &finding.way_out {
            env.out.paragraph("           ", "           ", way_out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{numbers, version_in};

    #[test]
    fn a_version_is_read_from_what_a_tool_says() {
        assert_eq!(version_in("openjdk 17.0.2 2022-01-18"), Some("17.0.2"));
        assert_eq!(version_in("v24.1.0\n"), Some("24.1.0"));
        assert_eq!(version_in("Client:\n Version:  26.1.5+dfsg1"), Some("26.1.5"));
        assert_eq!(version_in("no number"), None);
        assert!(numbers("3.9") < numbers("3.11") && numbers("17") <= numbers("17.0.2"));
    }
}
