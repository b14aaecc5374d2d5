//! `stagekit check`: is the milestone done?

use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};

use super::{
    repository::{Repository, milestone, points},
    text,
};
use crate::{
    cli::CheckArgs,
    course::{Course, Step, shell_line},
    digest::hex,
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    manifest::{Number, Role},
    milestone::{Outcome, TestCase, read_report},
    output::{Ink, Palette},
    process::{self, Interrupts},
    progress::{Checked, Verdict, judge, worked_on},
    tree::RelPath,
};

/// A report is as old as the clock's last tick when it is written, which is a little before the time that a program reads.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What compilers and interpreters say of code that they do not take.
const NOT_COMPILED: [&str; 3] = ["COMPILATION ERROR", "SyntaxError", "error: could not compile"];

/// Lines of what the build said, where it could not run the tests.
const SAID: usize = 25;

/// Runs the tests of the milestone that is worked on.
pub fn run(args: &CheckArgs, env: &mut Env) -> Result<()> {
    let interrupts = Interrupts::listen()?;
    // 1. where, and which milestone
    let repository = Repository::around(env)?;
    let course = repository.course()?;
    let reached = repository.reached()?;
    let upto = match (args.all, args.milestone) {
        (true, _) => course.last,
        (false, Some(number)) => milestone(course, number)?.number,
        (false, None) => worked_on(course, reached),
    };

    // 2. its tests, and those before it
    let cases = tests(&repository, course, upto, &interrupts, env)?;
    let verdicts = judge(course, &cases, upto);

    // 3. what that means: what worked before, and what is wanted
    let from = if args.all { 0 } else { reached.min(upto - 1) };
    let (earlier, wanted): (Vec<&Verdict<'_>>, Vec<&Verdict<'_>>) = verdicts.iter().partition(|verdict| verdict.number() <= from);
    let broken: Vec<&Verdict<'_>> = earlier.into_iter().filter(|verdict| !verdict.is_done()).collect();
    let done = verdicts.iter().take_while(|verdict| verdict.is_done()).map(Verdict::number).last().unwrap_or(0);
    let red = broken.iter().chain(&wanted).find(|verdict| !verdict.is_done());

    // 4. kept: what was seen, and how far that is
    let now = reached.max(done);
    let mut local = repository.local();
    local.check = Some(Checked {
        milestone: upto,
        passed: wanted.iter().map(|verdict| verdict.count(Outcome::Passed)).sum(),
        tests: wanted.iter().map(|verdict| verdict.tests()).sum(),
        files: files(&repository)?,
    });
    if now > reached {
        repository.reach(now, &local)?;
    } else {
        repository.keep(&local)?;
    }

    // 5. told
    if args.json {
        env.out.json(&to_json(course, upto, reached, now, &broken, &wanted))?;
    } else {
        tell(&repository, course, (reached, now), &broken, &wanted, env);
    }
    red.map_or(Ok(()), |verdict| Err(not_done(verdict, verdict.number() <= reached)))
}

/// What the repository's own tests say of everything up to `upto`.
fn tests(repository: &Repository, course: &Course, upto: Number, interrupts: &Interrupts, env: &mut Env) -> Result<Vec<TestCase>> {
    let check = course.check.as_ref().ok_or_else(|| Error::failed("the receipt does not say how the tests run"))?;
    let command = check.command_for(upto);
    let line = shell_line(&command);
    env.out.say(format!("running the tests up to milestone {upto}: {line}"));
    let start = SystemTime::now() - CLOCK_TICK;
    let ran = process::run(&repository.root, &command, interrupts, &mut |so_far| {
        env.out.progress(format!("{} s …", so_far.as_secs()));
    });
    env.out.progress("");
    let ran = ran?;
    let log = repository.log(&ran.output)?;
    let mut cases = Vec::new();
    for (path, report) in disk::written_since(&repository.root, &check.reports, start)? {
        let read = read_report(&report);
        cases.extend(read.map_err(|why| Error::failed(format!("failed to read the report `{}`: {why}", path.display())))?);
    }
    if !cases.is_empty() {
        return Ok(cases);
    }
    // Nothing ran: the code does not compile, or the build cannot start.
    let said: Vec<&str> = telling(&ran.output);
    let here = format!("{}/", repository.root.display());
    for line in &said {
        env.out.say(format!("  {}", line.replace(&here, "")));
    }
    let what = if ran.is_success {
        "no test ran"
    } else if NOT_COMPILED.iter().any(|word| ran.output.contains(word)) {
        "the code does not compile, so no test ran"
    } else {
        "the tests could not run: the code does not build, or the build cannot start"
    };
    Err(Error::new(ErrorKind::ChecksFailed, what)
        .hint(format!("`{}` has all that was said; `{line}` says it again", repository.shown(&log, env))))
}

/// What a build tool says beside the error itself.
const NOISE: [&str; 4] = ["[Help", "To see the full stack trace", "Re-run Maven", "For more information about the errors"];

/// The lines that say what is wrong, each once; where none does, the last ones.
fn telling(output: &str) -> Vec<&str> {
    let lines: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let is_telling = |line: &str| ["error", "Error", "ERROR", "Exception"].iter().any(|word| line.contains(word));
    let is_noise = |line: &str| line.ends_with("[ERROR]") || NOISE.iter().any(|noise| line.contains(noise));
    let mut telling: Vec<&str> = Vec::new();
    for line in lines.iter().filter(|line| is_telling(line) && !is_noise(line)) {
        if telling.len() < SAID && !telling.contains(line) {
            telling.push(line);
        }
    }
    if telling.is_empty() { lines[lines.len().saturating_sub(SAID)..].to_vec() } else { telling }
}

/// The learner's files as they are, for `status` to compare with.
fn files(repository: &Repository) -> Result<std::collections::BTreeMap<RelPath, String>> {
    let paths = repository.receipt.roles.iter().filter(|(_, role)| **role == Role::Work).map(|(path, _)| path);
    let there = disk::read(&repository.root, paths)?;
    Ok(there.iter().map(|(path, entry)| (path.clone(), hex(&entry.bytes))).collect())
}

fn not_done(verdict: &Verdict<'_>, was_done: bool) -> Error {
    let what = if was_done { "worked before and does not any more" } else { "is not reached yet" };
    let error = Error::new(ErrorKind::ChecksFailed, format!("{} {what}", name(verdict)));
    match verdict.step {
        _ if verdict.count(Outcome::Skipped) > 0 && verdict.count(Outcome::Failed) == 0 => {
            error.hint("a test that was skipped says what it misses, such as a server; the README says how to have one")
        }
        Some(step) => error.hint(format!("`stagekit hint {0}` helps, and so does docs/milestones/{0}.md", step.number)),
        None => error,
    }
}

fn name(verdict: &Verdict<'_>) -> String {
    verdict.step.map_or_else(|| "what has no milestone".to_owned(), |step| format!("milestone {}", step.number))
}

// --- For people --------------------------------------------------------------------------------------------------------

fn tell(
    repository: &Repository,
    course: &Course,
    (before, now): (Number, Number),
    broken: &[&Verdict<'_>],
    wanted: &[&Verdict<'_>],
    env: &mut Env,
) {
    let palette = env.out.palette();
    for verdict in broken {
        env.out.line(palette.paint(Ink::Bad, format!("{} is broken", capital(&name(verdict)))));
        print(verdict, true, env);
        env.out.line("");
    }
    for verdict in wanted {
        env.out.line(heading(verdict, palette));
        print(verdict, false, env);
    }
    if let Some(case) = broken.iter().chain(wanted).flat_map(|verdict| &verdict.cases).find(|case| case.outcome == Outcome::Failed) {
        env.out.line("");
        env.out.line(palette.paint(Ink::Heading, format!("The first that fails: {}", title(case))));
        for line in message(case) {
            // What is laid out, such as a difference, keeps its layout.
            if line.starts_with(char::is_whitespace) { env.out.line(format!("  {line}")) } else { env.out.paragraph("  ", "  ", line) }
        }
    }
    if now > before {
        env.out.line("");
        open(repository, course, now, env);
    }
}

fn heading(verdict: &Verdict<'_>, palette: Palette) -> String {
    let passed = verdict.count(Outcome::Passed);
    let all = verdict.cases.len() + verdict.missing;
    let (what, points) = match verdict.step {
        None => ("What has no milestone".to_owned(), String::new()),
        Some(step) => (
            format!("Milestone {}: {}", step.number, step.title),
            format!(", {} of {}", verdict.points(), text::count(step.points as usize, "point")),
        ),
    };
    format!("{} ({passed} of {}{points})", palette.paint(Ink::Heading, what), text::count(all, "test"))
}

/// A line a test; only what is not green where `only_red`.
fn print(verdict: &Verdict<'_>, only_red: bool, env: &mut Env) {
    let palette = env.out.palette();
    for case in &verdict.cases {
        let (mark, ink) = match case.outcome {
            Outcome::Passed if only_red => continue,
            Outcome::Passed => ("ok     ", Ink::Good),
            Outcome::Failed => ("FAILED ", Ink::Bad),
            Outcome::Skipped => ("skipped", Ink::Warning),
        };
        let mut line = format!("  {} {}", palette.paint(ink, mark), title(case));
        if case.outcome == Outcome::Skipped
            && let Some(why) = message(case).first()
        {
            line.push_str(&palette.paint(Ink::Dim, format!(": {why}")));
        }
        env.out.line(line);
    }
    if verdict.missing > 0 {
        let mark = palette.paint(Ink::Bad, "missing");
        env.out.line(format!("  {mark} {} did not run: their file is gone or does not compile", text::count(verdict.missing, "test")));
    }
}

/// What a failure says, without the way that the program took to it.
fn message(case: &TestCase) -> Vec<&str> {
    let is_frame = |line: &&str| line.trim_start().starts_with("at ") && (line.starts_with('\t') || line.starts_with("    "));
    let lines = once(&case.message).lines().take_while(|line| !is_frame(line)).map(str::trim_end);
    lines.filter(|line| !line.is_empty()).collect()
}

/// A report has the message twice: as what it is, and as the beginning of the trace, behind the name of an exception.
fn once(message: &str) -> &str {
    let first = message.lines().next().unwrap_or_default();
    let head = &first[..boundary(first, 40)];
    match message[head.len()..].find(head) {
        Some(at) if !head.is_empty() => {
            let second = &message[head.len() + at..];
            let common = message.bytes().zip(second.bytes()).take_while(|(one, other)| one == other).count();
            message[..boundary(message, common)].trim_end()
        }
        _ => message,
    }
}

/// The last place up to `index` where a character begins.
fn boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

/// A test in the learner's words.
fn title(case: &TestCase) -> &str {
    case.id.splitn(3, '/').nth(2).unwrap_or(&case.id)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Says what is done, and opens what comes next.
fn open(repository: &Repository, course: &Course, now: Number, env: &mut Env) {
    let palette = env.out.palette();
    let (done, all) = (points(course, now), points(course, course.last));
    let what = palette.paint(Ink::Good, format!("Milestone {now} of {} is done", course.last));
    env.out.line(format!("{what}: {done} of {}.", text::count(all as usize, "point")));
    match course.milestones.iter().find(|step| step.number == now + 1) {
        Some(next) => {
            env.out.line(format!("Next is milestone {}: {} ({})", next.number, next.title, text::duration(next.minutes)));
            repository.tell_goal(next, env);
        }
        None => env.out.line("That was the last one: the project is finished."),
    }
}

// --- As data -----------------------------------------------------------------------------------------------------------

fn to_json(course: &Course, upto: Number, before: Number, now: Number, broken: &[&Verdict<'_>], wanted: &[&Verdict<'_>]) -> Json {
    let of = |verdict: &&Verdict<'_>| {
        let is_guard = |case: &TestCase| verdict.step.is_some_and(|step| step.guards.contains(&case.id));
        let tests = verdict.cases.iter().map(|case| {
            json!({
                "id": case.id,
                "title": title(case),
                "outcome": case.outcome,
                "guard": is_guard(case),
                "message": case.message,
                "seconds": case.seconds,
            })
        });
        json!({
            "number": verdict.number(),
            "title": verdict.step.map(|step| &step.title),
            "done": verdict.is_done(),
            "points": verdict.points(),
            "of_points": verdict.step.map_or(0, |step| step.points),
            "missing": verdict.missing,
            "tests": tests.collect::<Vec<_>>(),
        })
    };
    let next = course.milestones.iter().find(|step| step.number == now + 1);
    json!({
        "kit": course.name,
        "checked": upto,
        "reached_before": before,
        "reached": now,
        "last": course.last,
        "broken": broken.iter().map(of).collect::<Vec<_>>(),
        "milestones": wanted.iter().map(of).collect::<Vec<_>>(),
        "next": next.map(|Step { number, title, goal, minutes, .. }| {
            json!({"number": number, "title": title, "goal": goal, "minutes": minutes, "doc": format!("docs/milestones/{number}.md")})
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::{message, once, telling};
    use crate::milestone::{Outcome, TestCase};

    #[test]
    fn a_failure_is_told_once_and_without_its_trace() {
        let long = "GET /notes: expected status 200, got 501 — milestone 1, see docs/milestones/1.md";
        assert_eq!(once(&format!("{long}java.lang.AssertionError: {long}\n\tat com.example.A.b(A.java:1)")), long);
        assert_eq!(once("no\nAssertionError: no\n    at x"), "no");
        assert_eq!((once("as it is"), once("")), ("as it is", ""));
        let case = |message: &str| TestCase {
            id: "m1/a/b".to_owned(),
            milestone: 1,
            outcome: Outcome::Failed,
            message: message.to_owned(),
            seconds: 0.0,
        };
        assert_eq!(message(&case("expected: 1\n but was: 2\n\tat A.b(A.java:1)\n\tat C")), ["expected: 1", " but was: 2"]);
    }

    #[test]
    fn what_the_build_says_of_errors_is_told() {
        assert_eq!(telling("a\n[ERROR] b\nc\n"), ["[ERROR] b"]);
        assert_eq!(telling("[ERROR] b\n[ERROR]\n[ERROR] b\n[ERROR] -> [Help 1]\n"), ["[ERROR] b"]);
        assert_eq!(telling("a\n\nb\n"), ["a", "b"]);
    }
}
