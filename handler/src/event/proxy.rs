//! API Gateway's proxy event (payload 1.0), as far as it is read.

use std::borrow::Cow;

use aws_smithy_types::base64;
use serde::Deserialize;

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
    /// Reads an event; one of another shape has no method and no resource.
    pub(super) fn from_json(text: &str) -> Self {
        // serde reads an array into a struct as well.
        let event = match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).ok(),
            _ => return Self::default(),
        };
        event.unwrap_or_else(|| {
            let other: OtherEvent = serde_json::from_str(text).unwrap_or_default();
            Self {
                request_context: other.request_context,
                ..Self::default()
            }
        })
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
