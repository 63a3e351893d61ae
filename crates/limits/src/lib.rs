//! What throttles a request on its way: the layers in their order, what a consumer gets through
//! them, and limits that do not fit together.
//!
//! It refuses to know the network, and any one service: templates, parameters and what the function
//! answers are handed in.
//!
//! Invariants: closed forms over rates per second, held within one per cent of a simulation that
//! counts every request and shares nothing with them; what nothing but AWS knows is a named
//! constant with its source.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod limits;
