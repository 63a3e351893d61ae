//! A scripted CloudFormation, S3 and STS on a port of this machine: real answers in the real wire
//! formats, every call recorded, and trouble where a test wants it.
//!
//! It refuses what CloudFormation refuses, with the same words; such a refusal is a violation,
//! and no violation is what most tests end with.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::judge::{self, Answer, Exchange};
use http::{Request, Response};
use state::{State, Values};
use xml::Refusal;

pub mod bucket;
mod change_set_answers;
mod change_sets;
mod execution;
pub(crate) mod http;
mod kept;
mod operations;
pub mod recorded;
pub(crate) mod service;
mod stacks;
pub mod state;
mod template;
pub mod xml;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There were too many requests.
    Throttle,
    /// AWS says that the fault is its own.
    Internal,
    /// The request is taken and never answered.
    Timeout,
    /// The request is carried out, and the connection closed within the answer.
    Reset,
    /// The credentials are at their end.
    Expired,
    /// Something between us and AWS answers with a page.
    Garbage,
}

/// Which calls go wrong, by their number from 0.
#[derive(Debug, Clone, Default)]
pub enum Trouble {
    /// All goes well.
    #[default]
    None,
    /// This call alone.
    Once(usize, Fault),
    /// This call, and all after it.
    From(usize, Fault),
    /// Each call once; its repetition goes well.
    EachOnce(Fault),
    /// All calls of this action.
    Action(&'static str, Fault),
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// From 0, over all services.
    pub number: usize,
    /// The name of the operation; of S3, as its SDK has it.
    pub action: String,
    /// By their names on the wire; outside the query protocol, `Path` and `Body`.
    pub parameters: Values,
    /// The region that the request is signed for.
    pub region: String,
}

impl Call {
    /// Whether it can change anything.
    fn is_mutating(&self) -> bool {
        [
            "Create", "Execute", "Delete", "Rollback", "Continue", "Cancel", "Update", "Put", "Set",
        ]
        .iter()
        .any(|verb| self.action.starts_with(verb))
    }

    /// Nothing where it is absent.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// How far the server is with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It is carried out, and not answered yet.
    Done,
    /// The answer is sent.
    Answered,
}

type Hook = Box<dyn FnMut(&Call, Moment, &mut State) + Send>;

struct Shared {
    state: Mutex<State>,
    calls: Mutex<Vec<Call>>,
    /// For the judge.
    exchanges: Mutex<Vec<Exchange>>,
    trouble: Mutex<Trouble>,
    /// The calls that went wrong and have not been repeated.
    failed: Mutex<BTreeSet<String>>,
    hook: Mutex<Option<Hook>>,
    is_stopping: AtomicBool,
}

/// Listens until it is dropped. The judge sees then what was sent, and the test fails where it
/// says otherwise.
pub struct Cloud {
    /// Of 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cloud {
    /// Listens on a free port, with what is there already.
    pub fn with(state: State) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            calls: Mutex::default(),
            exchanges: Mutex::default(),
            trouble: Mutex::default(),
            failed: Mutex::default(),
            hook: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        });
        let of_listener = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if of_listener.is_stopping.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&of_listener);
                if let Ok(stream) = stream {
                    std::thread::spawn(move || serve(&shared, stream));
                }
            }
        });
        Self { port, shared }
    }

    /// What it holds. No call is answered while this is held.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// Oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// What the judge will see.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.shared.exchanges).clone()
    }

    /// Those that can change anything, oldest first.
    pub fn mutating_calls(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(Call::is_mutating);
        calls
    }

    /// From now on, in place of what was there.
    pub fn trouble(&self, trouble: Trouble) {
        *lock(&self.shared.trouble) = trouble;
    }

    /// Has this called with each call, in place of what was called before.
    pub fn on_call(&self, hook: impl FnMut(&Call, Moment, &mut State) + Send + 'static) {
        *lock(&self.shared.hook) = Some(Box::new(hook));
    }

    /// Has nothing called any more.
    pub fn no_hook(&self) {
        *lock(&self.shared.hook) = None;
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        // The listener looks up.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let exchanges = std::mem::take(&mut *lock(&self.shared.exchanges));
        if !std::thread::panicking() {
            let invented = self.state().invented.clone();
            judge::none_is_wrong(&exchanges, &invented);
        }
    }
}

fn serve(shared: &Shared, mut stream: TcpStream) {
    // A connection that is kept for nothing ends.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let _ = stream.set_nodelay(true);
    while let Some(request) = http::read(&mut stream) {
        if shared.is_stopping.load(Ordering::SeqCst)
            || answer(shared, &request, &mut stream).is_none()
        {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Answers one request; `None` where the connection ends with it.
fn answer(shared: &Shared, request: &Request, stream: &mut TcpStream) -> Option<()> {
    let (action, parameters) = service::action(request);
    let call = {
        let mut calls = lock(&shared.calls);
        let number = calls.len();
        calls.push(Call {
            number,
            action,
            parameters,
            region: service::region(request),
        });
        calls[number].clone()
    };
    let fault = fault(shared, &call);
    let response = match fault {
        Some(Fault::Timeout) => {
            record(shared, &call, request, None);
            wait_for_end(shared, stream);
            return None;
        }
        None | Some(Fault::Reset) => {
            lock(&shared.state).respond(&call.action, &call.parameters, request)
        }
        Some(fault) => refusal(fault, &call, request),
    };
    tell(shared, &call, Moment::Done);
    let bytes = response.bytes(request.method == "HEAD");
    // A page of a hotel's is no answer of AWS.
    let is_of_aws = fault != Some(Fault::Garbage);
    record(shared, &call, request, is_of_aws.then_some(&response));
    if fault == Some(Fault::Reset) {
        let _ = stream.write_all(&bytes[..bytes.len() / 2]);
        return None;
    }
    stream.write_all(&bytes).ok()?;
    tell(shared, &call, Moment::Answered);
    Some(())
}

/// Keeps an exchange for the judge. A stage's own endpoint is no service of AWS's.
fn record(shared: &Shared, call: &Call, request: &Request, response: Option<&Response>) {
    if call.action == "Invoke" {
        return;
    }
    let answer = response.map(|response| Answer {
        status: response.status,
        headers: response
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        body: match request.method.as_str() {
            "HEAD" => Vec::new(),
            _ => response.body.clone(),
        },
    });
    lock(&shared.exchanges).push(Exchange {
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        chunked: request.chunked.clone(),
        answer,
    });
}

fn tell(shared: &Shared, call: &Call, moment: Moment) {
    if let Some(hook) = lock(&shared.hook).as_mut() {
        hook(call, moment, &mut lock(&shared.state));
    }
}

fn fault(shared: &Shared, call: &Call) -> Option<Fault> {
    match &*lock(&shared.trouble) {
        Trouble::None => None,
        Trouble::Once(number, fault) => (call.number == *number).then_some(*fault),
        Trouble::From(number, fault) => (call.number >= *number).then_some(*fault),
        Trouble::Action(action, fault) => (call.action == *action).then_some(*fault),
        Trouble::EachOnce(fault) => {
            let key = format!("{} {:?}", call.action, call.parameters);
            let mut failed = lock(&shared.failed);
            // The one after a failure is its repetition.
            if failed.remove(&key) {
                return None;
            }
            failed.insert(key);
            Some(*fault)
        }
    }
}

fn refusal(fault: Fault, call: &Call, request: &Request) -> Response {
    let is_s3 = call.action.ends_with("Object") || call.action == "HeadBucket";
    let (status, code, message) = match fault {
        Fault::Throttle if is_s3 => (503, "SlowDown", "Please reduce your request rate."),
        Fault::Throttle => (400, "Throttling", "Rate exceeded"),
        Fault::Internal => (500, "InternalFailure", "We encountered an internal error"),
        Fault::Expired if is_s3 => (400, "ExpiredToken", "The provided token has expired."),
        Fault::Expired => (
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        ),
        _ => return Response::new(200, "text/html", "<html><p>Welcome to the hotel"),
    };
    Refusal::new(status, code, message).answer(request)
}

fn wait_for_end(shared: &Shared, stream: &mut TcpStream) {
    let begin = Instant::now();
    let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
    let mut buffer = [0; 1024];
    while begin.elapsed() < Duration::from_secs(30) && !shared.is_stopping.load(Ordering::SeqCst) {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Err(err) if err.kind() != std::io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}
