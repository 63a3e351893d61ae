//! CloudFormation: stacks, change sets and events, converted to our types.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{self, TemplateStage};

use crate::aws::reason::{failed, readable};
use crate::error::{Error, Result, ServiceError, Trouble};
use cfnkit_console::error::Context as _;
use cfnkit_operation::options::Settings;
use cfnkit_operation::stack::{Stack, StackStatus};
use cfnkit_template::stack_tree::NESTED_STACK;

pub mod change_sets;
pub mod changes;
pub mod drift;
pub mod events;
pub mod operation_events;
pub mod operations;
#[cfg(test)]
mod tests;

/// The client, under a name of ours for the modules that pass it on.
pub type CloudFormation = Client;

/// A resource of a deployed stack.
#[derive(Debug, Clone)]
pub struct StackResource {
    /// In the stack's template.
    pub logical_id: String,
    /// Empty where nothing was made.
    pub physical_id: String,
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
}

/// The stack of this name or ID; `None` where there is none.
///
/// Source: CloudFormation's `DescribeStacks`.
///
/// # Errors
///
/// The call fails for another reason than that there is no such stack, or the stack lacks its name,
/// ID or status.
pub async fn find_stack(cfn: &Client, name: &str) -> Result<Option<Stack>> {
    let described = if_there(cfn.describe_stacks().stack_name(name).send().await);
    let described = described.with_context(|| format!("cannot describe stack `{name}`"))?;
    let described = described.as_ref().and_then(|all| all.stacks().first());
    described.map(to_stack).transpose()
}

/// The options that the stack has kept.
///
/// Source: CloudFormation's `DescribeStacks`.
///
/// # Errors
///
/// The call fails, as it does for a stack that is not there, or its answer has no stack.
pub async fn settings_of(cfn: &Client, stack: &str) -> Result<Settings> {
    let described = cfn.describe_stacks().stack_name(stack).send().await;
    let described = described
        .map_err(readable)
        .with_context(|| format!("cannot describe stack `{stack}`"))?;
    let described = described.stacks().first();
    let described = described.with_context(|| format!("stack `{stack}` is not described"))?;
    let rollback = described.rollback_configuration();
    let triggers = rollback.into_iter().flat_map(|one| one.rollback_triggers());
    Ok(Settings {
        notify: described.notification_arns().iter().cloned().collect(),
        role_arn: described.role_arn().map(ToOwned::to_owned),
        rollback_alarms: triggers
            .filter_map(|trigger| trigger.arn().map(ToOwned::to_owned))
            .collect(),
        monitoring_minutes: rollback.and_then(|one| one.monitoring_time_in_minutes()),
    })
}

/// All stacks of the region, nested ones too.
///
/// Source: CloudFormation's `DescribeStacks`.
///
/// # Errors
///
/// A page cannot be read, or a stack in it lacks its name, ID or status.
pub async fn all_stacks(cfn: &Client) -> Result<Vec<Stack>> {
    let stacks = cfn.describe_stacks().into_paginator().items().send();
    let stacks = stacks.try_collect().await.map_err(readable);
    let stacks = stacks.context("cannot list the stacks")?;
    stacks.iter().map(to_stack).collect()
}

fn to_stack(stack: &types::Stack) -> Result<Stack> {
    let name = stack.stack_name().context("a stack has no name")?;
    let status = stack
        .stack_status()
        .with_context(|| format!("stack `{name}` has no status"))?;
    let pair = |key: Option<&str>, value: Option<&str>| Some((key?.to_owned(), value?.to_owned()));
    let parameters = stack.parameters().iter();
    let outputs = stack.outputs().iter();
    let tags = stack.tags().iter();
    Ok(Stack {
        id: stack
            .stack_id()
            .with_context(|| format!("stack `{name}` has no ID"))?
            .to_owned(),
        name: name.to_owned(),
        status: StackStatus(status.as_str().to_owned()),
        status_reason: stack.stack_status_reason().map(ToOwned::to_owned),
        parameters: parameters
            .filter_map(|one| pair(one.parameter_key(), one.parameter_value()))
            .collect(),
        outputs: outputs
            .filter_map(|one| pair(one.output_key(), one.output_value()))
            .collect(),
        tags: tags
            .filter_map(|tag| pair(tag.key(), tag.value()))
            .collect(),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
    })
}

/// The template a stack was deployed with, as it was written.
///
/// Source: CloudFormation's `GetTemplate`.
///
/// # Errors
///
/// The call fails, as it does for a stack that is not there, or its answer has no template.
pub async fn template_of(cfn: &Client, stack: &str) -> Result<String> {
    let call = cfn
        .get_template()
        .stack_name(stack)
        .template_stage(TemplateStage::Original);
    let output = call.send().await;
    let output = output
        .map_err(readable)
        .with_context(|| format!("cannot read the template of stack `{stack}`"))?;
    let body = output.template_body();
    Ok(body
        .with_context(|| format!("stack `{stack}` has no template"))?
        .to_owned())
}

/// The stack that a resource is; `None` where it is another resource, or not there.
///
/// # Errors
///
/// As [`find_stack`]. For another resource nothing is called.
pub async fn nested_stack(cfn: &Client, resource: &StackResource) -> Result<Option<Stack>> {
    if resource.resource_type != NESTED_STACK || resource.physical_id.is_empty() {
        return Ok(None);
    }
    find_stack(cfn, &resource.physical_id).await
}

/// As CloudFormation's `ListStackResources` has it, to the last page.
///
/// # Errors
///
/// A page cannot be read, as for a stack that is not there.
pub async fn resources_of(cfn: &Client, stack: &str) -> Result<Vec<StackResource>> {
    let listed = cfn.list_stack_resources().stack_name(stack);
    let listed = listed.into_paginator().items().send().try_collect().await;
    let listed = listed
        .map_err(readable)
        .with_context(|| format!("cannot list the resources of stack `{stack}`"))?;
    let resources = listed.into_iter().map(|resource| StackResource {
        logical_id: resource.logical_resource_id.unwrap_or_default(),
        physical_id: resource.physical_resource_id.unwrap_or_default(),
        resource_type: resource.resource_type.unwrap_or_default(),
    });
    Ok(resources.collect())
}

/// The answer; `None` where there is no such stack or change set.
fn if_there<T, E>(answer: Result<T, SdkError<E>>) -> Result<Option<T>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    // The code of the API, and the one of its error type.
    let no_change_set = [
        Some("ChangeSetNotFound"),
        Some("ChangeSetNotFoundException"),
    ];
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(err) if is_absent(&err) || no_change_set.contains(&err.code()) => Ok(None),
        Err(err) => Err(readable(err)),
    }
}

/// CloudFormation reports an absent stack as a validation error, by its text alone.
fn is_absent<E: ProvideErrorMetadata>(err: &SdkError<E>) -> bool {
    err.code() == Some("ValidationError")
        && err
            .message()
            .is_some_and(|message| message.ends_with("does not exist"))
}

/// The error of a request that is right for a stack in some states only: one that the stack's
/// state is in the way of says so.
fn refused<E>(err: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let is_overtaken = is_absent(&err) || err.message().is_some_and(is_in_the_way);
    let call = failed(&err);
    let trouble = match is_overtaken {
        true => Trouble::Overtaken,
        false => call.trouble,
    };
    ServiceError { trouble, ..call }.into()
}

/// Whether CloudFormation refuses for the state that a stack is in; the text alone tells.
fn is_in_the_way(message: &str) -> bool {
    [
        // As in "Stack:arn:.. is in UPDATE_IN_PROGRESS state and can not be updated."
        " state and can not ",
        "already exists and cannot be created again",
        "cannot be deleted while in status",
    ]
    .iter()
    .any(|text| message.contains(text))
}
