//! `destroy`: the end of a stage.

use super::args::{EnvironmentArgs, StageArgs};

#[cfg(feature = "aws")]
mod fate;
#[cfg(feature = "aws")]
mod run;

/// Delete a deployed stage; the table stays.
///
/// Says first what will be deleted and what stays, and asks.
#[derive(Debug, clap::Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Leave this resource, at which an earlier deletion failed; may be repeated. One of a nested
    /// stack is written `Network.SubnetA`.
    #[arg(long = "retain", value_name = "LOGICAL-ID")]
    retained: Vec<String>,

    /// Delete the stack although it has termination protection.
    #[arg(long)]
    unprotect: bool,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}
