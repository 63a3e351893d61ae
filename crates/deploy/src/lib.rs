//! From a plan to a settled CloudFormation stack.

pub mod deployment;
pub(crate) mod failure;
pub mod follow;
pub(crate) mod pending;
pub mod publish;
pub mod session;
