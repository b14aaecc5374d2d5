//! Goes along paths in their order and meets every folder once.

use std::path::{Path, PathBuf};

use crate::{error::Result, tree::RelPath};

/// The way from a root to the file visited last. `S` is what is known of each folder on it.
///
/// Everything below a folder is contiguous in the order of the paths, so a folder that was left never comes back: no set is needed to make, or
/// to look at, each folder once.
pub(super) struct Walk<'t, S> {
    path: PathBuf,
    folders: Vec<(&'t str, S)>,
}

impl<'t, S> Walk<'t, S> {
    pub(super) fn new(root: &Path) -> Self {
        Self { path: root.to_path_buf(), folders: Vec::new() }
    }

    /// Goes to `file`, calls `enter` for every folder on the way that was not on the way before (with its full path, its path below the root and
    /// what is known of the one above it), then `visit` with the file's full path and what is known of its folder (`None` at the root).
    pub(super) fn go<T>(
        &mut self,
        file: &'t RelPath,
        mut enter: impl FnMut(&Path, &'t str, Option<&S>) -> Result<S>,
        visit: impl FnOnce(&Path, Option<&S>) -> Result<T>,
    ) -> Result<T> {
        let folder = file.parent().unwrap_or_default();
        let mut wanted = folder.split('/').filter(|name| !name.is_empty()).peekable();
        let (mut common, mut end) = (0, 0);
        while let (Some((name, _)), Some(next)) = (self.folders.get(common), wanted.peek()) {
            if name != next {
                break;
            }
            common += 1;
            end += name.len() + 1;
            wanted.next();
        }
        while self.folders.len() > common {
            self.folders.pop();
            self.path.pop();
        }
        for name in wanted {
            self.path.push(name);
            end += name.len() + 1;
            let known = match enter(&self.path, &folder[..end - 1], self.folders.last().map(|(_, known)| known)) {
                Ok(known) => known,
                Err(error) => {
                    self.path.pop();
                    return Err(error);
                }
            };
            self.folders.push((name, known));
        }
        self.path.push(file.file_name());
        let result = visit(&self.path, self.folders.last().map(|(_, known)| known));
        self.path.pop();
        result
    }
}
