//! `notes`: what a release says of itself.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::changelog::{section, version_of_tag};
use cfnkit_console::screen;
use cfnkit_tools::workspace::Workspace;

/// Print the release notes: a version's section of `CHANGELOG.md`.
///
/// Fails where there is none, and where the tag is not that of the version in `Cargo.toml`.
#[derive(Debug, clap::Args)]
pub struct Notes {
    /// The tag of the release, such as `v0.1.0` [default: that of the version in `Cargo.toml`].
    #[arg(value_name = "TAG")]
    tag: Option<String>,
    /// Write them to a file instead.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Notes {
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        // The version of the whole workspace.
        let current = env!("CARGO_PKG_VERSION");
        let version = match &self.tag {
            Some(tag) => version_of_tag(tag, current)?,
            None => current,
        };
        let path = workspace.root().join("CHANGELOG.md");
        let changelog = std::fs::read_to_string(&path).context("cannot read `CHANGELOG.md`")?;
        let notes = section(&changelog, version)?;
        let Some(output) = &self.output else {
            screen::data(notes);
            return Ok(());
        };
        let write = || -> std::io::Result<()> {
            if let Some(directory) = output.parent() {
                std::fs::create_dir_all(directory)?;
            }
            std::fs::write(output, format!("{notes}\n"))
        };
        write().with_context(|| format!("cannot write `{}`", output.display()))
    }
}
