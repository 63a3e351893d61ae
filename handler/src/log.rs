//! JSON lines, in the shape Lambda filters by level, and CloudWatch's metrics in them. It writes
//! what it is given, so what must stay out of the log (bodies, keys, headers) is never handed to
//! it.

mod level;
mod metrics;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};

pub use self::level::{Level, LevelError};
use self::metrics::Metrics;

/// Bytes that a request's line seldom exceeds.
const USUAL_LINE: usize = 1024;

/// How a request ended, as CloudWatch counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The movie is stored.
    Inserted,
    /// The client is to blame, for this reason, which is one of few.
    Rejected(&'static str),
    /// The store asked for fewer requests.
    Throttled,
    /// The store failed.
    Failed,
    /// This function has a fault of its own.
    Panicked,
}

/// The outcome of one request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// API Gateway's, which the client was told.
    pub request_id: Option<&'a str>,
    /// API Gateway's own.
    pub extended_request_id: Option<&'a str>,
    /// Lambda's.
    pub lambda_request_id: &'a str,
    /// X-Ray's, sampled or not.
    pub trace_id: Option<&'a str>,
    /// The client's address.
    pub source_ip: Option<&'a str>,
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// Of the key, which is not the key.
    pub api_key_id: Option<&'a str>,
    /// The answer's.
    pub status: u16,
    /// Why the answer is no success; it quotes nothing of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often DynamoDB was asked.
    pub attempts: u32,
    /// The HTTP status of DynamoDB's last answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_status: Option<u16>,
    /// The whole invocation.
    #[serde(rename = "durationMs", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The store's part of it, attempts and pauses together.
    #[serde(rename = "storeDurationMs", serialize_with = "milliseconds")]
    pub store_duration: Duration,
    /// What metrics make of it.
    #[serde(skip)]
    pub ending: Ending,
}

/// The function's log.
pub struct Log {
    level: Level,
    function_name: String,
    sink: Box<Sink>,
    is_warm: AtomicBool,
}

/// Takes whole lines.
type Sink = dyn Fn(&[u8]) + Send + Sync;

impl Log {
    /// A log to this sink, which gets whole lines. The function's name is the dimension of its
    /// metrics.
    pub fn new(
        level: Level,
        function_name: String,
        sink: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            level,
            function_name,
            sink: Box::new(sink),
            is_warm: AtomicBool::new(false),
        }
    }

    /// A log to standard output, where Lambda collects it.
    pub fn to_stdout(level: Level, function_name: String) -> Self {
        Self::new(level, function_name, write_to_stdout)
    }

    /// Writes a request's line and its metrics, which are in the line; where the level leaves the
    /// line out, the metrics alone.
    pub fn request(&self, request: &Request<'_>) {
        let cold_start = !self.is_warm.swap(true, Ordering::Relaxed);
        let level = match request.status {
            ..400 => Level::Info,
            400..500 => Level::Warn,
            500.. => Level::Error,
        };
        let now = SystemTime::now();
        let metrics = Metrics::of(request, &self.function_name, now);
        if level < self.level {
            self.write(&metrics);
        } else {
            let fields = RequestFields {
                request,
                cold_start,
                metrics,
            };
            self.write(&Line::new(now, level, "request", &fields));
        }
    }

    /// Writes how the start went, for whoever looks for its cost or for a table out of reach.
    pub fn started(&self, duration: Duration, warmed: Result<(), &dyn Error>) {
        if self.level > Level::Debug {
            return;
        }
        let fields = Start {
            duration,
            reason: warmed.err().map(chain),
        };
        let now = SystemTime::now();
        self.write(&Line::new(now, Level::Debug, "started", &fields));
    }

    fn write(&self, line: &impl Serialize) {
        write_line(line, &self.sink);
    }
}

/// Writes why the function does not start.
pub fn start_failed(reason: &str) {
    let reason = reason.to_owned();
    write_error("start failed", &Failure { reason });
}

/// Writes why a function that has started ends.
pub fn runtime_stopped(err: &dyn Error) {
    let reason = chain(err);
    write_error("runtime stopped", &Failure { reason });
}

/// Writes that Lambda did not take an answer.
pub fn answer_refused(err: &dyn Error) {
    let reason = chain(err);
    write_error("answer refused", &Failure { reason });
}

/// An error and its sources, for errors whose texts are this program's own: foreign ones quote
/// what they are about. A source that its error already quotes is not repeated.
pub fn chain(err: &dyn Error) -> String {
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

/// Writes what belongs to no request, and is written at every level.
pub(crate) fn write_error(message: &'static str, fields: &impl Serialize) {
    let line = Line::new(SystemTime::now(), Level::Error, message, fields);
    write_line(&line, write_to_stdout);
}

// A request is not failed because its line could not be written.
fn write_line(line: &impl Serialize, sink: impl Fn(&[u8])) {
    let mut bytes = Vec::with_capacity(USUAL_LINE);
    if serde_json::to_writer(&mut bytes, line).is_ok() {
        bytes.push(b'\n');
        sink(&bytes);
    }
}

fn write_to_stdout(line: &[u8]) {
    #[expect(
        clippy::disallowed_methods,
        reason = "Lambda takes a function's log from there"
    )]
    let mut out = io::stdout();
    let _ = out.write_all(line).and_then(|()| out.flush());
}

#[derive(Serialize)]
struct Line<'a, T> {
    timestamp: String,
    level: Level,
    message: &'static str,
    #[serde(flatten)]
    fields: &'a T,
}

impl<'a, T> Line<'a, T> {
    fn new(time: SystemTime, level: Level, message: &'static str, fields: &'a T) -> Self {
        Self {
            timestamp: timestamp(time),
            level,
            message,
            fields,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestFields<'a> {
    #[serde(flatten)]
    request: &'a Request<'a>,
    cold_start: bool,
    #[serde(flatten)]
    metrics: Metrics<'a>,
}

#[derive(Serialize)]
struct Start {
    #[serde(rename = "durationMs", serialize_with = "milliseconds")]
    duration: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Failure {
    reason: String,
}

/// Microseconds are as much as a clock on a shared machine can say.
fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}

/// RFC 3339 in UTC; Lambda ignores a line's level without it.
fn timestamp(time: SystemTime) -> String {
    let time = DateTime::from(time);
    // Milliseconds say enough.
    let millis = time.to_millis().map_or(time, DateTime::from_millis);
    millis.fmt(Format::DateTime).unwrap_or_default()
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
