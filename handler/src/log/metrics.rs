//! CloudWatch's embedded metric format: metrics that CloudWatch Logs takes out of a line, without
//! a call to any API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use super::{Ending, Request, milliseconds};

const NAMESPACE: &str = "Movies";
/// Every metric of one function.
const BY_FUNCTION: &[&[&str]] = &[&["FunctionName"]];
/// Rejected requests together, and for each reason.
const BY_REASON: &[&[&str]] = &[&["FunctionName"], &["FunctionName", "Reason"]];

const LATENCY: Metric = Metric::new("Latency", "Milliseconds");
const STORE_LATENCY: Metric = Metric::new("StoreLatency", "Milliseconds");

/// A line's metrics: values at the top, and under `_aws` which of them are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metrics<'a> {
    #[serde(rename = "_aws")]
    description: Description,
    function_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(flatten, serialize_with = "one")]
    count: Metric,
    #[serde(serialize_with = "milliseconds")]
    latency: Duration,
    #[serde(
        serialize_with = "milliseconds",
        skip_serializing_if = "Duration::is_zero"
    )]
    store_latency: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    /// Milliseconds since 1970.
    timestamp: u64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: &'static [&'static [&'static str]],
    metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Metric {
    const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit }
    }
}

impl<'a> Metrics<'a> {
    pub(super) fn of(request: &Request<'_>, function_name: &'a str, time: SystemTime) -> Self {
        let ending = request.ending;
        let mut common = vec![LATENCY];
        if !request.store_duration.is_zero() {
            common.push(STORE_LATENCY);
        }
        let count = match ending {
            Ending::Inserted => Metric::new("Inserts", "Count"),
            Ending::Rejected(_) => Metric::new("Rejected", "Count"),
            Ending::Throttled => Metric::new("StoreThrottles", "Count"),
            Ending::Failed => Metric::new("StoreErrors", "Count"),
            Ending::Panicked => Metric::new("Panics", "Count"),
        };
        let reason = match ending {
            Ending::Rejected(reason) => Some(reason),
            _ => None,
        };
        let mut directives = Vec::with_capacity(2);
        if reason.is_some() {
            directives.push(Directive {
                namespace: NAMESPACE,
                dimensions: BY_REASON,
                metrics: vec![count],
            });
        } else {
            common.push(count);
        }
        directives.push(Directive {
            namespace: NAMESPACE,
            dimensions: BY_FUNCTION,
            metrics: common,
        });
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            description: Description {
                timestamp: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
                cloud_watch_metrics: directives,
            },
            function_name,
            reason,
            count,
            latency: request.duration,
            store_latency: request.store_duration,
        }
    }
}

/// The count's name is its member's.
fn one<S: Serializer>(count: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([(count.name, 1)])
}
