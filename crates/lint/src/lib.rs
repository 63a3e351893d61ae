//! Checkers of templates, stages, workflows and dependencies; their findings, and the waivers.
//!
//! It refuses to know AWS and what a service promises: which templates and rules there are is read
//! from the workspace that is handed in.
//!
//! Invariants: checkers see all stacks as one flat template, at the defaults and with everything
//! switched on, and it is never deployed; a finding is shown at the line where a person wrote it; a
//! waiver has a reason, and one that waives nothing is a finding; every check goes on whatever the
//! others say.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod linting;
pub mod step;
