//! Requests through the endpoint of a deployed stage: the handful of a smoke test, or as many as a
//! load test has, each when it is due.
//!
//! It refuses to know how a stage is found, what a load test expects and how it is judged. HTTP and
//! TLS are here and not in `load` and `operate`, which a command line without them needs.
//!
//! Invariants: nothing but a stack's own endpoint is ever loaded; a request is sent when it is due,
//! whatever became of those before; what cannot be sent is told with its cause.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod endpoint;
pub mod engine;
pub mod requests;
pub(crate) mod web;
