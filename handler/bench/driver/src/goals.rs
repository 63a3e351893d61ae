//! What the handler is meant to reach against the other variants of the same run.

use serde::Serialize;

use crate::figures::Figures;
use crate::variant::Role;

/// A goal and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Goal {
    pub(crate) figure: &'static str,
    pub(crate) limit: String,
    pub(crate) measured: String,
    pub(crate) is_reached: bool,
}

const PEAK_MEMORY_MIB: f64 = 8.0;
const ZIP_MB: f64 = 2.3;

/// Every goal for which there is a figure. `package_bytes` is the size of the zip for Lambda.
pub(crate) fn goals(figures: &[Figures], package_bytes: Option<u64>) -> Vec<Goal> {
    let of = |role| figures.iter().find(|figures| figures.role == role);
    let Some(ours) = of(Role::Ours) else {
        return Vec::new();
    };
    let mut goals = Vec::new();
    if let Some(python) = of(Role::Python) {
        goals.extend([
            part(
                "cold start, of Python's",
                ours.cold_ms,
                python.cold_ms,
                55.0,
            ),
            part(
                "first request, of Python's",
                ours.first_request_ms,
                python.first_request_ms,
                60.0,
            ),
            part(
                "warm p50, of Python's",
                ours.warm_p50_us,
                python.warm_p50_us,
                8.0,
            ),
        ]);
    }
    if let Some(naive) = of(Role::Naive) {
        goals.extend([
            part(
                "cold start, of naive Rust's",
                ours.cold_ms,
                naive.cold_ms,
                7.0,
            ),
            share(
                "warm p50, of naive Rust's",
                ours.warm_p50_us,
                naive.warm_p50_us,
                0.6,
            ),
        ]);
    }
    goals.push(Goal {
        figure: "peak RSS",
        limit: format!("{PEAK_MEMORY_MIB} MiB"),
        measured: format!("{:.1} MiB", ours.peak_memory_mib),
        is_reached: ours.peak_memory_mib <= PEAK_MEMORY_MIB,
    });
    goals.extend(
        ours.zip_bytes
            .map(|bytes| zip("zip for this machine", bytes)),
    );
    goals.extend(package_bytes.map(|bytes| zip("zip for Lambda (arm64)", bytes)));
    goals
}

/// At most one `divisor`th.
fn part(figure: &'static str, ours: f64, theirs: f64, divisor: f64) -> Goal {
    Goal {
        figure,
        limit: format!("1/{divisor}"),
        measured: format!("1/{:.1}", theirs / ours),
        is_reached: ours * divisor <= theirs,
    }
}

fn share(figure: &'static str, ours: f64, theirs: f64, limit: f64) -> Goal {
    Goal {
        figure,
        limit: limit.to_string(),
        measured: format!("{:.2}", ours / theirs),
        is_reached: ours <= theirs * limit,
    }
}

fn zip(figure: &'static str, bytes: u64) -> Goal {
    let megabytes = bytes as f64 / 1e6;
    Goal {
        figure,
        limit: format!("{ZIP_MB} MB"),
        measured: format!("{megabytes:.2} MB"),
        is_reached: megabytes <= ZIP_MB,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::figures;

    fn verdicts(figures: &[Figures], package_bytes: Option<u64>) -> Vec<String> {
        goals(figures, package_bytes)
            .iter()
            .map(|goal| {
                let Goal {
                    figure,
                    limit,
                    measured,
                    is_reached,
                } = goal;
                format!("{figure}: {measured} of {limit}, {is_reached}")
            })
            .collect()
    }

    #[test]
    fn limits_are_reached_at_the_limit() {
        let all = [
            figures(Role::Ours, 5.0),
            figures(Role::Python, 275.0),
            figures(Role::Naive, 34.9),
        ];
        assert_eq!(
            verdicts(&all, Some(2_300_001)),
            [
                "cold start, of Python's: 1/55.0 of 1/55, true",
                "first request, of Python's: 1/55.0 of 1/60, false",
                "warm p50, of Python's: 1/55.0 of 1/8, true",
                "cold start, of naive Rust's: 1/7.0 of 1/7, false",
                "warm p50, of naive Rust's: 0.14 of 0.6, true",
                "peak RSS: 5.0 MiB of 8 MiB, true",
                "zip for this machine: 0.01 MB of 2.3 MB, true",
                "zip for Lambda (arm64): 2.30 MB of 2.3 MB, false",
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_no_goal() {
        let alone = [figures(Role::Ours, 9.0)];
        assert_eq!(
            verdicts(&alone, None),
            [
                "peak RSS: 9.0 MiB of 8 MiB, false",
                "zip for this machine: 0.01 MB of 2.3 MB, true",
            ]
        );
    }
}
