//! What was seen so far, added up: per phase, per second and over all. It knows only the events
//! and the phases, and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use cfnkit_console::error::{Error, Result};

use super::answer::{Answer, Answerer};
use super::phases::{Arrival, Phase, arrivals, total_duration};

/// Ten minutes, in microseconds: more than any request is waited for.
const MOST: u64 = 600_000_000;

/// What happened to one arrival. Times are since the start.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// A request was sent.
    Sent {
        /// Which one.
        arrival: Arrival,
        /// When.
        sent: Duration,
    },
    /// So many were in flight already that the generator would not have been one anymore.
    NotSent {
        /// Which one.
        arrival: Arrival,
    },
    /// A request was answered or given up.
    Ended {
        /// Which one.
        arrival: Arrival,
        /// When it was sent.
        sent: Duration,
        /// When it ended.
        ended: Duration,
        /// What came of it.
        answer: Answer,
    },
}

/// Durations, kept as an HDR histogram of microseconds.
#[derive(Debug, Clone)]
pub struct Spread(Histogram<u64>);

impl Spread {
    fn new(digits: u8) -> Result<Self> {
        let made = Histogram::new_with_bounds(1, MOST, digits);
        made.map(Self).map_err(Error::said)
    }

    fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(MOST);
        self.0.saturating_record(micros);
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// In milliseconds, for a percentile of 0 to 100.
    pub fn at(&self, percentile: f64) -> f64 {
        let micros = match percentile >= 100.0 {
            true => self.0.max(),
            false => self.0.value_at_percentile(percentile).min(self.0.max()),
        };
        micros as f64 / 1000.0
    }

    /// How many were above `from` and at most `to` milliseconds, by the histogram's own precision.
    pub fn between(&self, from: f64, to: f64) -> u64 {
        let (from, to) = ((from * 1000.0) as u64, (to * 1000.0) as u64);
        let values = self.0.iter_recorded();
        let within = values.filter(|step| {
            let value = self.0.lowest_equivalent(step.value_iterated_to());
            value > from && value <= to
        });
        within.map(|step| step.count_since_last_iteration()).sum()
    }
}

/// What became of one phase, or of all.
#[derive(Debug, Clone)]
pub struct Part {
    /// Requests sent.
    pub sent: u64,
    /// Requests that became due and were not sent.
    pub not_sent: u64,
    /// Requests that ended, by what came of them.
    pub answers: BTreeMap<Answer, u64>,
    /// From when it was due until it was answered, or given up.
    pub latency: Spread,
    /// The same of those that no limit refused.
    pub(crate) let_through: Spread,
    /// From when it was sent.
    pub service: Spread,
    /// From when it was due until it was sent.
    pub lag: Spread,
}

impl Part {
    fn new() -> Result<Self> {
        Ok(Self {
            sent: 0,
            not_sent: 0,
            answers: BTreeMap::new(),
            latency: Spread::new(3)?,
            let_through: Spread::new(3)?,
            service: Spread::new(3)?,
            lag: Spread::new(3)?,
        })
    }

    /// Requests that were answered or given up.
    pub fn ended(&self) -> u64 {
        self.answers.values().sum()
    }

    /// How many answers are of `layer`.
    pub(crate) fn of(&self, layer: Answerer) -> u64 {
        self.count(|answer| answer.layer == layer)
    }

    /// How many answers satisfy `wanted`.
    pub fn count(&self, wanted: impl Fn(Answer) -> bool) -> u64 {
        let matching = self.answers.iter().filter(|(answer, _)| wanted(**answer));
        matching.map(|(_, count)| count).sum()
    }
}

/// One second since the start.
#[derive(Debug, Clone)]
pub struct Second {
    /// Became due in it, by the plan.
    pub(crate) offered: u64,
    /// Requests sent in it.
    pub sent: u64,
    /// Ended in it.
    pub ended: BTreeMap<Answer, u64>,
    /// Of those that became due in it.
    pub latency: Spread,
}

/// What was seen of a load test so far.
#[derive(Debug)]
pub struct Tally {
    /// In the order of the phases.
    pub phases: Vec<Part>,
    /// All phases together.
    pub overall: Part,
    pub(crate) seconds: Vec<Second>,
    /// Requests sent and not ended.
    pub in_flight: u64,
    /// The most of these at a time.
    pub most_in_flight: u64,
    /// When the last event happened.
    pub latest: Duration,
    /// What a second is before anything happens in it.
    idle: Second,
}

impl Tally {
    /// Nothing seen yet of `phases`.
    ///
    /// # Errors
    ///
    /// A histogram cannot be made.
    pub fn new(phases: &[Phase]) -> Result<Self> {
        let part = Part::new()?;
        let mut tally = Self {
            phases: vec![part.clone(); phases.len()],
            overall: part,
            seconds: Vec::new(),
            in_flight: 0,
            most_in_flight: 0,
            latest: Duration::ZERO,
            idle: Second {
                offered: 0,
                sent: 0,
                ended: BTreeMap::new(),
                latency: Spread::new(2)?,
            },
        };
        tally.grow(total_duration(phases).as_secs() as usize);
        for arrival in arrivals(phases) {
            tally.second(arrival.due).offered += 1;
        }
        Ok(tally)
    }

    fn grow(&mut self, seconds: usize) {
        let seconds = seconds.max(self.seconds.len());
        self.seconds.resize(seconds, self.idle.clone());
    }

    fn second(&mut self, at: Duration) -> &mut Second {
        let index = at.as_secs() as usize;
        self.grow(index + 1);
        &mut self.seconds[index]
    }

    /// What an arrival is added to.
    fn parts(&mut self, arrival: Arrival) -> impl Iterator<Item = &mut Part> {
        let phase = self.phases.get_mut(arrival.phase);
        phase.into_iter().chain([&mut self.overall])
    }

    /// Adds an event.
    pub fn absorb(&mut self, event: Event) {
        match event {
            Event::Sent { arrival, sent } => {
                self.in_flight += 1;
                self.most_in_flight = self.most_in_flight.max(self.in_flight);
                self.latest = self.latest.max(sent);
                self.second(sent).sent += 1;
                for part in self.parts(arrival) {
                    part.sent += 1;
                    part.lag.record(sent.saturating_sub(arrival.due));
                }
            }
            Event::NotSent { arrival } => {
                self.latest = self.latest.max(arrival.due);
                for part in self.parts(arrival) {
                    part.not_sent += 1;
                }
            }
            Event::Ended {
                arrival,
                sent,
                ended,
                answer,
            } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.latest = self.latest.max(ended);
                // A request that waited to be sent has waited, whosever fault it was.
                let latency = ended.saturating_sub(arrival.due);
                *self.second(ended).ended.entry(answer).or_default() += 1;
                self.second(arrival.due).latency.record(latency);
                for part in self.parts(arrival) {
                    *part.answers.entry(answer).or_default() += 1;
                    part.latency.record(latency);
                    part.service.record(ended.saturating_sub(sent));
                    if !answer.layer.is_refusal() {
                        part.let_through.record(latency);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_counts_from_when_a_request_was_due() {
        let phases = ["2/s:2s".parse().unwrap()];
        let mut tally = Tally::new(&phases).unwrap();
        let offered: Vec<u64> = tally.seconds.iter().map(|second| second.offered).collect();
        assert_eq!(offered, [2, 2]);
        let milliseconds = Duration::from_millis;
        let arrival = Arrival {
            phase: 0,
            number: 1,
            due: milliseconds(500),
        };
        let answer = Answer {
            status: Some(200),
            layer: Answerer::Stored,
        };
        let sent = milliseconds(1500);
        tally.absorb(Event::Sent { arrival, sent });
        assert_eq!(tally.in_flight, 1);
        let ended = milliseconds(1510);
        let event = Event::Ended {
            arrival,
            sent,
            ended,
            answer,
        };
        tally.absorb(event);
        let part = &tally.overall;
        let near = |seen: f64, expected: f64| (seen - expected).abs() / expected < 0.002;
        assert!(near(part.latency.at(50.0), 1010.0));
        assert!(near(part.service.at(50.0), 10.0));
        assert!(near(part.lag.at(100.0), 1000.0));
        // It became due in the first second, and was sent and answered in the second one.
        assert_eq!(tally.seconds[0].latency.count(), 1);
        assert_eq!((tally.seconds[0].sent, tally.seconds[1].sent), (0, 1));
        assert_eq!(tally.seconds[1].ended[&answer], 1);
        assert_eq!((tally.in_flight, tally.most_in_flight), (0, 1));
    }

    #[test]
    fn refusals_are_not_among_what_was_let_through() {
        let phases = ["1/s:2s".parse().unwrap()];
        let mut tally = Tally::new(&phases).unwrap();
        for (status, layer, ended) in [(429, Answerer::Throttle, 1), (200, Answerer::Stored, 100)] {
            let arrival = Arrival {
                phase: 0,
                number: 0,
                due: Duration::ZERO,
            };
            let event = Event::Ended {
                arrival,
                sent: Duration::ZERO,
                ended: Duration::from_millis(ended),
                answer: Answer {
                    status: Some(status),
                    layer,
                },
            };
            tally.absorb(event);
        }
        let part = &tally.overall;
        assert_eq!((part.latency.count(), part.let_through.count()), (2, 1));
        assert!(part.let_through.at(1.0) > 90.0);
        assert_eq!(part.latency.between(0.0, 10.0), 1);
        assert_eq!(part.latency.between(10.0, 1000.0), 1);
    }
}
