//! Secrets in every part of 10,000 requests, none of which may be found in the log: not when the
//! request is refused, not when DynamoDB's own error quotes it.

use std::cell::Cell;

use aws_smithy_types::base64;
use handler::log::Level;
use handler::movie::{Insertion, MovieStore, Outcome};
use proptest::prelude::{any, prop_assert, prop_assert_eq};
use proptest::sample::select;
use rig::dynamodb::{DynamoDb, Step};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::generated::json::{Escapes, quoted};
use crate::generated::{Checked, Event, Member, Request, check, request};
use crate::support::{KeptLog, handle, table};

const IN_MEMORY: u32 = 9_200;
const QUOTED: u32 = 500;
const BROKEN_OFF: u32 = 300;

/// A word that is nowhere by chance.
const WORD: &str = "c4nary-w0rd";
/// A year that is no time and no size.
const NUMBER: &str = "73856093019349663";

#[test]
fn requests_leave_nothing_in_the_log() {
    let store = Store::default();
    let log = KeptLog::new(Level::Debug);
    let runtime = runtime();
    let requests = (request(), select(PLACES), any::<bool>());
    check(IN_MEMORY, requests, |(request, place, has_escapes)| {
        let escapes = match has_escapes {
            true => Escapes::All,
            false => Escapes::None,
        };
        let event = with_secrets(request, place, escapes);
        runtime.block_on(handle(&store, &event.text(), &log.log));
        check_log(&log.take())
    });
    // Three of the places are in what is stored.
    let seen = store.secrets.get();
    assert!(seen > IN_MEMORY / 20, "the store saw {seen} secrets");
}

#[test]
fn errors_that_quote_the_request_leave_nothing_in_the_log() {
    let steps: Vec<Step> = [
        (400, "AccessDeniedException"),
        (400, "ConditionalCheckFailedException"),
        (400, "ExpiredTokenException"),
        (400, "ProvisionedThroughputExceededException"),
        (400, "RequestLimitExceeded"),
        (400, "ResourceNotFoundException"),
        (400, "SerializationException"),
        (400, "SomethingNew"),
        (400, "ThrottlingException"),
        (400, "TransactionConflictException"),
        (400, "UnrecognizedClientException"),
        (400, "ValidationException"),
        (500, "InternalFailure"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ]
    .map(|(status, kind)| Step::echo(status, kind))
    .into();
    check_failures(QUOTED, steps);
}

/// Whoever is between the function and DynamoDB can take a word out of the request.
#[test]
fn errors_with_a_word_of_the_request_leave_nothing_in_the_log() {
    let mut steps = vec![
        Step::EchoCode { status: 400 },
        Step::EchoCode { status: 502 },
        Step::error(400, WORD, "words"),
        Step::error(403, &format!("Exception: {WORD}"), "words"),
        Step::error(400, NUMBER, "words"),
        Step::answer(403, &[("Content-Type", "text/html")], WORD),
        Step::answer(200, &[("Content-Type", WORD)], WORD),
    ];
    for kind in [
        "AccessDeniedException",
        "InternalServerError",
        "InvalidSignatureException",
        "ThrottlingException",
    ] {
        let message = format!("no {WORD} of {NUMBER} here");
        steps.push(Step::error(400, kind, &message));
    }
    let message = format!("Signature expired: {WORD}");
    steps.push(Step::error(400, "InvalidSignatureException", &message));
    check_failures(QUOTED, steps);
}

#[test]
fn broken_answers_leave_nothing_in_the_log() {
    let steps = [
        Step::Reset,
        Step::Close,
        Step::Garbage,
        Step::GarbageBody,
        Step::HalfHead,
        Step::HalfBody,
        Step::StoreThenReset,
    ];
    check_failures(BROKEN_OFF, steps.into());
}

/// The search below finds what is logged on purpose, so it would find the rest.
#[test]
fn the_search_finds_what_is_logged() {
    let log = KeptLog::new(Level::Debug);
    let encoded = base64::encode(format!("{{\"id\": \"{WORD}\"}}"));
    for secret in [WORD, NUMBER, &quoted(WORD, Escapes::All), &encoded] {
        let mut event = rig::contract::event("");
        event["requestContext"]["identity"]["userAgent"] = json!(secret);
        let (store, event) = (Store::default(), event.to_string());
        runtime().block_on(handle(&store, &event, &log.log));
        assert!(check_log(&log.take()).is_err(), "{secret}");
    }
}

/// Sends movies full of secrets to a DynamoDB that fails in each of these ways.
fn check_failures(cases: u32, steps: Vec<Step>) {
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    // The retries of one client are limited; once they are used up, failures take no time.
    let table = table(&dynamodb.endpoint());
    let log = KeptLog::new(Level::Debug);
    let runtime = runtime();
    let sent = Cell::new(0);
    check(cases, (request(), select(steps)), |(mut request, step)| {
        dynamodb.clear();
        dynamodb.set(vec![], step);
        request.set_member(Member::Id, quoted(WORD, Escapes::None));
        request.set_member(Member::Title, quoted(WORD, Escapes::All));
        request.set_member(Member::Year, NUMBER.to_owned());
        let event = with_secrets(request, Place::Headers, Escapes::None);
        let reply = runtime.block_on(handle(&table, &event.text(), &log.log));
        prop_assert!(reply.status() >= 400, "{}", reply.status());
        for request in dynamodb.requests() {
            let body = String::from_utf8_lossy(&request.body);
            let is_quotable = body.contains(WORD) && body.contains(NUMBER);
            prop_assert!(is_quotable, "{body}");
            sent.set(sent.get() + 1);
        }
        check_log(&log.take())
    });
    assert!(sent.get() >= cases, "DynamoDB saw {} requests", sent.get());
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A store that counts the movies with a secret in them.
#[derive(Default)]
struct Store {
    secrets: Cell<u32>,
}

impl MovieStore for Store {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let movie = insertion.movie;
        let texts = [movie.id(), movie.title(), movie.year()].concat();
        if texts.contains(WORD) || texts.contains(NUMBER) {
            self.secrets.set(self.secrets.get() + 1);
        }
        Outcome {
            result: Ok(()),
            attempts: 1,
            status: None,
        }
    }
}

/// One line, and no secret in any spelling.
fn check_log(log: &str) -> Checked {
    prop_assert_eq!(log.lines().count(), 1, "{}", log);
    // The line is JSON, and has a backslash of its own before each of the request's.
    let lower = log.to_ascii_lowercase().replace("\\\\", "\\");
    let escaped = quoted(&WORD[..2], Escapes::All);
    for secret in [WORD, NUMBER, escaped.trim_matches('"')] {
        prop_assert!(!lower.contains(secret), "`{secret}` in {log}");
    }
    // In base64 a word looks different depending on where it begins; its ends may share a group
    // with their neighbours.
    for skipped in 0..3 {
        let padded = [&"   "[..skipped], WORD].concat();
        let encoded = base64::encode(padded);
        let middle = &encoded[4..12];
        prop_assert!(!log.contains(middle), "`{WORD}` in base64 in {log}");
    }
    Ok(())
}

/// What of a request has the secret, beside the headers and the query, which always have it.
#[derive(Clone, Copy, Debug)]
enum Place {
    Headers,
    Id,
    Title,
    YearNumber,
    YearText,
    LongId,
    MemberName,
    MemberValue,
    MemberTwice,
    /// The value of another's duplicate.
    MemberTwiceValue,
    InsideTwice,
    Deep,
    BareWord,
    BrokenEscape,
    BeforeBody,
    BehindBody,
    ControlCharacter,
    NotBase64,
    BodyNoText,
    ContentType,
    Charset,
    EntityTag,
    Method,
    Resource,
    MethodNoText,
    ContextNoObject,
}

const PLACES: &[Place] = &[
    Place::Headers,
    Place::Id,
    Place::Title,
    Place::YearNumber,
    Place::YearText,
    Place::LongId,
    Place::MemberName,
    Place::MemberValue,
    Place::MemberTwice,
    Place::MemberTwiceValue,
    Place::InsideTwice,
    Place::Deep,
    Place::BareWord,
    Place::BrokenEscape,
    Place::BeforeBody,
    Place::BehindBody,
    Place::ControlCharacter,
    Place::NotBase64,
    Place::BodyNoText,
    Place::ContentType,
    Place::Charset,
    Place::EntityTag,
    Place::Method,
    Place::Resource,
    Place::MethodNoText,
    Place::ContextNoObject,
];

fn with_secrets(mut request: Request, place: Place, escapes: Escapes) -> Event {
    put_into_members(&mut request, place, escapes);
    for name in ["x-api-key", "Authorization", "Cookie", WORD] {
        request.headers.push((name, format!("Bearer {WORD}")));
    }
    match place {
        Place::ContentType => request
            .headers
            .push(("Content-Type", format!("text/{WORD}"))),
        Place::Charset => {
            let value = format!("application/json; charset={WORD}");
            request.headers.push(("content-type", value));
        }
        Place::EntityTag => request
            .headers
            .push(("If-None-Match", format!("\"{WORD}\""))),
        _ => {}
    }
    let mut event = request.event();
    put_into_event(&mut event, &request, place);
    event
}

fn put_into_members(request: &mut Request, place: Place, escapes: Escapes) {
    let word = quoted(WORD, escapes);
    let twice = format!("{{{word}:1,\"a\":2,{word}:3}}");
    let mut add = |name: String, value: String| request.members.push((name, value));
    match place {
        Place::Id => request.set_member(Member::Id, word),
        Place::Title => request.set_member(Member::Title, word),
        Place::YearNumber => request.set_member(Member::Year, NUMBER.to_owned()),
        Place::YearText => request.set_member(Member::Year, word),
        Place::LongId => {
            request.set_member(Member::Id, quoted(&WORD.repeat(300), escapes));
        }
        Place::MemberName => add(word, "1".to_owned()),
        Place::MemberValue => add("\"2\"".to_owned(), format!("[{word}, {NUMBER}]")),
        Place::MemberTwice => {
            add(word.clone(), word.clone());
            add(word, NUMBER.to_owned());
        }
        Place::MemberTwiceValue => add(Member::Title.name(escapes), word),
        Place::InsideTwice => add("\"2\"".to_owned(), twice),
        Place::Deep => {
            let value = format!("{}{word}{}", "[".repeat(20), "]".repeat(20));
            add("\"2\"".to_owned(), value);
        }
        Place::BareWord => add("\"2\"".to_owned(), WORD.to_owned()),
        Place::BrokenEscape => add("\"2\"".to_owned(), format!("\"\\{WORD}\"")),
        Place::ControlCharacter => add("\"2\"".to_owned(), format!("\"{WORD}\u{1}\"")),
        _ => {}
    }
}

fn put_into_event(event: &mut Event, request: &Request, place: Place) {
    let body = request.body();
    let word = quoted(WORD, Escapes::None);
    match place {
        Place::BeforeBody => event.set_body(&format!("{WORD}{body}"), request.has_base64),
        Place::BehindBody => event.set_body(&format!("{body}{WORD}"), request.has_base64),
        Place::NotBase64 => {
            event.set_body(WORD, false);
            event.set("isBase64Encoded", "true");
        }
        Place::BodyNoText => event.set("body", format!("{{{word}:{word}}}")),
        Place::Method => event.set("httpMethod", word.as_str()),
        Place::Resource => event.set("resource", format!("\"/{WORD}\"")),
        Place::MethodNoText => event.set("httpMethod", format!("[{word}]")),
        _ => {}
    }
    let object = format!("{{{word}:{word}}}");
    let arrays = format!("{{{word}:[{word}]}}");
    event.set("path", format!("\"/{WORD}\""));
    event.set("queryStringParameters", object.as_str());
    event.set("multiValueQueryStringParameters", arrays);
    event.set("pathParameters", object.as_str());
    event.set("stageVariables", object.as_str());
    let context = match place {
        Place::ContextNoObject => word,
        _ => context().to_string(),
    };
    event.set("requestContext", context);
}

/// The request's context with the key, and what an authorizer would add.
fn context() -> Value {
    let mut context = rig::contract::event("")["requestContext"].take();
    context["path"] = json!(format!("/{WORD}"));
    context["authorizer"] = json!({ "principalId": WORD, "claims": { WORD: WORD } });
    for name in ["apiKey", "accessKey", "user", "userArn", "caller"] {
        context["identity"][name] = json!(WORD);
    }
    context
}
