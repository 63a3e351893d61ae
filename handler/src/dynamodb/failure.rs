//! What DynamoDB's errors mean: to the client, to the log, on the service map, and for another
//! attempt. Foreign errors quote what they are about, up to the whole request, so nothing of their
//! text gets out of here but the messages and codes that are looked at below.

use std::error::Error;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;

use super::connection::error::ConnectionError;
use crate::movie::{Existing, Fate, InsertError, Insertion, Movie};
use crate::xray::End;

/// Codes of a 4xx that pass by themselves, beside the SDK's: another write was at the same item.
const CONFLICTS: [&str; 2] = [
    "ReplicatedWriteConflictException",
    "TransactionConflictException",
];

/// Codes that mean a clock and nothing else.
const CLOCK: [&str; 3] = [
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
];

/// How the message of an `InvalidSignatureException` begins where a clock is to blame and not the
/// key.
const CLOCK_MESSAGES: [&str; 2] = ["Signature expired", "Signature not yet current"];

/// Codes that are decided before DynamoDB looks at the item. Messages of others may quote it, and
/// stay out of the log.
const SPEAKING: [&str; 8] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ResourceNotFoundException",
    "ThrottlingException",
    "UnrecognizedClientException",
];

/// Bytes of a code or a message that is longer than any of AWS's.
const MAX_CODE_BYTES: usize = 64;
const MAX_MESSAGE_BYTES: usize = 512;

/// What an answer that is no success asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Fewer requests.
    Throttled,
    /// Another attempt.
    Passing,
    /// Somebody who mends it.
    Lasting,
}

impl Kind {
    fn of(service: &PutItemError, status: u16) -> Self {
        let code = service.code().unwrap_or_default();
        match status {
            _ if THROTTLING_ERRORS.contains(&code) => Self::Throttled,
            _ if CONFLICTS.contains(&code) || TRANSIENT_ERRORS.contains(&code) => Self::Passing,
            _ if is_about_clocks(service) => Self::Passing,
            429 => Self::Throttled,
            408 => Self::Passing,
            // Among them a redirect, which DynamoDB does not answer.
            300..500 => Self::Lasting,
            // A failure, or a success that cannot be read.
            _ => Self::Passing,
        }
    }
}

/// Has the SDK try again what it would not by itself. Each attempt is signed anew, with the clock
/// as it is then; where the answer has a `Date`, the SDK signs by that.
#[derive(Debug)]
pub(super) struct Repetition;

impl ClassifyRetry for Repetition {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some((service, status)) = service_error(context) else {
            return RetryAction::NoActionIndicated;
        };
        match Kind::of(service, status) {
            Kind::Throttled => RetryAction::throttling_error(),
            Kind::Passing => RetryAction::transient_error(),
            Kind::Lasting => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Repetition"
    }
}

/// Whether the answer to an attempt says that nothing was written. A 5xx does not: behind it, the
/// write may have gone through.
pub(super) fn has_stored_nothing(status: u16, context: &InterceptorContext) -> bool {
    let is_throttle = || {
        service_error(context)
            .is_some_and(|(service, status)| Kind::of(service, status) == Kind::Throttled)
    };
    (300..500).contains(&status) || is_throttle()
}

fn service_error(context: &InterceptorContext) -> Option<(&PutItemError, u16)> {
    let Some(Err(err)) = context.output_or_error() else {
        return None;
    };
    let service = err.as_operation_error()?.downcast_ref()?;
    Some((service, context.response()?.status().as_u16()))
}

pub(super) fn insert_error(
    err: &SdkError<PutItemError>,
    insertion: &Insertion<'_>,
    fate: Fate,
) -> InsertError {
    let (Some(service), Some(raw)) = (err.as_service_error(), err.raw_response()) else {
        return unanswered(err, fate);
    };
    let status = raw.status().as_u16();
    let is_kept = insertion.existing == Existing::Keep;
    if service.is_conditional_check_failed_exception() && is_kept {
        return InsertError::Exists;
    }
    if is_too_large(service) {
        return InsertError::TooLarge;
    }
    let cause = reason(service, status, insertion.movie).into();
    match Kind::of(service, status) {
        Kind::Throttled => InsertError::Throttled { fate, cause },
        Kind::Passing => InsertError::Unavailable { fate, cause },
        Kind::Lasting => InsertError::Refused { fate, cause },
    }
}

/// Without an answer that could be read, the error is the SDK's or the connector's.
fn unanswered(err: &SdkError<PutItemError>, fate: Fate) -> InsertError {
    let unavailable = |cause: String| InsertError::Unavailable {
        fate,
        cause: cause.into(),
    };
    match err {
        SdkError::TimeoutError(_) => unavailable("an attempt got no answer in time".to_owned()),
        SdkError::ResponseError(err) => {
            let status = err.raw().status().as_u16();
            unavailable(format!("HTTP {status} with an answer that cannot be read"))
        }
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            let source = failure.as_connector_error().and_then(Error::source);
            let known = source.and_then(|err| err.downcast_ref::<ConnectionError>());
            unavailable(known.map_or("the connection failed".to_owned(), ToString::to_string))
        }
        // It would be no other request the next time.
        _ => InsertError::Refused {
            fate,
            cause: "the request cannot be made".into(),
        },
    }
}

/// How the call looks on the service map.
pub(super) fn end(err: &SdkError<PutItemError>) -> End<'_> {
    let (Some(service), Some(raw)) = (err.as_service_error(), err.raw_response()) else {
        return End::Fault(match err {
            SdkError::TimeoutError(_) => "Timeout",
            SdkError::DispatchFailure(_) => "ConnectionError",
            _ => "RequestError",
        });
    };
    let status = raw.status().as_u16();
    let code = code(service).unwrap_or("UnknownError");
    if Kind::of(service, status) == Kind::Throttled {
        End::Throttle(code)
    } else if raw.status().is_client_error() {
        End::Error(code)
    } else {
        End::Fault(code)
    }
}

/// The code, if it looks like one of AWS's: whoever is between here and DynamoDB can answer with
/// any text in its place, a part of the request included.
fn code(service: &PutItemError) -> Option<&str> {
    let code = service.code()?;
    let known = [THROTTLING_ERRORS, TRANSIENT_ERRORS, &CLOCK];
    if known.iter().any(|codes| codes.contains(&code)) {
        return Some(code);
    }
    let kinds = ["Exception", "Error", "Failure", "Exceeded", "Unavailable"];
    let has_form = code.len() <= MAX_CODE_BYTES
        && code.starts_with(|first: char| first.is_ascii_uppercase())
        && code.bytes().all(|byte| byte.is_ascii_alphabetic())
        && kinds.iter().any(|kind| code.ends_with(kind));
    has_form.then_some(code)
}

fn reason(service: &PutItemError, status: u16, movie: &Movie) -> String {
    let Some(code) = code(service) else {
        return match service.code() {
            // It is an answer to something else.
            _ if status < 300 => format!("HTTP {status} with an answer that cannot be read"),
            Some(_) => format!("HTTP {status} with an unknown error code"),
            None => format!("HTTP {status} without an error code"),
        };
    };
    if is_about_clocks(service) {
        return format!("{code}: this clock and DynamoDB's differ");
    }
    match service.message() {
        Some(message) if SPEAKING.contains(&code) && !quotes(message, movie) => {
            format!("{code}: {message}")
        }
        _ => code.to_owned(),
    }
}

/// Whether a message quotes anything, or is like none of DynamoDB's own.
fn quotes(message: &str, movie: &Movie) -> bool {
    let is_in = |text: &str| !text.is_empty() && message.contains(text);
    message.len() > MAX_MESSAGE_BYTES
        || message.contains(['"', '\\', '{', '<'])
        || [movie.id(), movie.title(), movie.year()]
            .into_iter()
            .any(is_in)
}

fn is_about_clocks(service: &PutItemError) -> bool {
    let begins = |message: &str| CLOCK_MESSAGES.iter().any(|text| message.starts_with(text));
    let code = service.code().unwrap_or_default();
    CLOCK.contains(&code)
        || code == "InvalidSignatureException" && service.message().is_some_and(begins)
}

// The API has no code of its own for this, only a text.
fn is_too_large(service: &PutItemError) -> bool {
    service.code() == Some("ValidationException")
        && service
            .message()
            .is_some_and(|message| message.starts_with("Item size has exceeded"))
}
