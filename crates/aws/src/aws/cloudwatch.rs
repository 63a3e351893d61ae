//! CloudWatch: metrics and alarms.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Connection;
use super::endpoint::CLOUDWATCH;
use super::signed::ALL;
use crate::error::Result;
use cfnkit_console::error::Context as _;

/// A metric, and what to make of its data points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// By which the answer is found again: a small letter, then letters and digits.
    pub id: &'static str,
    /// As in `AWS/Lambda`.
    pub namespace: &'static str,
    /// As in `Invocations`.
    pub name: &'static str,
    /// Names and values; all that the metric has.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Sum`, `SampleCount`, `Average`, `Maximum` or a percentile.
    pub statistic: &'static str,
}

/// The state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Unique in the region.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// CloudWatch's words for the state.
    pub reason: String,
}

/// The data points of the metrics between two times in seconds since 1970, one a `period` of
/// seconds, the oldest first, by the queries' IDs. A metric without data has none.
///
/// Source: CloudWatch's `GetMetricData`.
///
/// # Errors
///
/// A page cannot be read; what was read before is not given.
pub async fn metrics(
    connection: &Connection,
    queries: &[MetricQuery],
    (start, end): (i64, i64),
    period: i64,
) -> Result<BTreeMap<&'static str, Vec<f64>>> {
    let wanted: Vec<Value> = queries.iter().map(|query| wanted(query, period)).collect();
    let input = json!({
        "MetricDataQueries": wanted,
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    });
    let list = ("MetricDataResults", "NextToken");
    let results = CLOUDWATCH
        .list(connection, "GetMetricData", input, list, ALL)
        .await;
    let (results, _) = results.context("cannot read metrics (cloudwatch:GetMetricData)")?;
    let values = queries.iter().map(|query| {
        let of_query = results.iter().filter(|result| result["Id"] == query.id);
        let values = of_query.filter_map(|result| result["Values"].as_array());
        (
            query.id,
            values.flatten().filter_map(Value::as_f64).collect(),
        )
    });
    Ok(values.collect())
}

fn wanted(query: &MetricQuery, period: i64) -> Value {
    let dimensions: Vec<Value> = query
        .dimensions
        .iter()
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    json!({
        "Id": query.id,
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.name,
                "Dimensions": dimensions,
            },
            "Period": period,
            "Stat": query.statistic,
        },
    })
}

/// The alarms with names that begin with `prefix`.
///
/// Source: CloudWatch's `DescribeAlarms`.
///
/// # Errors
///
/// A page cannot be read, or an alarm in it lacks its name or its state.
pub async fn alarms(connection: &Connection, prefix: &str) -> Result<Vec<Alarm>> {
    let input = json!({ "AlarmNamePrefix": prefix, "MaxRecords": 100 });
    let list = ("MetricAlarms", "NextToken");
    let alarms = CLOUDWATCH
        .list(connection, "DescribeAlarms", input, list, ALL)
        .await;
    let (alarms, _) = alarms.context("cannot read alarms (cloudwatch:DescribeAlarms)")?;
    let alarms = alarms.iter().map(|alarm| {
        let text = |name: &str| alarm[name].as_str().map(ToOwned::to_owned);
        Ok(Alarm {
            name: text("AlarmName").context("an alarm has no name")?,
            state: text("StateValue").context("an alarm has no state")?,
            reason: text("StateReason").unwrap_or_default(),
        })
    });
    alarms.collect()
}
