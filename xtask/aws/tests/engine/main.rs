//! The built program against a scripted cloud: every status, every fault, every moment to die in.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod account;
mod adoption;
mod archive;
mod calls;
mod changes;
mod cloud;
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
#[path = "../../../../crates/package/src/inspection/tests/program.rs"]
#[allow(dead_code, reason = "the inspection's tests use all of it")]
mod program;
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
