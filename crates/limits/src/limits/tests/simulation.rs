//! Every request for itself, through buckets, windows and slots that count in whole requests. It
//! is what the closed forms are compared with, so it shares nothing with them but the numbers.

use std::collections::{BTreeMap, VecDeque};

/// The limits, as plain numbers; what shall not limit is given large ones.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// Requests of one address within so many seconds.
    pub(super) waf: (usize, f64),
    /// Rate and burst.
    pub(super) tier: (f64, f64),
    /// Requests per window in seconds, requests used before, age of the first window.
    pub(super) quota: (u64, f64, u64, f64),
    pub(super) stage: (f64, f64),
    /// Executions at a time, and seconds that one takes.
    pub(super) slots: (usize, f64),
    /// Writes per second, and at once.
    pub(super) table: (f64, f64),
}

/// What came of the requests of one phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) refused: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) phases: Vec<Tally>,
    /// When each layer refused its first request.
    pub(super) first: BTreeMap<&'static str, f64>,
}

struct TokenBucket {
    capacity: f64,
    fill: f64,
    tokens: f64,
    looked_at: f64,
}

impl TokenBucket {
    fn full((fill, capacity): (f64, f64)) -> Self {
        Self {
            capacity,
            fill,
            tokens: capacity,
            looked_at: 0.0,
        }
    }

    fn take(&mut self, now: f64) -> bool {
        let refilled = self.tokens + (now - self.looked_at) * self.fill;
        self.tokens = if refilled > self.capacity {
            self.capacity
        } else {
            refilled
        };
        self.looked_at = now;
        let has_one = self.tokens >= 1.0 - 1e-9;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

/// Sends requests evenly in each phase of `(rate, seconds)`, from the addresses in turn.
pub(super) fn run(service: &Service, addresses: usize, phases: &[(f64, f64)]) -> Outcome {
    let mut seen: Vec<VecDeque<f64>> = vec![VecDeque::new(); addresses];
    let mut tier = TokenBucket::full(service.tier);
    let mut stage = TokenBucket::full(service.stage);
    let mut table = TokenBucket::full(service.table);
    let (quota, quota_window, used, age) = service.quota;
    let mut counted = BTreeMap::from([(0_u64, used)]);
    let mut busy_until: VecDeque<f64> = VecDeque::new();
    let mut outcome = Outcome::default();
    let mut begin = 0.0;
    let mut next_address = 0;
    for (rate, seconds) in phases {
        let mut tally = Tally::default();
        for index in 0.. {
            let now = begin + (f64::from(index) + 0.5) / rate;
            if now >= begin + seconds {
                break;
            }
            tally.sent += 1;
            next_address = (next_address + 1) % addresses;
            let from_there = &mut seen[next_address];
            while from_there
                .front()
                .is_some_and(|time| *time <= now - service.waf.1)
            {
                from_there.pop_front();
            }
            from_there.push_back(now);
            let window = ((now + age) / quota_window).floor() as u64;
            let in_window = counted.entry(window).or_default();
            while busy_until.front().is_some_and(|end| *end <= now) {
                busy_until.pop_front();
            }
            let refused_by = if from_there.len() > service.waf.0 {
                Some("waf")
            } else if !tier.take(now) {
                Some("tier")
            } else if *in_window >= quota {
                Some("quota")
            } else {
                *in_window += 1;
                if !stage.take(now) {
                    Some("stage")
                } else if busy_until.len() >= service.slots.0 {
                    Some("slots")
                } else {
                    busy_until.push_back(now + service.slots.1);
                    (!table.take(now)).then_some("table")
                }
            };
            if let Some(layer) = refused_by {
                *tally.refused.entry(layer).or_default() += 1;
                outcome.first.entry(layer).or_insert(now);
            }
        }
        outcome.phases.push(tally);
        begin += seconds;
    }
    outcome
}
