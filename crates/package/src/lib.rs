//! A Rust binary as a zip for AWS Lambda: built, inspected, explained, verified.

pub(crate) mod archive;
pub mod backtrace;
pub mod dependencies;
pub(crate) mod elf;
pub mod handler;
pub mod inputs;
pub(crate) mod inspection;
pub mod sbom;
pub mod symbols;
