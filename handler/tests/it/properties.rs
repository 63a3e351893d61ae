//! What holds for every event: 100,000 of them, made by chance, through the whole function. The
//! store never fails, so nothing may be answered with a 5xx; where it does fail, the answer is
//! the failure's and the next request finds everything as it was.

use std::cell::RefCell;
use std::collections::BTreeMap;

use handler::log::Level;
use handler::movie::{Existing, Fate, InsertError, Insertion, MovieStore, Outcome, Problem};
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use crate::generated::broken::{Broken, broken};
use crate::generated::hostile::hostile;
use crate::generated::year::amount;
use crate::generated::{Checked, Request, check, request};
use crate::support::{KeptLog, handle};

const VALID: u32 = 30_000;
const BROKEN: u32 = 40_000;
const HOSTILE: u32 = 30_000;
const FAULTS: u32 = 500;

/// The answers to a request where the store does what it should.
const STATUSES: &[u16] = &[200, 400, 404, 405, 412, 413, 415, 422];

const INSERTED: &str = r#"{"message": "Successfully inserted data!"}"#;

#[test]
fn valid_requests_are_stored_as_sent() {
    let function = Function::default();
    check(VALID, request(), |request| {
        let answer = function.answer(&request.event().text())?;
        prop_assert_eq!(answer.status, 200, "{}", answer.body);
        answer.is_of(&request)
    });
}

#[test]
fn near_misses_are_answered_for_what_they_miss() {
    let function = Function::default();
    check(BROKEN, broken(), |broken| {
        let answer = function.answer(&broken.event)?;
        let Broken { statuses, .. } = broken;
        let is_expected = statuses.contains(&answer.status);
        prop_assert!(is_expected, "{:?} {statuses:?} {answer:?}", broken.damage);
        if statuses == [200] {
            answer.is_of(&broken.request)?;
        }
        if let Some(body) = &broken.body {
            answer.is_what_was_read(body)?;
        }
        if let Some(pointer) = broken.pointer {
            prop_assert_eq!(answer.pointers(), [pointer]);
        }
        Ok(())
    });
}

#[test]
fn hostile_events_are_refused_in_order() {
    let function = Function::default();
    check(HOSTILE, hostile(), |hostile| {
        let answer = function.answer(&hostile.event)?;
        prop_assert!(STATUSES.contains(&answer.status), "{answer:?}");
        match &hostile.body {
            Some(body) => answer.is_what_was_read(body),
            None => Ok(()),
        }
    });
}

#[test]
fn failing_stores_fail_one_request() {
    let function = Function::default();
    check(FAULTS, (request(), fault()), |(request, fault)| {
        let event = request.event().text();
        *function.store.fault.borrow_mut() = Some(fault);
        let answer = function.answer(&event)?;
        prop_assert_eq!(answer.status, fault.status());
        let says_why = answer.body.contains(CAUSE) || answer.body.contains("panicked");
        prop_assert!(!says_why, "{}", answer.body);

        *function.store.fault.borrow_mut() = None;
        let answer = function.answer(&event)?;
        prop_assert_eq!(answer.status, 200);
        answer.is_of(&request)
    });
}

/// The function with a store that keeps the last movie, and a log.
struct Function {
    runtime: Runtime,
    log: KeptLog,
    store: Store,
}

#[derive(Default)]
struct Store {
    stored: RefCell<Option<Stored>>,
    fault: RefCell<Option<Fault>>,
}

#[derive(Debug)]
struct Stored {
    id: String,
    title: String,
    year: String,
    existing: Existing,
}

impl MovieStore for Store {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let fault = *self.fault.borrow();
        let result = match fault {
            Some(fault) => Err(fault.happen().await),
            None => {
                let movie = insertion.movie;
                *self.stored.borrow_mut() = Some(Stored {
                    id: movie.id().to_owned(),
                    title: movie.title().to_owned(),
                    year: movie.year().to_owned(),
                    existing: insertion.existing,
                });
                Ok(())
            }
        };
        Outcome {
            result,
            attempts: 1,
            status: None,
        }
    }
}

impl Default for Function {
    fn default() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
            log: KeptLog::new(Level::Debug),
            store: Store::default(),
        }
    }
}

impl Function {
    /// Handles one event, and checks what is true of every reply and every line.
    fn answer(&self, event: &str) -> Checked<Answer> {
        self.store.stored.take();
        self.log.take();
        let reply = handle(&self.store, event, &self.log.log);
        let reply = serde_json::to_value(self.runtime.block_on(reply)).unwrap();
        let answer = Answer::of(&reply, self.store.stored.take())?;
        check_line(&self.log.take(), answer.status)?;
        let is_stored = answer.stored.is_some();
        prop_assert_eq!(answer.status == 200, is_stored, "{:?}", answer);
        Ok(answer)
    }
}

/// A request leaves one line, which is JSON.
fn check_line(log: &str, status: u16) -> Checked {
    let line = log.strip_suffix('\n').unwrap_or_default();
    prop_assert!(!line.contains('\n'), "{log}");
    let line: Result<Value, _> = serde_json::from_str(line);
    prop_assert!(line.is_ok(), "{log}");
    prop_assert_eq!(&line.unwrap()["status"], status, "{}", log);
    Ok(())
}

#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
    problem: Value,
    stored: Option<Stored>,
}

impl Answer {
    /// Takes a reply that API Gateway takes, and an error that a client can read.
    fn of(reply: &Value, stored: Option<Stored>) -> Checked<Self> {
        let status = reply["statusCode"].as_u64().unwrap_or_default();
        let headers = reply["headers"].as_object().unwrap();
        prop_assert!(headers.values().all(Value::is_string), "{reply}");
        prop_assert_eq!(&reply["isBase64Encoded"], false);
        prop_assert_eq!(reply.as_object().unwrap().len(), 4, "{}", reply);
        let body = reply["body"].as_str().unwrap_or_default();
        let mut problem = Value::Null;
        if status == 200 {
            prop_assert_eq!(&headers["Content-Type"], "application/json");
            prop_assert_eq!(body, INSERTED);
        } else {
            problem = serde_json::from_str(body).unwrap_or_default();
            prop_assert_eq!(&headers["Content-Type"], "application/problem+json");
            for member in ["type", "title", "detail", "message", "requestId"] {
                prop_assert!(problem[member].is_string(), "no {member}: {reply}");
            }
            prop_assert_eq!(&problem["status"], status);
            prop_assert_eq!(&problem["message"], &problem["detail"]);
            prop_assert_eq!(problem["errors"].is_array(), status == 422);
        }
        Ok(Self {
            status: u16::try_from(status).unwrap(),
            body: body.to_owned(),
            problem,
            stored,
        })
    }

    fn pointers(&self) -> Vec<&str> {
        let errors = self.problem["errors"].as_array();
        let errors = errors.map(Vec::as_slice).unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect()
    }

    /// Whether the request's movie is what was stored, and as it asked.
    fn is_of(&self, request: &Request) -> Checked {
        let stored = self.stored.as_ref().unwrap();
        prop_assert_eq!(&stored.id, &request.id);
        prop_assert_eq!(&stored.title, &request.title);
        prop_assert_eq!(amount(&stored.year), amount(&request.year.text));
        let existing = match request.has_header("if-none-match") {
            true => Existing::Keep,
            false => Existing::Replace,
        };
        prop_assert_eq!(stored.existing, existing);
        Ok(())
    }

    /// Whether another reader finds in the body what was stored, if anything was.
    fn is_what_was_read(&self, body: &[u8]) -> Checked {
        let Some(stored) = &self.stored else {
            return Ok(());
        };
        let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap();
        let text = |member: &str| serde_json::from_str::<String>(members[member].get());
        prop_assert_eq!(text("id").unwrap(), stored.id.as_str());
        prop_assert_eq!(text("title").unwrap(), stored.title.as_str());
        let year = text("year").unwrap_or_else(|_| members["year"].get().to_owned());
        prop_assert!(amount(&year).is_some(), "{year}");
        prop_assert_eq!(amount(&year), amount(&stored.year));
        Ok(())
    }
}

/// What a store's error says and no client is to read.
const CAUSE: &str = "cause-for-the-log";

/// How a store can fail.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Malformed,
    Invalid,
    TooLarge,
    Exists,
    Throttled,
    Unavailable,
    Late,
    Refused,
    Panic,
    /// After it has waited for something.
    LatePanic,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Malformed),
        Just(Fault::Invalid),
        Just(Fault::TooLarge),
        Just(Fault::Exists),
        Just(Fault::Throttled),
        Just(Fault::Unavailable),
        Just(Fault::Late),
        Just(Fault::Refused),
        Just(Fault::Panic),
        Just(Fault::LatePanic),
    ]
}

impl Fault {
    fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Exists => 412,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::Refused | Self::Panic | Self::LatePanic => 500,
            Self::Throttled | Self::Unavailable => 503,
            Self::Late => 504,
        }
    }

    async fn happen(self) -> InsertError {
        let fate = Fate::NotStored;
        match self {
            Self::Malformed => InsertError::Malformed("is malformed".to_owned()),
            Self::Invalid => InsertError::Invalid(vec![Problem {
                pointer: "#/id",
                detail: "is invalid".to_owned(),
            }]),
            Self::TooLarge => InsertError::TooLarge,
            Self::Exists => InsertError::Exists,
            Self::Throttled => InsertError::Throttled {
                fate,
                cause: CAUSE.into(),
            },
            Self::Unavailable => InsertError::Unavailable {
                fate,
                cause: CAUSE.into(),
            },
            Self::Late => InsertError::Late { fate },
            Self::Refused => InsertError::Refused {
                fate,
                cause: CAUSE.into(),
            },
            Self::Panic => panic!("{CAUSE}"),
            Self::LatePanic => {
                tokio::task::yield_now().await;
                panic!("{CAUSE}")
            }
        }
    }
}
