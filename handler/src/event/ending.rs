//! What CloudWatch counts of an answer: the one place an error becomes a metric.

use super::RequestError;
use super::headers::HeaderError;
use crate::log::Ending;
use crate::movie::InsertError;

/// The reasons are few and fixed, because each is a metric of its own.
pub(super) fn ending(result: &Result<(), RequestError>) -> Ending {
    let Err(err) = result else {
        return Ending::Inserted;
    };
    match err {
        RequestError::NotProxy(_) => Ending::Rejected("not-proxy"),
        RequestError::Path => Ending::Rejected("path"),
        RequestError::Method(_) => Ending::Rejected("method"),
        RequestError::Header(HeaderError::ContentType) => Ending::Rejected("media-type"),
        RequestError::Header(HeaderError::IfNoneMatch) => Ending::Rejected("precondition"),
        RequestError::Base64 => Ending::Rejected("malformed"),
        RequestError::Panic(_) => Ending::Panicked,
        RequestError::Insert(err) => match err {
            InsertError::Malformed(_) => Ending::Rejected("malformed"),
            InsertError::Invalid(_) => Ending::Rejected("invalid"),
            InsertError::TooLarge => Ending::Rejected("too-large"),
            InsertError::Exists => Ending::Rejected("precondition"),
            InsertError::Throttled { .. } => Ending::Throttled,
            InsertError::Unavailable { .. }
            | InsertError::Late { .. }
            | InsertError::Refused { .. } => Ending::Failed,
        },
    }
}
