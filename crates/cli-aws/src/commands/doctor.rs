//! The steps of `doctor`.

use xshell::Shell;

use crate::checkup::{self, Intent};
use crate::choices::read;
use crate::connection::connect;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation;
use cfnkit_cli::commands::args::LocalCloud;
use cfnkit_cli::commands::doctor::{Doctor, machine};
use cfnkit_console::screen;
use cfnkit_operate::doctor::Checked;
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(doctor: Doctor, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let mut findings = machine(sh, workspace);
    findings.extend(account(&doctor, sh, workspace).await?);
    doctor.report(findings)
}

async fn account(
    doctor: &Doctor,
    sh: &Shell,
    workspace: &Workspace,
) -> anyhow::Result<Vec<Checked>> {
    let choices = read(&doctor.choices, workspace, &doctor.stage.stage)?;
    let connected = connect(&doctor.environment, sh, workspace, LocalCloud::MustRun).await;
    let environment = match connected {
        Ok(environment) => environment,
        Err(err) => {
            let mend = "see the end of the line; `--machine` looks at this machine only";
            let finding = Checked::error("credentials", format!("{err:#}"), mend);
            return Ok(vec![finding]);
        }
    };
    let connection = &environment.connection;
    let name = doctor.stage.stage.stack_name();
    let deployed = cloudformation::find_stack(&connection.cloudformation(), &name).await?;
    let login = format!("aws sso login{}", doctor.environment.repeated());
    let parameters = choices.known_parameters();
    let intent = Intent {
        stage: &doctor.stage.stage,
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
