//! The layers that throttle a request, in the order it passes them, and what a consumer gets
//! through them. Closed forms over rates; they know neither templates nor the network.

use schemars::JsonSchema;
use serde::Serialize;

pub mod contradiction;
pub(crate) mod figure;
mod flow;
mod layers;
pub mod reading;
pub mod report;
#[cfg(test)]
mod tests;

use flow::{Piece, Use};

use cfnkit_console::error::Result;
use cfnkit_template::flattening::Origin;

/// One layer, by the word that reports and JSON have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LayerName {
    /// The web ACL's rate rule, per address.
    Waf,
    /// Rate and burst of the usage plan, per key.
    TierThrottle,
    /// Quota of the usage plan, per key.
    TierQuota,
    /// Rate and burst of the API's stage, over all consumers.
    StageThrottle,
    /// API Gateway's own limit per account and region.
    AccountThrottle,
    /// Executions that the function may have at a time.
    Concurrency,
    /// Writes that the table takes.
    Table,
}

impl LayerName {
    /// As a table calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Waf => "WAF, per address",
            Self::TierThrottle => "tier rate, per key",
            Self::TierQuota => "tier quota, per key",
            Self::StageThrottle => "stage rate",
            Self::AccountThrottle => "account rate",
            Self::Concurrency => "concurrency",
            Self::Table => "table writes",
        }
    }
}

/// How a layer limits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Limit {
    /// Looks back: while more than `requests` came from one address within the last
    /// `windowSeconds`, refused ones counted too, everything from that address is refused.
    Lookback {
        /// More than these are refused.
        requests: f64,
        /// How far it looks back.
        window_seconds: f64,
    },
    /// A token bucket: full with `burst` at the start, filled at `rate_per_second`.
    Bucket {
        /// Requests that it fills by per second.
        rate_per_second: f64,
        /// Requests that it holds.
        burst: f64,
    },
    /// So many requests in each window of a calendar; a refused one is not counted.
    Window {
        /// So many are let through in each.
        requests: f64,
        /// From one reset to the next.
        window_seconds: f64,
    },
    /// So many at a time, each for as long as the consumer's requests take.
    Slots {
        /// Requests that are worked on at the same time.
        executions: f64,
    },
    /// A token bucket of write units, of which a request takes one per KiB begun.
    Writes {
        /// Write units that it fills by per second.
        units_per_second: f64,
        /// Write units that it holds.
        burst: f64,
    },
}

/// One layer, with what it answers and where it is written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Which layer it is.
    pub name: LayerName,
    /// How it limits, and at what.
    pub limit: Limit,
    /// HTTP status of a refusal.
    pub status: u16,
    /// File and line in the repository, or what AWS fixes the limit.
    pub source: String,
    /// The resource that sets it; none where AWS does.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// A usage plan: its name in lower case, and its two layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// In lower case.
    pub name: String,
    /// Requests per second; none where the plan has no throttle.
    pub throttle: Option<Layer>,
    /// Requests in a calendar's window; none where the plan has no quota.
    pub quota: Option<Layer>,
}

/// Every layer of a stage. What the templates do not have does not limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    pub(crate) waf: Option<Layer>,
    /// The usage plans.
    pub tiers: Vec<Tier>,
    /// The throttle of all methods of the stage.
    pub stage: Option<Layer>,
    pub(crate) account: Layer,
    /// Executions of the function at the same time.
    pub concurrency: Layer,
    /// Writes that the table takes; absent where there is none.
    pub table: Option<Layer>,
}

/// Who sends. It is alone: no other consumer uses what the layers share.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Name of the usage plan that its key is in.
    pub tier: String,
    /// Addresses that its requests come from, each with the same share.
    pub addresses: u32,
    /// Requests that it sends per second; `predict_phases` goes by the phases instead.
    pub rate_per_second: f64,
    /// How long the function has a request.
    pub latency_seconds: f64,
    /// Size of the item that is written.
    pub item_bytes: u32,
    /// Requests that the key's quota has counted already.
    pub quota_used: f64,
    /// How old the quota's window is when the first request is sent.
    pub quota_window_age_seconds: f64,
}

impl Consumer {
    /// A consumer of `tier` at `rate_per_second` requests that is like the service's own: one
    /// address, 100 ms, one write unit, and a quota that is untouched.
    pub fn new(tier: &str, rate_per_second: f64) -> Self {
        Self {
            tier: tier.to_owned(),
            addresses: 1,
            rate_per_second,
            latency_seconds: 0.1,
            item_bytes: 1024,
            quota_used: 0.0,
            quota_window_age_seconds: 0.0,
        }
    }
}

/// A constant rate for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteadyRate {
    /// Requests sent per second.
    pub rate_per_second: f64,
    /// How long.
    pub duration_seconds: f64,
}

/// What is expected of one phase of a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhasePrediction {
    /// From the start of the schedule.
    pub(crate) start_seconds: f64,
    /// How long it is.
    pub duration_seconds: f64,
    /// Requests sent per second.
    pub rate_per_second: f64,
    /// Requests sent.
    pub(crate) sent: f64,
    /// Requests that passed every layer.
    pub answered: f64,
    /// The layers that refuse in this phase, in the order a request passes them.
    pub refusals: Vec<Refusal>,
}

/// What one layer refuses within some time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub(crate) layer: LayerName,
    /// HTTP status of the answer.
    pub status: u16,
    /// Requests refused.
    pub count: f64,
    /// From the start of the schedule to the first of them.
    pub(crate) first_seconds: f64,
}

/// What a consumer gets at a constant rate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// How far it looks ahead.
    pub(crate) horizon_seconds: f64,
    /// Every layer, in the order a request passes them.
    pub layers: Vec<LayerPrediction>,
    /// The first refusal of all, where there is one.
    pub(crate) first_refusal: Option<Refusal>,
    /// What is answered over time, all layers together.
    pub(crate) timeline: Vec<Span>,
}

/// One layer for one consumer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerPrediction {
    #[serde(flatten)]
    pub(crate) layer: Layer,
    /// Share of the limit that the consumer's rate asks for, if the other layers let all through;
    /// above 1 it binds.
    pub(crate) used_share: f64,
    /// Requests per second that it lets this consumer have for ever.
    pub(crate) sustained_per_second: f64,
    /// When it first refuses, if the other layers let all through; none where it holds.
    pub(crate) first_refusal_seconds: Option<f64>,
    /// Share of the requests that it refuses from then on; until its window ends, if it has one.
    pub(crate) refused_share: f64,
    /// Requests that reach it within the horizon, past the layers before it.
    pub(crate) reached: f64,
    /// Requests of those that it refuses.
    pub(crate) refused: f64,
}

/// A time in which the rates do not change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    pub(crate) start_seconds: f64,
    pub(crate) end_seconds: f64,
    pub(crate) answered_per_second: f64,
    /// Refused per second, by layer.
    pub(crate) refused: Vec<RefusedRate>,
}

/// What one layer refuses while the rates do not change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedRate {
    pub(crate) layer: LayerName,
    /// HTTP status of the answer.
    pub status: u16,
    pub(crate) per_second: f64,
}

/// A day, and the longest quota where that is longer.
fn horizon(path: &[&Layer]) -> f64 {
    let windows = path.iter().map(|layer| match layer.limit {
        Limit::Window { window_seconds, .. } => window_seconds,
        _ => 0.0,
    });
    windows.fold(86_400.0, f64::max)
}

/// What `consumer` gets through `layers` at its constant rate.
///
/// # Errors
///
/// The layers have no tier of the consumer's name.
pub fn predict(layers: &Layers, consumer: &Consumer) -> Result<Prediction> {
    let path = layers.path(&consumer.tier)?;
    let usage = Use::of(consumer);
    let horizon_seconds = horizon(&path);
    let offered = [Piece::all(0.0, horizon_seconds, consumer.rate_per_second)];
    let chain = flow::chain(&path, &offered, &usage);
    let rate = consumer.rate_per_second;
    let layer_predictions = path.iter().zip(&chain).map(|(layer, pieces)| {
        let alone = flow::pass(&layer.limit, &offered, &usage);
        let (_, refused_alone, first) = flow::sums(&alone, 0.0, horizon_seconds);
        let refused_share = match first {
            Some(first) => refused_alone / ((horizon_seconds - first) * rate),
            None => 0.0,
        };
        let (reached, refused, _) = flow::sums(pieces, 0.0, horizon_seconds);
        let sustained_per_second = usage.sustained(&layer.limit);
        LayerPrediction {
            layer: (*layer).clone(),
            used_share: rate / sustained_per_second,
            sustained_per_second,
            first_refusal_seconds: first,
            refused_share,
            reached,
            refused,
        }
    });
    let layer_predictions: Vec<LayerPrediction> = layer_predictions.collect();
    let all = refusals(&path, &chain, 0.0, horizon_seconds);
    let first_refusal = all
        .into_iter()
        .min_by(|left, right| left.first_seconds.total_cmp(&right.first_seconds));
    Ok(Prediction {
        horizon_seconds,
        layers: layer_predictions,
        first_refusal,
        timeline: flow::timeline(&path, &chain),
    })
}

/// What `consumer` gets through `layers` when it sends `phases`, one after the other from a state
/// in which nothing was sent for long.
///
/// # Errors
///
/// The layers have no tier of the consumer's name.
pub fn predict_phases(
    layers: &Layers,
    consumer: &Consumer,
    phases: &[SteadyRate],
) -> Result<Vec<PhasePrediction>> {
    let path = layers.path(&consumer.tier)?;
    let mut start = 0.0;
    let offered: Vec<Piece> = phases
        .iter()
        .map(|phase| {
            let end = start + phase.duration_seconds;
            let piece = Piece::all(start, end, phase.rate_per_second);
            start = end;
            piece
        })
        .collect();
    let chain = flow::chain(&path, &offered, &Use::of(consumer));
    let predictions = offered.iter().map(|phase| {
        let refusals = refusals(&path, &chain, phase.start, phase.end);
        let sent = phase.offered * (phase.end - phase.start);
        let refused: f64 = refusals.iter().map(|refusal| refusal.count).sum();
        PhasePrediction {
            start_seconds: phase.start,
            duration_seconds: phase.end - phase.start,
            rate_per_second: phase.offered,
            sent,
            answered: sent - refused,
            refusals,
        }
    });
    Ok(predictions.collect())
}

fn refusals(path: &[&Layer], chain: &[Vec<Piece>], start: f64, end: f64) -> Vec<Refusal> {
    let layers = path.iter().zip(chain);
    let refusals = layers.filter_map(|(layer, pieces)| {
        let (_, count, first) = flow::sums(pieces, start, end);
        Some(Refusal {
            layer: layer.name,
            status: layer.status,
            count,
            first_seconds: first?,
        })
    });
    refusals.collect()
}
