//! What the scripted cloud holds, and how its stacks come from one status to the next: with each
//! look at them, never by the clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::template::{NESTED, Row, scan};
use super::xml::Refusal;

pub(crate) type Values = BTreeMap<String, String>;

pub(crate) const ACCOUNT: &str = "111122223333";
const ARN: &str = "arn:aws:cloudformation:us-east-1:111122223333";

/// How the next operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// It fails; CloudFormation rolls back, unless it was told not to.
    Failure,
    /// It fails, and so does the rollback. A deletion just fails.
    Stuck,
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) kind: String,
    pub(crate) is_retained: bool,
}

/// What an operation does when its time has come.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    None,
    /// The change set's content is the stack's from now on.
    Apply(String),
    /// One resource of one nested stack of the change set fails.
    Fail(String),
    /// Everything the stack has is deleted.
    Remove,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) looks: u32,
    pub(crate) status: &'static str,
    pub(crate) effect: Effect,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) parameters: Values,
    pub(crate) tags: Values,
    pub(crate) outputs: Values,
    pub(crate) is_protected: bool,
    /// For a nested stack, the root's ID and its logical ID there.
    pub(crate) parent: Option<(String, String)>,
    pub(crate) resources: Vec<Resource>,
    /// Oldest first.
    pub(crate) events: Vec<Event>,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) stack_id: String,
    pub(crate) token: String,
    pub(crate) creates: bool,
    pub(crate) template: String,
    pub(crate) parameters: Values,
    pub(crate) tags: Values,
    pub(crate) rows: Vec<Row>,
    pub(crate) parent: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) execution: &'static str,
    pub(crate) reason: Option<String>,
    /// Looks until the status changes.
    pub(crate) looks: u32,
    pub(crate) keeps_on_failure: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) change_sets: Vec<ChangeSet>,
    /// Content by key, with the checksum that S3 tells of it.
    pub(crate) objects: BTreeMap<String, (Vec<u8>, String)>,
    /// What was asked for and must never be asked for.
    pub(crate) violations: Vec<String>,
    /// The physical IDs of what deleted stacks have left.
    pub(crate) retained: Vec<String>,
    /// How deployments, deletions and rollbacks end, in order; then well.
    pub(crate) outcomes: VecDeque<Outcome>,
    /// Looks that each status of an operation lasts; one where it is 0.
    pub(crate) looks: u32,
    /// Changes and events on a page; 100 where it is 0.
    pub(crate) page: usize,
    /// S3 gets other bytes than were sent.
    pub(crate) corrupts_uploads: bool,
    /// Events of one operation come late and in any order, by this seed.
    pub(crate) disorder: Option<u64>,
    pub(crate) used_tokens: BTreeSet<(String, String)>,
    clock: i64,
    serial: u64,
}

impl State {
    pub(crate) fn page(&self) -> usize {
        if self.page == 0 { 100 } else { self.page }
    }

    pub(crate) fn looks(&self) -> u32 {
        self.looks.max(1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn new_stack_id(&mut self, name: &str) -> String {
        format!("{ARN}:stack/{name}/{:08x}", self.next())
    }

    pub(crate) fn new_change_set_id(&mut self, name: &str) -> String {
        format!("{ARN}:changeSet/{name}/{:08x}", self.next())
    }

    /// Every event has a time of its own.
    fn now(&mut self) -> i64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = i64::try_from(now.unwrap().as_millis()).unwrap();
        self.clock = now.max(self.clock + 1);
        self.clock
    }

    /// A stack by its name, which a deleted one has lost, or by its ID.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.stacks.iter().position(|stack| {
            stack.id == name || (stack.name == name && stack.status != "DELETE_COMPLETE")
        })
    }

    pub(crate) fn stack(&self, name: &str) -> Option<&Stack> {
        self.find(name).map(|index| &self.stacks[index])
    }

    pub(crate) fn status_of(&self, name: &str) -> &str {
        self.stack(name)
            .map_or("absent", |stack| stack.status.as_str())
    }

    /// Makes a wrong request known to the test, and refuses it.
    pub(crate) fn wrong(&mut self, refusal: Refusal) -> Refusal {
        self.violations.push(refusal.message.clone());
        refusal
    }

    pub(crate) fn event(
        &mut self,
        index: usize,
        (logical_id, physical_id, kind): (&str, &str, &str),
        status: &str,
        reason: Option<&str>,
    ) {
        let event = Event {
            id: format!("{logical_id}-{status}-{:08x}", self.next()),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(ToOwned::to_owned),
            token: self.stacks[index].token.clone(),
            at: self.now(),
        };
        self.stacks[index].events.push(event);
    }

    /// Brings a stack to a status, with the events in it and in its parent.
    pub(crate) fn settle(&mut self, index: usize, status: &str, reason: Option<&str>) {
        let stack = &mut self.stacks[index];
        status.clone_into(&mut stack.status);
        stack.reason = reason.map(ToOwned::to_owned);
        let (id, name, parent) = (stack.id.clone(), stack.name.clone(), stack.parent.clone());
        self.event(index, (&name, &id, NESTED), status, reason);
        if let Some((parent, logical_id)) = parent
            && let Some(parent) = self.find(&parent)
            && status != "REVIEW_IN_PROGRESS"
        {
            self.event(parent, (&logical_id, &id, NESTED), status, reason);
        }
    }

    /// Another look at a stack: what it is doing comes nearer to its end.
    pub(crate) fn look(&mut self, index: usize) {
        let Some(step) = self.stacks[index].steps.front_mut() else {
            return;
        };
        step.looks = step.looks.saturating_sub(1);
        if step.looks > 0 {
            return;
        }
        let Some(step) = self.stacks[index].steps.pop_front() else {
            return;
        };
        match &step.effect {
            Effect::None => {}
            Effect::Apply(change_set) => self.apply(index, change_set),
            Effect::Fail(change_set) => self.fail(index, change_set),
            Effect::Remove => self.remove_content(index),
        }
        if step.status == "DELETE_COMPLETE" {
            let id = self.stacks[index].id.clone();
            self.change_sets.retain(|set| set.stack_id != id);
        }
        let reason = match &step.effect {
            Effect::Fail(_) => Some("The following resource(s) failed: [Function]. "),
            _ => None,
        };
        self.settle(index, step.status, reason);
    }

    fn nested_sets(&self, change_set: &str) -> Vec<ChangeSet> {
        let sets = self.change_sets.iter();
        sets.filter(|set| set.parent.as_deref() == Some(change_set))
            .cloned()
            .collect()
    }

    /// The first events of an execution, and the nested stacks that take part in it.
    pub(crate) fn begin(&mut self, index: usize, change_set: &ChangeSet) {
        let verb = verb(change_set.creates);
        self.settle(
            index,
            &format!("{verb}_IN_PROGRESS"),
            Some("User Initiated"),
        );
        for set in self.nested_sets(&change_set.id) {
            let Some(nested) = self.find(&set.stack_id) else {
                continue;
            };
            if set.rows.is_empty() {
                continue;
            }
            let verb = self::verb(set.creates);
            self.settle(nested, &format!("{verb}_IN_PROGRESS"), None);
            for row in &set.rows {
                let what = (row.logical_id.as_str(), "", row.kind.as_str());
                let status = format!("{}_IN_PROGRESS", row_verb(row));
                self.event(nested, what, &status, None);
            }
        }
    }

    fn apply(&mut self, index: usize, change_set: &str) {
        for set in self.nested_sets(change_set) {
            if let Some(nested) = self.find(&set.stack_id)
                && !set.rows.is_empty()
            {
                self.take_over(nested, &set);
                for row in &set.rows {
                    let physical_id = format!("{}-physical", row.logical_id);
                    let what = (
                        row.logical_id.as_str(),
                        physical_id.as_str(),
                        row.kind.as_str(),
                    );
                    let status = format!("{}_COMPLETE", row_verb(row));
                    self.event(nested, what, &status, None);
                }
                self.settle(nested, &format!("{}_COMPLETE", verb(set.creates)), None);
            }
        }
        let set = self.change_sets.iter().find(|set| set.id == change_set);
        if let Some(set) = set.cloned() {
            self.take_over(index, &set);
        }
        self.executed(change_set, "EXECUTE_COMPLETE");
    }

    pub(crate) fn executed(&mut self, change_set: &str, execution: &'static str) {
        for set in &mut self.change_sets {
            if set.id == change_set || set.parent.as_deref() == Some(change_set) {
                set.execution = execution;
            }
        }
    }

    /// The change set's template, parameters and tags are the stack's.
    fn take_over(&mut self, index: usize, set: &ChangeSet) {
        let scanned = scan(&set.template);
        let nested = self.nested_sets(&set.id);
        let name = self.stacks[index].name.clone();
        let resources = scanned.resources.iter().map(|block| {
            let set = set
                .rows
                .iter()
                .find(|row| row.logical_id == block.logical_id);
            let set = set.and_then(|row| row.change_set.as_deref());
            let nested = nested.iter().find(|one| Some(one.id.as_str()) == set);
            let physical_id = format!("{name}-{}-physical", block.logical_id);
            Resource {
                logical_id: block.logical_id.clone(),
                physical_id: nested.map_or(physical_id, |one| one.stack_id.clone()),
                kind: block.kind().to_owned(),
                is_retained: block.is_retained(),
            }
        });
        let stack = &mut self.stacks[index];
        stack.resources = resources.collect();
        let outputs = scanned.outputs.iter();
        stack.outputs = outputs
            .map(|name| (name.clone(), format!("value-of-{name}")))
            .collect();
        stack.template = Some(set.template.clone());
        stack.parameters = set.parameters.clone();
        stack.tags = set.tags.clone();
    }

    fn fail(&mut self, index: usize, change_set: &str) {
        let mut failing = self.nested_sets(change_set).into_iter();
        let failing = failing.rfind(|set| !set.rows.is_empty());
        if let Some(set) = failing
            && let Some(nested) = self.find(&set.stack_id)
        {
            let row = &set.rows[0];
            let failed = format!("{}_FAILED", row_verb(row));
            let what = (row.logical_id.as_str(), "", row.kind.as_str());
            self.event(nested, what, &failed, Some("Limit exceeded"));
            let failed = format!("{}_FAILED", verb(set.creates));
            let cancelled = Some("Resource creation cancelled");
            if let Some(row) = set.rows.get(1) {
                let what = (row.logical_id.as_str(), "", row.kind.as_str());
                self.event(nested, what, &failed, cancelled);
            }
            let reason = format!(
                "Embedded stack {} was not successfully updated: The following resource(s) failed: [{}].",
                set.stack_id, row.logical_id
            );
            self.settle(nested, &failed, Some(&reason));
        }
        if self.stacks[index].status == "CREATE_IN_PROGRESS" {
            // What can be seen of a failed creation is what it was asked for.
            let set = self.change_sets.iter().find(|set| set.id == change_set);
            if let Some(set) = set.cloned() {
                self.stacks[index].template = Some(set.template);
                self.stacks[index].parameters = set.parameters;
            }
        }
        self.executed(change_set, "EXECUTE_FAILED");
    }

    /// Deletes the nested stacks, and keeps what is to be kept.
    fn remove_content(&mut self, index: usize) {
        let id = self.stacks[index].id.clone();
        for nested in 0..self.stacks.len() {
            let is_nested = self.stacks[nested]
                .parent
                .as_ref()
                .is_some_and(|(parent, _)| *parent == id);
            if is_nested && self.stacks[nested].status != "DELETE_COMPLETE" {
                let resources = std::mem::take(&mut self.stacks[nested].resources);
                let kept = resources.into_iter().filter(|one| one.is_retained);
                self.retained.extend(kept.map(|one| one.physical_id));
                self.settle(nested, "DELETE_COMPLETE", None);
            }
        }
        self.stacks[index].resources.clear();
        self.stacks[index].outputs.clear();
    }
}

pub(crate) fn verb(creates: bool) -> &'static str {
    match creates {
        true => "CREATE",
        false => "UPDATE",
    }
}

fn row_verb(row: &Row) -> &'static str {
    match row.action {
        "Add" => "CREATE",
        "Remove" => "DELETE",
        _ => "UPDATE",
    }
}
