//! From a plan to a settled stack: looked at, prepared, executed and followed.
//!
//! It refuses to know flags, terminals and the clock, how a zip was built, and what a template is
//! for. It prints and asks nothing: what was prepared is shown and agreed to by whoever executes or
//! discards it.
//!
//! Invariants: every change goes through a change set that includes the nested stacks; one that is
//! not executed is deleted, with the empty stack that it was made in, and is noted before it is
//! asked for; an execution whose answer was lost is looked up; the verdict is the stack's own
//! status; an asset that exists is never overwritten.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod deployment;
pub mod error;
pub mod expiry;
pub(crate) mod failure;
pub mod follow;
pub(crate) mod pending;
pub mod publish;
pub mod watcher;
