//! The two headers that change what happens to a body. The others are passed over unread: they
//! carry the API key.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::movie::Existing;

/// What a header says that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("Content-Type is not JSON, use application/json")]
    ContentType,
    #[error("If-None-Match can only be *, for movies have no entity tags")]
    IfNoneMatch,
}

/// Values of the headers that are read, from `headers` or `multiValueHeaders`.
#[derive(Default)]
pub(super) struct Headers {
    content_type: Vec<String>,
    if_none_match: Vec<String>,
}

/// JSON is what API Gateway assumes where there is no Content-Type, and so is it here.
pub(super) fn check_content_type<'a>(
    mut headers: impl Iterator<Item = &'a Headers>,
) -> Result<(), HeaderError> {
    let is_json = |headers: &Headers| headers.content_type.iter().all(|text| is_json(text));
    match headers.all(is_json) {
        true => Ok(()),
        false => Err(HeaderError::ContentType),
    }
}

/// What the client wants done where the id is taken. A list of entity tags is refused instead of
/// ignored: its sender does not want to replace a movie unseen.
pub(super) fn existing<'a>(
    headers: impl Iterator<Item = &'a Headers>,
) -> Result<Existing, HeaderError> {
    let mut values = headers
        .flat_map(|headers| &headers.if_none_match)
        .peekable();
    if values.peek().is_none() {
        return Ok(Existing::Replace);
    }
    match values.all(|text| text.trim() == "*") {
        true => Ok(Existing::Keep),
        false => Err(HeaderError::IfNoneMatch),
    }
}

/// `application/json` and what ends with `+json`. Parameters change nothing: JSON has none, a
/// charset included (RFC 8259, section 11), and whether the body is UTF-8 shows when it is read.
fn is_json(text: &str) -> bool {
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let Some((kind, subtype)) = media_type.trim().split_once('/') else {
        return false;
    };
    if !is_token(kind) || !is_token(subtype) || has_other_value(parameters) {
        return false;
    }
    match subtype.rsplit_once('+') {
        Some((name, suffix)) => !name.is_empty() && suffix.eq_ignore_ascii_case("json"),
        None => kind.eq_ignore_ascii_case("application") && subtype.eq_ignore_ascii_case("json"),
    }
}

/// RFC 9110's.
fn is_token(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// Whether a header that was sent twice arrived as one, with the other value behind a comma.
fn has_other_value(parameters: &str) -> bool {
    let mut is_quoted = false;
    let mut bytes = parameters.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(bytes.next()),
            b',' if !is_quoted => return true,
            _ => {}
        }
    }
    false
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let values = if name.eq_ignore_ascii_case("content-type") {
                &mut headers.content_type
            } else if name.eq_ignore_ascii_case("if-none-match") {
                &mut headers.if_none_match
            } else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            match map.next_value()? {
                Values::None => {}
                Values::One(value) => values.push(value),
                Values::Many(many) => values.extend(many),
            }
        }
        Ok(headers)
    }
}

/// A header's value, in either of the two maps.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
    None,
}
