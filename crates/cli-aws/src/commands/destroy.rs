//! The steps of `destroy`.

use std::time::Instant;

use anyhow::Context as _;
use xshell::Shell;

use crate::connection::connect;
use cfnkit_assembly::service::Tier;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_aws::aws::cloudformation::{self, operations};
use cfnkit_aws::aws::{Connection, api_gateway};
use cfnkit_cli::commands::args::{LocalCloud, probably_meant};
use cfnkit_cli::commands::destroy::Destroy;
use cfnkit_cli::program::service;
use cfnkit_console::consent::Consent;
use cfnkit_console::error::chain;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_deploy::deployment::Engine;
use cfnkit_operate::api_keys::key_prefix;
use cfnkit_operation::stack::Stack;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;
use fate::{Outlook, announce, fates, planned};

mod fate;

pub(crate) async fn run(destroy: Destroy, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let begin = Instant::now();
    let consent = Consent::from_flag(destroy.yes || destroy.environment.local)?;
    let mut interrupts = Interrupts::listen()?;
    let connect = connect(&destroy.environment, sh, workspace, LocalCloud::MustRun);
    let environment = interrupts.unless(connect).await?;
    let cfn = environment.connection.cloudformation();
    let name = destroy.stage.stage.stack_name();
    let mut engine = environment.engine(workspace, interrupts);
    let Some(stack) = engine.settled(&name).await? else {
        let meant = probably_meant(workspace, &destroy.stage.stage);
        screen::say(format!(
            "{name}: there is no such stack, nothing to do{meant}"
        ));
        return Ok(());
    };
    if stack.termination_protection && !destroy.unprotect {
        anyhow::bail!(
            "stack `{name}` has termination protection, and nothing was deleted; \
             `--unprotect` says that it is meant"
        );
    }
    if !destroy.retained.is_empty() && stack.status.as_str() != "DELETE_FAILED" {
        anyhow::bail!(
            "`--retain` is for a stack whose deletion failed, and `{name}` is {}; \
             `DeletionPolicy: Retain` in the template is for the others",
            stack.status
        );
    }
    let s3 = environment.connection.s3();
    let fates = fates(&cfn, &s3, &stack, "").await?;
    announce(&name, &fates, environment.cloud);
    let place = environment.connection.place();
    let root = read_template(&workspace.templates(), "root.yaml")?;
    // A stage can be deleted whatever is wrong with its file.
    let stage_file = StageFile::read(workspace, &destroy.stage.stage, &root)
        .unwrap_or_else(|_| StageFile::without(&destroy.stage.stage));
    let kind = match stage_file.is_production() {
        true => "the production stage ",
        false => "",
    };
    let question = match stack.termination_protection {
        true => format!("{kind}{name} is protected. Delete it in {place} all the same?"),
        false => format!("Delete {kind}{name} in {place}?"),
    };
    consent.obtain(&question, &mut engine.interrupts).await?;
    if stack.termination_protection {
        operations::set_termination_protection(&cfn, &name, false).await?;
    }
    let retained = leave_in_nested_stacks(&destroy, &mut engine, &stack).await?;
    engine.destroy(&stack, &retained, &planned(&fates)).await?;
    delete_old_keys(&destroy, &environment.connection, &stack).await?;
    screen::success(&format!("{name} is deleted"), begin);
    for fate in fates.iter().filter(|fate| fate.outlook == Outlook::Stays) {
        screen::say(format!(
            "retained: {} {}",
            fate.resource_type, fate.physical_id
        ));
    }
    Ok(())
}

/// Deletes the API keys that rotations left beside the stack.
async fn delete_old_keys(
    destroy: &Destroy,
    connection: &Connection,
    stack: &Stack,
) -> anyhow::Result<()> {
    let is_rotated = |tier: &&Tier| {
        let generation = stack.parameters.get(tier.generation_parameter);
        generation.is_some_and(|generation| generation != "1")
    };
    for tier in service().tiers.iter().filter(is_rotated) {
        let prefix = key_prefix(&destroy.stage.stage, tier);
        let keys = match api_gateway::keys_named(connection, &prefix).await {
            Ok(keys) => keys,
            // They open nothing any more.
            Err(err) => {
                screen::say(format!(
                    "cannot look for keys of earlier rotations: {}",
                    chain(&err)
                ));
                return Ok(());
            }
        };
        for key in keys {
            api_gateway::delete_key(connection, &key.id).await?;
            screen::say(format!("deleted old API key {} {}", key.id, key.name));
        }
    }
    Ok(())
}

/// Deletes the nested stacks in which something is left, each but for that; returns what is
/// left in the root itself.
async fn leave_in_nested_stacks(
    destroy: &Destroy,
    engine: &mut Engine<'_>,
    root: &Stack,
) -> anyhow::Result<Vec<String>> {
    let mut in_root = Vec::new();
    let mut nested: Vec<(&str, Vec<String>)> = Vec::new();
    for retained in &destroy.retained {
        match retained.split_once('.') {
            None => in_root.push(retained.clone()),
            Some((stack, resource)) => {
                let resource = resource.to_owned();
                match nested.iter_mut().find(|(name, _)| *name == stack) {
                    Some((_, resources)) => resources.push(resource),
                    None => nested.push((stack, vec![resource])),
                }
            }
        }
    }
    if nested.is_empty() {
        return Ok(in_root);
    }
    let resources = cloudformation::resources_of(&engine.cfn, &root.id).await?;
    for (logical_id, retained) in nested {
        let resource = resources
            .iter()
            .find(|one| one.logical_id == logical_id && one.resource_type == NESTED_STACK);
        let resource = resource
            .with_context(|| format!("stack `{}` has no nested stack `{logical_id}`", root.name))?;
        let child = cloudformation::find_stack(&engine.cfn, &resource.physical_id).await?;
        if let Some(child) = child.filter(|child| child.status.as_str() != "DELETE_COMPLETE") {
            engine.delete(&child, None, &retained, &[]).await?;
        }
    }
    Ok(in_root)
}
