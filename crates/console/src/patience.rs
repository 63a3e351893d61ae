//! How long this program waits between attempts, and for an answer: everything that waits asks
//! here, so that tests against a scripted cloud need not take as long as AWS does.

use std::sync::OnceLock;
use std::time::Duration;

static FACTOR: OnceLock<f64> = OnceLock::new();

/// From now on every wait is multiplied by `factor`, at most 1; once, as a program begins.
pub fn shorten(factor: f64) {
    FACTOR.get_or_init(|| factor.clamp(0.001, 1.0));
}

/// The wait that takes the place of `usual`.
pub fn patient(usual: Duration) -> Duration {
    usual.mul_f64(FACTOR.get().copied().unwrap_or(1.0))
}
