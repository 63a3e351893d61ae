//! Requests through the endpoint of a deployed stage: a handful, or as many as a load test has.

pub mod endpoint;
pub mod engine;
pub mod requests;
pub mod running;
pub(crate) mod web;
