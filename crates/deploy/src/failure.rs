//! From an operation that failed to the error its user reads, root cause first.

use crate::error::Error;
use cfnkit_aws::aws::cloudformation::CloudFormation;
use cfnkit_aws::aws::cloudformation::operation_events::{self, Operation};
use cfnkit_aws::error::Trouble;
use cfnkit_operation::diagnosis::{self, CHANGE_SET_FAILED, Failure, Sources};
use cfnkit_operation::event::StackEvent;
use cfnkit_operation::stack::Stack;

/// What to say of a stack that was not `verb` (`deployed`, `deleted`), for the cause that its events
/// tell of. `log` says where to read everything that happened.
pub(crate) async fn of_stack(
    cfn: &CloudFormation,
    stack: &Stack,
    cause: Option<&StackEvent>,
    verb: &str,
    sources: &Sources<'_>,
    log: Option<&str>,
) -> String {
    let mut failures: Vec<Failure> = cause.map(Failure::of_event).into_iter().collect();
    // A hook's failure has no reason among the stack's own events.
    let said = |failure: &Failure| {
        failure
            .reason
            .as_deref()
            .is_some_and(|text| !text.is_empty())
    };
    if let (Some(cause), Some(failure)) = (cause, failures.first_mut())
        && !said(failure)
    {
        let found = operation_events::failed(cfn, Operation::Stack(&cause.stack_id)).await;
        let same = |other: &Failure| other.logical_id == failure.logical_id && said(other);
        // The newest one: earlier operations are listed, too.
        if let Some(found) = found.into_iter().rfind(same) {
            *failure = found;
        }
    }
    if failures.is_empty() && stack.status_reason.is_some() {
        failures.push(Failure {
            stack: stack.name.clone(),
            status: stack.status.to_string(),
            reason: stack.status_reason.clone(),
            ..Failure::default()
        });
    }
    let log = log.map_or(String::new(), |log| format!("; every event: {log}"));
    let it_is = match stack.status.is_deployed() {
        true => ", though it is",
        false => "; it is",
    };
    let verdict = format!(
        "`{}` was not {verb}{it_is} {}{log}",
        stack.name, stack.status
    );
    diagnosis::report(&failures, &verdict, sources)
}

/// The error of a change set that CloudFormation could not make. Nothing was deployed.
pub(crate) async fn of_change_set(
    cfn: &CloudFormation,
    change_set: &str,
    reason: String,
    sources: &Sources<'_>,
) -> Error {
    let stack = sources.root_stack;
    let mut failures = operation_events::failed(cfn, Operation::ChangeSet(change_set)).await;
    if failures.is_empty() {
        failures.push(Failure {
            stack: stack.to_owned(),
            status: CHANGE_SET_FAILED.to_owned(),
            reason: Some(reason),
            ..Failure::default()
        });
    }
    let verdict =
        format!("CloudFormation rejects the change set for `{stack}`; nothing was changed");
    Error::new(diagnosis::report(&failures, &verdict, sources))
}

/// The error of a request that CloudFormation refused, which leaves the stack as it was; any
/// other error is left as it is. `status` is what came of the request, in CloudFormation's
/// spelling.
pub(crate) fn of_refusal(err: Error, status: &str, verdict: &str, sources: &Sources<'_>) -> Error {
    let Some(refusal) = err.call().filter(|call| call.trouble == Trouble::Refused) else {
        return err;
    };
    let failure = Failure {
        stack: sources.root_stack.to_owned(),
        status: status.to_owned(),
        reason: Some(refusal.text.clone()),
        ..Failure::default()
    };
    Error::new(diagnosis::report(&[failure], verdict, sources))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use cfnkit_aws::error::ServiceError;
    use cfnkit_scripted_cloud::cloud::xml::{list, tag};
    use cfnkit_scripted_cloud::rule::{Rule, in_any_order};

    use super::*;
    use cfnkit_operation::stack::StackStatus;

    const SOURCES: Sources<'_> = Sources {
        root_stack: "movies-dev",
        tree: None,
        advice: &[],
    };

    fn client(rules: impl IntoIterator<Item = Rule>) -> CloudFormation {
        CloudFormation::new(&in_any_order(rules))
    }

    fn stack() -> Stack {
        Stack {
            id: "arn:stack".to_owned(),
            name: "movies-dev".to_owned(),
            status: StackStatus("ROLLBACK_COMPLETE".to_owned()),
            status_reason: Some("The following resource(s) failed to create: [Topic].".to_owned()),
            parameters: Default::default(),
            outputs: Default::default(),
            tags: Default::default(),
            termination_protection: false,
        }
    }

    fn cause(reason: Option<&str>) -> StackEvent {
        StackEvent {
            id: "1".to_owned(),
            stack_id: "arn:stack".to_owned(),
            stack_name: "movies-dev".to_owned(),
            logical_id: "Topic".to_owned(),
            physical_id: String::new(),
            resource_type: "AWS::SNS::Topic".to_owned(),
            status: "CREATE_FAILED".to_owned(),
            reason: reason.map(ToOwned::to_owned),
            timestamp: 1,
        }
    }

    fn check(text: &str, expected: Expect) {
        let text = format!("error: {text}\n");
        expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
    }

    #[tokio::test]
    async fn the_cause_comes_first_and_the_state_last() {
        // No rule answers a call, so none is made.
        let cfn = client([]);
        let event = cause(Some("Rate exceeded"));
        let log = Some("target/deploys/1.ndjson");
        let err = of_stack(&cfn, &stack(), Some(&event), "deployed", &SOURCES, log).await;
        check(
            &err,
            expect![[r#"
            error: Topic was not created
             |
             = CloudFormation: Rate exceeded
             = to mend: the service takes fewer calls per second than this deploy made, or another one runs beside it: deploy again in some minutes

            `movies-dev` was not deployed; it is ROLLBACK_COMPLETE; every event: target/deploys/1.ndjson
        "#]],
        );
    }

    #[tokio::test]
    async fn without_a_cause_the_stack_s_own_reason_is_shown() {
        let err = of_stack(&client([]), &stack(), None, "deployed", &SOURCES, None).await;
        check(
            &err,
            expect![[r#"
            error: movies-dev failed
             |
             = CloudFormation: The following resource(s) failed to create: [Topic].

            `movies-dev` was not deployed; it is ROLLBACK_COMPLETE
        "#]],
        );
    }

    #[tokio::test]
    async fn a_cause_without_reason_is_looked_up_among_the_operations_events() {
        let hook = |logical_id: &str, reason: &str| {
            [
                tag("EventType", "HOOK_INVOCATION_ERROR"),
                tag(
                    "StackId",
                    "arn:aws:cloudformation:eu-west-1:1:stack/movies-dev/1",
                ),
                tag("LogicalResourceId", logical_id),
                tag("HookType", "Acme::Org::Hook"),
                tag("HookStatusReason", reason),
            ]
            .concat()
        };
        let hooks = [
            hook("Other", "not this one"),
            hook("Topic", "topics are encrypted here"),
            hook("Topic", "of an earlier deploy"),
        ];
        let asked = [("StackName", "arn:stack"), ("Filters.FailedEvents", "true")];
        let events = Rule::of("DescribeEvents", asked).answered(&list("OperationEvents", hooks));
        let cfn = client([events]);
        let err = of_stack(
            &cfn,
            &stack(),
            Some(&cause(None)),
            "deployed",
            &SOURCES,
            None,
        )
        .await;
        check(
            &err,
            expect![[r#"
            error: Topic does not pass a hook
             |
             = CloudFormation: Acme::Org::Hook: topics are encrypted here
             = to mend: somebody of the account or organisation added this hook; `aws cloudformation list-hook-results` says what it looked at

            `movies-dev` was not deployed; it is ROLLBACK_COMPLETE
        "#]],
        );
    }

    #[tokio::test]
    async fn a_change_set_s_own_reason_is_shown_where_no_event_explains_it() {
        let asked = [
            ("ChangeSetName", "arn:cs"),
            ("Filters.FailedEvents", "true"),
        ];
        let none = Rule::of("DescribeEvents", asked).answered(&list("OperationEvents", None));
        let described = Rule::of("DescribeChangeSet", [("ChangeSetName", "arn:cs")])
            .answered(&tag("Status", "FAILED"));
        let cfn = client([none, described]);
        let reason = "Requires capabilities : [CAPABILITY_NAMED_IAM]".to_owned();
        let err = of_change_set(&cfn, "arn:cs", reason, &SOURCES).await;
        check(
            &err.to_string(),
            expect![[r#"
            error: movies-dev has no valid change set
             |
             = CloudFormation: Requires capabilities : [CAPABILITY_NAMED_IAM]
             = to mend: the template asks for `CAPABILITY_NAMED_IAM` and a deploy grants CAPABILITY_IAM: let CloudFormation name roles and policies, and write transforms out

            CloudFormation rejects the change set for `movies-dev`; nothing was changed
        "#]],
        );
    }

    #[test]
    fn a_refused_request_is_explained_and_another_error_is_left() {
        let error = |trouble| -> Error {
            let text = "Requires capabilities : [CAPABILITY_NAMED_IAM] (InsufficientCapabilitiesException)";
            let text = text.to_owned();
            let err = cfnkit_aws::error::Error::from(ServiceError {
                text,
                trouble,
                ..ServiceError::default()
            });
            err.into()
        };
        let verdict = "CloudFormation refuses a change set for `movies-dev`; nothing was changed";
        let of = |trouble| of_refusal(error(trouble), CHANGE_SET_FAILED, verdict, &SOURCES);
        check(
            &of(Trouble::Refused).to_string(),
            expect![[r#"
                error: movies-dev has no valid change set
                 |
                 = CloudFormation: Requires capabilities : [CAPABILITY_NAMED_IAM] (InsufficientCapabilitiesException)
                 = to mend: the template asks for `CAPABILITY_NAMED_IAM` and a deploy grants CAPABILITY_IAM: let CloudFormation name roles and policies, and write transforms out

                CloudFormation refuses a change set for `movies-dev`; nothing was changed
            "#]],
        );
        for trouble in [Trouble::Overtaken, Trouble::Passing, Trouble::Expired] {
            let err = of(trouble);
            assert_eq!(err.trouble(), Some(trouble));
        }
    }
}
