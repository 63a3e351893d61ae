//! What the imitated DynamoDB does with a request, and the errors that `PutItem` is documented
//! to answer. It knows no connection.

use std::time::Duration;

use serde_json::{Value, json};

/// What happens to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The item goes into the table, if its condition and the table's limits allow.
    Store,
    /// An answer as if the item were stored; neither item nor request is kept, so that what is
    /// measured is the client's part.
    Forget,
    /// The item is stored at once, and the answer comes later.
    SlowStore(Duration),
    /// The item is stored, and its answer is lost to a reset.
    StoreThenReset,
    Error {
        status: u16,
        kind: String,
        message: String,
    },
    /// An answer as it is given, of whoever may be between the service and its client.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// An error whose message quotes the whole request, to show what the function repeats.
    Echo { status: u16, kind: String },
    /// An error whose code is the whole request.
    EchoCode { status: u16 },
    /// The connection breaks without an answer.
    Reset,
    /// The connection ends in order, without an answer.
    Close,
    /// No answer as long as the client waits.
    Hang,
    /// An answer that is not HTTP.
    Garbage,
    /// Status 200 with a body that is not JSON.
    GarbageBody,
    /// The answer ends within a header.
    HalfHead,
    /// The answer ends before its length.
    HalfBody,
}

impl Step {
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::Error {
            status,
            kind: kind.to_owned(),
            message: message.to_owned(),
        }
    }

    pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Answer {
            status,
            headers: headers.iter().map(owned).collect(),
            body: body.to_owned(),
        }
    }

    pub fn echo(status: u16, kind: &str) -> Self {
        Self::Echo {
            status,
            kind: kind.to_owned(),
        }
    }
}

/// An error in the service's model.
#[derive(Clone, Copy, Debug)]
pub struct ModelledError {
    pub kind: &'static str,
    pub status: u16,
    pub message: &'static str,
}

/// Every error that the model lists for `PutItem`; the statuses are the model's, the messages
/// like the service's.
pub const MODELLED: &[ModelledError] = &[
    ModelledError {
        kind: "ConditionalCheckFailedException",
        status: 400,
        message: "The conditional request failed",
    },
    ModelledError {
        kind: "InternalServerError",
        status: 500,
        message: "The request processing has failed because of an unknown error",
    },
    ModelledError {
        kind: "InvalidEndpointException",
        status: 421,
        message: "The endpoint is not valid for this request",
    },
    ModelledError {
        kind: "ItemCollectionSizeLimitExceededException",
        status: 400,
        message: "Collection size exceeded",
    },
    ModelledError {
        kind: "ProvisionedThroughputExceededException",
        status: 400,
        message: "The level of configured provisioned throughput for the table was exceeded",
    },
    ModelledError {
        kind: "ReplicatedWriteConflictException",
        status: 400,
        message: "One or more items are being modified by a request in another Region",
    },
    ModelledError {
        kind: "RequestLimitExceeded",
        status: 400,
        message: "Throughput exceeds the current throughput limit for your account",
    },
    ModelledError {
        kind: "ResourceNotFoundException",
        status: 400,
        message: "Requested resource not found",
    },
    ModelledError {
        kind: "ThrottlingException",
        status: 400,
        message: "Throughput exceeds the current capacity of your table or index",
    },
    ModelledError {
        kind: "TransactionConflictException",
        status: 400,
        message: "Transaction is ongoing for the item",
    },
];

/// An error's body. The service's front end answers some errors itself, under names of its own;
/// clients read what follows the `#`.
pub(super) fn error_body(kind: &str, message: &str) -> Value {
    let namespace = match kind {
        "ValidationException" => "com.amazon.coral.validate",
        "ThrottlingException" => "com.amazon.coral.availability",
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InternalFailure"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "SerializationException"
        | "ServiceUnavailable"
        | "UnknownOperationException"
        | "UnrecognizedClientException" => "com.amazon.coral.service",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    // The one that writes it this way.
    let member = match kind {
        "AccessDeniedException" => "Message",
        _ => "message",
    };
    json!({ "__type": format!("{namespace}#{kind}"), member: message })
}
