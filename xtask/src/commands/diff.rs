//! `diff`: what a deploy would change.

use super::args::{EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};

mod against;
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

    /// Compare the files of this commit with the working tree instead; no account is asked.
    ///
    /// The handler is not built: what it is made of is compared. In a workflow of GitHub the
    /// difference is also shown on the run's page.
    #[arg(
        long,
        value_name = "COMMIT",
        conflicts_with_all = ["profile", "region", "local", "zip", "asset_bucket", "no_change_set"],
    )]
    against: Option<String>,

    /// End with exit code 5 where there are changes.
    #[arg(long)]
    exit_code: bool,

    /// Print the resources that change as JSON.
    #[arg(long)]
    json: bool,
}
