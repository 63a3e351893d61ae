//! A load test of a deployed stage: requests that become due at a rate, whatever the answers do,
//! and what the service made of them. Nothing but a stack's own endpoint is ever loaded.
//!
//! The engine is ours, over the HTTP client that the AWS SDK brings and `hdrhistogram`. The load
//! libraries are closed models: `rlt` and `goose` have workers that wait for an answer, so that a
//! service that stalls is asked less and looks better than it is.

pub mod answer;
pub mod expected;
pub mod page;
pub mod phases;
pub mod progress;
pub mod report;
pub mod tally;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod verdict;
