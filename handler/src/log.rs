//! JSON lines on stdout, in the shape Lambda filters by level. It writes what it is given, so
//! what must stay out of the log (bodies, keys, headers) is never handed to it.

use std::error::Error;
use std::io::{self, Write};
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

/// The outcome of one request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request<'a> {
    /// API Gateway's, which the client was told.
    pub(crate) request_id: Option<&'a str>,
    pub(crate) lambda_request_id: &'a str,
    pub(crate) source_ip: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) duration_ms: f64,
}

#[derive(Serialize)]
struct Failure {
    reason: String,
}

#[derive(Serialize)]
struct Line<'a, T> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    #[serde(flatten)]
    fields: &'a T,
}

pub(crate) fn request(out: &mut impl Write, request: &Request<'_>) {
    let level = match request.status {
        ..400 => "INFO",
        400..500 => "WARN",
        500.. => "ERROR",
    };
    write(out, level, "request", request);
}

pub(crate) fn start_failed(err: &dyn Error) {
    let reason = chain(err);
    write(
        &mut io::stdout(),
        "ERROR",
        "start failed",
        &Failure { reason },
    );
}

/// Replaces the standard report, which is no JSON and repeats the panic's message. A message can
/// quote the text it was about, so only the place is logged.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let reason = match panic.location() {
            Some(place) => place.to_string(),
            None => "unknown place".to_owned(),
        };
        write(&mut io::stdout(), "ERROR", "panicked", &Failure { reason });
    }));
}

/// An error and its sources; an SDK error alone says `service error`. A source that its error
/// already quotes is not repeated.
pub(crate) fn chain(err: &dyn Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(err) = source {
        let cause = err.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = err.source();
    }
    text
}

fn write(
    out: &mut impl Write,
    level: &'static str,
    message: &'static str,
    fields: &impl Serialize,
) {
    let line = Line {
        timestamp: timestamp(SystemTime::now()),
        level,
        message,
        fields,
    };
    // A request is not failed because its line could not be written.
    if let Ok(mut bytes) = serde_json::to_vec(&line) {
        bytes.push(b'\n');
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }
}

/// RFC 3339 in UTC; Lambda ignores a line's level without it.
fn timestamp(time: SystemTime) -> String {
    let time = DateTime::from(time);
    // Milliseconds say enough.
    let millis = time.to_millis().map_or(time, DateTime::from_millis);
    millis.fmt(Format::DateTime).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_with_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_micros(1_767_225_599_001_999);
        assert_eq!(timestamp(time), "2025-12-31T23:59:59.001Z");
    }
}
