//! What must be in an environment before a stage is: the asset bucket, the key, and the role for
//! API Gateway's logs.

use crate::assembly::Cloud;
use crate::aws::{Connection, api_gateway};
use crate::bootstrap::{self, Choice, EncryptionKey};
use crate::commands::args::{Choices, Environment};
use crate::consent::Consent;
use crate::screen;
use crate::stack::Stack;
use crate::workspace::Workspace;

/// Finds the key that `choices` ask for. The local cloud gets one without being asked: it costs
/// nothing there.
pub(super) async fn find_key(
    choices: &mut Choices,
    workspace: &Workspace,
    environment: &Environment,
    repeated: &str,
) -> anyhow::Result<()> {
    let connection = &environment.connection;
    if environment.cloud == Cloud::Local
        && choices.needs_key()
        && bootstrap::encryption_key(&connection.cloudformation())
            .await?
            .is_none()
    {
        let choice = Choice {
            encryption_key: Some(EncryptionKey::CustomerManaged),
            ..Choice::KEEP
        };
        let cloud = environment.cloud;
        bootstrap::deploy(connection, workspace, cloud, choice, Consent::Given).await?;
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
    bootstrap::deploy(
        &environment.connection,
        workspace,
        environment.cloud,
        Choice::KEEP,
        consent,
    )
    .await
}

/// Creating the stage fails after minutes where the region has no role for API Gateway's logs.
pub(super) async fn preflight(
    environment: &Environment,
    stack: Option<&Stack>,
) -> anyhow::Result<()> {
    if environment.cloud == Cloud::Local || stack.is_some() {
        return Ok(());
    }
    match api_gateway::logs_role(&environment.connection).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => anyhow::bail!(
            "API Gateway has no role to write logs with in {}, and the stage needs one: \
             `cargo xtask bootstrap --api-gateway-logs-role` sets it, once for every API of the account",
            environment.connection.region
        ),
        Err(err) => {
            screen::say(format!(
                "cannot check API Gateway's logs role ({err:#}); going on"
            ));
            Ok(())
        }
    }
}
