//! `destroy`: the end of a stage.

use std::time::Instant;

use serde_json::Value;
use xshell::Shell;

use super::args::{EnvironmentArgs, LocalCloud, StageArgs};
use crate::assembly::Cloud;
use crate::aws::cloudformation::{self, CloudFormation};
use crate::change_set::NESTED_STACK;
use crate::consent::Consent;
use crate::deployment;
use crate::screen::{self, BAD, GOOD, STRONG};
use crate::stack::Stack;
use crate::template::Template;
use crate::workspace::Workspace;

/// Delete a deployed stage; the table stays.
///
/// Says first what will be deleted and what stays, and asks.
#[derive(Debug, clap::Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// A deployed resource and what deleting its stack does to it.
struct Fate {
    /// As in `Data / Table`.
    place: String,
    resource_type: String,
    physical_id: String,
    retained: bool,
}

impl Destroy {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let begin = Instant::now();
        let consent = Consent::from_flag(self.yes || self.environment.local)?;
        let environment = self
            .environment
            .connect(sh, workspace, LocalCloud::MustRun)
            .await?;
        let cfn = environment.connection.cloudformation();
        let name = self.stage.stage.stack_name();
        let Some(stack) = deployment::settled(&cfn, &name, environment.cloud).await? else {
            screen::say(format!("{name}: there is no such stack, nothing to do"));
            return Ok(());
        };
        if stack.termination_protection {
            anyhow::bail!(
                "stack `{name}` has termination protection; switch it off first: \
                 `aws cloudformation update-termination-protection --no-enable-termination-protection \
                 --stack-name {name}`"
            );
        }
        let fates = fates(&cfn, &stack, "").await?;
        announce(&name, &fates, environment.cloud);
        let question = format!("Delete {name} in {}?", environment.connection.place());
        consent.obtain(&question).await?;
        deployment::delete(&cfn, &stack, environment.cloud).await?;
        deployment::report_success(&format!("{name} is deleted"), begin);
        for fate in fates.iter().filter(|fate| fate.retained) {
            screen::say(format!(
                "retained: {} {}",
                fate.resource_type, fate.physical_id
            ));
        }
        Ok(())
    }
}

/// The resources of the stack and of its nested stacks. The deployed template decides what
/// stays, not the one in the working tree.
async fn fates(cfn: &CloudFormation, stack: &Stack, place: &str) -> anyhow::Result<Vec<Fate>> {
    let text = cloudformation::template_of(cfn, &stack.id).await?;
    let template = Template::parse(&format!("the deployed template of {}", stack.name), text).ok();
    let mut fates = Vec::new();
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        if resource.resource_type == NESTED_STACK {
            if let Some(child) = cloudformation::find_stack(cfn, &resource.physical_id).await? {
                let place = format!("{place}{} / ", resource.logical_id);
                fates.extend(Box::pin(self::fates(cfn, &child, &place)).await?);
            }
            continue;
        }
        let declared = template.as_ref().and_then(|template| {
            template
                .resources()
                .find(|(logical_id, _)| *logical_id == resource.logical_id)
        });
        let policy = declared.and_then(|(_, resource)| resource.get("DeletionPolicy"));
        let policy = policy.and_then(Value::as_str).unwrap_or("Delete");
        fates.push(Fate {
            place: format!("{place}{}", resource.logical_id),
            resource_type: resource.resource_type,
            physical_id: resource.physical_id,
            retained: policy.starts_with("Retain"),
        });
    }
    Ok(fates)
}

fn announce(name: &str, fates: &[Fate], cloud: Cloud) {
    let width = fates.iter().map(|fate| fate.place.len()).max().unwrap_or(0);
    screen::say(format!("\n{STRONG}{name}{STRONG:#}"));
    for fate in fates {
        let (sign, style) = match fate.retained {
            true => ("= stays ", GOOD),
            false => ("- delete", BAD),
        };
        let Fate {
            place,
            resource_type,
            ..
        } = fate;
        screen::say(format!(
            "  {style}{sign}{style:#}  {place:width$}  {resource_type}"
        ));
    }
    let retained = fates.iter().filter(|fate| fate.retained).count();
    screen::say(format!(
        "\n{} to delete, {retained} to stay",
        fates.len() - retained
    ));
    if cloud == Cloud::Aws {
        screen::say(
            "AWS takes 20 to 45 minutes to delete the network interfaces of a function in a VPC.",
        );
    }
}
