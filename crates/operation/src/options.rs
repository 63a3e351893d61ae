//! How a deployment is to be done, beside what is deployed.

use std::collections::BTreeSet;
use std::time::Duration;

/// What becomes of a stack whose create or update fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnFailure {
    /// Go back to what was there before.
    #[default]
    Rollback,
    /// Leave everything as it is, to be looked at.
    Keep,
    /// Delete the stack; where it is created only.
    Delete,
}

/// The choices of one deployment.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What becomes of the stack where it fails.
    pub on_failure: OnFailure,
    /// Without waiting until what is configured serves.
    pub express: bool,
    /// What exists under a literal name of a template is taken over.
    pub import_existing: bool,
    /// What is there is compared with what is deployed, and brought back to it.
    pub reverts_drift: bool,
    /// The role CloudFormation acts with.
    pub role_arn: Option<String>,
    /// Topics that get the stack's events.
    pub notify: Vec<String>,
    /// Alarms that roll an update back.
    pub rollback_alarms: Vec<String>,
    /// How long they are watched after the last resource.
    pub monitoring_minutes: Option<i32>,
    /// How long the operation is followed.
    pub follow_for: Option<Duration>,
    /// Whether the change set is left to be executed later.
    pub keep_change_set: bool,
    /// Where it is there, the deployed template and all other parameters and tags stay as
    /// CloudFormation has them; what it gives back of them may not be what it has.
    pub only_parameters: Option<BTreeSet<String>>,
}

/// The options that a stack keeps from one operation to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// ARNs of the topics that get the stack's events.
    pub notify: BTreeSet<String>,
    /// The role that CloudFormation acts with, where it has one.
    pub role_arn: Option<String>,
    /// ARNs of the alarms that roll an update back.
    pub rollback_alarms: BTreeSet<String>,
    /// How long they are watched after the last resource.
    pub monitoring_minutes: Option<i32>,
}
