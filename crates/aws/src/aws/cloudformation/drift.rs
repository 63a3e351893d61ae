//! Drift: what was changed behind CloudFormation's back.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self, StackDriftDetectionStatus, StackResourceDriftStatus as Status,
};

use crate::aws::reason::readable;
use crate::error::Result;
use cfnkit_change::change_set::{Action, Change, PropertyChange};
use cfnkit_console::error::Context as _;

/// How far a detection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detection {
    /// It is going on.
    Running,
    /// Every resource that can be was looked at.
    Complete,
    /// Some resources could not be looked at.
    Failed(String),
}

/// Starts a detection for one stack, without those nested in it; returns its ID.
///
/// Source: CloudFormation's `DetectStackDrift`.
///
/// # Errors
///
/// The call fails, or its answer has no ID.
pub async fn detect(cfn: &Client, stack_id: &str) -> Result<String> {
    let started = cfn.detect_stack_drift().stack_name(stack_id).send().await;
    let started = started
        .map_err(readable)
        .with_context(|| format!("cannot detect the drift of stack `{stack_id}`"))?;
    Ok(started
        .stack_drift_detection_id()
        .context("the drift detection has no ID")?
        .to_owned())
}

/// As CloudFormation's `DescribeStackDriftDetectionStatus` has it.
///
/// # Errors
///
/// The call fails. A detection that failed is `Detection::Failed`.
pub async fn detection(cfn: &Client, id: &str) -> Result<Detection> {
    let status = cfn
        .describe_stack_drift_detection_status()
        .stack_drift_detection_id(id)
        .send()
        .await
        .map_err(readable)
        .context("cannot see how far the drift detection is")?;
    Ok(match status.detection_status() {
        Some(StackDriftDetectionStatus::DetectionComplete) => Detection::Complete,
        Some(StackDriftDetectionStatus::DetectionFailed) => {
            let reason = status.detection_status_reason();
            Detection::Failed(reason.unwrap_or("no reason given").to_owned())
        }
        Some(StackDriftDetectionStatus::DetectionInProgress) => Detection::Running,
        // One that is not known does not keep what was compared from being shown.
        Some(status) if status.as_str().ends_with("_IN_PROGRESS") => Detection::Running,
        status => {
            let status = status.map_or("without a status", |status| status.as_str());
            Detection::Failed(format!("the detection is {status}"))
        }
    })
}

/// What was changed or deleted, as changes from what the template wants to what is there.
///
/// Source: CloudFormation's `DescribeStackResourceDrifts`.
///
/// # Errors
///
/// A page cannot be read.
pub async fn drifted(cfn: &Client, stack_id: &str) -> Result<Vec<Change>> {
    let drifts = cfn
        .describe_stack_resource_drifts()
        .stack_name(stack_id)
        .stack_resource_drift_status_filters(Status::Modified)
        .stack_resource_drift_status_filters(Status::Deleted);
    let pages = drifts.into_paginator().send().try_collect().await;
    let pages = pages
        .map_err(readable)
        .with_context(|| format!("cannot read the drift of stack `{stack_id}`"))?;
    let drifts = pages.iter().flat_map(|page| page.stack_resource_drifts());
    let mut changes: Vec<Change> = drifts.map(to_change).collect();
    changes.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    Ok(changes)
}

fn to_change(drift: &types::StackResourceDrift) -> Change {
    let status = drift.stack_resource_drift_status();
    let action = match status {
        Some(Status::Deleted) => Action::Remove,
        _ => Action::Modify,
    };
    // Only two were asked for.
    let other = status.filter(|status| !matches!(status, Status::Modified | Status::Deleted));
    let differences = drift.property_differences().iter();
    let properties = differences
        .map(|difference| PropertyChange {
            path: difference
                .property_path()
                .unwrap_or_default()
                .trim_start_matches('/')
                .replace('/', "."),
            before: difference.expected_value().map(ToOwned::to_owned),
            after: difference.actual_value().map(ToOwned::to_owned),
            ..PropertyChange::default()
        })
        .collect();
    let logical_id = drift.logical_resource_id().unwrap_or_default();
    let resource_type = drift.resource_type().unwrap_or_default();
    Change {
        properties,
        notes: other
            .iter()
            .map(|status| format!("its drift is {status}"))
            .collect(),
        ..Change::new(action, logical_id, resource_type)
    }
}

#[cfg(test)]
mod tests {
    use cfnkit_scripted_cloud::cloud::xml::{list, optional, tag};
    use cfnkit_scripted_cloud::rule::{Rule, in_any_order};
    use expect_test::expect;

    use super::*;
    use cfnkit_change::change_set::render;

    fn drift(logical_id: &str, status: &str) -> String {
        let difference = [
            tag("PropertyPath", "/Tags/0/Value"),
            tag("ExpectedValue", "dev"),
            tag("ActualValue", "test"),
            tag("DifferenceType", "NOT_EQUAL"),
        ];
        let difference = (status == "MODIFIED").then(|| difference.concat());
        [
            tag("StackId", "arn:stack"),
            tag("LogicalResourceId", logical_id),
            tag("ResourceType", "AWS::Logs::LogGroup"),
            list("PropertyDifferences", difference),
            tag("StackResourceDriftStatus", status),
            tag("Timestamp", "1970-01-01T00:00:00.000Z"),
        ]
        .concat()
    }

    #[tokio::test]
    async fn a_detection_in_a_status_that_is_not_known_keeps_nothing_from_being_shown() {
        for (status, expected) in [
            ("DETECTION_PAUSED_IN_PROGRESS", Detection::Running),
            (
                "DETECTION_PARTIAL",
                Detection::Failed("the detection is DETECTION_PARTIAL".to_owned()),
            ),
        ] {
            let asked = [("StackDriftDetectionId", "drift")];
            let rule = Rule::of("DescribeStackDriftDetectionStatus", asked)
                .answered(&tag("DetectionStatus", status));
            let cfn = Client::new(&in_any_order([rule]));
            assert_eq!(detection(&cfn, "drift").await.unwrap(), expected);
        }
    }

    /// The values that are there come second, and all pages are read.
    #[tokio::test]
    async fn what_was_changed_and_deleted_is_a_tree_of_changes() {
        let asked = [
            ("StackName", "arn:stack"),
            ("StackResourceDriftStatusFilters.member.1", "MODIFIED"),
            ("StackResourceDriftStatusFilters.member.2", "DELETED"),
        ];
        let page = |drift: String, token: Option<&str>| {
            list("StackResourceDrifts", [drift]) + &optional("NextToken", token)
        };
        let first = Rule::of("DescribeStackResourceDrifts", asked)
            .answered(&page(drift("Logs", "MODIFIED"), Some("2")));
        let asked = asked.into_iter().chain([("NextToken", "2")]);
        let second = Rule::of("DescribeStackResourceDrifts", asked)
            .answered(&page(drift("Gone", "DELETED"), None));
        let cfn = Client::new(&in_any_order([first, second]));
        // The first line keeps the indentation of the others visible.
        let tree = render(&drifted(&cfn, "arn:stack").await.unwrap());
        let tree = format!("movies-dev\n{tree}");
        expect![[r#"
            movies-dev
              - Gone  AWS::Logs::LogGroup
              ~ Logs  AWS::Logs::LogGroup
                └─ Tags.0.Value: dev -> test
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&tree).to_string());
    }
}
