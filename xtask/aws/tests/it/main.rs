//! The built command line against the local cloud, over HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod built;
mod choices;
mod cycles;
mod downstream;
mod failures;
mod journey;
mod load;
mod operations;
mod packaging;
mod races;
mod stages;
#[path = "../support/mod.rs"]
mod support;
mod symbols;
