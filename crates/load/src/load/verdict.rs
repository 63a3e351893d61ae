//! The checklist of a load test, line by line: passed, failed, or not shown and why. It judges
//! plain data and asks nobody.

use std::time::Duration;

use serde::Serialize;

use super::answer::{Answer, Answerer};
use super::expected::Filled;
use super::phases::{Phase, arrivals};
use super::tally::Part;

/// API Gateway calls its rates targets; so much more than one is still it.
const TOLERANCE: f64 = 1.1;

/// A rate and the burst above it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// What is let through for good.
    pub rate_per_second: f64,
    /// What is let through at once.
    pub burst_requests: f64,
}

/// The limits of the deployed stage for the key that was used.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StageLimits {
    /// Of this key.
    pub key: Bucket,
    /// Of all keys together.
    pub stage: Bucket,
    /// Requests of this key.
    pub quota_per_day: u64,
    /// Requests of one address until the firewall blocks it.
    pub firewall_per300_seconds: u64,
    /// The parameter of the stack that says so.
    #[serde(skip)]
    pub firewall_parameter: String,
    /// Executions at once that are reserved for the function.
    pub concurrency: Option<u64>,
}

/// What CloudWatch saw while the test ran; nothing where it was not asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// The most executions at once, of Lambda's `ConcurrentExecutions`.
    pub most_concurrent_executions: Option<f64>,
    /// The sum of DynamoDB's `WriteThrottleEvents` of the table.
    pub table_write_throttles: Option<f64>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// As promised.
    Passed,
    /// Not as promised.
    Failed,
    /// This run says nothing about it.
    NotShown,
}

impl Outcome {
    /// As the checklist has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotShown => "not shown",
        }
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What is checked.
    pub check: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub(crate) reason: String,
}

/// What the verdicts rest on.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) phases: &'a [Phase],
    /// From the first arrival to the last event.
    pub(crate) elapsed: Duration,
    pub(crate) overall: &'a Part,
    pub(crate) limits: &'a StageLimits,
    /// What the 99th percentile of latency is held against, in milliseconds.
    pub(crate) p99_limit_ms: f64,
    pub(crate) observed: &'a Observed,
    pub(crate) is_local: bool,
    /// Why the generator's figures cannot be trusted, if so.
    pub(crate) doubt: Option<&'a str>,
}

pub(crate) fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    let checks = [
        ("no request failed", failures(facts)),
        ("429 when limits are exceeded", refusals(facts)),
        ("Lambda concurrency below its limit", concurrency(facts)),
        ("no DynamoDB throttling", throttling(facts)),
        ("p99 latency", latency(facts)),
        ("limits of the key", key_limits(facts)),
    ];
    let verdicts = checks.map(|(check, (outcome, reason))| Verdict {
        check,
        outcome,
        reason,
    });
    verdicts.into()
}

/// How many of the arrivals until `elapsed` find the bucket empty.
fn over(bucket: Bucket, facts: &Facts<'_>) -> u64 {
    let mut filled = Filled::new(bucket);
    let mut refused = 0;
    for arrival in arrivals(facts.phases).take_while(|arrival| arrival.due <= facts.elapsed) {
        match filled.has_room(arrival.due.as_secs_f64()) {
            true => filled.take(),
            false => refused += 1,
        }
    }
    refused
}

fn passed(reason: impl Into<String>) -> (Outcome, String) {
    (Outcome::Passed, reason.into())
}

fn failed(reason: impl Into<String>) -> (Outcome, String) {
    (Outcome::Failed, reason.into())
}

fn not_shown(reason: impl Into<String>) -> (Outcome, String) {
    (Outcome::NotShown, reason.into())
}

fn failures(facts: &Facts<'_>) -> (Outcome, String) {
    let ended = facts.overall.ended();
    let key = facts.overall.of(Answerer::ApiKey);
    let lost = |answer: Answer| answer.layer != Answerer::Stored && !answer.layer.is_refusal();
    match (ended, key, facts.overall.count(lost)) {
        (0, _, _) => not_shown("nothing was answered"),
        (_, 0, 0) => passed("whatever no limit refused was stored"),
        (_, 0, lost) => failed(format!(
            "{lost} of {ended} failed; the table of answers says how"
        )),
        (_, key, _) => failed(format!(
            "{key} requests were refused for their API key; is it enabled?"
        )),
    }
}

fn refusals(facts: &Facts<'_>) -> (Outcome, String) {
    let (overall, limits) = (facts.overall, facts.limits);
    let seen = overall.of(Answerer::Throttle);
    let quota = overall.of(Answerer::Quota);
    let firewall = overall.of(Answerer::Firewall);
    let expected = over(limits.key, facts).max(over(limits.stage, facts));
    let (key, stage) = (limits.key.rate_per_second, limits.stage.rate_per_second);
    match (expected, seen) {
        (0, 0) if quota > 0 => passed(format!(
            "{quota} requests got 429 because the key's quota of the day is used up"
        )),
        (0, 0) => not_shown(format!(
            "this load never exceeds the key's {key}/s or the stage's {stage}/s with their \
             bursts, and nothing was refused; add a phase that does"
        )),
        (0, seen) => failed(format!(
            "{seen} requests got 429, although this load alone stays below the key's {key}/s \
             and the stage's {stage}/s; does somebody else use them now?"
        )),
        (_, 0) if firewall > 0 => not_shown(format!(
            "the firewall refused {firewall} requests first, {} per address and 5 minutes; \
             send from more addresses or raise `{}` on this stage",
            limits.firewall_per300_seconds, limits.firewall_parameter
        )),
        (_, 0) if quota > 0 => not_shown(format!(
            "{quota} requests were refused for the key's quota of the day, not its rate"
        )),
        (expected, 0) if facts.doubt.is_some() || overall.not_sent > 0 => not_shown(format!(
            "{expected} requests should exceed a limit, but the load was not the one asked for"
        )),
        (expected, 0) => failed(format!(
            "about {expected} requests should have got 429, and none did"
        )),
        (expected, seen) => passed(format!(
            "{seen} requests got 429; the limits say about {expected}"
        )),
    }
}

fn concurrency(facts: &Facts<'_>) -> (Outcome, String) {
    let not_run = |answer: Answer| answer.status == Some(500) && answer.layer == Answerer::Lambda;
    let not_run = facts.overall.count(not_run);
    if not_run > 0 && !facts.is_local {
        return failed(format!(
            "{not_run} requests got API Gateway's 500, which a function without an execution \
             left causes"
        ));
    }
    let most = facts.observed.most_concurrent_executions;
    match (most, facts.limits.concurrency) {
        _ if facts.is_local => {
            not_shown("the local cloud neither limits nor counts a function's executions at once")
        }
        (None, _) => not_shown(
            "the answers do not tell, and CloudWatch's `ConcurrentExecutions` was not read",
        ),
        (Some(most), None) => not_shown(format!("{most} at once; nothing is reserved")),
        (Some(most), Some(limit)) if most < limit as f64 => {
            passed(format!("{most} at once, below {limit}"))
        }
        (Some(most), Some(limit)) => failed(format!("{most} at once, of {limit} that there are")),
    }
}

fn throttling(facts: &Facts<'_>) -> (Outcome, String) {
    let refused = facts.overall.of(Answerer::TableThrottle);
    match facts.observed.table_write_throttles {
        _ if refused > 0 => failed(format!(
            "{refused} requests got 503 because DynamoDB throttled them to the end"
        )),
        Some(0.0) => passed("CloudWatch counts no throttled write, and no request got 503"),
        Some(count) => failed(format!(
            "CloudWatch counts {count} throttled writes, although each was repeated well"
        )),
        None if facts.is_local => {
            not_shown("the local cloud's table never throttles, and has no metrics")
        }
        None => not_shown(
            "no request got 503, but the handler repeats a throttled write first, and \
             CloudWatch's `WriteThrottleEvents` was not read",
        ),
    }
}

fn latency(facts: &Facts<'_>) -> (Outcome, String) {
    let limit = facts.p99_limit_ms;
    let let_through = &facts.overall.let_through;
    if let_through.count() == 0 {
        return not_shown("no request got past the limits");
    }
    let p99 = let_through.at(99.0);
    if let Some(doubt) = facts.doubt {
        return not_shown(format!("{p99:.1} ms, but it cannot be trusted: {doubt}"));
    }
    let here = match facts.is_local {
        true => "; of this machine, not of AWS",
        false => "",
    };
    match p99 < limit {
        true => passed(format!(
            "{p99:.1} ms of what was let through, below {limit} ms{here}"
        )),
        false => failed(format!(
            "{p99:.1} ms of what was let through, not below {limit} ms{here}"
        )),
    }
}

/// What the key's bucket lets through in the time there was, and whether it was that.
fn key_limits(facts: &Facts<'_>) -> (Outcome, String) {
    let (overall, limits) = (facts.overall, facts.limits);
    if over(limits.key, facts) == 0 {
        return not_shown(format!(
            "this load never exceeds the key's {}/s and burst of {}",
            limits.key.rate_per_second, limits.key.burst_requests
        ));
    }
    if overall.of(Answerer::Firewall) > 0 {
        return not_shown("the firewall refused requests before the key's limits did");
    }
    let same = limits.stage.rate_per_second <= limits.key.rate_per_second;
    let allowed =
        limits.key.rate_per_second * facts.elapsed.as_secs_f64() + limits.key.burst_requests;
    let through = overall.count(|answer| !answer.layer.is_refusal());
    let refused = overall.of(Answerer::Throttle) + overall.of(Answerer::Quota);
    let said = format!(
        "{through} requests let through; rate and burst allow {allowed:.0} in {:.0} s",
        facts.elapsed.as_secs_f64()
    );
    match through as f64 <= allowed * TOLERANCE {
        false => failed(said),
        true if refused == 0 => not_shown(format!("{said}, and none was refused")),
        true if same => not_shown(format!(
            "{said}, but the stage's rate is no higher; a tier below it shows the key's"
        )),
        true => passed(said),
    }
}

#[cfg(test)]
mod tests;
