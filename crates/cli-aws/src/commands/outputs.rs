//! The steps of `outputs`.

use xshell::Shell;

use crate::deployed::deployed;
use cfnkit_cli::commands::outputs::Outputs;
use cfnkit_cli::outputs;
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(outputs: Outputs, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let deployed = deployed(&outputs.stage, &outputs.environment, sh, workspace).await?;
    outputs::print(deployed.outputs(), outputs.json)
}
