//! The folder of a class: what was handed out to it says what grading needs.

use std::path::Path;

use crate::{
    catalog::Catalog,
    disk,
    error::{Error, Result},
    handout::{FILE, Handout},
    render::Renderer,
    rendition::{Audience, Rendition},
    stack::Stack,
    tree::{Entry, RelPath},
};

/// What was handed out from the folder `directory` of the repository at `root`; none if it is no class's.
pub(super) fn handout(root: &Path, directory: &str) -> Result<Option<Handout>> {
    let path = if directory == "." { FILE.to_owned() } else { format!("{directory}/{FILE}") };
    let path = RelPath::new(path).map_err(Error::usage)?;
    let there = disk::read(root, [&path])?;
    there.get(&path).and_then(Entry::text).map(Handout::read).transpose()
}

/// What the finished work is built and tested with, and which servers it talks to.
///
/// An error if nothing was handed out, or this stagekit does not know the kit.
pub(super) fn stack(handout: &Handout, directory: &str, catalog: &Catalog) -> Result<Stack> {
    let row = handout.row.first().ok_or_else(|| {
        Error::usage(format!("`{FILE}` names no repository")).hint("`stagekit handout KIT --roster FILE --out DIR` writes one that does")
    })?;
    let renderer = Renderer::new(catalog, &handout.kit)?;
    let as_graded = handout.rendition(row, Audience::Grader);
    let finished = Rendition { at: as_graded.last(renderer.kit().last()), ..as_graded };
    let stack = renderer.render(&row.answers, &finished)?.stack;
    let name = handout.kit.clone();
    Ok(Stack { name, directory: directory.to_owned(), modules: Vec::new(), secrets: Vec::new(), settings: Vec::new(), ..stack })
}
