//! `man`: manual pages, one for each command.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use cfnkit_console::screen;
use cfnkit_tools::workspace::Workspace;

/// Write manual pages, one for each command, to `target/man/man1`.
///
/// `man -M target/man cargo-xtask-deploy` shows one.
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// Write them to this directory instead.
    #[arg(long, value_name = "DIRECTORY")]
    pub output: Option<PathBuf>,
}

impl Man {
    /// Writes the pages of `cli`.
    pub(crate) fn run(self, workspace: &Workspace, cli: clap::Command) -> anyhow::Result<()> {
        let directory = self
            .output
            .unwrap_or_else(|| workspace.target().join("man/man1"));
        write(cli, &directory)
            .with_context(|| format!("cannot write manual pages to `{}`", directory.display()))?;
        screen::progress(format!("manual pages are in `{}`", directory.display()));
        Ok(())
    }
}

/// Writes a page for each command.
fn write(cli: clap::Command, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let cli = cli.name("cargo-xtask").bin_name("cargo xtask");
    clap_mangen::generate_to(cli, directory)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::{Cli, NoCommands};

    #[test]
    fn every_command_has_a_page_with_its_flags() {
        let directory = tempfile::tempdir().unwrap();
        write(Cli::<NoCommands>::command(), directory.path()).unwrap();
        let page = |name: &str| {
            let page = std::fs::read_to_string(directory.path().join(name));
            page.unwrap_or_else(|_| panic!("no {name}"))
        };
        let root = Cli::<NoCommands>::command();
        let commands = root.get_subcommands();
        for command in commands.filter(|command| !command.is_hide_set()) {
            page(&format!("cargo-xtask-{}.1", command.get_name()));
        }
        assert!(page("cargo-xtask.1").contains(".TH cargo-xtask 1"));
        assert!(page("cargo-xtask-deploy.1").contains(r"\-\-no\-execute"));
        assert!(page("cargo-xtask-keys-rotate.1").contains(r"\-\-finish"));
    }
}
