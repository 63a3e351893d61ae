//! What DynamoDB's errors mean: to the client, to the log and on the service map.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;

use crate::log::chain;
use crate::movie::{Existing, InsertError};
use crate::xray::End;

/// Codes with which DynamoDB asks for fewer requests.
const THROTTLED: [&str; 3] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
];

/// Codes of a 4xx that pass by themselves: another write was at the same item.
const TRANSIENT: [&str; 2] = [
    "ReplicatedWriteConflictException",
    "TransactionConflictException",
];

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

pub(super) fn insert_error(err: &SdkError<PutItemError>, existing: Existing) -> InsertError {
    let Some(service) = err.as_service_error() else {
        return InsertError::Unavailable(chain(err).into());
    };
    let code = code(service);
    let reason = reason(service);
    if THROTTLED.contains(&code) {
        InsertError::Throttled(reason.into())
    } else if service.is_conditional_check_failed_exception() && existing == Existing::Keep {
        InsertError::Exists
    } else if is_too_large(service) {
        InsertError::TooLarge
    } else if !is_refusal(err) || TRANSIENT.contains(&code) {
        InsertError::Unavailable(reason.into())
    } else {
        InsertError::Refused(reason.into())
    }
}

/// How the call looks on the service map.
pub(super) fn end(err: &SdkError<PutItemError>) -> End<'_> {
    let Some(service) = err.as_service_error() else {
        return End::Fault("ConnectionError");
    };
    let code = code(service);
    if THROTTLED.contains(&code) {
        End::Throttle(code)
    } else if is_refusal(err) {
        End::Error(code)
    } else {
        End::Fault(code)
    }
}

fn code(service: &PutItemError) -> &str {
    service.code().unwrap_or("UnknownError")
}

/// Whether the answer says that the request is at fault. Others do not: 5xx, and answers of a
/// success that cannot be read.
fn is_refusal(err: &SdkError<PutItemError>) -> bool {
    err.raw_response()
        .is_some_and(|raw| raw.status().is_client_error())
}

fn reason(service: &PutItemError) -> String {
    let code = code(service);
    match service.message() {
        // None of these quotes anything; one that does might quote the request.
        Some(message) if SPEAKING.contains(&code) && !message.contains('"') => {
            format!("{code}: {message}")
        }
        _ => code.to_owned(),
    }
}

// The API has no code of its own for this, only a text.
fn is_too_large(service: &PutItemError) -> bool {
    service.code() == Some("ValidationException")
        && service
            .message()
            .is_some_and(|message| message.starts_with("Item size has exceeded"))
}
