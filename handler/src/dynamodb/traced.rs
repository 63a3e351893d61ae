//! The table as a traced request has it: its call is a subsegment of the request's trace.

use std::time::SystemTime;

use aws_sdk_dynamodb::operation::RequestId as _;

use super::attempts::Attempts;
use super::{Answer, Table, failure, outcome};
use crate::movie::{Insertion, MovieStore, Outcome};
use crate::xray::{Call, End, Trace};

/// A store that tells X-Ray's daemon of its calls, where there is a daemon and the request is
/// traced.
#[derive(Debug)]
pub struct TracedTable<'a> {
    table: &'a Table,
    trace: Option<Trace>,
}

impl<'a> TracedTable<'a> {
    pub(super) fn new(table: &'a Table, trace: Option<Trace>) -> Self {
        Self { table, trace }
    }
}

impl MovieStore for TracedTable<'_> {
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome {
        let start = SystemTime::now();
        let attempts = Attempts::default();
        let answer = self.table.ask(insertion, &attempts).await;
        if let (Some(daemon), Some(trace)) = (&self.table.xray, &self.trace) {
            let call = Call {
                service: "DynamoDB",
                operation: "PutItem",
                region: &self.table.region,
                table_name: &self.table.name,
                request_id: request_id(&answer),
                status: status(&answer),
                retries: attempts.count().saturating_sub(1),
                start,
                end: end(&answer),
            };
            daemon.send(trace, &call);
        }
        outcome(&answer, insertion, &attempts)
    }
}

fn request_id(answer: &Answer) -> Option<&str> {
    match answer.as_ref()? {
        Ok(output) => output.request_id(),
        Err(err) => err.request_id(),
    }
}

fn status(answer: &Answer) -> Option<u16> {
    match answer.as_ref()? {
        Ok(_) => Some(200),
        Err(err) => err.raw_response().map(|raw| raw.status().as_u16()),
    }
}

fn end(answer: &Answer) -> End<'_> {
    match answer {
        Some(Ok(_)) => End::Success,
        Some(Err(err)) => failure::end(err),
        None => End::Fault("Timeout"),
    }
}
