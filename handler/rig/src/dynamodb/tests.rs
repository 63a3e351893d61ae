use std::time::Instant;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;

const PUT: &str = r#"{"TableName": "movies", "Item": {"id": {"S": "1"}}}"#;

/// A response: its head and its body.
type Response = (String, String);

fn send(stream: &mut impl Write, body: &str) {
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nX-Amz-Target: {TARGET}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
}

fn receive(stream: &mut impl Read) -> io::Result<Response> {
    let mut received = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        received.push(byte[0]);
        if received.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(received).unwrap();
    let (_, length) = head.split_once("Content-Length: ").unwrap();
    let mut body = vec![0; length.trim_end().parse().unwrap()];
    stream.read_exact(&mut body)?;
    Ok((head, String::from_utf8(body).unwrap()))
}

fn connect(dynamodb: &DynamoDb) -> TcpStream {
    TcpStream::connect(("127.0.0.1", dynamodb.port())).unwrap()
}

/// What becomes of one request on a connection of its own.
fn attempt(dynamodb: &DynamoDb) -> io::Result<Response> {
    let mut stream = connect(dynamodb);
    send(&mut stream, PUT);
    receive(&mut stream)
}

/// Everything the service sends before the connection ends.
fn rest(dynamodb: &DynamoDb) -> io::Result<String> {
    let mut stream = connect(dynamodb);
    send(&mut stream, PUT);
    let mut received = Vec::new();
    stream.read_to_end(&mut received)?;
    Ok(String::from_utf8_lossy(&received).into_owned())
}

#[test]
fn items_are_stored_over_one_connection() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let mut stream = connect(&dynamodb);
    let mut heads = Vec::new();
    for _ in 0..2 {
        send(&mut stream, PUT);
        let (head, body) = receive(&mut stream).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
        // What the service sends with `{}`.
        assert!(head.contains("x-amz-crc32: 2745614147\r\n"), "{head}");
        assert_eq!(body, "{}");
        heads.push(head);
    }
    // Each answer has a request id of its own.
    assert_ne!(heads[0], heads[1]);
    assert_eq!(dynamodb.connections(), 1);
    assert_eq!(dynamodb.requests().len(), 2);
    assert_eq!(dynamodb.item("1"), Some(json!({ "id": { "S": "1" } })));
    assert_eq!(dynamodb.item("2"), None);
}

#[test]
fn each_request_takes_a_step() {
    let script = vec![
        Step::error(400, "ThrottlingException", "Slow down"),
        Step::echo(400, "ValidationException"),
        Step::GarbageBody,
    ];
    let dynamodb = DynamoDb::start(script, Step::Store);
    let mut bodies = Vec::new();
    let mut stream = connect(&dynamodb);
    for _ in 0..5 {
        send(&mut stream, PUT);
        bodies.push(receive(&mut stream).unwrap().1);
    }
    let slow =
        r##"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Slow down"}"##;
    assert_eq!(bodies[0], slow);
    let echo: Value = serde_json::from_str(&bodies[1]).unwrap();
    assert_eq!(echo["message"], PUT);
    assert!(serde_json::from_str::<Value>(&bodies[2]).is_err());
    assert_eq!(bodies[3..], ["{}", "{}"]);
    dynamodb.set(vec![], Step::Close);
    assert!(attempt(&dynamodb).is_err());
}

#[test]
fn connections_end_as_the_script_says() {
    let dynamodb = DynamoDb::start(vec![], Step::Close);
    assert_eq!(rest(&dynamodb).unwrap(), "");
    for step in [Step::Reset, Step::StoreThenReset] {
        dynamodb.set(vec![], step);
        let err = rest(&dynamodb).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::ConnectionReset);
    }
    assert!(dynamodb.item("1").is_some());
    dynamodb.clear();
    assert!(dynamodb.items().is_empty() && dynamodb.requests().is_empty());
    dynamodb.set(vec![], Step::HalfHead);
    assert!(!rest(&dynamodb).unwrap().contains("\r\n\r\n"));
    dynamodb.set(vec![], Step::HalfBody);
    assert!(
        rest(&dynamodb)
            .unwrap()
            .ends_with("Content-Length: 100\r\n\r\n{")
    );
    dynamodb.set(vec![], Step::Garbage);
    assert!(!rest(&dynamodb).unwrap().starts_with("HTTP"));
    assert!(dynamodb.items().is_empty());
}

#[test]
fn hanging_lasts_until_the_rig_ends() {
    let dynamodb = DynamoDb::start(vec![], Step::Hang);
    let mut stream = connect(&dynamodb);
    send(&mut stream, PUT);
    while dynamodb.requests().is_empty() {
        thread::yield_now();
    }
    drop(dynamodb);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn slow_answer_comes_after_the_item() {
    let delay = Duration::from_millis(50);
    let dynamodb = DynamoDb::start(vec![], Step::SlowStore(delay));
    let begin = Instant::now();
    attempt(&dynamodb).unwrap();
    assert!(begin.elapsed() >= delay);
}

#[test]
fn closed_connections_leave_the_service_running() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let mut stream = connect(&dynamodb);
    send(&mut stream, PUT);
    receive(&mut stream).unwrap();
    dynamodb.close_connections();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    attempt(&dynamodb).unwrap();
    assert_eq!(dynamodb.connections(), 2);
}

#[test]
fn other_operations_are_unknown() {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    let mut stream = connect(&dynamodb);
    stream
        .write_all(b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\n\r\n")
        .unwrap();
    let (head, _) = receive(&mut stream).unwrap();
    assert!(head.starts_with("HTTP/1.1 400 "));
}

#[test]
fn refused_port_refuses() {
    let err = TcpStream::connect(("127.0.0.1", refused_port())).unwrap_err();
    assert_eq!(err.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn tls_is_spoken() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = crate::tls::server_config(vec![cert.der().clone()], key);
    let dynamodb = DynamoDb::start_tls(vec![Step::Store], Step::Close, config);
    assert!(dynamodb.endpoint().starts_with("https://localhost:"));

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        dynamodb.set(vec![Step::Store], Step::Close);
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, connect(&dynamodb));
        send(&mut stream, PUT);
        assert_eq!(receive(&mut stream).unwrap().1, "{}");
        send(&mut stream, PUT);
        // Ends in order: without the notice this would be an error.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}
