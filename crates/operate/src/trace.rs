//! A trace of X-Ray as a tree: what called what, when, and how long it took.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

#[cfg(test)]
mod tests;

const WIDTH: usize = 80;
/// Columns of the picture of when each part was at work.
const PICTURE: usize = 24;

/// A trace as X-Ray has it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// X-Ray's ID of it.
    pub id: String,
    /// X-Ray's segment documents.
    pub segments: Vec<Value>,
}

/// A part of a trace: a segment or a subsegment.
#[derive(Debug)]
struct Part<'a> {
    depth: usize,
    document: &'a Value,
}

/// The segments as a tree, each with its place in time. Segments are documents of their own and
/// name their parents; subsegments lie within.
pub fn render(segments: &[Value]) -> String {
    let mut parts = Vec::new();
    let ids: Vec<&str> = segments.iter().flat_map(ids).collect();
    let is_root = |segment: &&Value| {
        let parent = text(segment, "parent_id");
        parent.is_none_or(|parent| !ids.contains(&parent))
    };
    let mut roots: Vec<&Value> = segments.iter().filter(is_root).collect();
    roots.sort_by(|one, other| number(one, "start_time").total_cmp(&number(other, "start_time")));
    for root in roots {
        collect(root, segments, 0, &mut parts);
    }
    let begin = parts
        .iter()
        .map(|part| number(part.document, "start_time"))
        .fold(f64::INFINITY, f64::min);
    let end = parts
        .iter()
        .map(|part| end(part.document))
        .fold(begin, f64::max);
    let lines = parts.iter().map(|part| line(part, begin, end - begin));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn collect<'a>(
    document: &'a Value,
    segments: &'a [Value],
    depth: usize,
    parts: &mut Vec<Part<'a>>,
) {
    // A trace that refers to itself would never end.
    if depth > 20 {
        return;
    }
    parts.push(Part { depth, document });
    let id = text(document, "id");
    let own = subsegments(document);
    let called = segments
        .iter()
        .filter(|segment| id.is_some() && text(segment, "parent_id") == id);
    let mut children: Vec<&Value> = own.chain(called).collect();
    children
        .sort_by(|one, other| number(one, "start_time").total_cmp(&number(other, "start_time")));
    for child in children {
        collect(child, segments, depth + 1, parts);
    }
}

fn subsegments(document: &Value) -> impl Iterator<Item = &Value> {
    let list = document.get("subsegments").and_then(Value::as_array);
    list.into_iter().flatten()
}

fn ids(document: &Value) -> Vec<&str> {
    let own = text(document, "id").into_iter();
    own.chain(subsegments(document).flat_map(ids)).collect()
}

fn line(part: &Part<'_>, begin: f64, total: f64) -> String {
    let document = part.document;
    let (start, end) = (number(document, "start_time"), end(document));
    let column = |time: f64| match total > 0.0 {
        true => (((time - begin) / total) * PICTURE as f64).round() as usize,
        false => 0,
    };
    let (from, to) = (column(start), column(end));
    let length = to.saturating_sub(from).max(1);
    let from = from.min(PICTURE - 1);
    let bar = format!(
        "{}{}",
        " ".repeat(from),
        "=".repeat(length.min(PICTURE - from))
    );
    let milliseconds = (end - start) * 1000.0;
    let name = text(document, "name").unwrap_or("(no name)");
    let trouble = ["fault", "throttle", "error"]
        .into_iter()
        .find(|name| document.get(name).and_then(Value::as_bool) == Some(true));
    let status = document
        .pointer("/http/response/status")
        .and_then(Value::as_u64);
    let mut label = format!("{}{name}", "  ".repeat(part.depth));
    if let Some(status) = status {
        label.push_str(&format!(" {status}"));
    }
    if let Some(trouble) = trouble {
        label.push_str(&format!(" {trouble}"));
    }
    let room = WIDTH - PICTURE - 14;
    let label: String = label.chars().take(room).collect();
    let took = match document.get("in_progress").and_then(Value::as_bool) {
        Some(true) => "unfinished".to_owned(),
        _ => format!("{milliseconds:.1} ms"),
    };
    format!("{label:<room$} {took:>11} {bar}")
        .trim_end()
        .to_owned()
}

fn text<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}

fn number(document: &Value, name: &str) -> f64 {
    document.get(name).and_then(Value::as_f64).unwrap_or(0.0)
}

/// A part that is not finished has no end yet.
fn end(document: &Value) -> f64 {
    number(document, "end_time").max(number(document, "start_time"))
}
