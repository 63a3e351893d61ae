//! One resource during an operation: what is planned, what is going on, how it ended.

use crate::estimate::Sample;
use crate::event::{Blame, ResourceOperation, StackEvent};
use cfnkit_template::stack_tree::NESTED_STACK;

#[derive(Debug)]
pub(super) struct Resource {
    pub(super) resource_type: String,
    pub(super) is_stack: bool,
    pub(super) operation: ResourceOperation,
    pub(super) running: Option<Running>,
    pub(super) outcome: Outcome,
    pub(super) is_replaced: bool,
    pub(super) is_undone: bool,
    /// The time of the latest event.
    pub(super) latest: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) operation: ResourceOperation,
    pub(super) begin: i64,
    /// As in `creating`.
    pub(super) what: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Done(ResourceOperation),
    Failed,
    Cancelled,
}

impl Resource {
    pub(super) fn new(resource_type: &str, operation: ResourceOperation) -> Self {
        Self {
            resource_type: resource_type.to_owned(),
            is_stack: resource_type == NESTED_STACK,
            operation,
            running: None,
            outcome: Outcome::Open,
            is_replaced: false,
            is_undone: false,
            latest: i64::MIN,
        }
    }

    /// What CloudFormation has to take back once it rolls back.
    pub(super) fn must_be_undone(&self) -> bool {
        self.is_undone
            || self.running.is_some()
            || matches!(self.outcome, Outcome::Done(_))
                && self.operation != ResourceOperation::Delete
    }

    pub(super) fn undoing(&self) -> ResourceOperation {
        match self.operation {
            ResourceOperation::Create => ResourceOperation::Delete,
            _ => ResourceOperation::Update,
        }
    }

    /// Returns how long an operation took that ended well.
    pub(super) fn absorb(
        &mut self,
        event: &StackEvent,
        operation: ResourceOperation,
        is_undo: bool,
    ) -> Option<Sample> {
        if event.status.ends_with("_IN_PROGRESS") {
            self.begin(event, operation, is_undo);
            return None;
        }
        let running = self.running.take();
        if let Some(blame) = event.blame() {
            if !is_undo || self.outcome == Outcome::Open {
                self.outcome = match blame {
                    Blame::Cancelled => Outcome::Cancelled,
                    Blame::Own | Blame::Stack => Outcome::Failed,
                };
            }
            return None;
        }
        match self.outcome {
            _ if is_undo => self.is_undone = true,
            // What was replaced is deleted after all else; the resource stays updated.
            Outcome::Done(ResourceOperation::Create | ResourceOperation::Update)
                if operation == ResourceOperation::Delete => {}
            _ => self.outcome = Outcome::Done(operation),
        }
        let running = running.filter(|running| running.operation == operation)?;
        (!self.is_stack).then(|| Sample {
            resource_type: self.resource_type.clone(),
            operation,
            milliseconds: event.timestamp.saturating_sub(running.begin),
        })
    }

    fn begin(&mut self, event: &StackEvent, operation: ResourceOperation, is_undo: bool) {
        let reason = event.reason.as_deref().unwrap_or_default();
        let replaces = reason.contains("requires the creation of a new physical resource");
        self.is_replaced |= replaces;
        let is_done = matches!(self.outcome, Outcome::Done(_));
        let known = self
            .running
            .filter(|running| running.operation == operation);
        let what = match operation {
            ResourceOperation::Update if is_undo => "restoring",
            ResourceOperation::Update if replaces => "replacing",
            ResourceOperation::Delete if is_done && !is_undo => "deleting the old one",
            ResourceOperation::Create => "creating",
            ResourceOperation::Update => "updating",
            ResourceOperation::Delete => "deleting",
            ResourceOperation::Import => "importing",
        };
        // The second report of one operation has nothing new but the physical ID.
        self.running = known.or(Some(Running {
            operation,
            begin: event.timestamp,
            what,
        }));
        if let Some(running) = &mut self.running
            && replaces
        {
            running.what = what;
        }
    }
}
