//! A change set's content as our own change tree, nested change sets followed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{self, ChangeAction, ResourceAttribute};

use crate::aws::readable;
use crate::change_set::{Action, Change, PropertyChange, Replacement};

/// Everything the change set would change. A nested stack without a change set of its own has
/// `nested: None`.
pub(crate) async fn read(cfn: &Client, change_set: &str) -> anyhow::Result<Vec<Change>> {
    let plain = pages(cfn, change_set, false).await?;
    // With property values, CloudFormation drops resources on some pages; without them it lists
    // every resource. The first call decides what changes, the second only says how.
    let detailed: BTreeMap<String, types::ResourceChange> = pages(cfn, change_set, true)
        .await?
        .into_iter()
        .filter_map(|change| Some((change.logical_resource_id()?.to_owned(), change)))
        .collect();
    let mut changes = Vec::new();
    for change in &plain {
        let logical_id = change
            .logical_resource_id()
            .context("a change has no logical ID")?;
        let detailed = detailed.get(logical_id).unwrap_or(change);
        let nested = match change.change_set_id() {
            Some(nested) => Some(Box::pin(read(cfn, nested)).await?),
            None => None,
        };
        changes.push(Change {
            action: action(change.action()),
            logical_id: logical_id.to_owned(),
            resource_type: change.resource_type().unwrap_or_default().to_owned(),
            replacement: replacement(change.replacement()),
            properties: properties(detailed),
            nested,
        });
    }
    Ok(changes)
}

async fn pages(
    cfn: &Client,
    change_set: &str,
    with_values: bool,
) -> anyhow::Result<Vec<types::ResourceChange>> {
    let mut changes = Vec::new();
    let mut token = None;
    loop {
        let page = cfn
            .describe_change_set()
            .change_set_name(change_set)
            .include_property_values(with_values)
            .set_next_token(token)
            .send()
            .await
            .map_err(readable)
            .with_context(|| format!("cannot describe change set `{change_set}`"))?;
        let resources = page
            .changes()
            .iter()
            .filter_map(|change| change.resource_change());
        changes.extend(resources.cloned());
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            return Ok(changes);
        }
    }
}

fn action(action: Option<&ChangeAction>) -> Action {
    match action {
        Some(ChangeAction::Add) => Action::Add,
        Some(ChangeAction::Remove) => Action::Remove,
        Some(ChangeAction::Import) => Action::Import,
        _ => Action::Modify,
    }
}

fn replacement(replacement: Option<&types::Replacement>) -> Replacement {
    match replacement {
        Some(types::Replacement::True) => Replacement::Certain,
        Some(types::Replacement::Conditional) => Replacement::Possible,
        _ => Replacement::Never,
    }
}

/// One entry per property; CloudFormation repeats a property for every reason it has.
fn properties(change: &types::ResourceChange) -> Vec<PropertyChange> {
    let mut properties: Vec<PropertyChange> = Vec::new();
    let targets = change.details().iter().filter_map(|detail| detail.target());
    for target in targets {
        let path = match (target.path(), target.name(), target.attribute()) {
            (Some(path), _, _) => path.trim_start_matches("/Properties/").replace('/', "."),
            (None, Some(name), _) => name.to_owned(),
            // Tags of the stack spread to every resource; the tree would be all tags.
            (None, None, Some(ResourceAttribute::Tags)) => continue,
            (None, None, Some(attribute)) => attribute.as_str().to_owned(),
            (None, None, None) => continue,
        };
        if !properties.iter().any(|known| known.path == path) {
            properties.push(PropertyChange {
                path,
                before: target.before_value().map(ToOwned::to_owned),
                after: target.after_value().map(ToOwned::to_owned),
            });
        }
    }
    properties
}
