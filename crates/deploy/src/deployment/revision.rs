//! A stack as it is deployed, with a few of its root parameters different: no template is read
//! from the working tree and nothing is built.

use std::sync::OnceLock;

use anyhow::Context as _;

use super::kept::takes_change;
use super::overtaking::Overtaken;
use super::{Engine, Executed, Plan, deployed_tree, show};
use cfnkit_console::consent::Consent;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;

impl Engine {
    /// Gives `stack` other values of some root parameters and leaves all else as it is deployed.
    pub async fn revise(
        &mut self,
        stack: &Stack,
        values: &Parameters,
        options: Options,
        consent: Consent,
        question: &str,
    ) -> anyhow::Result<Stack> {
        takes_change(stack)?;
        let name = &stack.name;
        let tree = deployed_tree(&self.cfn, stack).await?;
        let mut tree = tree.with_context(|| format!("stack `{name}` holds nothing yet"))?;
        let options = Options {
            only_parameters: Some(values.keys().cloned().collect()),
            ..options
        };
        tree.parameters.extend(
            values
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        let plan = Plan {
            stack_name: name.clone(),
            tree,
            tags: stack.tags.clone(),
            template_url: None,
            options,
            deployed: OnceLock::new(),
        };
        let Some(prepared) = self.prepare(Some(stack), &plan).await? else {
            return Ok(stack.clone());
        };
        show(&prepared.changes, &prepared.warnings, name, &[]);
        let executed = self
            .execute_with_consent(prepared, &plan.sources(), &plan.options, consent, question)
            .await?;
        match executed {
            Executed::Done(stack) => Ok(stack),
            Executed::Overtaken => Err(Overtaken::error(name)),
        }
    }
}
