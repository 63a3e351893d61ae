//! A DynamoDB that does as it is told: it speaks `PutItem` with a table behind it, and goes
//! wrong in the ways its script says. It knows neither the function nor what a movie is.

mod step;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use socket2::SockRef;

use self::step::error_body;
use self::table::{Refusal, Table};
use crate::http::{Request, read_request, response_head, write_response};
use crate::server::{Server, lock};

pub use self::step::{MODELLED, ModelledError, Step};

const TARGET: &str = "DynamoDB_20120810.PutItem";
const CONTENT_TYPE: (&str, &str) = ("Content-Type", "application/x-amz-json-1.0");

/// A running service. Each request takes the script's next step.
pub struct DynamoDb {
    shared: Arc<Mutex<State>>,
    server: Server,
    has_tls: bool,
}

struct State {
    script: VecDeque<Step>,
    then: Step,
    table: Table,
    requests: Vec<Request>,
    answers: u64,
}

/// Whether the connection takes another request.
enum Next {
    Goes,
    Ends,
    Breaks,
}

impl DynamoDb {
    /// Speaks plain HTTP; `then` is the step of every request after the script.
    pub fn start(script: Vec<Step>, then: Step) -> Self {
        Self::launch(script, then, None)
    }

    /// Speaks HTTPS.
    pub fn start_tls(script: Vec<Step>, then: Step, tls: Arc<ServerConfig>) -> Self {
        Self::launch(script, then, Some(tls))
    }

    fn launch(script: Vec<Step>, then: Step, tls: Option<Arc<ServerConfig>>) -> Self {
        let shared = Arc::new(Mutex::new(State {
            script: script.into(),
            then,
            table: Table::default(),
            requests: Vec::new(),
            answers: 0,
        }));
        let has_tls = tls.is_some();
        let server = Server::start({
            let shared = Arc::clone(&shared);
            move |stream| {
                // A client that breaks the connection is none of the service's business.
                let _ = match &tls {
                    Some(tls) => serve_tls(&shared, stream, Arc::clone(tls)),
                    None => serve(&shared, &mut BufReader::new(stream), stream),
                };
            }
        });
        Self {
            shared,
            server,
            has_tls,
        }
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The value for `AWS_ENDPOINT_URL_DYNAMODB`; certificates are for names, hence `localhost`.
    pub fn endpoint(&self) -> String {
        match self.has_tls {
            true => format!("https://localhost:{}", self.port()),
            false => format!("http://127.0.0.1:{}", self.port()),
        }
    }

    /// The requests that were read to their end, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared).requests.clone()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.server.accepted()
    }

    /// An item as it was put, with its attributes' types.
    pub fn item(&self, id: &str) -> Option<Value> {
        lock(&self.shared).table.items().get(id).cloned()
    }

    /// Every item by its id.
    pub fn items(&self) -> BTreeMap<String, Value> {
        lock(&self.shared).table.items().clone()
    }

    /// Ends the open connections, as the service does with idle ones, and goes on listening.
    pub fn close_connections(&self) {
        self.server.close_connections();
    }

    /// Changes the script from the next request on.
    pub fn set(&self, script: Vec<Step>, then: Step) {
        let mut state = lock(&self.shared);
        state.script = script.into();
        state.then = then;
    }

    /// Forgets items and requests, so that a function that already runs finds an empty table.
    pub fn clear(&self) {
        let mut state = lock(&self.shared);
        state.table.clear();
        state.requests.clear();
    }
}

/// A port that nothing listens on: connections are refused.
pub fn refused_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("cannot listen");
    listener
        .local_addr()
        .expect("listener has no address")
        .port()
}

fn serve_tls(
    shared: &Mutex<State>,
    stream: &TcpStream,
    config: Arc<ServerConfig>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    serve(shared, &mut reader, stream)?;
    // Without it the client would see an attack and not an end.
    let tls = reader.get_mut();
    tls.conn.send_close_notify();
    tls.flush()
}

/// Takes requests from `channel`, which may encrypt what is on `stream`.
fn serve<Channel: Read + Write>(
    shared: &Mutex<State>,
    channel: &mut BufReader<Channel>,
    stream: &TcpStream,
) -> io::Result<()> {
    while let Some(request) = read_request(channel)? {
        let step = next_step(shared, &request);
        match act(shared, channel, &step, &request)? {
            Next::Goes => {}
            Next::Ends => return Ok(()),
            Next::Breaks => {
                // No time to linger makes closing a reset.
                SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
    }
    Ok(())
}

fn next_step(shared: &Mutex<State>, request: &Request) -> Step {
    let mut state = lock(shared);
    let step = state.script.pop_front();
    let step = step.unwrap_or_else(|| state.then.clone());
    if step != Step::Forget {
        state.requests.push(request.clone());
    }
    step
}

fn act<Channel: Read + Write>(
    shared: &Mutex<State>,
    reader: &mut BufReader<Channel>,
    step: &Step,
    request: &Request,
) -> io::Result<Next> {
    let channel = reader.get_mut();
    match step {
        Step::Store => {
            let (status, body) = put(shared, request);
            answer(shared, channel, status, &body)?;
        }
        Step::Forget => answer(shared, channel, 200, &json!({}))?,
        Step::SlowStore(delay) => {
            let (status, body) = put(shared, request);
            thread::sleep(*delay);
            answer(shared, channel, status, &body)?;
        }
        Step::StoreThenReset => {
            put(shared, request);
            return Ok(Next::Breaks);
        }
        Step::Error {
            status,
            kind,
            message,
        } => answer(shared, channel, *status, &error_body(kind, message))?,
        Step::Answer {
            status,
            headers,
            body,
        } => {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            write_response(channel, *status, &headers, body.as_bytes())?;
        }
        Step::Echo { status, kind } => {
            let message = String::from_utf8_lossy(&request.body);
            answer(shared, channel, *status, &error_body(kind, &message))?;
        }
        Step::EchoCode { status } => {
            let code = String::from_utf8_lossy(&request.body);
            answer(shared, channel, *status, &json!({ "__type": code }))?;
        }
        Step::Reset => return Ok(Next::Breaks),
        Step::Close => return Ok(Next::Ends),
        Step::Hang => {
            // Ends with the client or with the rig, whichever closes first.
            io::copy(reader, &mut io::sink())?;
            return Ok(Next::Ends);
        }
        Step::Garbage => return write_and_end(channel, b"\x00\x01SSH-2.0-nonsense\r\n\r\n"),
        Step::GarbageBody => write_response(channel, 200, &[CONTENT_TYPE], b"<html>{")?,
        Step::HalfHead => return write_and_end(channel, b"HTTP/1.1 200 OK\r\nContent-Ty"),
        Step::HalfBody => {
            let head = response_head(200, &[CONTENT_TYPE], 100);
            return write_and_end(channel, format!("{head}{{").as_bytes());
        }
    }
    Ok(Next::Goes)
}

fn write_and_end(channel: &mut impl Write, bytes: &[u8]) -> io::Result<Next> {
    channel.write_all(bytes)?;
    channel.flush()?;
    Ok(Next::Ends)
}

/// Executes the request against the table.
fn put(shared: &Mutex<State>, request: &Request) -> (u16, Value) {
    if request.header("X-Amz-Target") != Some(TARGET) {
        return (400, error_body("UnknownOperationException", ""));
    }
    match lock(shared).table.put(&request.body) {
        Ok(()) => (200, json!({})),
        Err(Refusal(body)) => (400, body),
    }
}

/// Writes an answer with the headers of the service's own.
fn answer(
    shared: &Mutex<State>,
    channel: &mut impl Write,
    status: u16,
    body: &Value,
) -> io::Result<()> {
    let body = body.to_string();
    let number = {
        let mut state = lock(shared);
        state.answers += 1;
        state.answers
    };
    let request_id = format!("RIG{number:049}");
    let checksum = crc32fast::hash(body.as_bytes()).to_string();
    let headers = [
        ("Server", "Server"),
        CONTENT_TYPE,
        ("x-amzn-RequestId", &request_id),
        ("x-amz-crc32", &checksum),
    ];
    write_response(channel, status, &headers, body.as_bytes())
}
