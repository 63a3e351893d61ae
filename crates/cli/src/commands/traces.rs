//! `traces`: what X-Ray saw of the requests.

use std::time::Duration;

use super::args::{EnvironmentArgs, StageArgs, parse_duration};

/// Show traces of a deployed stage, the newest first: each layer's share of a request's time.
///
/// X-Ray samples: the first request of each second and a twentieth of the others.
#[derive(Debug, clap::Args)]
pub struct Traces {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Show this trace, by the `traceId` of a log line; `logs --request-id` shows it too.
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "filter", "most"])]
    pub trace_id: Option<String>,

    /// How far back to begin, such as `90s`, `15m` or `2h`; X-Ray takes 6h at most.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "15m")]
    pub since: Duration,

    /// Only traces that fit X-Ray's filter expression too, such as `fault = true` or
    /// `responsetime > 1`.
    #[arg(long, value_name = "EXPRESSION")]
    pub filter: Option<String>,

    /// Show no more traces than this.
    #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub most: u16,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
