use aws_sdk_cloudformation::error::ErrorMetadata;
use aws_sdk_cloudformation::operation::create_change_set::{
    CreateChangeSetInput, CreateChangeSetOutput,
};
use aws_sdk_cloudformation::operation::describe_change_set::{
    DescribeChangeSetError, DescribeChangeSetOutput,
};
use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
use aws_sdk_cloudformation::operation::describe_stacks::{
    DescribeStacksError, DescribeStacksOutput,
};
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::change_sets::{self, ChangeSetId, ChangeSetState, Deletion};
use super::*;
use cfnkit_change::change_set::{Action, Change};
use cfnkit_console::error::chain;
use cfnkit_operation::event::EventLog;

fn client(rules: &[&Rule]) -> Client {
    mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, rules)
}

#[tokio::test]
async fn an_absent_stack_is_none() {
    let absent = mock!(Client::describe_stacks).then_error(|| {
        let metadata = ErrorMetadata::builder()
            .code("ValidationError")
            .message("Stack with id movies-dev does not exist")
            .build();
        DescribeStacksError::generic(metadata)
    });
    assert!(
        find_stack(&client(&[&absent]), "movies-dev")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn another_error_is_an_error_with_its_code() {
    let denied = mock!(Client::describe_stacks).then_error(|| {
        let metadata = ErrorMetadata::builder()
            .code("AccessDenied")
            .message("not you")
            .build();
        DescribeStacksError::generic(metadata)
    });
    let err = find_stack(&client(&[&denied]), "movies-dev")
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
    let review = mock!(Client::describe_stacks).then_output(|| {
        let stack = types::Stack::builder()
            .stack_id("arn:stack")
            .stack_name("movies-dev")
            .stack_status(types::StackStatus::ReviewInProgress)
            .creation_time(DateTime::from_secs(0))
            .build();
        DescribeStacksOutput::builder().stacks(stack).build()
    });
    let stack = find_stack(&client(&[&review]), "movies-dev")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        stack.status.deploy_action(),
        cfnkit_operation::stack::DeployAction::Create
    );
}

async fn state(status: types::ChangeSetStatus, reason: &str) -> ChangeSetState {
    let output = DescribeChangeSetOutput::builder()
        .status(status)
        .status_reason(reason)
        .build();
    let rule = mock!(Client::describe_change_set).then_output(move || output.clone());
    let id = ChangeSetId {
        id: "arn:cs".to_owned(),
        stack_id: "arn:stack".to_owned(),
    };
    change_sets::state(&client(&[&rule]), &id).await.unwrap()
}

#[tokio::test]
async fn both_texts_of_no_changes_are_known() {
    for reason in [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ] {
        assert_eq!(
            state(types::ChangeSetStatus::Failed, reason).await,
            ChangeSetState::NoChanges
        );
    }
    let failed = state(types::ChangeSetStatus::Failed, "Transform failed").await;
    assert_eq!(
        failed,
        ChangeSetState::Failed("Transform failed".to_owned())
    );
    assert_eq!(
        state(types::ChangeSetStatus::CreatePending, "").await,
        ChangeSetState::Pending
    );
    assert_eq!(
        state(types::ChangeSetStatus::CreateComplete, "").await,
        ChangeSetState::Ready
    );
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
            state(types::ChangeSetStatus::from(status), "").await,
            ChangeSetState::Lost(status.to_owned())
        );
    }
    let running = types::ChangeSetStatus::from("IMPORT_IN_PROGRESS");
    assert_eq!(state(running, "").await, ChangeSetState::Pending);
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
    let root = mock!(Client::describe_change_set)
        .match_requests(|request| request.change_set_name() == Some("arn:root"))
        .then_output(|| {
            DescribeChangeSetOutput::builder()
                .status(types::ChangeSetStatus::Failed)
                .status_reason(
                    "Nested change set arn:aws:cloudformation:eu-west-1:1:changeSet/x/y was not \
                     successfully created: Currently in FAILED.",
                )
                .build()
        });
    let nested = mock!(Client::describe_change_set)
        .match_requests(|request| {
            request.change_set_name() == Some("arn:aws:cloudformation:eu-west-1:1:changeSet/x/y")
        })
        .then_output(|| {
            DescribeChangeSetOutput::builder()
                .stack_name("movies-dev-Api-1")
                .status(types::ChangeSetStatus::Failed)
                .status_reason("Unresolved resource dependencies [X]")
                .build()
        });
    let id = ChangeSetId {
        id: "arn:root".to_owned(),
        stack_id: "arn:stack".to_owned(),
    };
    let state = change_sets::state(&client(&[&root, &nested]), &id)
        .await
        .unwrap();
    let expected = "movies-dev-Api-1: Unresolved resource dependencies [X]";
    assert_eq!(state, ChangeSetState::Failed(expected.to_owned()));
}

fn resource(logical_id: &str, nested: Option<&str>, value: Option<&str>) -> types::Change {
    let target = types::ResourceTargetDefinition::builder()
        .attribute(types::ResourceAttribute::Properties)
        .name("RateLimit")
        .path("/Properties/Throttle/RateLimit")
        .set_after_value(value.map(ToOwned::to_owned))
        .build();
    let change = types::ResourceChange::builder()
        .action(types::ChangeAction::Modify)
        .logical_resource_id(logical_id)
        .resource_type("AWS::ApiGateway::UsagePlan")
        .replacement(types::Replacement::False)
        .details(
            types::ResourceChangeDetail::builder()
                .target(target)
                .build(),
        )
        .set_change_set_id(nested.map(ToOwned::to_owned))
        .build();
    types::Change::builder().resource_change(change).build()
}

/// A page of the change set `id`; the second page holds `last`.
fn page(
    id: &'static str,
    with_values: bool,
    token: Option<&'static str>,
    output: DescribeChangeSetOutput,
) -> Rule {
    mock!(Client::describe_change_set)
        .match_requests(move |request| {
            request.change_set_name() == Some(id)
                && request.include_property_values() == Some(with_values)
                && request.next_token() == token
        })
        .then_output(move || output.clone())
}

#[tokio::test]
async fn pages_and_nested_change_sets_are_merged() {
    let output = DescribeChangeSetOutput::builder;
    let rules = [
        page(
            "root",
            false,
            None,
            output()
                .changes(resource("A", None, None))
                .next_token("2")
                .build(),
        ),
        page(
            "root",
            false,
            Some("2"),
            output()
                .changes(resource("B", Some("nested"), None))
                .build(),
        ),
        // The detailed answer has lost `B`.
        page(
            "root",
            true,
            None,
            output().changes(resource("A", None, Some("60"))).build(),
        ),
        page(
            "nested",
            false,
            None,
            output().changes(resource("C", None, None)).build(),
        ),
        page(
            "nested",
            true,
            None,
            output().changes(resource("C", None, None)).build(),
        ),
    ];
    let listed = changes::read(&client(&rules.iter().collect::<Vec<_>>()), "root")
        .await
        .unwrap();
    let ids = |changes: &[Change]| -> Vec<String> {
        changes
            .iter()
            .map(|change| change.logical_id.clone())
            .collect()
    };
    assert_eq!(listed.change_sets, ["root", "nested"]);
    let changes = listed.changes;
    assert_eq!(ids(&changes), ["A", "B"]);
    assert_eq!(changes[0].action, Action::Modify);
    assert_eq!(changes[0].properties[0].path, "Throttle.RateLimit");
    assert_eq!(changes[0].properties[0].after.as_deref(), Some("60"));
    assert_eq!(ids(changes[1].nested.as_deref().unwrap()), ["C"]);
}

#[tokio::test]
async fn a_deleted_change_set_is_gone() {
    let gone = mock!(Client::describe_change_set).then_error(|| {
        let metadata = ErrorMetadata::builder()
            .code("ChangeSetNotFound")
            .message("gone")
            .build();
        DescribeChangeSetError::generic(metadata)
    });
    let deletion = change_sets::deletion(&client(&[&gone]), "movies-dev", "xtask-1").await;
    assert_eq!(deletion.unwrap(), Deletion::Gone);
}

#[tokio::test]
async fn old_pages_of_events_are_not_read() {
    let event = |id: &str, seconds: i64| {
        types::StackEvent::builder()
            .event_id(id)
            .stack_id("arn:stack")
            .stack_name("movies-dev")
            .timestamp(DateTime::from_secs(seconds))
            .build()
    };
    // A second page would be an error: no rule answers it.
    let first = mock!(Client::describe_stack_events)
        .match_requests(|request| request.next_token().is_none())
        .then_output(move || {
            DescribeStackEventsOutput::builder()
                .stack_events(event("new", 20))
                .stack_events(event("old", 10))
                .next_token("2")
                .build()
        });
    let log = EventLog::new("arn:stack", 10_000);
    let events = events::new_events(&client(&[&first]), "arn:stack", &log)
        .await
        .unwrap();
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["new"]);
}

/// What one deployment asks of CloudFormation, as the change set's request has it.
async fn requested(
    options: cfnkit_operation::options::Options,
    check: impl Fn(&CreateChangeSetInput) -> bool + Send + Sync + 'static,
) {
    let created = mock!(Client::create_change_set)
        .match_requests(check)
        .then_output(|| {
            CreateChangeSetOutput::builder()
                .id("arn:cs")
                .stack_id("arn:stack")
                .build()
        });
    let request = change_sets::ChangeSetRequest {
        stack_name: "movies-dev",
        name: "xtask-1",
        creates: true,
        template: change_sets::RootTemplate::Text("Resources: {}"),
        parameters: &Default::default(),
        tags: &Default::default(),
        options: &options,
    };
    let created = change_sets::create(&client(&[&created]), &request).await;
    assert_eq!(created.unwrap().id, "arn:cs");
}

#[tokio::test]
async fn what_is_not_chosen_is_not_asked_for() {
    requested(cfnkit_operation::options::Options::default(), |request| {
        request.on_stack_failure().is_none()
            && request.role_arn().is_none()
            && request.notification_arns().is_empty()
            && request.rollback_configuration().is_none()
            && request.deployment_config().is_none()
            && request.include_nested_stacks() == Some(true)
            && request.client_token() == Some("xtask-1")
    })
    .await;
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
    requested(options, |request| {
        let rollback = request.rollback_configuration().unwrap();
        let triggers = rollback.rollback_triggers();
        // Express mode alone would turn the rollback off.
        let config = request.deployment_config().unwrap();
        request.on_stack_failure() == Some(&types::OnStackFailure::Delete)
            && request.role_arn() == Some("arn:role")
            && request.notification_arns() == ["arn:topic"]
            && rollback.monitoring_time_in_minutes() == Some(7)
            && triggers.len() == 1
            && triggers[0].arn() == Some("arn:alarm")
            && triggers[0].r#type() == Some("AWS::CloudWatch::Alarm")
            && config.mode() == Some(&types::DeploymentConfigMode::Express)
            && config.disable_rollback() == Some(false)
    })
    .await;
}
