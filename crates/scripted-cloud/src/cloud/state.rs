//! What the scripted cloud holds, and how its stacks come from one status to the next: with each
//! look at them, never by the clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::template::NESTED;
use super::xml::Refusal;

pub use super::template::Row;

/// Values by name.
pub type Values = BTreeMap<String, String>;

pub(super) const ACCOUNT: &str = "111122223333";
const ARN: &str = "arn:aws:cloudformation:us-east-1:111122223333";

/// How the next operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Success,
    /// It fails; CloudFormation rolls back, unless it was told not to.
    Failure,
    /// It fails, and so does the rollback. A deletion just fails.
    Stuck,
}

/// An event of a stack.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) id: String,
    pub(super) logical_id: String,
    pub(super) physical_id: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) token: Option<String>,
    pub(super) at: i64,
}

/// A resource of a stack.
#[derive(Debug, Clone)]
pub struct Resource {
    /// In the template.
    pub logical_id: String,
    /// For a nested stack, its ID.
    pub physical_id: String,
    pub(super) kind: String,
    pub(super) is_retained: bool,
}

/// What an operation does when its time has come.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Nothing but the status changes.
    None,
    /// The change set's content is the stack's from now on.
    Apply(String),
    /// One resource of one nested stack of the change set fails.
    Fail(String),
    /// Everything the stack has is deleted.
    Remove,
}

/// A status that a stack comes to.
#[derive(Debug, Clone)]
pub struct Step {
    /// Looks at the stack until it is there.
    pub looks: u32,
    /// As CloudFormation calls it.
    pub status: &'static str,
    /// What is done then.
    pub effect: Effect,
}

/// A root stack or a nested one.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// The ARN.
    pub id: String,
    /// A nested one has one that CloudFormation made.
    pub name: String,
    /// As CloudFormation calls it.
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
    /// As it was sent.
    pub template: Option<String>,
    /// As the requests had them.
    pub parameters: Values,
    /// As the requests had them.
    pub tags: Values,
    /// Those that the template has with these parameters.
    pub outputs: Values,
    /// What was looked up for the parameters that are stored.
    pub looked_up: Values,
    /// As the requests named them.
    pub settings: Values,
    /// Whether a deletion is refused.
    pub is_protected: bool,
    /// For a nested stack, the root's ID and its logical ID there.
    pub parent: Option<(String, String)>,
    /// What it has now.
    pub resources: Vec<Resource>,
    /// Oldest first.
    pub events: Vec<Event>,
    /// What is to come of the operation that goes on.
    pub steps: VecDeque<Step>,
    /// The client token of its last operation.
    pub token: Option<String>,
}

/// A change set of a root stack or of a nested one.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    pub(super) id: String,
    /// As its request named it.
    pub name: String,
    /// The ID of the stack that it would change.
    pub stack_id: String,
    pub(super) token: String,
    pub(super) creates: bool,
    pub(super) imports: bool,
    pub(super) reverts_drift: bool,
    /// As it was sent.
    pub template: String,
    pub(super) parameters: Values,
    pub(super) tags: Values,
    pub(super) settings: Values,
    pub(super) rows: Vec<Row>,
    /// The ID of the root's, for one of a nested stack.
    pub parent: Option<String>,
    /// As CloudFormation calls it.
    pub status: &'static str,
    /// The status of its execution.
    pub execution: &'static str,
    pub(super) reason: Option<String>,
    /// Looks until the status changes.
    pub looks: u32,
    pub(super) keeps_on_failure: bool,
}

/// Everything. A test sets before a call what it wants to see, and looks afterwards.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The deleted ones, too.
    pub stacks: Vec<Stack>,
    /// Of all stacks, oldest first.
    pub change_sets: Vec<ChangeSet>,
    /// Content by key, with the checksum that S3 tells of it.
    pub objects: BTreeMap<String, (Vec<u8>, String)>,
    /// What was asked for and must never be asked for.
    pub violations: Vec<String>,
    /// Statuses and the like that no model of AWS knows, on purpose.
    pub invented: Vec<&'static str>,
    /// The physical IDs of what deleted stacks have left.
    pub retained: Vec<String>,
    /// What was changed behind CloudFormation's back, by the stack's logical ID: what would be done
    /// to take it back.
    pub drift: Vec<(&'static str, Row)>,
    /// What the change sets of a stack are warned of: the stack's logical ID, or nothing for the
    /// root, and the members of the event.
    pub warnings: Vec<(&'static str, Values)>,
    /// The Parameter Store.
    pub stored: Values,
    /// Other settings alone are no change.
    pub ignores_settings: bool,
    /// The names of tables that are there and belong to no stack.
    pub tables: BTreeSet<String>,
    /// How deployments, deletions and rollbacks end, in order; then well.
    pub outcomes: VecDeque<Outcome>,
    /// Looks that each status of an operation lasts; one where it is 0.
    pub looks: u32,
    /// Changes and events on a page; 100 where it is 0.
    pub page: usize,
    /// An action that is refused, with the code and the words for it.
    pub refuses: Option<(&'static str, &'static str, &'static str)>,
    /// S3 gets other bytes than were sent.
    pub corrupts_uploads: bool,
    /// Events of one operation come late and in any order, by this seed.
    pub disorder: Option<u64>,
    /// The endpoint of a stage; nowhere where it is empty.
    pub endpoint: String,
    /// The only handler, by the key of its zip, that answers well; any where it is absent.
    pub good_handler: Option<String>,
    /// Lambda's executions in the account; 1000 where it is absent.
    pub executions: Option<u64>,
    /// Actions with the tokens that their requests had.
    pub used_tokens: BTreeSet<(String, String)>,
    clock: i64,
    serial: u64,
}

impl State {
    pub(super) fn page(&self) -> usize {
        if self.page == 0 { 100 } else { self.page }
    }

    pub(super) fn looks(&self) -> u32 {
        self.looks.max(1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// An ARN that no other stack has.
    pub fn new_stack_id(&mut self, name: &str) -> String {
        format!("{ARN}:stack/{name}/{:08x}", self.next())
    }

    pub(super) fn new_change_set_id(&mut self, name: &str) -> String {
        format!("{ARN}:changeSet/{name}/{:08x}", self.next())
    }

    /// Every event has a time of its own.
    pub(super) fn now(&mut self) -> i64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = i64::try_from(now.unwrap().as_millis()).unwrap();
        self.clock = now.max(self.clock + 1);
        self.clock
    }

    /// A stack by its name, which a deleted one has lost, or by its ID.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.stacks.iter().position(|stack| {
            stack.id == name || (stack.name == name && stack.status != "DELETE_COMPLETE")
        })
    }

    /// The same, itself.
    pub fn stack(&self, name: &str) -> Option<&Stack> {
        self.find(name).map(|index| &self.stacks[index])
    }

    /// `absent` where there is no such stack.
    pub fn status_of(&self, name: &str) -> &str {
        self.stack(name)
            .map_or("absent", |stack| stack.status.as_str())
    }

    /// Makes a wrong request known to the test, and refuses it.
    pub(super) fn wrong(&mut self, refusal: Refusal) -> Refusal {
        self.violations.push(refusal.message.clone());
        refusal
    }

    /// Adds an event of one of the resources to a stack's.
    pub fn event(
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
    pub fn settle(&mut self, index: usize, status: &str, reason: Option<&str>) {
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
    pub fn look(&mut self, index: usize) {
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
}
