//! A change set asked for.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, DeploymentConfig, DeploymentConfigMode, DeploymentMode,
    OnStackFailure, Parameter, RollbackConfiguration, RollbackTrigger, Tag,
};

use super::super::refused;
use super::ChangeSetId;
use crate::error::Result;
use cfnkit_console::error::Context as _;
use cfnkit_operation::options::{OnFailure, Options};
use cfnkit_template::parameters::Parameters;

/// What a change set is made from.
#[derive(Debug)]
pub struct ChangeSetRequest<'a> {
    /// Name of the root stack.
    pub stack_name: &'a str,
    /// Unique among the stack's change sets.
    pub name: &'a str,
    /// Whether there is no stack yet.
    pub creates: bool,
    /// The root.
    pub template: RootTemplate<'a>,
    /// Every parameter of the root.
    pub parameters: &'a Parameters,
    /// Tags of the root stack.
    pub tags: &'a BTreeMap<String, String>,
    /// How it is to be done.
    pub options: &'a Options,
}

/// How CloudFormation gets the root's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootTemplate<'a> {
    /// In the request, in at most 51,200 bytes.
    Text(&'a str),
    /// From the asset bucket, by its URL.
    Url(&'a str),
    /// The one that the stack has.
    Deployed,
}

/// Asks for a change set that includes the nested stacks. It changes nothing by itself.
///
/// Source: CloudFormation's `CreateChangeSet`.
///
/// # Errors
///
/// CloudFormation refuses, with `Trouble::Overtaken` where it says that the stack's state is in the
/// way; the call fails, or its answer lacks an ID. Where it did not refuse, the change set may be
/// there under its name.
pub async fn create(cfn: &Client, request: &ChangeSetRequest<'_>) -> Result<ChangeSetId> {
    let kind = match request.creates {
        true => ChangeSetType::Create,
        false => ChangeSetType::Update,
    };
    let changed = request.options.only_parameters.as_ref();
    let parameters = request.parameters.iter();
    let parameters = parameters
        .map(|(name, value)| {
            let parameter = Parameter::builder().parameter_key(name);
            let parameter = match changed.is_none_or(|changed| changed.contains(name)) {
                true => parameter.parameter_value(value),
                false => parameter.use_previous_value(true),
            };
            parameter.build()
        })
        .collect();
    let tags = request.tags.iter();
    let tags = tags
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let (body, url) = match request.template {
        _ if changed.is_some() => (None, None),
        RootTemplate::Text(text) => (Some(text), None),
        RootTemplate::Url(url) => (None, Some(url)),
        RootTemplate::Deployed => (None, None),
    };
    let stack_name = request.stack_name;
    let options = request.options;
    let created = cfn
        .create_change_set()
        .stack_name(stack_name)
        .change_set_name(request.name)
        .client_token(request.name)
        .change_set_type(kind)
        .set_template_body(body.map(ToOwned::to_owned))
        .set_template_url(url.map(ToOwned::to_owned))
        .set_use_previous_template((body.is_none() && url.is_none()).then_some(true))
        .set_parameters(Some(parameters))
        .set_tags(changed.is_none().then_some(tags))
        .capabilities(Capability::CapabilityIam)
        // One that compares with what is there includes none.
        .set_include_nested_stacks((!options.reverts_drift).then_some(true))
        .set_deployment_mode(options.reverts_drift.then_some(DeploymentMode::RevertDrift))
        .set_import_existing_resources(options.import_existing.then_some(true))
        .set_on_stack_failure(on_stack_failure(options.on_failure))
        .set_role_arn(options.role_arn.clone())
        .set_notification_arns((!options.notify.is_empty()).then(|| options.notify.clone()))
        .set_rollback_configuration(rollback_configuration(options, request.creates))
        .set_deployment_config(deployment_config(options))
        .send()
        .await
        .map_err(refused)
        .with_context(|| format!("cannot create a change set for `{stack_name}`"))?;
    Ok(ChangeSetId {
        id: created.id().context("the change set has no ID")?.to_owned(),
        stack_id: created
            .stack_id()
            .context("the change set has no stack ID")?
            .to_owned(),
    })
}

/// Rolling back is CloudFormation's default, and not said.
fn on_stack_failure(on_failure: OnFailure) -> Option<OnStackFailure> {
    match on_failure {
        OnFailure::Rollback => None,
        OnFailure::Keep => Some(OnStackFailure::DoNothing),
        OnFailure::Delete => Some(OnStackFailure::Delete),
    }
}

/// An update that says nothing has the alarms of the one before; with an empty list it has none.
fn rollback_configuration(options: &Options, creates: bool) -> Option<RollbackConfiguration> {
    if options.rollback_alarms.is_empty() && (creates || options.reverts_drift) {
        return None;
    }
    let triggers = options.rollback_alarms.iter();
    let triggers = triggers
        .map(|arn| {
            RollbackTrigger::builder()
                .arn(arn)
                .r#type("AWS::CloudWatch::Alarm")
                .build()
        })
        .collect();
    let configuration = RollbackConfiguration::builder()
        .set_rollback_triggers(Some(triggers))
        .set_monitoring_time_in_minutes(options.monitoring_minutes);
    Some(configuration.build())
}

/// Express mode turns rollback off unless it is asked for.
fn deployment_config(options: &Options) -> Option<DeploymentConfig> {
    options.express.then(|| {
        DeploymentConfig::builder()
            .mode(DeploymentConfigMode::Express)
            .disable_rollback(options.on_failure == OnFailure::Keep)
            .build()
    })
}
