//! `outputs`: what a deployed stage tells its users.

use anyhow::Context as _;
use xshell::Shell;

use super::args::{EnvironmentArgs, LocalCloud, StageArgs, probably_meant};
use crate::aws::cloudformation;
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
        let environment = self
            .environment
            .connect(sh, workspace, LocalCloud::MustRun)
            .await?;
        let cfn = environment.connection.cloudformation();
        let name = self.stage.stage.stack_name();
        let stack = cloudformation::find_stack(&cfn, &name)
            .await?
            .with_context(|| {
                let region = &environment.connection.region;
                let flags = self.environment.repeated();
                let meant = probably_meant(workspace, &self.stage.stage);
                format!(
                    "there is no stack `{name}` in {region}; \
                     `cargo xtask deploy{flags}` creates it{meant}"
                )
            })?;
        let seen = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
        outputs::print(&seen, self.json)
    }
}
