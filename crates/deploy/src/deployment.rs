//! One deployment of one stack: from its present state over a change set to a settled state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::follow::Pace;
use crate::pending::Pending;
use crate::watcher::Watcher;
use cfnkit_assembly::assembly::{Cloud, INLINE_BYTES};
use cfnkit_aws::aws::cloudformation::change_sets::RootTemplate;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_change::change_set::{Action, Change};
use cfnkit_change::comparison::sections::{Sections, sections};
use cfnkit_change::comparison::{compare, explained, needs_explanation};
use cfnkit_change::readback;
use cfnkit_console::error::Context as _;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::report::Reporter;
use cfnkit_console::vigil::vigil;
use cfnkit_operation::diagnosis::Sources;
use cfnkit_operation::options::Options;
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
mod recovery;
mod removal;
mod reversion;
mod warnings;

use kept::takes_change;

pub use currency::has_same_template;
pub use execution::Prepared;
pub use overtaking::ATTEMPTS;
pub use recovery::{Clearing, clearing};

/// How long somebody else's operation on a stack is waited for.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// What a stack shall be.
#[derive(Debug)]
pub struct Plan {
    /// Name of the root stack.
    pub stack_name: String,
    /// Templates and parameters, of nested stacks too.
    pub tree: StackTree,
    /// Tags of the root stack.
    pub tags: BTreeMap<String, String>,
    template_url: Option<String>,
    /// How it is to be done.
    pub options: Options,
    /// What is deployed, once it was read.
    deployed: OnceLock<Option<StackTree>>,
}

impl Plan {
    /// Of a root template that goes with the request.
    pub fn new(
        stack_name: String,
        tree: StackTree,
        tags: BTreeMap<String, String>,
        options: Options,
    ) -> Self {
        Self {
            stack_name,
            tree,
            tags,
            template_url: None,
            options,
            deployed: OnceLock::new(),
        }
    }

    /// The same with the root's template at `url`, where it is too large for a request.
    pub fn with_template_at(self, url: Option<String>) -> Self {
        Self {
            template_url: url,
            ..self
        }
    }

    /// `stack` with other values of some root parameters, and all else as it is deployed: no
    /// template is read from the working tree and nothing is built.
    pub async fn revision(
        cfn: &CloudFormation,
        stack: &Stack,
        values: &Parameters,
    ) -> Result<Self> {
        takes_change(stack)?;
        let tree = deployed_tree(cfn, stack).await?;
        let mut tree = tree.with_context(|| format!("stack `{}` holds nothing yet", stack.name))?;
        tree.parameters.extend(values.clone());
        let options = Options {
            only_parameters: Some(values.keys().cloned().collect()),
            ..Options::default()
        };
        let (name, tags) = (stack.name.clone(), stack.tags.clone());
        Ok(Self::new(name, tree, tags, options))
    }

    /// How CloudFormation gets the root's template.
    fn root_template(&self) -> RootTemplate<'_> {
        match &self.template_url {
            Some(url) => RootTemplate::Url(url),
            // Then it is what is deployed, and CloudFormation has it.
            None if self.tree.template.text().len() > INLINE_BYTES => RootTemplate::Deployed,
            None => RootTemplate::Text(self.tree.template.text()),
        }
    }

    /// What a failure's place is looked up in.
    pub fn sources(&self) -> Sources<'_> {
        Sources {
            root_stack: &self.stack_name,
            tree: Some(&self.tree),
        }
    }

    /// What `stack` is deployed with, read once, with the plan's own characters where
    /// CloudFormation gives back none.
    pub async fn deployed(
        &self,
        cfn: &CloudFormation,
        stack: Option<&Stack>,
    ) -> Result<Option<&StackTree>> {
        if self.deployed.get().is_none() {
            let tree = match stack {
                Some(stack) => deployed_tree(cfn, stack).await?,
                None => None,
            };
            let tree = tree.map(|tree| readback::restored_tree(tree, &self.tree));
            return Ok(self.deployed.get_or_init(|| tree).as_ref());
        }
        Ok(self.deployed.get().and_then(Option::as_ref))
    }
}

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
        }
    }

    /// The stack as it is once nobody else works on it, and without what an earlier run of this
    /// program left in it.
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
