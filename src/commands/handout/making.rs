//! The repositories of a handout: each one whole or not at all, one rendered while the one before is written.

use std::path::Path;

use super::state::{Fate, State, Work};
use crate::{
    archive::Zipper,
    disk::{self, Interrupts, Over, Unwatched},
    env::Env,
    error::{Error, ErrorKind, Result},
    gitpack::Packer,
    handout::{Form, Handout, Row},
    receipt,
    render::Renderer,
    rendition::Audience,
    threads,
    tree::Tree,
};

/// What is made of what, where.
pub(super) struct Making<'m> {
    pub(super) state: State,
    pub(super) renderer: Renderer<'m>,
    pub(super) out: &'m Path,
    pub(super) watch: &'m Interrupts,
}

/// What came of it.
pub(super) struct Outcome {
    pub(super) handout: Handout,
    pub(super) work: Vec<Work>,
    pub(super) gone: Vec<String>,
    /// Why what each was made from could not be recorded. The next run does that.
    pub(super) unrecorded: Option<Error>,
}

/// A repository that is ready to be written.
struct Ready {
    digest: String,
    content: Content,
}

enum Content {
    /// A folder.
    Tree(Tree),
    /// A file.
    File(Vec<u8>),
    /// It is there.
    Nothing,
}

/// Makes what is to be made. A row that fails stops no other one; a signal stops all, and what is there then is found by the next run.
pub(super) fn make(making: Making<'_>, env: &mut Env) -> Result<Outcome> {
    let Making { mut state, renderer, out, watch } = making;
    let form = state.handout.form;
    let jobs: Vec<(usize, Row, bool)> = (state.work.iter().enumerate())
        .filter(|(_, work)| matches!(work.fate, Fate::Make | Fate::Undigested))
        .map(|(index, work)| (index, work.row.clone(), work.fate == Fate::Make))
        .collect();
    let total = jobs.iter().filter(|(_, _, is_new)| *is_new).count();
    let handout = state.handout.clone();
    let (mut packer, mut zipper) = (Packer::default(), Zipper::default());
    let ready =
        jobs.into_iter().map(move |(index, row, is_new)| Ok((index, ready(&handout, &row, is_new, &renderer, (&mut packer, &mut zipper)))));
    let mut done = 0;
    let ended = threads::ahead(ready, |(index, ready)| {
        let Work { row, fate } = &mut state.work[index];
        if watch.arrived() {
            return Err(Error::interrupted());
        }
        let target = out.join(form.name_of(&row.folder));
        let written = ready.and_then(|Ready { digest, content }| {
            match &content {
                Content::Tree(tree) => disk::create(&target, tree, watch)?,
                Content::File(bytes) => disk::put_file(&target, bytes, Over::Refuse, watch)?,
                Content::Nothing => return Ok((digest, Fate::There)),
            }
            Ok((digest, Fate::Made))
        });
        match written {
            Ok((digest, new)) => {
                done += usize::from(new == Fate::Made);
                row.digest = digest;
                *fate = new;
                env.out.progress(format!("{done} of {total}: {}", row.folder));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
            Err(error) => *fate = Fate::Failed(error.to_string()),
        }
        Ok(())
    });
    env.out.progress("");

    // What each was made from is known only now.
    let unrecorded = state.write(out, &Unwatched).err();
    match ended {
        Ok(()) => Ok(Outcome { handout: state.whole(), work: state.work, gone: state.gone, unrecorded }),
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err(Error::new(ErrorKind::Interrupted, format!("interrupted; {done} of {total} repositories were made, each of them whole"))
                .hint("the same command goes on where this one ended"))
        }
        Err(error) => Err(error),
    }
}

fn ready(
    handout: &Handout,
    row: &Row,
    is_new: bool,
    renderer: &Renderer<'_>,
    (packer, zipper): (&mut Packer, &mut Zipper),
) -> Result<Ready> {
    let rendition = handout.rendition(row, Audience::Learner);
    let rendered = renderer.render(&row.answers, &rendition)?;
    let digest = receipt::digest_of(&rendered);
    if !is_new {
        return Ok(Ready { digest, content: Content::Nothing });
    }
    let kit = renderer.kit();
    let own = receipt::own_files(kit, &rendered, &row.answers, &rendition)?;
    let branch = rendered.stack.default_branch;
    let mut tree = rendered.tree;
    tree.extend(own);
    let content = match handout.form {
        Form::Dir => Content::Tree(tree),
        Form::Zip => Content::File(zipper.zip(tree, &format!("{}/", row.folder))?),
        Form::Bare => {
            let message = format!("Start from the stagekit kit {} {}", handout.kit, handout.version);
            Content::Tree(packer.bare(&tree, &branch, &message)?.tree)
        }
    };
    Ok(Ready { digest, content })
}
