//! What API Gateway sends to the client. Errors are problem details (RFC 9457) that carry
//! `message` as well, as API Gateway's own answers do.

use std::borrow::Cow;

use serde::Serialize;

use super::RequestError;
use super::headers::HeaderError;
use crate::movie::{Existing, Fate, InsertError, Problem};

const INSERTED: &str = r#"{"message": "Successfully inserted data!"}"#;

/// Seconds after which a store that is throttled or away is worth another request.
const RETRY_AFTER: &str = "1";

/// The function's response to a proxy event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    status_code: u16,
    headers: Headers,
    body: Cow<'static, str>,
    is_base64_encoded: bool,
}

#[derive(Debug, Default, Serialize)]
struct Headers {
    #[serde(rename = "Content-Type")]
    content_type: &'static str,
    #[serde(rename = "Allow", skip_serializing_if = "Option::is_none")]
    allow: Option<String>,
    #[serde(rename = "Retry-After", skip_serializing_if = "Option::is_none")]
    retry_after: Option<&'static str>,
}

/// Problem details; without `type` the title is the status's own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    message: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Problem],
}

impl Reply {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status_code
    }

    pub(super) fn inserted() -> Self {
        Self {
            status_code: 200,
            headers: Headers {
                content_type: "application/json",
                ..Headers::default()
            },
            body: Cow::Borrowed(INSERTED),
            is_base64_encoded: false,
        }
    }

    pub(super) fn problem(err: &RequestError, request_id: &str) -> Self {
        let (status, title) = status(err);
        let detail = detail(err);
        let details = Details {
            r#type: "about:blank",
            title,
            status,
            detail: &detail,
            message: &detail,
            request_id,
            errors: match err {
                RequestError::Insert(InsertError::Invalid(problems)) => problems,
                _ => &[],
            },
        };
        Self {
            status_code: status,
            headers: Headers {
                content_type: "application/problem+json",
                allow: match err {
                    RequestError::Method(methods) => Some(methods.clone()),
                    _ => None,
                },
                retry_after: (status == 503).then_some(RETRY_AFTER),
            },
            // Texts and numbers always serialize.
            body: serde_json::to_string(&details).unwrap_or_default().into(),
            is_base64_encoded: false,
        }
    }
}

/// Clients retry on 503 alone, so only what may pass by itself maps to it, and nothing that is not
/// to be repeated unseen: where the movie may be stored, `If-None-Match: *` would be refused for it.
fn status(err: &RequestError) -> (u16, &'static str) {
    match err {
        RequestError::NotProxy(_)
        | RequestError::Base64
        | RequestError::Header(HeaderError::IfNoneMatch)
        | RequestError::Insert(InsertError::Malformed(_)) => (400, "Bad Request"),
        RequestError::Path => (404, "Not Found"),
        RequestError::Method(_) => (405, "Method Not Allowed"),
        RequestError::Insert(InsertError::Exists) => (412, "Precondition Failed"),
        RequestError::Insert(InsertError::TooLarge) => (413, "Content Too Large"),
        RequestError::Header(HeaderError::ContentType) => (415, "Unsupported Media Type"),
        RequestError::Insert(InsertError::Invalid(_)) => (422, "Unprocessable Content"),
        RequestError::Panic(_) | RequestError::Insert(InsertError::Refused { .. }) => {
            (500, "Internal Server Error")
        }
        RequestError::Insert(
            InsertError::Late { .. }
            | InsertError::Throttled {
                fate: Fate::Unknown(Existing::Keep),
                ..
            }
            | InsertError::Unavailable {
                fate: Fate::Unknown(Existing::Keep),
                ..
            },
        ) => (504, "Gateway Timeout"),
        RequestError::Insert(InsertError::Throttled { .. } | InsertError::Unavailable { .. }) => {
            (503, "Service Unavailable")
        }
    }
}

/// What the client is told; the causes of our own failures are for the log.
fn detail(err: &RequestError) -> Cow<'static, str> {
    match err {
        RequestError::Panic(fate) => with_fate("internal error", *fate),
        RequestError::Insert(err) => match err {
            InsertError::Refused { fate, .. } => with_fate("internal error", *fate),
            InsertError::Throttled { fate, .. } => with_fate(&later("busy", *fate), *fate),
            InsertError::Unavailable { fate, .. } => {
                with_fate(&later("temporarily unavailable", *fate), *fate)
            }
            InsertError::Late {
                fate: Fate::NotStored,
            } => "no time was left to store the movie".into(),
            InsertError::Late { fate } => with_fate("no answer in time", *fate),
            _ => err.to_string().into(),
        },
        _ => err.to_string().into(),
    }
}

/// What is worth repeating unseen says so.
fn later(text: &str, fate: Fate) -> Cow<'_, str> {
    match fate {
        Fate::NotStored | Fate::Unknown(Existing::Replace) => {
            format!("{text}, try again later").into()
        }
        Fate::Unknown(Existing::Keep) => text.into(),
    }
}

/// Only where a movie was sent is it said that nobody knows whether it is stored.
fn with_fate(text: &str, fate: Fate) -> Cow<'static, str> {
    match fate {
        Fate::NotStored => text.to_owned().into(),
        Fate::Unknown(Existing::Replace) => {
            format!("{text}; the movie may be stored or not").into()
        }
        Fate::Unknown(Existing::Keep) => format!(
            "{text}; the movie may be stored or not, \
             and where it is, repeating the request is answered 412"
        )
        .into(),
    }
}
