//! The events of an operation, for failures that a stack's own events give no reason for, and for
//! warnings: early validation and hooks.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self, EventFilter, EventType, HookFailureMode, OperationEvent, ValidationStatus,
};

use super::change_sets::{describe, nested_change_set_in};
use crate::aws::reason::readable;
use crate::error::{Error, Result};
use cfnkit_operation::diagnosis::{Failure, HOOK_FAILED, VALIDATION_FAILED};

#[cfg(test)]
mod tests;

/// A bound on what is read of an operation with very many failures.
const PAGES: usize = 5;

/// What operation is meant.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// The operations on the stack of this ID.
    Stack(&'a str),
    /// The making of the change set of this ID, nested ones included.
    ChangeSet(&'a str),
}

/// The failures of an operation, oldest first. Best effort: nothing where CloudFormation does not
/// answer, because they only explain a failure that is known already.
pub async fn failed(cfn: &Client, operation: Operation<'_>) -> Vec<Failure> {
    let mut failures = failures_of(cfn, operation).await;
    if let Operation::ChangeSet(id) = operation
        && failures.is_empty()
        // The root's change set only says that a nested one failed, and which.
        && let Ok(described) = describe(cfn, id).await
        && let Some(nested) = nested_change_set_in(described.status_reason().unwrap_or_default())
    {
        failures = failures_of(cfn, Operation::ChangeSet(nested)).await;
    }
    failures
}

async fn failures_of(cfn: &Client, operation: Operation<'_>) -> Vec<Failure> {
    let filter = EventFilter::builder().failed_events(true).build();
    let (events, _) = read(cfn, operation, Some(filter)).await;
    let fatal = events.iter().filter(|event| !is_warning(event));
    fatal.filter_map(to_failure).collect()
}

/// What the validation and the hooks have to say of a change set that was made all the same,
/// oldest first. The status of each is the name of the check.
///
/// Source: CloudFormation's `DescribeEvents`, five pages at most.
///
/// # Errors
///
/// A page cannot be read; what was read before is not given.
pub async fn warnings(cfn: &Client, change_set: &str) -> Result<Vec<Failure>> {
    // A filter for failures might leave out what is only warned of.
    let (events, err) = read(cfn, Operation::ChangeSet(change_set), None).await;
    if let Some(err) = err {
        return Err(err.context(
            "cannot read the events of the change set, which `cloudformation:DescribeEvents` allows",
        ));
    }
    Ok(events.iter().filter_map(to_warning).collect())
}

/// The events, oldest first, and what kept the rest from being read.
async fn read(
    cfn: &Client,
    operation: Operation<'_>,
    filter: Option<EventFilter>,
) -> (Vec<OperationEvent>, Option<Error>) {
    let call = match operation {
        Operation::Stack(id) => cfn.describe_events().stack_name(id),
        Operation::ChangeSet(id) => cfn.describe_events().change_set_name(id),
    };
    let mut pages = call.set_filters(filter).into_paginator().send();
    let (mut events, mut trouble) = (Vec::new(), None);
    for _ in 0..PAGES {
        match pages.next().await {
            Some(Ok(page)) => events.extend(page.operation_events.unwrap_or_default()),
            Some(Err(err)) => {
                trouble = Some(readable(err));
                break;
            }
            None => break,
        }
    }
    // They come newest first.
    events.reverse();
    (events, trouble)
}

fn is_warning(event: &OperationEvent) -> bool {
    let modes = [event.validation_failure_mode(), event.hook_failure_mode()];
    modes.contains(&Some(&HookFailureMode::Warn))
}

/// `None` for what is about no check.
fn to_warning(event: &OperationEvent) -> Option<Failure> {
    let failure = to_failure(event)?;
    let name = match event.event_type()? {
        EventType::ProvisioningError => return None,
        EventType::ValidationError => event.validation_name(),
        // A hook's reason begins with its name.
        _ => return Some(failure),
    };
    let name = name.unwrap_or("validation");
    let name = match event.validation_status() {
        None | Some(ValidationStatus::Failed) => name.to_owned(),
        Some(ValidationStatus::Skipped) => format!("{name} was skipped"),
        Some(other) => format!("{name} is {other}"),
    };
    let reason = failure.reason.as_deref().unwrap_or("no reason given");
    Some(Failure {
        reason: Some(format!("{name}: {reason}")),
        ..failure
    })
}

/// `None` for what is no failure of a resource.
fn to_failure(event: &OperationEvent) -> Option<Failure> {
    let (status, reason) = match event.event_type()? {
        EventType::ValidationError => (
            VALIDATION_FAILED,
            event.validation_status_reason().map(ToOwned::to_owned),
        ),
        EventType::HookInvocationError => (
            HOOK_FAILED,
            Some(format!(
                "{}: {}",
                event.hook_type().unwrap_or("a hook"),
                event.hook_status_reason().unwrap_or("no reason given")
            )),
        ),
        EventType::ProvisioningError => (
            event.resource_status().map(types::ResourceStatus::as_str)?,
            event.resource_status_reason().map(ToOwned::to_owned),
        ),
        EventType::StackEvent | EventType::ProgressEvent => return None,
        // One that is not known is a failure where it has a reason for one.
        other => {
            let reasons = [
                event.validation_status_reason(),
                event.hook_status_reason(),
                event.resource_status_reason(),
            ];
            let reason = reasons.into_iter().flatten().next()?;
            (other.as_str(), Some(reason.to_owned()))
        }
    };
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Some(Failure {
        stack: stack_name(event.stack_id().unwrap_or_default()),
        logical_id: text(event.logical_resource_id()),
        physical_id: text(event.physical_resource_id()),
        resource_type: text(event.resource_type()),
        status: status.to_owned(),
        reason,
        path: event.validation_path().map(ToOwned::to_owned),
    })
}

/// The name in `arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-dev/1a2b`.
fn stack_name(id: &str) -> String {
    id.split('/').nth(1).unwrap_or(id).to_owned()
}
