//! What is read of a deployed stage, judged: its status and costs, log lines, traces, keys, answers
//! through its endpoint, and whether machine and account are ready for a deploy.
//!
//! It refuses to know clients, flags and screens: it takes what was read and returns values and
//! text, so that `cli` knows its types without an SDK.
//!
//! Invariants: judging is apart from asking; what could not be asked is a finding, and never taken
//! for well; lines of all layers' logs are one kind of line.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod api_keys;
pub mod doctor;
pub mod log_line;
pub mod smoke;
pub mod status;
pub mod trace;
