//! Whether a stack is what a plan wants already, as far as that is known without a change set.

use super::{Engine, Plan};
use crate::error::Result;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_change::deploy_time;
use cfnkit_change::readback;
use cfnkit_operation::stack::{DeployAction, Stack};

impl Engine<'_> {
    /// Whether the deployed stack is what `plan` wants already: the same root template, which names
    /// every asset by its hash, and the same parameters and tags, with nothing in them that only
    /// CloudFormation can compare. This reads and never writes.
    ///
    /// # Errors
    ///
    /// The deployed template cannot be read.
    pub async fn is_current(&self, stack: &Stack, plan: &Plan) -> Result<bool> {
        if stack.status.deploy_action() != DeployAction::Update
            || !readback::are_pairs(&stack.parameters, &plan.tree.parameters)
            || !readback::are_pairs(&stack.tags, &plan.tags)
            || !has_same_template(&self.cfn, stack, plan).await?
        {
            return Ok(false);
        }
        let unknown = deploy_time::unknown(&plan.tree, &plan.tags);
        if let Some(reason) = &unknown {
            self.reporter.step(&format!(
                "{}: {reason}; CloudFormation is asked whether that is a change",
                plan.stack_name
            ));
        }
        Ok(unknown.is_none())
    }
}

/// Whether the deployed root template is the one of `plan`.
///
/// # Errors
///
/// The deployed template cannot be read.
pub async fn has_same_template(cfn: &CloudFormation, stack: &Stack, plan: &Plan) -> Result<bool> {
    let deployed = cloudformation::template_of(cfn, &stack.id).await?;
    Ok(readback::is_template(&deployed, &plan.tree.template))
}
