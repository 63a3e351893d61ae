//! `outputs`: what a deployed stage tells its users.

use super::args::{EnvironmentArgs, StageArgs};

/// Print the outputs of a deployed stage.
#[derive(Debug, clap::Args)]
pub struct Outputs {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
