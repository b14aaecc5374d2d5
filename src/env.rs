//! What a command acts on: no globals, no change of directory.

use std::path::{Path, PathBuf};

use crate::{catalog::Catalog, output::Output, prompt::Ask};

/// The world of one command.
pub struct Env {
    /// The working directory; relative paths of the command line are below it, see [`Env::path`].
    pub cwd: PathBuf,
    /// Where it prints.
    pub out: Output,
    /// How it asks a person.
    pub ask: Box<dyn Ask>,
    /// The templates.
    pub catalog: Catalog,
    /// The file that names the repositories which `progress` shows; none where the user has no folder for such.
    pub known: Option<PathBuf>,
}

impl Env {
    /// A world with the built-in templates.
    pub fn new(cwd: PathBuf, out: Output, ask: Box<dyn Ask>) -> Self {
        Self { cwd, out, ask, catalog: Catalog::embedded(), known: None }
    }

    /// A path of the command line as seen from here.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }
}
