//! `deploy --revert-drift`: nothing is built and nothing new deployed.

use std::time::Instant;

use anyhow::Context as _;

use super::ending::{finish, verify};
use crate::agreed::unclean;
use crate::choices::Choices;
use crate::connection::Environment;
use crate::review::{show, warn_of_expiry};
use cfnkit_cli::commands::deploy::Deploy;
use cfnkit_console::consent::Consent;
use cfnkit_console::screen;
use cfnkit_deploy::deployment::Engine;
use cfnkit_tools::workspace::Workspace;

/// Brings what was changed behind CloudFormation's back to what is deployed.
pub(super) async fn take_drift_back(
    deploy: &Deploy,
    choices: &Choices,
    environment: &Environment,
    workspace: &Workspace,
    mut engine: Engine<'_>,
    consent: Consent,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let stage_file = &choices.stage_file;
    let name = deploy.stage.stage.stack_name();
    let stack = engine.settled(&name).await?;
    let stack = stack.filter(|stack| !stack.status.is_empty());
    let stack = stack.with_context(|| {
        format!(
            "`--revert-drift` is for a stage that is deployed, and there is no stack `{name}`; \
             `cargo xtask deploy{}` creates it",
            deploy.environment.repeated()
        )
    })?;
    screen::progress(format!(
        "comparing {name} and its nested stacks with what is there"
    ));
    let follow_for = deploy.options.follow_for();
    let Some(found) = engine.reversions(&stack, follow_for).await? else {
        screen::say(format!("{name}: no drift\n"));
        return finish(deploy, environment, &stack).await;
    };
    show(&found.changes, &found.warnings, &name, &[]);
    warn_of_expiry(environment, workspace, &found.changes);
    let place = environment.connection.place();
    let question = match stage_file.is_production() {
        true => format!(
            "Take this drift of the production stage `{}` back in {place}?",
            stage_file.stage()
        ),
        false => format!("Take this drift back in {place}?"),
    };
    if let Err(declined) = consent.obtain(&question, &mut engine.interrupts).await {
        let left = engine.leave(found).await;
        return Err(unclean(declined, left));
    }
    engine.take_back(found).await?;
    screen::success(&format!("the drift of {name} is taken back"), begin);
    finish(deploy, environment, &stack).await?;
    verify(deploy, &mut engine, environment, &stack, None).await
}
