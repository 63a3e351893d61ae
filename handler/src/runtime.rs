//! Lambda's Runtime API (2018-06-01): one invocation after the other, and the reason where the
//! function cannot start. `lambda_runtime::run` reads every header of an invocation and stops for
//! good at one that it cannot read, with the invocation unanswered; here only those that matter
//! are read, and a text of the API's is never quoted.

mod http;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Context, LambdaEvent};
use serde::Serialize;

use self::http::{Answer, Connection};
use crate::event::Reply;
use crate::log;

const PREFIX: &str = "/2018-06-01/runtime/";

/// What Lambda calls an error of this kind in its own log; it wants `Runtime.` before it.
const START_ERROR: &str = "Runtime.InvalidConfiguration";

/// How long a function that ends anyway waits to get rid of the reason.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// By this Lambda tells a late answer from the next one's.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

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
    /// How long to wait for it; for ever where nothing is said.
    patience: Option<Duration>,
    idle: Option<Connection>,
}

impl Runtime {
    /// At an address such as `127.0.0.1:9001`; opens no connection yet.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Unreachable`], where it is none.
    pub fn at(address: String) -> Result<Self, RuntimeError> {
        if !is_word(&address) {
            return Err(RuntimeError::Unreachable);
        }
        Ok(Self {
            address,
            patience: None,
            idle: None,
        })
    }

    /// Has every invocation answered, as long as there are any. Between two of them the thread
    /// sleeps.
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
        let next = self.call("GET", "invocation/next", &[], b"")?;
        match next.status {
            204 => return Ok(()),
            200..=299 => {}
            status => return Err(RuntimeError::Status(status)),
        }
        let context = context(&next)?;
        let path = format!("invocation/{}/response", context.request_id);
        let reply = handle(LambdaEvent::new(&next.body, context)).await;

        // Texts and numbers always serialize.
        let reply = serde_json::to_vec(&reply).unwrap_or_default();
        let headers = next.header(INVOCATION_ID).map(|id| (INVOCATION_ID, id));
        match self.call("POST", &path, headers.as_slice(), &reply)?.status {
            200..=299 => Ok(()),
            // "Non-recoverable state. Runtime should exit promptly."
            status @ 500..=599 => Err(RuntimeError::Status(status)),
            // Too late or too large, and Lambda has told the client.
            status => {
                log::answer_refused(&RuntimeError::Status(status));
                Ok(())
            }
        }
    }

    fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &[u8])],
        body: &[u8],
    ) -> Result<Answer, RuntimeError> {
        let (address, length) = (&self.address, body.len());
        let mut request = format!(
            "{method} {PREFIX}{path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n"
        )
        .into_bytes();
        for (name, value) in headers {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                request.extend_from_slice(part);
            }
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);

        let connection = match self.idle.take().filter(Connection::is_open) {
            Some(connection) => Ok(connection),
            None => Connection::open(address, self.patience),
        };
        let answer = connection.and_then(|connection| connection.call(&request));
        let (answer, idle) = answer.map_err(|_| RuntimeError::Unreachable)?;
        self.idle = idle;
        Ok(answer)
    }
}

/// Tells Lambda why the function does not start, so that its own report does as well. Where it is
/// not to be reached, there is nobody to tell.
pub fn report_start_error(address: String, message: &str) {
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
    runtime.patience = Some(REPORT_TIMEOUT);
    let kind = ("lambda-runtime-function-error-type", START_ERROR.as_bytes());
    let _ = runtime.call("POST", "init/error", &[kind], &body);
}

/// What of an invocation's headers is read. The client's context and its identity are not: they
/// are the caller's to write.
fn context(next: &Answer) -> Result<Context, RuntimeError> {
    let text = |name| str::from_utf8(next.header(name)?).ok();
    let id = text("lambda-runtime-aws-request-id").filter(|id| is_word(id));
    let deadline = text("lambda-runtime-deadline-ms").and_then(|text| text.parse().ok());
    let mut context = Context::default();
    context.request_id = id.ok_or(RuntimeError::NoId)?.to_owned();
    context.deadline = deadline.unwrap_or_else(usual_deadline);
    context.xray_trace_id = text("lambda-runtime-trace-id").map(str::to_owned);
    Ok(context)
}

/// Whether a text can be a part of a request's first lines.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn usual_deadline() -> u64 {
    let deadline = SystemTime::now() + USUAL_TIME;
    let since = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
