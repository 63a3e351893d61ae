//! The calls to AWS, and the only crate that names its SDK.

pub mod aws;
pub mod connection_failure;
pub mod proxy;
