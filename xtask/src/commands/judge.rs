//! `judge`: the judge that the tests ask. It knows AWS's models, and nothing of this program.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use cfnkit_tools::tool;
use cfnkit_tools::tool::pip::isolated;
use cfnkit_tools::workspace::Workspace;

/// Hold recorded exchanges with AWS, a line of JSON on stdin, against AWS's own models.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Judge {}

impl Judge {
    /// Becomes the judge, `crates/tools/pinned/judge`.
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let python = tool::BOTOCORE.provide(sh, workspace)?.join("python");
        let judge = workspace.root().join("crates/tools/pinned/judge");
        // Nothing is written beside the sources.
        let judge = Command::from(isolated(cmd!(sh, "{python} -I -B {judge}"))).exec();
        Err(judge).with_context(|| format!("cannot start `{}`", python.display()))
    }
}
