//! `keys`: the API keys of a deployed stage, what they used, and their rotation.

use super::args::{EnvironmentArgs, StageArgs, parse_tier};
use cfnkit_assembly::service::Tier;

pub mod rotate;

/// Show the API keys of a deployed stage: what they used of their quota, and when they were seen.
///
/// A key's value is shown with `--show` only, and written nowhere. API Gateway counts some minutes
/// behind, and its days are those of UTC.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Keys {
    #[command(subcommand)]
    pub action: Option<Action>,

    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Print nothing but the value of this tier's current key, for a terminal or a pipe.
    #[arg(long, value_name = "TIER", value_parser = parse_tier, conflicts_with = "json")]
    pub show: Option<&'static Tier>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Subcommand)]
pub enum Action {
    Rotate(rotate::Rotate),
}
