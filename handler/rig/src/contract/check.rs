//! The rules of every reply, and a row's own on top.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{API_KEY, Movie, Row, matrix};
use crate::decimal::Decimal;
use crate::dynamodb::{DynamoDb, Step};

const INSERTED: &str = r#"{"message": "Successfully inserted data!"}"#;

/// API Gateway answers 502 for a reply with other members.
const MEMBERS: &[&str] = &[
    "statusCode",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
];

/// Shorter words of a movie may be in a line by chance.
const SECRET_BYTES_AT_LEAST: usize = 5;

/// Asserts that a reply and the table are what the row expects. `dynamodb` must have seen the
/// row's events and no others.
pub fn check(row: &Row, reply: &Value, dynamodb: &DynamoDb) {
    let name = row.name.as_str();
    let shown: String = reply.to_string().chars().take(2000).collect();
    let context = format!("`{name}` is answered {shown}");

    let status = reply["statusCode"].as_u64().expect(&context);
    let expected = u64::from(row.expect.status);
    let is_other = row.expect.or_status.map(u64::from) == Some(status);
    assert!(
        status == expected || is_other,
        "{expected} expected: {context}"
    );
    check_form(reply, &context);
    for (header, value) in &row.expect.headers {
        let found = self::header(reply, header);
        assert_eq!(found, Some(value.as_str()), "{header}: {context}");
    }
    if status == 200 {
        let content_type = header(reply, "Content-Type");
        assert_eq!(content_type, Some("application/json"), "{context}");
        assert_eq!(reply["body"], INSERTED, "{context}");
    } else {
        check_problem(row, reply, status, &context);
    }
    if [400, 404, 405, 415, 422].contains(&status) && row.before.is_empty() {
        let requests = dynamodb.requests().len();
        assert_eq!(requests, 0, "DynamoDB was asked: {context}");
    }
    if status == expected {
        check_table(&row.expect.table, dynamodb, &context);
    }
}

/// Asserts that the lines logged for a row are JSON, and repeat neither the key nor the body.
pub fn check_log(row: &Row, log: &str) {
    for line in log.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        let is_object = parsed.is_ok_and(|line| line.is_object());
        assert!(is_object, "`{}` logs {line}", row.name);
    }
    for secret in secrets(row) {
        let is_logged = log.contains(&secret);
        assert!(!is_logged, "`{}` logs {secret:.80}: {log:.2000}", row.name);
    }
}

/// What API Gateway asks of a reply.
fn check_form(reply: &Value, context: &str) {
    let members = reply.as_object().expect(context);
    for member in members.keys() {
        assert!(MEMBERS.contains(&member.as_str()), "{member}: {context}");
    }
    let headers = reply["headers"].as_object().expect(context);
    assert!(headers.values().all(Value::is_string), "{context}");
    assert!(reply["body"].is_string(), "{context}");
    assert_ne!(reply["isBase64Encoded"], true, "{context}");
}

/// What every error has: RFC 9457's members and our two.
fn check_problem(row: &Row, reply: &Value, status: u64, context: &str) {
    let content_type = header(reply, "Content-Type");
    assert_eq!(content_type, Some("application/problem+json"), "{context}");
    let body = reply["body"].as_str().unwrap_or_default();
    let problem: Value = serde_json::from_str(body).expect(context);
    for member in ["type", "title", "detail"] {
        let text = problem[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "no {member}: {context}");
    }
    assert_eq!(problem["status"], status, "{context}");
    assert_eq!(problem["message"], problem["detail"], "{context}");
    let request_id = &row.event["requestContext"]["requestId"];
    if request_id.is_string() {
        assert_eq!(problem["requestId"], *request_id, "{context}");
    }
    check_pointers(&row.expect.pointers, &problem["errors"], context);
    assert!(!body.contains(API_KEY), "{context}");
    let detail = problem["detail"].as_str().unwrap_or_default();
    if status == 500 {
        assert!(detail.starts_with("internal error"), "{context}");
    }
    let is_said = detail.contains("may be stored or not");
    assert_eq!(is_said, row.expect.may_be_stored, "{context}");
    if status >= 500 {
        for cause in causes(row).into_iter().chain(secrets(row)) {
            assert!(!body.contains(&cause), "{cause}: {context}");
        }
    }
}

fn check_pointers(expected: &[&str], errors: &Value, context: &str) {
    if expected.is_empty() {
        assert!(errors.is_null(), "{context}");
        return;
    }
    let errors = errors.as_array().expect(context);
    let mut found = Vec::new();
    for error in errors {
        let detail = error["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty(), "{context}");
        found.push(error["pointer"].as_str().expect(context));
    }
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{context}");
}

fn check_table(expected: &[Movie], dynamodb: &DynamoDb, context: &str) {
    let items = dynamodb.items();
    let ids: BTreeSet<&str> = items.keys().map(String::as_str).collect();
    let expected_ids = expected.iter().map(|movie| movie.id.as_str()).collect();
    assert_eq!(ids, expected_ids, "{context}");
    for movie in expected {
        let item = &items[&movie.id];
        assert_eq!(item["title"]["S"], movie.title, "{context}");
        let year = item["year"]["N"].as_str().expect(context);
        let years = [year, &movie.year].map(Decimal::parse);
        assert_eq!(years[0], years[1], "{context}");
    }
}

fn header<'a>(reply: &'a Value, name: &str) -> Option<&'a str> {
    let headers = reply["headers"].as_object()?;
    headers
        .iter()
        .find(|(header, _)| header.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| value.as_str())
}

/// What DynamoDB said, which is for the log.
fn causes(row: &Row) -> Vec<String> {
    let steps = row.script.iter().chain([&row.then]);
    steps
        .flat_map(|step| match step {
            Step::Error { kind, message, .. } => vec![kind.clone(), message.clone()],
            Step::Echo { kind, .. } => vec![kind.clone()],
            Step::Answer { body, .. } => vec![body.clone()],
            _ => vec![],
        })
        .filter(|cause| !cause.is_empty())
        .collect()
}

/// What must be neither logged nor repeated in a failure's reply.
fn secrets(row: &Row) -> Vec<String> {
    let body = row.event["body"].as_str().unwrap_or_default();
    let mut secrets = vec![API_KEY.to_owned(), body.to_owned()];
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    for member in ["id", "title"] {
        secrets.extend(parsed[member].as_str().map(str::to_owned));
    }
    for movie in &row.expect.table {
        secrets.extend([movie.id.clone(), movie.title.clone()]);
    }
    // A body that cannot be parsed may still be repeated in parts.
    let Movie { id, title, .. } = matrix();
    secrets.extend([id, title].into_iter().filter(|part| body.contains(part)));
    secrets.retain(|secret| secret.trim().len() >= SECRET_BYTES_AT_LEAST);
    secrets
}
