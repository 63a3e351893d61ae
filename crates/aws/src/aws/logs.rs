//! CloudWatch Logs: events of a log group.

use serde_json::{Value, json};

use super::endpoint::{self, Service};
use super::{Connection, signed};
use crate::error::{Context as _, Result};

const SERVICE: Service = endpoint::LOGS;

/// The most pages of one search; a page is up to 10,000 events or 1 MB.
const PAGES: usize = 50;

/// One event of a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Unique in the log group.
    pub id: String,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// As it was logged.
    pub message: String,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The oldest first.
    pub events: Vec<LogEvent>,
    /// Whether there is more than was read.
    pub is_cut_off: bool,
}

/// The events of `group` between two times in milliseconds since 1970, the oldest first, that
/// match CloudWatch's filter `pattern`; all where it is empty.
///
/// Source: CloudWatch Logs' `FilterLogEvents`.
pub async fn find(
    connection: &Connection,
    group: &str,
    (start, end): (i64, i64),
    pattern: &str,
) -> Result<Found> {
    let mut found = Found::default();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut input = json!({
            "logGroupName": group,
            "startTime": start,
            "endTime": end,
        });
        if !pattern.is_empty() {
            input["filterPattern"] = json!(pattern);
        }
        if let Some(token) = &token {
            input["nextToken"] = json!(token);
        }
        let operation = "Logs_20140328.FilterLogEvents";
        let answer = signed::operate(connection, SERVICE, operation, &input)
            .await
            .with_context(|| format!("cannot read log group `{group}` (logs:FilterLogEvents)"))?;
        let events = answer.get("events").and_then(Value::as_array);
        for event in events.into_iter().flatten() {
            found.events.push(log_event(event)?);
        }
        token = answer
            .get("nextToken")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    found.is_cut_off = token.is_some();
    found.events.sort_by_key(|event| event.timestamp);
    Ok(found)
}

/// The names of the log groups that begin with `prefix`.
///
/// Source: CloudWatch Logs' `DescribeLogGroups`.
pub async fn groups(connection: &Connection, prefix: &str) -> Result<Vec<String>> {
    let operation = "Logs_20140328.DescribeLogGroups";
    let input = json!({ "logGroupNamePrefix": prefix });
    let pages = signed::operate_to_the_end(connection, SERVICE, operation, "nextToken", input)
        .await
        .context("cannot list log groups (logs:DescribeLogGroups)")?;
    let groups = pages
        .iter()
        .filter_map(|page| page.get("logGroups")?.as_array());
    let names = groups.flatten();
    let names = names.filter_map(|group| group.get("logGroupName")?.as_str());
    Ok(names.map(ToOwned::to_owned).collect())
}

fn log_event(event: &Value) -> Result<LogEvent> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    // The emulator's events have no ID; without one of its own each would be taken for the first.
    let id = text("eventId").map(ToOwned::to_owned).unwrap_or_else(|| {
        let (time, stream) = (&event["timestamp"], text("logStreamName"));
        let message = text("message").unwrap_or_default();
        format!("{time} {} {message}", stream.unwrap_or_default())
    });
    Ok(LogEvent {
        id,
        timestamp: event
            .get("timestamp")
            .and_then(Value::as_i64)
            .context("a log event has no time")?,
        message: text("message").unwrap_or_default().to_owned(),
    })
}
