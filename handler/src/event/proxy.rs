//! API Gateway's proxy event (payload 1.0), as far as it is read.

use std::borrow::Cow;

use aws_smithy_types::base64;
use serde::Deserialize;
use serde_json::Value;

use super::RequestError;
use super::headers::Headers;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProxyEvent {
    pub(super) http_method: Option<String>,
    pub(super) resource: Option<String>,
    headers: Option<Headers>,
    multi_value_headers: Option<Headers>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    pub(super) request_context: Option<RequestContext>,
    /// Where it is not a proxy request: what is it then?
    #[serde(skip)]
    pub(super) sender: Sender,
}

/// Whose event it is, by its shape. The text continues a sentence that begins with `event`, and
/// quotes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub(super) enum Sender {
    #[default]
    #[error("is not an API Gateway proxy request")]
    Unknown,
    #[error("is like an API Gateway proxy request, but one of its members has the wrong type")]
    WrongType,
    #[error(
        "is from an HTTP API or a function URL (payload 2.0), \
         not from an API Gateway REST API (payload 1.0)"
    )]
    HttpApi,
    #[error("is from a WebSocket API, not from an API Gateway REST API (payload 1.0)")]
    WebSocketApi,
    #[error("is from a load balancer, not from an API Gateway REST API (payload 1.0)")]
    LoadBalancer,
    #[error("has records of a queue, a stream, a topic or a bucket, not a proxy request")]
    Records,
    #[error("is from EventBridge, not from an API Gateway REST API (payload 1.0)")]
    EventBridge,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RequestContext {
    pub(super) request_id: Option<String>,
    pub(super) extended_request_id: Option<String>,
    pub(super) identity: Option<Identity>,
}

/// Beside these API Gateway sends the key itself, which is not read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Identity {
    pub(super) source_ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) api_key_id: Option<String>,
}

/// What is still read of an event of another shape, so that its answer names the request.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OtherEvent {
    request_context: Option<RequestContext>,
}

impl ProxyEvent {
    /// Reads an event; one of another shape has no method and no resource. Lambda sends JSON, and
    /// what is none has no shape.
    pub(super) fn from_json(payload: &[u8]) -> Self {
        let text = str::from_utf8(payload).unwrap_or_default();
        // serde reads an array into a struct as well.
        let event: Option<Self> = match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).ok(),
            _ => return Self::default(),
        };
        let is_proxy = |event: &Self| event.http_method.is_some() && event.resource.is_some();
        if let Some(event) = event.filter(is_proxy) {
            return event;
        }
        let other: OtherEvent = serde_json::from_str(text).unwrap_or_default();
        Self {
            request_context: other.request_context,
            sender: Sender::of(text),
            ..Self::default()
        }
    }

    /// API Gateway sends both maps, and `headers` has the last value of a repeated header only.
    /// Other senders may leave either out, so both count.
    pub(super) fn headers(&self) -> impl Iterator<Item = &Headers> {
        self.headers.iter().chain(&self.multi_value_headers)
    }

    pub(super) fn body(&self) -> Result<Cow<'_, [u8]>, RequestError> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded == Some(true) {
            let bytes = base64::decode(body).map_err(|_| RequestError::Base64)?;
            return Ok(Cow::Owned(bytes));
        }
        Ok(Cow::Borrowed(body.as_bytes()))
    }
}

impl Sender {
    fn of(text: &str) -> Self {
        let event: Value = serde_json::from_str(text).unwrap_or_default();
        let context = &event["requestContext"];
        if context["http"].is_object() {
            Self::HttpApi
        } else if context["elb"].is_object() {
            Self::LoadBalancer
        } else if context["connectionId"].is_string() {
            Self::WebSocketApi
        } else if event["Records"].is_array() {
            Self::Records
        } else if event["detail-type"].is_string() {
            Self::EventBridge
        } else if !event["httpMethod"].is_null() && !event["resource"].is_null() {
            Self::WrongType
        } else {
            Self::Unknown
        }
    }
}
