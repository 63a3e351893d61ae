//! The test rig: what the function talks to, imitated on this machine, and the function's
//! contract as data. It knows nothing of the function's code, so that the same rows can be held
//! against the code and against the packaged program.
//!
//! Servers are threads on 127.0.0.1 and stop when they are dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test rig fails by panicking"
)]

pub mod contract;
pub mod dynamodb;
pub mod http;
pub mod runtime_api;
pub mod tls;

mod decimal;
mod server;
