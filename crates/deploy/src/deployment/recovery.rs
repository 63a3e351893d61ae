//! From a state that no change set can start from to one that it can.

use super::overtaking::ATTEMPTS;
use super::{Engine, Plan};
use crate::error::{Error, Result};
use crate::failure;
use crate::follow::{Kind, Operation};
use cfnkit_aws::aws::cloudformation;
use cfnkit_aws::aws::cloudformation::change_sets::{self, Execution};
use cfnkit_aws::aws::cloudformation::operations::{self, Manner};
use cfnkit_aws::error::Trouble;
use cfnkit_change::change_set::Change;
use cfnkit_console::error::chain;
use cfnkit_operation::event;
use cfnkit_operation::stack::{DeployAction, Stack};

/// What must be done to a stack before a change set can start from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearing {
    /// A failed create or deletion left something that goes, and the stack is created again.
    Delete,
    /// A failed update is rolled back.
    RollBack,
    /// So is one whose rollback failed, which goes on.
    ContinueRollback,
}

/// What is in the way of a change set; `None` where one can start.
///
/// # Errors
///
/// A person has to clear it.
pub fn clearing(stack: &Stack) -> Result<Option<Clearing>> {
    let Stack { name, status, .. } = stack;
    match status.deploy_action() {
        DeployAction::Create | DeployAction::Update | DeployAction::Wait => Ok(None),
        DeployAction::DeleteThenCreate if stack.termination_protection => Err(Error::new(format!(
            "stack `{name}` is {status} and must be deleted first, \
             but termination protection is on: `cargo xtask destroy --unprotect` deletes it"
        ))),
        DeployAction::DeleteThenCreate => Ok(Some(Clearing::Delete)),
        DeployAction::RollBackThenUpdate => Ok(Some(Clearing::RollBack)),
        DeployAction::ContinueRollbackThenUpdate => Ok(Some(Clearing::ContinueRollback)),
        DeployAction::Refuse(reason) => Err(Error::Failed {
            text: format!("stack `{name}` is {status}; {reason}"),
        }),
    }
}

impl Engine<'_> {
    /// Removes the change sets that a killed run of this program left, and the empty stack that
    /// was made for one. Returns the stack if it is still there.
    pub(super) async fn tidy_up(&self, name: &str, stack: Option<Stack>) -> Result<Option<Stack>> {
        for nested in self.pending.nested(name) {
            self.tidy_up_nested(&nested).await?;
        }
        let notes = self.pending.left_behind(name);
        if notes.is_empty() {
            return Ok(stack);
        }
        let is_there = stack.is_some();
        for note in notes {
            if is_there && self.is_orphan(name, &note.change_set).await? {
                self.reporter.step(&format!(
                    "deleting change set `{}`, which an interrupted run left",
                    note.change_set
                ));
                self.delete_change_set(name, &note.change_set).await?;
            }
            note.strike();
        }
        match stack {
            Some(stack) if stack.status.is_empty() => {
                self.remove_if_empty(name).await?;
                Ok(cloudformation::find_stack(&self.cfn, name).await?)
            }
            stack => Ok(stack),
        }
    }

    /// The same for a stack that is nested in another, which no change set was made for.
    async fn tidy_up_nested(&self, name: &str) -> Result<()> {
        for note in self.pending.left_behind(name) {
            if self.is_orphan(name, &note.change_set).await? {
                self.delete_change_set(name, &note.change_set).await?;
            }
            note.strike();
        }
        Ok(())
    }

    /// Whether the change set is there and was never executed.
    async fn is_orphan(&self, stack: &str, name: &str) -> Result<bool> {
        let Some(change_set) = change_sets::find(&self.cfn, stack, name).await? else {
            return Ok(false);
        };
        let execution = change_sets::execution(&self.cfn, &change_set).await?;
        Ok(matches!(
            execution,
            Execution::Waiting | Execution::Obsolete(_)
        ))
    }

    /// Does what `clearing` says is in the way of a change set; `None` where the stack goes.
    ///
    /// # Errors
    ///
    /// As of [`Self::delete`], whatever it is that is in the way; `Error::Failed` after a rollback
    /// says what a person has to do.
    pub async fn clear(
        &mut self,
        stack: &Stack,
        clearing: Clearing,
        plan: &Plan,
    ) -> Result<Option<Stack>> {
        match clearing {
            Clearing::Delete => {
                let role_arn = plan.options.role_arn.as_deref();
                self.delete(stack, role_arn, &[], &[]).await?;
                Ok(None)
            }
            Clearing::RollBack | Clearing::ContinueRollback => {
                self.recover(stack, plan, clearing).await.map(Some)
            }
        }
    }

    /// Undoes a failed update, once. What fails again needs a person.
    async fn recover(&mut self, stack: &Stack, plan: &Plan, clearing: Clearing) -> Result<Stack> {
        let since = self.begin_of_events(&stack.id).await?;
        let token = self.unique_name();
        let manner = Manner {
            token: &token,
            role_arn: plan.options.role_arn.as_deref(),
        };
        let sources = self.sources(&plan.stack_name, Some(&plan.tree));
        self.reporter.step(&format!("rolling {} back", stack.name));
        let asked = match clearing {
            Clearing::ContinueRollback => {
                operations::continue_rollback(&self.cfn, &stack.id, manner).await
            }
            _ => operations::roll_back(&self.cfn, &stack.id, manner).await,
        };
        self.has_begun(stack, asked).await.map_err(|err| {
            let verdict = format!("CloudFormation refuses to roll `{}` back", stack.name);
            failure::of_refusal(err, "ROLLBACK_FAILED", &verdict, &sources)
        })?;
        let operation = Operation {
            stack_id: &stack.id,
            name: &stack.name,
            since,
            kind: Kind::RollBack,
            planned: &[],
            follow_for: plan.options.follow_for,
            token: &self.unique_name(),
        };
        let followed = self.follow(operation).await?;
        if followed.stack.status.takes_change_set() {
            return Ok(followed.stack);
        }
        let mut text = self.failed(&followed, "rolled back", &sources).await;
        let (stack, log) = (followed.stack, followed.log);
        if stack.status.as_str() == "UPDATE_ROLLBACK_FAILED" {
            let failed = log.failures();
            let failed: Vec<String> = failed
                .iter()
                .map(|event| event::place(event, &stack.name).replace(" / ", "."))
                .collect();
            text = format!(
                "{text}\nmend what failed and run the same command again. If a resource cannot be \
                 mended, CloudFormation can leave it as it is: `aws cloudformation \
                 continue-update-rollback --stack-name {} --resources-to-skip {}`",
                stack.name,
                failed.join(" ")
            );
        }
        Err(Error::Failed { text })
    }

    /// Whether what was asked of `stack` has begun. Where the answer was lost, the stack tells.
    async fn has_begun(
        &self,
        stack: &Stack,
        asked: Result<(), cfnkit_aws::error::Error>,
    ) -> Result<()> {
        let Err(err) = asked else {
            return Ok(());
        };
        let is_refused = err.trouble() == Some(Trouble::Refused);
        let err = Error::from(err);
        if self.is_overtaken(&err, &stack.id, Some(stack), false).await {
            return Err(Error::overtaken(&stack.name));
        }
        if is_refused {
            return Err(err);
        }
        match cloudformation::find_stack(&self.cfn, &stack.id).await {
            Ok(Some(now)) if now.status == stack.status => Err(err),
            Ok(_) => Ok(()),
            Err(_) => Err(Error::unknown(&format!(
                "whether `{}` is being changed is not known: {}",
                stack.name,
                chain(&err)
            ))),
        }
    }

    /// Deletes a stack that is to go whatever it has become: what somebody else does to it
    /// meanwhile is waited for.
    ///
    /// # Errors
    ///
    /// As of [`Self::delete`], with `Error::Overtaken` only where somebody else was sooner
    /// [`ATTEMPTS`] times. While somebody else is waited for, `Error::Declined` after an interrupt,
    /// and `Error::Unknown` after an hour.
    pub async fn destroy(
        &mut self,
        stack: &Stack,
        retained: &[String],
        planned: &[Change],
    ) -> Result<()> {
        let mut deleted = self.delete(stack, None, retained, planned).await;
        for _ in 1..ATTEMPTS {
            match deleted {
                Err(err) if matches!(err.first(), Error::Overtaken { .. }) => {}
                deleted => return deleted,
            }
            self.reporter.say(&format!(
                "somebody else changed {} meanwhile; it is deleted after that",
                stack.name
            ));
            let Some(now) = self.at_rest(&stack.id).await? else {
                return Ok(());
            };
            deleted = self.delete(&now, None, retained, planned).await;
        }
        deleted
    }

    /// Deletes the stack and follows it until it is gone. `retained` are logical IDs that stay,
    /// where an earlier deletion failed.
    ///
    /// # Errors
    ///
    /// `Error::Overtaken` where somebody else changed the stack first, `Error::Words` or
    /// `Error::Aws` where CloudFormation does not begin, and `Error::Failed` where the stack
    /// settles otherwise. `Error::Unknown` where it may go on: its state cannot be seen, or an
    /// interrupt ends the watching.
    pub async fn delete(
        &mut self,
        stack: &Stack,
        role_arn: Option<&str>,
        retained: &[String],
        planned: &[Change],
    ) -> Result<()> {
        let since = self.begin_of_events(&stack.id).await?;
        self.reporter.step(&format!("deleting {}", stack.name));
        let token = self.unique_name();
        let manner = Manner {
            token: &token,
            role_arn,
        };
        let asked = operations::delete_stack(&self.cfn, &stack.id, manner, retained).await;
        let sources = self.sources(&stack.name, None);
        self.has_begun(stack, asked).await.map_err(|err| {
            let verdict = format!("CloudFormation refuses to delete `{}`", stack.name);
            failure::of_refusal(err, "DELETE_FAILED", &verdict, &sources)
        })?;
        let operation = Operation {
            stack_id: &stack.id,
            name: &stack.name,
            since,
            kind: Kind::Delete,
            planned,
            follow_for: None,
            token: &self.unique_name(),
        };
        let followed = self.follow(operation).await?;
        if followed.stack.status.as_str() != "DELETE_COMPLETE" {
            let text = self.failed(&followed, "deleted", &sources).await;
            return Err(Error::Failed { text });
        }
        Ok(())
    }
}
