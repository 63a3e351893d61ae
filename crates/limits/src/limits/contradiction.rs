//! Limits that cannot all be meant, computed from the layers. Each is found by a rule whose name
//! begins with `limits-`, by which a waiver in the template accepts it.

use schemars::JsonSchema;
use serde::Serialize;

use super::figure::{duration, number, per_second, per_window};
use super::flow::Use;
use super::{Consumer, Layer, Layers, Limit, Tier};
use cfnkit_template::flattening::Origin;

/// What every rule here is called by, and no other.
pub const PREFIX: &str = "limits-";

/// A quota that is gone sooner than this at the tier's full rate makes the rate an empty promise.
const QUOTA_LASTS: f64 = 3_600.0;

/// Two or more limits that do not fit together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contradiction {
    /// Name of the rule, as a waiver has it.
    pub rule: &'static str,
    /// What does not fit, with both figures.
    pub message: String,
    /// File and line of the limit that it is about.
    pub place: String,
    /// Why it stays, where a waiver in the template says so.
    pub accepted: Option<String>,
    /// The resource whose `Metadata` a waiver belongs in.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// Every contradiction within `layers`, for requests like those of `consumer`: how long they take
/// and what they write; its tier and rate do not matter.
pub fn contradictions(layers: &Layers, consumer: &Consumer) -> Vec<Contradiction> {
    let of_tiers = layers.tiers.iter().flat_map(|tier| {
        let rules = [
            above_stage(layers, tier),
            below_waf(layers, tier),
            quota_length(tier),
        ];
        rules.into_iter().flatten()
    });
    let mut found: Vec<Contradiction> = of_tiers.collect();
    let Some((stage, rate, burst)) = bucket(layers.stage.as_ref()) else {
        return found;
    };
    let tiers: Vec<(&str, f64)> = layers
        .tiers
        .iter()
        .filter_map(|tier| Some((tier.name.as_str(), bucket(tier.throttle.as_ref())?.1)))
        .collect();
    let sum: f64 = tiers.iter().map(|(_, rate)| rate).sum();
    // One tier alone above the stage is a finding of its own.
    if tiers.len() > 1 && sum > rate && tiers.iter().all(|(_, tier)| *tier <= rate) {
        let names: Vec<&str> = tiers.iter().map(|(name, _)| *name).collect();
        let names = names.join(" and one ");
        let (sum, rate) = (per_second(sum), per_second(rate));
        let message =
            format!("one {names} consumer together may send {sum}, and the stage takes {rate}");
        found.push(contradiction("limits-tiers-above-stage", stage, message));
    }
    if let Some((_, most, most_at_once)) = bucket(Some(&layers.account))
        && (rate > most || burst > most_at_once)
    {
        let [rate, most] = [rate, most].map(per_second);
        let [burst, most_at_once] = [burst, most_at_once].map(number);
        let message = format!(
            "the stage takes {rate} and bursts of {burst}, and API Gateway gives an account \
             {most} and {most_at_once} unless it asked for more"
        );
        found.push(contradiction("limits-stage-above-account", stage, message));
    }
    found.extend(behind_stage(layers, consumer, (stage, rate, burst)));
    found
}

fn above_stage(layers: &Layers, tier: &Tier) -> Option<Contradiction> {
    let (layer, rate, burst) = bucket(tier.throttle.as_ref())?;
    let (_, most, most_at_once) = bucket(layers.stage.as_ref())?;
    if rate <= most && burst <= most_at_once {
        return None;
    }
    let [rate, most] = [rate, most].map(per_second);
    let [burst, most_at_once] = [burst, most_at_once].map(number);
    let message = format!(
        "the {} tier promises {rate} and bursts of {burst}, and the stage takes {most} and \
         {most_at_once} of all consumers together",
        tier.name
    );
    Some(contradiction("limits-tier-above-stage", layer, message))
}

fn below_waf(layers: &Layers, tier: &Tier) -> Option<Contradiction> {
    let (layer, rate, _) = bucket(tier.throttle.as_ref())?;
    let (waf, requests, window_seconds) = window(layers.waf.as_ref())?;
    let per_address = requests / window_seconds;
    if per_address >= rate {
        return None;
    }
    let blocked = duration(requests / rate);
    let addresses = number((rate / per_address).ceil());
    let [rate, per_address] = [rate, per_address].map(per_second);
    let message = format!(
        "the {} tier promises {rate}, and WAF lets one address send {}, which is {per_address}: at \
         full rate it is blocked after {blocked}, and it takes {addresses} addresses ({})",
        tier.name,
        per_window(requests, window_seconds),
        waf.source
    );
    Some(contradiction("limits-waf-below-tier", layer, message))
}

fn quota_length(tier: &Tier) -> Option<Contradiction> {
    let (_, rate, _) = bucket(tier.throttle.as_ref())?;
    let (layer, requests, window_seconds) = window(tier.quota.as_ref())?;
    let lasts = requests / rate;
    let quota = per_window(requests, window_seconds);
    let (name, rate_text) = (&tier.name, per_second(rate));
    let (rule, message) = if lasts < QUOTA_LASTS.min(window_seconds) {
        let lasts = duration(lasts);
        let message =
            format!("a {name} key has {quota}; at its {rate_text} they end after {lasts}");
        ("limits-quota-short", message)
    } else if lasts > window_seconds {
        let most = number(rate * window_seconds);
        let message = format!(
            "a {name} key has {quota}, and at its {rate_text} it cannot send more than {most}"
        );
        ("limits-quota-unreachable", message)
    } else {
        return None;
    };
    Some(contradiction(rule, layer, message))
}

/// What must hold what the stage lets through.
fn behind_stage(
    layers: &Layers,
    consumer: &Consumer,
    (stage, rate, burst): (&Layer, f64, f64),
) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let usage = Use::of(consumer);
    let Limit::Slots { executions } = layers.concurrency.limit else {
        return found;
    };
    let sustained = usage.sustained(&layers.concurrency.limit);
    let slots = number(executions);
    let concurrency = &layers.concurrency;
    if sustained < rate {
        let latency = duration(consumer.latency_seconds);
        let least = duration(executions / rate);
        let [sustained, rate] = [sustained, rate].map(per_second);
        let message = format!(
            "{slots} executions of {latency} each are {sustained}, and the stage lets {rate} \
             through; from {least} per request on the function is the first to refuse ({})",
            stage.source
        );
        let rule = "limits-concurrency-below-stage";
        found.push(contradiction(rule, concurrency, message));
    }
    if burst > executions {
        let message = format!(
            "the stage lets {} requests through at once, and the function runs {slots} at a time; \
             the others are answered {} ({})",
            number(burst),
            concurrency.status,
            concurrency.source
        );
        found.push(contradiction(
            "limits-burst-above-concurrency",
            stage,
            message,
        ));
    }
    if let Some(table) = &layers.table
        && let writes = usage.sustained(&table.limit)
        && writes < rate
    {
        let (writes, rate) = (number(writes), per_second(rate));
        let message = format!(
            "the table takes {writes} writes of this size per second, and the stage lets {rate} \
             through ({})",
            stage.source
        );
        found.push(contradiction("limits-table-below-stage", table, message));
    }
    found
}

fn bucket(layer: Option<&Layer>) -> Option<(&Layer, f64, f64)> {
    let layer = layer?;
    match layer.limit {
        Limit::Bucket {
            rate_per_second,
            burst,
        } => Some((layer, rate_per_second, burst)),
        _ => None,
    }
}

/// How many requests pass in how many seconds, where that is what the layer limits.
fn window(layer: Option<&Layer>) -> Option<(&Layer, f64, f64)> {
    let layer = layer?;
    match layer.limit {
        Limit::Lookback {
            requests,
            window_seconds,
        }
        | Limit::Window {
            requests,
            window_seconds,
        } => Some((layer, requests, window_seconds)),
        _ => None,
    }
}

fn contradiction(rule: &'static str, layer: &Layer, message: String) -> Contradiction {
    Contradiction {
        rule,
        message,
        place: layer.source.clone(),
        accepted: None,
        origin: layer.origin.clone(),
    }
}
