//! `stagekit remove`: takes features out again.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    add::{finish, turning},
    becoming::{Becoming, becoming},
    ground::{Ground, seen_from},
    repository::Repository,
};
use crate::{
    answers::Value,
    cli::RemoveArgs,
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result, nearest},
    layers::OnConflict,
    output::Ink,
    plan::Op,
    receipt::Layer,
    tree::{RelPath, Tree},
};

/// Removes features: what is untouched goes, what is not is told.
pub fn run(args: &RemoveArgs, env: &mut Env) -> Result<()> {
    // 1. where, and which features of it; nothing half done may be forgotten
    let repository = Repository::around(env)?;
    repository.refuse_unfinished()?;
    let ground = Ground::of(&repository.root, &env.cwd, args.inside.as_deref())?;
    let going = Going::of(&repository, args, &ground, env)?;

    // 2. what is left of the repository then
    let catalog = env.catalog.clone();
    let rest: Vec<Layer> = repository.features().filter(|layer| !going.layers.iter().any(|gone| is_same(gone, layer))).cloned().collect();
    let becoming = becoming(&repository, &catalog, &going.answers, &rest, OnConflict::Keep)?;
    let base = repository.base()?;
    let edited = edited(&repository, &base, &going.layers)?;
    let stale = stale(&repository, &base, &becoming, &edited)?;
    if args.json {
        env.out.json(&json!({
            "features": args.features,
            "edited": edited.iter().map(RelPath::as_str).collect::<Vec<_>>(),
            "stale": stale.iter().map(RelPath::as_str).collect::<Vec<_>>(),
            "written": !args.dry_run && !args.diff,
            "plan": becoming.planned.to_json(),
        }))?;
    } else {
        becoming.show(args.diff, env);
    }
    for path in &edited {
        env.out.warn(format!("{path}: you have changed it, so it stays; it is yours alone from now on"));
    }
    let gone = args.features.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    for path in &stale {
        env.out.warn(format!("{path}: you have changed it, so it stays as it is; look for what it does with {gone}"));
    }
    if args.dry_run || args.diff {
        env.out.say("nothing was written");
        return Ok(());
    }

    // 3. written, and told
    finish(&repository, &becoming, args.yes, env)?;
    let ink = env.out.talk_palette();
    env.out.say(format!("{} {}", ink.paint(Ink::Good, "removed"), args.features.join(", ")));
    Ok(())
}

fn is_same(one: &Layer, other: &Layer) -> bool {
    one.is_of(&other.name, &other.directory)
}

/// What goes: layers, and answers with which the kit does without its own.
struct Going {
    layers: Vec<Layer>,
    answers: Vec<(String, Value)>,
}

impl Going {
    fn of(repository: &Repository, args: &RemoveArgs, ground: &Ground, env: &Env) -> Result<Self> {
        let (directory, stood_in) = (ground.asked.as_deref(), ground.stood_in.as_deref());
        let mut going = Self { layers: Vec::new(), answers: Vec::new() };
        let mut faults = Vec::new();
        let kit = repository.kit().ok();
        for name in args.features.iter().collect::<BTreeSet<_>>() {
            let of_name: Vec<&Layer> = repository.features().filter(|layer| layer.name == *name).collect();
            let here: Vec<&&Layer> =
                of_name.iter().filter(|layer| directory.is_none_or(|directory| layer.directory == directory)).collect();
            match here[..] {
                [layer] => going.layers.push((*layer).clone()),
                [] => match kit.filter(|kit| directory.is_none_or(|directory| directory == ".") && kit.features.contains(name)) {
                    Some(kit) => {
                        let manifest = env.catalog.kit(&kit.name)?;
                        let used = manifest.feature.iter().find(|used| used.name.get_ref() == name);
                        let answers = turning(used.and_then(|used| used.when.as_ref()), &kit.answers, false);
                        if answers.is_empty() {
                            faults.push(Fault::new(name, format!("the kit `{}` cannot do without it", kit.name)));
                        }
                        going.answers.extend(answers);
                    }
                    None => faults.push(absent(name, &of_name, stood_in, repository)),
                },
                _ => {
                    let folders: Vec<String> = here.iter().map(|layer| format!("`{}`", layer.directory)).collect();
                    let fault = Fault::new(name, format!("was added to {}", folders.join(", ")));
                    faults.push(fault.hint("`--in DIR` says where it is to go"));
                }
            }
        }
        if faults.is_empty() {
            Ok(going)
        } else {
            Err(Error::faults(ErrorKind::Usage, "this cannot be removed, nothing was written", faults))
        }
    }
}

/// Why it cannot be removed: it is `elsewhere`, or nowhere.
fn absent(name: &str, elsewhere: &[&Layer], stood_in: Option<&str>, repository: &Repository) -> Fault {
    let folders: Vec<String> = elsewhere.iter().map(|layer| seen_from(stood_in, &layer.directory)).collect();
    if !folders.is_empty() {
        let ways: Vec<String> = folders.iter().map(|folder| format!("`--in {folder}`")).collect();
        return Fault::new(name, "was not added there, but elsewhere").hint(format!("{} says where it is", ways.join(" or ")));
    }
    let known: Vec<&str> = repository.features().map(|layer| layer.name.as_str()).collect();
    let of_kit = repository.kit().map_or(&[][..], |kit| &kit.features);
    let known: Vec<&str> = known.into_iter().chain(of_kit.iter().map(String::as_str)).collect();
    let fault = Fault::new(name, "was not added here");
    match nearest(name, known.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => fault,
        None => fault.hint(format!("there is {}", known.join(", "))),
    }
}

/// Files of the layers that are not as they were written.
fn edited(repository: &Repository, base: &Tree, layers: &[Layer]) -> Result<Vec<RelPath>> {
    let files: Vec<&RelPath> = layers.iter().flat_map(|layer| &layer.files).collect();
    let there = disk::read(&repository.root, files.iter().copied())?;
    let is_edited = |path: &&&RelPath| match (base.get(path), there.get(path)) {
        (Some(base), Some(there)) => !crate::plan::same(base, there),
        _ => false,
    };
    Ok(files.iter().filter(is_edited).map(|path| (*path).clone()).collect())
}

/// Files of what stays that would do without what goes, such as a workflow that started it, but are not as they were written.
fn stale(repository: &Repository, base: &Tree, becoming: &Becoming, edited: &[RelPath]) -> Result<Vec<RelPath>> {
    let written: BTreeSet<&RelPath> = becoming.planned.steps().iter().filter(|step| step.op != Op::Keep).map(|step| &step.path).collect();
    let other = base.iter().filter(|(path, entry)| becoming.base.get(path).is_some_and(|fresh| !crate::plan::same(entry, fresh)));
    let open: Vec<&RelPath> = other.map(|(path, _)| path).filter(|path| !written.contains(path) && !edited.contains(path)).collect();
    let there = disk::read(&repository.root, open.iter().copied())?;
    let is_edited = |path: &RelPath| match (base.get(path), there.get(path)) {
        (Some(base), Some(there)) => {
            !crate::plan::same(base, there) && becoming.base.get(path).is_none_or(|fresh| !crate::plan::same(fresh, there))
        }
        _ => false,
    };
    Ok(open.into_iter().filter(|path| is_edited(path)).cloned().collect())
}
