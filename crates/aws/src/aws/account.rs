//! What an account has beside the service: CloudTrail's trails, quotas, Lambda's limits.

use serde_json::{Value, json};

use super::{Connection, endpoint, signed};
use crate::error::{Context as _, Result};

const TRAILS: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";

/// A trail of CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// With the account and the region that it was made in.
    pub arn: String,
    /// Name of the bucket that it writes to.
    pub bucket: String,
    /// Whether it records all regions.
    pub is_multi_region: bool,
    /// Whether it is the organisation's, so that its settings may not be readable.
    pub is_of_organization: bool,
}

/// Source: CloudTrail's `DescribeTrails`, those of other regions and of the organisation included.
pub async fn trails(connection: &Connection) -> Result<Vec<Trail>> {
    let operation = format!("{TRAILS}.DescribeTrails");
    let answer = signed::operate(connection, endpoint::CLOUDTRAIL, &operation, &json!({})).await?;
    let trails = answer.get("trailList").and_then(Value::as_array);
    let trails = trails.into_iter().flatten().map(|trail| {
        let text = |name: &str| trail.get(name).and_then(Value::as_str).map(str::to_owned);
        let is = |name: &str| trail.get(name).and_then(Value::as_bool) == Some(true);
        Ok(Trail {
            arn: text("TrailARN").context("a trail has no ARN")?,
            bucket: text("S3BucketName").unwrap_or_default(),
            is_multi_region: is("IsMultiRegionTrail"),
            is_of_organization: is("IsOrganizationTrail"),
        })
    });
    trails.collect()
}

/// Whether a trail is logging.
///
/// Source: CloudTrail's `GetTrailStatus`.
pub async fn is_logging(connection: &Connection, trail: &Trail) -> Result<bool> {
    let operation = format!("{TRAILS}.GetTrailStatus");
    let input = json!({ "Name": trail.arn });
    let answer = signed::operate(connection, endpoint::CLOUDTRAIL, &operation, &input).await?;
    Ok(answer.get("IsLogging").and_then(Value::as_bool) == Some(true))
}

/// Whether a trail logs all management events, those that write and those that read.
///
/// Source: CloudTrail's `GetEventSelectors`.
pub async fn logs_management_events(connection: &Connection, trail: &Trail) -> Result<bool> {
    let operation = format!("{TRAILS}.GetEventSelectors");
    let input = json!({ "TrailName": trail.arn });
    let answer = signed::operate(connection, endpoint::CLOUDTRAIL, &operation, &input).await?;
    Ok(selects_management_events(&answer))
}

/// A trail has selectors of the one kind or of the other.
fn selects_management_events(selectors: &Value) -> bool {
    let list = |value: &Value, name: &str| -> Vec<Value> {
        let list = value.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let basic = list(selectors, "EventSelectors").iter().any(|selector| {
        selector
            .get("IncludeManagementEvents")
            .and_then(Value::as_bool)
            // The default.
            .unwrap_or(true)
            && selector
                .get("ReadWriteType")
                .and_then(Value::as_str)
                .is_none_or(|kind| kind == "All")
    });
    let is_management = |selector: &Value| {
        let fields = list(selector, "FieldSelectors");
        let names = |field: &Value| field.get("Field").and_then(Value::as_str) == Some("readOnly");
        let category = fields.iter().any(|field| {
            field.get("Field").and_then(Value::as_str) == Some("eventCategory")
                && list(field, "Equals") == [json!("Management")]
        });
        category && !fields.iter().any(names)
    };
    let advanced = list(selectors, "AdvancedEventSelectors");
    basic || advanced.iter().any(is_management)
}

/// Executions that the account can have at the same time, and those that no function reserves.
///
/// Source: Lambda's `GetAccountSettings`.
pub async fn concurrency(connection: &Connection) -> Result<(u64, u64)> {
    let path = "/2016-08-19/account-settings";
    let answer = signed::get_json(connection, endpoint::LAMBDA, path).await?;
    let limit = answer
        .get("AccountLimit")
        .context("Lambda names no limits")?;
    let figure = |name: &str| limit.get(name).and_then(Value::as_u64);
    figure("ConcurrentExecutions")
        .zip(figure("UnreservedConcurrentExecutions"))
        .context("Lambda names no concurrency")
}

/// The value of a quota as it applies to the account here.
///
/// Source: Service Quotas' `GetServiceQuota`.
pub async fn quota(connection: &Connection, service: &str, code: &str) -> Result<f64> {
    let input = json!({ "ServiceCode": service, "QuotaCode": code });
    let operation = "ServiceQuotasV20190624.GetServiceQuota";
    let answer = signed::operate(connection, endpoint::SERVICE_QUOTAS, operation, &input).await?;
    let value = answer.get("Quota").and_then(|quota| quota.get("Value"));
    value
        .and_then(Value::as_f64)
        .context("the quota has no value")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The selectors that CloudTrail's user guide shows.
    #[test]
    fn management_events_are_found_in_selectors_of_both_kinds() {
        let basic = |kind: &str, includes: bool| {
            json!({ "EventSelectors": [{
                "ReadWriteType": kind, "IncludeManagementEvents": includes, "DataResources": []
            }] })
        };
        assert!(selects_management_events(&basic("All", true)));
        assert!(!selects_management_events(&basic("WriteOnly", true)));
        assert!(!selects_management_events(&basic("All", false)));
        let advanced = |more: Value| {
            let mut fields = vec![json!({ "Field": "eventCategory", "Equals": ["Management"] })];
            fields.extend(more.as_array().cloned().unwrap_or_default());
            json!({ "AdvancedEventSelectors": [{ "Name": "x", "FieldSelectors": fields }] })
        };
        assert!(selects_management_events(&advanced(json!([]))));
        let write_only = json!([{ "Field": "readOnly", "Equals": ["false"] }]);
        assert!(!selects_management_events(&advanced(write_only)));
        let data = json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Data"] },
            { "Field": "resources.type", "Equals": ["AWS::S3::Object"] }
        ] }] });
        assert!(!selects_management_events(&data));
        assert!(!selects_management_events(&json!({})));
    }
}
