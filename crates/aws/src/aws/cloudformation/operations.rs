//! What starts or stops an operation on a stack other than executing a change set.

use aws_sdk_cloudformation::Client;

use super::refused;
use crate::aws::reason::readable;
use crate::error::Result;
use cfnkit_console::error::Context as _;

/// How an operation is to be done. `token` is repeated in its events.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// Unique for each operation.
    pub token: &'a str,
    /// The role CloudFormation acts with; otherwise the one it used last, or the caller's.
    pub role_arn: Option<&'a str>,
}

/// Deletes the stack. `retained` are logical IDs that stay; CloudFormation takes them for a stack
/// in DELETE_FAILED alone.
///
/// Source: CloudFormation's `DeleteStack`.
///
/// # Errors
///
/// CloudFormation refuses, with `Trouble::Overtaken` where it says that the stack's state is in the
/// way, or the call fails. Where no answer came, the operation may have begun; its events have the
/// token.
pub async fn delete_stack(
    cfn: &Client,
    stack_id: &str,
    manner: Manner<'_>,
    retained: &[String],
) -> Result<()> {
    let retained = (!retained.is_empty()).then(|| retained.to_vec());
    cfn.delete_stack()
        .stack_name(stack_id)
        .client_request_token(manner.token)
        .set_role_arn(manner.role_arn.map(ToOwned::to_owned))
        .set_retain_resources(retained)
        .send()
        .await
        .map_err(refused)
        .with_context(|| format!("cannot delete stack `{stack_id}`"))?;
    Ok(())
}

/// Undoes an update that failed and was not undone.
///
/// Source: CloudFormation's `RollbackStack`.
///
/// # Errors
///
/// CloudFormation refuses, with `Trouble::Overtaken` where it says that the stack's state is in the
/// way, or the call fails. Where no answer came, the operation may have begun; its events have the
/// token.
pub async fn roll_back(cfn: &Client, stack_id: &str, manner: Manner<'_>) -> Result<()> {
    cfn.rollback_stack()
        .stack_name(stack_id)
        .client_request_token(manner.token)
        .set_role_arn(manner.role_arn.map(ToOwned::to_owned))
        .send()
        .await
        .map_err(refused)
        .with_context(|| format!("cannot roll back stack `{stack_id}`"))?;
    Ok(())
}

/// Goes on with a rollback that failed; no resource is skipped.
///
/// Source: CloudFormation's `ContinueUpdateRollback`.
///
/// # Errors
///
/// CloudFormation refuses, with `Trouble::Overtaken` where it says that the stack's state is in the
/// way, or the call fails. Where no answer came, the operation may have begun; its events have the
/// token.
pub async fn continue_rollback(cfn: &Client, stack_id: &str, manner: Manner<'_>) -> Result<()> {
    cfn.continue_update_rollback()
        .stack_name(stack_id)
        .client_request_token(manner.token)
        .set_role_arn(manner.role_arn.map(ToOwned::to_owned))
        .send()
        .await
        .map_err(refused)
        .with_context(|| format!("cannot continue the rollback of stack `{stack_id}`"))?;
    Ok(())
}

/// Stops an update that is under way; CloudFormation rolls it back.
///
/// Source: CloudFormation's `CancelUpdateStack`.
///
/// # Errors
///
/// The call fails, as it does where no update is under way. Where no answer came, the update may be
/// stopped all the same.
pub async fn cancel_update(cfn: &Client, stack_id: &str, token: &str) -> Result<()> {
    cfn.cancel_update_stack()
        .stack_name(stack_id)
        .client_request_token(token)
        .send()
        .await
        .map_err(readable)
        .with_context(|| format!("cannot cancel the update of stack `{stack_id}`"))?;
    Ok(())
}

/// Nested stacks have the protection of their root.
///
/// Source: CloudFormation's `UpdateTerminationProtection`.
///
/// # Errors
///
/// The call fails, as it does for a nested stack. Where no answer came, the protection may be
/// changed all the same.
pub async fn set_termination_protection(cfn: &Client, name: &str, protected: bool) -> Result<()> {
    cfn.update_termination_protection()
        .stack_name(name)
        .enable_termination_protection(protected)
        .send()
        .await
        .map_err(readable)
        .with_context(|| format!("cannot set the termination protection of stack `{name}`"))?;
    Ok(())
}
