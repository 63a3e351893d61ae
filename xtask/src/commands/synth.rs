//! `synth`: the assembly on disk.

use xshell::Shell;

use super::args::{HandlerArgs, StageArgs};
use super::assemble;
use crate::assembly::Cloud;
use crate::screen;
use crate::workspace::Workspace;

/// Write the assembly: everything a deploy needs, without credentials.
///
/// Templates, handler and manifest go to `target/assembly/<STAGE>/`. The same commit gives the
/// same bytes.
#[derive(Debug, clap::Args)]
pub(crate) struct Synth {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    handler: HandlerArgs,

    /// Write the assembly of the local cloud, to `target/assembly/<STAGE>.local/`.
    #[arg(long)]
    local: bool,
}

impl Synth {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let cloud = match self.local {
            true => Cloud::Local,
            false => Cloud::Aws,
        };
        let (assembly, directory) =
            assemble(sh, workspace, &self.stage.stage, cloud, &self.handler)?;
        for omission in &assembly.omissions {
            screen::say(omission);
        }
        screen::data(workspace.display(&directory));
        Ok(())
    }
}
