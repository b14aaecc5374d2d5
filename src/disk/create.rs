//! A new repository: all of it, or nothing.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::ErrorKind as Io,
    path::{Path, PathBuf},
};

use super::{
    OWN_FOLDER, Verb, Watch,
    apply::{Durability, Move, transact},
    ask,
    holder::{Holder, Refused},
    journal::Journal,
    lock::Lock,
    rollback::recover,
    system,
    walk::Walk,
};
use crate::{
    error::{Error, ErrorKind, Result},
    tree::Tree,
};

/// How many of the entries that are in the way a message names.
const NAMED: usize = 3;

/// Writes `tree` to `target`, which must not exist or be an empty folder, or a symlink to one.
///
/// A target that does not exist is rendered in a temporary folder beside it and renamed, missing parents together with it, so that it appears
/// complete or not at all. An empty folder is filled in place by the transaction of [`apply`](super::apply), so that a shell standing in it
/// stays in it. Nothing is synced: after a power cut a new repository may have to be rendered again.
pub fn create(target: &Path, tree: &Tree, watch: &dyn Watch) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(_) => create_in(target, tree, watch),
        Err(error) if error.kind() == Io::NotFound => create_anew(target, tree, watch),
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

fn create_anew(target: &Path, tree: &Tree, watch: &dyn Watch) -> Result<()> {
    let (holder, folder, names) = take_holder(target, watch)?;
    render(&holder, &names[1..], tree, watch)?;
    let (mut from, mut to) = (holder.tree(), folder.to_path_buf());
    for (depth, name) in names.iter().enumerate() {
        if depth > 0 {
            from.push(name);
        }
        to.push(name);
        ask(watch, Verb::Commit, &to)?;
        match fs::rename(&from, &to) {
            Ok(()) => {
                holder.remove(depth == 0, watch);
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
fn take_holder<'t>(target: &'t Path, watch: &dyn Watch) -> Result<(Holder, &'t Path, Vec<&'t OsStr>)> {
    let no_name = || Error::usage(format!("failed to create `{}`: it does not end in a name", target.display()));
    let mut names = vec![target.file_name().ok_or_else(no_name)?];
    let mut folder = target.parent().ok_or_else(no_name)?;
    loop {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match Holder::take(here, &names, target, watch) {
            Ok(holder) => return Ok((holder, folder, names)),
            Err(Refused::Error(error)) => return Err(error),
            Err(Refused::NoParent) => {
                names.insert(0, folder.file_name().ok_or_else(no_name)?);
                folder = folder.parent().ok_or_else(no_name)?;
            }
        }
    }
}

fn render(holder: &Holder, parents: &[&OsStr], tree: &Tree, watch: &dyn Watch) -> Result<()> {
    let make = |folder: &Path| {
        ask(watch, Verb::MakeFolder, folder)?;
        fs::create_dir(folder).map_err(|error| Error::io("create", folder, error))
    };
    let mut root: PathBuf = holder.tree();
    make(&root)?;
    for parent in parents {
        root.push(parent);
        make(&root)?;
    }
    let mut walk = Walk::new(&root);
    for (path, entry) in tree.iter() {
        walk.go(
            path,
            |folder, _, _| make(folder),
            |file, _| {
                ask(watch, Verb::Write, file)?;
                system::write_new(file, entry).map(drop).map_err(|error| Error::io("write", file, error))
            },
        )?;
    }
    Ok(())
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

fn create_in(target: &Path, tree: &Tree, watch: &dyn Watch) -> Result<()> {
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
    let moves = tree
        .iter()
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
