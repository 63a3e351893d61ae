use super::*;

mod orders;

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
fn a_reason_is_one_line_that_nothing_obeys() {
    let reason = "no\n::error::forged\r\u{1b}[2J\u{1b}[1m\u{202e}";
    let event = StackEvent {
        reason: Some(reason.to_owned()),
        ..event("1", 1, "root", ("A", "a"), "CREATE_FAILED")
    };
    let line = anstream::adapter::strip_str(&render(&event, "root")).to_string();
    let reason = r"no\n::error::forged\r\u{1b}[2J\u{1b}[1m\u{202e}";
    assert!(
        line.ends_with(&format!("AWS::SNS::Topic  {reason}")),
        "{line}"
    );
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
    let deep = "movies-dev-Api-1A2B-Keys-3C4D";
    let deep = event("1", 1, deep, ("Key", "k"), "CREATE_COMPLETE");
    check(&deep, "  CREATE_COMPLETE             Api / Keys / Key");
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

#[test]
fn a_nested_stack_that_could_not_begin_is_the_cause() {
    let mut log = EventLog::new("arn:stack/root", 0);
    let cancelled = StackEvent {
        reason: Some("Resource update cancelled".to_owned()),
        ..event("1", 1, "root", ("Topic", "t"), "UPDATE_FAILED")
    };
    let nested = ("Api", "arn:stack/root-Api-1");
    log.absorb(vec![
        event("2", 2, "root", nested, "CREATE_FAILED"),
        cancelled,
    ]);
    assert_eq!(log.root_cause().unwrap().id, "2");
}

#[test]
fn a_failure_may_speak_of_cancelling() {
    let mut log = EventLog::new("arn:stack/root", 0);
    let failed = StackEvent {
        reason: Some("The distribution's deployment was cancelled by its owner".to_owned()),
        ..event("1", 1, "root", ("Site", "s"), "CREATE_FAILED")
    };
    log.absorb(vec![failed]);
    assert_eq!(log.root_cause().unwrap().blame(), Some(Blame::Own));
}

/// Polls of nested stacks may fail for a while, and their events come after those of the root.
#[test]
fn the_root_cause_does_not_depend_on_which_stack_answers_first() {
    let cancelled = StackEvent {
        reason: Some("Resource creation cancelled".to_owned()),
        ..event(
            "cancelled",
            5,
            "root-Data-1",
            ("Table", "t"),
            "CREATE_FAILED",
        )
    };
    let nested = ("Api", "arn:stack/root-Api-1");
    let polls = [
        vec![
            event("echo", 9, "root", nested, "CREATE_FAILED"),
            event("later", 7, "root", ("Topic", "t"), "CREATE_FAILED"),
        ],
        vec![cancelled],
        vec![
            event("undo", 12, "root-Api-1", ("Key", "k"), "DELETE_FAILED"),
            event("cause", 4, "root-Api-1", ("Key", "k"), "CREATE_FAILED"),
        ],
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut log = EventLog::new("arn:stack/root", 0);
        for index in order {
            log.absorb(polls[index].clone());
        }
        assert_eq!(log.root_cause().unwrap().id, "cause", "{order:?}");
    }
}
