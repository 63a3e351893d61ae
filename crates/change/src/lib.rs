//! What would change in a stack and its nested stacks, and how that reads in 80 columns.
//!
//! It refuses to know where changes come from (a change set, or two sets of templates), clients,
//! clocks and terminals: it takes values and returns values and text.
//!
//! Invariants: a secret is masked where values are compared, before it is part of a change; what
//! cannot be known is never called unchanged; a replacement that rests on a source that stays is
//! labelled, not counted, and shown all the same; characters that CloudFormation gives back as `?`
//! are no difference.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub(crate) mod api_explanation;
pub mod change_set;
pub mod comparison;
pub mod deploy_time;
pub mod readback;
