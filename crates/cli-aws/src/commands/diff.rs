//! The steps of `diff`.

use anyhow::Context as _;
use xshell::Shell;

use crate::choices::farewell_to_key;
use crate::choices::read;
use crate::connection::connect;
use crate::review::{show, show_beside};
use cfnkit_change::change_set::row::Rows;
use cfnkit_change::change_set::{Change, Warnings};
use cfnkit_change::comparison::{compare, explained};
use cfnkit_cli::commands::diff::Diff;
use cfnkit_console::exit::Exit;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_console::workflow_run;
use cfnkit_deploy::publish::publish;
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(diff: Diff, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let mut choices = read(&diff.choices, workspace, &diff.stage.stage)?;
    let mut interrupts = Interrupts::listen()?;
    let connect = connect(&diff.environment, sh, workspace, diff.start.local_cloud());
    let environment = interrupts.unless(connect).await?;
    choices
        .find_key(&environment, &diff.environment.repeated())
        .await?;
    let assembly = choices.assemble(sh, workspace, environment.cloud, &diff.handler)?;
    let cfn = environment.connection.cloudformation();
    let name = assembly.stage.stack_name();
    let mut engine = environment.engine(workspace, interrupts);
    let stack = engine.settled(&name).await?;
    let bucket = choices.bucket(&cfn).await?;
    let has_bucket = bucket.is_some();
    // Comparing templates needs no bucket; its name is only one more parameter.
    let bucket = bucket.unwrap_or_else(|| "not-bootstrapped".to_owned());
    let plan = choices
        .plan(
            &assembly,
            &environment,
            stack.as_ref(),
            &bucket,
            Default::default(),
        )
        .await?;
    if let Some(stack) = &stack
        && engine.is_current(stack, &plan).await?
    {
        return print_none(&diff, &name);
    }
    let deployed = stack.as_ref().filter(|stack| !stack.status.is_empty());
    let takes_change_set = deployed.is_some_and(|stack| stack.status.takes_change_set());
    if let Some(stack) = deployed
        && !takes_change_set
    {
        screen::say(format!(
            "{name} is {}, and no change set can start from there; `deploy` would first {}",
            stack.status,
            stack.status.way_out()
        ));
    }
    let beside = engine.beside(deployed, &plan).await?;
    let (changes, warnings) = if diff.no_change_set || !has_bucket || !takes_change_set {
        screen::progress("comparing templates and parameters; no change set");
        let tree = plan.deployed(&cfn, deployed).await?;
        let changes = compare(tree, &plan.tree);
        let changes = match tree {
            Some(tree) => explained(changes, tree, &plan.tree),
            None => changes,
        };
        if changes.is_empty() && beside.is_empty() {
            return print_none(&diff, &name);
        }
        (changes, Warnings::default())
    } else {
        publish(
            workspace.reporter(),
            &environment.connection.s3(),
            &bucket,
            &assembly,
        )
        .await?;
        let Some(mut prepared) = engine.prepare(stack.as_ref(), &plan).await? else {
            return print_none(&diff, &name);
        };
        let changes = std::mem::take(&mut prepared.changes);
        let warnings = std::mem::take(&mut prepared.warnings);
        engine
            .discard(prepared)
            .await
            .context("the change set of this diff is still there")?;
        (changes, warnings)
    };
    show_beside(&beside, &name);
    print(&diff, &name, &changes, &warnings)?;
    show(&changes, &warnings, &name, &assembly.templates.omissions);
    if let Some(line) = farewell_to_key(stack.as_ref(), &plan) {
        screen::say(line);
    }
    match diff.exit_code {
        true => Err(Exit::Different.into()),
        false => Ok(()),
    }
}

fn print_none(diff: &Diff, name: &str) -> anyhow::Result<()> {
    let text = format!("{name}: no changes");
    screen::say(&text);
    workflow_run::summarize(&workflow_run::section(&text, ""))?;
    print(diff, name, &[], &Warnings::default())
}

fn print(diff: &Diff, name: &str, changes: &[Change], warnings: &Warnings) -> anyhow::Result<()> {
    if diff.json {
        let rows = Rows::of(name, changes).warned(&warnings.all);
        screen::data(serde_json::to_string_pretty(&rows)?);
    }
    Ok(())
}
