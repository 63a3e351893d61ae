//! `keys rotate`: a new key beside the old one, and the end of the old one.

use std::time::Duration;

use crate::commands::args::{EnvironmentArgs, StageArgs, parse_duration, parse_tier};
use cfnkit_assembly::service::Tier;

/// Give a tier a new API key; the old one stays valid until `--finish` disables it.
///
/// First, without flags: the stack gets a new key in the same usage plan, the outputs name it and
/// the alarms watch it, and the stage's file remembers it. Give it to the consumers. Then, when
/// nobody uses the old key any more: `--finish`.
#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// Whose key.
    #[arg(value_parser = parse_tier)]
    pub tier: &'static Tier,

    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Disable the tier's old keys.
    #[arg(long)]
    pub finish: bool,

    /// How old the new key must be before the old one is disabled.
    #[arg(long, value_name = "TIME", value_parser = humantime_or_zero, default_value = "24h", requires = "finish")]
    pub grace: Duration,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

/// Zero is a grace period too.
fn humantime_or_zero(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => parse_duration(text),
    }
}
