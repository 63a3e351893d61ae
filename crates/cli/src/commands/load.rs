//! `load`: a load test of a deployed stage.

use std::path::PathBuf;

use super::args::{EnvironmentArgs, StageArgs, first_tier, parse_tier};
use cfnkit_assembly::service::Tier;
use cfnkit_load::load::phases::Phase;

/// Load a deployed stage, and judge what came of it.
///
/// Requests become due at a rate, whatever becomes of those before: latency counts from when a
/// request was due, so a service that stalls cannot hide it. Only the stack's own endpoint is
/// ever loaded. Ctrl-C stops, and what was seen is reported.
///
/// Each request stores an item whose id begins with `load-`; on AWS that costs money.
/// Exit code 1 where a line of the checklist failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Phases files:
  phases = [\"50/s:60s\", \"100/s:2m\"]          in TOML
  {\"phases\": [\"50/s:60s\", \"100/s:2m\"]}      in JSON (*.json)

Examples:
  cargo xtask load --local --phase 20/s:10s
  cargo xtask load --profile test --tier TIER --p99 300")]
pub struct Load {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Requests per second and for how long, as in `50/s:60s` or `0.5/s:2m`; may be repeated.
    /// Without any: 50/s for 60 s, 100/s for 120 s, 150/s for 60 s.
    #[arg(
        long = "phase",
        value_name = "RATE/s:DURATION",
        conflicts_with = "phases_file"
    )]
    pub phases: Vec<Phase>,

    /// Read the phases from a file: JSON where its name ends with `.json`, otherwise TOML.
    #[arg(long, value_name = "FILE")]
    pub phases_file: Option<PathBuf>,

    /// Consumer whose key is used.
    #[arg(long, default_value = first_tier(), value_parser = parse_tier)]
    pub tier: &'static Tier,

    /// Fail unless this address is the stage's endpoint; no other is ever loaded.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// Milliseconds that 99 % of the requests which no limit refused must stay below.
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = above_zero)]
    pub p99: f64,

    /// Requests that may be on their way at once; what is due beyond is not sent, and reported.
    #[arg(long, value_name = "N", default_value = "900",
          value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub in_flight: u32,

    /// Write the HTML report to this file [default: target/load/<STAGE>-<TIME>.html].
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Do not ask before loading a stage on AWS.
    #[arg(long)]
    pub yes: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a number of milliseconds above 0".to_owned()),
    }
}
