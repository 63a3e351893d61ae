//! Somebody else changes the stack between a look at it and the next request: it is waited for,
//! and planned again.

use crate::faults::{CREATE, Journey, UPDATE};
use crate::site::{STACK, Site, check_each};
use cfnkit_scripted_cloud::cloud::Moment;
use cfnkit_scripted_cloud::cloud::state::{Effect, State, Step};

/// What somebody else does.
#[derive(Debug, Clone, Copy)]
enum Other {
    Creates,
    Updates,
    Fails,
    Deletes,
    /// All at once, without being busy for long.
    HasDeleted,
}

impl Other {
    fn act(self, state: &mut State, deployed: &State) {
        let (begin, end) = match self {
            Self::Creates => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"),
            Self::Updates => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
            Self::Fails => ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
            Self::Deletes | Self::HasDeleted => ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"),
        };
        if matches!(self, Self::Creates) {
            state.stacks.clear();
            state.stacks.extend(deployed.stacks.iter().cloned());
        }
        let root = state.find(STACK).unwrap();
        let id = state.stacks[root].id.clone();
        state.change_sets.retain(|set| set.stack_id != id);
        state.settle(root, begin, None);
        let deletes = end == "DELETE_COMPLETE";
        let step = Step {
            looks: if matches!(self, Self::HasDeleted) {
                1
            } else {
                3
            },
            status: end,
            effect: if deletes {
                Effect::Remove
            } else {
                Effect::None
            },
        };
        state.stacks[root].steps = [step].into();
        if matches!(self, Self::HasDeleted) {
            state.look(root);
        }
    }
}

/// Where `other` acts once, when the first `action` is carried out.
fn problems(journey: Journey, action: &'static str, other: Other) -> Vec<String> {
    let site = journey.site();
    let deployed = Site::deployed().cloud.state().clone();
    let mut has_acted = false;
    site.cloud.on_call(move |call, moment, state| {
        if call.action == action && moment == Moment::Done && !has_acted {
            has_acted = true;
            other.act(state, &deployed);
        }
    });
    let run = site.run(journey.arguments);
    site.cloud.no_hook();
    // It may ask for what is not possible any more: that is how it finds out.
    site.cloud.state().violations.clear();
    let end = match (journey.name, other) {
        ("destroy", _) => "absent",
        (_, Other::Deletes | Other::HasDeleted) => "CREATE_COMPLETE",
        _ => "UPDATE_COMPLETE",
    };
    let mut problems = site.problems(&run, 0, end);
    if !run.stderr.contains("another deploy") && !run.stderr.contains("somebody else") {
        problems.push(format!("nobody was sooner: {}", run.stderr));
    }
    problems
}

#[test]
fn a_deploy_is_planned_again() {
    let moments = ["HeadBucket", "CreateChangeSet", "DescribeChangeSet"];
    let updates = [
        Other::Updates,
        Other::Fails,
        Other::Deletes,
        Other::HasDeleted,
    ];
    let updates = updates.map(|other| (UPDATE, other));
    // Other content than the one that is deployed meanwhile.
    let create = Journey {
        arguments: UPDATE.arguments,
        ..CREATE
    };
    let creates = [(create, Other::Creates)];
    let cases = updates
        .into_iter()
        .chain(creates)
        .flat_map(|(journey, other)| {
            moments.map(|moment| {
                let name = format!("{} while another {other:?} at {moment}", journey.name);
                (name, (journey, moment, other))
            })
        });
    check_each(cases, |(journey, moment, other)| {
        problems(journey, moment, other)
    });
}

#[test]
fn a_destroy_waits_for_a_deploy() {
    let destroy = Journey {
        name: "destroy",
        arguments: &["destroy", "--yes"],
        begin: "CREATE_COMPLETE",
        end: "absent",
        decisive: "DeleteStack",
    };
    let cases = [Other::Updates, Other::Fails];
    let cases = cases.map(|other| (format!("{other:?}"), other));
    // The last look before the deletion.
    check_each(cases, |other| {
        problems(destroy, "DescribeStackEvents", other)
    });
}
