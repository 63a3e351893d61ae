//! What a display is of: one operation on one stack, and the resources it was planned to touch.

use serde::{Deserialize, Serialize};

use crate::estimate::Estimate;
use crate::event::ResourceOperation;
use cfnkit_change::change_set::{Action, Change};

/// What is done to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It is created or updated.
    Deploy,
    /// It is deleted.
    Destroy,
    /// An earlier operation is undone.
    RollBack,
}

impl Verb {
    /// As in `deploying orders-dev`.
    pub fn present(self) -> &'static str {
        match self {
            Self::Deploy => "deploying",
            Self::Destroy => "deleting",
            Self::RollBack => "rolling back",
        }
    }

    /// As in `was not deployed`.
    pub fn past(self) -> &'static str {
        match self {
            Self::Deploy => "deployed",
            Self::Destroy => "deleted",
            Self::RollBack => "rolled back",
        }
    }
}

/// What is known before the first event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Name of the root stack.
    pub stack_name: String,
    /// ARN of the root stack.
    pub stack_id: String,
    /// What is done to it.
    pub verb: Verb,
    /// Milliseconds since the epoch, by this machine's clock.
    pub begin: i64,
    /// Empty where it is not known.
    pub planned: Vec<Planned>,
    /// What was learned from earlier operations.
    pub estimate: Estimate,
}

/// A resource that will be touched; nested stacks themselves are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// As in `Api / Stage`.
    pub place: String,
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// What is planned for it.
    pub operation: ResourceOperation,
}

/// The resources of `changes` and of the nested stacks in it.
pub fn planned(changes: &[Change]) -> Vec<Planned> {
    let mut found = Vec::new();
    collect(&mut found, changes, "");
    found
}

fn collect(found: &mut Vec<Planned>, changes: &[Change], stack: &str) {
    for change in changes {
        let place = inside(stack, &change.logical_id);
        if let Some(nested) = &change.nested {
            collect(found, nested, &place);
        } else if change.resource_type != cfnkit_template::stack_tree::NESTED_STACK {
            let operation = match change.action {
                Action::Add => ResourceOperation::Create,
                Action::Modify | Action::Redeploy => ResourceOperation::Update,
                Action::Remove => ResourceOperation::Delete,
                Action::Import => ResourceOperation::Import,
                Action::Sync => continue,
            };
            found.push(Planned {
                place,
                resource_type: change.resource_type.clone(),
                operation,
            });
        }
    }
}

/// The place of `logical_id` in the stack at the place `stack`, which is empty for the root.
pub(super) fn inside(stack: &str, logical_id: &str) -> String {
    match stack {
        "" => logical_id.to_owned(),
        stack => format!("{stack} / {logical_id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cfnkit_template::stack_tree::NESTED_STACK;

    fn change(action: Action, logical_id: &str, nested: Option<Vec<Change>>) -> Change {
        let resource_type = match nested {
            Some(_) => NESTED_STACK,
            None => "AWS::SNS::Topic",
        };
        Change {
            nested,
            ..Change::new(action, logical_id, resource_type)
        }
    }

    #[test]
    fn the_resources_of_all_nested_stacks_are_planned_and_the_stacks_are_not() {
        let keys = change(Action::Add, "Key", None);
        let keys = change(Action::Add, "Keys", Some(vec![keys]));
        let api = vec![change(Action::Modify, "Stage", None), keys];
        let unknown = Change {
            nested: None,
            ..change(Action::Modify, "Data", Some(vec![]))
        };
        let changes = [
            change(Action::Modify, "Api", Some(api)),
            change(Action::Modify, "Network", Some(vec![])),
            unknown,
            change(Action::Remove, "Topic", None),
        ];
        let planned = planned(&changes);
        let planned: Vec<(&str, ResourceOperation)> = planned
            .iter()
            .map(|one| (one.place.as_str(), one.operation))
            .collect();
        let expected = [
            ("Api / Stage", ResourceOperation::Update),
            ("Api / Keys / Key", ResourceOperation::Create),
            ("Topic", ResourceOperation::Delete),
        ];
        assert_eq!(planned, expected);
    }
}
