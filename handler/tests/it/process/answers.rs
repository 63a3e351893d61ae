//! What the program makes of DynamoDB's answers: the reply, the line, and whether it asks again.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::*;

const SIGNATURE_EXPIRED: &str = r#"{"__type": "com.amazon.coral.service#InvalidSignatureException", "message": "Signature expired: 20260131T000000Z is now earlier than 20260131T001000Z (20260131T001500Z - 5 min.)"}"#;

/// What came of one request.
struct Outcome {
    reply: Value,
    line: Value,
    dynamodb: DynamoDb,
}

fn outcome(script: Vec<Step>, then: Step, event: &Value) -> Outcome {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(script, then);
    let function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &[]);
    let reply = invoke(&runtime_api, event);
    let mut log = function.log();
    assert_eq!(log.len(), 1);
    Outcome {
        reply,
        line: log.remove(0),
        dynamodb,
    }
}

fn plain(script: Vec<Step>, then: Step) -> Outcome {
    outcome(script, then, &rig::contract::event(BODY))
}

#[test]
fn a_signature_by_a_clock_that_was_off_is_made_again() {
    let Outcome { reply, line, .. } =
        plain(vec![Step::answer(400, &[], SIGNATURE_EXPIRED)], Step::Store);
    assert_eq!(reply["statusCode"], 200, "{reply}");
    assert_eq!(line["attempts"], 2);
}

/// A clock that stays off is corrected by the answer's.
#[test]
fn the_second_signature_has_dynamodbs_time() {
    let ahead = SystemTime::now() + Duration::from_secs(3600);
    let ahead = DateTime::from(ahead);
    let date = ahead.fmt(Format::HttpDate).unwrap();
    let refusal = Step::answer(400, &[("Date", &date)], SIGNATURE_EXPIRED);
    let Outcome { dynamodb, .. } = plain(vec![refusal], Step::Store);
    let requests = dynamodb.requests();
    assert_eq!(requests.len(), 2);
    let signed = requests[1].header("x-amz-date").unwrap();
    let hour = ahead.fmt(Format::DateTime).unwrap().replace(['-', ':'], "");
    // Seconds, and with them minutes, may have gone by.
    assert_eq!(signed[..11], hour[..11], "{signed} {hour}");
}

/// What passes by itself is no 500 even if it does not pass in time; a wrong key is one at once.
#[test]
fn a_clock_is_not_a_key() {
    let late = plain(vec![], Step::answer(400, &[], SIGNATURE_EXPIRED));
    assert_eq!(late.reply["statusCode"], 503);
    assert_eq!(late.line["attempts"], 3);
    let reason = "the store is unavailable: \
                  InvalidSignatureException: this clock and DynamoDB's differ";
    assert_eq!(late.line["reason"], reason);
    let message = "The request signature we calculated does not match";
    let wrong = plain(
        vec![],
        Step::error(400, "InvalidSignatureException", message),
    );
    assert_eq!(wrong.reply["statusCode"], 500);
    assert_eq!(wrong.line["attempts"], 1);
}

#[test]
fn the_line_has_dynamodbs_status() {
    let html = |status| Step::answer(status, &[("Content-Type", "text/html")], "<html>s3cret");
    for (step, status, reason) in [
        (
            html(403),
            403,
            "cannot store the movie: HTTP 403 without an error code",
        ),
        (
            html(413),
            413,
            "cannot store the movie: HTTP 413 without an error code",
        ),
        (
            html(429),
            429,
            "the store is throttled: HTTP 429 without an error code",
        ),
        (
            html(408),
            408,
            "the store is unavailable: HTTP 408 without an error code",
        ),
        (
            html(502),
            502,
            "the store is unavailable: HTTP 502 without an error code",
        ),
        (
            Step::GarbageBody,
            200,
            "the store is unavailable: HTTP 200 with an answer that cannot be read",
        ),
        (
            Step::error(400, "the title", "s3cret"),
            400,
            "cannot store the movie: HTTP 400 with an unknown error code",
        ),
        (
            Step::error(
                400,
                "ResourceNotFoundException",
                "Requested resource not found",
            ),
            400,
            "cannot store the movie: ResourceNotFoundException: Requested resource not found",
        ),
        (
            Step::error(400, "ResourceNotFoundException", "no The Matrix here"),
            400,
            "cannot store the movie: ResourceNotFoundException",
        ),
    ] {
        let Outcome { line, .. } = plain(vec![], step.clone());
        assert_eq!(line["storeStatus"], status, "{step:?}: {line}");
        assert_eq!(line["reason"], reason, "{step:?}");
        assert!(!line.to_string().contains("s3cret"), "{line}");
    }
    let Outcome { line, .. } = plain(vec![], Step::Store);
    assert_eq!(line["storeStatus"], 200);
    let Outcome { line, .. } = plain(vec![], Step::Reset);
    assert_eq!(line.get("storeStatus"), None, "{line}");
}

#[test]
fn a_conditional_write_whose_answers_are_lost_may_be_stored() {
    let event = rig::contract::with_header(rig::contract::event(BODY), "If-None-Match", "*");
    let Outcome {
        reply,
        line,
        dynamodb,
    } = outcome(vec![], Step::StoreThenReset, &event);
    assert!(dynamodb.item("tt0133093").is_some());
    assert_eq!(reply["statusCode"], 504);
    assert_eq!(line["attempts"], 3);
    assert_eq!(reply["headers"].get("Retry-After"), None);
    let problem: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    let expected = "temporarily unavailable; the movie may be stored or not, \
                    and where it is, repeating the request is answered 412";
    assert_eq!(problem["detail"], expected);
}

#[test]
fn a_write_in_a_transactions_way_is_repeated() {
    let conflict = Step::error(
        400,
        "TransactionConflictException",
        "Transaction is ongoing",
    );
    let Outcome { reply, line, .. } = plain(vec![conflict.clone(), conflict], Step::Store);
    assert_eq!(reply["statusCode"], 200, "{reply}");
    assert_eq!(line["attempts"], 3);
}
