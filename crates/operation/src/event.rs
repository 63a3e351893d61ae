//! Stack events: dedupe, order, print, and the root cause among them.

use std::collections::{BTreeSet, HashSet};

use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};

use cfnkit_console::text::printable;
use cfnkit_template::stack_tree::NESTED_STACK;

#[cfg(test)]
mod tests;

/// One line of a stack's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique: an event that is read twice is known by it.
    pub id: String,
    /// ARN of the stack whose event it is.
    pub stack_id: String,
    /// Name of the stack whose event it is.
    pub stack_name: String,
    /// The stack's own name where the event is of the stack itself.
    pub logical_id: String,
    /// Empty while there is none.
    pub physical_id: String,
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// In CloudFormation's spelling, as in `CREATE_COMPLETE`.
    pub status: String,
    /// CloudFormation's words, where it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Milliseconds since the epoch, by CloudFormation's clock.
    pub timestamp: i64,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceOperation {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
    /// It is there already, and taken into the stack.
    Import,
}

/// How near a failure is to the root cause; the first is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// A resource failed by itself.
    Own,
    /// A stack failed: the echo of a failure in it, unless it could not even begin.
    Stack,
    /// CloudFormation stopped it because something else had failed.
    Cancelled,
}

impl StackEvent {
    /// Whether this is what a stack says of a stack nested in it.
    pub(crate) fn is_nested_stack(&self) -> bool {
        self.resource_type == NESTED_STACK && self.physical_id != self.stack_id
    }

    /// Whether this is the stack's report on itself.
    pub(crate) fn is_own(&self) -> bool {
        self.resource_type == NESTED_STACK && self.physical_id == self.stack_id
    }

    pub(crate) fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// `None` for what only stacks do, such as rolling back.
    pub fn operation(&self) -> Option<ResourceOperation> {
        match self.status.split('_').next()? {
            "CREATE" => Some(ResourceOperation::Create),
            "UPDATE" => Some(ResourceOperation::Update),
            "DELETE" => Some(ResourceOperation::Delete),
            "IMPORT" => Some(ResourceOperation::Import),
            _ => None,
        }
    }

    /// `None` for what has not failed.
    pub(crate) fn blame(&self) -> Option<Blame> {
        if !self.is_failure() {
            return None;
        }
        // As in "Resource creation cancelled"; a reason of the service's own may use the word, too.
        let reason = self.reason.as_deref().unwrap_or_default().to_lowercase();
        let is_cancelled = reason.starts_with("resource ") && reason.contains("cancelled");
        Some(match (is_cancelled, self.resource_type == NESTED_STACK) {
            (true, _) => Blame::Cancelled,
            (false, true) => Blame::Stack,
            (false, false) => Blame::Own,
        })
    }
}

/// The events of one operation, over the root stack and every nested one.
#[derive(Debug)]
pub struct EventLog {
    /// Events up to here belong to earlier operations.
    since: i64,
    seen: HashSet<String>,
    events: Vec<StackEvent>,
    stacks: BTreeSet<String>,
}

impl EventLog {
    /// A log of what happens to the stack `root_id` after `since` (milliseconds since the epoch).
    pub fn new(root_id: &str, since: i64) -> Self {
        Self {
            since,
            seen: HashSet::new(),
            events: Vec::new(),
            stacks: BTreeSet::from([root_id.to_owned()]),
        }
    }

    /// The IDs of the stacks to ask for events: the root, and each nested stack seen so far.
    pub fn stacks(&self) -> Vec<String> {
        self.stacks.iter().cloned().collect()
    }

    /// Whether an event of this operation with this ID is known already.
    pub fn knows(&self, event: &StackEvent) -> bool {
        event.timestamp <= self.since || self.seen.contains(&event.id)
    }

    /// Takes in what a poll of one stack returned, newest first and with repetitions; returns
    /// what is new, oldest first.
    pub fn absorb(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
        let mut fresh: Vec<StackEvent> = Vec::new();
        // Events of the same millisecond are told apart by their place in the answer alone.
        for event in events.into_iter().rev() {
            if self.knows(&event) {
                continue;
            }
            self.seen.insert(event.id.clone());
            if event.is_nested_stack() && !event.physical_id.is_empty() {
                self.stacks.insert(event.physical_id.clone());
            }
            fresh.push(event);
        }
        fresh.sort_by_key(|event| event.timestamp);
        self.events.extend(fresh.iter().cloned());
        fresh
    }

    /// Whether this operation brought the stack `stack_id` to `status`.
    pub fn has_settled(&self, stack_id: &str, status: &str) -> bool {
        let own = |event: &&StackEvent| event.is_own() && event.stack_id == stack_id;
        self.events
            .iter()
            .filter(own)
            .any(|event| event.status == status)
    }

    /// What the stack `stack_id` itself said of a failure, the first one.
    pub fn own_failure(&self, stack_id: &str) -> Option<&StackEvent> {
        let mut events = self.events.iter();
        events.find(|event| event.is_own() && event.stack_id == stack_id && event.is_failure())
    }

    /// Every failure that is not a nested stack's echo of one, in the order of their coming.
    pub fn failures(&self) -> Vec<&StackEvent> {
        let events = self.events.iter();
        events
            .filter(|event| event.is_failure() && event.resource_type != NESTED_STACK)
            .collect()
    }

    /// The earliest failure of a resource that was not cancelled. Where only stacks failed, one of
    /// them could not begin, and the earliest is that one.
    pub fn root_cause(&self) -> Option<&StackEvent> {
        let failures = self.events.iter();
        failures
            .filter_map(|event| Some((event.blame()?, event)))
            .min_by_key(|(blame, event)| (*blame, event.timestamp))
            .map(|(_, event)| event)
    }
}

/// The events of one look at all stacks as a reader wants them: by time, without the beginning of
/// what has ended by now, and without what nested stacks report of themselves, as the root
/// reports it too.
pub(crate) fn digest(mut events: Vec<StackEvent>, root: &str) -> Vec<StackEvent> {
    events.retain(|event| !event.is_own() || event.stack_name == root);
    events.sort_by_key(|event| event.timestamp);
    let resource = |event: &StackEvent| (event.stack_id.clone(), event.logical_id.clone());
    let mut ended = HashSet::new();
    let mut kept: Vec<StackEvent> = Vec::new();
    for event in events.into_iter().rev() {
        let begins = event.status.ends_with("_IN_PROGRESS");
        if !begins {
            ended.insert(resource(&event));
        }
        if !begins || !ended.contains(&resource(&event)) {
            kept.push(event);
        }
    }
    kept.reverse();
    kept
}

/// One event as one line, short enough for 80 columns; a failure says what and why, at any length.
/// `root` is the root stack's name, left out of the nested stacks' names.
pub fn render(event: &StackEvent, root: &str) -> String {
    let style = style_of(&event.status);
    let place = place(event, root);
    let line = format!("  {style}{:<27}{style:#} {place}", event.status);
    match &event.reason {
        Some(reason) if event.is_failure() => {
            format!("{line}  {}  {}", event.resource_type, printable(reason))
        }
        _ => line,
    }
}

/// Where an event happened, as in `Api / Stage`.
pub fn place(event: &StackEvent, root: &str) -> String {
    let stack = short_name(&event.stack_name, root);
    match event.is_own() {
        true => stack,
        false if event.stack_name == root => event.logical_id.clone(),
        false => format!("{stack} / {}", event.logical_id),
    }
}

/// `orders-dev-Api-1A2B3C` is `Api` to a reader who knows that the root is `orders-dev`, and
/// `orders-dev-Api-1A2B3C-Keys-4D5E6F` is `Api / Keys`.
fn short_name(stack_name: &str, root: &str) -> String {
    let nested = stack_name
        .strip_prefix(root)
        .and_then(|rest| rest.strip_prefix('-'));
    match nested {
        Some(rest) => {
            let logical_ids: Vec<&str> = rest.split('-').step_by(2).collect();
            logical_ids.join(" / ")
        }
        None => stack_name.to_owned(),
    }
}

fn style_of(status: &str) -> Style {
    if status.contains("FAILED") || status.contains("ROLLBACK") {
        AnsiColor::Red.on_default()
    } else if status.ends_with("_COMPLETE") {
        AnsiColor::Green.on_default()
    } else {
        Style::new().dimmed()
    }
}
