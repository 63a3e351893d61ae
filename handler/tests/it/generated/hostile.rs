//! Events that nobody sends by mistake: any JSON, any body, any headers.

use aws_smithy_types::base64;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;

use super::Event;
use super::json::{Escapes, quoted, written};

/// What bodies and values are pieced together from.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "{",
    "}",
    ",",
    ":",
    "\"id\"",
    "\"title\"",
    "\"year\"",
    "\"id\":\"1\",",
    "\"title\":\"t\",",
    "\"year\":1",
    "1",
    "-",
    "0",
    ".5",
    "1e5",
    "E",
    "+",
    "null",
    "true",
    "nan",
    "\"",
    "\\",
    "\\u00",
    "\\ud83c",
    "\\udfac",
    "\\\"",
    "'",
    "/*",
    "*/",
    "\0",
    " ",
    "\n",
    "\u{feff}",
    "\u{2028}",
    "é",
    "\u{10ffff}",
];

/// Members of the event that are read.
const MEMBERS: &[&str] = &[
    "httpMethod",
    "resource",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
    "requestContext",
    "path",
    "version",
];

const CONTEXT_MEMBERS: &[&str] = &["requestId", "extendedRequestId", "identity", "stage"];

const IDENTITY_MEMBERS: &[&str] = &["sourceIp", "userAgent", "apiKeyId", "apiKey"];

const HEADER_NAMES: &[&str] = &[
    "Content-Type",
    "content-type",
    "CONTENT-TYPE",
    "If-None-Match",
    "if-none-match",
    "",
    "\0",
    "Content-Type ",
    "\u{212a}",
    "x-api-key",
    "__proto__",
];

const HEADER_VALUES: &[&str] = &[
    "null",
    "\"\"",
    "[]",
    "{}",
    "0",
    "true",
    "[null]",
    "[[]]",
    "[1]",
    "[\"\"]",
    "\"application/json\"",
    "[\"application/json\"]",
    "[\"application/json\",\"text/plain\"]",
    "\"application/json;\"",
    "\"application/json;charset=\"",
    "\"application/json;charset=\\\"\"",
    "\"application/json; charset=utf-8; charset=utf-16\"",
    "\"a/b+json+json\"",
    "\"+json\"",
    "\"application/+json\"",
    "\"\\u0000/json\"",
    "\"é/json\"",
    "\"application/json\\r\\nX: y\"",
    "\"*\"",
    "[\"*\",\"*\"]",
    "[\"*\",null]",
    "\"\\ud800\"",
];

/// The event, and its body's bytes where that is what is hostile.
#[derive(Clone, Debug)]
pub(crate) struct Hostile {
    pub(crate) event: String,
    pub(crate) body: Option<Vec<u8>>,
}

pub(crate) fn hostile() -> impl Strategy<Value = Hostile> {
    prop_oneof![
        1 => bytes(12).prop_map(|bytes| without_body(written(&bytes))),
        1 => vec(bytes(8), 1..4).prop_map(|members| any_members(&members)),
        1 => (bytes(8), bytes(8)).prop_map(|(context, identity)| any_context(&context, &identity)),
        2 => body().prop_map(|body| any_body(body, false)),
        2 => prop_oneof![body().prop_map(String::into_bytes), vec(any::<u8>(), 0..40)]
            .prop_map(any_bytes),
        1 => body().prop_map(|body| any_body(body, true)),
        2 => (any_headers(), any_headers()).prop_map(|(single, multi)| {
            let mut event = Event::complete();
            event.set_body(r#"{"id": "1", "title": "t", "year": 1}"#, false);
            event.set("headers", single);
            event.set("multiValueHeaders", multi);
            without_body(event.text())
        }),
    ]
}

fn bytes(count: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..count)
}

fn without_body(event: String) -> Hostile {
    Hostile { event, body: None }
}

/// Tokens in any order, or characters.
fn body() -> impl Strategy<Value = String> {
    let tokens = vec(select(TOKENS), 0..20);
    prop_oneof![
        4 => tokens.prop_map(|tokens| format!("{{{}", tokens.concat())),
        1 => vec(select(TOKENS), 0..20).prop_map(|tokens| tokens.concat()),
        1 => vec(any::<char>(), 0..20).prop_map(String::from_iter),
        1 => (1..5000_usize).prop_map(|levels| "[{\"\":".repeat(levels)),
    ]
}

/// A request some of whose members are anything; the first byte chooses which.
fn any_members(members: &[Vec<u8>]) -> Hostile {
    let mut event = Event::complete();
    event.set_body(r#"{"id": "1", "title": "t", "year": 1}"#, false);
    for bytes in members {
        let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
        event.set(MEMBERS[usize::from(*first) % MEMBERS.len()], written(rest));
    }
    without_body(event.text())
}

/// A request about whose sender anything is said.
fn any_context(context: &[u8], identity: &[u8]) -> Hostile {
    let object = |names: &[&str], bytes: &[u8], more: String| {
        let mut members: Vec<String> = names
            .iter()
            .zip(bytes)
            .filter(|(_, byte)| **byte > 50)
            .map(|(name, byte)| format!("\"{name}\":{}", written(&[*byte, *byte])))
            .collect();
        members.extend((!more.is_empty()).then_some(more));
        format!("{{{}}}", members.join(","))
    };
    let identity = object(IDENTITY_MEMBERS, identity, String::new());
    let context = object(CONTEXT_MEMBERS, context, format!("\"identity\":{identity}"));
    let mut event = Event::complete();
    event.set_body(r#"{"id": "1", "title": "t", "year": 1}"#, false);
    event.set("requestContext", context);
    without_body(event.text())
}

fn any_body(body: String, claims_base64: bool) -> Hostile {
    let mut event = Event::complete();
    event.set("body", quoted(&body, Escapes::None));
    event.set("isBase64Encoded", claims_base64.to_string());
    Hostile {
        event: event.text(),
        body: (!claims_base64).then(|| body.into_bytes()),
    }
}

fn any_bytes(bytes: Vec<u8>) -> Hostile {
    let mut event = Event::complete();
    event.set("body", quoted(&base64::encode(&bytes), Escapes::None));
    event.set("isBase64Encoded", "true");
    Hostile {
        event: event.text(),
        body: Some(bytes),
    }
}

fn any_headers() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        select(HEADER_VALUES).prop_map(str::to_owned),
        bytes(6).prop_map(|bytes| written(&bytes)),
    ];
    let map = vec((select(HEADER_NAMES), value), 0..4).prop_map(|headers| {
        let headers = headers.iter();
        let headers =
            headers.map(|(name, value)| format!("{}:{value}", quoted(name, Escapes::None)));
        format!("{{{}}}", headers.collect::<Vec<_>>().join(","))
    });
    prop_oneof![
        4 => map,
        1 => bytes(4).prop_map(|bytes| written(&bytes)),
    ]
}
