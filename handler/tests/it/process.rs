//! The `bootstrap` file as Lambda starts it: environment in, Runtime API on one side, DynamoDB
//! on the other.

mod answers;
mod refusals;
mod runtime_api;

use std::io::Read as _;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rig::dynamodb::{DynamoDb, Step};
use rig::runtime_api::{AnswerKind, Invocation, RuntimeApi};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const BODY: &str = r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;
const GENEROUS: Duration = Duration::from_secs(20);

/// A running function, stopped at the test's end.
struct Function(Child);

impl Function {
    /// Starts the program with Lambda's variables and these on top; an empty value takes one away.
    fn start(runtime_api: &str, endpoint: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handler"));
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .env("AWS_LAMBDA_FUNCTION_NAME", "apigw_handler")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "token")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("TABLE_NAME", "movies");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Self(child.unwrap())
    }

    fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.0.id().cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
    }

    /// Stops it; returns what it logged.
    fn log(mut self) -> Vec<Value> {
        self.0.kill().unwrap();
        let mut text = String::new();
        let mut stdout = self.0.stdout.take().unwrap();
        stdout.read_to_string(&mut text).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Invokes the function and returns its reply.
fn invoke(runtime_api: &RuntimeApi, event: &Value) -> Value {
    let invocation = Invocation {
        event: event.to_string().into_bytes(),
        deadline: Duration::from_secs(10),
        trace: None,
    };
    let answer = runtime_api.invoke(&invocation, GENEROUS).unwrap();
    assert_eq!(answer.kind, AnswerKind::Response);
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn a_movie_is_stored() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let variables = [("LOG_LEVEL", "DEBUG")];
    let function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &variables);
    runtime_api.wait_ready(GENEROUS).unwrap();
    assert_eq!(dynamodb.connections(), 1, "it connects while it starts");
    for _ in 0..2 {
        let reply = invoke(&runtime_api, &rig::contract::event(BODY));
        assert_eq!(reply["statusCode"], 200, "{reply}");
    }
    assert_eq!(dynamodb.connections(), 1);
    let item = dynamodb.item("tt0133093").unwrap();
    assert_eq!(item["title"]["S"], "The Matrix");
    assert_eq!(item.as_object().unwrap().len(), 3);
    // The credentials are Lambda's, token included.
    let request = &dynamodb.requests()[0];
    assert_eq!(request.header("x-amz-security-token"), Some("token"));
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains("AKIDEXAMPLE"));

    let log = function.log();
    let messages: Vec<_> = log.iter().map(|line| line["message"].as_str()).collect();
    assert_eq!(
        messages,
        [Some("started"), Some("request"), Some("request")]
    );
    assert_eq!(log[1]["coldStart"], true);
    assert_eq!(log[2]["coldStart"], false);
}

/// The trace comes with the invocation, the daemon's address with the environment.
#[test]
fn the_call_of_a_sampled_invocation_is_traced() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(GENEROUS)).unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let variables = [("AWS_XRAY_DAEMON_ADDRESS", address.as_str())];
    let _function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &variables);
    let root = "1-67891233-abcdef012345678912345678";
    let invocation = Invocation {
        event: rig::contract::event(BODY).to_string().into_bytes(),
        deadline: Duration::from_secs(10),
        trace: Some(format!("Root={root};Parent=463ac35c9f6413ad;Sampled=1")),
    };
    runtime_api.invoke(&invocation, GENEROUS).unwrap();
    let mut buffer = [0; 65536];
    let length = daemon.recv(&mut buffer).unwrap();
    let (_, document) = str::from_utf8(&buffer[..length])
        .unwrap()
        .split_once('\n')
        .unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["trace_id"], root);
    assert_eq!(document["parent_id"], "463ac35c9f6413ad");
}

/// What happens to a function that nobody calls for minutes: it is stopped, DynamoDB closes its
/// connection, and the next request finds out.
#[test]
fn a_connection_that_died_in_a_frozen_sandbox_is_no_error() {
    let runtime_api = RuntimeApi::start();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let function = Function::start(&runtime_api.address(), &dynamodb.endpoint(), &[]);
    runtime_api.wait_ready(GENEROUS).unwrap();
    for _ in 0..5 {
        let reply = invoke(&runtime_api, &rig::contract::event(BODY));
        assert_eq!(reply["statusCode"], 200, "{reply}");
        function.signal(Signal::STOP);
        dynamodb.close_connections();
        function.signal(Signal::CONT);
    }
    let log = function.log();
    assert_eq!(log.len(), 5);
    for line in log {
        assert!(line["attempts"].as_u64().unwrap() <= 2, "{line}");
        assert!(line["durationMs"].as_f64().unwrap() < 1000.0, "{line}");
    }
}

/// Starts the program with a setting that ends it; returns its last and only line.
fn ended(variables: &[(&str, &str)]) -> Value {
    let mut function = Function::start("127.0.0.1:9", "http://127.0.0.1:9", variables);
    assert!(!function.0.wait().unwrap().success());
    let mut text = String::new();
    let mut stdout = function.0.stdout.take().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Starts the program with a setting it cannot work with; it ends and says why.
fn check_start(variables: &[(&str, &str)], reason: &str) {
    let line = ended(variables);
    assert_eq!(line["message"], "start failed");
    assert_eq!(line["reason"], reason);
}

#[test]
fn a_missing_setting_ends_the_start() {
    for name in [
        "TABLE_NAME",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_RUNTIME_API",
    ] {
        let reason = format!("environment variable `{name}` is not set or empty");
        check_start(&[(name, "")], &reason);
    }
}

#[test]
fn a_wrong_setting_ends_the_start() {
    check_start(
        &[("LOG_LEVEL", "LOUD")],
        "environment variable `LOG_LEVEL` is not valid: it has to be DEBUG, INFO, WARN or ERROR",
    );
    check_start(
        &[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "never")],
        "environment variable `AWS_ACCOUNT_ID_ENDPOINT_MODE` is not valid: \
         it has to be preferred, disabled or required",
    );
    check_start(
        &[("AWS_CA_BUNDLE", "/nowhere/ca.pem")],
        "cannot read the CA bundle `/nowhere/ca.pem`: entity not found",
    );
}

/// Starts the program with a variable that leaves no memory for a thread, over which the async
/// runtime panics; returns the panic's line and the names of its members.
fn panicked(variables: &[(&str, &str)]) -> (Value, Vec<String>) {
    let stack = ("RUST_MIN_STACK", "1000000000000000");
    // A name has to be looked up, by a thread.
    let endpoint = ("AWS_ENDPOINT_URL", "http://s3cret.invalid");
    let line = ended(&[variables, &[stack, endpoint]].concat());
    assert!(!line.to_string().contains("s3cret"), "{line}");
    let mut names: Vec<String> = line.as_object().unwrap().keys().cloned().collect();
    names.sort();
    (line, names)
}

#[test]
fn a_panic_is_logged_with_addresses_and_no_message() {
    let (line, names) = panicked(&[("HANDLER_SHA256", "ba7816bf")]);
    // Only Linux, which Lambda is, tells where the program is loaded.
    let backtrace = cfg!(target_os = "linux").then_some("backtrace");
    let others = ["handler", "level", "message", "reason", "timestamp"];
    let expected: Vec<&str> = backtrace.into_iter().chain(others).collect();
    assert_eq!(names, expected, "{line}");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], "panicked");
    assert_eq!(line["handler"], "ba7816bf");
    let place = line["reason"].as_str().unwrap();
    assert!(place.contains("/tokio-"), "{place}");

    let backtrace = line["backtrace"].as_array().into_iter().flatten();
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_handler")).unwrap();
    for address in backtrace {
        let digits = address.as_str().unwrap().strip_prefix("0x").unwrap();
        let address = u64::from_str_radix(digits, 16).unwrap();
        assert!((1..size.len()).contains(&address), "{line}");
    }
    // Wherever the program is loaded, and whatever else its environment is, they are the same.
    let (again, names) = panicked(&[("HANDLER_SHA256", "")]);
    assert!(!names.iter().any(|name| name == "handler"), "{again}");
    assert_eq!(again["backtrace"], line["backtrace"]);
}
