//! For tests: a scripted CloudFormation, S3 and STS on a port of this machine, and the judge of
//! what is sent to them and to an emulator; and, for the tests of a module, rules that answer it.
//!
//! It knows no service: its stacks are what the templates say that it is sent. It goes on with each
//! look at it and never by the clock, so a test waits for nothing.
//!
//! A development dependency, and no crate's other: a fault of a test's own panics here.

#![warn(missing_docs)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

pub mod archive;
pub mod cloud;
pub mod judge;
pub mod program;
pub mod recorder;
pub mod rule;
