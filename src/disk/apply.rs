//! Changes to a repository that exists: all of them, or none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    io::ErrorKind as Io,
    path::{Path, PathBuf},
};

use super::{
    OWN_FOLDER, Verb, Watch, ask,
    journal::{Journal, Moved, Record, digest},
    lock::Lock,
    read::read,
    rollback::take_back,
    system,
    walk::Walk,
};
use crate::{
    error::{Error, ErrorKind, Result},
    plan::{Op, Plan},
    tree::{Entry, RelPath, Tree},
};

/// One path of a transaction.
pub(super) struct Move<'a> {
    pub(super) path: &'a RelPath,
    /// What must stand there for the move to happen.
    pub(super) before: Option<&'a Entry>,
    /// What will stand there.
    pub(super) fresh: Option<&'a Entry>,
    /// Whether it waits for all others.
    pub(super) last: bool,
}

/// What survives a power cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Whatever is in a repository: the old state or the new one.
    All,
    /// Only that a transaction was under way. Enough where there was nothing before.
    Journal,
}

/// Does what `plan` says below `root`, then writes `last` (receipt and base) over whatever stands there. Either all of it happens or nothing.
///
/// A plan with conflicts is refused, as is a file that is not as it was when the plan was made. A plan without anything to do writes nothing.
pub fn apply(root: &Path, plan: &Plan, last: &Tree, watch: &dyn Watch) -> Result<()> {
    apply_over(root, plan, last, &read(root, last.paths())?, watch)
}

/// The same where the plan was made from receipt and base: they must still be as they were `seen` then. What another run has written meanwhile would
/// be lost with its receipt.
pub fn apply_over(root: &Path, plan: &Plan, last: &Tree, seen: &Tree, watch: &dyn Watch) -> Result<()> {
    if let Some(refusal) = plan.refusal() {
        return Err(refusal);
    }
    let mut moves: Vec<Move> = plan
        .steps()
        .iter()
        .filter(|step| step.op != Op::Keep)
        .map(|step| Move { path: &step.path, before: step.before.as_ref(), fresh: step.op.entry(), last: false })
        .collect();
    moves.extend(last.iter().map(|(path, fresh)| Move { path, before: seen.get(path), fresh: Some(fresh), last: true }));
    moves.retain(|one| one.before != one.fresh);
    if moves.is_empty() {
        return Ok(());
    }
    let lock = Lock::take(root, watch)?;
    if Journal::of(root).exists() {
        return Err(Error::failed(format!("`{}` holds what an earlier run had begun", Journal::of(root).path().display()))
            .hint("run the command again: it takes that back first"));
    }
    // Only under the lock does it stay so.
    let now = read(root, last.paths().chain(seen.paths()))?;
    if last.paths().chain(seen.paths()).any(|path| now.get(path) != seen.get(path)) {
        return Err(Error::new(ErrorKind::Conflict, "another run of stagekit has changed this repository meanwhile, nothing was written")
            .hint("run the command again"));
    }
    transact(root, moves, Durability::All, watch)?;
    lock.release(watch);
    Ok(())
}

/// Carries the moves out, or takes them back. The lock is the caller's.
pub(super) fn transact(root: &Path, mut moves: Vec<Move>, durability: Durability, watch: &dyn Watch) -> Result<()> {
    moves.sort_by_key(|one| one.path);
    let own = [RelPath::new(format!("{OWN_FOLDER}/lock")), RelPath::new(format!("{OWN_FOLDER}/journal"))];
    if let Some(one) =
        moves.iter().find(|one| own.iter().flatten().any(|own| one.path == own || one.path.as_str().starts_with(&format!("{own}/"))))
    {
        return Err(Error::failed(format!("`{}` is a path that stagekit needs itself", one.path)));
    }
    let survey = Survey::of(root, &moves)?;
    let transaction = Transaction { root, moves, survey, journal: Journal::of(root), durability, watch };
    match transaction.carry_out() {
        Ok(()) => {
            transaction.journal.remove(watch);
            Ok(())
        }
        Err(error) => match take_back(root, &transaction.journal, watch, true) {
            Ok(_) => Err(error),
            Err(also) => Err(Error::failed(format!("failed to take back what was begun in `{}`, after: {error}", root.display()))
                .because(also)
                .hint("run stagekit there again, which goes on with that; the originals are in its journal")),
        },
    }
}

struct Transaction<'a> {
    root: &'a Path,
    moves: Vec<Move<'a>>,
    survey: Survey,
    journal: Journal,
    durability: Durability,
    watch: &'a dyn Watch,
}

impl Transaction<'_> {
    fn carry_out(&self) -> Result<()> {
        self.journal.begin(self.watch)?;
        self.stage()?;
        self.journal.record_all(self.root, &self.record(), self.watch)?;
        self.remove()?;
        self.make_folders()?;
        for late in [false, true] {
            for (n, one) in self.moves.iter().enumerate().filter(|(_, one)| one.last == late && one.fresh.is_some()) {
                self.place(n, one)?;
            }
        }
        self.sync()?;
        ask(self.watch, Verb::Commit, self.journal.path())?;
        self.journal.settle()
    }

    /// Writes all new files into the journal, with the permissions that they will have.
    fn stage(&self) -> Result<()> {
        for (n, one) in self.moves.iter().enumerate() {
            let Some(fresh) = one.fresh else { continue };
            let path = self.journal.new_file(n);
            let failed = |error| Error::io("write", &one.path.to_path(), error);
            ask(self.watch, Verb::Write, &path)?;
            let file = system::write_new(&path, fresh).map_err(failed)?;
            if let Some(mode) = self.survey.originals.get(&n) {
                system::set_mode(&path, system::with_executable(*mode, fresh.executable)).map_err(failed)?;
            }
            if self.durability == Durability::All {
                file.sync_all().map_err(failed)?;
            }
        }
        Ok(())
    }

    fn record(&self) -> Record {
        let moves = self.moves.iter().map(|one| Moved {
            path: one.path.clone(),
            original: one.before.is_some(),
            fresh: one.fresh.map(|fresh| digest(&fresh.bytes)),
        });
        Record::new(self.survey.made.clone(), self.survey.emptied.clone(), moves.collect())
    }

    /// Moves away what goes for good, so that files and folders can change places.
    fn remove(&self) -> Result<()> {
        for (n, one) in self.moves.iter().enumerate().filter(|(_, one)| one.fresh.is_none()) {
            self.move_away(n, one)?;
        }
        for (folder, _) in &self.survey.emptied {
            let path = self.root.join(folder.to_path());
            ask(self.watch, Verb::RemoveFolder, &path)?;
            match fs::remove_dir(&path) {
                Err(error) if error.kind() != Io::DirectoryNotEmpty => return Err(Error::io("remove", &path, error)),
                _ => {}
            }
        }
        Ok(())
    }

    fn move_away(&self, n: usize, one: &Move) -> Result<()> {
        let (path, old) = (self.root.join(one.path.to_path()), self.journal.old_file(n));
        ask(self.watch, Verb::MoveAway, &path)?;
        match fs::rename(&path, &old) {
            Ok(()) => {}
            Err(error) if error.kind() == Io::NotFound => return Err(changed(one.path)),
            Err(error) => return Err(Error::io("replace", &path, error)),
        }
        // Looked at only now, when no editor can save to that path any more.
        let failed = |error| Error::io("read", &path, error);
        let meta = fs::symlink_metadata(&old).map_err(failed)?;
        if !meta.is_file() || one.before != Some(&system::entry(fs::read(&old).map_err(failed)?, &meta)) {
            return Err(changed(one.path));
        }
        Ok(())
    }

    fn make_folders(&self) -> Result<()> {
        for folder in &self.survey.made {
            let path = self.root.join(folder.to_path());
            ask(self.watch, Verb::MakeFolder, &path)?;
            fs::create_dir(&path).map_err(|error| Error::io("create", &path, error))?;
        }
        Ok(())
    }

    fn place(&self, n: usize, one: &Move) -> Result<()> {
        let path = self.root.join(one.path.to_path());
        if one.before.is_some() {
            self.move_away(n, one)?;
        }
        ask(self.watch, Verb::Place, &path)?;
        // A rename would replace what somebody put there in the meantime. Nobody did in a folder that was just made.
        let new_folder = one.path.parent().is_some_and(|parent| self.survey.made.iter().any(|made| made.as_str() == parent));
        if !new_folder && fs::symlink_metadata(&path).is_ok() {
            return Err(changed(one.path));
        }
        fs::rename(self.journal.new_file(n), &path).map_err(|error| Error::io("write", &path, error))
    }

    /// Everything must be on the disk before the originals go.
    fn sync(&self) -> Result<()> {
        if self.durability != Durability::All {
            return Ok(());
        }
        let mut folders: BTreeSet<PathBuf> = self
            .moves
            .iter()
            .map(|one| one.path.to_path())
            .chain(self.survey.made.iter().map(RelPath::to_path))
            .filter_map(|path| path.parent().map(Path::to_path_buf))
            .collect();
        folders.extend(self.survey.emptied.iter().filter_map(|(folder, _)| folder.to_path().parent().map(Path::to_path_buf)));
        system::sync_folders(self.root, folders)
    }
}

fn changed(path: &RelPath) -> Error {
    Error::new(ErrorKind::Conflict, format!("`{path}` changed while stagekit was at work, nothing was written"))
        .hint("run the command again")
}

/// What stands around the moves before any of them.
struct Survey {
    /// Folders to make, in the order of their paths.
    made: Vec<RelPath>,
    /// Folders that may become empty, innermost first, with their permission bits.
    emptied: Vec<(RelPath, u32)>,
    /// The permission bits of originals.
    originals: BTreeMap<usize, u32>,
}

impl Survey {
    fn of(root: &Path, moves: &[Move]) -> Result<Self> {
        let removed: BTreeSet<&str> = moves.iter().filter(|one| one.fresh.is_none()).map(|one| one.path.as_str()).collect();
        let filled: BTreeSet<&str> =
            moves.iter().filter(|one| one.fresh.is_some()).flat_map(|one| folders_above(one.path.as_str())).collect();
        let (mut made, mut originals, mut emptied) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        // What is known of a folder: whether it is to be made.
        let mut walk: Walk<bool> = Walk::new(root);
        for (n, one) in moves.iter().enumerate() {
            walk.go(
                one.path,
                |folder, name, is_above_new| {
                    let is_new = match if is_above_new == Some(&true) { None } else { look(folder)? } {
                        None => true,
                        Some(meta) if meta.is_dir() => {
                            emptied.insert(name, system::mode(&meta));
                            false
                        }
                        Some(meta) if meta.is_file() && removed.contains(name) => true,
                        Some(_) => {
                            return Err(Error::new(ErrorKind::Conflict, format!("`{name}` is not a folder, nothing was written"))
                                .hint("move it away"));
                        }
                    };
                    if is_new {
                        made.push(RelPath::new(name).map_err(Error::failed)?);
                    }
                    Ok(is_new)
                },
                |file, _| {
                    if one.before.is_some() {
                        let meta = look(file)?.filter(Metadata::is_file).ok_or_else(|| changed(one.path))?;
                        originals.insert(n, system::mode(&meta));
                    }
                    Ok(())
                },
            )?;
        }
        // In the order of paths an inner folder comes after the one around it. Where nothing is filled, everything is removed.
        let emptied = emptied.into_iter().rev().filter(|(folder, _)| !filled.contains(folder));
        let emptied = emptied.map(|(folder, mode)| Ok((RelPath::new(folder).map_err(Error::failed)?, mode))).collect::<Result<_>>()?;
        Ok(Self { made, emptied, originals })
    }
}

fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

fn look(path: &Path) -> Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(Error::io("look at", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::apply_over;
    use crate::{
        disk::Unwatched,
        error::ErrorKind,
        plan::Plan,
        tree::{Entry, RelPath, Tree},
    };

    #[test]
    fn a_receipt_that_another_run_has_written_meanwhile_stays() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".stagekit/receipt.toml");
        fs::create_dir(root.path().join(".stagekit")).unwrap();
        fs::write(&path, "theirs").unwrap();
        let receipt = |text: &str| -> Tree {
            [(RelPath::new(".stagekit/receipt.toml").unwrap(), Entry::new(text.as_bytes().to_vec()))].into_iter().collect()
        };
        let write = |last: &Tree, seen: &Tree| apply_over(root.path(), &Plan::default(), last, seen, &Unwatched);
        for seen in [Tree::new(), receipt("older")] {
            let error = write(&receipt("mine"), &seen).unwrap_err();
            assert_eq!((error.kind(), error.way_out()), (ErrorKind::Conflict, Some("run the command again")));
            assert!(error.to_string().starts_with("another run of stagekit has changed this repository meanwhile"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        }
        write(&receipt("mine"), &receipt("theirs")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
