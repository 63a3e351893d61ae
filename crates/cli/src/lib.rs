//! The commands that every service has: flags, and the steps that need no SDK.

pub mod commands;
pub mod commit;
pub mod graph;
mod handover;
pub mod listing;
pub mod outputs;
pub mod program;
pub mod repository;
pub(crate) mod schema;
