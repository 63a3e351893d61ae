//! Checkers of templates, stages and workflows; findings and waivers.

pub mod linting;
pub mod step;
