//! What must be in an environment before a stage is: the asset bucket, the key, and the role for
//! API Gateway's logs.

use crate::bootstrap::{self, Choice};
use crate::checkup::{self, Intent};
use crate::choices::Choices;
use crate::connection::Environment;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::encryption_key::EncryptionKey;
use cfnkit_aws::aws::Connection;
use cfnkit_console::consent::Consent;
use cfnkit_console::screen;
use cfnkit_operate::doctor::{self, Health};
use cfnkit_operation::stack::Stack;
use cfnkit_tools::workspace::Workspace;

/// Finds the key that `choices` ask for. The local cloud gets one without being asked: it costs
/// nothing there.
pub(super) async fn find_key(
    choices: &mut Choices,
    workspace: &Workspace,
    environment: &Environment,
    repeated: &str,
) -> anyhow::Result<()> {
    let connection = &environment.connection;
    if environment.cloud == Cloud::Local && !choices.has_key(&connection.cloudformation()).await? {
        let choice = Choice {
            encryption_key: Some(EncryptionKey::CustomerManaged),
            ..Choice::KEEP
        };
        bootstrap::deploy(environment, workspace, choice, Consent::Given).await?;
    }
    choices.find_key(environment, repeated).await
}

/// Makes the bootstrap stack; returns the asset bucket's name.
pub(super) async fn bootstrap(
    workspace: &Workspace,
    environment: &Environment,
    consent: Consent,
) -> anyhow::Result<String> {
    let Connection {
        account, region, ..
    } = &environment.connection;
    if environment.cloud == Cloud::Aws {
        screen::say(format!(
            "account {account} has no asset bucket in {region} yet."
        ));
    }
    bootstrap::deploy(environment, workspace, Choice::KEEP, consent).await
}

/// What would make the first deploy fail after minutes is told before it begins, and what the
/// account should have besides.
pub(super) async fn preflight(
    environment: &Environment,
    choices: &Choices,
    stack: Option<&Stack>,
) -> anyhow::Result<()> {
    if environment.cloud == Cloud::Local || stack.is_some() {
        return Ok(());
    }
    let parameters = choices.known_parameters();
    let intent = Intent {
        stage: choices.stage_file.stage(),
        parameters: &parameters,
        deployed: None,
        asset_bucket: choices.chosen_bucket(),
    };
    let mut findings = checkup::before_first_deploy(&environment.connection, &intent).await;
    findings.retain(|finding| finding.verdict != Health::Ok);
    if findings.is_empty() {
        return Ok(());
    }
    screen::say(format!("{}\n", doctor::render(&findings)));
    let wrong = findings
        .iter()
        .find(|finding| finding.verdict == Health::Error);
    match wrong {
        None => Ok(()),
        Some(wrong) => Err(anyhow::anyhow!(
            "{}: {}; nothing was deployed",
            wrong.name,
            wrong.text
        )),
    }
}
