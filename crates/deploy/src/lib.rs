//! From a plan to a settled CloudFormation stack.

pub mod deployment;
pub mod failure;
pub mod follow;
pub mod pending;
pub mod publish;
pub mod session;
