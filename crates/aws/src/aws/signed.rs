//! Single calls to services whose SDK crates would cost more build time than the rest of
//! this program: they are signed with AWS's own signer and sent by the SDK's HTTP client.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use backon::Retryable as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use roxmltree::Node;
use serde_json::Value;
use ureq::http::Request;

use super::Connection;
use super::endpoint::{self, Service};
use super::refusal::{self, Answer};
use crate::connection_failure::{ConnectionFailure, cause};
use crate::error::{Error, Result, ServiceError, Trouble};
use cfnkit_console::error::Context as _;
use cfnkit_console::patience::{limit, patient};

/// Calls again after the first, the first of them after this long.
const ATTEMPTS: usize = 4;
const BACKOFF: Duration = Duration::from_millis(500);

const TIMEOUT: Duration = Duration::from_secs(15);

/// All characters but those that a signature of version 4 leaves as they are.
const RESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How much of a list is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) pages: usize,
    pub(super) members: usize,
}

/// To its end.
pub(super) const ALL: Most = Most {
    pages: usize::MAX,
    members: usize::MAX,
};

/// Text for a query or a path, with everything escaped that has a meaning there, and nothing else:
/// what a signature is made over has these characters as they are, and whoever compares it with the
/// text that was sent must find the same.
pub(super) fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, &RESERVED).to_string()
}

/// The first element of this name in an answer; each may be in the namespace of its API.
pub(super) fn element<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    let mut nodes = node.descendants();
    nodes.find(|node| node.tag_name().name() == name)
}

impl Service {
    /// Gets what is at `path`, as it is.
    pub(super) async fn get(self, connection: &Connection, path: &str) -> Result<String> {
        self.call(connection, "GET", path, None, None).await
    }

    /// Does what `method` means at `path`, with a JSON document where there is one. What comes back
    /// is one, too, or nothing at all where more than a look was asked for.
    pub(super) async fn send(
        self,
        connection: &Connection,
        method: &str,
        path: &str,
        json: Option<&Value>,
    ) -> Result<Value> {
        let json = json.map(Value::to_string);
        let answer = self.call(connection, method, path, None, json).await?;
        match answer.trim() {
            "" if method != "GET" => Ok(Value::Null),
            answer => self.parse(answer),
        }
    }

    /// Gets a JSON document.
    pub(super) async fn get_json(self, connection: &Connection, path: &str) -> Result<Value> {
        self.send(connection, "GET", path, None).await
    }

    /// Calls an operation: one of AWS's JSON protocol, or one that has a path of its own.
    pub(super) async fn operate(
        self,
        connection: &Connection,
        operation: &str,
        input: &Value,
    ) -> Result<Value> {
        let json = Some(input.to_string());
        let (path, target) = match self.target {
            Some(target) => ("/".to_owned(), Some(format!("{target}.{operation}"))),
            None => (format!("/{operation}"), None),
        };
        let answer = self.call(connection, "POST", &path, target.as_deref(), json);
        self.parse(&answer.await?)
    }

    /// The members of a list of this name, of one page after another, until no answer has another
    /// `token` or so many pages or members are there; and whether there is more.
    pub(super) async fn list(
        self,
        connection: &Connection,
        operation: &str,
        mut input: Value,
        (name, token): (&str, &str),
        most: Most,
    ) -> Result<(Vec<Value>, bool)> {
        let mut members = Vec::new();
        let mut pages = 0;
        loop {
            let mut page = self.operate(connection, operation, &input).await?;
            if let Value::Array(more) = page[name].take() {
                members.extend(more);
            }
            pages += 1;
            let next = page[token].take();
            // A token that comes back would be followed for ever.
            if next.is_null() || input.get(token) == Some(&next) {
                return Ok((members, false));
            }
            if pages >= most.pages || members.len() >= most.members {
                return Ok((members, true));
            }
            input[token] = next;
        }
    }

    fn parse(self, answer: &str) -> Result<Value> {
        Ok(serde_json::from_str(answer)
            .with_context(|| format!("the answer of `{}` is not JSON", self.name))?)
    }

    /// One call, repeated while the service is busy. What may not happen twice has a token of its
    /// own, or is looked at again by who asked.
    async fn call(
        self,
        connection: &Connection,
        method: &str,
        path: &str,
        target: Option<&str>,
        json: Option<String>,
    ) -> Result<String> {
        let base = endpoint::of(&connection.config, self).await?;
        let url = format!("{base}{path}");
        let body = json.as_deref().unwrap_or_default();
        let request = Request::builder().method(method).uri(&url);
        let request = match (target, &json) {
            (Some(target), _) => request
                .header("content-type", self.json_protocol())
                .header("x-amz-target", target),
            (None, Some(_)) => request.header("content-type", "application/json"),
            // It answers with links in HAL otherwise.
            (None, None) if self == endpoint::API_GATEWAY => {
                request.header("accept", "application/json")
            }
            (None, None) => request,
        };
        let request = request
            .body(body.to_owned())
            .with_context(|| format!("`{url}` cannot be asked for"))?;
        let is_busy = |err: &Error| err.trouble() == Some(Trouble::Passing);
        let attempt = || async {
            let request = self.sign(connection, request.clone()).await?;
            in_time(&base, limit(TIMEOUT), send(connection, &base, request)).await
        };
        let waits = backon::ExponentialBuilder::default()
            .with_min_delay(patient(BACKOFF))
            .with_max_times(ATTEMPTS)
            .with_jitter();
        attempt.retry(waits).when(is_busy).await
    }

    /// The protocol's version by service: 1.1 but for one.
    fn json_protocol(self) -> &'static str {
        match self {
            endpoint::CLOUDWATCH => "application/x-amz-json-1.0",
            _ => "application/x-amz-json-1.1",
        }
    }

    /// `request`, ready to go for a few minutes.
    async fn sign(
        self,
        connection: &Connection,
        mut request: Request<String>,
    ) -> Result<Request<String>> {
        let provider = connection.config.credentials_provider();
        let provider = provider.context("no credentials")?;
        let credentials = provider.provide_credentials().await;
        let identity = credentials.context("no credentials")?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&connection.region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .context("cannot sign the request")?
            .into();
        let headers = request.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let (method, url) = (request.method().as_str(), request.uri().to_string());
        let body = SignableBody::Bytes(request.body().as_bytes());
        let (instructions, _) = SignableRequest::new(method, url, headers, body)
            .and_then(|request| sign(request, &params))
            .context("cannot sign the request")?
            .into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// What is awaited, which may come the next time where it does not come soon.
async fn in_time<T>(
    base: &str,
    time: Duration,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    let answer = tokio::time::timeout(time, answer).await;
    answer.unwrap_or_else(|_| Err(passing(format!("no answer from `{base}` in time"))))
}

fn passing(text: String) -> Error {
    let trouble = Trouble::Passing;
    let failed = ServiceError {
        text,
        trouble,
        ..ServiceError::default()
    };
    failed.into()
}

async fn send(connection: &Connection, base: &str, request: Request<String>) -> Result<String> {
    let request =
        HttpRequest::try_from(request.map(SdkBody::from)).context("the request cannot be sent")?;
    let answer = connection.connector.call(request).await;
    let mut response = answer.map_err(|err| match cause::<ConnectionFailure>(&err) {
        // A connection that was kept may have ended meanwhile.
        Some(failure) => passing(failure.to_string()),
        None => Error::new(format!("cannot call `{base}`: {err}")),
    })?;
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body
        .with_context(|| format!("`{base}` broke off"))?
        .to_vec();
    let body = String::from_utf8_lossy(&body);
    if response.status().is_success() {
        return Ok(body.into_owned());
    }
    let headers = response.headers();
    let answer = Answer {
        status: response.status().as_u16(),
        error_type: headers.get("x-amzn-errortype"),
        date: headers.get("date"),
        body: &body,
    };
    Err(refusal::read(base, &answer).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_asked_for_again() {
        let never = std::future::pending::<Result<()>>();
        let err = in_time("https://a", Duration::from_millis(1), never).await;
        let err = err.unwrap_err();
        assert_eq!(err.to_string(), "no answer from `https://a` in time");
        assert_eq!(err.trouble(), Some(Trouble::Passing));
    }
}
