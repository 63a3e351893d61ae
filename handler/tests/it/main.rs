//! The function as a whole: events against stand-ins for what it talks to, in this process and
//! as the program that Lambda starts.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod boundaries;
mod canaries;
mod connections;
mod contract;
mod generated;
mod privileges;
mod process;
mod properties;
mod routes;
mod support;
