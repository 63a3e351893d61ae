//! `keys`: the API keys of a deployed stage, what they used, and their rotation.

use super::args::{EnvironmentArgs, StageArgs};
use cfnkit_operate::api_keys::Tier;

mod rotate;
#[cfg(feature = "aws")]
mod run;

/// Show the API keys of a deployed stage: what they used of their quota, and when they were seen.
///
/// A key's value is shown with `--show` only, and written nowhere. API Gateway counts some minutes
/// behind, and its days are those of UTC.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Print nothing but the value of this tier's current key, for a terminal or a pipe.
    #[arg(long, value_name = "TIER", value_enum, conflicts_with = "json")]
    show: Option<Tier>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Rotate(rotate::Rotate),
}
