//! The Lambda function behind the API: an event comes in, a movie goes into the store. `main.rs`
//! joins these modules to their environment; the tests, the fuzz target and the benchmark join
//! them to others.

pub mod dynamodb;
pub mod event;
pub mod log;
pub mod movie;
pub mod panic_hook;
pub mod runtime;
pub mod xray;
