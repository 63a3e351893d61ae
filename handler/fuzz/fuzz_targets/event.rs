//! One input, read in three ways: as the whole event, as its body, and as its body in base64.
//! Whatever it is, the reply is one that API Gateway takes, it blames the client and never us, and
//! what is stored is what the body says.
//!
//! Panics of the handler end the run although it answers them, because libFuzzer's hook comes
//! first.
#![no_main]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fuzz target reports by panicking"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use handler::event;
use handler::log::{Level, Log};
use handler::movie::{Existing, Insertion, MovieStore, Outcome};
use lambda_runtime::{Context, LambdaEvent};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

/// What no reply may leave, where the store does not fail.
const STATUSES: [u16; 8] = [200, 400, 404, 405, 412, 413, 415, 422];

const INSERTED: &str = r#"{"message": "Successfully inserted data!"}"#;

thread_local! {
    static FUNCTION: Function = Function::new();
}

/// The handler with a log and a store that keep what they get.
struct Function {
    runtime: Runtime,
    log: Log,
    lines: Arc<Mutex<Vec<u8>>>,
    store: Store,
}

/// The last movie, or nothing.
#[derive(Default)]
struct Store(RefCell<Option<Stored>>);

#[derive(Clone, Debug, PartialEq)]
struct Stored {
    id: String,
    title: String,
    year: String,
    existing: Existing,
}

impl MovieStore for Store {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let movie = insertion.movie;
        *self.0.borrow_mut() = Some(Stored {
            id: movie.id().to_owned(),
            title: movie.title().to_owned(),
            year: movie.year().to_owned(),
            existing: insertion.existing,
        });
        Outcome {
            result: Ok(()),
            attempts: 1,
            status: None,
        }
    }
}

fuzz_target!(|input: &[u8]| {
    FUNCTION.with(|function| {
        function.answer(input);
        let text = str::from_utf8(input).ok();
        let encoded = base64::encode(input);
        let in_base64 = function.take_body(&encoded, true, input);
        if let Some(text) = text {
            let as_text = function.take_body(text, false, input);
            assert_eq!(as_text, in_base64, "base64 makes a difference");
        }
    });
});

impl Function {
    fn new() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("no runtime"),
            log: Log::new(Level::Debug, "fuzz".to_owned(), move |line| {
                sink.lock().unwrap().extend_from_slice(line);
            }),
            lines,
            store: Store::default(),
        }
    }

    /// Handles a request that is right except, perhaps, for its body; the status and what is
    /// stored.
    fn take_body(
        &self,
        body: &str,
        is_base64_encoded: bool,
        bytes: &[u8],
    ) -> (u16, Option<Stored>) {
        let body = serde_json::to_string(body).expect("a text is no JSON");
        let event = format!(
            r#"{{"resource": "/", "httpMethod": "POST", "headers": {{"If-None-Match": "*"}},
                 "body": {body}, "isBase64Encoded": {is_base64_encoded}}}"#
        );
        let (status, stored) = self.answer(event.as_bytes());
        if let Some(stored) = &stored {
            assert_eq!(stored.existing, Existing::Keep);
            check_stored(stored, bytes);
        }
        (status, stored)
    }

    /// Handles an event and holds every rule against the reply.
    fn answer(&self, event: &[u8]) -> (u16, Option<Stored>) {
        self.lines.lock().unwrap().clear();

        let event = LambdaEvent::new(event, context());
        let reply = event::handle(&self.store, event, &self.log);
        let reply = self.runtime.block_on(reply);
        let reply = serde_json::to_string(&reply).expect("reply is no JSON");
        let status = check_reply(&reply);

        let stored = self.store.0.borrow_mut().take();
        assert_eq!(status == 200, stored.is_some(), "{reply} {stored:?}");
        check_line(&self.lines.lock().unwrap(), status);
        (status, stored)
    }
}

fn context() -> Context {
    let deadline = SystemTime::now() + Duration::from_secs(10);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut context = Context::default();
    context.request_id = "lambda-id".to_owned();
    context.deadline = deadline.as_millis().try_into().unwrap_or(u64::MAX);
    context
}

/// What API Gateway and clients ask of a reply; returns its status.
fn check_reply(text: &str) -> u16 {
    let reply: Reply = serde_json::from_str(text).expect("reply is none that API Gateway takes");
    let status = reply.status_code;
    assert!(STATUSES.contains(&status), "{text}");
    assert!(!reply.is_base64_encoded, "{text}");
    let content_type = reply.headers["Content-Type"].as_str();
    if status == 200 {
        assert_eq!(content_type, "application/json");
        assert_eq!(reply.body, INSERTED);
        return status;
    }
    assert_eq!(content_type, "application/problem+json");
    let problem: Problem = serde_json::from_str(&reply.body).expect("body is no problem details");
    assert_eq!(problem.status, status, "{text}");
    assert_eq!(problem.detail, problem.message, "{text}");
    let is_complete = ![&problem.r#type, &problem.title, &problem.detail]
        .into_iter()
        .any(String::is_empty);
    assert!(is_complete, "{text}");
    assert_eq!(problem.errors.is_empty(), status != 422, "{text}");
    status
}

/// A reply as API Gateway reads it: another member, or a header that is no text, is a 502.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reply {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    message: String,
    #[serde(rename = "requestId")]
    _request_id: String,
    #[serde(default)]
    errors: Vec<IgnoredAny>,
}

/// A request leaves one line, and it is JSON.
fn check_line(lines: &[u8], status: u16) {
    #[derive(Deserialize)]
    struct Line {
        status: u16,
    }
    let line = lines.strip_suffix(b"\n").expect("no line");
    assert!(!line.contains(&b'\n'), "several lines");
    let line: Line = serde_json::from_slice(line).expect("line is no JSON");
    assert_eq!(line.status, status);
}

/// Reads the body once more, without the handler's own rules.
fn check_stored(stored: &Stored, body: &[u8]) {
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_slice(body).expect("what was stored came from no object");
    let text = |member: &str| -> String {
        serde_json::from_str(members[member].get()).expect("what was stored was no text")
    };
    assert_eq!(stored.id, text("id"));
    assert_eq!(stored.title, text("title"));
    let year = members["year"].get();
    let year = match year.starts_with('"') {
        true => text("year"),
        false => year.to_owned(),
    };
    let is_zero = || {
        let mantissa = year.split(['e', 'E']).next().unwrap_or_default();
        !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
    };
    assert!(stored.year == year || (stored.year == "0" && is_zero()));
}
