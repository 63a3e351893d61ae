//! A Runtime API that says what cannot be read, or goes away.

use std::io::{BufReader, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use rig::http::{read_request, write_response};

use super::*;

/// What anybody who may invoke the function can write into an invocation's headers.
#[test]
fn a_header_that_cannot_be_read_ends_nothing() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &[]);
    for header in [
        ("Lambda-Runtime-Client-Context", "{s3cret"),
        ("Lambda-Runtime-Client-Context", "s\u{e9}cret s3cret"),
        ("Lambda-Runtime-Cognito-Identity", "s3cret"),
        ("Lambda-Runtime-Invoked-Function-Arn", "s\u{e9}cret s3cret"),
        ("Lambda-Runtime-Deadline-Ms", "s3cret"),
        ("Lambda-Runtime-Trace-Id", "s\u{e9}cret s3cret"),
        ("Lambda-Runtime-Tenant-Id", "s3cret"),
    ] {
        runtime_api.set_headers(&[header]);
        let reply = invoke(&runtime_api, &rig::contract::event(BODY));
        assert_eq!(reply["statusCode"], 200, "{header:?}: {reply}");
    }
    runtime_api.set_headers(&[]);
    let reply = invoke(&runtime_api, &rig::contract::event(BODY));
    assert_eq!(reply["statusCode"], 200, "{reply}");
    let log = function.log();
    assert_eq!(log.len(), 8);
    for line in log {
        assert_eq!(line["message"], "request");
        assert!(!line.to_string().contains("s3cret"), "{line}");
    }
}

#[test]
fn an_event_that_is_not_json_is_answered() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let _function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &[]);
    for event in [&b"{"[..], b"", b"\xff"] {
        let invocation = Invocation {
            event: event.to_vec(),
            deadline: Duration::from_secs(10),
            trace: None,
        };
        let answer = runtime_api.invoke(&invocation, GENEROUS).unwrap();
        let reply: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(reply["statusCode"], 400, "{reply}");
    }
}

/// Lambda keeps it open; where it did not, no invocation would be lost over it.
#[test]
fn a_connection_that_is_closed_between_two_calls_is_opened_again() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let _function = Function::start(&address, &dynamodb.endpoint(), &[]);
    let event = rig::contract::event(BODY).to_string();
    let id = [("Lambda-Runtime-Aws-Request-Id", "id")];
    for _ in 0..3 {
        let stream = accepted(&listener);
        let mut reader = BufReader::new(&stream);
        let next = read_request(&mut reader).unwrap().unwrap();
        assert_eq!(next.path, "/2018-06-01/runtime/invocation/next");
        write_response(&mut &stream, 200, &id, event.as_bytes()).unwrap();
        let answer = read_request(&mut reader).unwrap().unwrap();
        assert_eq!(answer.path, "/2018-06-01/runtime/invocation/id/response");
        let closed = [("Connection", "close")];
        write_response(&mut &stream, 202, &closed, b"").unwrap();
    }
    assert_eq!(dynamodb.requests().len(), 3);
}

/// Whoever comes next, who must not be waited for in vain.
fn accepted(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let begin = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return stream;
            }
            Err(err) => assert_eq!(err.kind(), ErrorKind::WouldBlock),
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "nobody connects");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// For whoever reads the log, that is something else than a start that failed.
#[test]
fn a_function_that_has_served_does_not_fail_to_start() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let mut function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &[]);
    invoke(&runtime_api, &rig::contract::event(BODY));
    drop(runtime_api);
    assert!(!function.0.wait().unwrap().success());
    let log = function.log();
    assert_eq!(log.len(), 2);
    assert_eq!(log[1]["level"], "ERROR");
    assert_eq!(log[1]["message"], "runtime stopped");
    assert_eq!(log[1]["reason"], "the Runtime API cannot be reached");
}
