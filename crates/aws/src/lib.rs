//! The calls to AWS, and the only crate that names its SDK.

pub mod aws;
pub(crate) mod connection_failure;
pub(crate) mod proxy;
