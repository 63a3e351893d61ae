use cfnkit_scripted_cloud::cloud::xml::{list, tag};
use cfnkit_scripted_cloud::rule::{Rule, in_any_order};

use super::*;

const CHANGE_SET: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/xtask-1/1a2b";
const NESTED: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/xtask-1-Api/3c4d";

fn client(rules: impl IntoIterator<Item = Rule>) -> Client {
    Client::new(&in_any_order(rules))
}

/// The wire format of the API reference, with the texts of aws/aws-cdk-cli#1463 and
/// aws-cloudformation/rain#744.
const EVENTS: &str = r#"<OperationEvents>
    <member>
      <EventId>4</EventId><EventType>VALIDATION_ERROR</EventType>
      <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev-Api-1A2B/9f</StackId>
      <LogicalResourceId>Policy</LogicalResourceId><ResourceType>AWS::IAM::Policy</ResourceType>
      <ValidationFailureMode>FAIL</ValidationFailureMode><ValidationName>PROPERTY_VALIDATION</ValidationName>
      <ValidationStatus>FAILED</ValidationStatus>
      <ValidationStatusReason>Required property [PolicyDocument] not found</ValidationStatusReason>
      <ValidationPath>/Resources/Policy/Properties</ValidationPath>
    </member>
    <member>
      <EventId>3</EventId><EventType>VALIDATION_ERROR</EventType>
      <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev/9e</StackId>
      <LogicalResourceId>Bucket</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>
      <ValidationFailureMode>WARN</ValidationFailureMode><ValidationName>BUCKET_EMPTINESS_VALIDATION</ValidationName>
      <ValidationStatus>FAILED</ValidationStatus>
      <ValidationStatusReason>The bucket 'b' is not empty.</ValidationStatusReason>
    </member>
    <member>
      <EventId>2</EventId><EventType>HOOK_INVOCATION_ERROR</EventType>
      <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev/9e</StackId>
      <LogicalResourceId>Topic</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>
      <HookType>Acme::Org::Hook</HookType><HookStatus>HOOK_COMPLETE_FAILED</HookStatus>
      <HookStatusReason>topics are encrypted here</HookStatusReason><HookFailureMode>FAIL</HookFailureMode>
    </member>
    <member>
      <EventId>1</EventId><EventType>STACK_EVENT</EventType><OperationType>CREATE_CHANGESET</OperationType>
      <OperationStatus>FAILED</OperationStatus>
      <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev/9e</StackId>
    </member>
  </OperationEvents>"#;

/// The failures of a change set.
fn failures_of(change_set: &str) -> Rule {
    let asked = [
        ("ChangeSetName", change_set),
        ("Filters.FailedEvents", "true"),
    ];
    Rule::of("DescribeEvents", asked)
}

#[tokio::test]
async fn failures_carry_their_reason_and_path_and_warnings_are_left_out() {
    let events = failures_of(CHANGE_SET).answered(EVENTS);
    let failures = failed(&client([events]), Operation::ChangeSet(CHANGE_SET)).await;
    let expected = [
        Failure {
            stack: "movies-dev".to_owned(),
            logical_id: "Topic".to_owned(),
            resource_type: "AWS::SNS::Topic".to_owned(),
            status: "HOOK_COMPLETE_FAILED".to_owned(),
            reason: Some("Acme::Org::Hook: topics are encrypted here".to_owned()),
            ..Failure::default()
        },
        Failure {
            stack: "movies-dev-Api-1A2B".to_owned(),
            logical_id: "Policy".to_owned(),
            resource_type: "AWS::IAM::Policy".to_owned(),
            status: "VALIDATION_FAILED".to_owned(),
            reason: Some("Required property [PolicyDocument] not found".to_owned()),
            path: Some("/Resources/Policy/Properties".to_owned()),
            ..Failure::default()
        },
    ];
    assert_eq!(failures, expected);
}

#[tokio::test]
async fn what_is_only_warned_of_has_the_name_of_its_check() {
    let events = Rule::of("DescribeEvents", [("ChangeSetName", CHANGE_SET)]).answered(EVENTS);
    let found = warnings(&client([events]), CHANGE_SET).await.unwrap();
    let reasons = found.iter().filter_map(|one| one.reason.as_deref());
    // Those that are not only warned of would have ended the change set.
    let expected = [
        "Acme::Org::Hook: topics are encrypted here",
        "BUCKET_EMPTINESS_VALIDATION: The bucket 'b' is not empty.",
        "PROPERTY_VALIDATION: Required property [PolicyDocument] not found",
    ];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_nested_change_set_is_asked_where_the_root_knows_nothing() {
    let none = failures_of(CHANGE_SET).answered(&list("OperationEvents", None));
    let reason = format!("Nested change set {NESTED} was not successfully created: FAILED.");
    let root = Rule::of("DescribeChangeSet", [("ChangeSetName", CHANGE_SET)])
        .answered(&tag("StatusReason", &reason));
    let nested = failures_of(NESTED).answered(EVENTS);
    let client = client([none, root, nested]);
    let failures = failed(&client, Operation::ChangeSet(CHANGE_SET)).await;
    assert_eq!(failures.len(), 2);
}

/// The emulator does not know the call, and a role may not allow it.
#[tokio::test]
async fn without_an_answer_there_are_no_failures() {
    let stack = "arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev/9e";
    let asked = [("StackName", stack), ("Filters.FailedEvents", "true")];
    let refused = Rule::of("DescribeEvents", asked).refused(400, "InvalidAction", "no");
    assert_eq!(
        failed(&client([refused]), Operation::Stack(stack)).await,
        []
    );
}
