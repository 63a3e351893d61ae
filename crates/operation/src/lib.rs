//! A CloudFormation operation: statuses, events, recordings, its display and the diagnosis of its failure.

pub mod diagnosis;
pub mod display;
pub mod estimate;
pub mod event;
pub mod live;
pub mod options;
pub mod recording;
pub mod stack;
