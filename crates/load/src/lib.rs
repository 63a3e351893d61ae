//! A load test with an open model: what becomes due when, what an answer means, what the limits let
//! expect, the tally, the verdict and the report.
//!
//! It refuses to know the network and how a stage is found: what sends is `traffic`, so that a
//! command line that knows these types is built without an HTTP client.
//!
//! Invariants: a request becomes due whatever the answers do, and its latency counts from then;
//! where the generator itself was late, the verdict on latency is withheld; arrivals are evenly
//! spaced; everything is a function of events, phases and figures that are handed in.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod load;
