//! Stacks as plain data: their statuses and outputs, and what a status asks of `deploy`.

use std::collections::BTreeMap;
use std::fmt;

/// A stack as `DescribeStacks` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its ARN.
    pub id: String,
    /// Unique in an environment while it is there.
    pub name: String,
    /// Of the last operation.
    pub status: StackStatus,
    /// CloudFormation's words for the status, where it has some.
    pub status_reason: Option<String>,
    /// As CloudFormation gives them back: `****` for one with `NoEcho`.
    pub parameters: BTreeMap<String, String>,
    /// By name; empty while the stack is being made.
    pub outputs: BTreeMap<String, String>,
    /// Those that were given to the stack itself.
    pub tags: BTreeMap<String, String>,
    /// Whether it cannot be deleted.
    pub termination_protection: bool,
}

/// A stack status in CloudFormation's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackStatus(pub String);

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const KNOWN_STATUSES: [&str; 23] = [
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "CREATE_COMPLETE",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
    "DELETE_COMPLETE",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// What a deploy does first with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeployAction {
    /// A change set of type CREATE.
    Create,
    /// A change set of type UPDATE.
    Update,
    /// Delete what a failed create left, or what a failed deletion left, then create.
    DeleteThenCreate,
    /// Undo an update that failed and was told to stay as it was, then update.
    RollBackThenUpdate,
    /// Finish a rollback that failed, then update.
    ContinueRollbackThenUpdate,
    /// Somebody's operation is running; look again when it has settled.
    Wait,
    /// No automatic step is safe; the reason says what a person can do.
    Refuse(&'static str),
}

impl StackStatus {
    /// As CloudFormation spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether CloudFormation's documentation had the status when this was written.
    pub fn is_known(&self) -> bool {
        KNOWN_STATUSES.contains(&self.as_str())
    }

    /// Whether the stack was made for a change set and never held anything.
    pub fn is_empty(&self) -> bool {
        self.0 == "REVIEW_IN_PROGRESS"
    }

    /// Whether the status will not change by itself.
    pub fn is_settled(&self) -> bool {
        !self.0.ends_with("_IN_PROGRESS") || self.is_empty()
    }

    /// Whether an operation that ended here did what was asked.
    pub fn is_success(&self) -> bool {
        matches!(
            self.0.as_str(),
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "DELETE_COMPLETE"
        )
    }

    /// Whether a deploy that ended here did what was asked. A creation that fails can end with the
    /// stack's deletion.
    pub fn is_deployed(&self) -> bool {
        self.is_success() && self.0 != "DELETE_COMPLETE"
    }

    /// Whether CloudFormation would make a change set for a stack that is so.
    pub fn takes_change_set(&self) -> bool {
        matches!(
            self.deploy_action(),
            DeployAction::Create | DeployAction::Update
        )
    }

    /// What `deploy` does first with a stack that takes no change set.
    pub fn way_out(&self) -> &'static str {
        match self.deploy_action() {
            DeployAction::DeleteThenCreate => "delete what is left of it",
            DeployAction::RollBackThenUpdate => "roll the failed update back",
            DeployAction::ContinueRollbackThenUpdate => "go on with the rollback that failed",
            DeployAction::Wait => "wait",
            DeployAction::Refuse(reason) => reason,
            DeployAction::Create | DeployAction::Update => "make a change set",
        }
    }

    /// What `deploy` has to do with a stack that is so.
    pub fn deploy_action(&self) -> DeployAction {
        match self.0.as_str() {
            "DELETE_COMPLETE" | "REVIEW_IN_PROGRESS" => DeployAction::Create,
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE" => DeployAction::Update,
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                DeployAction::DeleteThenCreate
            }
            "UPDATE_FAILED" => DeployAction::RollBackThenUpdate,
            "UPDATE_ROLLBACK_FAILED" => DeployAction::ContinueRollbackThenUpdate,
            "IMPORT_ROLLBACK_FAILED" => DeployAction::Refuse(
                "an import could not be rolled back; finish it in the CloudFormation console",
            ),
            _ if !self.is_settled() => DeployAction::Wait,
            // A status says an operation and how it ended. After one that ended well a stack takes
            // the next change, and CloudFormation refuses a change set where it does not; what is
            // left after a failure, or behind another word, only the operation's name would tell.
            status if status.ends_with("_COMPLETE") => DeployAction::Update,
            _ => DeployAction::Refuse(
                "this program does not know that status; look at the stack in the CloudFormation \
                 console",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(status: &str) -> DeployAction {
        StackStatus(status.to_owned()).deploy_action()
    }

    #[test]
    fn every_status_has_one_action() {
        for status in ["DELETE_COMPLETE", "REVIEW_IN_PROGRESS"] {
            assert_eq!(action(status), DeployAction::Create, "{status}");
        }
        for status in [
            "CREATE_COMPLETE",
            "UPDATE_COMPLETE",
            "UPDATE_ROLLBACK_COMPLETE",
            "IMPORT_COMPLETE",
            "IMPORT_ROLLBACK_COMPLETE",
        ] {
            assert_eq!(action(status), DeployAction::Update, "{status}");
        }
        for status in [
            "ROLLBACK_COMPLETE",
            "ROLLBACK_FAILED",
            "CREATE_FAILED",
            "DELETE_FAILED",
        ] {
            assert_eq!(action(status), DeployAction::DeleteThenCreate, "{status}");
        }
        for status in [
            "CREATE_IN_PROGRESS",
            "ROLLBACK_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "UPDATE_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "IMPORT_IN_PROGRESS",
            "IMPORT_ROLLBACK_IN_PROGRESS",
        ] {
            assert_eq!(action(status), DeployAction::Wait, "{status}");
            assert!(!StackStatus(status.to_owned()).is_settled(), "{status}");
        }
        assert_eq!(action("UPDATE_FAILED"), DeployAction::RollBackThenUpdate);
        assert_eq!(
            action("UPDATE_ROLLBACK_FAILED"),
            DeployAction::ContinueRollbackThenUpdate
        );
        assert!(matches!(
            action("IMPORT_ROLLBACK_FAILED"),
            DeployAction::Refuse(_)
        ));
    }

    #[test]
    fn a_status_that_is_not_known_is_no_success_and_its_ending_counts() {
        let status = StackStatus("PAUSED".to_owned());
        assert!(status.is_settled() && !status.is_success() && !status.takes_change_set());
        assert!(matches!(status.deploy_action(), DeployAction::Refuse(_)));
        assert!(matches!(action("PAUSE_FAILED"), DeployAction::Refuse(_)));
        let running = StackStatus("PAUSE_IN_PROGRESS".to_owned());
        assert!(!running.is_settled() && !running.is_success());
        assert_eq!(running.deploy_action(), DeployAction::Wait);
        let ended = StackStatus("PAUSE_COMPLETE".to_owned());
        assert!(ended.is_settled() && !ended.is_success() && !ended.is_known());
        assert_eq!(ended.deploy_action(), DeployAction::Update);
        let deleted = StackStatus("DELETE_COMPLETE".to_owned());
        assert!(deleted.is_success() && !deleted.is_deployed());
    }
}
