mod failures;
mod lines;

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::log::Level;
use crate::movie::{Existing, Outcome, Problem};

/// A store that keeps what it is asked, and answers what the test wants.
struct Scripted<F> {
    answer: F,
    asked: RefCell<Vec<(Existing, Duration)>>,
}

impl<F: Fn() -> Result<(), InsertError>> Scripted<F> {
    fn new(answer: F) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
        }
    }
}

impl<F: Fn() -> Result<(), InsertError>> MovieStore for Scripted<F> {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let asked = (insertion.existing, insertion.budget);
        self.asked.borrow_mut().push(asked);
        Outcome {
            result: (self.answer)(),
            attempts: 2,
            status: Some(200),
        }
    }
}

const BODY: &str = r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;
const TRACE: &str = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1";

/// An event as API Gateway sends it, with a key in the three places it shows up.
fn proxy_event() -> Value {
    json!({
        "resource": "/",
        "path": "/",
        "httpMethod": "POST",
        "headers": { "x-api-key": "s3cret-key", "Content-Type": "application/json" },
        "multiValueHeaders": { "x-api-key": ["s3cret-key"], "Content-Type": ["application/json"] },
        "requestContext": {
            "requestId": "gateway-id",
            "extendedRequestId": "extended-id",
            "identity": {
                "apiKey": "s3cret-key",
                "apiKeyId": "key-id",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl/8.7.1",
            },
        },
        "body": BODY,
        "isBase64Encoded": false,
    })
}

/// The event with another value of a header, in one of the two maps.
fn with_header(map: &str, name: &str, value: Value) -> Value {
    let mut event = proxy_event();
    event["headers"] = Value::Null;
    event["multiValueHeaders"] = Value::Null;
    event[map] = json!({ name: value });
    event
}

fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "lambda-id".to_owned();
    let deadline = SystemTime::now() + Duration::from_secs(10);
    let since = deadline.duration_since(UNIX_EPOCH).unwrap();
    context.deadline = since.as_millis().try_into().unwrap();
    context.xray_trace_id = Some(TRACE.to_owned());
    context
}

/// A log that is kept, and what has been written to it.
fn kept_log(level: Level) -> (Log, Arc<Mutex<Vec<u8>>>) {
    let text = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&text);
    let log = Log::new(level, "apigw_handler".to_owned(), move |line| {
        sink.lock().unwrap().extend_from_slice(line);
    });
    (log, text)
}

fn parsed(text: &Mutex<Vec<u8>>) -> Vec<Value> {
    let text = String::from_utf8(text.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// Handles an event; returns the reply as API Gateway reads it, and the lines logged.
async fn respond(store: &impl MovieStore, level: Level, event: &Value) -> (Value, Vec<Value>) {
    let (log, text) = kept_log(level);
    let payload = event.to_string();
    let event = LambdaEvent::new(payload.as_bytes(), context());
    let reply = handle(store, event, &log).await;
    (serde_json::to_value(reply).unwrap(), parsed(&text))
}

/// Which of the two a header makes of the movie that exists; None where it is refused.
async fn existing(map: &str, value: Value) -> Option<Existing> {
    let store = Scripted::new(|| Ok(()));
    let event = with_header(map, "if-none-match", value);
    respond(&store, Level::Info, &event).await;
    store.asked.take().first().map(|asked| asked.0)
}

#[tokio::test]
async fn a_problem_is_what_rfc_9457_says_and_api_gateway_too() {
    let store = Scripted::new(|| Ok(()));
    let mut event = proxy_event();
    event["body"] = json!(r#"{"id": "", "year": "MMXXIII"}"#);
    let (reply, _) = respond(&store, Level::Info, &event).await;
    assert_eq!(
        reply["headers"],
        json!({ "Content-Type": "application/problem+json" })
    );
    let body = reply["body"].as_str().unwrap();
    expect_test::expect![[r##"{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"`id` must not be empty; `title` is missing; `year` must be a number of at most 38 significant digits between 1E-130 and 9.99E+125, or its negative, or 0","message":"`id` must not be empty; `title` is missing; `year` must be a number of at most 38 significant digits between 1E-130 and 9.99E+125, or its negative, or 0","requestId":"gateway-id","errors":[{"pointer":"#/id","detail":"must not be empty"},{"pointer":"#/title","detail":"is missing"},{"pointer":"#/year","detail":"must be a number of at most 38 significant digits between 1E-130 and 9.99E+125, or its negative, or 0"}]}"##]]
    .assert_eq(body);
}

#[tokio::test]
async fn the_header_decides_what_becomes_of_an_existing_movie() {
    assert_eq!(existing("headers", json!("*")).await, Some(Existing::Keep));
    assert_eq!(
        existing("multiValueHeaders", json!(["*"])).await,
        Some(Existing::Keep)
    );
    assert_eq!(
        existing("headers", Value::Null).await,
        Some(Existing::Replace)
    );
    assert_eq!(
        existing("multiValueHeaders", json!([])).await,
        Some(Existing::Replace)
    );
    assert_eq!(existing("headers", json!("\"tag\"")).await, None);
    assert_eq!(
        existing("multiValueHeaders", json!(["*", "\"tag\""])).await,
        None
    );
}

#[tokio::test]
async fn both_maps_of_headers_count() {
    for (headers, multi_value_headers, expected) in [
        (json!({"Content-Type": "text/plain"}), json!({}), 415),
        (json!({}), json!({"Content-Type": ["text/plain"]}), 415),
        (
            json!({"Content-Type": "application/json"}),
            json!({"Content-Type": ["text/plain"]}),
            415,
        ),
        (
            json!({"If-None-Match": "*"}),
            json!({"If-None-Match": null}),
            200,
        ),
    ] {
        let store = Scripted::new(|| Ok(()));
        let mut event = proxy_event();
        event["headers"] = headers;
        event["multiValueHeaders"] = multi_value_headers;
        let (reply, _) = respond(&store, Level::Info, &event).await;
        assert_eq!(reply["statusCode"], expected, "{event}");
        for (existing, _) in store.asked.take() {
            assert_eq!(existing, Existing::Keep);
        }
    }
}

#[tokio::test]
async fn an_array_is_no_event() {
    let event = json!(["POST", "/", null, null, BODY, false]);
    let (reply, _) = respond(&Scripted::new(|| Ok(())), Level::Info, &event).await;
    assert_eq!(reply["statusCode"], 400);
}

#[tokio::test]
async fn json_has_several_names() {
    for (content_type, expected) in [
        ("application/json", 200),
        (" Application/JSON ; charset=UTF-8", 200),
        ("application/json; charset=\"utf-8\"", 200),
        ("application/vnd.movie+json; version=1", 200),
        // A charset has no effect on JSON, so neither has one that is not there or twice.
        ("application/json; charset=utf8", 200),
        ("application/json; charset=us-ascii", 200),
        ("application/json; charset=utf-16", 200),
        ("application/json;", 200),
        ("application/json; ;", 200),
        ("application/json; charset", 200),
        ("application/json; charset=", 200),
        ("application/json; charset=utf-8; charset=\"utf-8\"", 200),
        ("application/json; note=\"a, \\\", b\"", 200),
        ("application/json; charset=utf-8, text/plain", 415),
        ("application/jsonp", 415),
        ("application/json, text/plain", 415),
        ("application/xml+json+xml", 415),
        ("application/+json", 415),
        ("application/", 415),
        ("application /json", 415),
        ("text/json", 415),
        ("text/plain; charset=utf-8", 415),
        ("json", 415),
        (";", 415),
        ("", 415),
    ] {
        let store = Scripted::new(|| Ok(()));
        for event in [
            with_header("headers", "CONTENT-TYPE", json!(content_type)),
            with_header("multiValueHeaders", "content-type", json!([content_type])),
        ] {
            let (reply, _) = respond(&store, Level::Info, &event).await;
            assert_eq!(reply["statusCode"], expected, "{content_type}");
        }
    }
}

#[tokio::test]
async fn the_store_gets_the_time_that_is_left() {
    let store = Scripted::new(|| Ok(()));
    respond(&store, Level::Info, &proxy_event()).await;
    let (_, budget) = store.asked.take().remove(0);
    let expected = Duration::from_millis(9500);
    assert!(budget <= expected && budget > expected / 2, "{budget:?}");
}

#[test]
fn the_reserve_is_kept_from_the_store() {
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_599);
    let deadline = |left: i64| (1_767_225_599_000 + left).try_into().unwrap();
    for (left, expected) in [
        (-1, 0),
        (0, 0),
        (499, 0),
        (500, 0),
        (501, 1),
        (10_000, 9_500),
    ] {
        let expected = Duration::from_millis(expected);
        assert_eq!(budget(deadline(left), now), expected, "{left}");
    }
}

#[test]
fn problems_are_named_in_the_text() {
    let problem = |pointer, detail: &str| Problem {
        pointer,
        detail: detail.to_owned(),
    };
    let err = InsertError::Invalid(vec![
        problem("#/id", "is missing"),
        problem("#/year", "must be a number"),
    ]);
    assert_eq!(err.to_string(), "`id` is missing; `year` must be a number");
}
