//! A Runtime API that says what cannot be read, or goes away.

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
