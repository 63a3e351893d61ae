//! Lambda's Runtime API (2018-06-01): one invocation after the other, and the reason where the
//! function cannot start. `lambda_runtime::run` reads every header of an invocation and stops for
//! good at one that it cannot read, with the invocation unanswered; here only those that matter
//! are read, and a text of the API's is never quoted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::response::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use lambda_runtime::{Context, LambdaEvent};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde::Serialize;

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

/// The way to the API, to be used once the function is ready.
#[derive(Debug)]
pub struct Runtime(PooledClient);

impl Runtime {
    /// At `AWS_LAMBDA_RUNTIME_API`, which Lambda sets.
    ///
    /// # Panics
    ///
    /// The client does, where that is not an address.
    pub fn from_env() -> Self {
        Self(PooledClient::builder().with_pool_size(1).build())
    }

    /// Has every invocation answered, as long as there are any.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`], and never without one.
    pub async fn run(&self, handle: impl AsyncFn(LambdaEvent<&[u8]>) -> Reply) -> RuntimeError {
        loop {
            if let Err(err) = self.serve(&handle).await {
                return err;
            }
        }
    }

    /// Takes an invocation and answers it.
    async fn serve(
        &self,
        handle: impl AsyncFn(LambdaEvent<&[u8]>) -> Reply,
    ) -> Result<(), RuntimeError> {
        let next = request(Method::GET, "invocation/next", Body::empty())?;
        let response = self.call(next).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await;
        let body = body.map_err(|_| RuntimeError::Unreachable)?.to_bytes();
        if !parts.status.is_success() {
            return Err(RuntimeError::Status(parts.status.as_u16()));
        }
        if parts.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let context = context(&parts)?;
        let path = format!("invocation/{}/response", context.request_id);
        let reply = handle(LambdaEvent::new(&body, context)).await;

        // Texts and numbers always serialize.
        let reply = serde_json::to_vec(&reply).unwrap_or_default();
        let mut answer = request(Method::POST, &path, Body::from(reply))?;
        // By this Lambda tells a late answer from the next one's.
        if let Some(id) = parts.headers.get("lambda-runtime-invocation-id") {
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

    async fn call(&self, request: Request<Body>) -> Result<Response<impl BodyExt>, RuntimeError> {
        let answer = self.0.call(request).await;
        answer.map_err(|_| RuntimeError::Unreachable)
    }
}

/// Tells Lambda why the function does not start, so that its own report does as well. Where it is
/// not to be reached, there is nobody to tell.
pub async fn report_start_error(address: &str, message: &str) {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Diagnostic<'a> {
        error_type: &'static str,
        error_message: &'a str,
        stack_trace: [&'static str; 0],
    }
    let Ok(uri) = address.parse::<Uri>() else {
        return;
    };
    let diagnostic = Diagnostic {
        error_type: START_ERROR,
        error_message: message,
        stack_trace: [],
    };
    let body = serde_json::to_vec(&diagnostic).unwrap_or_default();
    let Ok(mut report) = request(Method::POST, "init/error", Body::from(body)) else {
        return;
    };
    let kind = http::HeaderValue::from_static(START_ERROR);
    let headers = report.headers_mut();
    headers.insert("lambda-runtime-function-error-type", kind);
    let client = PooledClient::builder().with_endpoint(uri).build();
    let _ = tokio::time::timeout(REPORT_TIMEOUT, client.call(report)).await;
}

fn request(method: Method, path: &str, body: Body) -> Result<Request<Body>, RuntimeError> {
    build_request()
        .method(method)
        .uri(format!("{PREFIX}{path}"))
        .body(body)
        // An id that no path can have.
        .map_err(|_| RuntimeError::NoId)
}

/// What of an invocation's headers is read. The client's context and its identity are not: they
/// are the caller's to write.
fn context(parts: &Parts) -> Result<Context, RuntimeError> {
    let header = |name| parts.headers.get(name).map(http::HeaderValue::as_bytes);
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
