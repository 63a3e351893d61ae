//! The steps of `deploy`.

use std::time::Instant;

use anyhow::Context as _;
use xshell::Shell;

use crate::agreed::{again, clear_the_way, execute, is_overtaken};
use crate::choices::read;
use crate::choices::{Choices, farewell_to_key};
use crate::connection::Environment;
use crate::connection::connect;
use crate::review::{show, show_beside, warn_of_expiry};
use cfnkit_assembly::assembly::Assembly;
use cfnkit_aws::aws::Connection;
use cfnkit_aws::aws::cloudformation::{self, operations};
use cfnkit_cli::commands::deploy::Deploy;
use cfnkit_cli::commands::deploy::options::Protection;
use cfnkit_console::consent::Consent;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen::{self, QUIET};
use cfnkit_deploy::deployment::{Engine, Prepared};
use cfnkit_deploy::publish::publish;
use cfnkit_operation::stack::Stack;
use cfnkit_tools::workspace::Workspace;
use ending::{finish, verify};
use prerequisites::{bootstrap, find_key, preflight};
use reversion::take_drift_back;

mod ending;
mod fast;
mod prerequisites;
mod reversion;

/// How one attempt ended.
enum Attempt {
    /// What is deployed now, and what was before.
    Done(Stack, Option<Stack>),
    NoChanges(Stack),
    /// The change set is there to be executed later.
    Left(Prepared),
}

pub(crate) async fn run(deploy: Deploy, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let mut choices = read(&deploy.choices, workspace, &deploy.stage.stage)?;
    deploy.options.check(&choices.root)?;
    deploy.options.check_tags(choices.stage_file.tags())?;
    if deploy.fast && choices.stage_file.is_production() {
        anyhow::bail!(
            "`--fast` is not for `{}`: its updates are watched and rolled back as a whole",
            deploy.stage.stage
        );
    }
    let yes = deploy.yes || deploy.environment.local;
    let consent = match deploy.options.no_execute {
        true => Consent::at_the_question(yes),
        false => Consent::from_flag(yes)?,
    };
    let local_cloud = deploy.start.local_cloud();
    let mut interrupts = Interrupts::listen()?;
    let connect = connect(&deploy.environment, sh, workspace, local_cloud);
    let environment = interrupts.unless(connect).await?;
    let mut engine = environment.engine(workspace, interrupts);
    if let Some(change_set) = &deploy.change_set {
        let kept = (change_set.as_str(), &choices);
        return execute_kept(&deploy, kept, &environment, workspace, engine, consent).await;
    }
    if deploy.revert_drift {
        return take_drift_back(&deploy, &choices, &environment, workspace, engine, consent).await;
    }
    let repeated = deploy.environment.repeated();
    find_key(&mut choices, workspace, &environment, &repeated).await?;
    let assembly = choices.assemble(sh, workspace, environment.cloud, &deploy.handler)?;
    if let Some(imports) = deploy.options.imports(&assembly.templates)? {
        screen::progress(imports);
    }
    let begin = Instant::now();
    let name = assembly.stage.stack_name();
    let wanted = (&assembly, &choices);
    let attempt = async || {
        let engine = &mut engine;
        attempt(&deploy, engine, &environment, workspace, wanted, consent).await
    };
    match again(&name, attempt).await? {
        Attempt::Done(stack, before) => {
            protect(&deploy, &choices, &engine, &stack).await?;
            screen::success(&format!("{name} is deployed"), begin);
            finish(&deploy, &environment, &stack).await?;
            verify(&deploy, &mut engine, &environment, &stack, before.as_ref()).await
        }
        Attempt::NoChanges(stack) => {
            screen::say(format!("{name}: no changes\n"));
            protect(&deploy, &choices, &engine, &stack).await?;
            finish(&deploy, &environment, &stack).await
        }
        Attempt::Left(prepared) => {
            tell_how_to_execute(&deploy, &prepared);
            Ok(())
        }
    }
}

/// From what is deployed to what is assembled, once.
async fn attempt(
    deploy: &Deploy,
    engine: &mut Engine<'_>,
    environment: &Environment,
    workspace: &Workspace,
    (assembly, choices): (&Assembly, &Choices),
    consent: Consent,
) -> anyhow::Result<Attempt> {
    let connection = &environment.connection;
    let cfn = engine.cfn.clone();
    let name = assembly.stage.stack_name();
    let stack = engine.settled(&name).await?;
    let bucket = match choices.bucket(&cfn).await? {
        Some(bucket) => bucket,
        None => bootstrap(workspace, environment, consent).await?,
    };
    let (options, unwatched) = deploy
        .options
        .options(&choices.stage_file, stack.as_ref())?;
    let chosen = (options, deploy.options.tags());
    let plan = choices
        .plan(assembly, environment, stack.as_ref(), &bucket, chosen)
        .await?;
    let unset = match &stack {
        Some(stack) if deploy.options.asks_for_settings() => {
            let settings = cloudformation::settings_of(&cfn, &stack.id).await?;
            deploy.options.unset(&plan.options, &settings)
        }
        _ => Vec::new(),
    };
    if let Some(stack) = &stack
        && unset.is_empty()
        && engine.is_current(stack, &plan).await?
    {
        return Ok(Attempt::NoChanges(stack.clone()));
    }
    let s3 = connection.s3();
    let first_steps = async {
        preflight(environment, choices, stack.as_ref()).await?;
        if deploy.fast {
            fast::check(&cfn, stack.as_ref(), &plan).await?;
        }
        publish(workspace.reporter(), &s3, &bucket, assembly).await?;
        anyhow::Ok(())
    };
    engine.interrupts.unless(first_steps).await?;
    let mut consent = consent;
    if let (true, Some(stack)) = (deploy.fast, &stack) {
        let question = format!("Give {name} in {} its new code?", connection.place());
        consent.obtain(&question, &mut engine.interrupts).await?;
        consent = Consent::Given;
        fast::update_code(workspace.reporter(), connection, stack, &plan, &bucket).await?;
    }
    let before = stack.clone();
    let stack = clear_the_way(engine, stack, &plan, consent).await?;
    let beside = engine.beside(stack.as_ref(), &plan).await?;
    let Some(prepared) = engine.prepare(stack.as_ref(), &plan).await? else {
        if !unset.is_empty() {
            anyhow::bail!(
                "CloudFormation takes {} with a change alone, and there is none in `{name}`; \
                 nothing was set, pass it again with the next change",
                unset.join(", ")
            );
        }
        return Ok(Attempt::NoChanges(
            stack.context("the stack vanished; run the same command again")?,
        ));
    };
    show_beside(&beside, &name);
    show(
        &prepared.changes,
        &prepared.warnings,
        &name,
        &assembly.templates.omissions,
    );
    warn_of_expiry(environment, workspace, &prepared.changes);
    for line in farewell_to_key(stack.as_ref(), &plan)
        .into_iter()
        .chain(unwatched)
    {
        screen::say(line);
    }
    if deploy.options.no_execute {
        return Ok(Attempt::Left(prepared));
    }
    let question = question(choices, connection);
    let how = (Some(&plan.tree), &plan.options);
    let stack = execute(engine, prepared, how, consent, &question).await?;
    Ok(Attempt::Done(stack, before))
}

/// Executes a change set that `--no-execute` left.
async fn execute_kept(
    deploy: &Deploy,
    (change_set, choices): (&str, &Choices),
    environment: &Environment,
    workspace: &Workspace,
    mut engine: Engine<'_>,
    consent: Consent,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let name = deploy.stage.stage.stack_name();
    let stack = engine.settled(&name).await?;
    let prepared = engine.kept(stack.as_ref(), &name, change_set).await?;
    show(&prepared.changes, &prepared.warnings, &name, &[]);
    warn_of_expiry(environment, workspace, &prepared.changes);
    let (options, _) = deploy.options.options(&choices.stage_file, None)?;
    let before = stack.clone();
    let question = question(choices, &environment.connection);
    let stack = match execute(&mut engine, prepared, (None, &options), consent, &question).await {
        Err(err) if is_overtaken(&err) => anyhow::bail!(
            "the stack has changed since change set `{change_set}` was made, and it was not \
             executed; `cargo xtask deploy --no-execute` makes another"
        ),
        stack => stack?,
    };
    protect(deploy, choices, &engine, &stack).await?;
    screen::success(&format!("{name} is deployed"), begin);
    finish(deploy, environment, &stack).await?;
    verify(deploy, &mut engine, environment, &stack, before.as_ref()).await
}

fn tell_how_to_execute(deploy: &Deploy, prepared: &Prepared) {
    let stage = &deploy.stage.stage;
    let flags = deploy.environment.repeated();
    let change_set = prepared.name();
    screen::say(format!(
        "change set `{change_set}` is ready and was not executed\n\n\
         {QUIET}Execute it:{QUIET:#} cargo xtask deploy {change_set} --stage {stage}{flags}\n\
         {QUIET}Delete it:{QUIET:#}  aws cloudformation delete-change-set --change-set-name {}",
        prepared.change_set.id
    ));
    screen::data(change_set);
}

/// Protection is part of no change set.
async fn protect(
    deploy: &Deploy,
    choices: &Choices,
    engine: &Engine<'_>,
    stack: &Stack,
) -> anyhow::Result<()> {
    let name = &stack.name;
    let said = match deploy.options.protection(&choices.stage_file, stack) {
        Protection::Keep => return Ok(()),
        Protection::KeepAgainstFile => format!(
            "{name} stays protected from being deleted; \
             `--termination-protection=false` takes that away"
        ),
        Protection::Set => {
            operations::set_termination_protection(&engine.cfn, name, true).await?;
            format!("{name} is protected from being deleted")
        }
        Protection::Remove => {
            operations::set_termination_protection(&engine.cfn, name, false).await?;
            format!("{name} is not protected from being deleted any more")
        }
    };
    screen::progress(said);
    Ok(())
}

/// Production is called what it is where somebody is about to say yes.
fn question(choices: &Choices, connection: &Connection) -> String {
    let stage_file = &choices.stage_file;
    let place = connection.place();
    match stage_file.is_production() {
        true => format!(
            "Deploy these changes to the production stage `{}` in {place}?",
            stage_file.stage()
        ),
        false => format!("Deploy these changes to {place}?"),
    }
}
