//! Lines of the four logs as one kind of line: when, which layer, which request, what happened.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use cfnkit_assembly::log_source::LogSource;
use cfnkit_change::change_set::wrapped;
use cfnkit_console::text::clean;
use cfnkit_console::text::printable;

#[cfg(test)]
mod tests;

/// A line of one log.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Which layer logged it.
    pub source: LogSource,
    /// API Gateway's ID of the request, which the client was told; absent where the line knows
    /// none.
    pub request_id: Option<String>,
    /// As it was logged: an object where it is JSON, else a string.
    pub message: Value,
}

/// The names under which the layers log a request's IDs. WAF knows it by the extended one.
const IDS: [&str; 5] = [
    "requestId",
    "extendedRequestId",
    "lambdaRequestId",
    "traceId",
    "xrayTraceId",
];

impl LogLine {
    /// A line of the log of `source`, of a time in milliseconds since the epoch.
    pub fn read(source: LogSource, timestamp_ms: i64, message: &str) -> Self {
        let message = message.trim_end();
        let parsed = serde_json::from_str(message);
        let message = match parsed {
            Ok(Value::Object(object)) => Value::Object(object),
            _ => Value::String(message.to_owned()),
        };
        let request_id = match source {
            LogSource::Waf => text(&message, "/httpRequest/requestId"),
            LogSource::Api | LogSource::Function => text(&message, "/requestId"),
            LogSource::Flow => None,
        };
        Self {
            timestamp_ms,
            source,
            request_id: request_id.map(ToOwned::to_owned),
            message,
        }
    }

    /// Every ID that leads from this line to the same request's lines in other logs.
    pub fn ids(&self) -> Vec<&str> {
        let ids = IDS
            .iter()
            .filter_map(|name| text(&self.message, &format!("/{name}")));
        let waf = text(&self.message, "/httpRequest/requestId");
        ids.chain(waf).collect()
    }

    /// The trace of the request, as X-Ray names it.
    pub fn trace_id(&self) -> Option<&str> {
        text(&self.message, "/xrayTraceId").or_else(|| text(&self.message, "/traceId"))
    }

    /// What happened, in a few words.
    pub fn summary(&self) -> String {
        let message = &self.message;
        let known = match self.source {
            LogSource::Waf => waf(message),
            LogSource::Api => api(message),
            LogSource::Function => function(message),
            LogSource::Flow => None,
        };
        known.unwrap_or_else(|| match message {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The line for a terminal of 80 columns.
    pub fn render(&self) -> String {
        const INDENT: usize = 22;
        let time = time_of_day(self.timestamp_ms);
        let mut text = clean(&self.summary());
        if let Some(id) = &self.request_id {
            text.push_str(&format!("  {id}"));
        }
        let lines = wrapped(&text, 80 - INDENT);
        let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        let text = lines.join(&format!("\n{}", " ".repeat(INDENT)));
        format!("{time} {:<8} {text}", self.source.name())
    }

    /// Every field of the line, one below the other, in lines of at most 76 columns.
    pub fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        collect("", &self.message, &mut fields);
        let lines = fields.iter().flat_map(|field| {
            let lines = wrapped(field, 74).into_iter().enumerate();
            lines.map(|(index, line)| match index {
                0 => line,
                _ => format!("  {}", line.trim()),
            })
        });
        lines.collect()
    }
}

/// The members of objects within objects have a name with a dot.
fn collect(outer: &str, value: &Value, fields: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            // The metrics' definition is the same in every line.
            for (name, value) in members.iter().filter(|(name, _)| *name != "_aws") {
                let dot = if outer.is_empty() { "" } else { "." };
                collect(&format!("{outer}{dot}{name}"), value, fields);
            }
        }
        value if outer.is_empty() || is_absent(value) => {}
        Value::String(text) => fields.push(format!("{outer}: {}", printable(text))),
        value => fields.push(format!("{outer}: {value}")),
    }
}

/// API Gateway logs a dash for what there is not.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("-")
}

fn text<'a>(message: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = message.pointer(pointer)?.as_str()?;
    (text != "-" && !text.is_empty()).then_some(text)
}

fn waf(message: &Value) -> Option<String> {
    let action = text(message, "/action")?;
    let rule = text(message, "/terminatingRuleId").unwrap_or("no rule");
    let address = text(message, "/httpRequest/clientIp").unwrap_or("unknown address");
    let counted: Vec<&str> = message
        .pointer("/nonTerminatingMatchingRules")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|rule| rule.get("ruleId")?.as_str())
        .collect();
    let counted = match counted.is_empty() {
        true => String::new(),
        false => format!(", counted by {}", counted.join(", ")),
    };
    Some(format!("{action} by {rule} for {address}{counted}"))
}

fn api(message: &Value) -> Option<String> {
    let status = text(message, "/status")?;
    let method = text(message, "/method").unwrap_or("?");
    let path = text(message, "/path").unwrap_or("?");
    let mut summary = format!("{status} {method} {path}");
    if let Some(latency) = text(message, "/responseLatency") {
        summary.push_str(&format!(" {latency} ms"));
    }
    if let Some(kind) = text(message, "/errorResponseType") {
        summary.push_str(&format!(" {kind}"));
    }
    Some(summary)
}

fn function(message: &Value) -> Option<String> {
    if let Some(kind) = text(message, "/type").filter(|kind| kind.starts_with("platform.")) {
        let record = message.get("record")?;
        let duration = record
            .pointer("/metrics/durationMs")
            .and_then(Value::as_f64);
        let status = text(record, "/status");
        let duration = duration.map(|duration| format!(" {duration} ms"));
        let status = status.map(|status| format!(" {status}"));
        return Some(format!(
            "{kind}{}{}",
            status.unwrap_or_default(),
            duration.unwrap_or_default()
        ));
    }
    let level = text(message, "/level")?;
    let mut summary = level.to_owned();
    if let Some(status) = message.get("status").and_then(Value::as_u64) {
        summary.push_str(&format!(" {status}"));
    }
    if let Some(duration) = message.get("durationMs").and_then(Value::as_f64) {
        summary.push_str(&format!(" {duration} ms"));
    }
    for name in ["reason", "message"] {
        let said = text(message, &format!("/{name}"));
        // What every request's line says.
        if let Some(said) = said.filter(|said| *said != "request") {
            summary.push_str(&format!(" {said}"));
        }
    }
    Some(summary)
}

/// `09:44:02.123`, in UTC.
fn time_of_day(milliseconds: i64) -> String {
    let milliseconds = milliseconds.rem_euclid(86_400_000);
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
}
