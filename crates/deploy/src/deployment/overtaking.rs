//! What somebody else does to a stack between a look at it and a request: found out, and planned
//! around.

use super::Engine;
use crate::error::Error;
use cfnkit_aws::aws::cloudformation;
use cfnkit_aws::error::Trouble;
use cfnkit_operation::stack::Stack;

/// How often something is planned again because somebody else was sooner.
pub const ATTEMPTS: usize = 10;

impl Engine<'_> {
    /// Whether a request about the stack `name`, which was as `before`, failed because somebody
    /// else was sooner. `was_begun` says that CloudFormation took it.
    pub(super) async fn is_overtaken(
        &self,
        err: &Error,
        name: &str,
        before: Option<&Stack>,
        was_begun: bool,
    ) -> bool {
        match err.trouble() {
            // It would be refused again: that a change can start there was only concluded.
            Some(Trouble::Overtaken) => before.is_none_or(|stack| stack.status.is_known()),
            Some(Trouble::Expired | Trouble::Passing) => false,
            _ if matches!(err, Error::Declined | Error::Unknown { .. }) => false,
            Some(Trouble::Refused) | None => {
                let now = cloudformation::find_stack(&self.cfn, name).await;
                now.is_ok_and(|now| has_moved(before, now.as_ref(), was_begun))
            }
        }
    }
}

/// Whether a stack is not what it was, but for the empty one that a change set is made in.
fn has_moved(before: Option<&Stack>, now: Option<&Stack>, was_begun: bool) -> bool {
    match (before, now) {
        (None, None) => was_begun,
        (Some(_), None) => true,
        (_, Some(now)) if !now.status.is_settled() => true,
        (None, Some(now)) => !now.status.is_empty(),
        (Some(before), Some(now)) => before.id != now.id || before.status != now.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cfnkit_operation::stack::StackStatus;

    fn stack(id: &str, status: &str) -> Stack {
        Stack {
            id: id.to_owned(),
            name: "movies-dev".to_owned(),
            status: StackStatus(status.to_owned()),
            status_reason: None,
            parameters: Default::default(),
            outputs: Default::default(),
            tags: Default::default(),
            termination_protection: false,
        }
    }

    #[test]
    fn a_stack_has_moved_when_it_is_busy_another_one_or_not_as_it_was() {
        let created = stack("1", "CREATE_COMPLETE");
        let updating = stack("1", "UPDATE_IN_PROGRESS");
        let updated = stack("1", "UPDATE_COMPLETE");
        let another = stack("2", "CREATE_COMPLETE");
        let empty = stack("3", "REVIEW_IN_PROGRESS");
        for (before, now, was_begun, expected) in [
            (None, None, false, false),
            (None, None, true, true),
            (None, Some(&empty), true, false),
            (None, Some(&created), false, true),
            (Some(&created), None, false, true),
            (Some(&created), Some(&created), true, false),
            (Some(&created), Some(&updating), true, true),
            (Some(&created), Some(&updated), false, true),
            (Some(&created), Some(&another), false, true),
        ] {
            let moved = has_moved(before, now, was_begun);
            assert_eq!(moved, expected, "{before:?} {now:?} {was_begun}");
        }
    }
}
