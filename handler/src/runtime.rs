//! Lambda's Runtime API (2018-06-01): one invocation after the other, and the reason where the
//! function cannot start. `lambda_runtime::run` reads every header of an invocation and stops for
//! good at one that it cannot read, with the invocation unanswered; here only those that matter
//! are read, and a text of the API's is never quoted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use lambda_runtime::{Context, LambdaEvent};
use serde::Serialize;
use tokio::net::TcpStream;

use crate::event::Reply;
use crate::log;

const PREFIX: &str = "/2018-06-01/runtime/";

/// What Lambda calls an error of this kind in its own log; it wants `Runtime.` before it.
const START_ERROR: &str = "Runtime.InvalidConfiguration";

/// How long a function that ends anyway waits to get rid of the reason.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// An invocation without a readable deadline counts as one with this much time.
const USUAL_TIME: Duration = Duration::from_secs(3);

/// Why there are no more invocations.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Lambda's end of it is gone, and this environment with it.
    #[error("the Runtime API cannot be reached")]
    Unreachable,
    /// It says that there is nothing to go on with.
    #[error("the Runtime API answered HTTP {0}")]
    Status(u16),
    /// So it can be neither answered nor failed.
    #[error("an invocation has no id")]
    NoId,
}

/// The way to the API. One request is under way at a time, so one connection is enough.
#[derive(Debug)]
pub struct Runtime {
    address: String,
    host: HeaderValue,
    idle: Option<SendRequest<Full<Bytes>>>,
}

impl Runtime {
    /// At an address such as `127.0.0.1:9001`; opens no connection yet.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Unreachable`], where it is none.
    pub fn at(address: String) -> Result<Self, RuntimeError> {
        let host = HeaderValue::from_str(&address).map_err(|_| RuntimeError::Unreachable)?;
        Ok(Self {
            address,
            host,
            idle: None,
        })
    }

    /// Has every invocation answered, as long as there are any.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`], and never without one.
    pub async fn run(&mut self, handle: impl AsyncFn(LambdaEvent<&[u8]>) -> Reply) -> RuntimeError {
        loop {
            if let Err(err) = self.serve(&handle).await {
                return err;
            }
        }
    }

    /// Takes an invocation and answers it.
    async fn serve(
        &mut self,
        handle: impl AsyncFn(LambdaEvent<&[u8]>) -> Reply,
    ) -> Result<(), RuntimeError> {
        let next = self.request(Method::GET, "invocation/next", Vec::new())?;
        let next = self.call(next).await?;
        if !next.status().is_success() {
            return Err(RuntimeError::Status(next.status().as_u16()));
        }
        if next.status() == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let context = context(next.headers())?;
        let path = format!("invocation/{}/response", context.request_id);
        let reply = handle(LambdaEvent::new(next.body(), context)).await;

        // Texts and numbers always serialize.
        let reply = serde_json::to_vec(&reply).unwrap_or_default();
        let mut answer = self.request(Method::POST, &path, reply)?;
        // By this Lambda tells a late answer from the next one's.
        if let Some(id) = next.headers().get("lambda-runtime-invocation-id") {
            let headers = answer.headers_mut();
            headers.insert("lambda-runtime-invocation-id", id.clone());
        }
        match self.call(answer).await?.status() {
            status if status.is_success() => Ok(()),
            // "Non-recoverable state. Runtime should exit promptly."
            status if status.is_server_error() => Err(RuntimeError::Status(status.as_u16())),
            // Too late or too large, and Lambda has told the client.
            status => {
                log::answer_refused(&RuntimeError::Status(status.as_u16()));
                Ok(())
            }
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Request<Full<Bytes>>, RuntimeError> {
        Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{path}"))
            .header(HOST, self.host.clone())
            .body(body.into())
            // An id that no path can have.
            .map_err(|_| RuntimeError::NoId)
    }

    async fn call(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, RuntimeError> {
        loop {
            let used = self.used().await;
            let is_new = used.is_none();
            let mut sender = match used {
                Some(sender) => sender,
                None => self.connect().await?,
            };
            let mut err = match sender.try_send_request(request).await {
                Ok(answer) => {
                    let (parts, body) = answer.into_parts();
                    let body = body.collect().await;
                    let body = body.map_err(|_| RuntimeError::Unreachable)?.to_bytes();
                    self.idle = Some(sender);
                    return Ok(Response::from_parts(parts, body));
                }
                Err(err) => err,
            };
            // What comes back has not been written: the connection's end was not known yet.
            request = match err.take_message() {
                Some(request) if !is_new => request,
                _ => return Err(RuntimeError::Unreachable),
            };
        }
    }

    /// The connection of the call before, if it is still open.
    async fn used(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        let mut sender = self.idle.take()?;
        sender.ready().await.ok()?;
        Some(sender)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, RuntimeError> {
        let tcp = TcpStream::connect(&self.address).await;
        let tcp = tcp.map_err(|_| RuntimeError::Unreachable)?;
        let spoken = http1::handshake(TokioIo::new(tcp)).await;
        let (sender, connection) = spoken.map_err(|_| RuntimeError::Unreachable)?;
        // The sender learns of its end, and ends it by being dropped.
        tokio::spawn(async { connection.await.ok() });
        Ok(sender)
    }
}

/// Tells Lambda why the function does not start, so that its own report does as well. Where it is
/// not to be reached, there is nobody to tell.
pub async fn report_start_error(address: String, message: &str) {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Diagnostic<'a> {
        error_type: &'static str,
        error_message: &'a str,
        stack_trace: [&'static str; 0],
    }
    let diagnostic = Diagnostic {
        error_type: START_ERROR,
        error_message: message,
        stack_trace: [],
    };
    let body = serde_json::to_vec(&diagnostic).unwrap_or_default();
    let Ok(mut runtime) = Runtime::at(address) else {
        return;
    };
    let Ok(mut report) = runtime.request(Method::POST, "init/error", body) else {
        return;
    };
    let kind = HeaderValue::from_static(START_ERROR);
    let headers = report.headers_mut();
    headers.insert("lambda-runtime-function-error-type", kind);
    let _ = tokio::time::timeout(REPORT_TIMEOUT, runtime.call(report)).await;
}

/// What of an invocation's headers is read. The client's context and its identity are not: they
/// are the caller's to write.
fn context(headers: &HeaderMap) -> Result<Context, RuntimeError> {
    let header = |name| headers.get(name).map(HeaderValue::as_bytes);
    let text = |name| header(name).and_then(|bytes| str::from_utf8(bytes).ok());
    let id = text("lambda-runtime-aws-request-id").filter(|id| !id.is_empty());
    let deadline = text("lambda-runtime-deadline-ms").and_then(|text| text.parse().ok());
    let mut context = Context::default();
    context.request_id = id.ok_or(RuntimeError::NoId)?.to_owned();
    context.deadline = deadline.unwrap_or_else(usual_deadline);
    context.xray_trace_id = text("lambda-runtime-trace-id").map(str::to_owned);
    Ok(context)
}

fn usual_deadline() -> u64 {
    let deadline = SystemTime::now() + USUAL_TIME;
    let since = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
