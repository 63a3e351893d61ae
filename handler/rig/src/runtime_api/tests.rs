use std::io::{Read, Write};
use std::thread;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(10);

fn invocation(event: &str) -> Invocation {
    Invocation {
        event: event.into(),
        deadline: Duration::from_secs(10),
        trace: Some("Root=1-2-3".to_owned()),
    }
}

fn url(api: &str, path: &str) -> String {
    format!("http://{api}{PREFIX}{path}")
}

/// Answers `count` events with their own bytes and their headers' values.
fn echo(api: &str, count: usize, kind: &str) {
    let agent = ureq::Agent::new_with_defaults();
    for _ in 0..count {
        let mut next = agent.get(url(api, "invocation/next")).call().unwrap();
        let header = |name: &str| next.headers()[name].to_str().unwrap().to_owned();
        let id = header("Lambda-Runtime-Aws-Request-Id");
        let deadline: u128 = header("Lambda-Runtime-Deadline-Ms").parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert!((9_000..=10_000).contains(&(deadline - now.as_millis())));
        assert_eq!(header("Lambda-Runtime-Trace-Id"), "Root=1-2-3");
        assert_eq!(header("Lambda-Runtime-Invoked-Function-Arn"), FUNCTION_ARN);
        let event = next.body_mut().read_to_vec().unwrap();
        let posted = agent
            .post(url(api, &format!("invocation/{id}/{kind}")))
            .send(&event)
            .unwrap();
        assert_eq!(posted.status(), 202);
    }
}

/// A function that waits for an event, and whose end is its connection's.
fn poller(api: &RuntimeApi) -> TcpStream {
    let mut stream = TcpStream::connect(api.address()).unwrap();
    stream
        .write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n")
        .unwrap();
    api.wait_ready(TIMEOUT).unwrap();
    stream
}

#[test]
fn events_are_answered_one_after_the_other() {
    let api = RuntimeApi::start();
    let address = api.address();
    let function = thread::spawn(move || echo(&address, 3, "response"));
    api.wait_ready(TIMEOUT).unwrap();
    for event in ["1", "{}", "null"] {
        let begin = Instant::now();
        let answer = api.invoke(&invocation(event), TIMEOUT).unwrap();
        assert_eq!(answer.kind, AnswerKind::Response);
        assert_eq!(answer.body, event.as_bytes());
        assert!(answer.elapsed < begin.elapsed());
        assert!(answer.elapsed > Duration::ZERO);
    }
    function.join().unwrap();
}

#[test]
fn event_waits_for_a_function_that_is_not_there_yet() {
    let api = RuntimeApi::start();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| api.invoke(&invocation("1"), TIMEOUT));
        echo(&api.address(), 1, "error");
        let answer = waiting.join().unwrap().unwrap();
        assert_eq!(answer.kind, AnswerKind::Error);
    });
}

#[test]
fn init_error_is_the_answer() {
    let api = RuntimeApi::start();
    ureq::post(url(&api.address(), "init/error"))
        .send("no table")
        .unwrap();
    let answer = api.invoke(&invocation("1"), TIMEOUT).unwrap();
    assert_eq!(answer.kind, AnswerKind::InitError);
    assert_eq!(answer.body, b"no table");
}

#[test]
fn exit_is_noticed() {
    let api = RuntimeApi::start();
    drop(poller(&api));
    let result = api.invoke(&invocation("1"), TIMEOUT);
    assert_eq!(result.unwrap_err(), NoAnswer::Exited);
}

#[test]
fn event_is_not_lost_to_a_poller_that_left() {
    let api = RuntimeApi::start();
    drop(poller(&api));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| api.invoke(&invocation("1"), TIMEOUT));
        echo(&api.address(), 1, "response");
        assert_eq!(waiting.join().unwrap().unwrap().body, b"1");
    });
}

#[test]
fn silence_is_a_timeout() {
    let api = RuntimeApi::start();
    let result = api.invoke(&invocation("1"), Duration::from_millis(10));
    assert_eq!(result.unwrap_err(), NoAnswer::Timeout);
    let result = api.wait_ready(Duration::from_millis(10));
    assert_eq!(result.unwrap_err(), NoAnswer::Timeout);
}

#[test]
fn answer_to_an_unknown_event_is_refused() {
    let api = RuntimeApi::start();
    let result = ureq::post(url(&api.address(), "invocation/none/response")).send("");
    assert!(matches!(result, Err(ureq::Error::StatusCode(400))));
}

#[test]
fn connections_end_with_the_rig() {
    let api = RuntimeApi::start();
    let mut stream = poller(&api);
    drop(api);
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
}
