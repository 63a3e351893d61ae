use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use super::super::{MATRIX, event, row};
use super::*;

fn inserted() -> Value {
    json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": INSERTED,
        "isBase64Encoded": false,
    })
}

/// The reply to an error, with members of its body replaced.
fn problem(row: &Row, replaced: Value) -> Value {
    let mut body = json!({
        "type": "about:blank",
        "title": "Something",
        "status": row.expect.status,
        "detail": "internal error",
        "message": "internal error",
        "requestId": row.event["requestContext"]["requestId"],
    });
    for (member, value) in replaced.as_object().into_iter().flatten() {
        body[member] = value.clone();
    }
    let mut reply = inserted();
    reply["statusCode"] = json!(row.expect.status);
    reply["headers"]["Content-Type"] = json!("application/problem+json");
    reply["body"] = json!(body.to_string());
    reply
}

/// A table with one item.
fn table_with(title: &str, year: &str) -> DynamoDb {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let item =
        json!({ "id": { "S": "tt0133093" }, "title": { "S": title }, "year": { "N": year } });
    let body = json!({ "Item": item }).to_string();
    let target = "X-Amz-Target: DynamoDB_20120810.PutItem";
    let length = body.len();
    let mut stream = TcpStream::connect(("127.0.0.1", dynamodb.port())).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\n{target}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
    dynamodb
}

fn empty_table() -> DynamoDb {
    DynamoDb::start(vec![], Step::Store)
}

fn is_refused(row: &Row, reply: &Value, dynamodb: &DynamoDb) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(row, reply, dynamodb))).is_err()
}

#[test]
fn right_replies_are_accepted() {
    let row = row("row", event(MATRIX));
    check(&row, &inserted(), &table_with("The Matrix", "1.999E3"));
    let row = row.fails(422).pointers(&["#/id", "#/year"]);
    let errors = json!([
        { "pointer": "#/year", "detail": "is missing" },
        { "pointer": "#/id", "detail": "is missing" },
    ]);
    let reply = problem(&row, json!({ "errors": errors }));
    check(&row, &reply, &empty_table());
    let row = row.or(200);
    check(&row, &inserted(), &empty_table());
}

#[test]
fn wrong_success_is_refused() {
    let row = row("row", event(MATRIX));
    let stored = table_with("The Matrix", "1999");
    for (pointer, value) in [
        ("/statusCode", json!(201)),
        ("/statusCode", json!("200")),
        ("/headers", json!({})),
        ("/headers/Content-Type", json!("text/plain")),
        (
            "/body",
            json!(r#"{"message":"Successfully inserted data!"}"#),
        ),
        ("/isBase64Encoded", json!(true)),
    ] {
        let mut reply = inserted();
        *reply.pointer_mut(pointer).unwrap() = value;
        assert!(is_refused(&row, &reply, &stored), "{reply}");
    }
    let mut reply = inserted();
    reply["cookies"] = json!([]);
    assert!(is_refused(&row, &reply, &stored));
}

#[test]
fn wrong_table_is_refused() {
    let row = row("row", event(MATRIX));
    for table in [
        empty_table(),
        table_with("The Matrix", "2003"),
        table_with("Matrix", "1999"),
    ] {
        assert!(is_refused(&row, &inserted(), &table));
    }
    let row = row.fails(412);
    let stored = table_with("The Matrix", "1999");
    assert!(is_refused(&row, &problem(&row, json!({})), &stored));
}

#[test]
fn wrong_problem_is_refused() {
    let failing = row("row", event(MATRIX))
        .then(Step::error(400, "AccessDeniedException", "not for you"))
        .fails(500);
    check(&failing, &problem(&failing, json!({})), &empty_table());
    for replaced in [
        json!({ "type": null }),
        json!({ "title": "" }),
        json!({ "status": 400 }),
        json!({ "message": "other" }),
        json!({ "detail": "not for you", "message": "not for you" }),
        json!({ "requestId": "other" }),
        json!({ "errors": [] }),
        json!({ "cause": "AccessDeniedException" }),
        json!({ "id": "tt0133093" }),
        json!({ "key": API_KEY }),
    ] {
        let reply = problem(&failing, replaced);
        assert!(is_refused(&failing, &reply, &empty_table()), "{reply}");
    }
    let throttled = failing.fails(503).header("Retry-After", "1");
    let mut reply = problem(&throttled, json!({}));
    assert!(is_refused(&throttled, &reply, &empty_table()));
    reply["headers"]["retry-after"] = json!("1");
    check(&throttled, &reply, &empty_table());
}

#[test]
fn request_that_should_not_have_been_made_is_refused() {
    let row = row("row", event(MATRIX)).fails(422).pointers(&["#/id"]);
    let errors = json!([{ "pointer": "#/id", "detail": "is missing" }]);
    let reply = problem(&row, json!({ "errors": errors }));
    let asked = table_with("The Matrix", "1999");
    asked.set(vec![], Step::Close);
    assert!(is_refused(&row, &reply, &asked));
    asked.clear();
    check(&row, &reply, &asked);
}

#[test]
fn log_is_json_without_secrets() {
    let row = row("row", event(MATRIX));
    check_log(&row, "{\"status\": 200}\n{\"durationMs\": 1.5}\n");
    for log in [
        "START\n",
        "[]\n",
        "{\"id\": \"tt0133093\"}\n",
        "{\"reason\": \"quoted: The Matrix\"}\n",
        "{\"key\": \"k3y-0f-the-c0ntract\"}\n",
    ] {
        let refused = catch_unwind(|| check_log(&row, log)).is_err();
        assert!(refused, "{log}");
    }
}
