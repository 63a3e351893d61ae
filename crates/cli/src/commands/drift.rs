//! `drift`: what is not as CloudFormation made it.

use super::args::{EnvironmentArgs, StageArgs};

/// Show what was changed behind CloudFormation's back.
///
/// Compares every resource of the root and the nested stacks with the deployed templates; the
/// value that is there comes second. CloudFormation does not look at every type of resource.
#[derive(Debug, clap::Args)]
pub struct Drift {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// End with exit code 5 where something has drifted.
    #[arg(long)]
    pub exit_code: bool,

    /// Print the resources that have drifted as JSON.
    #[arg(long)]
    pub json: bool,
}
