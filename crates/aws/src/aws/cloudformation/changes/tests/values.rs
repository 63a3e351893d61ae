//! Every value that the SDK has for what is matched on, so that a newer SDK with more of them fails
//! here, and what becomes of values that it has not either.

use aws_sdk_cloudformation::types::{
    AttributeChangeType, BeforeValueFrom, ChangeSource, EvaluationType, EventType, ExecutionStatus,
    HookFailureMode, Replacement, RequiresRecreation, ResourceStatus, StackDriftDetectionStatus,
    StackResourceDriftStatus, StackStatus, ValidationStatus,
};
use expect_test::expect;

use super::super::*;
use super::{answer, change, check, page};

const TOPIC: &str = "AWS::SNS::Topic";

/// What `is_known` does not take of the SDK's values.
fn unknown<'a, T: From<&'a str>>(
    values: &[&'a str],
    is_known: impl Fn(&T) -> bool,
) -> Vec<&'a str> {
    let values = values.iter().copied();
    values.filter(|value| !is_known(&T::from(*value))).collect()
}

#[test]
fn every_value_of_the_sdk_has_a_meaning_here() {
    let none: Vec<&str> = Vec::new();
    let of = |found: Vec<&str>, name: &str| assert_eq!(found, none, "{name}");
    of(
        unknown(ChangeAction::values(), |one| action(one).is_some()),
        "ChangeAction",
    );
    of(unknown(Replacement::values(), is_known), "Replacement");
    of(
        unknown(PolicyAction::values(), |one| fate(one).is_some()),
        "PolicyAction",
    );
    of(
        unknown(ChangeSource::values(), |one| {
            properties::origin(one).is_some()
        }),
        "ChangeSource",
    );
    of(
        unknown(StackStatus::values(), |one: &StackStatus| {
            cfnkit_operation::stack::StackStatus(one.as_str().to_owned()).is_known()
        }),
        "StackStatus",
    );
    // A resource's status says by its ending how far it is; one alone says no more than that.
    of(
        unknown(ResourceStatus::values(), |one: &ResourceStatus| {
            let endings = ["_IN_PROGRESS", "_COMPLETE", "_FAILED"];
            *one == ResourceStatus::DeleteSkipped
                || endings.iter().any(|ending| one.as_str().ends_with(ending))
        }),
        "ResourceStatus",
    );
}

/// Of these all values are written out where they are matched on, or all but one mean the same.
#[test]
fn the_sdk_has_no_more_values_than_were_thought_of() {
    for (values, expected) in [
        (EvaluationType::values(), "Dynamic Static"),
        (RequiresRecreation::values(), "Always Conditionally Never"),
        (
            ChangeSetStatus::values(),
            "CREATE_COMPLETE CREATE_IN_PROGRESS CREATE_PENDING DELETE_COMPLETE DELETE_FAILED \
             DELETE_IN_PROGRESS DELETE_PENDING FAILED",
        ),
        (
            ExecutionStatus::values(),
            "AVAILABLE EXECUTE_COMPLETE EXECUTE_FAILED EXECUTE_IN_PROGRESS OBSOLETE UNAVAILABLE",
        ),
        (
            StackDriftDetectionStatus::values(),
            "DETECTION_COMPLETE DETECTION_FAILED DETECTION_IN_PROGRESS",
        ),
        (
            StackResourceDriftStatus::values(),
            "DELETED IN_SYNC MODIFIED NOT_CHECKED UNKNOWN UNSUPPORTED",
        ),
        (
            EventType::values(),
            "HOOK_INVOCATION_ERROR PROGRESS_EVENT PROVISIONING_ERROR STACK_EVENT VALIDATION_ERROR",
        ),
        (
            DriftIgnoredReason::values(),
            "MANAGED_BY_AWS SENSITIVE_PROPERTY WRITE_ONLY_PROPERTY",
        ),
        (
            AttributeChangeType::values(),
            "Add Modify Remove SyncWithActual",
        ),
        (
            BeforeValueFrom::values(),
            "ACTUAL_STATE PREVIOUS_DEPLOYMENT_STATE",
        ),
        (HookFailureMode::values(), "FAIL WARN"),
        (ValidationStatus::values(), "FAILED SKIPPED"),
    ] {
        let mut values = values.to_vec();
        values.sort_unstable();
        assert_eq!(values.join(" "), expected);
    }
}

/// As long as nobody knows better, it may replace the resource.
#[tokio::test]
async fn a_value_that_is_not_known_is_shown_as_it_is() {
    let change = |action: &str, id: &str, rest: &str| change(action, id, TOPIC, rest);
    let changes = [
        change("Freeze", "Action", ""),
        change(
            "Modify",
            "Replacement",
            "<Replacement>Perhaps</Replacement>",
        ),
        change("Remove", "Policy", "<PolicyAction>Archive</PolicyAction>"),
        change("SyncWithActual", "Same", ""),
    ];
    let rules = [
        answer("root", false, None, page(&changes, None)),
        answer("root", true, None, page(&changes, None)),
    ];
    check(
        &rules,
        expect![[r#"
        movies-dev
          ~ Action       AWS::SNS::Topic  [may be replaced]
            └─ CloudFormation's word for its action: Freeze
          ~ Replacement  AWS::SNS::Topic  [may be replaced]
            └─ CloudFormation's word for its replacement: Perhaps
          - Policy       AWS::SNS::Topic
            └─ CloudFormation's word for its policy: Archive
          = Same         AWS::SNS::Topic  [left as it is]
        may be replaced:
          ~ Action  AWS::SNS::Topic
          ~ Replacement  AWS::SNS::Topic
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_compares_with_what_is_there_names_the_drift() {
    let target = "<Target><Attribute>Properties</Attribute><Name>DisplayName</Name>\
        <RequiresRecreation>Never</RequiresRecreation><Path>/Properties/DisplayName</Path>\
        <AfterValue>movies</AfterValue><BeforeValueFrom>ACTUAL_STATE</BeforeValueFrom>\
        <AfterValueFrom>TEMPLATE</AfterValueFrom><Drift><PreviousValue>movies</PreviousValue>\
        <ActualValue>films</ActualValue></Drift><AttributeChangeType>Modify</AttributeChangeType>\
        </Target><Evaluation>Static</Evaluation><ChangeSource>NoModification</ChangeSource>";
    let ignored = "<ResourceDriftIgnoredAttributes><member><Path>/Properties/Policy/Id</Path>\
        <Reason>MANAGED_BY_AWS</Reason></member><member><Path>/Properties/Owner</Path>\
        <Reason>NOBODY_CARES</Reason></member></ResourceDriftIgnoredAttributes>";
    let change = |action: &str, id: &str, status: &str, rest: &str| {
        let rest = format!("<ResourceDriftStatus>{status}</ResourceDriftStatus>{rest}");
        change(action, id, TOPIC, &rest)
    };
    let details = format!("<Details><member>{target}</member></Details>{ignored}");
    let changes = [
        change("Modify", "Named", "MODIFIED", &details),
        change("Add", "Gone", "DELETED", ""),
        change("Modify", "Unread", "UNSUPPORTED", ""),
        change("Modify", "Odd", "WANDERED", ""),
    ];
    let rules = [
        answer("root", false, None, page(&changes, None)),
        answer("root", true, None, page(&changes, None)),
    ];
    check(
        &rules,
        expect![[r#"
        movies-dev
          ~ Named   AWS::SNS::Topic
            ├─ DisplayName: films -> movies (drift, taken back)
            ├─ drift of Policy.Id stays: AWS manages it
            └─ drift of Owner stays: NOBODY_CARES
          + Gone    AWS::SNS::Topic
            └─ deleted behind CloudFormation's back, and made again
          ~ Unread  AWS::SNS::Topic
            └─ not compared with what is there
          ~ Odd     AWS::SNS::Topic
            └─ its drift is WANDERED
    "#]],
    )
    .await;
}
