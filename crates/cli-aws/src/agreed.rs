//! What is done to a stack after a yes: shown, asked about, and done by the engine's next step.

use anyhow::Context as _;

use crate::review::{show, show_beside};
use cfnkit_console::consent::Consent;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_deploy::deployment::{ATTEMPTS, Clearing, Engine, Plan, Prepared, clearing};
use cfnkit_deploy::error::{Error, Result, left_behind};
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::StackTree;

/// Asks, and executes the change set after a yes; after anything else it is discarded.
pub(crate) async fn execute(
    engine: &mut Engine<'_>,
    prepared: Prepared,
    (tree, options): (Option<&StackTree>, &Options),
    consent: Consent,
    question: &str,
) -> anyhow::Result<Stack> {
    if let Err(declined) = consent.obtain(question, &mut engine.interrupts).await {
        let discarded = engine.discard(prepared).await;
        return Err(unclean(declined, discarded));
    }
    Ok(engine.execute(prepared, tree, options).await?)
}

/// The error of somebody who did not agree; what could not be cleaned up after it is added.
pub(crate) fn unclean(declined: Exit, cleanup: Result<()>) -> anyhow::Error {
    match cleanup {
        Ok(()) => declined.into(),
        // No `Exit` any more: of one that was declined nothing is said but that.
        Err(cleanup) => anyhow::anyhow!("{declined}, but {}", left_behind(&cleanup)),
    }
}

/// Whether `err` only means that the stack has to be looked at again.
pub(crate) fn is_overtaken(err: &anyhow::Error) -> bool {
    let err = err.downcast_ref().map(Error::first);
    matches!(err, Some(Error::Overtaken { .. }))
}

/// Does `attempt`, and again where somebody else was sooner: it begins with a look at the stack.
pub(crate) async fn again<T>(
    stack: &str,
    mut attempt: impl AsyncFnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(err) if is_overtaken(&err) => screen::say(format!(
                "somebody else changed {stack} meanwhile; planning again from what that leaves"
            )),
            done => return done,
        }
    }
    attempt().await
}

/// Brings a stack to where a change set can start: deletes what a failed create or deletion left,
/// rolls back what a failed update left.
pub(crate) async fn clear_the_way(
    engine: &mut Engine<'_>,
    stack: Option<Stack>,
    plan: &Plan,
    consent: Consent,
) -> anyhow::Result<Option<Stack>> {
    let Some(stack) = stack else {
        return Ok(None);
    };
    let Some(clearing) = clearing(&stack)? else {
        return Ok(Some(stack));
    };
    let what = match clearing {
        Clearing::Delete => "Delete what is left of it and create it again?",
        Clearing::RollBack => "Roll it back first?",
        Clearing::ContinueRollback => "Go on with its rollback first?",
    };
    let question = format!("{} is {}. {what}", stack.name, stack.status);
    consent.obtain(&question, &mut engine.interrupts).await?;
    Ok(engine.clear(&stack, clearing, plan).await?)
}

/// Brings a stack that belongs to an environment and to no stage, as it was found settled, to what
/// `plan` says; `note` is told before the question, which names `place`.
pub(crate) async fn bring(
    engine: &mut Engine<'_>,
    stack: Option<Stack>,
    plan: &Plan,
    place: &str,
    note: Option<&str>,
    consent: Consent,
) -> anyhow::Result<Stack> {
    let name = &plan.stack_name;
    if let Some(stack) = &stack
        && engine.is_current(stack, plan).await?
    {
        screen::say(format!("{name}: no changes"));
        return Ok(stack.clone());
    }
    let stack = clear_the_way(engine, stack, plan, consent).await?;
    let beside = engine.beside(stack.as_ref(), plan).await?;
    let Some(prepared) = engine.prepare(stack.as_ref(), plan).await? else {
        screen::say(format!("{name}: no changes"));
        return stack.with_context(|| format!("the stack `{name}` vanished"));
    };
    show_beside(&beside, name);
    show(&prepared.changes, &prepared.warnings, name, &[]);
    if let Some(note) = note {
        screen::say(note);
    }
    let question = format!("Deploy this to {place}?");
    let how = (Some(&plan.tree), &plan.options);
    execute(engine, prepared, how, consent, &question).await
}

/// Gives `stack` other values of some root parameters and leaves all else as it is deployed.
pub(crate) async fn revise(
    engine: &mut Engine<'_>,
    stack: &Stack,
    values: &Parameters,
    consent: Consent,
    question: &str,
) -> anyhow::Result<Stack> {
    let plan = Plan::revision(&engine.cfn, stack, values).await?;
    let Some(prepared) = engine.prepare(Some(stack), &plan).await? else {
        return Ok(stack.clone());
    };
    show(&prepared.changes, &prepared.warnings, &stack.name, &[]);
    let how = (Some(&plan.tree), &plan.options);
    execute(engine, prepared, how, consent, question).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_no_is_told_what_is_left() {
        let left = Error::Unknown {
            text: "no answer".to_owned(),
        };
        assert!(unclean(Exit::Declined, Ok(())).is::<Exit>());
        let err = unclean(Exit::Declined, Err(left));
        assert!(!err.is::<Exit>());
        assert_eq!(
            err.to_string(),
            "nothing was changed, but what was begun could not be taken back (no answer), and the \
             next run does it"
        );
    }
}
