//! How long this program waits between attempts, and for an answer: everything that waits asks
//! here, so that tests against a scripted cloud need not take as long as AWS does.

use std::sync::OnceLock;
use std::time::Duration;

/// A number by which every wait is multiplied; for tests.
const VARIABLE: &str = "XTASK_PATIENCE";

/// The wait that takes the place of `usual`.
pub fn patient(usual: Duration) -> Duration {
    static FACTOR: OnceLock<f64> = OnceLock::new();
    let factor = FACTOR.get_or_init(|| {
        let factor = std::env::var(VARIABLE).ok();
        let factor = factor.and_then(|factor| factor.parse().ok());
        factor.map_or(1.0, |factor: f64| factor.clamp(0.001, 1.0))
    });
    usual.mul_f64(*factor)
}
