//! How far an operation is: every resource's state, as the events tell it. Events may come late,
//! and those of one stack before or after those of another.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::resource::{Outcome, Resource};
use super::subject::{Subject, Verb, inside};
use crate::estimate::{Sample, Work};
use crate::event::{self, Blame, ResourceOperation, StackEvent};

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) subject: Subject,
    resources: BTreeMap<String, Resource>,
    /// The places of the stacks by their IDs; the root's is empty.
    stacks: HashMap<String, String>,
    /// When stacks began to roll back, by CloudFormation's clock.
    rollbacks: HashMap<String, i64>,
    failures: Vec<Failure>,
    samples: Vec<Sample>,
    /// The root's, as last seen.
    status: String,
    /// What this machine's clock is ahead of CloudFormation's by, at the most.
    ahead: Option<i64>,
}

/// A failure that stays in sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) place: String,
    pub(super) status: String,
    pub(super) resource_type: String,
    pub(super) reason: String,
    blame: Blame,
    timestamp: i64,
}

/// A resource that is being worked on.
#[derive(Debug)]
pub(super) struct InProgress<'a> {
    pub(super) place: &'a str,
    pub(super) resource_type: &'a str,
    /// As in `creating`.
    pub(super) what: &'static str,
    /// Milliseconds.
    pub(super) elapsed: i64,
}

/// How many resources an operation ended with, by what happened to them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) created: usize,
    pub(super) updated: usize,
    pub(super) replaced: usize,
    pub(super) deleted: usize,
    pub(super) imported: usize,
    pub(super) failed: usize,
    pub(super) cancelled: usize,
    pub(super) undone: usize,
}

impl Progress {
    pub(super) fn new(subject: Subject) -> Self {
        let planned = subject.planned.iter().map(|planned| {
            let resource = Resource::new(&planned.resource_type, planned.operation);
            (planned.place.clone(), resource)
        });
        Self {
            resources: planned.collect(),
            stacks: HashMap::from([(subject.stack_id.clone(), String::new())]),
            rollbacks: HashMap::new(),
            failures: Vec::new(),
            samples: Vec::new(),
            status: String::new(),
            ahead: None,
            subject,
        }
    }

    /// Takes in the events of one look at all stacks, seen at `now` by this machine's clock.
    pub(super) fn absorb(&mut self, events: &[StackEvent], now: i64) {
        // A stack's place is said by the stack it is nested in, perhaps later in this list; an
        // outer one comes before an inner one.
        for event in events.iter().filter(|event| event.is_nested_stack()) {
            if let Some(stack) = self.stacks.get(&event.stack_id) {
                let place = inside(stack, &event.logical_id);
                self.stacks.insert(event.physical_id.clone(), place);
            }
        }
        let mut sorted: Vec<&StackEvent> = events.iter().collect();
        sorted.sort_by_key(|event| event.timestamp);
        for event in sorted {
            let ahead = now.saturating_sub(event.timestamp);
            self.ahead = Some(self.ahead.map_or(ahead, |known| known.min(ahead)));
            match event.is_own() {
                true => self.absorb_own(event),
                false => self.absorb_resource(event),
            }
        }
    }

    /// Takes in the root's status, which is there when events are not.
    pub(super) fn set_status(&mut self, status: &str) {
        self.status = status.to_owned();
    }

    /// What a stack says of itself.
    fn absorb_own(&mut self, event: &StackEvent) {
        if event.status.contains("ROLLBACK") {
            let begin = self.rollbacks.entry(event.stack_id.clone());
            let begin = begin.or_insert(event.timestamp);
            *begin = event.timestamp.min(*begin);
        }
        if event.stack_id == self.subject.stack_id {
            self.status.clone_from(&event.status);
        }
    }

    fn absorb_resource(&mut self, event: &StackEvent) {
        let is_undo = self.is_undo(event);
        let place = match self.stacks.get(&event.stack_id) {
            Some(stack) => inside(stack, &event.logical_id),
            None => event::place(event, &self.subject.stack_name),
        };
        self.pin(event, &place);
        let operation = event.operation().unwrap_or(ResourceOperation::Update);
        let resource = self.resources.entry(place);
        let resource = resource.or_insert_with(|| Resource::new(&event.resource_type, operation));
        resource.is_stack |= event.is_nested_stack();
        if event.timestamp < resource.latest {
            return;
        }
        resource.latest = event.timestamp;
        self.samples
            .extend(resource.absorb(event, operation, is_undo));
    }

    /// Whether the event belongs to a rollback, of its own stack or of all.
    fn is_undo(&self, event: &StackEvent) -> bool {
        let of = |stack: &String| self.rollbacks.get(stack).copied();
        let begin = [of(&event.stack_id), of(&self.subject.stack_id)];
        begin
            .into_iter()
            .flatten()
            .any(|begin| event.timestamp >= begin)
    }

    fn pin(&mut self, event: &StackEvent, place: &str) {
        if event.status == "DELETE_COMPLETE" {
            // It took more than one attempt.
            let failures = &mut self.failures;
            failures.retain(|failure| failure.place != place || failure.status != "DELETE_FAILED");
        }
        let Some(blame) = event.blame() else { return };
        let reason = event.reason.as_deref().unwrap_or("no reason given");
        self.failures.push(Failure {
            place: place.to_owned(),
            status: event.status.clone(),
            resource_type: event.resource_type.clone(),
            reason: reason.to_owned(),
            blame,
            timestamp: event.timestamp,
        });
        self.failures
            .sort_by_key(|failure| (failure.blame, failure.timestamp));
    }

    /// What failed by itself, the root cause first; stacks only where nothing in one did.
    pub(super) fn failures(&self) -> &[Failure] {
        let nearest = self.failures.first().map(|failure| failure.blame);
        let end = self.failures.partition_point(|failure| {
            Some(failure.blame) == nearest && failure.blame != Blame::Cancelled
        });
        self.failures.get(..end).unwrap_or_default()
    }

    pub(super) fn is_rolling_back(&self) -> bool {
        !self.rollbacks.is_empty()
            || self.status.contains("ROLLBACK")
            || self.subject.verb == Verb::RollBack
    }

    /// Whether all is as asked, and what was replaced is being deleted.
    pub(super) fn is_cleaning_up(&self) -> bool {
        self.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    }

    /// How many resources are done, and of how many; of those to be undone in a rollback.
    pub(super) fn done(&self) -> (usize, usize) {
        let resources = || {
            self.resources
                .values()
                .filter(|resource| !resource.is_stack)
        };
        if self.is_rolling_back() {
            let undone = resources().filter(|resource| resource.is_undone).count();
            let touched = resources().filter(|resource| resource.must_be_undone());
            return (undone, touched.count());
        }
        let done = resources().filter(|resource| matches!(resource.outcome, Outcome::Done(_)));
        (done.count(), resources().count())
    }

    /// The resources being worked on, the longest first. A nested stack is one of them while
    /// nothing in it is.
    pub(super) fn in_progress(&self, now: i64) -> Vec<InProgress<'_>> {
        let busy = || {
            self.resources
                .iter()
                .filter(|(_, one)| one.running.is_some())
        };
        let mut stacks = HashSet::new();
        for (place, _) in busy() {
            let mut rest = place.as_str();
            while let Some((stack, _)) = rest.rsplit_once(" / ") {
                stacks.insert(stack);
                rest = stack;
            }
        }
        let running = busy().filter(|(place, _)| !stacks.contains(place.as_str()));
        let mut running: Vec<InProgress<'_>> = running
            .filter_map(|(place, resource)| {
                let running = resource.running?;
                Some(InProgress {
                    place,
                    resource_type: &resource.resource_type,
                    what: running.what,
                    elapsed: self.elapsed(running.begin, now),
                })
            })
            .collect();
        running.sort_by_key(|one| std::cmp::Reverse(one.elapsed));
        running
    }

    /// Milliseconds since `begin` on CloudFormation's clock.
    fn elapsed(&self, begin: i64, now: i64) -> i64 {
        now.saturating_sub(begin)
            .saturating_sub(self.ahead.unwrap_or(0))
            .max(0)
    }

    /// Milliseconds since the operation began.
    pub(super) fn duration(&self, now: i64) -> i64 {
        now.saturating_sub(self.subject.begin).max(0)
    }

    /// Milliseconds it will still take; `None` where nothing was learned or nothing is planned.
    pub(super) fn remaining(&self, now: i64) -> Option<i64> {
        let rolls_back = self.is_rolling_back();
        let resources = self.resources.values().filter(|one| !one.is_stack);
        let open = resources.filter(|resource| match rolls_back {
            true => resource.must_be_undone() && !resource.is_undone,
            false => resource.outcome == Outcome::Open || resource.running.is_some(),
        });
        let mut work = open
            .map(|resource| {
                let (operation, elapsed) = match resource.running {
                    Some(running) => (running.operation, self.elapsed(running.begin, now)),
                    None if rolls_back => (resource.undoing(), 0),
                    None => (resource.operation, 0),
                };
                let resource_type = &resource.resource_type;
                Work {
                    resource_type,
                    operation,
                    elapsed,
                }
            })
            .peekable();
        work.peek()?;
        self.subject.estimate.remaining(work)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for resource in self.resources.values().filter(|one| !one.is_stack) {
            let counted = match resource.outcome {
                Outcome::Open if resource.is_undone => &mut counts.undone,
                Outcome::Open => continue,
                Outcome::Failed => &mut counts.failed,
                Outcome::Cancelled => &mut counts.cancelled,
                Outcome::Done(_) if resource.is_undone => &mut counts.undone,
                Outcome::Done(ResourceOperation::Update) if resource.is_replaced => {
                    &mut counts.replaced
                }
                Outcome::Done(ResourceOperation::Create) => &mut counts.created,
                Outcome::Done(ResourceOperation::Update) => &mut counts.updated,
                Outcome::Done(ResourceOperation::Delete) => &mut counts.deleted,
                Outcome::Done(ResourceOperation::Import) => &mut counts.imported,
            };
            *counted += 1;
        }
        counts
    }

    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }
}
