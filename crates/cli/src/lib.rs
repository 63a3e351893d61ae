//! The commands that every service has: all their flags, and the steps that need no AWS SDK.
//!
//! It refuses to know the SDK, an HTTP client for a stage, and the crates that have them: `aws`,
//! `deploy`, `traffic`.
//!
//! Invariants: every flag of both programs is known here, so that help, completions and wrong usage
//! need no second build; what talks to AWS is handed over by `exec`, so that signals, terminal and
//! exit code are the second program's; a string of the command line becomes a type at once;
//! commands do not call each other.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

#[allow(
    missing_docs,
    reason = "clap prints what is written on flags as their help"
)]
pub mod commands;
pub mod commit;
pub mod graph;
mod handover;
pub mod listing;
pub mod outputs;
pub mod program;
pub mod repository;
pub(crate) mod schema;
