//! An update of nested stacks against a model of it: whatever the polls see first, they see the
//! same end and the same cause.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SINCE: i64 = 100;

/// How a resource of the model ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Failed,
    Cancelled,
}

/// What happens in the model's cloud, and what should be made of it.
#[derive(Debug, Clone)]
struct History {
    /// Oldest first, those of an earlier operation included.
    events: Vec<StackEvent>,
    status: &'static str,
    cause: Option<String>,
}

fn ends() -> impl Strategy<Value = Vec<Vec<End>>> {
    let end = prop_oneof![
        6 => Just(End::Done),
        1 => Just(End::Failed),
        1 => Just(End::Cancelled),
    ];
    vec(vec(end, 1..5), 1..5)
}

/// The stacks work at once, in an order that `turns` decides; the root ends last.
fn history(stacks: &[Vec<End>], turns: &[u16]) -> History {
    let own = ("root", "arn:stack/root");
    let is_failed = stacks.iter().flatten().any(|end| *end == End::Failed);
    let status = match is_failed {
        true => "UPDATE_ROLLBACK_COMPLETE",
        false => "UPDATE_COMPLETE",
    };
    // The operation before ended in the same way, in the same stacks.
    let mut events = vec![event("old-end", SINCE, "root", own, status)];
    for stack in 0..stacks.len() {
        let name = format!("root-N{stack}-1");
        events.push(event(
            &format!("old-{stack}"),
            SINCE - 1,
            &name,
            ("R0", "r"),
            "UPDATE_FAILED",
        ));
    }
    let mut time = SINCE;
    let mut next = |id: &str, stack: &str, resource: (&str, &str), status: &str| {
        time += 1;
        event(id, time, stack, resource, status)
    };
    events.push(next("begin", "root", own, "UPDATE_IN_PROGRESS"));
    for stack in 0..stacks.len() {
        let nested = format!("arn:stack/root-N{stack}-1");
        let id = format!("begin-{stack}");
        let logical_id = format!("N{stack}");
        events.push(next(
            &id,
            "root",
            (&logical_id, &nested),
            "UPDATE_IN_PROGRESS",
        ));
    }
    let mut cause = None;
    let mut left: Vec<(usize, usize, End)> = stacks
        .iter()
        .enumerate()
        .flat_map(|(stack, ends)| {
            let ends = ends.iter().enumerate();
            ends.map(move |(resource, end)| (stack, resource, *end))
        })
        .collect();
    let mut turns = turns.iter().cycle();
    while !left.is_empty() {
        let turn = usize::from(*turns.next().unwrap()) % left.len();
        let (stack, resource, end) = left.remove(turn);
        let id = format!("{stack}-{resource}");
        let name = format!("root-N{stack}-1");
        let logical_id = format!("R{resource}");
        let status = match end {
            End::Done => "UPDATE_COMPLETE",
            End::Failed | End::Cancelled => "UPDATE_FAILED",
        };
        let mut one = next(&id, &name, (&logical_id, "r"), status);
        match end {
            End::Done => {}
            End::Failed => {
                one.reason = Some("Rate exceeded".to_owned());
                cause.get_or_insert(id);
            }
            End::Cancelled => one.reason = Some("Resource update cancelled".to_owned()),
        }
        events.push(one);
    }
    for (stack, ends) in stacks.iter().enumerate() {
        let status = match ends.contains(&End::Failed) {
            true => "UPDATE_FAILED",
            false => "UPDATE_COMPLETE",
        };
        let nested = format!("arn:stack/root-N{stack}-1");
        let logical_id = format!("N{stack}");
        let id = format!("echo-{stack}");
        events.push(next(&id, "root", (&logical_id, &nested), status));
    }
    events.push(next("end", "root", own, status));
    History {
        events,
        status,
        cause,
    }
}

/// One look at the stacks that are known, when the events up to `now` are there. `throttled` says
/// whose answer does not come.
fn look(log: &mut EventLog, events: &[StackEvent], now: i64, throttled: u16) {
    let mut asked: Vec<String> = Vec::new();
    while let Some(stack) = log.stacks().into_iter().find(|one| !asked.contains(one)) {
        let is_throttled = throttled >> (asked.len() % 16) & 1 == 1;
        let answer = events
            .iter()
            .filter(|event| event.stack_id == stack && event.timestamp <= now);
        let newest_first = answer.rev().cloned().collect();
        if !is_throttled {
            log.absorb(newest_first);
        }
        asked.push(stack);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_order_of_looks_comes_to_the_same_end(
        stacks in ends(),
        turns in vec(any::<u16>(), 1..24),
        looks in vec((any::<prop::sample::Index>(), any::<u16>()), 0..12),
    ) {
        let history = history(&stacks, &turns);
        let end = history.events.last().unwrap().timestamp;
        let mut log = EventLog::new("arn:stack/root", SINCE);
        let mut looks: Vec<(i64, u16)> = looks
            .iter()
            .map(|(index, throttled)| (SINCE + index.index(64) as i64, *throttled))
            .collect();
        looks.sort_unstable();
        for (now, throttled) in looks {
            look(&mut log, &history.events, now, throttled);
            // Never before it has, whatever was seen of the operation before.
            if now < end {
                prop_assert!(!log.has_settled("arn:stack/root", history.status));
            }
        }
        look(&mut log, &history.events, end, 0);
        prop_assert!(log.has_settled("arn:stack/root", history.status));
        prop_assert_eq!(log.stacks().len(), stacks.len() + 1);
        // Each event of the operation once, and none of the one before.
        let expected = history.events.iter().filter(|event| event.timestamp > SINCE);
        prop_assert_eq!(log.events.len(), expected.count());
        if let Some(cause) = history.cause {
            prop_assert_eq!(&log.root_cause().unwrap().id, &cause);
        }
    }
}
