//! What would be written, decided before anything is: `plan(base, disk, fresh)`.

mod diff;
mod line_endings;
mod op;
mod show;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, ops::Bound};

pub use op::{Op, Reason};

use crate::{
    error::{Error, ErrorKind, Fault},
    merge::{self, Merged},
    plan::line_endings::{in_style_of, like_the_user, same_text},
    tree::{Entry, RelPath, Tree},
};

/// What to do about a file that the user deleted and that has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It stays deleted, and [`Plan::said`] names it: `update`.
    Say,
    /// It is a conflict, because what follows needs it: `solution --apply`.
    Conflict,
}

/// What happens to one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub path: RelPath,
    /// What.
    pub op: Op,
    /// What stood there when the plan was made; applying it refuses to touch anything else.
    pub before: Option<Entry>,
}

/// Why something was left as the user has it although we changed it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The user deleted it, we changed it: it stays deleted.
    Deleted,
    /// The user edited it, we removed it: it stays, and is the user's from now on.
    Edited,
}

/// A decision about every path of base and fresh, in the order of the paths. Paths that are only on disk are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<Step>,
    said: Vec<(RelPath, Left)>,
}

/// Decides what happens to every path of `base` and `fresh`, where `base` is what was rendered last time, `disk` what is there now and `fresh`
/// what would be rendered now. Line endings do not count as changes, and what is written has the line endings that the user's file has; the
/// executable bit counts.
pub fn plan(base: &Tree, disk: &Tree, fresh: &Tree, deleted: Deleted) -> Plan {
    let paths: BTreeSet<&RelPath> = base.paths().chain(fresh.paths()).collect();
    let mut plan = Plan::default();
    for path in paths {
        match decide(base.get(path), disk.get(path), fresh.get(path), deleted) {
            Decision::Do(op) => plan.steps.push(Step { path: path.clone(), op, before: disk.get(path).cloned() }),
            Decision::Say(left) => plan.said.push((path.clone(), left)),
            Decision::Nothing => {}
        }
    }
    plan.find_files_in_the_place_of_folders(disk);
    plan
}

enum Decision {
    Do(Op),
    Say(Left),
    Nothing,
}

fn decide(base: Option<&Entry>, disk: Option<&Entry>, fresh: Option<&Entry>, deleted: Deleted) -> Decision {
    Decision::Do(match (base, disk, fresh) {
        (_, None, None) | (None, Some(_), None) => return Decision::Nothing,
        (_, Some(disk), Some(fresh)) if same(disk, fresh) => Op::Keep,
        (None, None, Some(fresh)) => Op::Create { fresh: fresh.clone() },
        (None, Some(disk), Some(fresh)) => Op::Conflict { reason: Reason::Exists, markers: both_in_one(disk, fresh) },
        (Some(base), None, Some(fresh)) if same(base, fresh) => return Decision::Nothing,
        (Some(_), None, Some(_)) => match deleted {
            Deleted::Say => return Decision::Say(Left::Deleted),
            Deleted::Conflict => Op::Conflict { reason: Reason::Deleted, markers: None },
        },
        (Some(base), Some(disk), None) if same(base, disk) => Op::Remove,
        (Some(_), Some(_), None) => Op::Conflict { reason: Reason::EditedAndRemoved, markers: None },
        (Some(base), Some(disk), Some(fresh)) if same(base, disk) => {
            let bytes = like_the_user(&disk.bytes, &base.bytes, &fresh.bytes).map_or_else(|| fresh.bytes.clone(), Into::into);
            Op::Change { fresh: Entry { bytes, executable: fresh.executable } }
        }
        (Some(base), Some(_), Some(fresh)) if same(base, fresh) => Op::Keep,
        (Some(base), Some(disk), Some(fresh)) => merge_three(base, disk, fresh),
    })
}

/// Whether two files are the same but for their line endings.
pub(crate) fn same(one: &Entry, other: &Entry) -> bool {
    one.executable == other.executable && same_text(&one.bytes, &other.bytes)
}

/// Both sides changed something: content and executable bit are decided apart from each other.
fn merge_three(base: &Entry, disk: &Entry, fresh: &Entry) -> Op {
    // A bit that one side changed has only one other value: where both changed it, they agree.
    let executable = if disk.executable == base.executable { fresh.executable } else { disk.executable };
    let merged = |bytes: Vec<u8>, hunks| Op::Merge { merged: Entry { bytes: bytes.into(), executable }, hunks };
    let result = if same_text(&disk.bytes, &fresh.bytes) || same_text(&base.bytes, &fresh.bytes) {
        merged(disk.bytes.to_vec(), 0)
    } else if same_text(&base.bytes, &disk.bytes) {
        merged(like_the_user(&disk.bytes, &base.bytes, &fresh.bytes).unwrap_or_else(|| fresh.bytes.to_vec()), 0)
    } else {
        match merge::merge(&in_style_of(&disk.bytes, &base.bytes), &disk.bytes, &in_style_of(&disk.bytes, &fresh.bytes)) {
            None => Op::Conflict { reason: Reason::Binary, markers: None },
            Some(Merged::Clean(bytes)) => merged(bytes, 0),
            Some(Merged::Conflicted { markers, hunks }) => {
                Op::Conflict { reason: Reason::Edited { hunks }, markers: Some((Entry { bytes: markers.into(), executable }, hunks)) }
            }
        }
    };
    match result {
        Op::Merge { merged, .. } if merged == *disk => Op::Keep,
        result => result,
    }
}

/// The user's file and ours in one text, if they are texts: what `--conflicts=markers` writes where there is no base to merge from.
fn both_in_one(disk: &Entry, fresh: &Entry) -> Option<(Entry, usize)> {
    match merge::merge(b"", &disk.bytes, &in_style_of(&disk.bytes, &fresh.bytes))? {
        Merged::Conflicted { markers, hunks } => Some((Entry { bytes: markers.into(), executable: disk.executable }, hunks)),
        Merged::Clean(_) => None,
    }
}

impl Plan {
    /// Every decision, in the order of the paths.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was left as the user has it although we changed it: to be told, not restored.
    pub fn said(&self) -> &[(RelPath, Left)] {
        &self.said
    }

    /// What keeps the plan from being applied.
    pub fn conflicts(&self) -> impl Iterator<Item = (&RelPath, &Reason)> {
        self.steps.iter().filter_map(|step| match &step.op {
            Op::Conflict { reason, .. } => Some((&step.path, reason)),
            _ => None,
        })
    }

    /// Files that would be written with conflict markers in them: a merge that the user has to finish.
    pub fn pending(&self) -> impl Iterator<Item = &RelPath> {
        self.steps.iter().filter(|step| matches!(step.op, Op::Merge { hunks: 1.., .. })).map(|step| &step.path)
    }

    /// Whether everything is as it should be: nothing to write, nothing in the way.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|step| step.op == Op::Keep)
    }

    /// The error of a plan that cannot be applied: every conflict with its way out. `None` if nothing is in the way.
    pub fn refusal(&self) -> Option<Error> {
        let faults: Vec<_> =
            self.conflicts().map(|(path, reason)| Fault::new(path.as_str(), reason.to_string()).hint(reason.way_out())).collect();
        if faults.is_empty() {
            return None;
        }
        let files = if faults.len() == 1 { "1 file is".to_owned() } else { format!("{} files are", faults.len()) };
        let error = Error::faults(ErrorKind::Conflict, format!("{files} in the way, nothing was written"), faults);
        let markable = self.steps.iter().any(|step| matches!(step.op, Op::Conflict { markers: Some(_), .. }));
        Some(if markable { error.hint("`--conflicts=markers` writes both versions into the files, for you to choose") } else { error })
    }

    /// The same plan for `--conflicts=markers`: files changed on both sides get conflict markers, and a file that the user edited and we removed
    /// stays with the user. What cannot be marked, such as a binary file, stays a conflict.
    #[must_use]
    pub fn with_markers(mut self) -> Self {
        for step in &mut self.steps {
            match &mut step.op {
                Op::Conflict { markers: markers @ Some(_), .. } => {
                    if let Some((merged, hunks)) = markers.take() {
                        step.op = Op::Merge { merged, hunks };
                    }
                }
                Op::Conflict { reason: Reason::EditedAndRemoved, .. } => {
                    step.op = Op::Keep;
                    self.said.push((step.path.clone(), Left::Edited));
                }
                _ => {}
            }
        }
        self.said.sort_by(|(one, _), (other, _)| one.cmp(other));
        self
    }

    /// A file can stand neither below a file that stays nor in the place of a folder that stays.
    fn find_files_in_the_place_of_folders(&mut self, disk: &Tree) {
        if disk.is_empty() {
            return;
        }
        let removed: BTreeSet<&RelPath> = self.steps.iter().filter(|step| step.op == Op::Remove).map(|step| &step.path).collect();
        let staying: BTreeSet<&str> = disk.paths().filter(|path| !removed.contains(path)).map(RelPath::as_str).collect();
        let in_the_way = |path: &str| -> Option<String> {
            let above = path.match_indices('/').map(|(end, _)| &path[..end]).find(|above| staying.contains(above));
            let below = || {
                let folder = format!("{path}/");
                staying
                    .range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded))
                    .next()
                    .filter(|next| next.starts_with(&folder))
                    .copied()
            };
            above.or_else(below).map(str::to_owned)
        };
        let found: Vec<_> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| matches!(step.op, Op::Create { .. }))
            .filter_map(|(at, step)| Some((at, in_the_way(step.path.as_str())?)))
            .collect();
        for (at, other) in found {
            self.steps[at].op = Op::Conflict { reason: Reason::InTheWay { other }, markers: None };
        }
    }
}
