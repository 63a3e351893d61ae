//! The two headers that change what happens to a body. The others are passed over unread: they
//! carry the API key.

use std::fmt;

use mediatype::{MediaType, Name, names};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::movie::Existing;

/// What a header says that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("Content-Type is not JSON in UTF-8, use application/json")]
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

/// `application/json` and what ends with `+json`; JSON is UTF-8, so another charset is no JSON.
fn is_json(text: &str) -> bool {
    let Ok(media_type) = MediaType::parse(text.trim()) else {
        return false;
    };
    let is_json = media_type.suffix == Some(names::JSON)
        || (media_type.ty == names::APPLICATION && media_type.subty == names::JSON);
    let charset = Name::new_unchecked("charset");
    let mut charsets = media_type
        .params
        .iter()
        .filter(|(name, _)| *name == charset);
    is_json && charsets.all(|(_, value)| value.unquoted_str().eq_ignore_ascii_case("utf-8"))
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
