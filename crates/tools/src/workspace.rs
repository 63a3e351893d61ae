//! Where things are: the repository's root and the directory that cargo builds into.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xshell::Shell;

use crate::cargo;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::report::Reporter;
use cfnkit_console::variable;

/// The repository this program works on, and who is told of what is done in it.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    reporter: Arc<dyn Reporter>,
}

impl Workspace {
    /// Finds the nearest directory at or above `from` that holds `infra/cfn/root.yaml`.
    ///
    /// # Errors
    ///
    /// There is none, or cargo does not understand it; it has said why.
    pub fn find(from: &Path, reporter: Arc<dyn Reporter>) -> Result<Self> {
        let root = from
            .ancestors()
            .find(|directory| directory.join("infra/cfn/root.yaml").is_file())
            .with_context(|| {
                format!(
                    "no `infra/cfn/root.yaml` at or above `{}`; run this inside the repository",
                    from.display()
                )
            })?
            .to_path_buf();
        let sh = Shell::new().context("cannot read the current directory")?;
        // Templates alone can be deployed with a handler from elsewhere.
        let is_package = root
            .ancestors()
            .any(|directory| directory.join("Cargo.toml").is_file());
        // A program that cargo built can be started where there is none.
        let target = match is_package && variable::finds_program("cargo") {
            true => cargo::metadata(&sh, &root)?.target_directory,
            false => root.join("target"),
        };
        Ok(Self {
            root,
            target,
            reporter,
        })
    }

    /// A copy of the repository, or of a part of it, at a place that the caller made.
    pub fn at(root: &Path, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            root: root.to_path_buf(),
            target: root.join("target"),
            reporter,
        }
    }

    /// Who is told of what is done in it.
    pub fn reporter(&self) -> &dyn Reporter {
        self.reporter.as_ref()
    }

    /// The directory with the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the templates.
    pub fn templates(&self) -> PathBuf {
        self.root.join("infra/cfn")
    }

    /// Where this program puts everything that it makes: cargo's own directory, which is `target`
    /// in the repository unless cargo is told otherwise.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Holds `path` for this process until the file is dropped; waits while another holds it.
    ///
    /// # Errors
    ///
    /// The file or its directory cannot be made, or waiting for it fails. A file that the system
    /// cannot lock at all is no error, and is not held.
    pub fn lock(&self, path: &Path) -> Result<File> {
        let open = || -> std::io::Result<File> {
            if let Some(directory) = path.parent() {
                std::fs::create_dir_all(directory)?;
            }
            let file = File::create(path)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                self.reporter
                    .step("waiting for another `cargo xtask` to finish");
                file.lock()?;
            }
            Ok(file)
        };
        open().with_context(|| format!("cannot lock `{}`", path.display()))
    }

    /// `path` as a reader of the screen wants it: relative to the root where it is below it.
    pub fn display<'path>(&self, path: &'path Path) -> std::path::Display<'path> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
