use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use cfnkit_console::report::Nobody;
use expect_test::expect;

use super::*;
use cfnkit_operate::smoke::render;

const KEY: &str = "the-right-key";

const ITEM: &str = r#"{"year":"2023","title":"smoke test","id":"smoke-test"}"#;

/// What a service may ask.
static PROBES: [Probe; 6] = [
    Probe {
        name: "with key",
        key: Key::Right,
        method: "POST",
        path: "/",
        body: Some(ITEM),
        expected: &[200],
        message: Some("Successfully inserted data!"),
    },
    Probe {
        name: "without key",
        key: Key::None,
        method: "POST",
        path: "/",
        body: Some(ITEM),
        expected: &[403],
        message: None,
    },
    Probe {
        name: "wrong key",
        key: Key::Wrong,
        method: "POST",
        path: "/",
        body: Some(ITEM),
        expected: &[403],
        message: None,
    },
    // API Gateway's validator says 400, and the handler, where that lets it pass, 400 or 422.
    Probe {
        name: "bad body",
        key: Key::Right,
        method: "POST",
        path: "/",
        body: Some(r#"["no movie"]"#),
        expected: &[400, 422],
        message: None,
    },
    Probe {
        name: "an item",
        key: Key::Right,
        method: "GET",
        path: "/smoke-test",
        body: None,
        expected: &[200],
        message: None,
    },
    // API Gateway takes it for a request without a signature, and asks for a key first or not.
    Probe {
        name: "unknown path",
        key: Key::Right,
        method: "POST",
        path: "/no/such/path",
        body: Some(ITEM),
        expected: &[403, 404],
        message: None,
    },
];

/// What a server answers to a method and path, a key and a body.
type Answer = fn(&str, Option<&str>, &str) -> (u16, &'static str);

/// A server of another make than the client; it serves one request a connection.
fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if reader.read_until(b'\n', &mut head).unwrap() == 0 {
                    break;
                }
            }
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut request = httparse::Request::new(&mut headers);
            request.parse(&head).unwrap();
            let header = |name: &str| {
                let found = request.headers.iter().find(|header| header.name == name);
                found.map(|header| std::str::from_utf8(header.value).unwrap())
            };
            // Who sends no body says nothing of one.
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            assert_eq!(header("content-type").is_some(), length > 0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let asked = format!("{} {}", request.method.unwrap(), request.path.unwrap());
            let (status, text) = answer(&asked, header("x-api-key"), &body);
            let length = text.len();
            write!(
                reader.get_mut(),
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
            )
            .unwrap();
        }
    });
    format!("http://{address}/dev")
}

/// As the service answers.
fn service(asked: &str, key: Option<&str>, body: &str) -> (u16, &'static str) {
    match (asked, key) {
        ("POST /dev/", Some(KEY)) if body.contains("title") => {
            (200, r#"{"message": "Successfully inserted data!"}"#)
        }
        ("POST /dev/", Some(KEY)) => (422, r#"{"message":"not a movie"}"#),
        ("POST /dev/", _) => (403, r#"{"message":"Forbidden"}"#),
        ("GET /dev/smoke-test", Some(KEY)) => (200, r#"{"id":"smoke-test"}"#),
        _ => (404, r#"{"message":"no such path"}"#),
    }
}

fn without_times(smoke: &mut Smoke) -> String {
    smoke.endpoint = "http://endpoint".to_owned();
    for check in &mut smoke.checks {
        assert!(check.latency_ms > 0.0);
        check.latency_ms = 1.0;
    }
    render(smoke)
}

#[test]
fn a_service_as_documented_passes() {
    let mut smoke = run(&PROBES, "movies-dev", &serve(service), Some(KEY), &Nobody);
    assert!(smoke.passed);
    expect![[r#"
        movies-dev  http://endpoint
          ok      with key      200       1.0 ms
          ok      without key   403       1.0 ms
          ok      wrong key     403       1.0 ms
          ok      bad body      422       1.0 ms
          ok      an item       200       1.0 ms
          ok      unknown path  404       1.0 ms
    "#]]
    .assert_eq(&without_times(&mut smoke));
}

#[test]
fn every_wrong_answer_is_a_failure_of_its_own() {
    fn open(_: &str, _: Option<&str>, _: &str) -> (u16, &'static str) {
        (200, r#"{"message": "stored"}"#)
    }
    let mut smoke = run(&PROBES, "movies-dev", &serve(open), Some(KEY), &Nobody);
    assert!(!smoke.passed);
    expect![[r#"
        movies-dev  http://endpoint
          FAILED  with key      200       1.0 ms
                  the message is not `Successfully inserted data!`, the answer is:
                  {"message": "stored"}
          FAILED  without key   200       1.0 ms
                  200 instead of 403: {"message": "stored"}
          FAILED  wrong key     200       1.0 ms
                  200 instead of 403: {"message": "stored"}
          FAILED  bad body      200       1.0 ms
                  200 instead of 400 or 422: {"message": "stored"}
          ok      an item       200       1.0 ms
          FAILED  unknown path  200       1.0 ms
                  200 instead of 403 or 404: {"message": "stored"}
    "#]]
    .assert_eq(&without_times(&mut smoke));

    fn failing(asked: &str, key: Option<&str>, body: &str) -> (u16, &'static str) {
        match service(asked, key, body) {
            (200, _) => (502, ""),
            answer => answer,
        }
    }
    let smoke = run(&PROBES, "movies-dev", &serve(failing), Some(KEY), &Nobody);
    let failed: Vec<&str> = smoke
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.name)
        .collect();
    assert_eq!(failed, ["with key", "an item"]);
    let problem = smoke.checks[0].problem.as_deref().unwrap();
    assert!(problem.starts_with("502 instead of 200: an empty answer; the function failed"));
}

#[test]
fn nobody_listening_is_a_failure_without_a_status() {
    let endpoint = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/dev", listener.local_addr().unwrap())
    };
    let smoke = run(&PROBES, "movies-dev", &endpoint, Some(KEY), &Nobody);
    assert!(!smoke.passed);
    for check in &smoke.checks {
        assert_eq!(check.status, None);
        assert!(check.problem.as_deref().unwrap().starts_with("no answer"));
    }
}

#[test]
fn the_longest_endpoint_fits_80_columns() {
    let smoke = Smoke {
        stack: "movies-abcdefghijklmnop".to_owned(),
        endpoint: "https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com/abcdefghijklmnop"
            .to_owned(),
        passed: true,
        checks: Vec::new(),
    };
    for line in render(&smoke).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
