//! CloudFormation: stacks, change sets and events, converted to our types.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    self, Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag, TemplateStage,
};

use crate::aws::readable;
use crate::parameters::Parameters;
use crate::stack::{Stack, StackStatus};

pub(crate) mod changes;
pub(crate) mod events;
#[cfg(test)]
mod tests;

/// The client, under a name of ours for the modules that pass it on.
pub(crate) type CloudFormation = Client;

/// A resource of a deployed stack.
#[derive(Debug, Clone)]
pub(crate) struct StackResource {
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
}

/// What a change set is made from.
#[derive(Debug)]
pub(crate) struct ChangeSetRequest<'a> {
    pub(crate) stack_name: &'a str,
    /// Unique among the stack's change sets.
    pub(crate) name: &'a str,
    pub(crate) creates: bool,
    pub(crate) template: &'a str,
    pub(crate) parameters: &'a Parameters,
    pub(crate) tags: &'a BTreeMap<String, String>,
}

/// A change set that CloudFormation has accepted.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSetId {
    pub(crate) id: String,
    pub(crate) stack_id: String,
}

/// How far the creation of a change set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChangeSetState {
    Pending,
    Ready,
    /// The stack is as the template wants it already.
    NoChanges,
    Failed(String),
}

/// The stack of this name or ID; `None` where there is none.
pub(crate) async fn find_stack(cfn: &Client, name: &str) -> anyhow::Result<Option<Stack>> {
    let described = match cfn.describe_stacks().stack_name(name).send().await {
        Ok(described) => described,
        Err(err) if is_absent(&err) => return Ok(None),
        Err(err) => {
            return Err(readable(err).context(format!("cannot describe stack `{name}`")));
        }
    };
    described.stacks().first().map(to_stack).transpose()
}

fn to_stack(stack: &types::Stack) -> anyhow::Result<Stack> {
    let name = stack.stack_name().context("a stack has no name")?;
    let status = stack
        .stack_status()
        .with_context(|| format!("stack `{name}` has no status"))?;
    let pairs = |pairs: Vec<(Option<&str>, Option<&str>)>| -> BTreeMap<String, String> {
        let pairs = pairs.into_iter();
        pairs
            .filter_map(|(key, value)| Some((key?.to_owned(), value?.to_owned())))
            .collect()
    };
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
        parameters: pairs(
            parameters
                .map(|pair| (pair.parameter_key(), pair.parameter_value()))
                .collect(),
        ),
        outputs: pairs(
            outputs
                .map(|pair| (pair.output_key(), pair.output_value()))
                .collect(),
        ),
        tags: pairs(tags.map(|tag| (tag.key(), tag.value())).collect()),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
    })
}

/// The template a stack was deployed with, as it was written.
pub(crate) async fn template_of(cfn: &Client, stack: &str) -> anyhow::Result<String> {
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

pub(crate) async fn resources_of(cfn: &Client, stack: &str) -> anyhow::Result<Vec<StackResource>> {
    let mut pages = cfn
        .list_stack_resources()
        .stack_name(stack)
        .into_paginator()
        .send();
    let mut resources = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page
            .map_err(readable)
            .with_context(|| format!("cannot list the resources of stack `{stack}`"))?;
        for resource in page.stack_resource_summaries() {
            resources.push(StackResource {
                logical_id: resource
                    .logical_resource_id()
                    .unwrap_or_default()
                    .to_owned(),
                physical_id: resource
                    .physical_resource_id()
                    .unwrap_or_default()
                    .to_owned(),
                resource_type: resource.resource_type().unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(resources)
}

/// Asks for a change set that includes the nested stacks. It changes nothing by itself.
pub(crate) async fn create_change_set(
    cfn: &Client,
    request: &ChangeSetRequest<'_>,
) -> anyhow::Result<ChangeSetId> {
    let kind = match request.creates {
        true => ChangeSetType::Create,
        false => ChangeSetType::Update,
    };
    let parameters = request.parameters.iter();
    let parameters = parameters
        .map(|(name, value)| {
            Parameter::builder()
                .parameter_key(name)
                .parameter_value(value)
                .build()
        })
        .collect();
    let tags = request.tags.iter();
    let tags = tags
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let stack_name = request.stack_name;
    let created = cfn
        .create_change_set()
        .stack_name(stack_name)
        .change_set_name(request.name)
        .client_token(request.name)
        .change_set_type(kind)
        .template_body(request.template)
        .set_parameters(Some(parameters))
        .set_tags(Some(tags))
        .capabilities(Capability::CapabilityIam)
        .include_nested_stacks(true)
        .send()
        .await
        .map_err(readable)
        .with_context(|| format!("cannot create a change set for `{stack_name}`"))?;
    Ok(ChangeSetId {
        id: created.id().context("the change set has no ID")?.to_owned(),
        stack_id: created
            .stack_id()
            .context("the change set has no stack ID")?
            .to_owned(),
    })
}

pub(crate) async fn change_set_state(
    cfn: &Client,
    change_set: &ChangeSetId,
) -> anyhow::Result<ChangeSetState> {
    let output = describe_change_set(cfn, &change_set.id).await?;
    let state = state_of(&output);
    if let ChangeSetState::Failed(reason) = &state {
        // The root only says that a nested change set failed; that one knows why.
        if let Some(nested) = nested_change_set_in(reason)
            && let Ok(nested) = describe_change_set(cfn, nested).await
            && let ChangeSetState::Failed(cause) = state_of(&nested)
        {
            let stack = nested.stack_name().unwrap_or("a nested stack").to_owned();
            return Ok(ChangeSetState::Failed(format!("{stack}: {cause}")));
        }
    }
    Ok(state)
}

async fn describe_change_set(
    cfn: &Client,
    change_set: &str,
) -> anyhow::Result<DescribeChangeSetOutput> {
    let output = cfn
        .describe_change_set()
        .change_set_name(change_set)
        .send()
        .await;
    output
        .map_err(readable)
        .with_context(|| format!("cannot describe change set `{change_set}`"))
}

fn state_of(output: &DescribeChangeSetOutput) -> ChangeSetState {
    let reason = output.status_reason().unwrap_or_default();
    match output.status() {
        Some(ChangeSetStatus::CreateComplete) => ChangeSetState::Ready,
        Some(ChangeSetStatus::Failed) if is_no_change(reason) => ChangeSetState::NoChanges,
        Some(ChangeSetStatus::Failed) => ChangeSetState::Failed(reason.to_owned()),
        _ => ChangeSetState::Pending,
    }
}

/// The names of the stack's change sets.
pub(crate) async fn change_sets_of(cfn: &Client, stack_id: &str) -> anyhow::Result<Vec<String>> {
    let mut pages = cfn
        .list_change_sets()
        .stack_name(stack_id)
        .into_paginator()
        .send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(readable);
        let page = page.with_context(|| format!("cannot list the change sets of `{stack_id}`"))?;
        let summaries = page.summaries().iter();
        names.extend(summaries.filter_map(|set| set.change_set_name().map(ToOwned::to_owned)));
    }
    Ok(names)
}

/// Starts what the change set describes. Events carry `token`.
pub(crate) async fn execute_change_set(
    cfn: &Client,
    change_set: &ChangeSetId,
    token: &str,
) -> anyhow::Result<()> {
    let call = cfn
        .execute_change_set()
        .change_set_name(&change_set.id)
        .client_request_token(token);
    call.send()
        .await
        .map_err(readable)
        .context("cannot execute the change set")?;
    Ok(())
}

/// Deletes a change set and, through the root, those of its nested stacks.
pub(crate) async fn delete_change_set(
    cfn: &Client,
    change_set: &ChangeSetId,
) -> anyhow::Result<()> {
    let call = cfn.delete_change_set().change_set_name(&change_set.id);
    call.send()
        .await
        .map_err(readable)
        .context("cannot delete the change set")?;
    Ok(())
}

/// Whether the change set is still there.
pub(crate) async fn has_change_set(cfn: &Client, change_set: &ChangeSetId) -> anyhow::Result<bool> {
    match cfn
        .describe_change_set()
        .change_set_name(&change_set.id)
        .send()
        .await
    {
        Ok(_) => Ok(true),
        // The code of the API, and the one of its error type.
        Err(err)
            if matches!(
                err.code(),
                Some("ChangeSetNotFound" | "ChangeSetNotFoundException")
            ) =>
        {
            Ok(false)
        }
        // The stack went with its last change set.
        Err(err) if is_absent(&err) => Ok(false),
        Err(err) => Err(readable(err).context("cannot see whether the change set is deleted")),
    }
}

pub(crate) async fn delete_stack(cfn: &Client, stack_id: &str, token: &str) -> anyhow::Result<()> {
    let call = cfn
        .delete_stack()
        .stack_name(stack_id)
        .client_request_token(token);
    call.send()
        .await
        .map_err(readable)
        .with_context(|| format!("cannot delete stack `{stack_id}`"))?;
    Ok(())
}

/// CloudFormation reports an absent stack as a validation error, by its text alone.
fn is_absent<E: ProvideErrorMetadata>(err: &SdkError<E>) -> bool {
    err.code() == Some("ValidationError")
        && err
            .message()
            .is_some_and(|message| message.ends_with("does not exist"))
}

/// The two texts in which CloudFormation says that there is nothing to do.
fn is_no_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

fn nested_change_set_in(reason: &str) -> Option<&str> {
    let words = reason.split(|c: char| c.is_whitespace() || c == ',');
    let mut arns = words.filter(|word| word.starts_with("arn:") && word.contains(":changeSet/"));
    arns.next().map(|arn| arn.trim_end_matches('.'))
}
