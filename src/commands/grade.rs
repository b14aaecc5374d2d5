//! `stagekit grade`: what has the class reached?

mod cache;
mod class;
mod container;
mod csv;
mod junit;
mod needs;
mod page;
mod table;
mod trial;
mod work;
mod write;

use std::{sync::Mutex, time::Duration};

use self::{class::Class, container::Container, needs::Needs, trial::How, work::graded, write::write};
use crate::{
    cli::{GradeArgs, GradeCommand, GradeMergeArgs},
    disk,
    env::Env,
    error::{Error, ErrorKind, Result},
    grade::{FORMAT, Graded, Head, Results, merge},
    manifest::{KitManifest, Number},
    process::Interrupts,
    render::Renderer,
};

/// Grades a class, or joins what was graded elsewhere.
pub fn run(args: &GradeArgs, env: &mut Env) -> Result<()> {
    match &args.command {
        Some(GradeCommand::Merge(args)) => joined(args, env),
        None => grade(args, env),
    }
}

fn grade(args: &GradeArgs, env: &mut Env) -> Result<()> {
    // 1. who is to be graded by what, and where their repositories are
    write::agree(&args.output)?;
    let class = Class::of(args, env)?;
    if args.list {
        class.list(env);
        return Ok(());
    }
    let kit = env.catalog.kit(&class.handout.kit)?;
    let upto = upto(args, &class, &kit)?;
    let interrupts = Interrupts::listen()?;
    let needs = Needs::of(&class, upto, &renderer(&class, &env.catalog)?)?;
    let container = args.container.as_deref().map(|image| Container::of(image, &needs, &env.catalog, &interrupts)).transpose()?;
    let missing = needs.missing(&interrupts);
    if !missing.is_empty() && upto == kit.last() {
        return Err(needs::refused(needs.kit(), &missing));
    }
    let how = How {
        time: Duration::from_secs(args.timeout.into()),
        container,
        missing,
        controls: Mutex::default(),
        upto,
        is_forced: args.force,
        cache: class.folder.join(cache::FOLDER),
    };
    class.tell(env);

    // 2. each of them, a few at a time
    let heads = heads(&kit, upto);
    let max = heads.iter().map(|head| head.points).sum();
    let rows = graded(&class, &how, max, usize::from(args.jobs), &interrupts, env)?;

    // 3. told
    let results = Results {
        format_version: FORMAT,
        stagekit: env!("CARGO_PKG_VERSION").to_owned(),
        kit: class.handout.kit.clone(),
        version: kit.version.clone(),
        handout: class.digest.clone(),
        upto,
        max,
        milestones: heads,
        class: class.handout.row.len(),
        shard: class.shard,
        is_complete: rows.len() == class.rows.len(),
        rows,
    };
    write(&args.output, &results, env)?;
    if interrupts.arrived() {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted; what was graded is kept, and is not run again"));
    }
    failure(&results)
}

/// `stagekit grade merge`.
fn joined(args: &GradeMergeArgs, env: &mut Env) -> Result<()> {
    write::agree(&args.output)?;
    let read = args.files.iter().map(|file| {
        let shown = file.display().to_string();
        Ok((shown.clone(), Results::read(&disk::read_text(&env.path(file))?, &shown)?))
    });
    let results = merge(read.collect::<Result<_>>()?)?;
    write(&args.output, &results, env)?;
    failure(&results)
}

/// The milestone up to which is graded.
fn upto(args: &GradeArgs, class: &Class, kit: &KitManifest) -> Result<Number> {
    let last = class.handout.until.map_or(kit.last(), |until| until.min(kit.last()));
    match args.upto {
        None => Ok(last),
        Some(upto) if (1..=last).contains(&upto) => Ok(upto),
        Some(upto) => {
            Err(Error::usage(format!("there is no milestone {upto} in this course")).hint(format!("it has milestones 1 to {last}")))
        }
    }
}

fn heads(kit: &KitManifest, upto: Number) -> Vec<Head> {
    let milestones = kit.milestone.iter().filter(|milestone| milestone.number() <= upto);
    let head = |milestone: &crate::manifest::Milestone| Head {
        number: milestone.number(),
        title: milestone.title.clone(),
        points: milestone.points,
        tests: milestone.tests + milestone.hidden_tests,
    };
    milestones.map(head).collect()
}

/// The error that it is where repositories could not be graded.
fn failure(results: &Results) -> Result<()> {
    let failed: Vec<&Graded> = results.rows.iter().filter(|row| !row.status.is_graded()).collect();
    match failed.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::failed(format!("`{}` was not graded: {}", one.folder, one.note))),
        [one, ..] => Err(Error::failed(format!(
            "{} of {} repositories were not graded; the first is `{}`: {}",
            failed.len(),
            results.rows.len(),
            one.folder,
            one.note
        ))),
    }
}

/// What renders the class's kit.
fn renderer<'c>(class: &Class, catalog: &'c crate::catalog::Catalog) -> Result<Renderer<'c>> {
    Renderer::new(catalog, &class.handout.kit)
}
