//! A CloudFormation template as written, where its parts stand, and what it comes to.

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
pub mod text_file;
