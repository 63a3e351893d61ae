//! The steps of `outputs`.

use xshell::Shell;

use super::Outputs;
use crate::outputs;
use cfnkit_tools::workspace::Workspace;

impl Outputs {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let deployed = self
            .stage
            .deployed(&self.environment, sh, workspace)
            .await?;
        outputs::print(deployed.outputs(), self.json)
    }
}
