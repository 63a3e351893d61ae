//! A finished load test as data: what `--json` prints, and what terminal and page are made of.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::{Answer, Answerer};
use super::expected::{Compared, Expected};
use super::phases::{Phase, total_duration};
use super::tally::{Part, Spread, Tally};
use super::verdict::{Facts, Observed, StageLimits, Verdict, judge};

/// A generator that is later than this with one request in a hundred measures itself.
const LATE_MS: f64 = 20.0;

/// Upper ends of the histogram's bars, in milliseconds.
const BARS: [f64; 16] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0,
    20_000.0, 40_000.0, 600_000.0,
];

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name of the stack.
    pub stack: String,
    /// Name of the stage.
    pub stage: String,
    /// URL that requests are sent to.
    pub endpoint: String,
    /// Whose key is used.
    pub tier: &'static str,
    /// Whether it is the local cloud.
    pub is_local: bool,
    /// In UTC, as RFC 3339 has it.
    pub started_at: String,
    /// What every item's id begins with.
    pub id_prefix: String,
    /// Where the items are, if that is known.
    pub table: Option<String>,
    /// What is sent when.
    pub phases: Vec<Phase>,
    /// The limits as deployed.
    pub limits: StageLimits,
    /// What the 99th percentile of latency is held against, in milliseconds.
    pub p99_limit_ms: f64,
    /// Requests beyond which the generator sends no more.
    pub most_in_flight: usize,
}

/// A load test and what came of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The stack that was loaded.
    pub stack: String,
    /// Its stage.
    pub stage: String,
    /// Its URL.
    pub endpoint: String,
    /// Whose key was used: the name of a tier.
    pub tier: &'static str,
    /// Whether it was the local cloud.
    pub is_local: bool,
    /// In UTC.
    pub started_at: String,
    /// From the first request that was due to the last answer.
    pub(crate) seconds: f64,
    /// Whether somebody stopped it before its end.
    pub is_interrupted: bool,
    /// What the id of every stored item begins with.
    pub id_prefix: String,
    /// The table that they are in.
    pub table: Option<String>,
    /// The limits as deployed.
    pub limits: StageLimits,
    /// What sent the requests.
    pub generator: Generator,
    /// In the order in which they ran.
    pub phases: Vec<Section>,
    /// How long each was to take, in their order.
    pub(crate) phase_seconds: Vec<f64>,
    /// All phases together.
    pub overall: Section,
    /// Latencies of all requests.
    pub(crate) histogram: Vec<Bar>,
    /// One entry per second.
    pub(crate) timeline: Vec<Moment>,
    /// What the limits let expect and what was seen; absent where nothing was expected.
    pub(crate) comparison: Option<Vec<Compared>>,
    /// What CloudWatch saw.
    pub observed: Observed,
    /// The checklist.
    pub verdicts: Vec<Verdict>,
    /// What this cloud says nothing about.
    pub(crate) not_shown_here: Vec<&'static str>,
}

/// How well the requests were sent.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Generator {
    /// The most requests that may be on their way at once.
    pub(crate) in_flight_limit: usize,
    /// The most that were.
    pub most_in_flight: u64,
    /// Due, but not sent because of that limit.
    pub not_sent: u64,
    /// From when a request was due until it was sent.
    pub(crate) lag_p99_ms: f64,
    /// The longest such time.
    pub(crate) lag_max_ms: f64,
    /// Why the figures cannot be trusted, if so.
    pub(crate) doubt: Option<String>,
}

/// One phase, or all.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// As in `50/s for 60 s`.
    pub name: String,
    /// Requests that were to be sent.
    pub(crate) offered: u64,
    /// Requests that were.
    pub sent: u64,
    /// Due, but not sent because too many were on their way.
    pub not_sent: u64,
    /// Sent, and without an answer when the test was stopped.
    pub(crate) unanswered: u64,
    /// By status and layer.
    pub answers: Vec<Answers>,
    /// From when a request was due until it was answered or given up.
    pub latency: Percentiles,
    /// The same, of those that no limit and no check refused.
    pub(crate) let_through: Percentiles,
    /// From when a request was sent.
    pub service: Percentiles,
}

/// How often an answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
    /// The HTTP status; absent where there was no answer.
    pub status: Option<u16>,
    /// Who answered.
    pub layer: Answerer,
    /// How often.
    pub count: u64,
}

/// Durations, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Percentiles {
    /// Of how many requests.
    pub count: u64,
    /// Half took at most this.
    pub(crate) p50_ms: f64,
    /// Nine of ten.
    pub(crate) p90_ms: f64,
    /// 99 of 100.
    pub(crate) p99_ms: f64,
    /// 999 of 1000.
    pub(crate) p999_ms: f64,
    /// All of them.
    pub(crate) max_ms: f64,
}

/// Requests whose latency is above one bound and at most the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// Above this.
    pub(crate) from_ms: f64,
    /// At most this.
    pub(crate) to_ms: f64,
    /// How many.
    pub count: u64,
}

/// One second of the test.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Requests that became due.
    pub(crate) offered: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Answers that came.
    pub answers: Vec<Answers>,
    /// Of the requests that became due; absent where there is none.
    pub(crate) p50_ms: Option<f64>,
    /// Of the same.
    pub(crate) p99_ms: Option<f64>,
}

impl Percentiles {
    /// All zero where nothing was counted.
    pub fn of(spread: &Spread) -> Self {
        Self {
            count: spread.count(),
            p50_ms: spread.at(50.0),
            p90_ms: spread.at(90.0),
            p99_ms: spread.at(99.0),
            p999_ms: spread.at(99.9),
            max_ms: spread.at(100.0),
        }
    }
}

impl Report {
    /// Judges the tally.
    pub fn new(
        setup: Setup,
        tally: &Tally,
        is_interrupted: bool,
        expected: Option<&Expected>,
        observed: Observed,
    ) -> Self {
        let overall = &tally.overall;
        let doubt = doubt(overall, setup.most_in_flight);
        // The last events are answers; a limit is one of arrivals.
        let elapsed = tally.latest.min(total_duration(&setup.phases));
        let verdicts = judge(&Facts {
            phases: &setup.phases,
            elapsed,
            overall,
            limits: &setup.limits,
            p99_limit_ms: setup.p99_limit_ms,
            observed: &observed,
            is_local: setup.is_local,
            doubt: doubt.as_deref(),
        });
        let phases = setup.phases.iter().zip(&tally.phases);
        let phases: Vec<Section> = phases
            .map(|(phase, part)| Section::of(phase.words(), phase.requests(), part))
            .collect();
        let offered = setup.phases.iter().map(Phase::requests).sum();
        let comparison = expected.map(|expected| expected.compare(&tally.phases));
        let planned = setup.phases.iter();
        Self {
            phase_seconds: planned.map(|phase| phase.duration.as_secs_f64()).collect(),
            seconds: tally.latest.as_secs_f64(),
            generator: Generator {
                in_flight_limit: setup.most_in_flight,
                most_in_flight: tally.most_in_flight,
                not_sent: overall.not_sent,
                lag_p99_ms: overall.lag.at(99.0),
                lag_max_ms: overall.lag.at(100.0),
                doubt,
            },
            overall: Section::of("overall".to_owned(), offered, overall),
            phases,
            histogram: histogram(&overall.latency),
            timeline: timeline(tally),
            comparison,
            observed,
            verdicts,
            not_shown_here: not_shown_here(setup.is_local),
            stack: setup.stack,
            stage: setup.stage,
            endpoint: setup.endpoint,
            tier: setup.tier,
            is_local: setup.is_local,
            started_at: setup.started_at,
            is_interrupted,
            id_prefix: setup.id_prefix,
            table: setup.table,
            limits: setup.limits,
        }
    }
}

impl Report {
    /// Of each phase, and of all.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &Section> {
        self.phases.iter().chain([&self.overall])
    }

    /// The latencies of each section, and of what else is looked at, each with its name.
    pub(crate) fn latencies(&self) -> impl Iterator<Item = (&str, &Percentiles)> {
        let overall = &self.overall;
        let sections = self.sections().map(|one| (one.name.as_str(), &one.latency));
        sections.chain([
            ("let through", &overall.let_through),
            ("since sending", &overall.service),
        ])
    }

    /// What was expected and seen, with the name of the phase.
    pub(crate) fn compared(&self) -> impl Iterator<Item = (&str, &Compared)> {
        self.comparison.iter().flatten().map(|one| {
            let name = self.phases.get(one.phase - 1);
            (name.map_or("", |section| section.name.as_str()), one)
        })
    }
}

impl Section {
    fn of(name: String, offered: u64, part: &Part) -> Self {
        Self {
            name,
            offered,
            sent: part.sent,
            not_sent: part.not_sent,
            unanswered: part.sent.saturating_sub(part.ended()),
            answers: answers(&part.answers),
            latency: Percentiles::of(&part.latency),
            let_through: Percentiles::of(&part.let_through),
            service: Percentiles::of(&part.service),
        }
    }
}

/// The generator's own faults, in words.
fn doubt(overall: &Part, limit: usize) -> Option<String> {
    let lag = overall.lag.at(99.0);
    if overall.not_sent > 0 {
        return Some(format!(
            "requests not sent, because {limit} were on their way already (`--in-flight`): {}",
            overall.not_sent
        ));
    }
    (lag > LATE_MS).then(|| {
        format!(
            "1 % of the requests were sent {lag:.1} ms late or more: this machine is too slow or \
             too busy for the rate"
        )
    })
}

fn answers(counts: &BTreeMap<Answer, u64>) -> Vec<Answers> {
    let answers = counts.iter().map(|(answer, count)| Answers {
        status: answer.status,
        layer: answer.layer,
        count: *count,
    });
    let mut answers: Vec<Answers> = answers.collect();
    // No answer comes last.
    answers.sort_by_key(|one| (one.status.unwrap_or(u16::MAX), one.layer));
    answers
}

fn histogram(latency: &Spread) -> Vec<Bar> {
    let from = [0.0].into_iter().chain(BARS);
    let bars: Vec<Bar> = from
        .zip(BARS)
        .map(|(from_ms, to_ms)| Bar {
            from_ms,
            to_ms,
            count: latency.between(from_ms, to_ms),
        })
        .collect();
    let is_filled = |bar: &Bar| bar.count > 0;
    match (
        bars.iter().position(is_filled),
        bars.iter().rposition(is_filled),
    ) {
        (Some(first), Some(last)) => bars[first..=last].to_vec(),
        _ => Vec::new(),
    }
}

fn timeline(tally: &Tally) -> Vec<Moment> {
    let until = tally.latest.as_secs() as usize + 1;
    let seconds = tally.seconds.iter().take(until);
    let moment = |second: &super::tally::Second| {
        let at = |percentile| (second.latency.count() > 0).then(|| second.latency.at(percentile));
        Moment {
            offered: second.offered,
            sent: second.sent,
            answers: answers(&second.ended),
            p50_ms: at(50.0),
            p99_ms: at(99.0),
        }
    };
    seconds.map(moment).collect()
}

fn not_shown_here(is_local: bool) -> Vec<&'static str> {
    match is_local {
        false => Vec::new(),
        true => vec![
            "the firewall: it judges no request here, so none gets 403 from it",
            "Lambda's concurrency: executions are neither limited nor counted",
            "DynamoDB's throttling: the table takes every write",
            "AWS's latency: this is one emulator on this machine, with the load beside it",
        ],
    }
}
