//! Stack events, converted to ours.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
use aws_sdk_cloudformation::{primitives, types};

use crate::aws::reason::readable;
use crate::error::Result;
use cfnkit_console::error::Context as _;
use cfnkit_operation::event::{EventLog, StackEvent};

/// The time of the stack's newest event, in milliseconds since 1970; 0 where there is none.
///
/// Source: CloudFormation's `DescribeStackEvents`.
///
/// # Errors
///
/// The call fails, as it does for a stack that is not there.
pub async fn newest_event(cfn: &Client, stack_id: &str) -> Result<i64> {
    let page = newest_page(cfn, stack_id).await?;
    let newest = page
        .stack_events()
        .first()
        .and_then(|event| event.timestamp());
    Ok(newest.map_or(0, milliseconds))
}

/// The stack's events that `log` does not know, newest first; older pages are not read.
///
/// Source: CloudFormation's `DescribeStackEvents`.
///
/// # Errors
///
/// A page cannot be read; the events read before are not given, and `log` knows none of them.
pub async fn new_events(cfn: &Client, stack_id: &str, log: &EventLog) -> Result<Vec<StackEvent>> {
    let mut fresh = cfn
        .describe_stack_events()
        .stack_name(stack_id)
        .into_paginator()
        .items()
        .send();
    let mut events = Vec::new();
    while let Some(event) = fresh.next().await {
        let event = event
            .map_err(readable)
            .with_context(|| format!("cannot read the events of stack `{stack_id}`"))?;
        let event = to_event(&event);
        if log.knows(&event) {
            break;
        }
        events.push(event);
    }
    Ok(events)
}

/// Whether a recent event of the stack belongs to the request with this token.
///
/// Source: CloudFormation's `DescribeStackEvents`.
///
/// # Errors
///
/// The call fails, as it does for a stack that is not there.
pub async fn mention(cfn: &Client, stack_id: &str, token: &str) -> Result<bool> {
    let page = newest_page(cfn, stack_id).await?;
    let mut events = page.stack_events().iter();
    Ok(events.any(|event| event.client_request_token() == Some(token)))
}

async fn newest_page(cfn: &Client, stack_id: &str) -> Result<DescribeStackEventsOutput> {
    let page = cfn
        .describe_stack_events()
        .stack_name(stack_id)
        .send()
        .await;
    Ok(page
        .map_err(readable)
        .with_context(|| format!("cannot read the events of stack `{stack_id}`"))?)
}

fn to_event(event: &types::StackEvent) -> StackEvent {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    StackEvent {
        id: text(event.event_id()),
        stack_id: text(event.stack_id()),
        stack_name: text(event.stack_name()),
        logical_id: text(event.logical_resource_id()),
        physical_id: text(event.physical_resource_id()),
        resource_type: text(event.resource_type()),
        status: text(event.resource_status().map(types::ResourceStatus::as_str)),
        reason: event.resource_status_reason().map(ToOwned::to_owned),
        timestamp: event.timestamp().map_or(0, milliseconds),
    }
}

fn milliseconds(time: &primitives::DateTime) -> i64 {
    time.to_millis().unwrap_or(0)
}
