//! Every stack status and every command: what is done, in which order, and how it ends.

use crate::site::{STACK, Site, check_each};
use cfnkit_scripted_cloud::cloud::Call;
use cfnkit_scripted_cloud::cloud::state::{Effect, Stack, State, Step};

/// What a command has to come to.
#[derive(Debug, Clone, Copy)]
struct Expected {
    code: i32,
    /// The stack's status at the end; empty where it is the one that the stack settles in.
    status: &'static str,
    /// The calls that change something, in order.
    calls: &'static str,
    /// A part of what is said.
    says: &'static str,
}

const fn expected(
    code: i32,
    status: &'static str,
    calls: &'static str,
    says: &'static str,
) -> Expected {
    Expected {
        code,
        status,
        calls,
        says,
    }
}

const CREATED: Expected = expected(
    0,
    "CREATE_COMPLETE",
    "CreateChangeSet CREATE, ExecuteChangeSet",
    "movies-dev is deployed",
);
const UPDATED: Expected = expected(
    0,
    "UPDATE_COMPLETE",
    "CreateChangeSet UPDATE, ExecuteChangeSet",
    "movies-dev is deployed",
);
const RECREATED: Expected = expected(
    0,
    "CREATE_COMPLETE",
    "DeleteStack, CreateChangeSet CREATE, ExecuteChangeSet",
    "movies-dev is deployed",
);
const ROLLED_BACK: Expected = expected(
    0,
    "UPDATE_COMPLETE",
    "RollbackStack, CreateChangeSet UPDATE, ExecuteChangeSet",
    "movies-dev is deployed",
);
const CONTINUED: Expected = expected(
    0,
    "UPDATE_COMPLETE",
    "ContinueUpdateRollback, CreateChangeSet UPDATE, ExecuteChangeSet",
    "movies-dev is deployed",
);
const EXPLAINED: Expected = expected(3, "", "", "IMPORT_ROLLBACK_FAILED");
/// A change set is made and deleted again.
const PREVIEWED: Expected = expected(
    0,
    "",
    "CreateChangeSet UPDATE, DeleteChangeSet",
    "StandardUsagePlan",
);
/// Templates are compared, as no change set is possible.
const COMPARED: Expected = expected(0, "", "", "no change set");
const DELETED: Expected = expected(0, "absent", "DeleteStack", "movies-dev is deleted");
const NOTHING: Expected = expected(0, "absent", "", "nothing to do");

/// Status, the one it settles in, and what `deploy`, `diff` and `destroy` come to.
const TABLE: [(&str, &str, [Expected; 3]); 24] = [
    ("absent", "absent", [CREATED, COMPARED, NOTHING]),
    (
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("CREATE_FAILED", "", [RECREATED, COMPARED, DELETED]),
    ("CREATE_COMPLETE", "", [UPDATED, PREVIEWED, DELETED]),
    (
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        [RECREATED, COMPARED, DELETED],
    ),
    ("ROLLBACK_FAILED", "", [RECREATED, COMPARED, DELETED]),
    ("ROLLBACK_COMPLETE", "", [RECREATED, COMPARED, DELETED]),
    ("DELETE_IN_PROGRESS", "absent", [CREATED, COMPARED, NOTHING]),
    ("DELETE_FAILED", "", [RECREATED, COMPARED, DELETED]),
    ("DELETE_COMPLETE", "absent", [CREATED, COMPARED, NOTHING]),
    (
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    (
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("UPDATE_COMPLETE", "", [UPDATED, PREVIEWED, DELETED]),
    ("UPDATE_FAILED", "", [ROLLED_BACK, COMPARED, DELETED]),
    (
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("UPDATE_ROLLBACK_FAILED", "", [CONTINUED, COMPARED, DELETED]),
    (
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    (
        "UPDATE_ROLLBACK_COMPLETE",
        "",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("REVIEW_IN_PROGRESS", "", [CREATED, COMPARED, DELETED]),
    (
        "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("IMPORT_COMPLETE", "", [UPDATED, PREVIEWED, DELETED]),
    (
        "IMPORT_ROLLBACK_IN_PROGRESS",
        "IMPORT_ROLLBACK_COMPLETE",
        [UPDATED, PREVIEWED, DELETED],
    ),
    ("IMPORT_ROLLBACK_FAILED", "", [EXPLAINED, COMPARED, DELETED]),
    (
        "IMPORT_ROLLBACK_COMPLETE",
        "",
        [UPDATED, PREVIEWED, DELETED],
    ),
];

/// Statuses and those they settle in.
pub(crate) fn statuses() -> Vec<(&'static str, &'static str)> {
    let rows = TABLE.into_iter();
    rows.map(|(status, settles, _)| (status, settles)).collect()
}

/// A cloud in which the stage's stack has this status. Its assets are published.
pub(crate) fn site_in(status: &'static str, settles: &'static str) -> Site {
    let site = Site::deployed();
    {
        let mut state = site.cloud.state();
        put(&mut state, status, settles);
    }
    site
}

fn put(state: &mut State, status: &'static str, settles: &'static str) {
    if status.starts_with("PAUSE") {
        state.invented.push(status);
    }
    match status {
        "absent" | "DELETE_COMPLETE" if settles == "absent" => {
            let root = state.find(STACK).unwrap();
            if status == "absent" {
                state.stacks.clear();
            } else {
                state.settle(root, status, None);
            }
            return;
        }
        "REVIEW_IN_PROGRESS" => {
            state.stacks.clear();
            state.new_empty_stack(STACK, None);
            return;
        }
        _ => {}
    }
    let root = state.find(STACK).unwrap();
    state.settle(root, status, None);
    let step = |status, effect| Step {
        looks: 3,
        status,
        effect,
    };
    let Stack { steps, .. } = &mut state.stacks[root];
    match settles {
        "" => {}
        "absent" => *steps = [step("DELETE_COMPLETE", Effect::Remove)].into(),
        settled => *steps = [step(settled, Effect::None)].into(),
    }
}

fn calls(calls: &[Call]) -> String {
    let texts = calls.iter().map(|call| match call.action.as_str() {
        "CreateChangeSet" => format!("CreateChangeSet {}", call.parameter("ChangeSetType")),
        // The name alone could be another stack's by now.
        "DeleteStack" if !call.parameter("StackName").starts_with("arn:") => {
            "DeleteStack by name".to_owned()
        }
        action => action.to_owned(),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn problems(site: &Site, verb: &str, settled: &str, expected: Expected) -> Vec<String> {
    let arguments = match verb {
        "destroy" => vec!["destroy", "--yes"],
        "diff" => vec!["diff", "--param", "StandardRateLimitPerSecond=60"],
        _ => vec![
            "deploy",
            "--yes",
            "--param",
            "StandardRateLimitPerSecond=60",
        ],
    };
    let run = site.run(&arguments);
    let status = match expected.status {
        "" => settled,
        status => status,
    };
    // An empty stack that was there before is no leftover of this run.
    let is_theirs = settled == "REVIEW_IN_PROGRESS";
    let mut problems = site.problems(&run, expected.code, status);
    problems
        .retain(|text| !(is_theirs && expected.status.is_empty() && text.starts_with("stack ")));
    if problems.len() == 1 && is_theirs {
        problems.retain(|text| !text.starts_with("it said"));
    }
    let made = calls(&site.cloud.mutating_calls());
    if made != expected.calls {
        problems.push(format!("calls `{made}` and not `{}`", expected.calls));
    }
    if !run.stderr.contains(expected.says) {
        problems.push(format!("does not say `{}`", expected.says));
        problems.push(format!("it said: {}", run.stderr.trim()));
    }
    problems
}

#[test]
fn every_status_has_one_right_action_for_every_command() {
    let rows = TABLE.into_iter().flat_map(|(status, settles, all)| {
        let verbs = ["deploy", "diff", "destroy"].into_iter().zip(all);
        verbs.map(move |(verb, expected)| {
            let name = format!("{verb} of a stack that is {status}");
            (name, (status, settles, verb, expected))
        })
    });
    check_each(rows, |(status, settles, verb, expected)| {
        let site = site_in(status, settles);
        let settled = if settles.is_empty() { status } else { settles };
        problems(&site, verb, settled, expected)
    });
}

#[test]
fn a_protected_stack_is_never_deleted() {
    let refused = expected(1, "", "", "termination protection");
    let rows = TABLE
        .into_iter()
        .flat_map(|(status, settles, [deploy, ..])| {
            let deletes = deploy.calls.starts_with("DeleteStack");
            let exists = settles != "absent" && status != "REVIEW_IN_PROGRESS";
            let deploy = (deletes && exists).then_some("deploy");
            let verbs = deploy.into_iter().chain(exists.then_some("destroy"));
            verbs.map(move |verb| {
                let name = format!("{verb} of a protected stack that is {status}");
                (name, (status, settles, verb))
            })
        });
    check_each(rows, |(status, settles, verb)| {
        let site = site_in(status, settles);
        site.cloud.state().stacks[0].is_protected = true;
        assert_eq!(site.cloud.state().stacks[0].name, STACK);
        let settled = if settles.is_empty() { status } else { settles };
        problems(&site, verb, settled, refused)
    });
}

/// What a later CloudFormation may call a stack. Its change sets are refused here, too.
#[test]
fn a_status_that_nobody_knows_is_named_and_nothing_is_done_over_it() {
    let told = "movies-dev is PAUSED, a status that this program does not know";
    let site = site_in("PAUSED", "");
    let change = ["--param", "StandardRateLimitPerSecond=60"];
    let deploy = [&["deploy", "--yes"], &change[..]].concat();
    site.run(&deploy)
        .expect(3)
        .says(told)
        .says("look at the stack in the CloudFormation");
    assert!(site.cloud.mutating_calls().is_empty());

    // Nor by its ending what it would have to be known by its name for.
    let site = site_in("PAUSE_FAILED", "");
    site.run(&deploy)
        .expect(3)
        .says("stack `movies-dev` is PAUSE_FAILED");
    assert!(site.cloud.mutating_calls().is_empty());

    // By its ending a change can start from it; that CloudFormation says no is said once.
    let site = site_in("PAUSE_COMPLETE", "");
    let run = site.run(&deploy).expect(1).says("PAUSE_COMPLETE, a status");
    run.says("is in PAUSE_COMPLETE state and can not be updated");
    assert_eq!(
        calls(&site.cloud.mutating_calls()),
        "CreateChangeSet UPDATE, DeleteChangeSet"
    );

    let site = site_in("PAUSE_IN_PROGRESS", "UPDATE_COMPLETE");
    site.run(&deploy).expect(0).says("movies-dev is deployed");
}

#[test]
fn a_kept_change_set_is_not_executed_over_a_status_that_takes_none() {
    let site = Site::deployed();
    let change = ["--param", "StandardRateLimitPerSecond=60"];
    let keep = [&["deploy", "--no-execute"], &change[..]].concat();
    let kept = site.run(&keep).expect(0).stdout.trim().to_owned();
    for status in ["PAUSED", "UPDATE_FAILED"] {
        put(&mut site.cloud.state(), status, "");
        site.run(&["deploy", &kept, "--yes"])
            .expect(3)
            .says(&format!(
                "stack `movies-dev` is {status}, and no change set can start"
            ));
    }
    let calls = site.cloud.mutating_calls();
    assert!(calls.iter().all(|call| call.action != "ExecuteChangeSet"));
}
