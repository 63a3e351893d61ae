//! `deploy --fast`: new code at once, and CloudFormation's update after it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;

use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_aws::aws::{Connection, lambda};
use cfnkit_change::readback;
use cfnkit_console::screen;
use cfnkit_console::vigil::vigil;
use cfnkit_deploy::deployment::{self, Plan};
use cfnkit_operation::stack::Stack;
use cfnkit_template::stack_tree::NESTED_STACK;

/// The root parameter that changes with the code.
const HANDLER_KEY: &str = "HandlerKey";

const FUNCTION: &str = "AWS::Lambda::Function";

/// How long Lambda may take to make new code the function's.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(120);

/// Why more than the code would change; nothing if only the code does.
///
/// # Errors
///
/// The deployed template cannot be read.
async fn obstacle(
    cfn: &CloudFormation,
    stack: &Stack,
    plan: &Plan,
) -> anyhow::Result<Option<String>> {
    if !deployment::has_same_template(cfn, stack, plan).await? {
        return Ok(Some("`infra/cfn/root.yaml` has changed".to_owned()));
    }
    let new = &plan.tree.parameters;
    let old = readback::restored_pairs(&stack.parameters, new);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed: Vec<String> = names
        .into_iter()
        .filter(|name| *name != HANDLER_KEY && old.get(*name) != new.get(*name))
        .map(|name| match name.strip_suffix("TemplateKey") {
            Some(template) => format!("`infra/cfn/{}.yaml`", template.to_lowercase()),
            None => format!("the parameter `{name}`"),
        })
        .collect();
    if !changed.is_empty() {
        return Ok(Some(format!("{} changed", changed.join(", "))));
    }
    let has_same_tags = readback::are_pairs(&stack.tags, &plan.tags);
    Ok((!has_same_tags).then(|| "the tags changed".to_owned()))
}

/// Refuses what is more than a change of code.
pub(super) async fn check(
    cfn: &CloudFormation,
    stack: Option<&Stack>,
    plan: &Plan,
) -> anyhow::Result<()> {
    let Some(stack) =
        stack.filter(|stack| stack.status.takes_change_set() && !stack.status.is_empty())
    else {
        anyhow::bail!("`--fast` is for a stage that is deployed; deploy without it first");
    };
    match obstacle(cfn, stack, plan).await? {
        Some(obstacle) => anyhow::bail!(
            "`--fast` is for changes of code alone, and {obstacle}; deploy without it"
        ),
        None => Ok(()),
    }
}

/// Gives the function the code of `plan`, which is in the bucket already.
pub(super) async fn update_code(
    connection: &Connection,
    cfn: &CloudFormation,
    stack: &Stack,
    plan: &Plan,
    bucket: &str,
) -> anyhow::Result<()> {
    let key = plan
        .tree
        .parameters
        .get(HANDLER_KEY)
        .with_context(|| format!("there is no parameter `{HANDLER_KEY}`"))?;
    let function = function_of(cfn, stack).await?;
    let begin = std::time::Instant::now();
    let update = lambda::update_code(connection, &function, bucket, key);
    let doing = format!("waiting for `{function}` to take the code");
    let updated = vigil(&doing, UPDATE_TIMEOUT, update).await;
    updated.with_context(|| {
        format!("function `{function}` has not taken the code after two minutes")
    })??;
    screen::progress(format!(
        "`{function}` has the new code, {:.1} s after it was published; \
         CloudFormation gets the same, so that no drift is left",
        begin.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// The physical ID of the service's function.
async fn function_of(cfn: &CloudFormation, stack: &Stack) -> anyhow::Result<String> {
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        if resource.resource_type != NESTED_STACK {
            continue;
        }
        let nested = cloudformation::resources_of(cfn, &resource.physical_id).await?;
        let function = nested
            .into_iter()
            .find(|resource| resource.resource_type == FUNCTION);
        if let Some(function) = function {
            return Ok(function.physical_id);
        }
    }
    anyhow::bail!("stack `{}` has no function", stack.name)
}
