//! One deployment of one stack: from its present state over a change set to a settled state.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::assembly::Cloud;
use crate::aws::cloudformation::{self, ChangeSetId, ChangeSetState, CloudFormation};
use crate::change_set::{self, Action, Change, NESTED_STACK};
use crate::comparison::{StackTree, compare};
use crate::consent::Consent;
use crate::event::{self, EventLog};
use crate::exit::Exit;
use crate::follow::{Pace, follow};
use crate::intrinsics::resolved_resources;
use crate::omission::Omission;
use crate::parameters::Parameters;
use crate::screen::{self, BAD, GOOD, STRONG};
use crate::stack::{DeployAction, Stack};
use crate::template::Template;

/// How long the deletion of a change set may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(120);

/// What a stack shall be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stack_name: String,
    pub(crate) tree: StackTree,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) cloud: Cloud,
}

/// The stack as it is once nobody else works on it.
pub(crate) async fn settled(
    cfn: &CloudFormation,
    name: &str,
    cloud: Cloud,
) -> anyhow::Result<Option<Stack>> {
    let mut pace = Pace::new(cloud);
    let mut announced = false;
    loop {
        let stack = cloudformation::find_stack(cfn, name).await?;
        match stack {
            Some(stack) if !stack.status.is_settled() => {
                if !announced {
                    screen::progress(format!("{name} is {}; waiting for it", stack.status));
                    announced = true;
                }
                pace.wait().await;
            }
            Some(stack) if stack.status.as_str() == "DELETE_COMPLETE" => return Ok(None),
            stack => return Ok(stack),
        }
    }
}

/// Whether the deployed stack is what `plan` wants already: the same root template, which names
/// every asset by its hash, and the same parameters and tags. This reads and never writes.
pub(crate) async fn is_current(
    cfn: &CloudFormation,
    stack: &Stack,
    plan: &Plan,
) -> anyhow::Result<bool> {
    if stack.status.deploy_action() != DeployAction::Update {
        return Ok(false);
    }
    if stack.parameters != plan.tree.parameters || stack.tags != plan.tags {
        return Ok(false);
    }
    let deployed = cloudformation::template_of(cfn, &stack.id).await?;
    Ok(deployed.trim_end() == plan.tree.template.text().trim_end())
}

/// Makes way for a create where an earlier one left a stack that can only be deleted.
pub(crate) async fn clear_the_way(
    cfn: &CloudFormation,
    stack: Option<Stack>,
    plan: &Plan,
    consent: Consent,
) -> anyhow::Result<Option<Stack>> {
    let Some(stack) = stack else {
        return Ok(None);
    };
    let name = &stack.name;
    match stack.status.deploy_action() {
        DeployAction::DeleteThenCreate => {
            if stack.termination_protection {
                anyhow::bail!(
                    "stack `{name}` is {} and must be deleted first, but termination protection is on",
                    stack.status
                );
            }
            let question = format!(
                "{name} is {}. Delete what is left of it and create it again?",
                stack.status
            );
            consent.obtain(&question).await?;
            delete(cfn, &stack, plan.cloud).await?;
            Ok(None)
        }
        DeployAction::Refuse(reason) => {
            anyhow::bail!("stack `{name}` is {}; {reason}", stack.status)
        }
        DeployAction::Create | DeployAction::Update | DeployAction::Wait => Ok(Some(stack)),
    }
}

/// A change set for `plan`, ready to execute; `None` where it has no changes. What fails leaves
/// no change set and no empty stack behind.
pub(crate) async fn prepare(
    cfn: &CloudFormation,
    stack: Option<&Stack>,
    plan: &Plan,
) -> anyhow::Result<Option<(ChangeSetId, Vec<Change>)>> {
    let name = unique_name();
    let creates = stack.is_none_or(|stack| stack.status.deploy_action() == DeployAction::Create);
    screen::progress(format!("creating a change set for {}", plan.stack_name));
    let request = cloudformation::ChangeSetRequest {
        stack_name: &plan.stack_name,
        name: &name,
        creates,
        template: plan.tree.template.text(),
        parameters: &plan.tree.parameters,
        tags: &plan.tags,
    };
    let change_set = match cloudformation::create_change_set(cfn, &request).await {
        Ok(change_set) => change_set,
        Err(err) => {
            // Refused, or made without our hearing of it: either can leave an empty stack.
            let cleanup = match stack {
                Some(_) => Ok(()),
                None => remove_empty_stack(cfn, &plan.stack_name, &name).await,
            };
            return Err(after_cleanup(err, cleanup));
        }
    };
    let work = async {
        match change_set_outcome(cfn, &change_set, plan.cloud).await? {
            ChangeSetState::NoChanges => Ok(None),
            ChangeSetState::Failed(reason) => {
                anyhow::bail!(
                    "CloudFormation rejects the change set for `{}`: {reason}",
                    plan.stack_name
                )
            }
            ChangeSetState::Pending | ChangeSetState::Ready => {
                let changes = cloudformation::changes::read(cfn, &change_set.id).await?;
                let changes = without_absent(changes, plan);
                Ok(Some(with_nested(cfn, stack, plan, changes).await?))
            }
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => Err(Exit::Declined.into()),
    };
    match outcome {
        Ok(Some(changes)) => Ok(Some((change_set, changes))),
        Ok(None) => {
            discard(cfn, &change_set, stack, plan.cloud).await?;
            Ok(None)
        }
        Err(err) => {
            let cleanup = discard(cfn, &change_set, stack, plan.cloud).await;
            Err(after_cleanup(err, cleanup))
        }
    }
}

/// The error that came first; what could not be cleaned up after it is added.
fn after_cleanup(err: anyhow::Error, cleanup: anyhow::Result<()>) -> anyhow::Error {
    match cleanup {
        Ok(()) => err,
        Err(cleanup) => anyhow::anyhow!("{err:#}; what it left is still there: {cleanup:#}"),
    }
}

/// Deletes a stack that holds nothing but, at most, the change set `change_set`. One with another
/// change set is somebody else's.
async fn remove_empty_stack(
    cfn: &CloudFormation,
    name: &str,
    change_set: &str,
) -> anyhow::Result<()> {
    let Some(stack) = cloudformation::find_stack(cfn, name).await? else {
        return Ok(());
    };
    let others = cloudformation::change_sets_of(cfn, &stack.id).await?;
    if stack.status.is_empty() && others.iter().all(|other| other == change_set) {
        cloudformation::delete_stack(cfn, &stack.id, &unique_name()).await?;
    }
    Ok(())
}

async fn change_set_outcome(
    cfn: &CloudFormation,
    change_set: &ChangeSetId,
    cloud: Cloud,
) -> anyhow::Result<ChangeSetState> {
    let mut pace = Pace::new(cloud);
    loop {
        let state = cloudformation::change_set_state(cfn, change_set).await?;
        if state != ChangeSetState::Pending {
            return Ok(state);
        }
        pace.wait().await;
    }
}

/// Leaves out what a false condition keeps from being created: the emulator lists it.
fn without_absent(mut changes: Vec<Change>, plan: &Plan) -> Vec<Change> {
    let present = resolved_resources(&plan.tree.template, &plan.tree.parameters);
    changes
        .retain(|change| change.action != Action::Add || present.contains_key(&change.logical_id));
    changes
}

/// Fills in the nested changes where the change set has none: the emulator knows no nested
/// change sets.
async fn with_nested(
    cfn: &CloudFormation,
    stack: Option<&Stack>,
    plan: &Plan,
    mut changes: Vec<Change>,
) -> anyhow::Result<Vec<Change>> {
    let unknown = |change: &Change| change.resource_type == NESTED_STACK && change.nested.is_none();
    if !changes.iter().any(unknown) {
        return Ok(changes);
    }
    let deployed = match stack {
        Some(stack) => deployed_tree(cfn, stack).await?,
        None => None,
    };
    let compared = compare(deployed.as_ref(), &plan.tree);
    for change in changes.iter_mut().filter(|change| unknown(change)) {
        let found = compared
            .iter()
            .find(|other| other.logical_id == change.logical_id);
        change.nested = Some(
            found
                .and_then(|found| found.nested.clone())
                .unwrap_or_default(),
        );
    }
    Ok(changes)
}

/// The deployed stack with its templates and parameters, nested stacks included; `None` for a
/// stack that holds nothing yet.
pub(crate) async fn deployed_tree(
    cfn: &CloudFormation,
    stack: &Stack,
) -> anyhow::Result<Option<StackTree>> {
    if stack.status.deploy_action() == DeployAction::Create {
        return Ok(None);
    }
    let text = cloudformation::template_of(cfn, &stack.id).await?;
    let name = format!("the deployed template of {}", stack.name);
    let template = Template::parse(&name, text)?;
    let mut nested = BTreeMap::new();
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        if resource.resource_type != NESTED_STACK || resource.physical_id.is_empty() {
            continue;
        }
        let child = cloudformation::find_stack(cfn, &resource.physical_id).await?;
        if let Some(child) = child
            && let Some(tree) = Box::pin(deployed_tree(cfn, &child)).await?
        {
            nested.insert(resource.logical_id, tree);
        }
    }
    let parameters: Parameters = stack.parameters.clone();
    Ok(Some(StackTree {
        template,
        parameters,
        nested,
    }))
}

/// Deletes a change set that will not be executed, and the empty stack it was made in.
pub(crate) async fn discard(
    cfn: &CloudFormation,
    change_set: &ChangeSetId,
    stack: Option<&Stack>,
    cloud: Cloud,
) -> anyhow::Result<()> {
    cloudformation::delete_change_set(cfn, change_set).await?;
    // The nested ones go with it, one after the other; a stack cannot be deleted before.
    let mut pace = Pace::new(cloud);
    let begin = Instant::now();
    while cloudformation::has_change_set(cfn, change_set).await? {
        if begin.elapsed() > DISCARD_TIMEOUT {
            anyhow::bail!("change set `{}` is not deleted yet", change_set.id);
        }
        pace.wait().await;
    }
    if stack.is_none() {
        cloudformation::delete_stack(cfn, &change_set.stack_id, &unique_name()).await?;
    }
    Ok(())
}

/// Asks, and executes the change set after a yes; after anything else the change set is discarded.
pub(crate) async fn execute_with_consent(
    cfn: &CloudFormation,
    change_set: &ChangeSetId,
    stack: Option<&Stack>,
    plan: &Plan,
    consent: Consent,
    question: &str,
) -> anyhow::Result<Stack> {
    if let Err(declined) = consent.obtain(question).await {
        let cleanup = discard(cfn, change_set, stack, plan.cloud).await;
        return Err(after_cleanup(declined, cleanup));
    }
    execute(cfn, change_set, plan).await
}

/// Executes the change set and follows it until the stack has settled.
async fn execute(
    cfn: &CloudFormation,
    change_set: &ChangeSetId,
    plan: &Plan,
) -> anyhow::Result<Stack> {
    let since = cloudformation::events::newest_event(cfn, &change_set.stack_id).await?;
    cloudformation::execute_change_set(cfn, change_set, &unique_name()).await?;
    screen::progress(format!("deploying {}", plan.stack_name));
    let (stack, log) = follow(
        cfn,
        &change_set.stack_id,
        &plan.stack_name,
        since,
        plan.cloud,
    )
    .await?;
    if !stack.status.is_success() {
        return Err(failure(&stack, &log, "deployed"));
    }
    Ok(stack)
}

/// Deletes the stack and follows it until it is gone.
pub(crate) async fn delete(
    cfn: &CloudFormation,
    stack: &Stack,
    cloud: Cloud,
) -> anyhow::Result<()> {
    let since = cloudformation::events::newest_event(cfn, &stack.id).await?;
    screen::progress(format!("deleting {}", stack.name));
    cloudformation::delete_stack(cfn, &stack.id, &unique_name()).await?;
    let (stack, log) = follow(cfn, &stack.id, &stack.name, since, cloud).await?;
    if stack.status.as_str() != "DELETE_COMPLETE" {
        return Err(failure(&stack, &log, "deleted"));
    }
    Ok(())
}

fn failure(stack: &Stack, log: &EventLog, verb: &str) -> anyhow::Error {
    let mut text = format!("`{}` was not {verb}; it is {}", stack.name, stack.status);
    if let Some(cause) = log.root_cause() {
        let reason = cause.reason.as_deref().unwrap_or("no reason given");
        let place = event::place(cause, &stack.name);
        text = format!("{text}: {place} failed: {reason}");
    } else if let Some(reason) = &stack.status_reason {
        text = format!("{text}: {reason}");
    }
    Exit::Failed(text).into()
}

/// Shows what a change set would do, and what the local cloud leaves out of it.
pub(crate) fn show(changes: &[Change], stack_name: &str, omissions: &[Omission]) {
    screen::say(format!("\n{STRONG}{stack_name}{STRONG:#}"));
    screen::say(change_set::render(changes).trim_end());
    screen::say(format!("\n{}\n", change_set::totals(changes).summary()));
    for omission in omissions {
        screen::say(omission);
    }
}

/// The last line of a deployment that did what was asked.
pub(crate) fn report_success(text: &str, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    screen::say(format!("\n{GOOD}{text}{GOOD:#} in {seconds:.1} s\n"));
}

/// The last line of a command that failed.
pub(crate) fn report_error(err: &anyhow::Error) {
    anstream::eprintln!("{BAD}error:{BAD:#} {err:#}");
}

/// A name no other change set or request has.
fn unique_name() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs());
    format!("xtask-{seconds}-{:08x}", fastrand::u32(..))
}
