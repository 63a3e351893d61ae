//! How long a deploy has yet to go, by what the same types of resources took before. It knows
//! neither the file this is kept in nor the time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::display::subject::Verb;
use crate::event::ResourceOperation;
use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Error, Result};

const FORMAT: u32 = 1;

/// How many of the latest measurements count.
const KEPT: usize = 20;

type ByOperation<T> = BTreeMap<String, BTreeMap<ResourceOperation, T>>;

/// What was measured in earlier deploys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    format: u32,
    /// Milliseconds by resource type and operation, the latest last.
    durations: ByOperation<Vec<i64>>,
    /// How many resources were worked on at once, on average.
    parallel: BTreeMap<Verb, Vec<f64>>,
}

/// One finished operation on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// What was done to it.
    pub operation: ResourceOperation,
    /// How long that took.
    pub milliseconds: i64,
}

/// What is expected of one deploy: medians of what was measured.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    typical: ByOperation<i64>,
    /// `None` where nothing was learned yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parallel: Option<f64>,
}

/// What is left to do on one resource.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: &'a str,
    /// What is done to it.
    pub operation: ResourceOperation,
    /// Milliseconds it has been worked on.
    pub elapsed: i64,
}

impl Default for Experience {
    fn default() -> Self {
        Self {
            format: FORMAT,
            durations: BTreeMap::new(),
            parallel: BTreeMap::new(),
        }
    }
}

impl Experience {
    /// Reads what `learn` led to.
    ///
    /// # Errors
    ///
    /// The text is not JSON as [`Self::to_json`] writes it, or of another format.
    pub fn parse(text: &str) -> Result<Self> {
        let experience: Self = serde_json::from_str(text).context("not what was written there")?;
        ensure!(
            experience.format == FORMAT,
            "its format is {} and not {FORMAT}",
            experience.format
        );
        Ok(experience)
    }

    /// What `parse` reads.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(Error::said)?;
        Ok(text + "\n")
    }

    /// Takes in what one deploy measured. Only one that did what was asked tells how much is done
    /// at once; `whole` is what that took, in milliseconds.
    pub fn learn(&mut self, verb: Verb, samples: &[Sample], whole: Option<i64>) {
        for sample in samples {
            let of_type = self.durations.entry(sample.resource_type.clone());
            let measured = of_type.or_default().entry(sample.operation).or_default();
            keep(measured, sample.milliseconds);
        }
        let sum: i64 = samples.iter().map(|sample| sample.milliseconds).sum();
        if let Some(whole) = whole
            && whole > 0
            && sum > 0
        {
            let parallel = self.parallel.entry(verb).or_default();
            keep(parallel, sum as f64 / whole as f64);
        }
    }

    /// Medians for operations of this kind.
    pub fn estimate(&self, verb: Verb) -> Estimate {
        let medians = |measured: &BTreeMap<ResourceOperation, Vec<i64>>| {
            let measured = measured.iter();
            measured
                .filter_map(|(operation, all)| Some((*operation, median(all, i64::cmp)?)))
                .collect()
        };
        let durations = self.durations.iter();
        Estimate {
            typical: durations
                .map(|(resource_type, measured)| (resource_type.clone(), medians(measured)))
                .collect(),
            parallel: self
                .parallel
                .get(&verb)
                .and_then(|all| median(all, f64::total_cmp)),
        }
    }
}

fn keep<T>(measured: &mut Vec<T>, latest: T) {
    measured.push(latest);
    measured.drain(..measured.len().saturating_sub(KEPT));
}

fn median<T: Copy>(all: &[T], order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    let mut sorted = all.to_vec();
    sorted.sort_by(order);
    sorted.get(sorted.len() / 2).copied()
}

impl Estimate {
    /// The part of it that is about these resource types.
    pub fn only<'a>(mut self, types: impl Iterator<Item = &'a str>) -> Self {
        let types: std::collections::BTreeSet<&str> = types.collect();
        self.typical
            .retain(|resource_type, _| types.contains(resource_type.as_str()));
        self
    }

    /// Milliseconds until all of `work` is done; `None` where nothing was learned. Who waits for
    /// whom is not known: it takes at least as long as the longest, and otherwise as much is done
    /// at once as before.
    pub fn remaining<'a>(&self, work: impl Iterator<Item = Work<'a>>) -> Option<i64> {
        let parallel = self.parallel?.max(0.01);
        let fallback = self.fallback()?;
        let (mut sum, mut longest) = (0, 0);
        for work in work {
            let of_type = self.typical.get(work.resource_type);
            let typical = of_type.and_then(|of_type| of_type.get(&work.operation));
            let left = typical
                .unwrap_or(&fallback)
                .saturating_sub(work.elapsed)
                .max(0);
            sum = left.saturating_add(sum);
            longest = longest.max(left);
        }
        Some(longest.max((sum as f64 / parallel) as i64))
    }

    /// What a resource takes whose type is new.
    fn fallback(&self) -> Option<i64> {
        let all: Vec<i64> = self
            .typical
            .values()
            .flat_map(BTreeMap::values)
            .copied()
            .collect();
        median(&all, i64::cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(resource_type: &str, milliseconds: i64) -> Sample {
        Sample {
            resource_type: resource_type.to_owned(),
            operation: ResourceOperation::Create,
            milliseconds,
        }
    }

    fn work(resource_type: &str, elapsed: i64) -> Work<'_> {
        Work {
            resource_type,
            operation: ResourceOperation::Create,
            elapsed,
        }
    }

    #[test]
    fn nothing_learned_is_no_estimate() {
        let estimate = Experience::default().estimate(Verb::Deploy);
        assert_eq!(estimate.remaining([work("A", 0)].into_iter()), None);
    }

    #[test]
    fn the_same_deploy_again_takes_as_long_as_before() {
        let mut experience = Experience::default();
        // Two at once for 10 s, and then one for 20 s.
        let samples = [
            sample("A", 10_000),
            sample("A", 10_000),
            sample("B", 20_000),
        ];
        experience.learn(Verb::Deploy, &samples, Some(30_000));
        let estimate = experience.estimate(Verb::Deploy);
        let begin = [work("A", 0), work("A", 0), work("B", 0)];
        assert_eq!(estimate.remaining(begin.into_iter()), Some(30_000));
        // The longest alone cannot be done two at a time.
        let end = [work("B", 5_000)];
        assert_eq!(estimate.remaining(end.into_iter()), Some(15_000));
        assert_eq!(estimate.remaining([work("B", 90_000)].into_iter()), Some(0));
        assert_eq!(
            experience
                .estimate(Verb::Destroy)
                .remaining(begin.into_iter()),
            None
        );
    }

    #[test]
    fn the_median_of_the_latest_counts() {
        let mut experience = Experience::default();
        for milliseconds in [1, 2, 3] {
            experience.learn(
                Verb::Deploy,
                &[sample("A", milliseconds)],
                Some(milliseconds),
            );
        }
        let once = |experience: &Experience| {
            let estimate = experience.estimate(Verb::Deploy);
            estimate.remaining([work("A", 0)].into_iter())
        };
        assert_eq!(once(&experience), Some(2));
        for _ in 0..KEPT {
            experience.learn(Verb::Deploy, &[sample("A", 50)], Some(50));
        }
        assert_eq!(
            experience.durations["A"][&ResourceOperation::Create].len(),
            KEPT
        );
        assert_eq!(once(&experience), Some(50));
    }

    #[test]
    fn what_is_written_is_read_and_another_format_is_refused() {
        let mut experience = Experience::default();
        experience.learn(Verb::Destroy, &[sample("A", 7)], Some(14));
        let text = experience.to_json().unwrap();
        assert_eq!(Experience::parse(&text).unwrap(), experience);
        let other = text.replace("\"format\": 1", "\"format\": 2");
        let err = Experience::parse(&other).unwrap_err();
        assert_eq!(err.to_string(), "its format is 2 and not 1");
    }
}
