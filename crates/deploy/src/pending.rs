//! Change sets this program asked for and has neither executed nor deleted: written down before
//! the request, so that what a killed run left can be told from what a running one needs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use cfnkit_console::error::{Context as _, Result};

/// The notes in a directory, one file per change set.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    directory: PathBuf,
}

/// A note, held by the process that works with the change set.
#[derive(Debug)]
pub(crate) struct Note {
    pub change_set: String,
    path: PathBuf,
    // Its lock ends with the process, however that ends.
    _file: File,
}

impl Pending {
    /// In `directory` of whoever deploys.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.join("pending"),
        }
    }

    /// Notes that `change_set` of `stack` is about to be made.
    pub(crate) fn note(&self, stack: &str, change_set: &str) -> Result<Note> {
        let directory = self.directory.join(stack);
        let path = directory.join(change_set);
        let open = || -> std::io::Result<File> {
            std::fs::create_dir_all(&directory)?;
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        let file = open().with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Note {
            change_set: change_set.to_owned(),
            path,
            _file: file,
        })
    }

    /// The stacks nested in `stack` that there may be notes about.
    pub(crate) fn nested(&self, stack: &str) -> Vec<String> {
        let begin = format!("{stack}-");
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.starts_with(&begin)).collect()
    }

    /// The notes about `stack` that no running process holds; they are held from now on.
    pub(crate) fn left_behind(&self, stack: &str) -> Vec<Note> {
        let directory = self.directory.join(stack);
        let Ok(entries) = std::fs::read_dir(directory) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| abandoned(&entry.path()))
            .collect()
    }
}

fn abandoned(path: &Path) -> Option<Note> {
    let change_set = path.file_name()?.to_str()?.to_owned();
    let file = File::open(path).ok()?;
    match file.try_lock() {
        Ok(()) => Some(Note {
            change_set,
            path: path.to_path_buf(),
            _file: file,
        }),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

impl Note {
    /// The change set is gone, or executed, or left on purpose.
    pub(crate) fn strike(self) {
        // What cannot be removed is looked at again by the next run, and found to be gone.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(notes: &[Note]) -> Vec<&str> {
        notes.iter().map(|note| note.change_set.as_str()).collect()
    }

    #[test]
    fn a_note_is_left_behind_when_nobody_holds_it() {
        let root = tempfile::tempdir().unwrap();
        let pending = Pending::in_directory(root.path());
        assert!(pending.left_behind("movies-dev").is_empty());
        let held = pending.note("movies-dev", "xtask-1").unwrap();
        let dropped = pending.note("movies-dev", "xtask-2").unwrap();
        drop(dropped);
        assert_eq!(names(&pending.left_behind("movies-dev")), ["xtask-2"]);
        assert!(pending.left_behind("movies-test").is_empty());
        drop(pending.note("movies-dev-Api-1A2B", "xtask-3").unwrap());
        assert_eq!(pending.nested("movies-dev"), ["movies-dev-Api-1A2B"]);
        assert!(pending.nested("movies-de").is_empty());
        held.strike();
        for note in pending.left_behind("movies-dev") {
            note.strike();
        }
        assert!(pending.left_behind("movies-dev").is_empty());
    }
}
