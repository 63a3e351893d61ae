//! What the samples come to: one figure of each kind for each variant.

use serde::Serialize;

use crate::measure::{Samples, quantile};
use crate::variant::{Role, Variant};

/// A variant's figures; all but the size are medians.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    pub(crate) role: Role,
    pub(crate) label: String,
    /// From starting the process to its first answer.
    pub(crate) cold_ms: f64,
    pub(crate) init_ms: f64,
    pub(crate) first_request_ms: f64,
    pub(crate) evicted_cold_ms: Option<f64>,
    pub(crate) warm_p50_us: f64,
    pub(crate) warm_p99_us: f64,
    pub(crate) peak_memory_mib: f64,
    /// Python's zip would hold a page of text; its runtime is Lambda's.
    pub(crate) zip_bytes: Option<u64>,
}

impl Figures {
    pub(crate) fn new(variant: &Variant, samples: &Samples, zip_bytes: Option<u64>) -> Self {
        let cold = &samples.cold;
        let warm = &samples.warm;
        Self {
            role: variant.role,
            label: variant.label.clone(),
            cold_ms: median(cold, |start| start.total_ms()),
            init_ms: median(cold, |start| start.init_ms),
            first_request_ms: median(cold, |start| start.first_request_ms),
            evicted_cold_ms: (!samples.evicted.is_empty())
                .then(|| median(&samples.evicted, |start| start.total_ms())),
            warm_p50_us: median(warm, |run| run.p50_us),
            warm_p99_us: median(warm, |run| run.p99_us),
            peak_memory_mib: median(warm, |run| run.peak_memory_kib as f64 / 1024.0),
            zip_bytes,
        }
    }
}

fn median<T>(samples: &[T], value: impl Fn(&T) -> f64) -> f64 {
    quantile(samples.iter().map(value).collect(), 0.5)
}
