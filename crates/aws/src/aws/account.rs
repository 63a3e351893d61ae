//! What an account has beside the service: CloudTrail's trails, quotas, Lambda's limits.

use serde_json::{Value, json};

use super::Connection;
use super::endpoint::{CLOUDTRAIL, LAMBDA, SERVICE_QUOTAS};
use crate::error::Result;
use cfnkit_console::error::Context as _;

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
///
/// # Errors
///
/// The call fails, its answer is not JSON, or a trail in it has no ARN.
pub async fn trails(connection: &Connection) -> Result<Vec<Trail>> {
    let answer = CLOUDTRAIL
        .operate(connection, "DescribeTrails", &json!({}))
        .await?;
    let trails = answer["trailList"].as_array();
    let trails = trails.into_iter().flatten().map(|trail| {
        let text = |name: &str| trail[name].as_str().map(str::to_owned);
        Ok(Trail {
            arn: text("TrailARN").context("a trail has no ARN")?,
            bucket: text("S3BucketName").unwrap_or_default(),
            is_multi_region: trail["IsMultiRegionTrail"] == true,
            is_of_organization: trail["IsOrganizationTrail"] == true,
        })
    });
    trails.collect()
}

/// Whether a trail is logging.
///
/// Source: CloudTrail's `GetTrailStatus`.
///
/// # Errors
///
/// The call fails, or its answer is not JSON. One that lacks the status is a trail that does not
/// log.
pub async fn is_logging(connection: &Connection, trail: &Trail) -> Result<bool> {
    let input = json!({ "Name": trail.arn });
    let answer = CLOUDTRAIL
        .operate(connection, "GetTrailStatus", &input)
        .await?;
    Ok(answer["IsLogging"] == true)
}

/// Whether a trail logs all management events, those that write and those that read.
///
/// Source: CloudTrail's `GetEventSelectors`.
///
/// # Errors
///
/// The call fails, or its answer is not JSON. One without selectors is a trail that does not log
/// them.
pub async fn logs_management_events(connection: &Connection, trail: &Trail) -> Result<bool> {
    let input = json!({ "TrailName": trail.arn });
    let answer = CLOUDTRAIL
        .operate(connection, "GetEventSelectors", &input)
        .await?;
    Ok(selects_management_events(&answer))
}

/// A trail has selectors of the one kind or of the other.
fn selects_management_events(selectors: &Value) -> bool {
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let basic = list(&selectors["EventSelectors"]).into_iter();
    let mut basic = basic.filter(|selector| {
        // The defaults.
        selector["IncludeManagementEvents"]
            .as_bool()
            .unwrap_or(true)
            && selector["ReadWriteType"].as_str().unwrap_or("All") == "All"
    });
    let advanced = list(&selectors["AdvancedEventSelectors"]).into_iter();
    let mut advanced = advanced.map(|selector| list(&selector["FieldSelectors"]));
    basic.next().is_some()
        || advanced.any(|fields| {
            let is_management = |field: &Value| {
                field["Field"] == "eventCategory" && field["Equals"] == json!(["Management"])
            };
            let chooses = |field: &Value| field["Field"] == "readOnly";
            fields.iter().any(is_management) && !fields.iter().any(chooses)
        })
}

/// Executions that the account can have at the same time, and those that no function reserves.
///
/// Source: Lambda's `GetAccountSettings`.
///
/// # Errors
///
/// The call fails, or its answer lacks one of the two figures.
pub async fn concurrency(connection: &Connection) -> Result<(u64, u64)> {
    let path = "/2016-08-19/account-settings";
    let answer = LAMBDA.get_json(connection, path).await?;
    let figure = |name: &str| answer["AccountLimit"][name].as_u64();
    Ok(figure("ConcurrentExecutions")
        .zip(figure("UnreservedConcurrentExecutions"))
        .context("Lambda names no concurrency")?)
}

/// The value of a quota as it applies to the account here, in the quota's own unit; `service` and
/// `code` are as in `vpc` and `L-F678F1CE`.
///
/// Source: Service Quotas' `GetServiceQuota`.
///
/// # Errors
///
/// The call fails, or its answer has no value.
pub async fn quota(connection: &Connection, service: &str, code: &str) -> Result<f64> {
    let input = json!({ "ServiceCode": service, "QuotaCode": code });
    let answer = SERVICE_QUOTAS
        .operate(connection, "GetServiceQuota", &input)
        .await?;
    let value = answer["Quota"]["Value"].as_f64();
    Ok(value.context("the quota has no value")?)
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
