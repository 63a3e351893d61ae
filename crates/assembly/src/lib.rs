//! Templates and zips as bytes with keys, everything that a deploy needs; a stage and its file.
//!
//! It refuses to know how a zip is built, what is deployed, credentials, clocks and the network.
//!
//! Invariants: the same files give the same bytes; a key is the SHA-256 of its content; the root
//! names every asset, so that equal root, parameters and tags mean nothing to deploy; the only text
//! that changes is the hash in the API deployment's logical ID, and it changes with the definition
//! alone; what the local cloud cannot hold is taken out by name, and the templates know nothing of
//! it.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod adoption;
pub mod assembly;
pub mod asset;
pub mod deployment_hash;
pub mod encryption_key;
pub mod log_source;
pub mod omission;
pub mod service;
pub mod stage;
pub mod stage_file;
