//! How the table uses its connections: opened early, used again, replaced when they died; and
//! how long it waits for them.

use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use handler::dynamodb::connection::error::ConnectionError;
use handler::dynamodb::{Settings, Table};
use handler::event;
use handler::log::Level;
use handler::movie::Movie;
use handler::xray::{Daemon, Trace};
use lambda_runtime::LambdaEvent;
use rig::dynamodb::{DynamoDb, Step};
use serde_json::{Value, json};

use crate::support::{KeptLog, context, respond, settings, table};

const BODY: &str = r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;
const TRACE: &str = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1";

/// Posts a movie; returns the status and how often DynamoDB was asked, by the log.
async fn post(table: &Table) -> (u64, u64) {
    let log = KeptLog::new(Level::Info);
    let reply = respond(table, &rig::contract::event(BODY), &log.log).await;
    let line: Value = serde_json::from_str(&log.take()).unwrap();
    (
        reply["statusCode"].as_u64().unwrap(),
        line["attempts"].as_u64().unwrap(),
    )
}

/// How often something is tried that a busy machine may be too slow for.
const TRIES: usize = 20;

/// Opens the connection of the start, however busy the machine is.
async fn warm(table: &Table) -> Result<(), ConnectionError> {
    for _ in 1..TRIES {
        match table.warm().await {
            Err(ConnectionError::Slow) => {}
            other => return other,
        }
    }
    table.warm().await
}

#[tokio::test]
async fn the_connection_of_the_start_is_used_for_every_request() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let table = table(&dynamodb.endpoint());
    warm(&table).await.unwrap();
    let movie = Movie::from_json(BODY.as_bytes()).unwrap();
    table.rehearse(&movie).await;
    // The kernel accepts before the stand-in does.
    while dynamodb.connections() == 0 {
        std::thread::yield_now();
    }
    assert!(dynamodb.requests().is_empty(), "nothing is sent early");
    let opened = dynamodb.connections();
    for _ in 0..3 {
        assert_eq!(post(&table).await, (200, 1));
    }
    assert_eq!(dynamodb.connections(), opened);
}

#[tokio::test]
async fn a_request_names_this_function_and_says_nothing_about_the_sdk() {
    let dynamodb = DynamoDb::start(vec![Step::Reset], Step::Store);
    assert_eq!(post(&table(&dynamodb.endpoint())).await, (200, 2));
    for request in dynamodb.requests() {
        let agent = request.header("User-Agent").unwrap();
        assert_eq!(agent, concat!("handler/", env!("CARGO_PKG_VERSION")));
        let names = request.headers.iter().map(|(name, _)| name);
        let about: Vec<_> = names.filter(|name| name.contains("sdk")).collect();
        assert!(about.is_empty(), "{about:?}");
        assert_eq!(request.header("X-Amz-User-Agent"), None);
    }
}

#[tokio::test]
async fn a_start_without_dynamodb_costs_half_a_second_at_most() {
    let endpoint = format!("http://127.0.0.1:{}", rig::dynamodb::refused_port());
    assert!(table(&endpoint).warm().await.is_err());
    // The kernel accepts, and nobody shakes hands.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let table = table(&format!("https://localhost:{port}"));
    for _ in 0..TRIES {
        let begin = Instant::now();
        assert_eq!(table.warm().await, Err(ConnectionError::Slow));
        if begin.elapsed() < Duration::from_secs(1) {
            return;
        }
    }
    panic!("no start was given up within a second");
}

#[tokio::test]
async fn a_connection_that_died_while_idle_costs_one_retry_at_most() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let table = table(&dynamodb.endpoint());
    assert_eq!(post(&table).await, (200, 1));
    dynamodb.close_connections();
    let (status, attempts) = post(&table).await;
    assert_eq!(status, 200);
    assert!(attempts <= 2, "{attempts}");
    assert_eq!(dynamodb.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_dies_under_a_request_costs_one_retry() {
    let dynamodb = DynamoDb::start(vec![Step::Store, Step::Reset], Step::Store);
    let table = table(&dynamodb.endpoint());
    assert_eq!(post(&table).await, (200, 1));
    assert_eq!(post(&table).await, (200, 2));
    assert_eq!(dynamodb.connections(), 2);
}

/// A DynamoDB behind TLS, and the file of the authority that vouches for it.
fn encrypted() -> (DynamoDb, tempfile::NamedTempFile) {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let bundle = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(bundle.path(), certificate.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rig::tls::server_config(vec![certificate.der().clone()], key);
    let dynamodb = DynamoDb::start_tls(vec![], Step::Store, config);
    (dynamodb, bundle)
}

#[tokio::test]
async fn a_bundle_of_authorities_is_trusted() {
    let (dynamodb, bundle) = encrypted();
    let table = Table::new(Settings {
        ca_bundle: Some(bundle.path().to_owned()),
        ..settings(&dynamodb.endpoint())
    })
    .unwrap();
    warm(&table).await.unwrap();
    let opened = dynamodb.connections();
    assert_eq!(post(&table).await, (200, 1));
    assert_eq!(dynamodb.connections(), opened);
}

#[tokio::test]
async fn without_it_only_amazon_is() {
    let (dynamodb, _bundle) = encrypted();
    let table = table(&dynamodb.endpoint());
    let err = warm(&table).await.unwrap_err();
    let expected = "TLS failed: the certificate's issuer is not trusted";
    assert_eq!(err.to_string(), expected);
    assert_eq!(post(&table).await.0, 503);
    assert!(dynamodb.requests().is_empty());
}

#[tokio::test]
async fn the_deadline_ends_the_waiting() {
    for _ in 0..TRIES {
        if waits_until_the_deadline().await {
            return;
        }
    }
    panic!("no request was answered in time");
}

/// Whether each request was answered before its deadline, and asked DynamoDB if there was time.
async fn waits_until_the_deadline() -> bool {
    let dynamodb = DynamoDb::start(vec![], Step::Hang);
    let table = table(&dynamodb.endpoint());
    let mut is_in_time = true;
    for (left, within) in [(1200, 1000), (500, 100), (0, 100)] {
        let log = KeptLog::new(Level::Info);
        let payload = rig::contract::event(BODY).to_string();
        let context = context(Duration::from_millis(left));
        let event = LambdaEvent::new(payload.as_bytes(), context);
        let begin = Instant::now();
        let reply = event::handle(&table, event, &log.log).await;
        assert_eq!(reply.status(), 504, "{left}");
        let reply = serde_json::to_string(&reply).unwrap();
        let is_unknown = reply.contains("may be stored or not");
        assert!(!is_unknown || left == 1200, "{left}: {reply}");
        let has_asked = is_unknown || left != 1200;
        is_in_time &= has_asked && begin.elapsed() < Duration::from_millis(within);
    }
    let requests = dynamodb.requests().len();
    assert!(requests <= 1, "only one had time to ask");
    is_in_time && requests == 1
}

/// Handles one traced request; returns the documents that the daemon got.
async fn traced(script: Vec<Step>, then: Step, trace: &str) -> Vec<Value> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let dynamodb = DynamoDb::start(script, then);
    let table = Table::new(Settings {
        xray: Daemon::at(&socket.local_addr().unwrap().to_string()),
        ..settings(&dynamodb.endpoint())
    })
    .unwrap();
    let log = KeptLog::new(Level::Info);
    let payload = rig::contract::event(BODY).to_string();
    let mut context = context(Duration::from_secs(10));
    context.xray_trace_id = Some(trace.to_owned());
    let table = table.within(Trace::from_header(trace));
    let event = LambdaEvent::new(payload.as_bytes(), context);
    event::handle(&table, event, &log.log).await;

    let mut documents = Vec::new();
    let mut buffer = [0; 65536];
    while let Ok(length) = socket.recv(&mut buffer) {
        let text = str::from_utf8(&buffer[..length]).unwrap();
        let (header, document) = text.split_once('\n').unwrap();
        assert_eq!(header, r#"{"format":"json","version":1}"#);
        assert!(!text.contains("Matrix") && !text.contains("tt0133093"));
        documents.push(serde_json::from_str(document).unwrap());
    }
    documents
}

#[tokio::test]
async fn a_sampled_request_is_on_the_service_map() {
    let mut documents = traced(vec![], Step::Store, TRACE).await;
    assert_eq!(documents.len(), 1);
    let document = &mut documents[0];
    let seconds = |member: &str| document[member].as_f64().unwrap();
    assert!(seconds("start_time") <= seconds("end_time"));
    assert!(seconds("start_time") > 1_700_000_000.0);
    assert_eq!(document["id"].as_str().unwrap().len(), 16);
    assert!(document["aws"]["request_id"].is_string());
    for member in ["start_time", "end_time", "id"] {
        document[member] = json!("any");
    }
    document["aws"]["request_id"] = json!("any");
    let expected = json!({
        "name": "DynamoDB",
        "id": "any",
        "trace_id": "1-67891233-abcdef012345678912345678",
        "parent_id": "463ac35c9f6413ad",
        "type": "subsegment",
        "namespace": "aws",
        "start_time": "any",
        "end_time": "any",
        "aws": {
            "operation": "PutItem",
            "region": "us-east-1",
            "table_name": "movies",
            "request_id": "any",
            "retries": 0,
        },
        "http": { "response": { "status": 200 } },
    });
    assert_eq!(*document, expected);
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent() {
    let trace = TRACE.replace("Sampled=1", "Sampled=0");
    assert!(traced(vec![], Step::Store, &trace).await.is_empty());
}

#[tokio::test]
async fn the_map_tells_error_throttle_and_fault_apart() {
    for (step, expected, retries) in [
        (
            Step::error(400, "AccessDeniedException", "no"),
            [true, false, false],
            0,
        ),
        (
            Step::error(400, "ThrottlingException", "slow"),
            [true, true, false],
            2,
        ),
        (
            Step::error(400, "Throttling", "slow"),
            [true, true, false],
            2,
        ),
        (
            Step::error(500, "InternalServerError", "oh"),
            [false, false, true],
            2,
        ),
        (Step::EchoCode { status: 403 }, [true, false, false], 0),
        (
            Step::echo(502, "InternalServerError"),
            [false, false, true],
            2,
        ),
        (Step::Close, [false, false, true], 2),
        (Step::Hang, [false, false, true], 2),
    ] {
        let documents = traced(vec![], step.clone(), TRACE).await;
        assert_eq!(documents.len(), 1, "{step:?}");
        let found = ["error", "throttle", "fault"].map(|flag| documents[0][flag] == true);
        assert_eq!(found, expected, "{step:?}");
        assert_eq!(documents[0]["aws"]["retries"], retries, "{step:?}");
        assert!(documents[0]["cause"]["exceptions"][0]["type"].is_string());
    }
}
