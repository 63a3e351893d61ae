//! A stack that belongs to an environment and to no stage, from its present state to what a plan
//! says, with the question in between.

use anyhow::Context as _;

use super::overtaking::Overtaken;
use super::{Engine, Executed, Plan, beside, is_current, show, show_beside};
use cfnkit_console::consent::Consent;
use cfnkit_console::screen;
use cfnkit_operation::stack::Stack;

impl Engine {
    /// Brings `stack`, as it was found settled, to what `plan` says; `note` is told before the
    /// question, which names `place`.
    pub async fn bring(
        &mut self,
        stack: Option<Stack>,
        plan: &Plan,
        place: &str,
        note: Option<&str>,
        consent: Consent,
    ) -> anyhow::Result<Stack> {
        let name = &plan.stack_name;
        if let Some(stack) = &stack
            && is_current(&self.cfn, stack, plan).await?
        {
            screen::say(format!("{name}: no changes"));
            return Ok(stack.clone());
        }
        let stack = self.clear_the_way(stack, plan, consent).await?;
        let reading = beside(&self.cfn, stack.as_ref(), plan);
        let beside = self.interrupts.unless(reading).await?;
        let Some(prepared) = self.prepare(stack.as_ref(), plan).await? else {
            screen::say(format!("{name}: no changes"));
            return stack.with_context(|| format!("the stack `{name}` vanished"));
        };
        show_beside(&beside, name);
        show(&prepared.changes, &prepared.warnings, name, &[]);
        if let Some(note) = note {
            screen::say(note);
        }
        let question = format!("Deploy this to {place}?");
        let executed = self
            .execute_with_consent(prepared, &plan.sources(), &plan.options, consent, &question)
            .await?;
        match executed {
            Executed::Done(stack) => Ok(stack),
            Executed::Overtaken => Err(Overtaken::error(name)),
        }
    }
}
