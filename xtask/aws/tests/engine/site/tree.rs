//! The directory that a test's program runs in.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::repository;
use cfnkit_scripted_cloud::archive;

/// Where Linux keeps files in memory. On a disk, a file system looks long for a place that was not
/// given back a moment ago, and these trees come and go by the thousand.
const MEMORY: &str = "/dev/shm";

/// A working tree: the templates, the stages' files, a packaged handler, and the `target` of the runs in it.
pub(super) struct Tree {
    pub(super) directory: TempDir,
    pub(super) zip: PathBuf,
}

impl Tree {
    pub(super) fn new() -> Self {
        let in_memory = tempfile::tempdir_in(MEMORY);
        let directory = in_memory.or_else(|_| tempfile::tempdir()).unwrap();
        for part in ["infra/cfn", "infra/stages"] {
            let to = directory.path().join(part);
            std::fs::create_dir_all(&to).unwrap();
            for entry in std::fs::read_dir(repository().join(part)).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
        let zip = directory.path().join("handler.zip");
        std::fs::write(&zip, archive::handler("first")).unwrap();
        Self { directory, zip }
    }

    /// Writes a file of it; returns the path.
    pub(super) fn write(&self, file: &str, text: &str) -> String {
        let path = self.directory.path().join(file);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}
