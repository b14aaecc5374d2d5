//! A bare git repository with one commit, as files: the same tree gives the same bytes, and the same commit, wherever and whenever.
//!
//! Formats: git's documentation, `gitformat-pack` (pack version 2, index version 2) and "Git Objects" in Pro Git. No git is run, because it
//! costs more to start than this does to write.

mod patch;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Write as _,
    sync::Arc,
};

pub use self::patch::binary;
use flate2::{Compression, Crc, write::ZlibEncoder};
use sha1::{Digest as _, Sha1};

use crate::{
    archive::LARGE,
    digest::digits,
    error::{Error, Result},
    tree::{Entry, RelPath, Tree},
};

/// Who the commit is by.
pub const AUTHOR: &str = "stagekit <stagekit@example.invalid>";

/// When it was made, in seconds since 1970: the time that the archives say too, 1980-01-01.
pub const TIME: u64 = 315_532_800;

/// The name of an object: SHA-1 of its kind, length and content.
pub type Id = [u8; 20];

/// Kinds of objects, by their number in a pack.
#[derive(Clone, Copy)]
enum Kind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
}

/// An object as a pack holds it.
struct Object {
    kind: Kind,
    len: usize,
    deflated: Vec<u8>,
}

/// Makes repositories. Most files of a class are the same in all of its repositories, and are deflated once.
#[derive(Default)]
pub struct Packer {
    /// Objects of the repository in the making.
    recent: HashMap<Id, Arc<Object>>,
    /// Those of the one before; what neither has is forgotten, so that memory does not grow with the class.
    older: HashMap<Id, Arc<Object>>,
}

/// A bare repository.
pub struct Bare {
    /// Its files.
    pub tree: Tree,
    /// Its only commit, in hexadecimal.
    pub commit: String,
}

impl Packer {
    /// The bare repository whose branch `branch` has one commit with this tree and message.
    pub fn bare(&mut self, tree: &Tree, branch: &str, message: &str) -> Result<Bare> {
        self.older = std::mem::take(&mut self.recent);
        let attributes = Attributes::of(tree);
        let mut ids = Vec::new();
        let root = self.folder(&files(tree, &attributes), &mut ids)?;
        let text = format!("tree {}\nauthor {AUTHOR} {TIME} +0000\ncommitter {AUTHOR} {TIME} +0000\n\n{message}\n", digits(&root));
        let commit = self.object(Kind::Commit, text.as_bytes())?;
        ids.push(commit);

        let mut seen = BTreeSet::new();
        let objects: Vec<(Id, Arc<Object>)> = ids
            .into_iter()
            .rev()
            .filter(|id| seen.insert(*id))
            .filter_map(|id| self.recent.get(&id).map(|object| (id, Arc::clone(object))))
            .collect();
        let Pack { name, objects, index } = pack(&objects)?;
        let commit = digits(&commit);
        let files = [
            ("HEAD".to_owned(), format!("ref: refs/heads/{branch}\n").into_bytes()),
            ("config".to_owned(), b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n".to_vec()),
            // Loose, because a folder `refs` makes a folder a repository.
            (format!("refs/heads/{branch}"), format!("{commit}\n").into_bytes()),
            (format!("objects/pack/pack-{name}.idx"), index),
            (format!("objects/pack/pack-{name}.pack"), objects),
        ];
        let file = |(path, bytes)| RelPath::new(path).map(|path| (path, Entry { bytes: Cow::Owned(bytes), executable: false }));
        let tree = files.into_iter().map(file).collect::<Result<Tree, String>>().map_err(Error::failed)?;
        Ok(Bare { tree, commit })
    }

    /// The tree object of these files, in the order of their paths; `ids` gets every object below it, a folder after what is in it.
    fn folder(&mut self, files: &[(&str, File<'_>)], ids: &mut Vec<Id>) -> Result<Id> {
        let mut below: BTreeMap<&str, Vec<(&str, File<'_>)>> = BTreeMap::new();
        // Git sorts a folder as if its name ended in a slash.
        let mut entries: BTreeMap<Vec<u8>, (&str, &str, Id)> = BTreeMap::new();
        for (path, file) in files {
            if let Some((folder, rest)) = path.split_once('/') {
                below.entry(folder).or_default().push((rest, file.clone()));
            } else {
                let id = self.object(Kind::Blob, &file.content)?;
                ids.push(id);
                entries.insert(path.as_bytes().to_vec(), (if file.executable { "100755" } else { "100644" }, path, id));
            }
        }
        for (name, files) in below {
            let id = self.folder(&files, ids)?;
            entries.insert(format!("{name}/").into_bytes(), ("40000", name, id));
        }
        let mut content = Vec::new();
        for (mode, name, id) in entries.values() {
            content.extend_from_slice(mode.as_bytes());
            content.push(b' ');
            content.extend_from_slice(name.as_bytes());
            content.push(0);
            content.extend_from_slice(id);
        }
        let id = self.object(Kind::Tree, &content)?;
        ids.push(id);
        Ok(id)
    }

    fn object(&mut self, kind: Kind, content: &[u8]) -> Result<Id> {
        let id = id(kind.word(), content);
        if !self.recent.contains_key(&id) {
            let object = match self.older.remove(&id) {
                Some(object) => object,
                None => Arc::new(Object { kind, len: content.len(), deflated: deflated(content)? }),
            };
            self.recent.insert(id, object);
        }
        Ok(id)
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// A file as a commit has it.
#[derive(Clone)]
struct File<'t> {
    content: Cow<'t, [u8]>,
    executable: bool,
}

fn files<'t>(tree: &'t Tree, attributes: &Attributes) -> Vec<(&'t str, File<'t>)> {
    let file = |entry: &'t Entry, path| File { content: attributes.stored(path, &entry.bytes), executable: entry.executable };
    tree.iter().map(|(path, entry)| (path.as_str(), file(entry, path))).collect()
}

/// Which files of a repository git stores with line ends of its own, as `.gitattributes` at its root says it (gitattributes(5)): a commit that
/// has them otherwise looks changed as soon as it is checked out.
#[derive(Debug, Default)]
pub struct Attributes {
    /// Pattern, and whether files that match are text; a later one goes before an earlier one.
    rules: Vec<(String, bool)>,
}

impl Attributes {
    /// Those of this tree.
    pub fn of(tree: &Tree) -> Self {
        let text = RelPath::new(".gitattributes").ok().and_then(|path| tree.get(&path)?.text());
        let rule = |line: &str| {
            let mut words = line.split_whitespace();
            let pattern = words.next().filter(|pattern| !pattern.starts_with(['#', '[']))?;
            let mut is_text = words.filter_map(|word| match word {
                "-text" | "binary" => Some(false),
                word if word == "text" || word == "text=auto" || word.starts_with("eol=") => Some(true),
                _ => None,
            });
            Some((pattern.to_owned(), is_text.next_back()?))
        };
        Self { rules: text.unwrap_or_default().lines().filter_map(rule).collect() }
    }

    /// The content of the file at `path` as a commit has it.
    pub fn stored<'c>(&self, path: &RelPath, content: &'c [u8]) -> Cow<'c, [u8]> {
        let matches = |pattern: &str| match pattern.strip_prefix('/') {
            Some(rooted) => fast_glob::glob_match(rooted, path.as_str()),
            None if pattern.contains('/') => fast_glob::glob_match(pattern, path.as_str()),
            None => fast_glob::glob_match(pattern, path.file_name()),
        };
        let is_text = self.rules.iter().rev().find(|(pattern, _)| matches(pattern)).is_some_and(|(_, is_text)| *is_text);
        if !is_text || content.contains(&0) || !content.contains(&b'\r') {
            return Cow::Borrowed(content);
        }
        let mut stored = Vec::with_capacity(content.len());
        for (index, byte) in content.iter().enumerate() {
            if *byte != b'\r' || content.get(index + 1) != Some(&b'\n') {
                stored.push(*byte);
            }
        }
        Cow::Owned(stored)
    }
}

/// The name of the blob with this content.
pub fn blob(content: &[u8]) -> Id {
    id(Kind::Blob.word(), content)
}

fn id(kind: &str, content: &[u8]) -> Id {
    Sha1::new().chain_update(format!("{kind} {}\0", content.len())).chain_update(content).finalize().into()
}

/// The content as zlib has it.
fn deflated(content: &[u8]) -> Result<Vec<u8>> {
    let level = if content.len() < LARGE { Compression::default() } else { Compression::fast() };
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(content.len() / 2), level);
    encoder.write_all(content).and_then(|()| encoder.finish()).map_err(|error| Error::failed("failed to deflate an object").because(error))
}

struct Pack {
    /// SHA-1 of the pack's content, in hexadecimal.
    name: String,
    objects: Vec<u8>,
    index: Vec<u8>,
}

fn pack(objects: &[(Id, Arc<Object>)]) -> Result<Pack> {
    let too_large = |_| Error::failed("a repository is too large for a pack");
    let mut pack = Vec::with_capacity(objects.iter().map(|(_, object)| object.deflated.len() + 8).sum::<usize>() + 32);
    pack.extend_from_slice(b"PACK\0\0\0\x02");
    pack.extend_from_slice(&u32::try_from(objects.len()).map_err(too_large)?.to_be_bytes());
    // Id → checksum and offset: the index is in the order of the ids.
    let mut places: BTreeMap<Id, (u32, u32)> = BTreeMap::new();
    for (id, object) in objects {
        let start = pack.len();
        let offset = i32::try_from(start).map_err(too_large)?.unsigned_abs();
        // Kind and length: four bits of it first, then seven a byte.
        let mut rest = object.len >> 4;
        let low = u8::try_from(object.len & 0xf).unwrap_or(0);
        pack.push(if rest > 0 { 0x80 } else { 0 } | (object.kind as u8) << 4 | low);
        while rest > 0 {
            let bits = u8::try_from(rest & 0x7f).unwrap_or(0);
            rest >>= 7;
            pack.push(if rest > 0 { 0x80 } else { 0 } | bits);
        }
        pack.extend_from_slice(&object.deflated);
        let mut crc = Crc::new();
        crc.update(&pack[start..]);
        places.insert(*id, (crc.sum(), offset));
    }
    let checksum: Id = Sha1::digest(&pack).into();
    pack.extend_from_slice(&checksum);

    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=u8::MAX {
        let count = places.keys().filter(|id| id[0] <= first).count();
        index.extend_from_slice(&u32::try_from(count).map_err(too_large)?.to_be_bytes());
    }
    index.extend(places.keys().flatten());
    index.extend(places.values().flat_map(|(crc, _)| crc.to_be_bytes()));
    index.extend(places.values().flat_map(|(_, offset)| offset.to_be_bytes()));
    index.extend_from_slice(&checksum);
    let of_index: Id = Sha1::digest(&index).into();
    index.extend_from_slice(&of_index);
    Ok(Pack { name: digits(&checksum), objects: pack, index })
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Packer, blob};
    use crate::{
        digest::digits,
        tree::{Entry, RelPath, Tree},
    };

    fn tree(files: &[(&str, &[u8])]) -> Tree {
        files.iter().map(|(path, bytes)| (RelPath::new(*path).unwrap(), Entry::new(bytes.to_vec()))).collect()
    }

    #[test]
    fn objects_have_the_names_that_git_gives_them() {
        // `git hash-object --stdin </dev/null`, and of `hello\n`.
        assert_eq!(digits(&blob(b"")), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(digits(&blob(b"hello\n")), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn the_same_tree_is_the_same_repository_whatever_was_made_before() {
        let one = tree(&[("a", b"1"), ("a.b", b"2"), ("a/b", b"3"), ("run", b"#!/bin/sh\n"), ("same", b"1")]);
        let one = one.into_iter().filter(|(path, _)| path.as_str() != "a").collect::<Tree>();
        let first = Packer::default().bare(&one, "main", "m").unwrap();
        let mut packer = Packer::default();
        for files in [&[("x", &b"y"[..])][..], &[("a", b"1")], &[]] {
            packer.bare(&tree(files), "main", "m").unwrap();
        }
        let again = packer.bare(&one, "main", "m").unwrap();
        assert_eq!((first.commit, first.tree), (again.commit, again.tree));
    }

    #[test]
    fn line_ends_are_stored_as_git_stores_them() {
        let tree = tree(&[
            (".gitattributes", b"# c\n* text=auto\n*.cmd text eol=crlf\n/docs/*.bin -text\n"),
            ("a/run.cmd", b"a\r\nb\rc\r\n"),
            ("docs/x.bin", b"a\r\n"),
            ("zero", b"a\r\n\0"),
        ]);
        let attributes = Attributes::of(&tree);
        let stored: Vec<_> = tree.iter().map(|(path, entry)| attributes.stored(path, &entry.bytes).into_owned()).collect();
        assert_eq!(stored[1..], [b"a\nb\rc\n".to_vec(), b"a\r\n".to_vec(), b"a\r\n\0".to_vec()]);
    }

    #[test]
    fn memory_does_not_grow_with_the_class() {
        let mut packer = Packer::default();
        for number in 0..50 {
            packer.bare(&tree(&[("same", b"same"), ("own", number.to_string().as_bytes())]), "main", "m").unwrap();
        }
        assert!(packer.recent.len() + packer.older.len() <= 8);
    }
}
