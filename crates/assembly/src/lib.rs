//! Templates and assets as bytes and keys; a stage and its file.

pub mod adoption;
pub mod assembly;
pub mod asset;
pub(crate) mod deployment_hash;
pub mod encryption_key;
pub mod omission;
pub mod service;
pub mod stage;
pub mod stage_file;
