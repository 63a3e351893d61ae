//! AWS, or the local cloud in its place: connections, credentials, and calls. The only crate that
//! names the SDK.
//!
//! It refuses to know what a call is for: it decides nothing, prints nothing and asks nothing.
//!
//! Invariants: the SDK's types become ours in the function that received them; a missing field is
//! an error that names it; lists are read to their last page; what went wrong is told by its cause,
//! and "absent" and "no changes" are told from their texts in one place each; every call to the
//! asset bucket names the account that must own it.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod aws;
pub(crate) mod connection_failure;
pub mod error;
pub(crate) mod proxy;
