//! `stagekit next` and `stagekit progress`: the way through the roadmap.

use std::collections::BTreeMap;

use serde_json::json;

use super::{new, repository::Repository, text};
use crate::{
    answers::Answers,
    cli::{NewArgs, NextArgs, ProgressArgs, Setting},
    course::shell_line,
    disk,
    env::Env,
    error::{Error, Result},
    manifest::{KitManifest, Number},
    output::{Ink, pad},
    roadmap::{Item, Roadmap},
    route::Route,
};

/// Answers that a person gives once, not once a project.
const CARRIED: [&str; 5] = ["author", "group", "java", "database", "language"];

/// A repository that is known.
struct Known {
    kit: String,
    root: String,
    reached: Number,
    last: Number,
}

/// Says which kit comes next, and why.
pub fn run(args: &NextArgs, env: &mut Env) -> Result<()> {
    // 1. where
    let repository = Repository::around(env)?;
    let layer = repository.kit()?.clone();
    let (reached, last) = (repository.reached()?, repository.course()?.last);
    let known = known(env);

    // 2. the next on the roadmap that is ready, not done, and builds on nothing left
    let roadmap = env.catalog.roadmap()?;
    let kits = env.catalog.kits()?;
    let is_known_done = |name: &str| known.iter().any(|known| known.kit == name && known.reached == known.last);
    let is_done = |name: &str| name == layer.name && reached == last || is_known_done(name);
    let name = Route::of(&kits).next(&roadmap.kits(), &layer.name, is_done);
    let Some(kit) = name.and_then(|name| kits.iter().find(|kit| kit.name.get_ref() == name)) else {
        env.out.say("there is no kit left that you have not done");
        env.out.hint("`stagekit roadmap` shows what is planned");
        return Ok(());
    };

    // 3. with the answers that hold for it, too
    let settings = carried(&layer.answers, kit);
    let name = kit.name.get_ref();
    let dir = args.dir.clone().unwrap_or_else(|| repository.root.parent().unwrap_or(&repository.root).join(name));
    if args.start {
        return new::run(&NewArgs { kit: Some(name.clone()), dir: Some(dir), settings, yes: args.yes, ..NewArgs::default() }, env);
    }
    let words = ["stagekit".to_owned(), "new".to_owned(), name.clone(), dir.display().to_string()]
        .into_iter()
        .chain(settings.iter().flat_map(|setting| ["--set".to_owned(), format!("{}={}", setting.name, setting.value)]));
    let command = shell_line(&words.collect::<Vec<_>>());
    if args.json {
        let settings: BTreeMap<&str, &str> = settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str())).collect();
        return env.out.json(&json!({
            "kit": name, "stage": kit.stage, "title": kit.title, "summary": kit.summary, "learn": kit.learn,
            "builds_on": kit.requires_kits, "answers": settings, "command": command,
        }));
    }
    if reached < last {
        env.out.say(format!("milestone {reached} of {last} is reached here; `stagekit check` goes on with it"));
    }
    print(kit, &roadmap, &command, is_done, env);
    Ok(())
}

fn carried(answers: &Answers, kit: &KitManifest) -> Vec<Setting> {
    let fits = |name: &&str| {
        let (Some(question), Some(value)) = (kit.question(name), answers.get(name)) else { return false };
        !value.to_string().is_empty()
            && (question.choices.is_empty() || question.choices.iter().any(|choice| choice.value == value.to_string()))
    };
    let setting = |name: &str| answers.get(name).map(|value| Setting { name: name.to_owned(), value: value.to_string() });
    CARRIED.into_iter().filter(fits).filter_map(setting).collect()
}

fn print(kit: &KitManifest, roadmap: &Roadmap, command: &str, is_done: impl Fn(&str) -> bool, env: &mut Env) {
    let palette = env.out.palette();
    let stage = roadmap.stage(kit.stage).map(|stage| format!(": {}", stage.title)).unwrap_or_default();
    env.out.line(format!("{} ({})", palette.paint(Ink::Heading, &kit.title), palette.paint(Ink::Name, kit.name.get_ref())));
    env.out.paragraph("  ", "  ", &kit.builds);
    env.out.line("");
    env.out.line(format!("It belongs to stage {}{stage}.", kit.stage));
    if !kit.requires_kits.is_empty() {
        let told = |name: &String| if is_done(name) { format!("{name} (done)") } else { name.clone() };
        env.out.line(format!("It builds on {}.", kit.requires_kits.iter().map(told).collect::<Vec<_>>().join(" and ")));
    }
    let minutes: u32 = kit.milestone.iter().map(|milestone| milestone.minutes).sum();
    env.out.line(format!("It has {}, {}.", text::count(kit.milestone.len(), "milestone"), text::duration(minutes)));
    env.out.line("");
    env.out.line("You learn");
    for what in &kit.learn {
        env.out.paragraph("  - ", "    ", what);
    }
    env.out.line("");
    env.out.line(palette.paint(Ink::Name, command));
    env.out.hint("`stagekit next --start` does that");
}

/// Shows the roadmap with what is done.
pub fn progress(args: &ProgressArgs, env: &mut Env) -> Result<()> {
    let Some(file) = env.known.clone() else {
        return Err(Error::failed("there is no folder for data of yours: neither `XDG_DATA_HOME` nor `HOME` is set"));
    };
    let roadmap = env.catalog.roadmap()?;
    let known = known(env);
    let ready = env.catalog.kit_names();
    if args.json {
        let rows = known.iter().map(|known| json!({"kit": known.kit, "root": known.root, "reached": known.reached, "last": known.last}));
        return env.out.json(&json!({"file": file, "repositories": rows.collect::<Vec<_>>()}));
    }
    for stage in &roadmap.stage {
        let items = stage.practice.iter().chain(stage.topics.iter().flat_map(|group| &group.items));
        section(&format!("Stage {}: {}", stage.number, stage.title), items, &known, &ready, env);
    }
    section("Project ideas", roadmap.idea.iter(), &known, &ready, env);
    env.out.hint(format!("what is known of your repositories stands in `{}`; you may delete it", file.display()));
    Ok(())
}

/// The kits of some items of the roadmap, each once.
fn section<'i>(title: &str, items: impl Iterator<Item = &'i Item>, known: &[Known], ready: &[String], env: &mut Env) {
    let palette = env.out.palette();
    env.out.line(palette.paint(Ink::Heading, title));
    let mut told: Vec<&str> = Vec::new();
    for kit in items.flat_map(|item| &item.kits) {
        if told.contains(&kit.as_str()) {
            continue;
        }
        told.push(kit);
        let mut is_known = false;
        for row in known.iter().filter(|known| known.kit == *kit) {
            is_known = true;
            let (mark, ink) = if row.reached == row.last { ("done", Ink::Good) } else { ("begun", Ink::Warning) };
            let mark = pad(&palette.paint(ink, mark), 7);
            env.out.line(format!("  {mark}  {kit}: milestone {} of {}, in {}", row.reached, row.last, row.root));
        }
        if !is_known {
            let mark = if ready.contains(kit) { "ready" } else { "planned" };
            env.out.line(palette.paint(Ink::Dim, format!("  {mark:<7}  {kit}")));
        }
    }
}

/// The repositories that are known and still there.
fn known(env: &Env) -> Vec<Known> {
    let Some(file) = &env.known else { return Vec::new() };
    let roots = disk::remembered(file);
    roots.iter().filter_map(|root| Repository::at_root(root).ok()).filter_map(|repository| of(&repository)).collect()
}

fn of(repository: &Repository) -> Option<Known> {
    Some(Known {
        kit: repository.kit().ok()?.name.clone(),
        root: repository.root.display().to_string(),
        reached: repository.reached().ok()?,
        last: repository.course().ok()?.last,
    })
}
