//! What a command acts on: no globals, no change of directory.

use std::path::{Path, PathBuf};

use crate::{catalog::Catalog, output::Output};

/// The world of one command.
pub struct Env {
    /// The working directory; relative paths of the command line are below it, see [`Env::path`].
    pub cwd: PathBuf,
    /// Where it prints.
    pub out: Output,
    /// The templates.
    pub catalog: Catalog,
    // `ask: Box<dyn Ask>` goes here: how it asks a person.
}

impl Env {
    /// A world with the built-in templates.
    pub fn new(cwd: PathBuf, out: Output) -> Self {
        Self { cwd, out, catalog: Catalog::embedded() }
    }

    /// A path of the command line as seen from here.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }
}
