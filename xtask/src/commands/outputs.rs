//! `outputs`: what a deployed stage tells its users.

use xshell::Shell;

use super::args::{EnvironmentArgs, StageArgs};
use crate::outputs;
use crate::workspace::Workspace;

/// Print the outputs of a deployed stage.
#[derive(Debug, clap::Args)]
pub(crate) struct Outputs {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Outputs {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let deployed = self
            .stage
            .deployed(&self.environment, sh, workspace)
            .await?;
        outputs::print(deployed.outputs(), self.json)
    }
}
