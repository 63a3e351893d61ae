//! What CloudWatch counts of an answer: the one place an error becomes a metric.

use super::RequestError;
use super::headers::HeaderError;
use crate::log::Verdict;
use crate::movie::InsertError;

/// The reasons are few and fixed, because each is a metric of its own.
pub(super) fn verdict(result: &Result<(), RequestError>) -> Verdict {
    let Err(err) = result else {
        return Verdict::Inserted;
    };
    match err {
        RequestError::NotProxy(_) => Verdict::Rejected("not-proxy"),
        RequestError::Path => Verdict::Rejected("path"),
        RequestError::Method => Verdict::Rejected("method"),
        RequestError::Header(HeaderError::ContentType) => Verdict::Rejected("media-type"),
        RequestError::Header(HeaderError::IfNoneMatch) => Verdict::Rejected("precondition"),
        RequestError::Base64 => Verdict::Rejected("malformed"),
        RequestError::Panic(_) => Verdict::Panicked,
        RequestError::Insert(err) => match err {
            InsertError::Malformed(_) => Verdict::Rejected("malformed"),
            InsertError::Invalid(_) => Verdict::Rejected("invalid"),
            InsertError::TooLarge => Verdict::Rejected("too-large"),
            InsertError::Exists => Verdict::Rejected("precondition"),
            InsertError::Throttled { .. } => Verdict::Throttled,
            InsertError::Unavailable { .. }
            | InsertError::Late { .. }
            | InsertError::Refused { .. } => Verdict::Failed,
        },
    }
}
