//! `diff`: what a deploy would change.

use super::args::{EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};

pub(crate) mod against;

/// Show what a deploy would change, and change nothing.
///
/// Publishes the assets, which a change set reads, makes a change set and deletes it again.
/// Without a deployed stack or an asset bucket, and with `--no-change-set`, it compares the
/// templates and writes nothing.
#[derive(Debug, clap::Args)]
pub struct Diff {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub handler: HandlerArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    #[command(flatten)]
    pub start: StartArgs,

    #[command(flatten)]
    pub choices: ParameterArgs,

    /// Compare the deployed templates and parameters with the working tree; make no change set.
    #[arg(long)]
    pub no_change_set: bool,

    /// Compare the files of this commit with the working tree instead; no account is asked.
    ///
    /// The handler is not built: what it is made of is compared. In a workflow of GitHub the
    /// difference is also shown on the run's page.
    #[arg(
        long,
        value_name = "COMMIT",
        conflicts_with_all = ["profile", "region", "local", "zip", "asset_bucket", "no_change_set"],
    )]
    pub(crate) against: Option<String>,

    /// End with exit code 5 where there are changes.
    #[arg(long)]
    pub exit_code: bool,

    /// Print the resources that change as JSON.
    #[arg(long)]
    pub json: bool,
}
