//! Change sets: made, looked at, executed, deleted.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{ChangeSetStatus, ExecutionStatus};
use aws_types::request_id::RequestId as _;

use super::{if_there, refused};
use crate::aws::reason::readable;
use crate::error::Result;
use cfnkit_console::error::Context as _;

mod creation;

pub use creation::{ChangeSetRequest, RootTemplate, create};

/// A change set that CloudFormation has accepted.
#[derive(Debug, Clone)]
pub struct ChangeSetId {
    /// Its ARN.
    pub id: String,
    /// ARN of its stack.
    pub stack_id: String,
}

/// How far the creation of a change set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeSetState {
    /// It is being made.
    Pending,
    /// It can be executed.
    Ready,
    /// The stack is as the template wants it already.
    NoChanges,
    /// It cannot be made; why.
    Failed(String),
    /// It will never be ready: it is being deleted, or is in a status that is not known here.
    Lost(String),
}

/// How far the deletion of a change set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// It is going on.
    Pending,
    /// There is none of that ID.
    Gone,
    /// It stays; why.
    Failed(String),
}

/// What has become of a change set that was to be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Execution {
    /// It can be executed still.
    Waiting,
    /// It is executed, or was.
    Begun,
    /// It cannot be executed, mostly because the stack has changed since; its status, as
    /// CloudFormation has it.
    Obsolete(String),
    /// It is not there: CloudFormation deletes a stack's change sets when one is executed.
    Gone,
}

/// The change set `name` of a stack, made by an earlier command; `None` where there is none.
///
/// Source: CloudFormation's `DescribeChangeSet`.
///
/// # Errors
///
/// The call fails for another reason than that there is no such change set, or its answer lacks the
/// ID of the change set or of the stack.
pub async fn find(cfn: &Client, stack_name: &str, name: &str) -> Result<Option<ChangeSetId>> {
    let call = cfn.describe_change_set().change_set_name(name);
    // An ARN says which stack it is for.
    let call = match name.starts_with("arn:") {
        true => call,
        false => call.stack_name(stack_name),
    };
    let found = if_there(call.send().await);
    let found = found.with_context(|| format!("cannot describe change set `{name}`"))?;
    let Some(found) = found else {
        return Ok(None);
    };
    let id = found.change_set_id().context("the change set has no ID")?;
    let stack_id = found.stack_id().context("the change set has no stack ID")?;
    Ok(Some(ChangeSetId {
        id: id.to_owned(),
        stack_id: stack_id.to_owned(),
    }))
}

/// As CloudFormation's `DescribeChangeSet` has it.
///
/// # Errors
///
/// The call fails. A change set that is not there is `ChangeSetState::Lost`, and one that cannot be
/// made is `ChangeSetState::Failed`.
pub async fn state(cfn: &Client, change_set: &ChangeSetId) -> Result<ChangeSetState> {
    let call = cfn.describe_change_set().change_set_name(&change_set.id);
    let output = if_there(call.send().await);
    let output =
        output.with_context(|| format!("cannot describe change set `{}`", change_set.id))?;
    let Some(output) = output else {
        return Ok(ChangeSetState::Lost(
            ChangeSetStatus::DeleteComplete.to_string(),
        ));
    };
    let state = state_of(&output);
    if let ChangeSetState::Failed(reason) = &state {
        // The root only says that a nested change set failed; that one knows why.
        if let Some(nested) = nested_change_set_in(reason)
            && let Ok(nested) = describe(cfn, nested).await
            && let ChangeSetState::Failed(cause) = state_of(&nested)
        {
            let stack = nested.stack_name().unwrap_or("a nested stack").to_owned();
            return Ok(ChangeSetState::Failed(format!("{stack}: {cause}")));
        }
    }
    Ok(state)
}

/// What has become of the change set.
///
/// Source: CloudFormation's `DescribeChangeSet`.
///
/// # Errors
///
/// The call fails. A change set that is not there is `Execution::Gone`.
pub async fn execution(cfn: &Client, change_set: &ChangeSetId) -> Result<Execution> {
    let call = cfn.describe_change_set().change_set_name(&change_set.id);
    let described = if_there(call.send().await);
    let described = described.context("cannot see whether the change set is executed")?;
    let Some(described) = described else {
        return Ok(Execution::Gone);
    };
    Ok(match described.execution_status() {
        Some(ExecutionStatus::Available) => Execution::Waiting,
        Some(
            ExecutionStatus::ExecuteInProgress
            | ExecutionStatus::ExecuteComplete
            | ExecutionStatus::ExecuteFailed,
        ) => Execution::Begun,
        // One that is not known and begins as those do is of an execution, too.
        Some(status) if status.as_str().starts_with("EXECUTE_") => Execution::Begun,
        Some(status) => Execution::Obsolete(status.as_str().to_owned()),
        None => Execution::Obsolete("without an execution status".to_owned()),
    })
}

pub(super) async fn describe(cfn: &Client, change_set: &str) -> Result<DescribeChangeSetOutput> {
    let call = cfn.describe_change_set().change_set_name(change_set);
    let output = call.send().await.map_err(readable);
    Ok(output.with_context(|| format!("cannot describe change set `{change_set}`"))?)
}

fn state_of(output: &DescribeChangeSetOutput) -> ChangeSetState {
    let reason = output.status_reason().unwrap_or_default();
    match output.status() {
        Some(ChangeSetStatus::CreateComplete) => ChangeSetState::Ready,
        Some(ChangeSetStatus::Failed) if is_no_change(reason) => ChangeSetState::NoChanges,
        Some(ChangeSetStatus::Failed) => ChangeSetState::Failed(reason.to_owned()),
        Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) => {
            ChangeSetState::Pending
        }
        Some(
            status @ (ChangeSetStatus::DeletePending
            | ChangeSetStatus::DeleteInProgress
            | ChangeSetStatus::DeleteComplete
            | ChangeSetStatus::DeleteFailed),
        ) => ChangeSetState::Lost(status.as_str().to_owned()),
        // What a status that is not known means, its ending tells, and whether it can be executed.
        Some(_) if output.execution_status() == Some(&ExecutionStatus::Available) => {
            ChangeSetState::Ready
        }
        Some(status) if status.as_str().ends_with("_IN_PROGRESS") => ChangeSetState::Pending,
        Some(status) => ChangeSetState::Lost(status.as_str().to_owned()),
        None => ChangeSetState::Lost("without a status".to_owned()),
    }
}

/// The names of the stack's change sets.
///
/// Source: CloudFormation's `ListChangeSets`.
///
/// # Errors
///
/// A page cannot be read, as for a stack that is not there.
pub async fn names(cfn: &Client, stack_id: &str) -> Result<Vec<String>> {
    let listed = cfn.list_change_sets().stack_name(stack_id);
    let listed = listed.into_paginator().items().send().try_collect().await;
    let listed = listed
        .map_err(readable)
        .with_context(|| format!("cannot list the change sets of `{stack_id}`"))?;
    let names = listed.into_iter().filter_map(|set| set.change_set_name);
    Ok(names.collect())
}

/// Starts what the change set describes. Events carry `token`.
///
/// Source: CloudFormation's `ExecuteChangeSet`.
///
/// # Errors
///
/// CloudFormation refuses, with `Trouble::Overtaken` where it says that the stack's state is in the
/// way; the call fails, or what answers is not CloudFormation. Where it did not refuse, the
/// execution may have begun; [`execution`] tells.
pub async fn execute(cfn: &Client, change_set: &ChangeSetId, token: &str) -> Result<()> {
    let call = cfn
        .execute_change_set()
        .change_set_name(&change_set.id)
        .client_request_token(token);
    let answer = call
        .send()
        .await
        .map_err(refused)
        .context("cannot execute the change set")?;
    // The operation answers nothing, so that anybody's page passes for a yes but for this.
    answer.request_id().with_context(|| {
        let name = change_set.id.rsplit('/').nth(1).unwrap_or(&change_set.id);
        format!(
            "cannot execute change set `{name}`: what answered is not CloudFormation; \
             look for a proxy or a network's welcome page"
        )
    })?;
    Ok(())
}

/// Deletes a change set and, through the root, those of its nested stacks. One that is not there,
/// or is executed, is left as it is.
///
/// Source: CloudFormation's `DeleteChangeSet`.
///
/// # Errors
///
/// The call fails for another reason than that there is no such change set.
pub async fn delete(cfn: &Client, stack_name: &str, name: &str) -> Result<()> {
    let call = cfn
        .delete_change_set()
        .stack_name(stack_name)
        .change_set_name(name);
    if_there(call.send().await).with_context(|| format!("cannot delete change set `{name}`"))?;
    Ok(())
}

/// How far the deletion of a change set is.
///
/// Source: CloudFormation's `DescribeChangeSet`.
///
/// # Errors
///
/// The call fails. A deletion that failed is `Deletion::Failed`.
pub async fn deletion(cfn: &Client, stack_name: &str, name: &str) -> Result<Deletion> {
    let call = cfn
        .describe_change_set()
        .stack_name(stack_name)
        .change_set_name(name);
    let described = if_there(call.send().await);
    let described =
        described.with_context(|| format!("cannot see whether change set `{name}` is deleted"))?;
    let Some(described) = described else {
        return Ok(Deletion::Gone);
    };
    Ok(match described.status() {
        Some(ChangeSetStatus::DeleteComplete) => Deletion::Gone,
        Some(ChangeSetStatus::DeleteFailed) => {
            let reason = described.status_reason().unwrap_or("no reason given");
            Deletion::Failed(reason.to_owned())
        }
        _ => Deletion::Pending,
    })
}

/// The two texts in which CloudFormation says that there is nothing to do.
pub(super) fn is_no_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

pub(super) fn nested_change_set_in(reason: &str) -> Option<&str> {
    let words = reason.split(|c: char| c.is_whitespace() || c == ',');
    let mut arns = words.filter(|word| word.starts_with("arn:") && word.contains(":changeSet/"));
    arns.next().map(|arn| arn.trim_end_matches('.'))
}
