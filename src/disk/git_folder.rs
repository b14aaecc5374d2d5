//! The folder in which git keeps a repository that is not trusted: looked at, and given a branch, without going through a link.

use std::{
    fs,
    io::ErrorKind as Io,
    path::{Path, PathBuf},
};

use super::{Over, Standing, Watch, make_folder, names_in, put_file, read_bytes, read_text, standing, sweep_files};
use crate::error::{Error, ErrorKind, Result};

const CLONE: &str = "clone it: a clone has neither its settings nor its links";

/// Where git keeps the repository at `place`: `.git` in it, or a bare one itself; none where there is no repository. What leads elsewhere is
/// refused, because whoever follows it reads or writes what is not this repository's.
pub fn git_folder(place: &Path) -> Result<Option<PathBuf>> {
    let refuse = |name: &str, what: &str| Err(Error::failed(format!("`{name}` {what}")).hint(CLONE));
    let dot = place.join(".git");
    let (dir, inside) = match standing(&dot)? {
        Standing::Folder => (dot, ".git/"),
        Standing::Nothing if standing(&place.join("HEAD"))? != Standing::Nothing && place.join("objects").is_dir() => {
            (place.to_owned(), "")
        }
        Standing::Nothing => return Ok(None),
        Standing::File => return refuse(".git", "is a file that names a folder elsewhere, as of a worktree or a submodule"),
        Standing::Other => return refuse(".git", "is a link"),
    };
    for (name, wanted) in [
        ("HEAD", Standing::File),
        ("config", Standing::File),
        ("packed-refs", Standing::File),
        ("objects", Standing::Folder),
        ("objects/pack", Standing::Folder),
        ("refs", Standing::Folder),
        ("refs/heads", Standing::Folder),
        ("commondir", Standing::Nothing),
        ("reftable", Standing::Nothing),
    ] {
        let found = standing(&dir.join(name))?;
        let shown = format!("{inside}{name}");
        match (found, wanted) {
            (Standing::Nothing, _) => {}
            _ if found == wanted => {}
            (_, Standing::Nothing) if name == "commondir" => return refuse(&shown, "names a folder elsewhere, as of a worktree"),
            (_, Standing::Nothing) => {
                return Err(Error::failed("its branches are kept in a reftable, which stagekit does not write")
                    .hint("`git refs migrate --ref-format=files` keeps them in files"));
            }
            (Standing::Other, _) => return refuse(&shown, "is a link, or nothing that git makes"),
            _ => return refuse(&shown, "is nothing that git makes"),
        }
    }
    Ok(Some(dir))
}

/// Gives the repository that git keeps in `dir` the objects in `packs`, and then a branch at `commit`. A branch that is there is left as it is, and
/// a conflict if it is at another one. Whatever ends this half-way, the same again finishes it.
pub fn give_branch(dir: &Path, branch: &str, commit: &str, packs: &Path, watch: &dyn Watch) -> Result<()> {
    // 1. whether it can be
    let taken = |name: &str| {
        let is_there = format!("the branch `{name}` is there, and is another one");
        Err(Error::new(ErrorKind::Conflict, is_there).hint("delete or rename it: it keeps the update from coming"))
    };
    let packed = match standing(&dir.join("packed-refs"))? {
        Standing::Nothing => String::new(),
        _ => read_text(&dir.join("packed-refs"))?,
    };
    let packed = |name: &str| {
        let reference = format!("refs/heads/{name}");
        packed.lines().find_map(|line| line.split_once(' ').filter(|(_, known)| *known == reference)).map(|(commit, _)| commit)
    };
    let mut folder = dir.join("refs/heads");
    for (end, _) in branch.match_indices('/') {
        folder = dir.join("refs/heads").join(&branch[..end]);
        match standing(&folder)? {
            Standing::Folder => {}
            Standing::Nothing if packed(&branch[..end]).is_none() => {}
            Standing::Other => return Err(Error::failed(format!("`refs/heads/{}` is a link", &branch[..end])).hint(CLONE)),
            _ => return taken(&branch[..end]),
        }
    }
    let file = dir.join("refs/heads").join(branch);
    match standing(&file)? {
        // What git leaves of branches below it.
        Standing::Folder if fs::remove_dir(&file).is_ok() => {}
        Standing::File if read_text(&file)?.trim() == commit => return Ok(()),
        Standing::Nothing => match packed(branch) {
            Some(known) if known == commit => return Ok(()),
            Some(_) => return taken(branch),
            None => {}
        },
        _ => return taken(branch),
    }

    // 2. objects, each pack before the index that tells git of it; then what needs them
    let into = dir.join("objects/pack");
    make_folder(&into)?;
    sweep_files(&into);
    let names = names_in(packs)?;
    for end in [".pack", ".idx"] {
        for name in names.iter().filter(|name| name.ends_with(end)) {
            match put_file(&into.join(name), &read_bytes(&packs.join(name))?, Over::Refuse, watch) {
                // Its name is that of its content.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                result => result?,
            }
        }
    }
    match fs::create_dir_all(&folder) {
        Err(error) if error.kind() != Io::AlreadyExists => return Err(Error::io("create", &folder, error)),
        _ => sweep_files(&folder),
    }
    put_file(&file, format!("{commit}\n").as_bytes(), Over::Refuse, watch)
}
