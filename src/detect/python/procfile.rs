//! A `Procfile`: which processes a program has, and how each is started.

use super::{Project, Source, words};
use crate::stack::{Module, Origin};

pub(super) const FILE: &str = "Procfile";

/// The process that is asked from outside, and the one that runs before a release.
const WEB: &str = "web";
const RELEASE: &str = "release";

/// Where the servers of web programs listen in an image.
const PORT: u16 = 8000;

/// A line of it.
#[derive(Debug, PartialEq, Eq)]
struct Process<'s> {
    name: &'s str,
    command: &'s str,
    /// From 1.
    line: usize,
}

fn processes<'s>(source: &Source<'s>) -> Vec<Process<'s>> {
    let lines = source.text.lines().enumerate();
    let process = |(index, line): (usize, &'s str)| {
        let (name, command) = line.split_once(':')?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        is_name.then(|| Process { name, command: command.trim(), line: index + 1 })
    };
    lines.filter_map(process).filter(|process| !process.command.is_empty()).collect()
}

/// How the web process is started in an image: its server, which listens where the image says.
pub(super) fn web(project: &mut Project<'_>) -> Option<(Vec<String>, u16, Origin)> {
    let source = project.source(&[FILE])?;
    let processes = processes(&source);
    let process = processes.iter().find(|process| process.name == WEB)?;
    let (before, command) = last(process.command);
    let launch = served(&shlex::split(command)?)?;
    if let Some(before) = before {
        project.note(&source.at(process.line), format!("`{before}` runs before the server: the image does not run it when it starts"));
    }
    Some((launch, PORT, source.sure(process.line)))
}

/// The last of several commands, and those before it.
fn last(command: &str) -> (Option<&str>, &str) {
    let end = ["&&", ";"].iter().filter_map(|sign| Some((command.rfind(sign)?, sign.len()))).max();
    end.map_or((None, command), |(at, length)| (Some(command[..at].trim()), command[at + length..].trim()))
}

/// A known server with all that it is told but for where it listens; nothing where a shell would have to fill something in.
fn served(command: &[String]) -> Option<Vec<String>> {
    let (program, arguments) = command.split_first()?;
    let (said, ours): (&[&str], &[&str]) = match program.as_str() {
        "gunicorn" => (&["--bind", "-b"], &["--bind", "0.0.0.0:8000"]),
        "uvicorn" => (&["--host", "--port"], &["--host", "0.0.0.0", "--port", "8000"]),
        _ => return None,
    };
    let mut kept = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if said.contains(&argument.as_str()) {
            arguments.next();
        } else if !said.iter().any(|option| argument.split('=').next() == Some(option) || option.len() == 2 && argument.starts_with(option))
        {
            kept.push(argument.clone());
        }
    }
    let is_plain = !kept.iter().any(|word| word.contains(['$', '`', '|', '>']));
    is_plain.then(|| {
        if program == "gunicorn" {
            [vec![program.clone()], words(ours), kept].concat()
        } else {
            [vec![program.clone()], kept, words(ours)].concat()
        }
    })
}

/// Makes modules of the processes that listen nowhere; the image is the same, it is started in another way.
pub(super) fn workers(project: &mut Project<'_>) {
    let Some(source) = project.source(&[FILE]) else { return };
    for process in processes(&source) {
        let is_taken = project.stack.modules.iter().any(|module| module.name == process.name);
        match (process.name, launched(process.command)) {
            (WEB, _) => {}
            (RELEASE, _) => {
                let told = format!("`{}` runs before a release: nothing that is written here runs it", process.command);
                project.note(&source.at(process.line), told);
            }
            (name, Some(launch)) if !is_taken => {
                let field = format!("modules.{name}");
                project.stack.modules.push(Module::named(name, launch));
                // A Procfile gives a port to the web process only.
                project.origin(&format!("{field}.port"), source.sure(process.line));
                project.origin(&field, source.sure(process.line));
            }
            (name, _) => project.note(&source.at(process.line), format!("the process `{name}` is not started: `{}`", process.command)),
        }
    }
}

/// A command in exec form, by a shell where one has to fill something in.
fn launched(command: &str) -> Option<Vec<String>> {
    let words = shlex::split(command).filter(|words| !words.is_empty())?;
    let needs_shell = command.contains(['$', '`', '|', '&', ';', '>', '<', '*']) || words[0].contains('=');
    let is_one = !command.contains(['|', '&', ';']) && !words[0].contains('=');
    let exec = if is_one { "exec " } else { "" };
    Some(if needs_shell { vec!["sh".to_owned(), "-c".to_owned(), format!("{exec}{command}")] } else { words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_where_the_image_says() {
        for (command, expected) in [
            ("gunicorn --chdir src mysite.wsgi", Some("gunicorn --bind 0.0.0.0:8000 --chdir src mysite.wsgi")),
            ("gunicorn -b 0.0.0.0:$PORT app:app --workers 2", Some("gunicorn --bind 0.0.0.0:8000 app:app --workers 2")),
            ("gunicorn --bind=:$PORT app:app", Some("gunicorn --bind 0.0.0.0:8000 app:app")),
            ("uvicorn app.main:app --host=0.0.0.0 --port $PORT", Some("uvicorn app.main:app --host 0.0.0.0 --port 8000")),
            ("gunicorn app:app --workers $WEB", None),
            ("python app.py", None),
        ] {
            let served = served(&shlex::split(command).unwrap());
            assert_eq!(served.map(|words| words.join(" ")).as_deref(), expected, "{command}");
        }
        assert_eq!(last("flask db upgrade; gunicorn a:app"), (Some("flask db upgrade"), "gunicorn a:app"));
        assert_eq!(last("gunicorn a:app"), (None, "gunicorn a:app"));
    }

    #[test]
    fn a_shell_starts_only_what_needs_one() {
        for (command, expected) in [
            ("celery -A shop worker", vec!["celery", "-A", "shop", "worker"]),
            ("rq worker -u $REDIS_URL tasks", vec!["sh", "-c", "exec rq worker -u $REDIS_URL tasks"]),
            ("sleep 1; rq worker", vec!["sh", "-c", "sleep 1; rq worker"]),
            ("A=b rq worker", vec!["sh", "-c", "A=b rq worker"]),
        ] {
            assert_eq!(launched(command), Some(words(&expected)), "{command}");
        }
    }
}
