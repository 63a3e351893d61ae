//! An API's new deployment and the one that it replaces as one change, with what is new in it.

use crate::api_explanation::explain;
use crate::change_set::{Action, Change};

use cfnkit_template::stack_tree::StackTree;

const DEPLOYMENT: &str = "AWS::ApiGateway::Deployment";

pub(super) fn is_deployment(change: &Change) -> bool {
    change.resource_type == DEPLOYMENT
}

pub(super) fn collapsed(
    changes: Vec<Change>,
    old: Option<&StackTree>,
    new: &StackTree,
) -> Vec<Change> {
    let (deployments, mut rest): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(is_deployment);
    for change in &mut rest {
        let Some(child) = new.nested.get(&change.logical_id) else {
            continue;
        };
        let old_child = old.and_then(|old| old.nested.get(&change.logical_id));
        let nested = change.nested.take();
        change.nested = nested.map(|nested| collapsed(nested, old_child, child));
    }
    let redeployed = match (deployments.as_slice(), old) {
        ([one, other], Some(old)) => {
            pair(one, other).map(|(added, removed)| redeployment(added, removed, old, new))
        }
        _ => None,
    };
    match redeployed {
        Some(redeployed) => rest.push(redeployed),
        None => rest.extend(deployments),
    }
    rest
}

/// The one that is added and the one that is removed.
fn pair<'a>(one: &'a Change, other: &'a Change) -> Option<(&'a Change, &'a Change)> {
    match (one.action, other.action) {
        (Action::Add, Action::Remove) => Some((one, other)),
        (Action::Remove, Action::Add) => Some((other, one)),
        _ => None,
    }
}

fn redeployment(added: &Change, removed: &Change, old: &StackTree, new: &StackTree) -> Change {
    let mut notes = explain(&old.template, &new.template);
    if notes.is_empty() {
        notes.push("the API's definition is the same".to_owned());
    }
    notes.push(format!("takes the place of {}", removed.logical_id));
    Change {
        action: Action::Redeploy,
        notes,
        ..added.clone()
    }
}
