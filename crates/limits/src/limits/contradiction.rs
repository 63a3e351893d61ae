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
    let mut found = Vec::new();
    for tier in &layers.tiers {
        above_stage(layers, tier, &mut found);
        below_waf(layers, tier, &mut found);
        quota_length(tier, &mut found);
    }
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
        found.push(contradiction(
            "limits-tiers-above-stage",
            stage,
            format!(
                "one {} consumer together may send {}, and the stage takes {}",
                names.join(" and one "),
                per_second(sum),
                per_second(rate)
            ),
        ));
    }
    if let Some((_, most, most_at_once)) = bucket(Some(&layers.account))
        && (rate > most || burst > most_at_once)
    {
        found.push(contradiction(
            "limits-stage-above-account",
            stage,
            format!(
                "the stage takes {} and bursts of {}, and API Gateway gives an account {} and {} \
                 unless it asked for more",
                per_second(rate),
                number(burst),
                per_second(most),
                number(most_at_once)
            ),
        ));
    }
    behind_stage(layers, consumer, (stage, rate, burst), &mut found);
    found
}

fn above_stage(layers: &Layers, tier: &Tier, found: &mut Vec<Contradiction>) {
    let throttle = bucket(tier.throttle.as_ref());
    let (Some((layer, rate, burst)), Some((_, most, most_at_once))) =
        (throttle, bucket(layers.stage.as_ref()))
    else {
        return;
    };
    if rate > most || burst > most_at_once {
        found.push(contradiction(
            "limits-tier-above-stage",
            layer,
            format!(
                "the {} tier promises {} and bursts of {}, and the stage takes {} and {} of all \
                 consumers together",
                tier.name,
                per_second(rate),
                number(burst),
                per_second(most),
                number(most_at_once)
            ),
        ));
    }
}

fn below_waf(layers: &Layers, tier: &Tier, found: &mut Vec<Contradiction>) {
    let (Some(waf), Some((layer, rate, _))) = (&layers.waf, bucket(tier.throttle.as_ref())) else {
        return;
    };
    let Limit::Lookback {
        requests,
        window_seconds,
    } = waf.limit
    else {
        return;
    };
    let per_address = requests / window_seconds;
    if per_address < rate {
        found.push(contradiction(
            "limits-waf-below-tier",
            layer,
            format!(
                "the {} tier promises {}, and WAF lets one address send {}, which is {}: at full \
                 rate it is blocked after {}, and it takes {} addresses ({})",
                tier.name,
                per_second(rate),
                per_window(requests, window_seconds),
                per_second(per_address),
                duration(requests / rate),
                number((rate / per_address).ceil()),
                waf.source
            ),
        ));
    }
}

fn quota_length(tier: &Tier, found: &mut Vec<Contradiction>) {
    let (Some((_, rate, _)), Some(layer)) = (bucket(tier.throttle.as_ref()), &tier.quota) else {
        return;
    };
    let Limit::Window {
        requests,
        window_seconds,
    } = layer.limit
    else {
        return;
    };
    let lasts = requests / rate;
    let quota = per_window(requests, window_seconds);
    if lasts < QUOTA_LASTS.min(window_seconds) {
        found.push(contradiction(
            "limits-quota-short",
            layer,
            format!(
                "a {} key has {quota}; at its {} they end after {}",
                tier.name,
                per_second(rate),
                duration(lasts)
            ),
        ));
    } else if lasts > window_seconds {
        found.push(contradiction(
            "limits-quota-unreachable",
            layer,
            format!(
                "a {} key has {quota}, and at its {} it cannot send more than {}",
                tier.name,
                per_second(rate),
                number(rate * window_seconds)
            ),
        ));
    }
}

/// What must hold what the stage lets through.
fn behind_stage(
    layers: &Layers,
    consumer: &Consumer,
    (stage, rate, burst): (&Layer, f64, f64),
    found: &mut Vec<Contradiction>,
) {
    let usage = Use::of(consumer);
    let Limit::Slots { executions } = layers.concurrency.limit else {
        return;
    };
    let sustained = usage.sustained(&layers.concurrency.limit);
    if sustained < rate {
        found.push(contradiction(
            "limits-concurrency-below-stage",
            &layers.concurrency,
            format!(
                "{} executions of {} each are {}, and the stage lets {} through; from {} per \
                 request on the function is the first to refuse ({})",
                number(executions),
                duration(consumer.latency_seconds),
                per_second(sustained),
                per_second(rate),
                duration(executions / rate),
                stage.source
            ),
        ));
    }
    if burst > executions {
        found.push(contradiction(
            "limits-burst-above-concurrency",
            stage,
            format!(
                "the stage lets {} requests through at once, and the function runs {} at a time; \
                 the others are answered {} ({})",
                number(burst),
                number(executions),
                layers.concurrency.status,
                layers.concurrency.source
            ),
        ));
    }
    let Some(table) = &layers.table else {
        return;
    };
    let writes = usage.sustained(&table.limit);
    if writes < rate {
        found.push(contradiction(
            "limits-table-below-stage",
            table,
            format!(
                "the table takes {} writes of this size per second, and the stage lets {} \
                 through ({})",
                number(writes),
                per_second(rate),
                stage.source
            ),
        ));
    }
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

fn contradiction(rule: &'static str, layer: &Layer, message: String) -> Contradiction {
    Contradiction {
        rule,
        message,
        place: layer.source.clone(),
        accepted: None,
        origin: layer.origin.clone(),
    }
}
