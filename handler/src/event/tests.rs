use std::cell::RefCell;
use std::collections::BTreeMap;

use lambda_runtime::Context;
use serde_json::Value;

use super::*;

/// A store that keeps what it is given, by id.
#[derive(Default)]
struct Memory(RefCell<BTreeMap<String, Movie>>);

impl MovieStore for Memory {
    async fn insert(&self, movie: &Movie) -> Result<(), InsertError> {
        self.0
            .borrow_mut()
            .insert(movie.id().to_owned(), movie.clone());
        Ok(())
    }
}

const BODY: &str = r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;

/// An event as API Gateway sends it, with a key in the three places it shows up.
fn proxy_event() -> Value {
    json!({
        "resource": "/",
        "path": "/",
        "httpMethod": "POST",
        "headers": { "x-api-key": "s3cret-key", "User-Agent": "header-agent" },
        "multiValueHeaders": { "x-api-key": ["s3cret-key"] },
        "queryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "requestId": "gateway-id",
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

/// The event with one member replaced.
fn with(member: &str, value: Value) -> Value {
    let mut event = proxy_event();
    event[member] = value;
    event
}

/// Handles an event; returns the reply as API Gateway reads it, and the log.
async fn respond(store: &Memory, payload: &str) -> (Value, String) {
    let mut context = Context::default();
    context.request_id = "lambda-id".to_owned();
    let payload = RawValue::from_string(payload.to_owned()).unwrap();
    let mut log = Vec::new();
    let reply = handle(store, LambdaEvent::new(payload, context), &mut log).await;
    (
        serde_json::to_value(reply).unwrap(),
        String::from_utf8(log).unwrap(),
    )
}

/// Handles an event that must not reach the store.
async fn check(event: Value, status: u16, message: &str) {
    let store = Memory::default();
    let (reply, log) = respond(&store, &event.to_string()).await;
    assert_eq!(reply["statusCode"], status, "{reply}");
    assert_eq!(reply["headers"]["Content-Type"], "application/json");
    let body: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({ "message": message }));
    assert!(store.0.borrow().is_empty());

    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(line["status"], status);
    assert_eq!(line["reason"], message);
}

/// Handles an event that must insert the movie of `BODY`.
async fn check_inserted(event: Value) {
    let store = Memory::default();
    let (reply, _) = respond(&store, &event.to_string()).await;
    let expected = json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": r#"{"message": "Successfully inserted data!"}"#,
        "isBase64Encoded": false,
    });
    assert_eq!(reply, expected);
    let movie = Movie::from_json(BODY.as_bytes()).unwrap();
    assert_eq!(store.0.borrow().get("tt0133093"), Some(&movie));
}

fn check_failure(err: InsertError, status: u16, body: &str) {
    let reply = Reply::from_error(&RequestError::Insert(err));
    assert_eq!((reply.status_code, &*reply.body), (status, body));
}

#[tokio::test]
async fn movie_is_inserted() {
    check_inserted(proxy_event()).await;
}

#[tokio::test]
async fn base64_body_is_decoded() {
    let mut event = with("body", json!(base64::encode(BODY)));
    event["isBase64Encoded"] = json!(true);
    check_inserted(event).await;
}

#[tokio::test]
async fn event_may_be_all_but_empty() {
    check_inserted(json!({ "resource": "/", "httpMethod": "POST", "body": BODY })).await;
    let mut event = with("headers", Value::Null);
    event["requestContext"] = json!({ "identity": { "sourceIp": null, "userAgent": null } });
    event["isBase64Encoded"] = Value::Null;
    check_inserted(event).await;
}

#[tokio::test]
async fn path_below_a_custom_domain_is_inserted() {
    check_inserted(with("path", json!("/movies"))).await;
}

#[tokio::test]
async fn same_id_replaces_the_movie() {
    let store = Memory::default();
    respond(&store, &proxy_event().to_string()).await;
    let body = r#"{"id": "tt0133093", "title": "Matrix", "year": "2000"}"#;
    respond(&store, &with("body", json!(body)).to_string()).await;
    let movies = store.0.take();
    assert_eq!(movies.len(), 1);
    assert_eq!(movies["tt0133093"].title(), "Matrix");
}

#[tokio::test]
async fn empty_body_is_bad_request() {
    check(with("body", Value::Null), 400, "body is empty").await;
    check(with("body", json!("")), 400, "body is empty").await;
}

#[tokio::test]
async fn malformed_body_is_bad_request() {
    let message = "body is not a JSON object";
    check(with("body", json!("id=1")), 400, message).await;
}

#[tokio::test]
async fn invalid_base64_is_bad_request() {
    let mut event = with("body", json!(BODY));
    event["isBase64Encoded"] = json!(true);
    check(event, 400, "body is not valid base64").await;
}

#[tokio::test]
async fn binary_body_is_bad_request() {
    let mut event = with("body", json!(base64::encode(b"\xff\xfe")));
    event["isBase64Encoded"] = json!(true);
    check(event, 400, "body is not valid UTF-8").await;
}

#[tokio::test]
async fn invalid_movie_is_unprocessable() {
    let message = "`id` is missing; `title` must be a string; `year` is missing";
    check(with("body", json!(r#"{"title": 1}"#)), 422, message).await;
}

#[tokio::test]
async fn large_movie_is_too_large() {
    let title = "x".repeat(409_600);
    let body = format!(r#"{{"id": "1", "title": "{title}", "year": 1}}"#);
    let message = "movie is larger than 409600 bytes";
    check(with("body", json!(body)), 413, message).await;
}

#[tokio::test]
async fn other_path_is_not_found() {
    check(with("resource", json!("/{proxy+}")), 404, "no such path").await;
}

#[tokio::test]
async fn other_method_is_not_allowed() {
    let event = with("httpMethod", json!("GET"));
    check(event.clone(), 405, "method is not allowed, use POST").await;
    let (reply, _) = respond(&Memory::default(), &event.to_string()).await;
    assert_eq!(reply["headers"]["Allow"], "POST");
}

#[tokio::test]
async fn event_of_another_kind_is_bad_request() {
    let message = "event is not an API Gateway proxy request";
    for event in [
        json!(null),
        json!(1),
        json!([]),
        json!({}),
        json!({ "Records": [{ "body": BODY }] }),
        json!({ "id": "1", "title": "t", "year": 1 }),
        json!({ "version": "2.0", "rawPath": "/", "body": BODY }),
        with("body", json!({ "id": "1" })),
        with("requestContext", json!("none")),
    ] {
        check(event, 400, message).await;
    }
}

#[test]
fn throttling_is_service_unavailable() {
    let err = InsertError::Throttled("a table's ARN".into());
    check_failure(err, 503, r#"{"message":"busy, try again later"}"#);
}

#[test]
fn store_failure_is_internal() {
    let err = InsertError::Store("a table's ARN".into());
    check_failure(err, 500, r#"{"message":"internal error"}"#);
}

#[tokio::test]
async fn one_line_is_logged() {
    let (_, log) = respond(&Memory::default(), &proxy_event().to_string()).await;
    assert_eq!(log.matches('\n').count(), 1);
    let mut line: Value = serde_json::from_str(&log).unwrap();
    assert!(line["durationMs"].as_f64().unwrap() >= 0.0);
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    line["durationMs"] = json!("any");
    line["timestamp"] = json!("any");
    let expected = json!({
        "timestamp": "any",
        "level": "INFO",
        "message": "request",
        "requestId": "gateway-id",
        "lambdaRequestId": "lambda-id",
        "sourceIp": "192.0.2.1",
        "userAgent": "curl/8.7.1",
        "status": 200,
        "durationMs": "any",
    });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn line_holds_no_key_and_no_body() {
    for body in [
        BODY,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": "tt0133093"}"#,
        r#"{"id": tt0133093, "title": "The Matrix"}"#,
        r#""The Matrix""#,
        r#"["tt0133093", "The Matrix"]"#,
    ] {
        let (_, log) = respond(&Memory::default(), &with("body", json!(body)).to_string()).await;
        for secret in ["s3cret", "tt0133093", "Matrix", "header-agent"] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

#[tokio::test]
async fn line_stays_one_line() {
    let mut event = proxy_event();
    event["requestContext"]["identity"]["userAgent"] = json!("a\n{\"level\":\"INFO\"}\u{2028}\0");
    let (_, log) = respond(&Memory::default(), &event.to_string()).await;
    assert_eq!(log.matches('\n').count(), 1);
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(line["userAgent"], "a\n{\"level\":\"INFO\"}\u{2028}\0");
}
