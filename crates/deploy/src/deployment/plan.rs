//! What a stack shall be, and how it is brought there.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::deployed_tree;
use super::kept::takes_change;
use crate::error::Result;
use cfnkit_assembly::assembly::INLINE_BYTES;
use cfnkit_aws::aws::cloudformation::CloudFormation;
use cfnkit_aws::aws::cloudformation::change_sets::RootTemplate;
use cfnkit_change::readback;
use cfnkit_console::error::Context as _;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::StackTree;

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
    ///
    /// # Errors
    ///
    /// `Error::Failed` where no change set can start from the stack's status, `Error::Words` where
    /// the stack holds nothing yet or a deployed template cannot be parsed, and `Error::Aws` where
    /// a call fails.
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
    pub(super) fn root_template(&self) -> RootTemplate<'_> {
        match &self.template_url {
            Some(url) => RootTemplate::Url(url),
            // Then it is what is deployed, and CloudFormation has it.
            None if self.tree.template.text().len() > INLINE_BYTES => RootTemplate::Deployed,
            None => RootTemplate::Text(self.tree.template.text()),
        }
    }

    /// What `stack` is deployed with, read once, with the plan's own characters where
    /// CloudFormation gives back none.
    ///
    /// # Errors
    ///
    /// As of `deployed_tree`; the next call reads again.
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
