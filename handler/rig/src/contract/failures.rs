//! Rows about DynamoDB going wrong. Whether a failure that happens once shows is the SDK's
//! choice of what it tries again.

use std::time::Duration;

use super::{MATRIX, Row, event, matrix, row};
use crate::dynamodb::{MODELLED, Step};

/// What comes of a failure.
struct Outcome {
    once: u16,
    for_ever: u16,
    may_be_stored: bool,
}

/// Tried again, and the client may as well.
const PASSING: Outcome = Outcome {
    once: 200,
    for_ever: 503,
    may_be_stored: false,
};

/// The same, and each attempt may have gone through.
const UNCLEAR: Outcome = Outcome {
    may_be_stored: true,
    ..PASSING
};

/// Ours to repair.
const LASTING: Outcome = Outcome {
    once: 500,
    for_ever: 500,
    may_be_stored: false,
};

pub(super) fn rows() -> Vec<Row> {
    [
        modelled_errors(),
        other_errors(),
        answers_of_others(),
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
    let for_ever = for_ever(name, step.clone()).fails(outcome.for_ever);
    match outcome.may_be_stored {
        true => [once, for_ever.may_be_stored()],
        false => [once, for_ever],
    }
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
            "InternalServerError" => rows.extend(both(error.kind, &step, &UNCLEAR)),
            "ReplicatedWriteConflictException" | "TransactionConflictException" => {
                rows.extend(both(error.kind, &step, &PASSING));
            }
            // Among them a failed condition, where no condition was sent.
            _ => rows.extend(both(error.kind, &step, &LASTING)),
        }
    }
    rows
}

fn other_errors() -> Vec<Row> {
    [
        (503, "ServiceUnavailable", "Service is busy", &UNCLEAR),
        (500, "InternalFailure", "Something broke inside", &UNCLEAR),
        (400, "Throttling", "Rate exceeded", &PASSING),
        (400, "TooManyRequestsException", "Rate exceeded", &PASSING),
        (503, "SlowDown", "Reduce your request rate", &PASSING),
        (400, "RequestTimeoutException", "Took too long", &PASSING),
        (
            400,
            "InvalidSignatureException",
            "Signature expired: 20260131T000000Z is now earlier than 20260131T001000Z",
            &PASSING,
        ),
        (
            403,
            "InvalidSignatureException",
            "Signature not yet current: 20260131T010000Z is still later than 20260131T001000Z",
            &PASSING,
        ),
        (400, "RequestTimeTooSkewed", "The clocks differ", &PASSING),
        (
            400,
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
            &LASTING,
        ),
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
        let name = format!("{kind} ({status}, {message:.20})");
        both(&name, &Step::error(status, kind, message), outcome)
    })
    .collect()
}

/// Of whoever is between the function and DynamoDB.
fn answers_of_others() -> Vec<Row> {
    let html = [("Content-Type", "text/html")];
    [
        (302, &LASTING),
        (403, &LASTING),
        (413, &LASTING),
        (408, &PASSING),
        (429, &PASSING),
        (500, &UNCLEAR),
        (501, &UNCLEAR),
        (502, &UNCLEAR),
        (504, &UNCLEAR),
    ]
    .into_iter()
    .flat_map(|(status, outcome)| {
        let page = format!("<html>{status} by a proxy</html>");
        let step = Step::answer(status, &html, &page);
        both(&format!("HTTP {status} in HTML"), &step, outcome)
    })
    .collect()
}

fn quoted_requests() -> Vec<Row> {
    [
        (400, "ValidationException", &LASTING),
        (400, "AccessDeniedException", &LASTING),
        (400, "ThrottlingException", &PASSING),
        (500, "InternalServerError", &UNCLEAR),
    ]
    .into_iter()
    .flat_map(|(status, kind, outcome)| {
        let name = format!("{kind} that quotes the request");
        both(&name, &Step::echo(status, kind), outcome)
    })
    .collect()
}

fn too_large_items() -> Vec<Row> {
    let message = "Item size has exceeded the maximum allowed size";
    let step = Step::error(400, "ValidationException", message);
    let outcome = Outcome {
        once: 413,
        for_ever: 413,
        may_be_stored: false,
    };
    both("too large an item by the table's count", &step, &outcome).into()
}

fn broken_connections() -> Vec<Row> {
    let mut rows: Vec<Row> = [
        ("reset", Step::Reset),
        ("close without an answer", Step::Close),
        ("half a head", Step::HalfHead),
        ("half a body", Step::HalfBody),
        ("garbage", Step::Garbage),
        ("a body that is not JSON", Step::GarbageBody),
    ]
    .into_iter()
    .flat_map(|(name, step)| both(name, &step, &UNCLEAR))
    .collect();
    let lost_then = |name: &str, step| {
        row(name, event(MATRIX))
            .script(vec![Step::StoreThenReset])
            .then(step)
    };
    rows.push(
        lost_then(
            "a lost answer, then throttled",
            Step::error(400, "ThrottlingException", "slow"),
        )
        .fails(503)
        .may_be_stored()
        .table(vec![matrix()]),
    );
    rows.push(
        lost_then(
            "a lost answer, then refused",
            Step::error(400, "AccessDeniedException", "Not authorized"),
        )
        .fails(500)
        .may_be_stored()
        .table(vec![matrix()]),
    );
    rows.push(once("a lost answer", Step::StoreThenReset));
    rows
}

fn slow_answers() -> Vec<Row> {
    // Longer than anybody should wait for one attempt, shorter than for all of them.
    let slow = Step::SlowStore(Duration::from_secs(2));
    let hanging = Outcome {
        once: 200,
        for_ever: 504,
        may_be_stored: true,
    };
    let mut rows: Vec<Row> = both("no answer", &Step::Hang, &hanging).into();
    rows.push(once("a slow answer", slow));
    rows
}
