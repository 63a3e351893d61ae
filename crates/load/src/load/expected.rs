//! What the limits let expect of a load: how many requests of each phase get which status, and
//! what they got.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::tally::Part;
use super::verdict::Bucket;
#[cfg(test)]
use super::{
    phases::{Phase, arrivals},
    verdict::StageLimits,
};
use cfnkit_limits::limits::PhasePrediction;

/// Requests by status, for each phase in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    /// How many requests get which HTTP status.
    pub phases: Vec<BTreeMap<u16, f64>>,
}

/// A phase's status, as expected and as seen.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The phase, from 1.
    pub phase: usize,
    /// The HTTP status.
    pub status: u16,
    /// Requests, by the limits.
    pub expected: f64,
    /// Requests that got it.
    pub seen: u64,
}

impl Expected {
    /// What the limits' arithmetic says of the phases.
    pub fn predicted(predictions: &[PhasePrediction]) -> Self {
        let phases = predictions.iter().map(|phase| {
            let mut statuses = BTreeMap::from([(200, phase.answered)]);
            for refusal in &phase.refusals {
                *statuses.entry(refusal.status).or_default() += refusal.count;
            }
            // Less than half a request is none.
            statuses.retain(|_, count| *count >= 0.5);
            statuses
        });
        Self {
            phases: phases.collect(),
        }
    }

    /// By the buckets and the quota alone, one request after the other; the arithmetic is held
    /// against it.
    #[cfg(test)]
    pub(crate) fn without_firewall(phases: &[Phase], limits: &StageLimits) -> Self {
        let mut expected = Self {
            phases: vec![BTreeMap::new(); phases.len()],
        };
        let mut key = Filled::new(limits.key);
        let mut stage = Filled::new(limits.stage);
        let mut used = 0;
        for arrival in arrivals(phases) {
            let now = arrival.due.as_secs_f64();
            let has_room = key.has_room(now) & stage.has_room(now);
            let status = match has_room && used < limits.quota_per_day {
                true => {
                    key.take();
                    stage.take();
                    used += 1;
                    200
                }
                false => 429,
            };
            if let Some(phase) = expected.phases.get_mut(arrival.phase) {
                *phase.entry(status).or_default() += 1.0;
            }
        }
        expected
    }

    /// Every status that was expected or seen, phase by phase.
    pub(crate) fn compare(&self, parts: &[Part]) -> Vec<Compared> {
        let mut compared = Vec::new();
        for (index, (expected, part)) in self.phases.iter().zip(parts).enumerate() {
            let seen = part.answers.keys().filter_map(|answer| answer.status);
            let statuses: BTreeSet<u16> = expected.keys().copied().chain(seen).collect();
            compared.extend(statuses.into_iter().map(|status| Compared {
                phase: index + 1,
                status,
                expected: expected.get(&status).copied().unwrap_or(0.0),
                seen: part.count(|answer| answer.status == Some(status)),
            }));
        }
        compared
    }
}

/// A bucket and what is in it at a time.
#[derive(Debug)]
pub struct Filled {
    bucket: Bucket,
    tokens: f64,
    /// In seconds since the start.
    at: f64,
}

impl Filled {
    /// Full at the start.
    pub fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            tokens: bucket.burst_requests,
            at: 0.0,
        }
    }

    pub(crate) fn has_room(&mut self, now: f64) -> bool {
        let filled = self.tokens + (now - self.at) * self.bucket.rate_per_second;
        self.tokens = filled.min(self.bucket.burst_requests);
        self.at = now;
        // A sum of many small parts is a little below what it should be.
        self.tokens > 1.0 - 1e-6
    }

    pub(crate) fn take(&mut self) {
        self.tokens -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(key: (f64, f64), stage: (f64, f64), quota_per_day: u64) -> StageLimits {
        let bucket = |(rate_per_second, burst_requests)| Bucket {
            rate_per_second,
            burst_requests,
        };
        StageLimits {
            key: bucket(key),
            stage: bucket(stage),
            quota_per_day,
            firewall_per300_seconds: 2000,
            firewall_parameter: "WafRateLimitPer300Seconds".to_owned(),
            concurrency: Some(100),
        }
    }

    fn expected(phases: &[&str], limits: &StageLimits) -> Vec<BTreeMap<u16, f64>> {
        let phases: Vec<Phase> = phases.iter().map(|text| text.parse().unwrap()).collect();
        Expected::without_firewall(&phases, limits).phases
    }

    #[test]
    fn a_rate_is_refused_once_its_burst_is_used_up() {
        // 100 due per second, 50 let through for good: the burst of 100 lasts two seconds.
        let limits = limits((50.0, 100.0), (1000.0, 1000.0), 10_000);
        let seen = expected(&["100/s:10s"], &limits);
        assert!((seen[0][&200] - 600.0).abs() <= 1.0, "{seen:?}");
        assert!((seen[0][&429] - 400.0).abs() <= 1.0, "{seen:?}");
        assert_eq!(
            expected(&["50/s:60s"], &limits),
            [BTreeMap::from([(200, 3000.0)])]
        );
    }

    #[test]
    fn the_tightest_limit_counts_in_whichever_phase_it_is_reached() {
        let limits = limits((1000.0, 1000.0), (10.0, 10.0), 25);
        let seen = expected(&["10/s:2s", "10/s:2s"], &limits);
        assert_eq!(seen[0], BTreeMap::from([(200, 20.0)]));
        assert_eq!(seen[1], BTreeMap::from([(200, 5.0), (429, 15.0)]));
    }
}
