//! YAML as CloudFormation reads it: the value that a text has, in the long form of functions, and
//! where each part of it stands.
//!
//! It refuses to know what a template is made of, files and how a fault is shown.
//!
//! Invariants: a scalar is what is written, unless a number or a boolean is written in no other
//! way; what CloudFormation would refuse or read otherwise is a fault with its place.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod positions;
pub mod reading;
