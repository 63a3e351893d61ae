//! `diff`: what a deploy would change.

use super::args::{EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};

#[cfg(feature = "aws")]
mod run;

/// Show what a deploy would change, and change nothing.
///
/// Publishes the assets, which a change set reads, makes a change set and deletes it again.
/// Without a deployed stack or an asset bucket, and with `--no-change-set`, it compares the
/// templates and writes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    handler: HandlerArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    start: StartArgs,

    #[command(flatten)]
    choices: ParameterArgs,

    /// Compare the deployed templates and parameters with the working tree; make no change set.
    #[arg(long)]
    no_change_set: bool,

    /// End with exit code 5 where there are changes.
    #[arg(long)]
    exit_code: bool,

    /// Print the resources that change as JSON.
    #[arg(long)]
    json: bool,
}
