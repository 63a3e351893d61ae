//! An operation on a stack as plain data: statuses, events and their root cause, the recording,
//! what the screen shows of it, how long is left, and the diagnosis of a failure.
//!
//! It refuses to know clients, the clock and the terminal: it is handed the time and the size.
//!
//! Invariants: every status has one action, and an unknown one is shown and no success; a frame is
//! a function of the events, the time and the size, so that a replay shows what the deploy showed;
//! a recording is written as it happens, and one that cannot be written fails nothing.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod diagnosis;
pub mod display;
pub mod estimate;
pub mod event;
pub mod options;
pub mod recording;
pub mod stack;
