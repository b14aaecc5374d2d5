//! What is known of the templates before the program runs: the digest of each file and what each manifest says, so that no run has to hash or
//! parse what never changes.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

fn main() -> io::Result<()> {
    // `include_dir!` does not tell cargo of files that appear: a change anywhere below `templates` rebuilds.
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("templates");
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();
    let mut known = format!("static KNOWN: [Known; {}] = [\n", files.len());
    for path in files {
        let content = fs::read(root.join(&path))?;
        let digest = Sha256::new().chain_update(&path).chain_update(&content).finalize();
        let parsed = path.strip_suffix(".toml").and_then(|_| parsed(&content));
        // Writing to a String cannot fail.
        let _ =
            writeln!(known, "    Known {{ path: {path:?}, digest: {:?}, parsed: &{:?} }},", digest.as_slice(), parsed.unwrap_or_default());
    }
    known.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("known.rs"), known)
}

/// A manifest in the form that `src/manifest/parsed.rs` reads; `None` if it is not TOML or says something that the form cannot, which the
/// program then tells.
fn parsed(content: &[u8]) -> Option<Vec<u8>> {
    let table = DeTable::parse(std::str::from_utf8(content).ok()?).ok()?;
    let mut out = Vec::new();
    number(&mut out, 0)?;
    number(&mut out, content.len())?;
    push_table(&mut out, table.get_ref())?;
    Some(out)
}

fn push(out: &mut Vec<u8>, value: &Spanned<DeValue<'_>>) -> Option<()> {
    number(out, value.span().start)?;
    number(out, value.span().end)?;
    match value.get_ref() {
        DeValue::String(value) => {
            out.push(b's');
            text(out, value)
        }
        DeValue::Integer(value) => {
            out.push(b'i');
            out.extend(i64::from_str_radix(value.as_str(), value.radix()).ok()?.to_le_bytes());
            Some(())
        }
        DeValue::Boolean(value) => {
            out.extend([b'b', u8::from(*value)]);
            Some(())
        }
        DeValue::Array(items) => {
            out.push(b'a');
            number(out, items.len())?;
            items.iter().try_for_each(|item| push(out, item))
        }
        DeValue::Table(table) => push_table(out, table),
        // None of these stands in a manifest so far.
        DeValue::Float(_) | DeValue::Datetime(_) => None,
    }
}

fn push_table(out: &mut Vec<u8>, table: &DeTable<'_>) -> Option<()> {
    out.push(b't');
    number(out, table.len())?;
    table.iter().try_for_each(|(key, value)| {
        text(out, key.get_ref())?;
        push(out, value)
    })
}

fn text(out: &mut Vec<u8>, text: &str) -> Option<()> {
    number(out, text.len())?;
    out.extend(text.as_bytes());
    Some(())
}

fn number(out: &mut Vec<u8>, number: usize) -> Option<()> {
    out.extend(u32::try_from(number).ok()?.to_le_bytes());
    Some(())
}

/// The paths of all files below `folder`, with `/` between their parts on every system.
fn collect(folder: &Path, inside: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| io::Error::other(format!("{} is not UTF-8", name.display())))?;
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if entry.path().is_dir() {
            collect(&entry.path(), &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
