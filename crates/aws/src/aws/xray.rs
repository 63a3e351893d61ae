//! X-Ray: traces of requests.

use serde_json::{Value, json};

use super::Connection;
use super::endpoint::XRAY;
use super::signed::{ALL, Most};
use crate::error::Result;
use cfnkit_console::error::{Context as _, Error as Words};

/// X-Ray gives no more traces at once.
const AT_ONCE: usize = 5;

/// A request that X-Ray sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSummary {
    /// ID of the trace.
    pub id: String,
    /// Seconds from the request to its answer.
    pub response_time: f64,
    /// HTTP status of the answer, where it is known.
    pub status: Option<u64>,
    /// `fault` for 5xx, `throttle` for 429, `error` for other 4xx.
    pub trouble: Option<&'static str>,
}

/// The segments of a trace, each a JSON document as its sender wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// ID of the trace.
    pub id: String,
    /// As they were sent.
    pub segments: Vec<Value>,
}

/// The traces between two times in seconds since 1970 that fit X-Ray's filter `expression`, the
/// newest first, `most` of them at most.
///
/// Source: X-Ray's `GetTraceSummaries`.
///
/// # Errors
///
/// A page cannot be read, or a trace in it has no ID.
pub async fn summaries(
    connection: &Connection,
    (start, end): (i64, i64),
    expression: &str,
    most: usize,
) -> Result<Vec<TraceSummary>> {
    let input = json!({ "StartTime": start, "EndTime": end, "FilterExpression": expression });
    let list = ("TraceSummaries", "NextToken");
    let limit = Most {
        members: most,
        ..ALL
    };
    let found = XRAY
        .list(connection, "TraceSummaries", input, list, limit)
        .await;
    let (found, _) = found.context("cannot find traces (xray:GetTraceSummaries)")?;
    let summaries = found.iter().map(trace_summary);
    let mut summaries = summaries.collect::<Result<Vec<_>>>()?;
    // The number in the middle of the ID is the time.
    summaries.sort_by(|one, other| other.id.cmp(&one.id));
    summaries.truncate(most);
    Ok(summaries)
}

/// Whole traces; one that X-Ray does not have is left out.
///
/// Source: X-Ray's `BatchGetTraces`.
///
/// # Errors
///
/// A call fails, or a trace in its answer has no ID or a segment that is no JSON document.
pub async fn traces(connection: &Connection, ids: &[String]) -> Result<Vec<Trace>> {
    let mut traces = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let input = json!({ "TraceIds": ids });
        let answer = XRAY.operate(connection, "Traces", &input).await;
        let answer = answer.context("cannot read traces (xray:BatchGetTraces)")?;
        for one in answer["Traces"].as_array().into_iter().flatten() {
            traces.push(trace(one)?);
        }
    }
    Ok(traces)
}

fn trace_summary(summary: &Value) -> Result<TraceSummary> {
    let troubles = [
        ("HasFault", "fault"),
        ("HasThrottle", "throttle"),
        ("HasError", "error"),
    ];
    let trouble = troubles.into_iter().find(|(name, _)| summary[name] == true);
    Ok(TraceSummary {
        id: id_of(summary)?,
        response_time: summary["ResponseTime"].as_f64().unwrap_or_default(),
        status: summary["Http"]["HttpStatus"].as_u64(),
        trouble: trouble.map(|(_, name)| name),
    })
}

fn trace(trace: &Value) -> Result<Trace> {
    let segments = trace["Segments"].as_array();
    let documents = segments.into_iter().flatten().map(|segment| {
        let document = segment["Document"].as_str();
        let document = document.context("a segment has no document")?;
        serde_json::from_str(document).context("a segment's document is not JSON")
    });
    Ok(Trace {
        id: id_of(trace)?,
        segments: documents.collect::<Result<_, Words>>()?,
    })
}

fn id_of(trace: &Value) -> Result<String> {
    let id = trace["Id"].as_str();
    Ok(id.context("a trace has no ID")?.to_owned())
}
