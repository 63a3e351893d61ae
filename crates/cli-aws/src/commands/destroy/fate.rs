//! What deleting a stack does to each of its resources.

use serde_json::Value;

use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_aws::aws::s3::AssetBucket;
use cfnkit_change::change_set::{Action, Change};
use cfnkit_console::screen::{self, BAD, GOOD, STRONG};
use cfnkit_operation::stack::Stack;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::template::Template;

/// A deployed resource and what becomes of it.
pub(super) struct Fate {
    /// As in `Data / Table`.
    pub(super) place: String,
    pub(super) resource_type: String,
    pub(super) physical_id: String,
    pub(super) outlook: Outlook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    Deleted,
    Stays,
    /// The deletion will fail at it, because of this.
    InTheWay(&'static str),
}

/// The resources of the stack and of its nested stacks. The deployed template decides what
/// stays, not the one in the working tree.
pub(super) async fn fates(
    cfn: &CloudFormation,
    s3: &AssetBucket,
    stack: &Stack,
    place: &str,
) -> anyhow::Result<Vec<Fate>> {
    // One that only a change set was made for has none.
    if stack.status.is_empty() {
        return Ok(Vec::new());
    }
    let text = cloudformation::template_of(cfn, &stack.id).await?;
    let template = Template::parse(&format!("the deployed template of {}", stack.name), text).ok();
    let mut fates = Vec::new();
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        if resource.resource_type == NESTED_STACK {
            if let Some(child) = cloudformation::find_stack(cfn, &resource.physical_id).await? {
                let place = format!("{place}{} / ", resource.logical_id);
                fates.extend(Box::pin(self::fates(cfn, s3, &child, &place)).await?);
            }
            continue;
        }
        let declared = template.as_ref().and_then(|template| {
            template
                .resources()
                .find(|(logical_id, _)| *logical_id == resource.logical_id)
        });
        let mut outlook = declared.map_or(Outlook::Deleted, |(_, declared)| outlook(declared));
        if outlook == Outlook::Deleted
            && resource.resource_type == "AWS::S3::Bucket"
            && !s3.is_empty(&resource.physical_id).await?
        {
            outlook = Outlook::InTheWay("not empty");
        }
        fates.push(Fate {
            place: format!("{place}{}", resource.logical_id),
            resource_type: resource.resource_type,
            physical_id: resource.physical_id,
            outlook,
        });
    }
    Ok(fates)
}

fn outlook(resource: &Value) -> Outlook {
    let policy = resource.get("DeletionPolicy").and_then(Value::as_str);
    if policy.is_some_and(|policy| policy.starts_with("Retain")) {
        return Outlook::Stays;
    }
    let protected = ["DeletionProtectionEnabled", "DeletionProtection"]
        .iter()
        .filter_map(|name| resource.pointer(&format!("/Properties/{name}")))
        .any(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"));
    match protected {
        true => Outlook::InTheWay("deletion protection is on"),
        false => Outlook::Deleted,
    }
}

/// What is deleted, as a tree of changes.
pub(super) fn planned(fates: &[Fate]) -> Vec<Change> {
    let mut changes = Vec::new();
    for fate in fates.iter().filter(|fate| fate.outlook != Outlook::Stays) {
        let path: Vec<&str> = fate.place.split(" / ").collect();
        insert(&mut changes, &path, &fate.resource_type);
    }
    changes
}

fn insert(changes: &mut Vec<Change>, path: &[&str], resource_type: &str) {
    let (stack, rest) = match path {
        [] => return,
        [logical_id] => {
            changes.push(Change::new(Action::Remove, logical_id, resource_type));
            return;
        }
        [stack, rest @ ..] => (*stack, rest),
    };
    let known = changes.iter().position(|one| one.logical_id == stack);
    let index = known.unwrap_or(changes.len());
    if known.is_none() {
        changes.push(Change::new(Action::Remove, stack, NESTED_STACK));
    }
    if let Some(nested) = changes.get_mut(index) {
        insert(nested.nested.get_or_insert_default(), rest, resource_type);
    }
}

pub(super) fn announce(name: &str, fates: &[Fate], cloud: Cloud) {
    let width = fates.iter().map(|fate| fate.place.len()).max().unwrap_or(0);
    screen::say(format!("\n{STRONG}{name}{STRONG:#}"));
    for fate in fates {
        let (sign, style, note) = match fate.outlook {
            Outlook::Stays => ("= stays ", GOOD, String::new()),
            Outlook::Deleted => ("- delete", BAD, String::new()),
            Outlook::InTheWay(reason) => ("! delete", BAD, format!("  {BAD}[{reason}]{BAD:#}")),
        };
        let Fate {
            place,
            resource_type,
            ..
        } = fate;
        screen::say(format!(
            "  {style}{sign}{style:#}  {place:width$}  {resource_type}{note}"
        ));
    }
    let count = |is: fn(&Outlook) -> bool| fates.iter().filter(|fate| is(&fate.outlook)).count();
    let retained = count(|outlook| *outlook == Outlook::Stays);
    let in_the_way = count(|outlook| matches!(outlook, Outlook::InTheWay(_)));
    screen::say(format!(
        "\n{} to delete, {retained} to stay",
        fates.len() - retained
    ));
    if in_the_way > 0 {
        screen::say(format!(
            "{BAD}{in_the_way} cannot be deleted as they are, and the deletion will stop at them{BAD:#}"
        ));
    }
    if cloud == Cloud::Aws {
        screen::say(
            "AWS takes 20 to 45 minutes to delete the network interfaces of a function in a VPC.",
        );
    }
}
