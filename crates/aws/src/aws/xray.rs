//! X-Ray: traces of requests.

use serde_json::{Value, json};

use super::endpoint::{self, Service};
use super::{Connection, signed};
use crate::error::{Context as _, Result};

const SERVICE: Service = endpoint::XRAY;

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
/// newest first.
///
/// Source: X-Ray's `GetTraceSummaries`.
pub async fn summaries(
    connection: &Connection,
    (start, end): (i64, i64),
    expression: &str,
    most: usize,
) -> Result<Vec<TraceSummary>> {
    let mut summaries = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut input = json!({
            "StartTime": start,
            "EndTime": end,
            "FilterExpression": expression,
        });
        if let Some(token) = &token {
            input["NextToken"] = json!(token);
        }
        let answer = signed::send_json(connection, SERVICE, "POST", "/TraceSummaries", &input)
            .await
            .context("cannot find traces (xray:GetTraceSummaries)")?;
        let list = answer.get("TraceSummaries").and_then(Value::as_array);
        for summary in list.into_iter().flatten() {
            summaries.push(trace_summary(summary)?);
        }
        token = answer
            .get("NextToken")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned);
        if token.is_none() || summaries.len() >= most {
            break;
        }
    }
    // The number in the middle of the ID is the time.
    summaries.sort_by(|one, other| other.id.cmp(&one.id));
    summaries.truncate(most);
    Ok(summaries)
}

/// Whole traces; one that X-Ray does not have is left out.
///
/// Source: X-Ray's `BatchGetTraces`.
pub async fn traces(connection: &Connection, ids: &[String]) -> Result<Vec<Trace>> {
    let mut traces = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let input = json!({ "TraceIds": ids });
        let answer = signed::send_json(connection, SERVICE, "POST", "/Traces", &input)
            .await
            .context("cannot read traces (xray:BatchGetTraces)")?;
        let list = answer.get("Traces").and_then(Value::as_array);
        for one in list.into_iter().flatten() {
            traces.push(trace(one)?);
        }
    }
    Ok(traces)
}

fn trace_summary(summary: &Value) -> Result<TraceSummary> {
    let is = |name: &str| summary.get(name).and_then(Value::as_bool) == Some(true);
    let trouble = [
        ("HasFault", "fault"),
        ("HasThrottle", "throttle"),
        ("HasError", "error"),
    ];
    let trouble = trouble.into_iter().find(|(name, _)| is(name));
    let status = summary.get("Http").and_then(|http| http.get("HttpStatus"));
    Ok(TraceSummary {
        id: id_of(summary)?,
        response_time: summary
            .get("ResponseTime")
            .and_then(Value::as_f64)
            .unwrap_or_default(),
        status: status.and_then(Value::as_u64),
        trouble: trouble.map(|(_, name)| name),
    })
}

fn trace(trace: &Value) -> Result<Trace> {
    let segments = trace.get("Segments").and_then(Value::as_array);
    let documents = segments.into_iter().flatten().map(|segment| {
        let document = segment.get("Document").and_then(Value::as_str);
        let document = document.context("a segment has no document")?;
        serde_json::from_str(document).context("a segment's document is not JSON")
    });
    Ok(Trace {
        id: id_of(trace)?,
        segments: documents.collect::<Result<_>>()?,
    })
}

fn id_of(trace: &Value) -> Result<String> {
    let id = trace.get("Id").and_then(Value::as_str);
    Ok(id.context("a trace has no ID")?.to_owned())
}
