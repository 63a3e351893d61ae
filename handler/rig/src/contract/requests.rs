//! Rows about what is around the body: the event's shape, method, resource and headers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{MATRIX, Row, event, matrix, movie, row, with_header, without_header};
use crate::dynamodb::Step;

/// The API's methods: resource and method. Each has a row that is answered 200.
pub const ROUTES: &[(&str, &str)] = &[("/", "POST")];

const REPLACEMENT: &str = r#"{"id": "tt0133093", "title": "Matrix, new", "year": "2003"}"#;

pub(super) fn rows() -> Vec<Row> {
    [
        inserts(),
        conditions(),
        not_proxy_events(),
        methods(),
        resources(),
        content_types(),
    ]
    .concat()
}

fn with(member: &str, value: Value) -> Value {
    let mut event = event(MATRIX);
    event[member] = value;
    event
}

fn inserts() -> Vec<Row> {
    let other = r#"{"id": "other", "title": "Other", "year": 1}"#;
    vec![
        row("movie is inserted", event(MATRIX)),
        row("movie is replaced", event(REPLACEMENT))
            .before(event(MATRIX))
            .table(vec![movie("tt0133093", "Matrix, new", "2003")]),
        row("same movie again", event(MATRIX)).before(event(MATRIX)),
        row("other movies stay", event(MATRIX))
            .before(event(other))
            .table(vec![matrix(), movie("other", "Other", "1")]),
        row(
            "members that are not a movie's are ignored",
            event(r#"{"id": "tt0133093", "writeToken": "x", "title": "The Matrix", "year": 1999}"#),
        ),
    ]
}

fn if_none_match(body: &str, value: &str) -> Value {
    with_header(event(body), "If-None-Match", value)
}

fn conditions() -> Vec<Row> {
    let any = || if_none_match(REPLACEMENT, "*");
    let replacement = || vec![movie("tt0133093", "Matrix, new", "2003")];
    let mut rows = vec![
        row("If-None-Match with a free id", any()).table(replacement()),
        row("If-None-Match with an id that exists", any())
            .before(event(MATRIX))
            .fails(412)
            .table(vec![matrix()]),
        row("If-None-Match with an id it inserted before", any())
            .before(any())
            .fails(412)
            .table(replacement()),
        row("If-None-Match after an insert whose answer was lost", any())
            .script(vec![Step::StoreThenReset])
            .table(replacement()),
        row(
            "If-None-Match after two inserts whose answers were lost",
            any(),
        )
        .script(vec![Step::StoreThenReset, Step::StoreThenReset])
        .table(replacement()),
        row("If-None-Match with an id that exists, after a reset", any())
            .before(event(MATRIX))
            .script(vec![Step::Reset])
            .fails(412)
            .table(vec![matrix()]),
        row("If-None-Match while answers are lost for ever", any())
            .then(Step::StoreThenReset)
            .fails(504)
            .may_be_stored()
            .table(replacement()),
        row("If-None-Match while DynamoDB fails", any())
            .then(Step::error(500, "InternalServerError", "oh"))
            .fails(504)
            .may_be_stored(),
        row("If-None-Match while DynamoDB throttles", any())
            .then(Step::error(400, "ThrottlingException", "slow"))
            .fails(503),
        row("If-None-Match with an answer lost, then throttled", any())
            .script(vec![Step::StoreThenReset])
            .then(Step::error(400, "ThrottlingException", "slow"))
            .fails(504)
            .may_be_stored()
            .table(replacement()),
    ];
    for name in ["if-none-match", "IF-NONE-MATCH"] {
        let event_with_header = with_header(event(REPLACEMENT), name, "*");
        rows.push(
            row(format!("{name} with an id that exists"), event_with_header)
                .before(event(MATRIX))
                .fails(412)
                .table(vec![matrix()]),
        );
    }
    for value in [r#""abc""#, r#"W/"abc""#, "abc"] {
        let event = if_none_match(MATRIX, value);
        rows.push(row(format!("If-None-Match: {value}"), event).fails(400));
    }
    rows
}

fn not_proxy_events() -> Vec<Row> {
    let http_api = json!({
        "version": "2.0",
        "rawPath": "/",
        "requestContext": { "http": { "method": "POST", "path": "/" } },
        "body": MATRIX,
        "isBase64Encoded": false,
    });
    [
        ("null", json!(null)),
        ("a number", json!(1)),
        ("a text", json!("event")),
        ("an array", json!([])),
        ("an empty object", json!({})),
        ("a queue's", json!({ "Records": [{ "body": MATRIX }] })),
        (
            "a movie",
            json!({ "id": "1", "title": "The Matrix", "year": 1 }),
        ),
        ("an HTTP API's", http_api),
        (
            "one whose body is an object",
            with("body", json!({ "id": "1" })),
        ),
        (
            "one whose context is a text",
            with("requestContext", json!("none")),
        ),
    ]
    .into_iter()
    .map(|(what, event)| row(format!("event is {what}"), event).fails(400))
    .collect()
}

/// Every other method of each resource.
fn methods() -> Vec<Row> {
    let resources: BTreeSet<&str> = ROUTES.iter().map(|route| route.0).collect();
    let methods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "post",
    ];
    let mut rows = Vec::new();
    for resource in resources {
        let here = ROUTES.iter().filter(|route| route.0 == resource);
        let allowed: Vec<&str> = here.map(|route| route.1).collect();
        for method in methods {
            if allowed.contains(&method) {
                continue;
            }
            let mut event = with("httpMethod", json!(method));
            event["resource"] = json!(resource);
            event["body"] = json!(null);
            let row = row(format!("method {method} of `{resource}`"), event).fails(405);
            rows.push(row.header("Allow", allowed.join(", ")));
        }
    }
    rows
}

fn resources() -> Vec<Row> {
    let mut rows: Vec<Row> = ["/{proxy+}", "/no/such/path", "//", ""]
        .into_iter()
        .map(|resource| {
            row(
                format!("resource `{resource}`"),
                with("resource", json!(resource)),
            )
            .fails(404)
        })
        .collect();
    rows.push(row(
        "path behind a custom domain's base path",
        with("path", json!("/movies/")),
    ));
    rows
}

fn content_types() -> Vec<Row> {
    let typed = |value: &str| {
        let event = with_header(event(MATRIX), "Content-Type", value);
        row(format!("Content-Type: {value}"), event)
    };
    let refused = [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json, text/plain",
    ];
    let taken = [
        "application/json; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json; charset=utf8",
        "application/json; charset=us-ascii",
        "application/json; charset=iso-8859-1",
        "application/json;",
        "APPLICATION/JSON",
        "application/vnd.movie+json",
    ];
    let mut rows: Vec<Row> = refused.map(|value| typed(value).fails(415)).into();
    rows.extend(taken.map(typed));
    let other_case = with_header(event(MATRIX), "content-type", "text/plain");
    rows.push(row("content-type: text/plain", other_case).fails(415));
    let missing = without_header(event(MATRIX), "Content-Type");
    rows.push(row("no Content-Type", missing));
    let mut none = with("headers", json!(null));
    none["multiValueHeaders"] = json!(null);
    rows.push(row("no headers", none));
    rows
}
