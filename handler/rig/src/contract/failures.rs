//! Rows about DynamoDB going wrong. Whether a failure that happens once shows is the SDK's
//! choice of what it tries again.

use std::time::Duration;

use super::{MATRIX, Row, event, row};
use crate::dynamodb::{MODELLED, Step};

/// What comes of a failure.
struct Outcome {
    once: u16,
    for_ever: u16,
}

/// Tried again, and the client may as well.
const PASSING: Outcome = Outcome {
    once: 200,
    for_ever: 503,
};

/// Ours to repair.
const LASTING: Outcome = Outcome {
    once: 500,
    for_ever: 500,
};

pub(super) fn rows() -> Vec<Row> {
    [
        modelled_errors(),
        other_errors(),
        quoted_requests(),
        too_large_items(),
        broken_connections(),
        slow_answers(),
    ]
    .concat()
}

fn once(name: &str, step: Step) -> Row {
    row(format!("{name} once"), event(MATRIX)).script(vec![step])
}

fn for_ever(name: &str, step: Step) -> Row {
    row(format!("{name} for ever"), event(MATRIX)).then(step)
}

fn both(name: &str, step: &Step, outcome: &Outcome) -> [Row; 2] {
    let once = once(name, step.clone());
    let once = match outcome.once {
        200 => once,
        status => once.fails(status),
    };
    [once, for_ever(name, step.clone()).fails(outcome.for_ever)]
}

fn modelled_errors() -> Vec<Row> {
    let mut rows = Vec::new();
    for error in MODELLED {
        let step = Step::error(error.status, error.kind, error.message);
        match error.kind {
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException" => {
                let [once, for_ever] = both(error.kind, &step, &PASSING);
                rows.extend([once, for_ever.header("Retry-After", "1")]);
            }
            "InternalServerError" | "ReplicatedWriteConflictException" => {
                rows.extend(both(error.kind, &step, &PASSING));
            }
            // The SDK by itself does not try this one again.
            "TransactionConflictException" => {
                let [once, for_ever] = both(error.kind, &step, &PASSING);
                rows.extend([once.or(503), for_ever]);
            }
            // Among them a failed condition, where no condition was sent.
            _ => rows.extend(both(error.kind, &step, &LASTING)),
        }
    }
    rows
}

fn other_errors() -> Vec<Row> {
    [
        (503, "ServiceUnavailable", "Service is busy", &PASSING),
        (500, "InternalFailure", "Something broke inside", &PASSING),
        (
            400,
            "AccessDeniedException",
            "User: arn:aws:sts::123456789012:assumed-role/movies/apigw_handler is not authorized \
             to perform: dynamodb:PutItem",
            &LASTING,
        ),
        (
            400,
            "ValidationException",
            "The provided key element does not match the schema",
            &LASTING,
        ),
        (
            400,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            &LASTING,
        ),
        (
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            &LASTING,
        ),
    ]
    .into_iter()
    .flat_map(|(status, kind, message, outcome)| {
        both(kind, &Step::error(status, kind, message), outcome)
    })
    .collect()
}

fn quoted_requests() -> Vec<Row> {
    [
        (400, "ValidationException", 500),
        (400, "AccessDeniedException", 500),
        (400, "ThrottlingException", 503),
        (500, "InternalServerError", 503),
    ]
    .into_iter()
    .map(|(status, kind, expected)| {
        let name = format!("{kind} that quotes the request");
        for_ever(&name, Step::echo(status, kind)).fails(expected)
    })
    .collect()
}

fn too_large_items() -> Vec<Row> {
    let message = "Item size has exceeded the maximum allowed size";
    let step = Step::error(400, "ValidationException", message);
    let outcome = Outcome {
        once: 413,
        for_ever: 413,
    };
    both("too large an item by the table's count", &step, &outcome).into()
}

fn broken_connections() -> Vec<Row> {
    let mut rows: Vec<Row> = [
        ("reset", Step::Reset),
        ("close without an answer", Step::Close),
        ("half a head", Step::HalfHead),
        ("half a body", Step::HalfBody),
    ]
    .into_iter()
    .flat_map(|(name, step)| both(name, &step, &PASSING))
    .collect();
    // The SDK by itself tries neither of these again.
    for (name, step) in [
        ("garbage", Step::Garbage),
        ("a body that is not JSON", Step::GarbageBody),
    ] {
        let [once, for_ever] = both(name, &step, &PASSING);
        rows.extend([once.or(503), for_ever]);
    }
    rows.push(once("a lost answer", Step::StoreThenReset));
    rows
}

fn slow_answers() -> Vec<Row> {
    // Longer than anybody should wait for one attempt, shorter than for all of them.
    let slow = Step::SlowStore(Duration::from_secs(2));
    let hanging = Outcome {
        once: 200,
        for_ever: 504,
    };
    let mut rows: Vec<Row> = both("no answer", &Step::Hang, &hanging).into();
    rows.push(once("a slow answer", slow));
    rows
}
