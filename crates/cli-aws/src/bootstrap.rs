//! The bootstrap stack: the asset bucket of an environment, and the region's API Gateway role.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::agreed::{again, bring};
use crate::connection::Environment;
use cfnkit_assembly::encryption_key::{EncryptionKey, PRICE};
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_cli::program::service;
use cfnkit_console::consent::Consent;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen::STRONG;
use cfnkit_deploy::deployment::Plan;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::{self, Parameters};
use cfnkit_template::references::check_references;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;

const BUCKET_OUTPUT: &str = "AssetBucketName";
const KEY_OUTPUT: &str = "EncryptionKeyArn";
const LOGS_ROLE: &str = "ApiGatewayLogsRole";
const ENCRYPTION_KEY: &str = "EncryptionKey";

/// What is chosen for the bootstrap stack; what is not stays as an earlier bootstrap chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) logs_role: LogsRole,
    pub(crate) encryption_key: Option<EncryptionKey>,
}

impl Choice {
    pub(crate) const KEEP: Self = Self {
        logs_role: LogsRole::Keep,
        encryption_key: None,
    };
}

/// Whether the region's API Gateway role is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogsRole {
    /// Leaves it as an earlier bootstrap chose.
    Keep,
    Set,
}

/// The asset bucket's name; `None` where there is no bootstrap stack.
pub(crate) async fn asset_bucket(cfn: &CloudFormation) -> anyhow::Result<Option<String>> {
    let stack = cloudformation::find_stack(cfn, &service().bootstrap_stack()).await?;
    Ok(stack.and_then(|stack| stack.outputs.get(BUCKET_OUTPUT).cloned()))
}

/// The ARN of the key for what stages store; `None` where none is bootstrapped.
pub(crate) async fn encryption_key(cfn: &CloudFormation) -> anyhow::Result<Option<String>> {
    let stack = cloudformation::find_stack(cfn, &service().bootstrap_stack()).await?;
    Ok(stack.as_ref().and_then(key_of))
}

fn key_of(stack: &Stack) -> Option<String> {
    let key = stack.outputs.get(KEY_OUTPUT).cloned();
    key.filter(|key| !key.is_empty())
}

/// Brings the bootstrap stack to what its template says; returns the asset bucket's name.
pub(crate) async fn deploy(
    environment: &Environment,
    workspace: &Workspace,
    choice: Choice,
    consent: Consent,
) -> anyhow::Result<String> {
    let cfn = &environment.connection.cloudformation();
    let mut engine = environment.engine(workspace, Interrupts::listen()?);
    let place = environment.connection.place();
    let name = service().bootstrap_stack();
    let attempt = async || {
        let stack = engine.settled(&name).await?;
        let plan = plan(workspace, choice, stack.as_ref())?;
        let note = match stack.as_ref().and_then(|stack| key_left(stack, &plan)) {
            Some(key) => Some(farewell(&key, &cloudformation::all_stacks(cfn).await?)),
            None => None,
        };
        bring(&mut engine, stack, &plan, &place, note.as_deref(), consent).await
    };
    bucket_of(&again(&name, attempt).await?)
}

fn plan(workspace: &Workspace, choice: Choice, stack: Option<&Stack>) -> anyhow::Result<Plan> {
    let template = read_template(&workspace.templates(), "bootstrap.yaml")?;
    check_references(&template)?;
    let chosen = chosen(choice, stack);
    let parameters = parameters::complete(&template, &Parameters::new(), &chosen)?;
    let tree = StackTree {
        template,
        parameters,
        nested: BTreeMap::new(),
    };
    let name = service().bootstrap_stack();
    let tags = BTreeMap::from([("service".to_owned(), service().name.to_owned())]);
    Ok(Plan::new(name, tree, tags, Options::default()))
}

/// What this bootstrap chooses, and else what the earlier one did.
fn chosen(choice: Choice, stack: Option<&Stack>) -> Parameters {
    let logs_role = match choice.logs_role {
        LogsRole::Set => Some("true"),
        LogsRole::Keep => None,
    };
    let encryption_key = choice.encryption_key.map(EncryptionKey::as_str);
    let mut chosen = Parameters::new();
    for (name, value) in [(LOGS_ROLE, logs_role), (ENCRYPTION_KEY, encryption_key)] {
        let before = || stack?.parameters.get(name).cloned();
        if let Some(value) = value.map(ToOwned::to_owned).or_else(before) {
            chosen.insert(name.to_owned(), value);
        }
    }
    chosen
}

/// The key that the stack has and that `plan` lets go.
fn key_left(stack: &Stack, plan: &Plan) -> Option<String> {
    let after = plan.tree.parameters.get(ENCRYPTION_KEY);
    let keeps = after.is_some_and(|after| after == EncryptionKey::CustomerManaged.as_str());
    key_of(stack).filter(|_| !keeps)
}

/// What letting `key` go means, and which of the stacks of this account use it still.
fn farewell(key: &str, stacks: &[Stack]) -> String {
    let mut users = stacks.iter().filter_map(|stack| {
        let uses = stack
            .parameters
            .get(KEY_OUTPUT)
            .is_some_and(|arn| arn == key);
        let stage = stack.tags.get("stage")?;
        // Nested stacks are given the key and the tags of their root.
        (uses && stack.name == format!("{}-{stage}", service().name)).then_some(stage.as_str())
    });
    let mut text = format!(
        "{STRONG}The key stays, outside of any stack:{STRONG:#} {key}\n\
         It costs as before: {PRICE}. What is encrypted with it (tables, logs, backups, the assets \
         in the bucket) can be read as long as it exists; once it is deleted, never again.\n\
         Another `--encryption-key customer-managed` makes another key."
    );
    if let Some(stage) = users.next() {
        let stages: Vec<&str> = std::iter::once(stage).chain(users).collect();
        text.push_str(&format!(
            "\n{STRONG}In use by the stages: {}.{STRONG:#} Their next `deploy` fails for want of a \
             key until they say `\"EncryptionKey\": \"aws-owned\"`.",
            stages.join(", ")
        ));
    }
    text + "\n"
}

fn bucket_of(stack: &Stack) -> anyhow::Result<String> {
    let bucket = stack.outputs.get(BUCKET_OUTPUT).cloned();
    bucket.with_context(|| format!("stack `{}` has no output `{BUCKET_OUTPUT}`", stack.name))
}
