//! Trees as tar and zip: the same tree gives the same bytes, on every system and at any time.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use tar::{Archive, EntryType, Header};
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    error::{Error, Result},
    tree::{Entry, RelPath, Tree},
};

/// Tar is made of blocks of this many bytes, and ends with two empty ones.
const BLOCK: usize = 512;

/// 1980-01-01 00:00:00 UTC in seconds since 1970: the earliest time that zip can say as well; extracting tars of 1970 makes GNU tar complain.
const TIME: u64 = 315_532_800;

/// From how many bytes on a file is deflated fast: the base is as large as all the rest, and differs in every repository.
pub const LARGE: usize = 64 * 1024;

/// How fast, as zlib counts.
const FAST: i64 = 1;

/// The tree as an uncompressed tar in the order of the paths, each path after `prefix` (such as `shop/`; may be empty). POSIX ustar; a path that
/// does not fit into its header gets an extended (pax) header.
pub fn tar(tree: &Tree, prefix: &str) -> Vec<u8> {
    tar_of(tree.iter(), prefix)
}

/// The same of files in the order of their paths.
pub fn tar_of<'t>(files: impl Iterator<Item = (&'t RelPath, &'t Entry)> + Clone, prefix: &str) -> Vec<u8> {
    // Few paths need an extended header.
    let size = |(_, entry): (&RelPath, &Entry)| BLOCK + entry.bytes.len().next_multiple_of(BLOCK);
    let mut out = Vec::with_capacity(files.clone().map(size).sum::<usize>() + 2 * BLOCK);
    let plain = header(EntryType::Regular, 0);
    for (path, entry) in files {
        let path = format!("{prefix}{path}");
        let mut header = plain.clone();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(if entry.executable { 0o755 } else { 0o644 });
        if !set_path(&mut header, &path) {
            let name = pax_record("path", &path);
            push(&mut out, header_named(EntryType::XHeader, name.len(), "pax"), name.as_bytes());
            header = header_named(EntryType::Regular, entry.bytes.len(), "see-pax");
            header.set_mode(if entry.executable { 0o755 } else { 0o644 });
        }
        push(&mut out, header, &entry.bytes);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// Puts the path into a header, if it fits. A short one goes there as it is; `set_path` would take it apart and put it together again.
fn set_path(header: &mut Header, path: &str) -> bool {
    match header.as_old_mut().name.get_mut(..path.len()) {
        Some(name) => name.copy_from_slice(path.as_bytes()),
        None => return header.set_path(path).is_ok(),
    }
    true
}

fn header(kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(TIME);
    header
}

fn header_named(kind: EntryType, size: usize, name: &str) -> Header {
    let mut header = header(kind, size);
    // A short name always fits.
    let _ = header.set_path(name);
    header
}

fn push(out: &mut Vec<u8>, mut header: Header, bytes: &[u8]) {
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// `<length> <key>=<value>\n`, where the length counts its own digits (POSIX, pax extended header).
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut digits = 1;
    while (rest + digits).to_string().len() > digits {
        digits += 1;
    }
    format!("{} {key}={value}\n", rest + digits)
}

/// The tree in an uncompressed tar. Only regular files and folders may be in it, none twice, none that leaves the root, and its end must be there.
pub fn untar(bytes: &[u8]) -> Result<Tree> {
    let broken = |cause: String| Error::failed(format!("failed to read an archive: {cause}"));
    if !bytes.len().is_multiple_of(BLOCK) || !bytes.ends_with(&[0; 2 * BLOCK]) {
        return Err(broken("its end is missing".to_owned()));
    }
    let mut archive = Archive::new(bytes);
    let mut tree = Tree::new();
    for entry in archive.entries().map_err(|error| broken(error.to_string()))? {
        let mut entry = entry.map_err(|error| broken(error.to_string()))?;
        let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| broken("a path in it is not UTF-8".to_owned()))?;
        match entry.header().entry_type() {
            EntryType::Regular => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            other => return Err(broken(format!("`{path}` is neither a file nor a folder ({other:?})"))),
        }
        let mode = entry.header().mode().map_err(|error| broken(format!("`{path}`: {error}")))?;
        let size = usize::try_from(entry.size()).ok().filter(|size| *size <= bytes.len());
        let mut content = Vec::with_capacity(size.ok_or_else(|| broken(format!("`{path}` is longer than the archive")))?);
        entry.read_to_end(&mut content).map_err(|error| broken(format!("`{path}`: {error}")))?;
        let rel = RelPath::new(path).map_err(broken)?;
        let file = Entry { bytes: content.into(), executable: mode & 0o100 != 0 };
        if tree.insert(rel.clone(), file).is_some() {
            return Err(broken(format!("`{rel}` is in it twice")));
        }
    }
    Ok(tree)
}

/// The tree as a zip in the order of the paths, each path after `prefix` (such as `shop/`; may be empty), deflated, with Unix permissions.
pub fn zip(tree: &Tree, prefix: &str) -> Result<Vec<u8>> {
    zip_after(&[], &Tree::new(), tree, prefix)
}

/// Makes zips, each with the bytes of [`zip`]. Most files of a class are the same in all of its repositories, and are deflated once.
#[derive(Default)]
pub struct Zipper {
    last: (Vec<u8>, Tree),
}

impl Zipper {
    /// The tree as a zip.
    pub fn zip(&mut self, tree: Tree, prefix: &str) -> Result<Vec<u8>> {
        let zip = zip_after(&self.last.0, &self.last.1, &tree, prefix)?;
        self.last = (zip.clone(), tree);
        Ok(zip)
    }
}

/// The zip of `tree`; files that `last` has as well are taken from its zip `known`, as they are deflated there.
fn zip_after(known: &[u8], last: &Tree, tree: &Tree, prefix: &str) -> Result<Vec<u8>> {
    let failed = |what: &str, error: std::io::Error| Error::failed(format!("failed to {what}")).because(error);
    let places: BTreeMap<&RelPath, usize> = last.paths().zip(0..).collect();
    let mut archive = if last.is_empty() { None } else { ZipArchive::new(Cursor::new(known)).ok() };
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(tree.byte_count() / 2)));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        // Otherwise it is the system that this runs on.
        .system(System::Unix);
    for (path, entry) in tree.iter() {
        let place = places.get(path).filter(|_| last.get(path) == Some(entry));
        let there = place.and_then(|place| archive.as_mut()?.by_index(*place).ok());
        let options = options.unix_permissions(if entry.executable { 0o755 } else { 0o644 });
        let options = options.compression_level((entry.bytes.len() >= LARGE).then_some(FAST));
        let name = format!("{prefix}{path}");
        let written = match there {
            Some(there) => zip.raw_copy_file_rename(there, name).map_err(std::io::Error::from),
            None => zip.start_file(name, options).map_err(std::io::Error::from).and_then(|()| zip.write_all(&entry.bytes)),
        };
        written.map_err(|error| failed(&format!("zip `{path}`"), error))?;
    }
    let out = zip.finish().map_err(|error| failed("end a zip", error.into()))?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, LARGE, Zipper, header_named, push, tar, untar, zip};
    use crate::tree::{Entry, RelPath, Tree};
    use sha2::{Digest as _, Sha256};
    use std::io::{Cursor, Read as _};
    use tar::EntryType;

    fn tree(files: &[(&str, &[u8])]) -> Tree {
        files.iter().map(|(path, bytes)| (RelPath::new(*path).unwrap(), Entry::new(bytes.to_vec()))).collect()
    }

    fn varied() -> Tree {
        let long = format!("{}/{}.txt", "folder/".repeat(20).trim_end_matches('/'), "n".repeat(60));
        // No place to cut it into ustar's 155 + 100 bytes.
        let uncuttable = "x".repeat(200);
        tree(&[
            ("README.md", b"hello\n"),
            ("empty", b""),
            ("bin/run", b"#!/bin/sh\n"),
            ("binary", &[0, 255, 13, 10, 0]),
            ("block", &[7; BLOCK]),
            ("\u{fc}/\u{e9}.md", b"x"),
            (&long, b"long"),
            (&uncuttable, b"pax"),
        ])
    }

    #[test]
    fn a_tar_comes_back_as_the_tree_that_it_was_made_of() {
        assert_eq!(untar(&tar(&varied(), "")).unwrap(), varied());
        assert_eq!(untar(&tar(&Tree::new(), "")).unwrap(), Tree::new());
        let prefixed = untar(&tar(&varied(), "shop/")).unwrap();
        assert!(prefixed.paths().all(|path| path.as_str().starts_with("shop/")));
        assert_eq!(prefixed.len(), varied().len());
    }

    #[test]
    fn archives_have_the_same_bytes_always() {
        // Pinned: a change here changes every repository's base, and every handout.
        let digest = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!(digest(&tar(&varied(), "shop/")), "5519c351fde9061a7a1b673d2c41b2ba6a53240911b8c9b2bd60d5f55b8d2406");
        assert_eq!(digest(&zip(&varied(), "shop/").unwrap()), "4f9265fa567bbfd822a6be925acead203b9f388e47658efcf96e9b4187218572");
    }

    #[test]
    fn a_tar_that_is_cut_off_is_refused() {
        let whole = tar(&varied(), "");
        for end in (0..whole.len()).step_by(BLOCK).chain([1, whole.len() - 1]) {
            assert!(untar(&whole[..end]).is_err(), "{end} bytes of it were read");
        }
    }

    #[test]
    fn a_tar_that_leaves_the_root_or_holds_links_is_refused() {
        for (path, kind) in [
            ("../evil", EntryType::Regular),
            ("a/../../evil", EntryType::Regular),
            ("/etc/passwd", EntryType::Regular),
            ("C:evil", EntryType::Regular),
            ("link", EntryType::Symlink),
            ("link", EntryType::Link),
            ("device", EntryType::Char),
            ("sparse", EntryType::GNUSparse),
        ] {
            let mut header = header_named(kind, 0, "x");
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            let mut bytes = Vec::new();
            push(&mut bytes, header, b"");
            bytes.resize(bytes.len() + 2 * BLOCK, 0);
            assert!(untar(&bytes).is_err(), "{path} was accepted");
        }
        let mut twice = tar(&tree(&[("a", b"1")]), "");
        twice.truncate(2 * BLOCK);
        twice.extend(tar(&tree(&[("a", b"2")]), ""));
        assert_eq!(untar(&twice).unwrap_err().to_string(), "failed to read an archive: `a` is in it twice");
    }

    #[test]
    fn a_zip_holds_content_and_permissions() {
        let bytes = zip(&varied(), "shop/").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), varied().len());
        for (path, entry) in varied().iter() {
            let mut file = archive.by_name(&format!("shop/{path}")).unwrap();
            assert_eq!(file.unix_mode(), Some(if entry.executable { 0o100_755 } else { 0o100_644 }));
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, *entry.bytes);
        }
    }

    #[test]
    fn a_zip_has_the_same_bytes_whatever_was_zipped_before() {
        let large = "not all the same, 0123456789\n".repeat(LARGE / 20);
        let one = tree(&[("a", b"1"), ("b/run", b"#!/bin/sh\n"), ("c/\u{e9}", &[7; 3000]), ("large", large.as_bytes()), ("only", b"here")]);
        let other = tree(&[("0", b"first"), ("a", b"2"), ("b/run", b"#!/bin/sh\n"), ("c/\u{e9}", &[7; 3000]), ("large", large.as_bytes())]);
        let mut zipper = Zipper::default();
        for tree in [&one, &other, &other, &Tree::new(), &one, &varied()] {
            assert!(zipper.zip(tree.clone(), "s/").unwrap() == zip(tree, "s/").unwrap());
        }
    }
}
