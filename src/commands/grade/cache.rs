//! What was graded before, and need not run again.

use std::path::Path;

use crate::{
    disk,
    grade::{Graded, Status},
};

/// Beside `handout.toml`.
pub(super) const FOLDER: &str = ".grade";

/// What was found of `folder`, if it was the same that would be graded now.
pub(super) fn known(cache: &Path, folder: &str, key: &str) -> Option<Graded> {
    let text = disk::read_text(&cache.join(format!("{folder}.json"))).ok()?;
    serde_json::from_str::<Graded>(&text).ok().filter(|graded| graded.key == key)
}

/// Keeps what was found. Nothing depends on it but time, so nothing fails here.
pub(super) fn keep(cache: &Path, graded: &Graded) {
    if matches!(graded.status, Status::Missing | Status::Failed) {
        return;
    }
    if let Ok(text) = serde_json::to_string_pretty(graded) {
        let _ = disk::write_anew(&cache.join(format!("{}.json", graded.folder)), &(text + "\n"));
    }
}
