//! `stagekit new`: a repository from a kit.

use std::{
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{questions, text};
use crate::{
    answers::{Answers, Value},
    archive,
    cli::{Git, NewArgs},
    course::shell_line,
    disk,
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    interview::{Given, settle},
    manifest::{KitManifest, NextStep, Number},
    output::Ink,
    plan::{Deleted, Plan, plan},
    process,
    prompt::Item,
    receipt,
    render::{Rendered, Renderer},
    rendition::Rendition,
    tree::Tree,
};

/// Makes a repository.
pub fn run(args: &NewArgs, env: &mut Env) -> Result<()> {
    // 1. which kit
    let name = which_kit(args, env)?;
    let catalog = env.catalog.clone();
    // The process ends right after; the system takes back all at once what would be given back piece by piece.
    let renderer = ManuallyDrop::new(Renderer::new(&catalog, &name)?.for_one());
    if args.list_questions {
        return list_questions(renderer.kit(), args.json, env);
    }

    // 2. how far solved, and every answer
    let of_course = || args.until.filter(|until| *until <= renderer.kit().last()).unwrap_or(renderer.kit().last());
    let solved = if args.solution { Some(of_course()) } else { args.at };
    let rendition = rendition(renderer.kit(), solved, args.until, args.seed.clone())?;
    let answers = answers(args, renderer.kit(), env)?;

    // 3. what that gives, and where it goes
    let rendered = ManuallyDrop::new(renderer.render(&answers, &rendition)?);
    let files = rendered.tree.len();
    let (kit, of) = (renderer.kit(), &*rendered);
    let own_files = || receipt::own_files(kit, of, &answers, &rendition);
    let whole = || receipt::repository(kit, of, &answers, &rendition);
    let next_steps = next_steps(&renderer, &answers, &rendition)?;
    let target = target(args, &answers, env);
    let made = Made { kit: renderer.kit(), answers: &answers, rendition: &rendition, rendered: &rendered, files, next_steps, target };

    // 4. shown only, or after a yes
    match made.target.form {
        Form::Folder => disk::creatable(&made.target.path)?,
        Form::Zip | Form::Tar => disk::creatable_file(&made.target.path)?,
    }
    if args.dry_run || args.diff {
        return preview(args, &made, &whole()?, env);
    }
    if !agreed(args, &made, env)? {
        return Err(Error::interrupted());
    }

    // 5. written
    let watch = disk::interrupts()?;
    let wants_git = match made.target.form {
        Form::Folder => wants_git(args, &made.target.path, env)?,
        Form::Zip | Form::Tar => false,
    };
    if let (Form::Folder, Some(parent)) = (made.target.form, made.target.path.parent()) {
        disk::sweep(parent, &watch);
    }
    match made.target.form {
        // Half of what is written there is made while the other half is written.
        Form::Folder => disk::create_with(&made.target.path, &rendered.tree, own_files, &watch)?,
        Form::Zip => disk::create_file(&made.target.path, &archive::zip(&whole()?, &made.target.prefix)?, &watch)?,
        Form::Tar => disk::create_file(&made.target.path, &archive::tar(&whole()?, &made.target.prefix), &watch)?,
    }
    let has_commit = wants_git && first_commit(&made, env);
    if let (Form::Folder, Some(known)) = (made.target.form, &env.known) {
        disk::remember(known, &std::path::absolute(&made.target.path).unwrap_or_else(|_| made.target.path.clone()));
    }

    // 6. told
    if args.json {
        env.out.json(&made.to_json(&from_nothing(&whole()?), has_commit))?;
    } else {
        made.tell(has_commit, env);
    }
    Ok(())
}

/// What is made, of what, where.
struct Made<'m> {
    kit: &'m KitManifest,
    answers: &'m Answers,
    rendition: &'m Rendition,
    rendered: &'m Rendered,
    /// How many files were rendered; those of `.stagekit` come on top.
    files: usize,
    next_steps: Vec<NextStep>,
    target: Target,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Folder,
    Zip,
    Tar,
}

/// Where a repository goes.
struct Target {
    form: Form,
    path: PathBuf,
    /// As a person would type it.
    shown: String,
    /// The folder inside an archive, with its closing slash.
    prefix: String,
}

fn which_kit(args: &NewArgs, env: &mut Env) -> Result<String> {
    if let Some(kit) = &args.kit {
        return Ok(kit.clone());
    }
    let kits = env.catalog.kits()?;
    if !env.ask.is_interactive() || args.yes {
        let names: Vec<&str> = kits.iter().map(|kit| kit.name.get_ref().as_str()).collect();
        return Err(Error::usage("which kit? nobody is there to be asked")
            .hint(format!("`stagekit new KIT DIR`, where KIT is one of {}", names.join(", "))));
    }
    env.out.flush();
    let items: Vec<Item> =
        kits.iter().map(|kit| Item { title: kit.name.get_ref().clone(), help: format!("stage {} · {}", kit.stage, kit.summary) }).collect();
    let chosen = env.ask.search("Which project?", &items, 0)?;
    Ok(kits.get(chosen).map(|kit| kit.name.get_ref().clone()).unwrap_or_default())
}

/// How a kit is rendered with `at` milestones solved that ends after `until`.
pub(super) fn rendition(kit: &KitManifest, at: Option<Number>, until: Option<Number>, seed: Option<String>) -> Result<Rendition> {
    let last = kit.last();
    let mut faults = Vec::new();
    let mut within = |flag: &str, number: Option<Number>, least: Number, most: Number| {
        if number.is_some_and(|number| number < least || number > most) {
            faults.push(Fault::new(format!("--{flag}"), format!("`{}` has milestones {least} to {most}", kit.name.get_ref())));
        }
    };
    within("until", until, 1, last);
    let last = until.filter(|until| (1..=last).contains(until)).unwrap_or(last);
    within("at", at, 0, last);
    if !faults.is_empty() {
        return Err(Error::faults(ErrorKind::Usage, "there is no such milestone", faults)
            .hint(format!("`stagekit show {}` lists them", kit.name.get_ref())));
    }
    Ok(Rendition { at: at.unwrap_or(0), until, seed, ..Rendition::default() })
}

/// An answers file and what it is called, as [`Given`] takes it.
pub(super) fn answers_file(path: Option<&Path>, env: &Env) -> Result<Option<(String, toml::Table)>> {
    path.map(|path| Ok((path.display().to_string(), disk::read_toml(&env.path(path), path)?))).transpose()
}

/// What the project in a folder of this name is called if nobody says so.
pub(super) fn project_name(folder: &str) -> String {
    folder.to_lowercase().replace([' ', '_'], "-")
}

fn answers(args: &NewArgs, kit: &KitManifest, env: &mut Env) -> Result<Answers> {
    let file = answers_file(args.answers.as_deref(), env)?;
    let folder =
        args.dir.as_ref().map(|dir| env.path(dir)).and_then(|dir| std::path::absolute(dir).ok()?.file_name()?.to_str().map(project_name));
    let given = Given {
        settings: args.settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str())).collect(),
        file,
        seed: args.seed.as_deref(),
        name: folder,
        person: (env.ask.is_interactive() && !args.yes).then_some(&*env.ask),
    };
    env.out.flush();
    settle(kit, &given, &mut |help| {
        if !env.out.is_quiet() {
            env.ask.help(help);
        }
    })
}

fn target(args: &NewArgs, answers: &Answers, env: &Env) -> Target {
    let name = answers.text("name").unwrap_or_default().into_owned();
    let (form, path) = match (&args.zip, &args.tar, &args.dir) {
        (Some(file), _, _) => (Form::Zip, file.clone()),
        (_, Some(file), _) => (Form::Tar, file.clone()),
        (_, _, Some(dir)) => (Form::Folder, dir.clone()),
        _ => (Form::Folder, PathBuf::from(&name)),
    };
    Target { form, path: env.path(&path), shown: path.display().to_string(), prefix: format!("{name}/") }
}

/// The plan of a repository that does not exist yet.
fn from_nothing(tree: &Tree) -> Plan {
    plan(&Tree::new(), &Tree::new(), tree, Deleted::Say)
}

fn preview(args: &NewArgs, made: &Made<'_>, tree: &Tree, env: &mut Env) -> Result<()> {
    let plan = from_nothing(tree);
    if args.diff {
        env.out.print(&plan.diff());
        Ok(())
    } else if args.json {
        env.out.json(&made.to_json(&plan, false))
    } else {
        env.out.print(&plan.listing());
        env.out.say(format!("nothing was written; without `--dry-run` this goes to `{}`", made.target.shown));
        Ok(())
    }
}

/// Shows what will be done and asks, where there is somebody to ask.
fn agreed(args: &NewArgs, made: &Made<'_>, env: &mut Env) -> Result<bool> {
    if args.yes || !env.ask.is_interactive() {
        return Ok(true);
    }
    let ink = env.out.talk_palette();
    env.out.say("");
    env.out.say(format!(
        "{} {} {}   {}",
        ink.paint(Ink::Heading, &made.kit.title),
        ink.paint(Ink::Dim, "→"),
        ink.paint(Ink::Name, &made.target.shown),
        ink.paint(
            Ink::Dim,
            format!("{}, {} of {} milestones solved", text::count(made.files, "file"), made.rendition.at, made.rendered.course.last)
        )
    ));
    let widest = made.kit.question.iter().map(|question| question.name().len()).max().unwrap_or(0);
    for question in &made.kit.question {
        if let Some(value) = made.answers.get(question.name()) {
            let value = match value {
                Value::Bool(true) => "yes".to_owned(),
                Value::Bool(false) => "no".to_owned(),
                Value::Text(text) if text.is_empty() => ink.paint(Ink::Dim, "(none)"),
                value => value.to_string(),
            };
            env.out.say(format!("  {:widest$}  {value}", question.name()));
        }
    }
    env.out.flush();
    env.ask.confirm("Write it?", true)
}

/// Whether to make a git repository: never inside another one.
fn wants_git(args: &NewArgs, target: &Path, env: &Env) -> Result<bool> {
    let outer = || disk::repository_around(target);
    match args.git() {
        Git::No => Ok(false),
        Git::Unsaid => Ok(env.ask.is_interactive() && outer().is_none() && process::has_git()),
        Git::Yes => match outer() {
            Some(outer) => Err(Error::new(
                ErrorKind::Conflict,
                format!("`{}` is a git repository already, and the target lies in it", outer.display()),
            )
            .hint("leave out `--git`, or choose a target outside")),
            None if process::has_git() => Ok(true),
            None => Err(Error::failed("`--git` needs the program `git`, which cannot be run").hint("install git, or leave out `--git`")),
        },
    }
}

/// Commits; a failure costs the commit, not the repository.
fn first_commit(made: &Made<'_>, env: &mut Env) -> bool {
    let message = format!("Start from the stagekit kit {} {}", made.kit.name.get_ref(), made.kit.version);
    match process::first_commit(&made.target.path, &made.rendered.stack.default_branch, &message) {
        Ok(()) => true,
        Err(error) => {
            env.out.warn(format!("the files are there, but there is no first commit: {error}"));
            env.out.hint("set `git config --global user.name` and `user.email`, then `git add -A && git commit`");
            false
        }
    }
}

/// What to run next, where these answers are given.
fn next_steps(renderer: &Renderer<'_>, answers: &Answers, rendition: &Rendition) -> Result<Vec<NextStep>> {
    let steps =
        renderer.next_steps(answers, rendition, &|step| answers.meet(step.when.as_ref())).map_err(|faults| renderer.faulty(faults))?;
    Ok(steps.into_iter().map(|step| NextStep { when: None, ..step }).collect())
}

impl Made<'_> {
    fn to_json(&self, plan: &Plan, has_commit: bool) -> serde_json::Value {
        json!({
            "kit": self.kit.name.get_ref(),
            "version": self.kit.version,
            "target": self.target.path,
            "form": match self.target.form { Form::Folder => "folder", Form::Zip => "zip", Form::Tar => "tar" },
            "at": self.rendition.at,
            "last": self.rendered.course.last,
            "answers": self.answers,
            "features": self.rendered.features,
            "digest": self.rendered.digest,
            "plan": plan.to_json(),
            "git": has_commit,
            "next_steps": self.next_steps,
        })
    }

    fn tell(&self, has_commit: bool, env: &mut Env) {
        let ink = env.out.talk_palette();
        let count = text::count(self.files, "file");
        let commit = if has_commit { ", committed to git" } else { "" };
        env.out.say(format!("{} {} in `{}` ({count}{commit})", ink.paint(Ink::Good, "created"), self.kit.title, self.target.shown));
        if self.target.form != Form::Folder {
            return;
        }
        let enter = NextStep { command: shell_line(&["cd".to_owned(), self.target.shown.clone()]), why: "go there".to_owned(), when: None };
        let lines: Vec<&NextStep> = std::iter::once(&enter).filter(|_| self.target.shown != ".").chain(&self.next_steps).collect();
        let widest = lines.iter().map(|step| step.command.len()).max().unwrap_or(0);
        env.out.say("\nnext:");
        for step in lines {
            let command = format!("{:widest$}", step.command);
            env.out.say(format!("  {}   {}", ink.paint(Ink::Name, command), ink.paint(Ink::Dim, format!("# {}", step.why))));
        }
        let next = self.rendition.at + 1;
        if let Some(milestone) = self.rendered.course.milestones.iter().find(|milestone| milestone.number == next) {
            env.out.say(format!(
                "\nmilestone {next} of {}: {} ({})",
                self.rendered.course.last,
                milestone.title,
                text::duration(milestone.minutes)
            ));
            env.out.say(format!("  read docs/milestones/{next}.md; `stagekit check` runs its tests"));
        }
    }
}

/// The questions as a person or a program wants them.
fn list_questions(kit: &KitManifest, as_json: bool, env: &mut Env) -> Result<()> {
    if as_json {
        return env.out.json(&json!({ "kit": kit.name.get_ref(), "questions": questions::data(kit) }));
    }
    questions::print(&mut env.out, kit, "");
    Ok(())
}
