//! `drift`: what is not as CloudFormation made it.

use super::args::{EnvironmentArgs, StageArgs};

#[cfg(feature = "aws")]
mod run;

/// Show what was changed behind CloudFormation's back.
///
/// Compares every resource of the root and the nested stacks with the deployed templates; the
/// value that is there comes second. CloudFormation does not look at every type of resource.
#[derive(Debug, clap::Args)]
pub(crate) struct Drift {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// End with exit code 5 where something has drifted.
    #[arg(long)]
    exit_code: bool,

    /// Print the resources that have drifted as JSON.
    #[arg(long)]
    json: bool,
}
