//! `synth`: the assembly on disk.

use xshell::Shell;

use super::args::{HandlerArgs, StageArgs, read_stage_file};
use super::assemble;
use crate::program::service;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::stage_file;
use cfnkit_console::screen::{self, BAD};
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;

/// Write the assembly: everything a deploy needs, without credentials.
///
/// Templates, handler and manifest go to `target/assembly/<STAGE>/`; the parameters of the
/// stage's file are in the manifest. All stages' files are checked. The same commit gives the same bytes.
#[derive(Debug, clap::Args)]
pub(crate) struct Synth {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub handler: HandlerArgs,

    /// Write the assembly of the local cloud, to `target/assembly/<STAGE>.local/`.
    #[arg(long)]
    pub local: bool,
}

impl Synth {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let cloud = match self.local {
            true => Cloud::Local,
            false => Cloud::Aws,
        };
        let problems = stage_file::check_all(workspace, service())?;
        for problem in &problems {
            screen::say(format!("{BAD}error:{BAD:#} {problem}"));
        }
        if !problems.is_empty() {
            anyhow::bail!("the stages' files are wrong; nothing was built");
        }
        let root = read_template(&workspace.templates(), "root.yaml")?;
        let stage_file = read_stage_file(workspace, &self.stage.stage, &root)?;
        let (assembly, directory) =
            assemble(sh, workspace, root, &stage_file, cloud, &self.handler)?;
        for omission in &assembly.templates.omissions {
            screen::say(omission);
        }
        screen::data(workspace.display(&directory));
        Ok(())
    }
}
