//! API Gateway's proxy events and their replies. The one place an error becomes a reply; it
//! checks what arrived around the body, and leaves the body to the domain.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Write;
use std::time::Instant;

use aws_smithy_types::base64;
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::log;
use crate::movie::{InsertError, Movie, MovieStore};

const PATH: &str = "/";
const METHOD: &str = "POST";
const INSERTED: &str = r#"{"message": "Successfully inserted data!"}"#;

/// What is read of a proxy event (payload 1.0). Headers are not: they carry the API key.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProxyEvent {
    http_method: Option<String>,
    resource: Option<String>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: Option<RequestContext>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    request_id: Option<String>,
    identity: Option<Identity>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    source_ip: Option<String>,
    user_agent: Option<String>,
}

/// What API Gateway sends to the client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    status_code: u16,
    headers: Headers,
    body: Cow<'static, str>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Content-Type")]
    content_type: &'static str,
    #[serde(rename = "Allow", skip_serializing_if = "Option::is_none")]
    allow: Option<&'static str>,
}

/// Why a request got no further, one variant for each kind of answer.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("event is not an API Gateway proxy request")]
    NotProxy,
    #[error("no such path")]
    Path,
    #[error("method is not allowed, use {METHOD}")]
    Method,
    #[error("body is not valid base64")]
    Base64,
    #[error(transparent)]
    Insert(#[from] InsertError),
}

/// Answers one event and writes its line to `log`. The payload comes unparsed, because the
/// runtime would answer a payload of another shape with an error of the function.
pub(crate) async fn handle(
    store: &impl MovieStore,
    event: LambdaEvent<Box<RawValue>>,
    log: &mut impl Write,
) -> Reply {
    let started = Instant::now();
    let request: ProxyEvent = serde_json::from_str(event.payload.get()).unwrap_or_default();
    let result = insert(store, &request).await;
    let reply = match &result {
        Ok(()) => Reply::json(200, INSERTED),
        Err(err) => Reply::from_error(err),
    };

    let context = request.request_context.unwrap_or_default();
    let identity = context.identity.unwrap_or_default();
    let line = log::Request {
        request_id: context.request_id.as_deref(),
        lambda_request_id: &event.context.request_id,
        source_ip: identity.source_ip.as_deref(),
        user_agent: identity.user_agent.as_deref(),
        status: reply.status_code,
        reason: result.err().map(|err| log::chain(&err)),
        duration_ms: started.elapsed().as_micros() as f64 / 1000.0,
    };
    log::request(log, &line);
    reply
}

async fn insert(store: &impl MovieStore, request: &ProxyEvent) -> Result<(), RequestError> {
    // Behind a custom domain the path starts with the mapping's base path; the resource is as
    // the API declares it.
    let (Some(method), Some(resource)) = (&request.http_method, &request.resource) else {
        return Err(RequestError::NotProxy);
    };
    if resource != PATH {
        return Err(RequestError::Path);
    }
    if method != METHOD {
        return Err(RequestError::Method);
    }
    let movie = Movie::from_json(&request.body()?)?;
    store.insert(&movie).await?;
    Ok(())
}

impl ProxyEvent {
    fn body(&self) -> Result<Cow<'_, [u8]>, RequestError> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded == Some(true) {
            let bytes = base64::decode(body).map_err(|_| RequestError::Base64)?;
            return Ok(Cow::Owned(bytes));
        }
        Ok(Cow::Borrowed(body.as_bytes()))
    }
}

impl Reply {
    fn json(status_code: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status_code,
            headers: Headers {
                content_type: "application/json",
                allow: None,
            },
            body: body.into(),
            is_base64_encoded: false,
        }
    }

    fn from_error(err: &RequestError) -> Self {
        let status = status(err);
        // The causes of our own failures are for the log.
        let message = match err {
            RequestError::Insert(InsertError::Throttled(_)) => "busy, try again later".to_owned(),
            RequestError::Insert(InsertError::Store(_)) => "internal error".to_owned(),
            _ => err.to_string(),
        };
        let mut reply = Self::json(status, json!({ "message": message }).to_string());
        reply.headers.allow = matches!(err, RequestError::Method).then_some(METHOD);
        reply
    }
}

/// Clients retry on 503 alone, so nothing else may map to it.
fn status(err: &RequestError) -> u16 {
    match err {
        RequestError::NotProxy | RequestError::Base64 => 400,
        RequestError::Path => 404,
        RequestError::Method => 405,
        RequestError::Insert(err) => match err {
            InsertError::Malformed(_) => 400,
            InsertError::TooLarge => 413,
            InsertError::Invalid(_) => 422,
            InsertError::Store(_) => 500,
            InsertError::Throttled(_) => 503,
        },
    }
}
