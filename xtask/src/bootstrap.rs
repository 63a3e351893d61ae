//! The bootstrap stack: the asset bucket of an environment, and the region's API Gateway role.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::assembly::{Cloud, read_template};
use crate::aws::Connection;
use crate::aws::cloudformation::{self, CloudFormation};
use crate::comparison::StackTree;
use crate::consent::Consent;
use crate::deployment::{self, Engine, Executed, Plan};
use crate::interrupt::Interrupts;
use crate::options::Options;
use crate::parameters::{self, Parameters};
use crate::references::check_references;
use crate::screen;
use crate::stack::{BOOTSTRAP_STACK, SERVICE, Stack};
use crate::workspace::Workspace;

const BUCKET_OUTPUT: &str = "AssetBucketName";
const LOGS_ROLE: &str = "ApiGatewayLogsRole";

/// Whether the region's API Gateway role is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogsRole {
    /// Leaves it as an earlier bootstrap chose.
    Keep,
    Set,
}

/// The asset bucket's name; `None` where there is no bootstrap stack.
pub(crate) async fn asset_bucket(cfn: &CloudFormation) -> anyhow::Result<Option<String>> {
    let stack = cloudformation::find_stack(cfn, BOOTSTRAP_STACK).await?;
    Ok(stack.and_then(|stack| stack.outputs.get(BUCKET_OUTPUT).cloned()))
}

/// Brings the bootstrap stack to what its template says; returns the asset bucket's name.
pub(crate) async fn deploy(
    connection: &Connection,
    workspace: &Workspace,
    cloud: Cloud,
    logs_role: LogsRole,
    consent: Consent,
) -> anyhow::Result<String> {
    let cfn = &connection.cloudformation();
    let mut engine = Engine::new(cfn.clone(), cloud, workspace, Interrupts::listen()?);
    let stack = engine.settled(BOOTSTRAP_STACK).await?;
    let plan = plan(workspace, logs_role, stack.as_ref())?;
    if let Some(stack) = &stack
        && deployment::is_current(cfn, stack, &plan).await?
    {
        screen::say(format!("{BOOTSTRAP_STACK}: no changes"));
        return bucket_of(stack);
    }
    let stack = engine.clear_the_way(stack, &plan, consent).await?;
    let Some(prepared) = engine.prepare(stack.as_ref(), &plan).await? else {
        screen::say(format!("{BOOTSTRAP_STACK}: no changes"));
        return bucket_of(&stack.context("the bootstrap stack vanished")?);
    };
    deployment::show(&prepared.changes, BOOTSTRAP_STACK, &[]);
    let question = format!("Deploy this to {}?", connection.place());
    let executed = engine
        .execute_with_consent(prepared, &plan.sources(), &plan.options, consent, &question)
        .await?;
    match executed {
        Executed::Done(stack) => bucket_of(&stack),
        Executed::Overtaken => anyhow::bail!(
            "`{BOOTSTRAP_STACK}` was changed by somebody else meanwhile; run the same command again"
        ),
    }
}

fn plan(workspace: &Workspace, logs_role: LogsRole, stack: Option<&Stack>) -> anyhow::Result<Plan> {
    let template = read_template(&workspace.templates(), "bootstrap.yaml")?;
    check_references(&template)?;
    let before = stack.and_then(|stack| stack.parameters.get(LOGS_ROLE).cloned());
    let chosen = match (logs_role, before) {
        (LogsRole::Set, _) => Parameters::from([(LOGS_ROLE.to_owned(), "true".to_owned())]),
        (LogsRole::Keep, Some(before)) => Parameters::from([(LOGS_ROLE.to_owned(), before)]),
        (LogsRole::Keep, None) => Parameters::new(),
    };
    let parameters = parameters::complete(&template, &Parameters::new(), &chosen)?;
    Ok(Plan {
        stack_name: BOOTSTRAP_STACK.to_owned(),
        tree: StackTree {
            template,
            parameters,
            nested: BTreeMap::new(),
        },
        tags: BTreeMap::from([("service".to_owned(), SERVICE.to_owned())]),
        options: Options::default(),
    })
}

fn bucket_of(stack: &Stack) -> anyhow::Result<String> {
    let bucket = stack.outputs.get(BUCKET_OUTPUT).cloned();
    bucket.with_context(|| format!("stack `{}` has no output `{BUCKET_OUTPUT}`", stack.name))
}
