//! Requests with one thing wrong, and the answers that it allows.

mod damage;

use aws_smithy_types::base64;
use handler::movie::{MAX_BODY_BYTES, MAX_ID_BYTES, MAX_TITLE_BYTES};
use proptest::prelude::Strategy;
use serde_json::value::RawValue;

use self::damage::{Damage, damage};
use super::json::{Escapes, quoted, written};
use super::{Event, Member, Request, request};

/// Levels of objects and arrays, the body's own included.
const MAX_DEPTH: usize = 16;

/// An event, and what has to come of it.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) damage: Damage,
    pub(crate) request: Request,
    pub(crate) event: String,
    /// The body's bytes, unless only the function can tell them.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) statuses: &'static [u16],
    /// The one problem of a movie that is invalid.
    pub(crate) pointer: Option<&'static str>,
}

/// Near misses of every kind.
pub(crate) fn broken() -> impl Strategy<Value = Broken> {
    (request(), damage()).prop_map(|(request, damage)| break_request(request, damage))
}

const INSERTED: &[u16] = &[200];
const MALFORMED: &[u16] = &[400];
const INVALID: &[u16] = &[422];
const TOO_LARGE: &[u16] = &[413];

fn one(status: u16) -> &'static [u16] {
    match status {
        200 => INSERTED,
        _ => MALFORMED,
    }
}

fn break_request(mut request: Request, damage: Damage) -> Broken {
    let statuses = break_members(&mut request, &damage);
    let mut body = request.body().into_bytes();
    let statuses = statuses.unwrap_or_else(|| break_body(&mut body, &damage).unwrap_or(INSERTED));
    let statuses = match body.len() > MAX_BODY_BYTES {
        true => TOO_LARGE,
        false => statuses,
    };
    let pointer = (statuses != TOO_LARGE).then(|| pointer(&damage)).flatten();
    let mut event = request.event_without_body();
    set_bytes(&mut event, &body, request.has_base64);
    let statuses = break_event(&mut event, &request, &damage).unwrap_or(statuses);
    let is_known = !matches!(damage, Damage::Base64Flipped(..));
    Broken {
        damage,
        event: event.text(),
        request,
        body: is_known.then_some(body),
        statuses,
        pointer,
    }
}

/// Bytes that are no text can only come in base64.
fn set_bytes(event: &mut Event, body: &[u8], has_base64: bool) {
    match str::from_utf8(body) {
        Ok(text) => event.set_body(text, has_base64),
        Err(_) => {
            event.set("body", quoted(&base64::encode(body), Escapes::None));
            event.set("isBase64Encoded", "true");
        }
    }
}

fn pointer(damage: &Damage) -> Option<&'static str> {
    match damage {
        Damage::MemberRemoved(member)
        | Damage::MemberRetyped(member, _)
        | Damage::TextTooLong(member, _)
        | Damage::HalfAPair(member) => Some(member.pointer()),
        Damage::IdEmpty => Some(Member::Id.pointer()),
        Damage::NoYear(_) => Some(Member::Year.pointer()),
        _ => None,
    }
}

fn break_members(request: &mut Request, damage: &Damage) -> Option<&'static [u16]> {
    match damage {
        Damage::MemberRemoved(member) => request.remove_member(*member),
        Damage::MemberRetyped(member, to) => {
            let number = if *member == Member::Year {
                "[]"
            } else {
                "1999"
            };
            let others = [
                number,
                "null",
                "true",
                "false",
                "[]",
                "{}",
                "[\"1\"]",
                "{\"id\":\"1\"}",
            ];
            request.set_member(*member, (*to.get(&others)).to_owned());
        }
        Damage::IdEmpty => request.set_member(Member::Id, "\"\"".to_owned()),
        Damage::TextTooLong(member, by) => {
            let limit = match member {
                Member::Id => MAX_ID_BYTES,
                _ => MAX_TITLE_BYTES,
            };
            let text = "x".repeat(limit + by);
            request.set_member(*member, quoted(&text, Escapes::None));
        }
        Damage::NoYear(year) => request.set_member(Member::Year, year.json()),
        Damage::HalfAPair(member) => request.set_member(*member, "\"x\\ud83c\"".to_owned()),
        Damage::TooLarge => {
            let text = "x".repeat(MAX_BODY_BYTES);
            request.set_member(Member::Title, quoted(&text, Escapes::None));
            return Some(TOO_LARGE);
        }
        Damage::MemberTwice(at, escapes) => {
            // Among the movie's, whose names can be written in two ways.
            let member = *at.get(&Member::ALL);
            request
                .members
                .push((member.name(*escapes), "1".to_owned()));
            return Some(MALFORMED);
        }
        Damage::MemberTwiceInside => {
            let value = r#"[{"a":{"b":1,"c":2,"\u0062":3}}]"#;
            request
                .members
                .push((r#""2""#.to_owned(), value.to_owned()));
            return Some(MALFORMED);
        }
        Damage::Nested(levels, is_array) => {
            let (open, close) = if *is_array {
                ("[", "]")
            } else {
                ("{\"a\":", "}")
            };
            let value = format!("{}1{}", open.repeat(*levels), close.repeat(*levels));
            request.members.push((r#""2""#.to_owned(), value));
            let is_legal = *levels < MAX_DEPTH;
            return Some(if is_legal { INSERTED } else { MALFORMED });
        }
        Damage::ControlInText(control) => {
            let text = format!("\"{}\"", char::from(*control));
            request.members.push((r#""2""#.to_owned(), text));
            return Some(MALFORMED);
        }
        Damage::NumberWithoutEnd => {
            let number = format!(
                "-{}.{}E+{}",
                "9".repeat(400),
                "0".repeat(400),
                "9".repeat(40)
            );
            request.members.push((r#""2""#.to_owned(), number));
            return Some(INSERTED);
        }
        _ => return None,
    }
    Some(INVALID)
}

fn break_body(body: &mut Vec<u8>, damage: &Damage) -> Option<&'static [u16]> {
    match damage {
        Damage::BeforeBody(text) => *body = [text.as_bytes(), body].concat(),
        Damage::BehindBody(text) => body.extend_from_slice(text.as_bytes()),
        Damage::BodyCut(at) => body.truncate(at.index(body.trim_ascii_end().len())),
        Damage::BodyFlipped(at, mask) => {
            let at = at.index(body.len());
            body[at] ^= mask;
            if is_object(body) {
                return Some(&[200, 400, 422]);
            }
        }
        _ => return None,
    }
    Some(MALFORMED)
}

/// Whether this is JSON at all; what it says is another question.
fn is_object(body: &[u8]) -> bool {
    let value: Result<&RawValue, _> = serde_json::from_slice(body);
    value.is_ok_and(|value| value.get().starts_with('{'))
}

fn break_event(event: &mut Event, request: &Request, damage: &Damage) -> Option<&'static [u16]> {
    let mut headers = request.headers.clone();
    match damage {
        Damage::Base64Claimed => {
            event.set_body(&request.body(), false);
            event.set("isBase64Encoded", "true");
        }
        Damage::Base64Unclaimed => {
            event.set_body(&request.body(), true);
            event.set("isBase64Encoded", "false");
            // Taken for text, it is longer.
            if base64::encode(request.body()).len() > MAX_BODY_BYTES {
                return Some(TOO_LARGE);
            }
        }
        Damage::Base64Flipped(at, mask) => {
            let mut encoded = base64::encode(request.body()).into_bytes();
            let at = at.index(encoded.len());
            encoded[at] ^= mask;
            let encoded = String::from_utf8(encoded).unwrap();
            event.set("body", quoted(&encoded, Escapes::None));
            event.set("isBase64Encoded", "true");
            return Some(&[200, 400, 422]);
        }
        Damage::ContentType(value) => {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            headers.push(("Content-Type", (*value).to_owned()));
            event.set_headers(&headers, request.maps);
            return Some(&[415]);
        }
        Damage::SecondContentType => {
            headers.push(("content-TYPE", "text/plain".to_owned()));
            event.set_headers(&headers, request.maps);
            return Some(&[415]);
        }
        Damage::IfNoneMatch(value) => {
            headers.push(("IF-NONE-MATCH", (*value).to_owned()));
            event.set_headers(&headers, request.maps);
        }
        Damage::Method(method) => {
            event.set("httpMethod", quoted(method, Escapes::None));
            return Some(&[405]);
        }
        Damage::Resource(resource) => {
            event.set("resource", quoted(resource, Escapes::None));
            return Some(&[404]);
        }
        Damage::EventMemberRemoved(name, status) => {
            event.remove(name);
            return Some(one(*status));
        }
        Damage::EventMemberNull(name, status) => {
            event.set(name, "null");
            return Some(one(*status));
        }
        Damage::EventMemberTwice(name, status) => {
            event.set(name, "null");
            event.repeat(name);
            return Some(one(*status));
        }
        Damage::EventMemberRetyped(name, bytes) => {
            let value = match *name {
                "httpMethod" | "resource" | "body" => format!("[{}]", written(bytes)),
                // Arrays may stand for structs.
                _ => format!("\"{}\"", bytes.len()),
            };
            event.set(name, value);
        }
        _ => return None,
    }
    Some(MALFORMED)
}
