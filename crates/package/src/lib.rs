//! A Rust binary as a zip for AWS Lambda: built, inspected, explained, verified.

pub mod archive;
pub mod backtrace;
pub mod dependencies;
pub mod elf;
pub mod handler;
pub mod inputs;
pub mod inspection;
pub mod sbom;
pub mod symbols;
