//! CloudWatch Logs: events of a log group.

use serde_json::{Value, json};

use super::Connection;
use super::endpoint::LOGS;
use super::signed::{ALL, Most};
use crate::error::Result;
use cfnkit_console::error::Context as _;

/// The most of one search; a page is up to 10,000 events or 1 MB.
const MOST: Most = Most { pages: 50, ..ALL };

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
///
/// # Errors
///
/// A page cannot be read, as for a group that is not there, or an event in it has no time.
pub async fn find(
    connection: &Connection,
    group: &str,
    (start, end): (i64, i64),
    pattern: &str,
) -> Result<Found> {
    let mut input = json!({ "logGroupName": group, "startTime": start, "endTime": end });
    if !pattern.is_empty() {
        input["filterPattern"] = json!(pattern);
    }
    let list = ("events", "nextToken");
    let found = LOGS
        .list(connection, "FilterLogEvents", input, list, MOST)
        .await;
    let (events, is_cut_off) =
        found.with_context(|| format!("cannot read log group `{group}` (logs:FilterLogEvents)"))?;
    let events = events.iter().map(log_event);
    let mut events = events.collect::<Result<Vec<_>>>()?;
    events.sort_by_key(|event| event.timestamp);
    Ok(Found { events, is_cut_off })
}

/// The names of the log groups that begin with `prefix`.
///
/// Source: CloudWatch Logs' `DescribeLogGroups`.
///
/// # Errors
///
/// A page cannot be read. That no group begins so is no error.
pub async fn groups(connection: &Connection, prefix: &str) -> Result<Vec<String>> {
    let input = json!({ "logGroupNamePrefix": prefix });
    let list = ("logGroups", "nextToken");
    let groups = LOGS
        .list(connection, "DescribeLogGroups", input, list, ALL)
        .await;
    let (groups, _) = groups.context("cannot list log groups (logs:DescribeLogGroups)")?;
    let names = groups
        .iter()
        .filter_map(|group| group["logGroupName"].as_str());
    Ok(names.map(ToOwned::to_owned).collect())
}

fn log_event(event: &Value) -> Result<LogEvent> {
    let text = |name: &str| event[name].as_str().map(ToOwned::to_owned);
    let message = text("message").unwrap_or_default();
    // The emulator's events have no ID; without one of its own each would be taken for the first.
    let id = text("eventId").unwrap_or_else(|| {
        let stream = text("logStreamName").unwrap_or_default();
        format!("{} {stream} {message}", event["timestamp"])
    });
    let timestamp = event["timestamp"].as_i64();
    Ok(LogEvent {
        id,
        timestamp: timestamp.context("a log event has no time")?,
        message,
    })
}
