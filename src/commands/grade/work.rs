//! The rows, a few at a time.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use super::{
    cache,
    class::{Class, Source},
    renderer,
    trial::{How, Ran, Trial, command, tried},
};
use crate::{
    catalog::Catalog,
    commands::check::words::message,
    course::shell_line,
    digest::hex,
    env::Env,
    error::{Error, ErrorKind, Result},
    grade::{Evidence, Graded, GradedKit, Milestone, RemarkKind, Status, Submission, Test, Weighed},
    handout::Row,
    manifest::Number,
    process::Interrupts,
    progress::Verdict,
    render::Renderer,
    rendition::Audience,
    threads,
    tree::Tree,
};

/// So much of a failure is kept, in bytes: a test may print what a server has sent.
const MESSAGE: usize = 4000;

/// What became of a row.
struct Done {
    graded: Graded,
    /// Whether the templates are others than those that were handed out.
    is_other: bool,
}

/// All rows of the class that could be graded before a signal arrived, in the order of their folders.
pub(super) fn graded(class: &Class, how: &How, max: u32, jobs: usize, interrupts: &Interrupts, env: &mut Env) -> Result<Vec<Graded>> {
    let Env { catalog, out, .. } = env;
    let catalog: &Catalog = catalog;
    let mut done: Vec<Option<Done>> = class.rows.iter().map(|_| None).collect();
    let (mut error, mut count) = (None, 0);
    // One for each thread: a renderer remembers what it has parsed.
    let worker = || renderer(class, catalog);
    let work = |renderer: &Result<Renderer<'_>>, (index, source): &(usize, Option<Source>)| match renderer {
        Ok(renderer) => one(class, &class.handout.row[*index], source.as_ref(), renderer, how, max, interrupts),
        Err(why) => Err(Error::failed(why.to_string())),
    };
    threads::each(
        &class.rows,
        jobs,
        worker,
        || interrupts.arrived(),
        work,
        |place, result| {
            count += 1;
            match result {
                Ok(row) => {
                    out.progress(format!("{count} of {}: {}, {} of {max}", class.rows.len(), row.graded.folder, row.graded.points));
                    done[place] = Some(row);
                }
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                // Nothing that is one row's own: a kit that cannot be rendered is the same for all.
                Err(why) => error = Some(why),
            }
        },
    );
    out.progress("");
    if let Some(error) = error {
        return Err(error);
    }
    let others = done.iter().flatten().filter(|done| done.is_other).count();
    if others > 0 {
        out.warn(format!(
            "the templates have changed since {others} of these repositories were handed out; they are graded by those of today"
        ));
    }
    Ok(done.into_iter().flatten().map(|done| done.graded).collect())
}

/// One row. What is wrong with it alone is in its result; an error is everybody's.
fn one(
    class: &Class,
    row: &Row,
    source: Option<&Source>,
    renderer: &Renderer<'_>,
    how: &How,
    max: u32,
    interrupts: &Interrupts,
) -> Result<Done> {
    let start = Instant::now();
    let kit = GradedKit::of(renderer, &class.handout, row)?;
    let is_other = kit.digest != row.digest;
    let Some(source) = source else {
        return Ok(Done { graded: Graded::of(row, max, Status::Missing, "there is no repository"), is_other });
    };
    let graded = source.read(&kit).and_then(|submission| attempt(row, &kit, &submission, how, max, interrupts));
    let graded = match graded {
        Ok(graded) if graded.status == Status::NoTests && graded.seconds == 0.0 => {
            let starter = renderer.render(&row.answers, &class.handout.rendition(row, Audience::Learner))?.tree;
            let why = control(&kit, starter, how, interrupts);
            why.map(|why| why.map_or(graded, |why| Graded::of(row, max, Status::Failed, why)))
        }
        graded => graded,
    };
    let mut graded = match graded {
        Err(error) if error.kind() != ErrorKind::Interrupted => Graded::of(row, max, Status::Failed, first_line(&error)),
        graded => graded?,
    };
    if graded.seconds == 0.0 {
        graded.seconds = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        cache::keep(&how.cache, &graded);
    }
    Ok(Done { graded, is_other })
}

/// Why no test runs here on what was handed out either, if that is so: then it is not the student's fault. Tried once for each command.
fn control(kit: &GradedKit, starter: Tree, how: &How, interrupts: &Interrupts) -> Result<Option<String>> {
    let check = kit.course.check.as_ref().ok_or_else(|| Error::failed("the kit does not say how the tests run"))?;
    let command = command(check, 1);
    // Held meanwhile: whoever comes next waits for the same answer.
    let mut controls = how.controls.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = controls.get(&command) {
        return Ok(known.clone());
    }
    let (tree, _) = kit.assemble(&Submission { files: starter, ..Submission::default() }, 1)?;
    let found = match tried(kit, tree, 1, how.time, how, interrupts)? {
        Trial::Stopped { status: Status::NoTests | Status::NotCompiled, said, .. } => {
            // What comes first may end in a colon.
            let said: Vec<&str> = said.iter().take(3).map(|line| line.trim_start_matches("[ERROR]").trim()).collect();
            Some(format!("no test runs here, not even on what was handed out: {}", said.join(" ")))
        }
        _ => None,
    };
    controls.insert(command, found.clone());
    Ok(found)
}

fn first_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn attempt(row: &Row, kit: &GradedKit, submission: &Submission, how: &How, max: u32, interrupts: &Interrupts) -> Result<Graded> {
    // 1. what is built, and whether it was before
    let (tree, mut remarks) = kit.assemble(submission, how.upto)?;
    let start = kit.worked_on(submission, how.upto);
    let key = key(kit, &tree, start, how)?;
    if let Some(known) = (!how.is_forced).then(|| cache::known(&how.cache, &row.folder, &key)).flatten() {
        let known = Graded { name: row.name.clone(), record: row.record.clone(), commit: submission.commit.clone(), ..known };
        return Ok(known);
    }

    // 2. the tests
    let Course { status, why, said, weighed } = gone_through(kit, submission, how, start, interrupts)?;

    // 3. what that earns
    remarks.extend(weighed.iter().flat_map(|weighed| weighed.remarks.clone()));
    let milestones = milestones(kit, weighed.as_ref(), how.upto);
    let note = note(&why, &remarks, &milestones);
    let graded = Graded::of(row, max, status, note).earning(milestones);
    Ok(Graded { remarks, said, commit: submission.commit.clone(), key, ..graded })
}

/// What came of all runs of a row.
struct Course<'k> {
    status: Status,
    why: String,
    said: Vec<String>,
    weighed: Option<Weighed<'k>>,
}

/// The shortest time that the last run gets, which is about milestones that nothing was found of.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the tests up to the milestone that the student works on, and further for as long as the last one earns something; then all of them, which
/// may hang where nothing is written yet, and has less time. So neither an endless loop nor what is not begun costs what was reached before.
fn gone_through<'k>(kit: &'k GradedKit, submission: &Submission, how: &How, start: Number, interrupts: &Interrupts) -> Result<Course<'k>> {
    let mut best: Option<(Number, Weighed<'k>)> = None;
    let (mut number, mut longest, mut is_last) = (start, Duration::ZERO, start == how.upto);
    loop {
        let time = if is_last && best.is_some() { how.time.min(PATIENCE.max(2 * longest)) } else { how.time };
        let (tree, _) = kit.assemble(submission, number)?;
        let begin = Instant::now();
        match tried(kit, tree, number, time, how, interrupts)? {
            Trial::Ran(ran) => {
                let weighed = weigh(kit, &ran, number);
                if let Some(why) = weighed.distrust.clone() {
                    return Ok(Course { status: Status::Untrusted, why, said: Vec::new(), weighed: Some(weighed) });
                }
                longest = longest.max(begin.elapsed());
                let earned = weighed.verdicts.iter().find(|(verdict, _)| verdict.number() == number).map_or(0, |(_, points)| *points);
                if number == how.upto {
                    return Ok(Course { status: Status::Graded, why: String::new(), said: Vec::new(), weighed: Some(weighed) });
                }
                best = Some((number, weighed));
                number = if earned > 0 { number + 1 } else { how.upto };
                is_last = earned == 0;
            }
            Trial::Stopped { status, why, said } => {
                let is_partial = matches!(status, Status::TimedOut | Status::Crashed);
                if best.is_none() && is_partial {
                    best = earlier(kit, submission, number, how, interrupts)?;
                }
                let from = best.as_ref().map_or(1, |(reached, _)| reached + 1);
                let (status, why, said) = match (&best, status) {
                    // Nobody has written anything there, and waiting for it says nothing.
                    (Some(_), Status::TimedOut) if is_last && number != start => {
                        let why =
                            format!("the tests of milestones {from} to {number} had not ended after {} s and earn nothing", time.as_secs());
                        (Status::Graded, why, Vec::new())
                    }
                    (Some(_), Status::TimedOut | Status::Crashed) => {
                        (status, format!("{why}; what comes before milestone {from} was run by itself"), said)
                    }
                    _ => (status, why, said),
                };
                let weighed = best.filter(|_| is_partial).map(|(_, weighed)| weighed);
                return Ok(Course { status, why, said, weighed });
            }
        }
    }
}

/// The most milestones before `number` whose tests end by themselves, and what those say.
fn earlier<'k>(
    kit: &'k GradedKit,
    submission: &Submission,
    number: Number,
    how: &How,
    interrupts: &Interrupts,
) -> Result<Option<(Number, Weighed<'k>)>> {
    let mut best = None;
    for number in 1..number {
        let (tree, _) = kit.assemble(submission, number)?;
        let Trial::Ran(ran) = tried(kit, tree, number, how.time, how, interrupts)? else { break };
        let weighed = weigh(kit, &ran, number);
        if weighed.distrust.is_some() {
            break;
        }
        best = Some((number, weighed));
    }
    Ok(best)
}

fn weigh<'k>(kit: &'k GradedKit, ran: &Ran, upto: Number) -> Weighed<'k> {
    let Ran { cases, left_out, is_success, log, command } = ran;
    Evidence { cases, left_out, is_success: *is_success, log, command }.weigh(kit, upto)
}

/// Everything that the result depends on.
fn key(kit: &GradedKit, tree: &Tree, start: Number, how: &How) -> Result<String> {
    let check = kit.course.check.as_ref().ok_or_else(|| Error::failed("the kit does not say how the tests run"))?;
    let course = serde_json::to_string(&kit.course).map_err(|error| Error::failed("failed to write JSON").because(error))?;
    let container = how.container.as_ref().map(|container| container.image(&kit.stack)).transpose()?;
    let mut all = format!(
        "{}\n{course}\n{}\n{}\n{container:?} {start}\n",
        env!("CARGO_PKG_VERSION"),
        shell_line(&command(check, how.upto)),
        how.time.as_secs()
    );
    for (path, entry) in tree.iter() {
        all.extend([path.as_str(), "\0", if entry.executable { "x" } else { "-" }, &hex(&entry.bytes), "\n"]);
    }
    Ok(hex(all.as_bytes()))
}

/// All milestones up to `upto`, those that did not run as well.
fn milestones(kit: &GradedKit, weighed: Option<&Weighed<'_>>, upto: Number) -> Vec<Milestone> {
    let mut found: Vec<Milestone> =
        weighed.map_or_else(Vec::new, |weighed| weighed.verdicts.iter().map(|(verdict, points)| milestone(verdict, *points)).collect());
    for step in kit.course.milestones.iter().filter(|step| step.number <= upto) {
        if !found.iter().any(|milestone| milestone.number == step.number) {
            found.push(Milestone {
                number: step.number,
                done: false,
                points: 0,
                of_points: step.points,
                passed: 0,
                of_tests: step.tests as usize,
                left_out: Vec::new(),
                tests: Vec::new(),
            });
        }
    }
    found
}

fn milestone(verdict: &Verdict<'_>, points: u32) -> Milestone {
    let of_points = verdict.step.map_or(0, |step| step.points);
    let tests = verdict.cases.iter().map(|case| Test {
        id: case.id.clone(),
        outcome: case.outcome,
        message: shortened(&message(case).join("\n")),
        seconds: case.seconds,
    });
    Milestone {
        number: verdict.number(),
        done: verdict.is_done() && points == of_points,
        points,
        of_points,
        passed: verdict.count(crate::milestone::Outcome::Passed),
        of_tests: verdict.tests(),
        left_out: verdict.left_out.iter().map(Into::into).collect(),
        tests: tests.collect(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().find(|(index, _)| *index >= MESSAGE) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a teacher has to know at a glance.
fn note(why: &str, remarks: &[crate::grade::Remark], milestones: &[Milestone]) -> String {
    let mut parts: Vec<String> = Some(why.to_owned()).filter(|why| !why.is_empty()).into_iter().collect();
    let left_out: usize = milestones.iter().map(|milestone| milestone.left_out.len()).sum();
    if left_out > 0 {
        parts.push(format!(
            "{} with this code",
            crate::commands::text::count(left_out, "test file does not compile").replace("files does", "files do")
        ));
    }
    let count = |kind| remarks.iter().filter(|remark| remark.kind == kind).count();
    let kinds = [
        (RemarkKind::Edited, "edited"),
        (RemarkKind::Deleted, "deleted"),
        (RemarkKind::Extra, "not used"),
        (RemarkKind::Refused, "not taken"),
    ];
    let counts = kinds.into_iter().map(|(kind, word)| (count(kind), word)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    parts.extend(Some(counts.join(", ")).filter(|counts| !counts.is_empty()));
    parts.join("; ")
}
