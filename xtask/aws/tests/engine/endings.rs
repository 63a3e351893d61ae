//! How a deploy ends that CloudFormation does not bring to a usual end: change sets that are never
//! ready, requests that are refused, stacks that call a failure a success.

use crate::faults::{CREATE, UPDATE};
use crate::site::{STACK, Site, check_each};
use crate::support::Run;
use cfnkit_scripted_cloud::cloud::Moment;
use cfnkit_scripted_cloud::cloud::state::{Effect, Outcome, State, Step};

/// Runs with something done to the cloud when the first `action` is carried out.
fn run_with(
    site: &Site,
    arguments: &[&str],
    action: &'static str,
    act: impl Fn(&mut State) + Send + 'static,
) -> Run {
    let mut has_acted = false;
    site.cloud.on_call(move |call, moment, state| {
        if call.action == action && moment == Moment::Done && !has_acted {
            has_acted = true;
            act(state);
        }
    });
    let run = site.run(arguments);
    site.cloud.no_hook();
    run
}

#[test]
fn a_change_set_in_a_status_without_a_future_is_not_waited_for() {
    let statuses = [
        "DELETE_PENDING",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "SHELVED",
    ];
    let cases = statuses.map(|status| (status.to_owned(), status));
    check_each(cases, |status| {
        let site = CREATE.site();
        let run = run_with(&site, CREATE.arguments, "CreateChangeSet", move |state| {
            state.change_sets[0].status = status;
            if status == "SHELVED" {
                state.invented.push(status);
            }
        });
        let mut problems = site.problems(&run, 1, CREATE.begin);
        for text in [status, "change set `xtask-", "run the same command again"] {
            if !run.stderr.contains(text) {
                problems.push(format!("does not say `{text}`: {}", run.stderr));
            }
        }
        problems
    });
}

#[test]
fn a_change_set_that_is_never_ready_is_given_up() {
    let mut site = CREATE.site();
    site.patience = "0.001";
    let run = run_with(&site, CREATE.arguments, "CreateChangeSet", |state| {
        state.change_sets[0].looks = u32::MAX;
    });
    let run = run.expect(1).says("not ready after half an hour");
    run.says("still waiting for the change set");
    assert_eq!(site.left_behind(), Vec::<String>::new());
}

#[test]
fn a_change_set_that_cannot_be_deleted_is_named() {
    let site = UPDATE.site();
    let arguments = ["diff", "--param", "StandardRateLimitPerSecond=60"];
    let run = run_with(&site, &arguments, "DeleteChangeSet", |state| {
        state.change_sets[0].status = "DELETE_FAILED";
    });
    run.expect(1).says("is DELETE_FAILED");
}

#[test]
fn an_operation_of_somebody_else_is_not_waited_for_without_end() {
    let mut site = UPDATE.site();
    site.patience = "0.001";
    {
        let mut state = site.cloud.state();
        let root = state.find(STACK).unwrap();
        state.settle(root, "PAUSE_IN_PROGRESS", None);
        state.invented.push("PAUSE_IN_PROGRESS");
    }
    let run = site.run(UPDATE.arguments).expect(4);
    let run = run
        .says("PAUSE_IN_PROGRESS")
        .says("still waiting for movies-dev");
    run.says("run the same command again");
}

#[test]
fn a_status_that_is_not_known_is_shown_and_takes_no_change_set() {
    let site = UPDATE.site();
    {
        let mut state = site.cloud.state();
        let root = state.find(STACK).unwrap();
        state.settle(root, "PAUSED", None);
        state.invented.push("PAUSED");
    }
    let run = site.run(UPDATE.arguments).expect(3);
    run.says("is PAUSED").says("CloudFormation console");
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}

#[test]
fn what_cloudformation_refuses_is_explained() {
    let cases = [
        (
            "CreateChangeSet",
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
            "the template asks for `CAPABILITY_NAMED_IAM`",
        ),
        (
            "CreateChangeSet",
            "ValidationError",
            "Parameters: [Colour] must have values",
            "--param Colour=VALUE",
        ),
        (
            "CreateChangeSet",
            "LimitExceededException",
            "ChangeSet limit exceeded",
            "service-quotas",
        ),
        (
            "ExecuteChangeSet",
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/test is not authorized to perform: cloudformation:ExecuteChangeSet",
            "allow `cloudformation:ExecuteChangeSet`",
        ),
    ];
    let cases = cases.map(|case| (case.2.to_owned(), case));
    check_each(cases, |(action, code, message, advice)| {
        let site = UPDATE.site();
        site.cloud.state().refuses = Some((action, code, message));
        let run = site.run(UPDATE.arguments);
        let mut problems = site.problems(&run, 1, UPDATE.begin);
        for text in [message, advice, "to mend: ", "nothing was changed"] {
            if !run.stderr.contains(text) {
                problems.push(format!("does not say `{text}`: {}", run.stderr));
            }
        }
        problems
    });
}

#[test]
fn a_refused_deletion_is_explained() {
    let site = UPDATE.site();
    let message = "User: arn:aws:iam::111122223333:user/test is not authorized to perform: cloudformation:DeleteStack";
    site.cloud.state().refuses = Some(("DeleteStack", "AccessDenied", message));
    let run = site.run(&["destroy", "--yes"]).expect(1);
    run.says("movies-dev was not deleted")
        .says("allow `cloudformation:DeleteStack`");
}

#[test]
fn a_stack_that_says_it_failed_is_not_deployed() {
    let site = CREATE.site();
    let run = run_with(&site, CREATE.arguments, "ExecuteChangeSet", |state| {
        let root = state.find(STACK).unwrap();
        let id = state.stacks[root].id.clone();
        let own = (STACK, id.as_str(), "AWS::CloudFormation::Stack");
        state.event(root, own, "CREATE_FAILED", Some("Internal failure"));
    });
    let run = run.expect(3).says("Internal failure");
    run.says("was not deployed, though it is CREATE_COMPLETE");
}

#[test]
fn a_stack_without_any_output_is_not_deployed() {
    let site = CREATE.site();
    let run = run_with(&site, CREATE.arguments, "CreateChangeSet", |state| {
        let template = &mut state.change_sets[0].template;
        template.truncate(template.find("\nOutputs:").unwrap());
    });
    run.expect(3).says("has none of its template's outputs");
}

#[test]
fn a_creation_that_ends_with_the_stack_s_deletion_is_not_deployed() {
    let site = CREATE.site();
    site.cloud.state().outcomes.push_back(Outcome::Failure);
    let run = run_with(&site, CREATE.arguments, "ExecuteChangeSet", |state| {
        let root = state.find(STACK).unwrap();
        let step = Step {
            looks: 1,
            status: "DELETE_COMPLETE",
            effect: Effect::Remove,
        };
        let last = state.stacks[root].steps.back_mut().unwrap();
        *last = step;
    });
    run.expect(3)
        .says("was not deployed; it is DELETE_COMPLETE");
}
