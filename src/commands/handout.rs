//! `stagekit handout`: a repository for each student of a class, and a corrected kit for them later.

mod brought;
mod class;
mod correction;
mod making;
mod state;
mod theirs;

use std::path::PathBuf;

use serde_json::json;

use self::{
    making::{Making, Outcome},
    state::{Fate, State, Work},
};
use super::new;
use crate::{
    cli::{HandoutArgs, HandoutForm},
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    handout::{FILE, Form, Handout},
    output::Ink,
    render::Renderer,
};

/// Hands out, or brings a correction.
pub fn run(args: &HandoutArgs, env: &mut Env) -> Result<()> {
    if args.update {
        return correction::run(args, env);
    }

    // 1. which kit, how far solved, as what
    let form = form(args.form)?;
    let catalog = env.catalog.clone();
    let renderer = Renderer::new(&catalog, args.kit.as_deref().unwrap_or_default())?;
    let rendition = new::rendition(renderer.kit(), args.at, args.until, None)?;

    // 2. who, with every answer; all that is wrong at once
    let rows = class::rows(args, renderer.kit(), env)?;
    let wanted = Handout {
        format_version: 1,
        stagekit: env!("CARGO_PKG_VERSION").to_owned(),
        kit: renderer.kit().name.get_ref().clone(),
        version: renderer.kit().version.clone(),
        form,
        at: rendition.at,
        until: rendition.until,
        variant_seed: args.variant_seed.clone(),
        templates: state::templates(&catalog),
        updates: 0,
        row: rows,
    };

    // 3. what is there of it already; nobody else changes that meanwhile
    let out = Out { path: env.path(&args.out), shown: args.out.display().to_string() };
    let watch = disk::interrupts()?;
    let lock = if args.dry_run {
        None
    } else {
        disk::make_folder(&out.path)?;
        let lock = disk::Lock::take(&out.path, &watch)?;
        disk::sweep(&out.path, &watch);
        disk::sweep_files(&out.path);
        Some(lock)
    };
    let state = State::of(wanted, &out.path, &renderer)?;
    if args.dry_run {
        return preview(args, &state, &out, env);
    }

    // 4. written: first who gets what, then that
    state.write(&out.path, &watch)?;
    let made = making::make(Making { state, renderer, out: &out.path, watch: &watch }, env);
    if let Some(lock) = lock {
        lock.release(&watch);
    }
    let outcome = made?;

    // 5. told
    tell(args, outcome, &out, env)
}

/// Where it goes.
struct Out {
    path: PathBuf,
    /// As a person would type it.
    shown: String,
}

fn form(said: Option<HandoutForm>) -> Result<Form> {
    match said {
        None | Some(HandoutForm::Dir) => Ok(Form::Dir),
        Some(HandoutForm::Zip) => Ok(Form::Zip),
        Some(HandoutForm::Bare) => Ok(Form::Bare),
        Some(HandoutForm::Patch | HandoutForm::Branch) => {
            Err(Error::usage("a patch or a branch is what `--update` makes").hint("`--as dir`, `--as zip` or `--as bare`"))
        }
    }
}

fn preview(args: &HandoutArgs, state: &State, out: &Out, env: &mut Env) -> Result<()> {
    if args.json {
        return env.out.json(&data(&state.handout, &state.work, &state.gone, false));
    }
    let widest = state.work.iter().map(|work| work.row.folder.len()).max().unwrap_or(0);
    for work in &state.work {
        let name = work.row.folder.as_str();
        env.out.line(format!("{:8} {name:widest$}  {}", work.fate.word(), work.row.name).trim_end());
    }
    env.out.say(format!("nothing was written; without `--dry-run` this goes to `{}`", out.shown));
    Ok(())
}

fn data(handout: &Handout, work: &[Work], gone: &[String], is_written: bool) -> serde_json::Value {
    let rows = work.iter().map(|work| {
        json!({
            "number": work.row.number,
            "name": work.row.name,
            "folder": work.row.folder,
            "repository": handout.form.name_of(&work.row.folder),
            "status": work.fate.word(),
            "why": work.fate.why(),
            "digest": work.row.digest,
        })
    });
    json!({
        "kit": handout.kit,
        "version": handout.version,
        "form": handout.form,
        "at": handout.at,
        "until": handout.until,
        "variant_seed": handout.variant_seed,
        "written": is_written,
        "rows": rows.collect::<Vec<_>>(),
        "gone": gone,
    })
}

fn tell(args: &HandoutArgs, outcome: Outcome, out: &Out, env: &mut Env) -> Result<()> {
    let Outcome { handout, work, gone, unrecorded } = outcome;
    if args.json {
        env.out.json(&data(&handout, &work, &gone, true))?;
    }
    let count = |word: &str| work.iter().filter(|work| work.fate.word() == word).count();
    let there = match count("there") {
        0 => String::new(),
        there => format!(", {there} {} there already", if there == 1 { "was" } else { "were" }),
    };
    let ink = env.out.talk_palette();
    let made = repositories(count("made"));
    env.out.say(format!("{} {made} of `{}` in `{}`{there}", ink.paint(Ink::Good, "handed out"), handout.kit, out.shown));
    if !gone.is_empty() {
        let names: Vec<String> = gone.iter().map(|name| format!("`{name}`")).collect();
        env.out.say(format!("not in the roster any more, and kept: {}", names.join(", ")));
    }
    let faults = |wanted: fn(&Fate) -> bool| -> Vec<Fault> {
        let fault = |work: &Work| Fault::new(handout.form.name_of(&work.row.folder), work.fate.why().unwrap_or_default());
        work.iter().filter(|work| wanted(&work.fate)).map(fault).collect()
    };
    let failed = faults(|fate| matches!(fate, Fate::Failed(_) | Fate::Foreign));
    let changed = faults(|fate| matches!(fate, Fate::Changed(_)));
    let (kind, heading, hint) = if failed.is_empty() && unrecorded.is_none() {
        (ErrorKind::Conflict, "made from something else, and left as before", "move a repository away to have it made anew")
    } else {
        (ErrorKind::Failed, "not handed out as wanted", "the same command tries again")
    };
    let mut all: Vec<Fault> = failed.into_iter().chain(changed).collect();
    let heading = format!("{}: {heading}", repositories(all.len()));
    match unrecorded {
        Some(why) if all.is_empty() => return Err(why.hint("the same command tries again")),
        why => all.extend(why.map(|why| Fault::new(FILE, why.to_string()))),
    }
    if all.is_empty() {
        env.out.hint(format!("keep `{}`: `stagekit grade` and `stagekit handout --update` need it", args.out.join(FILE).display()));
        return Ok(());
    }
    Err(Error::faults(kind, heading, all).hint(hint))
}

/// How many repositories are worked on at the same time.
fn jobs(args: &HandoutArgs) -> usize {
    args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from)
}

/// `1 repository`, `6 repositories`.
fn repositories(number: usize) -> String {
    if number == 1 { "1 repository".to_owned() } else { format!("{number} repositories") }
}
