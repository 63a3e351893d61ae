//! How many calls a deploy makes: few, and hardly more when it takes long.

use crate::faults::{CREATE, Journey, UPDATE};
use crate::site::{STACK, Site};

struct Count {
    all: usize,
    polls: usize,
}

fn count(journey: Journey, looks: u32) -> Count {
    let mut site = journey.site();
    // A call that is repeated because this machine is busy would be counted twice.
    site.patience = "0.04";
    site.cloud.on_call(move |call, _, state| {
        if call.action == journey.decisive
            && let Some(root) = state.find(STACK)
        {
            for step in &mut state.stacks[root].steps {
                step.looks = looks;
            }
        }
    });
    let run = site.run(journey.arguments);
    assert_eq!(site.problems(&run, 0, journey.end), Vec::<String>::new());
    let calls = site.cloud.calls();
    let begin = calls
        .iter()
        .position(|call| call.action == journey.decisive);
    let after = &calls[begin.unwrap()..];
    let polls = after.iter().filter(|call| call.action == "DescribeStacks");
    Count {
        all: calls.len(),
        polls: polls.count(),
    }
}

/// With each poll, the status and the events of the root are asked for, and those of each nested
/// stack that changes.
fn grows_with_polls_alone(journey: Journey, changing: usize) {
    let short = count(journey, 1);
    let long = count(journey, 40);
    assert!(long.polls > short.polls + 20, "{}", long.polls);
    let polls = long.polls - short.polls;
    let calls = long.all - short.all;
    assert!(
        calls <= polls * (2 + changing),
        "{calls} calls, {polls} polls"
    );
}

#[test]
fn a_long_create_makes_few_calls_more() {
    grows_with_polls_alone(CREATE, 6);
}

#[test]
fn a_long_update_asks_for_what_changes_alone() {
    grows_with_polls_alone(UPDATE, 1);
}

#[test]
fn a_short_deploy_makes_few_calls() {
    let create = count(CREATE, 1).all;
    assert!(create <= 80, "{create}");
    let update = count(UPDATE, 1).all;
    assert!(update <= 60, "{update}");
}

/// Once for the root's change set, and once for each nested one that changes something.
#[test]
fn what_is_warned_of_is_asked_for_once_a_change_set() {
    for (journey, expected) in [(CREATE, 7), (UPDATE, 2)] {
        let site = journey.site();
        site.run(journey.arguments).expect(0);
        let calls = site.cloud.calls();
        let asked = calls.iter().filter(|call| call.action == "DescribeEvents");
        assert_eq!(asked.count(), expected);
    }
}

#[test]
fn an_unchanged_stage_is_only_looked_at() {
    let site = Site::deployed();
    for _ in 0..20 {
        site.run(&["deploy", "--yes"]).expect(0).says("no changes");
    }
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}

/// Small pages, of which those with values lack a resource each.
#[test]
fn change_sets_are_read_from_all_their_pages() {
    let changes = |page: usize| {
        let site = Site::new();
        site.cloud.state().page = page;
        let run = site.run(CREATE.arguments).expect(0);
        let lines = run.stderr.lines().map(str::trim);
        let mut lines: Vec<String> = lines
            .filter(|line| line.starts_with("+ "))
            .map(ToOwned::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let whole = changes(100);
    assert!(whole.len() > 50, "{}", whole.len());
    assert_eq!(changes(3), whole);
}
