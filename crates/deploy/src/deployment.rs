//! One deployment of one stack: from its present state over a change set to a settled state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::follow::Pace;
use crate::pending::Pending;
use crate::watcher::Watcher;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_change::change_set::{Action, Change};
use cfnkit_change::comparison::sections::{Sections, sections};
use cfnkit_change::comparison::{compare, explained, needs_explanation};
use cfnkit_change::readback;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::report::Reporter;
use cfnkit_console::vigil::vigil;
use cfnkit_operation::diagnosis::{Advice, Sources};
use cfnkit_operation::stack::{DeployAction, Stack};
use cfnkit_template::intrinsics::resolved_resources;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::template::Template;

mod currency;
mod execution;
mod kept;
mod overtaking;
mod plan;
mod recovery;
mod removal;
mod reversion;
mod warnings;

pub use currency::has_same_template;
pub use execution::Prepared;
pub use overtaking::ATTEMPTS;
pub use plan::Plan;
pub use recovery::{Clearing, clearing};

/// How long somebody else's operation on a stack is waited for.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// What works on stacks: a client, and what is remembered between its calls.
#[derive(Debug)]
pub struct Engine<'a> {
    /// The client of all calls.
    pub cfn: CloudFormation,
    pub(crate) cloud: Cloud,
    pending: Pending,
    /// Ctrl-C and the like, as they come.
    pub interrupts: Interrupts,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) watcher: Box<dyn Watcher + 'a>,
    /// The time in milliseconds since the epoch.
    pub(crate) clock: fn() -> i64,
    advice: Advice,
}

/// What an engine is handed to work with, beside the cloud.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Where it remembers which change sets were asked for.
    pub directory: PathBuf,
    /// Ctrl-C and the like.
    pub interrupts: Interrupts,
    /// Who is told of what it does.
    pub reporter: &'a dyn Reporter,
    /// Who watches the operations.
    pub watcher: Box<dyn Watcher + 'a>,
    /// The time in milliseconds since the epoch.
    pub clock: fn() -> i64,
    /// What the service says of failures.
    pub advice: Advice,
}

impl<'a> Engine<'a> {
    /// With nothing asked for yet.
    pub fn new(cfn: CloudFormation, cloud: Cloud, surroundings: Surroundings<'a>) -> Self {
        Self {
            cfn,
            cloud,
            pending: Pending::in_directory(&surroundings.directory),
            interrupts: surroundings.interrupts,
            reporter: surroundings.reporter,
            watcher: surroundings.watcher,
            clock: surroundings.clock,
            advice: surroundings.advice,
        }
    }

    /// What a failure of the stack `root_stack` is explained with; `tree` is what should be there.
    fn sources<'s>(&self, root_stack: &'s str, tree: Option<&'s StackTree>) -> Sources<'s> {
        Sources {
            root_stack,
            tree,
            advice: self.advice,
        }
    }

    /// The stack as it is once nobody else works on it, and without what an earlier run of this
    /// program left in it.
    ///
    /// # Errors
    ///
    /// `Error::Declined` after an interrupt, and `Error::Unknown` where somebody else's operation
    /// has not ended within an hour. Otherwise a call fails, or what an earlier run left cannot be
    /// deleted; a later run finds it again.
    pub async fn settled(&mut self, name: &str) -> Result<Option<Stack>> {
        let stack = self.at_rest(name).await?;
        if let Some(Stack { status, .. }) = stack.as_ref()
            && !status.is_known()
        {
            self.reporter.say(&format!(
                "{name} is {status}, a status that this program does not know"
            ));
        }
        self.tidy_up(name, stack).await
    }

    /// What differs beside the resources, which no change set lists; nothing where all is new.
    ///
    /// # Errors
    ///
    /// `Error::Declined` after an interrupt, `Error::Aws` where a call fails, and `Error::Words`
    /// where a deployed template cannot be parsed. Nothing is changed.
    pub async fn beside(&mut self, stack: Option<&Stack>, plan: &Plan) -> Result<Sections> {
        let deployed = unless(&mut self.interrupts, plan.deployed(&self.cfn, stack)).await?;
        let (Some(stack), Some(tree)) = (stack, deployed) else {
            return Ok(Sections::default());
        };
        let tags = readback::restored_pairs(&stack.tags, &plan.tags);
        Ok(sections((tree, &tags), (&plan.tree, &plan.tags)))
    }

    /// The stack of this name or ID once nobody works on it; `None` where there is none, or none
    /// any more.
    async fn at_rest(&mut self, name: &str) -> Result<Option<Stack>> {
        let (cfn, reporter, mut pace) = (&self.cfn, self.reporter, Pace::new(self.cloud));
        let settle = async {
            let mut announced = false;
            loop {
                let stack = cloudformation::find_stack(cfn, name).await?;
                match stack {
                    Some(stack) if !stack.status.is_settled() => {
                        if !announced {
                            reporter.step(&format!("{name} is {}; waiting for it", stack.status));
                            announced = true;
                        }
                        pace.wait().await;
                    }
                    Some(stack) if stack.status.as_str() == "DELETE_COMPLETE" => return Ok(None),
                    stack => return Ok(stack),
                }
            }
        };
        let doing = format!("waiting for {name}");
        let settle = async {
            let settled = vigil(reporter, &doing, SETTLE_TIMEOUT, settle).await;
            settled.unwrap_or_else(|| {
                Err(Error::unknown(&format!(
                    "what somebody else does to `{name}` has not ended within an hour"
                )))
            })
        };
        unless(&mut self.interrupts, settle).await
    }
}

/// Does `work`, which leaves nothing behind when it is dropped, unless an interrupt comes.
async fn unless<T>(
    interrupts: &mut Interrupts,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        () = interrupts.next() => Err(Error::Declined),
        done = work => done,
    }
}

/// Whether `stack` has no output at all though its template has some, whatever the conditions.
fn lacks_outputs(stack: &Stack, tree: &StackTree) -> bool {
    let outputs = tree.template.value().get("Outputs");
    let mut outputs = outputs.and_then(Value::as_object).into_iter().flatten();
    stack.outputs.is_empty() && outputs.any(|(_, output)| output.get("Condition").is_none())
}

/// Leaves out what a false condition keeps from being created: the emulator lists it.
fn without_absent(mut changes: Vec<Change>, plan: &Plan) -> Vec<Change> {
    let present = resolved_resources(&plan.tree.template, &plan.tree.parameters);
    changes
        .retain(|change| change.action != Action::Add || present.contains_key(&change.logical_id));
    changes
}

/// Fills in the nested changes where the change set has none, as the emulator knows no nested
/// change sets, and explains what only the templates can tell.
async fn with_nested(
    cfn: &CloudFormation,
    stack: Option<&Stack>,
    plan: &Plan,
    mut changes: Vec<Change>,
) -> Result<Vec<Change>> {
    // Nested stacks are looked at one by one then, and no template is another.
    if plan.options.reverts_drift {
        changes.retain(|change| change.resource_type != NESTED_STACK);
        return Ok(changes);
    }
    let unknown = |change: &Change| change.resource_type == NESTED_STACK && change.nested.is_none();
    if !changes.iter().any(unknown) && !needs_explanation(&changes) {
        return Ok(changes);
    }
    let deployed = plan.deployed(cfn, stack).await?;
    let compared = compare(deployed, &plan.tree);
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
    Ok(match deployed {
        Some(deployed) => explained(changes, deployed, &plan.tree),
        None => changes,
    })
}

/// The deployed stack with its templates and parameters, nested stacks included; `None` for a
/// stack that holds nothing yet.
///
/// # Errors
///
/// `Error::Aws` where a call fails or its answer lacks what is read, and `Error::Words` where a
/// deployed template cannot be parsed.
pub async fn deployed_tree(cfn: &CloudFormation, stack: &Stack) -> Result<Option<StackTree>> {
    if stack.status.deploy_action() == DeployAction::Create {
        return Ok(None);
    }
    let text = cloudformation::template_of(cfn, &stack.id).await?;
    let name = format!("the deployed template of {}", stack.name);
    let template = Template::parse(&name, text).map_err(cfnkit_console::error::Error::from)?;
    let mut nested = BTreeMap::new();
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        let child = cloudformation::nested_stack(cfn, &resource).await?;
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
