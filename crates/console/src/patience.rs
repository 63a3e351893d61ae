//! How long this program waits between attempts, and for an answer: everything that waits asks
//! here, so that tests against a scripted cloud need not take as long as AWS does.

use std::sync::OnceLock;
use std::time::Duration;

/// What an answer may take on a busy machine.
const ANSWER: Duration = Duration::from_millis(250);

static FACTOR: OnceLock<f64> = OnceLock::new();

/// From now on every wait is multiplied by `factor`, at most 1; once, as a program begins.
pub fn shorten(factor: f64) {
    FACTOR.get_or_init(|| factor.clamp(0.001, 1.0));
}

/// The wait that takes the place of `usual`.
pub fn patient(usual: Duration) -> Duration {
    usual.mul_f64(FACTOR.get().copied().unwrap_or(1.0))
}

/// The limit that takes the place of `usual`, for an answer over the network: it is not shortened
/// below what a busy machine needs.
pub fn limit(usual: Duration) -> Duration {
    patient(usual).max(usual.min(ANSWER))
}
