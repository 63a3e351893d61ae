//! Stack events: dedupe, order, print, and the root cause among them.

use std::collections::{BTreeSet, HashSet};

use anstyle::{AnsiColor, Style};

use crate::change_set::NESTED_STACK;

/// One line of a stack's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackEvent {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    pub(crate) stack_name: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    /// In CloudFormation's spelling, as in `CREATE_COMPLETE`.
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// Milliseconds since the epoch, by CloudFormation's clock.
    pub(crate) timestamp: i64,
}

impl StackEvent {
    fn is_nested_stack(&self) -> bool {
        self.resource_type == NESTED_STACK && self.physical_id != self.stack_id
    }

    /// Whether this is the stack's report on itself.
    fn is_own(&self) -> bool {
        self.resource_type == NESTED_STACK && self.physical_id == self.stack_id
    }

    fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }
}

/// The events of one operation, over the root stack and every nested one.
#[derive(Debug)]
pub(crate) struct EventLog {
    /// Events up to here belong to earlier operations.
    since: i64,
    seen: HashSet<String>,
    events: Vec<StackEvent>,
    stacks: BTreeSet<String>,
}

impl EventLog {
    /// A log of what happens to the stack `root_id` after `since` (milliseconds since the epoch).
    pub(crate) fn new(root_id: &str, since: i64) -> Self {
        Self {
            since,
            seen: HashSet::new(),
            events: Vec::new(),
            stacks: BTreeSet::from([root_id.to_owned()]),
        }
    }

    /// The IDs of the stacks to ask for events: the root, and each nested stack seen so far.
    pub(crate) fn stacks(&self) -> Vec<String> {
        self.stacks.iter().cloned().collect()
    }

    /// Whether an event of this operation with this ID is known already.
    pub(crate) fn knows(&self, event: &StackEvent) -> bool {
        event.timestamp <= self.since || self.seen.contains(&event.id)
    }

    /// Takes in what a poll of one stack returned, newest first and with repetitions; returns
    /// what is new, oldest first.
    pub(crate) fn absorb(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
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
    pub(crate) fn has_settled(&self, stack_id: &str, status: &str) -> bool {
        let own = |event: &&StackEvent| event.is_own() && event.stack_id == stack_id;
        self.events
            .iter()
            .filter(own)
            .any(|event| event.status == status)
    }

    /// Every failure that is not a nested stack's echo of one, in the order of their coming.
    pub(crate) fn failures(&self) -> Vec<&StackEvent> {
        let events = self.events.iter();
        events
            .filter(|event| event.is_failure() && event.resource_type != NESTED_STACK)
            .collect()
    }

    /// The earliest failure that is neither a nested stack's echo of one nor a cancellation.
    pub(crate) fn root_cause(&self) -> Option<&StackEvent> {
        let failures = || self.events.iter().filter(|event| event.is_failure());
        let cancelled = |event: &StackEvent| {
            let reason = event.reason.as_deref().unwrap_or_default().to_lowercase();
            reason.contains("cancelled")
        };
        failures()
            .filter(|event| !cancelled(event) && event.resource_type != NESTED_STACK)
            .min_by_key(|event| event.timestamp)
            .or_else(|| failures().min_by_key(|event| event.timestamp))
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
pub(crate) fn render(event: &StackEvent, root: &str) -> String {
    let style = style_of(&event.status);
    let place = place(event, root);
    let line = format!("  {style}{:<27}{style:#} {place}", event.status);
    match &event.reason {
        Some(reason) if event.is_failure() => {
            format!("{line}  {}  {reason}", event.resource_type)
        }
        _ => line,
    }
}

/// Where an event happened, as in `Api / Stage`.
pub(crate) fn place(event: &StackEvent, root: &str) -> String {
    let stack = short_name(&event.stack_name, root);
    match event.is_own() {
        true => stack,
        false if event.stack_name == root => event.logical_id.clone(),
        false => format!("{stack} / {}", event.logical_id),
    }
}

/// `movies-dev-Api-1A2B3C` is `Api` to a reader who knows that the root is `movies-dev`.
fn short_name(stack_name: &str, root: &str) -> String {
    let nested = stack_name
        .strip_prefix(root)
        .and_then(|rest| rest.strip_prefix('-'));
    match nested.and_then(|rest| rest.split('-').next()) {
        Some(logical_id) => logical_id.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(
        id: &str,
        timestamp: i64,
        stack: &str,
        resource: (&str, &str),
        status: &str,
    ) -> StackEvent {
        let (logical_id, physical_id) = resource;
        let is_stack = physical_id.starts_with("arn:stack/");
        StackEvent {
            id: id.to_owned(),
            stack_id: format!("arn:stack/{stack}"),
            stack_name: stack.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            resource_type: if is_stack {
                NESTED_STACK
            } else {
                "AWS::SNS::Topic"
            }
            .to_owned(),
            status: status.to_owned(),
            reason: None,
            timestamp,
        }
    }

    fn ids(events: &[StackEvent]) -> Vec<&str> {
        events.iter().map(|event| event.id.as_str()).collect()
    }

    #[test]
    fn events_come_out_once_and_in_order() {
        let mut log = EventLog::new("arn:stack/root", 10);
        let old = event("old", 10, "root", ("A", "a"), "CREATE_COMPLETE");
        let first = event("first", 11, "root", ("A", "a"), "UPDATE_IN_PROGRESS");
        let second = event("second", 12, "root", ("A", "a"), "UPDATE_COMPLETE");
        let fresh = log.absorb(vec![second.clone(), first.clone(), old]);
        assert_eq!(ids(&fresh), ["first", "second"]);
        assert!(log.absorb(vec![second, first]).is_empty());
    }

    #[test]
    fn what_has_ended_needs_no_beginning() {
        let events = vec![
            event("3", 3, "root", ("B", "b"), "CREATE_IN_PROGRESS"),
            event("2", 2, "root", ("A", "a"), "CREATE_COMPLETE"),
            event("1", 1, "root", ("A", "a"), "CREATE_IN_PROGRESS"),
        ];
        assert_eq!(ids(&digest(events, "root")), ["2", "3"]);
    }

    #[test]
    fn nested_stacks_are_followed() {
        let mut log = EventLog::new("arn:stack/root", 0);
        log.absorb(vec![
            event(
                "1",
                1,
                "root",
                ("root", "arn:stack/root"),
                "CREATE_IN_PROGRESS",
            ),
            event(
                "2",
                2,
                "root",
                ("Api", "arn:stack/root-Api-1"),
                "CREATE_IN_PROGRESS",
            ),
        ]);
        assert_eq!(log.stacks(), ["arn:stack/root", "arn:stack/root-Api-1"]);
    }

    #[test]
    fn the_root_cause_is_the_first_real_failure() {
        let mut log = EventLog::new("arn:stack/root", 0);
        let cancelled = StackEvent {
            reason: Some("Resource creation cancelled".to_owned()),
            ..event("1", 1, "root-Api-1", ("Plan", "p"), "CREATE_FAILED")
        };
        log.absorb(vec![
            event(
                "3",
                3,
                "root",
                ("Api", "arn:stack/root-Api-1"),
                "CREATE_FAILED",
            ),
            event("2", 2, "root-Api-1", ("Key", "k"), "CREATE_FAILED"),
            cancelled,
        ]);
        assert_eq!(log.root_cause().unwrap().id, "2");
    }

    #[test]
    fn lines_name_the_nested_stack_and_the_resource() {
        let check = |event: &StackEvent, expected: &str| {
            let line = render(event, "movies-dev");
            assert_eq!(anstream::adapter::strip_str(&line).to_string(), expected);
        };
        let nested = event(
            "1",
            1,
            "movies-dev-Api-1A2B",
            ("Stage", "s"),
            "CREATE_COMPLETE",
        );
        check(&nested, "  CREATE_COMPLETE             Api / Stage");
        let failed = StackEvent {
            status: "CREATE_FAILED".to_owned(),
            reason: Some("Limit exceeded".to_owned()),
            ..event("2", 1, "movies-dev", ("Topic", "t"), "")
        };
        check(
            &failed,
            "  CREATE_FAILED               Topic  AWS::SNS::Topic  Limit exceeded",
        );
    }
}
