//! The steps of `doctor`.

use xshell::Shell;

use super::{Doctor, machine};
use crate::checkup::{self, Intent};
use crate::commands::args::LocalCloud;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation;
use cfnkit_console::screen;
use cfnkit_operate::doctor::Finding;
use cfnkit_tools::workspace::Workspace;

impl Doctor {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let mut findings = machine(sh, workspace);
        findings.extend(self.account(sh, workspace).await?);
        self.report(findings)
    }

    async fn account(&self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
        let choices = self.choices.read(workspace, &self.stage.stage)?;
        let connected = self
            .environment
            .connect(sh, workspace, LocalCloud::MustRun)
            .await;
        let environment = match connected {
            Ok(environment) => environment,
            Err(err) => {
                let mend = "see the end of the line; `--machine` looks at this machine only";
                let finding = Finding::error("credentials", format!("{err:#}"), mend);
                return Ok(vec![finding]);
            }
        };
        let connection = &environment.connection;
        let name = self.stage.stage.stack_name();
        let deployed = cloudformation::find_stack(&connection.cloudformation(), &name).await?;
        let login = format!("aws sso login{}", self.environment.repeated());
        let parameters = choices.known_parameters();
        let intent = Intent {
            stage: &self.stage.stage,
            parameters: &parameters,
            deployed: deployed.as_ref(),
            asset_bucket: choices.chosen_bucket(),
        };
        let cloud = environment.cloud;
        let findings = checkup::of_account(connection, cloud, &login, &intent).await;
        if cloud == Cloud::Local {
            screen::note(
                "The local cloud has no quotas, needs no role for logs and has no trail of \
                 CloudTrail: those are looked at on AWS only.",
            );
        }
        Ok(findings)
    }
}
