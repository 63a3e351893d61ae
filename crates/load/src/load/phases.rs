//! What a load test sends and when: phases of evenly spaced arrivals, as written on the command
//! line or in a file.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use cfnkit_limits::limits;
use cfnkit_template::source::{Place, Problem};

/// The sample's three phases.
pub const DEFAULT: [&str; 3] = ["50/s:60s", "100/s:120s", "150/s:60s"];

const SYNTAX: &str = "write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`";
const RATES: std::ops::RangeInclusive<f64> = 0.1..=10_000.0;
const LONGEST: Duration = Duration::from_secs(3600);

/// Arrivals at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Phase {
    /// Requests that become due per second.
    pub rate_per_second: f64,
    /// How long they do.
    #[serde(rename = "seconds", serialize_with = "whole_seconds")]
    #[schemars(with = "u64")]
    pub(crate) duration: Duration,
}

fn whole_seconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

/// A request that is to be sent, whatever became of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its phase, from 0.
    pub phase: usize,
    /// Over all phases, from 0.
    pub number: u64,
    /// Since the start of the first phase.
    pub due: Duration,
}

impl Phase {
    /// How many become due in it.
    pub fn requests(&self) -> u64 {
        (self.rate_per_second * self.duration.as_secs_f64()).round() as u64
    }

    /// As in `50/s for 60 s`.
    pub fn words(&self) -> String {
        let seconds = self.duration.as_secs();
        format!("{}/s for {seconds} s", self.rate_per_second)
    }
}

impl FromStr for Phase {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |what: String| format!("phase `{text}`: {what}; {SYNTAX}");
        let (rate, duration) = text
            .split_once(':')
            .ok_or_else(|| wrong("there is no `:` between rate and duration".to_owned()))?;
        let number = rate
            .strip_suffix("/s")
            .ok_or_else(|| wrong(format!("the rate `{rate}` does not end with `/s`")))?;
        let rate_per_second: f64 = number
            .parse()
            .map_err(|_| wrong(format!("`{number}` is no number")))?;
        if !RATES.contains(&rate_per_second) {
            let (least, most) = (RATES.start(), RATES.end());
            return Err(wrong(format!("a rate is {least} to {most} per second")));
        }
        let unit = |suffix: &str, seconds: u64| {
            let number: u64 = duration.strip_suffix(suffix)?.parse().ok()?;
            number.checked_mul(seconds)
        };
        let seconds = unit("s", 1)
            .or_else(|| unit("m", 60))
            .or_else(|| unit("h", 3600))
            .ok_or_else(|| {
                wrong(format!(
                    "the duration `{duration}` is no whole number of `s`, `m` or `h`"
                ))
            })?;
        let duration = Duration::from_secs(seconds);
        if duration.is_zero() || duration > LONGEST {
            return Err(wrong("a phase takes 1 second to 1 hour".to_owned()));
        }
        let phase = Self {
            rate_per_second,
            duration,
        };
        match phase.requests() {
            0 => Err(wrong("that is not one request".to_owned())),
            _ => Ok(phase),
        }
    }
}

impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// `{"phases": ["50/s:60s"]}` as JSON, `phases = ["50/s:60s"]` as TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<P> {
    phases: Vec<P>,
}

/// The phases in a file called `name`: JSON where the name ends with `.json`, otherwise TOML.
///
/// # Errors
///
/// The text is not JSON or TOML with `phases` alone, one of them is not written as
/// `RATE/s:DURATION` within its bounds, or there is none. The problem has the place.
pub fn read(name: &str, text: &str) -> Result<Vec<Phase>, Problem> {
    let shared: Arc<str> = text.into();
    let wrong = |title: String, span: std::ops::Range<usize>| {
        let place = Place::new(name, &shared, span);
        let title = format!("{}: {title}", place.file_and_line());
        let example = match name.ends_with(".json") {
            true => r#"{"phases": ["50/s:60s", "100/s:2m"]}"#,
            false => r#"phases = ["50/s:60s", "100/s:2m"]"#,
        };
        let problem = Problem::new(title).at(Some(place));
        problem.mend(format!("write `{example}`"))
    };
    let phases = match name.ends_with(".json") {
        true => {
            let file: File<Phase> = serde_json::from_str(text).map_err(|err| {
                let start = offset(text, err.line(), err.column());
                let words = err.to_string();
                // The place is said already.
                let words = words.split(" at line ").next().unwrap_or_default();
                wrong(words.to_owned(), start..start + 1)
            })?;
            file.phases
        }
        false => {
            // The library knows the place of a value that it reads, not of what is made of it.
            let file: File<toml::Spanned<String>> = toml::from_str(text)
                .map_err(|err| wrong(err.message().to_owned(), err.span().unwrap_or(0..0)))?;
            let phases = file.phases.iter().map(|phase| {
                let parsed = phase.get_ref().parse();
                parsed.map_err(|err| wrong(err, phase.span()))
            });
            phases.collect::<Result<Vec<Phase>, Problem>>()?
        }
    };
    if phases.is_empty() {
        return Err(wrong("there is no phase".to_owned(), 0..0));
    }
    Ok(phases)
}

/// The byte at a line and column from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    lines.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

/// Every arrival, in the order of time. It depends on the phases alone.
pub fn arrivals(phases: &[Phase]) -> impl Iterator<Item = Arrival> + use<> {
    let mut begin = Duration::ZERO;
    let mut number = 0;
    let mut parts = Vec::new();
    for (phase, one) in phases.iter().enumerate() {
        parts.push((phase, *one, begin, number));
        begin += one.duration;
        number += one.requests();
    }
    parts.into_iter().flat_map(|(phase, one, begin, number)| {
        (0..one.requests()).map(move |index| Arrival {
            phase,
            number: number + index,
            due: begin + Duration::from_secs_f64(index as f64 / one.rate_per_second),
        })
    })
}

/// The phases as the limits' arithmetic takes them.
pub fn stretches(phases: &[Phase]) -> Vec<limits::SteadyRate> {
    let stretches = phases.iter().map(|phase| limits::SteadyRate {
        rate_per_second: phase.rate_per_second,
        duration_seconds: phase.duration.as_secs_f64(),
    });
    stretches.collect()
}

/// How many become due in all of them.
pub fn total_requests(phases: &[Phase]) -> u64 {
    phases.iter().map(Phase::requests).sum()
}

pub(crate) fn total_duration(phases: &[Phase]) -> Duration {
    phases.iter().map(|phase| phase.duration).sum()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn phase(text: &str) -> Phase {
        text.parse().unwrap()
    }

    #[test]
    fn a_phase_is_a_rate_and_a_duration() {
        let seconds = |text: &str| phase(text).duration.as_secs();
        assert_eq!(phase("50/s:60s").rate_per_second, 50.0);
        assert_eq!(phase("0.5/s:10s").requests(), 5);
        assert_eq!(
            [seconds("1/s:60s"), seconds("1/s:2m"), seconds("1/s:1h")],
            [60, 120, 3600]
        );
        let sample: Vec<Phase> = DEFAULT.iter().map(|text| phase(text)).collect();
        assert_eq!(total_requests(&sample), 3_000 + 12_000 + 9_000);
        assert_eq!(total_duration(&sample), Duration::from_secs(240));
    }

    #[test]
    fn what_is_no_phase_is_told_with_the_syntax() {
        let check = |text: &str, expected: Expect| {
            expected.assert_eq(&text.parse::<Phase>().unwrap_err());
        };
        check(
            "50",
            expect![
                "phase `50`: there is no `:` between rate and duration; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
        check(
            "50:60s",
            expect![
                "phase `50:60s`: the rate `50` does not end with `/s`; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
        check(
            "NaN/s:60s",
            expect![
                "phase `NaN/s:60s`: a rate is 0.1 to 10000 per second; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
        check(
            "5/s:1d",
            expect![
                "phase `5/s:1d`: the duration `1d` is no whole number of `s`, `m` or `h`; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
        check(
            "5/s:2h",
            expect![
                "phase `5/s:2h`: a phase takes 1 second to 1 hour; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
        check(
            "0.1/s:1s",
            expect![
                "phase `0.1/s:1s`: that is not one request; write RATE/s:DURATION, as in `50/s:60s`, `0.5/s:2m` or `100/s:1h`"
            ],
        );
    }

    #[test]
    fn a_file_is_json_or_toml_and_an_error_has_its_line() {
        let json = read("p.json", r#"{"phases": ["1/s:2s", "3/s:4s"]}"#).unwrap();
        let toml = read("p.toml", "phases = [\n  \"1/s:2s\",\n  \"3/s:4s\",\n]\n").unwrap();
        assert_eq!(json, toml);
        assert_eq!(json, [phase("1/s:2s"), phase("3/s:4s")]);

        let line = |name: &str, text: &str| {
            let text = read(name, text).unwrap_err().to_string();
            let text = anstream::adapter::strip_str(&text).to_string();
            text.lines().next().unwrap().to_owned()
        };
        let of_json = line("p.json", "{\"phases\": [\n\"1/s:2s\",\n\"3/s\"]}");
        assert!(of_json.starts_with("p.json:3: phase `3/s`: "), "{of_json}");
        let of_toml = line("p.toml", "phases = [\n\"1/s:2s\",\n\"3/s\"]");
        assert!(of_toml.starts_with("p.toml:3: phase `3/s`: "), "{of_toml}");
        let unknown = line("p.toml", "\nphase = []\n");
        assert!(
            unknown.starts_with("p.toml:2: unknown field `phase`"),
            "{unknown}"
        );
        assert!(line("p.json", r#"{"phases": []}"#).contains("there is no phase"));
    }

    #[test]
    fn arrivals_are_evenly_spaced_and_exactly_as_many_as_asked_for() {
        let phases = [phase("4/s:2s"), phase("2/s:1s")];
        let all: Vec<Arrival> = arrivals(&phases).collect();
        let due: Vec<u128> = all.iter().map(|one| one.due.as_millis()).collect();
        assert_eq!(due, [0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500]);
        let of: Vec<usize> = all.iter().map(|one| one.phase).collect();
        assert_eq!(of, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert!(all.iter().map(|one| one.number).eq(0..10));
    }
}
