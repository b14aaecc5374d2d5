//! What is known of the templates before the program runs: the digest of each file, so that no rendering has to hash what never changes.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

fn main() -> io::Result<()> {
    // `include_dir!` does not tell cargo of files that appear: a change anywhere below `templates` rebuilds.
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("templates");
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();
    let mut table = format!("static DIGESTS: [(&str, [u8; 32]); {}] = [\n", files.len());
    for path in files {
        let digest = Sha256::new().chain_update(&path).chain_update(fs::read(root.join(&path))?).finalize();
        // Writing to a String cannot fail.
        let _ = writeln!(table, "    ({path:?}, {:?}),", digest.as_slice());
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("digests.rs"), table)
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
