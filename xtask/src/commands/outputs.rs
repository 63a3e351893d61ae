//! `outputs`: what a deployed stage tells its users.

use super::args::{EnvironmentArgs, StageArgs};

#[cfg(feature = "aws")]
mod run;

/// Print the outputs of a deployed stage.
#[derive(Debug, clap::Args)]
pub(crate) struct Outputs {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}
