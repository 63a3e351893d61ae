//! A CloudFormation template as it is written: what it refers to, what its parameters may be, and
//! what its values come to.
//!
//! It refuses to know AWS, clocks, the environment and any one service's templates.
//!
//! Invariants: YAML is read and never written, because what is reviewed is what is deployed; every
//! part keeps its place, so that a problem is shown at its line; a scalar stays as it is written;
//! what only CloudFormation can know (attributes, pseudo parameters) stays open.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod api_definition;
pub mod constraint;
pub mod flattening;
pub mod intrinsics;
pub mod json_text;
pub mod parameters;
pub mod references;
pub mod rules;
pub mod source;
pub mod stack_tree;
pub mod tag;
pub mod template;
pub mod templates;
pub mod text_file;
