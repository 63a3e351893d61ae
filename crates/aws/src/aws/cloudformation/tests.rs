use cfnkit_scripted_cloud::cloud::xml::{list, tag};
use cfnkit_scripted_cloud::rule::{Rule, in_any_order};

use super::change_sets::{self, ChangeSetId, ChangeSetState, Deletion};
use super::*;
use cfnkit_console::error::chain;
use cfnkit_operation::event::EventLog;

fn client(rules: impl IntoIterator<Item = Rule>) -> Client {
    Client::new(&in_any_order(rules))
}

fn described() -> Rule {
    Rule::of("DescribeStacks", [("StackName", "movies-dev")])
}

#[tokio::test]
async fn an_absent_stack_is_none() {
    let text = "Stack with id movies-dev does not exist";
    let absent = described().refused(400, "ValidationError", text);
    assert!(
        find_stack(&client([absent]), "movies-dev")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn another_error_is_an_error_with_its_code() {
    let denied = described().refused(403, "AccessDenied", "not you");
    let err = find_stack(&client([denied]), "movies-dev")
        .await
        .unwrap_err();
    let text = chain(&err);
    assert!(
        text.starts_with("cannot describe stack `movies-dev`"),
        "{text}"
    );
    assert!(text.contains("AccessDenied"), "{text}");
}

#[tokio::test]
async fn a_stack_in_review_can_be_created() {
    let stack = [
        tag("StackId", "arn:stack"),
        tag("StackName", "movies-dev"),
        tag("CreationTime", "1970-01-01T00:00:00.000Z"),
        tag("StackStatus", "REVIEW_IN_PROGRESS"),
    ];
    let review = described().answered(&list("Stacks", [stack.concat()]));
    let stack = find_stack(&client([review]), "movies-dev")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        stack.status.deploy_action(),
        cfnkit_operation::stack::DeployAction::Create
    );
}

fn change_set(id: &str) -> Rule {
    Rule::of("DescribeChangeSet", [("ChangeSetName", id)])
}

async fn state(status: &str, reason: &str) -> ChangeSetState {
    let result = [tag("Status", status), tag("StatusReason", reason)];
    let rule = change_set("arn:cs").answered(&result.concat());
    let id = ChangeSetId {
        id: "arn:cs".to_owned(),
        stack_id: "arn:stack".to_owned(),
    };
    change_sets::state(&client([rule]), &id).await.unwrap()
}

#[tokio::test]
async fn both_texts_of_no_changes_are_known() {
    for reason in [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ] {
        assert_eq!(state("FAILED", reason).await, ChangeSetState::NoChanges);
    }
    let failed = state("FAILED", "Transform failed").await;
    assert_eq!(
        failed,
        ChangeSetState::Failed("Transform failed".to_owned())
    );
    assert_eq!(state("CREATE_PENDING", "").await, ChangeSetState::Pending);
    assert_eq!(state("CREATE_COMPLETE", "").await, ChangeSetState::Ready);
}

#[tokio::test]
async fn a_change_set_that_will_never_be_ready_is_not_pending() {
    for status in [
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "SHELVED",
    ] {
        assert_eq!(
            state(status, "").await,
            ChangeSetState::Lost(status.to_owned())
        );
    }
    assert_eq!(
        state("IMPORT_IN_PROGRESS", "").await,
        ChangeSetState::Pending
    );
}

#[test]
fn a_stack_that_is_in_the_way_is_told_by_its_text() {
    for text in [
        "Stack:arn:aws:cloudformation:eu-west-1:1:stack/movies-dev/1 is in UPDATE_IN_PROGRESS state and can not be updated.",
        "Stack [movies-dev] already exists and cannot be created again with the changeSet [xtask-1].",
        "Stack [arn:aws:cloudformation:eu-west-1:1:stack/movies-dev/1] cannot be deleted while in status UPDATE_IN_PROGRESS",
    ] {
        assert!(is_in_the_way(text), "{text}");
    }
    for text in [
        "Stack [movies-dev] cannot be deleted while TerminationProtection is enabled",
        "Parameters: [Colour] must have values",
    ] {
        assert!(!is_in_the_way(text), "{text}");
    }
}

#[tokio::test]
async fn a_failed_nested_change_set_gives_the_reason() {
    let nested_id = "arn:aws:cloudformation:eu-west-1:1:changeSet/x/y";
    let reason =
        format!("Nested change set {nested_id} was not successfully created: Currently in FAILED.");
    let failed = |reason: &str| tag("Status", "FAILED") + &tag("StatusReason", reason);
    let root = change_set("arn:root").answered(&failed(&reason));
    let cause = failed("Unresolved resource dependencies [X]");
    let cause = tag("StackName", "movies-dev-Api-1") + &cause;
    let nested = change_set(nested_id).answered(&cause);
    let id = ChangeSetId {
        id: "arn:root".to_owned(),
        stack_id: "arn:stack".to_owned(),
    };
    let state = change_sets::state(&client([root, nested]), &id)
        .await
        .unwrap();
    let expected = "movies-dev-Api-1: Unresolved resource dependencies [X]";
    assert_eq!(state, ChangeSetState::Failed(expected.to_owned()));
}

#[tokio::test]
async fn a_deleted_change_set_is_gone() {
    let asked = [("StackName", "movies-dev"), ("ChangeSetName", "xtask-1")];
    let gone = Rule::of("DescribeChangeSet", asked).refused(404, "ChangeSetNotFound", "gone");
    let deletion = change_sets::deletion(&client([gone]), "movies-dev", "xtask-1").await;
    assert_eq!(deletion.unwrap(), Deletion::Gone);
}

#[tokio::test]
async fn old_pages_of_events_are_not_read() {
    let event = |id: &str, time: &str| {
        [
            tag("EventId", id),
            tag("StackId", "arn:stack"),
            tag("StackName", "movies-dev"),
            tag("Timestamp", time),
        ]
        .concat()
    };
    let events = [
        event("new", "1970-01-01T00:00:20Z"),
        event("old", "1970-01-01T00:00:10Z"),
    ];
    // No rule answers for the second page.
    let first = Rule::of("DescribeStackEvents", [("StackName", "arn:stack")])
        .answered(&(list("StackEvents", events) + &tag("NextToken", "2")));
    let log = EventLog::new("arn:stack", 10_000);
    let events = events::new_events(&client([first]), "arn:stack", &log)
        .await
        .unwrap();
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["new"]);
}

/// What one deployment asks of CloudFormation: what all do, and `chosen`.
async fn requested(options: cfnkit_operation::options::Options, chosen: &[(&str, &str)]) {
    let asked = [
        ("StackName", "movies-dev"),
        ("ChangeSetName", "xtask-1"),
        ("ClientToken", "xtask-1"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", "Resources: {}"),
        ("Parameters", ""),
        ("Tags", ""),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("IncludeNestedStacks", "true"),
    ];
    let asked = asked.iter().chain(chosen).copied();
    let result = tag("Id", "arn:cs") + &tag("StackId", "arn:stack");
    let created = Rule::of("CreateChangeSet", asked).answered(&result);
    let request = change_sets::ChangeSetRequest {
        stack_name: "movies-dev",
        name: "xtask-1",
        creates: true,
        template: change_sets::RootTemplate::Text("Resources: {}"),
        parameters: &Default::default(),
        tags: &Default::default(),
        options: &options,
    };
    let created = change_sets::create(&client([created]), &request).await;
    assert_eq!(created.unwrap().id, "arn:cs");
}

#[tokio::test]
async fn what_is_not_chosen_is_not_asked_for() {
    requested(cfnkit_operation::options::Options::default(), &[]).await;
}

#[tokio::test]
async fn what_is_chosen_is_asked_for() {
    let options = cfnkit_operation::options::Options {
        on_failure: cfnkit_operation::options::OnFailure::Delete,
        express: true,
        role_arn: Some("arn:role".to_owned()),
        notify: vec!["arn:topic".to_owned()],
        rollback_alarms: vec!["arn:alarm".to_owned()],
        monitoring_minutes: Some(7),
        ..Default::default()
    };
    let trigger = "RollbackConfiguration.RollbackTriggers.member.1";
    let chosen = [
        ("OnStackFailure", "DELETE"),
        ("RoleARN", "arn:role"),
        ("NotificationARNs.member.1", "arn:topic"),
        ("RollbackConfiguration.MonitoringTimeInMinutes", "7"),
        (&format!("{trigger}.Arn"), "arn:alarm"),
        (&format!("{trigger}.Type"), "AWS::CloudWatch::Alarm"),
        ("DeploymentConfig.Mode", "EXPRESS"),
        // Express mode alone would turn the rollback off.
        ("DeploymentConfig.DisableRollback", "false"),
    ];
    requested(options, &chosen).await;
}
