//! `stagekit handout --update`: a corrected kit for repositories that students already work in.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    super::becoming::{becoming, stated},
    brought::{Brought, End, tell},
    state::templates,
    theirs::{Known, Theirs},
};
use crate::{
    catalog::Catalog,
    cli::{Conflicts, HandoutArgs, HandoutForm},
    disk::{self, Interrupts, Over, Scratch, Unwatched},
    env::Env,
    error::{Error, ErrorKind, Result},
    gitpack::{self, Attributes},
    handout::{FILE, Handout, Row},
    interview::{Given, settle},
    layers::OnConflict,
    overlay,
    plan::{Deleted, Op, Plan, plan},
    process::{self, Change},
    receipt,
    render::{Rendered, Renderer},
    rendition::Audience,
    threads,
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

    // 2. the kit as it is now, and as it was
    let catalog = env.catalog.clone();
    let version = Renderer::new(&catalog, &handout.kit)?.kit().version.clone();
    let number = handout.updates + 1;
    let updates = out.join(folder(number));
    if !args.dry_run {
        disk::sweep_files(&out);
        if form == Form::Patch {
            disk::sweep_files(&updates);
        }
    }
    let correction = Correction {
        catalog: &catalog,
        before: earlier(args, &handout, env)?,
        handout: &handout,
        out: &out,
        repositories: args.repositories.as_ref().map_or_else(|| out.clone(), |dir| env.path(dir)),
        form,
        on_conflict: if args.conflicts == Conflicts::Markers { OnConflict::Merge } else { OnConflict::Refuse },
        number,
        is_dry: args.dry_run,
        message: format!("Bring stagekit kit {} to {version}\n\nUpdate {number} of the handout.", handout.kit),
    };

    // 3. each repository with it; what was begun and not ended is done again, with the same result
    let done = correction.all(super::jobs(args), &watch, env)?;
    let (rows, results): (Vec<_>, Vec<_>) = done.into_iter().unzip();

    // 4. recorded, and told
    if !args.dry_run {
        for (row, fresh) in handout.row.iter_mut().zip(rows) {
            *row = fresh.unwrap_or_else(|| row.clone());
        }
        if results.iter().any(|result| result.end == End::Done && result.is_written) {
            handout.updates = number;
            handout.version = version;
        }
        if results.iter().all(|result| matches!(result.end, End::Done | End::Current)) {
            handout.templates = templates(&catalog);
        }
        disk::put_file(&out.join(FILE), handout.to_toml()?.as_bytes(), Over::Replace, &Unwatched)?;
    }
    if let Some(lock) = lock {
        lock.release(&watch);
    }
    tell(args, &handout, number, &results, env)
}

/// Where the patches of an update go.
fn folder(number: u32) -> String {
    format!("updates/{number}")
}

/// Templates that may be those of the repositories: the built-in ones, and what `--from` names.
fn earlier(args: &HandoutArgs, handout: &Handout, env: &Env) -> Result<Vec<Catalog>> {
    let named = args.from.iter().map(|dir| overlay::read(&env.path(dir), dir));
    let named = named.collect::<Result<Vec<_>>>()?;
    for (catalog, dir) in named.iter().zip(&args.from) {
        if catalog.kit(&handout.kit).is_err() {
            return Err(Error::usage(format!("`{}` has no kit `{}`", dir.display(), handout.kit)));
        }
    }
    // One that cannot be read, or that other templates have and these not, is none of them.
    Ok(named.into_iter().chain([Catalog::embedded()]).filter(|catalog| Renderer::new(catalog, &handout.kit).is_ok()).collect())
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
    /// Templates of before.
    before: Vec<Catalog>,
    handout: &'c Handout,
    out: &'c Path,
    repositories: PathBuf,
    form: Form,
    on_conflict: OnConflict,
    number: u32,
    is_dry: bool,
    message: String,
}

/// A row as the kit in these templates has it: new questions get their defaults.
fn anew(handout: &Handout, row: &Row, renderer: &Renderer<'_>) -> Result<(Row, Rendered)> {
    let kit = renderer.kit();
    let mut stated = stated(&row.answers, kit)?;
    stated.retain(|name, _| kit.question(name).is_some());
    let file = Some((FILE.to_owned(), stated));
    let answers = settle(kit, &Given { file, seed: row.seed.as_deref(), ..Given::default() }, &mut |_| {})?;
    let rendered = renderer.render(&answers, &handout.rendition(row, Audience::Learner))?;
    Ok((Row { answers, digest: receipt::digest_of(&rendered), ..row.clone() }, rendered))
}

/// What a thread renders with.
struct Renderers<'c> {
    now: Renderer<'c>,
    before: Vec<Renderer<'c>>,
}

impl Correction<'_> {
    /// All rows, `jobs` at a time, in the order of the roster: the row as it is then if it has changed, and what came of it. A repository that
    /// fails stops no other one; a signal stops all.
    fn all(&self, jobs: usize, watch: &Interrupts, env: &mut Env) -> Result<Vec<(Option<Row>, Brought)>> {
        let total = self.handout.row.len();
        let mut done: Vec<Option<(Option<Row>, Brought)>> = (0..total).map(|_| None).collect();
        let mut count = 0;
        let work = |renderers: &Result<Renderers<'_>>, row: &Row| match renderers {
            Ok(renderers) => self.row(row, renderers, watch),
            Err(error) => Err(Error::failed(error.to_string())),
        };
        threads::each(
            &self.handout.row,
            jobs,
            || self.renderers(),
            || watch.arrived(),
            work,
            |index, result| {
                done[index] = match result {
                    Ok(result) => Some(result),
                    Err(error) if error.kind() == ErrorKind::Interrupted => return,
                    Err(error) => Some((None, Brought { end: End::failed(&error), ..Brought::default() })),
                };
                count += 1;
                env.out.progress(format!("{count} of {total}: {}", self.handout.row[index].folder));
            },
        );
        env.out.progress("");
        if count < total {
            return Err(Error::new(ErrorKind::Interrupted, format!("interrupted after {count} of {total} repositories"))
                .hint("the same command goes on where this one ended"));
        }
        Ok(done.into_iter().flatten().collect())
    }

    fn renderers(&self) -> Result<Renderers<'_>> {
        let of = |catalog| Renderer::new(catalog, &self.handout.kit);
        Ok(Renderers { now: of(self.catalog)?, before: self.before.iter().map(of).collect::<Result<_>>()? })
    }

    fn row(&self, row: &Row, renderers: &Renderers<'_>, watch: &Interrupts) -> Result<(Option<Row>, Brought)> {
        let (fresh, rendered) = anew(self.handout, row, &renderers.now)?;
        if row.digest == fresh.digest {
            return Ok((None, Brought::default()));
        }
        let mut known = vec![self.known(&fresh, &renderers.now, rendered)];
        for renderer in &renderers.before {
            // What those templates cannot be rendered with was never handed out from them.
            known.extend(anew(self.handout, row, renderer).ok().map(|(row, rendered)| self.known(&row, renderer, rendered)));
        }
        let brought = self.bring(row, &fresh, &known, watch)?;
        Ok((matches!(brought.end, End::Done | End::Current).then_some(fresh), brought))
    }

    fn known(&self, row: &Row, renderer: &Renderer<'_>, rendered: Rendered) -> Known {
        Known::of(&self.handout.kit, &renderer.kit().version, rendered, row, &self.handout.rendition(row, Audience::Learner))
    }

    fn bring(&self, row: &Row, fresh: &Row, known: &[Known], watch: &Interrupts) -> Result<Brought> {
        // 1. the repository as it is committed, or as it lies there
        let place = [row.folder.clone(), format!("{}.git", row.folder)].map(|name| self.repositories.join(name));
        let place = place
            .iter()
            .find(|path| path.is_dir())
            .ok_or_else(|| Error::failed(format!("there is neither `{}` nor `{}`", place[0].display(), place[1].display())))?;
        let theirs = Theirs::read(place)?;
        if self.form == Form::Branch && theirs.git.is_none() {
            return Err(Error::failed("it is no git repository; `--as patch` needs none"));
        }

        // 2. what the kit's change makes of it
        let scratch = Scratch::new()?;
        let rendition = self.handout.rendition(row, Audience::Learner);
        let (repository, stored) = theirs.laid_out(&self.handout.kit, fresh, &rendition, known, &scratch.path().join("tree"), watch)?;
        if let Some(path) = repository.unfinished()?.first() {
            return Err(
                Error::failed(format!("conflict markers stand in `{path}`")).hint("its student chooses between the two versions first")
            );
        }
        let becoming = becoming(&repository, self.catalog, &[], &theirs.features(), self.on_conflict)?;
        if becoming.is_same {
            return Ok(Brought::default());
        }
        let paths: BTreeSet<&RelPath> = stored.paths().chain(becoming.base.paths()).collect();
        let changed = paths.into_iter().filter(|path| stored.get(path) != becoming.base.get(path));
        if let Some(one) = theirs.in_the_way(changed) {
            return Err(Error::failed(format!("`{}`: {}", one.path, one.why)).hint("the kit has a change for it: move it away there"));
        }
        let conflicts: Vec<String> = becoming.planned.conflicts().map(|(path, reason)| format!("{path}: {reason}")).collect();
        let into = match self.form {
            Form::Patch => format!("{}/{}.patch", folder(self.number), row.folder),
            Form::Branch => format!("stagekit/update-{}", self.number),
        };
        if !conflicts.is_empty() {
            return Ok(Brought { end: End::Conflict(conflicts), into, is_written: false, plan: becoming.planned });
        }
        let own = receipt::seal(&becoming.receipt, becoming.base.iter())?;
        let (before, after) = changes(&becoming.planned, &own, &theirs.files);
        if before.is_empty() && after.is_empty() {
            return Ok(Brought::default());
        }
        let brought = Brought { end: End::Done, into, is_written: !self.is_dry, plan: becoming.planned };
        if self.is_dry {
            return Ok(brought);
        }

        // 3. a patch or a branch of it
        if let (Some(git), Some(head), Form::Branch) = (&theirs.git, &theirs.head, self.form) {
            let attributes = Attributes::of(&theirs.files);
            let stored = |path: &RelPath, entry: &Entry| Entry {
                bytes: attributes.stored(path, &entry.bytes).into_owned().into(),
                executable: entry.executable,
            };
            let paths = before.paths().chain(after.paths().filter(|path| before.get(path).is_none()));
            let files: Vec<_> = paths.map(|path| (path.clone(), after.get(path).map(|entry| stored(path, entry)))).collect();
            let change = Change { parent: head, author: gitpack::AUTHOR, message: &self.message, files: &files };
            let objects = std::path::absolute(git.join("objects")).unwrap_or_else(|_| git.join("objects"));
            let made = process::commit(&objects, &scratch.path().join("git"), &change)?;
            disk::give_branch(git, &brought.into, &made.commit, &made.packs, watch)?;
        } else {
            let path = self.out.join(&brought.into);
            disk::make_folder(path.parent().unwrap_or(self.out))?;
            disk::put_file(&path, patch(&before, &after)?.as_bytes(), Over::Replace, watch)?;
        }
        Ok(brought)
    }
}

/// The files that change, as they are and as they will be: the plan's, and stagekit's own.
fn changes(planned: &Plan, own: &Tree, files: &Tree) -> (Tree, Tree) {
    let there = own.paths().filter_map(|path| Some((path.clone(), files.get(path)?.clone())));
    let (mut before, mut after): (Tree, Tree) = (there.collect(), own.clone());
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
    (before, after)
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
