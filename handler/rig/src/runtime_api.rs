//! AWS Lambda's Runtime API (2018-06-01), imitated: it hands events to the function and takes
//! its answers. It starts no process and knows neither events nor replies.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io::{self, BufReader};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::{Request, read_request, write_response};
use crate::server::{Server, lock};

const PREFIX: &str = "/2018-06-01/runtime/";
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:apigw_handler";

/// How long a function may be without any connection before it counts as gone: it may just be
/// opening the next one.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// Listens where `AWS_LAMBDA_RUNTIME_API` has to point.
pub struct RuntimeApi {
    shared: Arc<Shared>,
    server: Server,
}

/// One event for the function.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub event: Vec<u8>,
    /// From the moment the event is written; the function is told and not stopped.
    pub deadline: Duration,
    /// Becomes `Lambda-Runtime-Trace-Id`.
    pub trace: Option<String>,
}

/// What the function made of an event.
#[derive(Clone, Debug)]
pub struct Answer {
    pub kind: AnswerKind,
    pub body: Vec<u8>,
    /// From writing the event until the answer was read to its end.
    pub elapsed: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    Response,
    Error,
    /// The function could not start. It is the answer to every event from then on.
    InitError,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    Timeout,
    /// The function was connected, and no longer is.
    Exited,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_stopping: bool,
    invocations: u64,
    queue: VecDeque<(String, Invocation)>,
    written: HashMap<String, Instant>,
    answers: HashMap<String, Answer>,
    init_error: Option<Answer>,
    init_error_type: Option<String>,
    /// Beside those that an invocation always has.
    headers: Vec<(String, String)>,
    first_poll: Option<Instant>,
    connections: usize,
    /// Since when there is no connection, once there was one.
    alone_since: Option<Instant>,
}

impl RuntimeApi {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let server = Server::start({
            let shared = Arc::clone(&shared);
            move |stream| {
                shared.change(|state| {
                    state.connections += 1;
                    state.alone_since = None;
                });
                // A connection that breaks shows as a missing answer.
                let _ = serve(&shared, stream);
                shared.change(|state| {
                    state.connections -= 1;
                    if state.connections == 0 {
                        state.alone_since = Some(Instant::now());
                    }
                });
            }
        });
        Self { shared, server }
    }

    /// The value for `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    /// Blocks until the function first asks for an event, which is when its init ends.
    pub fn wait_ready(&self, timeout: Duration) -> Result<Instant, NoAnswer> {
        self.shared.wait(timeout, |state| state.first_poll)
    }

    /// Has every invocation from now on come with these headers as well, in place of its own of
    /// the same names.
    pub fn set_headers(&self, headers: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(owned).collect();
        self.shared.change(|state| state.headers = headers);
    }

    /// Why the function said that it does not start: the error's type from the header, and the
    /// body.
    pub fn init_error(&self) -> Option<(String, Vec<u8>)> {
        let state = lock(&self.shared.state);
        let kind = state.init_error_type.clone()?;
        Some((kind, state.init_error.clone()?.body))
    }

    /// Hands an event to the function and blocks until it answers.
    pub fn invoke(&self, invocation: &Invocation, timeout: Duration) -> Result<Answer, NoAnswer> {
        let id = self.shared.change(|state| {
            state.invocations += 1;
            let id = format!("00000000-0000-4000-8000-{:012x}", state.invocations);
            state.queue.push_back((id.clone(), invocation.clone()));
            id
        });
        let result = self.shared.wait(timeout, |state| {
            let answer = state.answers.remove(&id);
            answer.or_else(|| state.init_error.clone())
        });
        // A late answer belongs to nobody, and an event nobody took must not reach a later poll.
        self.shared.change(|state| {
            state.queue.retain(|(queued, _)| *queued != id);
            state.written.remove(&id);
        });
        result
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.change(|state| state.is_stopping = true);
    }
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut lock(&self.state));
        self.changed.notify_all();
        result
    }

    /// Waits until `found` finds something, the function is gone, or the time is up.
    fn wait<T>(
        &self,
        timeout: Duration,
        mut found: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T, NoAnswer> {
        let deadline = Instant::now() + timeout;
        let mut state = lock(&self.state);
        loop {
            if let Some(result) = found(&mut state) {
                return Ok(result);
            }
            let now = Instant::now();
            let gone = state.alone_since.map(|since| since + EXIT_GRACE);
            if gone.is_some_and(|gone| gone <= now) {
                return Err(NoAnswer::Exited);
            }
            if deadline <= now {
                return Err(NoAnswer::Timeout);
            }
            let until = gone.map_or(deadline, |gone| gone.min(deadline));
            state = self
                .changed
                .wait_timeout(state, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Blocks until there is an event, or gives nothing when the API stops.
    fn next(&self) -> Option<(String, Invocation)> {
        let mut state = lock(&self.state);
        state.first_poll.get_or_insert_with(Instant::now);
        self.changed.notify_all();
        loop {
            if state.is_stopping {
                return None;
            }
            if let Some(next) = state.queue.pop_front() {
                return Some(next);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the answer is one to an event that was written and not answered yet.
    fn answer(&self, id: &str, kind: AnswerKind, body: Vec<u8>, read: Instant) -> bool {
        self.change(|state| {
            let Some(written) = state.written.remove(id) else {
                return false;
            };
            let answer = Answer {
                kind,
                body,
                elapsed: read - written,
            };
            state.answers.insert(id.to_owned(), answer);
            true
        })
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    while let Some(request) = read_request(&mut reader)? {
        let read = Instant::now();
        let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
        match (request.method.as_str(), path) {
            ("GET", "invocation/next") => {
                let Some(next) = shared.next() else {
                    return Ok(());
                };
                if !is_open(stream)? {
                    // The poller left while it waited; the event is for the next one.
                    shared.change(|state| state.queue.push_front(next));
                    return Ok(());
                }
                write_event(shared, stream, next)?;
            }
            ("POST", path) => post(shared, stream, path, &request, read)?,
            _ => write_response(&mut &*stream, 404, &[], b"")?,
        }
    }
    Ok(())
}

fn is_open(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    Ok(matches!(peeked, Err(err) if err.kind() == io::ErrorKind::WouldBlock))
}

fn write_event(
    shared: &Shared,
    mut stream: &TcpStream,
    (id, invocation): (String, Invocation),
) -> io::Result<()> {
    let deadline = SystemTime::now() + invocation.deadline;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .expect("the clock is before 1970")
        .as_millis()
        .to_string();
    let mut headers = vec![
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", id.as_str()),
        ("Lambda-Runtime-Deadline-Ms", deadline.as_str()),
        ("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN),
    ];
    if let Some(trace) = &invocation.trace {
        headers.push(("Lambda-Runtime-Trace-Id", trace));
    }
    let own = lock(&shared.state).headers.clone();
    headers.retain(|(name, _)| !own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
    headers.extend(
        own.iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    // Without `change`: nobody waits for this, and waking them would delay the write.
    lock(&shared.state)
        .written
        .insert(id.clone(), Instant::now());
    write_response(&mut stream, 200, &headers, &invocation.event)
}

fn post(
    shared: &Shared,
    mut stream: &TcpStream,
    path: &str,
    request: &Request,
    read: Instant,
) -> io::Result<()> {
    let body = request.body.clone();
    let is_known = match *path.split('/').collect::<Vec<_>>() {
        ["invocation", id, "response"] => shared.answer(id, AnswerKind::Response, body, read),
        ["invocation", id, "error"] => shared.answer(id, AnswerKind::Error, body, read),
        ["init", "error"] => {
            let answer = Answer {
                kind: AnswerKind::InitError,
                body,
                elapsed: Duration::ZERO,
            };
            let kind = request.header("Lambda-Runtime-Function-Error-Type");
            shared.change(|state| {
                state.init_error = Some(answer);
                state.init_error_type = kind.map(str::to_owned);
            });
            true
        }
        _ => false,
    };
    let json = [("Content-Type", "application/json")];
    if is_known {
        return write_response(&mut stream, 202, &json, br#"{"status":"OK"}"#);
    }
    let message = br#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#;
    write_response(&mut stream, 400, &json, message)
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Timeout => "the function did not answer in time",
            Self::Exited => "the function exited",
        })
    }
}

impl std::error::Error for NoAnswer {}
