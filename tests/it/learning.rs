//! Repositories of the fixture kit `stairs`, whose build tool is a shell script.

use std::fs;

use crate::transcript::{Ended, Transcript};

/// A repository of it, made with these words.
pub(crate) fn made(words: &str) -> Ended {
    Transcript::of(&format!("new stairs . --yes --quiet --no-git {words}")).fixture("learning").check()
}

/// What is typed there next.
pub(crate) fn typed(line: &str, earlier: Ended) -> Transcript {
    Transcript::of(line).fixture("learning").after(earlier)
}

/// Writes a file of it.
pub(crate) fn write(ended: &Ended, path: &str, text: &str) {
    fs::write(ended.dir.path().join(path), text).expect("a file");
}

/// A file of it.
pub(crate) fn read(ended: &Ended, path: &str) -> String {
    fs::read_to_string(ended.dir.path().join(path)).expect("a file")
}
