//! `ExecuteChangeSet`.

use super::change_sets::{Answer, UPDATABLE, text};
use super::state::{Effect, Outcome, State, Step, Values};
use super::xml::{Refusal, answer};

impl State {
    pub(crate) fn execute_change_set(&mut self, form: &Values) -> Answer {
        let done = answer("ExecuteChangeSet", "");
        let index = self.change_set(form)?;
        let token = (
            "ExecuteChangeSet".to_owned(),
            text(form, "ClientRequestToken").to_owned(),
        );
        if self.used_tokens.contains(&token) {
            return Ok(done);
        }
        let set = self.change_sets[index].clone();
        let refused = |kind: &str, status: &str| {
            let message = format!(
                "ChangeSet [{}] cannot be executed in its current {kind} of [{status}]",
                set.id
            );
            Refusal::new(400, "InvalidChangeSetStatus", message)
        };
        if set.status != "CREATE_COMPLETE" {
            return Err(refused("status", set.status));
        }
        if set.execution != "AVAILABLE" {
            return Err(refused("execution status", set.execution));
        }
        let stack = self
            .find(&set.stack_id)
            .ok_or_else(|| Refusal::invalid(format!("Stack [{}] does not exist", set.stack_id)))?;
        let status = self.stacks[stack].status.clone();
        let allowed = match set.creates {
            true => status == "REVIEW_IN_PROGRESS",
            false => UPDATABLE.contains(&status.as_str()),
        };
        if !allowed {
            return Err(Refusal::invalid(format!(
                "Stack:{} is in {status} state and can not be updated.",
                set.stack_id
            )));
        }
        for other in &mut self.change_sets {
            if other.stack_id == set.stack_id
                && other.id != set.id
                && other.execution == "AVAILABLE"
            {
                other.execution = "OBSOLETE";
            }
        }
        self.used_tokens.insert(token);
        self.stacks[stack].token = Some(text(form, "ClientRequestToken").to_owned());
        self.change_sets[index].execution = "EXECUTE_IN_PROGRESS";
        let keeps = set.keeps_on_failure || text(form, "DisableRollback") == "true";
        self.begin(stack, &set);
        let outcome = self.outcomes.pop_front().unwrap_or(Outcome::Success);
        let looks = self.looks();
        let step = |status, effect| Step {
            looks,
            status,
            effect,
        };
        let apply = Effect::Apply(set.id.clone());
        let fail = Effect::Fail(set.id.clone());
        let stuck = outcome == Outcome::Stuck;
        let steps = match (set.creates, outcome) {
            (true, Outcome::Success) => vec![step("CREATE_COMPLETE", apply)],
            (true, _) if keeps => vec![step("CREATE_FAILED", fail)],
            (true, _) => vec![
                step("ROLLBACK_IN_PROGRESS", fail),
                match stuck {
                    true => step("ROLLBACK_FAILED", Effect::None),
                    false => step("ROLLBACK_COMPLETE", Effect::Remove),
                },
            ],
            (false, Outcome::Success) => vec![
                step("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", apply),
                step("UPDATE_COMPLETE", Effect::None),
            ],
            (false, _) if keeps => vec![step("UPDATE_FAILED", fail)],
            (false, Outcome::Stuck) => vec![
                step("UPDATE_ROLLBACK_IN_PROGRESS", fail),
                step("UPDATE_ROLLBACK_FAILED", Effect::None),
            ],
            (false, Outcome::Failure) => vec![
                step("UPDATE_ROLLBACK_IN_PROGRESS", fail),
                step("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Effect::None),
                step("UPDATE_ROLLBACK_COMPLETE", Effect::None),
            ],
        };
        self.stacks[stack].steps = steps.into();
        Ok(done)
    }
}
