//! A Rust binary as a Lambda zip: built, inspected, explained, verified, and its symbols kept
//! aside.
//!
//! It refuses to know templates, stages and AWS: of `assembly` it takes what a zip becomes, an
//! asset, and which cloud it is for.
//!
//! Invariants: the same commit gives the same zip, and nothing in it names this machine; a zip that
//! is not fit for Lambda is never written, by its bytes and not by how they were made; cargo is not
//! asked while no input of the last build changed, and where it finds a program is checked.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub(crate) mod archive;
pub mod backtrace;
pub mod dependencies;
pub(crate) mod elf;
pub mod inputs;
pub(crate) mod inspection;
pub mod packaging;
pub mod sbom;
pub mod symbols;
