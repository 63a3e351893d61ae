//! `deploy --fast`: new code at once, and CloudFormation's update after it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;

use cfnkit_assembly::service::Function;
use cfnkit_aws::aws::cloudformation::CloudFormation;
use cfnkit_aws::aws::{Connection, lambda};
use cfnkit_change::readback;
use cfnkit_cli::program::service;
use cfnkit_console::report::Reporter;
use cfnkit_console::vigil::vigil;
use cfnkit_deploy::deployment::{self, Plan};
use cfnkit_operation::stack::Stack;

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
        .filter(|name| !is_code(name) && old.get(*name) != new.get(*name))
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
    reporter: &dyn Reporter,
    connection: &Connection,
    stack: &Stack,
    plan: &Plan,
    bucket: &str,
) -> anyhow::Result<()> {
    let begin = std::time::Instant::now();
    for function in service().functions {
        let parameter = function.key_parameter;
        let key = plan.tree.parameters.get(parameter);
        let key = key.with_context(|| format!("there is no parameter `{parameter}`"))?;
        if stack.parameters.get(parameter) == Some(key) && service().functions.len() > 1 {
            continue;
        }
        let name = name_of(function, stack)?;
        let update = lambda::update_code(connection, name, bucket, key);
        let doing = format!("waiting for `{name}` to take the code");
        let updated = vigil(reporter, &doing, UPDATE_TIMEOUT, update).await;
        updated.with_context(|| {
            format!("function `{name}` has not taken the code after two minutes")
        })??;
        reporter.step(&format!(
            "`{name}` has the new code, {:.1} s after it was published; \
             CloudFormation gets the same, so that no drift is left",
            begin.elapsed().as_secs_f64()
        ));
    }
    Ok(())
}

/// Whether a root parameter is the key of a function's zip.
fn is_code(parameter: &str) -> bool {
    let mut functions = service().functions.iter();
    functions.any(|function| function.key_parameter == parameter)
}

/// The function's name, by that of its log group.
fn name_of<'a>(function: &Function, stack: &'a Stack) -> anyhow::Result<&'a str> {
    let output = function.log_group_output;
    let group = stack.outputs.get(output).with_context(|| {
        format!(
            "stack `{}` has no output `{output}`; deploy it once more without `--fast`",
            stack.name
        )
    })?;
    Ok(Function::of_log_group(group))
}
