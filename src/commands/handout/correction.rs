//! `stagekit handout --update`: a corrected kit for repositories that students already work in.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    super::{becoming::becoming, repository::Repository},
    repositories,
    state::templates,
};
use crate::{
    catalog::Catalog,
    cli::{Conflicts, HandoutArgs, HandoutForm},
    disk::{self, Interrupts, Over, Scratch, Unwatched},
    env::Env,
    error::{Error, ErrorKind, Fault, Result},
    gitpack::{self, Attributes},
    handout::{FILE, Handout, Row},
    interview::{Given, settle},
    layers::OnConflict,
    output::Ink,
    plan::{Deleted, Op, Plan, plan},
    process::{Branch, Git},
    receipt::{self, Layer},
    render::Renderer,
    rendition::Audience,
    tree::{Entry, RelPath, Tree},
};

/// Brings the kit as it is now to every student's repository: as a patch, or as a branch beside their own.
pub(super) fn run(args: &HandoutArgs, env: &mut Env) -> Result<()> {
    // 1. what was handed out
    let form = match args.form {
        None | Some(HandoutForm::Patch) => Form::Patch,
        Some(HandoutForm::Branch) => Form::Branch,
        Some(_) => return Err(Error::usage("`--update` makes patches or branches").hint("`--as patch` or `--as branch`")),
    };
    let out = env.path(&args.out);
    let watch = disk::interrupts()?;
    if disk::standing(&out.join(FILE))? == disk::Standing::Nothing {
        return Err(Error::usage(format!("there is no `{}`", args.out.join(FILE).display()))
            .hint("`--out` names a folder that `stagekit handout` has handed out to"));
    }
    let lock = if args.dry_run { None } else { Some(disk::Lock::take(&out, &watch)?) };
    let mut handout = Handout::read(&disk::read_text(&out.join(FILE))?)?;

    // 2. the kit as it is now, and each repository with it
    let catalog = env.catalog.clone();
    let renderer = Renderer::new(&catalog, &handout.kit)?;
    let number = handout.updates + 1;
    let correction = Correction {
        catalog: &catalog,
        out: &out,
        repositories: args.repositories.as_ref().map_or_else(|| out.clone(), |dir| env.path(dir)),
        form,
        on_conflict: if args.conflicts == Conflicts::Markers { OnConflict::Merge } else { OnConflict::Refuse },
        number,
        is_dry: args.dry_run,
        message: format!("Bring stagekit kit {} to {}\n\nUpdate {number} of the handout.", handout.kit, renderer.kit().version),
    };
    let mut results = Vec::new();
    let total = handout.row.len();
    let mut ended = Ok(());
    for index in 0..total {
        if watch.arrived() {
            ended = Err(Error::new(ErrorKind::Interrupted, format!("interrupted after {index} of {total} repositories"))
                .hint("the same command goes on where this one ended"));
            break;
        }
        env.out.progress(format!("{} of {total}: {}", index + 1, handout.row[index].folder));
        let fresh = anew(&handout, &handout.row[index], &renderer);
        let result = fresh.and_then(|fresh| Ok((correction.bring(&handout, index, &fresh, &watch)?, fresh)));
        results.push(match result {
            Ok((result, fresh)) => {
                if matches!(result.end, End::Done | End::Current) {
                    handout.row[index] = fresh;
                }
                result
            }
            Err(error) => Brought { end: End::Failed(error.to_string()), ..Brought::default() },
        });
    }
    env.out.progress("");

    // 3. recorded, and told
    if !args.dry_run {
        if results.iter().any(|result| result.end == End::Done && result.is_written) {
            handout.updates = number;
            handout.version.clone_from(&renderer.kit().version);
        }
        if ended.is_ok() && results.iter().all(|result| matches!(result.end, End::Done | End::Current)) {
            handout.templates = templates(&catalog);
        }
        disk::put_file(&out.join(FILE), handout.to_toml()?.as_bytes(), Over::Replace, &Unwatched)?;
    }
    if let Some(lock) = lock {
        lock.release(&watch);
    }
    ended?;
    tell(args, &handout, number, &results, env)
}

/// What a student gets.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Patch,
    Branch,
}

/// What is brought, to where.
struct Correction<'c> {
    catalog: &'c Catalog,
    out: &'c Path,
    repositories: PathBuf,
    form: Form,
    on_conflict: OnConflict,
    number: u32,
    is_dry: bool,
    message: String,
}

/// What came of it for one student.
#[derive(Default)]
struct Brought {
    end: End,
    /// The patch or the branch; of a dry run, as it would be called.
    into: String,
    is_written: bool,
    plan: Plan,
}

#[derive(Default, PartialEq)]
enum End {
    /// The change is brought.
    Done,
    /// Nothing has changed.
    #[default]
    Current,
    /// The student and the kit changed the same places: which.
    Conflict(Vec<String>),
    /// It could not be brought: why.
    Failed(String),
}

/// A row as the kit is now: new questions get their defaults.
fn anew(handout: &Handout, row: &Row, renderer: &Renderer<'_>) -> Result<Row> {
    let kit = renderer.kit();
    let mut stated = toml::Table::try_from(&row.answers).map_err(|error| Error::failed("the answers cannot be read").because(error))?;
    stated.retain(|name, _| kit.question(name).is_some());
    let file = Some((FILE.to_owned(), stated));
    let answers = settle(kit, &Given { file, seed: row.seed.as_deref(), ..Given::default() }, &mut |_| {})?;
    let rendered = renderer.render(&answers, &handout.rendition(row, Audience::Learner))?;
    Ok(Row { answers, digest: receipt::digest_of(&rendered), ..row.clone() })
}

impl Correction<'_> {
    fn bring(&self, handout: &Handout, index: usize, fresh: &Row, watch: &Interrupts) -> Result<Brought> {
        // 1. whether there is anything to bring, and to where
        let row = &handout.row[index];
        if row.digest == fresh.digest {
            return Ok(Brought::default());
        }
        let place = [row.folder.clone(), format!("{}.git", row.folder)].map(|name| self.repositories.join(name));
        let place = place
            .iter()
            .find(|path| path.is_dir())
            .ok_or_else(|| Error::failed(format!("there is neither `{}` nor `{}`", place[0].display(), place[1].display())))?;
        let git = Git::at(place);
        if self.form == Form::Branch && git.is_none() {
            return Err(Error::failed("it is no git repository; `--as patch` needs none"));
        }

        // 2. the repository as it is committed, or as it lies there
        let scratch = Scratch::new()?;
        let (root, head) = match &git {
            Some(git) => {
                let head = git.head()?;
                let root = scratch.path().join("tree");
                disk::create(&root, &git.tree(&head)?, watch)?;
                (root, Some(head))
            }
            None => (place.clone(), None),
        };
        let repository = Repository::at_root(&root)?;
        let kit = &repository.kit()?.name;
        if *kit != handout.kit {
            return Err(Error::failed(format!("its receipt names the kit `{kit}`")));
        }
        if let Some(path) = repository.unfinished()?.first() {
            return Err(Error::failed(format!("conflict markers stand in `{path}`")));
        }

        // 3. what the kit's change makes of it
        let features: Vec<Layer> = repository.features().cloned().collect();
        let becoming = becoming(&repository, self.catalog, &[], &features, self.on_conflict)?;
        if becoming.is_same {
            return Ok(Brought::default());
        }
        let conflicts: Vec<String> = becoming.planned.conflicts().map(|(path, reason)| format!("{path}: {reason}")).collect();
        let into = match self.form {
            Form::Patch => format!("updates/{}/{}.patch", self.number, row.folder),
            Form::Branch => format!("stagekit/update-{}", self.number),
        };
        if !conflicts.is_empty() {
            return Ok(Brought { end: End::Conflict(conflicts), into, is_written: false, plan: becoming.planned });
        }
        let own = receipt::seal(&becoming.receipt, becoming.base.iter())?;
        let (before, after) = changes(&becoming.planned, &own, &root)?;
        let brought = Brought { end: End::Done, into, is_written: !self.is_dry, plan: becoming.planned };
        if self.is_dry {
            return Ok(brought);
        }

        // 4. a patch or a branch of it
        if let (Some(git), Some(head), Form::Branch) = (git, head, self.form) {
            let attributes = Attributes::of(&disk::read(&root, RelPath::new(".gitattributes").ok().as_ref())?);
            let stored = |path: &RelPath, entry: &Entry| Entry {
                bytes: attributes.stored(path, &entry.bytes).into_owned().into(),
                executable: entry.executable,
            };
            let paths = before.paths().chain(after.paths().filter(|path| before.get(path).is_none()));
            let files: Vec<_> = paths.map(|path| (path.clone(), after.get(path).map(|entry| stored(path, entry)))).collect();
            let (name, address) = gitpack::AUTHOR.split_once(" <").unwrap_or((gitpack::AUTHOR, ""));
            git.branch(
                &head,
                &Branch {
                    name: &brought.into,
                    author: (name, address.trim_end_matches('>')),
                    message: &self.message,
                    files: &files,
                    index: &scratch.path().join("index"),
                },
            )?;
        } else {
            let path = self.out.join(&brought.into);
            disk::make_folder(path.parent().unwrap_or(self.out))?;
            disk::put_file(&path, patch(&before, &after)?.as_bytes(), Over::Replace, watch)?;
        }
        Ok(brought)
    }
}

/// The files that change, as they are and as they will be: the plan's, and stagekit's own.
fn changes(planned: &Plan, own: &Tree, root: &Path) -> Result<(Tree, Tree)> {
    let (mut before, mut after) = (disk::read(root, own.paths())?, own.clone());
    for step in planned.steps().iter().filter(|step| step.op == Op::Remove || step.op.entry().is_some()) {
        if let Some(entry) = &step.before {
            before.insert(step.path.clone(), entry.clone());
        }
        if let Some(entry) = step.op.entry() {
            after.insert(step.path.clone(), entry.clone());
        }
    }
    let same: Vec<RelPath> = before.iter().filter(|(path, entry)| after.get(path) == Some(entry)).map(|(path, _)| path.clone()).collect();
    for path in &same {
        before.remove(path);
        after.remove(path);
    }
    Ok((before, after))
}

/// What makes `after` of `before`, as `git apply` takes it.
fn patch(before: &Tree, after: &Tree) -> Result<String> {
    let is_text = |path: &RelPath| [before, after].iter().all(|tree| tree.get(path).is_none_or(|entry| entry.text().is_some()));
    let of =
        |tree: &Tree| tree.iter().filter(|(path, _)| is_text(path)).map(|(path, entry)| (path.clone(), entry.clone())).collect::<Tree>();
    let (old, new) = (of(before), of(after));
    let mut text = plan(&old, &old, &new, Deleted::Say).diff();
    for path in before.paths().chain(after.paths().filter(|path| before.get(path).is_none())).filter(|path| !is_text(path)) {
        text.push_str(&gitpack::binary(path, before.get(path), after.get(path))?);
    }
    Ok(text)
}

fn tell(args: &HandoutArgs, handout: &Handout, number: u32, results: &[Brought], env: &mut Env) -> Result<()> {
    let rows = || handout.row.iter().zip(results);
    if args.json {
        let row = |(row, brought): (&Row, &Brought)| {
            let (status, why) = match &brought.end {
                End::Done => ("updated", json!(null)),
                End::Current => ("current", json!(null)),
                End::Conflict(conflicts) => ("conflict", json!(conflicts)),
                End::Failed(why) => ("failed", json!([why])),
            };
            json!({ "number": row.number, "name": row.name, "folder": row.folder, "status": status, "why": why, "into": brought.into, "plan": brought.plan.to_json() })
        };
        let rows: Vec<_> = rows().map(row).collect();
        env.out
            .json(&json!({ "kit": handout.kit, "version": handout.version, "update": number, "written": !args.dry_run, "rows": rows }))?;
    } else {
        for (row, brought) in rows().filter(|(_, brought)| brought.end == End::Done) {
            env.out.line(format!("{}  {}", row.folder, brought.into));
            for path in brought.plan.pending() {
                env.out.line(format!("  conflict markers in {path}"));
            }
        }
    }
    let done = results.iter().filter(|brought| brought.end == End::Done).count();
    let ink = env.out.talk_palette();
    if args.dry_run {
        env.out.say(format!("nothing was written; without `--dry-run` update {number} goes to {}", repositories(done)));
    } else if done == 0 {
        env.out.say("there is nothing new for anybody");
    } else {
        env.out.say(format!("{} {number} for {}", ink.paint(Ink::Good, "update"), repositories(done)));
    }
    let (mut failed, mut conflicts) = (Vec::new(), Vec::new());
    for (row, brought) in rows() {
        match &brought.end {
            End::Failed(why) => failed.push(Fault::new(&row.folder, why)),
            End::Conflict(places) => conflicts.extend(places.iter().map(|place| Fault::new(&row.folder, place))),
            End::Done => {
                conflicts.extend(brought.plan.pending().map(|path| Fault::new(&row.folder, format!("conflict markers stand in {path}"))));
            }
            End::Current => {}
        }
    }
    if failed.is_empty() && conflicts.is_empty() {
        return Ok(());
    }
    let hint = if conflicts.is_empty() {
        "the same command tries those again"
    } else {
        "the student and the kit changed the same places: `--conflicts markers` brings both versions, for the student to choose"
    };
    let (kind, heading) = if failed.is_empty() {
        (ErrorKind::Conflict, "not every repository can take the update as it is")
    } else {
        (ErrorKind::Failed, "not every repository got the update")
    };
    failed.extend(conflicts);
    Err(Error::faults(kind, heading, failed).hint(hint))
}
