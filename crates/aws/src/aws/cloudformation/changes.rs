//! A change set's content as our own change tree, nested change sets followed.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self, ChangeAction, ChangeSetStatus, DriftIgnoredReason, PolicyAction,
    StackResourceDriftStatus as DriftStatus,
};

use self::properties::properties;
use super::change_sets::is_no_change;
use super::if_there;
use crate::error::Result;
use cfnkit_change::change_set::{Action, Change, Fate, Replacement};
use cfnkit_console::error::Context as _;

mod properties;
#[cfg(test)]
mod tests;

/// A change set as far as it could be read.
struct Described {
    changes: Vec<types::ResourceChange>,
    status: Option<ChangeSetStatus>,
    reason: String,
}

/// What a change set would change, and which change sets that was read from.
#[derive(Debug)]
pub struct Listed {
    /// What the root would have done, nested stacks opened.
    pub changes: Vec<Change>,
    /// The IDs of the change set and of those nested in it that change something.
    pub change_sets: Vec<String>,
}

/// Everything the change set would change. A nested stack whose change set failed or is gone has
/// `nested: None` and a note that says why.
///
/// Source: CloudFormation's `DescribeChangeSet`.
///
/// # Errors
///
/// The change set is gone, a page of it or of a nested one cannot be read, or a change in it has no
/// logical ID.
pub async fn read(cfn: &Client, change_set: &str) -> Result<Listed> {
    let described = describe(cfn, change_set)
        .await?
        .with_context(|| format!("change set `{change_set}` is gone"))?;
    let mut change_sets = vec![change_set.to_owned()];
    let changes = to_changes(cfn, described.changes, &mut change_sets).await?;
    Ok(Listed {
        changes,
        change_sets,
    })
}

/// With property values, CloudFormation drops resources on some pages; without them it lists
/// every resource. Both are read, and what either has is there. `None` where there is no such
/// change set.
async fn describe(cfn: &Client, change_set: &str) -> Result<Option<Described>> {
    let Some(plain) = pages(cfn, change_set, false).await? else {
        return Ok(None);
    };
    let detailed = pages(cfn, change_set, true).await?;
    let detailed = detailed.map(|described| described.changes);
    let changes = merged(plain.changes, detailed.unwrap_or_default())?;
    Ok(Some(Described { changes, ..plain }))
}

async fn pages(cfn: &Client, change_set: &str, with_values: bool) -> Result<Option<Described>> {
    let mut described = Described {
        changes: Vec::new(),
        status: None,
        reason: String::new(),
    };
    let mut token: Option<String> = None;
    let mut seen = BTreeSet::new();
    loop {
        let call = cfn
            .describe_change_set()
            .change_set_name(change_set)
            .include_property_values(with_values)
            .set_next_token(token);
        let page = if_there(call.send().await);
        let page = page.with_context(|| format!("cannot describe change set `{change_set}`"))?;
        let Some(page) = page else {
            return Ok(None);
        };
        let resources = page.changes().iter();
        let resources = resources.filter_map(|change| change.resource_change());
        described.changes.extend(resources.cloned());
        described.status = page.status().cloned();
        described.reason = page.status_reason().unwrap_or_default().to_owned();
        token = page.next_token().map(ToOwned::to_owned);
        // A token that comes back would be followed for ever; its page is read already.
        match &token {
            Some(token) if seen.insert(token.clone()) => {}
            _ => return Ok(Some(described)),
        }
    }
}

/// Each resource once, in the order of the first answer, with what either answer knows of it.
fn merged(
    plain: Vec<types::ResourceChange>,
    detailed: Vec<types::ResourceChange>,
) -> Result<Vec<types::ResourceChange>> {
    let mut merged: Vec<types::ResourceChange> = Vec::new();
    for change in plain.into_iter().chain(detailed) {
        let logical_id = change.logical_resource_id();
        logical_id.context("a change has no logical ID")?;
        let known = merged
            .iter_mut()
            .find(|known| known.logical_resource_id() == logical_id);
        match known {
            Some(known) => complete(known, change),
            None => merged.push(change),
        }
    }
    Ok(merged)
}

/// The first answer decides what happens; a later one adds what it says in more detail.
fn complete(known: &mut types::ResourceChange, other: types::ResourceChange) {
    let values = |change: &types::ResourceChange| {
        let targets = change.details().iter().filter_map(|detail| detail.target());
        targets
            .filter(|target| target.before_value().is_some() || target.after_value().is_some())
            .count()
    };
    let is_richer = values(&other) > values(known)
        || (values(&other) == values(known) && other.details().len() > known.details().len());
    if is_richer {
        known.details = other.details;
    }
    known.before_context = known.before_context.take().or(other.before_context);
    known.after_context = known.after_context.take().or(other.after_context);
    known.policy_action = known.policy_action.take().or(other.policy_action);
    known.replacement = known.replacement.take().or(other.replacement);
    known.change_set_id = known.change_set_id.take().or(other.change_set_id);
}

async fn to_changes(
    cfn: &Client,
    described: Vec<types::ResourceChange>,
    change_sets: &mut Vec<String>,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for resource in &described {
        let logical_id = resource.logical_resource_id().unwrap_or_default();
        let resource_type = resource.resource_type().unwrap_or_default();
        let action = resource.action().and_then(action);
        let mut change = Change {
            replacement: replacement(resource),
            fate: resource.policy_action().and_then(fate),
            properties: properties(resource),
            notes: notes(resource),
            ..Change::new(action.unwrap_or(Action::Modify), logical_id, resource_type)
        };
        if let Some(id) = resource.change_set_id() {
            match nested(cfn, id, change_sets).await? {
                Ok(inner) => {
                    change.nested = Some(inner);
                    // The URL is the hash of what is shown below.
                    change
                        .properties
                        .retain(|property| property.path != "TemplateURL");
                }
                Err(note) => change.notes.push(note),
            }
        }
        changes.push(change);
    }
    Ok(changes)
}

/// The changes of a nested change set, or why there are none to see.
async fn nested(
    cfn: &Client,
    id: &str,
    change_sets: &mut Vec<String>,
) -> Result<Result<Vec<Change>, String>> {
    let Some(described) = Box::pin(describe(cfn, id)).await? else {
        return Ok(Err("its change set is gone".to_owned()));
    };
    let reason = &described.reason;
    match described.status {
        Some(ChangeSetStatus::Failed) if is_no_change(reason) => Ok(Ok(Vec::new())),
        Some(ChangeSetStatus::Failed) => Ok(Err(format!("its change set failed: {reason}"))),
        Some(
            ChangeSetStatus::DeleteComplete
            | ChangeSetStatus::DeleteFailed
            | ChangeSetStatus::DeleteInProgress
            | ChangeSetStatus::DeletePending,
        ) => Ok(Err("its change set is deleted".to_owned())),
        _ => {
            if !described.changes.is_empty() {
                change_sets.push(id.to_owned());
            }
            let changes = to_changes(cfn, described.changes, change_sets);
            Ok(Ok(Box::pin(changes).await?))
        }
    }
}

/// `None` for one that is not known; such a change is shown as one that may do anything.
fn action(action: &ChangeAction) -> Option<Action> {
    Some(match action {
        ChangeAction::Add => Action::Add,
        ChangeAction::Modify | ChangeAction::Dynamic => Action::Modify,
        ChangeAction::Remove => Action::Remove,
        ChangeAction::Import => Action::Import,
        ChangeAction::SyncWithActual => Action::Sync,
        _ => return None,
    })
}

fn replacement(change: &types::ResourceChange) -> Replacement {
    match (change.replacement(), change.action()) {
        (Some(types::Replacement::True), _) => Replacement::Certain,
        (Some(types::Replacement::False), _) => Replacement::Never,
        (Some(_), _) => Replacement::Possible,
        // `Dynamic`: what happens is not known before it happens.
        (None, Some(ChangeAction::Dynamic)) => Replacement::Possible,
        (None, Some(other)) if action(other).is_none() => Replacement::Possible,
        (None, _) => Replacement::Never,
    }
}

fn fate(policy: &PolicyAction) -> Option<Fate> {
    match policy {
        PolicyAction::Delete | PolicyAction::ReplaceAndDelete => Some(Fate::Deleted),
        PolicyAction::Retain | PolicyAction::ReplaceAndRetain => Some(Fate::Retained),
        PolicyAction::Snapshot | PolicyAction::ReplaceAndSnapshot => Some(Fate::Snapshot),
        _ => None,
    }
}

/// What CloudFormation says in words of its own that are not known here, as it says it.
fn notes(change: &types::ResourceChange) -> Vec<String> {
    let action = change.action().filter(|one| action(one).is_none());
    let replacement = change.replacement().filter(|one| !is_known(one));
    let policy = change.policy_action().filter(|one| fate(one).is_none());
    let words = [
        ("action", action.map(ChangeAction::as_str)),
        ("replacement", replacement.map(types::Replacement::as_str)),
        ("policy", policy.map(PolicyAction::as_str)),
    ];
    let words = words.into_iter();
    let words = words.filter_map(|(what, word)| {
        Some(format!("CloudFormation's word for its {what}: {}", word?))
    });
    words.chain(drift(change)).collect()
}

/// What a change set that compares with what is there says of it, beside values.
fn drift(change: &types::ResourceChange) -> Vec<String> {
    let status = match change.resource_drift_status() {
        None | Some(DriftStatus::InSync | DriftStatus::Modified) => None,
        Some(DriftStatus::Deleted) => {
            Some("deleted behind CloudFormation's back, and made again".to_owned())
        }
        Some(DriftStatus::Unsupported | DriftStatus::NotChecked) => {
            Some("not compared with what is there".to_owned())
        }
        Some(other) => Some(format!("its drift is {}", other.as_str())),
    };
    let ignored = change.resource_drift_ignored_attributes().iter();
    let ignored = ignored.map(|attribute| {
        let path = attribute.path().unwrap_or_default();
        let path = path.trim_start_matches("/Properties/").replace('/', ".");
        let reason = match attribute.reason() {
            Some(DriftIgnoredReason::ManagedByAws) => "AWS manages it",
            Some(DriftIgnoredReason::WriteOnlyProperty) => "it cannot be read",
            Some(DriftIgnoredReason::SensitiveProperty) => "it is a secret",
            Some(other) => other.as_str(),
            None => "no reason given",
        };
        format!("drift of {path} stays: {reason}")
    });
    status.into_iter().chain(ignored).collect()
}

fn is_known(replacement: &types::Replacement) -> bool {
    use types::Replacement::{Conditional, False, True};
    matches!(replacement, True | False | Conditional)
}
