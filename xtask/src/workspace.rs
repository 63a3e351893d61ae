//! Where things are: the repository's root and the directories under `target/`.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::screen;

/// The repository this program works on, found upwards from the current directory.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the nearest directory at or above the current one that holds `infra/cfn/root.yaml`.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let current = std::env::current_dir().context("cannot read the current directory")?;
        let root = current
            .ancestors()
            .find(|directory| directory.join("infra/cfn/root.yaml").is_file())
            .with_context(|| {
                format!(
                    "no `infra/cfn/root.yaml` at or above `{}`; run this inside the repository",
                    current.display()
                )
            })?
            .to_path_buf();
        Ok(Self { root })
    }

    /// A copy of the repository, or of a part of it, at a place that the caller made.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn templates(&self) -> PathBuf {
        self.root.join("infra/cfn")
    }

    /// Where this program puts what it makes; always inside the repository.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Holds `path` for this process until the file is dropped; waits while another holds it.
    pub(crate) fn lock(path: &Path) -> anyhow::Result<File> {
        let open = || -> std::io::Result<File> {
            if let Some(directory) = path.parent() {
                std::fs::create_dir_all(directory)?;
            }
            let file = File::create(path)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                screen::progress("waiting for another `cargo xtask` to finish");
                file.lock()?;
            }
            Ok(file)
        };
        open().with_context(|| format!("cannot lock `{}`", path.display()))
    }

    /// `path` as a reader of the screen wants it: relative to the root where it is below it.
    pub(crate) fn display<'path>(&self, path: &'path Path) -> std::path::Display<'path> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
