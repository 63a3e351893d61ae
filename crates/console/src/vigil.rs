//! Waiting for what somebody else does: with a word every ten seconds, and not for ever.

use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use crate::patience::patient;
use crate::report::Reporter;

/// How long nothing is said at most.
const WORD: Duration = Duration::from_secs(10);

/// Does `work`; `None` where it has not ended after `limit`. `doing` says what is waited for, as
/// in "waiting for orders-dev".
pub async fn vigil<T>(
    reporter: &dyn Reporter,
    doing: &str,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let begin = Instant::now();
    let word = patient(WORD);
    let mut words = tokio::time::interval_at((begin + word).into(), word);
    words.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = tokio::time::sleep(patient(limit));
    tokio::pin!(work, end);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = &mut end => return None,
            _ = words.tick() => {
                let seconds = begin.elapsed().as_secs();
                reporter.step(&format!("still {doing} ({seconds} s)"));
            }
        }
    }
}
