//! The built program against a scripted cloud: every status, every fault, every moment to die in.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod account;
mod adoption;
mod calls;
mod changes;
mod concurrency;
mod connections;
mod crashes;
mod encryption;
mod endings;
mod faults;
mod flags;
mod github;
mod judged;
mod model;
mod operations;
mod output;
mod overtaken;
mod questions;
mod reversion;
mod signals;
mod site;
mod stages;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
mod values;
mod warnings;
mod zones;
