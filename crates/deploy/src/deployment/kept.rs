//! A change set that `--no-execute` left, found again.

use super::warnings::warnings;
use super::{Engine, Prepared};
use crate::error::{Error, Result};
use cfnkit_aws::aws::cloudformation::change_sets::{self, Execution};
use cfnkit_aws::aws::cloudformation::changes;
use cfnkit_console::error::Context as _;
use cfnkit_operation::stack::Stack;

impl Engine<'_> {
    /// A change set that an earlier command left to be executed.
    ///
    /// # Errors
    ///
    /// `Error::Words` where the stack has no such change set or it cannot be executed any more,
    /// `Error::Failed` where no change set can start from the stack's status, and `Error::Aws`
    /// where a call fails. Nothing is changed.
    pub async fn kept(
        &mut self,
        stack: Option<&Stack>,
        stack_name: &str,
        name: &str,
    ) -> Result<Prepared> {
        let change_set = change_sets::find(&self.cfn, stack_name, name).await?;
        let change_set = change_set.with_context(|| {
            format!(
                "stack `{stack_name}` has no change set `{name}`; a stack's change sets are \
                 deleted when one of them is executed"
            )
        })?;
        let another = "`cargo xtask deploy --no-execute` makes another";
        let obstacle = match change_sets::execution(&self.cfn, &change_set).await? {
            Execution::Waiting => None,
            Execution::Begun => Some("executed already".to_owned()),
            Execution::Obsolete(status) => Some(format!(
                "{status} and cannot be executed: it failed, or the stack has changed since; \
                 {another}"
            )),
            Execution::Gone => Some(format!("gone; {another}")),
        };
        if let Some(obstacle) = obstacle {
            return Err(Error::new(format!("change set `{name}` is {obstacle}")));
        }
        if let Some(stack) = stack {
            takes_change(stack)?;
        }
        let listed = changes::read(&self.cfn, &change_set.id).await?;
        let sources = self.sources(stack_name, None);
        let warnings = warnings(&self.cfn, self.cloud, &listed.change_sets, &sources).await;
        Ok(Prepared {
            stack_name: stack_name.to_owned(),
            change_set,
            changes: listed.changes,
            warnings,
            creates: stack.is_none_or(|stack| stack.status.is_empty()),
            note: None,
        })
    }
}

/// Refuses a stack that no change set can start from.
pub(super) fn takes_change(stack: &Stack) -> Result<()> {
    let Stack { name, status, .. } = stack;
    match status.takes_change_set() {
        true => Ok(()),
        false => Err(Error::Failed {
            text: format!(
                "stack `{name}` is {status}, and no change set can start from there; \
             `cargo xtask deploy` would first {}",
                status.way_out()
            ),
        }),
    }
}
