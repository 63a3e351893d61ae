//! `destroy`: the end of a stage.

use super::args::{EnvironmentArgs, StageArgs};

/// Delete a deployed stage; the table stays.
///
/// Says first what will be deleted and what stays, and asks.
#[derive(Debug, clap::Args)]
pub struct Destroy {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Leave this resource, at which an earlier deletion failed; may be repeated. One of a nested
    /// stack is written `Network.SubnetA`.
    #[arg(long = "retain", value_name = "LOGICAL-ID")]
    pub retained: Vec<String>,

    /// Delete the stack although it has termination protection.
    #[arg(long)]
    pub unprotect: bool,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}
