//! A new repository: all of it, or nothing.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::ErrorKind as Io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    OWN_FOLDER, Verb, Watch,
    apply::{Durability, Move, transact},
    ask,
    journal::Journal,
    lock::Lock,
    rollback::recover,
    system,
    temporary::{Refused, Temporary},
    walk::Walk,
};
use crate::{
    error::{Error, ErrorKind, Result},
    threads::{Queue, beside},
    tree::{Entry, Tree},
};

/// How many of the entries that are in the way a message names.
const NAMED: usize = 3;

/// Writes `tree` to `target`, which must not exist or be an empty folder, or a symlink to one.
///
/// A target that does not exist is rendered in a temporary folder beside it and renamed, missing parents together with it, so that it appears
/// complete or not at all. An empty folder is filled in place by the transaction of [`apply`](super::apply), so that a shell standing in it
/// stays in it. Nothing is synced: after a power cut a new repository may have to be rendered again.
pub fn create(target: &Path, tree: &Tree, watch: &dyn Watch) -> Result<()> {
    if is_there(target)? {
        create_in(target, [tree, &Tree::new()], watch)
    } else {
        create_anew(target, |root| render(root, tree, watch), watch)
    }
}

/// The same with more files, which `more` makes on another thread; that one helps then to write those of `tree`. Where it fails nothing is left.
pub fn create_with(target: &Path, tree: &Tree, more: impl FnOnce() -> Result<Tree> + Send, watch: &(dyn Watch + Sync)) -> Result<()> {
    if is_there(target)? {
        create_in(target, [tree, &more()?], watch)
    } else {
        create_anew(target, |root| render_with(root, tree, more, watch), watch)
    }
}

fn is_there(target: &Path) -> Result<bool> {
    match fs::symlink_metadata(target) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Io::NotFound => Ok(false),
        Err(error) => Err(Error::io("create", target, error)),
    }
}

/// Whether [`create`] could write here, before anybody is asked anything: nothing is changed.
pub fn creatable(target: &Path) -> Result<()> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(());
    }
    refuse_unless_folder(target)?;
    let found = names_in(target)?;
    // What a dead run left there is taken back by `create`, which sees then whether anything else is there.
    if Journal::of(target).exists() || found == [OWN_FOLDER] { Ok(()) } else { refuse_unless_empty(target, &found) }
}

fn create_anew(target: &Path, render: impl FnOnce(&Path) -> Result<()>, watch: &dyn Watch) -> Result<()> {
    let (temporary, folder, names) = make_temporary(target, watch)?;
    render(&make_parents(temporary.path(), &names[1..], watch)?)?;
    let (mut from, mut to) = (temporary.path().to_path_buf(), folder.to_path_buf());
    for (depth, name) in names.iter().enumerate() {
        if depth > 0 {
            from.push(name);
        }
        to.push(name);
        ask(watch, Verb::Commit, &to)?;
        match fs::rename(&from, &to) {
            Ok(()) => {
                temporary.remove(depth == 0, watch);
                return Ok(());
            }
            // Somebody made a parent in the meantime: go into it.
            Err(_) if depth + 1 < names.len() && to.is_dir() => {}
            Err(error) => {
                return Err(match fs::symlink_metadata(&to) {
                    Ok(_) => Error::new(ErrorKind::Conflict, format!("`{}` exists: somebody made it in the meantime", to.display())),
                    Err(_) => Error::io("create", target, error),
                });
            }
        }
    }
    Ok(())
}

/// The temporary folder, the nearest folder above the target that exists, and the names from there to the target.
fn make_temporary<'t>(target: &'t Path, watch: &dyn Watch) -> Result<(Temporary, &'t Path, Vec<&'t OsStr>)> {
    let no_name = || Error::usage(format!("failed to create `{}`: it does not end in a name", target.display()));
    let mut names = vec![target.file_name().ok_or_else(no_name)?];
    let mut folder = target.parent().ok_or_else(no_name)?;
    loop {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match Temporary::make(here, &names, target, watch) {
            Ok(temporary) => return Ok((temporary, folder, names)),
            Err(Refused::Error(error)) => return Err(error),
            Err(Refused::NoParent) => {
                names.insert(0, folder.file_name().ok_or_else(no_name)?);
                folder = folder.parent().ok_or_else(no_name)?;
            }
        }
    }
}

fn make_folder(folder: &Path, watch: &dyn Watch) -> Result<()> {
    ask(watch, Verb::MakeFolder, folder)?;
    fs::create_dir(folder).map_err(|error| Error::io("create", folder, error))
}

/// Makes these folders, each in the one before, and says where the last one is.
fn make_parents(folder: &Path, parents: &[&OsStr], watch: &dyn Watch) -> Result<PathBuf> {
    let mut root = folder.to_path_buf();
    for parent in parents {
        root.push(parent);
        make_folder(&root, watch)?;
    }
    Ok(root)
}

/// Writes the tree to a folder that is there and has none of it.
fn render(root: &Path, tree: &Tree, watch: &dyn Watch) -> Result<()> {
    let mut walk = Walk::new(root);
    tree.iter().try_for_each(|(path, entry)| walk.go(path, |folder, _, _| make_folder(folder, watch), |file, _| write(file, entry, watch)))
}

/// The same on two threads. The other one makes `more` and writes it before it helps: the rename is what tells that a repository is whole, not
/// the order of its files.
fn render_with(root: &Path, tree: &Tree, more: impl FnOnce() -> Result<Tree> + Send, watch: &(dyn Watch + Sync)) -> Result<()> {
    let files: Vec<_> = tree.iter().collect();
    // Whoever makes a file locks its folder.
    let folders: Vec<_> = files.chunk_by(|(one, _), (other, _)| one.parent() == other.parent()).collect();
    let queue = Queue::new(&folders);
    let help = || {
        while let Some((_, files)) = queue.take() {
            for (path, entry) in *files {
                write(&root.join(path.as_str()), entry, watch)?;
            }
        }
        Ok(())
    };
    let gate = Mutex::new(());
    let closed = gate.lock();
    let (here, there) = beside(
        || {
            let mut walk = Walk::new(root);
            tree.paths().try_for_each(|path| walk.go(path, |folder, _, _| make_folder(folder, watch), |_, _| Ok(())))?;
            drop(closed);
            help()
        },
        || {
            let more = more()?;
            // Not before the folders are there.
            drop(gate.lock());
            render(root, &more, watch)?;
            help()
        },
    );
    here.and(there)
}

fn write(file: &Path, entry: &Entry, watch: &dyn Watch) -> Result<()> {
    ask(watch, Verb::Write, file)?;
    system::write_new(file, entry).map(drop).map_err(|error| Error::io("write", file, error))
}

fn refuse_unless_folder(target: &Path) -> Result<()> {
    let in_the_way =
        |what: &str| Error::new(ErrorKind::Conflict, format!("`{}` exists and is {what}", target.display())).hint("choose another folder");
    match fs::metadata(target) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(in_the_way("a file")),
        Err(error) if error.kind() == Io::NotFound => Err(in_the_way("a symlink to nothing")),
        Err(error) => Err(Error::io("look at", target, error)),
    }
}

fn create_in(target: &Path, trees: [&Tree; 2], watch: &dyn Watch) -> Result<()> {
    refuse_unless_folder(target)?;
    let mut found = names_in(target)?;
    if found.iter().any(|name| name == OWN_FOLDER) {
        recover(target, watch)?;
        found = names_in(target)?;
    }
    refuse_unless_empty(target, &found)?;
    let lock = Lock::take(target, watch)?;
    // Another run may have been there between the look and the lock.
    let found: Vec<_> = names_in(target)?.into_iter().filter(|name| name != OWN_FOLDER).collect();
    let own: Vec<_> =
        names_in(&target.join(OWN_FOLDER))?.into_iter().filter(|name| name != "lock").map(|name| format!("{OWN_FOLDER}/{name}")).collect();
    refuse_unless_empty(target, &[found, own].concat())?;
    let own_folder = format!("{OWN_FOLDER}/");
    let moves = trees
        .into_iter()
        .flat_map(Tree::iter)
        .map(|(path, entry)| Move { path, before: None, fresh: Some(entry), last: path.as_str().starts_with(&own_folder) })
        .collect();
    transact(target, moves, Durability::Journal, watch)?;
    lock.release(watch);
    Ok(())
}

fn names_in(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| Error::io("read", folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn refuse_unless_empty(target: &Path, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut holds = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        let _ = write!(holds, " and {} more", names.len() - NAMED);
    }
    Err(Error::new(ErrorKind::Conflict, format!("`{}` exists and is not empty: it holds {holds}", target.display()))
        .hint("choose another folder, or empty this one"))
}
