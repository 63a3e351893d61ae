//! What would change in CloudFormation stacks, and how it reads.

pub(crate) mod api_explanation;
pub mod change_set;
pub mod comparison;
pub mod deploy_time;
pub mod readback;
