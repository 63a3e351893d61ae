//! `status`: one screen about a deployed stage.

use super::args::{EnvironmentArgs, StageArgs};

/// Show the state of a deployed stage on one screen.
///
/// The stack, the deployed version beside the working tree, alarms, the last hour's requests and
/// errors, concurrency beside its limit, and what a month costs at this rate.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
