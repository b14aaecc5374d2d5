//! Three texts → merged, or a conflict. A stand-in until the real module comes from its own branch.

/// What came of merging three texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both sides' changes, none of them at the same place.
    Clean(Vec<u8>),
    /// Both sides changed the same place.
    Conflicted {
        /// The text with conflict markers.
        markers: Vec<u8>,
        /// Number of conflicts in it.
        hunks: usize,
    },
}

/// Both sides' changes to `base` in one text; `None` if that cannot be said, as with binary files.
pub fn merge(base: &[u8], mine: &[u8], theirs: &[u8]) -> Option<Merged> {
    if [base, mine, theirs].iter().any(|bytes| bytes.contains(&0)) {
        return None;
    }
    Some(match diffy::merge_bytes(base, mine, theirs) {
        Ok(clean) => Merged::Clean(clean),
        Err(markers) => {
            let hunks = markers.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"<<<<<<<")).count();
            Merged::Conflicted { markers, hunks }
        }
    })
}
