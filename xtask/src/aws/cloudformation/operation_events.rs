//! The events of an operation, for failures that a stack's own events give no reason for:
//! early validation and hooks.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self, EventFilter, EventType, HookFailureMode, OperationEvent,
};

use super::change_sets::{describe, nested_change_set_in};
use crate::diagnosis::{Failure, HOOK_FAILED, VALIDATION_FAILED};

#[cfg(test)]
mod tests;

/// A bound on what is read of an operation with very many failures.
const PAGES: usize = 5;

/// What operation is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation<'a> {
    /// The operations on the stack of this ID.
    Stack(&'a str),
    /// The making of the change set of this ID, nested ones included.
    ChangeSet(&'a str),
}

/// The failures of an operation, oldest first. Best effort: nothing where CloudFormation does not
/// answer, because they only explain a failure that is known already.
pub(crate) async fn failed(cfn: &Client, operation: Operation<'_>) -> Vec<Failure> {
    let mut failures = read(cfn, operation).await;
    if let Operation::ChangeSet(id) = operation
        && failures.is_empty()
        // The root's change set only says that a nested one failed, and which.
        && let Ok(described) = describe(cfn, id).await
        && let Some(nested) = nested_change_set_in(described.status_reason().unwrap_or_default())
    {
        failures = read(cfn, Operation::ChangeSet(nested)).await;
    }
    failures
}

async fn read(cfn: &Client, operation: Operation<'_>) -> Vec<Failure> {
    let call = match operation {
        Operation::Stack(id) => cfn.describe_events().stack_name(id),
        Operation::ChangeSet(id) => cfn.describe_events().change_set_name(id),
    };
    let filter = EventFilter::builder().failed_events(true).build();
    let mut pages = call.filters(filter).into_paginator().send();
    let mut failures = Vec::new();
    for _ in 0..PAGES {
        let Some(Ok(page)) = pages.next().await else {
            break;
        };
        failures.extend(page.operation_events().iter().filter_map(to_failure));
    }
    // They come newest first.
    failures.reverse();
    failures
}

/// `None` for what is no failure of a resource, or only warned about.
fn to_failure(event: &OperationEvent) -> Option<Failure> {
    let modes = [event.validation_failure_mode(), event.hook_failure_mode()];
    if modes.contains(&Some(&HookFailureMode::Warn)) {
        return None;
    }
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
        _ => return None,
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

/// The name in `arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev/1a2b`.
fn stack_name(id: &str) -> String {
    id.split('/').nth(1).unwrap_or(id).to_owned()
}
