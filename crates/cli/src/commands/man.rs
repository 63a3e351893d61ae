//! `man`: manual pages, one for each command.

use std::path::PathBuf;

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
        let write = || -> std::io::Result<usize> {
            std::fs::create_dir_all(&directory)?;
            let pages = pages(cli)?;
            for (name, page) in &pages {
                std::fs::write(directory.join(name), page)?;
            }
            Ok(pages.len())
        };
        let count = write()
            .with_context(|| format!("cannot write manual pages to `{}`", directory.display()))?;
        screen::progress(format!("{count} pages in `{}`", directory.display()));
        Ok(())
    }
}

/// The pages by their file names.
fn pages(cli: clap::Command) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut cli = cli.name("cargo-xtask").bin_name("cargo xtask");
    cli.build();
    let mut pages = Vec::new();
    collect(&cli, "cargo-xtask", &mut pages)?;
    Ok(pages)
}

fn collect(
    command: &clap::Command,
    name: &str,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<()> {
    let mut page = Vec::new();
    let title = command.clone().display_name(name.to_owned());
    clap_mangen::Man::new(title).render(&mut page)?;
    pages.push((format!("{name}.1"), page));
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help" && !sub.is_hide_set())
    {
        collect(sub, &format!("{name}-{}", sub.get_name()), pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::{Cli, NoCommands};

    #[test]
    fn every_command_has_a_page_with_its_flags() {
        let pages = pages(Cli::<NoCommands>::command()).unwrap();
        let page = |name: &str| {
            let found = pages.iter().find(|(page, _)| page == name);
            String::from_utf8(found.unwrap_or_else(|| panic!("no {name}")).1.clone()).unwrap()
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
